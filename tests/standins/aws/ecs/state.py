"""What ECS keeps: clusters, task definitions, services with their fleets and deployments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import AwsError
from ..traffic import Balance
from ..world import World

if TYPE_CHECKING:
    from ..codedeploy.state import Group
    from .deployment import Deployment
    from .fleet import Fleet, Task

# Seconds, as people see them on Fargate; a world may change them. Those of stages are how long a
# stage takes beside its hooks, its tasks and the minutes that its configuration names.
DURATIONS: dict[str, float] = {
    "ecs.pending": 5,
    "ecs.reconcile_service": 10,
    "ecs.pre_scale_up": 5,
    "ecs.post_scale_up": 5,
    "ecs.test_traffic_shift": 15,
    "ecs.post_test_traffic_shift": 5,
    "ecs.production_traffic_shift": 15,
    "ecs.post_production_traffic_shift": 5,
    "ecs.clean_up": 5,
    "ecs.rollback_request": 5,
    "ecs.stop_request": 5,
    "ecs.lambda_hook": 10,
    "task.provision": 15,
    "task.pull": 20,
    "task.start": 20,
    "task.die": 15,
    "task.health": 30,
    "task.drain": 20,
    "task.restart": 20,
    "codedeploy.created": 5,
    "codedeploy.hook": 5,
    "codedeploy.shift": 15,
    "codedeploy.stop": 10,
    "codedeploy.install_timeout": 3600,
}

CONTROLLERS = ("ECS", "CODE_DEPLOY")
STRATEGIES = ("ROLLING", "BLUE_GREEN", "LINEAR", "CANARY")
# Hooks that are not a Lambda function cannot be at these two ("Pause hooks", constraints).
PAUSE_STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


@dataclass
class Container:
    """A container of a task definition."""

    name: str
    image: str
    cpu: int = 0
    memory: int | None = None
    port: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What the registry resolves the image to; the digest itself if the image names one."""
        _, _, named = self.image.partition("@")
        return named or "sha256:" + hashlib.sha256(self.image.encode()).hexdigest()


@dataclass
class TaskDefinition:
    """A revision of a task definition."""

    family: str
    revision: int
    arn: str
    cpu: int
    memory: int
    containers: list[Container]
    registered: datetime


@dataclass
class Fate:
    """How the tasks of a fleet end, if they do not live."""

    code: str
    reason: str
    # Where in its life a task dies: before it runs (pull), soon after (run), or when it ought to be healthy (health).
    moment: str
    exit: int | None = None
    container_reason: str | None = None


@dataclass
class Event:
    """A line of a service's events."""

    id: str
    at: datetime
    message: str


@dataclass
class Service:
    """A service: what it shall be, and the fleets that are it."""

    name: str
    region: Region
    cluster: Cluster
    controller: str
    configuration: dict[str, Any]
    desired: int
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)
    balance: Balance | None = None
    # Newest last; the fleet that serves is `live`, the one being brought in is `fleets[-1]`.
    fleets: list[Fleet] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    # The CodeDeploy deployment group that deploys it.
    group: Group | None = None
    # How the tasks of the next deployments end: orders, read when the fleet is there.
    fates: list[dict[str, Any]] = field(default_factory=list)
    # ACTIVE, or after it was deleted DRAINING, then INACTIVE.
    status: str = "ACTIVE"
    rollback_fails: str | None = None
    lambda_fails: bool = False

    @property
    def arn(self) -> str:
        """The ARN."""
        return self.region.arn("service", f"{self.cluster.name}/{self.name}")

    @property
    def live(self) -> Fleet:
        """The fleet production traffic goes to, or went to before a deployment that is under way."""
        return next(fleet for fleet in self.fleets if fleet.primary)

    @property
    def deployment(self) -> Deployment | None:
        """The newest service deployment, if there was one."""
        return self.deployments[-1] if self.deployments else None

    @property
    def ongoing(self) -> Deployment | None:
        """The service deployment under way."""
        last = self.deployment
        return last if last is not None and not last.ended else None

    @property
    def wanted(self) -> Fleet:
        """The fleet that shall serve in the end: the target, unless its deployment went back."""
        ongoing = self.ongoing
        return ongoing.target if ongoing is not None and ongoing.forward else self.live

    def say(self, message: str) -> None:
        """Note a service event; AWS keeps the latest 100."""
        self.events.insert(
            0, Event(self.region.world.named_uuid(self.arn), self.region.now, message)
        )
        del self.events[100:]

    def stirred(self) -> None:
        """Have whoever deploys this service look again."""
        if self.ongoing is not None:
            self.ongoing.script.poke()
        if self.group is not None:
            self.group.stirred()

    def configured(self, name: str, otherwise: Any = None) -> Any:
        """A part of the deployment configuration."""
        return self.configuration.get(name, otherwise)


