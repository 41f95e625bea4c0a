//! What changes Identity Center. Each write is one value: the call the plan shows and the call AWS gets come from it. Each asks
//! for the permit and looks for nothing itself; what was there already, or gone already, is an answer and no error.

use aws_sdk_identitystore::types::{AttributeOperation, Email, MemberId, Name};
use aws_sdk_ssoadmin::types::{ProvisionTargetType, TargetType};
use aws_smithy_types::Document;
use serde::{Deserialize, Serialize};

use super::aws::Identity;
use super::model::{Assignment, Group, Membership, PermissionSet, PrincipalKind, Progress, User};
use super::reads::principal_type;
use super::requests::progress;
use super::slots::Slot;
use crate::aws::{Fault, Kind};
use crate::error::{Error, Result};
use crate::plan::{Permit, call};
use crate::records::PlannedCall;

/// What came of creating something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// It exists now; its id.
    Made(String),
    /// Something else has this name, or it exists already; AWS's words.
    Taken(String),
}

/// What came of deleting something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// AWS removed it.
    Removed,
    /// There was nothing to remove.
    AlreadyGone,
}

/// What came of updating something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Update {
    /// AWS changed it.
    Done,
    /// Somebody else has that name or address, or changed it at the same moment; AWS's words.
    Conflict(String),
    /// There is no such thing any more.
    Gone,
}

/// What came of asking for an assignment, or for its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// AWS took it up; it is not done before its status says so.
    Begun(Progress),
    /// Something else is under way on the same assignment: ask again later. AWS's words.
    Conflict(String),
    /// There was nothing to remove.
    AlreadyGone,
}

/// A user to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) email: String,
    pub(crate) given: String,
    pub(crate) family: String,
}

/// What to change of a user; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserUpdate {
    pub(crate) name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) given: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) title: Option<String>,
    /// Whether they may sign in.
    pub(crate) active: Option<bool>,
}

/// A group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewGroup {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

impl NewUser {
    pub(crate) fn planned(&self) -> PlannedCall {
        let names = [
            ("UserName", &*self.name),
            ("DisplayName", &*self.display_name),
            ("Name.GivenName", &*self.given),
            ("Name.FamilyName", &*self.family),
            ("Emails", &*self.email),
        ];
        call("identitystore:CreateUser", names)
    }
}

impl UserUpdate {
    /// Attribute paths as UpdateUser takes them, with their new values.
    fn attributes(&self) -> Vec<(&'static str, &str)> {
        let status = self.active.map(|active| if active { "ENABLED" } else { "DISABLED" });
        let all = [
            ("userName", &self.name),
            ("displayName", &self.display_name),
            ("name.givenName", &self.given),
            ("name.familyName", &self.family),
            ("emails", &self.email),
            ("title", &self.title),
        ];
        let all = all.into_iter().map(|(path, value)| (path, value.as_deref()));
        all.chain([("userStatus", status)]).filter_map(|(path, value)| Some((path, value?))).collect()
    }

    /// Whether nothing is to be changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.attributes().is_empty()
    }

    pub(crate) fn planned(&self, user: &User) -> PlannedCall {
        let mut planned = call("identitystore:UpdateUser", [("UserId", &*user.id)]);
        let new = self.attributes().into_iter().map(|(path, value)| (format!("Operations.{path}"), value.to_owned()));
        planned.parameters.extend(new);
        planned
    }
}

impl NewGroup {
    pub(crate) fn planned(&self) -> PlannedCall {
        let mut planned = call("identitystore:CreateGroup", [("DisplayName", &*self.name)]);
        planned.parameters.extend(self.description.clone().map(|words| ("Description".to_owned(), words)));
        planned
    }
}

/// The planned deletion of a user.
pub(crate) fn planned_user_deletion(user: &User) -> PlannedCall {
    call("identitystore:DeleteUser", [("UserId", &*user.id)])
}

/// The planned deletion of a group.
pub(crate) fn planned_group_deletion(group: &Group) -> PlannedCall {
    call("identitystore:DeleteGroup", [("GroupId", &*group.id)])
}

