//! What the `ecs` capability changes in AWS. Each write asks for a permit, and its planned call and the call that is made come
//! from the same value.

use aws_sdk_codedeploy::types::DeploymentWaitType;
use aws_sdk_ecs::types::{DeploymentLifecycleHookAction, StopServiceDeploymentStopType};
use serde::{Deserialize, Serialize};

use super::aws::Ecs;
use crate::aws::Fault;
use crate::plan::{Permit, call};
use crate::records::PlannedCall;

/// A call that moves a deployment on, or ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// Answers a PAUSE hook of ECS.
    AnswerHook {
        /// The service deployment's ARN.
        deployment: String,
        /// The hook's id.
        hook: String,
        /// What to do.
        answer: Answer,
    },
    /// Takes back a deployment of ECS's own. ECS can stop one in no other way.
    RollBack {
        /// The service deployment's ARN.
        deployment: String,
    },
    /// Ends a wait of CodeDeploy.
    ContinueWait {
        /// The deployment's id.
        deployment: String,
        /// Which wait.
        wait: Wait,
    },
    /// Stops a deployment of CodeDeploy.
    Stop {
        /// The deployment's id.
        deployment: String,
        /// What becomes of what it has done so far.
        then: Then,
    },
}

/// What to do at a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Go on.
    Continue,
    /// Take the deployment back.
    RollBack,
}

/// A wait of CodeDeploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Before production traffic moves.
    Ready,
    /// Before blue's tasks end.
    Termination,
}

/// What becomes of what a stopped deployment has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Traffic goes back to blue.
    RollBack,
    /// It stays as it is.
    Leave,
}

impl Write {
    /// The call, for a plan.
    pub fn planned(&self) -> PlannedCall {
        match self {
            Self::AnswerHook { deployment, hook, answer } => {
                let action = action(*answer);
                let parameters = [("serviceDeploymentArn", &**deployment), ("hookId", hook), ("action", action.as_str())];
                call("ecs:ContinueServiceDeployment", parameters)
            }
            Self::RollBack { deployment } => {
                call("ecs:StopServiceDeployment", [("serviceDeploymentArn", deployment), ("stopType", "ROLLBACK")])
            }
            Self::ContinueWait { deployment, wait } => {
                let wait = wait_type(*wait);
                call("codedeploy:ContinueDeployment", [("deploymentId", deployment), ("deploymentWaitType", wait.as_str())])
            }
            Self::Stop { deployment, then } => {
                let back = if *then == Then::RollBack { "true" } else { "false" };
                call("codedeploy:StopDeployment", [("deploymentId", deployment), ("autoRollbackEnabled", back)])
            }
        }
    }
}

fn action(answer: Answer) -> DeploymentLifecycleHookAction {
    match answer {
        Answer::Continue => DeploymentLifecycleHookAction::Continue,
        Answer::RollBack => DeploymentLifecycleHookAction::Rollback,
    }
}

fn wait_type(wait: Wait) -> DeploymentWaitType {
    match wait {
        Wait::Ready => DeploymentWaitType::ReadyWait,
        Wait::Termination => DeploymentWaitType::TerminationWait,
    }
}

impl Ecs {
    /// Asks AWS for it.
    ///
    /// # Errors
    /// What AWS said. A deployment that moved on meanwhile is refused by AWS: look at it to see what happened.
    pub async fn make(&self, permit: &Permit, write: &Write) -> Result<(), Fault> {
        let ecs = || aws_sdk_ecs::Client::new(&self.session.writing());
        let codedeploy = || aws_sdk_codedeploy::Client::new(&self.session.writing());
        match write {
            Write::AnswerHook { deployment, hook, answer } => {
                let call = ecs().continue_service_deployment().service_deployment_arn(deployment).hook_id(hook);
                let call = call.action(action(*answer)).send();
                self.session.write(permit, "ecs:ContinueServiceDeployment", call).await.map(drop)
            }
            Write::RollBack { deployment } => {
                let call = ecs().stop_service_deployment().service_deployment_arn(deployment);
                let call = call.stop_type(StopServiceDeploymentStopType::Rollback).send();
                self.session.write(permit, "ecs:StopServiceDeployment", call).await.map(drop)
            }
            Write::ContinueWait { deployment, wait } => {
                let call = codedeploy().continue_deployment().deployment_id(deployment);
                let call = call.deployment_wait_type(wait_type(*wait)).send();
                self.session.write(permit, "codedeploy:ContinueDeployment", call).await.map(drop)
            }
            Write::Stop { deployment, then } => {
                let call = codedeploy().stop_deployment().deployment_id(deployment);
                let call = call.auto_rollback_enabled(*then == Then::RollBack).send();
                self.session.write(permit, "codedeploy:StopDeployment", call).await.map(drop)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planned_call_names_parameters_as_aws_does() {
        let arn = || "arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFj".to_owned();
        let id = || "d-A1B2C3D4E".to_owned();
        let writes = [
            Write::AnswerHook { deployment: arn(), hook: "hook-1".to_owned(), answer: Answer::Continue },
            Write::AnswerHook { deployment: arn(), hook: "hook-1".to_owned(), answer: Answer::RollBack },
            Write::RollBack { deployment: arn() },
            Write::ContinueWait { deployment: id(), wait: Wait::Ready },
            Write::ContinueWait { deployment: id(), wait: Wait::Termination },
            Write::Stop { deployment: id(), then: Then::RollBack },
            Write::Stop { deployment: id(), then: Then::Leave },
        ];
        let planned: Vec<String> = writes.iter().map(|write| serde_json::to_string(&write.planned()).unwrap()).collect();
        insta::assert_snapshot!(planned.join("\n"), @r#"
        {"api":"ecs:ContinueServiceDeployment","parameters":{"action":"CONTINUE","hookId":"hook-1","serviceDeploymentArn":"arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFj"}}
        {"api":"ecs:ContinueServiceDeployment","parameters":{"action":"ROLLBACK","hookId":"hook-1","serviceDeploymentArn":"arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFj"}}
        {"api":"ecs:StopServiceDeployment","parameters":{"serviceDeploymentArn":"arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFj","stopType":"ROLLBACK"}}
        {"api":"codedeploy:ContinueDeployment","parameters":{"deploymentId":"d-A1B2C3D4E","deploymentWaitType":"READY_WAIT"}}
        {"api":"codedeploy:ContinueDeployment","parameters":{"deploymentId":"d-A1B2C3D4E","deploymentWaitType":"TERMINATION_WAIT"}}
        {"api":"codedeploy:StopDeployment","parameters":{"autoRollbackEnabled":"true","deploymentId":"d-A1B2C3D4E"}}
        {"api":"codedeploy:StopDeployment","parameters":{"autoRollbackEnabled":"false","deploymentId":"d-A1B2C3D4E"}}
        "#);
        let kept: Vec<Write> = serde_json::from_str(&serde_json::to_string(&writes).unwrap()).unwrap();
        assert_eq!(kept, writes);
    }
}
