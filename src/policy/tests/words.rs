//! `whoami`, `can` and `help` over the default policy.

use commands::aws::Aws;
use commands::context::{Records, Requirement};
use commands::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Freeze, Override, PlanRecord, Status, Swap,
    SwapId, Verification,
};
use commands::{Context, Error, Result};

use super::*;

/// One change on record: Sam's upgrade of orders in prod.
struct OneChange;

#[async_trait::async_trait]
impl Records for OneChange {
    async fn change(&self, id: ChangeId) -> Result<Option<ChangeRecord>> {
        let plan = PlanRecord {
            runs: commands::plan::Runs::Alone,
            offers: Vec::new(),
            gate: None,
            resource: database("prod"),
            title: String::new(),
            what: Vec::new(),
            calls: Vec::new(),
            checks: Vec::new(),
            risks: Vec::new(),
            start: None,
            patience: 0,
            digest: String::new(),
        };
        let requires = Requirement { approvals: 1, group: "dba".to_owned(), self_approval: SelfApproval::Refused };
        let at: jiff::Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let record = ChangeRecord {
            id,
            command: "rds upgrade".to_owned(),
            args: serde_json::Value::Null,
            asker: PersonId("sam".to_owned()),
            reason: None,
            place: commands::records::Place::default(),
            asked: at,
            plan,
            requires: Some(requires),
            emergency: None,
            rule: "upgrade-prod".to_owned(),
            votes: Vec::new(),
            rejected: None,
            claimed: None,
            status: Status::Scheduled { at },
            notes: Vec::new(),
            so_far: None,
            told: Vec::new(),
            reminded: Vec::new(),
            round: 1,
            prodded: 0,
            turned_away: Vec::new(),
        };
        Ok((id == ChangeId(7)).then_some(record))
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

    async fn audit(&self, _: &AuditQuery) -> Result<AuditPage> {
        Ok(AuditPage::default())
    }

    async fn entry(&self, _: u64) -> Result<Option<commands::records::Entry>> {
        Ok(None)
    }

    async fn verify(&self) -> Result<Verification> {
        Err(Error::internal("verifying", "there is no log"))
    }
}

/// What `person` reads after typing `line`.
async fn says(person: &str, line: &str) -> String {
    let (law, settings, aws) = (law(), settings(), Aws::default());
    let person = law.person(&PersonId(person.to_owned())).unwrap();
    let asked = commands::registry::parse(commands::ALL, line).unwrap();
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
        authority: &law,
        records: &OneChange,
        commands: commands::ALL,
    };
    asked.entry.answer(&asked.args, &cx).await.map_or_else(|error| error.to_string(), |message| message.plain())
}

