//! `rds list`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::aws::Rds;
use super::lifecycle::{self, Lifecycle};
use super::model::Database;
use super::{fleet, line, versions};
use crate::aws::Caller;
use crate::aws::everywhere::{no_account, places};
use crate::context::{Account, Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Button, Message, Table};
use crate::{Command, Query, text};

/// Databases on a page.
const PAGE: usize = 10;

/// Lists databases over all accounts and regions, with version and end of support.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct List {
    /// Only this project
    #[arg(long)]
    project: Option<String>,
    /// Only this environment, such as prod
    #[arg(long)]
    env: Option<String>,
    /// Only this engine: mysql, postgres, aurora …
    #[arg(long)]
    engine: Option<String>,
    /// Only this AWS account, by name or number
    #[arg(long)]
    account: Option<String>,
    /// Only versions whose standard support has ended or ends within 180 days
    #[arg(long)]
    outdated: bool,
    /// Which page, ten databases each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    page: u32,
    /// All of them as a CSV file
    #[arg(long)]
    csv: bool,
}

impl Command for List {
    const NAME: &'static str = "rds list";

    fn resource(&self) -> Resource {
        Resource { project: self.project.clone(), env: self.env.clone(), ..Resource::named("database", "all") }
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let meant = |account: &&Account| self.account.as_ref().is_none_or(|name| *name == account.name || *name == account.id);
        let accounts: Vec<&Account> = cx.settings.accounts.iter().filter(meant).collect();
        if accounts.is_empty() {
            return Err(no_account(self.account.as_deref(), cx));
        }
        let caller = Caller::of(cx);
        let (fleet, support) = tokio::join!(fleet::look(cx.aws, &caller, &accounts), support(cx, &caller, &accounts));
        let mut fleet = fleet?;
        let support = support.unwrap_or_else(|error| {
            fleet.unseen.push(line(error));
            Vec::new()
        });
        fleet.databases.retain(|database| self.wants(database, &support, cx) && cx.may(&database.resource()));
        Ok(self.message(&fleet, &support, cx))
    }
}

/// How many places are asked for AWS's table of support before it is given up: each may take AWS's whole time-out.
const ASKED_FOR_SUPPORT: usize = 3;

/// AWS's table of support, from the first place that answers: it is the same everywhere.
async fn support(cx: &Context<'_>, caller: &Caller, accounts: &[&Account]) -> Result<Vec<Lifecycle>> {
    let mut last = Error::shown("No region is configured for these accounts.");
    for (account, region) in places(accounts.iter().copied()).into_iter().take(ASKED_FOR_SUPPORT) {
        let read = async { Rds::open(cx.aws, caller, account, region).await?.lifecycles(None).await };
        match read.await {
            Ok(table) => return Ok(table),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl List {
    fn wants(&self, database: &Database, support: &[Lifecycle], cx: &Context<'_>) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        let engine = self.engine.as_ref().is_none_or(|wanted| of_engine(&database.engine, wanted));
        let support = lifecycle::of(support, &database.engine, &database.version);
        let outdated = !self.outdated || lifecycle::standing(support, cx.now).is_outdated();
        fits(&self.project, &database.project) && fits(&self.env, &database.env) && engine && outdated
    }

    fn message(&self, fleet: &fleet::Fleet, support: &[Lifecycle], cx: &Context<'_>) -> Message {
        let total = fleet.databases.len();
        let pages = total.div_ceil(PAGE).max(1);
        let page = (self.page as usize).min(pages);
        let mut message = Message::new();
        if total == 0 {
            message = message.text(text![self.nothing()]);
        } else if self.csv {
            let table = csv(&fleet.databases, support, cx);
            message = message.text(format!("{total} databases, as a file.")).file("databases.csv", table.csv());
        } else {
            let shown = fleet.databases.iter().skip((page - 1) * PAGE).take(PAGE);
            let of = if pages > 1 { format!(", page {page} of {pages}") } else { String::new() };
            let noun = if total == 1 { "database" } else { "databases" };
            message =
                message.text(format!("{total} {noun}{of}")).table(table(shown, support, cx)).buttons(self.turns(page, pages));
        }
        fleet.unseen.iter().fold(message, |message, trouble| message.note(trouble.clone()))
    }

    fn nothing(&self) -> &'static str {
        if self.outdated {
            "No database here is out of date or about to be."
        } else if *self == Self::default_page(self.page) {
            "There is no database that you may see."
        } else {
            "No database fits that. Leave an option out to see more."
        }
    }

    fn default_page(page: u32) -> Self {
        Self { page, ..Self::default() }
    }

    fn turns(&self, page: usize, pages: usize) -> Vec<Button> {
        let turn = |label: &str, to: usize| Button::new(label, self.line(to)).in_place();
        let back = (page > 1).then(|| turn("‹ Previous", page - 1));
        let on = (page < pages).then(|| turn("Next ›", page + 1));
        back.into_iter().chain(on).collect()
    }

    /// The command line of another page of the same list.
    fn line(&self, page: usize) -> String {
        let mut words = vec!["rds".to_owned(), "list".to_owned()];
        for (name, value) in
            [("project", &self.project), ("env", &self.env), ("engine", &self.engine), ("account", &self.account)]
        {
            words.extend(value.as_ref().map(|value| format!("--{name}={value}")));
        }
        words.extend(self.outdated.then(|| "--outdated".to_owned()));
        words.extend(["--page".to_owned(), page.to_string()]);
        // It fails only for words that hold a NUL, which nobody can type.
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| "rds list".to_owned())
    }
}

/// `aurora` means both Auroras; otherwise an engine is meant by its own name.
fn of_engine(engine: &str, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let wanted = if wanted == "postgresql" { "postgres" } else { &wanted };
    engine == wanted || engine.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-'))
}

/// Kept narrow: what does not fit stands in `rds show` and in the CSV file.
fn table<'a>(shown: impl Iterator<Item = &'a Database>, support: &[Lifecycle], cx: &Context<'_>) -> Table {
    let mut table = Table::new(["Database", "Version", "Belongs to", "Account", "Support"]);
    for database in shown {
        let status = if database.status == "available" { String::new() } else { format!(" ({})", database.status) };
        let global = if database.global.is_some() { " (global)" } else { "" };
        let support = lifecycle::of(support, &database.engine, &database.version);
        table.row([
            format!("{}{global}{status}", database.id()),
            format!("{} {}", database.engine, versions::short(&database.version)),
            format!("{}/{}", database.project, database.env),
            place(database, cx),
            lifecycle::short(support, cx.now),
        ]);
    }
    table
}

