//! The program from outside: killed at any moment and started again, one process to a store, and what its command line says.

use standins::aws::{Aws, BASE_ACCESS_KEY};
use standins::slack::{Fault, NewChannel, Slack, SlackOptions, User};
use watchkeeper::clock::Clock;

use crate::program::Program;

const CONFIG: &str = r##"
listen = "127.0.0.1:0"

[channels]
default = "#ops"

[aws]
region = "eu-west-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"

[[accounts]]
id = "111122223333"
name = "shop-prod"
project = "shop"
env = "prod"

[[accounts]]
id = "444455556666"
name = "shop-dev"
project = "shop"
env = "dev"
"##;

const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre"]

[[people]]
id = "ben"
name = "Ben Chen"
email = "ben@example.com"
groups = ["dba"]

[[people]]
id = "dev"
name = "Dev Rao"
email = "dev@example.com"
groups = ["developers"]
"#;

fn program() -> Program {
    Program::new().file("watchkeeper.toml", CONFIG).file("people.toml", PEOPLE)
}

/// The program between Slack and AWS.
async fn between_stand_ins() -> (Program, Slack, Aws) {
    let options = SlackOptions { patience: std::time::Duration::from_secs(90), ..SlackOptions::default() };
    let slack = Slack::start(options).await;
    slack.add_person(User::named("ana"));
    slack.add_person(User::named("ben"));
    slack.add_channel(NewChannel::public("ops").with_members(&["ana", "ben"]));
    let now = Clock::system().now();
    let aws = Aws::start(now).await;
    aws.run_clock(now, 1.0).await;
    aws.durations(&[("snapshot", 0.0)]).await;
    aws.database("orders", "mysql", "8.0.35").await;
    let program = program()
        .variable("SLACK_API_URL", slack.api_url())
        .variable("SLACK_BOT_TOKEN", slack.bot_token())
        .variable("SLACK_APP_TOKEN", slack.app_token())
        .variable("AWS_ENDPOINT_URL", aws.url())
        .variable("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
        .variable("AWS_SECRET_ACCESS_KEY", "standin");
    (program, slack, aws)
}

#[tokio::test]
async fn a_bot_killed_again_and_again_loses_nothing_and_does_nothing_twice() {
    let (program, slack, aws) = between_stand_ins().await;
    let ops = slack.channel("ops");
    let mut log: Vec<String> = Vec::new();

    let bot = program.serve().await;
    slack.connected(1).await;
    slack.person("ana").types("ops", "/rds upgrade orders --to 8.0.40").await;
    let card = ops.expect("CHG-1 · orders: mysql 8.0.35 → 8.0.40").await;
    bot.kill().await;
    goes_on(&mut log, &program).await;

    // Cast while nobody is there to hear it.
    slack.person("ben").reacts("white_check_mark", &card).await;
    for said in ["AWS is taking the snapshot", "AWS took the request to upgrade"] {
        let bot = program.serve().await;
        ops.expect(said).await;
        bot.kill().await;
        goes_on(&mut log, &program).await;
    }

    let bot = program.serve().await;
    slack.connected(1).await;
    slack.person("ana").types("ops", "/change show CHG-1").await;
    slack.person("ana").expect("CHG-1").await;
    assert_eq!(bot.terminate().await, 0);
    goes_on(&mut log, &program).await;

    let events = |event: &str| log.iter().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count();
    for once in ["planned", "voted", "approved", "started"] {
        assert_eq!(events(once), 1, "{once} in\n{}", log.join("\n"));
    }
    let writes: Vec<String> = aws.writes().await.into_iter().map(|call| call.operation).collect();
    assert_eq!(writes, ["CreateDBSnapshot", "ModifyDBInstance"]);
    assert_eq!(aws.violations().await, Vec::<String>::new());
    assert_eq!(slack.violations(), Vec::<String>::new());
}

/// The log is whole, and begins as it did before.
async fn goes_on(log: &mut Vec<String>, program: &Program) {
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{}", verified.out);
    assert!(verified.out.starts_with("The audit log is whole."), "{}", verified.out);
    let exported = program.run(&["audit", "export", "--jsonl"]).await;
    assert_eq!(exported.code, 0, "{}", exported.err);
    let longer: Vec<String> = exported.out.lines().map(str::to_owned).collect();
    // Words keep a channel's pace, so a round may be about what was on record before it.
    assert!(!longer.is_empty(), "nothing is on record");
    assert!(longer.starts_with(log), "what was there is no longer there:\n{}\n\n{}", log.join("\n"), exported.out);
    *log = longer;
}

#[tokio::test]
async fn a_store_has_one_process() {
    let (program, slack, _aws) = between_stand_ins().await;
    let bot = program.serve().await;
    slack.connected(1).await;
    let second = program.run(&["serve"]).await;
    assert_eq!(second.code, 3);
    let last = second.err.lines().last().unwrap_or_default();
    insta::assert_snapshot!(last, @"watchkeeper: another process is using the store in data. Stop it first; two may never write one store.");
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!(verified.code, 3);
    insta::assert_snapshot!(verified.err, @"watchkeeper: the bot is using the store in data. Ask it in chat (audit search, audit verify), or stop it first.");
    let ready = program.run(&["health", "--at", &bot.address]).await;
    assert_eq!((ready.code, ready.err.as_str()), (0, ""), "{}", ready.out);
    slack.fail_all("apps.connections.open", Fault::Status(500));
    slack.open_sockets().iter().for_each(standins::slack::SocketHandle::cut);
    slack.disconnected().await;
    while program.run(&["health", "--at", &bot.address]).await.code == 0 {}
    let lives = program.run(&["health", "--live", "--at", &bot.address]).await;
    assert_eq!((lives.code, lives.out.as_str()), (0, "live\n"), "a restart would not bring Slack back");
    let log = bot.log();
    assert!(!log.contains(slack.bot_token()) && !log.contains(slack.app_token()), "a secret was logged:\n{log}");
    let address = bot.address.clone();
    assert_eq!(bot.terminate().await, 0);
    assert_eq!(program.run(&["health", "--at", &address]).await.code, 1);
}

#[tokio::test]
async fn a_log_that_is_not_there_is_no_whole_log() {
    let program = program();
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!(verified.code, 3);
    insta::assert_snapshot!(verified.err, @"watchkeeper: there is no store in data. WATCHKEEPER_DATA_DIR says where it is.");
    assert!(!program.folder().join("data").exists());
}

#[tokio::test]
async fn a_wrong_configuration_is_told_whole() {
    let config = CONFIG.replace("[channels]\ndefault", "[chanels]\ndefault").replace("id = \"4444", "id = \"44")
        + "\n[approvals]\nexpires = \"soon\"\n";
    let people = PEOPLE.replace("id = \"ben\"", "id = \"ana\"");
    let program = Program::new().file("watchkeeper.toml", &config).file("people.toml", &people);
    let checked = program.run(&["check-config"]).await;
    assert_eq!((checked.code, checked.err.as_str()), (1, ""));
    insta::assert_snapshot!(checked.out, @r#"
    error: watchkeeper.toml:4:2: chanels: There is no such key. Did you mean channels?
    error: watchkeeper.toml:18:6: accounts[1].id: Expected the account's twelve digits in quotes, found "4455556666".
    error: watchkeeper.toml:24:11: approvals.expires: Expected a duration, such as "8h", found "soon".
    error: people.toml:9:6: people[1].id: "ana" already belongs to ana.
    4 errors have to be mended.
    "#);
    let started = program.run(&["serve"]).await;
    assert_eq!(started.code, 3);
    assert!(!program.folder().join("data").exists(), "a bot that does not start touches nothing");
}

#[tokio::test]
async fn a_policy_nobody_can_meet_is_told() {
    let policy = r#"
        @id("look")
        permit (principal, action in [Action::"rds list", Action::"rds lst"], resource);
    "#;
    let program = program().variable("SLACK_BOT_TOKEN", "xoxb-1").variable("SLACK_APP_TOKEN", "xapp-1");
    let program = program.file("policy.cedar", policy);
    insta::assert_snapshot!(program.run(&["check-config"]).await.out, @r#"
    error: policy.cedar:3:59: look: Unrecognized action `Action::"rds lst"` (did you mean `Action::"rds list"`?).
    advice: watchkeeper.toml: projects.shop: shop has no channel of its own; its cards go to #ops.
    One error has to be mended.
    "#);
    let policy = r#"
        @id("upgrade")
        @approvals("2")
        @approvers("dba")
        permit (principal in Group::"sre", action == Action::"rds upgrade", resource);
        @id("vote")
        permit (principal in Group::"dba", action == Action::"change approve", resource);
    "#;
    let checked = program.file("policy.cedar", policy).run(&["check-config"]).await;
    assert_eq!(checked.code, 1);
    insta::assert_snapshot!(checked.out, @"
    error: policy.cedar:2:9: upgrade: It takes 2 of dba, but when ana asks in prod of shop, 1 could approve.
    advice: watchkeeper.toml: projects.shop: shop has no channel of its own; its cards go to #ops.
    One error has to be mended.
    ");
}

#[tokio::test]
async fn a_good_configuration_is_called_good() {
    let config = format!("{CONFIG}\n[projects.shop]\nchannel = \"#shop-ops\"\n");
    let people = PEOPLE.replace("[\"developers\"]", "[\"dba\", \"auditors\"]");
    let program = Program::new().file("watchkeeper.toml", &config).file("people.toml", &people);
    let program = program.variable("SLACK_BOT_TOKEN", "xoxb-1").variable("SLACK_APP_TOKEN", "xapp-1");
    let checked = program.run(&["check-config"]).await;
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    insta::assert_snapshot!(checked.out, @"All is well.");
}

#[tokio::test]
async fn the_policy_is_asked_without_running_anything() {
    let program = program();
    let simulate = async |arguments: &[&str]| {
        let ran = program.run(&[&["simulate"], arguments].concat()).await;
        format!("{}{}(exit code {})", ran.out, ran.err, ran.code)
    };
    insta::assert_snapshot!(simulate(&["--as", "ana", "rds upgrade orders --to 8.0.40"]).await, @"
    rds upgrade on database orders, asked by Ana Ruiz (in sre):
      in prod of shop (account 111122223333): allowed after 1 approval of dba, by the rule upgrade-prod. Who could approve: Ben Chen.
      in dev of shop (account 444455556666): allowed at once, by the rule upgrade-dev.
    (exit code 0)
    ");
    insta::assert_snapshot!(simulate(&["--as", "@dev", "--env", "prod", "rds upgrade orders --to 8.0.40"]).await, @"
    rds upgrade on database orders, asked by Dev Rao (in developers):
      in prod of shop (account 111122223333): denied. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz or Ben Chen.
    (exit code 1)
    ");
    insta::assert_snapshot!(simulate(&["--as", "ben", "--project", "media", "rds list"]).await, @"
    rds list on database all, asked by Ben Chen (in dba):
      in media: allowed at once, by the rule look.
    (exit code 0)
    ");
    insta::assert_snapshot!(simulate(&["--as", "bem", "rds list"]).await, @r#"
    watchkeeper: there is nobody with the id "bem". Did you mean ben?
    (exit code 3)
    "#);
    insta::assert_snapshot!(simulate(&["--as", "ben", "rds upgrade orders"]).await, @"
    watchkeeper: rds upgrade also needs: to.
    (exit code 3)
    ");
    insta::assert_snapshot!(simulate(&["--as", "ben", "rds upgrad orders"]).await, @"
    watchkeeper: I don't know the command rds upgrad. Did you mean rds upgrade?
    (exit code 3)
    ");
}

#[tokio::test]
async fn help_fits_the_screen() {
    let help = Program::new().run(&["--help"]).await;
    assert_eq!(help.code, 0);
    assert!(help.out.lines().all(|line| line.chars().count() <= 100), "{}", help.out);
    insta::assert_snapshot!(help.out, @"
    A ChatOps bot for SREs: every operation planned, approved, executed once and audited

    Usage: watchkeeper <COMMAND>

    Commands:
      serve         Run the bot until it is told to stop (SIGTERM, Ctrl-C)
      manifest      Print what a platform needs to know about the bot
      check-config  Say everything that is wrong with the configuration, with file, line and key
      audit         Look at the audit log of a bot that is stopped; while it runs, ask it in chat
      simulate      Say what the policy makes of a command, without running it
      docs          Print documentation made from the code
      health        Ask the bot that runs here whether it is ready
      help          Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Exit codes:
      0  done, and the answer is yes
      1  done, and the answer is no: not ready, not allowed, a broken log, a wrong configuration
      2  the command line can't be read
      3  it could not be done; the reason is on standard error

    Environment:
      WATCHKEEPER_CONFIG     the configuration [default: watchkeeper.toml, else the one compiled in]
      WATCHKEEPER_DATA_DIR   where the store keeps its files; outranks the configuration
      WATCHKEEPER_LISTEN     where HTTP is listened to, such as 0.0.0.0:8080; outranks the configuration
      WATCHKEEPER_LOG        what is logged, such as warn or info,watchkeeper=debug [default: info]
      SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET
                             Slack's secrets; config/watchkeeper.toml says which are needed when
      DISCORD_TOKEN          the token of Discord's bot
      SLACK_API_URL, DISCORD_API_URL, AWS_ENDPOINT_URL
                             other addresses; the AWS SDK reads its own variables too
    ");
}
