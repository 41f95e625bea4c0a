//! The `rds` commands against a stand-in for AWS that speaks its real protocol.

#![expect(clippy::disallowed_methods, reason = "steps are taken without the engine")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeSet;

use async_trait::async_trait;
use commands::aws::{Aws, AwsSettings, Keys};
use commands::context::{Account, Authority, Decision, Records, Settings};
use commands::message::Block;
use commands::plan::{Finding, Permit, Plan, Step, Work};
use commands::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Entry, Freeze, Override, Swap, SwapId,
    Verification,
};
use commands::{Context, Error, Message, Person, PersonId, Resource, Result, registry};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use standins::aws::{Aws as World, BASE_ACCESS_KEY, Call, ESTATE, Fault, Upgrade};

const EVENING: &str = "2026-11-22T20:00:00Z";

/// A person, a policy and an AWS of its own.
struct Desk {
    world: World,
    aws: Aws,
    now: Timestamp,
    person: Person,
    settings: Settings,
    authority: Policy,
}

/// Lets everything pass but one environment.
struct Policy {
    closed: Option<&'static str>,
}

impl Authority for Policy {
    fn decide(&self, _person: &Person, _action: &str, resource: &Resource) -> Decision {
        match self.closed {
            Some(closed) if resource.env.as_deref() == Some(closed) => {
                Decision::Denied { rule: Some("closed".to_owned()), why: format!("Rule closed keeps you out of {closed}.") }
            }
            _ => Decision::Allowed { rule: "all".to_owned(), requires: None },
        }
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide(person, action, resource)
    }

    fn person(&self, _id: &PersonId) -> Option<Person> {
        None
    }

    fn people(&self) -> Vec<Person> {
        Vec::new()
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

fn account(id: &str, name: &str, env: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        project: "shop".to_owned(),
        env: env.to_owned(),
        regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        roles: [("rds".to_owned(), format!("arn:aws:iam::{id}:role/watchkeeper-rds"))].into(),
    }
}

impl Desk {
    async fn open() -> Self {
        let now = EVENING.parse().unwrap();
        let world = World::start(now).await;
        let aws = Aws::connect(AwsSettings {
            region: "eu-west-1".to_owned(),
            endpoint: Some(world.url().to_owned()),
            keys: Some(Keys { id: BASE_ACCESS_KEY.to_owned(), secret: "any".to_owned() }),
        })
        .await;
        let person = Person {
            id: PersonId("ana".to_owned()),
            name: "Ana".to_owned(),
            email: None,
            groups: ["sre".to_owned()].into(),
            zone: "Asia/Taipei".to_owned(),
        };
        let accounts = vec![
            account("111122223333", "shop-prod", "prod"),
            account("444455556666", "shop-staging", "staging"),
            account("777788889999", "media", "prod"),
        ];
        let settings = Settings { accounts, prefix: "/".to_owned(), ..Settings::default() };
        Self { world, aws, now, person, settings, authority: Policy { closed: None } }
    }

    async fn tick(&mut self, until: Timestamp) {
        self.now = until;
        self.world.set_clock(until).await;
    }

    fn context(&self, action: &'static str, operation: &'static str) -> Context<'_> {
        Context {
            now: self.now,
            person: &self.person,
            operation,
            action,
            reason: None,
            starts: None,
            told: &[],
            settings: &self.settings,
            aws: &self.aws,
            authority: &self.authority,
            records: &NoRecords,
            commands: commands::ALL,
        }
    }

    fn asked(line: &str) -> registry::Asked {
        registry::parse(commands::ALL, line).unwrap_or_else(|fault| panic!("{line}: {fault:?}"))
    }

    async fn ask(&self, line: &str) -> Result<Message> {
        let asked = Self::asked(line);
        asked.entry.answer(&asked.args, &self.context(asked.entry.name(), "op-1")).await
    }