#[tokio::test]
async fn whoami_says_what_i_may_run() {
    assert_snapshot!(says("sam", "whoami").await, @"
    Name: Sam Sato (@sam)
    Groups: sre
    E-mail: sam@example.com
    Accounts: none
    Time zone: Europe/Berlin, where it is Wed 11:00
    You may ask: access user list, access user show, access group list, access group show, access permission-set list, access permission-set show, access who, access of, access mine, access sign-out, access rows, access drift, rds list, rds show, rds targets, rds events, ecs services, ecs status, ecs deployments, ecs failing, alert list, alert show, alert mine, alert missed, oncall who, oncall list, change list, change show, change freeze list, audit search, audit show, audit verify, help, whoami, can
    You may change: access user create, access user update, access user delete, access group create, access group delete, access group add, access group remove, access grant, access revoke, access done, access extend, access onboard, access offboard, access review, access keep, access drop, rds upgrade, ecs watch, ecs rollback, ecs stop, ecs continue, alert ack, alert unack, alert resolve, alert silence, alert escalate, alert note, oncall override, oncall end-override, oncall swap, oncall accept, oncall decline, change review, change approve, change reject, change cancel, change reschedule, change sign-off, change freeze start, change freeze stop, link, unlink
    help says what each does, can me … where and after which approval.
    ");
    assert_snapshot!(says("nils", "whoami").await, @"
    Name: Nils Noe (@nils)
    Groups: none
    E-mail: nils@example.com
    Accounts: none
    Time zone: Europe/Berlin, where it is Wed 11:00
    You may ask: access user list, access user show, access group list, access group show, access permission-set list, access permission-set show, access mine, access sign-out, rds list, rds show, rds targets, rds events, ecs services, ecs status, ecs deployments, ecs failing, alert list, alert show, alert mine, alert missed, oncall who, oncall list, change list, change show, change freeze list, help, whoami, can
    You may change: access grant, access done, access extend, ecs watch, oncall swap, oncall accept, oncall decline, change review, change cancel, change reschedule, link, unlink
    help says what each does, can me … where and after which approval.
    ");
}

#[tokio::test]
async fn can_explains_by_rule_and_place() {
    assert_snapshot!(says("nils", "can @sam rds upgrade orders").await, @"
    Sam Sato may run rds upgrade on orders:
    • in dev of shop: yes, at once (rule upgrade-dev).
    • in prod of shop: yes, after 1 approval of dba (rule upgrade-prod). Dora Diaz could approve.
    ");
    assert_snapshot!(says("nils", "can dora@example.com rds upgrade orders --to 8.0.40").await, @"
    Dora Diaz may run rds upgrade on orders:
    • in prod of shop: yes, after 1 approval of dba (rule upgrade-prod). Too few people could approve that now, so it would be refused.
    • in dev of shop: No rule permits it. People in sre may run it. Ask Sam Sato or Sue Sol.
    ");
    assert_snapshot!(says("nils", "can me rds upgrade").await, @"
    Nils Noe may not run rds upgrade:
    • in dev of shop: No rule permits it. People in sre may run it. Ask Sam Sato or Sue Sol.
    • in prod of shop: No rule permits it. People in dba or sre may run it. Ask Dora Diaz or Sam Sato.
    ");
    assert_snapshot!(says("nils", "can Sue rds upgrade orders").await, @"
    Sue Sol may run rds upgrade on orders:
    • in dev of shop: yes, at once (rule upgrade-dev).
    • in prod of shop: no (rule contractors-stay-out-of-prod). People in contractors change nothing in prod. Ask somebody in sre to do it with you.
    ");
    assert_snapshot!(says("nils", "can sue rds upgrade orders").await, @"
    Sue Sol may run rds upgrade on orders:
    • in dev of shop: yes, at once (rule upgrade-dev).
    • in prod of shop: no (rule contractors-stay-out-of-prod). People in contractors change nothing in prod. Ask somebody in sre to do it with you.
    ");
    assert_snapshot!(says("nils", "can me rds list").await, @"
    Nils Noe may run rds list on all:
    • yes, at once (rule look).
    ");
    assert_snapshot!(says("nils", "can dora change approve CHG-7").await, @"
    Dora Diaz may run change approve on CHG-7:
    • yes, at once (rule vote).
    • It takes approval of dba; they are in it.
    ");
    assert_snapshot!(says("nils", "can sam change approve CHG-7").await, @"
    Sam Sato may run change approve on CHG-7:
    • yes, at once (rule vote).
    • Their own approval would not count: they asked for it.
    ");
    assert_snapshot!(says("nils", "can dora change cancel CHG-7").await, @"
    Dora Diaz may not run change cancel on CHG-7:
    • No rule permits it. People in sre may run it. Ask Sam Sato.
    ");
    assert_snapshot!(says("nils", "can dorra rds list").await, @"I don't know dorra. Did you mean @dora?");
    assert_snapshot!(says("nils", "can dora rds lost").await, @"I don't know the command rds lost. Did you mean rds list?");
}

#[tokio::test]
async fn help_shows_only_what_i_may_run() {
    assert_snapshot!(says("nils", "help").await, @"
    Here is what you can run:
    access
    /access user list — Lists the users of IAM Identity Center
    /access user show — Shows a user: their groups, what they are assigned, the last change by me
    /access group list — Lists the groups of IAM Identity Center
    /access group show — Shows a group: its members, what it is assigned, the last change by me
    /access permission-set list — Lists the permission sets of IAM Identity Center
    /access permission-set show — Shows a permission set: its policies, how long sessions last, where it is provisioned
    /access mine — Lists what you have access to yourself; with --portal as the AWS access portal shows it
    /access sign-out — Ends your sign-in to the AWS access portal, here and at AWS
    /access grant — Gives somebody access to an account, for a while or for good
    /access done — Hands access back before its time is up
    /access extend — Lets access stand longer than it was given for
    rds
    /rds list — Lists databases over all accounts and regions, with version and end of support
    /rds show — Shows everything about one database
    /rds targets — Shows what a database can be upgraded to, and what AWS recommends
    /rds events — Shows what AWS says happened to a database
    ecs
    /ecs services — Lists services over all accounts, regions and clusters, with their tasks and what deploys them
    /ecs status — Shows one service: its tasks, its deployment as a picture, and what happened lately
    /ecs deployments — Lists deployments that are under way, whichever way they are carried out
    /ecs watch — Shows the deployment of a service here too, from now to its end: the one under way, or the next one within a day
    /ecs failing — Lists services whose tasks keep dying, with what they die of and how often
    alert
    /alert list — List alerts, the worst and newest first; those that are not over unless you say otherwise
    /alert show — Show an alert: how it stands, what was done and by whom, its labels
    /alert mine — List the alerts you took or silenced, and those that were brought to you and nobody has taken
    /alert missed — List the alerts that were brought to you and that you did not take
    oncall
    /oncall who — Say who is on call now, and who comes next
    /oncall list — List who is on call in the coming days
    /oncall swap — Offer somebody to swap shifts; nothing changes until they accept
    /oncall accept — Accept a swap of shifts that you were offered
    /oncall decline — Decline a swap of shifts, or take your own offer back
    change
    /change list — List changes, the newest first
    /change show — Show a change: its exact plan, API calls and parameters, votes, steps and digest
    /change review — Open the details of a change that waits, and tell the others that you are looking at it
    /change cancel — Take a change back before it starts
    /change reschedule — Give a change another start; approvals for the old one become void
    /change freeze list — List the freezes that hold now
    general
    /help — What you can run here, and how
    /whoami — Who you are to me: your groups, your time zone and what you may run
    /can — Why somebody may or may not run something: the rule, where it holds, and who would have to approve
    /link — Make another chat account yours too, with a code that works once
    /unlink — Give up a chat account that was linked by a code
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    assert_snapshot!(says("sam", "help rds").await, @"
    rds
    /rds list — Lists databases over all accounts and regions, with version and end of support
    /rds show — Shows everything about one database
    /rds targets — Shows what a database can be upgraded to, and what AWS recommends
    /rds events — Shows what AWS says happened to a database
    /rds upgrade — Upgrades a database to another version, after a snapshot
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    assert_snapshot!(says("sam", "help rds upgrade").await, @"
    /rds upgrade — Upgrades a database to another version, after a snapshot. It changes something, so it is recorded and may need approval.
    Usage: /rds upgrade [OPTIONS] --to <VERSION> <ID>
    Arguments
    ID — The database: its name, name@account, or ARN
    --to VERSION — The version to upgrade to; rds targets shows which
    --at TIME — When to start: sat 02:00, tomorrow 3pm Asia/Taipei, in 2 hours; as soon as it may if left out
    --window — Start when the database's own maintenance window opens next
    --strategy STRATEGY — How it is done
    --class CLASS — An instance class to change to on the way, such as db.r7g.large
    --parameter-group GROUP — A parameter group for the new version; major upgrades away from a group of your own need one
    --reason WHY — Why, for the card and the audit log
    --emergency — Break the glass: at once, without approval, through freezes; reviewed later
    May you run it?
    • in dev of shop: yes, at once (rule upgrade-dev).
    • in prod of shop: yes, after 1 approval of dba (rule upgrade-prod). Dora Diaz could approve.
    ");
    assert_snapshot!(says("nils", "help rds upgrade").await, @"
    /rds upgrade — Upgrades a database to another version, after a snapshot. It changes something, so it is recorded and may need approval.
    Usage: /rds upgrade [OPTIONS] --to <VERSION> <ID>
    Arguments
    ID — The database: its name, name@account, or ARN
    --to VERSION — The version to upgrade to; rds targets shows which
    --at TIME — When to start: sat 02:00, tomorrow 3pm Asia/Taipei, in 2 hours; as soon as it may if left out
    --window — Start when the database's own maintenance window opens next
    --strategy STRATEGY — How it is done
    --class CLASS — An instance class to change to on the way, such as db.r7g.large
    --parameter-group GROUP — A parameter group for the new version; major upgrades away from a group of your own need one
    --reason WHY — Why, for the card and the audit log
    --emergency — Break the glass: at once, without approval, through freezes; reviewed later
    May you run it?
    • in dev of shop: No rule permits it. People in sre may run it. Ask Sam Sato or Sue Sol.
    • in prod of shop: No rule permits it. People in dba or sre may run it. Ask Dora Diaz or Sam Sato.
    ");
    assert_snapshot!(says("sam", "help change freeze").await, @"
    change freeze
    /change freeze start — Call a freeze: no change of the project starts until it ends; a running step finishes
    /change freeze stop — Lift a freeze before its end
    /change freeze list — List the freezes that hold now
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    assert_snapshot!(says("sam", "help change reschedule").await, @r#"
    /change reschedule — Give a change another start; approvals for the old one become void. It changes something, so it is recorded and may need approval.
    Usage: /change reschedule [OPTIONS] --at <TIME> <ID>
    Example: /change reschedule CHG-1042 --at "sat 02:00"
    Arguments
    ID — The change, such as CHG-1042
    --at TIME — The new start, such as "sat 02:00" or "tomorrow 3pm Asia/Taipei"
    --reason WHY — Why, for the card and the audit log
    May you run it?
    • yes, at once (rule any-change).
    "#);
    assert_snapshot!(says("nils", "help audit").await, @r#"
    /audit search — Search the audit log, the newest first. It only reads.
    Usage: /audit search [OPTIONS] [TEXT]...
    Arguments
    TEXT — Words that must stand in the entry, such as orders-prod
    --by PERSON — Only what this person did, such as @ana
    --on RESOURCE — Only what was done to this resource, such as orders
    --action COMMAND — Only this command, such as "rds upgrade"
    --outcome OUTCOME — Only what ended like this: succeeded, failed, denied …
    --change CHANGE — Only this change, such as CHG-1042
    --since TIME — Not before, such as 7d, yesterday or 2026-11-20
    --until TIME — Before, such as 3 hours ago or "mon 09:00"
    --page-before N — Only entries older than this number: the next page
    --csv — The newest 10,000 as a CSV file
    --share — Post the answer in the channel, for everybody
    May you run it?
    • No rule permits it. People in auditors or sre may run it. Ask Sam Sato or Sue Sol.
    "#);
    assert_snapshot!(says("nils", "help rsd").await, @"I don't know the command rsd. Did you mean help rds?");
}
