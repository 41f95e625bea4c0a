"""The table of CodeDeploy's operations, and where a call looks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from .. import paging
from ..errors import AwsError
from ..simulator import Context, Params, Simulator
from .life import Deployment
from .state import Region, region_of

CODEDEPLOY = Simulator("codedeploy")
T = TypeVar("T")

_ID = re.compile(r"^d-[A-Z0-9]{9}$")


def here(context: Context) -> Region:
    """CodeDeploy in the account and region of a call."""
    return region_of(context.world, context.account, context.region)


def page(items: Sequence[T], params: Params) -> tuple[list[T], Params]:
    """The asked page, a hundred at a time, and the token to answer with it."""
    error = AwsError(
        "InvalidNextTokenException", "The next token was specified in an invalid format."
    )
    found, following = paging.page(items, params.get("nextToken"), 100, error)
    return found, {"nextToken": following} if following else {}


def deployment(context: Context, identifier: str | None) -> Deployment:
    """A deployment by identifier, with CodeDeploy's errors for none, a bad and an unknown one."""
    if not identifier:
        raise AwsError("DeploymentIdRequiredException", "Deployment ID is required")
    if not _ID.match(identifier):
        raise AwsError(
            "InvalidDeploymentIdException",
            f"Specified DeploymentId is not in the valid format: {identifier}",
        )
    for found in here(context).deployments():
        if found.id == identifier:
            return found
    raise AwsError(
        "DeploymentDoesNotExistException", f"The deployment {identifier} could not be found"
    )
