"""One request to one answer.

Route by the signature's scope, decode and check by AWS's model, then let a
fault strike, a simulator answer, or moto; check the answer and log the call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser

from . import clock, fallback, protocols
from .calls import Call, writes
from .check import problems
from .cloudwatch import CLOUDWATCH
from .codedeploy import CODEDEPLOY
from .ecs import ECS
from .elb import ELB
from .errors import AwsError
from .faults import Fault
from .identity import IDENTITY_STORE, OIDC, PORTAL, SSO_ADMIN, portal
from .identity.limits import LIMITED, Limits
from .identity.state import HOME_REGION
from .model import UnknownService, error_shape, operation_model, service_model, service_name
from .protocols import WireProtocol
from .rds import RDS
from .simulator import Caller, Context, Params, Simulator
from .sqs import SQS
from .sts import STS, UNSIGNED, Sessions, authorize, denied
from .wire import Request, Response
from .world import World

SIMULATORS: dict[str, Simulator] = {
    simulator.service: simulator
    for simulator in (
        STS,
        RDS,
        IDENTITY_STORE,
        SSO_ADMIN,
        PORTAL,
        OIDC,
        ECS,
        CODEDEPLOY,
        ELB,
        SQS,
        CLOUDWATCH,
    )
}

_SCOPE = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request"
)
_JSON_CODES = {
    "Throttling": "ThrottlingException",
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
}
# What services without signatures call these things.
_INVALID_CODES = dict.fromkeys(UNSIGNED, "InvalidRequestException")


@dataclass
class _Asked:
    """A request after routing and decoding."""

    key: str
    region: str
    service: str
    model: ServiceModel
    protocol: WireProtocol | None
    operation: str = ""
    shape: OperationModel | None = None
    params: Params | None = None

    @property
    def members(self) -> Params:
        return self.params or {}


class Gateway:
    """The front door of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request) -> Response:
        """Answer a request as AWS would."""
        world = self._world
        with world.lock:
            if world.gone:
                return Response.cut()
            world.settle()
            request_id = _request_id(world)
            try:
                asked = _route(request)
            except AwsError as error:
                world.violation(f"{request.method} {request.target}: {error.message}")
                return _guess(request).error(None, error, request_id)
            call = self._log(asked, request_id)
            try:
                response, held = self._answer(asked, request, call)
            except AwsError as error:
                self._check_error(asked, error)
                response, held = _error(asked, error, call), None
            except Exception as error:
                # A fault of the stand-in must reach the test, not only a retry loop.
                world.violation(f"{asked.service} {asked.operation}: stand-in broke: {error!r}")
                response = _error(asked, AwsError("StandinBroke", repr(error), 501), call)
                held = None
            call.status = response.status
            if response.status:
                response.headers["x-amzn-requestid"] = request_id
        if held is not None:
            held.hold()
        return response

    def _log(self, asked: _Asked, request_id: str) -> Call:
        caller = self._known(asked)
        call = Call(
            seq=0,
            time=clock.render(self._world.now),
            service=asked.service,
            operation=asked.operation,
            account=caller.account,
            region=asked.region,
            role=caller.role,
            session=caller.session,
            tags=caller.tags,
            params=_plain(asked.members),
            write=writes(asked.operation),
            request_id=request_id,
        )
        self._world.log.add(call)
        return call

    def _known(self, asked: _Asked) -> Caller:
        """Who calls, whether or not the call is allowed."""
        if asked.service in UNSIGNED:
            return portal.visitor(self._world, asked.members)
        sessions: Sessions = self._world.part(Sessions)
        return sessions.known(asked.key)

    def _caller(self, asked: _Asked, request: Request) -> Caller:
        """Who calls; AWS's errors for keys that are unknown or expired."""
        if asked.service in UNSIGNED:
            return portal.visitor(self._world, asked.members)
        sessions: Sessions = self._world.part(Sessions)
        return sessions.caller(asked.key, request.headers.get("x-amz-security-token"))

    def _answer(self, asked: _Asked, request: Request, call: Call) -> tuple[Response, Fault | None]:
        world = self._world
        fault = world.faults.take(asked.service, asked.operation, call.account, asked.members)
        if fault is not None and fault.kind in ("down", "cut_before"):
            call.error = fault.kind
            return Response.cut(), None
        caller = self._caller(asked, request)
        context = Context(world, caller, asked.region)
        if asked.service in LIMITED:
            limits: Limits = world.part(Limits)
            limits.arrive()
        if fault is not None:
            _strike(fault, asked, context)
        authorize(caller, asked.service, asked.operation, _resource(asked, context))
        self._refuse_forbidden(asked)
        response = self._act(asked, request, context, call)
        call.acted = True
        if fault is None:
            return response, None
        if fault.kind == "cut_after":
            call.error = fault.kind
            return Response.cut(), None
        return response, fault if fault.kind == "delay" else None

    def _refuse_forbidden(self, asked: _Asked) -> None:
        if asked.protocol is None:
            return
        if asked.shape is None:
            self._world.violation(f"{asked.service}: no operation named {asked.operation!r}")
            raise AwsError("InvalidAction", f"Could not find operation {asked.operation}")
        found = list(problems(asked.shape.input_shape, asked.members))
        for problem in found:
            self._world.violation(f"{asked.service} {asked.operation}: {problem}")
        if found:
            code = _INVALID_CODES.get(asked.service)
            if code is None:
                json = asked.protocol not in (protocols.QUERY, protocols.CBOR)
                code = "ValidationException" if json else "ValidationError"
            raise AwsError(code, f"{len(found)} validation error(s) detected: {'; '.join(found)}")

    def _act(self, asked: _Asked, request: Request, context: Context, call: Call) -> Response:
        simulator = SIMULATORS.get(asked.service)
        if simulator is None:
            try:
                response = fallback.call(self._world, context.account, request)
            except fallback.Gap:
                raise self._gap(asked) from None
            self._check_foreign(asked, response)
            return response
        operation = simulator.operations.get(asked.operation)
        if operation is None or asked.shape is None or asked.protocol is None:
            raise self._gap(asked)
        output = operation(context, asked.members)
        self._check_output(asked, output)
        return asked.protocol.encode(asked.shape, output, call.request_id)

    def _gap(self, asked: _Asked) -> AwsError:
        name = f"{asked.service}:{asked.operation or 'operation of that kind'}"
        self._world.violation(f"the AWS stand-in has no {name}")
        # 501 is the one server error that the SDKs do not take for a passing outage.
        return AwsError("NotImplementedInStandin", f"The AWS stand-in has no {name}", 501)

    def _check_output(self, asked: _Asked, output: Any) -> None:
        if asked.shape is None:
            return
        for problem in problems(asked.shape.output_shape, output):
            self._world.violation(f"{asked.service} {asked.operation} answered: {problem}")

    def _check_error(self, asked: _Asked, error: AwsError) -> None:
        shape = error_shape(asked.service, error.code) if error.fields else None
        for problem in problems(shape, error.fields):
            self._world.violation(f"{asked.service} {asked.operation} refused: {problem}")

    def _check_foreign(self, asked: _Asked, response: Response) -> None:
        """Check what moto answered by reading it as botocore does."""
        if asked.shape is None or response.status >= 300 or asked.shape.has_streaming_output:
            return
        parser = create_parser(asked.shape.service_model.resolved_protocol)
        parsed = parser.parse(
            {"status_code": response.status, "headers": response.headers, "body": response.body},
            asked.shape.output_shape,
        )
        parsed.pop("ResponseMetadata", None)
        self._check_output(asked, parsed)


