"""Lifecycle hooks of a service deployment: pauses that somebody answers, and Lambda functions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..script import Steps
from . import events

if TYPE_CHECKING:
    from .deployment import Deployment

# "Default: 1440 (24 hours)" and "Default: ROLLBACK" of the hook's timeout configuration.
_MINUTES = 1440


class Rollback(Exception):
    """A deployment shall go back; `asked` if somebody asked for it, rather than a guard."""

    def __init__(self, reason: str, asked: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked = asked


class Hook:
    """A hook that was invoked."""

    def __init__(self, deployment: Deployment, stage: str, configured: dict[str, Any]) -> None:
        region = deployment.service.region
        timeout = configured.get("timeoutConfiguration", {})
        self.deployment = deployment
        self.stage = stage
        self.kind: str = configured.get("targetType", "AWS_LAMBDA")
        self.target: str | None = configured.get("hookTargetArn")
        self.id = region.hook_id(deployment.service, self.kind)
        self.action: str = timeout.get("action", "ROLLBACK")
        minutes = timeout.get("timeoutInMinutes", _MINUTES)
        self.expires: datetime = region.now + timedelta(minutes=minutes)
        self.status = "AWAITING_ACTION" if self.kind == "PAUSE" else "IN_PROGRESS"
        when = self.expires
        if self.kind == "AWS_LAMBDA":
            when = region.now + region.seconds("ecs.lambda_hook")
        self._timer = region.world.timeline.at(when, self._due)
        events.hook(self)

    @property
    def open(self) -> bool:
        """Whether the deployment waits for it."""
        return self.status in ("AWAITING_ACTION", "IN_PROGRESS")

    def answer(self, action: str) -> None:
        """Go on or back, as somebody decided."""
        self._end("FAILED" if action == "ROLLBACK" else "SUCCEEDED")
        if action == "ROLLBACK":
            reason = f"Service deployment rolled back because the lifecycle hook at {self.stage} was answered with ROLLBACK."
            self.deployment.script.interrupt(Rollback(reason, asked=True))
        else:
            self.deployment.script.poke()

    def _due(self) -> None:
        """Time is up for a pause; a function has an answer."""
        if self.kind == "PAUSE":
            self._end("TIMED_OUT")
            back, why = self.action == "ROLLBACK", "timed out"
        else:
            back, why = self.deployment.service.lambda_fails, "failed"
            self._end("FAILED" if back else "SUCCEEDED")
        if back:
            reason = (
                f"Service deployment rolled back because the lifecycle hook at {self.stage} {why}."
            )
            self.deployment.script.interrupt(Rollback(reason))
        else:
            self.deployment.script.poke()

    def _end(self, status: str) -> None:
        self._timer.cancel()
        self.status = status
        self.deployment.updated = self.deployment.service.region.now
        events.hook(self)

    def drop(self) -> None:
        """Forget to wait: the deployment went another way."""
        if self.open:
            self._end("FAILED")


def invoke(deployment: Deployment, stage: str) -> Steps:
    """Run all hooks of a stage side by side and wait until none is open."""
    configured = deployment.configuration.get("lifecycleHooks", [])
    started = [
        Hook(deployment, stage, hook) for hook in configured if stage in hook["lifecycleStages"]
    ]
    deployment.hooks += started
    while any(hook.open for hook in started):
        yield None
