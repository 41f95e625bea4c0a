"""DB instances: describe, modify, reboot, stop, start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import AwsError, invalid_combination, invalid_value
from ..simulator import Context, Params
from . import rules, upgrades, views, windows
from .paging import answer, filtered, page
from .service import RDS, here
from .state import Instance, Region

_FILTERS = {
    "db-instance-id": lambda item, values: item.id in values or item.arn in values,
    "db-cluster-id": lambda item, values: any(
        item.cluster and value.rpartition(":")[2] == item.cluster for value in values
    ),
    "dbi-resource-id": lambda item, values: item.resource_id in values,
    "domain": lambda item, values: False,
    "engine": lambda item, values: item.engine in values,
}


@RDS.operation("DescribeDBInstances")
def describe_db_instances(context: Context, params: Params) -> Params:
    """One instance, or a page of all."""
    region = here(context)
    name = params.get("DBInstanceIdentifier")
    if name:
        items = [region.instance(name)]
    else:
        items = [region.instances[key] for key in sorted(region.instances)]
    shown, marker = page(filtered(items, params, _FILTERS), params)
    return answer("DBInstances", [views.instance(region, item) for item in shown], marker)


def require_available(of: Instance) -> None:
    """InvalidDBInstanceState unless the instance takes orders."""
    if of.status not in ("available", "storage-optimization"):
        raise AwsError("InvalidDBInstanceState", "Database instance is not in available state.")


# Members that RDS applies at once whatever ApplyImmediately says.
_AT_ONCE: dict[str, str] = {
    "DeletionProtection": "deletion_protection",
    "AutoMinorVersionUpgrade": "auto_minor",
    "PromotionTier": "promotion_tier",
    "PreferredBackupWindow": "backup_window",
    "BackupRetentionPeriod": "backup_retention",
}
# Members that wait for the window unless ApplyImmediately.
_PENDING: dict[str, Callable[[Instance], Any]] = {
    "DBInstanceClass": lambda of: of.db_class,
    "MultiAZ": lambda of: of.multi_az,
    "AllocatedStorage": lambda of: of.storage,
    "StorageType": lambda of: of.storage_type,
    "Iops": lambda of: of.iops,
    "CACertificateIdentifier": lambda of: of.certificate,
}
_STEERING = {
    "DBInstanceIdentifier",
    "ApplyImmediately",
    "AllowMajorVersionUpgrade",
    "EngineVersion",
    "DBParameterGroupName",
    "PreferredMaintenanceWindow",
}


@RDS.operation("ModifyDBInstance")
def modify_db_instance(context: Context, params: Params) -> Params:
    """Order a modification; RDS answers before it has begun."""
    region = here(context)
    of = region.instance(params["DBInstanceIdentifier"])
    require_available(of)
    unknown = set(params) - _STEERING - set(_AT_ONCE) - set(_PENDING)
    if unknown:
        raise AwsError(
            "NotImplementedInStandin",
            f"The AWS stand-in cannot modify {', '.join(sorted(unknown))}",
            501,
        )
    upgrading = _check_engine(region, of, params)
    window = params.get("PreferredMaintenanceWindow")
    if window:
        of.window = windows.normalize(window)
    for member, field in _AT_ONCE.items():
        if member in params:
            setattr(of, field, params[member])
    _note_pending(of, params)
    if upgrading:
        of.pending["EngineVersion"], of.pending_group = upgrading
    elif params.get("EngineVersion") == of.version:
        # Ordering the present version withdraws an upgrade that still waits for its window.
        of.pending.pop("EngineVersion", None)
        of.pending_group = None
    if of.pending:
        upgrades.schedule(region, of, params.get("ApplyImmediately", False))
    return {"DBInstance": views.instance(region, of)}


def _check_engine(region: Region, of: Instance, params: Params) -> tuple[str, str | None] | None:
    """The version and parameter group to go to, if the order asks for another version."""
    to, group = params.get("EngineVersion"), params.get("DBParameterGroupName")
    if to is None or to == of.version:
        if group:
            rules.check_group(region, of, of.version, group, major=False)
            of.parameter_group, of.parameter_status = group, "pending-reboot"
        return None
    if of.cluster:
        raise invalid_combination(
            "The specified DB Instance is a member of a cluster. Modify the database engine "
            "version for the DB Cluster using the ModifyDbCluster API"
        )
    allowed = params.get("AllowMajorVersionUpgrade", False)
    major = rules.check_target(region, of, to, allowed)
    after = rules.check_group(region, of, to, group, major)
    rules.check_replicas(region, of, to, major)
    return to, after


def _note_pending(of: Instance, params: Params) -> None:
    for member, current in _PENDING.items():
        if member not in params:
            continue
        value = params[member]
        if member == "AllocatedStorage" and value < of.storage:
            raise invalid_combination(
                f"Requested storage size ({value}) cannot be less than the current storage size "
                f"({of.storage})"
            )
        if member == "DBInstanceClass" and not value.startswith("db."):
            raise invalid_value(f"Invalid DB Instance class: {value}")
        if value == current(of):
            of.pending.pop(member, None)
        else:
            of.pending[member] = value


@RDS.operation("RebootDBInstance")
def reboot_db_instance(context: Context, params: Params) -> Params:
    """Restart an instance; pending parameters take effect."""
    region = here(context)
    of = region.instance(params["DBInstanceIdentifier"])
    require_available(of)
    if params.get("ForceFailover") and not of.multi_az:
        raise invalid_combination("Cannot force failover on a Single-AZ DB instance.")
    of.status, of.reachable = "rebooting", False
    region.event(of, "DB instance shutdown", "availability")

    def back() -> None:
        of.status, of.reachable, of.parameter_status = "available", True, "in-sync"
        region.event(of, "DB instance restarted", "availability")

    region.world.timeline.at(region.now + region.seconds("reboot"), back)
    return {"DBInstance": views.instance(region, of)}


@RDS.operation("StopDBInstance")
def stop_db_instance(context: Context, params: Params) -> Params:
    """Stop an instance."""
    region = here(context)
    of = region.instance(params["DBInstanceIdentifier"])
    require_available(of)
    if of.cluster or of.source or region.replicas(of.id):
        raise AwsError("InvalidDBInstanceState", f"Cannot stop {of.id} with its present role.")
    of.status, of.reachable = "stopping", False
    region.event(of, "DB instance shutdown", "availability")

    def stopped() -> None:
        of.status = "stopped"
        region.event(of, "DB instance stopped", "notification")

    region.world.timeline.at(region.now + region.seconds("stop"), stopped)
    return {"DBInstance": views.instance(region, of)}


@RDS.operation("StartDBInstance")
def start_db_instance(context: Context, params: Params) -> Params:
    """Start a stopped instance."""
    region = here(context)
    of = region.instance(params["DBInstanceIdentifier"])
    if of.status != "stopped":
        raise AwsError("InvalidDBInstanceState", "Instance is not stopped.")
    of.status = "starting"

    def started() -> None:
        of.status, of.reachable = "available", True
        region.event(of, "DB instance started", "notification")

    region.world.timeline.at(region.now + region.seconds("start"), started)
    return {"DBInstance": views.instance(region, of)}
