"""How resources look in RDS's answers, member by member as the model names them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from . import engines
from .state import Cluster, Event, Instance, ParameterGroup, Region, Snapshot

_KMS = "7d3f5a1e-1111-4222-8333-944445555666"


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def port(engine: str) -> int:
    """The engine's usual port."""
    return engines.PORTS.get(engine, 3306)


def restorable(now: datetime) -> datetime:
    """The latest time backups reach: within the last five minutes."""
    return (now - timedelta(minutes=2)).replace(second=0, microsecond=0)


def instance(region: Region, of: Instance) -> dict[str, Any]:
    """A ``DBInstance``."""
    zone = f"{region.name}{of.zone}"
    backed_up = of.backup_retention > 0 and of.cluster is None
    aurora = of.engine.startswith("aurora")
    return {
        "DBInstanceIdentifier": of.id,
        "DBInstanceClass": of.db_class,
        "Engine": of.engine,
        "DBInstanceStatus": of.status,
        "MasterUsername": of.user,
        "DBName": of.database,
        "Endpoint": {
            "Address": f"{of.id}.c9akciq32rgq.{region.name}.rds.amazonaws.com",
            "Port": port(of.engine),
            "HostedZoneId": "Z1TTGA775OQIYO",
        },
        "AllocatedStorage": 1 if aurora else of.storage,
        "InstanceCreateTime": of.created,
        "PreferredBackupWindow": of.backup_window,
        "BackupRetentionPeriod": of.backup_retention,
        "DBSecurityGroups": [],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-0a1b2c3d4e5f60718", "Status": "active"}],
        "DBParameterGroups": [
            {
                "DBParameterGroupName": of.parameter_group,
                "ParameterApplyStatus": of.parameter_status,
            }
        ],
        "AvailabilityZone": zone,
        "PreferredMaintenanceWindow": of.window,
        "PendingModifiedValues": dict(of.pending),
        "LatestRestorableTime": restorable(region.now) if backed_up else None,
        "MultiAZ": of.multi_az,
        "EngineVersion": of.version,
        "AutoMinorVersionUpgrade": of.auto_minor,
        "ReadReplicaSourceDBInstanceIdentifier": of.source,
        "ReadReplicaDBInstanceIdentifiers": [item.id for item in region.replicas(of.id)],
        "LicenseModel": "postgresql-license"
        if "postgres" in of.engine
        else "general-public-license",
        "Iops": of.iops,
        "OptionGroupMemberships": [
            {"OptionGroupName": f"default:{_option_group(of)}", "Status": "in-sync"}
        ],
        "SecondaryAvailabilityZone": f"{region.name}b" if of.multi_az else None,
        "PubliclyAccessible": False,
        "StatusInfos": _status_infos(of),
        "StorageType": "aurora" if aurora else of.storage_type,
        "DbInstancePort": 0,
        "DBClusterIdentifier": of.cluster,
        "StorageEncrypted": True,
        "KmsKeyId": f"arn:aws:kms:{region.name}:{region.account}:key/{_KMS}",
        "DbiResourceId": of.resource_id,
        "CACertificateIdentifier": of.certificate,
        "DomainMemberships": [],
        "CopyTagsToSnapshot": False,
        "MonitoringInterval": 0,
        "PromotionTier": of.promotion_tier if of.cluster else None,
        "DBInstanceArn": of.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "PerformanceInsightsEnabled": False,
        "DeletionProtection": of.deletion_protection,
        "AssociatedRoles": [],
        "TagList": tag_list(of.tags),
        "CustomerOwnedIpEnabled": False,
        "NetworkType": "IPV4",
        "BackupTarget": "region",
        "DedicatedLogVolume": False,
        "EngineLifecycleSupport": "open-source-rds-extended-support",
    }


def _option_group(of: Instance) -> str:
    major = engines.major_of(of.engine, of.version)
    return f"{of.engine}-{major.number if major else of.version}".replace(".", "-")


def _status_infos(of: Instance) -> list[dict[str, Any]]:
    if of.source is None:
        return []
    normal = of.status == "available"
    return [
        {
            "StatusType": "read replication",
            "Normal": normal,
            "Status": "replicating" if normal else "stopped",
        }
    ]


