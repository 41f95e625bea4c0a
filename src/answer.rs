//! Answers what was asked: runs a query, or plans a change and puts it on record. Looks at open askings; a restart does too.

use std::sync::Arc;
use std::time::Duration;

use commands::context::Decision;
use commands::message::{Block, Message, Text, code};
use commands::plan::Plan;
use commands::records::Fact;
use commands::registry::{EMERGENCY, Entry, Kind};
use commands::{Error, Person, Resource, text};
use jiff::SignedDuration;

use crate::dispatch::{Open, Tells, denied};
use crate::effects;
use crate::host::{Asking, Draft, Host, Trouble, UNHEARD, read};
use crate::outbox::Saying;
use crate::platform::Target;
use crate::records::Ledger;
use crate::store::{CommitError, Row, Write};

/// No answer takes longer.
const LONGEST: Duration = Duration::from_secs(60);

/// When somebody is looked for again who is not known while the people of Identity Center were never read.
const UNREAD: SignedDuration = SignedDuration::from_secs(30);

/// An open asking while it is answered.
pub struct Answering<'a> {
    /// What dispatch, engine and outbox share.
    pub host: &'a Arc<Host>,
    /// The asking.
    pub open: &'a Open,
    /// Who asked, with today's groups.
    pub person: &'a Person,
    row: &'a Row,
}

/// How an asking ended.
pub struct Ending {
    /// In one word, for the audit log.
    pub outcome: &'static str,
    /// In words, for the asker.
    pub said: Message,
    /// The rule that denied it, where one did.
    rule: Option<String>,
}

impl Ending {
    /// An end of one kind, told in these words.
    pub fn new(outcome: &'static str, said: impl Into<Message>) -> Self {
        Self { outcome, said: said.into(), rule: None }
    }
}

/// Answers one open asking.
pub async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let open: Open = read(&row)?;
    let nobody = Person::gone(&open.person);
    // What a platform does not say does not count; a denial says so.
    let _ = host.renew(&[&open.person]).await;
    let known = host.authority.person(&open.person);
    if known.is_none() && !host.authority.is_complete() {
        // They were known when they asked: they are waited for rather than refused.
        host.store.put_off(&row.key, host.clock.now() + UNREAD).await;
        return Ok(());
    }
    let answering = Answering { host: &host, open: &open, person: known.as_ref().unwrap_or(&nobody), row: &row };
    let (Some(_), Some(entry)) = (&known, host.command(&open.command)) else {
        let said = "You or this command are no longer known to me. Nothing was done.";
        return answering.finish(Ending::new("refused", said), Draft::at(host.clock.now())).await;
    };
    let (again, doing) = (Arc::clone(&host), format!("answering {}", entry.name()));
    let worked = std::panic::AssertUnwindSafe(async {
        match entry.kind {
            Kind::Query => answering.query(entry).await,
            Kind::Change => answering.change(entry).await,
        }
    });
    match futures_util::FutureExt::catch_unwind(worked).await {
        Ok(worked) => worked,
        Err(_) => {
            let said = again.broke(&doing, "Nothing was changed.", &"it panicked");
            answering.finish(Ending::new("broke", said), Draft::at(again.clock.now())).await
        }
    }
}

