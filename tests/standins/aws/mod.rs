//! AWS for tests and play: a gateway that speaks AWS's wire formats, checked against AWS's own
//! models, with simulators that follow a clock.
//!
//! One Python process (`tests/standins/aws/*.py`) serves any number of isolated worlds, each on a
//! port of its own; [`Aws`] is one of them. The Python packages it needs are fetched once, into a
//! folder under cargo's target folder.
//!
//! ```no_run
//! # async fn example() {
//! use standins::aws::{Aws, Fault};
//!
//! let aws = Aws::start("2026-11-23T09:00:00Z".parse().unwrap()).await;
//! aws.database("orders", "mysql", "8.0.35").tag("project", "shop").await;
//! aws.fault(Fault::throttle("rds", "ModifyDBInstance").times(2)).await;
//! // ... let the bot talk to `aws.url()`, then move time:
//! while let Some(next) = aws.next_event().await {
//!     aws.set_clock(next).await;
//! }
//! assert!(aws.violations().await.is_empty());
//! # }
//! ```
//!
//! IAM Identity Center belongs to the organization's management account ([`MANAGEMENT_ACCOUNT`]) and is administered from
//! [`IDENTITY_ACCOUNT`] as well; its people, groups and assignments are put there and looked at by name
//! (`tests/standins/aws/directory.rs`).
//!
//! ECS, CodeDeploy and Elastic Load Balancing share one model of tasks and traffic; services are put there, deployed and
//! looked at by name (`tests/standins/aws/ecs.rs`). What they do is told to an SQS queue, if one is named.
//!
//! CloudWatch's alarms find what a test has them find (`tests/standins/aws/alarm.rs`); what they say to topics is kept until a
//! test takes it.
//!
//! The bot's own key is [`BASE_ACCESS_KEY`] (any secret): it may only use STS. A role named
//! `watchkeeper-<capability>` may call only the services of its capability; any other role may
//! call anything.

mod alarm;
mod call;
mod database;
mod directory;
mod ecs;
mod fault;
mod gateway;
mod python;
mod rollout;
#[cfg(test)]
mod tests;
mod world;

pub use alarm::{Actions, Alarm, AlarmState, NewAlarm, Said};
pub use call::Call;
pub use database::{Cluster, Database};
pub use directory::{Assignment, NewUser, Person, PrincipalKind};
pub use ecs::{Answer, Death, Deployment, Serving};
pub use fault::{Fault, FaultId};
pub use gateway::Gateway;
pub use rollout::{NewDeployment, NewService, Strategy, Timeout};
pub use world::{Aws, State, Upgrade};

/// The account IAM Identity Center belongs to: the organization's management account, `acme-root`.
pub const MANAGEMENT_ACCOUNT: &str = BASE_ACCOUNT;

/// The account IAM Identity Center is administered from by delegation, `identity`.
pub const IDENTITY_ACCOUNT: &str = "888877776666";

/// The address of the access portal.
pub const PORTAL: &str = "https://acme.awsapps.com/start";

/// The access key of the bot's own user in every world; the secret may be anything.
pub const BASE_ACCESS_KEY: &str = "AKIAWATCHKEEPER";

/// The account of the bot's own user.
pub const BASE_ACCOUNT: &str = "999988887777";

/// The account a database lands in when the test names none.
pub const DEFAULT_ACCOUNT: &str = "111122223333";

/// The region a database lands in when the test names none.
pub const DEFAULT_REGION: &str = "eu-west-1";

/// The sample estate of the playground: three accounts, databases of mixed age, the people of the company with their
/// groups, permission sets and assignments.
pub const ESTATE: &str = include_str!("estate.json");
