"""The table of RDS's operations, and where a call looks."""

from __future__ import annotations

from ..simulator import Context, Simulator
from .state import Region, region_of

RDS = Simulator("rds")


def here(context: Context) -> Region:
    """RDS in the account and region of a call."""
    return region_of(context.world, context.account, context.region)
