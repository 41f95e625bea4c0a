"""Putting people, groups, permission sets and assignments into a world, and looking at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import World
from .limits import Limits
from .permission_sets import add
from .sign_in import SignIns
from .state import (
    Assignment,
    Directory,
    Failure,
    Group,
    PermissionSet,
    User,
    directory_of,
    primary_email,
)

Order = dict[str, Any]
_BY = "the console"


def estate(world: World, order: Order) -> None:
    """Put many there at once; names refer to what the same order or an earlier one brought."""
    directory = directory_of(world)
    for item in order.get("accounts", []):
        directory.accounts[item["id"]] = item["name"]
    for item in order.get("groups", []):
        _add_group(directory, item)
    for item in order.get("users", []):
        _add_user(directory, item)
    for item in order.get("permission_sets", []):
        _add_permission_set(directory, item)
    for item in order.get("assignments", []):
        directory.assign(_assignment(directory, item))


def _add_user(directory: Directory, item: Order) -> str:
    name, email = item["name"], item.get("email")
    given = item.get("given") or name.capitalize()
    family = item.get("family") or "Example"
    attributes: Order = {
        "UserName": name,
        "DisplayName": item.get("display") or f"{given} {family}",
        "Name": {"GivenName": given, "FamilyName": family},
    }
    if email:
        attributes["Emails"] = [{"Value": email, "Type": "work", "Primary": True}]
    if item.get("title"):
        attributes["Title"] = item["title"]
    if item.get("disabled"):
        attributes["UserStatus"] = "DISABLED"
    if name.lower() in directory.by_user_name:
        raise ValueError(f"there is a user {name} already")
    if email and email.lower() in directory.by_email:
        raise ValueError(f"somebody has the address {email} already")
    user = directory.add_user(attributes, _BY)
    for group in item.get("groups", []):
        directory.add_membership(_group(directory, group).id, user.id, _BY)
    return user.id


def _add_group(directory: Directory, item: Order) -> str:
    name = item["name"]
    if name.lower() in directory.by_group_name:
        raise ValueError(f"there is a group {name} already")
    attributes = {"DisplayName": name}
    if item.get("description"):
        attributes["Description"] = item["description"]
    return directory.add_group(attributes, _BY).id


def _add_permission_set(directory: Directory, item: Order) -> str:
    if directory.permission_set_named(item["name"]):
        raise ValueError(f"there is a permission set {item['name']} already")
    made = add(directory, item["name"])
    made.description = item.get("description")
    made.duration = item.get("duration", "PT1H")
    made.managed = list(item.get("managed", []))
    made.inline_policy = item.get("inline_policy", "")
    return made.arn


def _user(directory: Directory, name: str) -> User:
    found = directory.by_user_name.get(name.lower())
    if found is None:
        raise ValueError(f"there is no user {name}")
    return directory.users[found]


def _group(directory: Directory, name: str) -> Group:
    found = directory.by_group_name.get(name.lower())
    if found is None:
        raise ValueError(f"there is no group {name}")
    return directory.groups[found]


def _permission_set(directory: Directory, name: str) -> PermissionSet:
    found = directory.permission_set_named(name)
    if found is None:
        raise ValueError(f"there is no permission set {name}")
    return found


def _assignment(directory: Directory, item: Order) -> Assignment:
    if item["account"] not in directory.accounts:
        raise ValueError(f"the organization has no account {item['account']}")
    if "user" in item:
        kind, principal = "USER", _user(directory, item["user"]).id
    elif "group" in item:
        kind, principal = "GROUP", _group(directory, item["group"]).id
    else:
        kind, principal = _principal(directory, item["principal"])
    arn = _permission_set(directory, item["permission_set"]).arn
    return Assignment(item["account"], arn, kind, principal)


def _principal(directory: Directory, name: str) -> tuple[str, str]:
    user = directory.by_user_name.get(name.lower())
    group = directory.by_group_name.get(name.lower())
    if bool(user) == bool(group):
        what = "both a user and a group" if user else "neither a user nor a group"
        raise ValueError(f"{name} is {what}")
    return ("USER", user) if user else ("GROUP", str(group))


def _bulk(world: World, order: Order) -> Any:
    estate(world, order)
    return {}


def _crowd(world: World, order: Order) -> Any:
    """Many people in many groups, each person in two of them."""
    directory = directory_of(world)
    groups = [
        _add_group(directory, {"name": f"team-{number:04d}"})
        for number in range(1, order["groups"] + 1)
    ]
    for number in range(1, order["users"] + 1):
        name = f"user-{number:04d}"
        user = _add_user(
            directory, {"name": name, "email": f"{name}@example.com", "family": f"{number:04d}"}
        )
        for place in {number % len(groups), number * 7 % len(groups)} if groups else ():
            directory.add_membership(groups[place], user, _BY)
    return {}


def _add_one_user(world: World, order: Order) -> Any:
    return {"id": _add_user(directory_of(world), order)}


def _add_one_group(world: World, order: Order) -> Any:
    return {"id": _add_group(directory_of(world), order)}


def _add_one_permission_set(world: World, order: Order) -> Any:
    return {"id": _add_permission_set(directory_of(world), order)}


def _member(world: World, order: Order) -> Any:
    directory = directory_of(world)
    user, group = _user(directory, order["user"]), _group(directory, order["group"])
    found = directory.membership(group.id, user.id)
    if order["is"] and found is None:
        directory.add_membership(group.id, user.id, _BY)
    elif not order["is"] and found is not None:
        directory.remove_membership(found)
    return {}


def _assigned(world: World, order: Order) -> Any:
    directory = directory_of(world)
    assignment = _assignment(directory, order)
    if order["is"]:
        directory.assign(assignment)
    else:
        directory.unassign(assignment)
    return {}


def _alter_user(world: World, order: Order) -> Any:
    directory = directory_of(world)
    user = _user(directory, order["name"])
    directory.forget_names(user)
    user.attributes = user.attributes | order["set"]
    directory.index_user(user)
    user.revision += 1
    return {}


def _remove_principal(world: World, order: Order) -> Any:
    directory = directory_of(world)
    kind, found = _principal(directory, order["name"])
    if kind == "USER":
        directory.remove_user(directory.users[found])
    else:
        directory.remove_group(directory.groups[found])
    return {}


def _users(world: World, order: Order) -> Any:
    del order
    directory = directory_of(world)
    return [
        {
            "id": user.id,
            "name": user.name,
            "display_name": user.attributes["DisplayName"],
            "email": primary_email(user.attributes),
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
    group = _group(directory, order["group"])
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
    found = _permission_set(directory, order["permission_set"])
    if order.get("account") is None:
        return {"policy": found.inline_policy or None}
    provisioned = directory.provisioned.get((found.arn, order["account"]))
    return {"policy": (provisioned.inline_policy or None) if provisioned else None}


def _assignment_fails(world: World, order: Order) -> Any:
    directory_of(world).failures.append(Failure(order["reason"], order.get("kind") or ""))
    return {}


def _assignments_take(world: World, order: Order) -> Any:
    directory_of(world).assignment_takes = float(order["seconds"])
    return {}


def _pages(world: World, order: Order) -> Any:
    directory_of(world).page_limit = order["items"]
    return {}


def _device(world: World, order: Order) -> Any:
    sign_ins: SignIns = world.part(SignIns)
    device = sign_ins.waiting(order["code"])
    if order.get("user") is None:
        device.denied = True
    else:
        device.user = _user(directory_of(world), order["user"]).id
    return {}


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


def _keep_rate_limits(world: World, order: Order) -> Any:
    del order
    limits: Limits = world.part(Limits)
    limits.enforced = True
    return {}


def _limits(world: World, order: Order) -> Any:
    del order
    limits: Limits = world.part(Limits)
    return {
        "busiest_second": limits.busiest_second,
        "most_outstanding": limits.most_outstanding,
    }


VERBS: dict[str, Callable[[World, Order], Any]] = {
    "directory": _bulk,
    "crowd": _crowd,
    "user": _add_one_user,
    "group": _add_one_group,
    "permission-set": _add_one_permission_set,
    "member": _member,
    "assigned": _assigned,
    "alter-user": _alter_user,
    "remove-principal": _remove_principal,
    "users": _users,
    "groups": _groups,
    "members": _members,
    "assignments": _assignments,
    "inline-policy": _inline_policy,
    "assignment-fails": _assignment_fails,
    "assignments-take": _assignments_take,
    "pages": _pages,
    "device": _device,
    "devices": _devices,
    "signed-in": _signed_in,
    "keep-rate-limits": _keep_rate_limits,
    "limits": _limits,
}