def cluster(region: Region, of: Cluster) -> dict[str, Any]:
    """A ``DBCluster``."""
    suffix = f"c9akciq32rgq.{region.name}.rds.amazonaws.com"
    return {
        "AllocatedStorage": 1 if of.aurora else 100,
        "AvailabilityZones": [f"{region.name}{zone}" for zone in "abc"],
        "BackupRetentionPeriod": of.backup_retention,
        "DatabaseName": of.database,
        "DBClusterIdentifier": of.id,
        "DBClusterParameterGroup": of.parameter_group,
        "DBSubnetGroup": "default",
        "Status": of.status,
        "EarliestRestorableTime": max(
            of.created, region.now - timedelta(days=max(of.backup_retention, 1))
        ),
        "Endpoint": f"{of.id}.cluster-{suffix}",
        "ReaderEndpoint": f"{of.id}.cluster-ro-{suffix}",
        "MultiAZ": len(of.members) > 1,
        "Engine": of.engine,
        "EngineVersion": of.version,
        "LatestRestorableTime": restorable(region.now),
        "Port": port(of.engine),
        "MasterUsername": of.user,
        "PreferredBackupWindow": of.backup_window,
        "PreferredMaintenanceWindow": of.window,
        "ReadReplicaIdentifiers": [],
        "DBClusterMembers": [
            {
                "DBInstanceIdentifier": name,
                "IsClusterWriter": name == of.writer,
                "DBClusterParameterGroupStatus": "in-sync",
                "PromotionTier": region.instances[name].promotion_tier,
            }
            for name in of.members
        ],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-0a1b2c3d4e5f60718", "Status": "active"}],
        "HostedZoneId": "Z1TTGA775OQIYO",
        "StorageEncrypted": True,
        "KmsKeyId": f"arn:aws:kms:{region.name}:{region.account}:key/{_KMS}",
        "DbClusterResourceId": of.resource_id,
        "DBClusterArn": of.arn,
        "AssociatedRoles": [],
        "IAMDatabaseAuthenticationEnabled": False,
        "ClusterCreateTime": of.created,
        "PendingModifiedValues": _cluster_pending(of),
        "EngineMode": "provisioned",
        "DBClusterInstanceClass": None if of.aurora else of.db_class,
        "StorageType": "aurora" if of.aurora else "io1",
        "Iops": None if of.aurora else 3000,
        "DeletionProtection": of.deletion_protection,
        "HttpEndpointEnabled": False,
        "CopyTagsToSnapshot": False,
        "CrossAccountClone": False,
        "DomainMemberships": [],
        "TagList": tag_list(of.tags),
        "AutoMinorVersionUpgrade": True,
        "NetworkType": "IPV4",
        "EngineLifecycleSupport": "open-source-rds-extended-support",
    }


def _cluster_pending(of: Cluster) -> dict[str, Any] | None:
    # A pending instance class of a cluster has no member in PendingModifiedValues.
    shown = {name: value for name, value in of.pending.items() if name == "EngineVersion"}
    return shown or None


def _progress(region: Region, of: Snapshot) -> int:
    if region.now >= of.done:
        return 100
    return min(99, int(100 * ((region.now - of.started) / (of.done - of.started))))


def _snapshot_status(region: Region, of: Snapshot) -> str:
    return "available" if region.now >= of.done else "creating"


def snapshot(region: Region, of: Snapshot) -> dict[str, Any]:
    """A ``DBSnapshot``."""
    return {
        "DBSnapshotIdentifier": of.id,
        "DBInstanceIdentifier": of.source,
        "SnapshotCreateTime": of.started,
        "Engine": of.engine,
        "AllocatedStorage": of.storage,
        "Status": _snapshot_status(region, of),
        "Port": of.port,
        "AvailabilityZone": f"{region.name}a",
        "InstanceCreateTime": of.source_created,
        "MasterUsername": of.user,
        "EngineVersion": of.version,
        "SnapshotType": of.kind,
        "PercentProgress": _progress(region, of),
        "StorageType": "gp3",
        "Encrypted": True,
        "DBSnapshotArn": of.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "DbiResourceId": of.resource_id,
        "TagList": tag_list(of.tags),
        "OriginalSnapshotCreateTime": of.started,
        "SnapshotTarget": "region",
    }


def cluster_snapshot(region: Region, of: Snapshot) -> dict[str, Any]:
    """A ``DBClusterSnapshot``."""
    return {
        "AvailabilityZones": [f"{region.name}{zone}" for zone in "abc"],
        "DBClusterSnapshotIdentifier": of.id,
        "DBClusterIdentifier": of.source,
        "SnapshotCreateTime": of.started,
        "Engine": of.engine,
        "EngineMode": "provisioned",
        "AllocatedStorage": 0,
        "Status": _snapshot_status(region, of),
        "Port": of.port,
        "ClusterCreateTime": of.source_created,
        "MasterUsername": of.user,
        "EngineVersion": of.version,
        "SnapshotType": of.kind,
        "PercentProgress": _progress(region, of),
        "StorageEncrypted": True,
        "DBClusterSnapshotArn": of.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "TagList": tag_list(of.tags),
        "DbClusterResourceId": of.resource_id,
    }


def parameter_group(of: ParameterGroup) -> dict[str, Any]:
    """A ``DBParameterGroup`` or a ``DBClusterParameterGroup``."""
    kind = "DBClusterParameterGroup" if of.of_cluster else "DBParameterGroup"
    return {
        f"{kind}Name": of.name,
        "DBParameterGroupFamily": of.family,
        "Description": of.description,
        f"{kind}Arn": of.arn,
    }


def event(of: Event) -> dict[str, Any]:
    """An ``Event``."""
    return {
        "SourceIdentifier": of.source,
        "SourceType": of.source_type,
        "Message": of.message,
        "EventCategories": of.categories,
        "Date": of.date,
        "SourceArn": of.arn,
    }
