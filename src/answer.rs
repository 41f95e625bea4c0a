//! Answers what was asked: runs a query, or plans a change and puts it on record. Looks at open askings; a restart does too.

use std::sync::Arc;
use std::time::Duration;

use commands::context::{Decision, Requirement, SelfApproval};
use commands::message::{Message, Text, bold, code};
use commands::plan::{Finding, Plan, Runs, Work};
use commands::records::{ChangeId, ChangeRecord, Emergency, Fact, Status};
use commands::registry::{EMERGENCY, Entry, Kind};
use commands::{Error, Person, Resource, text};
use serde_json::Value;

use crate::approval;
use crate::card;
use crate::dispatch::{Open, denied};
use crate::effects;
use crate::engine;
use crate::glass;
use crate::host::{Asking, Draft, Host, TRIES, Trouble, contested, json, read};
use crate::outbox::Saying;
use crate::platform::Target;
use crate::records::Ledger;
use crate::store::{CommitError, Key, Kind as Of, Row, Write};
use crate::waiting;

/// No answer takes longer.
const LONGEST: Duration = Duration::from_secs(60);

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
    let known = host.authority.person(&open.person);
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

    /// Puts a planned change on record, or says why not.
    async fn open_change(&self, entry: Entry, work: Work<Value>) -> Result<(), Trouble> {
        let host = self.host;
        let decision = if self.open.options.emergency {
            host.authority.decide_in_emergency(self.person, entry.name(), &work.resource)
        } else {
            host.authority.decide(self.person, entry.name(), &work.resource)
        };
        let (rule, requires) = match decision {
            Decision::Denied { rule, why } => return self.deny(entry, &work.resource, (rule, &why)).await,
            Decision::Allowed { rule, requires } => (rule, requires),
        };
        if let Some(why) = self.obstacle(entry, &work).await? {
            return self.refuse(why).await;
        }
        if let Some(requirement) = &requires {
            let could = approval::could_approve(requirement, &self.person.id, &work.resource, &*host.authority);
            if (could.len() as u64) < u64::from(requirement.approvals) {
                return self.refuse(too_few(requirement, could.len())).await;
            }
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.commit_change(entry, &work, &rule, &requires).await {
                Err(Trouble::Commit(CommitError::Conflict(key))) if key.kind == Of::Counter && tries < TRIES => {}
                Err(Trouble::Commit(CommitError::Conflict(key))) if key.kind == Of::Counter => return Err(contested(&key).into()),
                Err(Trouble::Commit(CommitError::Conflict(key))) if key.kind == Of::Lock => {
                    return self
                        .refuse(self.busy(&work).await?.unwrap_or_else(|| "Another change was quicker. Ask again.".into()))
                        .await;
                }
                other => return other,
            }
        }
    }

    /// What keeps a plan from being put on record at all.
    async fn obstacle(&self, entry: Entry, work: &Work<Value>) -> Result<Option<Text>, Trouble> {
        let failed: Vec<_> = work.checks.iter().filter(|check| check.finding == Finding::Fail).collect();
        if !failed.is_empty() {
            let head = text!["“", work.title.as_str(), "” can't run like this. Nothing was changed."];
            return Ok(Some(
                failed
                    .iter()
                    .fold(head, |all, check| all.then(text!["\n❌ ", bold(check.name.as_str()), ": ", check.words.as_str()])),
            ));
        }
        if let Some(busy) = self.busy(work).await? {
            return Ok(Some(busy));
        }
        if self.open.options.emergency {
            return Ok(work.start.map(|start| {
                text![
                    "An emergency runs at once, and this is to start ",
                    start,
                    ". Nothing was changed. Ask without a start, or without ",
                    code("--emergency"),
                    "."
                ]
            }));
        }
        let start = work.start.unwrap_or_else(|| self.host.clock.now());
        let frozen = engine::freeze(self.host, work.resource.project.as_deref(), start).await?;
        Ok(frozen.map(|freeze| {
            let in_emergency = self.host.authority.decide_in_emergency(self.person, entry.name(), &work.resource);
            let glass = match in_emergency {
                Decision::Allowed { .. } => {
                    text![" If it can't wait, break the glass: add ", code(format!("--{EMERGENCY} --reason \"…\"")), "."]
                }
                Decision::Denied { .. } => Text::default(),
            };
            freeze.refuses().then(glass)
        }))
    }

    async fn busy(&self, work: &Work<Value>) -> Result<Option<Text>, Trouble> {
        if work.runs == Runs::Beside {
            return Ok(None);
        }
        Ok(self.host.holder(&work.resource.id).await?.map(|holder| {
            text![
                "The ",
                work.resource.to_string(),
                " is busy with ",
                code(holder.to_string()),
                ", and only one change at a time runs on it. Nothing was changed. ",
                code(format!("change show {holder}")),
                " shows how it stands."
            ]
        }))
    }

    async fn commit_change(
        &self,
        entry: Entry,
        work: &Work<Value>,
        rule: &str,
        requires: &Option<Requirement>,
    ) -> Result<(), Trouble> {
        let host = self.host;
        let now = host.clock.now();
        let counter = Key::new(Of::Counter, "change");
        let (last, expects) = match host.store.get(&counter).await? {
            Some(row) => (read::<u64>(&row)?, row.version),
            None => (0, 0),
        };
        let id = ChangeId(last + 1);
        let plan = work.record();
        let starts = plan.start.unwrap_or(now);
        let expires = (now + host.rules.approvals.expires).min(plan.start.unwrap_or(jiff::Timestamp::MAX));
        let status = if requires.is_some() { Status::AwaitingApproval { expires } } else { Status::Scheduled { at: starts } };
        let record = ChangeRecord {
            id,
            command: entry.name().to_owned(),
            args: self.open.args.clone(),
            asker: self.person.id.clone(),
            reason: self.open.options.reason.clone(),
            place: self.open.place.clone(),
            asked: now,
            plan,
            requires: requires.clone(),
            emergency: self.open.options.emergency.then(Emergency::default),
            rule: rule.to_owned(),
            round: 1,
            votes: Vec::new(),
            claimed: None,
            status,
            notes: Vec::new(),
            so_far: None,
            told: Vec::new(),
            reminded: host
                .rules
                .remind
                .iter()
                .map(|before| before.as_secs())
                .filter(|before| starts.duration_since(now).as_secs() <= *before)
                .collect(),
            prodded: 0,
            turned_away: Vec::new(),
        };
        let due = match &record.status {
            Status::AwaitingApproval { expires } => waiting::next_look(host, &record, *expires, now),
            _ => engine::next_look(host, &record, starts),
        };
        let channel = host.rules.channels.of(record.plan.resource.project.as_deref());
        let platform = &self.open.place.platform;
        let lock =
            Write { key: Key::new(Of::Lock, record.plan.resource.id.as_str()), expects: 0, value: Some(json(&id)?), due: None };
        let count = Write { key: counter, expects, value: Some(json(&id.0)?), due: None };
        let draft = match work.runs {
            Runs::Alone => Draft::at(now).write(count).write(lock),
            Runs::Beside => Draft::at(now).write(count),
        };
        let draft = draft
            .change(&record, 0, Some(due))?
            .fact(self.planned(&record))
            .say(card::slot(&record), Saying::card(platform, channel, card::card(&record)));
        let draft = match glass::message(&record) {
            Some(message) => {
                let security = &host.rules.channels.security;
                draft.fact(self.broke_glass(&record)).say(glass::slot(&record), Saying::card(platform, security, message))
            }
            None => draft,
        };
        let said = match &record.requires {
            None if record.emergency.is_some() => text![
                "🚨 ",
                code(id.to_string()),
                " starts at once, without approval. It is posted in ",
                host.rules.channels.security.as_str(),
                ", and a second person has to review it. Its card is in "
            ],
            Some(need) => {
                let noun = if need.approvals == 1 { "approval" } else { "approvals" };
                text![
                    code(id.to_string()),
                    format!(" waits for {} {noun} of ", need.approvals),
                    code(need.group.as_str()),
                    ". Its card is in "
                ]
            }
            None => text![code(id.to_string()), " needs no approval and starts ", starts, ". Its card is in "],
        };
        let said = said.then(channel).then(".");
        self.finish(Ending::new("planned", said), draft).await?;
        host.bells.changes.ring();
        Ok(())
    }

    fn planned(&self, record: &ChangeRecord) -> Fact {
        let mut fact = self.fact_on("planned", record);
        let mut put = |name: &str, value: Value| fact.detail.insert(name.to_owned(), value);
        put("from", self.open.operation.as_str().into());
        put("title", record.plan.title.as_str().into());
        put("args", record.args.clone());
        put("digest", record.plan.digest.as_str().into());
        put("rule", record.rule.as_str().into());
        put("calls", serde_json::json!(record.plan.calls));
        put("requires", serde_json::json!(record.requires));
        put("starts", serde_json::json!(record.plan.start));
        put("reason", serde_json::json!(record.reason));
        fact
    }

    fn broke_glass(&self, record: &ChangeRecord) -> Fact {
        let mut fact = self.fact_on("broke_glass", record);
        fact.detail.insert("rule".to_owned(), record.rule.as_str().into());
        fact.detail.insert("reason".to_owned(), serde_json::json!(record.reason));
        fact
    }

    async fn deny(&self, entry: Entry, on: &Resource, (rule, why): (Option<String>, &str)) -> Result<(), Trouble> {
        let action =
            if self.open.options.emergency { format!("{} --{EMERGENCY}", entry.name()) } else { entry.name().to_owned() };
        let said = denied(&action, Some(on), why);
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
        let (target, instead) = match (&self.open.reply, self.open.options.share && outcome == "answered") {
            (reply @ Target::Only { channel, .. }, true) => {
                let thread = self.open.place.thread.clone();
                (Target::Channel { channel: channel.clone(), thread }, Some(reply.clone()))
            }
            (reply, _) => (reply.clone(), None),
        };
        let saying = Saying { instead, ..Saying::once(&self.open.account.platform, target, said) };
        let closed = Write { key: self.row.key.clone(), expects: self.row.version, value: None, due: None };
        let draft = draft.write(closed).fact(fact).say(format!("answer/{}", self.open.operation), saying);
        self.host.commit(draft).await?;
        self.host.metrics.command(&self.open.command, outcome);
        Ok(())
    }

    /// A fact about this asking.
    pub fn fact(&self, event: &str) -> Fact {
        Fact {
            operation: self.open.operation.clone(),
            event: event.to_owned(),
            person: self.person.id.to_string(),
            account: Some(self.open.account.to_string()),
            place: Some(format!("{}:{}", self.open.place.platform, self.open.place.channel)),
            action: Some(self.open.command.clone()),
            resource: self.on(),
            ..Fact::default()
        }
    }

    /// A fact about the change this asking became.
    fn fact_on(&self, event: &str, record: &ChangeRecord) -> Fact {
        Fact {
            operation: record.id.to_string(),
            change: Some(record.id),
            resource: Some(record.plan.resource.to_string()),
            project: record.plan.resource.project.clone(),
            ..self.fact(event)
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

fn too_few(requirement: &Requirement, could: usize) -> Text {
    let approvals = if requirement.approvals == 1 { "approval" } else { "approvals" };
    let people = match could {
        0 => "nobody".to_owned(),
        1 => "only 1 person".to_owned(),
        many => format!("only {many} people"),
    };
    let own = if requirement.self_approval == SelfApproval::Refused { ", your own not counted" } else { "" };
    text![
        format!("It takes {} {approvals} of ", requirement.approvals),
        code(requirement.group.as_str()),
        format!("{own}, and {people} could give one. Nothing was changed. Whoever keeps the list of people can add somebody.")
    ]
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
