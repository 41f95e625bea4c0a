"""Elastic Load Balancing (version 2): the routes and target groups of ``traffic.py``, to look at."""

from __future__ import annotations

from typing import Any

from .errors import AwsError
from .simulator import Context, Params, Simulator
from .traffic import Balancers, Listener, LoadBalancer, Route, TargetGroup, balancers

ELB = Simulator("elbv2")

_VPC = "vpc-0a1b2c3d4e5f60718"
_HEALTH = {
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
    "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
    "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
}


def _here(context: Context) -> Balancers:
    return balancers(context.world, context.account, context.region)


def _listeners(context: Context) -> list[Listener]:
    return [one for balancer in _here(context).balancers.values() for one in balancer.listeners]


def _balancer_view(balancer: LoadBalancer, context: Context) -> Params:
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns,
        "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
        "LoadBalancerName": balancer.name,
        "Scheme": "internet-facing",
        "VpcId": _VPC,
        "State": {"Code": "active"},
        "Type": "application",
        "AvailabilityZones": [{"ZoneName": f"{context.region}{zone}"} for zone in "ab"],
        "SecurityGroups": ["sg-0123456789abcdef0"],
        "IpAddressType": "ipv4",
    }


def _forward(route: Route) -> list[dict[str, Any]]:
    """A route as a forward action; weights are whole numbers from 0 to 999."""
    shares = route.shares.items()
    factor = 1 if all(float(share).is_integer() for _, share in shares) else 9
    groups = [
        {"TargetGroupArn": arn, "Weight": min(999, round(share * factor))} for arn, share in shares
    ]
    action: dict[str, Any] = {
        "Type": "forward",
        "Order": 1,
        "ForwardConfig": {
            "TargetGroups": groups,
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    if len(groups) == 1:
        action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return [action]


_NOTHING = [
    {
        "Type": "fixed-response",
        "Order": 1,
        "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
    }
]


def _default(listener: Listener) -> list[dict[str, Any]]:
    return _forward(listener.default) if listener.default else _NOTHING


def _rules(listener: Listener) -> list[Params]:
    shown: list[Params] = [
        {
            "RuleArn": rule.arn,
            "Priority": str(rule.priority),
            "Conditions": [
                {
                    "Field": "host-header",
                    "Values": [rule.host],
                    "HostHeaderConfig": {"Values": [rule.host]},
                }
            ],
            "Actions": _forward(rule),
            "IsDefault": False,
        }
        for rule in listener.rules
    ]
    shown.append(
        {
            "RuleArn": listener.arn.replace(":listener/", ":listener-rule/") + "/default",
            "Priority": "default",
            "Conditions": [],
            "Actions": _default(listener),
            "IsDefault": True,
        }
    )
    return shown


def _not_found(code: str, what: str, arns: list[str]) -> AwsError:
    return AwsError(code, f"One or more {what} not found: {', '.join(arns)}")


@ELB.operation("DescribeLoadBalancers")
def describe_load_balancers(context: Context, params: Params) -> Params:
    """Load balancers, all or by ARN or name."""
    known = list(_here(context).balancers.values())
    arns, names = params.get("LoadBalancerArns", []), params.get("Names", [])
    found = [
        one for one in known if (not arns or one.arn in arns) and (not names or one.name in names)
    ]
    if len(found) < max(len(arns), len(names)):
        raise _not_found("LoadBalancerNotFound", "load balancers", arns or names)
    return {"LoadBalancers": [_balancer_view(one, context) for one in found]}


@ELB.operation("DescribeListeners")
def describe_listeners(context: Context, params: Params) -> Params:
    """Listeners with their default actions, of a load balancer or by ARN."""
    owner, arns = params.get("LoadBalancerArn"), params.get("ListenerArns", [])
    if not owner and not arns:
        raise AwsError(
            "ValidationError", "You must specify either listener ARNs or a load balancer ARN"
        )
    found = [
        one
        for one in _listeners(context)
        if owner in (None, one.balancer.arn) and (not arns or one.arn in arns)
    ]
    if len(found) < len(arns):
        raise _not_found("ListenerNotFound", "listeners", arns)
    return {
        "Listeners": [
            {
                "ListenerArn": one.arn,
                "LoadBalancerArn": one.balancer.arn,
                "Port": one.port,
                "Protocol": "HTTPS",
                "DefaultActions": _default(one),
            }
            for one in found
        ]
    }


@ELB.operation("DescribeRules")
def describe_rules(context: Context, params: Params) -> Params:
    """The rules of a listener, or rules by ARN, with the weights of their target groups."""
    listener, arns = params.get("ListenerArn"), params.get("RuleArns", [])
    if (listener is None) == (not arns):
        raise AwsError("ValidationError", "You must specify either a listener ARN or rule ARNs")
    listeners = [one for one in _listeners(context) if listener in (None, one.arn)]
    if not listeners:
        raise _not_found("ListenerNotFound", "listeners", [listener or ""])
    found = [
        rule for one in listeners for rule in _rules(one) if not arns or rule["RuleArn"] in arns
    ]
    if len(found) < len(arns):
        raise _not_found("RuleNotFound", "rules", arns)
    return {"Rules": found}


@ELB.operation("DescribeTargetGroups")
def describe_target_groups(context: Context, params: Params) -> Params:
    """Target groups, all or by ARN, name or load balancer."""
    arns, names = params.get("TargetGroupArns", []), params.get("Names", [])
    owner = params.get("LoadBalancerArn")
    found = [
        one
        for one in _here(context).groups.values()
        if (not arns or one.arn in arns)
        and (not names or one.name in names)
        and owner in (None, one.balancer.arn)
    ]
    if len(found) < max(len(arns), len(names)):
        raise _not_found("TargetGroupNotFound", "target groups", arns or names)
    return {"TargetGroups": [_group_view(one) for one in found]}


def _group_view(group: TargetGroup) -> Params:
    return {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": "HTTP",
        "Port": group.port,
        "VpcId": _VPC,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": "/health",
        "Matcher": {"HttpCode": "200"},
        "LoadBalancerArns": [group.balancer.arn],
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }


@ELB.operation("DescribeTargetHealth")
def describe_target_health(context: Context, params: Params) -> Params:
    """The targets of a group, each initial, healthy, unhealthy or draining."""
    arn = params["TargetGroupArn"]
    group = next((one for one in _here(context).groups.values() if one.arn == arn), None)
    if group is None:
        raise _not_found("TargetGroupNotFound", "target groups", [arn])
    shown = []
    for task in group.tasks():
        health: dict[str, str] = {"State": task.health}
        if task.health in _HEALTH:
            health["Reason"], health["Description"] = _HEALTH[task.health]
        shown.append(
            {
                "Target": {"Id": task.address, "Port": group.port},
                "HealthCheckPort": str(group.port),
                "TargetHealth": health,
            }
        )
    return {"TargetHealthDescriptions": shown}
