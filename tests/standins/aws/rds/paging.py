"""Pages and filters, as every Describe operation of RDS has them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import invalid_value
from ..simulator import Params

T = TypeVar("T")
_PREFIX = "page:"


def page(items: Sequence[T], params: Params, least: int = 20) -> tuple[list[T], str | None]:
    """The asked page of ``items`` and the marker of the next one.

    RDS allows 20 to 100 records a page and takes 100 when none is asked for.
    """
    size = params.get("MaxRecords", 100)
    if not least <= size <= 100:
        raise invalid_value(f"Invalid value {size} for MaxRecords. Must be between {least} and 100")
    start = _offset(params.get("Marker"))
    end = start + size
    return list(items[start:end]), _marker(end) if end < len(items) else None


def _marker(offset: int) -> str:
    return base64.b64encode(f"{_PREFIX}{offset}".encode()).decode()


def _offset(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        text = base64.b64decode(marker, validate=True).decode()
        if not text.startswith(_PREFIX):
            raise ValueError(text)
        return int(text.removeprefix(_PREFIX))
    except ValueError:
        raise invalid_value("The parameter Marker is invalid.") from None


Filter = Callable[[Any, list[str]], bool]


def filtered(items: Iterable[T], params: Params, known: Mapping[str, Filter]) -> list[T]:
    """The items that pass every filter; RDS's error for a filter it does not have."""
    found = list(items)
    for order in params.get("Filters", []):
        name, values = order["Name"], order["Values"]
        if name not in known:
            raise invalid_value(f"Unrecognized filter name: {name}")
        found = [item for item in found if known[name](item, values)]
    return found


def answer(name: str, items: list[Any], marker: str | None) -> Params:
    """A page as the operations answer it."""
    return {name: items} | ({"Marker": marker} if marker else {})
