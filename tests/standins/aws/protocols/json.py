"""AWS JSON 1.0 and 1.1: the operation in ``X-Amz-Target``, JSON both ways."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape

from .. import clock
from ..errors import AwsError
from ..model import error_shape, wire_name
from ..wire import Request, Response


class Json:
    """The JSON protocols."""

    def operation(self, service: ServiceModel, request: Request) -> tuple[str, dict[str, str]]:
        """``X-Amz-Target: Prefix.Operation`` names the operation."""
        del service
        return request.headers.get("x-amz-target", "").rpartition(".")[2], {}

    def decode(
        self, operation: OperationModel, request: Request, labels: dict[str, str]
    ) -> dict[str, Any]:
        """The body's members."""
        del labels
        return read_body(operation.input_shape, request.body)

    def encode(
        self, operation: OperationModel, output: dict[str, Any], request_id: str
    ) -> Response:
        """A JSON document."""
        shape = operation.output_shape
        body = json.dumps(write(shape, output) if shape else {})
        version = operation.service_model.metadata.get("jsonVersion", "1.1")
        return answer(200, body, request_id, f"application/x-amz-json-{version}")

    def error(self, service: ServiceModel | None, error: AwsError, request_id: str) -> Response:
        """``__type`` and the members of the error's shape."""
        version = service.metadata.get("jsonVersion", "1.1") if service else "1.1"
        body = json.dumps({"__type": error.code} | error_body(service, error, request_id))
        return answer(error.status, body, request_id, f"application/x-amz-json-{version}")


def error_body(service: ServiceModel | None, error: AwsError, request_id: str) -> dict[str, Any]:
    """The members of an error's shape; ``message`` for errors the model does not know."""
    shape = error_shape(service.service_name, error.code) if service else None
    names = shape.members if shape else {}
    sentence = next(
        (name for name in ("Message", "message", "error_description") if name in names), "message"
    )
    also = {"RequestId": request_id} if "RequestId" in names else {}
    return {sentence: error.message} | also | error.fields


def answer(status: int, body: str, request_id: str, content_type: str) -> Response:
    """A JSON answer with its headers."""
    return Response(
        status, body.encode(), {"content-type": content_type, "x-amzn-requestid": request_id}
    )


def read_body(shape: Shape | None, body: bytes) -> dict[str, Any]:
    """Members from a JSON body; anything that is no object is a SerializationException."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Start of structure expected.")
    found: dict[str, Any] = read(shape, value) if shape else value
    return found


def read(shape: Shape, value: Any) -> Any:
    """JSON to members: timestamps become times, wire names become names."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        names = {wire_name(name, member): name for name, member in shape.members.items()}
        return {
            names.get(wire, wire): read(shape.members[names[wire]], item) if wire in names else item
            for wire, item in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [read(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: read(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return _moment(value)
    return value


def _moment(value: Any) -> Any:
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, clock.UTC)
        return clock.parse(value)
    except (TypeError, ValueError):
        return value


def write(shape: Shape, value: Any) -> Any:
    """Members to JSON: times become seconds since 1970, blobs base64."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return value
        return {
            wire_name(name, shape.members[name]): write(shape.members[name], item)
            for name, item in value.items()
            if item is not None and name in shape.members
        }
    if kind == "list":
        return [write(shape.member, item) for item in value]
    if kind == "map":
        return {key: write(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
