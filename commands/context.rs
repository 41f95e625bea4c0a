//! What a command is given: the person, the hour, the settings, and read access to the bot's records.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Entry, Freeze, Override, Swap, SwapId, Told,
    Verification,
};
use crate::{Error, Result};

/// A person's id: short, lower case, the same on every platform, such as `ana`. From `people.toml`, or made of the user name
/// for people whom only IAM Identity Center knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A human, whichever chat account they use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The name they go by.
    pub name: String,
    /// Their e-mail address, lower case.
    pub email: Option<String>,
    /// The groups they belong to now.
    pub groups: BTreeSet<String>,
    /// Their IANA time zone, such as `Asia/Taipei`.
    pub zone: String,
}

/// The id of the bot itself, as whom it acts where no person does. Nobody else can have it.
pub const MYSELF: &str = "watchkeeper";

impl Person {
    /// The bot itself: in no group.
    pub fn myself() -> Self {
        Self::gone(&PersonId(MYSELF.to_owned()))
    }

    /// Somebody the directory no longer knows: in no group.
    pub fn gone(id: &PersonId) -> Self {
        Self { id: id.clone(), name: id.to_string(), email: None, groups: BTreeSet::new(), zone: "UTC".to_owned() }
    }
}

/// What a command acts on. Before AWS has been asked only `kind` and `name` are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// Its kind in one lower-case word: `database`, `change`, `audit`.
    pub kind: String,
    /// What people call it: `orders`.
    pub name: String,
    /// What makes it unique, an ARN where it has one. Two changes with the same id never run at once.
    pub id: String,
    /// The AWS account's id, twelve digits.
    pub account: Option<String>,
    /// The project it belongs to.
    pub project: Option<String>,
    /// The environment it belongs to, such as `prod`.
    pub env: Option<String>,
    /// Who asked for it, where it is a change.
    pub asker: Option<PersonId>,
    /// What is granted, where it is access to an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// Access to an account, as policy judges it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Access {
    /// The permission set's name.
    pub permission_set: String,
    /// How long it lasts, in minutes; none where it has no end.
    pub minutes: Option<i64>,
}

impl Resource {
    /// A resource of which only kind and name are known.
    pub fn named(kind: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: kind.to_owned(), id: name.clone(), name, ..Self::default() }
    }
}

impl Resource {
    /// A change to this resource, as a resource of its own: it belongs to the same place, and it has an asker.
    pub fn as_change(&self, name: impl Into<String>, asker: &PersonId) -> Self {
        let name = name.into();
        Self { kind: "change".to_owned(), id: name.clone(), name, asker: Some(asker.clone()), ..self.clone() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.kind, self.name).trim())
    }
}

/// What the policy says to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may run, at once or after approval.
    Allowed {
        /// The rule's `@id`.
        rule: String,
        /// The approval it takes first, for changes.
        requires: Option<Requirement>,
    },
    /// It may not.
    Denied {
        /// The `@id` of the rule that forbids it; none when no rule permits it.
        rule: Option<String>,
        /// The reason and the way forward, a whole sentence.
        why: String,
    },
}

/// The approval a rule demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// How many approvals: the quorum.
    pub approvals: u32,
    /// Of which group.
    pub group: String,
    /// Whether the asker's own approval counts.
    pub self_approval: SelfApproval,
}

/// Whether the asker's own approval counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfApproval {
    /// It does not.
    #[default]
    Refused,
    /// The rule says so.
    Counts,
}

/// Where a person's groups come from, and by which accounts they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Their groups in `people.toml`; none where they are not in it.
    pub people_toml: Option<BTreeSet<String>>,
    /// Their user in IAM Identity Center; none where there is none.
    pub center: Option<AtCenter>,
    /// Their chat accounts as far as they are known, with the groups their platforms vouch for.
    pub accounts: Vec<ChatAccount>,
}

/// A chat account of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatAccount {
    /// The platform's name in records: `slack`.
    pub platform: String,
    /// The account, as `slack:U123`.
    pub account: String,
    /// How it is known whose it is.
    pub known: Known,
    /// The groups the platform last vouched for.
    pub groups: BTreeSet<String>,
    /// When it did; none where that is not believed any more, so that they don't count until it does again.
    pub at: Option<Timestamp>,
}

/// How it is known whose a chat account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is written down in `people.toml`.
    Written,
    /// By the e-mail address its platform vouches for, or vouched for once.
    ByAddress,
    /// It was linked by a code.
    ByCode,
}

/// Somebody's user in IAM Identity Center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtCenter {
    /// The user's id, which never changes and is never given to anybody else.
    pub id: String,
    /// The user name.
    pub user: String,
    /// The groups they are in, as far as these count.
    pub groups: BTreeSet<String>,
    /// When that was last read.
    pub at: Timestamp,
}

