"""Engine versions and how long AWS supports them.

Dates are those of AWS's release calendars ("MySQL on Amazon RDS versions",
"Release calendar for Amazon RDS for PostgreSQL", "MariaDB on Amazon RDS
versions", "Amazon Aurora major versions"), as known in 2026; minor versions are
a selection. Where a calendar names only a month, the day is its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Major:
    """A major version: its parameter group family and its support dates."""

    engine: str
    number: str
    family: str
    start: date
    standard_end: date
    extended_end: date | None
    minors: str


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _major(
    engine: str, number: str, family: str, dates: tuple[str, str, str | None], minors: str
) -> Major:
    start, standard, extended = dates
    return Major(
        engine,
        number,
        family,
        _day(start),
        _day(standard),
        _day(extended) if extended else None,
        minors,
    )


# Each minor is `version@release date`; a trailing `!` marks one that AWS has withdrawn, which is
# listed only with IncludeAll.
MAJORS: tuple[Major, ...] = (
    _major(
        "mysql",
        "5.7",
        "mysql5.7",
        ("2016-02-22", "2024-02-29", "2027-02-28"),
        "5.7.38@2022-06-06! 5.7.42@2023-06-15! 5.7.43@2023-08-09! 5.7.44@2023-12-05 "
        "5.7.44-rds.20240808@2024-08-08 5.7.44-rds.20250213@2025-02-13",
    ),
    _major(
        "mysql",
        "8.0",
        "mysql8.0",
        ("2018-10-23", "2026-07-31", "2029-07-31"),
        "8.0.28@2022-03-11! 8.0.32@2023-02-07! 8.0.33@2023-06-15! 8.0.34@2023-08-09! "
        "8.0.35@2023-11-09 8.0.36@2024-02-12 8.0.37@2024-06-18 8.0.39@2024-08-01 "
        "8.0.40@2024-11-13 8.0.41@2025-02-19 8.0.42@2025-05-06 8.0.43@2025-08-06 "
        "8.0.44@2025-11-05 8.0.45@2026-02-11 8.0.46@2026-05-08",
    ),
    _major(
        "mysql",
        "8.4",
        "mysql8.4",
        ("2024-11-21", "2029-07-31", "2032-07-31"),
        "8.4.3@2024-11-21 8.4.4@2025-02-19 8.4.5@2025-05-06 8.4.6@2025-08-06 "
        "8.4.7@2025-11-05 8.4.8@2026-02-11 8.4.9@2026-05-08",
    ),
    _major(
        "postgres",
        "11",
        "postgres11",
        ("2019-03-13", "2024-02-29", "2027-03-31"),
        "11.19@2023-03-07! 11.22@2023-11-17 11.22-rds.20250220@2025-02-20",
    ),
    _major(
        "postgres",
        "12",
        "postgres12",
        ("2020-03-31", "2025-02-28", "2028-02-29"),
        "12.17@2023-11-17! 12.20@2024-08-13 12.22@2024-11-27",
    ),
    _major(
        "postgres",
        "13",
        "postgres13",
        ("2021-02-24", "2026-02-28", "2029-02-28"),
        "13.13@2023-11-17! 13.15@2024-05-16 13.16@2024-08-13 13.18@2024-11-27 13.20@2025-02-20 "
        "13.21@2025-05-16 13.22@2025-08-20 13.23@2025-11-20",
    ),
    _major(
        "postgres",
        "14",
        "postgres14",
        ("2022-02-03", "2027-02-28", "2030-02-28"),
        "14.12@2024-05-16 14.13@2024-08-13 14.15@2024-11-27 14.17@2025-02-20 14.18@2025-05-16 "
        "14.19@2025-08-20 14.20@2025-11-20",
    ),
    _major(
        "postgres",
        "15",
        "postgres15",
        ("2023-02-27", "2028-02-29", "2031-02-28"),
        "15.7@2024-05-16 15.8@2024-08-13 15.10@2024-11-27 15.12@2025-02-20 15.13@2025-05-16 "
        "15.14@2025-08-20 15.15@2025-11-20",
    ),
    _major(
        "postgres",
        "16",
        "postgres16",
        ("2023-11-17", "2029-02-28", "2032-02-29"),
        "16.3@2024-05-16 16.4@2024-08-13 16.6@2024-11-27 16.8@2025-02-20 16.9@2025-05-16 "
        "16.10@2025-08-20 16.11@2025-11-20",
    ),
    _major(
        "postgres",
        "17",
        "postgres17",
        ("2024-11-27", "2030-02-28", "2033-02-28"),
        "17.2@2024-11-27 17.4@2025-02-20 17.5@2025-05-16 17.6@2025-08-20 17.7@2025-11-20",
    ),
    _major(
        "mariadb",
        "10.5",
        "mariadb10.5",
        ("2021-01-21", "2026-02-28", None),
        "10.5.25@2024-06-14 10.5.29@2025-05-20",
    ),
    _major(
        "mariadb",
        "10.6",
        "mariadb10.6",
        ("2022-02-03", "2026-07-31", None),
        "10.6.14@2023-06-23! 10.6.18@2024-06-14 10.6.20@2024-11-19 10.6.21@2025-02-25 "
        "10.6.22@2025-05-20 10.6.23@2025-08-13",
    ),
    _major(
        "mariadb",
        "10.11",
        "mariadb10.11",
        ("2023-08-21", "2028-02-29", None),
        "10.11.8@2024-06-14 10.11.10@2024-11-19 10.11.11@2025-02-25 10.11.13@2025-05-20 "
        "10.11.14@2025-08-13",
    ),
    _major(
        "mariadb",
        "11.4",
        "mariadb11.4",
        ("2024-10-15", "2029-05-31", None),
        "11.4.3@2024-10-15 11.4.4@2024-11-19 11.4.5@2025-02-25 11.4.7@2025-05-20 11.4.8@2025-08-13",
    ),
    _major(
        "aurora-mysql",
        "5.7",
        "aurora-mysql5.7",
        ("2018-02-06", "2024-10-31", "2027-02-28"),
        "5.7.mysql_aurora.2.11.5@2024-03-08 5.7.mysql_aurora.2.12.3@2024-06-28 "
        "5.7.mysql_aurora.2.12.5@2025-04-22",
    ),
    _major(
        "aurora-mysql",
        "8.0",
        "aurora-mysql8.0",
        ("2021-11-18", "2028-04-30", "2029-07-31"),
        "8.0.mysql_aurora.3.04.0@2023-07-31! 8.0.mysql_aurora.3.04.3@2024-06-26 "
        "8.0.mysql_aurora.3.05.2@2024-01-31! 8.0.mysql_aurora.3.07.1@2024-06-25 "
        "8.0.mysql_aurora.3.08.0@2024-11-18 8.0.mysql_aurora.3.08.2@2025-04-30 "
        "8.0.mysql_aurora.3.09.0@2025-05-28 8.0.mysql_aurora.3.10.0@2025-07-31",
    ),
    _major(
        "aurora-postgresql",
        "13",
        "aurora-postgresql13",
        ("2021-08-26", "2026-02-28", "2029-02-28"),
        "13.14@2024-04-15 13.16@2024-09-05 13.18@2025-01-14 13.20@2025-04-01 13.21@2025-07-15",
    ),
    _major(
        "aurora-postgresql",
        "14",
        "aurora-postgresql14",
        ("2022-01-18", "2027-02-28", "2030-02-28"),
        "14.11@2024-04-15 14.13@2024-09-05 14.15@2025-01-14 14.17@2025-04-01 14.18@2025-07-15",
    ),
    _major(
        "aurora-postgresql",
        "15",
        "aurora-postgresql15",
        ("2023-03-15", "2028-02-29", "2031-02-28"),
        "15.6@2024-04-15 15.8@2024-09-05 15.10@2025-01-14 15.12@2025-04-01 15.13@2025-07-15",
    ),
    _major(
        "aurora-postgresql",
        "16",
        "aurora-postgresql16",
        ("2024-01-31", "2029-02-28", "2032-02-29"),
        "16.2@2024-04-15 16.4@2024-09-05 16.6@2025-01-14 16.8@2025-04-01 16.9@2025-07-15",
    ),
)

# The majors each major can be upgraded to in one step.
MAJOR_TARGETS: dict[tuple[str, str], tuple[str, ...]] = {
    ("mysql", "5.7"): ("8.0",),
    ("mysql", "8.0"): ("8.4",),
    ("postgres", "11"): ("12", "13", "14", "15", "16"),
    ("postgres", "12"): ("13", "14", "15", "16", "17"),
    ("postgres", "13"): ("14", "15", "16", "17"),
    ("postgres", "14"): ("15", "16", "17"),
    ("postgres", "15"): ("16", "17"),
    ("postgres", "16"): ("17",),
    ("mariadb", "10.5"): ("10.6", "10.11", "11.4"),
    ("mariadb", "10.6"): ("10.11", "11.4"),
    ("mariadb", "10.11"): ("11.4",),
    ("aurora-mysql", "5.7"): ("8.0",),
    ("aurora-postgresql", "13"): ("14", "15", "16"),
    ("aurora-postgresql", "14"): ("15", "16"),
    ("aurora-postgresql", "15"): ("16",),
}
