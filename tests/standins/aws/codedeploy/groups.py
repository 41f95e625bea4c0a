"""Applications, deployment groups and configurations."""

from __future__ import annotations

from ..errors import AwsError
from ..simulator import Context, Params
from . import views
from .service import CODEDEPLOY, here, page
from .state import is_default, routing

_MOST = 100


@CODEDEPLOY.operation("ListApplications")
def list_applications(context: Context, params: Params) -> Params:
    """The names of all applications."""
    found, token = page(list(here(context).applications), params)
    return {"applications": found} | token


@CODEDEPLOY.operation("ListDeploymentGroups")
def list_deployment_groups(context: Context, params: Params) -> Params:
    """The names of an application's deployment groups."""
    name = params["applicationName"]
    found, token = page(list(here(context).application(name)), params)
    return {"applicationName": name, "deploymentGroups": found} | token


@CODEDEPLOY.operation("GetDeploymentGroup")
def get_deployment_group(context: Context, params: Params) -> Params:
    """A deployment group."""
    group = here(context).group(params["applicationName"], params["deploymentGroupName"])
    return {"deploymentGroupInfo": views.group_view(group)}


@CODEDEPLOY.operation("BatchGetDeploymentGroups")
def batch_get_deployment_groups(context: Context, params: Params) -> Params:
    """Several groups of an application; those not there are left out and said in errorMessage."""
    names = params["deploymentGroupNames"]
    if len(names) > _MOST:
        raise AwsError("BatchLimitExceededException", "The maximum number of names allowed is 100.")
    known = here(context).application(params["applicationName"])
    answer: Params = {
        "deploymentGroupsInfo": [views.group_view(known[name]) for name in names if name in known]
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        answer["errorMessage"] = f"No Deployment Group found for name: {', '.join(unknown)}"
    return answer


@CODEDEPLOY.operation("GetDeploymentConfig")
def get_deployment_config(context: Context, params: Params) -> Params:
    """How a configuration moves traffic: AWS's own, and those that groups here use."""
    name = params["deploymentConfigName"]
    used = {group.config for group in here(context).groups()}
    if not is_default(name) and name not in used:
        raise AwsError(
            "DeploymentConfigDoesNotExistException",
            f"No deployment configuration found for name: {name}",
        )
    return {
        "deploymentConfigInfo": {
            "deploymentConfigName": name,
            "computePlatform": "ECS",
            "trafficRoutingConfig": routing(name),
        }
    }
