"""Finding by the names a test uses; ValueError, with the reason, for what is not there."""

from __future__ import annotations

from .state import Directory, Group, PermissionSet, User


def user_named(directory: Directory, name: str) -> User:
    """A user by user name, in any case."""
    found = directory.by_user_name.get(name.lower())
    if found is None:
        raise ValueError(f"there is no user {name}")
    return directory.users[found]


def group_named(directory: Directory, name: str) -> Group:
    """A group by display name, in any case."""
    found = directory.by_group_name.get(name.lower())
    if found is None:
        raise ValueError(f"there is no group {name}")
    return directory.groups[found]


def permission_set_named(directory: Directory, name: str) -> PermissionSet:
    """A permission set by name."""
    found = directory.permission_set_named(name)
    if found is None:
        raise ValueError(f"there is no permission set {name}")
    return found


def principal_named(directory: Directory, name: str) -> tuple[str, str]:
    """A user or a group, whichever has that name."""
    user = directory.by_user_name.get(name.lower())
    group = directory.by_group_name.get(name.lower())
    if bool(user) == bool(group):
        what = "both a user and a group" if user else "neither a user nor a group"
        raise ValueError(f"{name} is {what}")
    return ("USER", user) if user else ("GROUP", str(group))
