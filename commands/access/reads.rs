//! What Identity Center says. Lists are complete.

use aws_sdk_identitystore::types::{self as store};
use aws_sdk_identitystore::types::{AlternateIdentifier, MemberId, UniqueAttribute, UserStatus};
use aws_sdk_ssoadmin::types as admin;
use aws_smithy_types::Document;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::aws::{Identity, unless_missing};
use super::model::{Assignee, Assignment, Details, Group, Membership, PermissionSet, PrincipalKind, User};
use crate::error::{Error, Result};

pub(super) type Collected<T, E> = std::result::Result<Vec<T>, E>;

impl Identity {
    /// One look for each, a few at once, in the given order.
    pub(crate) async fn each<'a, T, F>(&self, ids: &'a [String], look: impl Fn(&'a str) -> F) -> Result<Vec<T>>
    where
        F: Future<Output = Result<T>>,
    {
        let looks: Vec<F> = ids.iter().map(|id| look(id)).collect();
        stream::iter(looks).buffered(self.at_once()).try_collect().await
    }

    fn store_id(&self) -> &str {
        &self.instance.store
    }

    /// Every user.
    pub(crate) async fn users(&self) -> Result<Vec<User>> {
        let call = self.store.list_users().identity_store_id(self.store_id()).into_paginator().items().send();
        let answer = self.session.read("identitystore:ListUsers", call.collect::<Collected<_, _>>()).await;
        let users = answer.map_err(|fault| fault.error("listing users"))?;
        Ok(users.iter().map(user).collect())
    }

    /// The user with this id; none if there is none.
    pub(crate) async fn user(&self, id: &str) -> Result<Option<User>> {
        let call = self.store.describe_user().identity_store_id(self.store_id()).user_id(id).send();
        let answer = unless_missing(self.session.read("identitystore:DescribeUser", call).await, "looking at a user")?;
        Ok(answer.map(|one| {
            let email = primary_email(one.emails());
            let (given, family) = one.name.map(|name| (name.given_name, name.family_name)).unwrap_or_default();
            User {
                id: one.user_id,
                name: one.user_name.unwrap_or_default(),
                display_name: one.display_name.unwrap_or_default(),
                email,
                given,
                family,
                title: one.title,
                active: one.user_status != Some(UserStatus::Disabled),
                external: one.external_ids.is_some_and(|ids| !ids.is_empty()),
            }
        }))
    }

    /// The user with this user name; none if there is none.
    pub(crate) async fn user_named(&self, name: &str) -> Result<Option<User>> {
        self.user_by("userName", name).await
    }

    /// The user with this e-mail address; none if there is none.
    pub(crate) async fn user_with_email(&self, email: &str) -> Result<Option<User>> {
        self.user_by("emails.value", email).await
    }

    async fn user_by(&self, attribute: &str, value: &str) -> Result<Option<User>> {
        let doing = format!("looking for the user {value}");
        let call = self.store.get_user_id().identity_store_id(self.store_id());
        let call = call.alternate_identifier(alternate(attribute, value, &doing)?).send();
        match unless_missing(self.session.read("identitystore:GetUserId", call).await, &doing)? {
            Some(found) => self.user(&found.user_id).await,
            None => Ok(None),
        }
    }

    /// Every group.
    pub(crate) async fn groups(&self) -> Result<Vec<Group>> {
        let call = self.store.list_groups().identity_store_id(self.store_id()).into_paginator().items().send();
        let answer = self.session.read("identitystore:ListGroups", call.collect::<Collected<_, _>>()).await;
        let groups = answer.map_err(|fault| fault.error("listing groups"))?;
        Ok(groups.into_iter().map(|one| group(one.group_id, one.display_name, one.description, one.external_ids)).collect())
    }

    /// The group with this id; none if there is none.
    pub(crate) async fn group(&self, id: &str) -> Result<Option<Group>> {
        let call = self.store.describe_group().identity_store_id(self.store_id()).group_id(id).send();
        let answer = unless_missing(self.session.read("identitystore:DescribeGroup", call).await, "looking at a group")?;
        Ok(answer.map(|one| group(one.group_id, one.display_name, one.description, one.external_ids)))
    }

    /// The group with this name; none if there is none.
    pub(crate) async fn group_named(&self, name: &str) -> Result<Option<Group>> {
        let doing = format!("looking for the group {name}");
        let call = self.store.get_group_id().identity_store_id(self.store_id());
        let call = call.alternate_identifier(alternate("displayName", name, &doing)?).send();
        match unless_missing(self.session.read("identitystore:GetGroupId", call).await, &doing)? {
            Some(found) => self.group(&found.group_id).await,
            None => Ok(None),
        }
    }

    /// Who is in a group, by id. Empty if there is no such group.
    pub(crate) async fn members(&self, group: &str) -> Result<Vec<Membership>> {
        let call = self.store.list_group_memberships().identity_store_id(self.store_id()).group_id(group);
        let call = call.into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("identitystore:ListGroupMemberships", call).await;
        let found = unless_missing(answer, "listing the members of a group")?.unwrap_or_default();
        Ok(found.into_iter().filter_map(membership).collect())
    }

    /// The groups a user is in, by id. Empty if there is no such user.
    pub(crate) async fn memberships(&self, user: &str) -> Result<Vec<Membership>> {
        let call = self.store.list_group_memberships_for_member().identity_store_id(self.store_id());
        let call = call.member_id(MemberId::UserId(user.to_owned())).into_paginator().items().send();
        let call = call.collect::<Collected<_, _>>();
        let answer = self.session.read("identitystore:ListGroupMembershipsForMember", call).await;
        let found = unless_missing(answer, "listing the groups of a user")?.unwrap_or_default();
        Ok(found.into_iter().filter_map(membership).collect())
    }

    /// A user's membership in a group; none if they are not in it.
    pub(crate) async fn membership(&self, group: &str, user: &str) -> Result<Option<Membership>> {
        let call = self.store.get_group_membership_id().identity_store_id(self.store_id()).group_id(group);
        let call = call.member_id(MemberId::UserId(user.to_owned())).send();
        let answer = self.session.read("identitystore:GetGroupMembershipId", call).await;
        let found = unless_missing(answer, "looking for a member of a group")?;
        Ok(found.map(|found| Membership { id: found.membership_id, group: group.to_owned(), user: user.to_owned() }))
    }

    /// Every permission set, with its name and description.
    pub(crate) async fn permission_sets(&self) -> Result<Vec<PermissionSet>> {
        let call = self.admin.list_permission_sets().instance_arn(&self.instance.arn).into_paginator().items().send();
        let answer = self.session.read("sso:ListPermissionSets", call.collect::<Collected<_, _>>()).await;
        let arns = answer.map_err(|fault| fault.error("listing permission sets"))?;
        let found = self.each(&arns, |arn| self.permission_set(arn)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The permission set with this ARN; none if there is none.
    pub(crate) async fn permission_set(&self, arn: &str) -> Result<Option<PermissionSet>> {
        let call = self.admin.describe_permission_set().instance_arn(&self.instance.arn).permission_set_arn(arn).send();
        let answer = self.session.read("sso:DescribePermissionSet", call).await;
        let found = unless_missing(answer, "looking at a permission set")?.and_then(|answer| answer.permission_set);
        Ok(found.map(|set| PermissionSet {
            arn: set.permission_set_arn.unwrap_or_else(|| arn.to_owned()),
            name: set.name.unwrap_or_default(),
            description: set.description.filter(|words| !words.is_empty()),
            session_duration: set.session_duration,
        }))
    }

    /// A permission set with its policies and where it is provisioned; none if there is none.
    pub(crate) async fn details(&self, arn: &str) -> Result<Option<Details>> {
        let doing = "looking into a permission set";
        let managed = self.admin.list_managed_policies_in_permission_set().instance_arn(&self.instance.arn);
        let managed = managed.permission_set_arn(arn).into_paginator().items().send().collect::<Collected<_, _>>();
        let customer = self.admin.list_customer_managed_policy_references_in_permission_set();
        let customer = customer.instance_arn(&self.instance.arn).permission_set_arn(arn);
        let customer = customer.into_paginator().items().send().collect::<Collected<_, _>>();
        let Some(set) = self.permission_set(arn).await? else { return Ok(None) };
        let (managed, customer, inline, accounts) = tokio::join!(
            self.session.read("sso:ListManagedPoliciesInPermissionSet", managed),
            self.session.read("sso:ListCustomerManagedPolicyReferencesInPermissionSet", customer),
            self.inline_policy(arn),
            self.provisioned_in(arn),
        );
        let managed = managed.map_err(|fault| fault.error(doing))?;
        let customer = customer.map_err(|fault| fault.error(doing))?;
        let path = |one: admin::CustomerManagedPolicyReference| format!("{}{}", one.path.as_deref().unwrap_or("/"), one.name);
        Ok(Some(Details {
            set,
            managed: managed.into_iter().filter_map(|policy| policy.name).collect(),
            customer: customer.into_iter().map(path).collect(),
            inline: inline?,
            accounts: accounts?,
        }))
    }

    /// The inline policy of a permission set, JSON; none where there is none.
    pub(crate) async fn inline_policy(&self, arn: &str) -> Result<Option<String>> {
        let call = self.admin.get_inline_policy_for_permission_set().instance_arn(&self.instance.arn);
        let answer = self.session.read("sso:GetInlinePolicyForPermissionSet", call.permission_set_arn(arn).send()).await;
        let answer = unless_missing(answer, "reading the inline policy of a permission set")?;
        Ok(answer.and_then(|answer| answer.inline_policy).filter(|policy| !policy.trim().is_empty()))
    }

    /// The ids of the accounts a permission set is provisioned in.
    pub(crate) async fn provisioned_in(&self, arn: &str) -> Result<Vec<String>> {
        let call = self.admin.list_accounts_for_provisioned_permission_set().instance_arn(&self.instance.arn);
        let call = call.permission_set_arn(arn).into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("sso:ListAccountsForProvisionedPermissionSet", call).await;
        Ok(unless_missing(answer, "asking where a permission set is provisioned")?.unwrap_or_default())
    }

    /// Who may use a permission set in an account.
    pub(crate) async fn assignments(&self, account: &str, permission_set: &str) -> Result<Vec<Assignment>> {
        let call = self.admin.list_account_assignments().instance_arn(&self.instance.arn).account_id(account);
        let call = call.permission_set_arn(permission_set).into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("sso:ListAccountAssignments", call).await;
        let found = unless_missing(answer, &format!("listing who has access to {account}"))?.unwrap_or_default();
        let assignments = found.into_iter().filter_map(|one| {
            let principal = assignee(one.principal_type.as_ref(), one.principal_id)?;
            Some(Assignment { account: one.account_id?, permission_set: one.permission_set_arn?, principal })
        });
        Ok(assignments.collect())
    }

    /// Whether this very assignment stands.
    pub(crate) async fn is_assigned(&self, assignment: &Assignment) -> Result<bool> {
        Ok(self.assignments(&assignment.account, &assignment.permission_set).await?.contains(assignment))
    }

    /// All assignments in an account.
    pub(crate) async fn assignments_in(&self, account: &str) -> Result<Vec<Assignment>> {
        let call = self.admin.list_permission_sets_provisioned_to_account().instance_arn(&self.instance.arn);
        let call = call.account_id(account).into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("sso:ListPermissionSetsProvisionedToAccount", call).await;
        let arns = unless_missing(answer, &format!("listing who has access to {account}"))?.unwrap_or_default();
        let found = self.each(&arns, |arn| self.assignments(account, arn)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// What somebody is assigned. For a user, what their groups are assigned comes too, as the groups' assignments.
    pub(crate) async fn assignments_of(&self, principal: &Assignee) -> Result<Vec<Assignment>> {
        let kind = principal_type(principal.kind);
        let call = self.admin.list_account_assignments_for_principal().instance_arn(&self.instance.arn);
        let call = call.principal_id(&principal.id).principal_type(kind).into_paginator().items().send();
        let answer = self.session.read("sso:ListAccountAssignmentsForPrincipal", call.collect::<Collected<_, _>>()).await;
        let found = unless_missing(answer, "listing what somebody has access to")?.unwrap_or_default();
        let assignments = found.into_iter().filter_map(|one| {
            let principal = assignee(one.principal_type.as_ref(), one.principal_id)?;
            Some(Assignment { account: one.account_id?, permission_set: one.permission_set_arn?, principal })
        });
        Ok(assignments.collect())
    }

    /// What a user or a group is assigned itself, without what groups bring.
    pub(crate) async fn assigned_itself(&self, principal: &Assignee) -> Result<Vec<Assignment>> {
        let mut assignments = self.assignments_of(principal).await?;
        assignments.retain(|assignment| assignment.principal == *principal);
        assignments.sort();
        Ok(assignments)
    }
}

fn alternate(attribute: &str, value: &str, doing: &str) -> Result<AlternateIdentifier> {
    let unique = UniqueAttribute::builder().attribute_path(attribute).attribute_value(Document::from(value)).build();
    unique.map(AlternateIdentifier::UniqueAttribute).map_err(|error| Error::internal(doing, error))
}

fn primary_email(emails: &[store::Email]) -> Option<String> {
    emails.iter().find(|email| email.primary).or(emails.first()).and_then(|email| email.value.clone())
}

fn user(one: &store::User) -> User {
    User {
        id: one.user_id.clone(),
        name: one.user_name.clone().unwrap_or_default(),
        display_name: one.display_name.clone().unwrap_or_default(),
        email: primary_email(one.emails()),
        given: one.name().and_then(|name| name.given_name.clone()),
        family: one.name().and_then(|name| name.family_name.clone()),
        title: one.title.clone(),
        active: one.user_status != Some(UserStatus::Disabled),
        external: !one.external_ids().is_empty(),
    }
}

fn group(id: String, name: Option<String>, description: Option<String>, external: Option<Vec<store::ExternalId>>) -> Group {
    Group {
        id,
        name: name.unwrap_or_default(),
        description: description.filter(|words| !words.is_empty()),
        external: external.is_some_and(|ids| !ids.is_empty()),
    }
}

fn membership(one: store::GroupMembership) -> Option<Membership> {
    let Some(MemberId::UserId(user)) = one.member_id else { return None };
    Some(Membership { id: one.membership_id, group: one.group_id?, user })
}

/// A principal's kind in AWS's words.
pub(super) fn principal_type(kind: PrincipalKind) -> admin::PrincipalType {
    match kind {
        PrincipalKind::User => admin::PrincipalType::User,
        PrincipalKind::Group => admin::PrincipalType::Group,
    }
}

pub(super) fn assignee(kind: Option<&admin::PrincipalType>, id: Option<String>) -> Option<Assignee> {
    let kind = match kind? {
        admin::PrincipalType::User => PrincipalKind::User,
        admin::PrincipalType::Group => PrincipalKind::Group,
        _ => return None,
    };
    Some(Assignee { kind, id: id? })
}
