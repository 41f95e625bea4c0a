"""How ECS shows what it keeps."""

from __future__ import annotations

from typing import Any

from .deployment import Deployment
from .fleet import Fleet
from .hooks import Hook
from .state import Cluster, Service
from .task_views import tag_list

_SUBNETS = ["subnet-0a1b2c3d4e5f60718", "subnet-0918273645f0e1d2c"]
_GROUPS = ["sg-0123456789abcdef0"]
_NETWORK = {
    "awsvpcConfiguration": {
        "subnets": _SUBNETS,
        "securityGroups": _GROUPS,
        "assignPublicIp": "DISABLED",
    }
}


def cluster_view(cluster: Cluster, include: list[str]) -> dict[str, Any]:
    """A cluster."""
    fleets = [fleet for service in cluster.services.values() for fleet in service.fleets]
    shown: dict[str, Any] = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(fleet.running for fleet in fleets),
        "pendingTasksCount": sum(fleet.pending for fleet in fleets),
        "activeServicesCount": sum(
            service.status == "ACTIVE" for service in cluster.services.values()
        ),
        "statistics": [],
        "tags": tag_list(cluster.tags) if "TAGS" in include else [],
        "settings": [],
        "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": [],
    }
    return shown


def service_view(service: Service, include: list[str]) -> dict[str, Any]:
    """A service, with its deployments or its task sets."""
    native = service.controller == "ECS"
    fleets = list(reversed(service.fleets))
    shown: dict[str, Any] = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster.arn,
        "loadBalancers": load_balancers(service),
        "serviceRegistries": [],
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": sum(fleet.running for fleet in fleets),
        "pendingCount": sum(fleet.pending for fleet in fleets),
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": service.wanted.definition.arn,
        "deploymentConfiguration": configuration(service.configuration, native),
        "deployments": [_deployment(service, fleet) for fleet in _in_order(service)]
        if native
        else [],
        "roleArn": (
            f"arn:aws:iam::{service.region.account}:role/aws-service-role/ecs.amazonaws.com/"
            "AWSServiceRoleForECS"
        ),
        "events": [
            {"id": event.id, "createdAt": event.at, "message": event.message}
            for event in service.events
        ],
        "createdAt": service.created,
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": _NETWORK,
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": service.controller},
        "createdBy": f"arn:aws:iam::{service.region.account}:role/terraform",
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
    }
    if "TAGS" in include:
        shown["tags"] = tag_list(service.tags)
    if native:
        ongoing = service.ongoing
        shown["currentServiceDeployment"] = ongoing.arn if ongoing else None
        shown["currentServiceRevisions"] = [
            {
                "arn": fleet.arn,
                "requestedTaskCount": fleet.desired,
                "runningTaskCount": fleet.running,
                "pendingTaskCount": fleet.pending,
            }
            for fleet in fleets
        ]
    else:
        shown["taskSets"] = [task_set_view(fleet) for fleet in fleets]
    return shown


def _in_order(service: Service) -> list[Fleet]:
    """The fleets, the one that shall serve first."""
    wanted = service.wanted
    return [wanted, *(fleet for fleet in reversed(service.fleets) if fleet is not wanted)]


def _deployment(service: Service, fleet: Fleet) -> dict[str, Any]:
    return {
        "id": fleet.id,
        "status": "PRIMARY" if fleet is service.wanted else "ACTIVE",
        "taskDefinition": fleet.definition.arn,
        "desiredCount": fleet.desired,
        "pendingCount": fleet.pending,
        "runningCount": fleet.running,
        "failedTasks": fleet.failed,
        "createdAt": fleet.created,
        "updatedAt": fleet.updated,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": _NETWORK,
        "rolloutState": fleet.rollout,
        "rolloutStateReason": fleet.rollout_reason,
    }


def task_set_view(fleet: Fleet) -> dict[str, Any]:
    """A task set, as services that CodeDeploy deploys have them."""
    service = fleet.service
    path = f"{service.cluster.name}/{service.name}/{fleet.id}"
    return {
        "id": fleet.id,
        "taskSetArn": service.region.arn("task-set", path),
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "startedBy": "CODE_DEPLOY",
        "externalId": fleet.external,
        "status": "PRIMARY" if fleet.primary else "ACTIVE" if fleet.desired else "DRAINING",
        "taskDefinition": fleet.definition.arn,
        "computedDesiredCount": fleet.desired,
        "pendingCount": fleet.pending,
        "runningCount": fleet.running,
        "createdAt": fleet.created,
        "updatedAt": fleet.updated,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": _NETWORK,
        "loadBalancers": [_target(service, fleet.group.arn)] if fleet.group else [],
        "serviceRegistries": [],
        "scale": {"value": 100.0 if fleet.desired else 0.0, "unit": "PERCENT"},
        "stabilityStatus": "STEADY_STATE" if fleet.steady else "STABILIZING",
        "stabilityStatusAt": fleet.updated,
        "tags": [],
    }


