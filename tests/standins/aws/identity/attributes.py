"""Changing attributes by path, as UpdateUser and UpdateGroup do."""

from __future__ import annotations

import copy
from typing import Any

from .service import invalid

# Wire paths begin in lower case, the members of the model in upper case.
_TEXTS = (
    "userName",
    "displayName",
    "nickName",
    "profileUrl",
    "userType",
    "title",
    "preferredLanguage",
    "locale",
    "timezone",
    "userStatus",
    "website",
    "birthdate",
)
_NAMES = (
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
)
_LISTS: dict[str, tuple[str, ...]] = {
    "emails": ("value", "type", "primary"),
    "phoneNumbers": ("value", "type", "primary"),
    "roles": ("value", "type", "primary"),
    "photos": ("value", "type", "display", "primary"),
    "addresses": (
        "streetAddress",
        "locality",
        "region",
        "postalCode",
        "country",
        "formatted",
        "type",
        "primary",
    ),
}
USER_PATHS = frozenset([*_TEXTS, *(f"name.{part}" for part in _NAMES), *_LISTS])
GROUP_PATHS = frozenset(["displayName", "description"])


def change(
    attributes: dict[str, Any], operations: list[dict[str, Any]], known: frozenset[str]
) -> dict[str, Any]:
    """The attributes after all operations; an operation without a value takes one away."""
    found = copy.deepcopy(attributes)
    for operation in operations:
        path, value = operation["AttributePath"], operation.get("AttributeValue")
        if path not in known:
            raise invalid(f"Unsupported attribute path: {path}")
        *parents, leaf = path.split(".")
        target = found
        for parent in parents:
            target = target.setdefault(_upper(parent), {})
        if value is None:
            target.pop(_upper(leaf), None)
        else:
            target[_upper(leaf)] = _value(path, value)
    return found


def _value(path: str, value: Any) -> Any:
    if path in _LISTS:
        if not isinstance(value, list) or not 1 <= len(value) <= (3 if path == "photos" else 1):
            raise invalid(f"{path} must be a list of one item.")
        return [_item(path, item) for item in value]
    if not isinstance(value, str) or not value:
        raise invalid(f"{path} must be a string that is not empty.")
    if path == "userStatus" and value not in ("ENABLED", "DISABLED"):
        raise invalid("userStatus must be ENABLED or DISABLED.")
    return value


def _item(path: str, item: Any) -> dict[str, Any]:
    if not isinstance(item, dict) or not set(item) <= set(_LISTS[path]):
        raise invalid(f"{path} may have only {', '.join(_LISTS[path])}.")
    for name, value in item.items():
        expected = bool if name == "primary" else str
        if not isinstance(value, expected) or value == "":
            raise invalid(f"{path}.{name} is not a {expected.__name__}.")
    return {_upper(name): value for name, value in item.items()}


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]
