"""The operations on alarms, as strict and as lenient as the CloudWatch API reference says."""

from __future__ import annotations

from typing import Any

from .. import paging
from ..errors import AwsError, invalid_combination
from ..simulator import Context, Params, Simulator
from . import views
from .state import Alarm, Region, region_of

CLOUDWATCH = Simulator("cloudwatch")

_TYPES = {"MetricAlarm": "metric", "CompositeAlarm": "composite"}
_PAGE = 50


def _here(context: Context) -> Region:
    return region_of(context.world, context.account, context.region)


@CLOUDWATCH.operation("DescribeAlarms")
def describe_alarms(context: Context, params: Params) -> Params:
    """Alarms by name or prefix; metric alarms alone unless other types are asked for."""
    if "AlarmNames" in params and "AlarmNamePrefix" in params:
        raise invalid_combination(
            "AlarmNames and AlarmNamePrefix are mutually exclusive. Specify only one."
        )
    kinds = {_TYPES.get(name) for name in params.get("AlarmTypes", ["MetricAlarm"])}
    alarms = [alarm for alarm in _here(context).alarms.values() if alarm.kind in kinds]
    found = [alarm for alarm in alarms if _asked(alarm, params)]
    error = AwsError("InvalidNextToken", "The next token is invalid.")
    size = params.get("MaxRecords", _PAGE)
    page, following = paging.page(found, params.get("NextToken"), size, error)
    shown: dict[str, list[dict[str, Any]]] = {"metric": [], "composite": []}
    for alarm in page:
        shown[alarm.kind].append(views.shown(alarm))
    answer: Params = {"MetricAlarms": shown["metric"], "CompositeAlarms": shown["composite"]}
    return answer | ({"NextToken": following} if following else {})


def _asked(alarm: Alarm, params: Params) -> bool:
    names = params.get("AlarmNames")
    actions = [arn for arns in alarm.actions.values() for arn in arns]
    return (
        (names is None or alarm.name in names)
        and alarm.name.startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue") in (None, alarm.state)
        and (
            "ActionPrefix" not in params
            or any(arn.startswith(params["ActionPrefix"]) for arn in actions)
        )
    )


def _switch(context: Context, params: Params, enabled: bool) -> Params:
    # The reference knows no error of these operations: names that nothing has are passed over.
    alarms = _here(context).alarms
    for name in params["AlarmNames"]:
        if name in alarms:
            alarms[name].act(enabled)
    return {}


@CLOUDWATCH.operation("DisableAlarmActions")
def disable_alarm_actions(context: Context, params: Params) -> Params:
    """Have alarms tell nobody when their state changes."""
    return _switch(context, params, False)


@CLOUDWATCH.operation("EnableAlarmActions")
def enable_alarm_actions(context: Context, params: Params) -> Params:
    """Have alarms tell of their next change of state; not of the state they are in."""
    return _switch(context, params, True)


@CLOUDWATCH.operation("SetAlarmState")
def set_alarm_state(context: Context, params: Params) -> Params:
    """Put an alarm into a state until it is next evaluated, which here it never is by itself."""
    alarm = _here(context).alarms.get(params["AlarmName"])
    if alarm is None:
        raise AwsError("ResourceNotFound", f"Unknown: {params['AlarmName']}", 404)
    alarm.turn(params["StateValue"], params["StateReason"])
    return {}
