//! Other systems are told what becomes of alerts: each word is a record, made in the commit that it tells of, and delivered
//! until it is taken, for a day at most. Words of one alert come in order.
//!
//! A word is JSON, posted with `X-Watchkeeper-Timestamp` (seconds since 1970), `X-Watchkeeper-Delivery` (the same at every try,
//! by which a receiver knows what it has already) and `X-Watchkeeper-Signature`: `v1=` and the HMAC-SHA256, with the hook's
//! secret, of timestamp, a dot and the body, in hexadecimal digits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use commands::PersonId;
use commands::context::MYSELF;
use commands::plan::hex;
use commands::records::{AlertId, AlertRecord, Fact, Handling};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::host::{Draft, Host, Trouble, json, read};
use crate::outward::Request;
use crate::reach::named;
use crate::secret::Secret;
use crate::store::{Key, Kind, Row, Write};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first pause after a try that failed; doubled with each, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// How long a word is tried to deliver.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long labels may be in a word, in bytes.
const LABELS: usize = 20_000;
/// How many words before a word are looked for.
const BEFORE: u32 = 50;

/// A system that is told.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// Where it takes words.
    pub url: Url,
    /// What words are signed with.
    pub secret: Secret,
}

/// A word on its way, as the store keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Word {
    /// The hook's name.
    hook: String,
    /// The alert it is about.
    alert: AlertId,
    /// The alert's project.
    project: Option<String>,
    /// How many things had been done about the alert.
    number: u32,
    /// What is told.
    what: String,
    /// Since when it is on its way.
    since: Timestamp,
    /// What is posted.
    body: String,
    /// Tries that failed.
    tries: u32,
}

impl Word {
    fn key(&self) -> Key {
        key(&self.hook, self.alert, (self.number, &self.what))
    }
}

fn key(hook: &str, alert: AlertId, (number, what): (u32, &str)) -> Key {
    Key::new(Kind::Hook, format!("{hook}/{alert}/{number}/{what}"))
}

/// What hooks tell: in this order, where two happen at once.
const TOLD: [&str; 5] = ["reopened", "acknowledged", "unacknowledged", "silenced", "resolved"];

/// The words to every hook that this became of an alert, for the commit in which it does. `what` is `acknowledged`,
/// `unacknowledged`, `silenced` or `resolved`.
pub fn told(host: &Host, record: &AlertRecord, what: &str, by: &PersonId) -> Vec<Write> {
    let now = host.clock.now();
    let body = body(record, what, (by, &named(host, by)), now).to_string();
    let word = |hook: &Hook| {
        let word = Word {
            hook: hook.name.clone(),
            alert: record.id,
            project: record.project.clone(),
            number: record.deeds,
            what: what.to_owned(),
            since: now,
            body: body.clone(),
            tries: 0,
        };
        // A word always has a shape that JSON can take.
        let value = json(&word).ok()?;
        Some(Write { key: word.key(), expects: 0, value: Some(value), due: Some(now) })
    };
    host.bells.hooks.ring();
    host.rules.hooks.iter().filter_map(word).collect()
}

fn body(record: &AlertRecord, what: &str, (by, name): (&PersonId, &str), now: Timestamp) -> Value {
    let signal = &record.signal;
    let (until, note) = match &record.handling {
        Handling::Acknowledged { until, .. } | Handling::Silenced { until, .. } => (Some(*until), None),
        Handling::Resolved { note, .. } => (None, note.as_deref()),
        Handling::Open => (None, None),
    };
    let mut room = LABELS;
    let mut labels = BTreeMap::new();
    for (name, value) in &signal.labels {
        room = room.saturating_sub(name.len() + value.len());
        if room > 0 {
            labels.insert(name, value);
        }
    }
    json!({
        "event": what,
        "at": now,
        "by": { "id": by, "name": name },
        "number": record.deeds,
        "until": until,
        "note": note,
        "alert": {
            "id": record.id.to_string(),
            "title": signal.title,
            "severity": signal.severity,
            "source": signal.source,
            "fingerprint": signal.fingerprint,
            "condition": record.condition,
            "since": signal.since,
            "project": record.project,
            "env": record.env,
            "account": signal.account,
            "region": signal.region,
            "resource": signal.resource,
            "labels": labels,
        },
    })
}

