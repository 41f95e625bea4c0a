//! ECS and CodeDeploy in a world: services, what happens to their deployments, and the events AWS tells of.
//!
//! Services are named `orders`, or where the name alone is not enough `cluster/orders`, `account/cluster/orders` or by the
//! ARN that putting them there gives. A mistake in a name panics, with the reason.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::rollout::{NewDeployment, NewService, Timeout, minutes};
use super::world::Aws;

/// The newest deployment of a service, whoever deploys it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Deployment {
    /// The ARN of the service deployment, or CodeDeploy's identifier `d-…`.
    pub id: String,
    /// The status by its name in AWS's model, such as `IN_PROGRESS`, or `InProgress` of CodeDeploy.
    pub status: String,
    /// ECS's lifecycle stage; of CodeDeploy the lifecycle event under way, or the wait.
    pub stage: Option<String>,
    /// The percentage of production traffic that goes to the new tasks.
    pub production: f64,
    /// The percentage of test traffic that goes to them.
    pub test: f64,
    /// How many of the new tasks run.
    pub running: u32,
    /// How many shall run.
    pub desired: u32,
    /// The image of their first container.
    pub image: String,
    /// Why it is as it is: the status reason, or CodeDeploy's error.
    pub reason: Option<String>,
    /// The identifier of the pause, or `READY_WAIT` or `TERMINATION_WAIT`, if it waits for somebody.
    pub waits_for: Option<String>,
}

/// What a service serves.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Serving {
    /// The image that production traffic goes to, or would go to after a deployment that is under way has failed.
    pub image: String,
    /// How many of its tasks run.
    pub running: u32,
    /// How many shall run.
    pub desired: u32,
    /// The percentage of production traffic by target group.
    pub weights: BTreeMap<String, f64>,
}

/// How tasks end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The container exits with this code, soon after it has started.
    Exit(i32),
    /// It uses too much memory (exit code 137).
    OutOfMemory,
    /// The image is not there: `CannotPullContainerError`.
    CannotPull,
    /// A secret cannot be read: `ResourceInitializationError`.
    CannotReadSecret,
    /// The load balancer finds it unhealthy.
    TargetUnhealthy,
    /// Its own health check fails.
    ContainerUnhealthy,
}

impl Death {
    fn order(self) -> Value {
        match self {
            Death::Exit(code) => json!({ "kind": "exit", "code": code }),
            Death::OutOfMemory => json!({ "kind": "memory" }),
            Death::CannotPull => json!({ "kind": "pull" }),
            Death::CannotReadSecret => json!({ "kind": "secret" }),
            Death::TargetUnhealthy => json!({ "kind": "target" }),
            Death::ContainerUnhealthy => json!({ "kind": "container" }),
        }
    }
}

/// What somebody answers to a deployment that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Continue,
    /// Go back.
    Rollback,
}

