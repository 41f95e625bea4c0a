//! Everybody and everything in Identity Center as it was a while ago: for pickers, names and the directory. Nothing is changed
//! by it alone: `find` looks again before a change is planned.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::aws::Identity;
use super::configured;
use super::model::{Assignee, Assignment, Group, Membership, PermissionSet, Principal, PrincipalKind, User};
use crate::aws::Aws;
use crate::context::{Context, IdentityCenter};
use crate::error::Result;

/// Everybody and everything, at one time.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The users, by user name.
    pub users: Vec<User>,
    /// The groups, by name.
    pub groups: Vec<Group>,
    /// Who is in which group.
    pub memberships: Vec<Membership>,
    /// The permission sets, by name.
    pub permission_sets: Vec<PermissionSet>,
    /// When they were read.
    pub at: Timestamp,
    /// Whether it was read before the start: AWS is asked again then, however short that was.
    recalled: bool,
    places: Places,
}

/// Where in the lists something is, by id.
#[derive(Clone, Debug, Default)]
struct Places {
    users: HashMap<String, usize>,
    groups: HashMap<String, usize>,
    permission_sets: HashMap<String, usize>,
    /// The groups of each user.
    groups_of: HashMap<String, Vec<usize>>,
}

/// Reads everything anew, letting people's calls go first, and remembers it for pickers. When it fails the old one stays.
///
/// # Errors
/// What AWS said, as a sentence.
pub async fn refresh(aws: &Aws, identity: &IdentityCenter, now: Timestamp) -> Result<Arc<Roster>> {
    let _alone = aws.access().refreshing.lock().await;
    if let Some(known) = aws.access().roster().filter(|known| known.at >= now && !known.recalled) {
        return Ok(known);
    }
    let identity = Identity::background(aws, identity, now).await?;
    let read = Arc::new(read(&identity, now).await?);
    aws.access().remember(&read);
    Ok(read)
}

/// Remembers what was read before a start. What was read since stays.
pub fn recall(aws: &Aws, roster: Roster) {
    if aws.access().roster().is_none() {
        aws.access().remember(&Arc::new(Roster { recalled: true, ..roster }));
    }
}

/// The roster as it is remembered, however old; read now where there is none yet.
///
/// # Errors
/// What AWS said, as a sentence.
pub(crate) async fn known(cx: &Context<'_>) -> Result<Arc<Roster>> {
    if let Some(known) = cx.aws.access().roster() {
        return Ok(known);
    }
    configured(cx)?;
    let _alone = cx.aws.access().refreshing.lock().await;
    if let Some(known) = cx.aws.access().roster() {
        return Ok(known);
    }
    let read = Arc::new(read(&Identity::open(cx).await?, cx.now).await?);
    cx.aws.access().remember(&read);
    Ok(read)
}

/// The roster as it is remembered, read anew where it does not know somebody or something in these assignments: who is new has to
/// be told from who is gone.
///
/// # Errors
/// What AWS said, as a sentence.
pub(crate) async fn naming(assignments: &[Assignment], cx: &Context<'_>) -> Result<Arc<Roster>> {
    knowing(|roster| assignments.iter().all(|assignment| roster.knows(assignment)), cx.now, cx).await
}

/// The roster as it is remembered, read anew where it does not know `all` that is asked for and is older than `since`: whom it
/// did not know then is gone, and no other look will find them.
///
/// # Errors
/// What AWS said, as a sentence.
pub(crate) async fn knowing(all: impl Fn(&Roster) -> bool, since: Timestamp, cx: &Context<'_>) -> Result<Arc<Roster>> {
    let known = known(cx).await?;
    if all(&known) || known.at >= since && !known.recalled {
        return Ok(known);
    }
    refresh(cx.aws, configured(cx)?, cx.now).await
}

async fn read(identity: &Identity, now: Timestamp) -> Result<Roster> {
    let users = identity.users().await?;
    let groups = identity.groups().await?;
    let ids: Vec<String> = groups.iter().map(|group| group.id.clone()).collect();
    let memberships = identity.each(&ids, |group| identity.members(group)).await?.into_iter().flatten().collect();
    let permission_sets = identity.permission_sets().await?;
    Ok(Roster::of(users, groups, memberships, permission_sets, now))
}

impl Roster {
    /// A roster of these.
    pub fn of(
        mut users: Vec<User>,
        mut groups: Vec<Group>,
        memberships: Vec<Membership>,
        mut permission_sets: Vec<PermissionSet>,
        at: Timestamp,
    ) -> Self {
        users.sort_by_cached_key(|user| user.name.to_lowercase());
        groups.sort_by_cached_key(|group| group.name.to_lowercase());
        permission_sets.sort_by_cached_key(|set| set.name.to_lowercase());
        let places = Places::of(&users, &groups, &memberships, &permission_sets);
        Self { users, groups, memberships, permission_sets, at, recalled: false, places }
    }

    /// The user with this id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.get(*self.places.users.get(id)?)
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(*self.places.groups.get(id)?)
    }

    /// The permission set with this ARN.
    pub fn permission_set(&self, arn: &str) -> Option<&PermissionSet> {
        self.permission_sets.get(*self.places.permission_sets.get(arn)?)
    }

    /// The groups a user, by id, is in.
    pub fn groups_of(&self, user: &str) -> impl Iterator<Item = &Group> {
        let places = self.places.groups_of.get(user).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.groups.get(*place))
    }

    /// The users in a group, by the group's id.
    pub fn members_of(&self, group: &str) -> impl Iterator<Item = &User> {
        let here = self.memberships.iter().filter(move |membership| membership.group == group);
        here.filter_map(|membership| self.user(&membership.user))
    }

    /// Whether it has the name of all that is in this assignment.
    pub(crate) fn knows(&self, assignment: &Assignment) -> bool {
        let id = &assignment.principal.id;
        let principal = match assignment.principal.kind {
            PrincipalKind::User => self.user(id).is_some(),
            PrincipalKind::Group => self.group(id).is_some(),
        };
        principal && self.permission_set(&assignment.permission_set).is_some()
    }

    /// The name of whoever an assignment is for; its id where the roster does not know them.
    pub fn principal(&self, assignee: &Assignee) -> Principal {
        let name = match assignee.kind {
            PrincipalKind::User => self.user(&assignee.id).map(|user| &user.name),
            PrincipalKind::Group => self.group(&assignee.id).map(|group| &group.name),
        };
        Principal { kind: assignee.kind, id: assignee.id.clone(), name: name.unwrap_or(&assignee.id).clone() }
    }

    /// The name of a permission set; the end of its ARN where the roster does not know it.
    pub fn permission_set_name<'a>(&'a self, arn: &'a str) -> &'a str {
        self.permission_set(arn).map_or_else(|| arn.rsplit('/').next().unwrap_or(arn), |set| &set.name)
    }
}

impl Places {
    fn of(users: &[User], groups: &[Group], memberships: &[Membership], sets: &[PermissionSet]) -> Self {
        let mut places = Self {
            users: users.iter().enumerate().map(|(place, user)| (user.id.clone(), place)).collect(),
            groups: groups.iter().enumerate().map(|(place, group)| (group.id.clone(), place)).collect(),
            permission_sets: sets.iter().enumerate().map(|(place, set)| (set.arn.clone(), place)).collect(),
            groups_of: HashMap::new(),
        };
        for membership in memberships {
            if let Some(place) = places.groups.get(&membership.group) {
                places.groups_of.entry(membership.user.clone()).or_default().push(*place);
            }
        }
        places.groups_of.values_mut().for_each(|groups| groups.sort_unstable());
        places
    }
}