@dataclass
class Cluster:
    """A cluster; services of several projects may share it."""

    name: str
    region: Region
    tags: dict[str, str] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN."""
        return self.region.arn("cluster", self.name)


class Region:
    """ECS in one account and region of a world."""

    def __init__(self, world: World, account: str, name: str) -> None:
        self.world = world
        self.account = account
        self.name = name
        self.clusters: dict[str, Cluster] = {}
        self.definitions: dict[str, list[TaskDefinition]] = {}
        # Every task of the last hour, by ARN.
        self.tasks: dict[str, Task] = {}

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now

    @property
    def place(self) -> tuple[str, str]:
        """Account and region."""
        return self.account, self.name

    def seconds(self, name: str) -> timedelta:
        """How long something takes in this world."""
        durations: Durations = self.world.part(Durations)
        return timedelta(seconds=durations.seconds[name])

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this region."""
        return f"arn:aws:ecs:{self.name}:{self.account}:{kind}/{name}"

    def identify(self, service: Service, kind: str, length: int, alphabet: str) -> str:
        """A new identifier of something of a service, the same in every world."""
        return self.world.named_in(f"{kind} {service.arn}", length, alphabet)

    def deployment_id(self, service: Service) -> str:
        """An identifier as the deployments of DescribeServices and task sets have."""
        return "ecs-svc/" + self.identify(service, "ecs-svc", 19, _DIGITS)

    def revision_arn(self, service: Service) -> str:
        """The ARN of a new service revision."""
        number = self.identify(service, "revision", 19, _DIGITS)
        return self.arn("service-revision", f"{service.cluster.name}/{service.name}/{number}")

    def service_deployment_arn(self, service: Service) -> str:
        """The ARN of a new service deployment."""
        name = self.identify(service, "deployment", 21, _LETTERS)
        return self.arn("service-deployment", f"{service.cluster.name}/{service.name}/{name}")

    def hook_id(self, service: Service, kind: str) -> str:
        """The identifier of a hook that was invoked."""
        prefix = "ecs-pause-" if kind == "PAUSE" else "ecs-lambda-"
        return prefix + self.identify(service, "hook", 43, _LETTERS)

    def cluster(self, name: str | None) -> Cluster:
        """A cluster by name or ARN, `default` if none is named; ClusterNotFoundException."""
        found = self.clusters.get((name or "default").rpartition("/")[2])
        if found is None or not _ours(name, found.arn):
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return found

    def services(self) -> Iterator[Service]:
        """Every service."""
        for cluster in self.clusters.values():
            yield from cluster.services.values()

    def service(self, cluster: Cluster, name: str) -> Service:
        """A service by name or ARN; ServiceNotFoundException."""
        found = cluster.services.get(name.rpartition("/")[2])
        if found is None or not _ours(name, found.arn):
            raise AwsError("ServiceNotFoundException", "Service not found.")
        return found

    def deployments(self) -> Iterator[Deployment]:
        """Every service deployment that AWS still knows."""
        for service in self.services():
            yield from service.deployments

    def definition(self, name: str) -> TaskDefinition:
        """A task definition by family, family and revision, or ARN; ClientException."""
        family, _, revision = name.rpartition("/")[2].partition(":")
        for found in reversed(self.definitions.get(family, [])):
            if revision in ("", str(found.revision)) and _ours(name, found.arn):
                return found
        raise AwsError("ClientException", "Unable to describe task definition.")

    def register(
        self,
        family: str,
        size: tuple[int, int],
        containers: list[Container],
        first: int = 1,
    ) -> TaskDefinition:
        """A new revision of a task definition of so much CPU and memory; `first` if it is the first."""
        revisions = self.definitions.setdefault(family, [])
        number = revisions[-1].revision + 1 if revisions else first
        arn = self.arn("task-definition", f"{family}:{number}")
        made = TaskDefinition(family, number, arn, *size, containers, self.now)
        revisions.append(made)
        return made


def _ours(asked: str | None, arn: str) -> bool:
    """Whether a name is no ARN, or that of the resource found by it."""
    return asked is None or not asked.startswith("arn:") or asked == arn


class Durations:
    """How long things take in a world, in seconds."""

    def __init__(self, world: World) -> None:
        del world
        self.seconds = dict(DURATIONS)


def region_of(world: World, account: str, name: str) -> Region:
    """ECS of an account and region."""
    region: Region = world.part(Region, account, name)
    return region
