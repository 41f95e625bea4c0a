"""What a model forbids: unknown and missing members, types, enums, lengths, patterns."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import regex
from botocore.model import Shape

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "character": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": datetime,
    "blob": (bytes, str),
}


def problems(shape: Shape | None, value: Any, path: str = "") -> Iterator[str]:
    """Every way in which a value breaks its shape, one sentence each."""
    if shape is None:
        if value:
            yield f"no members are known here: {', '.join(value)}"
        return
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path or 'input'} is not a list"
            return
        yield from _size(shape, len(value), path, "items")
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path or 'input'} is not a map"
            return
        yield from _size(shape, len(value), path, "entries")
        for key, item in value.items():
            yield from problems(shape.key, key, f"{path} key")
            yield from problems(shape.value, item, f"{path}[{key}]")
    else:
        yield from _scalar(shape, value, path)


def _structure(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield f"{path or 'input'} is not a structure"
        return
    members = shape.members
    dot = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"missing required member {dot}{name}"
    for name, item in value.items():
        if name not in members:
            yield f"unknown member {dot}{name}"
        elif item is not None:
            yield from problems(members[name], item, f"{dot}{name}")
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield f"{path or 'input'} must have exactly one member"


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    expected = _TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        yield f"{path} is not a {shape.type_name}: {value!r}"
        return
    metadata = shape.metadata
    if not metadata:
        return
    allowed = metadata.get("enum")
    if allowed and value not in allowed:
        yield f"{path} must be one of {', '.join(allowed)}, not {value!r}"
    if isinstance(value, str):
        yield from _size(shape, len(value), path, "characters")
        pattern = metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield f"{path} does not match {pattern}: {value!r}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _size(shape, value, path, "")


def _size(shape: Shape, size: float, path: str, unit: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{path} must be at least {low} {unit}".rstrip() + f", not {size}"
    if high is not None and size > high:
        yield f"{path} must be at most {high} {unit}".rstrip() + f", not {size}"


@functools.cache
def _compiled(pattern: str) -> Any:
    try:
        return regex.compile(pattern)
    except regex.error:
        # A few models carry patterns of another dialect; they cannot judge.
        return None


# Lists show the same values over and over.
@functools.lru_cache(maxsize=1 << 16)
def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(value) is not None
