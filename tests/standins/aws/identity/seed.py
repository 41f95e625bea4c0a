"""Putting people, groups, permission sets and assignments into a world, as in the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import World
from .names import group_named, permission_set_named, principal_named, user_named
from .permission_sets import add
from .state import Assignment, Directory, directory_of

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
        directory.add_membership(group_named(directory, group).id, user.id, _BY)
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


def _assignment(directory: Directory, item: Order) -> Assignment:
    if item["account"] not in directory.accounts:
        raise ValueError(f"the organization has no account {item['account']}")
    if "user" in item:
        kind, principal = "USER", user_named(directory, item["user"]).id
    elif "group" in item:
        kind, principal = "GROUP", group_named(directory, item["group"]).id
    else:
        kind, principal = principal_named(directory, item["principal"])
    arn = permission_set_named(directory, item["permission_set"]).arn
    return Assignment(item["account"], arn, kind, principal)


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
    user, group = user_named(directory, order["user"]), group_named(directory, order["group"])
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
    user = user_named(directory, order["name"])
    directory.forget_names(user)
    user.attributes = user.attributes | order["set"]
    directory.index_user(user)
    user.revision += 1
    return {}


def _remove_principal(world: World, order: Order) -> Any:
    directory = directory_of(world)
    kind, found = principal_named(directory, order["name"])
    if kind == "USER":
        directory.remove_user(directory.users[found])
    else:
        directory.remove_group(directory.groups[found])
    return {}


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
}
