//! Reactions and policy → votes → approved, rejected, waiting. Pure.

use std::collections::BTreeMap;

use commands::context::{Authority, Decision, Requirement, SelfApproval};
use commands::message::Text;
use commands::records::{Cast, ChangeRecord, Outcome, Verdict, Vote};
use commands::{Person, PersonId, Resource, text};
use jiff::Timestamp;

use crate::change::Happening;
use crate::identity::Outsider;
use crate::rules::Rules;

/// A vote as it stands under the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whose it is; an account nobody could be found for.
    pub voter: Result<Person, Stranger>,
    /// Which way.
    pub verdict: Verdict,
}

/// An account whose vote never counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The account, as `slack:U123`.
    pub account: String,
    /// Why not.
    pub outsider: Outsider,
}

/// Which way an emoji votes, if it does.
pub fn verdict_of(rules: &Rules, emoji: &str) -> Option<Verdict> {
    if rules.approvals.approve.contains(emoji) {
        Some(Verdict::Approve)
    } else if rules.approvals.reject.contains(emoji) {
        Some(Verdict::Reject)
    } else {
        None
    }
}

/// Whether somebody's vote on a change counts now.
///
/// # Errors
/// Why it does not, a whole sentence.
pub fn eligible(record: &ChangeRecord, voter: &Person, authority: &dyn Authority) -> Result<(), String> {
    let Some(requirement) = &record.requires else {
        return Err(format!("{} needs no approval.", record.id));
    };
    if record.asker == voter.id && requirement.self_approval == SelfApproval::Refused {
        return Err("You asked for it yourself, so somebody else has to approve it.".to_owned());
    }
    may_approve(requirement, voter, &record.as_resource(), authority)
}

fn may_approve(requirement: &Requirement, voter: &Person, resource: &Resource, authority: &dyn Authority) -> Result<(), String> {
    if !voter.groups.contains(&requirement.group) {
        return Err(format!("This needs somebody of the group {}, which you are not in.", requirement.group));
    }
    match authority.decide(voter, "change approve", resource) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied { why, .. } => Err(why),
    }
}

/// Who could approve, the asker left out unless their own approval counts.
pub fn could_approve(requirement: &Requirement, asker: &PersonId, resource: &Resource, authority: &dyn Authority) -> Vec<Person> {
    let change = resource.as_change("", asker);
    let counts_self = requirement.self_approval == SelfApproval::Counts;
    authority
        .people()
        .into_iter()
        .filter(|person| counts_self || person.id != *asker)
        .filter(|person| may_approve(requirement, person, &change, authority).is_ok())
        .collect()
}

/// What the emoji under the card change about the votes on record: new ones, withdrawn ones, ones that do not count.
pub fn compare(record: &ChangeRecord, seen: &[Seen], authority: &dyn Authority, now: Timestamp) -> Vec<Happening> {
    let mut happenings = Vec::new();
    let mut standing: BTreeMap<PersonId, Verdict> = BTreeMap::new();
    for vote in seen {
        let refused = match &vote.voter {
            Err(stranger) => Some((stranger.account.clone(), stranger.outsider.sentence().to_owned())),
            Ok(person) => match eligible(record, person, authority) {
                Err(why) => Some((person.id.to_string(), why)),
                Ok(()) => {
                    // Somebody who left both emoji means the one that does no harm.
                    let verdict = standing.entry(person.id.clone()).or_insert(vote.verdict);
                    if vote.verdict == Verdict::Reject {
                        *verdict = Verdict::Reject;
                    }
                    None
                }
            },
        };
        if let Some((who, why)) = refused {
            let key = format!("{who} {}", if vote.verdict == Verdict::Approve { "approve" } else { "reject" });
            let known = record.turned_away.contains(&key)
                || happenings.iter().any(|seen| matches!(seen, Happening::TurnedAway { key: other, .. } if *other == key));
            if !known {
                happenings.push(Happening::TurnedAway { key, why });
            }
        }
    }
    for vote in record.votes.iter().filter(|vote| vote.cast == Cast::Reaction && !standing.contains_key(&vote.by)) {
        happenings.push(Happening::Withdrawn(vote.by.clone()));
    }
    for (by, verdict) in standing {
        let on_record = record.votes.iter().find(|vote| vote.by == by);
        // A vote cast by command stands until its owner changes it by command.
        if on_record.is_none_or(|vote| vote.cast == Cast::Reaction && vote.verdict != verdict) {
            happenings.push(Happening::Voted(Vote { by, verdict, cast: Cast::Reaction, at: now, reason: None }));
        }
    }
    happenings
}

/// What the votes on record come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Enough approvals.
    Approved,
    /// Somebody who may approve said no.
    Rejected {
        /// Who.
        by: PersonId,
        /// Why, where they said.
        reason: Option<String>,
    },
    /// Not yet.
    Waiting {
        /// How many are still missing.
        missing: u32,
    },
}

/// Counts the votes of those who may approve now.
pub fn tally(record: &ChangeRecord, authority: &dyn Authority) -> Tally {
    let Some(requirement) = &record.requires else { return Tally::Approved };
    let counts = |vote: &&Vote| authority.person(&vote.by).is_some_and(|voter| eligible(record, &voter, authority).is_ok());
    let counted: Vec<&Vote> = record.votes.iter().filter(counts).collect();
    if let Some(no) = counted.iter().find(|vote| vote.verdict == Verdict::Reject) {
        return Tally::Rejected { by: no.by.clone(), reason: no.reason.clone() };
    }
    let approvals = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    match requirement.approvals.saturating_sub(approvals) {
        0 => Tally::Approved,
        missing => Tally::Waiting { missing },
    }
}

/// What a tally does to a change that waits.
pub fn outcome(record: &ChangeRecord, tally: &Tally, now: Timestamp) -> Option<Happening> {
    match tally {
        Tally::Approved => Some(Happening::Approved { at: record.plan.start.unwrap_or(now) }),
        Tally::Rejected { by, reason } if record.plan.gate.is_some() => {
            Some(Happening::TurnedAround { by: by.clone(), reason: reason.clone() })
        }
        Tally::Rejected { by, reason } => {
            let said: Text = match reason {
                Some(reason) => text!["Rejected by ", by, ": ", reason.as_str(), ". Nothing was changed."],
                None => text!["Rejected by ", by, ". Nothing was changed."],
            };
            Some(Happening::Ended { outcome: Outcome::Rejected, said, calls: Vec::new() })
        }
        Tally::Waiting { .. } => None,
    }
}

#[cfg(test)]
mod tests;
