"""Putting deployment groups into a world: one for each service that CodeDeploy deploys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .life import Deployment
from .state import Group, region_of

if TYPE_CHECKING:
    from ..ecs.fleet import Fleet
    from ..ecs.state import Service


def group(service: Service, fleet: Fleet, settings: dict[str, Any]) -> Group:
    """The deployment group of a service, with the deployment that brought what runs."""
    region = region_of(service.region.world, *service.region.place)
    application = f"AppECS-{service.cluster.name}-{service.name}"
    name = f"DgpECS-{service.cluster.name}-{service.name}"
    made = Group(service.region.world.named_uuid(name), application, name, service)
    made.configure(settings)
    region.applications.setdefault(application, {})[name] = made
    service.group = made
    past = Deployment(made, fleet.definition)
    past.script.cancel()
    past.created = fleet.created
    past.started = past.created + timedelta(seconds=5)
    past.completed = past.updated = past.created + timedelta(hours=1)
    past.status = "Succeeded"
    past.green, past.final = fleet, [(fleet, 100.0)]
    for event in past.events:
        event.status, event.started, event.ended = "Succeeded", past.started, past.completed
    fleet.external = past.id
    made.deployments.append(past)
    return made