impl Aws {
    /// Puts a service there: `aws.service("shared", "orders").strategy(Strategy::BlueGreen).count(3).await`.
    pub fn service(&self, cluster: &str, name: &str) -> NewService<'_> {
        NewService::new(self, cluster, name)
    }

    /// Puts so many services there, `svc-001` and so on: over the three accounts of [`super::ESTATE`], in the clusters
    /// `shared-1` and `shared-2` of each, of all strategies and projects.
    pub async fn many_services(&self, count: u32) {
        self.change("ecs-many", json!({ "count": count })).await;
    }

    /// A colleague's pipeline deploys another image: `aws.deploy("orders", "acme/orders:2.0").await` gives the identifier
    /// of the deployment.
    pub fn deploy(&self, service: &str, image: &str) -> NewDeployment<'_> {
        NewDeployment::new(self, service, image)
    }

    /// Has deployments from the next one on pause at a lifecycle stage, such as `POST_TEST_TRAFFIC_SHIFT`, for at most
    /// `span`, in whole minutes.
    ///
    /// # Panics
    /// When a pause cannot be at that stage.
    pub async fn hook_pauses(&self, service: &str, stage: &str, span: &str, then: Timeout) {
        let order = json!({ "service": service, "stage": stage, "minutes": minutes(span), "action": then.word() });
        self.change("ecs-hook", order).await;
    }

    /// Has the tasks of the newest revision die, and those that replace them, until [`Aws::tasks_recover`]. Restarts come
    /// slower and slower, but never end: something is always under way.
    pub async fn tasks_die(&self, service: &str, death: Death) {
        self.change("ecs-doom", json!({ "service": service, "death": death.order() })).await;
    }

    /// Has the tasks die that the next deployment brings; several calls queue up.
    pub async fn next_tasks_die(&self, service: &str, death: Death) {
        self.change("ecs-next-doom", json!({ "service": service, "death": death.order() })).await;
    }

    /// Has the image of the next deployment not be there.
    pub async fn image_cannot_be_pulled(&self, service: &str) {
        self.next_tasks_die(service, Death::CannotPull).await;
    }

    /// Has tasks live from now on.
    pub async fn tasks_recover(&self, service: &str) {
        self.change("ecs-recover", json!({ "service": service })).await;
    }

    /// The alarms fire that guard deployments of a service; without a deployment, or alarms, nothing happens.
    pub async fn alarm_fires(&self, service: &str) {
        self.change("ecs-alarm", json!({ "service": service })).await;
    }

    /// The newest deployment of a service.
    pub async fn deployment(&self, service: &str) -> Deployment {
        self.ask("ecs-look", json!({ "service": service })).await
    }

    /// What a service serves.
    pub async fn serving(&self, service: &str) -> Serving {
        self.ask("ecs-serves", json!({ "service": service })).await
    }

    /// A colleague answers in the console what the deployment of a service waits for.
    ///
    /// # Panics
    /// When it waits for nobody.
    pub async fn answered_elsewhere(&self, service: &str, answer: Answer) {
        let action = match answer {
            Answer::Continue => "CONTINUE",
            Answer::Rollback => "ROLLBACK",
        };
        self.change("ecs-answer", json!({ "service": service, "action": action })).await;
    }

    /// A colleague stops the deployment of a service in the console and rolls it back.
    ///
    /// # Panics
    /// When there is none under way.
    pub async fn stopped_elsewhere(&self, service: &str) {
        self.change("ecs-stop", json!({ "service": service })).await;
    }

    /// A colleague deletes a service, and with it its deployments: its tasks drain, then ECS shows it as `INACTIVE` and lists
    /// it no more.
    pub async fn delete_service(&self, service: &str) {
        self.change("ecs-delete", json!({ "service": service })).await;
    }

    /// Has ECS forget a service that was deleted, and its deployments, at once.
    pub async fn forget_service(&self, service: &str) {
        self.change("ecs-forget", json!({ "service": service })).await;
    }

    /// Has a rollback of the service by ECS itself end as `ROLLBACK_FAILED`, with this reason.
    pub async fn rollback_fails(&self, service: &str, reason: &str) {
        self.change("ecs-fails", json!({ "service": service, "what": "rollback", "reason": reason })).await;
    }

    /// Has the Lambda functions of the service's hooks say no.
    pub async fn lambda_hook_fails(&self, service: &str) {
        self.change("ecs-fails", json!({ "service": service, "what": "lambda" })).await;
    }

    /// Has the function of a CodeDeploy lifecycle event, such as `AfterAllowTestTraffic`, fail once.
    pub async fn lifecycle_event_fails(&self, service: &str, event: &str) {
        self.change("ecs-fails", json!({ "service": service, "what": "event", "reason": event })).await;
    }

    /// Makes an SQS queue that hears of every ECS and CodeDeploy event of all accounts from now on, as EventBridge rules
    /// would send them; gives its URL.
    pub async fn event_queue(&self, account: &str, region: &str, name: &str) -> String {
        self.made("event-queue", json!({ "account": account, "region": region, "name": name })).await
    }

    /// The same through an SNS topic of that name, whose own envelope is around each event.
    pub async fn event_queue_behind_topic(&self, account: &str, region: &str, name: &str) -> String {
        let order = json!({ "account": account, "region": region, "name": name, "topic": true });
        self.made("event-queue", order).await
    }

    /// Has AWS tell something of its own: an event of a source such as `aws.cloudwatch` about the resource of that ARN.
    pub async fn tells(&self, source: &str, kind: &str, arn: &str, detail: serde_json::Value) {
        self.change("event", json!({ "source": source, "kind": kind, "arn": arn, "detail": detail })).await;
    }

    /// Has each event come so often from now on: twice, as may happen, or not at all (0), as may happen too.
    pub async fn events_come(&self, times: u32) {
        self.change("event-copies", json!({ "copies": times })).await;
    }

    /// How many messages are in all queues, received ones that were not deleted included.
    pub async fn queued(&self) -> u64 {
        #[derive(Deserialize)]
        struct Queued {
            count: u64,
        }
        let queued: Queued = self.ask("queued", json!({})).await;
        queued.count
    }
}
