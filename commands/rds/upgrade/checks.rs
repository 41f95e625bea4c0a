//! What is looked at before anybody may approve an upgrade. Pure: it judges what was seen.

use jiff::Timestamp;

use crate::message::Text;
use crate::plan::{Check, Finding};
use crate::rds::lifecycle::{self, Lifecycle, Standing};
use crate::rds::listed;
use crate::rds::model::{Database, Kind, UpgradeTarget};
use crate::rds::show::pairs;
use crate::rds::versions;

/// What was seen beside the database itself.
#[derive(Debug)]
pub(super) struct Seen {
    /// The family of parameter groups of the new version.
    pub(super) family: String,
    /// The support of the new version, or why it is not known.
    pub(super) support: Result<Option<Lifecycle>, Text>,
    /// The class it will have.
    pub(super) class: String,
    pub(super) class_changes: bool,
    /// Whether AWS offers that class for the new version.
    pub(super) class_offered: bool,
    /// Read replicas and their versions, where they can be seen.
    pub(super) replicas: Vec<(String, Option<String>)>,
    /// What is set in the current parameter group, where a major upgrade leaves it.
    pub(super) custom_parameters: Vec<String>,
    /// The parameter group asked for, and its family if it exists.
    pub(super) new_group: Option<(String, Option<String>)>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            family: String::new(),
            support: Ok(None),
            class: String::new(),
            class_changes: false,
            class_offered: true,
            replicas: Vec::new(),
            custom_parameters: Vec::new(),
            new_group: None,
        }
    }
}

/// All checks in the order people read them.
pub(super) fn all(database: &Database, target: &UpgradeTarget, seen: &Seen, now: Timestamp) -> Vec<Check> {
    let size = if target.major { "major" } else { "minor" };
    let valid = format!("{} → {} is a {size} upgrade that AWS offers", database.version, target.version);
    let mut checks = vec![
        Check::pass("Target", valid),
        state(database),
        pending(database),
        backups(database),
        parameters(database, target, seen),
        replicas(database, target, seen),
        storage(database),
        downtime(database, target),
        protection(database),
        support(target, seen, now),
        class(database, target, seen),
    ];
    checks.extend(global(database, target));
    checks
}

/// An account that could not be asked whether it has a database of the same name.
pub(super) fn unseen(trouble: &Text) -> Check {
    Check::warn("Other accounts", format!("Not every account could be looked at. {}", trouble.plain()))
}

fn state(database: &Database) -> Check {
    let name = "State";
    let busy: Vec<String> = database
        .members
        .iter()
        .filter(|member| member.status != "available")
        .map(|member| format!("{} is {}", member.id, member.status))
        .collect();
    match database.status.as_str() {
        "available" if busy.is_empty() => Check::pass(name, "available"),
        "available" => Check::fail(name, format!("{}; AWS upgrades only what is available", listed(&busy))),
        "storage-optimization" => {
            Check::warn(name, "storage-optimization: AWS is still arranging its storage; this may slow it down")
        }
        passing if passing == "backing-up" || passing.starts_with("configuring-") => {
            Check::warn(name, format!("{passing}, which passes by itself: the upgrade waits for it"))
        }
        other => Check::fail(name, format!("{other}; AWS upgrades only what is available")),
    }
}

fn pending(database: &Database) -> Check {
    if database.pending.is_empty() {
        return Check::pass("Pending changes", "none");
    }
    if let Some(version) = database.pending_version() {
        let words = format!("a change to {version} waits for its window already: take that back in AWS, or let it happen");
        return Check::fail("Pending changes", words);
    }
    Check::warn("Pending changes", format!("applied along with the upgrade: {}", listed(&pairs(&database.pending))))
}

fn backups(database: &Database) -> Check {
    match database.backup_days {
        0 => Check::warn("Backups", "automated backups are off: the snapshot taken first is the only way back"),
        1 => Check::pass("Backups", "on, kept for 1 day"),
        days => Check::pass("Backups", format!("on, kept for {days} days")),
    }
}

