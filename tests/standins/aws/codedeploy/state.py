"""What CodeDeploy keeps for ECS: applications, deployment groups and their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import AwsError
from ..world import World

if TYPE_CHECKING:
    from ..ecs.state import Service
    from .life import Deployment

# What a deployment group may be told to roll back upon.
FAILURE = "DEPLOYMENT_FAILURE"
ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"
ON_REQUEST = "DEPLOYMENT_STOP_ON_REQUEST"

_CANARY = re.compile(r"Canary(?P<percent>\d+)Percent(?P<minutes>\d+)Minutes$")
_LINEAR = re.compile(r"Linear(?P<percent>\d+)PercentEvery(?P<minutes>\d+)Minutes$")
_KNOWN = re.compile(
    r"^CodeDeployDefault\.ECS(AllAtOnce|Canary10Percent(5|15)Minutes|Linear10PercentEvery(1|3)Minutes)$"
)


def routing(config: str) -> dict[str, Any]:
    """How a deployment configuration moves traffic, read from its name as AWS's own are made."""
    if match := _CANARY.search(config):
        return {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {
                "canaryPercentage": int(match["percent"]),
                "canaryInterval": int(match["minutes"]),
            },
        }
    if match := _LINEAR.search(config):
        return {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {
                "linearPercentage": int(match["percent"]),
                "linearInterval": int(match["minutes"]),
            },
        }
    return {"type": "AllAtOnce"}


def is_default(config: str) -> bool:
    """Whether a configuration is one of those that every account has for ECS."""
    return _KNOWN.match(config) is not None


def steps(config: str) -> Iterator[tuple[float, timedelta | None]]:
    """The shares of production traffic, each with how long it stays; nothing after the last."""
    how = routing(config)
    if canary := how.get("timeBasedCanary"):
        yield float(canary["canaryPercentage"]), timedelta(minutes=canary["canaryInterval"])
    if linear := how.get("timeBasedLinear"):
        for percent in range(linear["linearPercentage"], 100, linear["linearPercentage"]):
            yield float(percent), timedelta(minutes=linear["linearInterval"])
    yield 100.0, None


@dataclass
class Event:
    """A lifecycle event."""

    name: str
    status: str = "Pending"
    started: datetime | None = None
    ended: datetime | None = None
    diagnosis: str | None = None


class Broken(Exception):
    """A deployment shall end without success."""

    def __init__(self, status: str, code: str, message: str, cause: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.cause = status, code, message, cause


class Numbers:
    """The order in which the deployments of a world were made."""

    def __init__(self, world: object) -> None:
        del world
        self._last = 0

    def next(self) -> int:
        """The next number."""
        self._last += 1
        return self._last


@dataclass
class Group:
    """A deployment group: one ECS service and how it is deployed."""

    id: str
    application: str
    name: str
    service: Service
    config: str = "CodeDeployDefault.ECSAllAtOnce"
    # STOP_DEPLOYMENT waits for somebody to go on, so many minutes; CONTINUE_DEPLOYMENT does not.
    on_timeout: str = "CONTINUE_DEPLOYMENT"
    ready_minutes: int = 0
    terminate_minutes: int = 60
    rollback_on: list[str] = field(default_factory=lambda: [FAILURE, ON_ALARM, ON_REQUEST])
    alarms: list[str] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    # The lifecycle event whose hook fails next.
    failing: str | None = None

    def configure(self, settings: dict[str, Any]) -> None:
        """Set fields by name."""
        for name, value in settings.items():
            if name not in (
                "config",
                "on_timeout",
                "ready_minutes",
                "terminate_minutes",
                "rollback_on",
                "alarms",
            ):
                raise ValueError(f"a deployment group has no {name}")
            setattr(self, name, value)

    @property
    def last(self) -> Deployment:
        """The newest deployment."""
        return self.deployments[-1]

    @property
    def ongoing(self) -> Deployment | None:
        """The deployment under way."""
        return None if self.last.ended else self.last

    def stirred(self) -> None:
        """Have the deployment under way look again."""
        if self.ongoing is not None:
            self.ongoing.script.poke()

    def alarm(self) -> None:
        """An alarm of the group fires."""
        if self.alarms and self.ongoing is not None:
            self.ongoing.alarm(self.alarms)

    def answer(self, action: str) -> None:
        """Go on from the wait, or back."""
        last = self.last
        if last.waits_for is None:
            raise ValueError(f"{last.id} waits for nobody")
        if action == "ROLLBACK":
            last.stop(roll_back=True)
        else:
            last.go_on()

    def stop(self) -> None:
        """Stop the deployment under way and roll it back."""
        if self.ongoing is None:
            raise ValueError(f"{self.name} has no deployment to stop")
        self.ongoing.stop(roll_back=True)

    def forget(self) -> None:
        """The service is deleted; the group stays, as it does in AWS, and its deployment is over."""
        if self.ongoing is not None:
            self.ongoing.lose()

    def look(self) -> dict[str, Any]:
        """The newest deployment as a test looks at it."""
        return self.last.look()


class Region:
    """CodeDeploy in one account and region of a world."""

    def __init__(self, world: World, account: str, name: str) -> None:
        self.world, self.account, self.name = world, account, name
        # Groups by application and name.
        self.applications: dict[str, dict[str, Group]] = {}

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now

    def groups(self) -> Iterator[Group]:
        """Every deployment group."""
        for groups in self.applications.values():
            yield from groups.values()

    def deployments(self) -> list[Deployment]:
        """Every deployment, newest first."""
        found = [one for group in self.groups() for one in group.deployments]
        return sorted(found, key=lambda one: one.order, reverse=True)

    def application(self, name: str) -> dict[str, Group]:
        """The groups of an application; ApplicationDoesNotExistException."""
        if name not in self.applications:
            raise AwsError(
                "ApplicationDoesNotExistException", f"No application found for name: {name}"
            )
        return self.applications[name]

    def group(self, application: str, name: str) -> Group:
        """A deployment group; DeploymentGroupDoesNotExistException."""
        found = self.application(application).get(name)
        if found is None:
            raise AwsError(
                "DeploymentGroupDoesNotExistException",
                f"No Deployment Group found for name: {name}",
            )
        return found


def region_of(world: World, account: str, name: str) -> Region:
    """CodeDeploy of an account and region."""
    found: Region = world.part(Region, account, name)
    return found
