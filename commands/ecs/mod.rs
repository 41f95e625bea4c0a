//! Deployments: services of ECS, and what deploys them, over all configured accounts and regions.
//!
//! `deployment` is the one shape; `from_ecs` and `from_codedeploy` make it of both APIs' answers, `health` adds the load
//! balancer's view; `service` and `events` are what surrounds it. `failure` says why something went wrong, `picture` draws,
//! `task_definition` compares. `aws`, `codedeploy` and `balancers` read, `writes` changes; `fleet` looks everywhere, `find` at
//! one; `inventory` serves pickers. Then a file a command.

mod aws;
mod balancers;
mod codedeploy;
pub mod deployment;
mod deployments;
pub mod events;
mod failing;
pub mod failure;
mod find;
mod fleet;
mod from_codedeploy;
mod from_ecs;
mod health;
mod inventory;
pub mod picture;
mod service;
mod services;
mod status;
pub mod task_definition;
mod writes;

pub use aws::Ecs;
pub use deployments::Deployments;
pub use failing::Failing;
pub(crate) use inventory::Caches;
pub use service::{Controller, Rollout, Service};
pub use services::Services;
pub use status::Status;
pub use writes::{Answer, Then, Wait, Write};

#[cfg(test)]
mod tests;
