"""RDS Proxy: which proxies stand before which databases."""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..simulator import Context, Params
from . import views
from .paging import answer, page
from .service import RDS, here
from .state import Cluster, Instance, Region


@RDS.operation("DescribeDBProxies")
def describe_db_proxies(context: Context, params: Params) -> Params:
    """One proxy, or a page of all."""
    region = here(context)
    name = params.get("DBProxyName")
    names = [_known(region, name)] if name else sorted(region.proxies)
    shown, marker = page(names, params)
    return answer("DBProxies", [_proxy(region, item) for item in shown], marker)


@RDS.operation("DescribeDBProxyTargetGroups")
def describe_db_proxy_target_groups(context: Context, params: Params) -> Params:
    """The one target group a proxy has."""
    region = here(context)
    name = _known(region, params["DBProxyName"])
    group = {
        "DBProxyName": name,
        "TargetGroupName": "default",
        "TargetGroupArn": region.arn("target-group", f"prx-tg-{name}"),
        "IsDefault": True,
        "Status": "available",
        "CreatedDate": region.now,
        "UpdatedDate": region.now,
    }
    return {"TargetGroups": [group]}


@RDS.operation("DescribeDBProxyTargets")
def describe_db_proxy_targets(context: Context, params: Params) -> Params:
    """The instances behind a proxy; those of a cluster come with the cluster itself."""
    region = here(context)
    name = region.proxies[_known(region, params["DBProxyName"])]
    cluster = region.clusters.get(name)
    if cluster is None:
        return {"Targets": [_target(region.instance(name), "READ_WRITE")]}
    tracked = {
        "RdsResourceId": cluster.id,
        "TrackedClusterId": cluster.id,
        "Type": "TRACKED_CLUSTER",
        "Port": views.port(cluster.engine),
        "TargetArn": cluster.arn,
    }
    members = [
        _target(item, "READ_WRITE" if item.id == cluster.writer else "READ_ONLY")
        for item in region.members(cluster)
    ]
    return {"Targets": [tracked, *members]}


def _known(region: Region, name: str) -> str:
    if name not in region.proxies:
        raise AwsError("DBProxyNotFoundFault", f"DBProxy {name} not found.", 404)
    return name


def _proxy(region: Region, name: str) -> dict[str, Any]:
    target: Instance | Cluster = region.clusters.get(region.proxies[name]) or region.instance(
        region.proxies[name]
    )
    return {
        "DBProxyName": name,
        "DBProxyArn": region.arn("db-proxy", f"prx-{name}"),
        "Status": "available",
        "EngineFamily": "POSTGRESQL" if "postgres" in target.engine else "MYSQL",
        "VpcId": "vpc-0a1b2c3d4e5f60718",
        "VpcSecurityGroupIds": ["sg-0a1b2c3d4e5f60718"],
        "VpcSubnetIds": [],
        "RoleArn": f"arn:aws:iam::{region.account}:role/rds-proxy",
        "Endpoint": f"{name}.proxy-c9akciq32rgq.{region.name}.rds.amazonaws.com",
        "RequireTLS": True,
        "IdleClientTimeout": 1800,
        "DebugLogging": False,
        "CreatedDate": target.created,
        "UpdatedDate": target.created,
    }


def _target(of: Instance, role: str) -> dict[str, Any]:
    state = {"State": "AVAILABLE"} if of.reachable else {"State": "UNAVAILABLE"}
    return {
        "Endpoint": of.id,
        "RdsResourceId": of.id,
        "Port": views.port(of.engine),
        "Type": "RDS_INSTANCE",
        "Role": role,
        "TargetHealth": state,
    }
