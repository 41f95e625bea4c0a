//! What the commands of alerts refuse, and the list of alerts as a file.

use insta::assert_snapshot;
use standins::world::{ALERTS, Choices, ON_CALL, World, policy};

/// Alerts of media take an approval; what is known of them only sre writes down.
const MEDIA: &str = r#"
@id("media-alerts")
@approvals("1")
@approvers("sre")
permit (principal, action == Action::"alert ack", resource)
when { resource has project && resource.project == "media" };

@id("media-notes")
@says("What is written about media is for sre.")
forbid (principal, action == Action::"alert note", resource)
when { resource has project && resource.project == "media" }
unless { principal in Group::"sre" };
"#;

/// A world with an alert of shop and one of media.
async fn world() -> World {
    let ordinary = "when { principal in [Group::\"dba\", Group::\"sre\"] };\n\n// On call.";
    let except = ordinary.replace(" };", " && !(resource has project && resource.project == \"media\") };");
    let policy = policy(&[(ordinary, &except)]) + MEDIA;
    let choices =
        Choices { config: ALERTS.to_owned(), oncall: ON_CALL.to_owned(), policy: Some(policy), ..Choices::default() };
    let mut world = World::with(choices).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical")]).await;
    world.fires(&[("alertname", "SlowStreams"), ("project", "media")]).await;
    world
}

#[tokio::test]
async fn an_approval_that_the_policy_asks_for_any_of_them_holds_all_up() {
    let mut world = world().await;
    assert_snapshot!(world.person("ana").asks("ops", "/alert ack ALR-1 ALR-2").await, @"");
    assert_eq!(world.audit("alert_acknowledged").await, "");
    assert_snapshot!(world.person("ana").asks("ops", "/alert ack ALR-1").await, @"");
    world.end().await;
}

#[tokio::test]
async fn a_picker_leaves_out_what_whoever_asks_may_not_handle() {
    let mut world = world().await;
    world.person("dev").types("ops", "/alert note").await;
    assert_snapshot!(world.slack.person("dev").offered_for("Alert", "").await.join("\n"), @"");
    world.person("ana").types("ops", "/alert note").await;
    assert_snapshot!(world.slack.person("ana").offered_for("Alert", "").await.join("\n"), @"");
}

#[tokio::test]
async fn a_note_has_an_end() {
    let mut world = world().await;
    let long = "a ".repeat(1001);
    assert_snapshot!(world.person("ana").asks("ops", &format!("/alert note ALR-1 '{long}'")).await, @"");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/alert resolve ALR-1 --note '{long}'")).await, @"");
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
    assert_snapshot!(String::from_utf8(content).unwrap(), @"");
    world.end().await;
}
