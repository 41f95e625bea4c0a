"""What CodeDeploy tells EventBridge."""

from __future__ import annotations

from ..eventbridge import tell
from .state import Group

_STATES = {
    "InProgress": "START",
    "Ready": "READY",
    "Succeeded": "SUCCESS",
    "Failed": "FAILURE",
    "Stopped": "STOP",
}


def state(group: Group, identifier: str, status: str) -> None:
    """CodeDeploy Deployment State-change Notification."""
    region = group.service.region
    place = f"arn:aws:codedeploy:{region.name}:{region.account}"
    detail = {
        "instanceGroupId": group.id,
        "region": region.name,
        "application": group.application,
        "deploymentId": identifier,
        "state": _STATES[status],
        "deploymentGroup": group.name,
    }
    resources = [
        f"{place}:application:{group.application}",
        f"{place}:deploymentgroup:{group.application}/{group.name}",
    ]
    kind = ("aws.codedeploy", "CodeDeploy Deployment State-change Notification")
    tell(region.world, region.place, kind, resources, detail)
