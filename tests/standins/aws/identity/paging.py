"""Pages of lists: how many, from where, and the token of the next one."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from ..errors import AwsError
from ..simulator import Params
from .state import Directory

T = TypeVar("T")
_PREFIX = "from:"
_MOST = 100


def page(
    directory: Directory, items: Sequence[T], params: Params, refusal: str = "ValidationException"
) -> tuple[list[T], str | None]:
    """The asked page and the token of the next one; 100 items where the call names no number."""
    size: int = params.get("MaxResults") or params.get("maxResults") or _MOST
    if directory.page_limit is not None:
        size = min(size, directory.page_limit)
    start = _offset(params.get("NextToken") or params.get("nextToken"), refusal)
    end = start + size
    token = base64.b64encode(f"{_PREFIX}{end}".encode()).decode()
    return list(items[start:end]), token if end < len(items) else None


def answer(name: str, items: list[T], token: str | None) -> Params:
    """A page as the operations answer it."""
    return {name: items} | ({"NextToken": token} if token else {})


def _offset(token: str | None, refusal: str) -> int:
    if not token:
        return 0
    try:
        text = base64.b64decode(token, validate=True).decode()
        if not text.startswith(_PREFIX):
            raise ValueError(text)
        return int(text.removeprefix(_PREFIX))
    except ValueError:
        raise AwsError(refusal, "The NextToken is invalid.") from None
