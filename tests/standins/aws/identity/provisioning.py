"""sso-admin: which account has which permission set, and bringing accounts up to date."""

from __future__ import annotations

from datetime import timedelta

from ..errors import AwsError
from ..simulator import Context, Params
from .assignments import find, summaries
from .paging import answer, page
from .service import SSO_ADMIN, changeable, instance, invalid, permission_set
from .state import Directory, Operation

_KIND = "provisioning"


@SSO_ADMIN.operation("ProvisionPermissionSet")
def provision_permission_set(context: Context, params: Params) -> Params:
    """Begin to bring one account, or all that have it, up to date with a permission set."""
    directory = instance(context, params, "ProvisionPermissionSet")
    of = changeable(context, directory, params["PermissionSetArn"], "ProvisionPermissionSet")
    account = params.get("TargetId")
    if (params["TargetType"] == "AWS_ACCOUNT") != (account is not None):
        raise invalid("TargetId is for TargetType AWS_ACCOUNT, which needs it.")
    if account is not None and account not in directory.accounts:
        raise AwsError(
            "ResourceNotFoundException", f"Could not find account {account} in the organization"
        )
    if any(
        each.kind == _KIND and each.permission_set == of.arn and each.status == "IN_PROGRESS"
        for each in directory.operations.values()
    ):
        raise AwsError("ConflictException", "There is a conflicting operation in process.")
    operation = Operation(directory.world.fresh_uuid(), _KIND, directory.now, of.arn, account)
    directory.operations[operation.id] = operation
    failure = directory.failure(_KIND)

    def done() -> None:
        operation.failure = failure
        operation.status = "FAILED" if failure else "SUCCEEDED"
        if failure is None:
            for where in [account] if account else accounts_with(directory, of.arn):
                directory.provision(of.arn, where)

    after = timedelta(seconds=directory.assignment_takes)
    directory.world.timeline.at(directory.now + after, done)
    return {"PermissionSetProvisioningStatus": _view(operation)}


@SSO_ADMIN.operation("DescribePermissionSetProvisioningStatus")
def describe_provisioning(context: Context, params: Params) -> Params:
    """How far it is."""
    directory = instance(context, params, "DescribePermissionSetProvisioningStatus")
    found = find(directory, params["ProvisionPermissionSetRequestId"], _KIND)
    return {"PermissionSetProvisioningStatus": _view(found)}


@SSO_ADMIN.operation("ListPermissionSetProvisioningStatus")
def list_provisionings(context: Context, params: Params) -> Params:
    """All requests to provision."""
    directory = instance(context, params, "ListPermissionSetProvisioningStatus")
    return summaries(directory, _KIND, params, "PermissionSetsProvisioningStatus")


@SSO_ADMIN.operation("ListPermissionSetsProvisionedToAccount")
def list_provisioned(context: Context, params: Params) -> Params:
    """The permission sets an account has."""
    directory = instance(context, params, "ListPermissionSetsProvisionedToAccount")
    wanted = [
        arn
        for arn, account in directory.provisioned
        if account == params["AccountId"] and _matches(directory, arn, account, params)
    ]
    found, token = page(directory, wanted, params)
    return answer("PermissionSets", found, token)


@SSO_ADMIN.operation("ListAccountsForProvisionedPermissionSet")
def list_accounts(context: Context, params: Params) -> Params:
    """The accounts that have a permission set."""
    directory = instance(context, params, "ListAccountsForProvisionedPermissionSet")
    arn = permission_set(directory, params["PermissionSetArn"]).arn
    wanted = [
        account
        for account in accounts_with(directory, arn)
        if _matches(directory, arn, account, params)
    ]
    found, token = page(directory, wanted, params)
    return answer("AccountIds", found, token)


def accounts_with(directory: Directory, arn: str) -> list[str]:
    """The accounts that have a permission set."""
    return [account for each, account in directory.provisioned if each == arn]


def _matches(directory: Directory, arn: str, account: str, params: Params) -> bool:
    wanted = params.get("ProvisioningStatus")
    latest = directory.provisioned[arn, account].revision == directory.permission_sets[arn].revision
    return wanted is None or (wanted == "LATEST_PERMISSION_SET_PROVISIONED") == latest


def _view(of: Operation) -> Params:
    return {
        "Status": of.status,
        "RequestId": of.id,
        "AccountId": of.account,
        "PermissionSetArn": of.permission_set,
        "FailureReason": of.failure,
        "CreatedDate": of.created,
    }
