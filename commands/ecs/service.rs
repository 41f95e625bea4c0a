//! What a service is to us.

use aws_sdk_ecs::types as sdk;
use jiff::Timestamp;

use super::deployment::{ServiceRef, Strategy, Tasks, last_part};
use super::events::{Event, events};
use super::from_ecs;
use crate::aws::time::instant;
use crate::context::Account;

/// A service of ECS, as `DescribeServices` tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Which one, and where it belongs.
    pub at: ServiceRef,
    /// AWS's word for its state: `ACTIVE`, `DRAINING`.
    pub status: String,
    /// What deploys it.
    pub controller: Controller,
    /// How its deployments move over; CodeDeploy's is settled with each deployment.
    pub strategy: Strategy,
    /// Its tasks.
    pub tasks: Tasks,
    /// Its task definition, `family:revision`; none where task sets have their own.
    pub task_definition: Option<String>,
    /// `FARGATE`, `EC2` … or its capacity providers.
    pub launch: String,
    /// ECS's last deployment of it, an ARN, whether over or not.
    pub current: Option<String>,
    /// Its deployments as ECS keeps them with the service: those that still have tasks.
    pub rollouts: Vec<Rollout>,
    /// What happened lately, newest first.
    pub events: Vec<Event>,
    /// Its task sets, where something else than ECS deploys it.
    pub(super) task_sets: Vec<sdk::TaskSet>,
}

/// What deploys a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Controller {
    /// ECS.
    Ecs,
    /// CodeDeploy.
    CodeDeploy,
    /// Somebody's own program, through task sets.
    External,
    /// AWS's own word.
    Other(String),
}

/// A deployment as ECS keeps it with the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Its task definition, `family:revision`.
    pub task_definition: String,
    /// Its tasks.
    pub tasks: Tasks,
    /// How many of its tasks failed in a row; the circuit breaker counts these.
    pub failed: i32,
    /// Whether it is still going on; unknown where AWS does not say.
    pub under_way: Option<bool>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl Service {
    /// Whether something began to be deployed to it since an instant, as far as it shows.
    pub(super) fn was_deployed_since(&self, since: Timestamp) -> bool {
        let own = self.rollouts.iter().filter_map(|rollout| rollout.created);
        own.chain(self.task_sets.iter().filter_map(|set| set.created_at().and_then(instant))).any(|created| created > since)
    }
}

/// A service in our shape. None where AWS leaves out its ARN, and for one that is deleted.
pub(super) fn service(one: &sdk::Service, account: &Account, region: &str) -> Option<Service> {
    let status = one.status.clone().unwrap_or_default();
    let (project, env) = belongs(one.tags(), account);
    let own = |strategy: &Option<sdk::CapacityProviderStrategyItem>| strategy.as_ref().map(|item| item.capacity_provider.clone());
    let providers: Vec<String> = one.capacity_provider_strategy().iter().filter_map(|item| own(&Some(item.clone()))).collect();
    let launch = one.launch_type().map(|launch| launch.as_str().to_owned()).unwrap_or_else(|| providers.join(", "));
    (status != "INACTIVE").then_some(())?;
    Some(Service {
        at: ServiceRef {
            account: account.id.clone(),
            account_name: account.name.clone(),
            region: region.to_owned(),
            cluster: last_part(one.cluster_arn()?).to_owned(),
            name: one.service_name.clone()?,
            arn: long(one.service_arn()?, last_part(one.cluster_arn()?)),
            project,
            env,
        },
        status,
        controller: controller(one.deployment_controller()),
        strategy: from_ecs::strategy(one.deployment_configuration()),
        tasks: Tasks {
            wanted: one.desired_count().into(),
            running: one.running_count().into(),
            pending: one.pending_count().into(),
        },
        task_definition: one.task_definition().filter(|arn| !arn.is_empty()).map(|arn| last_part(arn).to_owned()),
        launch,
        current: one.current_service_deployment.clone().filter(|arn| !arn.is_empty()),
        rollouts: one.deployments().iter().map(rollout).collect(),
        events: events(one.events()),
        task_sets: one.task_sets().to_vec(),
    })
}

/// A service's ARN with its cluster: those made before 2021 may have none in theirs, and share it with namesakes elsewhere
/// ("Amazon Resource Names (ARNs) and IDs", ECS Developer Guide).
fn long(arn: &str, cluster: &str) -> String {
    match arn.split_once(":service/") {
        Some((place, name)) if !name.contains('/') => format!("{place}:service/{cluster}/{name}"),
        _ => arn.to_owned(),
    }
}

fn belongs(tags: &[sdk::Tag], account: &Account) -> (String, String) {
    let tag =
        |key: &str| tags.iter().find(|tag| tag.key() == Some(key)).and_then(sdk::Tag::value).filter(|value| !value.is_empty());
    let or = |tag: Option<&str>, else_: &str| tag.unwrap_or(else_).to_owned();
    (or(tag("project"), &account.project), or(tag("env"), &account.env))
}

