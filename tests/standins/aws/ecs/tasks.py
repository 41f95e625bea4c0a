"""Tasks and task definitions."""

from __future__ import annotations

from ..simulator import Context, Params
from . import task_views as views
from .fleet import REMEMBERED, Task
from .service import ECS, here, invalid, missing, page
from .state import Region

_MOST = 100


def _known(region: Region) -> dict[str, Task]:
    """The tasks ECS still shows: stopped ones for an hour."""
    limit = region.now - REMEMBERED
    gone = [arn for arn, task in region.tasks.items() if task.stopped and task.stopped < limit]
    for arn in gone:
        del region.tasks[arn]
    return region.tasks


@ECS.operation("ListTasks")
def list_tasks(context: Context, params: Params) -> Params:
    """Tasks of a cluster that shall run, or with desiredStatus STOPPED those that shall not."""
    region = here(context)
    cluster = region.cluster(params.get("cluster"))
    desired = params.get("desiredStatus", "RUNNING")
    name = params.get("serviceName")
    service = region.service(cluster, name) if name else None
    family = params.get("family")
    arns = [
        task.arn
        for task in _known(region).values()
        if task.fleet.service.cluster is cluster
        and task.desired == desired
        and service in (None, task.fleet.service)
        and family in (None, task.fleet.definition.family)
        and params.get("startedBy") in (None, task.fleet.id)
    ]
    found, token = page(arns, params, 100, 100)
    return {"taskArns": found} | token


@ECS.operation("DescribeTasks")
def describe_tasks(context: Context, params: Params) -> Params:
    """Up to a hundred tasks by identifier or ARN; those not there are failures."""
    region, asked = here(context), params["tasks"]
    if not 1 <= len(asked) <= _MOST:
        raise invalid("Tasks must have between 1 and 100 elements.")
    cluster = region.cluster(params.get("cluster"))
    known, found, failures = _known(region), [], []
    for name in asked:
        arn = name if name.startswith("arn:") else region.arn("task", f"{cluster.name}/{name}")
        task = known.get(arn)
        if task is None or task.fleet.service.cluster is not cluster:
            failures.append(missing(arn))
        else:
            found.append(views.task_view(task, tuple(params.get("include", []))))
    return {"tasks": found, "failures": failures}


@ECS.operation("DescribeTaskDefinition")
def describe_task_definition(context: Context, params: Params) -> Params:
    """A task definition by family, family and revision, or ARN."""
    definition = here(context).definition(params["taskDefinition"])
    return {"taskDefinition": views.definition_view(definition), "tags": []}
