//! Alertmanager, through version 2 of its API (its `openapi.yaml`): a silence that matches an alert's labels exactly.
//!
//! A silence of the bot's is known by its comment, which begins with the alert's id, and by its matchers; so it is found again
//! whatever became of the answer when it was made, and there are never two.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use commands::records::{AlertId, AlertRecord, Condition, Quiet};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::Trouble;
use crate::host::Host;
use crate::outward::{Outward, Request};
use crate::sources::Api;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long filters may be in an address, in bytes.
const FILTERS: usize = 1_500;
/// Who fires is sent to an Alertmanager anew every minute or so: one that started this long ago has heard of all.
const HEARD_OF_ALL: SignedDuration = SignedDuration::from_mins(5);
/// How far back a silence is said to begin; Alertmanager moves that to its own now. Its clock may be behind.
const BACK: SignedDuration = SignedDuration::from_mins(1);
/// How long what a silence says of its alert may be, in letters.
const TITLE: usize = 120;

/// The way to an alert in its Alertmanager.
pub(super) struct Way<'a> {
    outward: &'a Outward,
    api: &'a Api,
    record: &'a AlertRecord,
    now: Timestamp,
}

/// A silence, as far as it matters here. Times are in milliseconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    id: String,
    status: Status,
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: String,
    comment: String,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    /// Alertmanager before 0.22 does not know it.
    #[serde(default = "yes")]
    is_equal: bool,
}

fn yes() -> bool {
    true
}

/// An alert, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Alert {
    fingerprint: String,
    labels: BTreeMap<String, String>,
}

impl<'a> Way<'a> {
    pub(super) fn to(host: &'a Host, record: &'a AlertRecord) -> Result<Self, Trouble> {
        let name = &record.signal.source;
        let source = host.rules.sources.iter().find(|source| source.name == *name);
        let Some(source) = source else {
            return Err(Trouble::lasting(format!(
                "The source {name} is no longer configured, so I can't reach it. Whoever runs me can add it."
            )));
        };
        let Some(api) = source.api() else {
            return Err(Trouble::lasting(format!(
                "I don't know where the Alertmanager of {name} is, so it goes on sending. Whoever runs me adds its `url` to the \
                 source."
            )));
        };
        Ok(Self { outward: &host.outward, api, record, now: host.clock.now() })
    }

    /// What will stand: a silence is known by itself, so nothing but its end has to be on record.
    pub(super) fn before(&self, until: Timestamp, stands: Option<&Quiet>) -> Result<Quiet, Trouble> {
        self.is_exact()?;
        Ok(Quiet { until, handle: stands.map(|stands| stands.handle.clone()).unwrap_or_default() })
    }

    /// Refuses where a silence could not match the alert alone.
    fn is_exact(&self) -> Result<(), Trouble> {
        if self.record.signal.left_out > 0 {
            return Err(Trouble::lasting(
                "It has more labels than I keep, so a silence of mine could also hide other alerts. Silence it in Alertmanager \
                 itself.",
            ));
        }
        Ok(())
    }

