//! `rds show`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Maintenance;
use super::find::{Wanted, find};
use super::lifecycle::{self, Lifecycle, Standing};
use super::model::Database;
use super::{check, inventory, line, listed};
use crate::context::{Context, Decision, Resource};
use crate::error::Result;
use crate::message::{Button, Message, Style, Text, bold, code};
use crate::{Choice, Command, Query, text};

/// Shows everything about one database.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// The database: its name, name@account, or ARN
    id: String,
}

impl Command for Show {
    const NAME: &'static str = "rds show";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.id).resource()
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let found = find(&self.id, cx).await?;
        let database = &found.database;
        check(&database.resource(), cx)?;
        let (support, maintenance, proxies, version) = tokio::join!(
            found.rds.lifecycles(Some(&database.engine)),
            found.rds.maintenance(&database.at),
            found.rds.proxies(&database.at),
            found.rds.version(&database.engine, &database.version),
        );
        let support = support.map(|table| lifecycle::of(&table, &database.engine, &database.version).cloned());
        let support = support.map_or_else(line, |support| standing(support.as_ref(), database, cx));
        let maintenance = maintenance.map_or_else(line, |actions| upkeep(&actions));
        let proxies = proxies.map_or_else(line, |names| or_none(&names));
        let family = version.map_or_else(line, |version| or_none(&[version.family]));
        let mut fields = fields(database);
        fields.extend([
            ("Parameter family".to_owned(), family),
            ("Pending maintenance".to_owned(), maintenance),
            ("Proxies".to_owned(), proxies),
            ("Support".to_owned(), support),
        ]);
        let message = Message::new().header(database.id()).fields(fields).buttons(self.buttons(database, cx));
        Ok(found.unseen.into_iter().fold(message, Message::note))
    }
}

impl Show {
    fn buttons(&self, database: &Database, cx: &Context<'_>) -> Vec<Button> {
        let may = |action: &str| matches!(cx.authority.decide(cx.person, action, &database.resource()), Decision::Allowed { .. });
        let run = |name: &str| shlex::try_join(name.split(' ').chain([self.id.as_str()])).unwrap_or_default();
        let targets = may("rds targets").then(|| Button::new("Targets", run("rds targets")));
        let upgrade = may("rds upgrade").then(|| Button::new("Upgrade", run("rds upgrade")).style(Style::Primary));
        targets.into_iter().chain(upgrade).collect()
    }
}

fn fields(database: &Database) -> Vec<(String, Text)> {
    let mut fields: Vec<(&str, Text)> = vec![
        ("Engine", text![code(database.software())]),
        ("State", text![bold(&*database.status)]),
        ("Kind", database.at.kind.words().into()),
        ("Class", text![code(&*database.class)]),
        ("Multi-AZ", if database.multi_az { "yes" } else { "no" }.into()),
        ("Storage", storage(database)),
        ("Belongs to", format!("project {}, {}", database.project, database.env).into()),
        ("Where", format!("{}, {}, {}", database.account_name, database.at.account, database.at.region).into()),
        ("Maintenance window", database.window.as_ref().map_or("none".into(), |window| format!("{window} UTC").into())),
        ("Backups", if database.backup_days > 0 { days(database.backup_days).into() } else { "off".into() }),
        ("Deletion protection", if database.deletion_protection { "on" } else { "off" }.into()),
        ("Pending changes", or_none(&pairs(&database.pending))),
        ("Parameter group", or_none(&groups(database))),
        ("Read replicas", or_none(&database.replicas)),
    ];
    if let Some(source) = &database.source {
        fields.push(("Replica of", text![code(&**source)]));
    }
    if !database.members.is_empty() {
        fields.push(("Instances", or_none(&members(database))));
    }
    if let Some(global) = &database.global {
        fields.push(("Global cluster", text![code(&**global)]));
    }
    fields.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

fn days(days: i32) -> String {
    if days == 1 { "kept for 1 day".to_owned() } else { format!("kept for {days} days") }
}

fn storage(database: &Database) -> Text {
    let Some(storage) = &database.storage else { return "unknown".into() };
    let size = storage.gib.map(|gib| format!("{gib} GiB ")).unwrap_or_default();
    let most = storage.most.filter(|most| Some(*most) > storage.gib);
    let most = most.map(|most| format!(", grows by itself to {most} GiB")).unwrap_or_default();
    format!("{size}{}{most}", storage.kind).into()
}

/// `DBInstanceClass db.r6g.large`.
pub(super) fn pairs(pending: &[(String, String)]) -> Vec<String> {
    pending.iter().map(|(name, value)| format!("{name} {value}")).collect()
}

fn groups(database: &Database) -> Vec<String> {
    database
        .parameter_groups
        .iter()
        .map(|group| if group.status.is_empty() { group.name.clone() } else { format!("{} ({})", group.name, group.status) })
        .collect()
}

fn members(database: &Database) -> Vec<String> {
    database
        .members
        .iter()
        .map(|member| {
            let role = if member.writer { "writer" } else { "reader" };
            let status = if member.status == "available" { String::new() } else { format!(", {}", member.status) };
            format!("{} ({role}, {}{status})", member.id, member.class)
        })
        .collect()
}

fn or_none(words: &[impl AsRef<str>]) -> Text {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "none".into() } else { listed(&words).into() }
}

fn upkeep(actions: &[Maintenance]) -> Text {
    if actions.is_empty() {
        return "none".into();
    }
    let mut text = Text::default();
    for action in actions {
        if !text.is_empty() {
            text = text.then("\n");
        }
        text = text.then(text![code(&*action.action), " ", &*action.description]);
        if let Some(due) = action.due {
            text = text.then(text![", due ", due]);
        }
    }
    text
}

/// The support of a version in words, with its dates and where they come from.
fn standing(support: Option<&Lifecycle>, database: &Database, cx: &Context<'_>) -> Text {
    let Some(support) = support else { return format!("AWS gives no end date for {}", database.software()).into() };
    let standard = support.standard_ends.map(lifecycle::day).unwrap_or_default();
    let extended = support.extended_ends.map(lifecycle::day);
    let then = match (&extended, database.extended_support) {
        (None, _) => String::new(),
        (Some(_), Some(false)) => "; it does not go on into extended support: AWS then upgrades it by itself".to_owned(),
        (Some(day), _) => format!("; then extended support, at extra cost, until {day}"),
    };
    let words = match (lifecycle::standing(Some(support), cx.now), extended) {
        (Standing::Supported, _) => format!("standard support until {standard}{then}"),
        (Standing::EndsSoon, _) => format!("standard support ends soon, on {standard}{then}"),
        (Standing::Extended, Some(day)) => {
            format!("standard support ended on {standard}; extended support, at extra cost, until {day}")
        }
        (Standing::Ended, Some(day)) => format!("standard support ended on {standard}, extended support on {day}"),
        (Standing::Ended | Standing::Extended, _) => format!("standard support ended on {standard}"),
        (Standing::Unknown, _) => "no end of standard support given".to_owned(),
    };
    let read = format!("{words}. Source: AWS's table of major versions (DescribeDBMajorEngineVersions), read ");
    text![read, cx.now]
}
