//! Looks at a database and says exactly what upgrading it would do.

use jiff::{SignedDuration, Timestamp};

use super::checks::{self, Seen};
use super::steps::{Job, State};
use super::{Strategy, Upgrade};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Span, Text, bold, code};
use crate::plan::{Runs, Work, hex};
use crate::rds::aws::Rds;
use crate::rds::find::find;
use crate::rds::model::{Database, Kind, UpgradeTarget};
use crate::rds::writes::{MakeSnapshot, Modify};
use crate::rds::{lifecycle, line, versions, window};
use crate::text;

/// How long after its start tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(6);
/// The longest name AWS takes for a snapshot of a cluster.
const NAME: usize = 63;

pub(super) async fn plan(asked: &Upgrade, cx: &Context<'_>) -> Result<Work<State>> {
    if asked.strategy == Strategy::BlueGreen {
        return Err(Error::shown(text![
            "I can't do blue/green upgrades yet, only upgrades in place. Leave ",
            code("--strategy"),
            " out for one in place, with a snapshot first."
        ]));
    }
    let found = find(&asked.id, cx).await?;
    let (database, rds) = (&found.database, &found.rds);
    let current = rds.version(&database.engine, &database.version).await?;
    let target = target(database, &asked.to, current.targets)?;
    if asked.class.is_some() && database.at.kind == Kind::Aurora {
        return Err(Error::shown(text![
            code(database.id()),
            " is an Aurora cluster: classes belong to its instances, not to the cluster. Leave ",
            code("--class"),
            " out."
        ]));
    }
    let start = start(asked, database, cx)?;
    let seen = look(asked, database, &target, rds).await?;
    let mut checks = checks::all(database, &target, &seen, cx.now);
    checks.extend(found.unseen.iter().map(checks::unseen));
    let modify = Modify {
        of: database.at.clone(),
        version: target.version.clone(),
        major: target.major,
        class: asked.class.clone().filter(|class| *class != database.class),
        parameter_group: asked.parameter_group.clone().filter(|group| database.parameter_group() != Some(group)),
    };
    let taken = rds.snapshots(&database.at).await?.into_iter().map(|snapshot| snapshot.name).collect::<Vec<_>>();
    let snapshot = MakeSnapshot { of: database.at.clone(), name: snapshot_name(database.id(), &target.version, &taken) };
    Ok(Work {
        resource: database.resource(),
        runs: Runs::Alone,
        title: title(database, &modify),
        what: what(database, &modify, &snapshot),
        calls: vec![snapshot.planned(), modify.planned()],
        checks,
        risks: risks(database, &modify),
        start,
        patience: PATIENCE,
        offers: Vec::new(),
        gate: None,
        first: State::Snapshot { job: Job::new(database, snapshot, modify) },
    })
}

/// The target that was asked for.
fn target(database: &Database, to: &str, mut targets: Vec<UpgradeTarget>) -> Result<UpgradeTarget> {
    targets.retain(|target| target.fits(database.engine_mode.as_deref()));
    versions::sort(&mut targets);
    if let Some(target) = targets.iter().find(|target| target.version == to) {
        return Ok(target.clone());
    }
    let (id, version) = (code(database.id()), code(&*database.version));
    if to == database.version {
        return Err(Error::shown(text![id, " already runs ", code(database.software()), ". There is nothing to do."]));
    }
    let valid = if targets.is_empty() {
        text![" AWS offers no version to upgrade it to."]
    } else {
        let mut valid = Text::from(" It can be upgraded to ");
        for (at, target) in targets.iter().enumerate() {
            if at > 0 {
                valid.0.push(if at + 1 == targets.len() { " or ".into() } else { Span::from(", ") });
            }
            valid.0.push(code(&*target.version));
        }
        valid.then(".")
    };
    let problem = if versions::compare(to, &database.version).is_lt() {
        text![id, " runs ", version, ", and AWS can't take a database back to ", code(to), ": that takes restoring a snapshot."]
    } else {
        text![id, " runs ", version, " and can't be upgraded to ", code(to), "."]
    };
    Err(Error::shown(problem.then(valid)))
}

