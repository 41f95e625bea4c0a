//! What somebody may do where, in words: the policy is asked once for each place a resource may turn out to be in.

use crate::change::approve::Approve;
use crate::change::reject::Reject;
use crate::context::{Context, Decision, Person, Requirement, Resource, SelfApproval};
use crate::message::{Text, bold, code};
use crate::{Command, text};

/// More places than this are counted, not listed.
const LISTED: usize = 6;

/// What the policy says to one person running one command, place by place.
pub(crate) struct Outlook {
    /// Decisions that are the same are kept once, with the places they hold in.
    parts: Vec<(Decision, Vec<Resource>)>,
    /// Rules by which they may break the glass, with the places they hold in.
    glass: Vec<(String, Vec<Resource>)>,
    /// How many places there are.
    places: usize,
}

impl Outlook {
    /// Asks the policy. A resource whose place is known is asked about as it is.
    pub(crate) fn of(cx: &Context<'_>, person: &Person, action: &str, resource: &Resource) -> Self {
        let all = places(cx, resource);
        let mut outlook = Self { parts: Vec::new(), glass: Vec::new(), places: all.len() };
        for place in all {
            if let Decision::Allowed { rule, .. } = cx.authority.decide_in_emergency(person, action, &place) {
                gather(&mut outlook.glass, rule, place.clone());
            }
            let decision = cx.authority.decide(person, action, &place);
            gather(&mut outlook.parts, decision, place);
        }
        outlook.parts.sort_by_key(|(decision, _)| matches!(decision, Decision::Denied { .. }));
        outlook
    }

    /// Whether it is allowed anywhere, if need be in an emergency.
    pub(crate) fn allows(&self) -> bool {
        !self.glass.is_empty() || self.parts.iter().any(|(decision, _)| matches!(decision, Decision::Allowed { .. }))
    }

    /// One line for each decision, with the people who could approve; then what is different in an emergency.
    pub(crate) fn lines(&self, cx: &Context<'_>, person: &Person) -> Vec<Text> {
        let line = |(decision, places): &(Decision, Vec<Resource>)| {
            let place = if self.parts.len() > 1 { format!("{}: ", listed(places)) } else { String::new() };
            text!["• ", place].then(words(decision, cx, person, places))
        };
        let in_emergency = |(rule, places): &(String, Vec<Resource>)| {
            let place = if places.len() < self.places { format!(", {}", listed(places)) } else { String::new() };
            let how = text!["yes, at once with ", code("--emergency"), " (rule ", code(rule), ")"];
            text!["• in an emergency", place, ": "].then(how).then("; somebody else has to review it afterwards.")
        };
        self.parts.iter().map(line).chain(self.glass.iter().map(in_emergency)).collect()
    }
}

/// Adds a place to those of its key.
fn gather<K: PartialEq>(all: &mut Vec<(K, Vec<Resource>)>, key: K, place: Resource) {
    match all.iter_mut().find(|(known, _)| *known == key) {
        Some((_, places)) => places.push(place),
        None => all.push((key, vec![place])),
    }
}

fn words(decision: &Decision, cx: &Context<'_>, person: &Person, places: &[Resource]) -> Text {
    match decision {
        Decision::Allowed { rule, requires: None } => text!["yes, at once (rule ", code(rule), ")."],
        Decision::Allowed { rule, requires: Some(requires) } => {
            let approvals = if requires.approvals == 1 { "approval" } else { "approvals" };
            let own = match requires.self_approval {
                SelfApproval::Counts => ", their own included",
                SelfApproval::Refused => "",
            };
            let needs = format!("{} {approvals} of ", requires.approvals);
            let said = text!["yes, after ", needs, bold(&requires.group), own, " (rule ", code(rule), "). "];
            said.then(who_could(cx, requires, person, places))
        }
        Decision::Denied { rule: Some(rule), why } => text!["no (rule ", code(rule), "). ", why.as_str()],
        Decision::Denied { rule: None, why } => why.as_str().into(),
    }
}

/// Who could approve in the first of these places; the same rule asks for the same people in the others.
fn who_could(cx: &Context<'_>, requires: &Requirement, asker: &Person, places: &[Resource]) -> Text {
    let place = places.first().cloned().unwrap_or_default();
    let change = Resource { kind: "change".to_owned(), asker: Some(asker.id.clone()), ..place };
    let counts = |person: &Person| {
        let own = person.id == asker.id && requires.self_approval == SelfApproval::Refused;
        let may = || matches!(cx.authority.decide(person, Approve::NAME, &change), Decision::Allowed { .. });
        !own && person.groups.contains(&requires.group) && may()
    };
    let names: Vec<_> = cx.authority.people().into_iter().filter(counts).map(|person| person.name).collect();
    if names.len() < requires.approvals as usize {
        return "Too few people could approve that now, so it would be refused.".into();
    }
    format!("{} could approve.", some(&names, "or")).into()
}

/// Where a resource may turn out to be.
fn places(cx: &Context<'_>, resource: &Resource) -> Vec<Resource> {
    let known = resource.project.is_some() || resource.env.is_some() || resource.account.is_some();
    if known || cx.settings.accounts.is_empty() {
        return vec![resource.clone()];
    }
    let place = |account: &crate::context::Account| Resource {
        project: Some(account.project.clone()),
        env: Some(account.env.clone()),
        account: Some(account.id.clone()),
        ..resource.clone()
    };
    cx.settings.accounts.iter().map(place).collect()
}

fn listed(places: &[Resource]) -> String {
    let mut names: Vec<_> = places
        .iter()
        .map(|place| match (&place.env, &place.project) {
            (Some(env), Some(project)) => format!("{env} of {project}"),
            (env, project) => env.as_ref().or(project.as_ref()).cloned().unwrap_or_else(|| place.to_string()),
        })
        .collect();
    names.dedup();
    format!("in {}", some(&names, "and"))
}

/// `a, b and c`; of many, the first and how many more.
pub(crate) fn some(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        names if names.len() > LISTED => format!("{} {word} {} more", names[..LISTED - 1].join(", "), names.len() + 1 - LISTED),
        [others @ .., last] => format!("{} {word} {last}", others.join(", ")),
    }
}

/// Whether a vote for a change that is on record would count: the group it asks for.
pub(crate) fn vote(person: &Person, action: &str, requires: Option<&Requirement>, asker: &Person) -> Option<Text> {
    let requires = requires.filter(|_| action == Approve::NAME || action == Reject::NAME)?;
    if action == Approve::NAME && requires.self_approval == SelfApproval::Refused && person.id == asker.id {
        return Some("Their own approval would not count: they asked for it.".into());
    }
    let counts = if person.groups.contains(&requires.group) { "they are in it" } else { "they are not in it" };
    Some(text!["It takes approval of ", bold(&requires.group), format!("; {counts}.")])
}
