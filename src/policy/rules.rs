//! A policy file → rules that are proved to make sense: every `@…` is known, every action exists, every attribute too.

use std::collections::{BTreeMap, HashMap};

use cedar_policy::{Effect, PolicyId, PolicySet, ValidationMode, Validator};
use commands::context::{Requirement, SelfApproval};
use commands::registry::nearest;
use miette::Diagnostic;

use super::schema::Actions;
use crate::config::{ConfigError, ConfigErrors, Place, PolicyText};

/// What stands above one policy.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Its `@id`.
    pub(super) id: String,
    /// How many rules stand before it in the file.
    pub(super) order: usize,
    /// Which requests it counts for; a forbid counts for all.
    pub(super) road: Road,
    /// The approval it demands.
    pub(super) requires: Option<Requirement>,
    /// What it says when it forbids.
    pub(super) says: Option<String>,
    /// Where it begins.
    pub(super) place: Place,
}

/// The two ways to ask for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Road {
    /// With the approvals it takes, and not in a freeze.
    Ordinary,
    /// Break-glass: at once, and reviewed afterwards.
    Emergency,
}

const ANNOTATIONS: [&str; 6] = ["id", "approvals", "approvers", "self_approval", "emergency", "says"];

pub(super) fn parse(text: &PolicyText, actions: &Actions) -> Result<(PolicySet, HashMap<PolicyId, Rule>), ConfigErrors> {
    let place = |offset| Place::in_text(&text.file, &text.text, offset);
    let set: PolicySet = text.text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        let error = |error: &dyn Diagnostic| ConfigError {
            place: place(offset(error).unwrap_or(0)),
            key: None,
            words: sentence(&words(error)),
        };
        ConfigErrors(errors.iter().map(|one| error(one)).collect())
    })?;
    let mut errors = ConfigErrors::default();
    for template in set.templates() {
        let words = "Templates (?principal, ?resource) are not used here: write the rule out.".to_owned();
        let offset = text.text.find(&template.to_cedar()).unwrap_or(0);
        errors.0.push(ConfigError { place: place(offset), key: template.annotation("id").map(str::to_owned), words });
    }
    let rules = rules(&set, text, actions, &mut errors);
    let schema = actions.schema().map_err(|cause| {
        let words = format!("The commands make no schema: {cause}.");
        ConfigErrors(vec![ConfigError { place: Place::whole(&text.file), key: None, words }])
    })?;
    let proof = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let found: Vec<_> = proof.validation_errors().map(|error| (error.policy_id(), error as &dyn Diagnostic)).collect();
    let warned = proof.validation_warnings().map(|warning| (warning.policy_id(), warning as &dyn Diagnostic));
    let only_warned: Vec<_> = warned.filter(|(policy, _)| !found.iter().any(|(other, _)| other == policy)).collect();
    for (policy, error) in found.into_iter().chain(only_warned) {
        let rule = rules.get(policy);
        let whole = rule.map_or_else(|| Place::whole(&text.file), |rule| rule.place.clone());
        errors.0.push(ConfigError {
            place: offset(error).map_or(whole, place),
            key: rule.map(|rule| rule.id.clone()),
            words: words(error).replace(&format!("for policy `{policy}`, "), "").replace(&format!("for policy `{policy}`: "), ""),
        });
    }
    for error in &mut errors.0 {
        error.words = sentence(&error.words);
    }
    errors.0.sort_by(|a, b| a.place.cmp(&b.place));
    errors.or((set, rules))
}

