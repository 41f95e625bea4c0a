//! The life of a change: which transitions are legal, and the fact each leaves in the audit log. Pure.

use commands::message::{Text, code};
use commands::plan::MadeCall;
use commands::records::{ChangeRecord, Fact, Note, Outcome, Reviewed, Status, Told, Vote};
use commands::{PersonId, text};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Something that happens to a change.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A vote that counts was cast.
    Voted(Vote),
    /// A vote was taken back.
    Withdrawn(PersonId),
    /// A vote that does not count was seen.
    TurnedAway {
        /// Whose vote and which, as the record keeps it.
        key: String,
        /// Why it does not count.
        why: String,
    },
    /// Somebody is looking at it.
    Claimed(PersonId),
    /// It has the approvals it takes.
    Approved {
        /// When it starts.
        at: Timestamp,
    },
    /// Somebody who may approve it said no, and that does something: its first step is about to be taken.
    TurnedAround {
        /// Who.
        by: PersonId,
        /// Why, where they said.
        reason: Option<String>,
    },
    /// It was given another start; votes for the old one are void.
    Rescheduled {
        /// The new start.
        at: Timestamp,
        /// When the request for approval expires; none when it needs none.
        expires: Option<Timestamp>,
    },
    /// Approvers were reminded.
    Prodded,
    /// People were reminded of the start.
    Reminded {
        /// Seconds before it.
        before: i64,
    },
    /// It has to wait although its time has come.
    Held {
        /// Until when.
        until: Timestamp,
        /// Why.
        why: Text,
    },
    /// Its first step is about to be taken.
    Started {
        /// The state of that step.
        state: Value,
    },
    /// A step was taken.
    Stepped {
        /// The state of the next step.
        state: Value,
        /// When to take it.
        next: Timestamp,
        /// What happened, when it is news.
        note: Option<Text>,
        /// What AWS answered.
        calls: Vec<MadeCall>,
    },
    /// Part of a longer work was done.
    Progressed {
        /// The state of the next step.
        state: Value,
        /// When to take it.
        next: Timestamp,
        /// How far it is.
        so_far: Text,
        /// What AWS answered.
        calls: Vec<MadeCall>,
    },
    /// It was told something while it runs.
    Told {
        /// What, by whom and when.
        told: Told,
        /// In words.
        note: Text,
    },
    /// A step could not be taken and is tried again.
    Stumbled {
        /// When.
        next: Timestamp,
        /// What is in the way.
        why: Text,
        /// The cause as reported.
        cause: String,
        /// What AWS answered.
        calls: Vec<MadeCall>,
    },
    /// It ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// The last word.
        said: Text,
        /// What AWS answered.
        calls: Vec<MadeCall>,
    },
    /// Somebody reviewed an emergency that has ended.
    Reviewed {
        /// What they found.
        note: Option<String>,
    },
    /// People were reminded that nobody has reviewed an emergency.
    ReviewMissed {
        /// The days since its end.
        days: i64,
    },
}

/// A transition that is not legal; a whole sentence to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal(pub Text);

