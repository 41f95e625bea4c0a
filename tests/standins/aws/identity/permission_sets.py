"""sso-admin: the instance, its permission sets, and what is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from ..errors import AwsError
from ..simulator import Context, Params
from .paging import answer, page
from .service import SSO_ADMIN, changeable, instance, invalid, permission_set
from .state import (
    HOME_REGION,
    INSTANCE_ARN,
    INSTANCE_ID,
    MANAGEMENT_ACCOUNT,
    STORE_ID,
    Directory,
    PermissionSet,
    directory_of,
)

_DURATION = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?$")
_MOST_POLICIES = 20
_MOST_POLICY_CHARACTERS = 10_240


def _instance_view(directory: Directory) -> Params:
    return {
        "InstanceArn": INSTANCE_ARN,
        "IdentityStoreId": STORE_ID,
        "OwnerAccountId": MANAGEMENT_ACCOUNT,
        "Name": "acme",
        "CreatedDate": directory.created,
        "Status": "ACTIVE",
        "PrimaryRegion": HOME_REGION,
    }


@SSO_ADMIN.operation("ListInstances")
def list_instances(context: Context, params: Params) -> Params:
    """The organization's instance, seen from its home region."""
    directory = directory_of(context.world)
    seen = [_instance_view(directory)] if context.region == HOME_REGION else []
    found, token = page(directory, seen, params)
    return answer("Instances", found, token)


@SSO_ADMIN.operation("DescribeInstance")
def describe_instance(context: Context, params: Params) -> Params:
    """The instance."""
    return _instance_view(instance(context, params, "DescribeInstance"))


@SSO_ADMIN.operation("ListPermissionSets")
def list_permission_sets(context: Context, params: Params) -> Params:
    """The ARNs of all permission sets."""
    directory = instance(context, params, "ListPermissionSets")
    found, token = page(directory, list(directory.permission_sets), params)
    return answer("PermissionSets", found, token)


@SSO_ADMIN.operation("DescribePermissionSet")
def describe_permission_set(context: Context, params: Params) -> Params:
    """One permission set."""
    directory = instance(context, params, "DescribePermissionSet")
    return {"PermissionSet": view(permission_set(directory, params["PermissionSetArn"]))}


@SSO_ADMIN.operation("CreatePermissionSet")
def create_permission_set(context: Context, params: Params) -> Params:
    """Create a permission set; its name must be unique."""
    directory = instance(context, params, "CreatePermissionSet")
    if directory.permission_set_named(params["Name"]):
        raise AwsError(
            "ConflictException", f"PermissionSet with name {params['Name']} already exists."
        )
    made = add(directory, params["Name"])
    made.description = params.get("Description")
    made.duration = _duration(params.get("SessionDuration", "PT1H"))
    made.relay_state = params.get("RelayState")
    made.tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
    return {"PermissionSet": view(made)}


@SSO_ADMIN.operation("UpdatePermissionSet")
def update_permission_set(context: Context, params: Params) -> Params:
    """Change a permission set; what is left out is left as it is."""
    directory = instance(context, params, "UpdatePermissionSet")
    found = changeable(context, directory, params["PermissionSetArn"], "UpdatePermissionSet")
    if "SessionDuration" in params:
        found.duration = _duration(params["SessionDuration"])
    found.description = params.get("Description", found.description)
    found.relay_state = params.get("RelayState", found.relay_state)
    found.revision += 1
    return {}


@SSO_ADMIN.operation("DeletePermissionSet")
def delete_permission_set(context: Context, params: Params) -> Params:
    """Delete a permission set that nobody is assigned to and no account has."""
    directory = instance(context, params, "DeletePermissionSet")
    found = changeable(context, directory, params["PermissionSetArn"], "DeletePermissionSet")
    if any(arn == found.arn for arn, _ in directory.provisioned) or any(
        each.permission_set == found.arn for each in directory.assignments
    ):
        raise AwsError(
            "ConflictException",
            "Could not delete because PermissionSet has ApplicationProfile associated with it",
        )
    if any(
        each.permission_set == found.arn and each.status == "IN_PROGRESS"
        for each in directory.operations.values()
    ):
        raise AwsError("ConflictException", "There is a conflicting operation in process.")
    del directory.permission_sets[found.arn]
    return {}


@SSO_ADMIN.operation("PutInlinePolicyToPermissionSet")
def put_inline_policy(context: Context, params: Params) -> Params:
    """Set the inline policy; accounts get it with the next ProvisionPermissionSet."""
    directory = instance(context, params, "PutInlinePolicyToPermissionSet")
    found = changeable(
        context, directory, params["PermissionSetArn"], "PutInlinePolicyToPermissionSet"
    )
    policy: str = params["InlinePolicy"]
    try:
        document = json.loads(policy)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise invalid("Inline policy is not a valid policy document.")
    if len("".join(policy.split())) > _MOST_POLICY_CHARACTERS:
        raise AwsError(
            "ServiceQuotaExceededException",
            f"Inline policy has more than {_MOST_POLICY_CHARACTERS} characters other than blanks.",
        )
    found.inline_policy = policy
    found.revision += 1
    return {}


@SSO_ADMIN.operation("GetInlinePolicyForPermissionSet")
def get_inline_policy(context: Context, params: Params) -> Params:
    """The inline policy, if there is one."""
    directory = instance(context, params, "GetInlinePolicyForPermissionSet")
    found = permission_set(directory, params["PermissionSetArn"])
    return {"InlinePolicy": found.inline_policy} if found.inline_policy else {}