def _route(request: Request) -> _Asked:
    scope = _SCOPE.match(request.headers.get("authorization", ""))
    if scope is None:
        for name in UNSIGNED:
            if (asked := _unsigned(name, request)) is not None:
                return asked
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    name = service_name(scope["service"], protocols.api_version(request))
    try:
        model = service_model(name)
    except UnknownService:
        raise AwsError("UnknownService", f"no AWS service signs as {name!r}", 404) from None
    protocol = protocols.protocol_of(model, request)
    asked = _Asked(scope["key"], scope["region"], name, model, protocol)
    if protocol is None:
        # What only moto reads is known by its method.
        asked.operation = request.method
        return asked
    asked.operation, labels = protocol.operation(model, request)
    asked.shape = operation_model(name, asked.operation)
    if asked.shape is not None:
        asked.params = protocol.decode(asked.shape, request, labels)
    return asked


def _unsigned(name: str, request: Request) -> _Asked | None:
    """A call without a signature, known by its path; nothing if that is not this service's."""
    model, protocol = service_model(name), protocols.REST_JSON
    operation, labels = protocol.operation(model, request)
    shape = operation_model(name, operation)
    if shape is None or shape.auth_type != "none":
        return None
    params = protocol.decode(shape, request, labels)
    return _Asked("", HOME_REGION, name, model, protocol, operation, shape, params)


