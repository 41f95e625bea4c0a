//! Escalations whose people sleep, can't be reached, or are very many.

use insta::assert_snapshot;
use standins::slack::{Message, User};
use standins::world::{ALERTS, Choices, World};

const ERRORS: [(&str, &str); 2] = [("alertname", "SlowStreams"), ("severity", "critical")];
/// Bea is on call in the office, from nine to five.
const OFFICE: &str = r##"
[[rotations]]
name = "office"
people = ["bea"]
zone = "UTC"
turn = "weekly"
starts = "2026-11-23 09:00"
hours = { days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", until = "17:00" }

[[routes]]
policy = "office"

[[policies]]
name = "office"
"##;

/// A world on Wednesday evening, with an alert that climbs by these steps, and its card.
async fn evening(steps: &str) -> (World, Message) {
    let mut world =
        World::with(Choices { config: ALERTS.to_owned(), oncall: format!("{OFFICE}{steps}"), ..Choices::default() }).await;
    world.advance_to("2026-11-25T20:00:00Z".parse().unwrap()).await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · SlowStreams").await;
    (world, card)
}

/// What was said below a card.
fn thread(world: &World, card: &Message) -> String {
    let said = world.slack.channel("shop-ops").thread(card);
    said.iter().filter(|said| said.ts != card.ts).map(Message::plain).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn whoever_sleeps_is_told_in_the_morning() {
    let (mut world, card) =
        evening("repeat = 1\n[[policies.steps]]\nafter = \"0m\"\ntell = [\"rotation office\"]\ndirect = [\"rotation office\"]\n")
            .await;
    world.advance("1h").await;
    assert_snapshot!(thread(&world, &card), @"💤 Nobody of office is on call now. Whoever is next is told tomorrow 9:00 AM.");
    world.restart().await;
    world.advance_to("2026-11-26T08:59:00Z".parse().unwrap()).await;
    assert_eq!(world.slack.person("bea").ephemerals().len(), 0);
    world.advance("2m").await;
    world.person("bea").reads("ALR-1 critical · SlowStreams needs somebody").await;
    world.advance("1h").await;
    assert_snapshot!(thread(&world, &card), @"
    💤 Nobody of office is on call now. Whoever is next is told today 9:00 AM.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told @bea.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told @bea.
    ");
    assert_snapshot!(world.audit("ALR-1").await, @"
    watchkeeper · alert_opened · alert ALR-1
    watchkeeper · alert_waits · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    ");
    world.end().await;
}

#[tokio::test]
async fn a_step_whose_people_sleep_gives_way_and_they_are_told_when_they_are_up() {
    let (mut world, card) = evening(
        "repeat = 3\n[[policies.steps]]\nafter = \"0m\"\ntell = [\"rotation office\"]\n\
         [policies.last]\ntell = [\"#ops\"]\n",
    )
    .await;
    world.slack.channel("ops").expect("ALR-1 critical · SlowStreams needs somebody").await;
    assert_snapshot!(thread(&world, &card), @"
    Nobody of office is on call now.
    Told #ops.
    💤 Nobody of office is on call now. Whoever is next is told tomorrow 9:00 AM.
    ");
    world.person("ana").asks("ops", "/alert escalate ALR-1").await;
    world.advance_to("2026-11-26T09:00:30Z".parse().unwrap()).await;
    assert!(thread(&world, &card).contains("🔔 @bea ALR-1"), "{}", thread(&world, &card));
    world.person("bea").reacts("eyes", &card).await;
    world.advance("12h").await;
    assert_snapshot!(thread(&world, &card), @"
    Nobody of office is on call now.
    Told #ops.
    💤 Nobody of office is on call now. Whoever is next is told today 9:00 AM.
    ⏫ @ana escalated it.
    Nobody of office is on call now.
    Told #ops.
    💤 Nobody of office is on call now. Whoever is next is told today 9:00 AM.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    👀 @bea takes it until today 1:00 PM.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    ⏰ It is still wrong, and the time that @bea took for it is over.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    🔔 @bea ALR-1 critical · SlowStreams needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told #ops.
    ");
    world.end().await;
}

#[tokio::test]
async fn where_nobody_is_reached_at_all_the_default_channel_is_told() {
    let mut world = World::with(Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    let kim = "[[people]]\nid = \"kim\"\nname = \"Kim\"\nemail = \"kim@elsewhere.example\"\n";
    world.writes("people.toml", &format!("{}{kim}", world.people()));
    let policy =
        "[[policies]]\nname = \"kims\"\n[[policies.steps]]\nafter = \"0m\"\ndirect = [\"@kim\"]\n[[routes]]\npolicy = \"kims\"\n";
    world.writes("oncall.toml", policy);
    world.restart().await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · SlowStreams").await;
    assert_snapshot!(thread(&world, &card), @"
    Kim has no chat account I can find.
    Its escalation reached nobody, so I told #ops.
    ");
    assert_snapshot!(world.slack.channel("ops").expect("needs somebody").await.plain(), @"
    🔔 ALR-1 critical · SlowStreams needs somebody.
    [Acknowledge] [Escalate] [Details]
    ");
    world.end().await;
}

#[tokio::test]
async fn of_a_very_large_group_it_is_said_how_many_were_not_told() {
    let mut world = World::with(Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    let mut people = world.people();
    for number in 10..70 {
        world.slack.add_person(User::named(&format!("p{number}")));
        people += &format!(
            "[[people]]\nid = \"p{number}\"\nname = \"P {number}\"\nemail = \"p{number}@example.com\"\ngroups = [\"crowd\"]\n"
        );
    }
    world.writes("people.toml", &people);
    let policy = "[[policies]]\nname = \"all\"\n[[policies.steps]]\nafter = \"0m\"\ntell = [\"group crowd\"]\n[[routes]]\npolicy = \"all\"\n";
    world.writes("oncall.toml", policy);
    world.restart().await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · SlowStreams").await;
    let said = world.slack.channel("shop-ops").again(&card).unwrap();
    assert!(said.plain().contains("10 more of crowd were not told: a step tells 50 of a group at most."), "{}", said.plain());
    let calls = thread(&world, &card).lines().find(|line| line.starts_with('🔔')).unwrap().matches('@').count();
    assert_eq!(calls, 50);
    world.end().await;
}
