"""Tags of any resource, by ARN."""

from __future__ import annotations

import re

from ..errors import AwsError, invalid_value
from ..simulator import Context, Params
from . import views
from .service import RDS, here
from .state import Region

_ARN = re.compile(
    r"^arn:aws:rds:(?P<region>[\w-]+):(?P<account>\d{12}):(?P<kind>[\w-]+):(?P<name>.+)$"
)


def _tags(region: Region, arn: str) -> dict[str, str]:
    """The tags a resource has, to be changed in place."""
    match = _ARN.match(arn)
    if match is None or (match["account"], match["region"]) != (region.account, region.name):
        raise invalid_value(f"The specified resource name does not match an RDS resource: {arn}")
    kind, name = match["kind"], match["name"]
    match kind:
        case "db":
            return region.instance(name).tags
        case "cluster":
            return region.cluster(name).tags
        case "pg" | "cluster-pg":
            return region.group(name, kind == "cluster-pg").tags
        case "snapshot" | "cluster-snapshot":
            snapshot = region.snapshots.get((kind == "cluster-snapshot", name))
            if snapshot is None:
                code = (
                    "DBSnapshotNotFound" if kind == "snapshot" else "DBClusterSnapshotNotFoundFault"
                )
                raise AwsError(code, f"{name} not found.", 404)
            return snapshot.tags
    raise invalid_value(f"The specified resource name does not match an RDS resource: {arn}")


@RDS.operation("ListTagsForResource")
def list_tags_for_resource(context: Context, params: Params) -> Params:
    """The tags of a resource."""
    return {"TagList": views.tag_list(_tags(here(context), params["ResourceName"]))}


@RDS.operation("AddTagsToResource")
def add_tags_to_resource(context: Context, params: Params) -> Params:
    """Set tags; a resource has at most 50."""
    tags = _tags(here(context), params["ResourceName"])
    new = {tag["Key"]: tag.get("Value", "") for tag in params["Tags"]}
    for key in new:
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise invalid_value(f"Invalid tag key: {key!r}")
    if len({*tags, *new}) > 50:
        raise invalid_value("A resource can have at most 50 tags.")
    tags |= new
    return {}


@RDS.operation("RemoveTagsFromResource")
def remove_tags_from_resource(context: Context, params: Params) -> Params:
    """Remove tags; a key that is not there is no error."""
    tags = _tags(here(context), params["ResourceName"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}
