"""What a modification goes through: pick-up, upgrade, downtime, end; and how it goes wrong.

Messages are those of "Amazon RDS event categories and event messages".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ..errors import AwsError, invalid_combination
from . import engines, windows
from .state import Cluster, Instance, Outcome, Region

_MAJOR_FLAG = (
    "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
)
# States in which RDS takes no modification of the engine.
_SETTLED = ("available", "storage-optimization")
_UPKEEP = "maintenance"


def check_target(region: Region, of: Instance | Cluster, to: str, allow_major: bool) -> bool:
    """Refuse a version that is no valid target; otherwise whether it is a major upgrade."""
    found = [
        version
        for version in engines.targets(of.engine, of.version, region.now.date())
        if version.number == to
    ]
    if not found:
        raise invalid_combination(f"Cannot upgrade {of.engine} from {of.version} to {to}")
    major = is_major(of.engine, of.version, to)
    if major and not allow_major:
        raise invalid_combination(_MAJOR_FLAG)
    return major


def is_major(engine: str, version: str, to: str) -> bool:
    """Whether two versions belong to different major versions."""
    return engines.major_of(engine, version) is not engines.major_of(engine, to)


def check_group(
    region: Region, of: Instance | Cluster, to: str, asked: str | None, major: bool
) -> str | None:
    """The parameter group after an upgrade; RDS's refusals for groups that do not fit."""
    of_cluster = isinstance(of, Cluster)
    family = engines.family(of.engine, to)
    if asked is None:
        if not major:
            return None
        if not of.parameter_group.startswith("default."):
            kind = "cluster" if of_cluster else "instance"
            raise invalid_combination(
                f"The current DB {kind} parameter group '{of.parameter_group}' is custom. You must "
                f"explicitly specify a new DB {kind} parameter group, either default or custom, "
                "for the engine version upgrade."
            )
        return f"default.{family}"
    group = region.group(asked, of_cluster)
    if group.family != family:
        raise invalid_combination(
            f"The Parameter Group {asked} with DBParameterGroupFamily {group.family} cannot be "
            f"used for this instance. Please use a Parameter Group with DBParameterGroupFamily "
            f"{family}"
        )
    return asked


def check_replicas(region: Region, of: Instance, to: str, major: bool) -> None:
    """RDS's order: read replicas first; a PostgreSQL major upgrade takes them along."""
    if of.engine == "postgres" and major:
        if of.source is not None:
            raise invalid_combination(
                "You can't perform a major version upgrade on a read replica. Upgrade the source "
                "DB instance, and its read replicas are upgraded with it."
            )
        return
    target = engines.find(of.engine, to)
    behind = []
    for replica in region.replicas(of.id):
        version = engines.find(of.engine, replica.version)
        if target is None or version is None or version.order < target.order:
            behind.append(replica.id)
    if behind:
        raise AwsError(
            "DBUpgradeDependencyFailure",
            "One or more of the DB instance's read replicas need to be upgraded: "
            + ", ".join(behind),
        )


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
    elif isinstance(of, Instance):
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
    _settle_pending(of)
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
    _settle_pending(of)
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


def _settle_pending(of: Instance | Cluster) -> None:
    """Take over the plain values that were pending beside a version."""
    of.pending.pop("EngineVersion", None)
    if isinstance(of, Instance):
        take_over(of, of.pending)
    of.pending.clear()


_FIELDS = {
    "DBInstanceClass": "db_class",
    "MultiAZ": "multi_az",
    "AllocatedStorage": "storage",
    "StorageType": "storage_type",
    "Iops": "iops",
    "CACertificateIdentifier": "certificate",
}


def take_over(of: Instance, values: dict[str, Any]) -> None:
    """Make pending values the instance's own."""
    for member, value in values.items():
        if member in _FIELDS:
            setattr(of, _FIELDS[member], value)


def modify(region: Region, of: Instance) -> None:
    """Begin a modification without an engine upgrade."""
    values = dict(of.pending)
    of.status = "modifying"
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


def _finish_modify(region: Region, of: Instance, values: dict[str, Any], storage: bool) -> None:
    take_over(of, values)
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
