//! `access drift`: assignments that neither the bot made nor the configuration declares, and declared ones that are missing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Identity;
use super::baseline::declares;
use super::given::History;
use super::model::{Assignment, PrincipalKind};
use super::review::who;
use super::roster::{self, Roster};
use super::{configured, find, pick};
use crate::context::{Account, Context, Declared, Holder, Resource};
use crate::error::{Error, Result};
use crate::message::{Button, Message, Table, Text, code};
use crate::{Choice, Command, Query, text};

/// Lines on a page.
const PAGE: usize = 10;
/// How many accounts are looked at in one answer: AWS is asked about each permission set in each, at its own pace.
const ACCOUNTS: usize = 40;

/// Shows assignments that neither I made nor the configuration declares, and declared ones that are missing.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Drift {
    /// Only this account, by name or number
    #[arg(long)]
    account: Option<String>,
    /// Which page, ten lines each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    page: u32,
    /// All of it as a CSV file
    #[arg(long)]
    csv: bool,
}

impl Command for Drift {
    const NAME: &'static str = "access drift";
    const PICKS: &'static [&'static str] = &["account"];

    fn resource(&self) -> Resource {
        Resource::named("account", self.account.clone().unwrap_or_else(|| "all".to_owned()))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::accounts(typed, cx)
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    what: What,
    account: String,
    kind: PrincipalKind,
    principal: String,
    permission_set: String,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Nobody declared it, and the bot did not make it.
    Unexplained,
    /// Whom it is for no longer exists.
    Orphan,
    /// It is declared and does not stand.
    Missing,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::Orphan => "orphan",
            Self::Missing => "missing",
        }
    }
}

impl Query for Drift {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let settings = configured(cx)?;
        let accounts: Vec<&Account> = match &self.account {
            Some(name) => vec![find::account(name, cx)?],
            None => cx.settings.accounts.iter().filter(|account| cx.may(&of(account))).collect(),
        };
        if let Some(account) = accounts.first().filter(|account| !cx.may(&of(account))) {
            return Err(Error::shown(text!["You may not see who has access to ", code(&*account.name), "."]));
        }
        if accounts.len() > ACCOUNTS {
            return Err(Error::shown(text![
                format!("These are {} accounts, and AWS lets me look at about {ACCOUNTS} in one answer. ", accounts.len()),
                "Say which: ",
                code("--account shop-prod"),
                "."
            ]));
        }
        let identity = Identity::open(cx).await?;
        // Those who are new have to be told from those who are gone.
        let roster = roster::refresh(cx.aws, settings, cx.now).await?;
        let history = History::read(cx).await?;
        let baseline = settings.baseline.as_deref().unwrap_or_default();
        let mut findings = Vec::new();
        for account in &accounts {
            let standing = identity.assignments_in(&account.id).await?;
            findings.extend(unexplained(&standing, account, (baseline, &history, &roster)));
            findings.extend(missing(&standing, account, (baseline, &roster)));
        }
        findings.sort_by(|a, b| (a.what, &a.account, &a.principal).cmp(&(b.what, &b.account, &b.principal)));
        Ok(self.message(&findings, accounts.len(), settings.baseline.is_some()))
    }
}

/// An account, as policy judges who may see it.
fn of(account: &Account) -> Resource {
    Resource {
        id: account.id.clone(),
        account: Some(account.id.clone()),
        project: Some(account.project.clone()),
        env: Some(account.env.clone()),
        ..Resource::named("account", account.name.as_str())
    }
}

fn unexplained(standing: &[Assignment], account: &Account, known: (&[Declared], &History, &Roster)) -> Vec<Finding> {
    let (baseline, history, roster) = known;
    let findings = standing.iter().filter_map(|assignment| {
        let principal = roster.principal(&assignment.principal);
        let set = roster.permission_set_name(&assignment.permission_set);
        let gone = principal.name == principal.id;
        let what = if gone { What::Orphan } else { What::Unexplained };
        let explained = baseline.iter().any(|declared| declares(declared, assignment, (&principal.name, set)))
            || history.given(assignment, &principal.name).is_some();
        (gone || !explained).then(|| Finding {
            what,
            account: account.name.clone(),
            kind: principal.kind,
            principal: who(&assignment.principal, roster),
            permission_set: set.to_owned(),
        })
    });
    findings.collect()
}

