//! What an entry can be found by: its members as they are, and the words in it.
//!
//! Words are runs of letters, digits and `-._`, lower-cased; a run is found whole and by its parts: `orders-prod` is
//! `orders-prod`, `orders` and `prod`. Ideographs and kana are written without spaces, so each is a word of its own.

use std::collections::BTreeSet;

use commands::records::Fact;
use serde_json::Value;

/// The hash of something an entry can be found by. It is kept in index files: FNV-1a, 64 bits folded to 32.
pub type Term = u32;

/// The members an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Member {
    Word = 1,
    Person,
    Resource,
    Action,
    Outcome,
    Change,
    Project,
}

/// The terms of one entry, sorted and distinct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms(pub Vec<Term>);

pub(super) fn term(member: Member, value: &str) -> Term {
    let bytes = std::iter::once(member as u8).chain(value.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash >> 32) as u32 ^ hash as u32
}

impl Terms {
    /// What an entry with `fact` can be found by.
    pub fn of(fact: &Fact) -> Self {
        let mut terms: Vec<Term> = words_in(fact).iter().map(|word| term(Member::Word, word)).collect();
        terms.push(term(Member::Person, &fact.person.to_lowercase()));
        if let Some(resource) = &fact.resource {
            let resource = resource.to_lowercase();
            terms.push(term(Member::Resource, &resource));
            terms.extend(resource.split_once(' ').map(|(_, name)| term(Member::Resource, name)));
        }
        terms.extend(fact.action.as_deref().map(|action| term(Member::Action, &action.to_lowercase())));
        terms.extend(fact.outcome.as_deref().map(|outcome| term(Member::Outcome, &outcome.to_lowercase())));
        terms.extend(fact.change.map(|change| term(Member::Change, &change.to_string())));
        terms.extend(fact.project.as_deref().map(|project| term(Member::Project, project)));
        terms.sort_unstable();
        terms.dedup();
        Self(terms)
    }
}

/// All words of a fact: of its members, of names and values in its detail.
pub(super) fn words_in(fact: &Fact) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let optional = [&fact.account, &fact.place, &fact.action, &fact.resource, &fact.project, &fact.outcome];
    for part in [&fact.operation, &fact.event, &fact.person].into_iter().chain(optional.into_iter().flatten()) {
        found.extend(words(part).into_iter().flat_map(parts));
    }
    if let Some(change) = fact.change {
        found.extend(parts(change.to_string().to_lowercase()));
    }
    for (name, value) in &fact.detail {
        found.extend(words(name).into_iter().flat_map(parts));
        collect(value, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => {
            found.insert(truth.to_string());
        }
        Value::Number(number) => found.extend(words(&number.to_string()).into_iter().flat_map(parts)),
        Value::String(text) => found.extend(words(text).into_iter().flat_map(parts)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                found.extend(words(name).into_iter().flat_map(parts));
                collect(member, found);
            }
        }
    }
}

/// The words in `text`, lower-cased, in order: what a search for `text` asks for.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut run = String::new();
    for letter in text.chars() {
        let ideograph = stands_alone(letter);
        if !ideograph && (letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_')) {
            run.extend(letter.to_lowercase());
            continue;
        }
        close(&mut run, &mut found);
        if ideograph {
            found.push(letter.to_string());
        }
    }
    close(&mut run, &mut found);
    found
}

fn close(run: &mut String, found: &mut Vec<String>) {
    let word = run.trim_matches(['-', '.', '_']);
    if !word.is_empty() {
        found.push(word.to_owned());
    }
    run.clear();
}

fn parts(word: String) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if word.contains(['-', '.', '_']) {
        found.extend(word.split(['-', '.', '_']).filter(|part| !part.is_empty()).map(str::to_owned));
    }
    found.push(word);
    found
}

fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{2fdf}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_by_their_parts() {
        let found = |text: &str| -> Vec<String> { words(text).into_iter().flat_map(parts).collect() };
        assert_eq!(found("Upgrade orders-prod: 8.0.40."), ["upgrade", "orders", "prod", "orders-prod", "8", "0", "40", "8.0.40"]);
        assert_eq!(words("arn:aws:rds:eu-west-1:1:db:orders"), ["arn", "aws", "rds", "eu-west-1", "1", "db", "orders"]);
        assert_eq!(words("升級 MySQL資料庫"), ["升", "級", "mysql", "資", "料", "庫"]);
        assert_eq!(words("-- ... "), [""; 0]);
    }
}
