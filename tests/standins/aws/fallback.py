"""moto, for the services without a simulator of ours.

moto keeps one state for the process, by account. Each world therefore shows it
accounts of its own: account numbers are replaced on the way in and back on the
way out. (S3's bucket names, global in moto, are the one thing worlds share.)
"""

from __future__ import annotations

import io
import re
import threading
from typing import Any

from .wire import Request, Response
from .world import World

_ACCOUNT = re.compile(rb"(?<!\d)\d{12}(?!\d)")
_IMPORTING = threading.Lock()
_app: Any = None


class Gap(Exception):
    """moto does not implement this."""


class Aliases:
    """The account numbers one world has in moto."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._to: dict[bytes, bytes] = {}
        self._back: dict[bytes, bytes] = {}

    def alias(self, account: bytes) -> bytes:
        """The number moto knows an account by."""
        if account not in self._to:
            alias = f"{self._world.number % 100_000:05d}{len(self._to):07d}".encode()
            self._to[account], self._back[alias] = alias, account
        return self._to[account]

    def inward(self, data: bytes, account: str) -> bytes:
        """Replace the account numbers this world knows."""
        self.alias(account.encode())
        return _ACCOUNT.sub(lambda match: self._to.get(match[0], match[0]), data)

    def outward(self, data: bytes) -> bytes:
        """Put the real account numbers back."""
        return _ACCOUNT.sub(lambda match: self._back.get(match[0], match[0]), data)


def call(world: World, account: str, request: Request) -> Response:
    """Hand a request to moto; :class:`Gap` if it has no such operation."""
    aliases: Aliases = world.part(Aliases)
    body = aliases.inward(request.body, account)
    target = aliases.inward(request.target.encode(), account).decode()
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = aliases.alias(account.encode()).decode()
    status: list[Any] = []

    def start(line: str, headers: list[tuple[str, str]], info: Any = None) -> None:
        del info
        status[:] = [int(line.split()[0]), headers]

    try:
        answer = b"".join(_application()(environ, start))
    except NotImplementedError:
        raise Gap from None
    headers = {name.lower(): value for name, value in status[1]}
    if status[0] in (404, 500) and "html" in headers.get("content-type", ""):
        raise Gap
    for hop in ("content-length", "connection", "date", "server"):
        headers.pop(hop, None)
    return Response(status[0], aliases.outward(answer), headers)


def _application() -> Any:
    """moto's WSGI application; importing it takes a second, so only when it is needed."""
    global _app
    with _IMPORTING:
        if _app is None:
            import logging

            from moto.moto_server.werkzeug_app import (
                DomainDispatcherApplication,
                create_backend_app,
            )

            logging.getLogger("moto").setLevel(logging.CRITICAL)
            _app = DomainDispatcherApplication(create_backend_app)
    return _app
