//! What is under way at AWS: how far a request is, and which requests are about an assignment. What was asked for and could not be
//! kept is found again by it.

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, AccountAssignmentOperationStatusMetadata, OperationStatusFilter, StatusValues,
};

use super::aws::{Identity, unless_missing};
use super::model::{Assignment, Progress, UnderWay};
use super::reads::{Collected, assignee};
use super::slots::WriteKey;
use crate::aws::time::instant;
use crate::error::{Error, Result};

impl Identity {
    /// How far AWS is with creating an assignment. The slot of `key` is held meanwhile, and given back at the end.
    pub(crate) async fn creation_status(&self, key: &WriteKey, request: &str) -> Result<Progress> {
        self.limits.writes.hold(key, self.now);
        let call = self.admin.describe_account_assignment_creation_status().instance_arn(&self.instance.arn);
        let call = call.account_assignment_creation_request_id(request).send();
        let answer = self.session.read("sso:DescribeAccountAssignmentCreationStatus", call).await;
        let answer = answer.map_err(|fault| fault.error("following an assignment"))?;
        self.followed(key, answer.account_assignment_creation_status)
    }

    /// How far AWS is with deleting an assignment. The slot of `key` is held meanwhile, and given back at the end.
    pub(crate) async fn deletion_status(&self, key: &WriteKey, request: &str) -> Result<Progress> {
        self.limits.writes.hold(key, self.now);
        let call = self.admin.describe_account_assignment_deletion_status().instance_arn(&self.instance.arn);
        let call = call.account_assignment_deletion_request_id(request).send();
        let answer = self.session.read("sso:DescribeAccountAssignmentDeletionStatus", call).await;
        let answer = answer.map_err(|fault| fault.error("following the removal of an assignment"))?;
        self.followed(key, answer.account_assignment_deletion_status)
    }

    pub(super) fn followed(&self, key: &WriteKey, status: Option<AccountAssignmentOperationStatus>) -> Result<Progress> {
        let progress = status.and_then(|status| progress(status.status, status.request_id, status.failure_reason));
        let progress = progress.ok_or_else(|| Error::internal("following an assignment", "AWS's answer has no status"))?;
        if progress.ended() {
            self.limits.writes.release(key, self.now);
        }
        Ok(progress)
    }

    /// The assignments AWS is still creating.
    pub(crate) async fn creations_under_way(&self) -> Result<Vec<UnderWay>> {
        let call = self.admin.list_account_assignment_creation_status().instance_arn(&self.instance.arn).filter(in_progress());
        let call = call.into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("sso:ListAccountAssignmentCreationStatus", call).await;
        Ok(answer.map_err(|fault| fault.error("listing assignments under way"))?.into_iter().filter_map(under_way).collect())
    }

    /// The assignments AWS is still deleting.
    pub(crate) async fn deletions_under_way(&self) -> Result<Vec<UnderWay>> {
        let call = self.admin.list_account_assignment_deletion_status().instance_arn(&self.instance.arn).filter(in_progress());
        let call = call.into_paginator().items().send().collect::<Collected<_, _>>();
        let answer = self.session.read("sso:ListAccountAssignmentDeletionStatus", call).await;
        Ok(answer.map_err(|fault| fault.error("listing removals under way"))?.into_iter().filter_map(under_way).collect())
    }

    /// The assignment a request is creating; none where AWS knows no such request.
    pub(crate) async fn created_by(&self, request: &str) -> Result<Option<Assignment>> {
        let call = self.admin.describe_account_assignment_creation_status().instance_arn(&self.instance.arn);
        let call = call.account_assignment_creation_request_id(request).send();
        let answer = self.session.read("sso:DescribeAccountAssignmentCreationStatus", call).await;
        let answer = unless_missing(answer, "looking at an assignment under way")?;
        Ok(answer.and_then(|answer| assignment(answer.account_assignment_creation_status?)))
    }

    /// The assignment a request is deleting; none where AWS knows no such request.
    pub(crate) async fn deleted_by(&self, request: &str) -> Result<Option<Assignment>> {
        let call = self.admin.describe_account_assignment_deletion_status().instance_arn(&self.instance.arn);
        let call = call.account_assignment_deletion_request_id(request).send();
        let answer = self.session.read("sso:DescribeAccountAssignmentDeletionStatus", call).await;
        let answer = unless_missing(answer, "looking at a removal under way")?;
        Ok(answer.and_then(|answer| assignment(answer.account_assignment_deletion_status?)))
    }

    /// The request by which AWS is creating this very assignment; none if it is not. For a step that does not know whether
    /// its call came through.
    pub(crate) async fn creation_of(&self, assignment: &Assignment) -> Result<Option<String>> {
        let open = requests(self.creations_under_way().await?);
        let found = self.each(&open, |request| self.created_by(request)).await?;
        Ok(of(open, &found, assignment))
    }

    /// The request by which AWS is ending this very assignment; none if it is not.
    pub(crate) async fn deletion_of(&self, assignment: &Assignment) -> Result<Option<String>> {
        let open = requests(self.deletions_under_way().await?);
        let found = self.each(&open, |request| self.deleted_by(request)).await?;
        Ok(of(open, &found, assignment))
    }

    /// How far AWS is with provisioning a permission set.
    pub(crate) async fn provisioning_status(&self, request: &str) -> Result<Progress> {
        let call = self.admin.describe_permission_set_provisioning_status().instance_arn(&self.instance.arn);
        let call = call.provision_permission_set_request_id(request).send();
        let answer = self.session.read("sso:DescribePermissionSetProvisioningStatus", call).await;
        let answer = answer.map_err(|fault| fault.error("following the provisioning of a permission set"))?;
        let status = answer.permission_set_provisioning_status;
        let progress = status.and_then(|status| progress(status.status, status.request_id, status.failure_reason));
        progress.ok_or_else(|| Error::internal("following the provisioning of a permission set", "no status in AWS's answer"))
    }
}

fn requests(under_way: Vec<UnderWay>) -> Vec<String> {
    under_way.into_iter().map(|one| one.request).collect()
}

/// The first of these requests that is about this assignment.
fn of(requests: Vec<String>, found: &[Option<Assignment>], assignment: &Assignment) -> Option<String> {
    requests.into_iter().zip(found).find(|(_, found)| found.as_ref() == Some(assignment)).map(|(request, _)| request)
}

fn assignment(status: AccountAssignmentOperationStatus) -> Option<Assignment> {
    let principal = assignee(status.principal_type.as_ref(), status.principal_id)?;
    Some(Assignment { account: status.target_id?, permission_set: status.permission_set_arn?, principal })
}

/// AWS's status as ours; none where it has none.
pub(super) fn progress(status: Option<StatusValues>, request: Option<String>, reason: Option<String>) -> Option<Progress> {
    Some(match status? {
        StatusValues::Succeeded => Progress::Succeeded,
        StatusValues::Failed => Progress::Failed {
            reason: reason.unwrap_or_else(|| "AWS gave no reason".to_owned()),
            request: request.unwrap_or_default(),
        },
        _ => Progress::InProgress { request: request? },
    })
}

fn in_progress() -> OperationStatusFilter {
    OperationStatusFilter::builder().status(StatusValues::InProgress).build()
}

fn under_way(one: AccountAssignmentOperationStatusMetadata) -> Option<UnderWay> {
    Some(UnderWay { request: one.request_id?, at: one.created_date.as_ref().and_then(instant) })
}
