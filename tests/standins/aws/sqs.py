"""SQS: standard queues whose messages come back by the world's clock.

moto's queues count visibility in the machine's own time and hold the caller while they wait, so a
test could neither move past a visibility timeout nor do anything while somebody polls.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import AwsError
from .simulator import Context, Params, Simulator
from .world import World

SQS = Simulator("sqs")

_VISIBILITY = 30
# How long a poll sleeps at most before it looks at a clock that runs by itself.
_SLICE = 0.5


@dataclass
class Message:
    """A message; whoever received it last holds the receipt."""

    id: str
    body: str
    sent: datetime
    visible: datetime
    receipt: str = ""
    received: int = 0
    first_received: datetime | None = None


class Queue:
    """A standard queue."""

    def __init__(self, world: World, account: str, region: str, name: str) -> None:
        self.world = world
        self.account = account
        self.region = region
        self.name = name
        self.visibility = _VISIBILITY
        self.created = world.now
        self.messages: list[Message] = []

    @property
    def arn(self) -> str:
        """The ARN."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def url(self) -> str:
        """The address; the SDKs send to the endpoint they are given, whatever its host."""
        return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self.name}"

    def put(self, body: str) -> Message:
        """Add a message and wake who waits for one."""
        now = self.world.now
        message = Message(self.world.fresh_uuid(), body, now, now)
        self.messages.append(message)
        self.world.stirred.notify_all()
        return message

    def take(self, count: int, visibility: int) -> list[Message]:
        """Receive up to so many messages; they are hidden for so many seconds."""
        now = self.world.now
        found = [message for message in self.messages if message.visible <= now][:count]
        for message in found:
            message.visible = now + timedelta(seconds=visibility)
            message.receipt = self.world.fresh(56)
            message.received += 1
            message.first_received = message.first_received or now
        return found

    def held(self, receipt: str) -> Message | None:
        """The message somebody holds a receipt of, unless it is gone."""
        return next((item for item in self.messages if item.receipt == receipt), None)


class Queues:
    """The queues of one account and region."""

    def __init__(self, world: World, account: str, region: str) -> None:
        self.world, self.account, self.region = world, account, region
        self.by_name: dict[str, Queue] = {}

    def make(self, name: str) -> Queue:
        """The queue of a name, made when asked for."""
        if name not in self.by_name:
            self.by_name[name] = Queue(self.world, self.account, self.region, name)
        return self.by_name[name]


def queues(world: World, account: str, region: str) -> Queues:
    """SQS of an account and region."""
    found: Queues = world.part(Queues, account, region)
    return found


def waiting(world: World, name: str | None = None) -> int:
    """How many messages there are in all queues, or those of a name, visible or in flight."""
    parts: list[Queues] = world.parts(Queues)
    return sum(
        len(queue.messages)
        for part in parts
        for queue in part.by_name.values()
        if name in (None, queue.name)
    )


def _missing() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def _queue(context: Context, params: Params) -> Queue:
    account, _, name = params["QueueUrl"].partition("://")[2].partition("/")[2].partition("/")
    found = queues(context.world, account, context.region).by_name.get(name)
    if found is None:
        raise _missing()
    return found


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@SQS.operation("CreateQueue")
def create_queue(context: Context, params: Params) -> Params:
    """Make a queue, or find it."""
    queue = queues(context.world, context.account, context.region).make(params["QueueName"])
    attributes = params.get("Attributes", {})
    queue.visibility = int(attributes.get("VisibilityTimeout", queue.visibility))
    return {"QueueUrl": queue.url}


@SQS.operation("GetQueueUrl")
def get_queue_url(context: Context, params: Params) -> Params:
    """The address of a queue by name."""
    owner = params.get("QueueOwnerAWSAccountId", context.account)
    found = queues(context.world, owner, context.region).by_name.get(params["QueueName"])
    if found is None:
        raise _missing()
    return {"QueueUrl": found.url}


@SQS.operation("GetQueueAttributes")
def get_queue_attributes(context: Context, params: Params) -> Params:
    """What a queue is like; asked for by name or all of it."""
    queue, now = _queue(context, params), context.now
    hidden = sum(message.visible > now for message in queue.messages)
    known = {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(len(queue.messages) - hidden),
        "ApproximateNumberOfMessagesNotVisible": str(hidden),
        "ApproximateNumberOfMessagesDelayed": "0",
        "VisibilityTimeout": str(queue.visibility),
        "CreatedTimestamp": str(int(queue.created.timestamp())),
    }
    asked = params.get("AttributeNames", [])
    return {"Attributes": {name: known[name] for name in known if {name, "All"} & set(asked)}}


@SQS.operation("SendMessage")
def send_message(context: Context, params: Params) -> Params:
    """Put a message into a queue."""
    message = _queue(context, params).put(params["MessageBody"])
    return {"MessageId": message.id, "MD5OfMessageBody": _digest(message.body)}


@SQS.operation("ReceiveMessage")
def receive_message(context: Context, params: Params) -> Params:
    """Receive messages; a long poll waits in the machine's own time and lets others go on."""
    queue, world = _queue(context, params), context.world
    count = params.get("MaxNumberOfMessages", 1)
    wait = params.get("WaitTimeSeconds", 0)
    if not 1 <= count <= 10:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between "
            "1 and 10, if provided.",
        )
    if not 0 <= wait <= 20:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and "
            "<= 20, if provided.",
        )
    visibility = params.get("VisibilityTimeout", queue.visibility)
    until = time.monotonic() + wait
    while not (found := queue.take(count, visibility)):
        left = until - time.monotonic()
        if left <= 0 or world.gone:
            return {}
        world.stirred.wait(min(left, _SLICE))
        # A running clock goes on while nobody asks for anything else.
        world.settle()
    return {"Messages": [_view(message, params) for message in found]}


def _view(message: Message, params: Params) -> Params:
    known = {
        "SentTimestamp": str(int(message.sent.timestamp() * 1000)),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(
            int((message.first_received or message.sent).timestamp() * 1000)
        ),
        "SenderId": "events.amazonaws.com",
    }
    asked = {
        *params.get("AttributeNames", []),
        *params.get("MessageSystemAttributeNames", []),
    }
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": _digest(message.body),
        "Attributes": {name: known[name] for name in known if {name, "All"} & asked},
    }


@SQS.operation("DeleteMessage")
def delete_message(context: Context, params: Params) -> Params:
    """Take a message out for good; one that is gone already is no error."""
    queue = _queue(context, params)
    if (message := queue.held(params["ReceiptHandle"])) is not None:
        queue.messages.remove(message)
    return {}


@SQS.operation("DeleteMessageBatch")
def delete_message_batch(context: Context, params: Params) -> Params:
    """Take several out."""
    entries = params["Entries"]
    for entry in entries:
        delete_message(context, {"QueueUrl": params["QueueUrl"]} | entry)
    return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}


@SQS.operation("ChangeMessageVisibility")
def change_message_visibility(context: Context, params: Params) -> Params:
    """Hide a held message for so many seconds from now on; 0 shows it at once."""
    message = _queue(context, params).held(params["ReceiptHandle"])
    if message is None:
        raise AwsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    message.visible = context.now + timedelta(seconds=params["VisibilityTimeout"])
    context.world.stirred.notify_all()
    return {}


def order(world: World, order: dict[str, Any]) -> Any:
    """The control's verb: how many messages wait."""
    return {"count": waiting(world, order.get("name"))}
