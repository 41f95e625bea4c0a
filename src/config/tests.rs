use commands::context::Following;
use insta::assert_snapshot;

use super::*;

/// A folder with these files, and what loading its `watchkeeper.toml` gives. Paths in messages lose the folder.
pub(super) fn load(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let file = folder.path().join("watchkeeper.toml").display().to_string();
    let variables = variables.iter().copied().chain([("WATCHKEEPER_CONFIG", file.as_str())]);
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Config::load(&environment).map_err(|errors| errors.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

pub(super) fn findings(files: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
    let config = load(files, variables).unwrap();
    let folder = config.file.as_ref().and_then(|file| file.parent()).unwrap().display().to_string();
    let findings: Vec<_> = config.check(commands::ALL).iter().map(ToString::to_string).collect();
    findings.join("\n").replace(&format!("{folder}/"), "")
}

#[test]
fn the_commented_default_says_what_the_defaults_are() {
    let written = load(&[("watchkeeper.toml", DEFAULT_TOML)], &[]).unwrap();
    let empty = load(&[("watchkeeper.toml", "")], &[]).unwrap();
    let shown = |config: &Config| {
        let Config { listen, channels, approvals, remind_before_start, settings, people, policy, slack, .. } = config;
        format!("{listen:?} {channels:?} {approvals:?} {remind_before_start:?} {settings:?} {people:?} {policy:?} {slack:?}")
    };
    assert_eq!(shown(&written), shown(&empty));
}

#[test]
fn the_commented_examples_are_valid() {
    let uncommented = |text: &str| {
        let example = |line: &str| {
            let code = line.strip_prefix("# ").filter(|code| code.starts_with('[') || code.contains(" = "));
            code.unwrap_or(if line.starts_with('#') { "" } else { line }).to_owned()
        };
        text.lines().map(example).collect::<Vec<_>>().join("\n")
    };
    let (toml, people, baseline) = (uncommented(DEFAULT_TOML), uncommented(DEFAULT_PEOPLE), uncommented(DEFAULT_BASELINE));
    // The example of people.toml is ana alone.
    let people = format!("{people}\n[[people]]\nid = \"ben\"\nname = \"Ben\"");
    let oncall = uncommented(DEFAULT_ONCALL);
    let files = [("watchkeeper.toml", toml.as_str()), ("people.toml", &people), ("policy.cedar", DEFAULT_POLICY)];
    let pem = include_str!("../../tests/data/sns/root.pem");
    let secrets = ["ALERTMANAGER_SECRET", "ALERTMANAGER_TOKEN", "GRAFANA_SECRET", "CHECKS_SECRET", "TICKETS_SECRET"]
        .map(|name| (name, "s"));
    let more = [("oncall.toml", oncall.as_str()), ("access-baseline.toml", &baseline), ("roots.pem", pem)];
    let config = load(&[&files[..], &more].concat(), &secrets).unwrap();
    let center = config.settings.identity.unwrap();
    assert_eq!(center.baseline.map(|declared| declared.len()), Some(3));
    assert_eq!(center.profiles["developer"], ["developers", "readers"]);
    assert_eq!(config.settings.accounts[0].roles["rds"], "arn:aws:iam::123456789012:role/watchkeeper-rds");
    assert_eq!(config.people[0].accounts.len(), 2);
    let on_call = &config.settings.oncall;
    assert_eq!((on_call.rotations.len(), on_call.policies[0].steps.len(), on_call.routes.len()), (1, 2, 1));
    assert_eq!(config.settings.following, Some(Following::default()), "the examples are the defaults");
    assert_eq!(config.settings.events[0].home.roles["events"], "arn:aws:iam::123456789012:role/watchkeeper-events");
    let kinds: Vec<String> = config.sources.iter().map(|source| source.kind.to_string()).collect();
    assert_eq!(kinds, ["alertmanager", "grafana", "sns", "json"]);
}

#[test]
fn everything_wrong_is_told_at_once_with_line_column_and_key() {
    let toml = r##"
data_dri = "here"
listen = "localhost"
[slack]
prefx = "/wk-"
connections = 20
transport = "pigeon"
[channels]
default = "ops"
[projects.shop]
[aws]
role = "watchkeeper"
[[accounts]]
id = 123456789012
name = "shop-prod"
env = "prod"
colour = "green"
regions = []
[[accounts]]
id = "123456789012"
name = "a"
project = "b"
env = "c"
regions = ["eu-central-1"]
roles = { rds = "x", ecs = 1, esc = "arn:aws:iam::123456789012:role/watchkeeper-ecs" }
[[accounts]]
id = "123456789012"
name = "a"
project = "b"
env = "c"
[approvals]
approve = ["x"]
expires = "8 parsecs"
remind = ["30m", 60]
[changes]
remind = "24h"
"##;
    assert_snapshot!(load(&[("watchkeeper.toml", toml)], &[("WATCHKEEPER_LISTEN", "nowhere")]).unwrap_err(), @r##"
    watchkeeper.toml:2:1: data_dri: There is no such key. Did you mean data_dir?
    watchkeeper.toml:3:10: listen: Expected an address with a port, such as "127.0.0.1:8080", found "localhost".
    watchkeeper.toml:5:1: slack.prefx: There is no such key. Did you mean prefix?
    watchkeeper.toml:6:15: slack.connections: Expected a number from 1 to 10, found the number 20.
    watchkeeper.toml:7:13: slack.transport: Expected "socket" or "http", found "pigeon".
    watchkeeper.toml:9:11: channels.default: Expected a channel, such as "#ops", or its id, found "ops".
    watchkeeper.toml:10:1: projects.shop.channel: This key is missing: it takes a channel, such as "#ops", or its id.
    watchkeeper.toml:12:8: aws.role: Expected a role's ARN, such as "arn:aws:iam::{account}:role/watchkeeper-{capability}", found "watchkeeper".
    watchkeeper.toml:13:1: accounts[0].project: This key is missing: it takes the project its resources belong to.
    watchkeeper.toml:14:6: accounts[0].id: Expected the account's twelve digits in quotes, found the number 123456789012.
    watchkeeper.toml:17:1: accounts[0].colour: There is no such key. Known here: id, name, project, env, regions, roles.
    watchkeeper.toml:18:11: accounts[0].regions: Expected a list of regions, such as ["eu-central-1"], found [].
    watchkeeper.toml:25:17: accounts[1].roles.rds: Expected a role's ARN, found "x".
    watchkeeper.toml:25:28: accounts[1].roles.ecs: Expected a text in quotes, found the number 1.
    watchkeeper.toml:25:37: accounts[1].roles.esc: There is no such capability. Did you mean ecs?
    watchkeeper.toml:26:1: accounts[2].regions: This key is missing: it takes a list of regions, such as ["eu-central-1"].
    watchkeeper.toml:27:6: accounts[2].id: Account 123456789012 is configured twice.
    watchkeeper.toml:31:1: approvals.reject: "x" can't both approve and reject.
    watchkeeper.toml:33:11: approvals.expires: Expected a duration, such as "8h", found "8 parsecs".
    watchkeeper.toml:34:10: approvals.remind: Expected a list of durations, such as ["30m", "1h"], found a list with the number 60.
    watchkeeper.toml:36:10: changes.remind: Expected a list of durations, such as ["30m", "1h"], found "24h".
    environment: WATCHKEEPER_LISTEN: Expected an address with a port, such as 127.0.0.1:8080, found "nowhere".
    "##);
    assert_snapshot!(load(&[("watchkeeper.toml", "listen = \n[slack\nprefix=1")], &[]).unwrap_err(), @"
    watchkeeper.toml:1:10: This is not TOML: string values must be quoted, expected literal string.
    watchkeeper.toml:2:7: This is not TOML: unclosed table, expected `]`.
    ");
    assert_snapshot!(load(&[("watchkeeper.toml", "people = \"folk.toml\"")], &[]).unwrap_err(), @"folk.toml: Reading this file: No such file or directory (os error 2).");
    assert_snapshot!(load(&[], &[]).unwrap_err(), @"watchkeeper.toml: Reading this file: No such file or directory (os error 2).");
}

#[test]
fn people_are_checked_too() {
    let people = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "Ana@example.com"
zone = "Europe/Berlin"
slack = "U1"
[[people]]
id = "Ben"
email = "ana@example.com"
[[people]]
id = "ana"
name = "Another Ana"
email = "nowhere"
zone = "Mars/Olympus"
group = ["sre"]
slack = "U1"
[[person]]
id = "watchkeeper"
"#;
    assert_snapshot!(load(&[("watchkeeper.toml", ""), ("people.toml", people)], &[]).unwrap_err(), @r#"
    people.toml:8:1: people[1].name: This key is missing: it takes the name they go by.
    people.toml:9:6: people[1].id: Expected a short lower-case word, such as "ana", found "Ben".
    people.toml:10:9: people[1].email: "ana@example.com" already belongs to ana.
    people.toml:12:6: people[2].id: "ana" already belongs to ana.
    people.toml:14:9: people[2].email: Expected an e-mail address, found "nowhere".
    people.toml:15:8: people[2].zone: Expected an IANA time zone, such as "Europe/Berlin", found "Mars/Olympus".
    people.toml:16:1: people[2].group: There is no such key. Did you mean groups?
    people.toml:17:9: people[2].slack: "U1" already belongs to ana.
    people.toml:18:3: person: There is no such key. Known here: people.
    "#);
}

#[test]
fn the_environment_outranks_the_file_and_holds_the_secrets() {
    let variables = [
        ("WATCHKEEPER_DATA_DIR", "/var/lib/watchkeeper"),
        ("WATCHKEEPER_LISTEN", "0.0.0.0:80"),
        ("SLACK_BOT_TOKEN", "xoxb-1"),
        ("SLACK_APP_TOKEN", ""),
        ("SLACK_API_URL", "http://127.0.0.1:9/api/"),
    ];
    let config = load(&[("watchkeeper.toml", "data_dir = \"here\"\nlisten = \"127.0.0.1:1\"")], &variables).unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/watchkeeper"));
    assert_eq!(config.listen.to_string(), "0.0.0.0:80");
    let slack = config.slack.as_ref().unwrap();
    assert_eq!(slack.api_url, "http://127.0.0.1:9/api");
    assert_eq!(slack.app_token, None, "an empty variable is an absent one");
    assert!(!format!("{config:?}").contains("xoxb-1"), "secrets are not shown");
    let config = load(&[("watchkeeper.toml", "data_dir = \"here\"")], &[]).unwrap();
    assert_eq!(
        Some(config.data_dir.as_path()),
        config.file.as_ref().unwrap().parent().map(|folder| folder.join("here")).as_deref()
    );
}

#[test]
fn check_finds_what_can_never_work() {
    let toml = r##"
[projects.web]
channel = "#web-ops"
[[accounts]]
id = "123456789012"
name = "shop-prod"
project = "shop"
env = "prod"
regions = ["eu-central-1"]
"##;
    let people = r#"
people = [
    { id = "dora", name = "Dora", groups = ["dba"] },
    { id = "sam", name = "Sam", groups = ["sre"] },
    { id = "sue", name = "Sue", groups = ["sre"] },
    { id = "aud", name = "Aud", groups = ["auditor"] },
]
"#;
    let policy = r#"
@id("read-audit")
permit (principal in Group::"auditors", action in Action::"audit", resource);
@id("upgrade-prod")
@approvals("1")
@approvers("dba")
permit (principal in Group::"dba", action == Action::"rds upgrade", resource)
when { resource has env && resource.env == "prod" };
@id("vote")
permit (principal in Group::"dba", action == Action::"change approve", resource);
@id("upgrade-emergency")
@emergency("yes")
permit (principal in Group::"dba", action == Action::"rds upgrade", resource);
@id("sign-off")
permit (principal in Group::"dba", action == Action::"change sign-off", resource);
"#;
    let files = [("watchkeeper.toml", toml), ("people.toml", people), ("policy.cedar", policy)];
    assert_snapshot!(findings(&files, &[("SLACK_BOT_TOKEN", "x")]), @r#"
    error: environment: SLACK_APP_TOKEN: Not set. Socket Mode needs the app-level token, xapp-….
    error: policy.cedar:4:1: upgrade-prod: It takes 1 of dba, but when dora asks in prod of shop, 0 could approve.
    advice: watchkeeper.toml: projects.shop: shop has no channel of its own; its cards go to #ops.
    advice: watchkeeper.toml: projects.web: No account belongs to the project web.
    advice: watchkeeper.toml: accounts: shop-prod has no role to assume; give it `roles`, or all of them `role` under [aws].
    advice: policy.cedar:2:1: read-audit: Nobody is in the group "auditors". Did you mean "auditor"?
    advice: policy.cedar:11:1: upgrade-emergency: dora may break the glass by it, and nobody else may run change sign-off to review that.
    "#);
    let policy = ("policy.cedar", "@id(\"a\")\npermit (principal, action == Action::\"rds upgade\", resource);");
    assert_snapshot!(findings(&[("watchkeeper.toml", "[slack]\ntransport = \"http\""), policy], &[("SLACK_BOT_TOKEN", "x")]), @r#"
    error: environment: SLACK_SIGNING_SECRET: Not set. HTTP needs the app's signing secret.
    error: policy.cedar:2:30: a: Unrecognized action `Action::"rds upgade"` (did you mean `Action::"rds upgrade"`?).
    advice: watchkeeper.toml: accounts: No AWS account is configured, so there is nothing to look after.
    advice: people.toml (compiled in): people: Nobody is in it, so nobody may do anything.
    "#);
}

/// An Identity Center with as little said as possible.
const CENTER: &str = r#"
[aws]
region = "eu-central-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"
[identity_center]
account = "888877776666"
"#;

#[test]
fn identity_center_takes_what_it_is_not_told_from_elsewhere() {
    let config = load(&[("watchkeeper.toml", CENTER)], &[]).unwrap();
    let center = config.settings.identity.unwrap();
    assert_eq!((center.home.name.as_str(), center.home.regions), ("identity-center", vec!["eu-central-1".to_owned()]));
    assert_eq!(center.home.roles["access"], "arn:aws:iam::888877776666:role/watchkeeper-access");
    assert_eq!((center.calls_per_second, center.outstanding, center.refresh), (20, 10, SignedDuration::from_mins(5)));
    assert_eq!(center.baseline, None, "nothing is declared without a file");
    let toml = format!("{CENTER}\nrole = \"arn:aws:iam::888877776666:role/own\"\nregion = \"us-east-1\"\nrefresh = \"1m\"\n")
        + "[[accounts]]\nid = \"888877776666\"\nname = \"people\"\nproject = \"it\"\nenv = \"prod\"";
    let config = load(&[("watchkeeper.toml", &toml), ("access-baseline.toml", "")], &[]).unwrap();
    let center = config.settings.identity.unwrap();
    let home = &center.home;
    assert_eq!((home.name.as_str(), home.project.as_str(), home.env.as_str()), ("people", "it", "prod"));
    assert_eq!((home.roles["access"].as_str(), home.regions[0].as_str()), ("arn:aws:iam::888877776666:role/own", "us-east-1"));
    assert_eq!(center.baseline, Some(Vec::new()), "an empty file declares that nothing stands");
}

#[test]
fn everything_wrong_with_identity_center_is_told_at_once() {
    let toml = r#"
[identity_center]
account = "888877776666"
region = "eu-central-1"
management = "888877776666"
portal = "acme.awsapps.com"
groups = "sre"
calls_per_second = 0
outstanding = 101
refresh = "1s"
protected = ["root"]
[identity_center.profiles.developer]
group = ["developers"]
"#;
    assert_snapshot!(load(&[("watchkeeper.toml", toml)], &[]).unwrap_err(), @r#"
    watchkeeper.toml:2:1: identity_center.role: This key is missing, and [aws] gives no `role` either: it takes a role's ARN, such as "arn:aws:iam::{account}:role/watchkeeper-{capability}".
    watchkeeper.toml:6:10: identity_center.portal: Expected where people sign in, such as "https://acme.awsapps.com/start", found "acme.awsapps.com".
    watchkeeper.toml:7:10: identity_center.groups: Expected a list of groups, such as ["sre", "dba"], found "sre".
    watchkeeper.toml:8:20: identity_center.calls_per_second: Expected a number from 1 to 1000, found the number 0.
    watchkeeper.toml:9:15: identity_center.outstanding: Expected a number from 1 to 100, found the number 101.
    watchkeeper.toml:10:11: identity_center.refresh: Expected a duration of ten seconds or more, such as "5m", found "1s".
    watchkeeper.toml:11:1: identity_center.protected: There is no such key. Did you mean protected_users?
    watchkeeper.toml:12:1: identity_center.profiles.developer.groups: This key is missing: it takes a list of groups, such as ["sre", "dba"].
    watchkeeper.toml:13:1: identity_center.profiles.developer.group: There is no such key. Did you mean groups?
    "#);
    let role = "role = \"arn:aws:iam::888877776666:role/x\"";
    let toml = toml.replace("[identity_center]", &format!("[identity_center]\n{role}"));
    assert_snapshot!(load(&[("watchkeeper.toml", &toml)], &[]).unwrap_err(), @r#"
    watchkeeper.toml:6:14: identity_center.management: 888877776666 is `account` itself. Leave this key out: it is for delegated administrators.
    watchkeeper.toml:7:10: identity_center.portal: Expected where people sign in, such as "https://acme.awsapps.com/start", found "acme.awsapps.com".
    watchkeeper.toml:8:10: identity_center.groups: Expected a list of groups, such as ["sre", "dba"], found "sre".
    watchkeeper.toml:9:20: identity_center.calls_per_second: Expected a number from 1 to 1000, found the number 0.
    watchkeeper.toml:10:15: identity_center.outstanding: Expected a number from 1 to 100, found the number 101.
    watchkeeper.toml:11:11: identity_center.refresh: Expected a duration of ten seconds or more, such as "5m", found "1s".
    watchkeeper.toml:12:1: identity_center.protected: There is no such key. Did you mean protected_users?
    watchkeeper.toml:13:1: identity_center.profiles.developer.groups: This key is missing: it takes a list of groups, such as ["sre", "dba"].
    watchkeeper.toml:14:1: identity_center.profiles.developer.group: There is no such key. Did you mean groups?
    "#);
    assert_snapshot!(load(&[("watchkeeper.toml", "[identity_center]\nname = \"a\"")], &[]).unwrap_err(), @r#"
    watchkeeper.toml:1:1: identity_center.account: This key is missing: it takes the account's twelve digits in quotes.
    watchkeeper.toml:1:1: identity_center.region: This key is missing: it takes a region, such as "eu-central-1".
    "#);
}

#[test]
fn following_and_events_take_what_they_are_not_told_from_elsewhere() {
    let config = load(&[("watchkeeper.toml", "")], &[]).unwrap();
    assert_eq!((config.settings.following, config.settings.events), (None, Vec::new()), "nothing is followed unasked");
    let toml = r#"
[aws]
region = "eu-central-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"
[ecs]
every = "15s"
[[events]]
queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/watchkeeper"
account = "123456789012"
"#;
    let settings = load(&[("watchkeeper.toml", toml)], &[]).unwrap().settings;
    let usual = Following::default();
    assert_eq!(settings.following, Some(Following { every: SignedDuration::from_secs(15), ..usual }));
    let home = &settings.events[0].home;
    assert_eq!((home.regions[0].as_str(), home.name.as_str()), ("eu-central-1", "123456789012"));
    assert_eq!(home.roles["events"], "arn:aws:iam::123456789012:role/watchkeeper-events");
}

#[test]
fn everything_wrong_with_following_and_events_is_told_at_once() {
    let toml = r#"
[ecs]
every = "10s"
deaths = 1
whithin = "10m"
[[events]]
queue = "arn:aws:sqs:eu-central-1:123456789012:watchkeeper"
account = 123456789012
region = "eu-central-1"
role = "arn:aws:iam::123456789012:role/watchkeeper-events"
[[events]]
queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/watchkeeper"
account = "123456789012"
"#;
    assert_snapshot!(load(&[("watchkeeper.toml", toml)], &[]).unwrap_err(), @r#"
    watchkeeper.toml:3:9: ecs.every: Expected a duration of fifteen seconds or more, such as "1m", found "10s".
    watchkeeper.toml:4:10: ecs.deaths: Expected a number from 2 to 1000, found the number 1.
    watchkeeper.toml:5:1: ecs.whithin: There is no such key. Did you mean within?
    watchkeeper.toml:7:9: events[0].queue: Expected a queue's URL, such as "https://sqs.eu-west-1.amazonaws.com/111122223333/watchkeeper", found "arn:aws:sqs:eu-central-1:123456789012:watchkeeper".
    watchkeeper.toml:8:11: events[0].account: Expected the account's twelve digits in quotes, found the number 123456789012.
    watchkeeper.toml:11:1: events[1].region: This key is missing: it takes a region, such as "eu-central-1".
    watchkeeper.toml:11:1: events[1].role: This key is missing, and [aws] gives no `role` either: it takes a role's ARN, such as "arn:aws:iam::{account}:role/watchkeeper-{capability}".
    "#);
}

#[test]
fn the_baseline_is_checked_too() {
    let account = "\n[[accounts]]\nid = \"123456789012\"\nname = \"shop-prod\"\nproject = \"shop\"\nenv = \"prod\"";
    let toml = format!("{CENTER}baseline = \"stands.toml\"{account}");
    let stands = r#"
[[assignments]]
group = "sre"
permission_set = "Admin"
accounts = ["shop-prd", "222233334444", "elsewhere"]
[[assignments]]
group = "sre"
user = "ana"
permission_set = "Admin"
accounts = ["shop-prod"]
[[assignments]]
permissionset = "Admin"
accounts = []
[[assignments]]
user = "ana"
permission_set = "Admin"
accounts = ["shop-prod", "123456789012"]
"#;
    assert_snapshot!(load(&[("watchkeeper.toml", &toml), ("stands.toml", stands)], &[]).unwrap_err(), @r#"
    stands.toml:5:12: assignments[0].accounts: No account is called "shop-prd". Did you mean "shop-prod"?
    stands.toml:5:12: assignments[0].accounts: No account is called "elsewhere". Others can be given by their twelve digits.
    stands.toml:7:9: assignments[1].group: An assignment is for a user or for a group, not for both.
    stands.toml:11:1: assignments[2].permission_set: This key is missing: it takes a permission set, such as "ReadOnly".
    stands.toml:11:1: assignments[2]: Whom it is for is missing: give it `group` or `user`.
    stands.toml:12:1: assignments[2].permissionset: There is no such key. Did you mean permission_set?
    stands.toml:13:12: assignments[2].accounts: Expected a list of accounts, such as ["shop-prod"], found [].
    stands.toml:17:12: assignments[3].accounts: This is declared above for 123456789012 already.
    "#);
    assert_snapshot!(load(&[("watchkeeper.toml", &toml)], &[]).unwrap_err(), @"stands.toml: Reading this file: No such file or directory (os error 2).");
    let stands = "[[assignments]]\nuser = \"ana\"\npermission_set = \"Admin\"\naccounts = [\"shop-prod\", \"identity-center\"]";
    let config = load(&[("watchkeeper.toml", &toml), ("stands.toml", stands)], &[]).unwrap();
    let declared = config.settings.identity.unwrap().baseline.unwrap();
    let declared: Vec<_> =
        declared.iter().map(|one| format!("{:?} {} {}", one.principal, one.permission_set, one.account)).collect();
    assert_eq!(declared, [r#"User("ana") Admin 123456789012"#, r#"User("ana") Admin 888877776666"#]);
}

#[test]
fn check_knows_that_groups_come_from_identity_center() {
    let toml = format!(
        "{CENTER}groups = [\"dba\", \"SRE\", \"idle\"]\nadministrators = \"sre\"\n[identity_center.profiles.ops]\ngroups = [\"sre\", \"x\"]"
    );
    let policy = r#"
@id("upgrade")
@approvals("2")
@approvers("dba")
permit (principal in Group::"SRE", action == Action::"rds upgrade", resource);
@id("vote")
permit (principal in Group::"dbas", action == Action::"change approve", resource);
"#;
    let variables = [("SLACK_BOT_TOKEN", "x"), ("SLACK_APP_TOKEN", "x")];
    assert_snapshot!(findings(&[("watchkeeper.toml", &toml), ("policy.cedar", policy)], &variables), @r#"
    advice: watchkeeper.toml: accounts: No AWS account is configured, so there is nothing to look after.
    advice: policy.cedar:6:1: vote: Nobody is in the group "dbas". Did you mean "dba"?
    advice: watchkeeper.toml: identity_center.groups: No rule of the policy names "idle", so being in it changes nothing.
    advice: watchkeeper.toml: identity_center.administrators: "sre" and "SRE" of `groups` differ in upper and lower case only. Are they one?
    advice: watchkeeper.toml: identity_center.profiles.ops.groups: "sre" and "SRE" of `groups` differ in upper and lower case only. Are they one?
    "#);
}

#[test]
fn hooks_have_a_name_an_address_and_a_secret() {
    let file = r#"
[[hooks]]
name = "tickets"
url = "https://tickets.example.com/alerts"
secret = "TICKETS_SECRET"

[[hooks]]
name = "tickets"
url = "tickets.example.com"
secret = "NOWHERE"

[[hooks]]
name = "Pager Duty"
uri = "https://example.com"
"#;
    let errors = load(&[("watchkeeper.toml", file)], &[("TICKETS_SECRET", "s")]).unwrap_err();
    assert_snapshot!(errors, @r#"
    watchkeeper.toml:8:8: hooks[1].name: Two hooks are called tickets.
    watchkeeper.toml:9:7: hooks[1].url: Expected an address, such as "https://tickets.example.com/alerts", found "tickets.example.com".
    watchkeeper.toml:10:10: hooks[1].secret: NOWHERE is not set in the environment.
    watchkeeper.toml:12:1: hooks[2].url: This key is missing: it takes an address, such as "https://tickets.example.com/alerts".
    watchkeeper.toml:12:1: hooks[2].secret: This key is missing: it takes the name of an environment variable, such as "ALERTMANAGER_SECRET".
    watchkeeper.toml:13:8: hooks[2].name: Expected a name of lower-case letters, digits, - and _, such as "tickets", found "Pager Duty".
    watchkeeper.toml:14:1: hooks[2].uri: There is no such key. Did you mean url?
    "#);
    let one = file.split("\n\n").next().unwrap();
    let hooks = load(&[("watchkeeper.toml", one)], &[("TICKETS_SECRET", "s")]).unwrap().hooks;
    assert_eq!((hooks[0].name.as_str(), hooks[0].secret.expose()), ("tickets", "s"));
}

#[test]
fn the_bot_lives_where_a_table_says() {
    let lives = |text: &str| {
        let config = load(&[("watchkeeper.toml", text)], &[("DISCORD_TOKEN", "seven")]).unwrap();
        (config.slack.is_some(), config.discord.is_some())
    };
    let discord = "[discord]\nguild = \"41771983423143937\"\n";
    assert_eq!(lives(""), (true, false));
    assert_eq!(lives("[slack]\n"), (true, false));
    assert_eq!(lives(discord), (false, true));
    assert_eq!(lives(&format!("{discord}[slack]\n")), (true, true));
    let config = load(
        &[(
            "watchkeeper.toml",
            &format!("{discord}roles = [\"41771983423143936\"]\n[discord.groups]\ndba = \"41771983423143938\""),
        )],
        &[],
    );
    let config = config.unwrap();
    let written = config.discord.as_ref().unwrap();
    assert_eq!((written.guild.as_str(), written.api_url.as_str()), ("41771983423143937", "https://discord.com/api/v10"));
    assert_eq!(written.groups["dba"], "41771983423143938");
    assert!(config.check(commands::ALL)[0].error.to_string().contains("DISCORD_TOKEN"), "the token is missing");
    insta::assert_snapshot!(
        load(&[("watchkeeper.toml", "[discord]\nguild = 4177\nrole = []\n[discord.groups]\ndba = \"@dba\"")], &[]).unwrap_err().to_string(),
        @r#"
    watchkeeper.toml:2:9: discord.guild: Expected the server's id in quotes, such as "41771983423143937", found the number 4177.
    watchkeeper.toml:3:1: discord.role: There is no such key. Did you mean roles?
    watchkeeper.toml:4:1: discord.groups: dba: expected a role's id in quotes, such as "41771983423143936", found "@dba".
    "#
    );
}

#[test]
fn a_group_that_a_platform_fills_is_one_somebody_can_be_in() {
    let discord = "[discord]\nguild = \"41771983423143937\"\n";
    let nobody = |groups: &str| {
        let toml = format!("{discord}{groups}");
        findings(&[("watchkeeper.toml", &toml)], &[]).matches("Nobody is in the group \"dba\"").count()
    };
    assert_eq!(nobody(""), 1);
    assert_eq!(nobody("[discord.groups]\ndba = \"41771983423143938\"\n"), 0);
}

#[test]
fn an_account_on_discord_is_a_number() {
    let people = |id: &str| format!("[[people]]\nid = \"ana\"\nname = \"Ana Ruiz\"\ndiscord = \"{id}\"\n");
    let read = |id: &str| load(&[("watchkeeper.toml", ""), ("people.toml", &people(id))], &[]);
    assert!(read("80351110224678912").is_ok());
    insta::assert_snapshot!(read("ana#1234").unwrap_err().to_string(), @r#"people.toml:4:11: people[0].discord: Expected the account's id in quotes, such as "80351110224678912", found "ana#1234"."#);
}
