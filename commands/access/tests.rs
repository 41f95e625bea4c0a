//! The way to Identity Center against a stand-in for AWS that speaks its real protocol.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use standins::aws::{Aws as World, BASE_ACCESS_KEY, Fault, IDENTITY_ACCOUNT, MANAGEMENT_ACCOUNT, PORTAL};

use super::aws::Identity;
use super::model::{Assignee, Assignment, Progress};
use super::slots::WriteKey;
use super::writes::{Asked, Creation, NewGroup, NewUser, Removal, Update, UserUpdate};
use super::{find, pick, roster};
use crate::aws::{Aws, AwsSettings, Keys};
use crate::context::{Account, Authority, Context, Decision, IdentityCenter, Person, PersonId, Records, Resource, Settings};
use crate::error::{Error, Result};
use crate::plan::Permit;
use crate::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Entry, Freeze, Override, Swap, SwapId,
    Verification,
};

mod offline;
mod portal;

const EVENING: &str = "2026-11-22T20:00:00Z";
const PROD: &str = "111122223333";

/// A person, Identity Center, and an AWS of its own.
struct Desk {
    world: World,
    aws: Aws,
    now: Timestamp,
    person: Person,
    settings: Settings,
}

struct Law;

impl Authority for Law {
    fn decide(&self, _: &Person, _: &str, _: &Resource) -> Decision {
        Decision::Allowed { rule: "all".to_owned(), requires: None }
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide(person, action, resource)
    }

    fn person(&self, id: &PersonId) -> Option<Person> {
        self.people().into_iter().find(|person| person.id == *id)
    }

    fn people(&self) -> Vec<Person> {
        vec![somebody("ana", Some("ana.silva@example.com")), somebody("zoe", Some("zoe@example.com")), somebody("kim", None)]
    }
}

struct NoRecords;

#[async_trait]
impl Records for NoRecords {
    async fn change(&self, _id: ChangeId) -> Result<Option<ChangeRecord>> {
        Ok(None)
    }
    async fn changes(&self, _limit: usize) -> Result<Vec<ChangeRecord>> {
        Ok(Vec::new())
    }
    async fn open_changes(&self) -> Result<Vec<ChangeRecord>> {
        Ok(Vec::new())
    }
    async fn freezes(&self) -> Result<Vec<Freeze>> {
        Ok(Vec::new())
    }
    async fn alert(&self, _: AlertId) -> Result<Option<AlertRecord>> {
        Ok(None)
    }

    async fn alerts(&self, _: usize) -> Result<Vec<AlertHead>> {
        Ok(Vec::new())
    }

    async fn overrides(&self) -> Result<Vec<Override>> {
        Ok(Vec::new())
    }
    async fn swap(&self, _id: SwapId) -> Result<Option<Swap>> {
        Ok(None)
    }
    async fn swaps(&self, _limit: usize) -> Result<Vec<Swap>> {
        Ok(Vec::new())
    }
    async fn audit(&self, _query: &AuditQuery) -> Result<AuditPage> {
        Ok(AuditPage::default())
    }
    async fn entry(&self, _number: u64) -> Result<Option<Entry>> {
        Ok(None)
    }
    async fn verify(&self) -> Result<Verification> {
        Ok(Verification::Whole { entries: 0, head: String::new() })
    }
}

fn somebody(id: &str, email: Option<&str>) -> Person {
    let (id, email) = (PersonId(id.to_owned()), email.map(str::to_owned));
    Person { name: id.0.clone(), id, email, groups: BTreeSet::new(), zone: "Asia/Taipei".to_owned() }
}

fn account(id: &str, name: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        project: "shop".to_owned(),
        env: "prod".to_owned(),
        regions: vec!["eu-west-1".to_owned()],
        roles: [("access".to_owned(), format!("arn:aws:iam::{id}:role/watchkeeper-access"))].into(),
    }
}

fn identity_center() -> IdentityCenter {
    IdentityCenter {
        home: account(IDENTITY_ACCOUNT, "identity"),
        management: Some(MANAGEMENT_ACCOUNT.to_owned()),
        portal: Some(PORTAL.to_owned()),
        groups: BTreeSet::new(),
        protected_users: BTreeSet::new(),
        protected_groups: BTreeSet::new(),
        administrators: None,
        profiles: std::collections::BTreeMap::new(),
        baseline: None,
        calls_per_second: 1000,
        outstanding: 2,
        refresh: SignedDuration::from_mins(5),
    }
}

#[expect(clippy::disallowed_methods, reason = "steps are taken without the engine")]
fn permit() -> Permit {
    Permit::issue("CHG-7", "grant", PersonId("ana".to_owned()))
}

