"""sso: the access portal as its signed-in person sees it."""

from __future__ import annotations

import re
from datetime import timedelta

from ..errors import AwsError
from ..simulator import Caller, Context, Params
from ..sts import Sessions
from ..world import World
from .paging import page
from .service import PORTAL
from .sign_in import SignIns
from .state import MANAGEMENT_ACCOUNT, Assignment, Directory, User, directory_of

_HOURS = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?$")


@PORTAL.operation("ListAccounts")
def list_accounts(context: Context, params: Params) -> Params:
    """The accounts one may go to."""
    directory = directory_of(context.world)
    access = _access(context, params)
    accounts = sorted({each.account for each in access}, key=lambda item: _name(directory, item))
    found, token = page(directory, accounts, params, "InvalidRequestException")
    views = [
        {
            "accountId": account,
            "accountName": _name(directory, account),
            "emailAddress": f"aws+{_name(directory, account)}@example.com",
        }
        for account in found
    ]
    return {"accountList": views} | ({"nextToken": token} if token else {})


@PORTAL.operation("ListAccountRoles")
def list_account_roles(context: Context, params: Params) -> Params:
    """The roles one may take in an account: its permission sets by name."""
    directory = directory_of(context.world)
    roles = sorted(_roles(context, params))
    if not roles:
        raise _no_access()
    found, token = page(directory, roles, params, "InvalidRequestException")
    views = [{"roleName": role, "accountId": params["accountId"]} for role in found]
    return {"roleList": views} | ({"nextToken": token} if token else {})


@PORTAL.operation("GetRoleCredentials")
def get_role_credentials(context: Context, params: Params) -> Params:
    """Credentials of a role for as long as its permission set allows."""
    roles = _roles(context, params)
    if params["roleName"] not in roles:
        raise _no_access()
    user = _signed_in(context, params)
    world, account = context.world, params["accountId"]
    match = _HOURS.match(roles[params["roleName"]])
    hours, minutes = (int(part or 0) for part in match.groups()) if match else (1, 0)
    expires = (context.now + timedelta(hours=hours, minutes=minutes)).replace(microsecond=0)
    role = f"AWSReservedSSO_{params['roleName']}_{world.fresh(16, '0123456789abcdef')}"
    caller = Caller(
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role}/{user.name}",
        user_id=f"AROA{world.fresh(17)}:{user.name}",
        role=role,
        session=user.name,
        expires=expires,
        token="IQoJb3JpZ2luX2Vj" + world.fresh(240),
    )
    key = "ASIA" + world.fresh(16)
    sessions: Sessions = world.part(Sessions)
    sessions.open(key, caller)
    return {
        "roleCredentials": {
            "accessKeyId": key,
            "secretAccessKey": world.fresh(40),
            "sessionToken": caller.token,
            "expiration": int(expires.timestamp() * 1000),
        }
    }


@PORTAL.operation("Logout")
def logout(context: Context, params: Params) -> Params:
    """End the session; its token is worth nothing afterwards."""
    _signed_in(context, params)
    sign_ins: SignIns = context.world.part(SignIns)
    del sign_ins.tokens[params["accessToken"]]
    return {}


def visitor(world: World, params: Params) -> Caller:
    """Who makes an unsigned call: the person behind its token, if there is one."""
    sign_ins: SignIns = world.part(SignIns)
    user = sign_ins.user(params.get("accessToken"))
    return Caller(MANAGEMENT_ACCOUNT, "", "", session=user.name if user else "")


def _access(context: Context, params: Params) -> list[Assignment]:
    return directory_of(context.world).access_of(_signed_in(context, params).id)


def _roles(context: Context, params: Params) -> dict[str, str]:
    """Session durations by role name, for the account of the call."""
    sets = directory_of(context.world).permission_sets
    return {
        sets[each.permission_set].name: sets[each.permission_set].duration
        for each in _access(context, params)
        if each.account == params["accountId"]
    }


def _signed_in(context: Context, params: Params) -> User:
    sign_ins: SignIns = context.world.part(SignIns)
    user = sign_ins.user(params["accessToken"])
    if user is None:
        raise AwsError("UnauthorizedException", "Session token not found or invalid", 401)
    return user


def _no_access() -> AwsError:
    """Not in the model, but what AWS answers."""
    return AwsError("ForbiddenException", "No access", 403)


def _name(directory: Directory, account: str) -> str:
    return directory.accounts.get(account, account)
