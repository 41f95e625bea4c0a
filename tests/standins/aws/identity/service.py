"""The tables of operations, who may use them from where, and what refusals look like."""

from __future__ import annotations

import re

from ..errors import AwsError
from ..simulator import Context, Params, Simulator
from .state import (
    DELEGATED_ACCOUNT,
    HOME_REGION,
    INSTANCE_ARN,
    MANAGEMENT_ACCOUNT,
    STORE_ID,
    Directory,
    PermissionSet,
    directory_of,
)

IDENTITY_STORE = Simulator("identitystore")
SSO_ADMIN = Simulator("sso-admin")
PORTAL = Simulator("sso")
OIDC = Simulator("sso-oidc")

_IDENTIFIER = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_ARN = re.compile(r"^arn:aws[a-z-]*:identitystore:::(user|group|membership)/")


def store(context: Context, params: Params, writing: str | None = None) -> Directory:
    """The identity store a call names; ``writing`` names an operation that changes it.

    Member accounts may read (AWS, "Limiting access to the identity store from member accounts").
    """
    directory = directory_of(context.world)
    asked = params["IdentityStoreId"].rpartition("/")[2]
    if asked != STORE_ID or context.region != HOME_REGION:
        raise missing("IDENTITY_STORE", asked)
    if writing and context.account not in (MANAGEMENT_ACCOUNT, DELEGATED_ACCOUNT):
        raise forbidden(context, f"identitystore:{writing}", f"identitystore/{STORE_ID}")
    return directory


def instance(context: Context, params: Params, action: str) -> Directory:
    """The instance a call names; it is administered from two accounts in one region."""
    if context.account not in (MANAGEMENT_ACCOUNT, DELEGATED_ACCOUNT):
        raise forbidden(context, f"sso:{action}", params.get("InstanceArn", INSTANCE_ARN))
    asked = params.get("InstanceArn", INSTANCE_ARN)
    if asked != INSTANCE_ARN or context.region != HOME_REGION:
        raise AwsError("ResourceNotFoundException", f"Could not find Instance {asked}")
    return directory_of(context.world)


def permission_set(directory: Directory, arn: str) -> PermissionSet:
    """A permission set by ARN; ResourceNotFoundException."""
    found = directory.permission_sets.get(arn)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Could not find PermissionSet with id {arn}")
    return found


def changeable(context: Context, directory: Directory, arn: str, action: str) -> PermissionSet:
    """A permission set that a call may change or assign.

    What is provisioned in the management account is out of a delegated administrator's reach (IAM
    Identity Center User Guide, "Delegated administration").
    """
    found = permission_set(directory, arn)
    if context.account == DELEGATED_ACCOUNT and (arn, MANAGEMENT_ACCOUNT) in directory.provisioned:
        raise forbidden(context, f"sso:{action}", arn)
    return found


def forbidden(context: Context, action: str, resource: str) -> AwsError:
    """The refusal of a caller from the wrong account."""
    return AwsError(
        "AccessDeniedException",
        f"User: {context.caller.arn} is not authorized to perform: {action} on resource: "
        f"{resource}",
    )


def missing(kind: str, resource: str = "") -> AwsError:
    """The identity store's answer to an identifier, or another way of asking, that fits nobody."""
    error = AwsError("ResourceNotFoundException", f"{kind} not found.", ResourceType=kind)
    if _IDENTIFIER.match(resource):
        error.fields["ResourceId"] = resource
    return error


def duplicate(message: str) -> AwsError:
    """The identity store's answer to what must be unique."""
    return AwsError("ConflictException", message, Reason="UNIQUENESS_CONSTRAINT_VIOLATION")


def moved(kind: str) -> AwsError:
    """The identity store's answer to a revision that is no longer the current one."""
    return AwsError(
        "ConflictException",
        f"{kind} was modified since the given revision.",
        Reason="CONCURRENT_MODIFICATION",
    )


def invalid(message: str) -> AwsError:
    """A request that AWS's model allows and AWS does not."""
    return AwsError("ValidationException", message)


def bare(identifier: str) -> str:
    """An identifier that may have come as an ARN."""
    return _ARN.sub("", identifier)
