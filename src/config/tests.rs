use insta::assert_snapshot;

use super::*;

/// A folder with these files, and what loading its `watchkeeper.toml` gives. Paths in messages lose the folder.
fn load(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let file = folder.path().join("watchkeeper.toml").display().to_string();
    let variables = variables.iter().chain([&("WATCHKEEPER_CONFIG", file.as_str())]);
    let environment = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&environment).map_err(|errors| errors.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn findings(files: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
    let config = load(files, variables).unwrap();
    let folder = config.file.as_ref().and_then(|file| file.parent()).unwrap().display().to_string();
    let findings: Vec<_> = config.check(crate::policy::COMMANDS_OF_TESTS).iter().map(ToString::to_string).collect();
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
    let (toml, people) = (uncommented(DEFAULT_TOML), uncommented(DEFAULT_PEOPLE));
    let files = [("watchkeeper.toml", toml.as_str()), ("people.toml", &people), ("policy.cedar", DEFAULT_POLICY)];
    let config = load(&files, &[]).unwrap();
    assert_eq!(config.settings.accounts[0].roles["rds"], "arn:aws:iam::123456789012:role/watchkeeper-rds");
    assert_eq!(config.people[0].accounts.len(), 2);
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
roles = { rds = "x", ecs = 1 }
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
    assert_snapshot!(load(&[("watchkeeper.toml", toml)], &[("WATCHKEEPER_LISTEN", "nowhere")]).unwrap_err(), @"");
    assert_snapshot!(load(&[("watchkeeper.toml", "listen = \n[slack\nprefix=1")], &[]).unwrap_err(), @"");
    assert_snapshot!(load(&[("watchkeeper.toml", "people = \"folk.toml\"")], &[]).unwrap_err(), @"");
    assert_snapshot!(load(&[], &[]).unwrap_err(), @"");
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
    assert_snapshot!(load(&[("watchkeeper.toml", ""), ("people.toml", people)], &[]).unwrap_err(), @"");
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
    assert_eq!(config.slack.api_url, "http://127.0.0.1:9/api");
    assert_eq!(config.slack.app_token, None, "an empty variable is an absent one");
    assert!(!format!("{config:?}").contains("xoxb-1"), "secrets are not shown");
    let config = load(&[("watchkeeper.toml", "data_dir = \"here\"")], &[]).unwrap();
    assert_eq!(Some(config.data_dir.as_path()), config.file.as_ref().unwrap().parent().map(|folder| folder.join("here")).as_deref());
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
    assert_snapshot!(findings(&[("watchkeeper.toml", toml), ("people.toml", people)], &[("SLACK_BOT_TOKEN", "x")]), @"");
    let policy = ("policy.cedar", "@id(\"a\")\npermit (principal, action == Action::\"rds upgade\", resource);");
    assert_snapshot!(findings(&[("watchkeeper.toml", "[slack]\ntransport = \"http\""), policy], &[("SLACK_BOT_TOKEN", "x")]), @"");
}
