"""Looking up engine versions: what exists on a day, and what can be upgraded to what."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import date

from .versions import MAJOR_TARGETS, MAJORS, Major

DESCRIPTIONS = {
    "mysql": "MySQL Community Edition",
    "postgres": "PostgreSQL",
    "mariadb": "MariaDB Community Edition",
    "aurora-mysql": "Aurora MySQL",
    "aurora-postgresql": "Aurora PostgreSQL",
}
LOG_TYPES = {
    "mysql": ["audit", "error", "general", "slowquery"],
    "postgres": ["postgresql", "upgrade"],
    "mariadb": ["audit", "error", "general", "slowquery"],
    "aurora-mysql": ["audit", "error", "general", "slowquery"],
    "aurora-postgresql": ["postgresql"],
}
PORTS = {"postgres": 5432, "aurora-postgresql": 5432}


@dataclass(frozen=True)
class Version:
    """A minor version of an engine."""

    major: Major
    number: str
    released: date
    withdrawn: bool

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self.major.engine

    @property
    def order(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Sorts versions of one engine by age; an Aurora MySQL version by its Aurora part."""
        major = tuple(int(part) for part in self.major.number.split("."))
        return major, tuple(int(part) for part in re.findall(r"\d+", self.number))


@functools.cache
def all_versions() -> tuple[Version, ...]:
    """Every version of the table, in its order."""
    found = []
    for major in MAJORS:
        for text in major.minors.split():
            number, _, day = text.partition("@")
            withdrawn = day.endswith("!")
            found.append(Version(major, number, date.fromisoformat(day.rstrip("!")), withdrawn))
    return tuple(found)


@functools.cache
def find(engine: str, number: str) -> Version | None:
    """A version by its number."""
    for version in all_versions():
        if version.engine == engine and version.number == number:
            return version
    return None


def major_of(engine: str, number: str) -> Major | None:
    """The major version a number belongs to, also for minors the table does not list."""
    known = find(engine, number)
    if known:
        return known.major
    fitting = [
        major
        for major in MAJORS
        if major.engine == engine and (number + ".").startswith(major.number + ".")
    ]
    return fitting[0] if fitting else None


def family(engine: str, number: str) -> str:
    """The parameter group family of a version."""
    major = major_of(engine, number)
    return major.family if major else f"{engine}{number}"


def targets(engine: str, number: str, today: date) -> list[Version]:
    """ValidUpgradeTarget: later minors of the same major, then those of the majors in reach.

    An engine other than RDS for MySQL goes to a minor of another major only if that came out
    no earlier than its own.
    """
    source = _source(engine, number)
    if source is None:
        return []
    majors = MAJOR_TARGETS.get((engine, source.major.number), ())
    found = []
    for version in all_versions():
        if version.engine != engine or version.withdrawn or version.released > today:
            continue
        same = version.major is source.major and version.order > source.order
        across = version.major.number in majors and (
            engine == "mysql" or version.released >= source.released
        )
        if same or across:
            found.append(version)
    return found


def _source(engine: str, number: str) -> Version | None:
    """The version itself; one missing in the table counts as withdrawn and as old as its major."""
    known = find(engine, number)
    if known:
        return known
    major = major_of(engine, number)
    return Version(major, number, major.start, withdrawn=True) if major else None
