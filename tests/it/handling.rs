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
