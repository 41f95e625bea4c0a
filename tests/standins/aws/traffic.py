"""Where a load balancer sends what comes in: the one traffic model behind ECS and CodeDeploy.

A deployment says which share of a route goes to which target group; Elastic Load Balancing shows
the same numbers as the weights of its rules and listeners.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .world import World

if TYPE_CHECKING:
    from .ecs.fleet import Fleet, Task


@dataclass
class TargetGroup:
    """A target group and the fleets whose tasks are registered in it."""

    name: str
    arn: str
    port: int
    balancer: LoadBalancer
    fleets: list[Fleet] = field(default_factory=list)

    def tasks(self) -> list[Task]:
        """The tasks that are targets, healthy or not."""
        return [task for fleet in self.fleets for task in fleet.tasks if task.health]


@dataclass
class Route:
    """A listener rule, or a listener's default action, with the percentage of each target group."""

    arn: str
    shares: dict[str, float]
    priority: int | None = None
    host: str | None = None

    def send(self, group: TargetGroup, percent: float, others: list[TargetGroup]) -> None:
        """Send so much to a group and the rest to the others (there is one at most)."""
        for other in others:
            self.shares[other.arn] = 100.0 - percent
        self.shares[group.arn] = float(percent)

    def share(self, group: TargetGroup) -> float:
        """The percentage that goes to a group."""
        return self.shares.get(group.arn, 0.0)


@dataclass
class Listener:
    """A listener: its own route, if it forwards by default, and its rules."""

    arn: str
    port: int
    balancer: LoadBalancer
    default: Route | None = None
    rules: list[Route] = field(default_factory=list)


@dataclass
class LoadBalancer:
    """An application load balancer."""

    name: str
    arn: str
    dns: str
    listeners: list[Listener] = field(default_factory=list)


@dataclass
class Balance:
    """How one service is reached: production and test routes to a pair of target groups."""

    groups: list[TargetGroup]
    production: Route
    test: Route | None
    listeners: list[Listener]

    def other(self, group: TargetGroup) -> TargetGroup:
        """The other target group of the pair; the same if there is but one."""
        return next((one for one in self.groups if one is not group), group)

    def produce(self, group: TargetGroup, percent: float) -> None:
        """Send a percentage of production traffic to a group."""
        self.production.send(group, percent, [one for one in self.groups if one is not group])

    def try_out(self, group: TargetGroup, percent: float) -> None:
        """Send a percentage of test traffic to a group."""
        if self.test is not None:
            self.test.send(group, percent, [one for one in self.groups if one is not group])


class Balancers:
    """Elastic Load Balancing in one account and region."""

    def __init__(self, world: World, account: str, region: str) -> None:
        self.world, self.account, self.region = world, account, region
        self.balancers: dict[str, LoadBalancer] = {}
        self.groups: dict[str, TargetGroup] = {}

    def arn(self, kind: str, path: str) -> str:
        """The ARN of a resource; the last part is the same in every world."""
        full = f"arn:aws:elasticloadbalancing:{self.region}:{self.account}:{kind}/{path}"
        return f"{full}/{self.world.named(full, 16)}"

    def balancer(self, name: str) -> LoadBalancer:
        """The load balancer of a name, with listeners at 443 and 8443, made when asked for."""
        if name not in self.balancers:
            arn = self.arn("loadbalancer/app", name)
            dns = f"{name}-{self.world.named_in(arn, 10, '0123456789')}.{self.region}.elb.amazonaws.com"
            made = LoadBalancer(name, arn, dns)
            path = arn.partition("loadbalancer/")[2]
            for port in (443, 8443):
                made.listeners.append(Listener(self.arn("listener", path), port, made))
            self.balancers[name] = made
        return self.balancers[name]

    def group(self, name: str, port: int, balancer: LoadBalancer) -> TargetGroup:
        """A new target group; its name is cut to what AWS allows."""
        short = name[:32].rstrip("-")
        if short in self.groups:
            short = f"{name[:24].rstrip('-')}-{self.world.named(name, 6)}"
        made = TargetGroup(short, self.arn("targetgroup", short), port, balancer)
        self.groups[short] = made
        return made

    def default(self, arn: str, group: TargetGroup) -> Route:
        """The route of a listener's own default action."""
        return Route(arn, {group.arn: 100.0})

    def rule(self, listener: Listener, host: str, group: TargetGroup) -> Route:
        """A new rule that forwards a host to a group."""
        path = listener.arn.partition("listener/")[2]
        made = Route(
            self.arn("listener-rule", path), {group.arn: 100.0}, len(listener.rules) + 1, host
        )
        listener.rules.append(made)
        return made


def balancers(world: World, account: str, region: str) -> Balancers:
    """Elastic Load Balancing of an account and region."""
    found: Balancers = world.part(Balancers, account, region)
    return found
