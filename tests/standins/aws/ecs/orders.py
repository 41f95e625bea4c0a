"""What a test does to ECS and CodeDeploy, and what it looks at, by the names of services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import eventbridge, sqs
from ..codedeploy import life as codedeploy
from ..script import Script, Steps
from ..traffic import Route
from ..world import World
from . import deployment, fates, seed
from .fleet import Fleet
from .state import Region, Service

Order = dict[str, Any]


def _find(world: World, order: Order) -> Service:
    """A service by `name`, `cluster/name`, `account/cluster/name` or ARN; it must be one."""
    asked = order["service"]
    path, _, name = asked.rpartition("/")
    account, _, cluster = path.rpartition("/")
    regions: list[Region] = world.parts(Region)
    found = [
        service
        for region in regions
        for service in region.services()
        if service.arn == asked
        or (
            service.name == name
            and cluster in ("", service.cluster.name)
            and account in ("", region.account)
        )
    ]
    if len(found) != 1:
        where = ", ".join(one.arn for one in found) or "nowhere"
        raise ValueError(f"{asked} must be in one place, and is: {where}")
    return found[0]


def estate(world: World, order: Order) -> None:
    """The services of an estate."""
    for one in order.get("services", []):
        seed.service(world, one)


def _service(world: World, order: Order) -> Any:
    return {"id": seed.service(world, order).arn}


def _many(world: World, order: Order) -> Any:
    seed.many(world, order["count"])
    return {}


def _deploy(world: World, order: Order) -> Any:
    """A colleague's pipeline deploys; the identifier of the deployment."""
    service = _find(world, order)
    definition = seed.revise(service, order["set"])
    if service.group is not None:
        return {"id": codedeploy.start(service.group, definition).id}
    return {"id": deployment.deploy(service, Fleet(service, definition)).arn}


def _hook(world: World, order: Order) -> Any:
    """Another lifecycle hook, from the next deployment on."""
    service = _find(world, order)
    service.configuration["lifecycleHooks"].append(seed.hook(order))
    return {}


def _configure(world: World, order: Order) -> Any:
    """Other settings of the CodeDeploy group, from the next deployment on."""
    service = _find(world, order)
    if service.group is None:
        raise ValueError(f"{service.name} is not deployed by CodeDeploy")
    service.group.configure(order["set"])
    return {}


def _doom(world: World, order: Order) -> Any:
    """Have the tasks of the newest fleet die from now on."""
    fleet = _find(world, order).fleets[-1]
    fleet.fall_ill(fates.fate(order["death"], fleet))
    return {}


def _next_doom(world: World, order: Order) -> Any:
    """Have the tasks die that the next deployment brings."""
    _find(world, order).fates.append(order["death"])
    return {}


def _recover(world: World, order: Order) -> Any:
    """Have no task of the service die any more."""
    for fleet in _find(world, order).fleets:
        fleet.fate = None
    return {}


def _alarm(world: World, order: Order) -> Any:
    """The alarms that guard deployments of the service fire."""
    service = _find(world, order)
    if service.group is not None:
        service.group.alarm()
    elif service.ongoing is not None:
        service.ongoing.alarm(service.configuration["alarms"]["alarmNames"])
    return {}


def _answer(world: World, order: Order) -> Any:
    """A colleague answers what the deployment waits for, in the console."""
    service, action = _find(world, order), order["action"]
    if service.group is not None:
        service.group.answer(action)
        return {}
    hook = service.ongoing.awaiting if service.ongoing else None
    if hook is None:
        raise ValueError(f"{service.name} waits for nobody")
    hook.answer(action)
    return {}


def _stop(world: World, order: Order) -> Any:
    """A colleague rolls the deployment under way back, in the console."""
    service = _find(world, order)
    if service.group is not None:
        service.group.stop()
    elif service.ongoing is not None and service.ongoing.forward:
        service.ongoing.roll_back()
    else:
        raise ValueError(f"{service.name} has no deployment to stop")
    return {}


