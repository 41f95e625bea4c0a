//! Grafana's alerting webhook ("Webhook notifier" in Grafana's documentation of contact points): Alertmanager's shape with
//! values, a picture and addresses of its own.

use commands::records::{Link, Signal};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::alertmanager::Common;
use super::reading::{Decoded, Malformed, alerts, json, text};
use super::{Source, cut};

/// Grafana's names for addresses and ours, in the order in which they are kept. The runbook stands before them.
const LINKS: [(&str, &str); 4] =
    [("panelURL", "Panel"), ("dashboardURL", "Dashboard"), ("generatorURL", "Rule"), ("silenceURL", "Silence in Grafana")];

/// What Grafana says in a body.
pub fn decode(body: &[u8], source: &Source, now: Timestamp) -> Decoded {
    match json(body) {
        Ok(body) => read(&body, source, now).unwrap_or_else(Decoded::from),
        Err(malformed) => malformed.into(),
    }
}

fn read(body: &Value, source: &Source, now: Timestamp) -> Result<Decoded, Malformed> {
    let left_out = body.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or_default();
    let mut decoded = Decoded { left_out, ..Decoded::default() };
    let common = Common { body, source, now };
    for (number, alert) in alerts(body)?.iter().enumerate() {
        let signal = common.alert(alert, &format!("alerts[{number}]"));
        let own = |signal: Signal| cut::to_fit(with_own(signal, alert.as_object()), now);
        decoded.add(signal.map(|signal| signal.map(own)));
    }
    Ok(decoded)
}

/// A signal with what only Grafana says.
fn with_own(signal: Signal, alert: Option<&Map<String, Value>>) -> Signal {
    let own = |name: &str| alert.and_then(|alert| alert.get(name)).and_then(text);
    let runbooks = signal.links.into_iter().filter(|link| link.label == "Runbook");
    let addresses = LINKS.iter().filter_map(|(name, label)| Some(Link { label: (*label).to_owned(), url: own(name)? }));
    Signal {
        links: runbooks.chain(addresses).collect(),
        graph: own("imageURL").or(signal.graph),
        value: alert.and_then(values).or_else(|| own("valueString")).or(signal.value),
        ..signal
    }
}

/// The values of the rule's queries and expressions by their letters: `B = 44.2, C = 1`.
fn values(alert: &Map<String, Value>) -> Option<String> {
    let values = alert.get("values")?.as_object()?;
    let values: Vec<String> = values.iter().filter_map(|(name, value)| Some(format!("{name} = {}", text(value)?))).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

#[cfg(test)]
mod tests {
    use commands::records::{Condition, Origin, Severity};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::secret::Secret;
    use crate::sources::{Kind, Proof};

    const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

    fn source() -> Source {
        let kind = Kind::Grafana { proof: Proof::Bearer(Secret::new("t")) };
        Source { name: "grafana".to_owned(), kind, project: None, severity: Severity::Info }
    }

    fn payload() -> Value {
        json!({
            "receiver": "watchkeeper", "status": "firing", "orgId": 1, "version": "1", "state": "alerting", "title": "[FIRING:1]",
            "groupKey": "{}:{alertname=\"Memory\"}", "truncatedAlerts": 0, "externalURL": "https://grafana.example/",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "alerts": [{
                "status": "firing",
                "labels": { "alertname": "Memory", "team": "blue", "grafana_folder": "Shop" },
                "annotations": { "summary": "Memory is nearly used up", "runbook_url": "https://runbooks.example/memory" },
                "startsAt": "2026-11-25T10:51:03.157076+02:00", "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "https://grafana.example/alerting/grafana/abc/view", "fingerprint": "c6eadffa33fcdf37",
                "silenceURL": "https://grafana.example/alerting/silence/new?alertmanager=grafana",
                "dashboardURL": "https://grafana.example/d/xyz", "panelURL": "https://grafana.example/d/xyz?viewPanel=2",
                "imageURL": "https://grafana.example/image.png",
                "values": { "B": 44.23943737541908, "C": 1 }, "valueString": "[ var='B' value=44.23943737541908 ]",
            }],
        })
    }

    #[test]
    fn values_picture_and_addresses_are_kept() {
        let decoded = decode(payload().to_string().as_bytes(), &source(), NOW);
        assert_eq!(decoded.malformed, []);
        let [signal] = decoded.signals.as_slice() else { panic!("{decoded:?}") };
        assert_eq!((signal.fingerprint.as_str(), signal.title.as_str()), ("c6eadffa33fcdf37", "Memory"));
        assert_eq!((signal.condition, signal.severity), (Condition::Firing, Severity::Info));
        assert_eq!(signal.since, "2026-11-25T08:51:03.157076Z".parse().unwrap());
        assert_eq!(signal.value.as_deref(), Some("B = 44.23943737541908, C = 1"));
        assert_eq!(signal.graph.as_deref(), Some("https://grafana.example/image.png"));
        let labels: Vec<&str> = signal.links.iter().map(|link| link.label.as_str()).collect();
        assert_eq!(labels, ["Runbook", "Panel", "Dashboard", "Rule", "Silence in Grafana"]);
        assert_eq!(signal.origin, Origin::Nowhere);
    }

    #[test]
    fn without_values_the_text_of_values_is_shown() {
        let mut payload = payload();
        payload["alerts"][0]["values"] = Value::Null;
        payload["alerts"][0]["dashboardURL"] = "".into();
        let decoded = decode(payload.to_string().as_bytes(), &source(), NOW);
        assert_eq!(decoded.signals[0].value.as_deref(), Some("[ var='B' value=44.23943737541908 ]"));
        assert_eq!(decoded.signals[0].links.len(), 4);
    }

    proptest! {
        #[test]
        fn whatever_stands_in_it_an_alert_with_a_state_and_a_name_is_kept(
            field in prop_oneof![
                Just("labels"), Just("annotations"), Just("startsAt"), Just("values"), Just("imageURL"), Just("panelURL"),
                Just("generatorURL"), Just("valueString"),
            ],
            value in crate::sources::reading::any_json(),
        ) {
            let mut payload = payload();
            payload["alerts"][0][field] = value;
            let decoded = decode(payload.to_string().as_bytes(), &source(), NOW);
            prop_assert_eq!((decoded.signals.len(), decoded.malformed.len()), (1, 0));
        }

        #[test]
        fn nothing_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), value in crate::sources::reading::any_json()) {
            let _ = decode(&body, &source(), NOW);
            let _ = decode(json!({ "alerts": [value] }).to_string().as_bytes(), &source(), NOW);
        }
    }
}
