//! What differs between two task definitions. Pure.
//!
//! Environment variables and secrets come in by name alone: values are compared where AWS's answer is read, and no type here
//! has a place for one.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as sdk;
use serde::{Deserialize, Serialize};

use super::deployment::{Image, last_part};

/// A task definition, and the images its service revision resolved.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The task definition.
    pub definition: &'a sdk::TaskDefinition,
    /// Its images with their digests, where they are known.
    pub images: &'a [Image],
}

/// What differs between two task definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The old one, `family:revision`.
    pub from: String,
    /// The new one.
    pub to: String,
    /// What differs for the task as a whole: CPU, memory, roles …
    pub task: Vec<Changed>,
    /// The containers that differ, by name.
    pub containers: Vec<Container>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// What: `memory`.
    pub what: String,
    /// What it was; none where it was not set.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
}

/// A container that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Whether it is new or gone.
    pub presence: Presence,
    /// What differs.
    pub changed: Vec<Changed>,
    /// Environment variables.
    pub variables: Names,
    /// Secrets.
    pub secrets: Names,
    /// What differs too and is not shown: `command`, `health check` …
    pub also: Vec<String>,
}

/// Whether a container is in both task definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is in both.
    Both,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// Names of variables or secrets that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those with another value.
    pub changed: Vec<String>,
}

impl Names {
    /// Whether none differ.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// `+NEW, -OLD, ~OTHER`.
    fn words(&self) -> String {
        let signed = |sign: char, names: &[String]| names.iter().map(|name| format!("{sign}{name}")).collect::<Vec<_>>();
        [signed('+', &self.added), signed('-', &self.removed), signed('~', &self.changed)].concat().join(", ")
    }

    fn between(old: &[(String, String)], new: &[(String, String)]) -> Self {
        let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (old.iter().cloned().collect(), new.iter().cloned().collect());
        let only = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            one.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
        };
        let differs = |name: &&String| new.get(*name).is_some_and(|value| old.get(*name) != Some(value));
        Self { added: only(&new, &old), removed: only(&old, &new), changed: old.keys().filter(differs).cloned().collect() }
    }
}

/// What differs between `old` and `new`.
pub fn difference(old: Version<'_>, new: Version<'_>) -> Difference {
    let name = |version: Version<'_>| last_part(version.definition.task_definition_arn().unwrap_or_default()).to_owned();
    let names: BTreeSet<&str> =
        [old, new].iter().flat_map(|version| version.definition.container_definitions()).filter_map(|one| one.name()).collect();
    let containers = names.into_iter().map(|name| container(name, old, new)).filter(Container::differs).collect();
    Difference { from: name(old), to: name(new), task: of_task(old.definition, new.definition), containers }
}

fn of_task(old: &sdk::TaskDefinition, new: &sdk::TaskDefinition) -> Vec<Changed> {
    let facts = |one: &sdk::TaskDefinition| {
        let platform = one.runtime_platform();
        [
            ("CPU", one.cpu.clone()),
            ("memory", one.memory.clone()),
            ("task role", one.task_role_arn().map(|arn| last_part(arn).to_owned())),
            ("execution role", one.execution_role_arn().map(|arn| last_part(arn).to_owned())),
            ("network mode", one.network_mode().map(|mode| mode.as_str().to_owned())),
            ("architecture", platform.and_then(|it| it.cpu_architecture()).map(|it| it.as_str().to_owned())),
            ("system", platform.and_then(|it| it.operating_system_family()).map(|it| it.as_str().to_owned())),
            ("ephemeral storage", one.ephemeral_storage().map(|storage| format!("{} GiB", storage.size_in_gib()))),
            ("volumes", some(one.volumes().iter().filter_map(|volume| volume.name.clone()).collect())),
        ]
    };
    changed(facts(old), facts(new))
}

fn container(name: &str, old: Version<'_>, new: Version<'_>) -> Container {
    let empty = sdk::ContainerDefinition::builder().build();
    let find =
        |version: Version<'_>| version.definition.container_definitions().iter().find(|one| one.name() == Some(name)).cloned();
    let presence = match (find(old), find(new)) {
        (None, _) => Presence::Added,
        (_, None) => Presence::Removed,
        _ => Presence::Both,
    };
    let (before, after) = (find(old).unwrap_or(empty.clone()), find(new).unwrap_or(empty));
    Container {
        name: name.to_owned(),
        presence,
        changed: changed(facts(&before, old.images), facts(&after, new.images)),
        variables: Names::between(&variables(&before), &variables(&after)),
        secrets: Names::between(&secrets(&before), &secrets(&after)),
        also: also(&before, &after),
    }
}

