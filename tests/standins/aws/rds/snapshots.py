"""Snapshots of instances and clusters: they take their time, and their source is busy meanwhile."""

from __future__ import annotations

import re
from datetime import timedelta

from ..errors import AwsError, invalid_combination, invalid_value
from ..simulator import Context, Params
from . import views
from .paging import answer, filtered, page
from .service import RDS, here
from .state import Cluster, Instance, Region, Snapshot

_NAME = re.compile(r"^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}(?<!-)$")
_KINDS = ("automated", "manual", "shared", "public", "awsbackup")


@RDS.operation("CreateDBSnapshot")
def create_db_snapshot(context: Context, params: Params) -> Params:
    """Begin a manual snapshot of an instance."""
    region = here(context)
    name = _name(params["DBSnapshotIdentifier"])
    of = region.instance(params["DBInstanceIdentifier"])
    if of.cluster:
        raise invalid_value(
            "The specified instance is a member of a cluster and a snapshot cannot be created "
            "directly. Please use the CreateDBClusterSnapshot API instead."
        )
    if (False, name) in region.snapshots:
        raise AwsError(
            "DBSnapshotAlreadyExists",
            f"Cannot create the snapshot because a snapshot with the identifier {name} already "
            "exists.",
        )
    if of.status not in ("available", "storage-optimization"):
        raise AwsError(
            "InvalidDBInstanceState",
            f"Cannot create a snapshot because the database instance {of.id} is not currently in "
            "the available state.",
        )
    tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags", [])}
    snapshot = begin(region, of, name, tags)
    of.status = "backing-up"
    region.event(snapshot, "Creating manual snapshot", "creation")
    region.event(of, "Backing up DB instance", "backup")

    def done() -> None:
        of.status = "available"
        region.event(snapshot, "Manual snapshot created", "creation")
        region.event(of, "Finished DB Instance backup", "backup")

    region.world.timeline.at(snapshot.done, done)
    return {"DBSnapshot": views.snapshot(region, snapshot)}


@RDS.operation("CreateDBClusterSnapshot")
def create_db_cluster_snapshot(context: Context, params: Params) -> Params:
    """Begin a manual snapshot of a cluster; an Aurora cluster stays available."""
    region = here(context)
    name = _name(params["DBClusterSnapshotIdentifier"])
    of = region.cluster(params["DBClusterIdentifier"])
    if (True, name) in region.snapshots:
        raise AwsError(
            "DBClusterSnapshotAlreadyExistsFault",
            f"Cannot create the cluster snapshot because one with the identifier {name} already "
            "exists.",
        )
    if of.status != "available":
        raise AwsError(
            "InvalidDBClusterStateFault",
            f"DB cluster {of.id} is not in the available state.",
        )
    tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags", [])}
    snapshot = begin(region, of, name, tags)
    region.event(snapshot, "Creating manual cluster snapshot", "backup")

    def done() -> None:
        region.event(snapshot, "Manual cluster snapshot created.", "backup")

    region.world.timeline.at(snapshot.done, done)
    return {"DBClusterSnapshot": views.cluster_snapshot(region, snapshot)}


def begin(region: Region, of: Instance | Cluster, name: str, tags: dict[str, str]) -> Snapshot:
    """A snapshot that is done when its time has passed."""
    of_cluster = isinstance(of, Cluster)
    snapshot = Snapshot(
        id=name,
        source=of.id,
        of_cluster=of_cluster,
        arn=region.arn("cluster-snapshot" if of_cluster else "snapshot", name),
        kind="automated" if name.startswith("rds:") else "manual",
        started=region.now,
        done=region.now + region.seconds("snapshot"),
        engine=of.engine,
        version=of.version,
        storage=of.storage if isinstance(of, Instance) else 0,
        port=views.port(of.engine),
        user=of.user,
        source_created=of.created,
        resource_id=of.resource_id,
        tags=tags,
    )
    region.snapshots[of_cluster, name] = snapshot
    return snapshot


