"""A CodeDeploy deployment of an ECS service, from its creation to its end, forward or back.

Lifecycle events are those of "List of lifecycle event hooks for an Amazon ECS deployment" in the
AWS CodeDeploy user guide.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..ecs.fates import fate
from ..ecs.fleet import Fleet
from ..ecs.state import TaskDefinition
from ..script import Script, Steps
from ..timeline import Entry
from ..traffic import Balance
from . import events
from .state import FAILURE, ON_ALARM, ON_REQUEST, Broken, Event, Group, Numbers, steps

_EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
_BACK = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ENDED = ("Succeeded", "Failed", "Stopped")


class Deployment:
    """A deployment: from the original (blue) task set to the replacement (green)."""

    def __init__(
        self, group: Group, definition: TaskDefinition, back_from: Deployment | None = None
    ) -> None:
        world = group.service.region.world
        self.group = group
        self.definition = definition
        self.back_from = back_from
        self.id = "d-" + world.named_in(f"CodeDeploy {group.service.arn}", 9, _IDS)
        self.status = "Created"
        self.config = group.config
        self.on_timeout, self.ready_minutes = group.on_timeout, group.ready_minutes
        self.terminate_minutes = group.terminate_minutes
        self.created = group.service.region.now
        parts: Numbers = world.part(Numbers)
        self.order = parts.next()
        self.started: datetime | None = None
        self.completed: datetime | None = None
        self.updated = self.created
        self.error: tuple[str, str] | None = None
        self.rolled_back_by: Deployment | None = None
        self.message: str | None = None
        self.terminating = False
        self.waits_for: str | None = None
        self.description: str | None = None
        self.rollback_on = list(group.rollback_on)
        self.blue: Fleet = group.service.live
        self.green: Fleet | None = None
        names = _BACK if back_from else _EVENTS
        self.events = [Event(name) for name in names]
        # Whether it is being ended before its time.
        self.stopping = False
        self._expired = False
        self._timer: Entry | None = None
        self._stop: bool | None = None
        self.final: list[tuple[Fleet, float]] = []
        self.script = Script(world, self._life())

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in _ENDED

    @property
    def balance(self) -> Balance:
        """How the service is reached."""
        found = self.group.service.balance
        assert found is not None
        return found

    def _takes(self, name: str) -> timedelta:
        return self.group.service.region.seconds(f"codedeploy.{name}")

    def _turn(self, status: str) -> None:
        self.status = status
        self._touch()
        events.state(self.group, self.id, status)

    def _touch(self) -> None:
        self.updated = self.group.service.region.now

    def _life(self) -> Steps:
        try:
            yield self._takes("created")
            self.started = self.group.service.region.now
            self._turn("InProgress")
            yield from self._back() if self.back_from else self._forward()
            self._end("Succeeded")
        except Broken as cause:
            yield from self._break(cause)

    def _begin(self, name: str) -> Event:
        event = next(one for one in self.events if one.name == name)
        event.status, event.started = "InProgress", self.group.service.region.now
        self._touch()
        return event

    def _done(self, event: Event, status: str = "Succeeded") -> None:
        event.status, event.ended = status, self.group.service.region.now
        self._touch()

    def _hook(self, name: str) -> Steps:
        """A lifecycle event that runs somebody's function."""
        event = self._begin(name)
        yield self._takes("hook")
        if self.group.failing == name:
            self.group.failing = None
            event.diagnosis = "The validation function reported Failed."
            self._done(event, "Failed")
            message = (
                "The deployment failed because one or more lifecycle event validation functions "
                f"failed. Lifecycle event: {name}"
            )
            raise Broken("Failed", "HOOK_EXECUTION_FAILURE", message, FAILURE)
        self._done(event)

    def _forward(self) -> Steps:
        yield from self._hook("BeforeInstall")
        green = yield from self._install()
        yield from self._hook("AfterInstall")
        allow = self._begin("AllowTestTraffic")
        assert green.group is not None
        self.balance.try_out(green.group, 100)
        yield self._takes("shift")
        self._done(allow)
        yield from self._hook("AfterAllowTestTraffic")
        yield from self._ready()
        yield from self._hook("BeforeAllowTraffic")
        allow = self._begin("AllowTraffic")
        for percent, stay in steps(self.config):
            self.balance.produce(green.group, percent)
            self._touch()
            yield self._takes("shift")
            if stay:
                yield stay
        self.blue.primary, green.primary = False, True
        self._done(allow)
        yield from self._hook("AfterAllowTraffic")
        yield from self._terminate()

    def _install(self) -> Any:
        service = self.group.service
        event = self._begin("Install")
        green = Fleet(service, self.definition)
        green.external = self.id
        self.green = green
        self.blue = service.live
        assert self.blue.group is not None
        for left in [fleet for fleet in service.fleets if fleet is not self.blue]:
            # A deployment stopped after its traffic had moved leaves its original task set behind.
            left.scale(0)
            left.attach(None)
            service.fleets.remove(left)
        green.attach(self.balance.other(self.blue.group))
        if service.fates:
            green.fate = fate(service.fates.pop(0), green)
        service.fleets.append(green)
        green.scale(service.desired)
        self._expire_in(self._takes("install_timeout"))
        while not green.steady:
            if self._expired:
                event.diagnosis = "The replacement task set did not become healthy."
                self._done(event, "Failed")
                message = (
                    "The deployment timed out while waiting for the replacement task set to become "
                    "healthy. This time out period is 60 minutes."
                )
                raise Broken("Failed", "TIMEOUT", message, FAILURE)
            yield None
        self._in_time()
        self._done(event)
        return green

    def _expire_in(self, span: timedelta) -> None:
        def expire() -> None:
            self._expired = True
            self.script.poke()

        region = self.group.service.region
        self._in_time()
        self._timer = region.world.timeline.at(region.now + span, expire)

    def _in_time(self) -> None:
        """Nothing expires any more."""
        self._expired = False
        if self._timer is not None:
            self._timer.cancel()

    def _ready(self) -> Steps:
        """Wait for somebody to go on, if the group says so."""
        if self.on_timeout != "STOP_DEPLOYMENT" or not self.ready_minutes:
            return
        self.waits_for = "READY_WAIT"
        self._turn("Ready")
        self._expire_in(timedelta(minutes=self.ready_minutes))
        while self.waits_for:
            if self._expired:
                self.waits_for = None
                message = (
                    "The deployment timed out while waiting for traffic rerouting to be started. "
                    f"The wait time was {self.ready_minutes} minutes."
                )
                raise Broken("Stopped", "TIMEOUT", message)
            yield None
        self._in_time()
        self.status = "InProgress"
        self._touch()

    def _terminate(self) -> Steps:
        """Keep the original task set for a while, then delete it."""
        if self.terminate_minutes:
            self.terminating, self.waits_for = True, "TERMINATION_WAIT"
            self._touch()
            self._expire_in(timedelta(minutes=self.terminate_minutes))
            while self.waits_for and not self._expired:
                yield None
            self.waits_for = None
            self._in_time()
        self._freeze()
        yield from self._remove(self.blue)

    def _remove(self, fleet: Fleet) -> Steps:
        fleet.scale(0)
        while fleet.tasks:
            yield None
        fleet.attach(None)
        if fleet in self.group.service.fleets:
            self.group.service.fleets.remove(fleet)

    def _back(self) -> Steps:
        """Send traffic back to the original task set of the deployment that broke."""
        assert self.back_from is not None
        broken = self.back_from
        self.blue, self.green = broken.blue, broken.green
        for name in _BACK:
            event = self._begin(name)
            if name == "AllowTraffic":
                assert self.blue.group is not None
                if self.blue.desired < self.group.service.desired:
                    self.blue.scale(self.group.service.desired)
                while not self.blue.steady:
                    yield None
                self.balance.try_out(self.blue.group, 100)
                self.balance.produce(self.blue.group, 100)
                yield self._takes("shift")
                self.blue.primary = True
                if self.green:
                    self.green.primary = False
            self._done(event)
        self._freeze()
        if self.green:
            yield from self._remove(self.green)
        broken.message = f"Rollback deployment {self.id} succeeded."

    def _freeze(self) -> None:
        """Remember the last shares, for when a task set is gone."""
        self.final = [
            (fleet, self.balance.production.share(fleet.group))
            for fleet in (self.blue, self.green)
            if fleet is not None and fleet.group is not None
        ]

    def _end(self, status: str) -> None:
        if not self.final:
            self._freeze()
        self.completed = self.group.service.region.now
        self.waits_for = None
        self._turn(status)

    def _break(self, cause: Broken) -> Steps:
        for event in self.events:
            if event.status == "InProgress":
                self._done(event, "Failed" if cause.status == "Failed" else "Skipped")
            elif event.status == "Pending":
                event.status = "Skipped"
        self.stopping, self.waits_for = True, None
        self._in_time()
        self.error = (cause.code, cause.message)
        if cause.status == "Stopped" and cause.cause == ON_REQUEST:
            yield self._takes("stop")
        self._end(cause.status)
        back = self._stop if self._stop is not None else cause.cause in self.rollback_on
        if self.back_from is None and back and self.green is not None:
            made = Deployment(self.group, self.blue.definition, self)
            self.rolled_back_by = made
            self.message = f"Rollback deployment {made.id} is in progress."
            made.message = f"This deployment rolls back deployment {self.id}."
            self.group.deployments.append(made)
            made.script.begin()
        elif self.green is not None and not self.green.primary:
            if self.blue.group is not None:
                self.balance.try_out(self.blue.group, 100)
                self.balance.produce(self.blue.group, 100)
            yield from self._remove(self.green)

    def go_on(self) -> None:
        """Leave the wait."""
        self.waits_for = None
        self.script.poke()

    def alarm(self, names: list[str]) -> None:
        """An alarm of the group fires."""
        if self.stopping:
            return
        message = (
            "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
            f"selected, and the affected deployments have been stopped. Activated alarms: "
            f"<{', '.join(names)}>"
        )
        self.script.interrupt(Broken("Stopped", "ALARM_ACTIVE", message, ON_ALARM))

    def stop(self, roll_back: bool | None) -> None:
        """Stop because somebody asked for it; whether to roll back, if they said."""
        if self.stopping:
            return
        self._stop = roll_back
        message = "The deployment was stopped by a user."
        self.script.interrupt(Broken("Stopped", "MANUAL_STOP", message, ON_REQUEST))

    def lose(self) -> None:
        """The service it deploys is gone."""
        self.script.cancel()
        self._in_time()
        message = "The ECS service cannot be found."
        self.error = ("INVALID_ECS_SERVICE", message)
        self._end("Failed")

    @property
    def stage(self) -> str | None:
        """The wait, or else the lifecycle event it is at."""
        at = [event.name for event in self.events if event.status == "InProgress"]
        return self.waits_for or (at[-1] if at else None)

    def share(self, fleet: Fleet | None) -> float:
        """The percentage of production traffic a task set gets, or got at the end."""
        for known, share in self.final:
            if known is fleet:
                return share
        if fleet is None or fleet.group is None:
            return 0.0
        return self.balance.production.share(fleet.group)

    def look(self) -> dict[str, Any]:
        """The deployment as a test looks at it."""
        target = self.blue if self.back_from else self.green
        route = self.balance.test
        group = target.group if target else None
        return {
            "id": self.id,
            "status": self.status,
            "stage": self.stage,
            "production": self.share(target),
            "test": route.share(group) if route and group else 0.0,
            "running": target.running if target else 0,
            "desired": target.desired if target else self.group.service.desired,
            "image": self.definition.containers[0].image,
            "reason": f"{self.error[0]}: {self.error[1]}" if self.error else None,
            "waits_for": self.waits_for,
        }


def start(group: Group, definition: TaskDefinition) -> Deployment:
    """Begin a deployment; a group has one at a time (`ValueError`)."""
    if group.deployments and group.ongoing is not None:
        raise ValueError(f"deployment {group.ongoing.id} of {group.name} is in progress")
    made = Deployment(group, definition)
    group.deployments.append(made)
    made.script.begin()
    return made