fn start(asked: &Upgrade, database: &Database, cx: &Context<'_>) -> Result<Option<Timestamp>> {
    if let Some(start) = cx.starts {
        return Ok(Some(start));
    }
    if let Some(at) = &asked.at {
        return at.resolve(cx.now, &cx.person.zone).map(Some);
    }
    if !asked.window {
        return Ok(None);
    }
    let opens = database.window.as_deref().and_then(|window| window::opens(window, cx.now));
    opens.map(Some).ok_or_else(|| {
        Error::shown(text![
            code(database.id()),
            " has no maintenance window that I can read. Give a time with ",
            code("--at"),
            " instead."
        ])
    })
}

/// What the checks need beyond the database itself.
async fn look(asked: &Upgrade, database: &Database, target: &UpgradeTarget, rds: &Rds) -> Result<Seen> {
    let class = asked.class.as_deref().unwrap_or(&database.class);
    let (next, support, offered, replicas) = tokio::join!(
        rds.version(&database.engine, &target.version),
        rds.lifecycles(Some(&database.engine)),
        offered(rds, database, target, class),
        replicas(rds, database),
    );
    let mut seen = Seen {
        family: next?.family,
        support: support.map(|table| lifecycle::of(&table, &database.engine, &target.version).cloned()).map_err(line),
        class: class.to_owned(),
        class_changes: class != database.class,
        class_offered: offered?,
        replicas: replicas?,
        ..Seen::default()
    };
    let current = database.parameter_group().filter(|group| !group.starts_with("default."));
    if let (true, Some(group)) = (target.major, current) {
        seen.custom_parameters = rds.custom_parameters(group, &database.at).await?;
    }
    if let Some(group) = &asked.parameter_group {
        seen.new_group = Some((group.clone(), rds.family(group, &database.at).await?));
    }
    Ok(seen)
}

/// Serverless capacity is no class that AWS lists for every version.
async fn offered(rds: &Rds, database: &Database, target: &UpgradeTarget, class: &str) -> Result<bool> {
    if class.is_empty() || class == "db.serverless" {
        return Ok(true);
    }
    rds.offers(&database.engine, &target.version, class).await
}

/// The read replicas with their versions; those in other regions have none we can see from here.
async fn replicas(rds: &Rds, database: &Database) -> Result<Vec<(String, Option<String>)>> {
    let looks = database.replicas.iter().map(|replica| async move {
        if replica.starts_with("arn:") {
            return Ok((replica.clone(), None));
        }
        let found = rds.database(replica).await?;
        Ok((replica.clone(), found.map(|replica| replica.version)))
    });
    futures_util::future::try_join_all(looks).await
}

fn title(database: &Database, modify: &Modify) -> String {
    let class = modify.class.as_ref().map(|class| format!(", {} → {class}", database.class)).unwrap_or_default();
    format!("{}: {} → {}{class}", database.id(), database.software(), modify.version)
}

fn what(database: &Database, modify: &Modify, snapshot: &MakeSnapshot) -> Vec<Text> {
    let size = if modify.major { "a major upgrade" } else { "a minor upgrade" };
    let mut what = vec![
        text![
            "Take the snapshot ",
            code(&*snapshot.name),
            " of ",
            bold(database.id()),
            " in ",
            database.place(),
            " and wait for it."
        ],
        text!["Upgrade in place from ", code(&*database.version), " to ", code(&*modify.version), ": ", size, "."],
    ];
    if let Some(class) = &modify.class {
        what.push(text!["Change the class from ", code(&*database.class), " to ", code(&**class), " on the way."]);
    }
    if let Some(group) = &modify.parameter_group {
        what.push(text!["Change the parameter group to ", code(&**group), "."]);
    }
    what.push("Follow it to the end, verify version and state, and report how long it was unavailable.".into());
    what
}

