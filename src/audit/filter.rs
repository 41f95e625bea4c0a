//! Whether an entry is what a query asks for; the reference for every index.

use std::collections::BTreeSet;

use commands::records::{AuditQuery, Entry};

use super::terms::{Member, Term, term, words, words_in};

/// A query made ready to be put to many entries.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    query: &'a AuditQuery,
    words: BTreeSet<String>,
}

impl<'a> Filter<'a> {
    /// Makes `query` ready.
    pub fn new(query: &'a AuditQuery) -> Self {
        Self { query, words: query.words.iter().flat_map(|typed| words(typed)).collect() }
    }

    /// Whether `entry` is asked for. Number and limit of the page count too: `before` yes, `limit` no.
    pub fn matches(&self, entry: &Entry) -> bool {
        let Entry { number, at, fact, hash: _ } = entry;
        let query = self.query;
        let same = |asked: &Option<String>, has: Option<&str>| {
            asked.as_ref().is_none_or(|asked| has.is_some_and(|has| has.to_lowercase() == asked.to_lowercase()))
        };
        let resource = fact.resource.as_deref();
        query.before.is_none_or(|before| *number < before)
            && query.since.is_none_or(|since| since <= *at)
            && query.until.is_none_or(|until| *at < until)
            && same(&query.person, Some(&fact.person))
            && same(&query.action, fact.action.as_deref())
            && same(&query.outcome, fact.outcome.as_deref())
            && query.change.is_none_or(|change| fact.change == Some(change))
            && (same(&query.resource, resource)
                || same(&query.resource, resource.and_then(|whole| whole.split_once(' ')).map(|(_, name)| name)))
            && query.projects.as_ref().is_none_or(|seen| fact.project.as_ref().is_some_and(|project| seen.contains(project)))
            && (self.words.is_empty() || self.words.is_subset(&words_in(fact)))
    }

    /// The terms that every entry asked for has.
    pub fn all_of(&self) -> Vec<Term> {
        let query = self.query;
        let mut terms: Vec<Term> = self.words.iter().map(|word| term(Member::Word, word)).collect();
        let members = [
            (Member::Person, &query.person),
            (Member::Resource, &query.resource),
            (Member::Action, &query.action),
            (Member::Outcome, &query.outcome),
        ];
        terms.extend(
            members.iter().filter_map(|(member, asked)| asked.as_ref().map(|asked| term(*member, &asked.to_lowercase()))),
        );
        terms.extend(query.change.map(|change| term(Member::Change, &change.to_string())));
        terms
    }

    /// The terms of which every entry asked for has one; none when all do.
    pub fn one_of(&self) -> Option<Vec<Term>> {
        let projects = self.query.projects.as_ref()?;
        Some(projects.iter().map(|project| term(Member::Project, project)).collect())
    }
}