/// The rules by policy. A policy's place is found by its text, in the order of the file.
fn rules(set: &PolicySet, text: &PolicyText, actions: &Actions, errors: &mut ConfigErrors) -> HashMap<PolicyId, Rule> {
    let mut starts: Vec<(usize, &cedar_policy::Policy)> = set
        .policies()
        .map(|policy| (policy.to_cedar().and_then(|written| text.text.find(&written)).unwrap_or(0), policy))
        .collect();
    starts.sort_by_key(|(start, _)| *start);
    let mut seen = BTreeMap::new();
    let mut rules = HashMap::new();
    for (order, (start, policy)) in starts.into_iter().enumerate() {
        let place = Place::in_text(&text.file, &text.text, start);
        let id = policy.annotation("id").filter(|id| !id.is_empty()).unwrap_or_default().to_owned();
        let mut wrong = |words: String| {
            errors.0.push(ConfigError { place: place.clone(), key: (!id.is_empty()).then(|| id.clone()), words });
        };
        if id.is_empty() {
            wrong("This rule has no name: write @id(\"…\") above it.".to_owned());
        } else if let Some(line) = seen.insert(id.clone(), place.at.map_or(0, |(line, _)| line)) {
            wrong(format!("The rule in line {line} is called {id} too: every rule needs a name of its own."));
        }
        for (name, _) in policy.annotations().filter(|(name, _)| !ANNOTATIONS.contains(name)) {
            wrong(match nearest(name, ANNOTATIONS) {
                Some(close) => format!("There is no @{name}. Did you mean @{close}?"),
                None => format!("There is no @{name}. Known: @{}.", ANNOTATIONS.join(", @")),
            });
        }
        let road = road(policy, &mut wrong);
        let requires = requirement(policy, &mut wrong);
        if let (Some(_), Some(action)) = (&requires, actions.at_once(policy)) {
            wrong(format!(
                "It covers {action}, which is done at once and can't wait for approval: give that a rule without @approvals."
            ));
        }
        if road == Road::Emergency && requires.is_some() {
            wrong("@emergency stands without @approvals: an emergency runs at once and is reviewed afterwards.".to_owned());
        }
        let says = policy.annotation("says").map(str::to_owned);
        if says.is_some() && policy.effect() == Effect::Permit {
            wrong("@says is for a forbid: a permit has nothing to explain.".to_owned());
        }
        rules.insert(policy.id().clone(), Rule { id, order, road, requires, says, place });
    }
    rules
}

fn road(policy: &cedar_policy::Policy, wrong: &mut impl FnMut(String)) -> Road {
    match policy.annotation("emergency") {
        None => return Road::Ordinary,
        Some("yes") if policy.effect() == Effect::Permit => {}
        Some("yes") => wrong("@emergency is for a permit: a forbid outranks emergencies too.".to_owned()),
        Some(other) => wrong(format!("@emergency takes \"yes\" (or is left out), not {other:?}.")),
    }
    Road::Emergency
}

fn requirement(policy: &cedar_policy::Policy, wrong: &mut impl FnMut(String)) -> Option<Requirement> {
    let [approvals, approvers, own] = ["approvals", "approvers", "self_approval"].map(|name| policy.annotation(name));
    if policy.effect() == Effect::Forbid && [approvals, approvers, own].iter().any(Option::is_some) {
        wrong("@approvals, @approvers and @self_approval are for a permit: nothing lifts a forbid.".to_owned());
        return None;
    }
    let self_approval = match own {
        None => SelfApproval::Refused,
        Some("counts") => SelfApproval::Counts,
        Some(other) => {
            wrong(format!("@self_approval takes \"counts\" (or is left out), not {other:?}."));
            SelfApproval::Refused
        }
    };
    let (Some(approvals), Some(group)) = (approvals, approvers) else {
        if approvals.is_some() || approvers.is_some() || own.is_some() {
            wrong("@approvals(\"1\") and @approvers(\"group\") go together: how many, and of whom.".to_owned());
        }
        return None;
    };
    match approvals.parse() {
        Ok(approvals @ 1..=20) if !group.is_empty() => Some(Requirement { approvals, group: group.to_owned(), self_approval }),
        _ => {
            wrong(format!("@approvals takes a number from 1 to 20 and @approvers a group, not {approvals:?} and {group:?}."));
            None
        }
    }
}

/// Where Cedar points first.
fn offset(error: &dyn Diagnostic) -> Option<usize> {
    error.labels()?.next().map(|label| label.offset())
}

/// Cedar's words, with its advice.
fn words(error: &dyn Diagnostic) -> String {
    let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{error}{help}")
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    let mut letters = words.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if words.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
