//! What an Alertmanager knows: alerts and silences. Pure; the API and the webhook are beside it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::labels::{Labels, Matcher, fingerprint};

/// How long an alert lasts whose sender names no end: `resolve_timeout`.
const RESOLVE_TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub(super) labels: Labels,
    pub(super) annotations: Labels,
    pub(super) generator: String,
    pub(super) starts: Timestamp,
    pub(super) ends: Ends,
    pub(super) updated: Timestamp,
}

/// When an alert is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ends {
    /// Somebody sends it again and again until it is told otherwise.
    KeptUp,
    At(Timestamp),
}

impl Alert {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.ends, Ends::At(end) if end <= now)
    }

    /// The end as it is shown: of what is kept up, four minutes from its last sending.
    pub(super) fn end(&self, now: Timestamp) -> Timestamp {
        match self.ends {
            Ends::KeptUp => now + SignedDuration::from_mins(4),
            Ends::At(end) => end,
        }
    }
}

/// An alert as a sender posts it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posted {
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) annotations: Labels,
    #[serde(default, rename = "generatorURL")]
    pub(super) generator: String,
    #[serde(default)]
    pub(super) starts_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) ends_at: Option<Timestamp>,
}

/// A silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its id, a UUID.
    pub id: String,
    /// What an alert must be like that it silences.
    pub matchers: Vec<Matcher>,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// When it was last changed.
    pub updated: Timestamp,
}

impl Silence {
    /// `pending`, `active` or `expired`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> &'static str {
        match () {
            () if now < self.starts => "pending",
            () if now < self.ends => "active",
            () => "expired",
        }
    }

    /// Whether it keeps an alert with these labels quiet.
    #[must_use]
    pub fn silences(&self, labels: &Labels, now: Timestamp) -> bool {
        self.state(now) == "active" && self.matchers.iter().all(|matcher| matcher.fits(labels))
    }

    pub(super) fn shown(&self, now: Timestamp) -> Value {
        json!({
            "id": self.id,
            "status": { "state": self.state(now) },
            "updatedAt": instant(self.updated),
            "comment": self.comment,
            "createdBy": self.created_by,
            "startsAt": instant(self.starts),
            "endsAt": instant(self.ends),
            "matchers": self.matchers,
        })
    }
}

/// A silence as somebody posts it. Its members are looked at before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    #[serde(default)]
    id: String,
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: String,
    comment: String,
}

/// A refusal: status and body.
pub(super) type Refusal = (u16, Value);

/// What it knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) alerts: BTreeMap<String, Alert>,
    pub(super) silences: Vec<Silence>,
    /// What each group was last told of, by its key: fingerprints that fired, and those that were over.
    pub(super) told: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// When it started.
    pub(super) since: Option<Timestamp>,
    /// How many silences were made.
    pub(super) made: u64,
}

impl State {
    /// Takes in what a sender posts: new alerts, further word of known ones, or their end.
    pub(super) fn post(&mut self, posted: Posted, now: Timestamp) -> String {
        let Posted { labels, annotations, generator, starts_at, ends_at } = posted;
        let id = fingerprint(&labels);
        let known = self.alerts.get(&id).filter(|known| !known.is_over(now));
        let starts = match (known, starts_at) {
            (Some(known), Some(starts)) => known.starts.min(starts),
            (Some(known), None) => known.starts,
            (None, Some(starts)) => starts,
            (None, None) => ends_at.filter(|end| *end < now).unwrap_or(now),
        };
        let ends = Ends::At(ends_at.unwrap_or(now + RESOLVE_TIMEOUT));
        self.alerts.insert(id.clone(), Alert { labels, annotations, generator, starts, ends, updated: now });
        id
    }

    /// The alerts that fire, with the silences that keep each quiet.
    pub(super) fn firing(&self, now: Timestamp) -> Vec<(&String, &Alert, Vec<String>)> {
        let alerts = self.alerts.iter().filter(|(_, alert)| !alert.is_over(now));
        alerts.map(|(id, alert)| (id, alert, self.silenced_by(&alert.labels, now))).collect()
    }

    pub(super) fn silenced_by(&self, labels: &Labels, now: Timestamp) -> Vec<String> {
        self.silences.iter().filter(|silence| silence.silences(labels, now)).map(|silence| silence.id.clone()).collect()
    }

    /// Makes a silence or changes one, as `silence.Set` does: one that stays what it is but for its end is changed in place,
    /// any other change ends it and makes another.
    pub(super) fn silence(&mut self, wanted: Wanted, now: Timestamp) -> Result<String, Refusal> {
        let Wanted { id, mut matchers, starts_at, ends_at, created_by, comment } = wanted;
        let refused = |words: &str| Err((400, Value::from(words)));
        if starts_at >= ends_at {
            return refused("Failed to create silence: start time must be before end time");
        }
        if ends_at < now {
            return refused("Failed to create silence: end time can't be in the past");
        }
        if let Some((at, bad)) = matchers.iter().enumerate().find(|(_, matcher)| !matcher.has_valid_name()) {
            let words = format!("silence invalid: invalid label matcher {at}: invalid label name {:?}", bad.name);
            return refused(&words);
        }
        if matchers.iter().all(|matcher| matcher.value.is_empty() == matcher.is_equal) {
            return refused("silence invalid: at least one matcher must not match the empty string");
        }
        matchers.sort();
        let mut made = Silence { id, matchers, starts: starts_at, ends: ends_at, created_by, comment, updated: now };
        if !made.id.is_empty() {
            let Some(known) = self.silences.iter_mut().find(|silence| silence.id == made.id) else {
                return Err((404, Value::from("silence not found")));
            };
            let stays = match known.state(now) {
                "active" => known.matchers == made.matchers && known.starts.as_second() == made.starts.as_second(),
                "pending" => known.matchers == made.matchers && made.starts >= now,
                _ => false,
            };
            if stays {
                *known = made.clone();
                return Ok(made.id);
            }
            expire(known, now);
        }
        self.made += 1;
        made.id = format!("{:08x}-5113-4ce5-8000-{:012x}", self.made, self.made);
        made.starts = made.starts.max(now);
        let id = made.id.clone();
        self.silences.push(made);
        Ok(id)
    }

    /// Ends a silence; one that is over stays as it is.
    pub(super) fn expire(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        match self.silences.iter_mut().find(|silence| silence.id == id) {
            Some(silence) => {
                expire(silence, now);
                Ok(())
            }
            // So it is: 500, where reading one that is not there gives 404.
            None => Err((500, Value::from("silence not found"))),
        }
    }

    /// The silences in the order the API lists them: active ones by their end, then pending ones, then those that are over,
    /// the latest first.
    pub(super) fn listed(&self, now: Timestamp) -> Vec<&Silence> {
        let mut all: Vec<&Silence> = self.silences.iter().collect();
        all.sort_by_key(|silence| match silence.state(now) {
            "active" => (0, silence.ends.as_nanosecond()),
            "pending" => (1, silence.starts.as_nanosecond()),
            _ => (2, -silence.ends.as_nanosecond()),
        });
        all
    }
}

fn expire(silence: &mut Silence, now: Timestamp) {
    match silence.state(now) {
        "active" => silence.ends = now,
        "pending" => (silence.starts, silence.ends) = (now, now),
        _ => return,
    }
    silence.updated = now;
}

/// An instant as the API writes it, in milliseconds.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}
