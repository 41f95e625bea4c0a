use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::secret::Secret;
use crate::sources::reading::any_json;
use crate::sources::{Kind, Proof};

const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

fn source() -> Source {
    let kind = Kind::Alertmanager { proof: Proof::Bearer(Secret::new("t")), api: None };
    Source { name: "prod".to_owned(), kind, project: None, severity: Severity::Warning }
}

fn alert(instance: &str, status: &str) -> Value {
    json!({
        "status": status,
        "labels": { "alertname": "HighErrorRate", "instance": instance, "severity": "critical", "region": "eu-west-1" },
        "annotations": {
            "summary": "5xx above 5 %", "description": "One request in ten fails.", "runbook_url": "https://runbooks.example/5xx",
        },
        "startsAt": "2026-11-22T19:07:00.562034038Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up", "fingerprint": format!("d10391f93d6acd8{instance}"),
    })
}

fn payload(alerts: Vec<Value>) -> Value {
    json!({
        "version": "4", "receiver": "watchkeeper", "status": "firing", "groupKey": "{}:{alertname=\"HighErrorRate\"}",
        "truncatedAlerts": 0, "externalURL": "http://alertmanager.example:9093", "alerts": alerts,
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
    })
}

fn decoded(payload: &Value) -> Decoded {
    decode(payload.to_string().as_bytes(), &source(), NOW)
}

#[test]
fn each_alert_of_a_group_is_one_signal() {
    let decoded = decoded(&payload(vec![alert("1", "firing"), alert("2", "resolved")]));
    assert_eq!((decoded.signals.len(), decoded.malformed.len()), (2, 0));
    let [first, second] = decoded.signals.as_slice() else { panic!("{decoded:?}") };
    let link = |label: &str, url: &str| Link { label: label.to_owned(), url: url.to_owned() };
    let expected = Signal {
        source: "prod".to_owned(),
        fingerprint: "d10391f93d6acd81".to_owned(),
        condition: Condition::Firing,
        title: "HighErrorRate".to_owned(),
        severity: Severity::Critical,
        since: "2026-11-22T19:07:00.562034038Z".parse().unwrap(),
        summary: "5xx above 5 %\nOne request in ten fails.".to_owned(),
        region: Some("eu-west-1".to_owned()),
        resource: Some("1".to_owned()),
        labels: texts(Some(&alert("1", "firing")["labels"])),
        links: vec![
            link("Runbook", "https://runbooks.example/5xx"),
            link("Graph", "http://prometheus.example/graph?g0.expr=up"),
            link("Alertmanager", "http://alertmanager.example:9093/#/alerts"),
        ],
        origin: Origin::Alertmanager,
        ..Signal::default()
    };
    assert_eq!(*first, expected);
    assert_eq!((second.condition, second.fingerprint.as_str()), (Condition::Resolved, "d10391f93d6acd82"));
}

#[test]
fn one_bad_alert_does_not_cost_the_good_ones() {
    let decoded = decoded(&payload(vec![alert("1", "firing"), alert("2", "sideways"), json!("no alert"), alert("3", "firing")]));
    assert_eq!(decoded.signals.len(), 2);
    let words: Vec<String> = decoded.malformed.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "alerts[1].status: expected \"firing\" or \"resolved\", found \"sideways\"",
            "alerts[2]: expected an object, found \"no alert\"",
        ]
    );
}

#[test]
fn what_is_missing_is_made_up_for_or_named() {
    let bare = decoded(&json!({ "status": "firing", "alerts": [{ "labels": { "alertname": "Bare" } }] }));
    let [signal] = bare.signals.as_slice() else { panic!("{bare:?}") };
    assert_eq!((signal.title.as_str(), signal.since, signal.severity), ("Bare", NOW, Severity::Warning));
    assert_eq!(signal.fingerprint.len(), 32);
    let said = |payload: Value| decoded(&payload).malformed[0].to_string();
    assert_eq!(said(json!({})), "alerts: expected a list of alerts, and there is nothing");
    assert_eq!(said(json!({ "alerts": {} })), "alerts: expected a list of alerts, found an object");
    assert_eq!(
        said(json!({ "alerts": [{ "status": "firing" }] })),
        "alerts[0].labels: expected labels that tell it from others, and there is nothing"
    );
}

#[test]
fn a_time_in_the_future_is_now_and_labels_that_are_no_texts_are_written_out() {
    let mut odd = alert("1", "firing");
    odd["startsAt"] = "2031-01-01T00:00:00Z".into();
    odd["labels"] = json!({ "alertname": "Odd", "code": 500, "on": true, "tags": ["a"], "none": null });
    let signals = decoded(&payload(vec![odd])).signals;
    assert_eq!(signals[0].since, NOW);
    let shown: Vec<&str> = signals[0].labels.values().map(String::as_str).collect();
    assert_eq!(shown, ["Odd", "500", "", "true", "[\"a\"]"]);
}

#[test]
fn two_things_that_look_alike_once_cut_are_two() {
    let long = |end: &str| {
        let labels: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("l{n}"), Value::from("x"))).collect();
        let mut labels = Value::Object(labels);
        labels["z"] = format!("{}{end}", "x".repeat(100_000)).into();
        json!({ "status": "firing", "labels": labels })
    };
    let signals = decoded(&payload(vec![long("a"), long("b")])).signals;
    assert_ne!(signals[0].fingerprint, signals[1].fingerprint);
    assert_eq!(signals[0].labels, signals[1].labels);
    assert_eq!(signals[0].left_out, 5_001 - 40);
}

#[test]
fn what_alertmanager_left_out_is_counted() {
    let mut payload = payload(vec![alert("1", "firing")]);
    payload["truncatedAlerts"] = 12.into();
    assert_eq!(decoded(&payload).left_out, 12);
}

proptest! {
    #[test]
    fn whatever_stands_in_it_an_alert_with_a_state_and_a_name_is_kept(
        field in prop_oneof![Just("labels"), Just("annotations"), Just("startsAt"), Just("endsAt"), Just("generatorURL")],
        value in any_json(),
    ) {
        let mut odd = alert("1", "firing");
        odd[field] = value;
        let decoded = decoded(&payload(vec![odd, alert("2", "firing")]));
        prop_assert_eq!((decoded.signals.len(), decoded.malformed.len()), (2, 0));
    }

    #[test]
    fn nothing_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), value in any_json()) {
        let _ = decode(&body, &source(), NOW);
        let _ = decoded(&value);
        let _ = decoded(&payload(vec![value]));
    }
}
