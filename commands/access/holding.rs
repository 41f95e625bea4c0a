//! Who has what, as rows: one for each person, account and permission set, with the way it came.

use jiff::Timestamp;

use super::aws::Identity;
use super::baseline::is_declared;
use super::given::{Given, History, giver};
use super::model::{Assignment, Group, Membership, PermissionSet, PrincipalKind, User};
use super::roster::{self, Roster};
use super::words::account_name;
use crate::context::Context;
use crate::error::Result;

/// Somebody's access to an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holding {
    /// The account, as people call it.
    pub(super) account: String,
    /// The permission set's name.
    pub(super) permission_set: String,
    /// The user's name; of a group without members the group's.
    pub(super) who: String,
    /// `directly`, or the group it comes through.
    pub(super) through: String,
    /// Until when; none for good, or for as long as nobody takes it away.
    pub(super) until: Option<Timestamp>,
    /// By which change.
    pub(super) by: String,
    /// The account's id.
    pub(super) account_id: String,
}

/// What assignments and memberships are called, looked up in AWS where the roster is too old, and by which changes they stand.
pub(super) struct Names<'a> {
    roster: std::sync::Arc<Roster>,
    newer_users: Vec<User>,
    newer_groups: Vec<Group>,
    newer_sets: Vec<PermissionSet>,
    pub(super) history: History,
    cx: &'a Context<'a>,
}

impl<'a> Names<'a> {
    /// The names that these assignments and memberships need.
    pub(super) async fn of(
        assignments: &[Assignment],
        memberships: &[Membership],
        identity: &Identity,
        cx: &'a Context<'a>,
    ) -> Result<Self> {
        let roster = roster::known(cx).await?;
        let ids = |kind: PrincipalKind| {
            assignments.iter().map(|one| &one.principal).filter(move |one| one.kind == kind).map(|one| one.id.clone())
        };
        let users = ids(PrincipalKind::User).chain(memberships.iter().map(|one| one.user.clone()));
        let users = unique(users.filter(|id| roster.user(id).is_none()));
        let groups = ids(PrincipalKind::Group).chain(memberships.iter().map(|one| one.group.clone()));
        let groups = unique(groups.filter(|id| roster.group(id).is_none()));
        let sets = assignments.iter().map(|one| one.permission_set.clone());
        let sets = unique(sets.filter(|arn| roster.permission_set(arn).is_none()));
        let newer_users = identity.each(&users, |id| identity.user(id)).await?.into_iter().flatten().collect();
        let newer_groups = identity.each(&groups, |id| identity.group(id)).await?.into_iter().flatten().collect();
        let newer_sets = identity.each(&sets, |arn| identity.permission_set(arn)).await?.into_iter().flatten().collect();
        let history = History::read(cx).await?;
        Ok(Self { roster, newer_users, newer_groups, newer_sets, history, cx })
    }

    /// What an assignment gives to one of those it is for.
    pub(super) fn holding(&self, assignment: &Assignment, who: String, through: &str) -> Holding {
        let principal = match assignment.principal.kind {
            PrincipalKind::User => self.user(&assignment.principal.id),
            PrincipalKind::Group => self.group(&assignment.principal.id),
        };
        let given: Option<Given> = self.history.given(assignment, &principal);
        let permission_set = self.permission_set(&assignment.permission_set);
        let declared = is_declared(assignment, (&principal, &permission_set), self.cx);
        Holding {
            account: account_name(&assignment.account, self.cx).to_owned(),
            permission_set,
            who,
            through: through.to_owned(),
            until: given.as_ref().and_then(|given| given.until),
            by: giver(given.as_ref(), declared),
            account_id: assignment.account.clone(),
        }
    }

    /// The user's name; who was deleted has none, and AWS leaves their assignments behind.
    pub(super) fn user(&self, id: &str) -> String {
        let newer = || self.newer_users.iter().find(|user| user.id == id);
        let user = self.roster.user(id).or_else(newer);
        user.map_or_else(|| format!("(deleted user {id})"), |user| user.name.clone())
    }

    /// The group's name, likewise.
    pub(super) fn group(&self, id: &str) -> String {
        let newer = || self.newer_groups.iter().find(|group| group.id == id);
        let group = self.roster.group(id).or_else(newer);
        group.map_or_else(|| format!("(deleted group {id})"), |group| group.name.clone())
    }

    /// Assignments in words: `ReadOnlyAccess in shop-prod`.
    pub(super) fn of_all(&self, assignments: &[Assignment]) -> Vec<String> {
        let words =
            |one: &Assignment| format!("{} in {}", self.permission_set(&one.permission_set), account_name(&one.account, self.cx));
        assignments.iter().map(words).collect()
    }

    fn permission_set(&self, arn: &str) -> String {
        let newer = || self.newer_sets.iter().find(|set| set.arn == arn);
        let set = self.roster.permission_set(arn).or_else(newer);
        set.map_or_else(|| self.roster.permission_set_name(arn).to_owned(), |set| set.name.clone())
    }
}

fn unique(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids.dedup();
    ids
}

/// An end in a cell: `Wed 25 Nov 14:00 UTC`; nothing where there is none.
pub(super) fn end(until: Option<Timestamp>) -> String {
    until.map(|until| until.strftime("%a %-d %b %H:%M").to_string()).unwrap_or_default()
}
