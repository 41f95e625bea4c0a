//! Who may do what: a request → a [`Decision`] with the rule that decided. Pure: it asks nobody and reads no clock.
//!
//! Nothing is allowed unless a permit says so; a forbid outranks every permit; a rule that breaks while it is evaluated
//! denies (Cedar itself would skip it, and a skipped forbid permits). A permit counts on its own road only: one for
//! emergencies where somebody breaks the glass, any other where nobody does.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Effect, Entities, Entity, EntityUid, PolicyId, PolicySet, Request,
    RestrictedExpression,
};
use commands::context::{Access, Decision, SelfApproval, Settings};
use commands::registry::Entry;
use commands::{Person, PersonId, Resource};

use crate::config::{ConfigErrors, Place, PolicyText};
use rules::{Road, Rule};
use schema::{Actions, uid};

mod law;
mod rules;
mod schema;

pub use law::Law;

/// A policy, proved against the commands there are.
#[derive(Debug)]
pub struct Policy {
    set: PolicySet,
    authorizer: Authorizer,
    actions: Actions,
    rules: HashMap<PolicyId, Rule>,
    groups: BTreeSet<String>,
    people: BTreeSet<String>,
    speaks_of_accounts: bool,
    /// Whether it names single resources.
    names_resources: bool,
    /// The texts by which it tells places apart; none where any text may matter to it.
    telling: Option<BTreeSet<String>>,
    /// Where it judges permission sets or durations: every text it compares something with, and the empty one.
    access: Option<BTreeSet<String>>,
}

/// The kind of resource that access is granted to.
const ACCOUNT: &str = "account";

