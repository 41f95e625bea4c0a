"""What will happen in a world, in order of time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime


class Timeline:
    """A queue of effects; each runs when the clock has reached its time."""

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: datetime, effect: Callable[[], None]) -> None:
        """Have ``effect`` happen at ``when``; equal times keep their order."""
        heapq.heappush(self._queue, (when, next(self._order), effect))

    def due(self, now: datetime) -> tuple[datetime, Callable[[], None]] | None:
        """Take the earliest effect that is due."""
        if self._queue and self._queue[0][0] <= now:
            when, _, effect = heapq.heappop(self._queue)
            return when, effect
        return None

    def next(self) -> datetime | None:
        """When the next effect happens."""
        return self._queue[0][0] if self._queue else None
