//! What a database is to us: one shape for instances and clusters.

use serde::{Deserialize, Serialize};

use crate::context::Resource;

/// A database: an instance of its own, or a cluster with its instances.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Database {
    pub(crate) at: Target,
    /// The account's name.
    pub(crate) account_name: String,
    /// Its `project` tag, or its account's project.
    pub(crate) project: String,
    /// Its `env` tag, or its account's environment.
    pub(crate) env: String,
    /// `mysql`, `aurora-postgresql`, as AWS names engines.
    pub(crate) engine: String,
    pub(crate) version: String,
    /// `provisioned`, `serverless`; clusters only.
    pub(crate) engine_mode: Option<String>,
    /// Its instance class; of an Aurora cluster the writer's.
    pub(crate) class: String,
    /// AWS's word for its state: `available`, `upgrading` …
    pub(crate) status: String,
    pub(crate) multi_az: bool,
    pub(crate) storage: Option<Storage>,
    /// Its weekly maintenance window in UTC, such as `sun:05:00-sun:06:00`.
    pub(crate) window: Option<String>,
    /// What waits to be changed, as name and value.
    pub(crate) pending: Vec<(String, String)>,
    pub(crate) parameter_groups: Vec<ParameterGroup>,
    /// Its read replicas: identifiers, or ARNs in other regions.
    pub(crate) replicas: Vec<String>,
    /// What it is a read replica of.
    pub(crate) source: Option<String>,
    /// A cluster's instances.
    pub(crate) members: Vec<Member>,
    /// The cluster an instance belongs to.
    pub(crate) cluster: Option<String>,
    /// The global cluster it is part of.
    pub(crate) global: Option<String>,
    /// For how many days automated backups are kept; 0 for none.
    pub(crate) backup_days: i32,
    pub(crate) deletion_protection: bool,
    /// Whether it goes on into paid extended support when standard support ends; unknown where AWS does not say.
    pub(crate) extended_support: Option<bool>,
}

/// Which database, for calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// The account, twelve digits.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) kind: Kind,
}

/// What AWS calls a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// An instance of its own.
    Instance,
    /// An Aurora cluster.
    Aurora,
    /// A Multi-AZ cluster: one writer and two readable standbys.
    MultiAz,
}

impl Kind {
    pub(crate) fn is_cluster(self) -> bool {
        self != Self::Instance
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Aurora => "Aurora cluster",
            Self::MultiAz => "Multi-AZ cluster",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// `gp3`, `io2`, `aurora` …
    pub(crate) kind: String,
    /// Allocated, in GiB; Aurora's grows by itself.
    pub(crate) gib: Option<i32>,
    /// How far it may grow by itself, in GiB.
    pub(crate) most: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParameterGroup {
    pub(crate) name: String,
    /// `in-sync`, `pending-reboot` …
    pub(crate) status: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) version: String,
    pub(crate) status: String,
    pub(crate) writer: bool,
}

impl Database {
    pub(crate) fn id(&self) -> &str {
        &self.at.id
    }

    /// What policy decides on.
    pub(crate) fn resource(&self) -> Resource {
        Resource {
            kind: "database".to_owned(),
            name: self.at.id.clone(),
            id: self.at.arn.clone(),
            account: Some(self.at.account.clone()),
            project: Some(self.project.clone()),
            env: Some(self.env.clone()),
            ..Resource::default()
        }
    }

    /// `mysql 8.0.35`.
    pub(crate) fn software(&self) -> String {
        format!("{} {}", self.engine, self.version)
    }

    /// Whether every part of it is in a state in which it serves and takes changes: `available`, or
    /// `storage-optimization`, which may last for a day ("Viewing Amazon RDS DB instance status", RDS User Guide).
    pub(crate) fn settled(&self) -> bool {
        let settled = |status: &str| ["available", "storage-optimization"].contains(&status);
        settled(&self.status) && self.members.iter().all(|member| settled(&member.status))
    }

    /// Whether every part of it runs `version`.
    pub(crate) fn runs(&self, version: &str) -> bool {
        self.version == version && self.members.iter().all(|member| member.version == version)
    }

    /// The version that waits to be put on, if one does.
    pub(crate) fn pending_version(&self) -> Option<&str> {
        self.pending.iter().find(|(name, _)| name == "EngineVersion").map(|(_, value)| value.as_str())
    }

    /// The parameter group that an upgrade may have to replace.
    pub(crate) fn parameter_group(&self) -> Option<&str> {
        self.parameter_groups.first().map(|group| group.name.as_str())
    }

    /// Where it is, in words: `shop-prod (eu-west-1)`.
    pub(crate) fn place(&self) -> String {
        format!("{} ({})", self.account_name, self.at.region)
    }
}

/// A version a database can be upgraded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpgradeTarget {
    pub(crate) version: String,
    pub(crate) major: bool,
    /// Whether AWS itself upgrades to it where automatic minor upgrades are on.
    pub(crate) auto: bool,
    /// The engine modes it is for; empty for all.
    pub(crate) modes: Vec<String>,
}

impl UpgradeTarget {
    /// Whether a cluster in this engine mode can go there.
    pub(crate) fn fits(&self, mode: Option<&str>) -> bool {
        mode.is_none_or(|mode| self.modes.is_empty() || self.modes.iter().any(|one| one == mode))
    }

    /// `8.0.40 (minor, recommended)`.
    pub(crate) fn label(&self, recommended: Option<&str>) -> String {
        let size = if self.major { "major" } else { "minor" };
        let recommended = if recommended == Some(&*self.version) { ", recommended" } else { "" };
        format!("{} ({size}{recommended})", self.version)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plain healthy instance to build on.
    pub(crate) fn database(id: &str) -> Database {
        Database {
            at: Target {
                account: "111122223333".to_owned(),
                region: "eu-west-1".to_owned(),
                id: id.to_owned(),
                arn: format!("arn:aws:rds:eu-west-1:111122223333:db:{id}"),
                kind: Kind::Instance,
            },
            account_name: "shop-prod".to_owned(),
            project: "shop".to_owned(),
            env: "prod".to_owned(),
            engine: "mysql".to_owned(),
            version: "8.0.35".to_owned(),
            engine_mode: None,
            class: "db.m6g.large".to_owned(),
            status: "available".to_owned(),
            multi_az: true,
            storage: Some(Storage { kind: "gp3".to_owned(), gib: Some(100), most: Some(500) }),
            window: Some("sun:05:00-sun:06:00".to_owned()),
            pending: Vec::new(),
            parameter_groups: vec![ParameterGroup { name: "default.mysql8.0".to_owned(), status: "in-sync".to_owned() }],
            replicas: Vec::new(),
            source: None,
            members: Vec::new(),
            cluster: None,
            global: None,
            backup_days: 7,
            deletion_protection: true,
            extended_support: None,
        }
    }
}
