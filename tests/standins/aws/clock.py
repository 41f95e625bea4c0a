"""The world's clock: frozen until told, or running at a given pace."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
_INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$")


def parse(text: str) -> datetime:
    """An RFC 3339 instant as an aware UTC time; finer than microseconds is cut off."""
    match = _INSTANT.match(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 instant: {text!r}")
    day, clock, fraction, zone = match.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    offset = "+00:00" if zone in "Zz" else zone
    return datetime.fromisoformat(f"{day}T{clock}.{micros}{offset}").astimezone(UTC)


def render(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as AWS writes timestamps."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class Clock:
    """Tells the time of one world."""

    def __init__(self, now: datetime) -> None:
        self._base = now
        self._pace = 0.0
        self._since = time.monotonic()

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._pace != 0.0

    def now(self) -> datetime:
        """The world's time."""
        if not self.running:
            return self._base
        real = time.monotonic() - self._since
        return self._base + timedelta(seconds=real * self._pace)

    def set(self, now: datetime, pace: float = 0.0) -> None:
        """Jump to a time and go on at ``pace`` world seconds a real second (0: frozen)."""
        self._base, self._pace, self._since = now, pace, time.monotonic()
