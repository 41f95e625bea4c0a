"""The control endpoint: how the driver makes worlds and changes what is in them."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

from . import clock
from .cloudwatch import orders as cloudwatch
from .ecs import orders as ecs
from .ecs.state import Durations as EcsDurations
from .faults import Fault
from .gateway import Gateway
from .identity import look, orders
from .identity import seed as identity
from .rds import seed
from .rds.state import Durations, Outcome, Region
from .sts import Sessions
from .wire import Request, Response, Server
from .world import World

Order = dict[str, Any]


class Control:
    """All worlds of the process."""

    def __init__(self) -> None:
        self._worlds: dict[int, tuple[World, Server]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """``POST /worlds``, ``POST /worlds/N/VERB`` or ``DELETE /worlds/N``."""
        try:
            order = json.loads(request.body or b"{}")
            answer = self._route(request.method, request.target.strip("/").split("/"), order)
        except (KeyError, TypeError, ValueError) as error:
            return _json(400, {"error": f"{error}" or repr(error)})
        except Exception as error:
            return _json(400, {"error": repr(error)})
        return _json(200, answer)

    def _route(self, method: str, path: list[str], order: Order) -> Any:
        match method, path:
            case "POST", ["worlds"]:
                return self._create(order)
            case "DELETE", ["worlds", number]:
                return self._forget(int(number))
            case "POST", ["worlds", number, verb]:
                return self._change(int(number), verb, order)
        raise ValueError(f"no such control: {method} /{'/'.join(path)}")

    def _create(self, order: Order) -> Any:
        with self._lock:
            number = next(self._numbers)
        world = World(number, clock.parse(order["now"]))
        server = Server(Gateway(world).handle)
        server.start()
        with self._lock:
            self._worlds[number] = world, server
        return {"id": number, "url": f"http://127.0.0.1:{server.port}"}

    def _forget(self, number: int) -> Any:
        with self._lock:
            world, server = self._worlds.pop(number)
        with world.lock:
            world.gone = True
            world.faults.clear()
            world.stirred.notify_all()
        # Closing waits for the listener to notice; the driver need not.
        threading.Thread(target=server.stop, daemon=True).start()
        return {}

    def _change(self, number: int, verb: str, order: Order) -> Any:
        with self._lock:
            world, _ = self._worlds[number]
        if verb not in VERBS:
            raise ValueError(f"no such verb: {verb}")
        with world.lock:
            world.settle()
            return VERBS[verb](world, order)


def _json(status: int, value: Any) -> Response:
    return Response(status, json.dumps(value).encode(), {"content-type": "application/json"})


def _clock(world: World, order: Order) -> Any:
    world.set_clock(clock.parse(order["now"]), order.get("pace", 0.0))
    return {}


def _next(world: World, order: Order) -> Any:
    del order
    upcoming = world.timeline.next()
    return {"next": clock.render(upcoming) if upcoming else None}


def _fault(world: World, order: Order) -> Any:
    return {"id": world.faults.add(Fault.from_json(order))}


def _clear_faults(world: World, order: Order) -> Any:
    del order
    world.faults.clear()
    return {}


def _release(world: World, order: Order) -> Any:
    world.faults.release(order.get("id"))
    return {}


def _calls(world: World, order: Order) -> Any:
    return [call.to_json() for call in world.log.calls[order.get("after", 0) :]]


def _violations(world: World, order: Order) -> Any:
    del order
    return world.violations


def _role(world: World, order: Order) -> Any:
    sessions: Sessions = world.part(Sessions)
    sessions.refuse(order["account"], order["role"], order["refused"])
    return {}


def _database(world: World, order: Order) -> Any:
    return {"arn": seed.database(world, order).arn}


def _cluster(world: World, order: Order) -> Any:
    return {"arn": seed.cluster(world, order).arn}


def _parameter_group(world: World, order: Order) -> Any:
    seed.parameter_group(world, order)
    return {}


def _maintenance(world: World, order: Order) -> Any:
    region, name = _find(world, order)
    seed.announce(region, region.clusters.get(name) or region.instances[name], order)
    return {}


def _estate(world: World, order: Order) -> Any:
    for item in order.get("parameter_groups", []):
        seed.parameter_group(world, item)
    for item in order.get("databases", []):
        seed.database(world, item)
    for item in order.get("clusters", []):
        seed.cluster(world, item)
    ecs.estate(world, order)
    cloudwatch.estate(world, order)
    identity.estate(world, order)
    return {}


def _durations(world: World, order: Order) -> Any:
    kinds: list[Any] = [world.part(Durations), world.part(EcsDurations)]
    unknown = set(order).difference(*(kind.seconds for kind in kinds))
    if unknown:
        raise ValueError(f"no such duration: {', '.join(sorted(unknown))}")
    for kind in kinds:
        kind.seconds |= {name: order[name] for name in order if name in kind.seconds}
    return {}


def _find(world: World, order: Order) -> tuple[Region, str]:
    """Where a database or cluster is; the account and region are needed only if names repeat."""
    name = order["id"].lower()
    found = [
        region
        for region in world.parts(Region)
        if (name in region.instances or name in region.clusters)
        and order.get("account") in (None, region.account)
        and order.get("region") in (None, region.name)
    ]
    if len(found) != 1:
        where = ", ".join(f"{region.account}/{region.name}" for region in found) or "nowhere"
        raise ValueError(f"{name} must be in one place, and is: {where}")
    return found[0], name


def _state(world: World, order: Order) -> Any:
    region, name = _find(world, order)
    if name in region.clusters:
        cluster = region.clusters[name]
        return {
            "version": cluster.version,
            "status": cluster.status,
            "reachable": all(member.reachable for member in region.members(cluster)),
            "parameter_group": cluster.parameter_group,
            "pending": cluster.pending,
            "arn": cluster.arn,
        }
    instance = region.instances[name]
    return {
        "version": instance.version,
        "status": instance.status,
        "reachable": instance.reachable,
        "parameter_group": instance.parameter_group,
        "pending": instance.pending,
        "arn": instance.arn,
    }


def _outcome(world: World, order: Order) -> Any:
    region, name = _find(world, order)
    outcome = Outcome(order["kind"], order.get("reason", ""), order.get("factor", 1.0))
    region.outcomes.setdefault(name, []).append(outcome)
    return {}


def _change_state(world: World, order: Order) -> Any:
    """Change a database behind everybody's back, as a colleague in the console would."""
    region, name = _find(world, order)
    target = region.clusters.get(name) or region.instances[name]
    for field, value in order["set"].items():
        if not hasattr(target, field):
            raise ValueError(f"{name} has no {field}")
        setattr(target, field, value)
    return {}


def _remove(world: World, order: Order) -> Any:
    region, name = _find(world, order)
    cluster = region.clusters.pop(name, None)
    for member in cluster.members if cluster else [name]:
        region.instances.pop(member, None)
    return {}


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "clock": _clock,
    "next": _next,
    "fault": _fault,
    "clear-faults": _clear_faults,
    "release": _release,
    "calls": _calls,
    "violations": _violations,
    "role": _role,
    "database": _database,
    "cluster": _cluster,
    "parameter-group": _parameter_group,
    "maintenance": _maintenance,
    "estate": _estate,
    "durations": _durations,
    "state": _state,
    "outcome": _outcome,
    "change": _change_state,
    "remove": _remove,
    **identity.VERBS,
    **look.VERBS,
    **orders.VERBS,
    **ecs.VERBS,
    **cloudwatch.VERBS,
}
