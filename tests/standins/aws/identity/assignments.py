"""sso-admin: account assignments, which are made and taken away in the background."""

from __future__ import annotations

from datetime import timedelta

from ..errors import AwsError
from ..simulator import Context, Params
from .limits import Limits
from .paging import answer, page
from .service import SSO_ADMIN, changeable, forbidden, instance, permission_set
from .state import (
    DELEGATED_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    STORE_ID,
    Assignment,
    Directory,
    Operation,
)

_CREATION, _DELETION = "creation", "deletion"


@SSO_ADMIN.operation("CreateAccountAssignment")
def create_account_assignment(context: Context, params: Params) -> Params:
    """Begin an assignment; that it exists already is no mistake."""
    directory = instance(context, params, "CreateAccountAssignment")
    assignment = _asked(context, directory, params, "CreateAccountAssignment")
    begun = _begin(directory, assignment, _CREATION)
    return {"AccountAssignmentCreationStatus": _view(begun)}


@SSO_ADMIN.operation("DeleteAccountAssignment")
def delete_account_assignment(context: Context, params: Params) -> Params:
    """Begin to take an assignment away."""
    directory = instance(context, params, "DeleteAccountAssignment")
    assignment = _asked(context, directory, params, "DeleteAccountAssignment")
    if assignment not in directory.assignments:
        _refuse_conflict(directory, assignment)
        raise AwsError(
            "ResourceNotFoundException",
            f"Could not find an assignment of {assignment.kind} {assignment.principal} in account "
            f"{assignment.account} with {assignment.permission_set}",
        )
    begun = _begin(directory, assignment, _DELETION)
    return {"AccountAssignmentDeletionStatus": _view(begun)}


@SSO_ADMIN.operation("DescribeAccountAssignmentCreationStatus")
def describe_creation(context: Context, params: Params) -> Params:
    """How far an assignment is."""
    directory = instance(context, params, "DescribeAccountAssignmentCreationStatus")
    found = find(directory, params["AccountAssignmentCreationRequestId"], _CREATION)
    return {"AccountAssignmentCreationStatus": _view(found)}


@SSO_ADMIN.operation("DescribeAccountAssignmentDeletionStatus")
def describe_deletion(context: Context, params: Params) -> Params:
    """How far the end of an assignment is."""
    directory = instance(context, params, "DescribeAccountAssignmentDeletionStatus")
    found = find(directory, params["AccountAssignmentDeletionRequestId"], _DELETION)
    return {"AccountAssignmentDeletionStatus": _view(found)}


@SSO_ADMIN.operation("ListAccountAssignmentCreationStatus")
def list_creations(context: Context, params: Params) -> Params:
    """All requests for assignments."""
    directory = instance(context, params, "ListAccountAssignmentCreationStatus")
    return summaries(directory, _CREATION, params, "AccountAssignmentsCreationStatus")


@SSO_ADMIN.operation("ListAccountAssignmentDeletionStatus")
def list_deletions(context: Context, params: Params) -> Params:
    """All requests to end assignments."""
    directory = instance(context, params, "ListAccountAssignmentDeletionStatus")
    return summaries(directory, _DELETION, params, "AccountAssignmentsDeletionStatus")


@SSO_ADMIN.operation("ListAccountAssignments")
def list_account_assignments(context: Context, params: Params) -> Params:
    """Who is assigned to an account with a permission set."""
    directory = instance(context, params, "ListAccountAssignments")
    arn = permission_set(directory, params["PermissionSetArn"]).arn
    wanted = [
        each
        for each in directory.assignments
        if each.permission_set == arn and each.account == params["AccountId"]
    ]
    found, token = page(directory, wanted, params)
    return answer("AccountAssignments", [_assigned(each) for each in found], token)


@SSO_ADMIN.operation("ListAccountAssignmentsForPrincipal")
def list_account_assignments_for_principal(context: Context, params: Params) -> Params:
    """What a group has, or a user, also through groups."""
    directory = instance(context, params, "ListAccountAssignmentsForPrincipal")
    principal, kind = params["PrincipalId"], params["PrincipalType"]
    known = directory.users if kind == "USER" else directory.groups
    if principal not in known:
        raise AwsError("ResourceNotFoundException", f"Could not find {kind} {principal}")
    wanted = [
        each
        for each in (
            directory.access_of(principal)
            if kind == "USER"
            else [each for each in directory.assignments if each.principal == principal]
        )
        if each.account == params.get("Filter", {}).get("AccountId", each.account)
    ]
    found, token = page(directory, wanted, params)
    return answer("AccountAssignments", [_assigned(each) for each in found], token)


