"""One isolated AWS: its clock, accounts, faults, call log and resources."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from typing import Any

from . import clock
from .calls import CallLog
from .clock import Clock
from .faults import FaultQueue
from .timeline import Timeline


class World:
    """Everything one test sees of AWS; worlds share nothing."""

    def __init__(self, number: int, now: datetime) -> None:
        self.number = number
        self.clock = Clock(now)
        self.timeline = Timeline()
        self.faults = FaultQueue()
        self.log = CallLog()
        self.violations: list[str] = []
        # Held while anything looks at or changes the world; never while an answer is held back.
        self.lock = threading.RLock()
        # Told whenever time was moved or a message came; who waits on it lets go of the lock.
        self.stirred = threading.Condition(self.lock)
        self.gone = False
        self._moment: datetime | None = None
        self._ids = 0
        self._named: dict[str, int] = {}
        self._parts: dict[tuple[str, ...], Any] = {}

    @property
    def now(self) -> datetime:
        """The world's time; inside an effect, the time the effect was due."""
        return self._moment or self.clock.now()

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        self._run(self.clock.now())

    def set_clock(self, to: datetime, pace: float) -> None:
        """Move the clock forward; what is due on the way happens at its own time."""
        if self.clock.running:
            # Two running clocks are never quite equal; the slower one asks.
            to = max(to, self.clock.now())
        elif to < self.clock.now():
            raise ValueError(
                f"the clock only goes forward: it is {clock.render(self.clock.now())}, "
                f"asked for {clock.render(to)}"
            )
        self._run(to)
        self.clock.set(to, pace)
        self.stirred.notify_all()

    def _run(self, until: datetime) -> None:
        while (due := self.timeline.due(until)) is not None:
            self._moment, effect = due
            try:
                effect()
            except Exception as error:
                # A fault of the stand-in must fail the test, not whoever happened to call next.
                self.violation(f"stand-in broke at {clock.render(due[0])}: {error!r}")
            finally:
                self._moment = None

    def part(self, kind: type, *key: str) -> Any:
        """The one object of a kind for a key (such as account and region), made when asked for."""
        full = (kind.__module__, kind.__qualname__, *key)
        if full not in self._parts:
            self._parts[full] = kind(self, *key)
        return self._parts[full]

    def parts(self, kind: type) -> list[Any]:
        """All objects of a kind."""
        return [
            part
            for key, part in self._parts.items()
            if key[:2] == (kind.__module__, kind.__qualname__)
        ]

    def fresh(self, length: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") -> str:
        """An identifier nobody else in this world has; the same world makes the same ones."""
        self._ids += 1
        digest = hashlib.shake_256(f"{self.number}/{self._ids}".encode()).digest(length)
        return "".join(alphabet[byte % len(alphabet)] for byte in digest)

    def fresh_uuid(self) -> str:
        """An identifier in the form of a UUID."""
        self._ids += 1
        text = hashlib.shake_256(f"{self.number}/{self._ids}".encode()).hexdigest(16)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def named(self, name: str, length: int) -> str:
        """An identifier in hexadecimal for what has a name: the same in every world, another each time it is made anew."""
        self._named[name] = self._named.get(name, 0) + 1
        return hashlib.shake_256(f"{name}/{self._named[name]}".encode()).hexdigest(length // 2)

    def named_in(self, name: str, length: int, alphabet: str) -> str:
        """The same in other letters."""
        digits = bytes.fromhex(self.named(name, length * 2))
        return "".join(alphabet[byte % len(alphabet)] for byte in digits)

    def named_uuid(self, name: str) -> str:
        """The same in the form of a UUID."""
        text = self.named(name, 32)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def violation(self, text: str) -> None:
        """Note something AWS's models forbid; a test should end with none."""
        self.violations.append(text)