fn facts(one: &sdk::ContainerDefinition, images: &[Image]) -> [(&'static str, Option<String>); 7] {
    let resolved = images.iter().find(|image| Some(image.container.as_str()) == one.name());
    let port = |port: &sdk::PortMapping| {
        let protocol = port.protocol().map_or("tcp", |protocol| protocol.as_str());
        format!("{}/{protocol}", port.container_port().unwrap_or_default())
    };
    [
        ("image", one.image.clone()),
        ("digest", resolved.and_then(|image| image.digest.clone())),
        ("CPU", Some(one.cpu()).filter(|units| *units > 0).map(|units| units.to_string())),
        ("memory", one.memory().map(|mib| format!("{mib} MiB"))),
        ("memory reservation", one.memory_reservation().map(|mib| format!("{mib} MiB"))),
        ("ports", some(one.port_mappings().iter().map(port).collect())),
        ("essential", one.essential().map(|essential| if essential { "yes" } else { "no" }.to_owned())),
    ]
}

/// Names and values. They live as long as the comparison, and leave it as names.
fn variables(one: &sdk::ContainerDefinition) -> Vec<(String, String)> {
    let pair = |pair: &sdk::KeyValuePair| Some((pair.name.clone()?, pair.value.clone().unwrap_or_default()));
    one.environment().iter().filter_map(pair).collect()
}

fn secrets(one: &sdk::ContainerDefinition) -> Vec<(String, String)> {
    one.secrets().iter().map(|secret| (secret.name().to_owned(), secret.value_from().to_owned())).collect()
}

/// What differs and may hold anything, so that only the fact is told.
fn also(old: &sdk::ContainerDefinition, new: &sdk::ContainerDefinition) -> Vec<String> {
    let compared = [
        ("command", old.command() != new.command()),
        ("entry point", old.entry_point() != new.entry_point()),
        ("health check", old.health_check() != new.health_check()),
        ("environment files", old.environment_files() != new.environment_files()),
        ("logging", old.log_configuration() != new.log_configuration()),
        ("mounts", old.mount_points() != new.mount_points()),
        ("user", old.user() != new.user()),
        ("dependencies", old.depends_on() != new.depends_on()),
    ];
    compared.iter().filter(|(_, differs)| *differs).map(|(what, _)| (*what).to_owned()).collect()
}

fn changed<const N: usize>(old: [(&str, Option<String>); N], new: [(&str, Option<String>); N]) -> Vec<Changed> {
    let pairs = old.into_iter().zip(new).filter(|((_, from), (_, to))| from != to);
    pairs.map(|((what, from), (_, to))| Changed { what: what.to_owned(), from, to }).collect()
}

fn some(mut names: Vec<String>) -> Option<String> {
    names.sort();
    (!names.is_empty()).then(|| names.join(", "))
}

impl Container {
    fn differs(&self) -> bool {
        let same = self.changed.is_empty() && self.variables.is_empty() && self.secrets.is_empty() && self.also.is_empty();
        self.presence != Presence::Both || !same
    }
}

impl Changed {
    /// `memory 512 -> 1024`.
    fn words(&self) -> String {
        let told = |value: &Option<String>| value.as_deref().map_or("none".to_owned(), shortened);
        format!("{} {} -> {}", self.what, told(&self.from), told(&self.to))
    }
}

/// A digest by its first letters, as people compare them; anything else as it is.
fn shortened(value: &str) -> String {
    match value.split_once("sha256:") {
        Some((before, digest)) if digest.len() > 12 => format!("{before}sha256:{}", digest.chars().take(12).collect::<String>()),
        _ => value.to_owned(),
    }
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.task.is_empty() && self.containers.is_empty()
    }

    /// Line by line, for people: `web: image registry/orders:1.4.1 -> registry/orders:1.4.2`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.task.iter().map(|changed| format!("task: {}", changed.words())).collect();
        for container in &self.containers {
            let name = &container.name;
            match container.presence {
                Presence::Both => {}
                Presence::Added => lines.push(format!("{name}: a new container")),
                Presence::Removed => {
                    lines.push(format!("{name}: no longer there"));
                    continue;
                }
            }
            lines.extend(container.changed.iter().map(|changed| format!("{name}: {}", changed.words())));
            for (what, names) in [("variables", &container.variables), ("secrets", &container.secrets)] {
                if !names.is_empty() {
                    lines.push(format!("{name}: {what} {}", names.words()));
                }
            }
            if !container.also.is_empty() {
                lines.push(format!("{name}: also {}", crate::message::listed(&container.also)));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests;
