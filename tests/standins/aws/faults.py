"""Faults on demand: what goes wrong, for which calls, how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = ("throttle", "deny", "error", "delay", "cut_before", "cut_after", "down")


@dataclass
class Fault:
    """One order for trouble; an empty field matches every call."""

    kind: str
    service: str | None = None
    operation: str | None = None
    account: str | None = None
    resource: str | None = None
    times: int | None = None
    code: str = "InternalFailure"
    status: int = 500
    message: str = "The request processing has failed because of an unknown error."
    millis: int | None = None
    id: int = 0
    released: threading.Event = field(default_factory=threading.Event, repr=False)

    @classmethod
    def from_json(cls, order: dict[str, Any]) -> Fault:
        """Read an order from the control endpoint; ``*`` stands for any."""
        if order.get("kind") not in KINDS:
            raise ValueError(f"a fault is one of {', '.join(KINDS)}, not {order.get('kind')!r}")
        return cls(**{name: value for name, value in order.items() if value not in (None, "*")})

    def matches(self, service: str, operation: str, account: str, params: dict[str, Any]) -> bool:
        """Whether this fault is for that call."""
        return (
            self.service in (None, service)
            and self.operation in (None, operation)
            and self.account in (None, account)
            and (self.resource is None or _names(params, self.resource))
        )

    def hold(self) -> None:
        """Wait as a delayed answer does: a number of real milliseconds, or until released."""
        self.released.wait(None if self.millis is None else self.millis / 1000)


def _names(params: dict[str, Any], resource: str) -> bool:
    """Whether an argument names the resource, by identifier or within an ARN."""
    return any(_is(value, resource) for value in params.values())


def _is(value: Any, resource: str) -> bool:
    if isinstance(value, dict):
        return _names(value, resource)
    if isinstance(value, list):
        return any(_is(item, resource) for item in value)
    if not isinstance(value, str):
        return False
    within = value.startswith("arn:") and resource in re.split("[:/]", value)
    return value == resource or within or value.endswith(f":{resource}")


class FaultQueue:
    """The faults of one world, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        # A delay that struck its last call must still be found to be released.
        self._holding: list[Fault] = []
        self._last = 0

    def add(self, fault: Fault) -> int:
        """Queue a fault; its number releases a delay."""
        self._last += 1
        fault.id = self._last
        self._faults.append(fault)
        return fault.id

    def take(
        self, service: str, operation: str, account: str, params: dict[str, Any]
    ) -> Fault | None:
        """The fault that strikes this call, counted down."""
        for fault in self._faults:
            if not fault.matches(service, operation, account, params):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                    self._holding.append(fault)
            return fault
        return None

    def clear(self) -> None:
        """Forget all faults and let held answers go."""
        for fault in [*self._faults, *self._holding]:
            fault.released.set()
        self._faults, self._holding = [], []

    def release(self, number: int | None = None) -> None:
        """Let the answers go that one delay (or every one) holds."""
        for fault in [*self._faults, *self._holding]:
            if number in (None, fault.id) and fault.kind == "delay":
                fault.released.set()
                if fault in self._faults:
                    self._faults.remove(fault)
