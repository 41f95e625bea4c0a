"""Service deployments and revisions: what was deployed, and what is to become of it."""

from __future__ import annotations

from ..errors import AwsError
from ..simulator import Context, Params
from . import views
from .deployment import Deployment
from .fleet import Fleet
from .service import ECS, here, invalid, missing, page
from .state import Region, Service

_MOST = 20


@ECS.operation("ListServiceDeployments")
def list_service_deployments(context: Context, params: Params) -> Params:
    """The deployments of a service, newest first, 20 a page unless asked otherwise.

    A service that CodeDeploy deploys has none.
    """
    region = here(context)
    service = region.service(region.cluster(params.get("cluster")), params["service"])
    if service.status == "INACTIVE":
        raise AwsError("ServiceNotFoundException", "Service not found.")
    statuses, created = params.get("status", []), params.get("createdAt", {})
    after, before = created.get("after"), created.get("before")
    found = [
        views.deployment_brief(one)
        for one in reversed(service.deployments)
        if (not statuses or one.status in statuses)
        and (after is None or one.created > after)
        and (before is None or one.created < before)
    ]
    shown, token = page(found, params, 20, 100)
    return {"serviceDeployments": shown} | token


@ECS.operation("DescribeServiceDeployments")
def describe_service_deployments(context: Context, params: Params) -> Params:
    """Up to twenty deployments by ARN; those not there are failures."""
    asked = params["serviceDeploymentArns"]
    if not 1 <= len(asked) <= _MOST:
        raise invalid("ServiceDeploymentArns must have between 1 and 20 elements.")
    known = {one.arn: one for one in here(context).deployments()}
    return {
        "serviceDeployments": [views.deployment_view(known[arn]) for arn in asked if arn in known],
        "failures": [missing(arn) for arn in asked if arn not in known],
    }


@ECS.operation("DescribeServiceRevisions")
def describe_service_revisions(context: Context, params: Params) -> Params:
    """Up to twenty revisions by ARN; those not there are failures."""
    asked = params["serviceRevisionArns"]
    if not 1 <= len(asked) <= _MOST:
        raise invalid("ServiceRevisionArns must have between 1 and 20 elements.")
    known: dict[str, tuple[Service, Fleet]] = {}
    for service in here(context).services():
        fleets = [*service.fleets]
        for one in service.deployments:
            fleets += [*one.sources, one.target]
        known |= {fleet.arn: (service, fleet) for fleet in fleets}
    return {
        "serviceRevisions": [views.revision_view(*known[arn]) for arn in asked if arn in known],
        "failures": [missing(arn) for arn in asked if arn not in known],
    }


def _deployment(region: Region, arn: str) -> Deployment:
    for found in region.deployments():
        if found.arn == arn:
            return found
    raise AwsError("ServiceDeploymentNotFoundException", "The service deployment was not found.")


@ECS.operation("StopServiceDeployment")
def stop_service_deployment(context: Context, params: Params) -> Params:
    """Stop a deployment and go back to the previous revision ("The valid values are ROLLBACK")."""
    deployment = _deployment(here(context), params["serviceDeploymentArn"])
    if params.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise invalid("The specified stop type is not supported. The valid values are ROLLBACK.")
    if deployment.ended:
        raise AwsError(
            "ConflictException",
            f"The service deployment is in the {deployment.status} state and cannot be stopped.",
            resourceIds=[deployment.arn],
        )
    # One that goes back already "continues the rollback operation".
    if deployment.forward:
        deployment.roll_back()
    return {"serviceDeploymentArn": deployment.arn}


@ECS.operation("ContinueServiceDeployment")
def continue_service_deployment(context: Context, params: Params) -> Params:
    """Answer a pause; the hook must await it and the deployment be in progress."""
    deployment = _deployment(here(context), params["serviceDeploymentArn"])
    hook = next((one for one in deployment.hooks if one.id == params["hookId"]), None)
    if hook is None:
        raise invalid("The specified lifecycle hook was not found in the service deployment.")
    if deployment.status != "IN_PROGRESS" or hook.status != "AWAITING_ACTION":
        raise invalid(
            f"The lifecycle hook is in the {hook.status} state and does not await an action."
        )
    hook.answer(params.get("action", "CONTINUE"))
    return {"serviceDeploymentArn": deployment.arn}