fn parameters(database: &Database, target: &UpgradeTarget, seen: &Seen) -> Check {
    let name = "Parameter group";
    let current = database.parameter_group().unwrap_or("none");
    if let Some((group, family)) = &seen.new_group {
        return match family {
            None => Check::fail(name, format!("there is no parameter group {group} in {}", database.place())),
            Some(family) if *family == seen.family => Check::pass(name, format!("{current} → {group}, of family {family}")),
            Some(family) => {
                Check::fail(name, format!("{group} is of family {family}; {} needs one of {}", target.version, seen.family))
            }
        };
    }
    if !target.major {
        return Check::pass(name, format!("{current} stays"));
    }
    if current.starts_with("default.") {
        return Check::pass(name, format!("{current} → default.{}", seen.family));
    }
    let set = match seen.custom_parameters.len() {
        0 => "with nothing set in it".to_owned(),
        1 => format!("with {} set in it", listed(&seen.custom_parameters)),
        count @ 2..=5 => format!("with {count} parameters set in it ({})", listed(&seen.custom_parameters)),
        count => format!("with {count} parameters set in it ({} …)", seen.custom_parameters[..5].join(", ")),
    };
    let words = format!(
        "{current} is your own, {set}, and does not fit {}. Make a group of family {} and name it with --parameter-group",
        target.version, seen.family
    );
    Check::fail(name, words)
}

/// "Upgrading a MySQL DB instance" and "Upgrading a PostgreSQL DB instance" in the RDS User Guide: replicas first, but a
/// major upgrade of PostgreSQL takes them along.
fn replicas(database: &Database, target: &UpgradeTarget, seen: &Seen) -> Check {
    let name = "Replicas";
    let together = target.major && database.engine == "postgres";
    if let Some(source) = &database.source {
        return if together {
            Check::fail(
                name,
                format!("it is a read replica of {source}; AWS upgrades it together with its source, so upgrade that"),
            )
        } else {
            Check::pass(name, format!("it is a read replica of {source}, and replicas go first"))
        };
    }
    if seen.replicas.is_empty() {
        return Check::pass(name, "none");
    }
    if together {
        let names: Vec<&str> = seen.replicas.iter().map(|(id, _)| id.as_str()).collect();
        return Check::warn(name, format!("AWS upgrades {} together with it; they are unavailable too", listed(&names)));
    }
    let behind: Vec<&str> = seen
        .replicas
        .iter()
        .filter(|(_, version)| version.as_ref().is_some_and(|version| versions::compare(version, &target.version).is_lt()))
        .map(|(id, _)| id.as_str())
        .collect();
    if !behind.is_empty() {
        return Check::fail(name, format!("replicas go first: upgrade {} to {} before it", listed(&behind), target.version));
    }
    let unknown: Vec<&str> = seen.replicas.iter().filter(|(_, version)| version.is_none()).map(|(id, _)| id.as_str()).collect();
    if unknown.is_empty() {
        Check::pass(name, format!("all on {} or newer", target.version))
    } else {
        Check::warn(name, format!("make sure that {} run {} or newer already", listed(&unknown), target.version))
    }
}

fn storage(database: &Database) -> Check {
    let name = "Free storage";
    if database.status == "storage-full" {
        return Check::fail(name, "the storage is full: give it more first");
    }
    match &database.storage {
        _ if database.at.kind == Kind::Aurora => Check::pass(name, "grows by itself"),
        Some(storage) if storage.most > storage.gib => {
            let (gib, most) = (storage.gib.unwrap_or_default(), storage.most.unwrap_or_default());
            Check::pass(name, format!("{gib} GiB, grows by itself to {most} GiB"))
        }
        Some(storage) if storage.gib.is_some() => {
            let gib = storage.gib.unwrap_or_default();
            Check::warn(name, format!("{gib} GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch"))
        }
        _ => Check::warn(name, "unknown; see FreeStorageSpace in CloudWatch"),
    }
}