/// What the rules make of one request.
enum Verdict<'p> {
    Permitted(&'p Rule),
    Forbidden(&'p Rule),
    NotPermitted,
    Broken(String),
}

impl Policy {
    /// Reads a policy and proves it against the commands: no action, attribute or annotation that does not exist.
    ///
    /// # Errors
    /// Everything that is wrong, each with file, line, column and rule.
    pub fn parse(text: &PolicyText, commands: &[Entry]) -> Result<Self, ConfigErrors> {
        let actions = Actions::of(commands);
        let (set, rules) = rules::parse(text, &actions)?;
        let literals: Vec<EntityUid> = set.policies().flat_map(cedar_policy::Policy::entity_literals).collect();
        let of_type = |name: &str| {
            let ids = literals.iter().filter(|uid| uid.type_name().basename() == name);
            ids.map(|uid| uid.id().unescaped().to_owned()).collect::<BTreeSet<_>>()
        };
        let spoken = Spoken::of(&set);
        Ok(Self {
            groups: of_type("Group"),
            people: of_type("Person"),
            names_resources: !of_type("Resource").is_empty(),
            speaks_of_accounts: spoken.attributes.contains("account"),
            telling: (!spoken.looks_into_texts).then(|| spoken.texts.clone()),
            access: ["permission_set", "minutes"].iter().any(|name| spoken.attributes.contains(*name)).then_some(spoken.texts),
            set,
            authorizer: Authorizer::new(),
            actions,
            rules,
        })
    }

    /// What it says to `person` running `action` on `resource`. Of several permits the one that demands the least counts.
    pub fn decide(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide_any(person, action, std::slice::from_ref(resource), Road::Ordinary)
    }

    /// What it says to `person` breaking the glass for `action` on `resource`.
    pub fn decide_in_emergency(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide_any(person, action, std::slice::from_ref(resource), Road::Emergency)
    }

    /// What it says while only the kind and name of a resource are known: whether `person` may run `action` on such a
    /// resource in any of the configured accounts, or outside of them, be it somebody else's or their own, if need be by
    /// breaking the glass.
    pub fn possible(&self, person: &Person, action: &str, resource: &Resource, settings: &Settings) -> Decision {
        let mut places = self.places(resource, settings);
        let own = |place: &Resource| Resource { asker: Some(person.id.clone()), ..place.clone() };
        if resource.asker.is_none() {
            places.extend(places.iter().map(own).collect::<Vec<_>>());
        }
        match self.decide_any(person, action, &places, Road::Ordinary) {
            allowed @ Decision::Allowed { .. } => allowed,
            denied => match self.decide_any(person, action, &places, Road::Emergency) {
                allowed @ Decision::Allowed { .. } => allowed,
                Decision::Denied { .. } => denied,
            },
        }
    }

    /// The resource as it stands, and in each place it may turn out to be in: one for each project and environment, and
    /// each account where the policy speaks of accounts. Of places that the policy can't tell apart the first stands for
    /// all: a company has hundreds of projects, and a policy speaks of a few.
    pub(crate) fn places(&self, resource: &Resource, settings: &Settings) -> Vec<Resource> {
        let mut places = vec![resource.clone()];
        if resource.project.is_some() || resource.env.is_some() || resource.account.is_some() {
            return places;
        }
        let telling = |text: &&str| self.telling.as_ref().is_none_or(|texts| texts.contains(*text));
        let mut seen = HashSet::new();
        for account in &settings.accounts {
            let id = self.speaks_of_accounts.then_some(&account.id);
            let texts = [Some(&account.project), Some(&account.env), id];
            if seen.insert(texts.map(|text| text.map(String::as_str).filter(&telling))) {
                places.push(Resource {
                    project: Some(account.project.clone()),
                    env: Some(account.env.clone()),
                    account: id.cloned(),
                    ..resource.clone()
                });
            }
        }
        if resource.access.is_none() && ["", ACCOUNT].contains(&resource.kind.as_str()) {
            let accesses = self.accesses();
            let granted = |place: &Resource| {
                let with = |access: &Access| Resource { access: Some(access.clone()), ..place.clone() };
                accesses.iter().map(with).collect::<Vec<_>>()
            };
            places.extend(places.iter().flat_map(granted).collect::<Vec<_>>());
        }
        places
    }

    /// What it judges a resource by: what it can't tell apart is alike in that. Texts it never compares anything with are one.
    pub(crate) fn likeness(&self, resource: &Resource) -> Resource {
        let Some(telling) = self.telling.as_ref().filter(|_| !self.names_resources) else { return resource.clone() };
        // No text of a policy's: an id can't have it, nor a name.
        let alike = |text: &String| if telling.contains(text) { text.clone() } else { "\0".to_owned() };
        Resource {
            name: alike(&resource.name),
            id: String::new(),
            account: resource.account.as_ref().map(alike),
            project: resource.project.as_ref().map(alike),
            env: resource.env.as_ref().map(alike),
            ..resource.clone()
        }
    }

    /// The kinds of access the policy may tell apart: each permission set it names and any other, shortly and for good.
    fn accesses(&self) -> Vec<Access> {
        let names = self.access.iter().flatten();
        names.flat_map(|name| [Some(1), None].map(|minutes| Access { permission_set: name.clone(), minutes })).collect()
    }

    /// The best decision over several resources: allowed if one is, else forbidden if one is, else not permitted.
    fn decide_any(&self, person: &Person, action: &str, resources: &[Resource], road: Road) -> Decision {
        let mut best: Option<&Rule> = None;
        let mut denied = None;
        for resource in resources {
            match self.ask(person, action, resource, road) {
                Verdict::Permitted(rule) => best = Some(best.map_or(rule, |best| best.min_by_demand(rule))),
                Verdict::Forbidden(rule) => denied = Some(Decision::Denied { rule: Some(rule.id.clone()), why: rule.forbids() }),
                Verdict::Broken(why) => return Decision::Denied { rule: None, why },
                Verdict::NotPermitted => {}
            }
        }
        match (best, denied) {
            (Some(rule), _) => Decision::Allowed { rule: rule.id.clone(), requires: rule.requires.clone() },
            (None, Some(denied)) => denied,
            (None, None) => Decision::Denied { rule: None, why: self.who_could(action, resources, road) },
        }
    }

    fn ask(&self, person: &Person, action: &str, resource: &Resource, road: Road) -> Verdict<'_> {
        let Some(actions) = self.actions.entities(action) else {
            return Verdict::Broken(format!("There is no command {action:?}, so the policy can't allow it."));
        };
        if road == Road::Emergency && !self.actions.has_glass(action) {
            return Verdict::NotPermitted;
        }
        let (request, entities) = match request(person, action, resource, actions) {
            Ok(asked) => asked,
            Err(cause) => return Verdict::Broken(format!("The policy can't be asked about this: {cause}.")),
        };
        let response = self.authorizer.is_authorized(&request, &self.set, &entities);
        let diagnostics = response.diagnostics();
        if let Some(error) = diagnostics.errors().next() {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            let broken = self.rules.get(error.policy_id()).map_or("without a name", |rule| rule.id.as_str());
            return Verdict::Broken(format!(
                "The rule {broken} breaks here, so nothing is allowed. Tell whoever keeps the policy: {}.",
                error.inner()
            ));
        }
        let deciding = diagnostics.reason().filter_map(|id| self.rules.get(id));
        match response.decision() {
            cedar_policy::Decision::Allow => {
                let counts = deciding.filter(|rule| rule.road == road);
                counts.reduce(Rule::min_by_demand).map_or(Verdict::NotPermitted, Verdict::Permitted)
            }
            cedar_policy::Decision::Deny => {
                deciding.min_by_key(|rule| rule.order).map_or(Verdict::NotPermitted, Verdict::Forbidden)
            }
        }
    }

    /// Why there is no permit, and whom there would be one for: each group the policy names is tried.
    fn who_could(&self, action: &str, resources: &[Resource], road: Road) -> String {
        let groups = self.groups_that_could(action, resources, road);
        match (groups.as_slice(), road) {
            ([], Road::Ordinary) => format!("No rule lets anybody run {action}. Whoever keeps the policy can add one."),
            ([], Road::Emergency) => {
                "No rule lets anybody break the glass for it; whoever keeps the policy can add one.".to_owned()
            }
            (groups, Road::Ordinary) => format!("No rule permits it. People in {} may run it.", or(groups)),
            (groups, Road::Emergency) => format!("No rule permits it. People in {} may break the glass for it.", or(groups)),
        }
    }

    /// The groups whose members may run `action` on one of the resources.
    fn groups_that_could(&self, action: &str, resources: &[Resource], road: Road) -> Vec<String> {
        let may = |group: &&String| self.permits(&somebody([(*group).clone()]), action, resources, road);
        self.groups.iter().filter(may).cloned().collect()
    }

    /// Whether `person` may run `action` on one of the resources.
    fn permits(&self, person: &Person, action: &str, resources: &[Resource], road: Road) -> bool {
        resources.iter().any(|resource| matches!(self.ask(person, action, resource, road), Verdict::Permitted(_)))
    }

    /// The names of the people the policy speaks of.
    pub(crate) fn people(&self) -> &BTreeSet<String> {
        &self.people
    }

    /// The groups that stand in a rule's condition or scope.
    pub(crate) fn groups(&self) -> &BTreeSet<String> {
        &self.groups
    }

    /// The groups that stand above or in a permit, with a rule that names them and where it is.
    pub(crate) fn groups_of_permits(&self) -> Vec<(String, &str, &Place)> {
        let permits = self.set.policies().filter(|policy| policy.effect() == Effect::Permit);
        let mut named: Vec<_> = permits
            .filter_map(|policy| Some((policy, self.rules.get(policy.id())?)))
            .flat_map(|(policy, rule)| {
                let groups = policy.entity_literals().into_iter().filter(|uid| uid.type_name().basename() == "Group");
                let groups = groups.map(|uid| uid.id().unescaped().to_owned());
                let approvers = rule.requires.iter().map(|requires| requires.group.clone());
                groups.chain(approvers).map(|group| (group, rule)).collect::<Vec<_>>()
            })
            .collect();
        named.sort_by_key(|(group, rule)| (group.clone(), rule.order));
        named.dedup_by(|a, b| a.0 == b.0);
        named.into_iter().map(|(group, rule)| (group, rule.id.as_str(), &rule.place)).collect()
    }

    /// Where each rule begins, by its `@id`.
    pub(crate) fn places_of_rules(&self) -> HashMap<&str, Place> {
        self.rules.values().map(|rule| (rule.id.as_str(), rule.place.clone())).collect()
    }

    /// The names of all commands that alter something.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &str> {
        self.actions.changes()
    }
}

