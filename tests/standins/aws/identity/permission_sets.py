"""sso-admin: the instance and its permission sets."""

from __future__ import annotations

import re

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


def add(directory: Directory, name: str) -> PermissionSet:
    """Put a permission set there; the caller has seen to its name."""
    arn = f"arn:aws:sso:::permissionSet/{INSTANCE_ID}/ps-{directory.world.named(name, 16)}"
    made = PermissionSet(arn, name, directory.now)
    directory.permission_sets[arn] = made
    return made


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


def _duration(text: str) -> str:
    """Sessions last from one to twelve hours."""
    match = _DURATION.match(text)
    minutes = int(match[1] or 0) * 60 + int(match[2] or 0) if match else 0
    if not 60 <= minutes <= 720:
        raise invalid(f"SessionDuration {text} is not between PT1H and PT12H.")
    return text