/// The planned joining of a user, by id, to a group. Who is yet to be created has words in place of an id.
pub(crate) fn planned_joining(group: &str, user: &str) -> PlannedCall {
    call("identitystore:CreateGroupMembership", [("GroupId", group), ("MemberId.UserId", user)])
}

/// The planned leaving of a member.
pub(crate) fn planned_leaving(membership: &Membership) -> PlannedCall {
    let names = [("MembershipId", &*membership.id)];
    call("identitystore:DeleteGroupMembership", names)
}

/// The planned creation of an assignment.
pub(crate) fn planned_assignment(assignment: &Assignment) -> PlannedCall {
    planned_write("sso:CreateAccountAssignment", assignment)
}

/// The planned end of an assignment.
pub(crate) fn planned_end(assignment: &Assignment) -> PlannedCall {
    planned_write("sso:DeleteAccountAssignment", assignment)
}

/// The planned inline policy of a permission set; none to have it deleted.
pub(crate) fn planned_policy(permission_set: &str, policy: Option<&str>) -> PlannedCall {
    match policy {
        Some(policy) => {
            let names = [("PermissionSetArn", permission_set), ("InlinePolicy", policy)];
            call("sso:PutInlinePolicyToPermissionSet", names)
        }
        None => call("sso:DeleteInlinePolicyFromPermissionSet", [("PermissionSetArn", permission_set)]),
    }
}

/// The planned provisioning of a permission set in one account.
pub(crate) fn planned_provisioning_in(permission_set: &str, account: &str) -> PlannedCall {
    let names = [("PermissionSetArn", permission_set), ("TargetType", "AWS_ACCOUNT"), ("TargetId", account)];
    call("sso:ProvisionPermissionSet", names)
}

fn planned_write(api: &str, assignment: &Assignment) -> PlannedCall {
    let kind = match assignment.principal.kind {
        PrincipalKind::User => "USER",
        PrincipalKind::Group => "GROUP",
    };
    let names = [
        ("TargetType", "AWS_ACCOUNT"),
        ("TargetId", &*assignment.account),
        ("PermissionSetArn", &*assignment.permission_set),
        ("PrincipalType", kind),
        ("PrincipalId", &*assignment.principal.id),
    ];
    call(api, names)
}

impl Identity {
    /// Creates a user. AWS mails them nothing by itself.
    pub(crate) async fn create_user(&self, permit: &Permit, new: &NewUser) -> Result<Creation> {
        let doing = format!("creating the user {}", new.name);
        let name = Name::builder().given_name(&new.given).family_name(&new.family).build();
        let email = Email::builder().value(&new.email).r#type("work").primary(true).build();
        let call = self.writers().0.create_user().identity_store_id(&self.instance.store).user_name(&new.name);
        let call = call.display_name(&new.display_name).name(name).emails(email).send();
        let answer = self.session.write(permit, "identitystore:CreateUser", call).await;
        creation(answer.map(|made| made.user_id), &doing)
    }

    /// Changes a user.
    pub(crate) async fn update_user(&self, permit: &Permit, user: &User, update: &UserUpdate) -> Result<Update> {
        let doing = format!("updating the user {}", user.name);
        let operations: std::result::Result<Vec<_>, _> = update
            .attributes()
            .into_iter()
            .map(|(path, value)| {
                // A list is replaced as a whole.
                let value = if path == "emails" { emails(value) } else { Document::from(value) };
                AttributeOperation::builder().attribute_path(path).attribute_value(value).build()
            })
            .collect();
        let operations = operations.map_err(|error| Error::internal(&*doing, error))?;
        let call = self.writers().0.update_user().identity_store_id(&self.instance.store).user_id(&user.id);
        let call = call.set_operations(Some(operations)).send();
        match self.session.write(permit, "identitystore:UpdateUser", call).await {
            Ok(_) => Ok(Update::Done),
            Err(fault) if fault.is("Conflict") => Ok(Update::Conflict(fault.message)),
            Err(fault) if fault.is("ResourceNotFound") => Ok(Update::Gone),
            Err(fault) => Err(fault.error(&doing)),
        }
    }