def _guess(request: Request) -> WireProtocol:
    return protocols.protocol_of(None, request) or protocols.QUERY


def _request_id(world: World) -> str:
    text = world.fresh(32, "0123456789abcdef")
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _strike(fault: Fault, asked: _Asked, context: Context) -> None:
    if fault.kind == "throttle":
        raise _throttled(asked.service)
    if fault.kind == "deny" and asked.service in UNSIGNED:
        raise AwsError("ForbiddenException", "No access", 403)
    if fault.kind == "deny":
        raise denied(context.caller, asked.service, asked.operation, _resource(asked, context))
    if fault.kind == "error":
        raise AwsError(fault.code, fault.message, fault.status)


def _throttled(service: str) -> AwsError:
    if service == "sso":
        return AwsError("TooManyRequestsException", "Rate exceeded", 429)
    if service == "sso-oidc":
        return AwsError("SlowDownException", "Rate exceeded", error="slow_down")
    return AwsError("Throttling", "Rate exceeded")


def _resource(asked: _Asked, context: Context) -> str:
    """What an IAM refusal names: the ARN of what the call is about, where it is easily told."""
    if asked.service == "rds":
        for member, kind in (
            ("DBInstanceIdentifier", "db"),
            ("DBClusterIdentifier", "cluster"),
            ("DBSnapshotIdentifier", "snapshot"),
        ):
            if isinstance(name := asked.members.get(member), str):
                return f"arn:aws:rds:{asked.region}:{context.account}:{kind}:{name}"
    if asked.service == "ecs":
        return _ecs_resource(asked, context)
    if asked.service == "cloudwatch" and len(names := asked.members.get("AlarmNames", [])) == 1:
        return f"arn:aws:cloudwatch:{asked.region}:{context.account}:alarm:{names[0]}"
    for member in ("PermissionSetArn", "InstanceArn"):
        if asked.service == "sso-admin" and isinstance(name := asked.members.get(member), str):
            return name
    return "*"


def _ecs_resource(asked: _Asked, context: Context) -> str:
    for member in ("serviceDeploymentArn", "resourceArn"):
        if isinstance(arn := asked.members.get(member), str):
            return arn
    place = f"arn:aws:ecs:{asked.region}:{context.account}"
    cluster = str(asked.members.get("cluster", "default")).rpartition("/")[2]
    if isinstance(name := asked.members.get("service"), str):
        return f"{place}:service/{cluster}/{name.rpartition('/')[2]}"
    return f"{place}:cluster/{cluster}" if "cluster" in asked.members else "*"


def _error(asked: _Asked, error: AwsError, call: Call) -> Response:
    protocol = asked.protocol or protocols.QUERY
    if protocol is not protocols.QUERY and error.code in _JSON_CODES:
        error = AwsError(_JSON_CODES[error.code], error.message, 400, **error.fields)
    call.error = error.code
    return protocol.error(asked.model, error, call.request_id)


def _plain(value: Any) -> Any:
    """A value that JSON can carry."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return clock.render(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
