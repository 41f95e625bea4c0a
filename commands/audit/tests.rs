//! The audit commands over a small log.

use std::sync::Mutex;

use async_trait::async_trait;
use insta::assert_snapshot;
use jiff::Timestamp;

use super::*;
use crate::aws::Aws;
use crate::context::{Account, Authority, Decision, Person, PersonId, Records, Settings};
use crate::message::{Block, Message};
use crate::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Entry, Fact, Freeze, Override, Swap, SwapId,
    Verification,
};
use crate::registry::{self, Fault};
use crate::{Result, registry::Entry as Known};

const COMMANDS: &[Known] = &[Known::query::<search::Search>(), Known::query::<show::Show>(), Known::query::<verify::Verify>()];

/// Twelve entries, and what was looked for last.
#[derive(Default)]
struct Log(Mutex<AuditQuery>);

fn entry(number: u64) -> Entry {
    let fact = Fact {
        operation: "CHG-7".to_owned(),
        event: "succeeded".to_owned(),
        person: "ana".to_owned(),
        account: Some("slack:U1".to_owned()),
        action: Some("rds upgrade".to_owned()),
        resource: Some(if number.is_multiple_of(2) { "database orders" } else { "change CHG-7" }.to_owned()),
        project: Some("shop".to_owned()),
        change: Some(ChangeId(7)),
        outcome: Some("succeeded".to_owned()),
        detail: [("rule".to_owned(), "=upgrade".into()), ("took".to_owned(), 42.into())].into(),
        ..Fact::default()
    };
    let at: Timestamp = "2026-11-25T09:00:00Z".parse().unwrap();
    Entry { number, at, fact, hash: "ab".repeat(32) }
}

#[async_trait]
impl Records for Log {
    async fn change(&self, _: ChangeId) -> Result<Option<ChangeRecord>> {
        Ok(None)
    }

    async fn changes(&self, _: usize) -> Result<Vec<ChangeRecord>> {
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

    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage> {
        if query.words.contains(&"nothing".to_owned()) {
            return Ok(AuditPage::default());
        }
        let all = (1..=12).rev().filter(|number| query.before.is_none_or(|before| *number < before));
        let entries: Vec<Entry> = all.take(query.limit).map(entry).collect();
        let more = entries.last().is_some_and(|last| last.number > 1);
        *self.0.lock().unwrap() = query.clone();
        Ok(AuditPage { entries, more })
    }

    async fn entry(&self, number: u64) -> Result<Option<Entry>> {
        Ok((number <= 12).then(|| entry(number)))
    }

    async fn verify(&self) -> Result<Verification> {
        Ok(Verification::Whole { entries: 12, head: "ab".repeat(32) })
    }
}

/// Ana may see everything, Ben the shop.
struct Law;

impl Authority for Law {
    fn decide(&self, person: &Person, _: &str, resource: &Resource) -> Decision {
        if person.id.0 == "ana" || resource.project.as_deref() == Some("shop") {
            Decision::Allowed { rule: "read-audit".to_owned(), requires: None }
        } else {
            Decision::Denied { rule: None, why: "No rule permits it.".to_owned() }
        }
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide(person, action, resource)
    }

    fn person(&self, id: &PersonId) -> Option<Person> {
        self.people().into_iter().find(|person| person.id == *id)
    }

