"""REST-JSON: method and path name the operation (EKS, Lambda, Scheduler, SSO portal ...)."""

from __future__ import annotations

import functools
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.model import OperationModel, ServiceModel, Shape

from ..errors import AwsError
from ..wire import Request, Response
from .json import answer, error_body, read, read_body, write


class RestJson:
    """The REST-JSON protocol."""

    def operation(self, service: ServiceModel, request: Request) -> tuple[str, dict[str, str]]:
        """The operation whose address pattern fits best, with what its labels hold."""
        path = urlsplit(request.target).path
        for method, pattern, name in _routes(service):
            match = pattern.match(path) if method == request.method else None
            if match:
                return name, {label: unquote(text) for label, text in match.groupdict().items()}
        return "", {}

    def decode(
        self, operation: OperationModel, request: Request, labels: dict[str, str]
    ) -> dict[str, Any]:
        """Members from path, query string, headers and body."""
        shape = operation.input_shape
        if shape is None:
            return {}
        asked = parse_qs(urlsplit(request.target).query, keep_blank_values=True)
        found: dict[str, Any] = {}
        for name, member in shape.members.items():
            place, wire = member.serialization.get("location"), member.serialization.get("name")
            wire = wire or name
            if place == "uri" and _label(wire) in labels:
                found[name] = _typed(member, labels[_label(wire)])
            elif place == "querystring" and wire in asked:
                values = asked[wire]
                found[name] = values if member.type_name == "list" else _typed(member, values[0])
            elif place == "header" and wire.lower() in request.headers:
                found[name] = _typed(member, request.headers[wire.lower()])
        payload = shape.serialization.get("payload")
        if payload:
            member = shape.members[payload]
            if member.type_name == "structure":
                found[payload] = read_body(member, request.body)
            elif request.body:
                found[payload] = request.body
        elif request.body:
            body = read_body(None, request.body)
            found |= read(shape, body)
        return found

    def encode(
        self, operation: OperationModel, output: dict[str, Any], request_id: str
    ) -> Response:
        """A JSON document with the operation's status."""
        shape = operation.output_shape
        headers: dict[str, str] = {}
        body: Any = {}
        if shape:
            payload = shape.serialization.get("payload")
            for name, member in shape.members.items():
                if member.serialization.get("location") == "header" and name in output:
                    headers[member.serialization.get("name", name)] = str(output.pop(name))
            body = (
                write(shape.members[payload], output[payload]) if payload else write(shape, output)
            )
        status = operation.http.get("responseCode", 200)
        response = answer(status, json.dumps(body), request_id, "application/json")
        response.headers |= headers
        return response

    def error(self, service: ServiceModel | None, error: AwsError, request_id: str) -> Response:
        """The members of the error's shape, with the code in a header."""
        body = json.dumps(error_body(service, error, request_id))
        response = answer(error.status, body, request_id, "application/json")
        response.headers["x-amzn-errortype"] = error.code
        return response


def _label(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _typed(shape: Shape, text: str) -> Any:
    kind = shape.type_name
    if kind in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return read(shape, text)


@functools.cache
def _routes(service: ServiceModel) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, pattern and name of each operation, the most literal pattern first."""
    found = []
    for name in service.operation_names:
        http = service.operation_model(name).http
        template = http["requestUri"].split("?")[0]
        parts = re.split(r"\{([^}]+)\}", template)
        pattern = "".join(
            re.escape(part)
            if index % 2 == 0
            else f"(?P<{_label(part.rstrip('+'))}>{'.+' if part.endswith('+') else '[^/]+'})"
            for index, part in enumerate(parts)
        )
        found.append((len(parts), http["method"], re.compile(f"^{pattern}/?$"), name))
    found.sort(key=lambda route: route[0])
    return [(method, pattern, name) for _, method, pattern, name in found]
