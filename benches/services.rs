//! How long people wait for the list of all services: `cargo bench --bench services`.
//!
//! The real bot between the stand-ins for Slack and AWS; 200 services in six clusters over three accounts, of all strategies.
//! Somebody types `/ecs services`; what is timed is from there until the answer stands in the chat. The AWS stand-in, one process
//! of Python 3, answers every call in that time too.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::time::{Duration, Instant};

use standins::world::World;

const SERVICES: u32 = 200;
const TIMES: usize = 20;
/// What a person waits at most.
const TARGET: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let mut world = World::start().await;
    world.aws.many_services(SERVICES).await;
    let calls_before = world.aws.calls().await.len();
    // The first answer also assumes a role in each account.
    let first = listed(&mut world).await;
    let calls = world.aws.calls().await.len() - calls_before;
    let mut later = Vec::new();
    for _ in 0..TIMES {
        later.push(listed(&mut world).await);
    }
    later.sort();
    let (median, worst) = (later[TIMES / 2], later.last().unwrap());
    println!("{SERVICES} services over 3 accounts, /ecs services, typed to answered; {calls} AWS calls the first time");
    println!("first    {:>7.0} ms", millis(first));
    println!("median   {:>7.0} ms of {TIMES}", millis(median));
    println!("worst    {:>7.0} ms", millis(*worst));
    println!("target   {:>7.0} ms", millis(TARGET));
    world.end().await;
}

async fn listed(world: &mut World) -> Duration {
    let began = Instant::now();
    let answer = world.person("ana").asks("ops", "/ecs services").await;
    let took = began.elapsed();
    assert!(answer.contains(&format!("{SERVICES} services")), "{answer}");
    took
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
