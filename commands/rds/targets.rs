//! `rds targets`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find::{Wanted, find};
use super::model::UpgradeTarget;
use super::{check, inventory, lifecycle, line, versions};
use crate::context::{Context, Decision, Resource};
use crate::error::Result;
use crate::message::{Button, Message, Style, Table, code};
use crate::{Choice, Command, Query, text};

/// How many targets get a button.
const BUTTONS: usize = 4;

/// Shows what a database can be upgraded to, and what AWS recommends.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Targets {
    /// The database: its name, name@account, or ARN
    id: String,
}

impl Command for Targets {
    const NAME: &'static str = "rds targets";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.id).resource()
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Query for Targets {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let found = find(&self.id, cx).await?;
        let database = &found.database;
        check(&database.resource(), cx)?;
        let (version, support) =
            tokio::join!(found.rds.version(&database.engine, &database.version), found.rds.lifecycles(Some(&database.engine)),);
        let mut targets = version?.targets;
        targets.retain(|target| target.fits(database.engine_mode.as_deref()));
        versions::sort(&mut targets);
        let recommended = versions::recommended(&targets).map(|target| target.version.clone());
        let runs = text![code(database.id()), " in ", database.place(), " runs ", code(database.software())];
        if targets.is_empty() {
            return Ok(runs.then(". AWS offers no version to upgrade it to.").into());
        }
        let (support, trouble) = support.map_or_else(|error| (Vec::new(), Some(line(error))), |table| (table, None));
        let mut table = Table::new(["Version", "Step", "Standard support", ""]);
        for target in &targets {
            let recommended = recommended.as_ref() == Some(&target.version);
            table.row([
                target.version.clone(),
                if target.major { "major" } else { "minor" }.to_owned(),
                lifecycle::cell(lifecycle::of(&support, &database.engine, &target.version), cx.now),
                if recommended { "recommended" } else { "" }.to_owned(),
            ]);
        }
        let message = Message::new().text(runs.then(". It can be upgraded to:")).table(table);
        let upgrade = cx.authority.decide(cx.person, "rds upgrade", &database.resource());
        let buttons = match upgrade {
            Decision::Allowed { .. } => self.buttons(&targets, recommended.as_deref()),
            Decision::Denied { .. } => Vec::new(),
        };
        let message =
            message.buttons(buttons).note("Support dates: AWS's table of major versions (DescribeDBMajorEngineVersions).");
        Ok(trouble.into_iter().chain(found.unseen).fold(message, Message::note))
    }
}

impl Targets {
    /// The recommended one, then the newest of each major version.
    fn buttons(&self, targets: &[UpgradeTarget], recommended: Option<&str>) -> Vec<Button> {
        top(targets, recommended)
            .into_iter()
            .map(|target| {
                let run = ["rds", "upgrade", &self.id, "--to", &target.version];
                let button = Button::new(format!("Upgrade to {}", target.version), shlex::try_join(run).unwrap_or_default());
                if recommended == Some(&target.version) { button.style(Style::Primary) } else { button }
            })
            .collect()
    }
}

fn top<'a>(targets: &'a [UpgradeTarget], recommended: Option<&str>) -> Vec<&'a UpgradeTarget> {
    let first = targets.iter().filter(|target| recommended == Some(&target.version));
    let newest_minor = targets.iter().find(|target| !target.major);
    let majors = targets.iter().filter(|target| target.major);
    let mut top: Vec<&UpgradeTarget> = Vec::new();
    for target in first.chain(newest_minor).chain(majors) {
        if !top.contains(&target) {
            top.push(target);
        }
    }
    top.truncate(BUTTONS);
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recommended_target_has_the_first_button() {
        let target =
            |version: &str, major: bool| UpgradeTarget { version: version.to_owned(), major, auto: false, modes: Vec::new() };
        let targets = [target("8.0.40", false), target("8.0.39", false), target("8.4.4", true), target("8.4.3", true)];
        let order: Vec<&str> = top(&targets, Some("8.0.39")).iter().map(|target| target.version.as_str()).collect();
        assert_eq!(order, ["8.0.39", "8.0.40", "8.4.4", "8.4.3"]);
    }
}
