//! What a policy may speak of, derived from the list of all commands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use cedar_policy::{ActionConstraint, Entity, EntityId, EntityTypeName, EntityUid, Policy, Schema};
use commands::registry::{Approval, Entry, Kind};

/// All commands that read.
const QUERIES: &str = "queries";
/// All commands that alter something.
const CHANGES: &str = "changes";

/// Names and groups of all actions: what stands in the schema and what a request carries.
#[derive(Clone, Debug)]
pub(super) struct Actions {
    /// A command's name → the groups it is in.
    parents: BTreeMap<String, BTreeSet<String>>,
    entities: HashMap<String, Vec<Entity>>,
    /// The names of those that never wait for an approval.
    at_once: BTreeSet<String>,
}

impl Actions {
    pub(super) fn of(commands: &[Entry]) -> Self {
        let names: BTreeSet<&str> = commands.iter().map(Entry::name).collect();
        let parents: BTreeMap<_, _> = commands
            .iter()
            .map(|entry| {
                let group = match entry.kind {
                    Kind::Query => QUERIES,
                    Kind::Change => CHANGES,
                };
                let spaces = entry.name().match_indices(' ');
                let prefixes = spaces.map(|(at, _)| &entry.name()[..at]).filter(|prefix| !names.contains(prefix));
                (entry.name().to_owned(), prefixes.chain([group]).map(str::to_owned).collect::<BTreeSet<_>>())
            })
            .collect();
        let entities = parents.iter().map(|(name, groups)| (name.clone(), entities(name, groups))).collect();
        let at_once = commands.iter().filter(|entry| entry.approval == Approval::Never);
        let at_once = at_once.map(|entry| entry.name().to_owned()).collect();
        Self { parents, entities, at_once }
    }

    /// The entities a request for `action` needs; none for what is no command.
    pub(super) fn entities(&self, action: &str) -> Option<&[Entity]> {
        self.entities.get(action).map(Vec::as_slice)
    }

    /// The names of all commands that alter something.
    pub(super) fn changes(&self) -> impl Iterator<Item = &str> {
        self.parents.iter().filter(|(_, groups)| groups.contains(CHANGES)).map(|(name, _)| name.as_str())
    }

    /// Whether a command may have to wait, so that there is glass to break.
    pub(super) fn has_glass(&self, action: &str) -> bool {
        !self.at_once.contains(action)
    }

    /// A command that a policy speaks of and that never waits for an approval.
    pub(super) fn at_once(&self, policy: &Policy) -> Option<&str> {
        let meant: Vec<EntityUid> = match policy.action_constraint() {
            ActionConstraint::Any => return self.at_once.first().map(String::as_str),
            ActionConstraint::In(actions) => actions,
            ActionConstraint::Eq(action) => vec![action],
        };
        let names: Vec<&str> = meant.iter().map(|action| action.id().unescaped()).collect();
        let covered = |name: &&String| {
            names.contains(&name.as_str())
                || self.parents.get(*name).is_some_and(|groups| names.iter().any(|meant| groups.contains(*meant)))
        };
        self.at_once.iter().find(covered).map(String::as_str)
    }

    /// The schema the policy is proved against.
    pub(super) fn schema(&self) -> Result<Schema, String> {
        let mut text = String::from(
            "entity Group;\nentity Person in [Group];\nentity Resource = { kind: String, name: String, \
             project?: String, env?: String, account?: String, asker?: Person, \
             permission_set?: String, minutes?: Long };\n",
        );
        let groups: BTreeSet<&str> = self.parents.values().flatten().map(String::as_str).chain([QUERIES, CHANGES]).collect();
        for group in groups {
            let _ = writeln!(text, "action {group:?};");
        }
        for (name, groups) in &self.parents {
            let groups: Vec<_> = groups.iter().map(|group| format!("{group:?}")).collect();
            let groups = groups.join(", ");
            let _ = writeln!(text, "action {name:?} in [{groups}] appliesTo {{ principal: Person, resource: Resource }};");
        }
        Schema::from_cedarschema_str(&text).map(|(schema, _)| schema).map_err(|error| error.to_string())
    }
}

fn entities(name: &str, groups: &BTreeSet<String>) -> Vec<Entity> {
    let parents: HashSet<_> = groups.iter().map(|group| uid("Action", group)).collect();
    let groups: Vec<_> = parents.iter().map(|group| Entity::new_no_attrs(group.clone(), HashSet::new())).collect();
    [Entity::new_no_attrs(uid("Action", name), parents)].into_iter().chain(groups).collect()
}

/// The entity of this type with this id.
#[expect(clippy::expect_used, reason = "the types are the three words of the schema above")]
pub(super) fn uid(type_name: &'static str, id: &str) -> EntityUid {
    let type_name: EntityTypeName = type_name.parse().expect("a type name of the schema");
    EntityUid::from_type_name_and_id(type_name, EntityId::new(id))
}
