"""sso-admin: what a permission set allows, as inline and AWS-managed policies."""

from __future__ import annotations

import json

from ..errors import AwsError
from ..simulator import Context, Params
from .paging import answer, page
from .service import SSO_ADMIN, changeable, instance, invalid, permission_set

_MOST_POLICIES = 20
_MOST_POLICY_CHARACTERS = 10_240


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
        raise AwsError("ResourceNotFoundException", f"Could not find {params['ManagedPolicyArn']}.")
    found.managed.remove(params["ManagedPolicyArn"])
    found.revision += 1
    return {}


@SSO_ADMIN.operation("ListCustomerManagedPolicyReferencesInPermissionSet")
def list_customer_managed_policies(context: Context, params: Params) -> Params:
    """The customer's own policies of a permission set: never any here."""
    directory = instance(context, params, "ListCustomerManagedPolicyReferencesInPermissionSet")
    permission_set(directory, params["PermissionSetArn"])
    return {"CustomerManagedPolicyReferences": []}
