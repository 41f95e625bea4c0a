"""Something that takes time, written as one generator from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import timedelta

from .timeline import Entry
from .world import World

# A span is waited for; nothing means until poked.
Steps = Generator[timedelta | None, None, None]


class Script:
    """Runs a generator by the world's clock.

    It yields how long it waits, or nothing to wait until :meth:`poke`; whoever waits for a
    condition therefore writes ``while not condition: yield None``.
    """

    def __init__(self, world: World, steps: Steps) -> None:
        self._world = world
        self._steps = steps
        self._timer: Entry | None = None
        self._patient = False
        self._busy = False
        self.ended = False

    def begin(self) -> None:
        """Run up to the first wait."""
        self._go(lambda: next(self._steps))

    def poke(self) -> None:
        """Look again, if it is not time that is waited for."""
        if self._patient and not self._busy:
            self._go(lambda: next(self._steps))

    def interrupt(self, cause: Exception) -> None:
        """Raise something where it waits; nothing if it has ended."""
        if not self.ended:
            self._go(lambda: self._steps.throw(cause))

    def cancel(self) -> None:
        """End it where it is."""
        self._still()
        self.ended = True

    def _still(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._patient = None, False

    def _go(self, step: Callable[[], timedelta | None]) -> None:
        if self.ended:
            return
        self._still()
        self._busy = True
        try:
            span = step()
        except StopIteration:
            self.ended = True
            return
        finally:
            self._busy = False
        if self.ended:
            return
        if span is None:
            self._patient = True
        else:
            when = self._world.now + span
            self._timer = self._world.timeline.at(when, lambda: self._go(lambda: next(self._steps)))
