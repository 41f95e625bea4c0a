"""AWS's own description of its services, as botocore ships it."""

from __future__ import annotations

import functools

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

_LOADER = Loader()

# Names in a signature's scope that differ from the name of the model.
_SIGNING_NAMES = {
    "sso": "sso-admin",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "email": "ses",
    "states": "stepfunctions",
}
_CLASSIC_LOAD_BALANCING = "2012-06-01"


class UnknownService(Exception):
    """No model of that name."""


def service_name(signing_name: str, api_version: str | None) -> str:
    """The model's name for a signature scope's service."""
    if signing_name == "elasticloadbalancing":
        return "elb" if api_version == _CLASSIC_LOAD_BALANCING else "elbv2"
    return _SIGNING_NAMES.get(signing_name, signing_name)


@functools.cache
def service_model(name: str) -> ServiceModel:
    """The model of a service, loaded once."""
    try:
        return ServiceModel(_LOADER.load_service_model(name, "service-2"), name)
    except Exception as error:
        raise UnknownService(name) from error


@functools.cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    """The model of an operation, or nothing if the service has none of that name."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


@functools.cache
def error_shape(service: str, code: str) -> Shape | None:
    """What the model says of an error, if it knows it."""
    for shape in service_model(service).error_shapes:
        if shape.error_code == code:
            return shape
    return None


def item_name(shape: Shape) -> str:
    """What an XML or query list calls its items."""
    name: str = shape.member.serialization.get("name", "member")
    return name


def wire_name(name: str, shape: Shape) -> str:
    """What a member is called on the wire."""
    found: str = shape.serialization.get("name", name)
    return found
