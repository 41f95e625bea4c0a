//! What Identity Center holds: users, groups, permission sets and who is assigned what where.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A person as Identity Center knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id, which never changes.
    pub id: String,
    /// The user name, by which they sign in.
    pub name: String,
    /// The name shown: `Ana Silva`.
    pub display_name: String,
    /// The primary e-mail address, as it is written there.
    pub email: Option<String>,
    /// The given name.
    pub given: Option<String>,
    /// The family name.
    pub family: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether an outside directory put them there: who is synchronised from elsewhere is changed there.
    pub external: bool,
}

/// A group of users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The id, which never changes.
    pub id: String,
    /// Its display name, by which people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether an outside directory put it there.
    pub external: bool,
}

/// A user in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// The membership's own id.
    pub id: String,
    /// The group's id.
    pub group: String,
    /// The user's id.
    pub user: String,
}

/// A set of permissions that can be assigned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionSet {
    /// `arn:aws:sso:::permissionSet/ssoins-…/ps-…`.
    pub arn: String,
    /// Its name: `ReadOnly`.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// How long a session lasts, as ISO 8601: `PT4H`.
    pub session_duration: Option<String>,
}

/// A permission set, looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) set: PermissionSet,
    /// AWS's managed policies, by name.
    pub(crate) managed: Vec<String>,
    /// Policies of the accounts themselves, with their path: `/team/deploy`.
    pub(crate) customer: Vec<String>,
    /// The inline policy, JSON; none where there is none.
    pub(crate) inline: Option<String>,
    /// The ids of the accounts it is provisioned in.
    pub(crate) accounts: Vec<String>,
}

/// What an assignment can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// One user.
    User,
    /// All members of a group.
    Group,
}

/// Who an assignment is for, by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Assignee {
    /// Whether `id` is a user's or a group's.
    pub kind: PrincipalKind,
    /// The id, which never changes.
    pub id: String,
}

/// Who an assignment is for, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Whether it is a user or a group.
    pub kind: PrincipalKind,
    /// The id, which never changes.
    pub id: String,
    /// The user name, or the group's name.
    pub name: String,
}

/// Somebody may use a permission set in an account. At most one of these exists for the same three.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The account's id, twelve digits.
    pub(crate) account: String,
    /// The permission set's ARN.
    pub(crate) permission_set: String,
    /// Who may use it.
    pub(crate) principal: Assignee,
}

/// How far AWS is with an assignment, its removal, or the provisioning of a permission set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the status is called so by AWS")]
pub(crate) enum Progress {
    /// Not at its end yet.
    InProgress {
        /// By which its status is asked.
        request: String,
    },
    /// AWS confirmed it.
    Succeeded,
    /// AWS says it failed.
    Failed {
        /// Why, in AWS's words.
        reason: String,
        /// The request's id, for AWS's support.
        request: String,
    },
}

/// A request AWS is still at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnderWay {
    /// By which its status is asked.
    pub(crate) request: String,
    /// When it was made.
    pub(crate) at: Option<Timestamp>,
}

impl User {
    /// The user as a principal.
    pub fn principal(&self) -> Principal {
        Principal { kind: PrincipalKind::User, id: self.id.clone(), name: self.name.clone() }
    }

    /// What people recognise them by: `Ana Silva (ana@example.com)`.
    pub fn label(&self) -> String {
        let known = self.email.as_ref().unwrap_or(&self.name);
        if self.display_name.is_empty() { known.clone() } else { format!("{} ({known})", self.display_name) }
    }

    /// What stands in parentheses behind their user name: `Ana Silva, ana@example.com`.
    pub(crate) fn names(&self) -> String {
        let known = [Some(&self.display_name), self.email.as_ref()].into_iter().flatten().filter(|one| !one.is_empty());
        known.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Group {
    /// The group as a principal.
    pub fn principal(&self) -> Principal {
        Principal { kind: PrincipalKind::Group, id: self.id.clone(), name: self.name.clone() }
    }
}

impl Principal {
    /// Without the name, as AWS knows it.
    pub fn assignee(&self) -> Assignee {
        Assignee { kind: self.kind, id: self.id.clone() }
    }
}

impl Assignee {
    /// A user, by id.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: PrincipalKind::User, id: id.into() }
    }

    /// A group, by id.
    pub fn group(id: impl Into<String>) -> Self {
        Self { kind: PrincipalKind::Group, id: id.into() }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PrincipalKind::User => f.write_str(&self.name),
            PrincipalKind::Group => write!(f, "group {}", self.name),
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
        })
    }
}

impl Progress {
    /// Whether AWS is done with it, well or badly.
    pub(crate) fn ended(&self) -> bool {
        !matches!(self, Self::InProgress { .. })
    }
}
