"""What a modification goes through: pick-up, upgrade, downtime, end; and how it goes wrong.

Messages are those of "Amazon RDS event categories and event messages".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from . import engines, windows
from .rules import is_major
from .state import Cluster, Instance, Outcome, Region

# States in which RDS takes no modification of the engine.
_SETTLED = ("available", "storage-optimization")
_UPKEEP = "maintenance"


def schedule(region: Region, of: Instance | Cluster, immediately: bool) -> None:
    """Have pending values applied in a moment or when the maintenance window opens."""
    if immediately:
        when = region.now + region.seconds("pickup")
    else:
        when = windows.next_start(of.window, region.now)
    region.world.timeline.at(when, lambda: apply_pending(region, of))


def apply_pending(region: Region, of: Instance | Cluster) -> None:
    """Apply what is pending, unless it was withdrawn; wait while the resource is busy."""
    if not of.pending:
        return
    if of.status not in _SETTLED:
        retry = region.now + timedelta(minutes=1)
        region.world.timeline.at(retry, lambda: apply_pending(region, of))
        return
    if "EngineVersion" in of.pending:
        upgrade(region, of)
    else:
        modify(region, of)


def upgrade(region: Region, of: Instance | Cluster) -> None:
    """Begin an engine upgrade."""
    outcome = region.outcome(of.id)
    to = of.pending["EngineVersion"]
    size = "major" if is_major(of.engine, of.version, to) else "minor"
    factor = outcome.factor if outcome else 1.0
    length = region.seconds(f"{size}_upgrade") * factor
    down = min(region.seconds(f"{size}_downtime") * factor, length * 0.9)
    parties: list[Instance | Cluster] = [of]
    if isinstance(of, Cluster):
        parties += region.members(of)
    elif of.engine == "postgres" and size == "major":
        parties += region.replicas(of.id)
    for party in parties:
        party.status = "upgrading"
    _say_begin(region, of)
    for party in parties:
        if isinstance(party, Instance) and party.source and party is not of:
            region.event(
                party,
                "Waiting for the DB engine version upgrade to finish on the primary DB instance.",
                "maintenance",
            )
    start, at = region.now, region.world.timeline.at
    down_at = start + (length - down) * 0.8
    at(down_at, lambda: _go_down(region, of, parties))
    at(down_at + down, lambda: _come_back(region, parties))
    at(start + length, lambda: _finish(region, of, parties, to, outcome))


def _say_begin(region: Region, of: Instance | Cluster) -> None:
    what = "database cluster" if isinstance(of, Cluster) else "DB"
    for step in ("started", "finished"):
        region.event(of, f"The pre-check {step} for the {what} engine version upgrade.", _UPKEEP)
    if isinstance(of, Cluster):
        region.event(of, "Database cluster engine version upgrade started.", _UPKEEP)
        return
    if of.backup_retention:
        region.event(of, "Backing up DB instance", "backup")
    region.event(of, "The engine version upgrade started.", _UPKEEP)


def _instances(parties: Iterable[Instance | Cluster]) -> list[Instance]:
    return [party for party in parties if isinstance(party, Instance)]


def _go_down(region: Region, of: Instance | Cluster, parties: list[Instance | Cluster]) -> None:
    if isinstance(of, Instance):
        if of.backup_retention:
            region.event(of, "Finished DB Instance backup", "backup")
        region.event(of, "The downtime started for the DB instance.", _UPKEEP)
    for party in _instances(parties):
        party.reachable = False
        region.event(party, "DB instance shutdown", "availability")


def _come_back(region: Region, parties: list[Instance | Cluster]) -> None:
    for party in _instances(parties):
        party.reachable = True
        region.event(party, "DB instance restarted", "availability")


def _finish(
    region: Region,
    of: Instance | Cluster,
    parties: list[Instance | Cluster],
    to: str,
    outcome: Outcome | None,
) -> None:
    kind = outcome.kind if outcome else "success"
    if kind == "fail":
        _roll_back(region, of, parties, outcome.reason if outcome else "")
        return
    old = of.version
    group = of.pending_group
    for party in parties:
        party.version = to
        party.status = "available"
        if is_major(of.engine, old, to) and party is not of:
            family = f"default.{engines.family(of.engine, to)}"
            party.parameter_group = (
                of.pending_member_group if isinstance(of, Cluster) else None
            ) or family
    if group:
        of.parameter_group = group
    of.pending_group = None
    _settle_pending(region, of)
    if isinstance(of, Cluster):
        if is_major(of.engine, old, to):
            region.event(of, "Database cluster engine major version has been upgraded.", _UPKEEP)
        else:
            message = f"Database cluster has been patched: source version {old} => {to}"
            region.event(of, message, _UPKEEP)
        return
    region.event(of, "The post-upgrade tasks are in progress.", _UPKEEP)
    if group:
        region.event(of, f"Updated to use DBParameterGroup {group}.", "configuration change")
    region.event(of, "The engine version upgrade finished.", _UPKEEP)
    if kind == "incompatible-parameters":
        of.status, of.reachable = kind, False
        why = (outcome.reason if outcome else "") or "Review the values of its parameters"
        region.event(of, f"Database instance put into {kind}. {why}.", "failure")


def _roll_back(
    region: Region,
    of: Instance | Cluster,
    parties: list[Instance | Cluster],
    reason: str,
) -> None:
    for party in parties:
        party.status = "available"
    of.pending.pop("EngineVersion", None)
    of.pending_group = None
    _settle_pending(region, of)
    why = reason or "The upgrade pre-checks found incompatibilities, see the upgrade log"
    if isinstance(of, Cluster):
        message = f"Database cluster is in a state that cannot be upgraded: {why}."
        region.event(of, message, _UPKEEP)
        return
    message = f"Database instance is in a state that cannot be upgraded: {why}."
    region.event(of, message, "notification")
    region.event(
        of,
        "The DB engine version upgrade failed. The engine version upgrade rollback succeeded.",
        _UPKEEP,
    )


def _settle_pending(region: Region, of: Instance | Cluster) -> None:
    """Take over the plain values that were pending beside a version."""
    of.pending.pop("EngineVersion", None)
    take_over(region, of, of.pending)
    of.pending.clear()


_FIELDS = {
    "DBInstanceClass": "db_class",
    "MultiAZ": "multi_az",
    "AllocatedStorage": "storage",
    "StorageType": "storage_type",
    "Iops": "iops",
    "CACertificateIdentifier": "certificate",
}


def take_over(region: Region, of: Instance | Cluster, values: dict[str, Any]) -> None:
    """Make pending values the resource's own."""
    if isinstance(of, Cluster):
        of.db_class = values.get("DBClusterInstanceClass", of.db_class)
        if not of.aurora:
            for member in region.members(of):
                member.db_class = of.db_class
        return
    for name, value in values.items():
        if name in _FIELDS:
            setattr(of, _FIELDS[name], value)