impl Desk {
    async fn open() -> Self {
        let now = EVENING.parse().unwrap();
        let world = World::start(now).await;
        let keys = Some(Keys { id: BASE_ACCESS_KEY.to_owned(), secret: "any".to_owned() });
        let endpoint = Some(world.url().to_owned());
        let aws = Aws::connect(AwsSettings { region: "eu-west-1".to_owned(), endpoint, keys }).await;
        let accounts = vec![account(PROD, "shop-prod"), account(MANAGEMENT_ACCOUNT, "acme-root")];
        let settings = Settings { accounts, identity: Some(identity_center()), prefix: "/".to_owned(), ..Settings::default() };
        Self { world, aws, now, person: somebody("ana", None), settings }
    }

    async fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        self.world.set_clock(self.now).await;
    }

    fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            person: &self.person,
            operation: "CHG-7",
            action: "access grant",
            reason: None,
            starts: None,
            told: &[],
            settings: &self.settings,
            aws: &self.aws,
            authority: &Law,
            records: &NoRecords,
            commands: crate::ALL,
        }
    }

    async fn identity(&self) -> Identity {
        Identity::open(&self.context()).await.unwrap()
    }

    async fn refresh(&self) {
        roster::refresh(&self.aws, self.settings.identity.as_ref().unwrap(), self.now).await.unwrap();
    }

    async fn user(&self, typed: &str) -> String {
        match find::user(typed, &self.context(), &self.identity().await).await {
            Ok(user) => format!("= {}", user.name),
            Err(error) => shown(&error),
        }
    }
}

fn shown(error: &Error) -> String {
    match error {
        Error::Shown(say) | Error::Outside { say, .. } => say.plain(),
        Error::Internal { .. } => error.to_string(),
    }
}

