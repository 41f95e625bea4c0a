//! AWS's answers as our shapes. Pure.

use aws_sdk_rds::types as sdk;

use super::aws::{EngineVersion, Event, Snapshot};
use super::model::{Database, Kind, Member, ParameterGroup, Storage, Target, UpgradeTarget};
use crate::aws::time::instant;
use crate::context::Account;

/// Engines that answer to the RDS API without being RDS.
const OTHERS: [&str; 2] = ["docdb", "neptune"];

/// Instances and clusters as databases; instances of clusters are part of these.
pub(super) fn databases(
    instances: &[sdk::DbInstance],
    clusters: &[sdk::DbCluster],
    account: &Account,
    region: &str,
) -> Vec<Database> {
    let own =
        instances.iter().filter(|one| one.db_cluster_identifier().is_none()).filter_map(|one| instance(one, account, region));
    let clusters = clusters.iter().filter_map(|one| cluster(one, instances, account, region));
    own.chain(clusters).collect()
}

/// An instance; none where it is not RDS's, or AWS leaves out its name.
pub(super) fn instance(one: &sdk::DbInstance, account: &Account, region: &str) -> Option<Database> {
    if one.engine().is_some_and(|engine| OTHERS.contains(&engine)) {
        return None;
    }
    let (project, env) = belongs(one.tag_list(), account);
    Some(Database {
        at: Target {
            account: account.id.clone(),
            region: region.to_owned(),
            id: one.db_instance_identifier.clone()?,
            arn: one.db_instance_arn.clone()?,
            kind: Kind::Instance,
        },
        account_name: account.name.clone(),
        project,
        env,
        engine: one.engine.clone().unwrap_or_default(),
        version: one.engine_version.clone().unwrap_or_default(),
        engine_mode: None,
        class: one.db_instance_class.clone().unwrap_or_default(),
        status: one.db_instance_status.clone().unwrap_or_default(),
        multi_az: one.multi_az().unwrap_or_default(),
        storage: one.storage_type.clone().map(|kind| Storage {
            kind,
            gib: one.allocated_storage,
            most: one.max_allocated_storage,
        }),
        window: one.preferred_maintenance_window.clone(),
        pending: one.pending_modified_values.as_ref().map(pending).unwrap_or_default(),
        parameter_groups: one
            .db_parameter_groups()
            .iter()
            .map(|group| ParameterGroup {
                name: group.db_parameter_group_name.clone().unwrap_or_default(),
                status: group.parameter_apply_status.clone().unwrap_or_default(),
            })
            .collect(),
        replicas: [one.read_replica_db_instance_identifiers(), one.read_replica_db_cluster_identifiers()].concat(),
        source: one.read_replica_source_db_instance_identifier.clone().or(one.read_replica_source_db_cluster_identifier.clone()),
        members: Vec::new(),
        cluster: one.db_cluster_identifier.clone(),
        global: None,
        backup_days: one.backup_retention_period.unwrap_or_default(),
        deletion_protection: one.deletion_protection().unwrap_or_default(),
        extended_support: one.engine_lifecycle_support().map(enrolled),
    })
}

/// A cluster with those of `instances` that belong to it; none where it is not RDS's, or AWS leaves out its name.
pub(super) fn cluster(one: &sdk::DbCluster, instances: &[sdk::DbInstance], account: &Account, region: &str) -> Option<Database> {
    if one.engine().is_some_and(|engine| OTHERS.contains(&engine)) {
        return None;
    }
    let (project, env) = belongs(one.tag_list(), account);
    let engine = one.engine.clone().unwrap_or_default();
    let kind = if engine.starts_with("aurora") { Kind::Aurora } else { Kind::MultiAz };
    let members: Vec<Member> = one.db_cluster_members().iter().filter_map(|listed| member(listed, instances)).collect();
    let writer = members.iter().find(|member| member.writer).or(members.first());
    let reapplied = one.db_cluster_members().iter().find_map(|listed| listed.db_cluster_parameter_group_status.clone());
    Some(Database {
        at: Target {
            account: account.id.clone(),
            region: region.to_owned(),
            id: one.db_cluster_identifier.clone()?,
            arn: one.db_cluster_arn.clone()?,
            kind,
        },
        account_name: account.name.clone(),
        project,
        env,
        version: one.engine_version.clone().unwrap_or_default(),
        engine_mode: one.engine_mode.clone(),
        class: one.db_cluster_instance_class.clone().or(writer.map(|writer| writer.class.clone())).unwrap_or_default(),
        status: one.status.clone().unwrap_or_default(),
        multi_az: one.multi_az().unwrap_or_default(),
        storage: Some(Storage {
            kind: one.storage_type.clone().unwrap_or_else(|| if kind == Kind::Aurora { "aurora" } else { "" }.to_owned()),
            gib: one.allocated_storage.filter(|_| kind == Kind::MultiAz),
            most: None,
        }),
        window: one.preferred_maintenance_window.clone(),
        pending: one.pending_modified_values.as_ref().map(pending_of_cluster).unwrap_or_default(),
        parameter_groups: one
            .db_cluster_parameter_group
            .clone()
            .map(|name| ParameterGroup { name, status: reapplied.unwrap_or_default() })
            .into_iter()
            .collect(),
        replicas: one.read_replica_identifiers().to_vec(),
        source: one.replication_source_identifier.clone(),
        members,
        cluster: None,
        global: one.global_cluster_identifier.clone().filter(|global| !global.is_empty()),
        backup_days: one.backup_retention_period.unwrap_or_default(),
        deletion_protection: one.deletion_protection().unwrap_or_default(),
        extended_support: one.engine_lifecycle_support().map(enrolled),
        engine,
    })
}