    /// Deletes a user, by id. Their assignments stay behind in AWS: end these first.
    pub(crate) async fn delete_user(&self, permit: &Permit, id: &str) -> Result<Removal> {
        let call = self.writers().0.delete_user().identity_store_id(&self.instance.store).user_id(id).send();
        removal(self.session.write(permit, "identitystore:DeleteUser", call).await, "deleting a user")
    }

    /// Creates a group.
    pub(crate) async fn create_group(&self, permit: &Permit, new: &NewGroup) -> Result<Creation> {
        let doing = format!("creating the group {}", new.name);
        let call = self.writers().0.create_group().identity_store_id(&self.instance.store).display_name(&new.name);
        let call = call.set_description(new.description.clone()).send();
        let answer = self.session.write(permit, "identitystore:CreateGroup", call).await;
        creation(answer.map(|made| made.group_id), &doing)
    }

    /// Deletes a group, by id. Its assignments stay behind in AWS: end these first.
    pub(crate) async fn delete_group(&self, permit: &Permit, id: &str) -> Result<Removal> {
        let call = self.writers().0.delete_group().identity_store_id(&self.instance.store).group_id(id).send();
        removal(self.session.write(permit, "identitystore:DeleteGroup", call).await, "deleting a group")
    }

    /// Puts a user into a group, both by id. [`Creation::Taken`]: they are in it already.
    pub(crate) async fn add_member(&self, permit: &Permit, group: &str, user: &str) -> Result<Creation> {
        let call = self.writers().0.create_group_membership().identity_store_id(&self.instance.store).group_id(group);
        let call = call.member_id(MemberId::UserId(user.to_owned())).send();
        let answer = self.session.write(permit, "identitystore:CreateGroupMembership", call).await;
        creation(answer.map(|made| made.membership_id), "adding somebody to a group")
    }

    /// Takes a member out of a group, by the membership's id.
    pub(crate) async fn remove_member(&self, permit: &Permit, membership: &str) -> Result<Removal> {
        let call = self.writers().0.delete_group_membership().identity_store_id(&self.instance.store);
        let call = call.membership_id(membership).send();
        let answer = self.session.write(permit, "identitystore:DeleteGroupMembership", call).await;
        removal(answer, "removing somebody from a group")
    }

    /// Asks AWS for an assignment. The slot stays taken until the status is final.
    pub(crate) async fn create_assignment(&self, permit: &Permit, slot: &Slot, assignment: &Assignment) -> Result<Asked> {
        let call = self.writers().1.create_account_assignment().instance_arn(&self.instance.arn);
        let call = call.target_type(TargetType::AwsAccount).target_id(&assignment.account);
        let call = call.permission_set_arn(&assignment.permission_set);
        let call = call.principal_type(principal_type(assignment.principal.kind)).principal_id(&assignment.principal.id).send();
        match self.session.write(permit, "sso:CreateAccountAssignment", call).await {
            Ok(answer) => self.followed(&slot.key, answer.account_assignment_creation_status).map(Asked::Begun),
            Err(fault) => self.not_begun(slot, fault, "asking for an assignment"),
        }
    }

    /// Asks AWS to end an assignment. The slot stays taken until the status is final.
    pub(crate) async fn delete_assignment(&self, permit: &Permit, slot: &Slot, assignment: &Assignment) -> Result<Asked> {
        let call = self.writers().1.delete_account_assignment().instance_arn(&self.instance.arn);
        let call = call.target_type(TargetType::AwsAccount).target_id(&assignment.account);
        let call = call.permission_set_arn(&assignment.permission_set);
        let call = call.principal_type(principal_type(assignment.principal.kind)).principal_id(&assignment.principal.id).send();
        match self.session.write(permit, "sso:DeleteAccountAssignment", call).await {
            Ok(answer) => self.followed(&slot.key, answer.account_assignment_deletion_status).map(Asked::Begun),
            Err(fault) if fault.is("ResourceNotFound") => {
                self.limits.writes.release(&slot.key, self.now);
                Ok(Asked::AlreadyGone)
            }
            Err(fault) => self.not_begun(slot, fault, "asking for the end of an assignment"),
        }
    }