fn missing(standing: &[Assignment], account: &Account, (baseline, roster): (&[Declared], &Roster)) -> Vec<Finding> {
    let stands = |declared: &Declared| {
        standing.iter().any(|assignment| {
            let principal = roster.principal(&assignment.principal).name;
            declares(declared, assignment, (&principal, roster.permission_set_name(&assignment.permission_set)))
        })
    };
    let absent: BTreeSet<&Declared> =
        baseline.iter().filter(|declared| declared.account == account.id && !stands(declared)).collect();
    let findings = absent.into_iter().map(|declared| {
        let (kind, principal) = match &declared.principal {
            Holder::User(name) => (PrincipalKind::User, name.clone()),
            Holder::Group(name) => (PrincipalKind::Group, format!("group {name}")),
        };
        let permission_set = declared.permission_set.clone();
        Finding { what: What::Missing, account: account.name.clone(), kind, principal, permission_set }
    });
    findings.collect()
}

impl Drift {
    fn message(&self, findings: &[Finding], accounts: usize, has_baseline: bool) -> Message {
        let places = if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
        let message = if findings.is_empty() {
            Message::new().text(format!("Nothing drifts in {places}: every assignment is declared or made by me."))
        } else if self.csv {
            Message::new().text(format!("{} findings in {places}, as a file.", findings.len())).file("drift.csv", csv(findings))
        } else {
            self.page(findings, &places)
        };
        let message = if findings.iter().any(|finding| finding.what == What::Orphan) {
            message.note(text![
                "An orphan is what was left behind by a user or group that was deleted. ",
                code("access review --account …"),
                " removes them."
            ])
        } else {
            message
        };
        if has_baseline { message } else { message.note(undeclared()) }
    }

    fn page(&self, findings: &[Finding], places: &str) -> Message {
        let pages = findings.len().div_ceil(PAGE).max(1);
        let page = (self.page as usize).min(pages);
        let of = if pages > 1 { format!(", page {page} of {pages}") } else { String::new() };
        let noun = if findings.len() == 1 { "finding" } else { "findings" };
        let mut table = Table::new(["What", "Account", "Who", "Permission set"]);
        for finding in findings.iter().skip((page - 1) * PAGE).take(PAGE) {
            let Finding { what, account, principal, permission_set, .. } = finding;
            table.row([what.word().to_owned(), account.clone(), principal.clone(), permission_set.clone()]);
        }
        let turn = |label: &str, to: usize| {
            let account = self.account.as_ref().map(|account| format!("--account={account}"));
            let words = ["access".to_owned(), "drift".to_owned()].into_iter().chain(account);
            let words: Vec<String> = words.chain(["--page".to_owned(), to.to_string()]).collect();
            // It fails only for words that hold a NUL, which nobody can type.
            let line = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| Self::NAME.to_owned());
            Button::new(label, line).in_place()
        };
        let back = (page > 1).then(|| turn("‹ Previous", page - 1));
        let on = (page < pages).then(|| turn("Next ›", page + 1));
        let message = Message::new().text(format!("{} {noun} in {places}{of}", findings.len())).table(table);
        message.buttons(back.into_iter().chain(on).collect())
    }
}

fn undeclared() -> Text {
    text![
        "No baseline is declared, so all that others gave counts as drift. Declare what should stand with ",
        code("[[assignments]]"),
        " in ",
        code("access-baseline.toml"),
        ", beside my configuration."
    ]
}

fn csv(findings: &[Finding]) -> String {
    let mut table = Table::new(["what", "account", "kind", "principal", "permission_set"]);
    for finding in findings {
        table.row([
            finding.what.word().to_owned(),
            finding.account.clone(),
            finding.kind.to_string(),
            finding.principal.strip_prefix("group ").unwrap_or(&finding.principal).to_owned(),
            finding.permission_set.clone(),
        ]);
    }
    table.csv()
}
