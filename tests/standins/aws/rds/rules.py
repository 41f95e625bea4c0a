"""What RDS demands before it takes an upgrade: targets, parameter groups, the order of replicas."""

from __future__ import annotations

from ..errors import AwsError, invalid_combination
from . import engines
from .state import Cluster, Instance, Region

_MAJOR_FLAG = (
    "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
)


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