@SSO_ADMIN.operation("DeleteInlinePolicyFromPermissionSet")
def delete_inline_policy(context: Context, params: Params) -> Params:
    """Take the inline policy away; there need not be one."""
    directory = instance(context, params, "DeleteInlinePolicyFromPermissionSet")
    found = changeable(
        context, directory, params["PermissionSetArn"], "DeleteInlinePolicyFromPermissionSet"
    )
    found.inline_policy = ""
    found.revision += 1
    return {}


@SSO_ADMIN.operation("ListManagedPoliciesInPermissionSet")
def list_managed_policies(context: Context, params: Params) -> Params:
    """The AWS-managed policies of a permission set."""
    directory = instance(context, params, "ListManagedPoliciesInPermissionSet")
    found, token = page(
        directory, permission_set(directory, params["PermissionSetArn"]).managed, params
    )
    policies = [{"Name": arn.rpartition("/")[2], "Arn": arn} for arn in found]
    return answer("AttachedManagedPolicies", policies, token)


@SSO_ADMIN.operation("AttachManagedPolicyToPermissionSet")
def attach_managed_policy(context: Context, params: Params) -> Params:
    """Add an AWS-managed policy."""
    directory = instance(context, params, "AttachManagedPolicyToPermissionSet")
    found = changeable(
        context, directory, params["PermissionSetArn"], "AttachManagedPolicyToPermissionSet"
    )
    arn = params["ManagedPolicyArn"]
    if arn in found.managed:
        raise AwsError("ConflictException", f"Permission set already has {arn}.")
    if len(found.managed) >= _MOST_POLICIES:
        raise AwsError(
            "ServiceQuotaExceededException", f"A permission set has at most {_MOST_POLICIES}."
        )
    found.managed.append(arn)
    found.revision += 1
    return {}


@SSO_ADMIN.operation("DetachManagedPolicyFromPermissionSet")
def detach_managed_policy(context: Context, params: Params) -> Params:
    """Take an AWS-managed policy away."""
    directory = instance(context, params, "DetachManagedPolicyFromPermissionSet")
    found = changeable(
        context, directory, params["PermissionSetArn"], "DetachManagedPolicyFromPermissionSet"
    )
    if params["ManagedPolicyArn"] not in found.managed:
        raise AwsError(
            "ResourceNotFoundException", f"Could not find {params['ManagedPolicyArn']}."
        )
    found.managed.remove(params["ManagedPolicyArn"])
    found.revision += 1
    return {}


def _no_references(name: str, member: str) -> Callable[[Context, Params], Params]:
    def operation(context: Context, params: Params) -> Params:
        directory = instance(context, params, name)
        permission_set(directory, params["PermissionSetArn"])
        return {member: []}

    return operation


# Nothing of a customer's own is ever attached here.
SSO_ADMIN.operation("ListCustomerManagedPolicyReferencesInPermissionSet")(
    _no_references(
        "ListCustomerManagedPolicyReferencesInPermissionSet", "CustomerManagedPolicyReferences"
    )
)


@SSO_ADMIN.operation("ListTagsForResource")
def list_tags(context: Context, params: Params) -> Params:
    """The tags of the instance or a permission set."""
    directory = instance(context, params, "ListTagsForResource")
    tags = _tags(directory, params["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@SSO_ADMIN.operation("TagResource")
def tag_resource(context: Context, params: Params) -> Params:
    """Set tags."""
    directory = instance(context, params, "TagResource")
    tags = _tags(directory, params["ResourceArn"])
    if params["ResourceArn"] != INSTANCE_ARN:
        changeable(context, directory, params["ResourceArn"], "TagResource")
    tags |= {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    return {}


@SSO_ADMIN.operation("UntagResource")
def untag_resource(context: Context, params: Params) -> Params:
    """Take tags away."""
    directory = instance(context, params, "UntagResource")
    tags = _tags(directory, params["ResourceArn"])
    if params["ResourceArn"] != INSTANCE_ARN:
        changeable(context, directory, params["ResourceArn"], "UntagResource")
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


def add(directory: Directory, name: str) -> PermissionSet:
    """Put a permission set there; the caller has seen to its name."""
    arn = f"arn:aws:sso:::permissionSet/{INSTANCE_ID}/ps-{directory.world.fresh(16, _HEX)}"
    made = PermissionSet(arn, name, directory.now)
    directory.permission_sets[arn] = made
    return made


_HEX = "0123456789abcdef"


def view(of: PermissionSet) -> Params:
    """A permission set as the operations answer."""
    return {
        "Name": of.name,
        "PermissionSetArn": of.arn,
        "Description": of.description,
        "CreatedDate": of.created,
        "SessionDuration": of.duration,
        "RelayState": of.relay_state,
    }


def _tags(directory: Directory, arn: str) -> dict[str, str]:
    if arn == INSTANCE_ARN:
        return directory.instance_tags
    return permission_set(directory, arn).tags


def _duration(text: str) -> str:
    """Sessions last from one to twelve hours."""
    match = _DURATION.match(text)
    minutes = int(match[1] or 0) * 60 + int(match[2] or 0) if match else 0
    if not 60 <= minutes <= 720:
        raise invalid(f"SessionDuration {text} is not between PT1H and PT12H.")
    return text