def _end_deployments(service: Service) -> None:
    """End what is under way; "when you delete the service, Amazon ECS deletes its deployments"."""
    for one in service.deployments:
        one.script.cancel()
        for hook in one.hooks:
            hook.drop()
    service.deployments.clear()
    if service.group is not None:
        service.group.forget()


def _delete(world: World, order: Order) -> Any:
    """A colleague deletes the service: its tasks drain, then ECS shows it as INACTIVE."""
    service = _find(world, order)
    _end_deployments(service)
    service.desired, service.status = 0, "DRAINING"
    for fleet in service.fleets:
        fleet.fate = None
        fleet.scale(0)

    def drained() -> Steps:
        while any(fleet.tasks for fleet in service.fleets):
            yield service.region.seconds("task.drain")
        service.status = "INACTIVE"

    Script(world, drained()).begin()
    return {}


def _forget(world: World, order: Order) -> Any:
    """The service was deleted long ago: ECS has forgotten it."""
    service = _find(world, order)
    _end_deployments(service)
    for fleet in service.fleets:
        fleet.vanish()
    del service.cluster.services[service.name]
    return {}


def _fails(world: World, order: Order) -> Any:
    """Have something else go wrong: a rollback, a Lambda hook, a lifecycle event of CodeDeploy."""
    service, what = _find(world, order), order["what"]
    if what == "rollback":
        service.rollback_fails = order["reason"]
        service.stirred()
    elif what == "lambda":
        service.lambda_fails = True
    elif what == "event" and service.group is not None:
        service.group.failing = order["reason"]
    else:
        raise ValueError(f"nothing of {service.name} can fail that way: {what}")
    return {}


def _look(world: World, order: Order) -> Any:
    """The newest deployment of a service, whoever deploys it."""
    service = _find(world, order)
    if service.group is not None:
        return service.group.look()
    last = service.deployment
    if last is None:
        raise ValueError(f"{service.name} was never deployed")
    production, test = last.shares(last.target)
    hook = last.awaiting
    return {
        "id": last.arn,
        "status": last.status,
        "stage": last.stage,
        "production": production,
        "test": test,
        "running": last.target.running,
        "desired": last.target.desired,
        "image": last.target.definition.containers[0].image,
        "reason": last.reason,
        "waits_for": hook.id if hook else None,
    }


def _serves(world: World, order: Order) -> Any:
    """What a service serves: the image production traffic goes to, its tasks, the weights."""
    service = _find(world, order)
    live = service.live
    route: Route | None = service.balance.production if service.balance else None
    return {
        "image": live.definition.containers[0].image,
        "running": live.running,
        "desired": live.desired,
        "weights": {
            group.name: route.share(group) if route else 0.0
            for group in (service.balance.groups if service.balance else [])
        },
    }


def _event_queue(world: World, order: Order) -> Any:
    bus = eventbridge.bus(world)
    hear = bus.subscribe if order.get("topic") else bus.listen
    return {"id": hear(order["account"], order["region"], order["name"]).url}


def _event_copies(world: World, order: Order) -> Any:
    eventbridge.bus(world).copies = order["copies"]
    return {}


def _event(world: World, order: Order) -> Any:
    """Tell something of AWS's own: the account and the region are those of the resource."""
    _, _, _, region, account, _ = order["arn"].split(":", 5)
    kind = (order["source"], order["kind"])
    eventbridge.tell(world, (account, region), kind, [order["arn"]], order["detail"])
    return {}


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "ecs-service": _service,
    "ecs-many": _many,
    "ecs-deploy": _deploy,
    "ecs-hook": _hook,
    "ecs-configure": _configure,
    "ecs-doom": _doom,
    "ecs-next-doom": _next_doom,
    "ecs-recover": _recover,
    "ecs-alarm": _alarm,
    "ecs-answer": _answer,
    "ecs-stop": _stop,
    "ecs-delete": _delete,
    "ecs-forget": _forget,
    "ecs-fails": _fails,
    "ecs-look": _look,
    "ecs-serves": _serves,
    "event": _event,
    "event-queue": _event_queue,
    "event-copies": _event_copies,
    "queued": sqs.order,
}