fn member(listed: &sdk::DbClusterMember, instances: &[sdk::DbInstance]) -> Option<Member> {
    let id = listed.db_instance_identifier.clone()?;
    let instance = instances.iter().find(|instance| instance.db_instance_identifier() == Some(&id))?;
    Some(Member {
        class: instance.db_instance_class.clone().unwrap_or_default(),
        version: instance.engine_version.clone().unwrap_or_default(),
        status: instance.db_instance_status.clone().unwrap_or_default(),
        writer: listed.is_cluster_writer().unwrap_or_default(),
        id,
    })
}

fn belongs(tags: &[sdk::Tag], account: &Account) -> (String, String) {
    let tag =
        |key: &str| tags.iter().find(|tag| tag.key() == Some(key)).and_then(sdk::Tag::value).filter(|value| !value.is_empty());
    let or = |tag: Option<&str>, else_: &str| tag.unwrap_or(else_).to_owned();
    (or(tag("project"), &account.project), or(tag("env"), &account.env))
}

fn enrolled(support: &str) -> bool {
    support == "open-source-rds-extended-support"
}

fn named(values: Vec<(&str, Option<String>)>) -> Vec<(String, String)> {
    values.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

fn pending(values: &sdk::PendingModifiedValues) -> Vec<(String, String)> {
    named(vec![
        ("EngineVersion", values.engine_version.clone()),
        ("DBInstanceClass", values.db_instance_class.clone()),
        ("MultiAZ", values.multi_az.map(|on| on.to_string())),
        ("AllocatedStorage", values.allocated_storage.map(|gib| gib.to_string())),
        ("StorageType", values.storage_type.clone()),
        ("Iops", values.iops.map(|iops| iops.to_string())),
        ("StorageThroughput", values.storage_throughput.map(|throughput| throughput.to_string())),
        ("BackupRetentionPeriod", values.backup_retention_period.map(|days| days.to_string())),
        ("Port", values.port.map(|port| port.to_string())),
        ("DBInstanceIdentifier", values.db_instance_identifier.clone()),
        ("DBSubnetGroupName", values.db_subnet_group_name.clone()),
        ("CACertificateIdentifier", values.ca_certificate_identifier.clone()),
        ("LicenseModel", values.license_model.clone()),
        ("MasterUserPassword", values.master_user_password.as_ref().map(|_| "a new one".to_owned())),
    ])
}

fn pending_of_cluster(values: &sdk::ClusterPendingModifiedValues) -> Vec<(String, String)> {
    named(vec![
        ("EngineVersion", values.engine_version.clone()),
        ("AllocatedStorage", values.allocated_storage.map(|gib| gib.to_string())),
        ("StorageType", values.storage_type.clone()),
        ("Iops", values.iops.map(|iops| iops.to_string())),
        ("BackupRetentionPeriod", values.backup_retention_period.map(|days| days.to_string())),
        ("DBClusterIdentifier", values.db_cluster_identifier.clone()),
        ("MasterUserPassword", values.master_user_password.as_ref().map(|_| "a new one".to_owned())),
    ])
}

pub(super) fn version(one: &sdk::DbEngineVersion) -> EngineVersion {
    EngineVersion {
        family: one.db_parameter_group_family.clone().unwrap_or_default(),
        targets: one
            .valid_upgrade_target()
            .iter()
            .filter_map(|target| {
                Some(UpgradeTarget {
                    version: target.engine_version.clone()?,
                    major: target.is_major_version_upgrade().unwrap_or_default(),
                    auto: target.auto_upgrade().unwrap_or_default(),
                    modes: target.supported_engine_modes().to_vec(),
                })
            })
            .collect(),
    }
}

pub(super) fn instance_snapshot(one: &sdk::DbSnapshot) -> Snapshot {
    Snapshot {
        name: one.db_snapshot_identifier.clone().unwrap_or_default(),
        status: one.status.clone().unwrap_or_default(),
        percent: one.percent_progress.unwrap_or_default(),
        operation: operation(one.tag_list()),
    }
}

pub(super) fn cluster_snapshot(one: &sdk::DbClusterSnapshot) -> Snapshot {
    Snapshot {
        name: one.db_cluster_snapshot_identifier.clone().unwrap_or_default(),
        status: one.status.clone().unwrap_or_default(),
        percent: one.percent_progress.unwrap_or_default(),
        operation: operation(one.tag_list()),
    }
}

fn operation(tags: &[sdk::Tag]) -> Option<String> {
    tags.iter().find(|tag| tag.key() == Some(super::writes::OPERATION)).and_then(sdk::Tag::value).map(str::to_owned)
}

pub(super) fn event(one: &sdk::Event) -> Option<Event> {
    Some(Event {
        at: one.date().and_then(instant)?,
        source: one.source_identifier.clone().unwrap_or_default(),
        message: one.message.clone().unwrap_or_default(),
        categories: one.event_categories().to_vec(),
    })
}
