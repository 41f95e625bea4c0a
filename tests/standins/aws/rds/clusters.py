"""Aurora clusters: describe, modify, fail over; and the global clusters they form."""

from __future__ import annotations

from typing import Any

from ..errors import AwsError, invalid_combination
from ..simulator import Context, Params
from . import rules, upgrades, views, windows
from .paging import answer, filtered, page
from .service import RDS, here
from .state import Cluster, Region

_FILTERS = {
    "db-cluster-id": lambda item, values: item.id in values or item.arn in values,
    "db-cluster-resource-id": lambda item, values: item.resource_id in values,
    "engine": lambda item, values: item.engine in values,
    "clone-group-id": lambda item, values: False,
    "domain": lambda item, values: False,
}


@RDS.operation("DescribeDBClusters")
def describe_db_clusters(context: Context, params: Params) -> Params:
    """One cluster, or a page of all."""
    region = here(context)
    name = params.get("DBClusterIdentifier")
    if name:
        items = [region.cluster(name)]
    else:
        items = [region.clusters[key] for key in sorted(region.clusters)]
    shown, marker = page(filtered(items, params, _FILTERS), params)
    return answer("DBClusters", [views.cluster(region, item) for item in shown], marker)


_AT_ONCE = {
    "DeletionProtection": "deletion_protection",
    "PreferredBackupWindow": "backup_window",
    "BackupRetentionPeriod": "backup_retention",
}
_STEERING = {
    "DBClusterIdentifier",
    "ApplyImmediately",
    "AllowMajorVersionUpgrade",
    "EngineVersion",
    "DBClusterParameterGroupName",
    "DBInstanceParameterGroupName",
    "DBClusterInstanceClass",
    "PreferredMaintenanceWindow",
}


@RDS.operation("ModifyDBCluster")
def modify_db_cluster(context: Context, params: Params) -> Params:
    """Order a modification; members follow their cluster."""
    region = here(context)
    of = region.cluster(params["DBClusterIdentifier"])
    _require_available(of)
    unknown = set(params) - _STEERING - set(_AT_ONCE)
    if unknown:
        raise AwsError(
            "NotImplementedInStandin",
            f"The AWS stand-in cannot modify {', '.join(sorted(unknown))} of a cluster",
            501,
        )
    _order_version(region, of, params)
    _order_class(of, params)
    if window := params.get("PreferredMaintenanceWindow"):
        of.window = windows.normalize(window)
    for member, field in _AT_ONCE.items():
        if member in params:
            setattr(of, field, params[member])
    if of.pending:
        upgrades.schedule(region, of, params.get("ApplyImmediately", False))
    return {"DBCluster": views.cluster(region, of)}


def _require_available(of: Cluster) -> None:
    if of.status != "available":
        raise AwsError(
            "InvalidDBClusterStateFault",
            f"The DB cluster {of.id} is not in the available state; its status is {of.status}.",
        )


def _order_version(region: Region, of: Cluster, params: Params) -> None:
    to, group = params.get("EngineVersion"), params.get("DBClusterParameterGroupName")
    if to is None or to == of.version:
        if group:
            rules.check_group(region, of, of.version, group, major=False)
            of.parameter_group = group
        if to == of.version:
            of.pending.pop("EngineVersion", None)
            of.pending_group = of.pending_member_group = None
        return
    allowed = params.get("AllowMajorVersionUpgrade", False)
    major = rules.check_target(region, of, to, allowed)
    if major and of.global_cluster:
        raise AwsError(
            "InvalidDBClusterStateFault",
            f"{of.id} is a member of the global cluster {of.global_cluster}. Upgrade the major "
            "version of the global cluster with the ModifyGlobalCluster API.",
        )
    busy = [member.id for member in region.members(of) if member.status != "available"]
    if busy:
        raise AwsError(
            "InvalidDBInstanceState",
            f"Members of the cluster are not in available state: {', '.join(busy)}",
        )
    of.pending_group = rules.check_group(region, of, to, group, major)
    of.pending_member_group = _member_group(region, of, to, params, major)
    of.pending["EngineVersion"] = to


def _order_class(of: Cluster, params: Params) -> None:
    db_class = params.get("DBClusterInstanceClass")
    if db_class is None:
        return
    if of.aurora:
        raise invalid_combination(
            "DBClusterInstanceClass isn't supported for Aurora DB clusters; modify their instances."
        )
    if db_class == of.db_class:
        of.pending.pop("DBClusterInstanceClass", None)
    else:
        of.pending["DBClusterInstanceClass"] = db_class


def _member_group(region: Region, of: Cluster, to: str, params: Params, major: bool) -> str | None:
    asked: str | None = params.get("DBInstanceParameterGroupName")
    for member in region.members(of):
        rules.check_group(region, member, to, asked, major)
    return asked


@RDS.operation("FailoverDBCluster")
def failover_db_cluster(context: Context, params: Params) -> Params:
    """Make a reader the writer."""
    region = here(context)
    of = region.cluster(params["DBClusterIdentifier"])
    _require_available(of)
    readers = [name for name in of.members if name != of.writer]
    target = params.get("TargetDBInstanceIdentifier") or (readers[0] if readers else None)
    if target is None or target not in readers:
        raise invalid_combination(
            f"Cannot fail over {of.id}: {target or 'no reader'} is not one of its readers."
        )
    before, of.status = of.writer, "failing-over"
    region.event(of, f"Started cross AZ failover to DB instance: {target}", "failover")

    def done() -> None:
        of.writer, of.status = target, "available"
        for name in (before, target):
            region.event(region.instances[name], "DB instance restarted", "availability")
        region.event(of, f"Completed failover to DB instance: {target}", "failover")

    region.world.timeline.at(region.now + region.seconds("failover"), done)
    return {"DBCluster": views.cluster(region, of)}


@RDS.operation("DescribeGlobalClusters")
def describe_global_clusters(context: Context, params: Params) -> Params:
    """The global clusters of the account, whatever the region, as AWS answers."""
    members: dict[str, list[Cluster]] = {}
    for region in context.world.parts(Region):
        if region.account == context.account:
            for item in region.clusters.values():
                if item.global_cluster:
                    members.setdefault(item.global_cluster, []).append(item)
    name = params.get("GlobalClusterIdentifier")
    if name and name not in members:
        raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {name} not found.", 404)
    names = [name] if name else sorted(members)
    found = [_global(context, item, members[item]) for item in names]
    shown, marker = page(found, params)
    return answer("GlobalClusters", shown, marker)


def _global(context: Context, name: str, members: list[Cluster]) -> dict[str, Any]:
    writer = members[0]
    return {
        "GlobalClusterIdentifier": name,
        "GlobalClusterResourceId": f"cluster-{name}",
        "GlobalClusterArn": f"arn:aws:rds::{context.account}:global-cluster:{name}",
        "Status": "available",
        "Engine": writer.engine,
        "EngineVersion": writer.version,
        "StorageEncrypted": True,
        "DeletionProtection": writer.deletion_protection,
        "GlobalClusterMembers": [
            {
                "DBClusterArn": member.arn,
                "Readers": [other.arn for other in members if other is not writer]
                if member is writer
                else [],
                "IsWriter": member is writer,
                "GlobalWriteForwardingStatus": "disabled",
            }
            for member in members
        ],
        "TagList": [],
    }