def find(directory: Directory, identifier: str, kind: str) -> Operation:
    """A request by its identifier; ResourceNotFoundException."""
    found = directory.operations.get(identifier)
    if found is None or found.kind != kind:
        raise AwsError("ResourceNotFoundException", f"Could not find request {identifier}")
    return found


def summaries(directory: Directory, kind: str, params: Params, member: str) -> Params:
    """A page of requests of a kind, newest first, by status if asked."""
    status = params.get("Filter", {}).get("Status")
    wanted = [
        each
        for each in reversed(directory.operations.values())
        if each.kind == kind and status in (None, each.status)
    ]
    found, token = page(directory, wanted, params)
    views = [
        {"Status": each.status, "RequestId": each.id, "CreatedDate": each.created} for each in found
    ]
    return answer(member, views, token)


def _asked(context: Context, directory: Directory, params: Params, action: str) -> Assignment:
    account = params["TargetId"]
    if context.account == DELEGATED_ACCOUNT and account == MANAGEMENT_ACCOUNT:
        raise forbidden(context, f"sso:{action}", f"arn:aws:sso:::account/{account}")
    arn = changeable(context, directory, params["PermissionSetArn"], action).arn
    if account not in directory.accounts:
        raise AwsError(
            "ResourceNotFoundException", f"Could not find account {account} in the organization"
        )
    return Assignment(account, arn, params["PrincipalType"], params["PrincipalId"])


def _begin(directory: Directory, assignment: Assignment, kind: str) -> Operation:
    _refuse_conflict(directory, assignment)
    limits: Limits = directory.world.part(Limits)
    limits.refuse_outstanding(len(directory.outstanding()))
    operation = Operation(
        directory.world.fresh_uuid(),
        kind,
        directory.now,
        assignment.permission_set,
        assignment.account,
        assignment,
    )
    directory.operations[operation.id] = operation
    # Looked at when the work begins, so that what comes later has its own fate.
    failure = directory.failure(kind) or _unknown(directory, assignment, kind)

    def done() -> None:
        operation.failure = failure
        operation.status = "FAILED" if failure else "SUCCEEDED"
        if failure is None and kind == _CREATION:
            directory.assign(assignment)
        elif failure is None:
            directory.unassign(assignment)

    after = timedelta(seconds=directory.assignment_takes)
    directory.world.timeline.at(directory.now + after, done)
    return operation


def _unknown(directory: Directory, assignment: Assignment, kind: str) -> str | None:
    """AWS's sentence on a principal that is not there; it looks only when the work has begun.

    Seen in github.com/hashicorp/terraform-provider-aws/issues/19341. What a deleted user of this
    directory has left behind can be taken away.
    """
    known = directory.users if assignment.kind == "USER" else directory.groups
    if kind == _DELETION or assignment.principal in known:
        return None
    return (
        f"Received a 404 status error: the {assignment.kind} assignee {assignment.principal} was "
        f"not found in directory {STORE_ID}"
    )


def _refuse_conflict(directory: Directory, assignment: Assignment) -> None:
    if any(each.assignment == assignment for each in directory.outstanding()):
        raise AwsError("ConflictException", "There is a conflicting operation in process.")


def _assigned(of: Assignment) -> Params:
    return {
        "AccountId": of.account,
        "PermissionSetArn": of.permission_set,
        "PrincipalType": of.kind,
        "PrincipalId": of.principal,
    }


def _view(of: Operation) -> Params:
    assignment = of.assignment
    if assignment is None:
        raise ValueError(f"{of.id} is no assignment")
    return {
        "Status": of.status,
        "RequestId": of.id,
        "FailureReason": of.failure,
        "TargetId": assignment.account,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": assignment.permission_set,
        "PrincipalType": assignment.kind,
        "PrincipalId": assignment.principal,
        "CreatedDate": of.created,
    }
