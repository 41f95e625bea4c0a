"""The call log: who asked AWS for what, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

_READS = ("GET", "HEAD", "Describe", "List", "Get", "Lookup", "BatchGet", "Search", "Is", "Head")


def writes(operation: str) -> bool:
    """Whether an operation changes anything, going by AWS's naming.

    Signing in or out does not, nor does taking messages from a queue.
    """
    return not operation.startswith(_READS) and operation not in (
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "ChangeMessageVisibility",
        "CreateToken",
        "DeleteMessage",
        "DeleteMessageBatch",
        "Logout",
        "ReceiveMessage",
        "RegisterClient",
        "StartDeviceAuthorization",
    )


@dataclass
class Call:
    """One call as it arrived, completed when it was answered."""

    seq: int
    time: str
    service: str
    operation: str
    account: str
    region: str
    role: str
    session: str
    tags: dict[str, str]
    params: dict[str, Any]
    write: bool
    status: int = 0
    error: str | None = None
    acted: bool = False
    request_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """The call as the driver reads it."""
        return asdict(self)


@dataclass
class CallLog:
    """All calls of one world in the order they arrived."""

    calls: list[Call] = field(default_factory=list)

    def add(self, call: Call) -> None:
        """Note a call."""
        call.seq = len(self.calls) + 1
        self.calls.append(call)
