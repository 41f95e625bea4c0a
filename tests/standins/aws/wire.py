"""A small HTTP/1.1 server: keep-alive, no delay, one write for each answer.

The standard library's handler costs some 45 ms a call with Nagle's algorithm
on and unbuffered writes, which would be most of a test's time.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass
class Request:
    """One HTTP request; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Response:
    """One HTTP answer; a status of 0 closes the connection without answering."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def cut(cls) -> Response:
        """The answer that never arrives."""
        return cls(0)


Handler = Callable[[Request], Response]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        server = cast("_Listener", self.server)
        answer = server.answer(Request(self.command, self.path, headers, body))
        if answer.status == 0:
            self.close_connection = True
            # A reset rather than an orderly end: what a cut line looks like.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        # No Date header: the world's clock is not the machine's, and SDKs correct their
        # signing time by it.
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the call log is what tells."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler: Handler) -> None:
        self.answer = handler
        super().__init__(("127.0.0.1", 0), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not news."""


class Server:
    """A listener on a free loopback port."""

    def __init__(self, handler: Handler) -> None:
        self._listener = _Listener(handler)
        self.port: int = self._listener.server_address[1]

    def start(self) -> None:
        """Serve in the background."""
        # The poll interval is how long `stop` may take.
        thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()

    def stop(self) -> None:
        """Stop listening; answers under way are finished."""
        self._listener.shutdown()
        self._listener.server_close()
