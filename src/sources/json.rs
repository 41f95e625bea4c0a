//! Anything that posts JSON: the configuration says where things stand in it, by JSON pointers (RFC 6901).

use std::collections::BTreeMap;
use std::str::FromStr;

use commands::records::{Condition, Ends, Link, Severity, Signal};
use jiff::Timestamp;
use serde_json::Value;

use super::reading::{Decoded, Malformed, json, since, text, texts, time};
use super::severity::{of_labels, severity, state};
use super::{Source, cut};

/// Where things stand in a body. A pointer is followed in the alert first, and where that leads nowhere in the whole body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Where the list of alerts is; none where the body is one alert, or a list of them.
    pub alerts: Option<Pointer>,
    /// What is wrong, in a few words.
    pub title: Pointer,
    /// Firing or resolved; none where everything that comes in fires.
    pub state: Option<Pointer>,
    /// The same for the same thing; none where all labels tell it from others, or without labels title and resource.
    pub fingerprint: Option<Pointer>,
    /// How bad it is; none where labels say so.
    pub severity: Option<Pointer>,
    /// Since when.
    pub since: Option<Pointer>,
    /// As of when: what is older than what is known comes late and is left out.
    pub as_of: Option<Pointer>,
    /// What is wrong, in sentences.
    pub summary: Option<Pointer>,
    /// The value that is wrong.
    pub value: Option<Pointer>,
    /// What it was compared with.
    pub threshold: Option<Pointer>,
    /// The AWS account it is in.
    pub account: Option<Pointer>,
    /// The region it is in.
    pub region: Option<Pointer>,
    /// What it is about.
    pub resource: Option<Pointer>,
    /// Its labels: an object, or a list of `name:value` or `name=value`.
    pub labels: Option<Pointer>,
    /// A picture of the graph.
    pub graph: Option<Pointer>,
    /// Where to look, by what the link is called.
    pub links: BTreeMap<String, Pointer>,
    /// The source's own words for states, in lower case, where they are not those everybody uses.
    pub states: BTreeMap<String, Condition>,
    /// The source's own words for severities, in lower case.
    pub severities: BTreeMap<String, Severity>,
}

/// A JSON pointer: `/alert/name`; the empty one is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(String);

impl FromStr for Pointer {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let tilde = written.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if tilde && (written.is_empty() || written.starts_with('/')) {
            Ok(Self(written.to_owned()))
        } else {
            Err(format!("“{written}” is no JSON pointer; they look like /alert/name"))
        }
    }
}

/// What a body says, read by a field map.
pub fn decode(body: &[u8], source: &Source, fields: &Fields, now: Timestamp) -> Decoded {
    match json(body) {
        Ok(body) => read(&body, source, fields, now).unwrap_or_else(Decoded::from),
        Err(malformed) => malformed.into(),
    }
}

fn read(body: &Value, source: &Source, fields: &Fields, now: Timestamp) -> Result<Decoded, Malformed> {
    let mut decoded = Decoded::default();
    let base = fields.alerts.as_ref().map_or("", |pointer| &pointer.0);
    let found = body.pointer(base);
    let list = match found {
        Some(Value::Array(list)) => Some(list),
        Some(Value::Object(_)) => None,
        other => {
            return Err(Malformed::expected(if base.is_empty() { "body" } else { base }, "an alert or a list of alerts", other));
        }
    };
    let one = |alert, at: String| Reading { alert, body, source, fields, at }.signal(now);
    match (list, found) {
        (Some(list), _) => {
            for (number, alert) in list.iter().enumerate() {
                decoded.add(one(alert, format!("{base}/{number}")));
            }
        }
        (None, Some(alert)) => decoded.add(one(alert, base.to_owned())),
        (None, None) => {}
    }
    Ok(decoded)
}

/// An alert that is being read.
struct Reading<'a> {
    alert: &'a Value,
    body: &'a Value,
    source: &'a Source,
    fields: &'a Fields,
    /// Where the alert stands in the body.
    at: String,
}

