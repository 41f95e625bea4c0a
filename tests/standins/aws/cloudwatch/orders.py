"""What a test does to alarms, by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import World
from .state import KINDS, STATES, Alarm, Published, Region, region_of

Order = dict[str, Any]

_ACCOUNT = "111122223333"
_REGION = "eu-west-1"


def estate(world: World, order: Order) -> None:
    """The alarms of an estate."""
    for one in order.get("alarms", []):
        _make(world, one)


def _make(world: World, order: Order) -> Any:
    """An alarm that has been there for a while, at rest; unknown words are refused."""
    order = dict(order)
    region = region_of(world, order.pop("account", _ACCOUNT), order.pop("region", _REGION))
    name, kind = order.pop("name"), order.pop("kind", "metric")
    if name in region.alarms:
        raise ValueError(f"there is an alarm {name} already")
    if kind not in KINDS:
        raise ValueError(f"an alarm is one of {', '.join(KINDS)}, not {kind}")
    tells: list[str] = order.pop("tells", [f"arn:aws:sns:{region.name}:{region.account}:alarms"])
    alarm = Alarm(
        name=name,
        region=region,
        kind=kind,
        description=order.pop("description", ""),
        enabled=order.pop("enabled", True),
        actions={"OK": tells, "ALARM": tells, "INSUFFICIENT_DATA": []},
        configured=world.now,
        updated=world.now,
        turned=world.now,
        state="OK",
        reason="Threshold Crossed: 1 datapoint was not greater than the threshold.",
    )
    if kind == "composite":
        alarm.rule = order.pop("rule", 'ALARM("child")')
    else:
        alarm.metric = _metric(order)
    if order:
        raise ValueError(f"an alarm has no {', '.join(sorted(order))}")
    region.alarms[name] = alarm
    return {"id": alarm.arn}


def _metric(order: Order) -> dict[str, Any]:
    dimensions: dict[str, str] = order.pop("dimensions", {})
    return {
        "MetricName": order.pop("metric", "HTTPCode_Target_5XX_Count"),
        "Namespace": order.pop("namespace", "AWS/ApplicationELB"),
        "Statistic": order.pop("statistic", "Sum"),
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 3,
        "Threshold": float(order.pop("threshold", 5)),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
    }


def _find(world: World, order: Order) -> Alarm:
    """An alarm by name; the account is needed only if names repeat."""
    regions: list[Region] = world.parts(Region)
    found = [
        region.alarms[order["name"]]
        for region in regions
        if order["name"] in region.alarms and order.get("account") in (None, region.account)
    ]
    if len(found) != 1:
        where = ", ".join(alarm.arn for alarm in found) or "nowhere"
        raise ValueError(f"{order['name']} must be in one place, and is: {where}")
    return found[0]


def _turn(world: World, order: Order) -> Any:
    """Evaluation finds another state."""
    if order["state"] not in STATES:
        raise ValueError(f"a state is one of {', '.join(STATES)}, not {order['state']}")
    _find(world, order).turn(order["state"], order["reason"])
    return {}


def _switch(world: World, order: Order) -> Any:
    """A colleague switches its actions in the console."""
    _find(world, order).act(order["enabled"])
    return {}


def _delete(world: World, order: Order) -> Any:
    """A colleague deletes it."""
    alarm = _find(world, order)
    del alarm.region.alarms[alarm.name]
    return {}


def _look(world: World, order: Order) -> Any:
    alarm = _find(world, order)
    return {
        "state": alarm.state,
        "reason": alarm.reason,
        "actions_enabled": alarm.enabled,
        "arn": alarm.arn,
    }


def _published(world: World, order: Order) -> Any:
    """What alarms said to topics since this was last asked."""
    del order
    published: Published = world.part(Published)
    return published.take()


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "alarm": _make,
    "alarm-turn": _turn,
    "alarm-switch": _switch,
    "alarm-delete": _delete,
    "alarm-look": _look,
    "alarm-published": _published,
}
