//! What a record keeps of a signal, held here for every source: lengths in letters, one line where one line is shown, no
//! control letters, links that are links, a time that is not in the future.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use commands::plan::hex;
use commands::records::{Link, Signal};
use jiff::Timestamp;
use ring::digest;
use url::Url;

/// Letters of a title.
const TITLE: usize = 200;
/// Letters of a summary.
const SUMMARY: usize = 2_000;
/// Letters of a value, a threshold, a resource.
const WORDS: usize = 300;
/// Labels that are kept.
const LABELS: usize = 40;
/// Letters of a label's name.
const NAME: usize = 100;
/// Letters of a label's value.
const VALUE: usize = 500;
/// Bytes of all labels' names and values, as JSON has them: with the rest of a signal some 40 kB, whatever its letters.
const BUDGET: usize = 16_000;
/// Links that are kept.
const LINKS: usize = 5;
/// Bytes of an address.
const URL: usize = 2_000;
/// Letters of what a link is called.
const LINK: usize = 60;
/// Bytes of a fingerprint.
const FINGERPRINT: usize = 128;

/// The labels that go first when there are too many: people route, group and fill in runbooks by them.
const FIRST: [&str; 21] = [
    "alertname",
    "severity",
    "project",
    "env",
    "environment",
    "stage",
    "service",
    "team",
    "namespace",
    "cluster",
    "instance",
    "job",
    "account",
    "region",
    "resource",
    "host",
    "pod",
    "container",
    "database",
    "level",
    "priority",
];

/// The signal as a record keeps it. `now` is when it came in. Its fingerprint must be there already: [`own`] or
/// [`fingerprint`] over everything the source said, since what is cut here can make two things look like one.
pub(super) fn to_fit(signal: Signal, now: Timestamp) -> Signal {
    let (labels, left_out) = labels(signal.labels);
    let title = line(&signal.title, TITLE);
    Signal {
        fingerprint: own(&signal.fingerprint),
        title: if title.is_empty() { "Alert without a name".to_owned() } else { title },
        since: signal.since.min(now),
        as_of: signal.as_of.map(|told| told.min(now)),
        summary: prose(&signal.summary, SUMMARY),
        value: words(signal.value),
        threshold: words(signal.threshold),
        account: signal.account.filter(|id| id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_digit())),
        region: signal.region.filter(|region| is_region(region)),
        resource: words(signal.resource),
        labels,
        left_out: signal.left_out.saturating_add(left_out),
        links: links(signal.links),
        graph: signal.graph.as_deref().and_then(address).filter(|url| url.starts_with("https://")),
        ..signal
    }
}

/// A source's own fingerprint, or a digest of it where it is too long or not of plain letters.
pub(super) fn own(fingerprint: &str) -> String {
    let plain = fingerprint.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && !fingerprint.is_empty() && fingerprint.len() <= FINGERPRINT {
        fingerprint.to_owned()
    } else {
        digest_of([fingerprint])
    }
}

/// The fingerprint of something that is told from others by all of its labels.
pub(super) fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    digest_of(labels.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]))
}

/// A digest of texts, 32 hexadecimal digits: other texts, or the same ones divided otherwise, have another.
pub(super) fn digest_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    hex(&context.finish().as_ref()[..16])
}

fn words(text: Option<String>) -> Option<String> {
    text.map(|text| line(&text, WORDS)).filter(|text| !text.is_empty())
}

