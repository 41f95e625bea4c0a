//! What a grant has to do, and where it stands: committed before each of its steps.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access::baseline;
use crate::access::model::{Assignment, Principal, PrincipalKind};
use crate::context::{Account, Context, Person, PersonId};
use crate::message::{Span, Text, bold, code};
use crate::records::ChangeId;
use crate::text;

/// What a grant has to do, settled when it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) lasts: Lasts,
    pub(crate) assignment: Assignment,
    pub(crate) principal: Principal,
    /// The e-mail address of the user, lower case, by which the chat knows them.
    pub(crate) email: Option<String>,
    pub(crate) permission_set: String,
    pub(crate) account: String,
    pub(crate) sessions: Sessions,
    /// When it started; nothing is given any more long after that.
    pub(crate) began: Timestamp,
}

/// How long what is granted lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lasts {
    /// So many minutes from the moment AWS has given it.
    Minutes(i64),
    /// Until then, in place of an earlier grant.
    Until {
        /// The end.
        end: Timestamp,
        /// The grant it extends.
        instead_of: ChangeId,
    },
    /// It has no end.
    ForGood,
    /// It is not given but taken away.
    Removed,
}

/// What becomes of sessions that are open when access ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sessions {
    /// They go on until they run out.
    #[default]
    RunOut,
    /// They are ended with it.
    End,
}

/// Why access ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// Its time is up.
    Over,
    /// Somebody handed it back.
    HandedBack(PersonId),
    /// It was extended by another grant.
    Extended,
    /// Somebody took it away.
    Taken(PersonId),
    /// It never began, though somebody else's grant counted on it or AWS may have given it unseen.
    Failed(Text),
}

/// Where a grant stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(flatten)]
    pub(crate) at: At,
    pub(crate) job: Job,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(crate) enum At {
    /// Ask AWS for the assignment.
    Assign,
    /// Wait until AWS has made it.
    Follow { request: String },
    /// Let it stand until its end.
    Hold { end: Timestamp },
    /// It stands for good: say so to those that would end it.
    Settle,
    /// Told them.
    Settled,
    /// Tell all grants of it to end.
    Sweep,
    /// Ask AWS to take it back, unless another grant needs it.
    Release { why: Why },
    /// Another grant needs it and has been told so.
    Yield { why: Why, to: ChangeId },
    /// Wait until AWS has taken it back.
    FollowEnd { why: Why, request: String },
    /// Deny the sessions that began before `since`.
    Deny { why: Why, since: Timestamp },
    /// Wait until the account knows.
    FollowDeny { why: Why, since: Timestamp, request: String },
    /// Let the denial stand until the longest session has run out.
    Denied { why: Why, until: Timestamp },
    /// Lift it.
    Lift { why: Why },
    /// Wait until the account knows.
    FollowLift { why: Why, request: String },
}

impl Lasts {
    /// How long that is from `now` on; nothing for what does not end by itself.
    pub(crate) fn length(self, now: Timestamp) -> SignedDuration {
        match self {
            Self::Minutes(minutes) => SignedDuration::from_mins(minutes),
            Self::Until { end, .. } => end.duration_since(now).max(SignedDuration::ZERO),
            Self::ForGood | Self::Removed => SignedDuration::ZERO,
        }
    }
}

impl Job {
    /// `PowerUserAccess in shop-prod`.
    pub(crate) fn what(&self) -> Text {
        text![code(&*self.permission_set), " in ", code(&*self.account)]
    }

    /// Whoever has it: the person of the chat whose user it is; while the directory knows of none, the one of that address.
    pub(crate) fn who(&self, cx: &Context<'_>) -> Span {
        let known = cx.authority.behind(&self.principal.id).filter(|id| cx.authority.person(id).is_some());
        match known.or_else(|| self.by_email(cx)) {
            Some(person) => Span::from(&person),
            None => bold(self.principal.to_string()),
        }
    }

    fn by_email(&self, cx: &Context<'_>) -> Option<PersonId> {
        let fits = |own: &String| self.email.as_ref().is_some_and(|email| own.eq_ignore_ascii_case(email));
        let person = cx.authority.people().into_iter().find(|person| person.email.as_ref().is_some_and(fits))?;
        cx.authority.origin(&person.id).center.is_none().then_some(person.id)
    }

    /// `@ana's access to shop-prod with PowerUserAccess`
    pub(crate) fn access(&self, cx: &Context<'_>) -> Text {
        text![self.who(cx), "'s "].then(self.what())
    }

    /// Whether somebody is the one it was given to.
    pub(crate) fn is_for(&self, person: &Person, cx: &Context<'_>) -> bool {
        if let Some(own) = cx.authority.origin(&person.id).center {
            return self.principal.id == own.id;
        }
        let (theirs, given) = (person.email.as_ref(), self.email.as_ref());
        theirs.is_some_and(|theirs| given.is_some_and(|given| theirs.eq_ignore_ascii_case(given)))
    }

    /// When it ends if AWS has given it at `now`; none where it has no end.
    pub(crate) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        match self.lasts {
            Lasts::Minutes(minutes) => Some(now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)),
            Lasts::Until { end, .. } => Some(end),
            Lasts::ForGood | Lasts::Removed => None,
        }
    }

    /// Whether the configuration declares that it stands.
    pub(crate) fn is_declared(&self, cx: &Context<'_>) -> bool {
        baseline::is_declared(&self.assignment, (&self.principal.name, &self.permission_set), cx)
    }

    pub(crate) fn removes(&self) -> bool {
        self.lasts == Lasts::Removed
    }
}

/// What makes access unique: two grants of the same access have the same.
pub(crate) fn resource_id(assignment: &Assignment) -> String {
    let kind = match assignment.principal.kind {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
    };
    format!("{}/{}/{kind}/{}", assignment.account, assignment.permission_set, assignment.principal.id)
}

/// `shop-prod (111122223333)`.
pub(crate) fn place(account: &Account) -> Text {
    text![code(&*account.name), format!(" ({})", account.id)]
}