fn downtime(database: &Database, target: &UpgradeTarget) -> Check {
    let name = "Downtime";
    let words = match (database.at.kind, target.major) {
        (Kind::Aurora, false) => "expect less than a minute while each instance restarts",
        (Kind::MultiAz, false) => "instances are upgraded one after the other: expect a failover of about a minute",
        (Kind::Aurora | Kind::MultiAz, true) => "expect 10 minutes or more: all instances are upgraded at once",
        (Kind::Instance, true) if database.multi_az => {
            "expect 10 minutes or more: Multi-AZ does not help, both sides are upgraded at once"
        }
        (Kind::Instance, true) => "expect 10 minutes or more",
        (Kind::Instance, false) if database.multi_az => {
            "expect some minutes: Multi-AZ does not help, both sides are upgraded at once"
        }
        (Kind::Instance, false) => "expect some minutes",
    };
    Check::warn(name, words)
}

fn protection(database: &Database) -> Check {
    if database.deletion_protection {
        Check::pass("Deletion protection", "on")
    } else {
        Check::warn("Deletion protection", "off: nothing keeps it from being deleted by mistake")
    }
}

fn support(target: &UpgradeTarget, seen: &Seen, now: Timestamp) -> Check {
    let name = "Support";
    let support = match &seen.support {
        Ok(support) => support.as_ref(),
        Err(why) => return Check::warn(name, format!("unknown. {}", why.plain())),
    };
    let words = format!("{}: {}", target.version, lifecycle::cell(support, now));
    let finding = match lifecycle::standing(support, now) {
        Standing::Supported | Standing::Unknown => Finding::Pass,
        Standing::EndsSoon | Standing::Extended | Standing::Ended => Finding::Warn,
    };
    Check { name: name.to_owned(), finding, words }
}

fn class(database: &Database, target: &UpgradeTarget, seen: &Seen) -> Check {
    let name = "Instance class";
    let class = &seen.class;
    match (seen.class_changes, seen.class_offered) {
        (true, true) => Check::pass(name, format!("{} → {class}", database.class)),
        (false, true) => Check::pass(name, format!("{class} stays")),
        (true, false) => Check::fail(name, format!("AWS does not offer {class} for {} {}", database.engine, target.version)),
        (false, false) => {
            let words = format!("AWS no longer offers {class} for {} {}; it may refuse", database.engine, target.version);
            Check::warn(name, words)
        }
    }
}

