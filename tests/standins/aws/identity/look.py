"""What there is in a world's IAM Identity Center, by names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import World
from .limits import Limits
from .names import group_named, permission_set_named
from .sign_in import SignIns
from .state import directory_of

Order = dict[str, Any]


def _users(world: World, order: Order) -> Any:
    del order
    directory = directory_of(world)
    return [
        {
            "id": user.id,
            "name": user.name,
            "display_name": user.attributes["DisplayName"],
            "email": user.email,
            "title": user.attributes.get("Title"),
            "enabled": user.enabled,
            "groups": sorted(
                directory.groups[each.group].name for each in directory.memberships_of(user.id)
            ),
        }
        for user in directory.users.values()
    ]


def _groups(world: World, order: Order) -> Any:
    del order
    return sorted(group.name for group in directory_of(world).groups.values())


def _members(world: World, order: Order) -> Any:
    directory = directory_of(world)
    group = group_named(directory, order["group"])
    return sorted(directory.users[each.user].name for each in directory.members_of(group.id))


def _assignments(world: World, order: Order) -> Any:
    """By names; what is left of a deleted principal by its identifier."""
    del order
    directory = directory_of(world)
    found = []
    for each in directory.assignments:
        known: dict[str, Any] = directory.users if each.kind == "USER" else directory.groups
        principal = known.get(each.principal)
        found.append(
            {
                "account": each.account,
                "permission_set": directory.permission_sets[each.permission_set].name,
                "principal_kind": each.kind,
                "principal": principal.name if principal else each.principal,
            }
        )
    return sorted(found, key=lambda item: tuple(item.values()))


def _inline_policy(world: World, order: Order) -> Any:
    """As it stands, or as one account has it."""
    directory = directory_of(world)
    found = permission_set_named(directory, order["permission_set"])
    if order.get("account") is None:
        return {"policy": found.inline_policy or None}
    provisioned = directory.provisioned.get((found.arn, order["account"]))
    return {"policy": (provisioned.inline_policy or None) if provisioned else None}


def _devices(world: World, order: Order) -> Any:
    del order
    sign_ins: SignIns = world.part(SignIns)
    return [
        device.user_code
        for device in sign_ins.devices.values()
        if device.user is None and not device.denied and device.expires > world.now
    ]


def _signed_in(world: World, order: Order) -> Any:
    del order
    sign_ins: SignIns = world.part(SignIns)
    people = (sign_ins.user(token) for token in sign_ins.tokens)
    return sorted(user.name for user in people if user)


def _limits(world: World, order: Order) -> Any:
    del order
    limits: Limits = world.part(Limits)
    return {
        "busiest_second": limits.busiest_second,
        "most_outstanding": limits.most_outstanding,
    }


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "users": _users,
    "groups": _groups,
    "members": _members,
    "assignments": _assignments,
    "inline-policy": _inline_policy,
    "devices": _devices,
    "signed-in": _signed_in,
    "limits": _limits,
}