def _target(service: Service, group: str) -> dict[str, Any]:
    container = service.fleets[-1].definition.containers[0]
    return {
        "targetGroupArn": group,
        "containerName": container.name,
        "containerPort": container.port or 8080,
    }


def load_balancers(service: Service) -> list[dict[str, Any]]:
    """How a service is behind its load balancer, with the rules of a native shift."""
    balance = service.balance
    if balance is None:
        return []
    live = service.live.group or balance.groups[0]
    shown = _target(service, live.arn)
    if service.controller == "ECS" and len(balance.groups) > 1:
        advanced = {
            "alternateTargetGroupArn": balance.other(live).arn,
            "productionListenerRule": balance.production.arn,
            "roleArn": f"arn:aws:iam::{service.region.account}:role/ecs-load-balancers",
        }
        if balance.test is not None:
            advanced["testListenerRule"] = balance.test.arn
        shown["advancedConfiguration"] = advanced
    return [shown]


def configuration(found: dict[str, Any], native: bool = True) -> dict[str, Any]:
    """A deployment configuration with AWS's defaults."""
    shown = {"maximumPercent": 200, "minimumHealthyPercent": 100} | found
    if not native:
        shown.pop("strategy", None)
    return shown


def deployment_brief(deployment: Deployment) -> dict[str, Any]:
    """A service deployment as it is listed."""
    return {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": deployment.service.arn,
        "clusterArn": deployment.service.cluster.arn,
        "startedAt": deployment.started,
        "createdAt": deployment.created,
        "finishedAt": deployment.finished,
        "targetServiceRevisionArn": deployment.target.arn,
        "status": deployment.status,
        "statusReason": deployment.reason,
    }


def deployment_view(deployment: Deployment) -> dict[str, Any]:
    """A service deployment in full."""
    return {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": deployment.service.arn,
        "clusterArn": deployment.service.cluster.arn,
        "createdAt": deployment.created,
        "startedAt": deployment.started,
        "finishedAt": deployment.finished,
        "stoppedAt": deployment.stopped,
        "updatedAt": deployment.updated,
        "sourceServiceRevisions": [_share(deployment, fleet) for fleet in deployment.sources],
        "targetServiceRevision": _share(deployment, deployment.target),
        "status": deployment.status,
        "statusReason": deployment.reason,
        "lifecycleStage": deployment.stage,
        "lifecycleHookDetails": [hook_view(hook) for hook in deployment.hooks],
        "deploymentConfiguration": configuration(deployment.configuration),
        "rollback": deployment.rollback,
        "deploymentCircuitBreaker": {
            "status": deployment.breaker,
            "failureCount": deployment.target.failed,
            "threshold": deployment.threshold,
        },
        "alarms": {
            "status": deployment.alarms,
            "alarmNames": deployment.configuration.get("alarms", {}).get("alarmNames", []),
            "triggeredAlarmNames": deployment.alarmed,
        },
    }


def _share(deployment: Deployment, fleet: Fleet) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "arn": fleet.arn,
        "requestedTaskCount": fleet.desired,
        "runningTaskCount": fleet.running,
        "pendingTaskCount": fleet.pending,
    }
    if deployment.strategy != "ROLLING":
        production, test = deployment.shares(fleet)
        shown["requestedProductionTrafficWeight"] = production
        shown["requestedTestTrafficWeight"] = test
    return shown


def hook_view(hook: Hook) -> dict[str, Any]:
    """A hook of a service deployment."""
    return {
        "hookId": hook.id,
        "targetType": hook.kind,
        "targetArn": hook.target,
        "status": hook.status,
        "expiresAt": hook.expires,
        "timeoutAction": hook.action,
    }


def _resolved(service: Service, fleet: Fleet) -> dict[str, Any]:
    """The target group that serves a revision, of the two a native shift has."""
    if service.balance is None or fleet.group is None:
        return {"loadBalancers": []}
    rule = service.balance.production.arn
    return {"loadBalancers": [{"targetGroupArn": fleet.group.arn, "productionListenerRule": rule}]}


def revision_view(service: Service, fleet: Fleet) -> dict[str, Any]:
    """A service revision."""
    return {
        "serviceRevisionArn": fleet.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "taskDefinition": fleet.definition.arn,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": load_balancers(service),
        "serviceRegistries": [],
        "networkConfiguration": _NETWORK,
        "containerImages": [
            {
                "containerName": container.name,
                "imageDigest": container.digest,
                "image": container.image,
            }
            for container in fleet.definition.containers
        ],
        "guardDutyEnabled": False,
        "createdAt": fleet.created,
        "resolvedConfiguration": _resolved(service, fleet),
    }
