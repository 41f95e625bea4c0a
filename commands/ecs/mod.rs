//! Deployments: services of ECS, and what deploys them, over all configured accounts and regions.
//!
//! `deployment` is the one shape; `from_ecs` and `from_codedeploy` make it of both APIs' answers, `health` adds the load
//! balancer's view; `service` and `events` are what surrounds it. `failure` says why something went wrong, `picture` draws,
//! `task_definition` compares. `aws`, `codedeploy` and `balancers` read, `writes` changes; `fleet` looks everywhere, `find` at
//! one, `under_way` at one deployment; `inventory` serves pickers; `follow` follows what anybody deploys. Then a file a command;
//! `answer` is `ecs continue`, `ending` what `ecs rollback` and `ecs stop` share, `safety` what people should know before.

mod answer;
mod aws;
mod balancers;
mod codedeploy;
pub mod deployment;
mod deployments;
mod ending;
pub mod events;
mod failing;
pub mod failure;
mod find;
mod fleet;
mod follow;
mod from_codedeploy;
mod from_ecs;
mod health;
mod inventory;
pub mod picture;
mod rollback;
mod safety;
mod service;
mod services;
mod status;
mod stop;
pub mod task_definition;
mod under_way;
mod watch;
mod writes;

pub use answer::Continue;
pub use aws::Ecs;
pub use deployments::Deployments;
pub use failing::Failing;
pub use follow::Follow;
pub(crate) use inventory::Caches;
pub use rollback::Rollback;
pub use service::{Controller, Rollout, Service};
pub use services::Services;
pub use status::Status;
pub use stop::Stop;
pub use watch::Watch;
pub use writes::{Answer, Then, Wait, Write};

#[cfg(test)]
mod tests;
