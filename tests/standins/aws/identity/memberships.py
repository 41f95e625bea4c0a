"""Identity store: who belongs to which group."""

from __future__ import annotations

from ..simulator import Context, Params
from . import groups, users
from .paging import answer, page
from .service import IDENTITY_STORE, bare, duplicate, missing, store
from .state import STORE_ID, Directory, Membership


@IDENTITY_STORE.operation("CreateGroupMembership")
def create_group_membership(context: Context, params: Params) -> Params:
    """Put a user into a group."""
    directory = store(context, params, "CreateGroupMembership")
    group = groups.find(directory, params["GroupId"])
    user = users.find(directory, params["MemberId"]["UserId"])
    if directory.membership(group.id, user.id):
        raise duplicate("Member and Group relationship already exists.")
    return _named(directory.add_membership(group.id, user.id, context.caller.arn))


@IDENTITY_STORE.operation("DeleteGroupMembership")
def delete_group_membership(context: Context, params: Params) -> Params:
    """Take a user out of a group."""
    directory = store(context, params, "DeleteGroupMembership")
    directory.remove_membership(_find(directory, params["MembershipId"]))
    return {}


@IDENTITY_STORE.operation("DescribeGroupMembership")
def describe_group_membership(context: Context, params: Params) -> Params:
    """One membership."""
    return _view(_find(store(context, params), params["MembershipId"]))


@IDENTITY_STORE.operation("GetGroupMembershipId")
def get_group_membership_id(context: Context, params: Params) -> Params:
    """The membership of a user in a group."""
    directory = store(context, params)
    group = groups.find(directory, params["GroupId"])
    user = users.find(directory, params["MemberId"]["UserId"])
    found = directory.membership(group.id, user.id)
    if found is None:
        raise missing("GROUP_MEMBERSHIP")
    return _named(found)


@IDENTITY_STORE.operation("ListGroupMemberships")
def list_group_memberships(context: Context, params: Params) -> Params:
    """The members of a group."""
    directory = store(context, params)
    group = groups.find(directory, params["GroupId"])
    found, token = page(directory, directory.members_of(group.id), params)
    return answer("GroupMemberships", [_view(item) for item in found], token)


@IDENTITY_STORE.operation("ListGroupMembershipsForMember")
def list_group_memberships_for_member(context: Context, params: Params) -> Params:
    """The groups of a user."""
    directory = store(context, params)
    user = users.find(directory, params["MemberId"]["UserId"])
    found, token = page(directory, directory.memberships_of(user.id), params)
    return answer("GroupMemberships", [_view(item) for item in found], token)


@IDENTITY_STORE.operation("IsMemberInGroups")
def is_member_in_groups(context: Context, params: Params) -> Params:
    """Which of some groups a user is in."""
    directory = store(context, params)
    user = users.find(directory, params["MemberId"]["UserId"])
    return {
        "Results": [
            {
                "GroupId": group.id,
                "MemberId": {"UserId": user.id},
                "MembershipExists": directory.membership(group.id, user.id) is not None,
            }
            for group in (groups.find(directory, item) for item in params["GroupIds"])
        ]
    }


def _find(directory: Directory, identifier: str) -> Membership:
    found = directory.memberships.get(bare(identifier))
    if found is None:
        raise missing("GROUP_MEMBERSHIP", bare(identifier))
    return found


def _view(membership: Membership) -> Params:
    return _named(membership) | {
        "GroupId": membership.group,
        "MemberId": {"UserId": membership.user},
        "CreatedAt": membership.created,
        "CreatedBy": membership.created_by,
        "UpdatedAt": membership.created,
        "UpdatedBy": membership.created_by,
    }


def _named(membership: Membership) -> Params:
    return {
        "IdentityStoreId": STORE_ID,
        "MembershipId": membership.id,
        "MembershipArn": f"arn:aws:identitystore:::membership/{membership.id}",
    }
