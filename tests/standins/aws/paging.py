"""Pages of JSON services: a token that says where the next one begins."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from .errors import AwsError

T = TypeVar("T")
_PREFIX = "from:"


def page(
    items: Sequence[T], token: str | None, size: int, error: AwsError
) -> tuple[list[T], str | None]:
    """The asked page and the token of the next one; `error` for a token nobody gave out."""
    start = 0
    if token:
        try:
            text = base64.b64decode(token, validate=True).decode()
            if not text.startswith(_PREFIX):
                raise ValueError(text)
            start = int(text.removeprefix(_PREFIX))
        except ValueError:
            raise error from None
    end = start + size
    following = base64.b64encode(f"{_PREFIX}{end}".encode()).decode() if end < len(items) else None
    return list(items[start:end]), following
