"""What RDS offers: engine versions, upgrade targets, support dates, instance classes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ..clock import UTC
from ..simulator import Context, Params
from . import engines
from .engines import Version
from .paging import answer, page
from .service import RDS
from .versions import MAJORS, Major

_CERTIFICATES = ["rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"]
_STANDARD = "open-source-rds-standard-support"
_EXTENDED = "open-source-rds-extended-support"


@RDS.operation("DescribeDBEngineVersions")
def describe_db_engine_versions(context: Context, params: Params) -> Params:
    """Versions with their upgrade targets; withdrawn ones only with IncludeAll."""
    today = context.now.date()
    engine, number = params.get("Engine"), params.get("EngineVersion")
    family = params.get("DBParameterGroupFamily")
    found = [
        version
        for version in engines.all_versions()
        if version.released <= today
        and (params.get("IncludeAll") or not version.withdrawn)
        and (engine is None or version.engine == engine)
        and (number is None or number in (version.number, version.major.number))
        and (family is None or version.major.family == family)
    ]
    for order in params.get("Filters", []):
        found = [version for version in found if _passes(version, order)]
    if params.get("DefaultOnly"):
        newest = {(version.engine, version.major.number): version for version in found}
        found = list(newest.values())
    shown, marker = page(found, params)
    return answer("DBEngineVersions", [_version(item, today) for item in shown], marker)


def _passes(version: Version, order: dict[str, Any]) -> bool:
    values = {
        "engine": version.engine,
        "engine-version": version.number,
        "db-parameter-group-family": version.major.family,
        "status": "deprecated" if version.withdrawn else "available",
    }
    return values.get(order["Name"]) in order["Values"]


def _version(version: Version, today: date) -> dict[str, Any]:
    engine = version.engine
    aurora = engine.startswith("aurora")
    return {
        "Engine": engine,
        "MajorEngineVersion": version.major.number,
        "EngineVersion": version.number,
        "DBParameterGroupFamily": version.major.family,
        "DBEngineDescription": engines.DESCRIPTIONS[engine],
        "DBEngineVersionDescription": _description(version),
        "ValidUpgradeTarget": [
            _target(version, target, today)
            for target in engines.targets(engine, version.number, today)
        ],
        "ExportableLogTypes": engines.LOG_TYPES[engine],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": not aurora,
        "SupportedEngineModes": ["provisioned"] if aurora else [],
        "SupportedFeatureNames": [],
        "Status": "deprecated" if version.withdrawn else "available",
        "SupportsParallelQuery": engine == "aurora-mysql",
        "SupportsGlobalDatabases": aurora,
        "TagList": [],
        "SupportsBabelfish": False,
        "SupportsLimitlessDatabase": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": _CERTIFICATES,
        "SupportsLocalWriteForwarding": False,
        "SupportsIntegrations": False,
    }


def _description(version: Version) -> str:
    if version.engine == "postgres":
        return f"PostgreSQL {version.number}-R1"
    if version.engine == "aurora-mysql":
        _, aurora = version.number.split(".mysql_aurora.")
        return f"Aurora MySQL {aurora} (compatible with MySQL {version.major.number})"
    if version.engine == "aurora-postgresql":
        return f"Aurora PostgreSQL (compatible with PostgreSQL {version.number})"
    return f"{'MariaDB' if version.engine == 'mariadb' else 'MySQL'} {version.number}"


def _target(source: Version, target: Version, today: date) -> dict[str, Any]:
    newest = [
        version
        for version in engines.targets(source.engine, source.number, today)
        if version.major is source.major
    ]
    return {
        "Engine": target.engine,
        "EngineVersion": target.number,
        "Description": _description(target),
        "AutoUpgrade": bool(newest) and target is newest[-1],
        "IsMajorVersionUpgrade": target.major is not source.major,
        "SupportedEngineModes": [],
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "SupportsBabelfish": False,
    }


@RDS.operation("DescribeDBMajorEngineVersions")
def describe_db_major_engine_versions(context: Context, params: Params) -> Params:
    """Major versions with the dates their support begins and ends."""
    today = context.now.date()
    engine, number = params.get("Engine"), params.get("MajorEngineVersion")
    found = [
        major
        for major in MAJORS
        if major.start <= today
        and (engine is None or major.engine == engine)
        and (number is None or major.number == number)
    ]
    shown, marker = page(found, params)
    return answer("DBMajorEngineVersions", [_major(major) for major in shown], marker)


def _major(major: Major) -> dict[str, Any]:
    cycles = [_cycle(_STANDARD, major.start, major.standard_end)]
    if major.extended_end:
        begin = major.standard_end + timedelta(days=1)
        cycles.append(_cycle(_EXTENDED, begin, major.extended_end))
    return {
        "Engine": major.engine,
        "MajorEngineVersion": major.number,
        "SupportedEngineLifecycles": cycles,
    }


def _cycle(name: str, start: date, end: date) -> dict[str, Any]:
    last_second = time(23, 59, 59, 999000)
    return {
        "LifecycleSupportName": name,
        "LifecycleSupportStartDate": datetime.combine(start, time(), UTC),
        "LifecycleSupportEndDate": datetime.combine(end, last_second, UTC),
    }


# Instance classes with the first and the last major version of an engine that runs on them.
_Bounds = dict[str, str]
_SMALL = ("micro", "small", "medium", "large")
_LARGE = ("large", "xlarge", "2xlarge", "4xlarge")
_GRAVITON2 = {"mysql": "8.0", "postgres": "12"}
_GRAVITON3 = {"mysql": "8.0", "postgres": "13"}
_CLASSES: tuple[tuple[str, _Bounds, _Bounds], ...] = tuple(
    (f"db.{family}.{size}", since, until)
    for family, sizes, since, until in (
        ("t2", _SMALL, {}, {"mysql": "8.0", "postgres": "12", "mariadb": "10.6"}),
        ("t3", _SMALL, {}, {}),
        ("t4g", _SMALL, _GRAVITON2, {}),
        ("m5", _LARGE, {}, {}),
        ("m6g", _LARGE, _GRAVITON2, {}),
        ("m7g", _LARGE, _GRAVITON3, {}),
        ("r5", _LARGE, {}, {}),
        ("r6g", _LARGE, _GRAVITON2, {}),
        ("r7g", _LARGE, _GRAVITON3, {}),
    )
    for size in sizes
)


@RDS.operation("DescribeOrderableDBInstanceOptions")
def describe_orderable_db_instance_options(context: Context, params: Params) -> Params:
    """Which instance class runs which version."""
    today = context.now.date()
    number, db_class = params.get("EngineVersion"), params.get("DBInstanceClass")
    found = [
        (version, name)
        for version in engines.all_versions()
        if version.engine == params["Engine"]
        and version.released <= today
        and not version.withdrawn
        and (number is None or version.number == number)
        for name, since, until in _CLASSES
        if (db_class is None or db_class == name) and _runs(version, since, until)
    ]
    shown, marker = page(found, params)
    options = [_option(version, name, context.region) for version, name in shown]
    return answer("OrderableDBInstanceOptions", options, marker)


def _runs(version: Version, since: _Bounds, until: _Bounds) -> bool:
    def order(number: str) -> list[int]:
        return [int(part) for part in number.split(".")]

    major = version.major.number
    least, most = since.get(version.engine, major), until.get(version.engine, major)
    return order(least) <= order(major) <= order(most)


def _option(version: Version, db_class: str, region: str) -> dict[str, Any]:
    aurora = version.engine.startswith("aurora")
    return {
        "Engine": version.engine,
        "EngineVersion": version.number,
        "DBInstanceClass": db_class,
        "LicenseModel": "postgresql-license"
        if "postgres" in version.engine
        else "general-public-license",
        "AvailabilityZones": [{"Name": f"{region}{zone}"} for zone in "abc"],
        "MultiAZCapable": not aurora,
        "ReadReplicaCapable": not aurora,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": "aurora" if aurora else "gp3",
        "SupportsIops": False,
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": True,
        "SupportedEngineModes": ["provisioned"] if aurora else [],
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportsGlobalDatabases": aurora,
        "SupportsClusters": aurora,
        "SupportedNetworkTypes": ["IPV4", "DUAL"],
    }