impl<'a> Reading<'a> {
    fn signal(&self, now: Timestamp) -> Result<Option<Signal>, Malformed> {
        let fields = self.fields;
        if !self.alert.is_object() {
            return Err(Malformed::expected(&*self.at, "an object", Some(self.alert)));
        }
        let Some(condition) = self.condition()? else { return Ok(None) };
        let title = self.value(Some(&fields.title));
        let Some(title) = title.and_then(text) else {
            return Err(Malformed::expected(format!("{}{}", self.at, fields.title.0), "the alert's title", title));
        };
        let labels = self.labels();
        let resource = self.text(fields.resource.as_ref());
        let own = |said: &str| fields.severities.get(&said.trim().to_lowercase()).copied().or_else(|| severity(said));
        let rated = self.text(fields.severity.as_ref()).and_then(|said| own(&said));
        let rated = rated.or_else(|| of_labels(|name| labels.get(name).map(String::as_str)));
        let fingerprint = match self.text(fields.fingerprint.as_ref()) {
            Some(own) => own,
            None if labels.is_empty() => cut::digest_of([title.as_str(), resource.as_deref().unwrap_or_default()]),
            None => cut::digest_of([title.as_str(), &cut::fingerprint(&labels)]),
        };
        let links = fields
            .links
            .iter()
            .filter_map(|(label, pointer)| Some(Link { label: label.clone(), url: self.text(Some(pointer))? }));
        let signal = Signal {
            source: self.source.name.clone(),
            fingerprint,
            condition,
            title,
            severity: rated.unwrap_or(self.source.severity),
            since: since(self.value(fields.since.as_ref()), now),
            as_of: time(self.value(fields.as_of.as_ref())),
            summary: self.text(fields.summary.as_ref()).unwrap_or_default(),
            value: self.text(fields.value.as_ref()),
            threshold: self.text(fields.threshold.as_ref()),
            account: self.text(fields.account.as_ref()),
            region: self.text(fields.region.as_ref()),
            resource,
            links: links.collect(),
            graph: self.text(fields.graph.as_ref()),
            ends: if fields.state.is_some() { Ends::BySource } else { Ends::ByPeople },
            labels,
            ..Signal::default()
        };
        Ok(Some(cut::to_fit(signal, now)))
    }

    fn condition(&self) -> Result<Option<Condition>, Malformed> {
        let Some(pointer) = &self.fields.state else { return Ok(Some(Condition::Firing)) };
        let found = self.value(Some(pointer));
        let said = found.and_then(text).unwrap_or_default();
        if let Some(own) = self.fields.states.get(&said.trim().to_lowercase()) {
            return Ok(Some(*own));
        }
        match (found, state(&said)) {
            (_, Some(state)) => Ok(state.condition()),
            (Some(Value::Bool(fires)), None) => Ok(Some(if *fires { Condition::Firing } else { Condition::Resolved })),
            (found, None) => {
                let expected = "a state, such as \"firing\" or \"resolved\", or one of the source's `states`";
                Err(Malformed::expected(format!("{}{}", self.at, pointer.0), expected, found))
            }
        }
    }

    fn labels(&self) -> BTreeMap<String, String> {
        match self.value(self.fields.labels.as_ref()) {
            Some(Value::Array(list)) => {
                let pair = |value: &Value| {
                    let tag = text(value)?;
                    let (name, value) = tag.split_once([':', '=']).unwrap_or((&tag, ""));
                    Some((name.trim().to_owned(), value.trim().to_owned()))
                };
                list.iter().filter_map(pair).collect()
            }
            other => texts(other),
        }
    }

    fn text(&self, pointer: Option<&Pointer>) -> Option<String> {
        self.value(pointer).and_then(text)
    }

    /// What a pointer leads to: in the alert, else in the whole body.
    fn value(&self, pointer: Option<&Pointer>) -> Option<&'a Value> {
        let path = &pointer?.0;
        self.alert.pointer(path).filter(|value| !value.is_null()).or_else(|| self.body.pointer(path))
    }
}

#[cfg(test)]
mod tests;