    async fn plan(&self, line: &str) -> Result<Work<Value>> {
        let asked = Self::asked(line);
        match asked.entry.plan(&asked.args, &self.context(asked.entry.name(), "op-1")).await? {
            Plan::Work(work) => Ok(*work),
            Plan::Records { .. } => panic!("an upgrade is work"),
        }
    }

    async fn step(&self, line: &str, state: Value) -> Result<Step<Value>> {
        let asked = Self::asked(line);
        let permit = Permit::issue("CHG-7", "step", self.person.id.clone());
        asked.entry.step(&asked.args, state, &permit, &self.context("rds upgrade", "CHG-7")).await
    }

    /// Runs an upgrade to its end, taking each step as often as `times` before what it says counts. What was told on the
    /// way, each thing once, and the last word.
    async fn run(&mut self, line: &str, times: usize) -> Result<Vec<String>> {
        let first = self.plan(line).await?.first;
        self.drive(line, first, times).await
    }

    async fn drive(&mut self, line: &str, first: Value, times: usize) -> Result<Vec<String>> {
        let mut state = first;
        let mut told: Vec<String> = Vec::new();
        loop {
            let mut taken = self.step(line, state.clone()).await;
            for _ in 1..times {
                taken = self.step(line, state.clone()).await;
            }
            let note = match taken {
                Ok(Step::Next { state: next, note }) => {
                    state = next;
                    note
                }
                Ok(Step::Wait { state: next, until, note }) => {
                    state = next;
                    self.tick(until).await;
                    note
                }
                Ok(Step::Progress { state: next, so_far, .. }) => {
                    state = next;
                    so_far
                }
                Ok(Step::Tell { .. } | Step::Call { .. }) => panic!("an upgrade tells other changes nothing and calls nobody"),
                Ok(Step::Done(said)) => {
                    told.push(said.plain());
                    return Ok(told);
                }
                Err(Error::Outside { say, .. }) => {
                    self.tick(self.now + SignedDuration::from_secs(30)).await;
                    say
                }
                Err(error) => return Err(error),
            };
            if told.last() != Some(&note.plain()) {
                told.push(note.plain());
            }
        }
    }

    async fn writes(&self) -> Vec<String> {
        self.world.writes().await.iter().filter(|call| call.acted).map(|call| call.operation.clone()).collect()
    }

    async fn close(self) {
        assert_eq!(self.world.violations().await, Vec::<String>::new());
    }
}

fn text(answer: Result<Message>) -> String {
    answer.unwrap_or_else(|error| panic!("{error}")).plain()
}

/// AWS's request ids are different every time.
fn without_request_ids(told: &str) -> String {
    let mut parts = told.split("request ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(')') {
        Some((id, rest)) if id.len() == 36 => format!("{text}request …){rest}"),
        _ => format!("{text}request {part}"),
    })
}

/// A plan as lines.
fn written(work: &Work<Value>) -> String {
    let mut lines = vec![work.title.clone(), format!("starts {}", work.start.map_or("at once".to_owned(), |at| at.to_string()))];
    lines.extend(work.what.iter().map(commands::Text::plain));
    lines.extend(work.calls.iter().map(|call| format!("{} {:?}", call.api, call.parameters)));
    lines.extend(work.checks.iter().map(|check| format!("{:?} {}: {}", check.finding, check.name, check.words)));
    lines.extend(work.risks.iter().map(|risk| format!("risk: {}", risk.plain())));
    lines.join("\n")
}

fn refused<T>(answer: Result<T>) -> String {
    match answer {
        Err(Error::Shown(say)) => say.plain(),
        Err(Error::Outside { say, .. }) => format!("(outside) {}", say.plain()),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("this should have been refused"),
    }
}

