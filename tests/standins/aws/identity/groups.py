"""Identity store: groups."""

from __future__ import annotations

from ..simulator import Context, Params
from .attributes import GROUP_PATHS, change
from .paging import answer, page
from .service import IDENTITY_STORE, bare, duplicate, invalid, missing, moved, store
from .state import STORE_ID, Directory, Group
from .users import external_id

_RESERVED = ("administrator", "awsadministrators")


@IDENTITY_STORE.operation("CreateGroup")
def create_group(context: Context, params: Params) -> Params:
    """Create a group; its display name must be unique."""
    directory = store(context, params, "CreateGroup")
    attributes = {name: params[name] for name in ("DisplayName", "Description") if params.get(name)}
    _check(directory, attributes.get("DisplayName"), None)
    group = directory.add_group(attributes, context.caller.arn)
    return _named(group) | {"Revision": str(group.revision)}


@IDENTITY_STORE.operation("DescribeGroup")
def describe_group(context: Context, params: Params) -> Params:
    """One group."""
    return view(find(store(context, params), params["GroupId"]))


@IDENTITY_STORE.operation("UpdateGroup")
def update_group(context: Context, params: Params) -> Params:
    """Change a group's name or description."""
    directory = store(context, params, "UpdateGroup")
    group = find(directory, params["GroupId"])
    if params.get("Revision") not in (None, str(group.revision)):
        raise moved("GROUP")
    attributes = change(group.attributes, params["Operations"], GROUP_PATHS)
    _check(directory, attributes.get("DisplayName"), group)
    directory.by_group_name.pop(group.name.lower())
    group.attributes = attributes
    directory.by_group_name[group.name.lower()] = group.id
    group.revision += 1
    group.updated, group.updated_by = context.now, context.caller.arn
    return _named(group) | {"Revision": str(group.revision)}


@IDENTITY_STORE.operation("DeleteGroup")
def delete_group(context: Context, params: Params) -> Params:
    """Delete a group with its memberships; account assignments stay behind."""
    directory = store(context, params, "DeleteGroup")
    group = find(directory, params["GroupId"])
    if params.get("Revision") not in (None, str(group.revision)):
        raise moved("GROUP")
    directory.remove_group(group)
    return {}


@IDENTITY_STORE.operation("ListGroups")
def list_groups(context: Context, params: Params) -> Params:
    """All groups, or the one of a display name; AWS has no other filter."""
    directory = store(context, params)
    groups = list(directory.groups.values())
    for wanted in params.get("Filters", []):
        if wanted["AttributePath"] != "DisplayName":
            raise invalid(f"Unsupported filter attribute path: {wanted['AttributePath']}")
        name = wanted["AttributeValue"].lower()
        groups = [group for group in groups if group.name.lower() == name]
    found, token = page(directory, groups, params)
    return answer("Groups", [view(group) for group in found], token)


@IDENTITY_STORE.operation("GetGroupId")
def get_group_id(context: Context, params: Params) -> Params:
    """The group behind a display name or an identity provider's identifier."""
    directory = store(context, params)
    wanted = params["AlternateIdentifier"]
    found: str | None = None
    if unique := wanted.get("UniqueAttribute"):
        if unique["AttributePath"] != "displayName":
            raise invalid(f"Unsupported attribute path: {unique['AttributePath']}")
        if not isinstance(unique["AttributeValue"], str):
            raise invalid("AttributeValue must be a string.")
        found = directory.by_group_name.get(unique["AttributeValue"].lower())
    elif external := wanted.get("ExternalId"):
        found = external_id(directory.groups.values(), external)
    if found is None:
        raise missing("GROUP")
    return _named(directory.groups[found])


def find(directory: Directory, identifier: str) -> Group:
    """A group by identifier; ResourceNotFoundException."""
    found = directory.groups.get(bare(identifier))
    if found is None:
        raise missing("GROUP", bare(identifier))
    return found


def view(group: Group) -> Params:
    """A group as the identity store answers."""
    return (
        _named(group)
        | group.attributes
        | {
            "Revision": str(group.revision),
            "CreatedAt": group.created,
            "CreatedBy": group.created_by,
            "UpdatedAt": group.updated,
            "UpdatedBy": group.updated_by,
        }
    )


def _named(group: Group) -> Params:
    return {
        "IdentityStoreId": STORE_ID,
        "GroupId": group.id,
        "GroupArn": f"arn:aws:identitystore:::group/{group.id}",
    }


def _check(directory: Directory, name: str | None, of: Group | None) -> None:
    if not name:
        raise invalid("DisplayName is required.")
    if name.lower() in _RESERVED:
        raise invalid(f"DisplayName {name!r} is not allowed.")
    own = of.id if of else None
    if directory.by_group_name.get(name.lower(), own) != own:
        raise duplicate("Duplicate GroupDisplayName")
