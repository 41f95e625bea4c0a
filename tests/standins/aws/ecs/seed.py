"""Putting services into a world, as a test or the sample estate asks."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from ..codedeploy import seed as codedeploy
from ..traffic import Balance, balancers
from ..world import World
from .deployment import Deployment
from .fleet import Fleet
from .state import (
    CONTROLLERS,
    PAUSE_STAGES,
    STRATEGIES,
    Cluster,
    Container,
    Region,
    Service,
    TaskDefinition,
    region_of,
)

_ACCOUNT = "111122223333"
_REGION = "eu-west-1"
_ACCOUNTS = (_ACCOUNT, "444455556666", "777788889999")
_PROJECTS = ("shop", "crm", "magazine", "streaming")


def cluster(region: Region, name: str) -> Cluster:
    """A cluster, made when first named."""
    if name not in region.clusters:
        region.clusters[name] = Cluster(name, region)
    return region.clusters[name]


def service(world: World, order: dict[str, Any]) -> Service:
    """A service that has been there for a while; unknown words are refused."""
    order = dict(order)
    region = region_of(world, order.pop("account", _ACCOUNT), order.pop("region", _REGION))
    home, name = cluster(region, order.pop("cluster")), order.pop("name")
    if name in home.services:
        raise ValueError(f"{home.name} has a service {name} already")
    controller = order.pop("controller", "ECS")
    if controller not in CONTROLLERS:
        raise ValueError(f"a controller is one of {', '.join(CONTROLLERS)}, not {controller}")
    configuration = _configuration(order)
    made = Service(
        name=name,
        region=region,
        cluster=home,
        controller=controller,
        configuration=configuration,
        desired=order.pop("count", 2),
        created=region.now - timedelta(days=200),
        tags=order.pop("tags", {}),
    )
    balanced = order.pop("balanced", True)
    deploys = order.pop("code_deploy", {})
    definition = _definition(region, made, order)
    if order:
        raise ValueError(f"a service has no {', '.join(sorted(order))}")
    home.services[name] = made
    fleet = Fleet(made, definition)
    fleet.created = fleet.updated = region.now - timedelta(days=3)
    fleet.primary = True
    made.fleets.append(fleet)
    if balanced:
        made.balance = _balance(made)
        fleet.attach(made.balance.groups[0])
    elif controller != "ECS" or configuration["strategy"] != "ROLLING":
        raise ValueError("only rolling updates do without a load balancer")
    fleet.seed(made.desired)
    made.say(f"(service {name}) has reached a steady state.")
    if controller == "ECS":
        _past(made, fleet)
    else:
        codedeploy.group(made, fleet, deploys)
    return made


def _configuration(order: dict[str, Any]) -> dict[str, Any]:
    strategy = order.pop("strategy", "ROLLING")
    if strategy not in STRATEGIES:
        raise ValueError(f"a strategy is one of {', '.join(STRATEGIES)}, not {strategy}")
    found: dict[str, Any] = {"strategy": strategy}
    shifts = strategy != "ROLLING"
    bake = order.pop("bake", 10 if shifts else None)
    if bake is not None:
        found["bakeTimeInMinutes"] = bake
    if (linear := order.pop("linear", None)) or strategy == "LINEAR":
        percent, minutes = linear or (10.0, 6)
        found["linearConfiguration"] = {"stepPercent": percent, "stepBakeTimeInMinutes": minutes}
    if (canary := order.pop("canary", None)) or strategy == "CANARY":
        percent, minutes = canary or (5.0, 10)
        found["canaryConfiguration"] = {
            "canaryPercent": percent,
            "canaryBakeTimeInMinutes": minutes,
        }
    breaker = order.pop("breaker", True)
    found["deploymentCircuitBreaker"] = {"enable": bool(breaker), "rollback": breaker is True}
    names = order.pop("alarms", [])
    found["alarms"] = {
        "alarmNames": names,
        "enable": bool(names),
        "rollback": bool(names) and order.pop("alarms_roll_back", True),
    }
    found["lifecycleHooks"] = [hook(one) for one in order.pop("hooks", [])]
    return found


def hook(order: dict[str, Any]) -> dict[str, Any]:
    """A lifecycle hook as a deployment configuration has it."""
    stage = order["stage"]
    if order.get("kind", "PAUSE") == "AWS_LAMBDA":
        return {
            "targetType": "AWS_LAMBDA",
            "hookTargetArn": f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:check",
            "lifecycleStages": [stage],
        }
    if stage not in PAUSE_STAGES:
        raise ValueError(f"a PAUSE hook is at one of {', '.join(PAUSE_STAGES)}, not {stage}")
    timeout = {"timeoutInMinutes": order["minutes"], "action": order["action"]}
    return {"targetType": "PAUSE", "lifecycleStages": [stage], "timeoutConfiguration": timeout}


def _definition(region: Region, made: Service, order: dict[str, Any]) -> TaskDefinition:
    first = Container(
        name=made.name,
        image=order.pop("image", f"ghcr.io/acme/{made.name}:1.0"),
        port=8080,
        environment=order.pop("environment", {"LOG_LEVEL": "info"}),
        secrets=order.pop("secrets", {}),
    )
    others = [Container(**sidecar) for sidecar in order.pop("sidecars", [])]
    size = order.pop("cpu", 256), order.pop("memory", 512)
    family = order.pop("family", made.name)
    number = order.pop("revision", 1)
    found = region.register(family, size, [first, *others], number)
    found.registered = region.now - timedelta(days=3)
    return found


def revise(made: Service, order: dict[str, Any]) -> TaskDefinition:
    """A next revision of a service's task definition with some things changed."""
    order = dict(order)
    old = made.fleets[-1].definition
    containers = copy.deepcopy(old.containers)
    first = containers[0]
    first.image = order.pop("image", first.image)
    first.environment |= order.pop("environment", {})
    first.secrets |= order.pop("secrets", {})
    for name in order.pop("without", []):
        first.environment.pop(name, None)
        first.secrets.pop(name, None)
    size = order.pop("cpu", old.cpu), order.pop("memory", old.memory)
    if order:
        raise ValueError(f"a task definition has no {', '.join(sorted(order))}")
    return made.region.register(old.family, size, containers)


