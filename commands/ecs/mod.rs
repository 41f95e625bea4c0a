//! Deployments: services of ECS, and what deploys them, over all configured accounts and regions.
//!
//! `deployment` is the one shape; `from_ecs` and `from_codedeploy` make it of both APIs' answers, `health` adds the load
//! balancer's view. `failure` says why something went wrong, `picture` draws, `task_definition` compares.

pub mod deployment;
pub mod events;
pub mod failure;
mod from_codedeploy;
mod from_ecs;
mod health;
pub mod picture;
pub mod task_definition;

