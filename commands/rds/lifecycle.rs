//! How long AWS supports a version, from its own table (DescribeDBMajorEngineVersions).

use jiff::{SignedDuration, Timestamp};

use super::versions;

/// How long before the end of standard support a version counts as outdated.
const SOON: SignedDuration = SignedDuration::from_hours(180 * 24);

/// The support of one major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    pub(crate) engine: String,
    /// `8.0`, `15`.
    pub(crate) major: String,
    pub(crate) standard_ends: Option<Timestamp>,
    /// Extended support costs extra.
    pub(crate) extended_ends: Option<Timestamp>,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// AWS gives no date.
    Unknown,
    /// In standard support for more than 180 days.
    Supported,
    /// Standard support ends within 180 days.
    EndsSoon,
    /// Standard support has ended; extended support has not.
    Extended,
    /// All support has ended.
    Ended,
}

impl Standing {
    pub(crate) fn is_outdated(self) -> bool {
        matches!(self, Self::EndsSoon | Self::Extended | Self::Ended)
    }
}

/// The support of the major version that `version` of `engine` belongs to.
pub(crate) fn of<'a>(lifecycles: &'a [Lifecycle], engine: &str, version: &str) -> Option<&'a Lifecycle> {
    lifecycles
        .iter()
        .filter(|lifecycle| lifecycle.engine == engine && versions::belongs(version, &lifecycle.major))
        .max_by_key(|lifecycle| lifecycle.major.len())
}

/// Where a version with this support stands at `now`.
pub(crate) fn standing(lifecycle: Option<&Lifecycle>, now: Timestamp) -> Standing {
    let Some(Lifecycle { standard_ends: Some(standard), extended_ends, .. }) = lifecycle else { return Standing::Unknown };
    if now < *standard {
        return if standard.duration_since(now) <= SOON { Standing::EndsSoon } else { Standing::Supported };
    }
    if extended_ends.is_some_and(|extended| now < extended) { Standing::Extended } else { Standing::Ended }
}

/// Where a version stands, for a cell of a table: `until 2026-07-31`.
pub(crate) fn cell(lifecycle: Option<&Lifecycle>, now: Timestamp) -> String {
    let standard = lifecycle.and_then(|lifecycle| lifecycle.standard_ends).map(day).unwrap_or_default();
    let extended = lifecycle.and_then(|lifecycle| lifecycle.extended_ends).map(day).unwrap_or_default();
    match standing(lifecycle, now) {
        Standing::Unknown => "no date given".to_owned(),
        Standing::Supported => format!("until {standard}"),
        Standing::EndsSoon => format!("ends {standard}"),
        Standing::Extended => format!("ended {standard}, extended until {extended}"),
        Standing::Ended => format!("ended {}", if extended.is_empty() { standard } else { extended }),
    }
}

/// The same with one date, for a narrow table: the end of the support it is in.
pub(crate) fn short(lifecycle: Option<&Lifecycle>, now: Timestamp) -> String {
    match (standing(lifecycle, now), lifecycle.and_then(|lifecycle| lifecycle.extended_ends)) {
        (Standing::Extended, Some(extended)) => format!("extended to {}", day(extended)),
        (Standing::Unknown, _) => "-".to_owned(),
        _ => cell(lifecycle, now),
    }
}

/// `2026-07-31`, in UTC.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifecycle(engine: &str, major: &str, standard: &str, extended: &str) -> Lifecycle {
        let at = |day: &str| format!("{day}T23:59:59Z").parse().ok();
        Lifecycle { engine: engine.to_owned(), major: major.to_owned(), standard_ends: at(standard), extended_ends: at(extended) }
    }

    fn table() -> Vec<Lifecycle> {
        vec![
            lifecycle("mysql", "5.7", "2024-02-29", "2027-02-28"),
            lifecycle("mysql", "8.0", "2026-07-31", "2029-07-31"),
            lifecycle("mysql", "8.4", "2029-07-31", "2032-07-31"),
            lifecycle("aurora-mysql", "8.0", "2028-04-30", "2029-07-31"),
            lifecycle("postgres", "1", "2001-01-01", ""),
            lifecycle("postgres", "15", "2027-02-28", "2030-02-28"),
        ]
    }

    #[test]
    fn a_version_takes_the_support_of_its_own_engine_and_major() {
        let table = table();
        for (engine, version, major) in [
            ("mysql", "8.0.35", Some("8.0")),
            ("mysql", "8.4.3", Some("8.4")),
            ("aurora-mysql", "8.0.mysql_aurora.3.05.2", Some("8.0")),
            ("postgres", "15.4", Some("15")),
            ("postgres", "16.1", None),
            ("mariadb", "10.6.14", None),
        ] {
            let found = of(&table, engine, version);
            assert_eq!(found.map(|found| found.major.as_str()), major, "{engine} {version}");
            assert!(found.is_none_or(|found| found.engine == engine));
        }
    }

    #[test]
    fn a_version_is_outdated_from_180_days_before_the_end() {
        let table = table();
        let mysql = of(&table, "mysql", "8.0.35");
        for (now, cell_at, outdated) in [
            ("2026-02-01T00:00:00Z", "until 2026-07-31", false),
            ("2026-02-02T23:59:59Z", "ends 2026-07-31", true),
            ("2026-07-31T23:59:59Z", "ended 2026-07-31, extended until 2029-07-31", true),
            ("2029-08-01T00:00:00Z", "ended 2029-07-31", true),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(cell(mysql, now), cell_at);
            let extended = standing(mysql, now) == Standing::Extended;
            assert_eq!(short(mysql, now), if extended { "extended to 2029-07-31" } else { cell_at });
            assert_eq!(standing(mysql, now).is_outdated(), outdated, "{now}");
        }
        assert_eq!(cell(None, "2026-02-01T00:00:00Z".parse().unwrap()), "no date given");
    }
}
