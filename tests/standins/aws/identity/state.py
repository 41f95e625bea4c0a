"""What IAM Identity Center keeps: people, groups, permission sets, assignments, who signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..world import World

STORE_ID = "d-93677a1b2c"
INSTANCE_ID = "ssoins-7223a1b2c3d4e5f6"
INSTANCE_ARN = f"arn:aws:sso:::instance/{INSTANCE_ID}"
START_URL = "https://acme.awsapps.com/start"
HOME_REGION = "eu-west-1"
MANAGEMENT_ACCOUNT = "999988887777"
DELEGATED_ACCOUNT = "888877776666"

# The organization every world begins with; a test may add to it.
ACCOUNTS: dict[str, str] = {
    MANAGEMENT_ACCOUNT: "acme-root",
    DELEGATED_ACCOUNT: "identity",
    "111122223333": "shop-prod",
    "444455556666": "shop-staging",
    "777788889999": "media-prod",
}


@dataclass
class User:
    """A person; attributes by their names in AWS's model."""

    id: str
    attributes: dict[str, Any]
    created: datetime
    created_by: str
    updated: datetime
    updated_by: str
    revision: int = 1

    @property
    def name(self) -> str:
        """The user name."""
        found: str = self.attributes["UserName"]
        return found

    @property
    def email(self) -> str | None:
        """The primary e-mail address; without a primary one, the first."""
        return primary_email(self.attributes)

    @property
    def enabled(self) -> bool:
        """Whether the user may sign in."""
        return self.attributes.get("UserStatus") == "ENABLED"


@dataclass
class Group:
    """A group of people."""

    id: str
    attributes: dict[str, Any]
    created: datetime
    created_by: str
    updated: datetime
    updated_by: str
    revision: int = 1

    @property
    def name(self) -> str:
        """The display name, which is unique."""
        found: str = self.attributes["DisplayName"]
        return found


@dataclass
class Membership:
    """That a user belongs to a group."""

    id: str
    group: str
    user: str
    created: datetime
    created_by: str


@dataclass
class PermissionSet:
    """What an assignment allows; ``revision`` counts changes that accounts do not have yet."""

    arn: str
    name: str
    created: datetime
    description: str | None = None
    duration: str = "PT1H"
    relay_state: str | None = None
    inline_policy: str = ""
    managed: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    revision: int = 1


@dataclass
class Provisioned:
    """A permission set as it is in one account."""

    revision: int
    inline_policy: str


@dataclass(frozen=True)
class Assignment:
    """A principal's access to an account by a permission set."""

    account: str
    permission_set: str
    kind: str
    principal: str


@dataclass
class Operation:
    """An asynchronous request: ``creation``, ``deletion`` or ``provisioning``."""

    id: str
    kind: str
    created: datetime
    permission_set: str
    account: str | None
    assignment: Assignment | None = None
    status: str = "IN_PROGRESS"
    failure: str | None = None


@dataclass
class Failure:
    """How a coming operation ends: ``kind`` is empty for whichever comes next."""

    reason: str
    kind: str = ""


