"""EventBridge: what services tell, put into the queues that a test has named.

The envelope is that of "AWS service event metadata" in the Amazon EventBridge reference. A queue
hears every account and region, as if each forwarded its events to one bus.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from .sqs import Queue, queues
from .world import World


class Bus:
    """The queues that hear of events."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listeners: list[Queue] = []
        # Queues that hear through an SNS topic, which puts its own envelope around each event.
        self.topics: dict[str, Queue] = {}
        # How often each event comes: "best effort" is all that is promised for these services.
        self.copies = 1

    def listen(self, account: str, region: str, name: str) -> Queue:
        """Have a queue hear of all events; it is made if it is not there."""
        queue = queues(self.world, account, region).make(name)
        if queue not in self.listeners:
            self.listeners.append(queue)
        return queue

    def subscribe(self, account: str, region: str, name: str) -> Queue:
        """The same through an SNS topic of that name, without raw message delivery."""
        queue = queues(self.world, account, region).make(name)
        self.topics[f"arn:aws:sns:{region}:{account}:{name}"] = queue
        return queue

    @property
    def heard(self) -> bool:
        """Whether anybody hears of events."""
        return bool(self.listeners or self.topics)

    def put(self, event: str) -> None:
        """Put an event into every queue."""
        for _ in range(self.copies):
            for queue in self.listeners:
                queue.put(event)
            for topic, queue in self.topics.items():
                queue.put(self._notification(topic, event))

    def _notification(self, topic: str, event: str) -> str:
        return json.dumps(
            {
                "Type": "Notification",
                "MessageId": self.world.fresh_uuid(),
                "TopicArn": topic,
                "Message": event,
                "Timestamp": instant(self.world.now),
                "SignatureVersion": "1",
            }
        )


def bus(world: World) -> Bus:
    """The one bus of a world."""
    found: Bus = world.part(Bus)
    return found


def instant(moment: datetime) -> str:
    """A moment as events write it in their details."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def tell(
    world: World, place: tuple[str, str], kind: tuple[str, str], resources: list[str], detail: Any
) -> None:
    """Put an event of ``(account, region)`` and ``(source, detail-type)`` into every queue."""
    if not bus(world).heard:
        return
    (account, region), (source, detail_type) = place, kind
    event = {
        "version": "0",
        "id": world.fresh_uuid(),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": f"{world.now:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": resources,
        "detail": detail,
    }
    bus(world).put(json.dumps(event))
