use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::secret::Secret;
use crate::sources::reading::any_json;
use crate::sources::{Kind, Proof};

const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

fn pointer(path: &str) -> Option<Pointer> {
    Some(path.parse().unwrap())
}

fn fields() -> Fields {
    Fields {
        alerts: pointer("/checks"),
        title: Pointer("/name".to_owned()),
        state: pointer("/state"),
        fingerprint: pointer("/id"),
        severity: pointer("/level"),
        since: pointer("/began"),
        summary: pointer("/text"),
        value: pointer("/measured"),
        resource: pointer("/on/host"),
        region: pointer("/region"),
        labels: pointer("/tags"),
        links: [("Check".to_owned(), Pointer("/urls/0".to_owned()))].into(),
        states: [("sick".to_owned(), Condition::Firing)].into(),
        severities: [("purple".to_owned(), Severity::Critical)].into(),
        ..Fields::default()
    }
}

fn decoded(body: &Value, fields: &Fields) -> Decoded {
    let kind = Kind::Json { proof: Proof::Bearer(Secret::new("t")), fields: Box::new(fields.clone()) };
    let source = Source { name: "checks".to_owned(), kind, project: None, severity: Severity::Info };
    source.decode(body.to_string().as_bytes(), NOW)
}

fn check() -> Value {
    json!({
        "id": 17, "name": "Disk", "state": "Sick", "level": "Purple", "began": 1_763_838_420, "text": "Nearly full", "measured": 97.5,
        "on": { "host": "db-1" }, "tags": ["team:blue", "tier=1", "alone"], "urls": ["https://checks.example/17"],
    })
}

#[test]
fn a_list_of_alerts_is_read_by_its_pointers() {
    let decoded = decoded(&json!({ "region": "eu-west-1", "checks": [check()] }), &fields());
    assert_eq!(decoded.malformed, []);
    let labels = [("team", "blue"), ("tier", "1"), ("alone", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let expected = Signal {
        source: "checks".to_owned(),
        fingerprint: "17".to_owned(),
        condition: Condition::Firing,
        title: "Disk".to_owned(),
        severity: Severity::Critical,
        since: "2025-11-22T19:07:00Z".parse().unwrap(),
        summary: "Nearly full".to_owned(),
        value: Some("97.5".to_owned()),
        region: Some("eu-west-1".to_owned()),
        resource: Some("db-1".to_owned()),
        labels: labels.into(),
        links: vec![Link { label: "Check".to_owned(), url: "https://checks.example/17".to_owned() }],
        ..Signal::default()
    };
    assert_eq!(decoded.signals, [expected], "the region stands beside the list and holds for all");
}

#[test]
fn a_body_can_be_one_alert_or_a_list_of_them() {
    let fields = Fields { title: Pointer("/name".to_owned()), ..Fields::default() };
    assert_eq!(decoded(&check(), &fields).signals.len(), 1);
    let two = decoded(&json!([check(), { "name": "Other" }]), &fields);
    assert_eq!(two.signals.len(), 2);
    assert_ne!(two.signals[0].fingerprint, two.signals[1].fingerprint);
    assert_eq!(two.signals[0].severity, Severity::Info, "the source's own where nothing says more");
}

#[test]
fn what_can_not_be_used_is_named_by_its_place() {
    let said = |body: Value| decoded(&body, &fields()).malformed[0].to_string();
    assert_eq!(said(json!({})), "/checks: expected an alert or a list of alerts, and there is nothing");
    assert_eq!(said(json!({ "checks": [7] })), "/checks/0: expected an object, found 7");
    assert_eq!(
        said(json!({ "checks": [{ "state": "ok" }] })),
        "/checks/0/name: expected the alert's title, and there is nothing"
    );
    assert_eq!(
        said(json!({ "checks": [{ "state": "pale" }] })),
        "/checks/0/state: expected a state, such as \"firing\" or \"resolved\", or one of the source's `states`, found \"pale\""
    );
    let fields = Fields { state: pointer("/fires"), title: Pointer("/name".to_owned()), ..Fields::default() };
    assert_eq!(decoded(&json!({ "fires": false }), &fields).malformed[0].at, "/name", "a truth is a state; the title comes next");
}

#[test]
fn pointers_are_checked() {
    for good in ["", "/a", "/a/0/b", "/a~1b~0c"] {
        assert!(good.parse::<Pointer>().is_ok(), "{good}");
    }
    for bad in ["a", "a/b", "/a~2", "/a~"] {
        assert!(bad.parse::<Pointer>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn whatever_stands_in_it_an_alert_with_a_state_and_a_name_is_kept(
        field in prop_oneof![Just("id"), Just("level"), Just("began"), Just("text"), Just("on"), Just("tags"), Just("urls")],
        value in any_json(),
    ) {
        let mut odd = check();
        odd[field] = value;
        let decoded = decoded(&json!({ "checks": [odd] }), &fields());
        prop_assert_eq!((decoded.signals.len(), decoded.malformed.len()), (1, 0));
    }

    #[test]
    fn nothing_makes_it_panic(value in any_json()) {
        let _ = decoded(&value, &fields());
        let _ = decoded(&json!({ "checks": [&value] }), &fields());
        let _ = decoded(&value, &Fields { title: Pointer("/0".to_owned()), ..Fields::default() });
    }
}