impl Answering<'_> {
    async fn query(&self, entry: Entry) -> Result<(), Trouble> {
        let ledger = Ledger(Arc::clone(&self.host.store));
        let asking = self.asking(entry);
        let cx = self.host.context(&asking, &ledger);
        let answered = tokio::time::timeout(LONGEST, entry.answer(&self.open.args, &cx)).await;
        let ending = match answered.unwrap_or_else(|_| Err(slow())) {
            Ok(said) => Ending::new("answered", said),
            Err(error) => self.error(entry, error, "Nothing was changed."),
        };
        self.finish(ending, Draft::at(self.host.clock.now())).await
    }

    async fn change(&self, entry: Entry) -> Result<(), Trouble> {
        let ledger = Ledger(Arc::clone(&self.host.store));
        let asking = self.asking(entry);
        let cx = self.host.context(&asking, &ledger);
        let planned = tokio::time::timeout(LONGEST, entry.plan(&self.open.args, &cx)).await;
        match planned.unwrap_or_else(|_| Err(slow())) {
            Ok(Plan::Records { resource, effects, say }) => {
                match self.host.authority.decide(self.person, entry.name(), &resource) {
                    Decision::Denied { rule, why } => return self.deny(entry, &resource, (rule, &why)).await,
                    Decision::Allowed { rule, requires: Some(_) } => {
                        let why = format!("The rule {rule} asks for an approval, and this can't wait for one.");
                        return self.deny(entry, &resource, (Some(rule), &why)).await;
                    }
                    Decision::Allowed { .. } => effects::carry_out(self, effects, say).await,
                }
            }
            Ok(Plan::Work(work)) => self.open_change(entry, *work).await,
            Err(error) => {
                let ending = self.error(entry, error, "Nothing was changed.");
                self.finish(ending, Draft::at(self.host.clock.now())).await
            }
        }
    }

    /// Ends the asking with a denial.
    pub(crate) async fn deny(&self, entry: Entry, on: &Resource, (rule, why): (Option<String>, &str)) -> Result<(), Trouble> {
        let action =
            if self.open.options.emergency { format!("{} --{EMERGENCY}", entry.name()) } else { entry.name().to_owned() };
        let unheard = if self.host.is_unheard(&self.person.id) { UNHEARD } else { "" };
        let said = denied(&action, Some(on), &format!("{why}{unheard}"));
        self.finish(Ending { outcome: "denied", said, rule }, Draft::at(self.host.clock.now())).await
    }

    /// Ends the asking with a sentence why it was not done.
    pub async fn refuse(&self, why: Text) -> Result<(), Trouble> {
        self.finish(Ending::new("refused", why), Draft::at(self.host.clock.now())).await
    }

    fn error(&self, entry: Entry, error: Error, changed: &str) -> Ending {
        match error {
            Error::Shown(text) => Ending::new("refused", text),
            Error::Outside { say, cause } => {
                tracing::warn!(command = entry.name(), cause, "the outside was in the way");
                self.host.metrics.aws_in_the_way(entry.name());
                Ending::new("failed", say)
            }
            Error::Internal { doing, cause } => Ending::new("broke", self.host.broke(&doing, changed, &cause)),
        }
    }

    /// Commits the answer with whatever else is in the draft; the asking is closed. What is too large to be kept is not
    /// done at all: the asking is closed with a sentence that says so.
    pub async fn finish(&self, ending: Ending, draft: Draft) -> Result<(), Trouble> {
        match self.close(ending, draft).await {
            Err(Trouble::Commit(CommitError::TooLarge(why))) => {
                tracing::warn!(why, command = self.open.command, "an answer is larger than what can be kept");
                self.close(Ending { outcome: "refused", said: too_large(), rule: None }, Draft::at(self.host.clock.now())).await
            }
            other => other,
        }
    }

    async fn close(&self, ending: Ending, draft: Draft) -> Result<(), Trouble> {
        let Ending { outcome, said, rule } = ending;
        let mut fact = self.fact("answered");
        fact.outcome = Some(outcome.to_owned());
        fact.detail
            .insert("milliseconds".to_owned(), self.host.clock.now().duration_since(self.open.at).as_millis().to_string().into());
        if let Some(rule) = rule {
            fact.detail.insert("rule".to_owned(), rule.into());
        }
        if outcome != "answered" {
            fact.detail.insert("said".to_owned(), said.plain().chars().take(1000).collect::<String>().into());
        }
        let (target, instead) = match (&self.open.reply, self.open.options.share && outcome == "answered" && !said.private) {
            (reply @ Target::Only { channel, handle, .. }, true) => {
                let thread = self.open.place.thread.clone();
                (Target::Shared { channel: channel.clone(), thread, handle: handle.clone() }, Some(reply.clone()))
            }
            (reply, _) => (reply.clone(), None),
        };
        let said = if self.open.tells == Tells::WhatWasNotDone && self.open.under.is_none() { self.of_emoji(said) } else { said };
        let mut saying = Saying { instead, ..Saying::once(&self.open.account.platform, target, said) };
        saying.under = self.open.under.clone();
        let closed = Write { key: self.row.key.clone(), expects: self.row.version, value: None, due: None };
        let draft = draft.write(closed).fact(fact);
        let draft = match outcome {
            "planned" | "answered" if self.open.tells == Tells::WhatWasNotDone => draft,
            _ => draft.say(format!("answer/{}", self.open.operation), saying),
        };
        self.host.commit(draft).await?;
        self.host.metrics.command(&self.open.command, outcome);
        Ok(())
    }

    /// What whoever left an emoji reads of what was not done: they typed nothing it could refer to.
    fn of_emoji(&self, said: Message) -> Message {
        let on = self.on().unwrap_or_default();
        let head = text!["Your emoji under the ", on, " stands for ", code(self.open.command.as_str()), ". That was not done."];
        Message { blocks: [Block::Text(head)].into_iter().chain(said.blocks).collect(), ..said }
    }

    /// A fact about this asking.
    pub fn fact(&self, event: &str) -> Fact {
        Fact {
            operation: self.open.operation.clone(),
            event: event.to_owned(),
            person: self.person.id.to_string(),
            account: self.open.under.is_none().then(|| self.open.account.to_string()),
            place: Some(format!("{}:{}", self.open.place.platform, self.open.place.channel)),
            action: Some(self.open.command.clone()),
            resource: self.on(),
            ..Fact::default()
        }
    }

    /// What was asked about, as far as the arguments tell.
    fn on(&self) -> Option<String> {
        let entry = self.host.command(&self.open.command)?;
        entry.resource(&self.open.args).ok().map(|resource| resource.to_string())
    }

    fn asking(&self, entry: Entry) -> Asking<'_> {
        Asking {
            person: self.person,
            operation: &self.open.operation,
            action: entry.name(),
            reason: self.open.options.reason.as_deref(),
            starts: None,
            told: &[],
        }
    }
}

fn too_large() -> Message {
    "The answer is longer than what I can keep, so I can't give it. Nothing was changed. Narrow it down and ask again.".into()
}

fn slow() -> Error {
    Error::Outside {
        say: "AWS took too long to answer, so I stopped waiting. Nothing was changed. Try again.".into(),
        cause: "timed out".into(),
    }
}