#[tokio::test]
async fn whoever_is_typed_is_found_or_asked_about() {
    let desk = Desk::open().await;
    desk.world.user("ana.silva", "ana.silva@example.com").named("Ana", "Silva").await;
    desk.world.user("ben.adams", "ben.adams@example.com").named("Ben", "Adams").await;
    desk.world.user("ben.brown", "ben.brown@example.com").named("Ben", "Brown").await;
    desk.refresh().await;
    let mut said = Vec::new();
    for typed in
        ["@ana", "ana", "Ana.Silva", "ANA.SILVA@example.com", "ana silva", "ben", "ben.adam", "@zoe", "@kim", "nobody-at-all"]
    {
        said.push(format!("{typed}: {}", desk.user(typed).await));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    @ana: = ana.silva
    ana: = ana.silva
    Ana.Silva: = ana.silva
    ANA.SILVA@example.com: = ana.silva
    ana silva: = ana.silva
    ben: 2 users of IAM Identity Center could be ben: ben.adams@example.com (Ben Adams, ben.adams) and ben.brown@example.com (Ben Brown, ben.brown). Which one? Their e-mail addresses and user names tell them apart.
    ben.adam: IAM Identity Center has no user ben.adam. Did you mean ben.adams?
    @zoe: IAM Identity Center has no user for @zoe, whose e-mail address is zoe@example.com. access user list shows those there are.
    @kim: IAM Identity Center has no user kim. access user list shows those there are.
    nobody-at-all: IAM Identity Center has no user nobody-at-all. access user list shows those there are.
    ");
}

#[tokio::test]
async fn names_that_moved_since_the_roster_was_read_are_seen() {
    let desk = Desk::open().await;
    desk.world.user("ana", "ana@example.com").await;
    desk.world.group("dba").await;
    desk.refresh().await;
    desk.world.alter_user("ana", serde_json::json!({ "UserName": "ana.old" })).await;
    desk.world.user("ana", "ana2@example.com").await;
    desk.world.user("new", "new@example.com").await;
    desk.world.remove_principal("dba").await;
    let identity = desk.identity().await;
    let ana = find::user("ana", &desk.context(), &identity).await.unwrap();
    assert_eq!(ana.email.as_deref(), Some("ana2@example.com"));
    assert_eq!(desk.user("new").await, "= new");
    let gone = find::group("dba", &desk.context(), &identity).await.unwrap_err();
    insta::assert_snapshot!(shown(&gone), @"IAM Identity Center has no group dba. access group list shows those there are.");
}

#[tokio::test]
async fn the_management_account_is_out_of_a_delegated_administrators_reach() {
    let desk = Desk::open().await;
    let cx = desk.context();
    assert_eq!(find::account(PROD, &cx).unwrap().name, "shop-prod");
    find::within_reach(find::account("Shop-Prod", &cx).unwrap(), &cx).unwrap();
    let refused = find::within_reach(find::account("acme-root", &cx).unwrap(), &cx).unwrap_err();
    let unknown = find::account("shop-prd", &cx).unwrap_err();
    insta::assert_snapshot!([shown(&refused), shown(&unknown)].join("\n"), @"
    acme-root is the management account, and I work from identity, a delegated administrator: AWS lets me change nothing there. Whoever looks after the management account can do it in IAM Identity Center's console.
    I look after no account called shop-prd. Did you mean shop-prod?
    ");
}

#[tokio::test]
async fn people_and_groups_come_change_and_go() {
    let desk = Desk::open().await;
    let (identity, permit) = (desk.identity().await, permit());
    let new = NewUser {
        name: "ana".to_owned(),
        display_name: "Ana Silva".to_owned(),
        email: "ana@example.com".to_owned(),
        given: "Ana".to_owned(),
        family: "Silva".to_owned(),
    };
    let Creation::Made(ana) = identity.create_user(&permit, &new).await.unwrap() else { panic!("ana is new") };
    assert!(matches!(identity.create_user(&permit, &new).await.unwrap(), Creation::Taken(_)));
    let user = identity.user_with_email("ana@example.com").await.unwrap().unwrap();
    assert_eq!((&user.id, user.label()), (&ana, "Ana Silva (ana@example.com)".to_owned()));
    let update =
        UserUpdate { email: Some("ana.silva@example.com".to_owned()), family: Some("Sousa".to_owned()), ..UserUpdate::default() };
    assert_eq!(identity.update_user(&permit, &user, &update).await.unwrap(), Update::Done);
    let user = identity.user(&ana).await.unwrap().unwrap();
    assert_eq!((user.email.as_deref(), user.family.as_deref()), (Some("ana.silva@example.com"), Some("Sousa")));

    let dba = NewGroup { name: "dba".to_owned(), description: Some("They look after databases".to_owned()) };
    let Creation::Made(group) = identity.create_group(&permit, &dba).await.unwrap() else { panic!("dba is new") };
    let Creation::Made(membership) = identity.add_member(&permit, &group, &ana).await.unwrap() else { panic!("not in it") };
    assert!(matches!(identity.add_member(&permit, &group, &ana).await.unwrap(), Creation::Taken(_)));
    assert_eq!(identity.members(&group).await.unwrap(), identity.memberships(&ana).await.unwrap());
    assert_eq!(identity.membership(&group, &ana).await.unwrap().unwrap().id, membership);
    for expected in [Removal::Removed, Removal::AlreadyGone] {
        assert_eq!(identity.remove_member(&permit, &membership).await.unwrap(), expected);
    }
    for expected in [Removal::Removed, Removal::AlreadyGone] {
        assert_eq!(identity.delete_group(&permit, &group).await.unwrap(), expected);
        assert_eq!(identity.delete_user(&permit, &ana).await.unwrap(), expected);
    }
    assert_eq!(identity.update_user(&permit, &user, &update).await.unwrap(), Update::Gone);
    assert_eq!(identity.user_named("ana").await.unwrap(), None);
    assert!(permit.calls().iter().all(|call| call.request_id.is_some()));
}

#[tokio::test]
async fn an_assignment_is_followed_to_its_end_and_its_slot_given_back() {
    let mut desk = Desk::open().await;
    let ana = desk.world.user("ana", "ana@example.com").await;
    let set = desk.world.permission_set("ReadOnly").await;
    desk.world.assignments_take("30s").await;
    let assignment = Assignment { account: PROD.to_owned(), permission_set: set, principal: Assignee::user(ana) };
    let (permit, key) = (permit(), WriteKey::new("CHG-7", "grant"));

    let identity = desk.identity().await;
    let slot = identity.write_slot(&key).unwrap();
    let asked = identity.create_assignment(&permit, &slot, &assignment).await.unwrap();
    let Asked::Begun(Progress::InProgress { request }) = asked else { panic!("{asked:?}") };
    assert_eq!(identity.creation_of(&assignment).await.unwrap(), Some(request.clone()));
    assert!(matches!(identity.create_assignment(&permit, &slot, &assignment).await.unwrap(), Asked::Conflict(_)));
    assert!(!identity.is_assigned(&assignment).await.unwrap());
    assert_eq!(identity.creation_status(&key, &request).await.unwrap(), Progress::InProgress { request: request.clone() });
    identity.write_slot(&WriteKey::new("CHG-8", "grant")).unwrap();
    assert_eq!(identity.write_slot(&WriteKey::new("CHG-9", "grant")).unwrap_err().position, 1);

    desk.later(31).await;
    let identity = desk.identity().await;
    assert_eq!(identity.creation_status(&key, &request).await.unwrap(), Progress::Succeeded);
    identity.write_slot(&WriteKey::new("CHG-9", "grant")).unwrap();
    assert_eq!(identity.creation_of(&assignment).await.unwrap(), None);
    assert_eq!(identity.assignments_in(PROD).await.unwrap(), std::slice::from_ref(&assignment));
    assert_eq!(identity.assignments_of(&assignment.principal).await.unwrap(), std::slice::from_ref(&assignment));

    desk.world.revocation_fails("The role is in use").await;
    identity.give_back(&WriteKey::new("CHG-8", "grant"));
    let slot = identity.write_slot(&key).unwrap();
    let asked = identity.delete_assignment(&permit, &slot, &assignment).await.unwrap();
    let Asked::Begun(Progress::InProgress { request }) = asked else { panic!("{asked:?}") };
    assert_eq!(identity.deletion_of(&assignment).await.unwrap(), Some(request.clone()));
    desk.later(31).await;
    let identity = desk.identity().await;
    let failed = identity.deletion_status(&key, &request).await.unwrap();
    assert_eq!(failed, Progress::Failed { reason: "The role is in use".to_owned(), request });
    let stranger = Assignment { principal: Assignee::user("90670000-0000-0000-0000-000000000000"), ..assignment };
    let slot = identity.write_slot(&key).unwrap();
    assert_eq!(identity.delete_assignment(&permit, &slot, &stranger).await.unwrap(), Asked::AlreadyGone);
}

#[tokio::test]
async fn a_policy_counts_once_it_is_provisioned_and_not_where_a_delegated_administrator_may_not() {
    let mut desk = Desk::open().await;
    for name in ["ReadOnly", "Root"] {
        desk.world.permission_set(name).await;
    }
    desk.world.user("ana", "ana@example.com").await;
    desk.world.assigned("ana", "ReadOnly", PROD).await;
    desk.world.assigned("ana", "Root", MANAGEMENT_ACCOUNT).await;
    let (identity, permit) = (desk.identity().await, permit());
    let set = find::permission_set("readonly", &desk.context(), &identity).await.unwrap();
    find::changeable(&set, &desk.context(), &identity).await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    assert_eq!(identity.put_policy(&permit, &set, policy).await.unwrap(), Update::Done);
    assert_eq!(identity.inline_policy(&set.arn).await.unwrap().as_deref(), Some(policy));
    let asked = identity.provision_in(&permit, &set, PROD).await.unwrap();
    let Asked::Begun(Progress::InProgress { request }) = asked else { panic!("{asked:?}") };
    desk.later(60).await;
    let identity = desk.identity().await;
    assert_eq!(identity.provisioning_status(&request).await.unwrap(), Progress::Succeeded);
    assert_eq!(desk.world.provisioned_policy("ReadOnly", PROD).await.as_deref(), Some(policy));
    let details = identity.details(&set.arn).await.unwrap().unwrap();
    assert_eq!((details.accounts, details.inline.as_deref()), (vec![PROD.to_owned()], Some(policy)));
    assert_eq!(identity.delete_policy(&permit, &set).await.unwrap(), Removal::Removed);
    assert_eq!(identity.inline_policy(&set.arn).await.unwrap(), None);

    let root = find::permission_set("Root", &desk.context(), &identity).await.unwrap();
    let refused = find::changeable(&root, &desk.context(), &identity).await.unwrap_err();
    let unknown = find::permission_set("ReadOnyl", &desk.context(), &identity).await.unwrap_err();
    insta::assert_snapshot!([shown(&refused), shown(&unknown)].join("\n"), @"
    The permission set Root is in use in the management account, and I work from identity, a delegated administrator: AWS does not let me change it. Whoever looks after the management account can.
    IAM Identity Center has no permission set ReadOnyl. Did you mean ReadOnly?
    ");
}

#[tokio::test]
async fn the_roster_is_whole_and_stays_when_it_cannot_be_read_anew() {
    let mut desk = Desk::open().await;
    desk.world.directory().await;
    desk.world.pages_of(3).await;
    desk.refresh().await;
    let known = desk.aws.access().roster().unwrap();
    assert_eq!(known.users.len(), desk.world.users().await.len());
    for user in desk.world.users().await {
        let of: BTreeSet<&str> = known.groups_of(&user.id).map(|group| &*group.name).collect();
        assert_eq!(of, user.groups.iter().map(String::as_str).collect(), "{}", user.name);
    }
    let ben = pick::users("ben", &desk.context()).await;
    let ben: Vec<String> = ben.iter().map(|choice| format!("{} | {}", choice.value, choice.label)).collect();
    insta::assert_snapshot!(ben.join("\n"), @"
    ben | ben · Ben Chen · ben@example.com
    ben.chan | ben.chan · Ben Chan · ben.chan@example.com
    ");

    desk.later(300).await;
    desk.world.fault(Fault::deny("identitystore", "ListGroups")).await;
    let failed = roster::refresh(&desk.aws, desk.settings.identity.as_ref().unwrap(), desk.now).await.unwrap_err();
    assert!(matches!(failed, Error::Outside { .. }));
    assert_eq!(desk.aws.access().roster().unwrap().at, known.at);
    assert_eq!(desk.now.duration_since(known.at), SignedDuration::from_mins(5));
}
