"""AWS Query: form fields in, XML out (RDS, STS, ElastiCache, CloudFormation ...).

Written by hand for speed: a page of 100 databases is some 8,000 elements.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import OperationModel, ServiceModel, Shape

from .. import clock
from ..errors import AwsError
from ..model import item_name, wire_name
from ..wire import Request, Response

_TREE = dict[str, Any]


class Query:
    """The Query protocol."""

    def operation(self, service: ServiceModel, request: Request) -> tuple[str, dict[str, str]]:
        """``Action`` names the operation."""
        del service
        return dict(_fields(request)).get("Action", ""), {}

    def decode(
        self, operation: OperationModel, request: Request, labels: dict[str, str]
    ) -> dict[str, Any]:
        """Form fields such as ``Filters.Filter.1.Name`` become members."""
        del labels
        tree: _TREE = {}
        for name, value in _fields(request):
            if name in ("Action", "Version"):
                continue
            node = tree
            *parents, leaf = name.split(".")
            for parent in parents:
                child = node.get(parent)
                if not isinstance(child, dict):
                    child = node[parent] = {}
                node = child
            node[leaf] = value
        shape = operation.input_shape
        return _read(shape, tree) if shape else tree

    def encode(
        self, operation: OperationModel, output: dict[str, Any], request_id: str
    ) -> Response:
        """An XML document with the operation's result inside."""
        name = operation.name
        namespace = operation.service_model.metadata.get("xmlNamespace", "")
        parts = [f'<{name}Response xmlns="{namespace}">']
        shape = operation.output_shape
        if shape is not None:
            wrapper = shape.serialization.get("resultWrapper", f"{name}Result")
            parts.append(f"<{wrapper}>")
            _members(shape, output, parts)
            parts.append(f"</{wrapper}>")
        parts.append(
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{name}Response>"
        )
        return _xml(200, "".join(parts), request_id)

    def error(self, service: ServiceModel | None, error: AwsError, request_id: str) -> Response:
        """An ``ErrorResponse`` document."""
        namespace = service.metadata.get("xmlNamespace", "") if service else ""
        blame = "Sender" if error.status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{namespace}"><Error><Type>{blame}</Type>'
            f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return _xml(error.status, body, request_id)


def _fields(request: Request) -> list[tuple[str, str]]:
    text = request.body.decode("utf-8", "replace")
    if not text and "?" in request.target:
        text = request.target.split("?", 1)[1]
    return parse_qsl(text, keep_blank_values=True)


def _read(shape: Shape, tree: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _read_structure(shape, tree)
    if kind == "list":
        return _read_list(shape, tree)
    if kind == "map":
        entries = tree if shape.serialization.get("flattened") else tree.get("entry", {})
        key, value = wire_name("key", shape.key), wire_name("value", shape.value)
        return {
            entry.get(key): _read(shape.value, entry.get(value)) for entry in _numbered(entries)
        }
    return _scalar(kind, tree)


def _read_structure(shape: Shape, tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    names = {wire_name(name, member): name for name, member in shape.members.items()}
    found: dict[str, Any] = {}
    for wire, child in tree.items():
        name = names.get(wire)
        found[name or wire] = _read(shape.members[name], child) if name else child
    return found


def _read_list(shape: Shape, tree: Any) -> Any:
    if tree == "":
        return []
    if not isinstance(tree, dict):
        return tree
    if shape.serialization.get("flattened"):
        return [_read(shape.member, item) for item in _numbered(tree)]
    name = item_name(shape)
    if set(tree) != {name}:
        # Named wrongly: kept as it is, so that the check reports it.
        return tree
    return [_read(shape.member, item) for item in _numbered(tree[name])]


def _numbered(tree: dict[str, Any]) -> list[Any]:
    return [tree[number] for number in sorted(tree, key=int)]


def _scalar(kind: str, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return clock.parse(text)
    except ValueError:
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _write(shape: Shape, name: str, value: Any, parts: list[str]) -> None:
    kind = shape.type_name
    if kind == "structure":
        parts.append(f"<{name}>")
        _members(shape, value, parts)
        parts.append(f"</{name}>")
    elif kind == "list":
        flat = shape.serialization.get("flattened")
        item = name if flat else item_name(shape)
        if not flat:
            parts.append(f"<{name}>")
        for element in value:
            _write(shape.member, item, element, parts)
        if not flat:
            parts.append(f"</{name}>")
    elif kind == "map":
        parts.append(f"<{name}>")
        for key, element in value.items():
            parts.append("<entry>")
            _write(shape.key, wire_name("key", shape.key), key, parts)
            _write(shape.value, wire_name("value", shape.value), element, parts)
            parts.append("</entry>")
        parts.append(f"</{name}>")
    else:
        parts.append(f"<{name}>{_text(value)}</{name}>")


def _members(shape: Shape, value: dict[str, Any], parts: list[str]) -> None:
    members = shape.members
    for name, element in value.items():
        if element is not None and name in members:
            member = members[name]
            _write(member, wire_name(name, member), element, parts)


def _text(value: Any) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, datetime):
        return clock.render(value)
    return escape(str(value))


def _xml(status: int, body: str, request_id: str) -> Response:
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return Response(status, body.encode(), headers)