def _balance(made: Service) -> Balance:
    region = made.region
    all_here = balancers(region.world, *region.place)
    pair = made.controller != "ECS" or made.configuration["strategy"] != "ROLLING"
    # CodeDeploy moves a listener's default action, so such a service has a balancer to itself.
    own = made.controller != "ECS"
    balancer = all_here.balancer(
        f"{made.cluster.name}-{made.name}"[:32] if own else made.cluster.name
    )
    production, test = balancer.listeners
    suffixes = ("blue", "green") if pair else ("tg",)
    groups = [all_here.group(f"{made.name}-{suffix}", 8080, balancer) for suffix in suffixes]
    host = f"{made.name}.example.com"
    routes = []
    for listener in (production, test):
        if own:
            arn = listener.arn
            listener.default = all_here.default(arn, groups[0])
            routes.append(listener.default)
        elif pair or listener is production:
            routes.append(all_here.rule(listener, host, groups[0]))
    for route in routes:
        route.send(groups[0], 100.0, groups[1:])
    return Balance(groups, routes[0], routes[1] if len(routes) > 1 else None, [production, test])


def _past(made: Service, fleet: Fleet) -> None:
    """The deployment that brought what runs."""
    past = Deployment(made, [], fleet)
    past.script.cancel()
    past.created = fleet.created
    past.started = past.created + timedelta(seconds=5)
    past.finished = past.updated = past.created + timedelta(minutes=8)
    past.status, past.stage = "SUCCESSFUL", "CLEAN_UP"
    past.last_shares = {fleet.arn: (100.0, 100.0)}
    for guard in ("breaker", "alarms"):
        if getattr(past, guard) == "MONITORING":
            setattr(past, guard, "MONITORING_COMPLETE")
    made.deployments.append(past)


def many(world: World, count: int) -> None:
    """So many services `svc-001` and so on over three accounts, of all strategies, in shared clusters."""
    for number in range(1, count + 1):
        project = _PROJECTS[number % len(_PROJECTS)]
        account = _ACCOUNTS[number % len(_ACCOUNTS)]
        code_deploy = number % 5 == 0
        service(
            world,
            {
                "account": account,
                "cluster": f"shared-{number % 2 + 1}",
                "name": f"svc-{number:03d}",
                "controller": "CODE_DEPLOY" if code_deploy else "ECS",
                "strategy": "ROLLING" if code_deploy else STRATEGIES[number % len(STRATEGIES)],
                "tags": {
                    "project": project,
                    "env": "staging" if account == _ACCOUNTS[1] else "prod",
                },
            },
        )