fn risks(database: &Database, modify: &Modify) -> Vec<Text> {
    let mut risks = vec![
        "Connections are dropped while the engine restarts; applications must reconnect.".into(),
        text![
            "AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since."
        ],
    ];
    if modify.major {
        risks.push("A major version can change how queries behave. Try it on a restored copy first.".into());
    }
    if !database.pending.is_empty() {
        risks.push("Changes that wait for the maintenance window are applied with it.".into());
    }
    risks
}

/// A name for the snapshot that follows from database and version alone, whenever it is planned again: only if snapshots
/// of that name exist, the next free number is added.
fn snapshot_name(id: &str, version: &str, taken: &[String]) -> String {
    let whole = hyphened(&format!("wk-{id}-{version}"));
    // Room for `-` and a number of up to three digits.
    let name = if whole.len() > NAME - 4 { shortened(&whole) } else { whole };
    let free = |name: &String| !taken.contains(name);
    std::iter::once(name.clone()).chain((2..1000).map(|number| format!("{name}-{number}"))).find(free).unwrap_or(name)
}

/// Letters, digits and single hyphens, as AWS takes for snapshots.
fn hyphened(name: &str) -> String {
    let plain = name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    plain.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Its beginning, and a digest of the whole so that different long names stay different.
fn shortened(name: &str) -> String {
    let digest = hex(ring::digest::digest(&ring::digest::SHA256, name.as_bytes()).as_ref());
    let kept = NAME - 4 - 9;
    format!("{}-{}", name[..kept].trim_end_matches('-'), &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::tests::database;

    fn targets() -> Vec<UpgradeTarget> {
        [("8.0.36", false), ("8.0.40", false), ("8.4.3", true)]
            .map(|(version, major)| UpgradeTarget { version: version.to_owned(), major, auto: false, modes: Vec::new() })
            .to_vec()
    }

    #[test]
    fn a_target_that_is_none_is_refused_with_those_that_are() {
        let to = |version: &str| target(&database("orders"), version, targets());
        assert!(to("8.4.3").unwrap().major);
        insta::assert_snapshot!(to("8.0.35").unwrap_err(), @"orders already runs mysql 8.0.35. There is nothing to do.");
        insta::assert_snapshot!(to("8.0.28").unwrap_err(), @"orders runs 8.0.35, and AWS can't take a database back to 8.0.28: that takes restoring a snapshot. It can be upgraded to 8.0.40, 8.0.36 or 8.4.3.");
        insta::assert_snapshot!(to("9.0.0").unwrap_err(), @"orders runs 8.0.35 and can't be upgraded to 9.0.0. It can be upgraded to 8.0.40, 8.0.36 or 8.4.3.");
        insta::assert_snapshot!(target(&database("orders"), "9.0.0", Vec::new()).unwrap_err(), @"orders runs 8.0.35 and can't be upgraded to 9.0.0. AWS offers no version to upgrade it to.");
    }

    #[test]
    fn a_snapshot_is_named_after_database_and_version() {
        assert_eq!(snapshot_name("orders", "8.0.40", &[]), "wk-orders-8-0-40");
        let taken = ["wk-orders-8-0-40".to_owned(), "wk-orders-8-0-40-2".to_owned()];
        assert_eq!(snapshot_name("orders", "8.0.40", &taken), "wk-orders-8-0-40-3");
        assert_eq!(snapshot_name("a--b", "8.0.mysql_aurora.3.05.2", &[]), "wk-a-b-8-0-mysql-aurora-3-05-2");
        let long = |last: &str| snapshot_name(&format!("{}{last}", "x".repeat(62)), "8.0.40", &[]);
        assert!(long("a").len() <= NAME - 4);
        assert_ne!(long("a"), long("b"));
    }
}
