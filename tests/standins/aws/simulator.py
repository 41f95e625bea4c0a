"""How a simulator is written: functions by operation name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .world import World

Params = dict[str, Any]


@dataclass
class Caller:
    """Who signed a call: the bot's own user, or a session of an assumed role."""

    account: str
    arn: str
    user_id: str
    role: str = ""
    session: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    expires: datetime | None = None
    token: str = ""


@dataclass
class Context:
    """Where and by whom an operation was called."""

    world: World
    caller: Caller
    region: str

    @property
    def account(self) -> str:
        """The account of the caller, which owns what the call sees."""
        return self.caller.account

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now


Operation = Callable[[Context, Params], Params]


class Simulator:
    """The operations of one service, collected by decorator."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.operations: dict[str, Operation] = {}

    def operation(self, name: str) -> Callable[[Operation], Operation]:
        """Register a function as an operation."""

        def register(function: Operation) -> Operation:
            self.operations[name] = function
            return function

        return register
