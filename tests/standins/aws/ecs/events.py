"""What ECS tells EventBridge: shapes of "Amazon ECS events" in its developer guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..eventbridge import bus, instant, tell

if TYPE_CHECKING:
    from .fleet import Fleet, Task
    from .hooks import Hook
    from .state import Service


def _tell(service: Service, kind: str, resource: str, detail: Any) -> None:
    region = service.region
    tell(region.world, region.place, ("aws.ecs", kind), [resource], detail)


def deployment(service: Service, fleet: Fleet, name: str, reason: str) -> None:
    """ECS Deployment State Change: `SERVICE_DEPLOYMENT_` and in progress, completed or failed."""
    detail = {
        "eventType": "ERROR" if name == "FAILED" else "INFO",
        "eventName": f"SERVICE_DEPLOYMENT_{name}",
        "deploymentId": fleet.id,
        "updatedAt": instant(service.region.now),
        "reason": reason,
    }
    _tell(service, "ECS Deployment State Change", service.arn, detail)


def action(service: Service, kind: str, name: str) -> None:
    """ECS Service Action, such as SERVICE_STEADY_STATE."""
    detail = {
        "eventType": kind,
        "eventName": name,
        "clusterArn": service.cluster.arn,
        "createdAt": instant(service.region.now),
    }
    _tell(service, "ECS Service Action", service.arn, detail)


def hook(of: Hook) -> None:
    """ECS Hook State Change: `HOOK_` and the hook's status."""
    service = of.deployment.service
    detail = {
        "eventType": "INFO",
        "eventName": f"HOOK_{of.status}",
        "hookId": of.id,
        "hookType": of.kind,
        "expiresAt": instant(of.expires),
        "lifecycleStage": of.stage,
        "clusterArn": service.cluster.arn,
        "serviceArn": service.arn,
        "serviceDeploymentArn": of.deployment.arn,
        "updatedAt": instant(service.region.now),
    }
    _tell(service, "ECS Hook State Change", of.deployment.arn, detail)


def task(of: Task) -> None:
    """ECS Task State Change: the task as DescribeTasks shows it, with times as text."""
    service = of.fleet.service
    if not bus(service.region.world).heard:
        return
    from .task_views import task_view

    shown = task_view(of)
    detail = {
        name: instant(value) if hasattr(value, "strftime") else value
        for name, value in shown.items()
        if value is not None and name not in ("healthStatus", "tags")
    }
    detail["updatedAt"] = instant(service.region.now)
    _tell(service, "ECS Task State Change", of.arn, detail)
