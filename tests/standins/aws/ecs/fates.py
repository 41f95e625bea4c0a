"""How tasks end: AWS's codes and sentences for what a test asks.

From "Amazon ECS stopped tasks error codes" and "Stopped tasks error messages".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .fleet import Fleet
from .state import Fate


def _exit(order: dict[str, Any], image: str, group: str) -> Fate:
    return Fate(
        "EssentialContainerExited", "Essential container in task exited", "run", order["code"]
    )


def _memory(order: dict[str, Any], image: str, group: str) -> Fate:
    reason = "OutOfMemoryError: Container killed due to memory usage"
    return Fate(
        "EssentialContainerExited", "Essential container in task exited", "run", 137, reason
    )


def _pull(order: dict[str, Any], image: str, group: str) -> Fate:
    reason = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
        f"resolve ref {image}: {image}: not found"
    )
    return Fate("TaskFailedToStart", reason, "pull")


def _secret(order: dict[str, Any], image: str, group: str) -> Fate:
    reason = (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
        "time(s)"
    )
    return Fate("TaskFailedToStart", reason, "pull")


def _target(order: dict[str, Any], image: str, group: str) -> Fate:
    reason = f"Task failed ELB health checks in (target-group {group})"
    return Fate("ServiceSchedulerInitiated", reason, "health")


def _container(order: dict[str, Any], image: str, group: str) -> Fate:
    return Fate("ServiceSchedulerInitiated", "Task failed container health checks", "health")


_KINDS: dict[str, Callable[[dict[str, Any], str, str], Fate]] = {
    "exit": _exit,
    "memory": _memory,
    "pull": _pull,
    "secret": _secret,
    "target": _target,
    "container": _container,
}


def fate(order: dict[str, Any], fleet: Fleet, image: str | None = None) -> Fate:
    """The fate a test orders for the tasks of a fleet."""
    shown = image or fleet.definition.containers[0].image
    group = fleet.group.arn if fleet.group else "arn:unknown"
    return _KINDS[order["kind"]](order, shown, group)
