"""The wire formats of AWS, each as one object with the same four methods."""

from __future__ import annotations

import re
from typing import Any, Protocol
from urllib.parse import parse_qs

from botocore.model import OperationModel, ServiceModel

from ..errors import AwsError
from ..wire import Request, Response
from .cbor import Cbor
from .json import Json
from .query import Query
from .rest_json import RestJson


class WireProtocol(Protocol):
    """Turns requests into members and members into answers."""

    def operation(self, service: ServiceModel, request: Request) -> tuple[str, dict[str, str]]:
        """The operation's name and what the address said of its members."""
        ...

    def decode(
        self, operation: OperationModel, request: Request, labels: dict[str, str]
    ) -> dict[str, Any]:
        """The members of the request, typed; what cannot be typed stays text."""
        ...

    def encode(
        self, operation: OperationModel, output: dict[str, Any], request_id: str
    ) -> Response:
        """An answer."""
        ...

    def error(self, service: ServiceModel | None, error: AwsError, request_id: str) -> Response:
        """An error answer."""
        ...


QUERY, JSON, REST_JSON, CBOR = Query(), Json(), RestJson(), Cbor()

_CBOR_PATH = re.compile(r"^/service/[^/]+/operation/[^/]+$")


def protocol_of(service: ServiceModel | None, request: Request) -> WireProtocol | None:
    """The protocol a request speaks; nothing for those that only moto reads (REST-XML, EC2)."""
    if _CBOR_PATH.match(request.target):
        return CBOR
    if "x-amz-target" in request.headers:
        return JSON
    known = service.metadata.get("protocols", [service.metadata["protocol"]]) if service else []
    if "query" in known or service is None:
        return QUERY
    return REST_JSON if "rest-json" in known else None


def api_version(request: Request) -> str | None:
    """The ``Version`` of a query request."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    return parse_qs(request.body.decode("utf-8", "replace")).get("Version", [None])[0]
