//! What the bot keeps on record, as values: changes and votes, freezes, alerts, who stands in on call, audit entries.
//!
//! The host alone writes them (`src/change.rs` and `src/alert.rs` have the legal transitions); commands read them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::PersonId;
use crate::message::{Text, code};
use crate::text;

mod alert;
mod audit;
mod change;
mod oncall;

pub use alert::{
    AlertHead, AlertId, AlertRecord, AtSource, Condition, Deed, Did, Doer, Ends, Escalation, Gathered, Handling, Link, Origin,
    Ping, Quiet, Severity, Signal, SignalHead,
};
pub use audit::{AuditPage, AuditQuery, Entry, Fact, Verification};
pub use change::{
    Cast, ChangeId, ChangeRecord, Emergency, Note, Outcome, Place, PlanRecord, PlannedCall, Reviewed, Status, Told, Verdict, Vote,
};
pub use oncall::{Override, OverrideId, Shift, Swap, SwapAnswer, SwapId, SwapStatus};

/// A time in which no change of a project starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Its number, said as `FRZ-3`.
    pub id: u64,
    /// The project; none for all.
    pub project: Option<String>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who called it.
    pub by: PersonId,
}

impl Freeze {
    /// Whether it holds for `project` at `instant`.
    pub fn holds(&self, project: Option<&str>, instant: Timestamp) -> bool {
        let covers = self.project.as_deref().is_none_or(|frozen| Some(frozen) == project);
        covers && self.since <= instant && instant < self.until
    }

    /// The sentence for a change that would start while it holds.
    pub fn refuses(&self) -> Text {
        text![
            "A freeze holds then: ",
            code(format!("FRZ-{}", self.id)),
            " by ",
            &self.by,
            " until ",
            self.until,
            ", because: ",
            self.reason.as_str(),
            ". Nothing was changed. Choose a time after it, or ask ",
            &self.by,
            " to lift it."
        ]
    }
}

/// What a change of the bot's own records does. The commit that records it carries it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Casts the asker's vote.
    Vote {
        /// On what.
        change: ChangeId,
        /// Which way.
        verdict: Verdict,
        /// The digest of the plan that is voted on.
        plan: String,
        /// Why.
        reason: Option<String>,
    },
    /// Takes a change back before it starts.
    Cancel {
        /// Which.
        change: ChangeId,
        /// Why.
        reason: Option<String>,
    },
    /// Gives a change another start. Approvals were bound to the old one and are void.
    Reschedule {
        /// Which.
        change: ChangeId,
        /// The new start.
        at: Timestamp,
    },
    /// Tells a running change something; it is looked at at once.
    Tell {
        /// Which.
        change: ChangeId,
        /// What, in one word that the change's command knows.
        what: String,
        /// The rest of it.
        detail: serde_json::Value,
        /// In words, for its thread.
        note: Text,
    },
    /// Shows where it was asked what a watch sees of something: the thing that is shown now, or else the next one within a day.
    Follow {
        /// The watch's words.
        watch: String,
        /// Its post.
        post: String,
        /// What the thing is about.
        about: String,
    },
    /// Does something about alerts.
    Alerts {
        /// Which.
        alerts: Vec<AlertId>,
        /// What.
        deed: Deed,
    },
    /// Says who is looking at a change that waits.
    Claim {
        /// Which.
        change: ChangeId,
    },
    /// Says that the asker has reviewed an emergency.
    SignOff {
        /// Which.
        change: ChangeId,
        /// What they found.
        note: Option<String>,
    },
    /// Calls a freeze.
    Freeze {
        /// The project; none for all.
        project: Option<String>,
        /// Why.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// Lifts a freeze.
    Thaw {
        /// Which.
        id: u64,
    },
    /// Lets somebody stand in on call.
    Override {
        /// In which rotation.
        rotation: String,
        /// Who.
        who: PersonId,
        /// When.
        time: Shift,
        /// Why.
        reason: Option<String>,
    },
    /// Ends an override, or takes it back before it begins.
    EndOverride {
        /// Which.
        id: OverrideId,
    },
    /// Offers a swap of shifts to somebody.
    ProposeSwap {
        /// In which rotation.
        rotation: String,
        /// To whom.
        other: PersonId,
        /// The asker's shift.
        gives: Shift,
        /// The other one's.
        takes: Shift,
        /// Why.
        reason: Option<String>,
    },
    /// Makes a code that links an account; the one made for the same person before is void.
    MakeCode {
        /// Whose account it will be.
        person: PersonId,
        /// The code's SHA-256 in hexadecimal.
        digest: String,
        /// Until when it is good.
        until: Timestamp,
    },
    /// Takes back that a code linked an account.
    Unlink {
        /// Whose it is.
        person: PersonId,
        /// Which, as `slack:U123`.
        account: String,
    },
    /// Answers a swap of shifts.
    AnswerSwap {
        /// Which.
        id: SwapId,
        /// How.
        answer: SwapAnswer,
    },
}
