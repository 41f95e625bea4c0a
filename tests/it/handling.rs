//! What the commands of alerts refuse, and the list of alerts as a file.

use standins::world::{ALERTS, Choices, ON_CALL, World, policy};

/// What is known of media only sre writes down.
const MEDIA: &str = r#"
@id("media-notes")
@says("What is written about media is for sre.")
forbid (principal, action == Action::"alert note", resource)
when { resource has project && resource.project == "media" }
unless { principal in Group::"sre" };
"#;

/// A world with an alert of shop and one of media.
async fn world() -> World {
    let policy = Some(policy(&[]) + MEDIA);
    let choices = Choices { config: ALERTS.to_owned(), oncall: ON_CALL.to_owned(), policy, ..Choices::default() };
    let mut world = World::with(choices).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical")]).await;
    world.fires(&[("alertname", "SlowStreams"), ("project", "media")]).await;
    world
}

#[tokio::test]
async fn a_picker_leaves_out_what_whoever_asks_may_not_handle() {
    let mut world = world().await;
    world.person("ben").types("ops", "/alert note").await;
    assert_eq!(world.slack.person("ben").offered_for("Alert", "").await.len(), 1);
    world.person("ana").types("ops", "/alert note").await;
    assert_eq!(world.slack.person("ana").offered_for("Alert", "").await.len(), 2);
}

#[tokio::test]
async fn a_note_has_an_end() {
    let mut world = world().await;
    let long = "a ".repeat(1001);
    for line in [format!("/alert note ALR-1 '{long}'"), format!("/alert resolve ALR-1 --note '{long}'")] {
        let said = world.person("ana").asks("ops", &line).await;
        assert!(said.contains("I keep up to 2000"), "{said}");
    }
    assert_eq!(world.audit("alert_resolved").await, "");
    world.end().await;
}

#[tokio::test]
async fn the_list_as_a_file_has_the_times_for_a_report() {
    let mut world = world().await;
    world.advance("7m").await;
    world.person("ana").asks("ops", "/alert ack ALR-1").await;
    world.advance("30m").await;
    world.person("ana").asks("ops", "/alert resolve ALR-1 --note 'restarted the pool, twice'").await;
    world.person("dev").types("ops", "/alert list --all --csv").await;
    let file = world.person("dev").reads("(file: alerts.csv)").await;
    let content = world.slack.file(&file.files[0]).content.unwrap();
    let content = String::from_utf8(content).unwrap();
    assert!(content.contains("came in,first taken after (minutes),over after (minutes),how it was fixed"), "{content}");
    assert!(content.contains("\"restarted the pool, twice\""), "{content}");
    world.end().await;
}

#[tokio::test]
async fn after_a_start_the_cards_of_open_alerts_are_read_a_few_at_a_time() {
    let mut world = World::with(Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    for part in 0..3 {
        for number in 0..9 {
            world.fires(&[("alertname", &format!("Errors{part}{number}"))]).await;
        }
        world.advance("1m").await;
    }
    let cards = world.slack.channel("shop-ops").messages();
    let oldest = cards.iter().find(|said| said.plain().contains("ALR-1 ")).unwrap().clone();
    world.stop().await;
    world.slack.person("ana").reacts("eyes", &oldest).await;
    let read = |world: &World| world.slack.calls_of("reactions.get").len();
    let before = read(&world);
    world.revive().await;
    assert_eq!(read(&world) - before, 10);
    world.advance("8s").await;
    assert_eq!(read(&world) - before, 20);
    world.advance("8s").await;
    let card = world.slack.channel("shop-ops").again(&oldest).unwrap();
    assert!(card.plain().contains("👀 @ana has had it"), "{}", card.plain());
    // A start over, the event of an emoji makes one alert be looked at, and no other.
    let before = read(&world);
    let newest = cards.iter().find(|said| said.plain().contains("ALR-27 ")).unwrap();
    world.person("ben").reacts("eyes", newest).await;
    let card = world.slack.channel("shop-ops").again(newest).unwrap();
    assert!(card.plain().contains("👀 @ben has had it"), "{}", card.plain());
    assert!(read(&world) - before < 9, "{}", read(&world) - before);
    world.end().await;
}