/// "Upgrading an Amazon Aurora global database" in the Aurora User Guide.
fn global(database: &Database, target: &UpgradeTarget) -> Option<Check> {
    let global = database.global.as_ref()?;
    let name = "Global cluster";
    Some(if target.major {
        Check::fail(name, format!("it is part of {global}, which takes major versions only as a whole; I can't do that yet"))
    } else {
        Check::warn(name, format!("it is part of {global}: upgrade the secondary clusters first, the primary last"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::tests::database;

    fn target(version: &str, major: bool) -> UpgradeTarget {
        UpgradeTarget { version: version.to_owned(), major, auto: false, modes: Vec::new() }
    }

    fn seen(family: &str) -> Seen {
        let ends = |day: &str| format!("{day}T23:59:59Z").parse().ok();
        let support = Lifecycle {
            engine: "mysql".to_owned(),
            major: "8.4".to_owned(),
            standard_ends: ends("2029-07-31"),
            extended_ends: ends("2032-07-31"),
        };
        Seen { family: family.to_owned(), support: Ok(Some(support)), class: "db.m6g.large".to_owned(), ..Seen::default() }
    }

    fn report(database: &Database, target: &UpgradeTarget, seen: &Seen) -> String {
        let now = "2026-11-25T10:00:00Z".parse().unwrap();
        let lines = all(database, target, seen, now)
            .into_iter()
            .map(|check| format!("{:?} {}: {}", check.finding, check.name, check.words));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_healthy_database_passes() {
        insta::assert_snapshot!(report(&database("orders"), &target("8.0.40", false), &seen("mysql8.0")), @"
        Pass Target: 8.0.35 → 8.0.40 is a minor upgrade that AWS offers
        Pass State: available
        Pass Pending changes: none
        Pass Backups: on, kept for 7 days
        Pass Parameter group: default.mysql8.0 stays
        Pass Replicas: none
        Pass Free storage: 100 GiB, grows by itself to 500 GiB
        Warn Downtime: expect some minutes: Multi-AZ does not help, both sides are upgraded at once
        Pass Deletion protection: on
        Pass Support: 8.0.40: until 2029-07-31
        Pass Instance class: db.m6g.large stays
        ");
    }

    #[test]
    fn a_neglected_database_is_held_back() {
        let mut orders = database("orders");
        orders.status = "modifying".to_owned();
        orders.pending = vec![("DBInstanceClass".to_owned(), "db.r6g.large".to_owned())];
        orders.backup_days = 0;
        orders.deletion_protection = false;
        orders.parameter_groups[0].name = "orders-80".to_owned();
        orders.storage.as_mut().unwrap().most = None;
        orders.global = Some("planet".to_owned());
        let seen = Seen {
            class_offered: false,
            replicas: vec![("orders-a".to_owned(), Some("8.0.35".to_owned())), ("orders-b".to_owned(), Some("8.4.3".to_owned()))],
            custom_parameters: vec!["max_connections".to_owned(), "sql_mode".to_owned()],
            ..seen("mysql8.4")
        };
        insta::assert_snapshot!(report(&orders, &target("8.4.3", true), &seen), @"
        Pass Target: 8.0.35 → 8.4.3 is a major upgrade that AWS offers
        Fail State: modifying; AWS upgrades only what is available
        Warn Pending changes: applied along with the upgrade: DBInstanceClass db.r6g.large
        Warn Backups: automated backups are off: the snapshot taken first is the only way back
        Fail Parameter group: orders-80 is your own, with 2 parameters set in it (max_connections and sql_mode), and does not fit 8.4.3. Make a group of family mysql8.4 and name it with --parameter-group
        Fail Replicas: replicas go first: upgrade orders-a to 8.4.3 before it
        Warn Free storage: 100 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
        Warn Downtime: expect 10 minutes or more: Multi-AZ does not help, both sides are upgraded at once
        Warn Deletion protection: off: nothing keeps it from being deleted by mistake
        Pass Support: 8.4.3: until 2029-07-31
        Warn Instance class: AWS no longer offers db.m6g.large for mysql 8.4.3; it may refuse
        Fail Global cluster: it is part of planet, which takes major versions only as a whole; I can't do that yet
        ");
    }

    #[test]
    fn a_new_parameter_group_must_fit_the_new_version() {
        let group = |name: &str, family: Option<&str>| {
            let seen = Seen { new_group: Some((name.to_owned(), family.map(str::to_owned))), ..seen("mysql8.4") };
            parameters(&database("orders"), &target("8.4.3", true), &seen)
        };
        assert_eq!(group("orders-84", Some("mysql8.4")).finding, Finding::Pass);
        insta::assert_snapshot!(group("orders-80", Some("mysql8.0")).words, @"orders-80 is of family mysql8.0; 8.4.3 needs one of mysql8.4");
        insta::assert_snapshot!(group("orders-99", None).words, @"there is no parameter group orders-99 in shop-prod (eu-west-1)");
    }

    #[test]
    fn replicas_of_postgres_go_along_with_a_major_upgrade_only() {
        let mut users = database("users");
        users.engine = "postgres".to_owned();
        let seen = Seen { replicas: vec![("users-a".to_owned(), Some("15.4".to_owned()))], ..Seen::default() };
        assert_eq!(replicas(&users, &target("16.1", true), &seen).finding, Finding::Warn);
        assert_eq!(replicas(&users, &target("15.5", false), &seen).finding, Finding::Fail);
        users.source = Some("main".to_owned());
        assert_eq!(replicas(&users, &target("16.1", true), &Seen::default()).finding, Finding::Fail);
        assert_eq!(replicas(&users, &target("15.5", false), &Seen::default()).finding, Finding::Pass);
    }
}
