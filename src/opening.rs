//! Opens a change: what keeps it from being put on record, and the one commit that puts it there.

use commands::context::{Decision, MYSELF, Requirement, SelfApproval};
use commands::message::{Text, bold, code};
use commands::plan::{Finding, Runs, Work};
use commands::records::{ChangeId, ChangeRecord, Emergency, Fact, Outcome, Status};
use commands::registry::{EMERGENCY, Entry};
use commands::{PersonId, text};
use serde_json::Value;

use crate::answer::{Answering, Ending};
use crate::approval;
use crate::card;
use crate::case::Case;
use crate::engine;
use crate::glass;
use crate::host::{Draft, TRIES, Trouble, contested, json, read};
use crate::outbox::Saying;
use crate::store::{CommitError, Key, Kind as Of, Write};
use crate::waiting;

impl Answering<'_> {
    /// Puts a planned change on record, or says why not.
    pub(crate) async fn open_change(&self, entry: Entry, work: Work<Value>) -> Result<(), Trouble> {
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
            let asker = &self.person.id;
            let mut could = approval::could_approve(requirement, asker, &work.resource, &*host.authority);
            if (could.len() as u64) < u64::from(requirement.approvals) {
                // Somebody may have come into the group since their platform was last asked.
                let _ = host.renew(&host.people.with_groups().iter().collect::<Vec<_>>()).await;
                could = approval::could_approve(requirement, asker, &work.resource, &*host.authority);
            }
            if (could.len() as u64) < u64::from(requirement.approvals) {
                return self.refuse(too_few(requirement, could.len(), &self.person.id)).await;
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
        if self.open.options.emergency {
            self.take_over(work).await?;
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

    /// Whoever breaks the glass at a gate does not wait for the decision the bot has asked for there: it is void.
    async fn take_over(&self, work: &Work<Value>) -> Result<(), Trouble> {
        let Some(holder) = self.host.holder(&work.resource.id).await? else { return Ok(()) };
        let Some((record, version)) = self.host.change(holder).await? else { return Ok(()) };
        let undecided = matches!(record.status, Status::AwaitingApproval { .. } | Status::Scheduled { .. });
        if work.gate.is_none() || record.asker.0 != MYSELF || !undecided {
            return Ok(());
        }
        let said = text![&self.person.id, " broke the glass for it, so nobody has to decide here."];
        Case::new(self.host, record, version).end(Outcome::Void, said).await
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
        let expires = match &plan.gate {
            Some(gate) => gate.until,
            None => (now + host.rules.approvals.expires).min(plan.start.unwrap_or(jiff::Timestamp::MAX)),
        };
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
            rejected: None,
            claimed: None,
            status,
            notes: Vec::new(),
            so_far: work.gate.as_ref().map(|gate| waiting::left(gate, now)),
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
}

fn too_few(requirement: &Requirement, could: usize, asker: &PersonId) -> Text {
    let approvals = if requirement.approvals == 1 { "approval" } else { "approvals" };
    let people = match could {
        0 => "nobody".to_owned(),
        1 => "only 1 person".to_owned(),
        many => format!("only {many} people"),
    };
    let counts = requirement.self_approval == SelfApproval::Counts || asker.0 == MYSELF;
    let own = if counts { "" } else { ", your own not counted" };
    text![
        format!("It takes {} {approvals} of ", requirement.approvals),
        code(requirement.group.as_str()),
        format!("{own}, and {people} could give one. Nothing was changed. Whoever keeps the list of people can add somebody.")
    ]
}
