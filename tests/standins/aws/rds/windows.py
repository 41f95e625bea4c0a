"""Weekly maintenance windows such as ``sun:04:00-sun:04:30``, in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ..errors import invalid_value

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"^(?P<from_day>\w{3}):(?P<from>\d{2}:\d{2})-(?P<to_day>\w{3}):(?P<to>\d{2}:\d{2})$"
)
_WEEK = 7 * 24 * 60


def normalize(text: str) -> str:
    """A window in lower case; RDS's error if it is none or shorter than 30 minutes."""
    lower = text.lower()
    start, end = _minutes(lower)
    if (end - start) % _WEEK < 30:
        raise invalid_value("Maintenance window must be at least 30 minutes.")
    return lower


def next_start(text: str, now: datetime) -> datetime:
    """When the window opens next; ``now`` if it is open."""
    start, end = _minutes(text)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=now.weekday())
    opening = monday + timedelta(minutes=start)
    length = timedelta(minutes=(end - start) % _WEEK)
    for weeks in (-1, 0, 1):
        candidate = opening + timedelta(weeks=weeks)
        if candidate <= now < candidate + length:
            return now
        if candidate > now:
            return candidate
    return opening + timedelta(weeks=2)


def _minutes(text: str) -> tuple[int, int]:
    match = _WINDOW.match(text)
    try:
        if match is None:
            raise ValueError(text)
        return _minute(match["from_day"], match["from"]), _minute(match["to_day"], match["to"])
    except ValueError:
        raise invalid_value(f"Invalid maintenance window format: {text}") from None


def _minute(day: str, clock: str) -> int:
    hours, minutes = (int(part) for part in clock.split(":"))
    if hours > 23 or minutes > 59:
        raise ValueError(clock)
    return _DAYS.index(day) * 24 * 60 + hours * 60 + minutes
