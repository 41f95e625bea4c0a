"""A service deployment of ECS itself, from its creation to its end, forward or back.

Stages are those of "Lifecycle stages" of Amazon ECS blue/green, linear and canary deployments; a
rolling update goes through those that do not speak of traffic.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..script import Script, Steps
from . import events, fates, hooks
from .fleet import Fleet
from .hooks import Hook, Rollback
from .state import Service

_ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")


class Deployment:
    """A service deployment: from one or more source revisions to a target."""

    def __init__(self, service: Service, sources: list[Fleet], target: Fleet) -> None:
        region = service.region
        self.service = service
        self.sources = sources
        self.target = target
        self.arn = region.service_deployment_arn(service)
        self.configuration: dict[str, Any] = copy.deepcopy(service.configuration)
        self.status = "PENDING"
        self.reason: str | None = None
        self.stage: str | None = None
        self.created = self.updated = region.now
        self.started: datetime | None = None
        self.finished: datetime | None = None
        self.stopped: datetime | None = None
        self.hooks: list[Hook] = []
        self.rollback: dict[str, Any] | None = None
        self.breaker = "MONITORING" if self._configured("deploymentCircuitBreaker") else "DISABLED"
        self.alarms = "MONITORING" if self._configured("alarms") else "DISABLED"
        self.alarmed: list[str] = []
        # Production and test percentages by revision, as they were when it ended.
        self.last_shares: dict[str, tuple[float, float]] = {}
        self.script = Script(region.world, self._life())

    def _configured(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.configuration.get(name, {})
        return found if found.get("enable") else None

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in _ENDED

    @property
    def forward(self) -> bool:
        """Whether it still heads for its target."""
        return self.status in ("PENDING", "IN_PROGRESS")

    @property
    def strategy(self) -> str:
        """ROLLING, BLUE_GREEN, LINEAR or CANARY."""
        found: str = self.configuration["strategy"]
        return found

    @property
    def threshold(self) -> int:
        """How many failed tasks trip the circuit breaker: half the desired ones, 3 to 200."""
        return max(3, min(200, (self.service.desired + 1) // 2))

    @property
    def awaiting(self) -> Hook | None:
        """The oldest pause that waits for somebody."""
        return next((hook for hook in self.hooks if hook.status == "AWAITING_ACTION"), None)

    def _takes(self, name: str) -> timedelta:
        return self.service.region.seconds(f"ecs.{name}")

    def _minutes(self, name: str, otherwise: int) -> timedelta:
        return timedelta(minutes=self.configuration.get(name, otherwise))

    def turn(self, status: str, reason: str | None = None) -> None:
        """Change the status."""
        self.status, self.updated = status, self.service.region.now
        self.reason = reason or self.reason

    def _life(self) -> Steps:
        try:
            yield self._takes("pending")
            self.started = self.service.region.now
            self.turn("IN_PROGRESS")
            self._tell("IN_PROGRESS", self.target.rollout_reason)
            yield from self._rolling() if self.strategy == "ROLLING" else self._shifting()
            self._succeed()
        except Rollback as cause:
            yield from self._back(cause)

    def _tell(self, name: str, reason: str, fleet: Fleet | None = None) -> None:
        of, service = fleet or self.target, self.service.name
        if name == "FAILED" and self.breaker == "DISABLED":
            # "This event is sent for services with deployment circuit breaker logic turned on."
            return
        if name == "COMPLETED":
            self.service.say(f"(service {service}) (deployment {of.id}) deployment completed.")
        elif name == "FAILED":
            why = reason.removeprefix("ECS deployment circuit breaker: ")
            self.service.say(f"(service {service}) (deployment {of.id}) deployment failed: {why}")
        elif fleet is not None:
            self.service.say(f"(service {service}) rolling back to deployment {of.id}.")
        events.deployment(self.service, of, name, reason)

    def _enter(self, stage: str) -> Steps:
        self.stage, self.updated = stage, self.service.region.now
        yield from hooks.invoke(self, stage)
        if f"ecs.{stage.lower()}" in _STAGES_WITH_TIME:
            yield self._takes(stage.lower())

    def _rolling(self) -> Steps:
        yield from self._enter("PRE_SCALE_UP")
        yield from self._enter("SCALE_UP")
        self.target.scale(self.service.desired)
        # As the new ones become healthy, so many of the old ones go.
        while not self.target.steady:
            yield None
            left = max(0, self.service.desired - self.target.healthy)
            for source in self.sources:
                if source.desired > left:
                    source.scale(left)
        yield from self._enter("POST_SCALE_UP")
        if self._configured("alarms") or self.configuration.get("bakeTimeInMinutes"):
            yield from self._bake()
        yield from self._clean_up()

    def _shifting(self) -> Steps:
        if len(self.sources) > 1:
            yield from self._enter("RECONCILE_SERVICE")
            for source in self.sources:
                if not source.primary:
                    source.scale(0)
        yield from self._enter("PRE_SCALE_UP")
        yield from self._enter("SCALE_UP")
        self.target.scale(self.service.desired)
        while not self.target.steady:
            yield None
        yield from self._enter("POST_SCALE_UP")
        self._try_out(100)
        yield from self._enter("TEST_TRAFFIC_SHIFT")
        yield from self._enter("POST_TEST_TRAFFIC_SHIFT")
        for percent, bake in self._steps():
            yield from hooks.invoke(self, "PRE_PRODUCTION_TRAFFIC_SHIFT")
            self._produce(percent)
            yield from self._enter("PRODUCTION_TRAFFIC_SHIFT")
            if bake:
                yield bake
        yield from self._enter("POST_PRODUCTION_TRAFFIC_SHIFT")
        yield from self._bake()
        yield from self._clean_up()

    def _steps(self) -> Iterator[tuple[float, timedelta | None]]:
        """The shares of production traffic, each with how long it bakes; none after the last."""
        if self.strategy == "LINEAR":
            linear = self.configuration.get("linearConfiguration", {})
            step = linear.get("stepPercent", 10.0)
            bake = timedelta(minutes=linear.get("stepBakeTimeInMinutes", 6))
            percent = step
            while percent < 100:
                yield round(percent, 1), bake
                percent += step
        elif self.strategy == "CANARY":
            canary = self.configuration.get("canaryConfiguration", {})
            bake = timedelta(minutes=canary.get("canaryBakeTimeInMinutes", 10))
            if canary.get("canaryPercent", 5.0) < 100:
                yield canary.get("canaryPercent", 5.0), bake
        yield 100.0, None

    def _produce(self, percent: float) -> None:
        if self.service.balance is not None and self.target.group is not None:
            self.service.balance.produce(self.target.group, percent)
        self.updated = self.service.region.now

    def shares(self, fleet: Fleet) -> tuple[float, float]:
        """The percentages of production and test traffic that a fleet of it gets."""
        balance, group = self.service.balance, fleet.group
        if self.ended and self.last_shares:
            return self.last_shares[fleet.arn]
        if self.strategy == "ROLLING":
            # No weights move: each task gets its part.
            serving = sum(one.healthy for one in [*self.sources, self.target])
            return 100.0 * fleet.healthy / max(1, serving), 0.0
        if balance is None or group is None:
            return 0.0, 0.0
        test = balance.test.share(group) if balance.test else 0.0
        return balance.production.share(group), test

    def _try_out(self, percent: float) -> None:
        if self.service.balance is not None and self.target.group is not None:
            self.service.balance.try_out(self.target.group, percent)

    def _bake(self) -> Steps:
        yield from self._enter("BAKE_TIME")
        if minutes := self._minutes("bakeTimeInMinutes", 0):
            yield minutes

    def _clean_up(self) -> Steps:
        yield from self._enter("CLEAN_UP")
        for source in self.sources:
            source.scale(0)
        while any(source.tasks for source in self.sources):
            yield None

    def _succeed(self) -> None:
        self.target.rollout = "COMPLETED"
        self.target.rollout_reason = f"ECS deployment {self.target.id} completed."
        self._monitored()
        self._finish("SUCCESSFUL")
        for fleet in self.service.fleets:
            fleet.primary = fleet is self.target
        for source in self.sources:
            source.attach(None)
        self.service.fleets = [self.target]
        self._tell("COMPLETED", self.target.rollout_reason)
        events.action(self.service, "INFO", "SERVICE_DEPLOYMENT_COMPLETED")

    def _monitored(self) -> None:
        for name in ("breaker", "alarms"):
            if getattr(self, name) == "MONITORING":
                setattr(self, name, "MONITORING_COMPLETE")

    def _finish(self, status: str, reason: str | None = None) -> None:
        self.last_shares = {fleet.arn: self.shares(fleet) for fleet in [*self.sources, self.target]}
        self.turn(status, reason)
        self.finished = self.updated

    def noticed(self, fleet: Fleet) -> None:
        """A task of a fleet died: the circuit breaker counts those of the target."""
        if fleet is not self.target or self.breaker != "MONITORING" or not self.forward:
            return
        if fleet.failed < self.threshold:
            return
        self.breaker = "TRIGGERED"
        fleet.rollout_reason = "ECS deployment circuit breaker: tasks failed to start."
        configured = self.configuration["deploymentCircuitBreaker"]
        why = "the circuit breaker threshold was exceeded"
        self._guard(configured["rollback"], why)

    def alarm(self, names: list[str]) -> None:
        """Alarms fire: those the deployment watches end it."""
        configured = self._configured("alarms")
        if configured is None or self.alarms != "MONITORING" or not self.forward:
            return
        self.alarms, self.alarmed = "TRIGGERED", names
        self.target.rollout_reason = "ECS deployment failed: alarm detected."
        self._guard(configured["rollback"], f"alarm(s) {', '.join(names)} detected")

    def _guard(self, back: bool, why: str) -> None:
        if back:
            self.script.interrupt(Rollback(f"Service deployment rolled back because {why}."))
            return
        self.stop(f"Service deployment stopped because {why}.")

    def stop(self, reason: str) -> None:
        """End it where it is: nothing new is started, what runs goes on."""
        self.script.cancel()
        self._leave()
        self._finish("STOPPED", reason)
        self.stopped = self.finished
        self._tell("FAILED", self.target.rollout_reason)

    def supersede(self) -> None:
        """Give way to a newer deployment, which sees to the tasks of this one."""
        self.script.cancel()
        self._leave()
        self.script = Script(self.service.region.world, self._give_way())
        self.script.begin()

    def _give_way(self) -> Steps:
        self.turn("STOP_REQUESTED")
        yield self._takes("stop_request")
        self._finish("STOPPED", "Service deployment stopped because a new one was started.")
        self.stopped = self.finished

    def _leave(self) -> None:
        """Wait for nobody, start nothing."""
        for hook in self.hooks:
            hook.drop()
        self.target.desired = len(self.target.alive)
        self.target.rollout = "FAILED"

    def roll_back(self) -> None:
        """Go back because somebody asked for it."""
        reason = "Service deployment rolled back because the service deployment was stopped."
        self.script.interrupt(Rollback(reason, asked=True))

    def _back(self, cause: Rollback) -> Steps:
        service, target = self.service, self.target
        source = next(fleet for fleet in self.sources if fleet.primary)
        for hook in self.hooks:
            hook.drop()
        target.rollout = "FAILED"
        if "TRIGGERED" not in (self.breaker, self.alarms):
            target.rollout_reason = cause.reason
        if cause.asked:
            self.turn("ROLLBACK_REQUESTED", cause.reason)
            yield self._takes("rollback_request")
        self.turn("ROLLBACK_IN_PROGRESS", cause.reason)
        self._tell("FAILED", target.rollout_reason)
        source.id = service.region.deployment_id(service)
        source.rollout, source.updated = "IN_PROGRESS", self.updated
        source.rollout_reason = f"ECS deployment rolling back to deploymentId {source.id}."
        self.rollback = {
            "reason": cause.reason,
            "startedAt": self.updated,
            "serviceRevisionArn": source.arn,
        }
        self._tell("IN_PROGRESS", source.rollout_reason, source)
        source.scale(service.desired)
        while not source.steady and service.rollback_fails is None:
            yield None
        if (why := service.rollback_fails) is not None:
            self._monitored()
            self._finish("ROLLBACK_FAILED", why)
            source.rollout, source.rollout_reason = "FAILED", why
            self._tell("FAILED", why, source)
            return
        if source.group is not None and service.balance is not None:
            service.balance.try_out(source.group, 100)
            service.balance.produce(source.group, 100)
            yield self._takes("production_traffic_shift")
        self.stage = "CLEAN_UP"
        leaving = [fleet for fleet in service.fleets if fleet is not source]
        for fleet in leaving:
            fleet.scale(0)
        while any(fleet.tasks for fleet in leaving):
            yield None
        source.rollout = "COMPLETED"
        source.rollout_reason = f"ECS deployment {source.id} completed."
        self._monitored()
        self._finish("ROLLBACK_SUCCESSFUL", cause.reason)
        for fleet in leaving:
            fleet.attach(None)
        service.fleets = [source]
        self._tell("COMPLETED", source.rollout_reason, source)


_STAGES_WITH_TIME = {
    "ecs.reconcile_service",
    "ecs.pre_scale_up",
    "ecs.post_scale_up",
    "ecs.test_traffic_shift",
    "ecs.post_test_traffic_shift",
    "ecs.production_traffic_shift",
    "ecs.post_production_traffic_shift",
    "ecs.clean_up",
}


def deploy(service: Service, target: Fleet) -> Deployment:
    """Begin a deployment; one that is under way is stopped by it."""
    before = service.ongoing
    if before is not None:
        before.supersede()
    sources = [fleet for fleet in service.fleets if fleet.tasks or fleet.desired or fleet.primary]
    service.fleets.append(target)
    if service.balance is not None:
        group = service.live.group
        assert group is not None
        target.attach(
            group
            if service.configuration["strategy"] == "ROLLING"
            else service.balance.other(group)
        )
    if service.fates:
        target.fate = fates.fate(service.fates.pop(0), target)
    made = Deployment(service, sources, target)
    service.deployments.append(made)
    made.script.begin()
    return made
