"""What RDS keeps: instances, clusters, snapshots, parameter groups and events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..errors import AwsError
from ..world import World
from .versions import MAJORS

# Real seconds of AWS, as people see them for small databases; a world may change them.
DURATIONS: dict[str, float] = {
    "pickup": 10,
    "snapshot": 360,
    "minor_upgrade": 720,
    "minor_downtime": 90,
    "major_upgrade": 1500,
    "major_downtime": 840,
    "modify": 480,
    "modify_downtime": 60,
    "storage": 300,
    "optimize": 3600,
    "reboot": 60,
    "stop": 240,
    "start": 300,
    "failover": 45,
    "maintenance": 900,
}


@dataclass
class Outcome:
    """How the next upgrade of a database goes, if not well."""

    kind: str
    reason: str = ""
    factor: float = 1.0


@dataclass
class Instance:
    """A DB instance."""

    id: str
    engine: str
    version: str
    db_class: str
    created: datetime
    resource_id: str
    arn: str
    parameter_group: str
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "available"
    reachable: bool = True
    multi_az: bool = False
    zone: str = "a"
    window: str = "sun:04:00-sun:04:30"
    backup_window: str = "02:00-02:30"
    backup_retention: int = 7
    deletion_protection: bool = True
    auto_minor: bool = False
    storage: int = 100
    storage_type: str = "gp3"
    iops: int | None = None
    certificate: str = "rds-ca-rsa2048-g1"
    database: str | None = None
    user: str = "admin"
    source: str | None = None
    cluster: str | None = None
    parameter_status: str = "in-sync"
    pending: dict[str, Any] = field(default_factory=dict)
    # The group an engine upgrade switches to; AWS does not show it while it is pending.
    pending_group: str | None = None
    promotion_tier: int = 1


@dataclass
class Cluster:
    """An Aurora or Multi-AZ DB cluster; its members are instances."""

    id: str
    engine: str
    version: str
    db_class: str
    created: datetime
    resource_id: str
    arn: str
    parameter_group: str
    writer: str = ""
    members: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "available"
    window: str = "sun:04:00-sun:04:30"
    backup_window: str = "02:00-02:30"
    backup_retention: int = 7
    deletion_protection: bool = True
    database: str | None = None
    user: str = "admin"
    pending: dict[str, Any] = field(default_factory=dict)
    pending_group: str | None = None
    pending_member_group: str | None = None
    global_cluster: str | None = None

    @property
    def aurora(self) -> bool:
        """Whether this is Aurora, whose members share one volume, or a Multi-AZ DB cluster."""
        return self.engine.startswith("aurora")


@dataclass
class Snapshot:
    """A snapshot of an instance or a cluster."""

    id: str
    source: str
    of_cluster: bool
    arn: str
    kind: str
    started: datetime
    done: datetime
    engine: str
    version: str
    storage: int
    port: int
    user: str
    source_created: datetime
    resource_id: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class ParameterGroup:
    """A parameter group and what was changed in it."""

    name: str
    family: str
    arn: str
    of_cluster: bool
    description: str
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Event:
    """A line of DescribeEvents."""

    source: str
    source_type: str
    arn: str
    message: str
    categories: list[str]
    date: datetime


class Region:
    """RDS in one account and region of a world."""

    def __init__(self, world: World, account: str, name: str) -> None:
        self.world = world
        self.account = account
        self.name = name
        self.instances: dict[str, Instance] = {}
        self.clusters: dict[str, Cluster] = {}
        self.snapshots: dict[tuple[bool, str], Snapshot] = {}
        self.groups: dict[tuple[bool, str], ParameterGroup] = {}
        self.maintenance: dict[str, list[dict[str, Any]]] = {}
        # By proxy, the instance or cluster behind it.
        self.proxies: dict[str, str] = {}
        self.events: list[Event] = []
        self.outcomes: dict[str, list[Outcome]] = {}

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now

    def seconds(self, name: str) -> timedelta:
        """How long something takes in this world."""
        durations: Durations = self.world.part(Durations)
        return timedelta(seconds=durations.seconds[name])

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this region."""
        return f"arn:aws:rds:{self.name}:{self.account}:{kind}:{name}"

    def instance(self, name: str) -> Instance:
        """An instance by identifier (case does not matter) or ARN; DBInstanceNotFound."""
        found = self.instances.get(name.rpartition(":")[2].lower())
        if found is None:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return found

    def cluster(self, name: str) -> Cluster:
        """A cluster by identifier or ARN; DBClusterNotFoundFault."""
        found = self.clusters.get(name.rpartition(":")[2].lower())
        if found is None:
            raise AwsError("DBClusterNotFoundFault", f"DBCluster {name} not found.", 404)
        return found

    def group(self, name: str, of_cluster: bool) -> ParameterGroup:
        """A parameter group; default groups exist as soon as somebody asks for them."""
        found = self.groups.get((of_cluster, name))
        if found is None and name.startswith("default."):
            family = name.removeprefix("default.")
            if any(major.family == family for major in MAJORS):
                kind = "cluster-pg" if of_cluster else "pg"
                found = ParameterGroup(
                    name,
                    family,
                    self.arn(kind, name),
                    of_cluster,
                    f"Default parameter group for {family}",
                )
                self.groups[of_cluster, name] = found
        if found is None:
            kind = "DBClusterParameterGroup" if of_cluster else "DBParameterGroup"
            raise AwsError("DBParameterGroupNotFound", f"{kind} {name} not found.", 404)
        return found

    def replicas(self, name: str) -> list[Instance]:
        """The read replicas of an instance."""
        return [item for item in self.instances.values() if item.source == name]

    def members(self, cluster: Cluster) -> list[Instance]:
        """The instances of a cluster."""
        return [self.instances[name] for name in cluster.members]

    def event(self, of: Instance | Cluster | Snapshot, message: str, *categories: str) -> None:
        """Note an event of a resource."""
        self.events.append(
            Event(of.id, source_type(of), of.arn, message, list(categories), self.now)
        )

    def outcome(self, name: str) -> Outcome | None:
        """Take how the next upgrade of a database shall go."""
        waiting = self.outcomes.get(name)
        return waiting.pop(0) if waiting else None


class Durations:
    """How long things take in a world, in seconds."""

    def __init__(self, world: World) -> None:
        del world
        self.seconds = dict(DURATIONS)


def source_type(of: Instance | Cluster | Snapshot) -> str:
    """What DescribeEvents calls the kind of a resource."""
    if isinstance(of, Instance):
        return "db-instance"
    if isinstance(of, Cluster):
        return "db-cluster"
    return "db-cluster-snapshot" if of.of_cluster else "db-snapshot"


def region_of(world: World, account: str, name: str) -> Region:
    """RDS of an account and region."""
    region: Region = world.part(Region, account, name)
    return region