/// Answers what somebody may do now. The policy stands behind it; it asks nobody outside.
pub trait Authority: Send + Sync {
    /// What the policy says to `person` running `action` (a command's name) on `resource`.
    fn decide(&self, person: &Person, action: &str, resource: &Resource) -> Decision;
    /// What the policy says to `person` breaking the glass for `action` on `resource`: running it at once, without approval
    /// and through freezes. Only a rule made for emergencies permits that.
    fn decide_in_emergency(&self, _person: &Person, _action: &str, _resource: &Resource) -> Decision {
        Decision::Denied { rule: None, why: "No rule lets anybody break the glass for it.".to_owned() }
    }
    /// What it says while only kind and name of the resource are known: whether there is a configured place (project,
    /// environment, account) in which `person` may run `action` on it, if need be by breaking the glass. It asks nobody
    /// outside.
    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision;
    /// What it judges a resource by: it says the same to the same person about all resources that are alike in that.
    fn likeness(&self, resource: &Resource) -> Resource {
        resource.clone()
    }
    /// The person with this id, with the groups that count now: what a platform vouched for too long ago does not.
    fn person(&self, id: &PersonId) -> Option<Person>;
    /// Everybody the directory knows, with the groups they were last known to be in: for saying who could do something,
    /// never for deciding whether they may.
    fn people(&self) -> Vec<Person>;
    /// Whether the directory knows everybody there is. While it does not, somebody unknown may only not be read yet, and
    /// nothing is refused or voided for want of them.
    fn is_complete(&self) -> bool {
        true
    }
    /// Where a person's groups come from, and by which accounts they are known.
    fn origin(&self, _id: &PersonId) -> Origin {
        Origin::default()
    }
    /// Whose user in IAM Identity Center this is, by its id; none where it was not read yet.
    fn behind(&self, _user: &str) -> Option<PersonId> {
        None
    }
}

/// Read access to what the bot has on record. Only commits change records.
#[async_trait]
pub trait Records: Send + Sync {
    /// One change.
    async fn change(&self, id: ChangeId) -> Result<Option<ChangeRecord>>;
    /// The newest changes, newest first, at most `limit`.
    async fn changes(&self, limit: usize) -> Result<Vec<ChangeRecord>>;
    /// All changes that are open, oldest first: those that have not ended, and emergencies nobody has reviewed.
    async fn open_changes(&self) -> Result<Vec<ChangeRecord>>;
    /// All freezes that have not been lifted, ended ones included until they are pruned.
    async fn freezes(&self) -> Result<Vec<Freeze>>;
    /// One alert.
    async fn alert(&self, id: AlertId) -> Result<Option<AlertRecord>>;
    /// What lists say of the newest alerts, newest first, at most `limit`.
    async fn alerts(&self, limit: usize) -> Result<Vec<AlertHead>>;
    /// Everybody who stands in on call, newest first; those whose time is over too until they are pruned.
    async fn overrides(&self) -> Result<Vec<Override>>;
    /// One swap of shifts.
    async fn swap(&self, id: SwapId) -> Result<Option<Swap>>;
    /// The newest swaps of shifts, newest first, at most `limit`.
    async fn swaps(&self, limit: usize) -> Result<Vec<Swap>>;
    /// A page of the audit log, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage>;
    /// One audit entry by its number.
    async fn entry(&self, number: u64) -> Result<Option<Entry>>;
    /// Walks the whole hash chain.
    async fn verify(&self) -> Result<Verification>;
}

/// One AWS account the bot looks after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The project its resources belong to unless their `project` tag says otherwise.
    pub project: String,
    /// The environment its resources belong to unless their `env` tag says otherwise.
    pub env: String,
    /// The regions to look at.
    pub regions: Vec<String>,
    /// The role ARN to assume for each capability (`rds`).
    pub roles: BTreeMap<String, String>,
}

/// IAM Identity Center, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCenter {
    /// The account it is managed from, the management account or a delegated administrator, with the role for `access`
    /// and Identity Center's own region.
    pub home: Account,
    /// The management account's id, where the bot works from a delegated administrator: from there nothing can be
    /// assigned in it.
    pub management: Option<String>,
    /// Where people sign in, such as `https://acme.awsapps.com/start`.
    pub portal: Option<String>,
    /// The groups of Identity Center that count as groups in policies and approver rules. Others do not: whoever may make
    /// a group must not make themselves an approver by its name.
    pub groups: BTreeSet<String>,
    /// User names that no command may delete or offboard.
    pub protected_users: BTreeSet<String>,
    /// Groups that no command may delete or empty. Those of `groups` are protected too.
    pub protected_groups: BTreeSet<String>,
    /// The group whose last member can't be removed: the bot's administrators.
    pub administrators: Option<String>,
    /// What a new person gets by `--profile`: group names by profile.
    pub profiles: BTreeMap<String, Vec<String>>,
    /// The assignments that stand, as declared; `access drift` reports all others the bot did not make. None where nothing
    /// is declared.
    pub baseline: Option<Vec<Declared>>,
    /// Calls a second, all of them together (AWS's limit is 20).
    pub calls_per_second: u32,
    /// Assignment writes that may be under way at AWS at once (AWS's limit is 10).
    pub outstanding: usize,
    /// How often people, groups and permission sets are read anew.
    pub refresh: SignedDuration,
}

