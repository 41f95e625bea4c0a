//! How versions compare, and which target is recommended. Pure.

use std::cmp::Ordering;

use super::model::UpgradeTarget;

/// Compares versions as people count: `8.0.9` before `8.0.40`, `8.0.mysql_aurora.3.05.2` before `8.0.mysql_aurora.3.10.0`.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    parts(a).cmp(&parts(b))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Word(&'a str),
    Number(u64),
}

fn parts(version: &str) -> Vec<Part<'_>> {
    version
        .split(['.', '-', '_', '+'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_or(Part::Word(part), Part::Number))
        .collect()
}

/// Whether `major` is the major version `version` belongs to: `8.0` of `8.0.35`, `15` of `15.4`.
pub(crate) fn belongs(version: &str, major: &str) -> bool {
    version.strip_prefix(major).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// A version as short as it stays clear: `3.05.2` of `8.0.mysql_aurora.3.05.2`.
pub(crate) fn short(version: &str) -> &str {
    version.split_once(".mysql_aurora.").map_or(version, |(_, aurora)| aurora)
}

/// Newest first; minor ones before major ones.
pub(crate) fn sort(targets: &mut [UpgradeTarget]) {
    targets.sort_by(|a, b| a.major.cmp(&b.major).then_with(|| compare(&b.version, &a.version)));
}

/// What AWS recommends: the newest minor version it upgrades to by itself, else the newest minor version.
pub(crate) fn recommended(targets: &[UpgradeTarget]) -> Option<&UpgradeTarget> {
    let minor = || targets.iter().filter(|target| !target.major);
    let newest = |a: &&UpgradeTarget, b: &&UpgradeTarget| compare(&a.version, &b.version);
    minor().filter(|target| target.auto).max_by(newest).or_else(|| minor().max_by(newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(version: &str, major: bool, auto: bool) -> UpgradeTarget {
        UpgradeTarget { version: version.to_owned(), major, auto, modes: Vec::new() }
    }

    #[test]
    fn versions_compare_as_people_count() {
        for (older, newer) in [
            ("8.0.9", "8.0.40"),
            ("8.0.40", "8.4.3"),
            ("15.4", "15.10"),
            ("9.6.22", "10.1"),
            ("8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.10.0"),
            ("5.7.mysql_aurora.2.11.1", "8.0.mysql_aurora.3.04.0"),
            ("5.7.44", "5.7.44-rds.20240408"),
            ("13.4", "13.4-R2"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} {older}");
        }
        assert_eq!(compare("8.0.40", "8.0.40"), Ordering::Equal);
    }

    #[test]
    fn a_version_belongs_to_its_major_only() {
        assert!(belongs("8.0.35", "8.0"));
        assert!(belongs("8.0.mysql_aurora.3.05.2", "8.0"));
        assert!(belongs("15.4", "15"));
        assert!(belongs("5.7.44-rds.20240408", "5.7"));
        assert!(!belongs("15.4", "1"));
        assert!(!belongs("10.11.4", "10.1"));
    }

    #[test]
    fn minor_targets_come_first_newest_first() {
        let mut targets = vec![
            target("8.4.3", true, false),
            target("8.0.36", false, false),
            target("8.0.40", false, false),
            target("8.4.4", true, false),
        ];
        sort(&mut targets);
        let order: Vec<&str> = targets.iter().map(|target| target.version.as_str()).collect();
        assert_eq!(order, ["8.0.40", "8.0.36", "8.4.4", "8.4.3"]);
    }

    #[test]
    fn what_aws_would_choose_is_recommended_else_the_newest_minor() {
        let chosen = [target("8.0.39", false, true), target("8.0.40", false, false), target("8.4.3", true, false)];
        assert_eq!(recommended(&chosen).unwrap().version, "8.0.39");
        let none_chosen = [target("8.0.39", false, false), target("8.0.40", false, false), target("8.4.3", true, true)];
        assert_eq!(recommended(&none_chosen).unwrap().version, "8.0.40");
        assert_eq!(recommended(&[target("8.4.3", true, true)]), None);
    }
}
