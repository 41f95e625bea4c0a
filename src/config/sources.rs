//! `[[sources]]` of `watchkeeper.toml`: who may say what is wrong, and what it has to show for that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use commands::context::MYSELF;
use commands::records::{Condition, Severity};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use toml::de::DeValue;
use url::Url;

use super::Environment;
use super::document::{Table, parsed, text, texts};
use crate::secret::Secret;
use crate::sources::json::{Fields, Pointer};
use crate::sources::{self, Api, Kind, Proof, Source, Topics};

/// What sources are read with.
pub(super) struct Around<'a> {
    /// Where the configuration is: paths are relative to it.
    pub(super) folder: &'a Path,
    /// Where secrets are.
    pub(super) environment: &'a Environment,
}

pub(super) const VARIABLE: &str = "the name of an environment variable, such as \"ALERTMANAGER_SECRET\"";
const HEADER: &str = "a header's name, such as \"X-Signature\"";
const POINTER: &str = "a JSON pointer, such as \"/alert/name\"";

/// Reads the tables under `[[sources]]`.
pub(super) fn read(tables: Vec<Table<'_>>, around: &Around<'_>) -> Vec<Source> {
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    for table in tables {
        let source = source(&table, around);
        if let Some(source) = source.as_ref().filter(|source| !seen.insert(source.name.clone())) {
            table.wrong(Some("name"), format!("Two sources are called {}.", source.name));
        }
        sources.extend(source);
    }
    sources
}

fn source(table: &Table<'_>, around: &Around<'_>) -> Option<Source> {
    const NAME: &str = "a name of lower-case letters, digits, - and _, such as \"prometheus\"";
    const KINDS: &str = "\"alertmanager\", \"grafana\", \"sns\" or \"json\"";
    let name = table.must("name", NAME, |value| text(value).filter(|name| is_name(name)));
    if let Some(taken) = name.as_deref().filter(|name| [sources::AWS, MYSELF].contains(name)) {
        let words = format!("{taken} is what alerts are from that AWS tells or the bot finds itself; give it another name.");
        table.wrong(Some("name"), words);
    }
    let project = table.get("project", "the project its alerts belong to", text);
    let severity = table.get("severity", "\"critical\", \"warning\" or \"info\"", severity);
    let kind = match table.must("kind", KINDS, text)?.as_str() {
        "alertmanager" => {
            proof(table, around).zip(Some(api(table, around))).map(|(proof, api)| Kind::Alertmanager { proof, api })
        }
        "grafana" => signed_or_bearer(table, around).map(|proof| Kind::Grafana { proof }),
        "json" => {
            let (proof, fields) = (signed_or_bearer(table, around), fields(table));
            proof.zip(fields).map(|(proof, fields)| Kind::Json { proof, fields: Box::new(fields) })
        }
        "sns" => topics(table, around).map(Kind::Sns),
        other => {
            table.wrong(Some("kind"), format!("Expected {KINDS}, found {other:?}."));
            return None;
        }
    };
    table.done();
    Some(Source { name: name?, kind: kind?, project, severity: severity.unwrap_or_default() })
}

pub(super) fn is_name(name: &str) -> bool {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    fits && name.bytes().any(|byte| byte.is_ascii_lowercase()) && name.len() <= 40
}

/// The secret in the variable that a key names. A source without one is never let in, so a variable that is not set is an
/// error, not a source that refuses everybody.
pub(super) fn secret(table: &Table<'_>, key: &'static str, variable: Option<String>, around: &Around<'_>) -> Option<Secret> {
    let variable = variable?;
    let secret = around.environment.get(&variable).map(Secret::new);
    if secret.is_none() {
        table.wrong(Some(key), format!("{variable} is not set in the environment."));
    }
    secret
}

fn proof(table: &Table<'_>, around: &Around<'_>) -> Option<Proof> {
    secret(table, "secret", table.must("secret", VARIABLE, text), around).map(Proof::Bearer)
}

fn signed_or_bearer(table: &Table<'_>, around: &Around<'_>) -> Option<Proof> {
    let key = secret(table, "secret", table.must("secret", VARIABLE, text), around);
    let signature = table.get("signature", HEADER, header);
    let timestamp = table.get("timestamp", HEADER, header);
    match (signature, timestamp) {
        (Some(header), timestamp) => Some(Proof::Signature { key: key?, header, timestamp }),
        (None, Some(_)) => {
            table.wrong(Some("timestamp"), "It is part of a signature: name the header that has it in `signature`.".to_owned());
            None
        }
        (None, None) => key.map(Proof::Bearer),
    }
}

