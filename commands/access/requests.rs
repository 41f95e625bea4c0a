//! Which assignment a request at AWS is about: what was asked for and could not be kept is found again by it.

use aws_sdk_ssoadmin::types::AccountAssignmentOperationStatus;

use super::aws::{Identity, unless_missing};
use super::model::Assignment;
use super::reads::assignee;
use crate::error::Result;

impl Identity {
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
}

fn assignment(status: AccountAssignmentOperationStatus) -> Option<Assignment> {
    let principal = assignee(status.principal_type.as_ref(), status.principal_id)?;
    Some(Assignment { account: status.target_id?, permission_set: status.permission_set_arn?, principal })
}