impl Rule {
    /// The rule of the two that demands less; the earlier one if they demand the same.
    fn min_by_demand<'r>(&'r self, other: &'r Self) -> &'r Self {
        let demand = |rule: &Self| {
            let requires = rule.requires.as_ref();
            let alone = requires.is_some_and(|requires| requires.self_approval == SelfApproval::Refused);
            (requires.map_or(0, |requires| requires.approvals), alone, rule.order)
        };
        if demand(other) < demand(self) { other } else { self }
    }

    fn forbids(&self) -> String {
        self.says.clone().unwrap_or_else(|| format!("The rule {} forbids it.", self.id))
    }
}

/// `database orders in prod of shop`; nothing where nothing is known.
pub(crate) fn whereabouts(resource: &Resource) -> String {
    let place = match (&resource.env, &resource.project) {
        (Some(env), Some(project)) => format!("in {env} of {project}"),
        (Some(place), None) | (None, Some(place)) => format!("in {place}"),
        (None, None) => String::new(),
    };
    let words = [resource.kind.as_str(), &resource.name, &place];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `a, b or c`.
fn or(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// Somebody in these groups whose id is nobody's.
fn somebody(groups: impl IntoIterator<Item = String>) -> Person {
    let (id, groups) = (PersonId(String::new()), groups.into_iter().collect());
    Person { id, name: String::new(), email: None, groups, zone: "UTC".to_owned() }
}

/// What a policy speaks of.
struct Spoken {
    /// The attributes it looks at.
    attributes: BTreeSet<String>,
    /// Every text that stands in it as a value, and the empty one.
    texts: BTreeSet<String>,
    /// Whether it does more with the texts of a request than comparing each with one of `texts`.
    looks_into_texts: bool,
}

impl Spoken {
    fn of(set: &PolicySet) -> Self {
        let mut spoken = Self { attributes: BTreeSet::new(), texts: BTreeSet::from([String::new()]), looks_into_texts: false };
        let mut left: Vec<serde_json::Value> = set.policies().filter_map(|policy| policy.to_json().ok()).collect();
        while let Some(value) = left.pop() {
            match value {
                serde_json::Value::Object(members) => {
                    let text = |name| members.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
                    spoken.texts.extend(text("Value"));
                    spoken.attributes.extend(text("attr"));
                    spoken.looks_into_texts |= members.iter().any(|(operator, of)| looks_into_texts(operator, of));
                    left.extend(members.into_iter().map(|(_, member)| member));
                }
                serde_json::Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
        spoken
    }
}

/// Whether an operator looks for a pattern, or compares attributes with each other (as Cedar writes policies in JSON).
fn looks_into_texts(operator: &str, of: &serde_json::Value) -> bool {
    let has_attribute = |side: &str| of.get(side).is_some_and(has_attribute);
    operator == "like" || (!["&&", "||"].contains(&operator) && has_attribute("left") && has_attribute("right"))
}

fn has_attribute(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(members) => members.contains_key(".") || members.values().any(has_attribute),
        serde_json::Value::Array(items) => items.iter().any(has_attribute),
        _ => false,
    }
}

/// One request, with the entities that matter to it and no others.
fn request(person: &Person, action: &str, resource: &Resource, actions: &[Entity]) -> Result<(Request, Entities), String> {
    let principal = uid("Person", &person.id.0);
    let target = uid("Resource", &format!("{} {}", resource.kind, resource.id));
    let groups: HashSet<_> = person.groups.iter().map(|group| uid("Group", group)).collect();
    let texts = [
        ("kind", Some(&resource.kind)),
        ("name", Some(&resource.name)),
        ("project", resource.project.as_ref()),
        ("env", resource.env.as_ref()),
        ("account", resource.account.as_ref()),
        ("permission_set", resource.access.as_ref().map(|access| &access.permission_set)),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, RestrictedExpression::new_string(text?.clone()))));
    let asker = resource.asker.as_ref().map(|asker| ("asker", RestrictedExpression::new_entity_uid(uid("Person", &asker.0))));
    let minutes = resource.access.as_ref().and_then(|access| access.minutes);
    let minutes = minutes.map(|minutes| ("minutes", RestrictedExpression::new_long(minutes)));
    let attributes = texts.chain(asker).chain(minutes).map(|(name, value)| (name.to_owned(), value)).collect();
    let entities =
        actions.iter().cloned().chain(groups.iter().map(|group| Entity::new_no_attrs(group.clone(), HashSet::new()))).chain([
            Entity::new_no_attrs(principal.clone(), groups.clone()),
            Entity::new(target.clone(), attributes, HashSet::new()).map_err(|error| error.to_string())?,
        ]);
    let entities = Entities::from_entities(entities.collect::<Vec<_>>(), None).map_err(|error| error.to_string())?;
    let request = Request::new(principal, uid("Action", action), target, Context::empty(), None);
    Ok((request.map_err(|error| error.to_string())?, entities))
}

#[cfg(test)]
mod tests;
