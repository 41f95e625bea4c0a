//! The stand-in as the bot sees it, and beside the real program: the same conversation must go the same way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::real::Program;
use super::{Alertmanager, Mood, fingerprint, labels};

/// Real time after which somebody has waited in vain.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes what a webhook sends.
#[derive(Clone, Default)]
struct Sink {
    taken: Arc<Mutex<Vec<(String, Value)>>>,
    came: Arc<Notify>,
}

impl Sink {
    async fn listen(&self) -> String {
        let sink = self.clone();
        let take = post(async move |headers: HeaderMap, body: String| {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
            let head = format!("{} {} {}", header("user-agent"), header("content-type"), header("authorization"));
            sink.taken.lock().unwrap().push((head, serde_json::from_str(&body).unwrap()));
            sink.came.notify_one();
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts/prometheus", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/alerts/prometheus", take)).await });
        url
    }

    /// Everything so far, once it is so much.
    async fn until(&self, count: usize) -> Vec<(String, Value)> {
        let enough = async {
            while self.taken.lock().unwrap().len() < count {
                self.came.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, enough).await.expect("the webhook is told in time");
        self.taken.lock().unwrap().clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "the real program knows only the real time")]
fn real_time() -> Timestamp {
    Timestamp::now()
}

#[test]
fn fingerprints_are_those_that_the_real_one_posted() {
    let sample = [("alertname", "HighErrorRate"), ("instance", "i-1"), ("service", "payments"), ("severity", "critical")];
    assert_eq!(fingerprint(&labels(&sample)), "d10391f93d6acd82");
    let other = [("alertname", "SinkDown"), ("instance", "127.0.0.1:9501"), ("job", "victim"), ("service", "victim")];
    let other = [&other[..], &[("severity", "critical")]].concat();
    assert_eq!(fingerprint(&labels(&other)), "9770e6b8062c9eb8");
}

/// Asks an API, and writes down what comes so that two of them can be compared: ids by the order in which they first
/// appear, instants by their distance from the beginning.
struct Talk {
    base: String,
    client: reqwest::Client,
    began: Timestamp,
    ids: BTreeMap<String, String>,
    lines: Vec<String>,
}

impl Talk {
    fn with(base: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base: base.to_owned(), client, began: real_time(), ids: BTreeMap::new(), lines: Vec::new() }
    }

    async fn get(&mut self, path: &str, filters: &[&str]) -> Value {
        let mut url = url::Url::parse(&format!("{}{path}", self.base)).unwrap();
        url.query_pairs_mut().extend_pairs(filters.iter().map(|filter| ("filter", *filter)));
        self.answered(&format!("GET {path} {filters:?}"), self.client.get(url)).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.base)).json(body);
        self.answered(&format!("POST {path}"), request).await
    }

    async fn delete(&mut self, path: &str) {
        let request = self.client.delete(format!("{}{path}", self.base));
        self.answered("DELETE", request).await;
    }

    async fn answered(&mut self, asked: &str, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        let plain = self.plain(&body);
        self.lines.push(format!("{asked} → {status} {plain}"));
        body
    }

    fn plain(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.word(text).into(),
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect(),
            Value::Object(members) => {
                let said = |name: &str| !matches!(name, "versionInfo" | "config" | "externalURL");
                let shown = members.iter().filter(|(name, _)| said(name));
                let sorted: BTreeMap<_, _> = shown.map(|(name, item)| (name.clone(), self.plain(item))).collect();
                json!(sorted)
            }
            other => other.clone(),
        }
    }

    fn word(&mut self, text: &str) -> String {
        if let Ok(at) = text.parse::<Timestamp>() {
            let minutes = (at.duration_since(self.began).as_secs_f64() / 60.0).round() as i64;
            return if minutes.abs() > 1_000_000 { text.to_owned() } else { format!("{minutes}m") };
        }
        if text.len() == 36 && text.matches('-').count() == 4 && !text.starts_with("11111111") {
            let next = format!("id-{}", self.ids.len() + 1);
            return self.ids.entry(text.to_owned()).or_insert(next).clone();
        }
        text.to_owned()
    }
}

fn after(minutes: i64) -> String {
    format!("{:.3}", real_time() + SignedDuration::from_mins(minutes))
}

fn equal(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value, "isRegex": false, "isEqual": true })
}