def seed_automated(region: Region, of: Instance | Cluster) -> None:
    """Last night's automated snapshot of a resource that keeps backups."""
    if not of.backup_retention:
        return
    hours, minutes = (int(part) for part in of.backup_window[:5].split(":"))
    night = region.now.replace(hour=hours, minute=minutes, second=11, microsecond=0)
    if night + timedelta(hours=1) > region.now:
        night -= timedelta(days=1)
    snapshot = begin(region, of, f"rds:{of.id}-{night:%Y-%m-%d-%H-%M}", {})
    snapshot.started, snapshot.done = night, night + region.seconds("snapshot")


def _name(name: str) -> str:
    if not _NAME.match(name):
        raise invalid_value(
            f"The parameter DBSnapshotIdentifier is not a valid identifier: {name}. Identifiers "
            "must begin with a letter; must contain only ASCII letters, digits, and hyphens; and "
            "must not end with a hyphen or contain two consecutive hyphens."
        )
    return name.lower()


_FILTERS = {
    "db-snapshot-id": lambda item, values: item.id in values,
    "db-instance-id": lambda item, values: item.source in values or item.arn in values,
    "dbi-resource-id": lambda item, values: item.resource_id in values,
    "engine": lambda item, values: item.engine in values,
    "snapshot-type": lambda item, values: item.kind in values,
}
_CLUSTER_FILTERS = {
    "db-cluster-snapshot-id": lambda item, values: item.id in values,
    "db-cluster-id": lambda item, values: item.source in values,
    "engine": lambda item, values: item.engine in values,
    "snapshot-type": lambda item, values: item.kind in values,
}


def _chosen(region: Region, params: Params, of_cluster: bool) -> list[Snapshot]:
    noun = "DBCluster" if of_cluster else "DB"
    name = params.get(f"{noun}SnapshotIdentifier")
    source = params.get("DBClusterIdentifier" if of_cluster else "DBInstanceIdentifier")
    kind = params.get("SnapshotType")
    if kind and kind not in _KINDS:
        raise invalid_value(f"Invalid snapshot type: {kind}")
    items = [item for item in region.snapshots.values() if item.of_cluster == of_cluster]
    if name:
        short = name.rpartition("snapshot:")[2].lower()
        items = [item for item in items if item.id == short]
        if not items:
            code = "DBClusterSnapshotNotFoundFault" if of_cluster else "DBSnapshotNotFound"
            raise AwsError(code, f"{noun}Snapshot {name} not found.", 404)
    if source:
        items = [item for item in items if item.source == source.rpartition(":")[2].lower()]
    if kind:
        items = [item for item in items if item.kind == kind]
    items = filtered(items, params, _CLUSTER_FILTERS if of_cluster else _FILTERS)
    return sorted(items, key=lambda item: item.id)


@RDS.operation("DescribeDBSnapshots")
def describe_db_snapshots(context: Context, params: Params) -> Params:
    """Snapshots of instances."""
    region = here(context)
    shown, marker = page(_chosen(region, params, of_cluster=False), params)
    return answer("DBSnapshots", [views.snapshot(region, item) for item in shown], marker)


@RDS.operation("DescribeDBClusterSnapshots")
def describe_db_cluster_snapshots(context: Context, params: Params) -> Params:
    """Snapshots of clusters."""
    region = here(context)
    shown, marker = page(_chosen(region, params, of_cluster=True), params)
    found = [views.cluster_snapshot(region, item) for item in shown]
    return answer("DBClusterSnapshots", found, marker)


@RDS.operation("DeleteDBSnapshot")
def delete_db_snapshot(context: Context, params: Params) -> Params:
    """Delete a manual snapshot that is done."""
    region = here(context)
    name = params["DBSnapshotIdentifier"].rpartition("snapshot:")[2].lower()
    snapshot = region.snapshots.get((False, name))
    if snapshot is None:
        raise AwsError("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    if snapshot.kind != "manual":
        raise invalid_combination("Only manual snapshots may be deleted.")
    if region.now < snapshot.done:
        raise AwsError("InvalidDBSnapshotState", f"{name} is not in the available state.")
    del region.snapshots[False, name]
    region.event(snapshot, "Deleted manual snapshot", "deletion")
    return {"DBSnapshot": views.snapshot(region, snapshot) | {"Status": "deleted"}}
