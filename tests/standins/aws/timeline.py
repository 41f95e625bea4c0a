"""What will happen in a world, in order of time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(order=True)
class Entry:
    """An effect and when it happens."""

    when: datetime
    order: int
    effect: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Have it not happen."""
        self.effect = None


class Timeline:
    """A queue of effects; each runs when the clock has reached its time."""

    def __init__(self) -> None:
        self._queue: list[Entry] = []
        self._order = itertools.count()

    def at(self, when: datetime, effect: Callable[[], None]) -> Entry:
        """Have ``effect`` happen at ``when``, unless cancelled; equal times keep their order."""
        entry = Entry(when, next(self._order), effect)
        heapq.heappush(self._queue, entry)
        return entry

    def due(self, now: datetime) -> tuple[datetime, Callable[[], None]] | None:
        """Take the earliest effect that is due."""
        upcoming = self.next()
        if upcoming is None or upcoming > now:
            return None
        entry = heapq.heappop(self._queue)
        return (entry.when, entry.effect) if entry.effect else None

    def next(self) -> datetime | None:
        """When the next effect happens."""
        while self._queue and self._queue[0].effect is None:
            heapq.heappop(self._queue)
        return self._queue[0].when if self._queue else None
