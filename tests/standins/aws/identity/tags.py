"""sso-admin: tags of the instance and of permission sets."""

from __future__ import annotations

from ..simulator import Context, Params
from .service import SSO_ADMIN, changeable, instance, permission_set
from .state import INSTANCE_ARN, Directory


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


def _tags(directory: Directory, arn: str) -> dict[str, str]:
    if arn == INSTANCE_ARN:
        return directory.instance_tags
    return permission_set(directory, arn).tags
