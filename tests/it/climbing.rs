//! How alerts climb where their policy is unusual, and emoji of those who can't be told from strangers yet.

use insta::assert_snapshot;
use standins::aws::Fault;
use standins::slack::Message;
use standins::world::{ALERTS, Choices, IDENTITY_CENTER, ON_CALL, World};

const ERRORS: [(&str, &str); 2] = [("alertname", "HighErrorRate"), ("severity", "critical")];
const ROUTE: &str = "[[routes]]\npolicy = \"shop\"\n";

/// A world in which alerts climb by a policy of this many more rounds and of these steps.
async fn climbing(repeat: u32, steps: &str) -> World {
    let oncall = format!("{ON_CALL}\n[[policies]]\nname = \"shop\"\nrepeat = {repeat}\n{steps}\n{ROUTE}");
    World::with(Choices { config: ALERTS.to_owned(), oncall, ..Choices::default() }).await
}

/// What was said in the channel of the alerts about somebody being needed.
fn calls(world: &World) -> String {
    let said = world.slack.channel("shop-ops").messages();
    said.iter().map(|said| said.plain()).filter(|said| said.contains("needs somebody")).collect::<Vec<_>>().join("\n")
}

/// What the audit log says of whom each step told.
async fn told(world: &World) -> String {
    let entries = world.entries().await;
    let steps = entries.iter().filter(|entry| entry.fact.event == "alert_escalated");
    steps.map(|entry| entry.fact.detail["told"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn whom_a_step_names_twice_it_tells_once() {
    let step = "[[policies.steps]]\nafter = \"0m\"\n\
                tell = [\"@ana\", \"@ben\", \"rotation shop\", \"#ops\"]\ndirect = [\"@ana\", \"@ben\", \"rotation shop\"]\n";
    let mut world = climbing(0, step).await;
    world.fires(&ERRORS).await;
    assert_snapshot!(calls(&world), @"🔔 @ana @ben ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.");
    world.person("ana").reads("needs somebody").await;
    assert_eq!(told(&world).await, "Told @ana, @ben and #ops.");
    world.end().await;
}

#[tokio::test]
async fn whoever_was_told_has_five_minutes_before_the_next_round() {
    let mut world = climbing(2, "[[policies.steps]]\nafter = \"0m\"\ntell = [\"@ana\"]\n").await;
    world.fires(&ERRORS).await;
    world.advance("4m").await;
    assert_eq!(calls(&world).lines().count(), 1);
    world.advance("2m").await;
    assert_eq!(calls(&world).lines().count(), 2);
    world.advance("1h").await;
    assert_eq!(calls(&world).lines().count(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_step_that_reaches_nobody_gives_way_to_the_next_at_once() {
    let steps = "[[policies.steps]]\nafter = \"0m\"\ntell = [\"@kim\"]\ndirect = [\"@kim\"]\n\
                 [[policies.steps]]\nafter = \"10m\"\ntell = [\"@ben\", \"@kim\"]\n";
    let mut world = climbing(0, "[[policies.steps]]\nafter = \"0m\"\ntell = [\"@ana\"]\n").await;
    let kim = "[[people]]\nid = \"kim\"\nname = \"Kim\"\nemail = \"kim@elsewhere.example\"\n";
    world.writes("people.toml", &format!("{}{kim}", world.people()));
    world.writes("oncall.toml", &format!("{ON_CALL}\n[[policies]]\nname = \"shop\"\nrepeat = 1\n{steps}\n{ROUTE}"));
    world.restart().await;
    world.fires(&ERRORS).await;
    assert_snapshot!(calls(&world), @"🔔 @ben ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.");
    assert_snapshot!(told(&world).await, @"
    @kim has no chat account I can find.
    Told @ben. @kim has no chat account I can find.
    ");
    world.end().await;
}

#[tokio::test]
async fn rounds_that_reach_nobody_keep_their_time() {
    let mut world = climbing(0, "[[policies.steps]]\nafter = \"0m\"\ntell = [\"@ana\"]\n").await;
    let kim = "[[people]]\nid = \"kim\"\nname = \"Kim\"\nemail = \"kim@elsewhere.example\"\n";
    world.writes("people.toml", &format!("{}{kim}", world.people()));
    let steps = "[[policies.steps]]\nafter = \"0m\"\ntell = [\"@kim\"]\n[policies.last]\ntell = [\"@ben\"]\n";
    world.writes("oncall.toml", &format!("{ON_CALL}\n[[policies]]\nname = \"shop\"\nrepeat = 1\n{steps}\n{ROUTE}"));
    world.restart().await;
    world.fires(&ERRORS).await;
    assert_snapshot!(told(&world).await, @"@kim has no chat account I can find.");
    world.advance("6m").await;
    assert_snapshot!(told(&world).await, @"
    @kim has no chat account I can find.
    @kim has no chat account I can find.
    Told @ben.
    ");
    world.end().await;
}

#[tokio::test]
async fn an_alert_whose_policy_is_no_longer_configured_goes_on_by_todays_routes() {
    let mut world = climbing(0, "[[policies.steps]]\nafter = \"10m\"\ntell = [\"@ana\"]\n").await;
    world.fires(&ERRORS).await;
    let night = "[[policies]]\nname = \"night\"\n[[policies.steps]]\nafter = \"1m\"\ntell = [\"@ben\"]\n";
    world.writes("oncall.toml", &format!("{ON_CALL}\n{night}[[routes]]\npolicy = \"night\"\n"));
    world.restart().await;
    world.advance("12m").await;
    assert_snapshot!(told(&world).await, @"Told @ben.");
    world.end().await;
}

#[tokio::test]
async fn an_alert_that_is_routed_to_nobody_any_more_is_told_to_the_default_channel() {
    let mut world = climbing(0, "[[policies.steps]]\nafter = \"10m\"\ntell = [\"@ana\"]\n").await;
    world.fires(&ERRORS).await;
    world.writes("oncall.toml", ON_CALL);
    world.restart().await;
    world.advance("12m").await;
    assert_snapshot!(told(&world).await, @"
    Its escalation policy shop is no longer configured.
    Its escalation reached nobody, so I told #ops.
    ");
    world.slack.channel("ops").expect("ALR-1 critical · HighErrorRate needs somebody").await;
    world.end().await;
}

#[tokio::test]
async fn whoever_was_called_elsewhere_sees_there_that_it_is_taken_and_how_it_ended() {
    let steps = "[[policies.steps]]\nafter = \"0m\"\ntell = [\"#ops\"]\ndirect = [\"@ben\"]\n";
    let mut world = climbing(0, steps).await;
    world.fires(&ERRORS).await;
    let (called, word) =
        (world.slack.channel("ops").expect("needs somebody").await, world.person("ben").reads("needs somebody").await);
    let now = |world: &World, said: &Message| world.slack.channel("ops").again(said).unwrap().plain().to_owned();
    world.person("ana").asks("ops", "/alert ack ALR-1").await;
    assert_snapshot!(now(&world, &called), @"
    ALR-1 · HighErrorRate. Critical, wrong since today 10:00 AM. 👀 @ana has had it since today 10:00 AM, until today 2:00 PM.
    [Details]
    ");
    assert_eq!(now(&world, &word), now(&world, &called));
    world.person("ana").asks("ops", "/alert silence ALR-1 --for 2h").await;
    world.advance("1h 55m").await;
    let ends = world.person("ana").reads("Your silence of ALR-1").await;
    world.person("ana").asks("ops", "/alert unack ALR-1").await;
    assert_snapshot!(now(&world, &ends), @"
    🔔 ALR-1 critical · HighErrorRate needs somebody.
    [Acknowledge] [Escalate] [Details]
    ");
    world.resolves(&ERRORS).await;
    world.advance("10m").await;
    assert_snapshot!(now(&world, &called), @"
    ALR-1 · HighErrorRate. ✅ Resolved by its source today 11:55 AM, 1 h 55 min after it came.
    [Details]
    ");
    assert_eq!([now(&world, &word), now(&world, &ends)], [now(&world, &called), now(&world, &called)]);
    world.end().await;
}

#[tokio::test]
async fn an_emoji_counts_once_it_is_known_who_left_it() {
    let config = format!("{IDENTITY_CENTER}{ALERTS}");
    let mut world = World::with(Choices { config, oncall: ON_CALL.to_owned(), ..Choices::default() }).await;
    world.aws.group("sre").await;
    world.aws.user("Sam.Rivers", "stranger@example.com").named("Sam", "Rivers").groups(&["sre"]).await;
    world.restart().await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    // What is known of one Identity Center says nothing about another.
    let path = world.folder().join("watchkeeper.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    world.stop().await;
    let elsewhere = config.replace(
        "region = \"eu-west-1\"\nrole = \"arn:aws:iam::888877776666",
        "region = \"eu-north-1\"\nrole = \"arn:aws:iam::888877776666",
    );
    assert_ne!(elsewhere, config);
    world.writes("watchkeeper.toml", &elsewhere);
    world.aws.fault(Fault::down()).await;
    world.revive().await;
    world.person("stranger").reacts("eyes", &card).await;
    assert_eq!(world.audit("alert_acknowledged").await, "");
    world.stop().await;
    world.aws.clear_faults().await;
    world.writes("watchkeeper.toml", &config);
    world.revive().await;
    world.advance("2h").await;
    assert_eq!(world.audit("alert_acknowledged").await.lines().count(), 1);
}