class Directory:
    """The one instance of IAM Identity Center in a world's organization."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.created = world.now
        self.accounts = dict(ACCOUNTS)
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.memberships: dict[str, Membership] = {}
        self.permission_sets: dict[str, PermissionSet] = {}
        self.provisioned: dict[tuple[str, str], Provisioned] = {}
        # In order of creation; a dict because a set has none.
        self.assignments: dict[Assignment, None] = {}
        self.operations: dict[str, Operation] = {}
        self.instance_tags: dict[str, str] = {}
        self.failures: list[Failure] = []
        # Seconds of the world's clock.
        self.assignment_takes = 5.0
        # AWS may always return fewer results than asked for.
        self.page_limit: int | None = None
        self.by_user_name: dict[str, str] = {}
        self.by_email: dict[str, str] = {}
        self.by_group_name: dict[str, str] = {}
        self._members: dict[str, dict[str, str]] = {}
        self._groups_of: dict[str, dict[str, str]] = {}

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.now

    def add_user(self, attributes: dict[str, Any], by: str) -> User:
        """Keep a new user; the caller has seen to uniqueness."""
        attributes.setdefault("UserStatus", "ENABLED")
        name = f"user {attributes.get('UserName', '')}"
        user = User(self.world.named_uuid(name), attributes, self.now, by, self.now, by)
        self.users[user.id] = user
        self.index_user(user)
        return user

    def index_user(self, user: User) -> None:
        """Have a user found by name and address."""
        self.by_user_name[user.name.lower()] = user.id
        if user.email:
            self.by_email[user.email.lower()] = user.id

    def forget_names(self, user: User) -> None:
        """Have a user no longer found by name and address."""
        self.by_user_name.pop(user.name.lower(), None)
        if user.email:
            self.by_email.pop(user.email.lower(), None)

    def remove_user(self, user: User) -> None:
        """Delete a user with all memberships; assignments stay behind, as they do at AWS."""
        self.forget_names(user)
        for membership in self.memberships_of(user.id):
            self.remove_membership(membership)
        del self.users[user.id]

    def add_group(self, attributes: dict[str, Any], by: str) -> Group:
        """Keep a new group; the caller has seen to uniqueness."""
        name = f"group {attributes.get('DisplayName', '')}"
        group = Group(self.world.named_uuid(name), attributes, self.now, by, self.now, by)
        self.groups[group.id] = group
        self.by_group_name[group.name.lower()] = group.id
        return group

    def remove_group(self, group: Group) -> None:
        """Delete a group with all memberships; assignments stay behind."""
        self.by_group_name.pop(group.name.lower(), None)
        for membership in self.members_of(group.id):
            self.remove_membership(membership)
        del self.groups[group.id]

    def add_membership(self, group: str, user: str, by: str) -> Membership:
        """Put a user into a group; both by identifier."""
        name = f"membership {group} {user}"
        membership = Membership(self.world.named_uuid(name), group, user, self.now, by)
        self.memberships[membership.id] = membership
        self._members.setdefault(group, {})[user] = membership.id
        self._groups_of.setdefault(user, {})[group] = membership.id
        return membership

    def remove_membership(self, membership: Membership) -> None:
        """Take a user out of a group."""
        del self.memberships[membership.id]
        del self._members[membership.group][membership.user]
        del self._groups_of[membership.user][membership.group]

    def membership(self, group: str, user: str) -> Membership | None:
        """The membership of a user in a group."""
        found = self._members.get(group, {}).get(user)
        return self.memberships[found] if found else None

    def members_of(self, group: str) -> list[Membership]:
        """The memberships of a group."""
        return [self.memberships[item] for item in self._members.get(group, {}).values()]

    def memberships_of(self, user: str) -> list[Membership]:
        """The memberships of a user."""
        return [self.memberships[item] for item in self._groups_of.get(user, {}).values()]

    def permission_set_named(self, name: str) -> PermissionSet | None:
        """A permission set by its name, in which case counts."""
        for found in self.permission_sets.values():
            if found.name == name:
                return found
        return None

    def assign(self, assignment: Assignment) -> None:
        """Put an assignment there; the permission set is provisioned where it is not yet."""
        self.assignments[assignment] = None
        where = assignment.permission_set, assignment.account
        if where not in self.provisioned:
            self.provision(*where)

    def unassign(self, assignment: Assignment) -> None:
        """Take an assignment away; with the last one, the permission set leaves the account."""
        self.assignments.pop(assignment, None)
        where = assignment.permission_set, assignment.account
        if not any((each.permission_set, each.account) == where for each in self.assignments):
            self.provisioned.pop(where, None)

    def provision(self, permission_set: str, account: str) -> None:
        """Bring an account's copy of a permission set up to date."""
        of = self.permission_sets[permission_set]
        self.provisioned[permission_set, account] = Provisioned(of.revision, of.inline_policy)

    def access_of(self, user: str) -> list[Assignment]:
        """What a user has: assignments of their own and of their groups."""
        principals = {user} | {membership.group for membership in self.memberships_of(user)}
        return [each for each in self.assignments if each.principal in principals]

    def outstanding(self) -> list[Operation]:
        """Assignment writes under way."""
        return [
            each
            for each in self.operations.values()
            if each.assignment is not None and each.status == "IN_PROGRESS"
        ]

    def failure(self, kind: str) -> str | None:
        """Take the reason for which an operation that begins now shall fail."""
        for failure in self.failures:
            if failure.kind in ("", kind):
                self.failures.remove(failure)
                return failure.reason
        return None


def primary_email(attributes: dict[str, Any]) -> str | None:
    """The address among a user's attributes that must be unique."""
    emails = attributes.get("Emails") or []
    for email in emails:
        if email.get("Primary") and email.get("Value"):
            found: str = email["Value"]
            return found
    return emails[0].get("Value") if emails else None


def directory_of(world: World) -> Directory:
    """IAM Identity Center of a world."""
    directory: Directory = world.part(Directory)
    return directory
