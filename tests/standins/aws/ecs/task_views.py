"""How ECS shows tasks and what they are made from."""

from __future__ import annotations

from typing import Any

from .fleet import Task
from .state import Container, TaskDefinition


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as ECS writes them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def task_view(task: Task, include: tuple[str, ...] = ()) -> dict[str, Any]:
    """A task with its containers."""
    fleet = task.fleet
    service, definition = fleet.service, fleet.definition
    shown: dict[str, Any] = {
        "attachments": [],
        "attributes": [],
        "availabilityZone": f"{service.region.name}a",
        "clusterArn": service.cluster.arn,
        "containers": [_container(task, container) for container in definition.containers],
        "cpu": str(definition.cpu),
        "createdAt": task.created,
        "desiredStatus": task.desired,
        "enableExecuteCommand": False,
        "group": f"service:{service.name}",
        "healthStatus": "UNKNOWN",
        "lastStatus": task.status,
        "launchType": "FARGATE",
        "memory": str(definition.memory),
        "overrides": {"containerOverrides": []},
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "pullStartedAt": task.pulled,
        "pullStoppedAt": task.pulled,
        "startedAt": task.started,
        "startedBy": fleet.id,
        "stopCode": task.code,
        "stoppedAt": task.stopped,
        "stoppedReason": task.reason,
        "stoppingAt": task.stopping,
        "tags": tag_list(service.tags) if "TAGS" in include else [],
        "taskArn": task.arn,
        "taskDefinitionArn": definition.arn,
        "version": task.version,
    }
    return shown


def _container(task: Task, container: Container) -> dict[str, Any]:
    first = task.fleet.definition.containers[0] is container
    shown: dict[str, Any] = {
        "containerArn": task.arn.replace(":task/", ":container/") + f"-{container.name}",
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "lastStatus": "STOPPED" if task.stopped else "RUNNING" if task.started else "PENDING",
        "networkInterfaces": [],
        "cpu": str(container.cpu),
    }
    if task.pulled:
        shown |= {"runtimeId": task.runtime, "imageDigest": container.digest}
    if task.stopped and task.started:
        # What kills a task is its first container; the others are asked to end.
        shown["exitCode"] = (task.exit or 0) if first else 0
    if task.stopped and first and task.container_reason:
        shown["reason"] = task.container_reason
    return shown


def definition_view(definition: TaskDefinition) -> dict[str, Any]:
    """A task definition."""
    account = definition.arn.split(":")[4]
    role = f"arn:aws:iam::{account}:role/{definition.family}-task"
    return {
        "taskDefinitionArn": definition.arn,
        "containerDefinitions": [_container_definition(one) for one in definition.containers],
        "family": definition.family,
        "taskRoleArn": role,
        "executionRoleArn": f"{role}-execution",
        "networkMode": "awsvpc",
        "revision": definition.revision,
        "volumes": [],
        "status": "ACTIVE",
        "placementConstraints": [],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(definition.cpu),
        "memory": str(definition.memory),
        "registeredAt": definition.registered,
        "registeredBy": f"arn:aws:iam::{account}:role/deploy",
    }


def _container_definition(container: Container) -> dict[str, Any]:
    port = container.port
    return {
        "name": container.name,
        "image": container.image,
        "cpu": container.cpu,
        "memory": container.memory,
        "portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]
        if port
        else [],
        "essential": True,
        "environment": [
            {"name": name, "value": value} for name, value in container.environment.items()
        ],
        "mountPoints": [],
        "volumesFrom": [],
        "secrets": [
            {"name": name, "valueFrom": value} for name, value in container.secrets.items()
        ],
    }