#[tokio::test]
async fn a_list_shows_a_page_and_turns_it() {
    let desk = Desk::open().await;
    desk.world.estate(ESTATE).await;
    let message = desk.ask("rds list").await.unwrap();
    insta::assert_snapshot!(message.plain(), @"
    27 databases, page 1 of 3
    Database           Version                    Belongs to     Account       Support
    adserver           postgres 11.22             magazine/prod  media         extended to 2027-03-31
    blog               mariadb 10.5.25            magazine/prod  media         ended 2026-02-28
    catalog            mysql 8.0.40               shop/prod      shop-prod     extended to 2029-07-31
    catalog-replica-1  mysql 8.0.40               shop/prod      shop-prod     extended to 2029-07-31
    catalog-replica-2  mysql 8.0.40               shop/prod      shop-prod     extended to 2029-07-31
    catalog-staging    mysql 8.4.9                shop/staging   shop-staging  until 2029-07-31
    checkout           aurora-mysql 3.04.3        shop/prod      shop-prod     until 2028-04-30
    comments           mariadb 10.11.10           magazine/prod  media         until 2028-02-29
    crm-staging        mysql 5.7.44-rds.20250213  crm/staging    shop-staging  extended to 2027-02-28
    inventory          postgres 13.16             shop/prod      shop-prod     extended to 2029-02-28
    ");
    let buttons: Vec<String> = message
        .blocks
        .iter()
        .filter_map(|block| if let Block::Buttons(buttons) = block { Some(buttons) } else { None })
        .flatten()
        .map(|button| format!("{} {:?}", button.run, button.answer))
        .collect();
    assert_eq!(buttons, ["rds list --page 2 InPlace"]);
    insta::assert_snapshot!(text(desk.ask("rds list --outdated --engine aurora").await), @"
    2 databases
    Database        Version                  Belongs to      Account    Support
    loyalty         aurora-mysql 2.11.5      shop/prod       shop-prod  extended to 2027-02-28
    video-metadata  aurora-postgresql 13.18  streaming/prod  media      extended to 2029-02-28
    ");
    insta::assert_snapshot!(text(desk.ask("rds list --project nothing").await), @"No database fits that. Leave an option out to see more.");
    insta::assert_snapshot!(refused(desk.ask("rds list --account shop").await), @"I look after no account called shop. The ones I know are shop-prod, shop-staging and media.");
    let Some(Block::File(file)) = desk.ask("rds list --csv").await.unwrap().blocks.pop() else { panic!("no file") };
    assert_eq!(file.content.lines().count(), 1 + 27);
    desk.close().await;
}

#[tokio::test]
async fn an_account_in_trouble_does_not_spoil_the_list() {
    let mut desk = Desk::open().await;
    desk.world.estate(ESTATE).await;
    desk.world.refuse_role("777788889999", "watchkeeper-rds").await;
    desk.world.fault(Fault::deny("rds", "DescribeDBClusters").account("444455556666")).await;
    insta::assert_snapshot!(text(desk.ask("rds list --engine aurora").await), @"
    2 databases
    Database  Version              Belongs to  Account    Support
    checkout  aurora-mysql 3.04.3  shop/prod   shop-prod  until 2028-04-30
    loyalty   aurora-mysql 2.11.5  shop/prod   shop-prod  extended to 2027-02-28
    AWS denied listing databases in shop-staging: the role arn:aws:iam::444455556666:role/watchkeeper-rds may not call rds:DescribeDBClusters. Nothing was changed. Ask whoever looks after IAM in shop-staging to allow it.
    AWS does not let me take the role arn:aws:iam::777788889999:role/watchkeeper-rds in media. Nothing was changed. Ask whoever looks after IAM there to check that the role exists and trusts me.
    ");
    desk.authority.closed = Some("prod");
    insta::assert_snapshot!(text(desk.ask("rds list --engine aurora").await), @"
    No database fits that. Leave an option out to see more.
    AWS denied listing databases in shop-staging: the role arn:aws:iam::444455556666:role/watchkeeper-rds may not call rds:DescribeDBClusters. Nothing was changed. Ask whoever looks after IAM in shop-staging to allow it.
    AWS does not let me take the role arn:aws:iam::777788889999:role/watchkeeper-rds in media. Nothing was changed. Ask whoever looks after IAM there to check that the role exists and trusts me.
    ");
    insta::assert_snapshot!(refused(desk.ask("rds show orders").await), @"Rule closed keeps you out of prod.");
    desk.world.fault(Fault::down()).await;
    insta::assert_snapshot!(refused(desk.ask("rds list").await), @"(outside) AWS gave no answer while I was listing databases in shop-prod. Nothing was changed. This usually passes within minutes.");
    desk.close().await;
}

#[tokio::test]
async fn a_database_is_shown_whole() {
    let desk = Desk::open().await;
    desk.world.estate(ESTATE).await;
    insta::assert_snapshot!(text(desk.ask("rds show orders").await), @"
    orders
    Engine: mysql 8.0.35
    State: available
    Kind: instance
    Class: db.m6g.large
    Multi-AZ: yes
    Storage: 400 GiB gp3
    Belongs to: project shop, prod
    Where: shop-prod, 111122223333, eu-west-1
    Maintenance window: sun:02:00-sun:03:00 UTC
    Backups: kept for 7 days
    Deletion protection: on
    Pending changes: none
    Parameter group: shop-mysql80 (in-sync)
    Read replicas: none
    Parameter family: mysql8.0
    Pending maintenance: system-update New Operating System update is available
    Proxies: none
    Support: standard support ended on 2026-07-31; extended support, at extra cost, until 2029-07-31. Source: AWS's table of major versions (DescribeDBMajorEngineVersions), read Sun 22 Nov 2026 20:00 UTC
    ");
    insta::assert_snapshot!(text(desk.ask("rds show checkout").await), @"
    checkout
    Engine: aurora-mysql 8.0.mysql_aurora.3.04.3
    State: available
    Kind: Aurora cluster
    Class: db.r6g.large
    Multi-AZ: yes
    Storage: aurora
    Belongs to: project shop, prod
    Where: shop-prod, 111122223333, eu-west-1
    Maintenance window: sun:02:00-sun:03:00 UTC
    Backups: kept for 7 days
    Deletion protection: on
    Pending changes: none
    Parameter group: default.aurora-mysql8.0 (in-sync)
    Read replicas: none
    Instances: checkout-1 (writer, db.r6g.large) and checkout-2 (reader, db.r6g.large)
    Parameter family: aurora-mysql8.0
    Pending maintenance: none
    Proxies: checkout-proxy
    Support: standard support until 2028-04-30; then extended support, at extra cost, until 2029-07-31. Source: AWS's table of major versions (DescribeDBMajorEngineVersions), read Sun 22 Nov 2026 20:00 UTC
    ");
    insta::assert_snapshot!(text(desk.ask("rds targets newsletter@media").await), @"
    newsletter in media (eu-west-1) runs mysql 8.0.36. It can be upgraded to:
    Version  Step   Standard support
    8.0.46   minor  ended 2026-07-31, extended until 2029-07-31  recommended
    8.0.45   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.44   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.43   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.42   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.41   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.40   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.39   minor  ended 2026-07-31, extended until 2029-07-31
    8.0.37   minor  ended 2026-07-31, extended until 2029-07-31
    8.4.9    major  until 2029-07-31
    8.4.8    major  until 2029-07-31
    8.4.7    major  until 2029-07-31
    8.4.6    major  until 2029-07-31
    8.4.5    major  until 2029-07-31
    8.4.4    major  until 2029-07-31
    8.4.3    major  until 2029-07-31
    Support dates: AWS's table of major versions (DescribeDBMajorEngineVersions).
    ");
    insta::assert_snapshot!(refused(desk.ask("rds show ordres").await), @"There is no database ordres. Did you mean orders or orders-staging?");
    insta::assert_snapshot!(refused(desk.ask("rds show checkout-1").await), @"checkout-1 is an instance of the cluster checkout, and a cluster is handled as one. Ask for checkout.");
    insta::assert_snapshot!(refused(desk.ask("rds show orders@elsewhere").await), @"I look after no account called elsewhere. The ones I know are shop-prod, shop-staging and media.");
    desk.close().await;
}

#[tokio::test]
async fn every_call_carries_the_person_and_the_operation() {
    let desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").await;
    text(desk.ask("rds show orders@shop-prod").await);
    let calls: Vec<Call> = desk.world.calls().await.into_iter().filter(|call| call.service == "rds").collect();
    assert!(calls.len() > 4);
    for call in &calls {
        assert_eq!(call.session, "ana");
        assert_eq!(call.role, "watchkeeper-rds");
        assert_eq!(call.tags["watchkeeper:operation"], "op-1");
        assert_eq!(call.tags["watchkeeper:person"], "ana");
    }
    let assumed = desk.world.calls().await.into_iter().filter(|call| call.operation == "AssumeRole").count();
    assert_eq!(assumed, 1, "one session for all regions and calls");
    desk.close().await;
}

#[tokio::test]
async fn a_plan_says_exactly_what_would_be_done() {
    let mut desk = Desk::open().await;
    desk.world.estate(ESTATE).await;
    let work = desk.plan("rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await.unwrap();
    insta::assert_snapshot!(written(&work), @r#"
    orders: mysql 8.0.35 → 8.0.40
    starts 2026-11-27T18:00:00Z
    Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    Follow it to the end, verify version and state, and report how long it was unavailable.
    rds:CreateDBSnapshot {"DBInstanceIdentifier": "orders", "DBSnapshotIdentifier": "wk-orders-8-0-40", "Tags": "watchkeeper:operation and watchkeeper:person of this change"}
    rds:ModifyDBInstance {"ApplyImmediately": "true", "DBInstanceIdentifier": "orders", "EngineVersion": "8.0.40"}
    Pass Target: 8.0.35 → 8.0.40 is a minor upgrade that AWS offers
    Pass State: available
    Pass Pending changes: none
    Pass Backups: on, kept for 7 days
    Pass Parameter group: shop-mysql80 stays
    Pass Replicas: none
    Warn Free storage: 400 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
    Warn Downtime: expect some minutes: Multi-AZ does not help, both sides are upgraded at once
    Pass Deletion protection: on
    Warn Support: 8.0.40: ended 2026-07-31, extended until 2029-07-31
    Pass Instance class: db.m6g.large stays
    risk: Connections are dropped while the engine restarts; applications must reconnect.
    risk: AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since.
    "#);
    let again = desk.plan("rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await.unwrap();
    assert_eq!(work.record().digest, again.record().digest);
    let window = desk.plan("rds upgrade orders --to 8.0.40 --window").await.unwrap();
    assert_eq!(window.start, Some("2026-11-29T02:00:00Z".parse().unwrap()));
    insta::assert_snapshot!(refused(desk.plan("rds upgrade orders --to 8.0.40 --strategy blue-green").await), @"I can't do blue/green upgrades yet, only upgrades in place. Leave --strategy out for one in place, with a snapshot first.");
    insta::assert_snapshot!(refused(desk.plan("rds upgrade checkout --to 8.0.mysql_aurora.3.08.2 --class db.r7g.large").await), @"checkout is an Aurora cluster: classes belong to its instances, not to the cluster. Leave --class out.");
    insta::assert_snapshot!(refused(desk.plan("rds upgrade orders --to 8.0.40 --at 'today 02:00'").await), @"today 02:00 was Sun 22 Nov 2026 18:00 UTC, which has passed. Give a time ahead.");
    desk.world.alter("orders", serde_json::json!({ "version": "8.0.36" })).await;
    let moved = desk.plan("rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await.unwrap();
    assert_ne!(work.record().digest, moved.record().digest);
    desk.tick(desk.now + SignedDuration::from_mins(1)).await;
    desk.close().await;
}

#[tokio::test]
async fn an_upgrade_runs_to_its_end() {
    let mut desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").multi_az().await;
    let told = desk.run("rds upgrade orders --to 8.0.40", 1).await.unwrap();
    insta::assert_snapshot!(told.join("\n"), @"
    AWS is taking the snapshot wk-orders-8-0-40.
    The snapshot wk-orders-8-0-40 is 0 % done.
    The snapshot wk-orders-8-0-40 is 25 % done.
    The snapshot wk-orders-8-0-40 is 50 % done.
    The snapshot wk-orders-8-0-40 is 75 % done.
    The snapshot wk-orders-8-0-40 is complete.
    AWS took the request to upgrade orders to 8.0.40.
    orders is available; AWS has not begun yet.
    orders is upgrading. AWS: “The engine version upgrade started”
    orders is upgrading. AWS: “DB instance shutdown”
    orders is upgrading. AWS: “DB instance restarted”
    orders is available on 8.0.40.
    orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    ");
    assert_eq!(desk.world.version("orders").await, "8.0.40");
    assert_eq!(desk.writes().await, ["CreateDBSnapshot", "ModifyDBInstance"]);
    let writes = desk.world.writes().await;
    assert!(writes.iter().all(|call| call.session == "ana" && call.tags["watchkeeper:operation"] == "CHG-7"));
    desk.close().await;
}

#[tokio::test]
async fn steps_taken_three_times_write_once() {
    let mut desk = Desk::open().await;
    desk.world.cluster("checkout", "aurora-mysql", "8.0.mysql_aurora.3.04.3").await;
    let told = desk.run("rds upgrade checkout --to 8.0.mysql_aurora.3.08.2", 3).await.unwrap();
    insta::assert_snapshot!(told.last().unwrap(), @"checkout runs aurora-mysql 8.0.mysql_aurora.3.08.2 (before: 8.0.mysql_aurora.3.04.3) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-checkout-8-0-mysql-aurora-3-08-2 is kept.");
    assert_eq!(desk.writes().await, ["CreateDBClusterSnapshot", "ModifyDBCluster"]);
    desk.close().await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_after_and_not_asked_again() {
    let mut desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").await;
    let line = "rds upgrade orders --to 8.0.40";
    let first = desk.plan(line).await.unwrap().first;
    desk.world.fault(Fault::cut_after("rds", "CreateDBSnapshot").times(1)).await;
    desk.world.fault(Fault::cut_after("rds", "ModifyDBInstance").times(1)).await;
    desk.world.fault(Fault::throttle("rds", "DescribeDBSnapshots").times(5)).await;
    let told = desk.drive(line, first, 1).await.unwrap();
    insta::assert_snapshot!(told[..4].join("\n"), @"
    AWS is throttling calls in shop-prod while I am looking at orders in shop-prod (eu-west-1). This usually passes within minutes.
    AWS gave no answer while I was taking the snapshot wk-orders-8-0-40 of orders. It is not known whether AWS acted: I look before anything is asked again. This usually passes within minutes.
    AWS is taking the snapshot wk-orders-8-0-40.
    The snapshot wk-orders-8-0-40 is 0 % done.
    ");
    assert_eq!(desk.writes().await, ["CreateDBSnapshot", "ModifyDBInstance"]);
    desk.close().await;
}

#[tokio::test]
async fn an_upgrade_that_fails_says_what_stays() {
    let mut desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").await;
    desk.world.next_upgrade("orders", Upgrade::Fails { reason: "The tablespace is too old.".to_owned() }).await;
    insta::assert_snapshot!(refused(desk.run("rds upgrade orders --to 8.0.40", 1).await), @"orders is available on 8.0.35: the upgrade to 8.0.40 did not go through. AWS says: “The DB engine version upgrade failed. The engine version upgrade rollback succeeded”. Apart from the snapshot wk-orders-8-0-40, which is kept, nothing was changed. Read the upgrade log in RDS, mend what it names, and ask again.");
    desk.world.next_upgrade("orders", Upgrade::IncompatibleParameters).await;
    insta::assert_snapshot!(refused(desk.run("rds upgrade orders --to 8.0.40", 1).await), @"orders is incompatible-parameters on 8.0.40 and does not leave that state by itself. I asked AWS for the upgrade to 8.0.40 and stop here. AWS says: “Database instance put into incompatible-parameters. Review the values of its parameters”. Mend its parameter group or give it the default one, then reboot it. The snapshot wk-orders-8-0-40-2 from before is kept.");
    desk.close().await;
}

#[tokio::test]
async fn a_major_upgrade_away_from_an_own_parameter_group_needs_another() {
    let mut desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").parameter_group("orders-80", &[("max_connections", "800")]).await;
    desk.world.parameter_group("orders-84", "mysql8.4").await;
    let failed = |work: Work<Value>| {
        let failed = work.checks.into_iter().filter(|check| check.finding == Finding::Fail);
        failed.map(|check| format!("{}: {}", check.name, check.words)).collect::<Vec<_>>().join("\n")
    };
    let without = desk.plan("rds upgrade orders --to 8.4.3").await.unwrap();
    insta::assert_snapshot!(failed(without), @"Parameter group: orders-80 is your own, with max_connections set in it, and does not fit 8.4.3. Make a group of family mysql8.4 and name it with --parameter-group");
    let line = "rds upgrade orders --to 8.4.3 --parameter-group orders-84 --class db.r6g.large";
    assert_eq!(failed(desk.plan(line).await.unwrap()), "");
    let told = desk.run(line, 2).await.unwrap();
    insta::assert_snapshot!(told.last().unwrap(), @"orders runs mysql 8.4.3 (before: 8.0.35) and is available. Its class is db.r6g.large. It took 31 min 30 s; unavailable for 14 min by AWS's events. The snapshot wk-orders-8-4-3 is kept.");
    assert_eq!(desk.world.state("orders").await.parameter_group, "orders-84");
    assert_eq!(desk.writes().await, ["CreateDBSnapshot", "ModifyDBInstance"]);
    desk.close().await;
}

#[tokio::test]
async fn a_denied_write_is_tried_again_and_a_moved_world_ends_it() {
    let mut desk = Desk::open().await;
    desk.world.cluster("reports", "postgres", "15.7").await;
    let line = "rds upgrade reports --to 15.8";
    desk.world.fault(Fault::deny("rds", "CreateDBClusterSnapshot").times(1)).await;
    desk.world.fault(Fault::error("rds", "ModifyDBCluster", "InternalFailure", 500).times(1)).await;
    let first = desk.plan(line).await.unwrap().first;
    let told = desk.drive(line, first.clone(), 1).await.unwrap();
    insta::assert_snapshot!(without_request_ids(&told.join("\n")), @"
    AWS denied taking the snapshot wk-reports-15-8 of reports: the role arn:aws:iam::111122223333:role/watchkeeper-rds may not call rds:CreateDBClusterSnapshot. It changed nothing. Ask whoever looks after IAM in shop-prod to allow it.
    AWS is taking the snapshot wk-reports-15-8.
    The snapshot wk-reports-15-8 is 0 % done.
    The snapshot wk-reports-15-8 is 25 % done.
    The snapshot wk-reports-15-8 is 50 % done.
    The snapshot wk-reports-15-8 is 75 % done.
    The snapshot wk-reports-15-8 is complete.
    AWS had a fault of its own while I was upgrading reports to 15.8 (InternalFailure, request …). It is not known whether AWS acted: I look before anything is asked again. This usually passes within minutes.
    AWS took the request to upgrade reports to 15.8.
    reports is available; AWS has not begun yet.
    reports is upgrading. AWS: “Database cluster engine version upgrade started”
    reports is upgrading. AWS: “DB instance shutdown”
    reports is upgrading. AWS: “DB instance restarted”
    reports is available on 15.8.
    reports runs postgres 15.8 (before: 15.7) and is available. It took 19 min; unavailable for 1 min 30 s by AWS's events. The snapshot wk-reports-15-8 is kept.
    ");
    assert_eq!(desk.writes().await, ["CreateDBClusterSnapshot", "ModifyDBCluster"]);
    insta::assert_snapshot!(refused(desk.plan(line).await), @"reports already runs postgres 15.8. There is nothing to do.");
    desk.world.remove("reports").await;
    insta::assert_snapshot!(refused(desk.drive(line, first, 1).await), @"reports is gone: AWS no longer knows it, so I stop here. If the snapshot wk-reports-15-8 was taken, it is kept.");
    desk.close().await;
}

#[tokio::test]
async fn a_database_that_moved_meanwhile_is_left_alone() {
    let mut desk = Desk::open().await;
    desk.world.database("orders", "mysql", "8.0.35").await;
    let line = "rds upgrade orders --to 8.0.40";
    let first = desk.plan(line).await.unwrap().first;
    desk.world.alter("orders", serde_json::json!({ "version": "8.0.36" })).await;
    insta::assert_snapshot!(refused(desk.drive(line, first, 1).await), @"orders runs 8.0.36 now, not 8.0.35 as when this was approved: somebody else upgraded it. Nothing was changed. Ask again if it should still go to 8.0.40.");
    assert!(desk.writes().await.is_empty());
    desk.close().await;
}

#[tokio::test]
async fn pickers_offer_what_fits() {
    let desk = Desk::open().await;
    desk.world.estate(ESTATE).await;
    let upgrade = Desk::asked("rds upgrade orders --to 8.0.40").entry;
    let cx = desk.context("rds upgrade", "suggest");
    let offered = |arg: &'static str, typed: &'static str, given: Value| {
        let cx = &cx;
        async move {
            let choices = upgrade.suggest(arg, typed, &given, cx).await;
            choices.into_iter().map(|choice| format!("{} | {}", choice.value, choice.label)).collect::<Vec<_>>().join("\n")
        }
    };
    insta::assert_snapshot!(offered("id", "ORDERS", Value::Null).await, @"
    orders | orders · mysql 8.0.35 · shop/prod
    orders-staging | orders-staging · mysql 8.0.42 · shop/staging
    ");
    insta::assert_snapshot!(offered("to", "8.0", serde_json::json!({ "id": "orders" })).await, @"
    8.0.46 | 8.0.46 (minor, recommended)
    8.0.45 | 8.0.45 (minor)
    8.0.44 | 8.0.44 (minor)
    8.0.43 | 8.0.43 (minor)
    8.0.42 | 8.0.42 (minor)
    8.0.41 | 8.0.41 (minor)
    8.0.40 | 8.0.40 (minor)
    8.0.39 | 8.0.39 (minor)
    8.0.37 | 8.0.37 (minor)
    8.0.36 | 8.0.36 (minor)
    ");
    let calls = desk.world.calls().await;
    assert!(calls.iter().filter(|call| call.service == "rds").all(|call| call.session == "watchkeeper"));
    desk.close().await;
}

/// The actions named in a policy.
fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let named = |action: &Value| match action {
        Value::String(one) => vec![one.clone()],
        many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
    };
    statements.iter().flat_map(|statement| named(&statement["Action"])).collect()
}

#[test]
fn the_role_may_do_what_is_called_and_no_more() {
    let sources = [include_str!("../rds/aws.rs"), include_str!("../rds/writes.rs")];
    let called = sources.iter().flat_map(|source| source.split('"')).filter(|literal| literal.starts_with("rds:"));
    let called: BTreeSet<String> = called.map(str::to_owned).collect();
    let mut allowed = actions(include_str!("../../config/iam/rds.json"));
    // AWS asks for these on the way: tags given when a snapshot is made, and tags in answers.
    assert!(allowed.remove("rds:AddTagsToResource"));
    assert!(allowed.remove("rds:ListTagsForResource"));
    assert_eq!(allowed, called);
    assert_eq!(actions(include_str!("../../config/iam/watchkeeper.json")), actions(include_str!("../../config/iam/trust.json")));
}
