"""Clusters, services, and tags."""

from __future__ import annotations

from ..errors import AwsError
from ..simulator import Context, Params
from . import deployment, views
from .fleet import Fleet
from .service import ECS, here, invalid, missing, page
from .state import PAUSE_STAGES, Service
from .task_views import tag_list

_MOST_SERVICES = 10
_MOST_CLUSTERS = 100


@ECS.operation("ListClusters")
def list_clusters(context: Context, params: Params) -> Params:
    """The clusters of an account and region."""
    arns = [cluster.arn for cluster in here(context).clusters.values()]
    found, token = page(arns, params, 100, 100)
    return {"clusterArns": found} | token


@ECS.operation("DescribeClusters")
def describe_clusters(context: Context, params: Params) -> Params:
    """Clusters by name or ARN; the others are failures."""
    region, asked = here(context), params.get("clusters", ["default"])
    if len(asked) > _MOST_CLUSTERS:
        raise invalid("Clusters cannot have more than 100 elements")
    found, failures = [], []
    for name in asked:
        cluster = region.clusters.get(name.rpartition("/")[2])
        if cluster is None:
            arn = name if name.startswith("arn:") else region.arn("cluster", name)
            failures.append(missing(arn))
        else:
            found.append(views.cluster_view(cluster, params.get("include", [])))
    return {"clusters": found, "failures": failures}


@ECS.operation("ListServices")
def list_services(context: Context, params: Params) -> Params:
    """The services of a cluster, 10 a page unless asked otherwise."""
    cluster = here(context).cluster(params.get("cluster"))
    asked = params.get("launchType", "FARGATE"), params.get("schedulingStrategy", "REPLICA")
    arns = [
        service.arn
        for service in cluster.services.values()
        if service.status != "INACTIVE" and asked == ("FARGATE", "REPLICA")
    ]
    found, token = page(arns, params, 10, 100)
    return {"serviceArns": found} | token


@ECS.operation("DescribeServices")
def describe_services(context: Context, params: Params) -> Params:
    """Up to ten services of a cluster; those not there are failures."""
    region, asked = here(context), params["services"]
    if not 1 <= len(asked) <= _MOST_SERVICES:
        raise invalid("Services must have between 1 and 10 elements.")
    cluster = region.cluster(params.get("cluster"))
    found, failures = [], []
    for name in asked:
        service = cluster.services.get(name.rpartition("/")[2])
        if service is None or (name.startswith("arn:") and name != service.arn):
            arn = region.arn("service", f"{cluster.name}/{name}")
            failures.append(missing(name if name.startswith("arn:") else arn))
        else:
            found.append(views.service_view(service, params.get("include", [])))
    return {"services": found, "failures": failures}


@ECS.operation("UpdateService")
def update_service(context: Context, params: Params) -> Params:
    """Change a service; another task definition, or force, starts a deployment."""
    region = here(context)
    service = region.service(region.cluster(params.get("cluster")), params["service"])
    if service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    native = service.controller == "ECS"
    if not native and ("taskDefinition" in params or params.get("forceNewDeployment")):
        raise invalid(
            "Unable to update task definition on services with a CODE_DEPLOY deployment "
            "controller. Use AWS CodeDeploy to trigger a new deployment."
        )
    changed = params.get("deploymentConfiguration", {})
    for hook in changed.get("lifecycleHooks", []):
        if hook.get("targetType") == "PAUSE" and not set(hook["lifecycleStages"]) <= set(
            PAUSE_STAGES
        ):
            raise invalid("PAUSE hooks cannot be configured at this lifecycle stage.")
    service.configuration |= changed
    current = service.fleets[-1]
    definition = current.definition
    if "taskDefinition" in params:
        definition = region.definition(params["taskDefinition"])
    if "desiredCount" in params:
        _resize(service, params["desiredCount"])
    if definition is not current.definition or params.get("forceNewDeployment"):
        deployment.deploy(service, Fleet(service, definition))
    return {"service": views.service_view(service, ["TAGS"])}


def _resize(service: Service, count: int) -> None:
    service.desired = count
    service.wanted.scale(count)


@ECS.operation("ListTagsForResource")
def list_tags_for_resource(context: Context, params: Params) -> Params:
    """The tags of a cluster or a service."""
    region, arn = here(context), params["resourceArn"]
    for cluster in region.clusters.values():
        if cluster.arn == arn:
            return {"tags": tag_list(cluster.tags)}
    for service in region.services():
        if service.arn == arn:
            return {"tags": tag_list(service.tags)}
    raise invalid("The specified resource was not found.")