    fn people(&self) -> Vec<Person> {
        [("ana", "Ana Alves"), ("ben", "Ben Berg"), ("carl", "Carl Cho")].map(person).into()
    }
}

fn person((id, name): (&str, &str)) -> Person {
    let groups = std::collections::BTreeSet::new();
    Person { id: PersonId(id.to_owned()), name: name.to_owned(), email: None, groups, zone: "Asia/Taipei".to_owned() }
}

fn account(project: &str) -> Account {
    Account {
        id: "111111111111".to_owned(),
        name: project.to_owned(),
        project: project.to_owned(),
        env: "prod".to_owned(),
        regions: Vec::new(),
        roles: std::collections::BTreeMap::new(),
    }
}

async fn answers(who: &str, line: &str) -> Result<Message> {
    answers_from(&Log::default(), who, line).await
}

async fn answers_from(log: &Log, who: &str, line: &str) -> Result<Message> {
    let settings = Settings { accounts: vec![account("shop"), account("bank")], prefix: "/".to_owned(), ..Settings::default() };
    let (person, aws) = (Law.person(&PersonId(who.to_owned())).unwrap(), Aws::default());
    let asked = registry::parse(COMMANDS, line).unwrap();
    let cx = Context {
        now: "2026-11-25T10:00:00Z".parse().unwrap(),
        person: &person,
        operation: "op-1",
        action: asked.entry.name(),
        reason: None,
        starts: None,
        told: &[],
        settings: &settings,
        aws: &aws,
        authority: &Law,
        records: log,
        commands: COMMANDS,
    };
    asked.entry.answer(&asked.args, &cx).await
}

async fn says(who: &str, line: &str) -> String {
    answers(who, line).await.map_or_else(|error| error.to_string(), |message| message.plain())
}

/// What was looked for.
async fn asks(who: &str, line: &str) -> String {
    let log = Log::default();
    match answers_from(&log, who, line).await {
        Ok(_) => format!("{:?}", log.0.lock().unwrap()).replace("None", "-"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_search_is_a_table_of_ten_with_the_way_on() {
    assert_snapshot!(says("ana", "audit search --page-before 12").await, @r#"
    #   when (UTC)       who  what                    on
    11  25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7
    10  25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7 database orders
    9   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7
    8   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7 database orders
    7   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7
    6   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7 database orders
    5   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7
    4   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7 database orders
    3   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7
    2   25 Nov 09:00:00  ana  rds upgrade: succeeded  CHG-7 database orders
    audit show #11 shows one entry whole.
    "#);
    let message = answers("ana", "audit search --by @ana --since 7d --page-before 12 -- it's 8.0.40").await.unwrap();
    let Some(Block::Buttons(buttons)) = message.blocks.last() else { panic!("no buttons") };
    let lines: Vec<&str> = buttons.iter().map(|button| button.run.as_str()).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    audit search '--by=@ana' '--since=7d' -- "it's" 8.0.40
    audit search '--by=@ana' '--since=7d' '--page-before=2' -- "it's" 8.0.40
    audit search '--by=@ana' '--since=7d' '--page-before=12' --csv -- "it's" 8.0.40
    "#);
    for line in lines {
        registry::parse(COMMANDS, line).unwrap();
    }
    assert_snapshot!(says("ana", "audit search nothing").await, @"No entry that you may see is like that. Words are found whole: orders finds orders-prod, ord does not.");
    assert_snapshot!(says("ana", "audit search nothing --page-before 4").await, @"There are no older entries like that.");
}

#[tokio::test]
async fn options_become_a_query_and_rights_limit_it() {
    assert_snapshot!(asks("ana", "audit search").await, @"AuditQuery { person: -, resource: -, action: -, outcome: -, change: -, words: [], since: -, until: -, projects: -, before: -, limit: 10 }");
    assert_snapshot!(asks("ben", "audit search --by me").await, @r#"AuditQuery { person: Some("ben"), resource: -, action: -, outcome: -, change: -, words: [], since: -, until: -, projects: Some(["shop"]), before: -, limit: 10 }"#);
    let all = "audit search --by 'Carl Cho' --on orders --action 'rds upgrade' --outcome denied --change chg-7 --since yesterday --until 3h some words";
    assert_snapshot!(asks("ana", all).await, @r#"AuditQuery { person: Some("carl"), resource: Some("orders"), action: Some("rds upgrade"), outcome: Some("denied"), change: Some(ChangeId(7)), words: ["some", "words"], since: Some(2026-11-23T16:00:00Z), until: Some(2026-11-25T07:00:00Z), projects: -, before: -, limit: 10 }"#);
    assert_snapshot!(asks("ana", "audit search --since today --until 3d").await, @"From Tue 24 Nov 2026 16:00 UTC until Sun 22 Nov 2026 10:00 UTC there is no time. Turn them round, or leave one out.");
}

#[tokio::test]
async fn a_file_has_every_member_and_no_formula() {
    let message = answers("ana", "audit search --csv").await.unwrap();
    let Some(Block::File(file)) = message.blocks.last() else { panic!("no file") };
    assert_eq!(file.content.lines().count(), 13);
    assert_snapshot!(file.content.lines().nth(2).unwrap(), @r#"11,2026-11-25T09:00:00Z,CHG-7,succeeded,ana,slack:U1,,rds upgrade,change CHG-7,shop,CHG-7,succeeded,"{""rule"":""=upgrade"",""took"":42}",abababababababababababababababababababababababababababababababab"#);
}

#[tokio::test]
async fn an_entry_is_shown_whole_to_those_who_may_see_it() {
    assert_snapshot!(says("ben", "audit show #2").await, @r#"
    #2 · succeeded
    When: Wed 25 Nov 2026 09:00 UTC
    Who: ana
    Account: slack:U1
    Command: rds upgrade
    On: database orders
    Project: shop
    Outcome: succeeded
    Change: CHG-7
    Operation: CHG-7
    rule: =upgrade
    took: 42
    SHA-256 abababababababababababababababababababababababababababababababab
    "#);
    assert_snapshot!(says("ana", "audit show 13").await, @"There is no entry #13 yet. audit search shows the newest ones.");
    let Err(Fault::Wrong { why, .. }) = registry::parse(COMMANDS, "audit show twelve") else { panic!("it was understood") };
    assert_snapshot!(why.plain(), @"twelve does not fit #N: “twelve” is not the number of an entry; they look like #1042.");
}

#[tokio::test]
async fn a_whole_log_is_said_to_be_whole() {
    assert_snapshot!(says("ana", "audit verify").await, @r#"
    The audit log is whole. Each of its 12 entries follows from the one before, and none is missing at the end.
    Entry #12 ends the chain with abababababababababababababababababababababababababababababababab.
    "#);
}
