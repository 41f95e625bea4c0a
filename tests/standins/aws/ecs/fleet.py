"""A fleet: the tasks of one service revision or task set, and what becomes of each.

Stop codes and reasons are those of "Stopped tasks error messages" in the Amazon ECS developer
guide.
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta

from ..script import Script, Steps
from ..timeline import Entry
from ..traffic import TargetGroup
from . import events
from .state import Fate, Service, TaskDefinition

_HEX = "0123456789abcdef"
# How long ECS shows a stopped task.
REMEMBERED = timedelta(hours=1)
# Restarts of tasks that keep dying come slower and slower, up to so many times the first pause.
_SLOWEST = 32


class Task:
    """A task of a service."""

    def __init__(self, fleet: Fleet, status: str) -> None:
        region = fleet.service.region
        cluster = fleet.service.cluster.name
        self.fleet = fleet
        self.id = region.identify(fleet.service, "task", 32, _HEX)
        self.arn = region.arn("task", f"{cluster}/{self.id}")
        self.runtime = f"{self.id}-{region.identify(fleet.service, 'runtime', 10, '0123456789')}"
        number = len(region.tasks) + 10
        self.address = f"10.0.{number // 250 % 250}.{number % 250}"
        self.status = status
        self.desired = "RUNNING"
        self.created = region.now
        self.pulled: datetime | None = None
        self.started: datetime | None = None
        self.stopping: datetime | None = None
        self.stopped: datetime | None = None
        self.code: str | None = None
        self.reason: str | None = None
        self.exit: int | None = None
        self.container_reason: str | None = None
        # What the load balancer says of it: initial, healthy, unhealthy, draining or nothing.
        self.health = ""
        self.version = 1
        self.script = Script(region.world, self._life())
        region.tasks[self.arn] = self

    @property
    def alive(self) -> bool:
        """Whether it shall run."""
        return self.desired == "RUNNING"

    @property
    def ready(self) -> bool:
        """Whether it runs and is healthy."""
        return self.alive and self.status == "RUNNING" and self.health == "healthy"

    def seed(self) -> None:
        """Have it run and be healthy already."""
        self.status, self.health = "RUNNING", "healthy"
        self.pulled = self.started = self.created

    def turn(self, status: str) -> None:
        """Change the status and tell so."""
        self.status = status
        self.version += 1
        events.task(self)

    def _life(self) -> Steps:
        fleet, seconds = self.fleet, self.fleet.service.region.seconds
        events.task(self)
        yield seconds("task.provision")
        self.turn("PENDING")
        yield seconds("task.pull")
        if (fate := fleet.fate) and fate.moment == "pull":
            self.die(fate)
            return
        self.pulled = fleet.now
        yield seconds("task.start")
        self.started, self.health = fleet.now, "initial"
        self.turn("RUNNING")
        fleet.stirred()
        if (fate := fleet.fate) and fate.moment == "run":
            yield seconds("task.die")
            self.die(fate)
            return
        yield seconds("task.health")
        if (fate := fleet.fate) and fate.moment == "health":
            self.health = "unhealthy"
            self.die(fate)
            return
        self.health = "healthy"
        fleet.stirred()

    def die(self, fate: Fate) -> None:
        """End it as its fate says."""
        self.code, self.reason, self.exit = fate.code, fate.reason, fate.exit
        self.container_reason = fate.container_reason
        self._gone()
        self.fleet.lost(self)

    def retire(self, reason: str) -> None:
        """Drain and stop it, as the scheduler does with tasks that are not wanted any more."""
        self.script.cancel()
        self.desired, self.code, self.reason = "STOPPED", "ServiceSchedulerInitiated", reason
        self.stopping = self.fleet.now
        self.health = "draining" if self.health else ""
        self.turn("DEACTIVATING")
        self.script = Script(self.fleet.service.region.world, self._drain())
        self.script.begin()

    def _drain(self) -> Steps:
        yield self.fleet.service.region.seconds("task.drain")
        # A container that is asked to end does so in order.
        self.exit = 0 if self.started else None
        self._gone()
        self.fleet.stirred()

    def _gone(self) -> None:
        self.desired, self.health = "STOPPED", ""
        self.stopped = self.fleet.now
        self.stopping = self.stopping or self.stopped
        self.fleet.tasks.remove(self)
        self.turn("STOPPED")


class Fleet:
    """The tasks of one service revision (or of one CodeDeploy task set)."""

    def __init__(self, service: Service, definition: TaskDefinition) -> None:
        region = service.region
        self.service = service
        self.definition = definition
        self.id = region.deployment_id(service)
        self.arn = region.revision_arn(service)
        self.created = self.updated = region.now
        self.group: TargetGroup | None = None
        self.primary = False
        # The CodeDeploy deployment that made it a task set.
        self.external: str | None = None
        self.desired = 0
        self.failed = 0
        self.tasks: list[Task] = []
        self.fate: Fate | None = None
        # IN_PROGRESS, COMPLETED or FAILED, and why.
        self.rollout = "IN_PROGRESS"
        self.rollout_reason = f"ECS deployment {self.id} in progress."
        self._refilling: Entry | None = None

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.service.region.now

    @property
    def alive(self) -> list[Task]:
        """The tasks that shall run."""
        return [task for task in self.tasks if task.alive]

    @property
    def running(self) -> int:
        """How many run."""
        return sum(task.status == "RUNNING" for task in self.tasks)

    @property
    def pending(self) -> int:
        """How many are on their way."""
        return sum(task.status in ("PROVISIONING", "PENDING") for task in self.tasks)

    @property
    def healthy(self) -> int:
        """How many run and are healthy."""
        return sum(task.ready for task in self.tasks)

    @property
    def steady(self) -> bool:
        """Whether it is as it shall be."""
        return self.healthy == self.desired == len(self.tasks)

    def attach(self, group: TargetGroup | None) -> None:
        """Register its tasks in a target group."""
        if self.group is not None:
            self.group.fleets.remove(self)
        self.group = group
        if group is not None:
            group.fleets.append(self)

    def seed(self, count: int) -> None:
        """Have so many healthy tasks already."""
        self.desired = count
        for _ in range(count):
            task = Task(self, "RUNNING")
            task.seed()
            self.tasks.append(task)
        self.rollout = "COMPLETED"
        self.rollout_reason = f"ECS deployment {self.id} completed."

    def scale(self, count: int) -> None:
        """Have so many tasks from now on."""
        self.desired, self.updated = count, self.now
        alive, name = self.alive, self.service.name
        # Those that are not ready yet go first.
        leaving = sorted(alive, key=lambda one: one.ready)[: max(0, len(alive) - count)]
        for task in leaving:
            task.retire(f"Scaling activity initiated by (deployment {self.id})")
        if leaving:
            names = " ".join(f"(task {task.id})" for task in leaving)
            self.service.say(
                f"(service {name}) has begun draining connections on {len(leaving)} tasks."
            )
            self.service.say(f"(service {name}) has stopped {len(leaving)} running tasks: {names}.")
        self._fill()

    def _fill(self) -> None:
        if self._refilling is not None:
            self._refilling.cancel()
            self._refilling = None
        missing = self.desired - len(self.alive)
        if missing <= 0:
            return
        new = [Task(self, "PROVISIONING") for _ in range(missing)]
        self.tasks += new
        names = " ".join(f"(task {task.id})" for task in new)
        self.service.say(f"(service {self.service.name}) has started {missing} tasks: {names}.")
        for task in new:
            task.script.begin()

    def lost(self, task: Task) -> None:
        """A task died: count it, and have another one start after a pause."""
        self.failed += 1
        name = self.service.name
        if self.group is not None and (fate := self.fate) and fate.moment == "health":
            self.service.say(
                f"(service {name}) (port {self.group.port}) is unhealthy in (target-group "
                f"{self.group.arn}) due to (reason Health checks failed)."
            )
        self.service.say(f"(service {name}) has stopped 1 running tasks: (task {task.id}).")
        if self.failed == 3:
            self.service.say(
                f"(service {name}) is unable to consistently start tasks successfully. For more "
                "information, see the Troubleshooting section of the Amazon ECS Developer Guide."
            )
            events.action(self.service, "WARN", "SERVICE_TASK_START_IMPAIRED")
        if self._refilling is None and len(self.alive) < self.desired:
            rounds = self.failed // max(1, self.desired)
            pause = self.service.region.seconds("task.restart") * min(_SLOWEST, 2 ** min(rounds, 5))
            timeline = self.service.region.world.timeline
            self._refilling = timeline.at(self.now + pause, self._refill)
        if (deployment := self.service.ongoing) is not None:
            deployment.noticed(self)
        self.stirred()

    def _refill(self) -> None:
        self._refilling = None
        self._fill()

    def fall_ill(self, fate: Fate) -> None:
        """Have its tasks die from now on: those that run soon, and whoever replaces them."""
        self.fate = fate
        sick = [task for task in self.alive if task.status == "RUNNING"]
        pause = self.service.region.seconds("task.die")
        timeline = self.service.region.world.timeline
        for number, task in enumerate(sick):
            timeline.at(self.now + pause * (number + 1), functools.partial(self._fall, task))

    def _fall(self, task: Task) -> None:
        if task in self.tasks and task.alive and self.fate is not None:
            task.script.cancel()
            task.die(self.fate)

    def vanish(self) -> None:
        """Be gone at once, as the fleets of a service that was deleted."""
        self.fate, self.desired = None, 0
        self._fill()
        for task in self.tasks:
            task.script.cancel()
            self.service.region.tasks.pop(task.arn, None)
        self.tasks.clear()
        self.attach(None)

    def stirred(self) -> None:
        """Something about its tasks changed."""
        if self.steady and self.desired:
            self.service.say(f"(service {self.service.name}) has reached a steady state.")
            events.action(self.service, "INFO", "SERVICE_STEADY_STATE")
        self.service.stirred()
