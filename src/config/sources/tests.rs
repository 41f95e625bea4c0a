use insta::assert_snapshot;

use crate::config::Config;
use crate::sources::{Kind, Proof};

/// What loading this `watchkeeper.toml` gives. Paths in messages lose the folder.
fn load(toml: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("watchkeeper.toml"), toml).unwrap();
    std::fs::write(folder.path().join("empty.pem"), "nothing").unwrap();
    let file = folder.path().join("watchkeeper.toml").display().to_string();
    let variables = [("WATCHKEEPER_CONFIG", file.as_str()), ("SECRET", "s3cret"), ("EMPTY", "")];
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    Config::load(&environment).map_err(|errors| errors.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn a_source_has_its_secret_from_the_environment() {
    let config =
        load("[[sources]]\nname = \"am\"\nkind = \"alertmanager\"\nsecret = \"SECRET\"\nurl = \"http://am:9093/\"").unwrap();
    let [source] = config.sources.as_slice() else { panic!("{:?}", config.sources) };
    let Kind::Alertmanager { proof: Proof::Bearer(secret), .. } = &source.kind else { panic!("{source:?}") };
    assert_eq!(secret.expose(), "s3cret");
    assert_eq!(source.api().unwrap().url.as_str(), "http://am:9093/");
    assert!(!format!("{source:?}").contains("s3cret"));
}

#[test]
fn headers_are_found_whatever_their_case() {
    let toml = "[[sources]]\nname = \"g\"\nkind = \"grafana\"\nsecret = \"SECRET\"\nsignature = \"X-Signature\"";
    let config = load(toml).unwrap();
    let Kind::Grafana { proof: Proof::Signature { header, timestamp, .. } } = &config.sources[0].kind else { panic!() };
    assert_eq!((header.as_str(), timestamp), ("x-signature", &None));
}

#[test]
fn everything_wrong_with_sources_is_told() {
    let toml = r#"
[[sources]]
name = "A B"
kind = "alertmanager"
secret = "NOWHERE"
url = "https://am.example/api/v2"
topics = []
[[sources]]
name = "aws"
kind = "pigeon"
[[sources]]
kind = "grafana"
secret = "EMPTY"
timestamp = "X-Time"
[[sources]]
name = "checks"
kind = "json"
severity = "purple"
signature = "a header"
[[sources]]
name = "more"
kind = "json"
secret = "SECRET"
[sources.fields]
tilte = "/name"
state = "state"
links = { Here = "there", There = 7 }
[sources.states]
Sick = "ill"
[[sources]]
name = "alarms"
kind = "sns"
secret = "SECRET"
topics = ["alarms"]
roots = "nowhere.pem"
[[sources]]
name = "others"
kind = "sns"
topics = ["arn:aws:sns:eu-west-1:111122223333:alarms"]
roots = "empty.pem"
[[sources]]
name = "twice"
kind = "alertmanager"
secret = "SECRET"
token = "SECRET"
[[sources]]
name = "twice"
kind = "alertmanager"
secret = "SECRET"
[[sources]]
name = "-"
kind = "grafana"
secret = "SECRET"
signature = ""
[[sources]]
name = "open"
kind = "alertmanager"
secret = "SECRET"
url = "https://who:pass@am.example"
[[events]]
queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
account = "111122223333"
region = "eu-west-1"
role = "arn:aws:iam::111122223333:role/r"
alerts = ["cloudwatch", "s3"]
"#;
    assert_snapshot!(load(toml).unwrap_err(), @r##"
    watchkeeper.toml:3:8: sources[0].name: Expected a name of lower-case letters, digits, - and _, such as "prometheus", found "A B".
    watchkeeper.toml:5:10: sources[0].secret: NOWHERE is not set in the environment.
    watchkeeper.toml:6:7: sources[0].url: Expected Alertmanager's own address, such as "https://alertmanager.example.com", found "https://am.example/api/v2".
    watchkeeper.toml:7:1: sources[0].topics: There is no such key. Known here: name, project, severity, kind, secret, token, url.
    watchkeeper.toml:9:8: sources[1].name: aws is what alerts are from that AWS tells or the bot finds itself; give it another name.
    watchkeeper.toml:10:8: sources[1].kind: Expected "alertmanager", "grafana", "sns" or "json", found "pigeon".
    watchkeeper.toml:11:1: sources[2].name: This key is missing: it takes a name of lower-case letters, digits, - and _, such as "prometheus".
    watchkeeper.toml:13:10: sources[2].secret: EMPTY is not set in the environment.
    watchkeeper.toml:14:13: sources[2].timestamp: It is part of a signature: name the header that has it in `signature`.
    watchkeeper.toml:15:1: sources[3].secret: This key is missing: it takes the name of an environment variable, such as "ALERTMANAGER_SECRET".
    watchkeeper.toml:15:1: sources[3].fields: This table is missing: under [sources.fields] stands where things are, at least `title`.
    watchkeeper.toml:18:12: sources[3].severity: Expected "critical", "warning" or "info", found "purple".
    watchkeeper.toml:19:13: sources[3].signature: Expected a header's name, such as "X-Signature", found "a header".
    watchkeeper.toml:24:1: sources[4].fields.title: This key is missing: it takes a JSON pointer, such as "/alert/name".
    watchkeeper.toml:25:1: sources[4].fields.tilte: There is no such key. Did you mean title?
    watchkeeper.toml:26:9: sources[4].fields.state: Expected a JSON pointer, such as "/alert/name", found "state".
    watchkeeper.toml:27:18: sources[4].fields.links.Here: Expected a JSON pointer, such as "/alert/name", found "there".
    watchkeeper.toml:27:35: sources[4].fields.links.There: Expected a text in quotes, found the number 7.
    watchkeeper.toml:29:8: sources[4].states.Sick: Expected "firing" or "resolved", found "ill".
    watchkeeper.toml:33:1: sources[5].secret: There is no such key. Did you mean severity?
    watchkeeper.toml:34:10: sources[5].topics: Expected a list of topics' ARNs, such as ["arn:aws:sns:eu-west-1:111122223333:alarms"], found ["alarms"].
    watchkeeper.toml:35:9: sources[5].roots: Reading nowhere.pem: No such file or directory (os error 2).
    watchkeeper.toml:40:9: sources[6].roots: empty.pem holds no certificates in PEM, or broken ones.
    watchkeeper.toml:45:9: sources[7].token: It is for Alertmanager's API, whose address is to stand in `url`.
    watchkeeper.toml:47:8: sources[8].name: Two sources are called twice.
    watchkeeper.toml:51:8: sources[9].name: Expected a name of lower-case letters, digits, - and _, such as "prometheus", found "-".
    watchkeeper.toml:54:13: sources[9].signature: Expected a header's name, such as "X-Signature", found "".
    watchkeeper.toml:59:7: sources[10].url: Expected Alertmanager's own address, such as "https://alertmanager.example.com", found "https://***@am.example".
    watchkeeper.toml:65:10: events[0].alerts: Expected a list of services out of cloudwatch, codedeploy, ecs, health, rds, found ["cloudwatch", "s3"].
    "##);
}
