//! `oncall`: who answers for what, and when.
//!
//! `model` is what is configured, `rota` computes whose turn it is; then a file a command. Overrides and swaps are records
//! of the bot's own (`records/oncall.rs`); a swap that is accepted is two overrides.

use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::records::Override;
use crate::registry::nearest;
use crate::{Choice, text};

mod answer;
mod end_override;
mod list;
mod model;
mod over;
pub mod rota;
mod swap;
mod who;

pub use answer::{Accept, Decline};
pub use end_override::EndOverride;
pub use list::List;
pub use model::{
    EscalationPolicy, EscalationStep, Hours, How, OnCall, Recipient, Rotation, Route, Turn, UserGroup, Whom, matches,
};
pub use over::StandIn;
pub use swap::Swap;
pub use who::Who;

/// How many days ahead shifts are looked for: as far as people plan.
const AHEAD: i64 = 90;

/// A rotation of which only the name is known.
fn named(rotation: &str) -> Resource {
    Resource::named("rotation", rotation)
}

/// A rotation as policy judges it.
fn resource(rotation: &Rotation) -> Resource {
    Resource { project: rotation.project.clone(), ..named(&rotation.name) }
}

/// The resource of an override: its rotation, with whoever made it as asker.
fn resource_of(one: &Override, cx: &Context<'_>) -> Resource {
    let rotation = cx.settings.oncall.rotations.iter().find(|rotation| rotation.name == one.rotation);
    Resource { asker: Some(one.by.clone()), ..rotation.map_or_else(|| named(&one.rotation), resource) }
}

/// The rotation of this name.
fn find<'c>(name: &str, cx: &Context<'c>) -> Result<&'c Rotation> {
    let rotations = &cx.settings.oncall.rotations;
    if let Some(rotation) = rotations.iter().find(|rotation| rotation.name == name) {
        return Ok(rotation);
    }
    if rotations.is_empty() {
        return Err(Error::shown(nobody()));
    }
    let unknown = text!["There is no rotation ", code(name), ". "];
    Err(Error::shown(match nearest(name, rotations.iter().map(|rotation| rotation.name.as_str())) {
        Some(close) => unknown.then(text!["Did you mean ", code(close), "?"]),
        None => unknown.then(text![code("oncall who"), " shows those there are."]),
    }))
}

/// The rotations that are meant, as far as the asker may see them: the one that is named, or all.
fn meant<'c>(name: Option<&String>, cx: &Context<'c>) -> Result<Vec<&'c Rotation>> {
    let rotations = match name {
        Some(name) => vec![find(name, cx)?],
        None => cx.settings.oncall.rotations.iter().collect(),
    };
    Ok(rotations.into_iter().filter(|rotation| cx.may(&resource(rotation))).collect())
}

fn nobody() -> Text {
    text!["Nobody is on call: no rotation is configured. Whoever runs me can add one in ", code("oncall.toml"), "."]
}

/// The rotations that fit what was typed, for a picker.
fn suggest(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let typed = typed.to_lowercase();
    let rotations = cx.settings.oncall.rotations.iter().filter(|rotation| cx.may(&resource(rotation)));
    let names = rotations.map(|rotation| rotation.name.clone()).filter(|name| name.contains(&typed));
    names.take(100).map(|name| Choice { value: name.clone(), label: name }).collect()
}