/// The account, and the region where it is not the account's first.
fn place(database: &Database, cx: &Context<'_>) -> String {
    let account = cx.settings.accounts.iter().find(|account| account.id == database.at.account);
    if account.is_some_and(|account| account.regions.first() == Some(&database.at.region)) {
        return database.account_name.clone();
    }
    format!("{} {}", database.account_name, database.at.region)
}

fn csv(databases: &[Database], support: &[Lifecycle], cx: &Context<'_>) -> Table {
    let mut table = Table::new([
        "database",
        "kind",
        "engine",
        "version",
        "class",
        "multi_az",
        "status",
        "project",
        "env",
        "account",
        "account_id",
        "region",
        "window_utc",
        "global_cluster",
        "standard_support_ends",
        "extended_support_ends",
        "standing",
        "arn",
    ]);
    let day = |at: Option<jiff::Timestamp>| at.map(lifecycle::day).unwrap_or_default();
    for database in databases {
        let support = lifecycle::of(support, &database.engine, &database.version);
        table.row([
            database.id().to_owned(),
            database.at.kind.words().to_owned(),
            database.engine.clone(),
            database.version.clone(),
            database.class.clone(),
            database.multi_az.to_string(),
            database.status.clone(),
            database.project.clone(),
            database.env.clone(),
            database.account_name.clone(),
            database.at.account.clone(),
            database.at.region.clone(),
            database.window.clone().unwrap_or_default(),
            database.global.clone().unwrap_or_default(),
            day(support.and_then(|support| support.standard_ends)),
            day(support.and_then(|support| support.extended_ends)),
            lifecycle::cell(support, cx.now),
            database.at.arn.clone(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aurora_means_both_and_mysql_only_itself() {
        assert!(of_engine("aurora-mysql", "aurora"));
        assert!(of_engine("aurora-postgresql", "Aurora"));
        assert!(of_engine("mysql", "mysql"));
        assert!(of_engine("postgres", "postgresql"));
        assert!(!of_engine("aurora-mysql", "mysql"));
        assert!(!of_engine("mysql", "my"));
    }

    #[test]
    fn a_page_turns_with_the_same_filters() {
        let list = List { project: Some("the shop".to_owned()), outdated: true, page: 2, ..List::default() };
        let lines: Vec<String> = list.turns(2, 3).into_iter().map(|button| button.run).collect();
        assert_eq!(
            lines,
            ["rds list '--project=the shop' --outdated --page 1", "rds list '--project=the shop' --outdated --page 3"]
        );
        assert!(list.turns(1, 1).is_empty());
    }
}