/// Everything the bot ever asks, and some of what it never should.
async fn conversation(base: &str, sink: &Sink) -> Vec<String> {
    let mut talk = Talk::with(base);
    talk.get("/api/v2/status", &[]).await;
    let alert = |instance: &str| {
        let labels = json!({ "alertname": "HighErrorRate", "instance": instance, "severity": "critical" });
        json!({ "labels": labels, "annotations": { "summary": "5xx > 5%" }, "generatorURL": "http://prometheus.example/graph" })
    };
    talk.post("/api/v2/alerts", &json!([alert("i-1"), alert("i-2")])).await;
    sink.until(1).await;
    talk.get("/api/v2/alerts", &["alertname=\"HighErrorRate\"", "instance=\"i-1\""]).await;
    talk.get("/api/v2/alerts", &["alertname=\"HighErrorRate\"", "instance!=\"i-1\"", "severity=\"critical\""]).await;
    talk.get("/api/v2/alerts", &["alertname=\"Other\""]).await;
    talk.get("/api/v2/alerts", &["nonsense"]).await;

    let matchers = json!([equal("alertname", "HighErrorRate"), equal("instance", "i-1"), equal("severity", "critical")]);
    let silence = |id: &str, starts: &str, ends: &str, comment: &str| json!({ "id": id, "matchers": matchers, "startsAt": starts, "endsAt": ends, "createdBy": "Ana Ruiz", "comment": comment });
    let made = talk.post("/api/v2/silences", &silence("", &after(-1), &after(60), "ALR-7: one")).await;
    let first = made["silenceID"].as_str().unwrap().to_owned();
    let shown = talk.get(&format!("/api/v2/silence/{first}"), &[]).await;
    talk.lines.pop();
    talk.get("/api/v2/silences", &["alertname=\"HighErrorRate\""]).await;
    talk.get("/api/v2/silences", &["job=\"none\""]).await;
    talk.get("/api/v2/alerts", &["instance=\"i-1\""]).await;
    let starts = shown["startsAt"].as_str().unwrap();
    talk.post("/api/v2/silences", &silence(&first, starts, &after(120), "ALR-7: longer")).await;
    talk.get("/api/v2/silences", &[]).await;
    talk.post("/api/v2/silences", &silence(&first, &after(-5), &after(180), "ALR-7: moved")).await;
    talk.post("/api/v2/silences", &silence("", &after(30), &after(60), "ALR-7: later")).await;
    talk.get("/api/v2/silences", &[]).await;

    for bad in [
        silence("", &after(0), &after(-10), "backwards"),
        silence("", &after(-20), &after(-10), "past"),
        silence("11111111-1111-4111-8111-111111111111", &after(0), &after(10), "unknown"),
        json!({ "matchers": [], "startsAt": after(0), "endsAt": after(10), "createdBy": "a", "comment": "none" }),
        json!({ "matchers": [equal("a", "")], "startsAt": after(0), "endsAt": after(10), "createdBy": "a", "comment": "empty" }),
        json!({ "matchers": [equal("a-b", "c")], "startsAt": after(0), "endsAt": after(10), "createdBy": "a", "comment": "name" }),
        json!({ "matchers": [equal("a", "b")], "startsAt": after(0), "endsAt": after(10), "createdBy": "a" }),
    ] {
        talk.post("/api/v2/silences", &bad).await;
    }

    // One of two that are over is silenced: the webhook hears of the other.
    let over = |instance: &str| {
        let mut over = alert(instance);
        over["endsAt"] = after(0).into();
        over
    };
    talk.post("/api/v2/alerts", &json!([over("i-1"), over("i-2")])).await;
    sink.until(2).await;
    talk.get("/api/v2/alerts", &[]).await;
    for id in [&first, &first, "11111111-1111-4111-8111-111111111111", "nope"] {
        talk.delete(&format!("/api/v2/silence/{id}")).await;
    }
    talk.get("/api/v2/silence/11111111-1111-4111-8111-111111111111", &[]).await;
    for (head, body) in sink.until(2).await {
        let plain = talk.plain(&body);
        talk.lines.push(format!("{head} {plain}"));
    }
    talk.lines
}

#[tokio::test]
async fn the_real_program_answers_alike() {
    let Some(program) = Program::if_here("the stand-in for Alertmanager was shown alone") else { return };
    let (ours, theirs) = (Sink::default(), Sink::default());
    let standin = Alertmanager::start(Arc::new(real_time), None).await;
    standin.tells(&ours.listen().await, "knock");
    let real = program.start(&theirs.listen().await, "knock").await.unwrap();
    let expected = conversation(real.url(), &theirs).await;
    let found = conversation(standin.url(), &ours).await;
    assert_eq!(found.join("\n"), expected.join("\n"));
}

#[tokio::test]
async fn what_is_silenced_is_not_told_and_what_nobody_took_is_told_again() {
    let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
    let standin = Alertmanager::start(Arc::new(move || now), Some("secret")).await;
    let disk = [("alertname", "DiskFull"), ("instance", "db-1")];
    standin.tells("http://127.0.0.1:1/", "knock");
    standin.fires(&disk).await;
    assert_eq!(standin.told().last().unwrap().status, None);
    let sink = Sink::default();
    standin.tells(&sink.listen().await, "knock");
    standin.flushes().await;
    standin.flushes().await;
    assert_eq!(sink.until(1).await.len(), 1, "what was told is not told again by itself");
    standin.repeats().await;
    assert_eq!(sink.until(2).await[1].1["status"], "firing");

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let silence = json!({
        "matchers": [equal("alertname", "DiskFull")], "startsAt": now.to_string(),
        "endsAt": (now + SignedDuration::from_hours(1)).to_string(), "createdBy": "Ana", "comment": "ALR-1",
    });
    let to = format!("{}/api/v2/silences", standin.url());
    let ask = || client.post(&to).json(&silence);
    assert_eq!(ask().send().await.unwrap().status(), 401);
    standin.is(Mood::Refusing(503));
    assert_eq!(ask().bearer_auth("secret").send().await.unwrap().status(), 503);
    assert!(standin.silences().is_empty());
    standin.is(Mood::Lost);
    assert_eq!(ask().bearer_auth("secret").send().await.unwrap().status(), 502);
    standin.recovers();
    assert_eq!(standin.active().len(), 1, "it acted, and its answer was lost");
    standin.repeats().await;
    standin.resolves(&disk).await;
    assert_eq!(sink.until(2).await.len(), 2);
    assert_eq!(standin.violations(), Vec::<String>::new());
}