def modify(region: Region, of: Instance | Cluster) -> None:
    """Begin a modification without an engine upgrade."""
    values = dict(of.pending)
    of.status = "modifying"
    if isinstance(of, Cluster):
        done = region.now + region.seconds("modify")
        region.world.timeline.at(done, lambda: _finish_cluster(region, of))
        return
    at, start = region.world.timeline.at, region.now
    storage = {"AllocatedStorage", "StorageType", "Iops"} & set(values)
    length = region.seconds("modify")
    if set(values) <= storage:
        length = region.seconds("storage")
        region.event(of, "Applying modification to allocated storage.", "configuration change")
    elif "DBInstanceClass" in values:
        region.event(
            of, "Applying modification to database instance class.", "configuration change"
        )
        down = min(region.seconds("modify_downtime"), length * 0.9)
        at(start + (length - down) * 0.8, lambda: _go_down_quietly(region, of))
        at(start + (length - down) * 0.8 + down, lambda: _come_back(region, [of]))
    if "MultiAZ" in values:
        region.event(of, f"Applying modification to {_convert(values)}.", "configuration change")
    at(start + length, lambda: _finish_modify(region, of, values, bool(storage)))


def _convert(values: dict[str, Any]) -> str:
    kind = "Multi-AZ" if values["MultiAZ"] else "standard (Single-AZ)"
    return f"convert to a {kind} DB instance"


def _go_down_quietly(region: Region, of: Instance) -> None:
    of.reachable = False
    region.event(of, "DB instance shutdown", "availability")


def _finish_cluster(region: Region, of: Cluster) -> None:
    _settle_pending(region, of)
    of.status = "available"


def _finish_modify(region: Region, of: Instance, values: dict[str, Any], storage: bool) -> None:
    take_over(region, of, values)
    of.pending.clear()
    if "DBInstanceClass" in values:
        region.event(
            of, "Finished applying modification to DB instance class.", "configuration change"
        )
    if "MultiAZ" in values:
        message = f"Finished applying modification to {_convert(values)}."
        region.event(of, message, "configuration change")
    if not storage:
        of.status = "available"
        return
    region.event(of, "Finished applying modification to allocated storage.", "configuration change")
    of.status = "storage-optimization"

    def done() -> None:
        if of.status == "storage-optimization":
            of.status = "available"

    region.world.timeline.at(region.now + region.seconds("optimize"), done)
