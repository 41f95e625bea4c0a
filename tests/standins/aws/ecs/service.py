"""The table of ECS's operations, and where a call looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from .. import paging
from ..errors import AwsError
from ..simulator import Context, Params, Simulator
from .state import Region, region_of

ECS = Simulator("ecs")
T = TypeVar("T")


def here(context: Context) -> Region:
    """ECS in the account and region of a call."""
    return region_of(context.world, context.account, context.region)


def invalid(message: str) -> AwsError:
    """ECS's answer to an argument that is wrong."""
    return AwsError("InvalidParameterException", message)


def missing(arn: str) -> dict[str, Any]:
    """How the Describe operations say that something is not there."""
    return {"arn": arn, "reason": "MISSING"}


def page(items: Sequence[T], params: Params, default: int, most: int) -> tuple[list[T], Params]:
    """The asked page and the token to answer with it."""
    size = params.get("maxResults", default)
    if not 1 <= size <= most:
        raise invalid(f"MaxResults must be between 1 and {most}.")
    error = invalid("Invalid token.")
    found, following = paging.page(items, params.get("nextToken"), size, error)
    return found, {"nextToken": following} if following else {}