fn header(value: &DeValue<'_>) -> Option<String> {
    let fits = |name: &String| {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        plain && name.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    text(value).filter(fits).map(|name| name.to_ascii_lowercase())
}

fn api(table: &Table<'_>, around: &Around<'_>) -> Option<Api> {
    const URL: &str = "Alertmanager's own address, such as \"https://alertmanager.example.com\"";
    let token = secret(table, "token", table.get("token", VARIABLE, text), around);
    let url = table.get("url", URL, |value| {
        let url: Url = text(value)?.trim_end_matches('/').parse().ok()?;
        let plain = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
        // Who looks into the configuration is to find no password: `token` names where it is.
        let anonymous = url.username().is_empty() && url.password().is_none();
        (plain && anonymous && !url.path().ends_with("/api/v2")).then_some(url)
    });
    if url.is_none() && token.is_some() {
        table.wrong(Some("token"), "It is for Alertmanager's API, whose address is to stand in `url`.".to_owned());
    }
    url.map(|url| Api { url, token })
}

fn topics(table: &Table<'_>, around: &Around<'_>) -> Option<Topics> {
    const TOPICS: &str = "a list of topics' ARNs, such as [\"arn:aws:sns:eu-west-1:111122223333:alarms\"]";
    let allowed = table.must("topics", TOPICS, |value| {
        let is_topic = |arn: &String| arn.starts_with("arn:aws") && arn.contains(":sns:") && arn.split(':').count() == 6;
        texts(value).filter(|topics| !topics.is_empty() && topics.iter().all(is_topic))
    });
    let roots = match table.get("roots", "a file's path, such as \"roots.pem\"", text) {
        None => None,
        Some(file) => Some(certificates(table, &around.folder.join(file))?),
    };
    Some(Topics { allowed: allowed?, roots })
}

fn certificates(table: &Table<'_>, file: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let pem = std::fs::read(file).map_err(|cause| format!("Reading {}: {cause}.", file.display()));
    let certificates = pem.and_then(|pem| {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let sound = |all: &Vec<CertificateDer<'_>>| {
            !all.is_empty() && all.iter().all(|one| webpki::anchor_from_trusted_cert(one).is_ok())
        };
        all.ok().filter(sound).ok_or_else(|| format!("{} holds no certificates in PEM, or broken ones.", file.display()))
    });
    certificates.map_err(|words| table.wrong(Some("roots"), words)).ok()
}

fn fields(source: &Table<'_>) -> Option<Fields> {
    let Some(table) = source.table("fields") else {
        let words = "This table is missing: under [sources.fields] stands where things are, at least `title`.";
        source.wrong(Some("fields"), words.to_owned());
        return None;
    };
    let title = table.must("title", POINTER, parsed::<Pointer>);
    let optional = |key| table.get(key, POINTER, parsed::<Pointer>);
    let fields = Fields {
        alerts: optional("alerts"),
        title: Pointer::default(),
        state: optional("state"),
        fingerprint: optional("fingerprint"),
        severity: optional("severity"),
        since: optional("since"),
        as_of: optional("as_of"),
        summary: optional("summary"),
        value: optional("value"),
        threshold: optional("threshold"),
        account: optional("account"),
        region: optional("region"),
        resource: optional("resource"),
        labels: optional("labels"),
        graph: optional("graph"),
        links: words(table.table("links"), POINTER, |path| path.parse().ok()),
        states: words(source.table("states"), "\"firing\" or \"resolved\"", |name| match name {
            "firing" => Some(Condition::Firing),
            "resolved" => Some(Condition::Resolved),
            _ => None,
        }),
        severities: words(source.table("severities"), "\"critical\", \"warning\" or \"info\"", rating),
    };
    table.done();
    let lower = |name: String| name.to_lowercase();
    Some(Fields {
        title: title?,
        states: fields.states.into_iter().map(|(name, state)| (lower(name), state)).collect(),
        severities: fields.severities.into_iter().map(|(name, severity)| (lower(name), severity)).collect(),
        ..fields
    })
}

/// A table of names that the source has and what each means.
fn words<T>(table: Option<Table<'_>>, expected: &str, read: impl Fn(&str) -> Option<T>) -> BTreeMap<String, T> {
    let Some(table) = table else { return BTreeMap::new() };
    let meaning = |(name, written): (String, String)| {
        let meaning = read(&written);
        if meaning.is_none() {
            table.wrong(Some(&name), format!("Expected {expected}, found {written:?}."));
        }
        meaning.map(|meaning| (name, meaning))
    };
    table.named_texts().into_iter().filter_map(meaning).collect()
}

fn severity(value: &DeValue<'_>) -> Option<Severity> {
    rating(value.as_str()?)
}

fn rating(name: &str) -> Option<Severity> {
    [Severity::Critical, Severity::Warning, Severity::Info].into_iter().find(|severity| severity.name() == name)
}

#[cfg(test)]
mod tests;