/// Whether a text can be the name of an AWS region.
fn is_region(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Letters that draw nothing or turn the direction of what follows: they can make a text look like another.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// One line of at most `most` letters, without blanks around it.
pub(super) fn line(text: &str, most: usize) -> String {
    let clean: String = text.trim().chars().take(most + 1).map(|letter| if is_hidden(letter) { ' ' } else { letter }).collect();
    cut(clean.trim(), most)
}

/// Sentences of at most `most` letters; their lines stay.
fn prose(text: &str, most: usize) -> String {
    let shown = |letter| if is_hidden(letter) && letter != '\n' { ' ' } else { letter };
    let clean: String = text.trim().chars().filter(|letter| *letter != '\r').take(most + 1).map(shown).collect();
    cut(clean.trim(), most)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// The labels that are kept, and how many were left out or are not as the source has them.
fn labels(all: BTreeMap<String, String>) -> (BTreeMap<String, String>, u32) {
    let count = all.len();
    let mut ranked: Vec<(String, String)> = all.into_iter().collect();
    // Stable: labels of no rank stay in the order of their names.
    ranked.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    let mut kept = BTreeMap::new();
    let mut whole = 0;
    let mut room = BUDGET;
    for (name, value) in ranked {
        if kept.len() == LABELS {
            break;
        }
        let (short_name, short_value) = (line(&name, NAME), line(&value, VALUE));
        let (is_whole, takes) = (short_name == name && short_value == value, written(&short_name) + written(&short_value));
        // Two names may be one once they are cut: the first one stays. A long label that does not fit leaves its room to others.
        if let (Some(rest), Entry::Vacant(place)) = (room.checked_sub(takes), kept.entry(short_name)) {
            place.insert(short_value);
            whole += usize::from(is_whole);
            room = rest;
        }
    }
    (kept, u32::try_from(count - whole).unwrap_or(u32::MAX))
}

/// The bytes that a text without control letters takes in JSON.
fn written(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

fn links(all: Vec<Link>) -> Vec<Link> {
    let mut kept: Vec<Link> = Vec::new();
    for link in all {
        let Some(url) = address(&link.url).filter(|url| kept.len() < LINKS && !kept.iter().any(|other| other.url == *url)) else {
            continue;
        };
        let label = Some(line(&link.label, LINK)).filter(|label| !label.is_empty());
        kept.push(Link { label: label.unwrap_or_else(|| "Link".to_owned()), url });
    }
    kept
}

/// The address of a web page in a text, as it stands there unless chats would not know it for one: `Https:/a.b` is an address
/// for browsers alone.
fn address(text: &str) -> Option<String> {
    let is_plain = !text.chars().any(|letter| letter.is_whitespace() || is_hidden(letter) || "<>|\"`\\".contains(letter));
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain)?;
    let is_usual = ["http://", "https://"].iter().any(|start| text.starts_with(start));
    let address = if is_usual { text.to_owned() } else { url.into() };
    (address.len() <= URL).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

    fn letters(text: &str) -> usize {
        text.chars().count()
    }

    fn fits(signal: &Signal) -> bool {
        let one_line = |text: &str, most| letters(text) <= most && !text.chars().any(is_hidden);
        let words = |text: &Option<String>| text.as_deref().is_none_or(|text| one_line(text, WORDS));
        one_line(&signal.title, TITLE)
            && !signal.title.is_empty()
            && letters(&signal.summary) <= SUMMARY
            && words(&signal.value)
            && words(&signal.threshold)
            && words(&signal.resource)
            && signal.labels.len() <= LABELS
            && signal.labels.iter().all(|(name, value)| one_line(name, NAME) && one_line(value, VALUE))
            && signal.links.len() <= LINKS
            && signal.links.iter().all(|link| link.url.starts_with("http"))
            && signal.since <= NOW
            && signal.as_of.is_none_or(|told| told <= NOW)
            && (1..=FINGERPRINT).contains(&signal.fingerprint.len())
            && signal.fingerprint.is_ascii()
            && signal.labels.iter().map(|(name, value)| written(name) + written(value)).sum::<usize>() <= BUDGET
            && serde_json::to_string(signal).unwrap().len() <= 44_000
    }

    #[test]
    fn labels_have_a_budget_and_those_people_go_by_have_it_first() {
        let long = |name: &str| (name.to_owned(), "\"".repeat(500));
        let mut labels: BTreeMap<_, _> = (0..39).map(|number| long(&format!("a{number:02}"))).collect();
        labels.extend([long("project"), ("zone".to_owned(), "eu".to_owned())]);
        let signal = to_fit(Signal { labels, ..Signal::default() }, NOW);
        assert!(signal.labels.contains_key("project") && signal.labels.contains_key("zone"), "{:?}", signal.labels.keys());
        assert_eq!((signal.labels.len(), signal.left_out), (16, 25));
    }

    #[test]
    fn the_widest_letters_make_no_record_that_is_too_large() {
        let wide = "𝕏".repeat(3_000);
        let labels = (0..60).map(|number| (format!("{number}{wide}"), wide.clone())).collect();
        let url = |number: usize| format!("https://{number}.example/{}", "x".repeat(1_980));
        let links = (0..9).map(|number| Link { label: wide.clone(), url: url(number) }).collect();
        let text = || Some(wide.clone());
        let signal =
            Signal { title: wide.clone(), summary: wide.clone(), labels, links, graph: Some(url(10)), ..Signal::default() };
        let signal = to_fit(Signal { value: text(), threshold: text(), resource: text(), ..signal }, NOW);
        assert!(signal.graph.is_some() && fits(&signal), "{}", serde_json::to_string(&signal).unwrap().len());
    }

    #[test]
    fn labels_people_go_by_are_kept_whatever_their_place() {
        let mut all: BTreeMap<_, _> = (0..5_000).map(|number| (format!("a{number:04}"), "x".to_owned())).collect();
        all.extend([("severity", "critical"), ("project", "shop"), ("zone", "a")].map(|(n, v)| (n.to_owned(), v.to_owned())));
        let fitted = to_fit(Signal { labels: all, ..Signal::default() }, NOW);
        assert_eq!(fitted.labels.len(), 40);
        assert_eq!((fitted.labels["project"].as_str(), fitted.labels.contains_key("zone")), ("shop", false));
        assert_eq!(fitted.left_out, 5_003 - 40);
    }

    #[test]
    fn a_label_that_is_not_as_the_source_has_it_counts_as_left_out() {
        let labels = [("a", "b\0c"), ("d", "e"), ("long", &*"ü".repeat(501))];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let fitted = to_fit(Signal { labels, ..Signal::default() }, NOW);
        assert_eq!((fitted.labels["a"].as_str(), fitted.left_out), ("b c", 2));
        assert_eq!(letters(&fitted.labels["long"]), 500);
    }

    #[test]
    fn what_is_no_link_is_left_out() {
        let link = |url: &str| Link { label: "Graph".to_owned(), url: url.to_owned() };
        let all = ["javascript:alert(1)", "", "https://a.example/x|y", "http://b.example/", "https://", "HTTP:/b.example"];
        let links = all.map(link).to_vec();
        let graph = Some("http://plain.example/x.png".to_owned());
        let fitted = to_fit(Signal { links, graph, ..Signal::default() }, NOW);
        assert_eq!((fitted.links, fitted.graph), (vec![link("http://b.example/")], None));
    }

    #[test]
    fn a_text_that_turns_around_stays_where_it_is() {
        let title = "pay\u{202e}load\nnext".to_owned();
        let fitted = to_fit(Signal { title, summary: "one\r\ntwo\0".to_owned(), ..Signal::default() }, NOW);
        assert_eq!((fitted.title.as_str(), fitted.summary.as_str()), ("pay load next", "one\ntwo"));
        assert_eq!(to_fit(Signal::default(), NOW).title, "Alert without a name");
    }

    #[test]
    fn fingerprints_tell_apart_what_is_not_the_same() {
        assert_eq!(own("d10391f93d6acd82"), "d10391f93d6acd82");
        assert_ne!(own("ü"), own("ö"));
        assert_ne!(own(&"x".repeat(129)), own(&"x".repeat(130)));
        assert_ne!(digest_of(["ab", "c"]), digest_of(["a", "bc"]));
    }

    proptest! {
        #[test]
        fn everything_fits(
            title in any::<String>(),
            summary in "(?s).{0,3000}",
            fingerprint in any::<String>(),
            labels in btree_map(any::<String>(), prop_oneof!["(?s).{0,600}", "[\"\\\\]{0,600}"], 0..60),
            urls in vec(prop_oneof!["https?://[a-z]{1,9}\\.example/.{0,9}", any::<String>()], 0..9),
            since in any::<i32>(),
        ) {
            let links = urls.into_iter().map(|url| Link { label: title.clone(), url }).collect();
            let since = Timestamp::from_second(i64::from(since) * 2).unwrap();
            let value = Some(title.clone());
            let count = labels.len();
            let as_of = Some(since);
            let signal = Signal { title, summary, fingerprint, labels, links, since, as_of, value, ..Signal::default() };
            let fitted = to_fit(signal, NOW);
            prop_assert!(fits(&fitted), "{fitted:?}");
            prop_assert!(fitted.labels.len() + fitted.left_out as usize >= count);
            // What fits already is left as it is.
            let again = to_fit(Signal { left_out: 0, ..fitted.clone() }, NOW);
            prop_assert_eq!(Signal { left_out: fitted.left_out, ..again }, fitted);
        }
    }
}
