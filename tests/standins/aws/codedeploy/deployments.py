"""Deployments and their targets: to look at, to start, to continue and to stop."""

from __future__ import annotations

from typing import Any

import yaml

from ..errors import AwsError
from ..simulator import Context, Params
from . import life, views
from .service import CODEDEPLOY, deployment, here, page
from .state import Group

_MOST = 25


@CODEDEPLOY.operation("ListDeployments")
def list_deployments(context: Context, params: Params) -> Params:
    """Identifiers, newest first; by group, status and time of creation."""
    region = here(context)
    application, name = params.get("applicationName"), params.get("deploymentGroupName")
    if application and not name:
        raise AwsError("DeploymentGroupNameRequiredException", "Deployment Group name is missing")
    if name and not application:
        raise AwsError("ApplicationNameRequiredException", "Application name is missing")
    of = region.group(application, name) if application and name else None
    statuses, created = params.get("includeOnlyStatuses", []), params.get("createTimeRange", {})
    start, end = created.get("start"), created.get("end")
    if start and end and start > end:
        raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
    found = [
        one.id
        for one in region.deployments()
        if of in (None, one.group)
        and (not statuses or one.status in statuses)
        and (start is None or one.created >= start)
        and (end is None or one.created <= end)
    ]
    shown, token = page(found, params)
    return {"deployments": shown} | token


@CODEDEPLOY.operation("GetDeployment")
def get_deployment(context: Context, params: Params) -> Params:
    """A deployment."""
    return {"deploymentInfo": views.deployment_view(deployment(context, params["deploymentId"]))}


@CODEDEPLOY.operation("BatchGetDeployments")
def batch_get_deployments(context: Context, params: Params) -> Params:
    """Up to 25 deployments; unknown ones are left out."""
    asked = params["deploymentIds"]
    if len(asked) > _MOST:
        raise AwsError("BatchLimitExceededException", "The maximum number of IDs allowed is 25.")
    known = {one.id: one for one in here(context).deployments()}
    return {"deploymentsInfo": [views.deployment_view(known[one]) for one in asked if one in known]}


def _started(context: Context, params: Params) -> life.Deployment:
    found = deployment(context, params["deploymentId"])
    if found.status == "Created":
        raise AwsError("DeploymentNotStartedException", "The specified deployment has not started.")
    return found


@CODEDEPLOY.operation("ListDeploymentTargets")
def list_deployment_targets(context: Context, params: Params) -> Params:
    """The one target of a deployment: its service."""
    found = _started(context, params)
    filters = params.get("targetFilters", {})
    if set(filters) - {"TargetStatus", "ServerInstanceLabel"}:
        raise AwsError("InvalidTargetFilterNameException", "The target filter name is invalid.")
    statuses = filters.get("TargetStatus", [])
    shown = not statuses or views.target_status(found) in statuses
    return {"targetIds": [views.target_id(found)] if shown else []}


@CODEDEPLOY.operation("BatchGetDeploymentTargets")
def batch_get_deployment_targets(context: Context, params: Params) -> Params:
    """Targets by identifier, which is cluster and service."""
    found, asked = _started(context, params), params["targetIds"]
    if len(asked) > _MOST:
        raise AwsError(
            "DeploymentTargetListSizeExceededException", "The maximum number of targets is 25."
        )
    if unknown := [one for one in asked if one != views.target_id(found)]:
        raise AwsError(
            "DeploymentTargetDoesNotExistException",
            f"The provided target ID does not belong to the attempted deployment: {unknown[0]}",
        )
    return {"deploymentTargets": [views.target_view(found) for _ in asked]}


@CODEDEPLOY.operation("GetDeploymentTarget")
def get_deployment_target(context: Context, params: Params) -> Params:
    """One target."""
    asked = params | {"targetIds": [params["targetId"]]}
    return {
        "deploymentTarget": batch_get_deployment_targets(context, asked)["deploymentTargets"][0]
    }


@CODEDEPLOY.operation("ContinueDeployment")
def continue_deployment(context: Context, params: Params) -> Params:
    """Go on from a wait; refused when the deployment is not in that wait."""
    found = deployment(context, params.get("deploymentId"))
    wait = params.get("deploymentWaitType", "READY_WAIT")
    if found.ended:
        raise AwsError(
            "DeploymentAlreadyCompletedException",
            f"The deployment {found.id} has already completed with status {found.status}",
        )
    if found.waits_for != wait:
        raise AwsError(
            "DeploymentIsNotInReadyStateException",
            f"The deployment {found.id} is not in the {wait} state and can't continue yet",
        )
    found.go_on()
    return {}


@CODEDEPLOY.operation("StopDeployment")
def stop_deployment(context: Context, params: Params) -> Params:
    """Stop a deployment under way, and roll back if asked for or configured."""
    found = deployment(context, params["deploymentId"])
    if found.ended:
        raise AwsError(
            "DeploymentAlreadyCompletedException",
            f"The deployment {found.id} has already completed with status {found.status}",
        )
    found.stop(params.get("autoRollbackEnabled"))
    return {"status": "Pending", "statusMessage": "Stopping deployment"}


@CODEDEPLOY.operation("CreateDeployment")
def create_deployment(context: Context, params: Params) -> Params:
    """Start a deployment of the task definition that the AppSpec names."""
    region = here(context)
    application = params["applicationName"]
    region.application(application)
    name = params.get("deploymentGroupName")
    if not name:
        raise AwsError("DeploymentGroupNameRequiredException", "Deployment Group name is missing")
    group = region.group(application, name)
    arn = _task_definition(params.get("revision"))
    if (ongoing := group.ongoing) is not None:
        raise AwsError(
            "DeploymentLimitExceededException",
            f"The Deployment Group '{name}' already has an active Deployment '{ongoing.id}'",
        )
    made = life.start(group, _definition(group, arn))
    made.description = params.get("description")
    made.config = params.get("deploymentConfigName", made.config)
    if rollback := params.get("autoRollbackConfiguration"):
        made.rollback_on = rollback.get("events", []) if rollback.get("enabled") else []
    return {"deploymentId": made.id}


def _definition(group: Group, arn: str) -> Any:
    try:
        return group.service.region.definition(arn)
    except AwsError:
        raise AwsError(
            "InvalidRevisionException", f"The task definition {arn} does not exist."
        ) from None


def _task_definition(revision: Params | None) -> str:
    """The ARN in an AppSpec, which is YAML or JSON."""
    if not revision:
        raise AwsError("RevisionRequiredException", "Revision is required")
    content = (revision.get("appSpecContent") or revision.get("string") or {}).get("content", "")
    try:
        resources = yaml.safe_load(content)["Resources"]
        (service,) = resources[0].values()
        found: str = service["Properties"]["TaskDefinition"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, yaml.YAMLError):
        raise AwsError(
            "InvalidRevisionException", "The AppSpec file cannot be located or is malformed."
        ) from None
    return found
