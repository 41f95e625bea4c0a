//! Every strategy to every end: a deployment that succeeds, one that fails, and one that people take back.

use insta::assert_snapshot;
use standins::aws::{Death, Strategy};
use standins::world::{Choices, DEPLOYMENTS, World};

const STRATEGIES: [Strategy; 5] =
    [Strategy::Rolling, Strategy::BlueGreen, Strategy::Linear, Strategy::Canary, Strategy::CodeDeploy];

/// A world with the service `orders` in staging, where people may take a deployment back at once.
async fn served_by(strategy: Strategy) -> World {
    let world = World::with(Choices { config: DEPLOYMENTS.to_owned(), ..Choices::default() }).await;
    let service = world.aws.service("main", "orders").in_account("444455556666").strategy(strategy).count(2);
    let service = match strategy {
        Strategy::Linear => service.linear(50.0, "5m"),
        Strategy::Canary => service.canary(10.0, "5m"),
        Strategy::Rolling | Strategy::BlueGreen | Strategy::CodeDeploy => service,
    };
    service.await;
    world
}

/// How the message of the deployment stands: what it is headed, and how it goes. CodeDeploy takes one back with another, whose
/// id comes later here.
fn stands(world: &World, strategy: Strategy) -> String {
    let said = world.slack.channel("shop-ops").messages();
    let about = said.iter().filter(|said| said.plain().contains("orders · shop/staging"));
    let mut stand: Vec<(&str, &str)> = about.filter_map(|said| said.plain().split_once('\n')).collect();
    stand.retain(|(_, rest)| rest.starts_with("Deployment "));
    stand.sort_by_key(|(_, rest)| *rest);
    let (head, rest) = stand.first().copied().unwrap_or_default();
    format!("{strategy:?}: {head} | {}", rest.lines().next().unwrap_or_default())
}

#[tokio::test]
async fn each_strategy_ends_well() {
    let mut ends = Vec::new();
    for strategy in STRATEGIES {
        let mut world = served_by(strategy).await;
        world.aws.deploy("orders", "acme/orders:1.1").await;
        // CodeDeploy keeps what ran before for an hour.
        world.advance("3h").await;
        ends.push(stands(&world, strategy));
    }
    assert_snapshot!(ends.join("\n"), @"
    Rolling: ✅ orders · shop/staging | Deployment YOje25aw, rolling: succeeded, ended today 10:01 AM.
    BlueGreen: ✅ orders · shop/staging | Deployment YOje25aw, blue/green: succeeded, ended today 10:12 AM.
    Linear: ✅ orders · shop/staging | Deployment YOje25aw, linear, 50 % at a time, every 5 min: succeeded, ended today 10:18 AM.
    Canary: ✅ orders · shop/staging | Deployment YOje25aw, canary, 10 % first, the rest after 5 min: succeeded, ended today 10:18 AM.
    CodeDeploy: ✅ orders · shop/staging | Deployment d-77A98CI3G, blue/green: succeeded, ended today 11:02 AM.
    ");
}

#[tokio::test]
async fn each_strategy_fails() {
    let mut ends = Vec::new();
    for strategy in STRATEGIES {
        let mut world = served_by(strategy).await;
        world.aws.next_tasks_die("orders", Death::Exit(3)).await;
        world.aws.deploy("orders", "acme/orders:1.1").await;
        world.advance("2h").await;
        ends.push(stands(&world, strategy));
    }
    assert_snapshot!(ends.join("\n"), @"
    Rolling: ↩️ orders · shop/staging | Deployment YOje25aw, rolling: rolled back, ended today 10:03 AM.
    BlueGreen: ↩️ orders · shop/staging | Deployment YOje25aw, blue/green: rolled back, ended today 10:03 AM.
    Linear: ↩️ orders · shop/staging | Deployment YOje25aw, linear, 50 % at a time, every 5 min: rolled back, ended today 10:03 AM.
    Canary: ↩️ orders · shop/staging | Deployment YOje25aw, canary, 10 % first, the rest after 5 min: rolled back, ended today 10:03 AM.
    CodeDeploy: ❌ orders · shop/staging | Deployment d-77A98CI3G, blue/green: failed, ended today 11:00 AM.
    ");
}

#[tokio::test]
async fn each_strategy_is_taken_back() {
    let mut ends = Vec::new();
    for strategy in STRATEGIES {
        let mut world = served_by(strategy).await;
        world.aws.deploy("orders", "acme/orders:1.1").await;
        world.advance("45s").await;
        world.person("ana").types("ops", "/ecs rollback orders").await;
        world.advance("1h").await;
        let change = world.slack.channel("shop-ops").messages().into_iter().find(|said| said.plain().contains("CHG-1"));
        let outcome = change.map(|change| change.plain().lines().nth(1).unwrap_or_default().to_owned());
        ends.push(format!("{}; change: {}", stands(&world, strategy), outcome.unwrap_or_default()));
    }
    assert_snapshot!(ends.join("\n"), @"
    Rolling: ↩️ orders · shop/staging | Deployment YOje25aw, rolling: rolled back, ended today 10:01 AM.; change: ✅ Done. The deployment is rolled back.
    BlueGreen: ↩️ orders · shop/staging | Deployment YOje25aw, blue/green: rolled back, ended today 10:01 AM.; change: ✅ Done. The deployment is rolled back.
    Linear: ↩️ orders · shop/staging | Deployment YOje25aw, linear, 50 % at a time, every 5 min: rolled back, ended today 10:01 AM.; change: ✅ Done. The deployment is rolled back.
    Canary: ↩️ orders · shop/staging | Deployment YOje25aw, canary, 10 % first, the rest after 5 min: rolled back, ended today 10:01 AM.; change: ✅ Done. The deployment is rolled back.
    CodeDeploy: ⏹️ orders · shop/staging | Deployment d-77A98CI3G, blue/green: stopped, ended today 10:00 AM.; change: ✅ Done. It is taken back: what ran before has the traffic.
    ");
}