/// A service without a controller is ECS's.
fn controller(given: Option<&sdk::DeploymentController>) -> Controller {
    match given.map(sdk::DeploymentController::r#type) {
        None | Some(sdk::DeploymentControllerType::Ecs) => Controller::Ecs,
        Some(sdk::DeploymentControllerType::CodeDeploy) => Controller::CodeDeploy,
        Some(sdk::DeploymentControllerType::External) => Controller::External,
        Some(other) => Controller::Other(other.as_str().to_owned()),
    }
}

fn rollout(one: &sdk::Deployment) -> Rollout {
    Rollout {
        task_definition: last_part(one.task_definition().unwrap_or_default()).to_owned(),
        tasks: Tasks {
            wanted: one.desired_count().into(),
            running: one.running_count().into(),
            pending: one.pending_count().into(),
        },
        failed: one.failed_tasks(),
        under_way: one.rollout_state().map(|state| *state == sdk::DeploymentRolloutState::InProgress),
        created: one.created_at().and_then(instant),
    }
}

impl Controller {
    /// In a word or two.
    pub fn words(&self) -> &str {
        match self {
            Self::Ecs => "ECS",
            Self::CodeDeploy => "CodeDeploy",
            Self::External => "task sets",
            Self::Other(word) => word,
        }
    }
}

impl Service {
    /// Whether a deployment of ECS may be under way: only then is it worth asking ECS about it.
    pub fn may_be_deploying(&self) -> bool {
        self.controller == Controller::Ecs
            && (self.rollouts.len() != 1 || self.rollouts.iter().any(|rollout| rollout.under_way != Some(false)))
    }

    /// How it is deployed, in a few words: `blue/green by CodeDeploy`.
    pub fn deployed(&self) -> String {
        match self.controller {
            Controller::Ecs => self.strategy.name().to_owned(),
            Controller::CodeDeploy => "blue/green by CodeDeploy".to_owned(),
            Controller::External | Controller::Other(_) => format!("by {}", self.controller.words()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ecs::deployment::tests::orders;

    /// `orders`, which runs well.
    pub(crate) fn healthy() -> Service {
        Service {
            at: orders(),
            status: "ACTIVE".to_owned(),
            controller: Controller::Ecs,
            strategy: Strategy::Rolling,
            tasks: Tasks { wanted: 4, running: 4, pending: 0 },
            task_definition: Some("orders:41".to_owned()),
            launch: "FARGATE".to_owned(),
            current: None,
            rollouts: vec![rollout(&sdk::Deployment::builder().rollout_state(sdk::DeploymentRolloutState::Completed).build())],
            events: Vec::new(),
            task_sets: Vec::new(),
        }
    }

    fn shop() -> Account {
        Account {
            id: "111122223333".to_owned(),
            name: "shop-prod".to_owned(),
            project: "shop".to_owned(),
            env: "prod".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
            roles: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn its_tags_say_where_it_belongs_before_its_account_does() {
        let one = || {
            sdk::Service::builder()
                .service_arn("arn:aws:ecs:eu-west-1:111122223333:service/main/orders")
                .service_name("orders")
                .cluster_arn("arn:aws:ecs:eu-west-1:111122223333:cluster/main")
        };
        let plain = service(&one().build(), &shop(), "eu-west-1").unwrap();
        assert_eq!(plain.at, orders());
        let tag = |key: &str, value: &str| sdk::Tag::builder().key(key).value(value).build();
        let tagged = one().tags(tag("project", "media")).tags(tag("env", "")).build();
        let tagged = service(&tagged, &shop(), "eu-west-1").unwrap().at;
        assert_eq!((tagged.project.as_str(), tagged.env.as_str()), ("media", "prod"));
        assert_eq!(service(&one().status("INACTIVE").build(), &shop(), "eu-west-1"), None);
    }

    #[test]
    fn every_controller() {
        let words = |kind: &str| {
            let given = sdk::DeploymentController::builder().r#type(kind.into()).build().unwrap();
            format!("{kind}: {}", Service { controller: controller(Some(&given)), ..healthy() }.deployed())
        };
        let kinds = sdk::DeploymentControllerType::values().iter().chain(&["NAPPING"]);
        insta::assert_snapshot!(kinds.map(|kind| words(kind)).collect::<Vec<_>>().join("\n"), @"
        CODE_DEPLOY: blue/green by CodeDeploy
        ECS: rolling
        EXTERNAL: by task sets
        NAPPING: by NAPPING
        ");
    }

    #[test]
    fn only_what_may_be_under_way_is_asked_about() {
        let with = |states: &[&str]| {
            let rollouts =
                states.iter().map(|state| rollout(&sdk::Deployment::builder().rollout_state((*state).into()).build())).collect();
            Service { rollouts, ..healthy() }.may_be_deploying()
        };
        assert!(with(&["IN_PROGRESS"]) && with(&["COMPLETED", "COMPLETED"]) && with(&[]));
        assert!(!with(&["COMPLETED"]) && !with(&["FAILED"]) && !with(&["NAPPING"]));
        assert!(!Service { controller: Controller::CodeDeploy, rollouts: Vec::new(), ..healthy() }.may_be_deploying());
    }
}
