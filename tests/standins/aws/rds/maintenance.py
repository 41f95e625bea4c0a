"""Pending maintenance: what AWS wants to do to a database, and when people let it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..errors import AwsError, invalid_value
from ..simulator import Context, Params
from . import engines, rules, upgrades, windows
from .paging import answer, filtered, page
from .service import RDS, here
from .state import Cluster, Instance, Region

DESCRIPTIONS = {
    "system-update": "New Operating System update is available",
    "os-upgrade": "New Operating System upgrade is available",
    "db-upgrade": "Automatic minor version upgrade",
    "ca-certificate-rotation": "Rotation of CA certificate",
    "hardware-maintenance": "Hardware maintenance",
}
_OPT_INS = ("immediate", "next-maintenance", "undo-opt-in")
_FILTERS = {
    "db-instance-id": lambda item, values: _short(item[0]) in values or item[0] in values,
    "db-cluster-id": lambda item, values: _short(item[0]) in values or item[0] in values,
}


def _short(arn: str) -> str:
    return arn.rpartition(":")[2]


def announce(region: Region, of: Instance | Cluster, order: dict[str, Any]) -> None:
    """Have a maintenance action wait for a database."""
    action = order["action"]
    detail = {
        "Action": action,
        "Description": order.get("description") or DESCRIPTIONS.get(action, action),
    }
    for member, name in (("AutoAppliedAfterDate", "auto_after"), ("ForcedApplyDate", "forced")):
        if moment := order.get(name):
            detail[member] = moment
            detail["CurrentApplyDate"] = moment
    region.maintenance.setdefault(of.arn, []).append(detail)


@RDS.operation("DescribePendingMaintenanceActions")
def describe_pending_maintenance_actions(context: Context, params: Params) -> Params:
    """What waits, by resource."""
    region = here(context)
    items = sorted((arn, details) for arn, details in region.maintenance.items() if details)
    if arn := params.get("ResourceIdentifier"):
        _resource(region, arn)
        items = [item for item in items if item[0] == arn]
    shown, marker = page(filtered(items, params, _FILTERS), params)
    found = [_pending(arn, details) for arn, details in shown]
    return answer("PendingMaintenanceActions", found, marker)


def _pending(arn: str, details: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ResourceIdentifier": arn,
        "PendingMaintenanceActionDetails": [dict(detail) for detail in details],
    }


def _resource(region: Region, arn: str) -> Instance | Cluster:
    known: list[Instance | Cluster] = [*region.instances.values(), *region.clusters.values()]
    for of in known:
        if of.arn == arn:
            return of
    raise AwsError("ResourceNotFoundFault", f"The specified resource {arn} was not found.", 404)


@RDS.operation("ApplyPendingMaintenanceAction")
def apply_pending_maintenance_action(context: Context, params: Params) -> Params:
    """Opt in to an action now or at the next window, or out again."""
    region = here(context)
    arn, action, opt_in = (
        params[name] for name in ("ResourceIdentifier", "ApplyAction", "OptInType")
    )
    if opt_in not in _OPT_INS:
        raise invalid_value(f"Invalid opt-in type: {opt_in}")
    of = _resource(region, arn)
    details = region.maintenance.get(arn, [])
    detail = next((item for item in details if item["Action"] == action), None)
    if detail is None:
        raise AwsError("ResourceNotFoundFault", f"{arn} has no pending {action}.", 404)
    _require_available(of)
    if opt_in == "undo-opt-in":
        if detail.get("OptInStatus") == "immediate":
            raise invalid_value("An immediate opt-in can't be undone.")
        detail.pop("OptInStatus", None)
        detail["CurrentApplyDate"] = detail.get("ForcedApplyDate")
    else:
        now = opt_in == "immediate"
        when = (
            region.now + region.seconds("pickup")
            if now
            else windows.next_start(of.window, region.now)
        )
        detail["OptInStatus"], detail["CurrentApplyDate"] = opt_in, when
        region.world.timeline.at(when, lambda: _begin(region, of, detail, when))
    return {"ResourcePendingMaintenanceActions": _pending(arn, details)}


def _require_available(of: Instance | Cluster) -> None:
    if of.status != "available":
        if isinstance(of, Cluster):
            raise AwsError("InvalidDBClusterStateFault", f"{of.id} is not available.")
        raise AwsError("InvalidDBInstanceState", "Database instance is not in available state.")


def _begin(region: Region, of: Instance | Cluster, detail: dict[str, Any], when: datetime) -> None:
    details = region.maintenance.get(of.arn, [])
    if detail not in details or detail.get("OptInStatus") is None:
        return
    if detail["CurrentApplyDate"] != when:
        return
    if of.status != "available":
        retry = region.now + timedelta(minutes=1)
        detail["CurrentApplyDate"] = retry
        region.world.timeline.at(retry, lambda: _begin(region, of, detail, retry))
        return
    details.remove(detail)
    if detail["Action"] == "db-upgrade":
        _upgrade(region, of)
        return
    of.status = "maintenance"
    starting, finished = (
        (
            "Cluster operating system upgrade starting.",
            "Cluster operating system upgrade completed.",
        )
        if isinstance(of, Cluster)
        else (
            "Applying off-line patches to DB instance.",
            "Finished applying off-line patches to DB instance.",
        )
    )
    region.event(of, starting, "maintenance")
    instances = [of] if isinstance(of, Instance) else region.members(of)
    for instance in instances:
        instance.reachable = False
        region.event(instance, "DB instance shutdown", "availability")

    def done() -> None:
        of.status = "available"
        for instance in instances:
            instance.reachable = True
            region.event(instance, "DB instance restarted", "availability")
        region.event(of, finished, "maintenance")

    region.world.timeline.at(region.now + region.seconds("maintenance"), done)


def _upgrade(region: Region, of: Instance | Cluster) -> None:
    """The newest minor of the same major."""
    same = [
        version.number
        for version in engines.targets(of.engine, of.version, region.now.date())
        if not rules.is_major(of.engine, of.version, version.number)
    ]
    if same:
        of.pending["EngineVersion"] = same[-1]
        upgrades.upgrade(region, of)