/// Delivers a word, or tries later.
///
/// # Errors
/// When the store fails.
pub async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let word: Word = read(&row)?;
    let now = host.clock.now();
    if let Some(earlier) = earlier(&host, &word).await? {
        let after = earlier.due.unwrap_or(now).max(now) + SignedDuration::from_secs(1);
        host.store.put_off(&row.key, after).await;
        return Ok(());
    }
    let Some(hook) = host.rules.hooks.iter().find(|hook| hook.name == word.hook) else {
        return over(&host, &row, &word, Err("this hook is no longer configured".to_owned())).await;
    };
    let why = match post(&host, hook, &word, now).await {
        Ok(()) => return over(&host, &row, &word, Ok(())).await,
        Err(why) => why,
    };
    if now >= word.since + A_DAY {
        return over(&host, &row, &word, Err(why)).await;
    }
    tracing::warn!(hook = word.hook, alert = %word.alert, what = word.what, why, tries = word.tries, "a hook takes no word");
    let pause = (PAUSE * (1 << word.tries.min(8))).min(LONGEST);
    let due = (now + pause).min(word.since + A_DAY);
    let tried = Word { tries: word.tries.saturating_add(1), ..word };
    let write = Write { key: row.key, expects: row.version, value: Some(json(&tried)?), due: Some(due) };
    host.commit(Draft::at(now).write(write)).await?;
    Ok(())
}

/// A word of the same alert that has to arrive before.
async fn earlier(host: &Host, word: &Word) -> Result<Option<Row>, Trouble> {
    let same = TOLD.iter().take_while(|what| **what != word.what).map(|what| (word.number, *what));
    let before = (word.number.saturating_sub(BEFORE)..word.number).flat_map(|number| TOLD.map(|what| (number, what)));
    for (number, what) in before.chain(same) {
        if let Some(row) = host.store.get(&key(&word.hook, word.alert, (number, what))).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

async fn post(host: &Host, hook: &Hook, word: &Word, now: Timestamp) -> Result<(), String> {
    let timestamp = now.as_second().to_string();
    let signature = signature(&hook.secret, &timestamp, &word.body);
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::USER_AGENT, HeaderValue::from_static("Watchkeeper")),
    ]);
    let own = [
        ("x-watchkeeper-timestamp", timestamp),
        ("x-watchkeeper-delivery", word.key().id),
        ("x-watchkeeper-signature", signature),
    ];
    for (name, value) in own {
        headers.insert(name, HeaderValue::from_str(&value).map_err(|cause| cause.to_string())?);
    }
    let body = word.body.clone().into();
    let request = Request { method: Method::POST, url: hook.url.clone(), headers, body, timeout: PATIENCE };
    match host.outward.send(request).await? {
        (200..=299, _) => Ok(()),
        (status, _) => Err(format!("it answered {status}")),
    }
}

/// The signature of a word.
fn signature(secret: &Secret, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    format!("v1={}", hex(hmac::sign(&key, format!("{timestamp}.{body}").as_bytes()).as_ref()))
}

/// Takes a word off its way, with the fact that it arrived or that it was given up.
async fn over(host: &Host, row: &Row, word: &Word, arrived: Result<(), String>) -> Result<(), Trouble> {
    let now = host.clock.now();
    let (event, outcome) = match &arrived {
        Ok(()) => ("hook.delivered", "succeeded"),
        Err(_) => ("hook.given_up", "failed"),
    };
    let mut detail =
        BTreeMap::from([("hook".to_owned(), word.hook.clone().into()), ("told".to_owned(), word.what.clone().into())]);
    if let Err(why) = arrived {
        tracing::error!(hook = word.hook, alert = %word.alert, what = word.what, why, "a hook was not told, and won't be");
        detail.insert("why".to_owned(), why.into());
    }
    let fact = Fact {
        operation: word.alert.to_string(),
        event: event.to_owned(),
        person: MYSELF.to_owned(),
        resource: Some(format!("alert {}", word.alert)),
        project: word.project.clone(),
        outcome: Some(outcome.to_owned()),
        detail,
        ..Fact::default()
    };
    let gone = Write { key: row.key.clone(), expects: row.version, value: None, due: None };
    host.commit(Draft::at(now).write(gone).fact(fact)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_signed_with_its_timestamp() {
        // By `printf '1764064800.{}' | openssl dgst -sha256 -hmac knock`.
        let signed = signature(&Secret::new("knock"), "1764064800", "{}");
        assert_eq!(signed, "v1=a62dae08741d2e2fa0182b4fe2b57b919f98b0c531de0e84310b0d4556490c50");
    }
}