    /// Gives the slot back, unless AWS may have begun all the same.
    fn not_begun(&self, slot: &Slot, fault: Fault, doing: &str) -> Result<Asked> {
        if !matches!(fault.kind, Kind::Unreachable | Kind::Broken) {
            self.limits.writes.release(&slot.key, self.now);
        }
        if fault.is("Conflict") {
            return Ok(Asked::Conflict(fault.message));
        }
        Err(fault.error(doing))
    }

    /// Replaces the inline policy of a permission set, JSON. It counts only once the permission set is provisioned.
    pub(crate) async fn put_policy(&self, permit: &Permit, set: &PermissionSet, policy: &str) -> Result<Update> {
        let call = self.writers().1.put_inline_policy_to_permission_set().instance_arn(&self.instance.arn);
        let call = call.permission_set_arn(&set.arn).inline_policy(policy).send();
        let answer = self.session.write(permit, "sso:PutInlinePolicyToPermissionSet", call).await;
        match answer {
            Ok(_) => Ok(Update::Done),
            Err(fault) if fault.is("Conflict") => Ok(Update::Conflict(fault.message)),
            Err(fault) if fault.is("ResourceNotFound") => Ok(Update::Gone),
            Err(fault) => Err(fault.error(&format!("changing the inline policy of {}", set.name))),
        }
    }

    /// Deletes the inline policy of a permission set. It counts only once the permission set is provisioned.
    pub(crate) async fn delete_policy(&self, permit: &Permit, set: &PermissionSet) -> Result<Removal> {
        let call = self.writers().1.delete_inline_policy_from_permission_set().instance_arn(&self.instance.arn);
        let call = call.permission_set_arn(&set.arn).send();
        let answer = self.session.write(permit, "sso:DeleteInlinePolicyFromPermissionSet", call).await;
        removal(answer, &format!("deleting the inline policy of {}", set.name))
    }

    /// Asks AWS to bring a permission set up to date in one account, by id.
    pub(crate) async fn provision_in(&self, permit: &Permit, set: &PermissionSet, account: &str) -> Result<Asked> {
        let doing = format!("provisioning {}", set.name);
        let call = self.writers().1.provision_permission_set().instance_arn(&self.instance.arn).permission_set_arn(&set.arn);
        let call = call.target_type(ProvisionTargetType::AwsAccount).target_id(account).send();
        match self.session.write(permit, "sso:ProvisionPermissionSet", call).await {
            Ok(answer) => {
                let status = answer.permission_set_provisioning_status;
                let status = status.and_then(|status| progress(status.status, status.request_id, status.failure_reason));
                status.map(Asked::Begun).ok_or_else(|| Error::internal(doing, "AWS's answer has no status"))
            }
            Err(fault) if fault.is("Conflict") => Ok(Asked::Conflict(fault.message)),
            Err(fault) if fault.is("ResourceNotFound") => Ok(Asked::AlreadyGone),
            Err(fault) => Err(fault.error(&doing)),
        }
    }
}

fn creation(answer: std::result::Result<String, Fault>, doing: &str) -> Result<Creation> {
    match answer {
        Ok(id) => Ok(Creation::Made(id)),
        Err(fault) if fault.is("Conflict") => Ok(Creation::Taken(fault.message)),
        Err(fault) => Err(fault.error(doing)),
    }
}

fn removal<T>(answer: std::result::Result<T, Fault>, doing: &str) -> Result<Removal> {
    match answer {
        Ok(_) => Ok(Removal::Removed),
        Err(fault) if fault.is("ResourceNotFound") => Ok(Removal::AlreadyGone),
        Err(fault) => Err(fault.error(doing)),
    }
}

/// One e-mail address, as UpdateUser takes the list of them.
fn emails(address: &str) -> Document {
    let fields = [("value", Document::from(address)), ("type", Document::from("work")), ("primary", Document::Bool(true))];
    Document::Array(vec![Document::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())])
}
