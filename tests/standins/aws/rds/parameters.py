"""Parameter groups and what was changed in them."""

from __future__ import annotations

from typing import Any

from ..errors import AwsError, invalid_value
from ..simulator import Context, Params
from . import views
from .paging import answer, page
from .service import RDS, here
from .state import ParameterGroup, Region
from .versions import MAJORS

# A few well-known parameters by engine: default, whether a restart is needed, type.
_MYSQL: dict[str, tuple[str | None, str, str]] = {
    "binlog_format": ("ROW", "dynamic", "string"),
    "character_set_server": (None, "dynamic", "string"),
    "event_scheduler": ("ON", "dynamic", "string"),
    "innodb_buffer_pool_size": ("{DBInstanceClassMemory*3/4}", "dynamic", "integer"),
    "innodb_flush_log_at_trx_commit": ("1", "dynamic", "integer"),
    "long_query_time": (None, "dynamic", "float"),
    "lower_case_table_names": (None, "static", "integer"),
    "max_connections": ("{DBInstanceClassMemory/12582880}", "dynamic", "integer"),
    "performance_schema": ("{DBInstanceClassMemory/{...}}", "static", "boolean"),
    "sql_mode": (None, "dynamic", "list"),
    "time_zone": (None, "dynamic", "string"),
}
_POSTGRES: dict[str, tuple[str | None, str, str]] = {
    "log_min_duration_statement": (None, "dynamic", "integer"),
    "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "static", "integer"),
    "rds.force_ssl": ("1", "dynamic", "boolean"),
    "rds.logical_replication": ("0", "static", "boolean"),
    "shared_buffers": ("{DBInstanceClassMemory/32768}", "static", "integer"),
    "shared_preload_libraries": ("pg_stat_statements", "static", "list"),
    "statement_timeout": (None, "dynamic", "integer"),
    "work_mem": (None, "dynamic", "integer"),
}


@RDS.operation("DescribeDBParameterGroups")
def describe_db_parameter_groups(context: Context, params: Params) -> Params:
    """Parameter groups of instances."""
    return _groups(here(context), params, of_cluster=False)


@RDS.operation("DescribeDBClusterParameterGroups")
def describe_db_cluster_parameter_groups(context: Context, params: Params) -> Params:
    """Parameter groups of clusters."""
    return _groups(here(context), params, of_cluster=True)


def _groups(region: Region, params: Params, *, of_cluster: bool) -> Params:
    kind = "DBClusterParameterGroup" if of_cluster else "DBParameterGroup"
    name = params.get(f"{kind}Name")
    if name:
        items = [region.group(name, of_cluster)]
    else:
        items = sorted(
            (group for group in region.groups.values() if group.of_cluster == of_cluster),
            key=lambda group: group.name,
        )
    shown, marker = page(items, params)
    return answer(f"{kind}s", [views.parameter_group(group) for group in shown], marker)


@RDS.operation("DescribeDBParameters")
def describe_db_parameters(context: Context, params: Params) -> Params:
    """The parameters of an instance's group; ``Source=user`` are those people changed."""
    return _parameters(here(context).group(params["DBParameterGroupName"], False), params)


@RDS.operation("DescribeDBClusterParameters")
def describe_db_cluster_parameters(context: Context, params: Params) -> Params:
    """The parameters of a cluster's group."""
    return _parameters(here(context).group(params["DBClusterParameterGroupName"], True), params)


def _parameters(group: ParameterGroup, params: Params) -> Params:
    source = params.get("Source")
    if source not in (None, "user", "system", "engine-default"):
        raise invalid_value(f"Invalid source: {source}")
    known = _POSTGRES if "postgres" in group.family else _MYSQL
    found = [
        _parameter(name, known.get(name), group.parameters.get(name))
        for name in sorted({*known, *group.parameters})
    ]
    found = [item for item in found if source is None or item["Source"] == source]
    shown, marker = page(found, params)
    return answer("Parameters", shown, marker)


def _parameter(
    name: str, known: tuple[str | None, str, str] | None, changed: str | None
) -> dict[str, Any]:
    default, apply_type, data_type = known or (None, "dynamic", "string")
    origin = "system" if default is not None else "engine-default"
    return {
        "ParameterName": name,
        "ParameterValue": changed if changed is not None else default,
        "Description": name.replace("_", " "),
        "Source": "user" if changed is not None else origin,
        "ApplyType": apply_type,
        "DataType": data_type,
        "IsModifiable": True,
        "ApplyMethod": "pending-reboot" if apply_type == "static" else "immediate",
    }


@RDS.operation("CreateDBParameterGroup")
def create_db_parameter_group(context: Context, params: Params) -> Params:
    """A group with nothing changed yet, for instances."""
    group = _create(here(context), params, of_cluster=False)
    return {"DBParameterGroup": views.parameter_group(group)}


@RDS.operation("CreateDBClusterParameterGroup")
def create_db_cluster_parameter_group(context: Context, params: Params) -> Params:
    """A group with nothing changed yet, for clusters."""
    group = _create(here(context), params, of_cluster=True)
    return {"DBClusterParameterGroup": views.parameter_group(group)}


def _create(region: Region, params: Params, *, of_cluster: bool) -> ParameterGroup:
    kind = "DBClusterParameterGroup" if of_cluster else "DBParameterGroup"
    name, family = params[f"{kind}Name"].lower(), params["DBParameterGroupFamily"]
    if (of_cluster, name) in region.groups:
        raise AwsError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    if all(major.family != family for major in MAJORS):
        raise invalid_value(f"ParameterGroupFamily {family} is not a valid parameter group family")
    return place(region, name, family, {}, of_cluster=of_cluster)


def place(
    region: Region, name: str, family: str, parameters: dict[str, str], *, of_cluster: bool
) -> ParameterGroup:
    """Put a parameter group there."""
    arn = region.arn("cluster-pg" if of_cluster else "pg", name)
    group = ParameterGroup(name, family, arn, of_cluster, f"Settings of {name}", parameters)
    region.groups[of_cluster, name] = group
    return group


@RDS.operation("ModifyDBParameterGroup")
def modify_db_parameter_group(context: Context, params: Params) -> Params:
    """Change parameters of an instance's group."""
    region = here(context)
    group = region.group(params["DBParameterGroupName"], False)
    if group.name.startswith("default."):
        raise invalid_value("A default parameter group can't be modified.")
    for item in params["Parameters"]:
        group.parameters[item["ParameterName"]] = item["ParameterValue"]
        if item.get("ApplyMethod") == "pending-reboot":
            for of in region.instances.values():
                if of.parameter_group == group.name:
                    of.parameter_status = "pending-reboot"
    return {"DBParameterGroupName": group.name}
