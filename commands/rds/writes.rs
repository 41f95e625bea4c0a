//! What the `rds` capability changes in AWS. Each write asks for a permit, and its planned call and the call that is made
//! come from the same value.

use std::collections::BTreeMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use serde::{Deserialize, Serialize};

use super::aws::Rds;
use super::model::Target;
use crate::aws::Fault;
use crate::plan::{Permit, call};
use crate::records::PlannedCall;

/// The tag that says which change made a snapshot.
pub(super) const OPERATION: &str = "watchkeeper:operation";
const PERSON: &str = "watchkeeper:person";

/// A snapshot to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MakeSnapshot {
    pub(super) of: Target,
    pub(super) name: String,
}

/// An upgrade to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Modify {
    pub(super) of: Target,
    /// The version to upgrade to.
    pub(super) version: String,
    pub(super) major: bool,
    /// The instance class to change to.
    pub(super) class: Option<String>,
    /// The parameter group to change to.
    pub(super) parameter_group: Option<String>,
}

impl MakeSnapshot {
    pub(super) fn planned(&self) -> PlannedCall {
        let tags = "watchkeeper:operation and watchkeeper:person of this change";
        if self.of.kind.is_cluster() {
            let names = [("DBClusterIdentifier", &*self.of.id), ("DBClusterSnapshotIdentifier", &self.name), ("Tags", tags)];
            return call("rds:CreateDBClusterSnapshot", names);
        }
        let names = [("DBInstanceIdentifier", &*self.of.id), ("DBSnapshotIdentifier", &self.name), ("Tags", tags)];
        call("rds:CreateDBSnapshot", names)
    }
}

impl Modify {
    pub(super) fn planned(&self) -> PlannedCall {
        let (api, id, class, group) = if self.of.kind.is_cluster() {
            ("rds:ModifyDBCluster", "DBClusterIdentifier", "DBClusterInstanceClass", "DBClusterParameterGroupName")
        } else {
            ("rds:ModifyDBInstance", "DBInstanceIdentifier", "DBInstanceClass", "DBParameterGroupName")
        };
        let parameters = [
            (id, Some(self.of.id.clone())),
            ("EngineVersion", Some(self.version.clone())),
            ("ApplyImmediately", Some("true".to_owned())),
            ("AllowMajorVersionUpgrade", self.major.then(|| "true".to_owned())),
            (class, self.class.clone()),
            (group, self.parameter_group.clone()),
        ];
        let parameters: BTreeMap<_, _> =
            parameters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        PlannedCall { api: api.to_owned(), parameters }
    }
}

impl Rds {
    fn writer(&self) -> Client {
        Client::new(&self.session.writing())
    }

    /// Asks AWS to begin a snapshot.
    pub(super) async fn make_snapshot(&self, permit: &Permit, snapshot: &MakeSnapshot) -> Result<(), Fault> {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let tags = vec![tag(OPERATION, permit.change()), tag(PERSON, &permit.person().0)];
        if snapshot.of.kind.is_cluster() {
            let call = self.writer().create_db_cluster_snapshot().set_tags(Some(tags));
            let call = call.db_cluster_identifier(&snapshot.of.id).db_cluster_snapshot_identifier(&snapshot.name).send();
            return self.session.write(permit, "rds:CreateDBClusterSnapshot", call).await.map(drop);
        }
        let call = self.writer().create_db_snapshot().set_tags(Some(tags));
        let call = call.db_instance_identifier(&snapshot.of.id).db_snapshot_identifier(&snapshot.name).send();
        self.session.write(permit, "rds:CreateDBSnapshot", call).await.map(drop)
    }

    /// Asks AWS to begin an upgrade, at once.
    pub(super) async fn modify(&self, permit: &Permit, modify: &Modify) -> Result<(), Fault> {
        let major = modify.major.then_some(true);
        if modify.of.kind.is_cluster() {
            let call = self.writer().modify_db_cluster().db_cluster_identifier(&modify.of.id).apply_immediately(true);
            let call = call.engine_version(&modify.version).set_allow_major_version_upgrade(major);
            let call = call.set_db_cluster_instance_class(modify.class.clone());
            let call = call.set_db_cluster_parameter_group_name(modify.parameter_group.clone()).send();
            return self.session.write(permit, "rds:ModifyDBCluster", call).await.map(drop);
        }
        let call = self.writer().modify_db_instance().db_instance_identifier(&modify.of.id).apply_immediately(true);
        let call = call.engine_version(&modify.version).set_allow_major_version_upgrade(major);
        let call = call.set_db_instance_class(modify.class.clone());
        let call = call.set_db_parameter_group_name(modify.parameter_group.clone()).send();
        self.session.write(permit, "rds:ModifyDBInstance", call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::Kind;

    fn modify(kind: Kind) -> Modify {
        let of = Target {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            id: "orders".to_owned(),
            arn: "arn:aws:rds:eu-west-1:111122223333:db:orders".to_owned(),
            kind,
        };
        Modify { of, version: "8.4.3".to_owned(), major: true, class: None, parameter_group: Some("orders-8-4".to_owned()) }
    }

    #[test]
    fn the_planned_call_names_parameters_as_aws_does() {
        insta::assert_snapshot!(serde_json::to_string(&modify(Kind::Instance).planned()).unwrap(), @r#"{"api":"rds:ModifyDBInstance","parameters":{"AllowMajorVersionUpgrade":"true","ApplyImmediately":"true","DBInstanceIdentifier":"orders","DBParameterGroupName":"orders-8-4","EngineVersion":"8.4.3"}}"#);
        insta::assert_snapshot!(serde_json::to_string(&modify(Kind::MultiAz).planned()).unwrap(), @r#"{"api":"rds:ModifyDBCluster","parameters":{"AllowMajorVersionUpgrade":"true","ApplyImmediately":"true","DBClusterIdentifier":"orders","DBClusterParameterGroupName":"orders-8-4","EngineVersion":"8.4.3"}}"#);
    }
}