/// An assignment that is declared to stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// Whom it is for.
    pub principal: Holder,
    /// The permission set's name.
    pub permission_set: String,
    /// The account's id, twelve digits.
    pub account: String,
}

/// Who holds an assignment, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A user, by user name.
    User(String),
    /// A group, by display name.
    Group(String),
}

/// A queue through which EventBridge says what happens in the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventQueue {
    /// Its address, such as `https://sqs.eu-west-1.amazonaws.com/111122223333/watchkeeper`.
    pub url: String,
    /// The account it is in, with the role that reads it and its region.
    pub home: Account,
    /// The services whose events become alerts: `cloudwatch`, `ecs` … None where events only make the bot look.
    pub alerts: Vec<String>,
}

impl EventQueue {
    /// Its region.
    pub fn region(&self) -> &str {
        self.home.regions.first().map(String::as_str).unwrap_or_default()
    }
}

/// How deployments are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Following {
    /// How often each account and region is looked at while nothing is deployed there; events make it sooner.
    pub every: SignedDuration,
    /// How many of a service's tasks have to die…
    pub deaths: usize,
    /// …within how long, for it to be told loudly.
    pub within: SignedDuration,
}

impl Default for Following {
    fn default() -> Self {
        Self { every: SignedDuration::from_mins(1), deaths: 5, within: SignedDuration::from_mins(10) }
    }
}

/// How alerts are handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerting {
    /// How long somebody has an alert they took, unless they say otherwise.
    pub acknowledged: SignedDuration,
    /// How long a silence lasts, unless whoever calls it says otherwise.
    pub silenced: SignedDuration,
    /// How soon something has to be wrong again to be the same alert.
    pub flapping: SignedDuration,
    /// How long a source has to agree that it is over, once a person has said so.
    pub settle: SignedDuration,
    /// How many alerts a minute have a card of their own in a channel; as many critical ones besides.
    pub storm: usize,
}

impl Default for Alerting {
    fn default() -> Self {
        Self {
            acknowledged: SignedDuration::from_hours(4),
            silenced: SignedDuration::from_hours(1),
            flapping: SignedDuration::from_mins(30),
            settle: SignedDuration::from_mins(10),
            storm: 10,
        }
    }
}

/// The settings commands may see.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Settings {
    /// The AWS accounts, in the configuration's order.
    pub accounts: Vec<Account>,
    /// IAM Identity Center; none where it is not configured.
    pub identity: Option<IdentityCenter>,
    /// The queues through which AWS says what happens.
    pub events: Vec<EventQueue>,
    /// How deployments are followed; none where they are not.
    pub following: Option<Following>,
    /// How alerts are handled.
    pub alerting: Alerting,
    /// Who answers for what: rotations, escalation policies, routes.
    pub oncall: crate::oncall::OnCall,
    /// The platform's command prefix people type, such as `/` or `/wk-`; for hints in sentences.
    pub prefix: String,
}

/// What a command is given to answer, plan or step with.
pub struct Context<'a> {
    /// The current instant.
    pub now: Timestamp,
    /// Who asked. In a step: who asked for the change.
    pub person: &'a Person,
    /// The operation's id, which tags the role session: `op-…` for an answer or a plan, `CHG-…` for a step.
    pub operation: &'a str,
    /// The command's own name, which is its policy action.
    pub action: &'static str,
    /// Why, in the asker's words, where they said.
    pub reason: Option<&'a str>,
    /// The start an approved change was given; `None` while it is first planned.
    pub starts: Option<Timestamp>,
    /// In a step: what the change was told while it ran, oldest first.
    pub told: &'a [Told],
    /// The settings.
    pub settings: &'a Settings,
    /// AWS, through assumed roles.
    pub aws: &'a Aws,
    /// The policy.
    pub authority: &'a dyn Authority,
    /// The bot's records, to read.
    pub records: &'a dyn Records,
    /// Every command there is.
    pub commands: &'a [crate::registry::Entry],
}

impl Context<'_> {
    /// Whether the asker may run this very command on `resource`: lists leave out what it denies.
    pub fn may(&self, resource: &Resource) -> bool {
        matches!(self.authority.decide(self.person, self.action, resource), Decision::Allowed { .. })
    }

    /// Those of `all` on which the asker may run this very command. The policy is asked once about all it can't tell apart.
    pub fn allowed<T>(&self, all: impl IntoIterator<Item = T>, resource: impl Fn(&T) -> Resource) -> Vec<T> {
        let mut known = HashMap::new();
        let mut may = |one: &T| {
            let resource = resource(one);
            *known.entry(self.authority.likeness(&resource)).or_insert_with(|| self.may(&resource))
        };
        all.into_iter().filter(|one| may(one)).collect()
    }
}

/// Refuses what the policy denies once it is known what is meant.
pub(crate) fn check(resource: &Resource, cx: &Context<'_>) -> Result<()> {
    match cx.authority.decide(cx.person, cx.action, resource) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied { why, .. } => Err(Error::shown(why)),
    }
}
