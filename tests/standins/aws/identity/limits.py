"""AWS's limits for IAM Identity Center, and how near somebody came to them.

"AWS IAM Identity Center quotas" in the User Guide: 20 calls a second for all its APIs together, and
10 assignment writes under way. The first is only enforced where a test asks for it.
"""

from __future__ import annotations

import time
from collections import deque

from ..errors import AwsError
from ..world import World

LIMITED = ("identitystore", "sso-admin")
CALLS_A_SECOND = 20
OUTSTANDING_WRITES = 10


class Limits:
    """The limits of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.enforced = False
        self.busiest_second = 0
        self.most_outstanding = 0
        self._second = 0
        self._calls = 0
        self._real: int | None = None
        self._arrived: deque[float] = deque()

    def keep(self, real: int | None) -> None:
        """Refuse what is too much: by the world's clock, or `real` calls in a second of the machine's own time.

        Whoever paces real calls can only be held to real time: the world's clock stands still while they are made.
        """
        self.enforced, self._real = True, real
        self.busiest_second = 0

    def arrive(self) -> None:
        """Count a call; ThrottlingException beyond the limit if it is enforced."""
        calls = self._in_this_second() if self._real is None else self._in_a_real_second()
        self.busiest_second = max(self.busiest_second, calls)
        if self.enforced and calls > (self._real or CALLS_A_SECOND):
            raise AwsError("ThrottlingException", "Rate exceeded")

    def _in_this_second(self) -> int:
        second = int(self._world.now.timestamp())
        if second != self._second:
            self._second, self._calls = second, 0
        self._calls += 1
        return self._calls

    def _in_a_real_second(self) -> int:
        now = time.monotonic()
        self._arrived.append(now)
        while self._arrived[0] <= now - 1:
            self._arrived.popleft()
        return len(self._arrived)

    def refuse_outstanding(self, now: int) -> None:
        """Count one more assignment write; refuse it in AWS's words when too many are under way."""
        self.most_outstanding = max(self.most_outstanding, now + 1)
        if now >= OUTSTANDING_WRITES:
            raise AwsError(
                "ThrottlingException",
                "There are too many requests processing. Please try again later.",
            )
