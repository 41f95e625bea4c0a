"""How an alarm is shown by the API, told to a topic, and told to EventBridge.

The message to a topic has the shape of "AlarmName …" JSON that Amazon SNS delivers ("Using Amazon
CloudWatch alarms"), the event that of "Alarm events and EventBridge", both in the CloudWatch user
guide.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import eventbridge

if TYPE_CHECKING:
    from .state import Alarm

# What CloudWatch calls regions in its messages.
_REGIONS = {
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
    "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
}
_STATISTICS = {
    "Average": "AVERAGE",
    "Sum": "SUM",
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
    "SampleCount": "SAMPLE_COUNT",
}


def shown(alarm: Alarm) -> dict[str, Any]:
    """The alarm as ``DescribeAlarms`` shows it."""
    common = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmDescription": alarm.description or None,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "ActionsEnabled": alarm.enabled,
        "OKActions": alarm.actions["OK"],
        "AlarmActions": alarm.actions["ALARM"],
        "InsufficientDataActions": alarm.actions["INSUFFICIENT_DATA"],
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.turned,
    }
    if alarm.kind == "composite":
        return common | {"AlarmRule": alarm.rule}
    return common | alarm.metric


def _moment(moment: datetime) -> str:
    return eventbridge.instant(moment).replace("Z", "+0000")


def notification(alarm: Alarm, topic: str, before: str) -> dict[str, Any]:
    """What it says to a topic: subject and message."""
    region = _REGIONS.get(alarm.region.name, alarm.region.name)
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": alarm.region.account,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configured),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": _moment(alarm.updated),
        "Region": region,
        "AlarmArn": alarm.arn,
        "OldStateValue": before,
        "OKActions": alarm.actions["OK"],
        "AlarmActions": alarm.actions["ALARM"],
        "InsufficientDataActions": alarm.actions["INSUFFICIENT_DATA"],
    }
    if alarm.kind == "composite":
        message["AlarmRule"] = alarm.rule
    else:
        message["Trigger"] = _trigger(alarm.metric)
    return {
        "topic": topic,
        "subject": f'{alarm.state}: "{alarm.name}" in {region}'[:100],
        "message": json.dumps(message),
    }


def _trigger(metric: dict[str, Any]) -> dict[str, Any]:
    return {
        "MetricName": metric["MetricName"],
        "Namespace": metric["Namespace"],
        "StatisticType": "Statistic",
        "Statistic": _STATISTICS[metric["Statistic"]],
        "Unit": None,
        "Dimensions": [
            {"value": one["Value"], "name": one["Name"]} for one in metric["Dimensions"]
        ],
        "Period": metric["Period"],
        "EvaluationPeriods": metric["EvaluationPeriods"],
        "DatapointsToAlarm": metric["DatapointsToAlarm"],
        "ComparisonOperator": metric["ComparisonOperator"],
        "Threshold": metric["Threshold"],
        "TreatMissingData": metric["TreatMissingData"],
        "EvaluateLowSampleCountPercentile": "",
    }


def event(alarm: Alarm, before: tuple[str, str, datetime]) -> dict[str, Any]:
    """The detail of its event."""
    old_state, old_reason, old_time = before
    configuration: dict[str, Any] = {"description": alarm.description}
    if alarm.kind == "composite":
        configuration["alarmRule"] = alarm.rule
    else:
        metric = alarm.metric
        dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
        stat = {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": dimensions,
            },
            "period": metric["Period"],
            "stat": metric["Statistic"],
        }
        configuration["metrics"] = [{"id": "m1", "metricStat": stat, "returnData": True}]
    return {
        "alarmName": alarm.name,
        "state": {
            "value": alarm.state,
            "reason": alarm.reason,
            "timestamp": _moment(alarm.updated),
        },
        "previousState": {
            "value": old_state,
            "reason": old_reason,
            "timestamp": _moment(old_time),
        },
        "configuration": configuration,
    }
