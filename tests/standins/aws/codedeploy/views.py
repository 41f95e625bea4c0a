"""How CodeDeploy shows what it keeps."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..ecs.fleet import Fleet
from ..ecs.state import TaskDefinition
from .life import Deployment
from .state import Event, Group

_OVERVIEW = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
_STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


def revision(definition: TaskDefinition) -> dict[str, Any]:
    """What is deployed: an AppSpec that names the task definition."""
    container = definition.containers[0]
    properties = {
        "TaskDefinition": definition.arn,
        "LoadBalancerInfo": {
            "ContainerName": container.name,
            "ContainerPort": container.port or 8080,
        },
    }
    target = {"Type": "AWS::ECS::Service", "Properties": properties}
    content = json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": content, "sha256": digest},
    }


def _blue_green(on_timeout: str, ready: int, terminate: int) -> dict[str, Any]:
    option: dict[str, Any] = {"actionOnTimeout": on_timeout, "waitTimeInMinutes": ready}
    return {
        "terminateBlueInstancesOnDeploymentSuccess": {
            "action": "TERMINATE",
            "terminationWaitTimeInMinutes": terminate,
        },
        "deploymentReadyOption": option,
    }


def _load_balancer(group: Group) -> dict[str, Any]:
    balance = group.service.balance
    if balance is None:
        return {}
    production, test = balance.listeners
    pair = {
        "targetGroups": [{"name": one.name} for one in balance.groups],
        "prodTrafficRoute": {"listenerArns": [production.arn]},
        "testTrafficRoute": {"listenerArns": [test.arn]},
    }
    return {"targetGroupPairInfoList": [pair]}


def _rollback(events: list[str]) -> dict[str, Any]:
    return {"enabled": bool(events), "events": events}


def group_view(group: Group) -> dict[str, Any]:
    """A deployment group."""
    service = group.service
    succeeded = [one for one in group.deployments if one.status == "Succeeded"]
    shown: dict[str, Any] = {
        "applicationName": group.application,
        "deploymentGroupId": group.id,
        "deploymentGroupName": group.name,
        "deploymentConfigName": group.config,
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "autoScalingGroups": [],
        "serviceRoleArn": f"arn:aws:iam::{service.region.account}:role/codedeploy",
        "targetRevision": revision(group.last.definition),
        "triggerConfigurations": [],
        "alarmConfiguration": {
            "enabled": bool(group.alarms),
            "ignorePollAlarmFailure": False,
            "alarms": [{"name": name} for name in group.alarms],
        },
        "autoRollbackConfiguration": _rollback(group.rollback_on),
        "deploymentStyle": _STYLE,
        "outdatedInstancesStrategy": "UPDATE",
        "blueGreenDeploymentConfiguration": _blue_green(
            group.on_timeout, group.ready_minutes, group.terminate_minutes
        ),
        "loadBalancerInfo": _load_balancer(group),
        "lastAttemptedDeployment": _brief(group.last),
        "computePlatform": "ECS",
        "ecsServices": [{"serviceName": service.name, "clusterName": service.cluster.name}],
        "terminationHookEnabled": False,
    }
    if succeeded:
        shown["lastSuccessfulDeployment"] = _brief(succeeded[-1])
    return shown


def _brief(deployment: Deployment) -> dict[str, Any]:
    return {
        "deploymentId": deployment.id,
        "status": deployment.status,
        "endTime": deployment.completed,
        "createTime": deployment.created,
    }


def deployment_view(deployment: Deployment) -> dict[str, Any]:
    """A deployment."""
    group = deployment.group
    before = [one for one in group.deployments if one.order < deployment.order]
    shown: dict[str, Any] = {
        "applicationName": group.application,
        "deploymentGroupName": group.name,
        "deploymentConfigName": deployment.config,
        "deploymentId": deployment.id,
        "previousRevision": revision(before[-1].definition) if before else None,
        "revision": revision(deployment.definition),
        "status": deployment.status,
        "createTime": deployment.created,
        "startTime": deployment.started,
        "completeTime": deployment.completed,
        "deploymentOverview": dict.fromkeys(_OVERVIEW, 0) | {target_status(deployment): 1},
        "description": deployment.description,
        "creator": "codeDeployRollback" if deployment.back_from else "user",
        "ignoreApplicationStopFailures": False,
        "autoRollbackConfiguration": _rollback(deployment.rollback_on),
        "updateOutdatedInstancesOnly": False,
        "rollbackInfo": _rollback_info(deployment),
        "deploymentStyle": _STYLE,
        "instanceTerminationWaitTimeStarted": deployment.terminating,
        "blueGreenDeploymentConfiguration": _blue_green(
            deployment.on_timeout, deployment.ready_minutes, deployment.terminate_minutes
        ),
        "loadBalancerInfo": _load_balancer(group),
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": "ECS",
    }
    if deployment.error:
        code, message = deployment.error
        shown["errorInformation"] = {"code": code, "message": message}
    return shown


def _rollback_info(deployment: Deployment) -> dict[str, Any] | None:
    if deployment.back_from is not None:
        return {
            "rollbackTriggeringDeploymentId": deployment.back_from.id,
            "rollbackMessage": deployment.message,
        }
    if deployment.rolled_back_by is not None:
        return {
            "rollbackDeploymentId": deployment.rolled_back_by.id,
            "rollbackMessage": deployment.message,
        }
    return None


def target_status(deployment: Deployment) -> str:
    """The status of the one target: the service."""
    status = {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}
    return status.get(deployment.status, deployment.status)


def target_id(deployment: Deployment) -> str:
    """The identifier of the one target: cluster and service."""
    service = deployment.group.service
    return f"{service.cluster.name}:{service.name}"


def target_view(deployment: Deployment) -> dict[str, Any]:
    """The service as the target of a deployment, with its task sets."""
    labelled = [(deployment.blue, "Blue"), (deployment.green, "Green")]
    return {
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": deployment.id,
            "targetId": target_id(deployment),
            "targetArn": deployment.group.service.arn,
            "lastUpdatedAt": deployment.updated,
            "lifecycleEvents": [_event(event) for event in deployment.events],
            "status": target_status(deployment),
            "taskSetsInfo": [
                _task_set(deployment, fleet, label)
                for fleet, label in labelled
                if fleet is not None and (label == "Green" or fleet is not deployment.green)
            ],
        },
    }


def _event(event: Event) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "lifecycleEventName": event.name,
        "startTime": event.started,
        "endTime": event.ended,
        "status": event.status,
    }
    if event.diagnosis:
        shown["diagnostics"] = {
            "errorCode": "ScriptFailed",
            "scriptName": event.name,
            "message": event.diagnosis,
            "logTail": "",
        }
    return shown


def _task_set(deployment: Deployment, fleet: Fleet, label: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "identifer": fleet.id,
        "desiredCount": fleet.desired,
        "pendingCount": fleet.pending,
        "runningCount": fleet.running,
        "status": "PRIMARY" if fleet.primary else "ACTIVE" if fleet.desired else "DRAINING",
        "trafficWeight": deployment.share(fleet),
        "taskSetLabel": label,
    }
    if fleet.group is not None:
        shown["targetGroup"] = {"name": fleet.group.name}
    return shown
