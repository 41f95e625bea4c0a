"""STS: the bot's own user, assumed roles, and which session may call what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from .errors import AwsError
from .simulator import Caller, Context, Params, Simulator
from .world import World

STS = Simulator("sts")

BOT_KEY = "AKIAWATCHKEEPER"
BOT_ACCOUNT = "999988887777"
BOT = Caller(BOT_ACCOUNT, f"arn:aws:iam::{BOT_ACCOUNT}:user/watchkeeper", "AIDAWATCHKEEPERBOTUSER")

_ROLE_ARN = re.compile(r"^arn:aws:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[\w+=,.@-]+)$")
_SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}$", re.ASCII)
_TAG = re.compile(r"^[\w\s.:/=+\-@]*$")
_CHAINED_LIMIT = 3600

# What the role of each capability may call, by the service's name in botocore.
_ALLOWED: dict[str, frozenset[str]] = {
    "access": frozenset({"identitystore", "sso-admin", "organizations"}),
    "alert": frozenset({"cloudwatch", "sns", "sqs", "events"}),
    "ecs": frozenset({"ecs", "codedeploy", "elbv2", "elb", "cloudwatch", "sqs"}),
    "events": frozenset({"sqs"}),
    "rds": frozenset({"rds", "pi", "cloudwatch"}),
}
# Called without a signature, by whoever has a token.
UNSIGNED = ("sso", "sso-oidc")
# Services whose actions have another prefix than botocore's name.
_PREFIXES = {"sso-admin": "sso", "elbv2": "elasticloadbalancing"}
_CAPABILITY = re.compile(r"^watchkeeper-(?P<capability>\w+)")


class Sessions:
    """The role sessions of a world and the roles that behave differently."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_key: dict[str, Caller] = {}
        self._refused: set[tuple[str, str]] = set()

    def refuse(self, account: str, role: str, refused: bool) -> None:
        """Have a role not exist (or not trust the bot): AWS answers both alike."""
        if refused:
            self._refused.add((account, role))
        else:
            self._refused.discard((account, role))

    def refuses(self, account: str, role: str) -> bool:
        """Whether nobody may assume this role."""
        return (account, role) in self._refused

    def open(self, key: str, caller: Caller) -> None:
        """Remember a session by its access key."""
        self._by_key[key] = caller

    def known(self, key: str) -> Caller:
        """Who opened the session of a key, valid or not; the bot's user for an unknown key."""
        return self._by_key.get(key, BOT)

    def caller(self, key: str, token: str | None) -> Caller:
        """Who holds a key; AWS's errors for unknown and expired ones."""
        if key == BOT_KEY:
            return BOT
        caller = self._by_key.get(key)
        if caller is None or caller.token != token:
            raise AwsError(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                403,
            )
        if caller.expires is not None and caller.expires <= self._world.now:
            raise AwsError(
                "ExpiredToken", "The security token included in the request is expired", 403
            )
        return caller


def authorize(caller: Caller, service: str, operation: str, resource: str) -> None:
    """Refuse what IAM would refuse: the bot's user may only use STS, a capability its services."""
    if service == "sts" or service in UNSIGNED:
        return
    capability = _CAPABILITY.match(caller.role)
    if capability:
        name = capability["capability"]
        if service in _ALLOWED.get(name, {name}):
            return
    elif caller.role:
        return
    raise denied(caller, service, operation, resource)


def denied(caller: Caller, service: str, operation: str, resource: str) -> AwsError:
    """IAM's refusal in its own words."""
    action = f"{_PREFIXES.get(service, service)}:{operation}"
    return AwsError(
        "AccessDenied",
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
        403,
    )


@STS.operation("AssumeRole")
def assume_role(context: Context, params: Params) -> Params:
    """Open a session of a role, in the account the role's ARN names."""
    role = _ROLE_ARN.match(params["RoleArn"])
    if role is None:
        raise AwsError("ValidationError", f"{params['RoleArn']} is invalid")
    name = params["RoleSessionName"]
    if not _SESSION_NAME.match(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
        )
    tags = _tags(params.get("Tags", []))
    duration = params.get("DurationSeconds", 3600)
    if context.caller.role and duration > _CHAINED_LIMIT:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining",
        )
    world = context.world
    sessions: Sessions = world.part(Sessions)
    account, role_name = role["account"], role["name"]
    if sessions.refuses(account, role_name):
        raise AwsError(
            "AccessDenied",
            f"User: {context.caller.arn} is not authorized to perform: sts:AssumeRole on "
            f"resource: {params['RoleArn']}",
            403,
        )
    key, role_id = "ASIA" + world.fresh(16), "AROA" + world.fresh(17)
    caller = Caller(
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
        user_id=f"{role_id}:{name}",
        role=role_name,
        session=name,
        tags=tags,
        expires=(context.now + timedelta(seconds=duration)).replace(microsecond=0),
        token="IQoJb3JpZ2luX2Vj" + world.fresh(240),
    )
    sessions.open(key, caller)
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": world.fresh(40),
            "SessionToken": caller.token,
            "Expiration": caller.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": caller.user_id, "Arn": caller.arn},
        "PackedPolicySize": 6 if tags else 0,
    }


def _tags(tags: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        if not (_TAG.match(key) and _TAG.match(value)):
            raise AwsError(
                "ValidationError", f"Session tag {key!r} holds characters that tags may not have"
            )
        if key.lower() in (seen.lower() for seen in found):
            raise AwsError(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            )
        found[key] = value
    return found


@STS.operation("GetCallerIdentity")
def get_caller_identity(context: Context, params: Params) -> Params:
    """Who is calling."""
    del params
    caller = context.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}
