"""Deciding how a world's IAM Identity Center behaves from now on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import World
from .limits import Limits
from .names import user_named
from .sign_in import SignIns
from .state import Failure, directory_of

Order = dict[str, Any]


def _assignment_fails(world: World, order: Order) -> Any:
    directory_of(world).failures.append(Failure(order["reason"], order.get("kind") or ""))
    return {}


def _assignments_take(world: World, order: Order) -> Any:
    directory_of(world).assignment_takes = float(order["seconds"])
    return {}


def _pages(world: World, order: Order) -> Any:
    directory_of(world).page_limit = order["items"]
    return {}


def _device(world: World, order: Order) -> Any:
    sign_ins: SignIns = world.part(SignIns)
    device = sign_ins.waiting(order["code"])
    if order.get("user") is None:
        device.denied = True
    else:
        user = user_named(directory_of(world), order["user"])
        if not user.enabled:
            raise ValueError(f"{user.name} is disabled and cannot sign in")
        device.user = user.id
    return {}


def _keep_rate_limits(world: World, order: Order) -> Any:
    limits: Limits = world.part(Limits)
    limits.keep(order.get("real"))
    return {}


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "assignment-fails": _assignment_fails,
    "assignments-take": _assignments_take,
    "pages": _pages,
    "device": _device,
    "keep-rate-limits": _keep_rate_limits,
}
