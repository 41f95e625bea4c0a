"""IAM Identity Center: the identity store, sso-admin, the access portal and signing in to it.

One instance in the organization's management account, administered also from a delegated account.
``state.py`` is what there is, ``limits.py`` what AWS's quotas say. ``seed.py``, ``look.py`` and
``orders.py`` are what a test can do. The other modules are the operations by subject.
"""

from . import (
    assignments,
    groups,
    memberships,
    permission_sets,
    policies,
    portal,
    provisioning,
    sign_in,
    tags,
    users,
)
from .service import IDENTITY_STORE, OIDC, PORTAL, SSO_ADMIN

__all__ = [
    "IDENTITY_STORE",
    "OIDC",
    "PORTAL",
    "SSO_ADMIN",
    "assignments",
    "groups",
    "memberships",
    "permission_sets",
    "policies",
    "portal",
    "provisioning",
    "sign_in",
    "tags",
    "users",
]
