"""Identity store: users."""

from __future__ import annotations

from typing import Any

import regex

from ..simulator import Context, Params
from .attributes import USER_PATHS, change
from .paging import answer, page
from .service import IDENTITY_STORE, bare, duplicate, invalid, missing, moved, store
from .state import STORE_ID, Directory, User, primary_email

# The model's pattern, which AWS applies to the whole name: no blanks.
_USER_NAME = regex.compile(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_RESERVED = ("administrator", "awsadministrators")


@IDENTITY_STORE.operation("CreateUser")
def create_user(context: Context, params: Params) -> Params:
    """Create a user; name and primary address must be unique, whatever their case."""
    directory = store(context, params, "CreateUser")
    attributes = {
        name: value
        for name, value in params.items()
        if name not in ("IdentityStoreId", "Extensions") and value is not None
    }
    _check(directory, attributes, None)
    user = directory.add_user(attributes, context.caller.arn)
    return _named(user) | {"Revision": str(user.revision)}


@IDENTITY_STORE.operation("DescribeUser")
def describe_user(context: Context, params: Params) -> Params:
    """One user."""
    return view(find(store(context, params), params["UserId"]))


@IDENTITY_STORE.operation("UpdateUser")
def update_user(context: Context, params: Params) -> Params:
    """Change attributes by path; all of them or none."""
    directory = store(context, params, "UpdateUser")
    user = find(directory, params["UserId"])
    if params.get("Revision") not in (None, str(user.revision)):
        raise moved("USER")
    attributes = change(user.attributes, params["Operations"], USER_PATHS)
    _check(directory, attributes, user)
    directory.forget_names(user)
    user.attributes = attributes
    directory.index_user(user)
    user.revision += 1
    user.updated, user.updated_by = context.now, context.caller.arn
    return _named(user) | {"Revision": str(user.revision)}


@IDENTITY_STORE.operation("DeleteUser")
def delete_user(context: Context, params: Params) -> Params:
    """Delete a user; memberships go along, account assignments stay behind without a person.

    That is what people find at AWS (github.com/61418/aws-sso-util/issues/93).
    """
    directory = store(context, params, "DeleteUser")
    user = find(directory, params["UserId"])
    if params.get("Revision") not in (None, str(user.revision)):
        raise moved("USER")
    directory.remove_user(user)
    return {}


@IDENTITY_STORE.operation("ListUsers")
def list_users(context: Context, params: Params) -> Params:
    """All users, or the one of a name; AWS has no other filter."""
    directory = store(context, params)
    users = list(directory.users.values())
    for wanted in params.get("Filters", []):
        if wanted["AttributePath"] != "UserName":
            raise invalid(f"Unsupported filter attribute path: {wanted['AttributePath']}")
        name = wanted["AttributeValue"].lower()
        users = [user for user in users if user.name.lower() == name]
    found, token = page(directory, users, params)
    return answer("Users", [view(user) for user in found], token)


@IDENTITY_STORE.operation("GetUserId")
def get_user_id(context: Context, params: Params) -> Params:
    """The user behind a name, an address or an identity provider's identifier."""
    directory = store(context, params)
    wanted = params["AlternateIdentifier"]
    found: str | None = None
    if unique := wanted.get("UniqueAttribute"):
        value = unique["AttributeValue"]
        if not isinstance(value, str):
            raise invalid("AttributeValue must be a string.")
        index = {"userName": directory.by_user_name, "emails.value": directory.by_email}.get(
            unique["AttributePath"]
        )
        if index is None:
            raise invalid(f"Unsupported attribute path: {unique['AttributePath']}")
        found = index.get(value.lower())
    elif external := wanted.get("ExternalId"):
        found = external_id(directory.users.values(), external)
    if found is None:
        raise missing("USER")
    return _named(directory.users[found])


def external_id(candidates: Any, wanted: dict[str, str]) -> str | None:
    """The user or group that an identity provider knows by that identifier."""
    for candidate in candidates:
        if wanted in candidate.attributes.get("ExternalIds", []):
            found: str = candidate.id
            return found
    return None


def find(directory: Directory, identifier: str) -> User:
    """A user by identifier; ResourceNotFoundException."""
    found = directory.users.get(bare(identifier))
    if found is None:
        raise missing("USER", bare(identifier))
    return found


def view(user: User) -> Params:
    """A user as the identity store answers."""
    return (
        _named(user)
        | user.attributes
        | {
            "Revision": str(user.revision),
            "CreatedAt": user.created,
            "CreatedBy": user.created_by,
            "UpdatedAt": user.updated,
            "UpdatedBy": user.updated_by,
        }
    )


def _named(user: User) -> Params:
    return {
        "IdentityStoreId": STORE_ID,
        "UserId": user.id,
        "UserArn": f"arn:aws:identitystore:::user/{user.id}",
    }


def _check(directory: Directory, attributes: dict[str, Any], of: User | None) -> None:
    """What AWS demands of a user beyond its model: name parts, form and uniqueness."""
    name = attributes.get("UserName")
    full = attributes.get("Name") or {}
    if not name or not attributes.get("DisplayName"):
        raise invalid("UserName and DisplayName are required.")
    if not full.get("GivenName") or not full.get("FamilyName"):
        raise invalid("Name.GivenName and Name.FamilyName are required.")
    if not _USER_NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise invalid(f"UserName {name!r} is not allowed.")
    own = of.id if of else None
    if directory.by_user_name.get(name.lower(), own) != own:
        raise duplicate("Duplicate UserName")
    email = primary_email(attributes)
    if email and directory.by_email.get(email.lower(), own) != own:
        raise duplicate("Duplicate Email")
