"""What there is: alarms of an account and region, and what they published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import eventbridge
from ..world import World
from . import views

KINDS = ("metric", "composite")
STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


@dataclass
class Alarm:
    """An alarm, of a metric or made of other alarms."""

    name: str
    region: Region
    kind: str
    description: str
    enabled: bool
    # The ARNs told when it goes to a state, by the state's name.
    actions: dict[str, list[str]]
    configured: datetime
    # When its state was last set, and when it last became another one.
    updated: datetime
    turned: datetime
    state: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    metric: dict[str, Any] = field(default_factory=dict)
    rule: str = ""

    @property
    def arn(self) -> str:
        """The ARN."""
        return f"arn:aws:cloudwatch:{self.region.name}:{self.region.account}:alarm:{self.name}"

    def act(self, enabled: bool) -> None:
        """Switch its actions on or off. What it is in already is told to nobody."""
        if self.enabled != enabled:
            self.enabled = enabled
            self.configured = self.region.world.now

    def turn(self, state: str, reason: str) -> None:
        """Go to a state. Its actions are told only if they are enabled; EventBridge hears in any case."""
        world, before = self.region.world, (self.state, self.reason, self.updated)
        self.state, self.reason, self.updated = state, reason, world.now
        if state == before[0]:
            return
        self.turned = world.now
        detail = views.event(self, before)
        place = (self.region.account, self.region.name)
        kind = ("aws.cloudwatch", "CloudWatch Alarm State Change")
        eventbridge.tell(world, place, kind, [self.arn], detail)
        if self.enabled:
            published: Published = world.part(Published)
            for action in self.actions[state]:
                if action.startswith("arn:aws:sns:"):
                    published.messages.append(views.notification(self, action, before[0]))


class Published:
    """What alarms said to SNS topics since somebody last looked."""

    def __init__(self, world: World) -> None:
        del world
        self.messages: list[dict[str, Any]] = []

    def take(self) -> list[dict[str, Any]]:
        """All of it, once."""
        taken, self.messages = self.messages, []
        return taken


class Region:
    """CloudWatch in one account and region."""

    def __init__(self, world: World, account: str, name: str) -> None:
        self.world, self.account, self.name = world, account, name
        self.alarms: dict[str, Alarm] = {}


def region_of(world: World, account: str, name: str) -> Region:
    """CloudWatch of an account and region."""
    found: Region = world.part(Region, account, name)
    return found