    /// Makes the silence, or has the one there is end then.
    pub(super) async fn quiet(&self, until: Timestamp, person: &str) -> Result<Quiet, Trouble> {
        self.is_exact()?;
        let mut ours = self.ours().await?.into_iter();
        let stands = ours.next();
        for other in ours {
            self.end(&other.id).await?;
        }
        if let Some(silence) = &stands
            && silence.ends_at.as_millisecond() == until.as_millisecond()
            && silence.created_by == person
        {
            return Ok(Quiet { until, handle: silence.id.clone() });
        }
        // Only one whose beginning stays is moved; else another would take its place.
        let starts = stands.as_ref().map_or(self.now - BACK, |silence| silence.starts_at);
        let wanted = json!({
            "id": stands.as_ref().map(|silence| silence.id.as_str()).unwrap_or_default(),
            "matchers": self.matchers(),
            "startsAt": format!("{starts:.3}"),
            "endsAt": format!("{until:.3}"),
            "createdBy": person,
            "comment": self.comment(),
        });
        let made = self.call(Method::POST, "silences", wanted.to_string().into()).await?;
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "silenceID")]
            id: String,
        }
        let Made { id } = self.read(&made)?;
        Ok(Quiet { until, handle: id })
    }

    /// Ends every silence of ours for the alert.
    pub(super) async fn loud(&self, quiet: &Quiet) -> Result<(), Trouble> {
        let mut ids: Vec<String> = self.ours().await?.into_iter().map(|silence| silence.id).collect();
        // Its labels may have changed since it was made.
        if !quiet.handle.is_empty() && !ids.contains(&quiet.handle) && self.is_active(&quiet.handle).await? {
            ids.push(quiet.handle.clone());
        }
        for id in ids {
            self.end(&id).await?;
        }
        Ok(())
    }

    /// Whether it fires there.
    pub(super) async fn look(&self) -> Result<Option<Condition>, Trouble> {
        let signal = &self.record.signal;
        let alerts: Vec<Alert> = self.read(&self.call(Method::GET, &self.filtered("alerts"), Bytes::new()).await?)?;
        let same =
            |alert: &Alert| alert.fingerprint == signal.fingerprint || signal.left_out == 0 && alert.labels == signal.labels;
        if alerts.iter().any(same) {
            return Ok(Some(Condition::Firing));
        }
        if signal.left_out > 0 {
            // It was looked for by labels of which some are not as they are there. Nothing keeps it from telling by itself.
            return Ok(None);
        }
        #[derive(Deserialize)]
        struct Running {
            /// Since when, in spite of its name.
            uptime: Timestamp,
        }
        let Running { uptime } = self.read(&self.call(Method::GET, "status", Bytes::new()).await?)?;
        Ok((self.now.duration_since(uptime) >= HEARD_OF_ALL).then_some(Condition::Resolved))
    }

    /// The silences of ours for this alert that are not over, the one that ends last first.
    async fn ours(&self) -> Result<Vec<Silence>, Trouble> {
        let all: Vec<Silence> = self.read(&self.call(Method::GET, &self.filtered("silences"), Bytes::new()).await?)?;
        let wanted = self.matchers();
        let is_ours = |silence: &Silence| {
            let mut matchers = silence.matchers.clone();
            matchers.sort();
            silence.status.state != "expired" && is_comment_of(&silence.comment, self.record.id) && matchers == wanted
        };
        let mut ours: Vec<Silence> = all.into_iter().filter(is_ours).collect();
        ours.sort_by_key(|silence| std::cmp::Reverse(silence.ends_at));
        Ok(ours)
    }

    async fn is_active(&self, id: &str) -> Result<bool, Trouble> {
        match self.ask(Method::GET, &format!("silence/{id}"), Bytes::new()).await? {
            (200, body) => Ok(self.read::<Silence>(&body)?.status.state != "expired"),
            // Kept for five days after its end; or an id that is none.
            (404 | 422, _) => Ok(false),
            (status, body) => Err(self.refusal(status, &body)),
        }
    }

    async fn end(&self, id: &str) -> Result<(), Trouble> {
        match self.ask(Method::DELETE, &format!("silence/{id}"), Bytes::new()).await? {
            (200, _) => Ok(()),
            // Alertmanager says 500 of one that is not there any more.
            (status, body) => match self.is_active(id).await? {
                true => Err(self.refusal(status, &body)),
                false => Ok(()),
            },
        }
    }

    /// All labels, exactly.
    fn matchers(&self) -> Vec<Matcher> {
        let labels = self.record.signal.labels.iter();
        labels
            .map(|(name, value)| Matcher { name: name.clone(), value: value.clone(), is_regex: false, is_equal: true })
            .collect()
    }

    /// `ALR-7: HighErrorRate, by Watchkeeper`.
    fn comment(&self) -> String {
        let title: String = self.record.signal.title.chars().take(TITLE).collect();
        format!("{}: {title}, by Watchkeeper", self.record.id)
    }

    /// A list, narrowed to what has the alert's labels as far as they fit into an address.
    fn filtered(&self, list: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let (mut taken, labels) = (0, &self.record.signal.labels);
        let first = labels.get_key_value("alertname");
        for (name, value) in first.into_iter().chain(labels.iter().filter(|(name, _)| *name != "alertname")) {
            let filter = format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
            taken += filter.len();
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if plain && taken <= FILTERS {
                query.append_pair("filter", &filter);
            }
        }
        format!("{list}?{}", query.finish())
    }

    /// Asks, and takes nothing but success for an answer.
    async fn call(&self, method: Method, what: &str, body: Bytes) -> Result<Bytes, Trouble> {
        match self.ask(method, what, body).await? {
            (200, body) => Ok(body),
            (status, body) => Err(self.refusal(status, &body)),
        }
    }

    async fn ask(&self, method: Method, what: &str, body: Bytes) -> Result<(u16, Bytes), Trouble> {
        let base = self.api.url.as_str().trim_end_matches('/');
        let url = format!("{base}/api/v2/{what}");
        let url: Url = url.parse().map_err(|cause| Trouble::lasting(format!("{} is no address: {cause}.", self.name())))?;
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(token) = &self.api.token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            let mut bearer = bearer.map_err(|_| Trouble::lasting(format!("The token for {} can't be sent.", self.name())))?;
            bearer.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, bearer);
        }
        let answer = self.outward.send(Request { method, url, headers, body, timeout: PATIENCE }).await;
        answer.map_err(|cause| Trouble::passing(format!("{} gives no answer ({cause}).", self.name())))
    }

    fn read<T: for<'d> Deserialize<'d>>(&self, body: &[u8]) -> Result<T, Trouble> {
        serde_json::from_slice(body).map_err(|cause| {
            tracing::warn!(source = self.record.signal.source, %cause, "an answer of Alertmanager's can't be read");
            Trouble::passing(format!("{} answers what I can't read. Is its address right?", self.name()))
        })
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Trouble {
        let name = self.name();
        match status {
            401 | 403 => Trouble::passing(format!(
                "{name} does not let me in ({status}). Whoever runs me looks at the `token` of this source."
            )),
            400 | 422 => Trouble::lasting(format!("{name} refused this: “{}”.", words(body))),
            _ => Trouble::passing(format!("{name} answered {status}.")),
        }
    }

    fn name(&self) -> String {
        format!("The Alertmanager {}", self.record.signal.source)
    }
}

/// Whether a comment says that a silence is ours, for this alert.
fn is_comment_of(comment: &str, id: AlertId) -> bool {
    comment.starts_with(&format!("{id}: ")) && comment.ends_with(", by Watchkeeper")
}

/// What a refusal says: a text, or an object with a message.
fn words(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words = value.as_str().or_else(|| value["message"].as_str()).unwrap_or("it does not say why");
    words.trim_end_matches('.').chars().take(200).collect()
}