/// What a change becomes when something happens, and the fact that goes into the audit log.
///
/// # Errors
/// When that can't happen to a change in this status; nothing changed then.
pub fn happen(
    record: &ChangeRecord,
    happening: Happening,
    by: &PersonId,
    now: Timestamp,
) -> Result<(ChangeRecord, Fact), Illegal> {
    let mut next = record.clone();
    let mut fact = Fact {
        operation: record.id.to_string(),
        person: by.to_string(),
        action: Some(record.command.clone()),
        resource: Some(record.plan.resource.to_string()),
        project: record.plan.resource.project.clone(),
        change: Some(record.id),
        ..Fact::default()
    };
    let mut put = |name: &str, value: Value| fact.detail.insert(name.to_owned(), value);
    let waiting = matches!(record.status, Status::AwaitingApproval { .. });
    let scheduled = matches!(record.status, Status::Scheduled { .. });
    let allow = |legal: bool| if legal { Ok(()) } else { Err(illegal(record)) };
    let event = match happening {
        Happening::Voted(vote) => {
            allow(waiting)?;
            put("verdict", json!(vote.verdict));
            put("cast", json!(vote.cast));
            put("digest", json!(record.plan.digest));
            if let Some(reason) = &vote.reason {
                put("reason", json!(reason));
            }
            next.votes.retain(|other| other.by != vote.by);
            next.votes.push(vote);
            "voted"
        }
        Happening::Withdrawn(person) => {
            allow(waiting)?;
            put("vote_of", json!(person));
            next.votes.retain(|vote| vote.by != person);
            "vote_withdrawn"
        }
        Happening::TurnedAway { key, why } => {
            allow(waiting)?;
            put("vote", json!(key));
            put("why", json!(why));
            next.turned_away.push(key);
            "vote_refused"
        }
        Happening::Claimed(person) => {
            allow(waiting)?;
            next.claimed = Some(person);
            "claimed"
        }
        Happening::Approved { at } => {
            allow(waiting)?;
            put("digest", json!(record.plan.digest));
            put("votes", json!(record.votes));
            put("starts", json!(at));
            next.status = Status::Scheduled { at };
            next.so_far = None;
            "approved"
        }
        Happening::TurnedAround { by, reason } => {
            allow(waiting)?;
            let Some(gate) = &record.plan.gate else { return Err(illegal(record)) };
            put("digest", json!(record.plan.digest));
            put("votes", json!(record.votes));
            put("step", json!(step_name(&gate.rejected)));
            let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            note(&mut next, now, text!["Rejected by ", &by, why, format!(", which {}.", gate.rejecting)]);
            next.status = Status::Running { state: gate.rejected.clone(), since: now, next: now, tries: 0 };
            next.so_far = None;
            next.rejected = Some(by);
            "turned_around"
        }
        Happening::Rescheduled { at, expires } => {
            allow(waiting || scheduled)?;
            if let Some(gate) = &record.plan.gate {
                return Err(Illegal(text![
                    code(record.id.to_string()),
                    " is a decision that AWS waits for until ",
                    gate.until,
                    ", so it has no other start. Nothing was changed."
                ]));
            }
            if record.emergency.is_some() {
                return Err(not_put_off(record));
            }
            put("from", json!(record.plan.start));
            put("to", json!(at));
            next.plan.start = Some(at);
            next.plan.digest = next.plan.digested();
            next.round += 1;
            next.votes.clear();
            next.turned_away.clear();
            next.reminded.clear();
            next.status = match expires {
                Some(expires) => Status::AwaitingApproval { expires },
                None => Status::Scheduled { at },
            };
            "rescheduled"
        }
        Happening::Prodded => {
            allow(waiting)?;
            next.prodded += 1;
            "approvers_reminded"
        }
        Happening::Reminded { before } => {
            allow(scheduled)?;
            put("seconds_before", json!(before));
            next.reminded.push(before);
            "reminded"
        }
        Happening::Held { until, why } => {
            allow(scheduled)?;
            put("until", json!(until));
            put("why", json!(why.plain()));
            note(&mut next, now, why);
            "held"
        }
        Happening::Started { state } => {
            allow(scheduled)?;
            put("digest", json!(record.plan.digest));
            put("step", json!(step_name(&state)));
            next.status = Status::Running { state, since: now, next: now, tries: 0 };
            "started"
        }
        Happening::Stepped { state, next: at, note: told, calls } => {
            let Status::Running { since, .. } = record.status else { return Err(illegal(record)) };
            put("next_step", json!(step_name(&state)));
            if !calls.is_empty() {
                put("calls", json!(calls));
            }
            if let Some(told) = told {
                put("note", json!(told.plain()));
                note(&mut next, now, told);
            }
            // How far the step before was says nothing of this one.
            next.so_far = None;
            next.status = Status::Running { state, since, next: at, tries: 0 };
            "step"
        }
        Happening::Progressed { state, next: at, so_far, calls } => {
            let Status::Running { since, .. } = record.status else { return Err(illegal(record)) };
            put("next_step", json!(step_name(&state)));
            put("so_far", json!(so_far.plain()));
            if !calls.is_empty() {
                put("calls", json!(calls));
            }
            next.so_far = Some(so_far);
            next.status = Status::Running { state, since, next: at, tries: 0 };
            "step"
        }
        Happening::Told { told, note: words } => {
            let Status::Running { ref state, since, tries, .. } = record.status else { return Err(illegal(record)) };
            put("what", json!(told.what));
            if !told.detail.is_null() {
                put("detail", told.detail.clone());
            }
            put("note", json!(words.plain()));
            note(&mut next, now, words);
            next.told.push(told);
            next.status = Status::Running { state: state.clone(), since, next: now, tries };
            "told"
        }
        Happening::Stumbled { next: at, why, cause, calls } => {
            let Status::Running { ref state, since, tries, .. } = record.status else { return Err(illegal(record)) };
            put("step", json!(step_name(state)));
            put("cause", json!(cause));
            put("again_at", json!(at));
            if !calls.is_empty() {
                put("calls", json!(calls));
            }
            if tries == 0 {
                note(&mut next, now, why);
            }
            next.status = Status::Running { state: state.clone(), since, next: at, tries: tries + 1 };
            "step_failed"
        }
        Happening::Ended { outcome, said, calls } => {
            allow(match outcome {
                Outcome::Succeeded | Outcome::Failed => matches!(record.status, Status::Running { .. }),
                Outcome::Rejected => waiting || record.rejected.is_some() && matches!(record.status, Status::Running { .. }),
                Outcome::Cancelled | Outcome::Expired | Outcome::Void => waiting || scheduled,
            })?;
            put("said", json!(said.plain()));
            if !calls.is_empty() {
                put("calls", json!(calls));
            }
            next.status = Status::Ended { outcome, at: now, said };
            let seconds = now.duration_since(record.asked).as_secs();
            put("seconds_since_asked", json!(seconds));
            fact.outcome = Some(outcome.to_string());
            "ended"
        }
        Happening::Reviewed { note } => {
            let reviewed = Some(Reviewed { by: reviewer(record, by)?.clone(), at: now, note });
            put("reviewed", json!(reviewed));
            next.emergency.get_or_insert_default().reviewed = reviewed;
            "reviewed"
        }
        Happening::ReviewMissed { days } => {
            allow(record.is_unreviewed() && matches!(record.status, Status::Ended { .. }))?;
            put("days", json!(days));
            next.emergency.get_or_insert_default().reminded = days;
            "review_reminded"
        }
    };
    fact.event = event.to_owned();
    Ok((next, fact))
}

