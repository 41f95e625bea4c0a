//! The real Alertmanager and the bot: it tells of alerts, is silenced from their card, and says when they are over.
//!
//! It knows only the real time, so these worlds start at the present, and their clock is brought up to it where that counts.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use standins::alertmanager::real::{Program, Running};
use standins::slack::Message;
use standins::world::{ALERTMANAGER_SECRET, ALERTS, Choices, World};
use watchkeeper::clock::Clock;

const ERRORS: [(&str, &str); 3] = [("alertname", "HighErrorRate"), ("instance", "i-1"), ("severity", "critical")];

fn present() -> Timestamp {
    Clock::system().now()
}

/// A world at the present in which the real one has told of errors, and their card; none where there is no real one.
async fn told() -> Option<(World, Running, Message)> {
    let program = Program::if_here("the conversation of the bot and Alertmanager")?;
    // Where the bot listens is known once it does, and that wants to know where Alertmanager is.
    let real = program.start("http://127.0.0.1:1/", "nobody").await.unwrap();
    let config = ALERTS.replace("@ALERTMANAGER@", real.url());
    let mut world = World::with(Choices { config, start: present(), ..Choices::default() }).await;
    real.tells(&format!("{}/alerts/prometheus", world.bot_url()), ALERTMANAGER_SECRET).await.unwrap();
    real.hears(&ERRORS, None).await.unwrap();
    world.until(async |world| world.audit("alert_opened").await.contains("ALR-1")).await;
    world.settle().await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    Some((world, real, card))
}

/// The real present, or later where the world is there already.
async fn catch_up(world: &mut World) {
    world.advance_to(present().max(world.now())).await;
}

/// The silences that are not over.
async fn silences(real: &Running) -> Vec<Value> {
    let mut silences = real.lists("silences").await.unwrap();
    silences.retain(|silence| silence["status"]["state"] != "expired");
    silences
}

/// How a card stands now.
fn now(world: &World, card: &Message) -> String {
    world.slack.channel("shop-ops").again(card).map_or_else(String::new, |said| said.plain().to_owned())
}

#[tokio::test]
async fn what_it_tells_of_is_silenced_from_the_card_resolved_and_closed_when_it_is_over() {
    let Some((mut world, real, card)) = told().await else { return };
    assert!(now(&world, &card).contains("Nobody has taken it yet"), "{}", now(&world, &card));
    assert_eq!(silences(&real).await, Vec::<Value>::new());

    catch_up(&mut world).await;
    let hour = SignedDuration::from_hours(1);
    let soonest = world.now() + hour;
    world.person("ben").clicks(&card, "Silence 1 h").await;
    let latest = world.now() + hour;
    assert!(now(&world, &card).contains("🔕 Silenced by @ben"), "{}", now(&world, &card));
    let silence = silences(&real).await.remove(0);
    assert_eq!(silence["status"]["state"], "active");
    assert_eq!(silence["createdBy"], "Ben Chen");
    assert_eq!(silence["comment"], "ALR-1: HighErrorRate, by Watchkeeper");
    let ends: Timestamp = silence["endsAt"].as_str().unwrap().parse().unwrap();
    assert!((soonest - SignedDuration::from_millis(1)..=latest).contains(&ends), "{soonest} to {latest}: {ends}");
    let alert = real.lists("alerts").await.unwrap().remove(0);
    assert_eq!(alert["status"]["silencedBy"], Value::from(vec![silence["id"].clone()]));

    catch_up(&mut world).await;
    world.person("ana").clicks(&card, "Resolve").await;
    assert_eq!(silences(&real).await, Vec::<Value>::new());
    assert!(now(&world, &card).contains("✅ Resolved by @ana"), "{}", now(&world, &card));
    assert!(now(&world, &card).contains("Its source has not said so yet."), "{}", now(&world, &card));

    catch_up(&mut world).await;
    real.hears(&ERRORS, Some(present())).await.unwrap();
    world.until(async |world| world.audit("alert_cleared").await.contains("ALR-1")).await;
    world.settle().await;
    assert!(now(&world, &card).contains("✅ Resolved by @ana"), "{}", now(&world, &card));
    assert!(!now(&world, &card).contains("Its source has not said so yet."), "{}", now(&world, &card));
    world.end().await;
}

#[tokio::test]
async fn what_nobody_took_closes_when_it_says_that_it_is_over() {
    let Some((mut world, real, card)) = told().await else { return };
    real.hears(&ERRORS, Some(present())).await.unwrap();
    world.until(async |world| world.audit("alert_cleared").await.contains("ALR-1")).await;
    world.settle().await;
    assert!(now(&world, &card).contains("✅ Resolved by its source"), "{}", now(&world, &card));
    world.end().await;
}

#[tokio::test]
async fn what_is_over_while_it_is_silenced_is_found_by_asking_the_real_one() {
    let Some((mut world, real, card)) = told().await else { return };
    catch_up(&mut world).await;
    world.person("ana").clicks(&card, "Acknowledge").await;
    assert_eq!(silences(&real).await.len(), 1);
    // Of what is over while it is silenced it tells nobody.
    real.hears(&ERRORS, Some(present())).await.unwrap();
    // One that runs for less than five minutes may not have heard of all that fires, so it is not believed before.
    world.advance("9m").await;
    assert!(now(&world, &card).contains("✅ Resolved by its source"), "{}", now(&world, &card));
    assert_eq!(silences(&real).await, Vec::<Value>::new());
    world.end().await;
}
