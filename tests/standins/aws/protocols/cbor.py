"""Smithy RPC v2 with CBOR: the operation in the path, CBOR both ways (CloudWatch in the Rust SDK).

Read and written by botocore's own parser and serializer; the headers and the shape of errors are
those of "Smithy RPC v2 CBOR protocol" in Smithy's documentation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import ResponseParserError, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from .. import clock
from ..errors import AwsError
from ..model import error_shape
from ..wire import Request, Response

_NAME = "rpc-v2-cbor"


class Cbor:
    """The protocol ``smithy-rpc-v2-cbor``."""

    def operation(self, service: ServiceModel, request: Request) -> tuple[str, dict[str, str]]:
        """``/service/Service/operation/Operation`` names the operation."""
        del service
        if request.headers.get("smithy-protocol") != _NAME:
            raise AwsError("SerializationException", f"The header smithy-protocol is not {_NAME}.")
        return request.target.rpartition("/")[2], {}

    def decode(
        self, operation: OperationModel, request: Request, labels: dict[str, str]
    ) -> dict[str, Any]:
        """The body's members."""
        del operation, labels
        return _plain(read(request.body)) if request.body else {}

    def encode(
        self, operation: OperationModel, output: dict[str, Any], request_id: str
    ) -> Response:
        """A CBOR document; nothing at all for an operation without output."""
        shape = operation.output_shape
        if shape is None:
            return Response(200, b"", _headers(request_id))
        return _answer(200, write(shape, output), request_id)

    def error(self, service: ServiceModel | None, error: AwsError, request_id: str) -> Response:
        """``__type``, the sentence, and the code a service had when it still spoke Query."""
        shape = error_shape(service.service_name, error.code) if service else None
        name = shape.name if shape else error.code
        body = bytearray(_start(_MAP, 2 + len(error.fields)))
        members = {"__type": name, "message": error.message} | error.fields
        for key, value in members.items():
            _text(body, key)
            _text(body, str(value))
        response = _answer(error.status, bytes(body), request_id)
        if service is not None and "awsQueryCompatible" in service.metadata:
            blame = "Sender" if error.status < 500 else "Receiver"
            response.headers["x-amzn-query-error"] = f"{error.code};{blame}"
        return response


_MAP, _TEXT = 5, 3


def read(body: bytes) -> dict[str, Any]:
    """A CBOR map; anything else is a SerializationException."""
    parser = RpcV2CBORParser()
    stream = parser.get_peekable_stream_from_bytes(body)
    try:
        value = parser.parse_data_item(stream)
    except (ResponseParserError, UnicodeDecodeError, TypeError) as error:
        raise AwsError("SerializationException", f"The body is not CBOR: {error}") from None
    if not isinstance(value, dict) or stream.read(1):
        raise AwsError("SerializationException", "The body is not one CBOR map.")
    return value


def write(shape: Shape, value: dict[str, Any]) -> bytes:
    """Members as a CBOR map; what the model does not know is left out."""
    body = bytearray()
    known = {name: item for name, item in value.items() if name in shape.members}
    RpcV2CBORSerializer()._serialize_data_item(body, known, shape)
    return bytes(body)


def _plain(value: Any) -> Any:
    """What botocore read, with times in UTC."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(clock.UTC)
    return value


def _start(major: int, size: int) -> bytes:
    """The first bytes of an item of so many bytes or members."""
    for info, limit, width in ((24, 1 << 8, 1), (25, 1 << 16, 2), (26, 1 << 32, 4)):
        if size < 24:
            break
        if size < limit:
            return bytes([major << 5 | info]) + size.to_bytes(width, "big")
    return bytes([major << 5 | size])


def _text(body: bytearray, text: str) -> None:
    encoded = text.encode()
    body += _start(_TEXT, len(encoded)) + encoded


def _headers(request_id: str) -> dict[str, str]:
    return {"smithy-protocol": _NAME, "x-amzn-requestid": request_id}


def _answer(status: int, body: bytes, request_id: str) -> Response:
    return Response(status, body, _headers(request_id) | {"content-type": "application/cbor"})