/// The name of the step a state stands for: the tag of an enum, or the variant's name.
pub fn step_name(state: &Value) -> String {
    match state {
        Value::String(name) => name.clone(),
        Value::Object(members) => match (members.get("step").and_then(Value::as_str), members.keys().next()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(name)) => name.clone(),
            (None, None) => "step".to_owned(),
        },
        _ => "step".to_owned(),
    }
}

/// The sentence for something that can't be done to a change as it stands.
pub fn illegal(record: &ChangeRecord) -> Illegal {
    let id = code(record.id.to_string());
    Illegal(match &record.status {
        Status::AwaitingApproval { .. } => text![id, " still waits for approval. Nothing was changed."],
        Status::Scheduled { at } => text![id, " is approved and starts ", *at, ". Nothing was changed."],
        Status::Running { .. } => {
            text![
                id,
                " is running; a step that began is not broken off. Nothing was changed by this. Its card shows how it goes."
            ]
        }
        Status::Ended { outcome, at, .. } => {
            text![id, format!(" ended already, {outcome} "), *at, ". Nothing was changed by this."]
        }
    })
}

fn not_put_off(record: &ChangeRecord) -> Illegal {
    let id = record.id.to_string();
    Illegal(text![
        code(id.as_str()),
        " is an emergency and starts as soon as it can. Nothing was changed. ",
        code(format!("change cancel {id}")),
        " takes it back."
    ])
}

/// Whoever may review an emergency now: somebody else, once it has ended, and once only.
fn reviewer<'p>(record: &ChangeRecord, by: &'p PersonId) -> Result<&'p PersonId, Illegal> {
    let id = code(record.id.to_string());
    let Some(emergency) = &record.emergency else {
        return Err(Illegal(text![id, " was no emergency, so there is nothing to sign off. Nothing was changed."]));
    };
    if record.asker == *by {
        return Err(Illegal(text!["You broke the glass for ", id, " yourself, so somebody else has to review it."]));
    }
    if !matches!(record.status, Status::Ended { .. }) {
        return Err(Illegal(text![id, " has not ended yet. Review it once it has: you will see then what came of it."]));
    }
    if let Some(Reviewed { by, at, .. }) = &emergency.reviewed {
        return Err(Illegal(text![id, " was reviewed already, by ", by, " ", *at, ". Nothing was changed."]));
    }
    Ok(by)
}

fn note(record: &mut ChangeRecord, at: Timestamp, text: Text) {
    if record.notes.last().is_none_or(|last| last.text != text) {
        record.notes.push(Note { at, text });
    }
}

#[cfg(test)]
pub(crate) mod tests;
