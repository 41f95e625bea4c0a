"""Putting databases into a world, as a test or the sample estate asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .. import clock
from ..world import World
from . import engines, maintenance, parameters, snapshots
from .state import Cluster, Instance, Region, region_of

_ACCOUNT = "111122223333"
_REGION = "eu-west-1"
_LOWER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _place(world: World, order: dict[str, Any]) -> Region:
    return region_of(world, order.pop("account", _ACCOUNT), order.pop("region", _REGION))


def database(world: World, order: dict[str, Any]) -> Instance:
    """An instance that has been there for a while; unknown words are refused."""
    order = dict(order)
    region = _place(world, order)
    name = order.pop("id").lower()
    engine, version = order.pop("engine"), order.pop("version")
    if engines.major_of(engine, version) is None:
        raise ValueError(f"the stand-in knows no {engine} {version}")
    group = _group(region, order, engine, version, of_cluster=False)
    replicas, waiting = order.pop("replicas", []), order.pop("maintenance", [])
    proxy = order.pop("proxy", None)
    fields = {
        "id": name,
        "engine": engine,
        "version": version,
        "db_class": order.pop("class", "db.t4g.medium"),
        "created": _created(region, order),
        "resource_id": "db-" + world.fresh(26, _LOWER),
        "arn": region.arn("db", name),
        "parameter_group": group,
        "user": "postgres" if "postgres" in engine else "admin",
    }
    instance = Instance(**(fields | order))
    instance.reachable = instance.status not in ("stopped", "incompatible-parameters")
    region.instances[name] = instance
    if instance.cluster is None and instance.source is None:
        snapshots.seed_automated(region, instance)
    for action in waiting:
        announce(region, instance, {"action": action})
    if proxy:
        region.proxies[proxy] = name
    for replica in replicas:
        _replica(world, region, instance, replica)
    return instance


def _replica(world: World, region: Region, of: Instance, replica: str | dict[str, Any]) -> None:
    own = {"id": replica} if isinstance(replica, str) else replica
    database(
        world,
        {
            "account": region.account,
            "region": region.name,
            "engine": of.engine,
            "version": of.version,
            "class": of.db_class,
            "tags": dict(of.tags),
            "backup_retention": 0,
            "source": of.id,
        }
        | own,
    )


def announce(region: Region, of: Instance | Cluster, order: dict[str, Any]) -> None:
    """Have a maintenance action wait; its dates are RFC 3339 text."""
    dates = {name: clock.parse(order[name]) for name in ("auto_after", "forced") if order.get(name)}
    maintenance.announce(region, of, order | dates)


def parameter_group(world: World, order: dict[str, Any]) -> None:
    """A parameter group that no database uses yet."""
    order = dict(order)
    region = _place(world, order)
    parameters.place(
        region,
        order["name"],
        order["family"],
        order.get("parameters", {}),
        of_cluster=order.get("of_cluster", False),
    )


def cluster(world: World, order: dict[str, Any]) -> Cluster:
    """A cluster with its members, the first the writer; three of them unless it is Aurora."""
    order = dict(order)
    region = _place(world, order)
    name = order.pop("id").lower()
    engine, version = order.pop("engine"), order.pop("version")
    if engines.major_of(engine, version) is None:
        raise ValueError(f"the stand-in knows no {engine} {version}")
    count = 2 if engine.startswith("aurora") else 3
    members = order.pop("members", None) or [f"{name}-{number + 1}" for number in range(count)]
    db_class = order.pop("class", "db.r6g.large")
    proxy, waiting = order.pop("proxy", None), order.pop("maintenance", [])
    made = Cluster(
        **{
            "id": name,
            "engine": engine,
            "version": version,
            "created": _created(region, order),
            "db_class": db_class,
            "resource_id": "cluster-" + world.fresh(26, _LOWER),
            "arn": region.arn("cluster", name),
            "parameter_group": _group(region, order, engine, version, of_cluster=True),
            "user": "postgres" if "postgres" in engine else "admin",
        }
        | order
    )
    made.writer, made.members = members[0], list(members)
    region.clusters[name] = made
    for tier, member in enumerate(members):
        database(
            world,
            {
                "account": region.account,
                "region": region.name,
                "id": member,
                "engine": engine,
                "version": version,
                "class": db_class,
                "cluster": name,
                "zone": "abc"[tier % 3],
                "tags": dict(made.tags),
                "window": made.window,
                "backup_retention": made.backup_retention,
                "deletion_protection": False,
                "promotion_tier": tier,
            },
        )
    snapshots.seed_automated(region, made)
    for action in waiting:
        announce(region, made, {"action": action})
    if proxy:
        region.proxies[proxy] = name
    return made


def _created(region: Region, order: dict[str, Any]) -> Any:
    created = order.pop("created", None)
    return clock.parse(created) if created else region.now - timedelta(days=400)


def _group(
    region: Region, order: dict[str, Any], engine: str, version: str, of_cluster: bool
) -> str:
    """The parameter group of a new database; a name that is not a default's is made."""
    changed = order.pop("parameters", {})
    family = engines.family(engine, version)
    name: str = order.pop("parameter_group", None) or f"default.{family}"
    if name.startswith("default."):
        region.group(name, of_cluster)
    else:
        parameters.place(region, name, family, changed, of_cluster=of_cluster)
    return name
