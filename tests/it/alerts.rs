//! Alerts: from the page to the fix, on record.

use insta::assert_snapshot;
use serde_json::{Value, json};
use standins::slack::Message;
use standins::world::{ALERTS, Choices, ON_CALL, World, at_every_commit};

/// Whoever is on call is told at once, ben and bea after ten minutes, everybody of sre when all was in vain.
const POLICY: &str = r##"
[[policies]]
name = "shop"
repeat = 1
[[policies.steps]]
after = "0m"
tell = ["rotation shop"]
[[policies.steps]]
after = "10m"
tell = ["@ben"]
direct = ["@bea"]
[policies.last]
tell = ["group sre", "#ops"]

[[routes]]
severities = ["critical", "warning"]
policy = "shop"
"##;

const ERRORS: [(&str, &str); 4] =
    [("alertname", "HighErrorRate"), ("service", "payments"), ("instance", "i-1"), ("severity", "critical")];

fn choices() -> Choices {
    Choices { config: ALERTS.to_owned(), oncall: format!("{ON_CALL}{POLICY}"), ..Choices::default() }
}

/// A world in which something is wrong, and its card.
async fn wrong() -> (World, Message) {
    let mut world = World::with(choices()).await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    (world, card)
}

/// How a card stands now.
fn now(world: &World, card: &Message) -> String {
    world.slack.channel("shop-ops").again(card).map_or_else(String::new, |said| said.plain().to_owned())
}

/// What was said in the thread of a card.
fn thread(world: &World, card: &Message) -> String {
    let said = world.slack.channel("shop-ops").thread(card);
    said.iter().filter(|said| said.ts != card.ts).map(Message::plain).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_alert_is_shown_taken_brought_to_its_source_and_ends_with_it() {
    let (mut world, card) = wrong().await;
    assert_snapshot!(now(&world, &card), @"
    🔴 ALR-1 · HighErrorRate
    Critical, wrong since today 10:00 AM. Nobody has taken it yet. On call: Ana Ruiz.
    Where shop
    What i-1
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · instance=i-1 · service=payments · severity=critical
    [Acknowledge] [Resolve] [Silence 1 h] [Escalate] [Details]
    ");
    world.person("ben").clicks(&card, "Acknowledge").await;
    assert_snapshot!(now(&world, &card), @"
    👀 ALR-1 · HighErrorRate
    Critical, wrong since today 10:00 AM. 👀 @ben has had it since today 10:00 AM, until today 2:00 PM.
    Where shop
    What i-1
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · instance=i-1 · service=payments · severity=critical
    Last: 👀 @ben takes it until today 2:00 PM.
    [Resolve] [Give back] [Silence 1 h] [Escalate] [Details]
    ");
    let silence = world.alertmanager.active().remove(0);
    assert_snapshot!(format!("{silence:#?}"), @r#"
    Silence {
        id: "00000001-5113-4ce5-8000-000000000001",
        matchers: [
            Matcher {
                name: "alertname",
                value: "HighErrorRate",
                is_regex: false,
                is_equal: true,
            },
            Matcher {
                name: "instance",
                value: "i-1",
                is_regex: false,
                is_equal: true,
            },
            Matcher {
                name: "service",
                value: "payments",
                is_regex: false,
                is_equal: true,
            },
            Matcher {
                name: "severity",
                value: "critical",
                is_regex: false,
                is_equal: true,
            },
        ],
        starts: 2026-11-25T10:00:01Z,
        ends: 2026-11-25T14:00:01Z,
        created_by: "Ben Chen",
        comment: "ALR-1: HighErrorRate, by Watchkeeper",
        updated: 2026-11-25T10:00:01Z,
    }
    "#);
    world.resolves(&ERRORS).await;
    world.advance("8m").await;
    assert_snapshot!(now(&world, &card), @"
    ✅ ALR-1 · HighErrorRate
    ✅ Resolved by its source today 10:06 AM, 6 min 1 s after it came.
    Where shop
    What i-1
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · instance=i-1 · service=payments · severity=critical
    Last: Its source says it is right again, after 6 min 1 s.
    [How was it fixed?] [Details]
    ");
    assert_eq!(world.alertmanager.active().len(), 0, "it is loud again");
    assert_snapshot!(thread(&world, &card), @"
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    👀 @ben takes it until today 2:00 PM.
    Its source says it is right again, after 6 min 1 s.
    ");
    assert_snapshot!(world.audit("ALR-1").await, @"
    watchkeeper · alert_opened · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    ben · asked · alert ack · alert ALR-1
    ben · alert_acknowledged · alert ALR-1
    ben · answered · alert ack · alert ALR-1 · answered
    watchkeeper · alert_quieting_source · alert ALR-1
    watchkeeper · alert_source_quiet · alert ALR-1
    watchkeeper · alert_cleared · alert ALR-1
    watchkeeper · alert_source_loud · alert ALR-1
    ");
    world.end().await;
}

#[tokio::test]
async fn emoji_under_its_card_are_commands_of_whoever_left_them() {
    let (mut world, card) = wrong().await;
    world.person("dev").reacts("eyes", &card).await;
    let told = world.person("dev").reads("Your emoji under the alert ALR-1").await;
    assert_snapshot!(told.plain(), @"
    Your emoji under the alert ALR-1 stands for alert ack. That was not done.
    No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.
    ");
    world.person("ana").reacts("eyes", &card).await;
    assert!(now(&world, &card).contains("👀 @ana has had it"), "{}", now(&world, &card));
    world.person("ben").reacts("no_bell", &card).await;
    assert!(now(&world, &card).contains("🔕 Silenced by @ben"), "{}", now(&world, &card));
    world.person("ana").reacts("white_check_mark", &card).await;
    assert!(now(&world, &card).contains("✅ Resolved by @ana"), "{}", now(&world, &card));
    world.end().await;
}

#[tokio::test]
async fn emoji_left_while_the_bot_was_away_count_once_it_is_back() {
    let (mut world, card) = wrong().await;
    world.stop().await;
    world.slack.person("ana").reacts("eyes", &card).await;
    world.revive().await;
    assert!(now(&world, &card).contains("👀 @ana has had it"), "{}", now(&world, &card));
    world.restart().await;
    assert_eq!(world.audit("alert_acknowledged").await.lines().count(), 1);
}

#[tokio::test]
async fn what_nobody_takes_climbs_over_a_night() {
    let (mut world, card) = wrong().await;
    world.advance("9h").await;
    assert_snapshot!(thread(&world, &card), @"
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    🔔 @ben ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told @ben and @bea.
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    🔔 @ben ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told @ben and @bea.
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    Told @ana and #ops.
    ");
    assert_snapshot!(world.person("bea").reads("ALR-1 critical · HighErrorRate needs somebody").await.plain(), @"
    🔔 ALR-1 critical · HighErrorRate needs somebody.
    [Acknowledge] [Escalate] [Details]
    ");
    world.slack.channel("ops").expect("ALR-1 critical · HighErrorRate needs somebody").await;
    assert_snapshot!(world.audit("alert_escalated").await, @"
    watchkeeper · alert_escalated · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    watchkeeper · alert_escalated · alert ALR-1
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/alert missed").await, @"
    1 alert that you did not take

    id     severity  what           brought to you    what became of it
    ALR-1  critical  HighErrorRate  25 Nov 10:00 UTC  open
    ");
}

#[tokio::test]
async fn whose_time_is_over_gives_it_back_if_it_is_still_wrong() {
    let (mut world, card) = wrong().await;
    world.person("ana").asks("ops", "/alert ack ALR-1 --for 1h").await;
    world.advance("61m").await;
    assert_snapshot!(thread(&world, &card), @"
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    👀 @ana takes it until today 11:00 AM.
    🔔 @ana ALR-1 critical · HighErrorRate needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    ⏰ It is still wrong, and the time that @ana took for it is over.
    ");
    assert!(now(&world, &card).contains("Nobody has taken it yet"), "{}", now(&world, &card));
    assert_eq!(world.alertmanager.active().len(), 0);
}

#[tokio::test]
async fn a_silence_is_announced_before_it_ends_and_can_be_extended() {
    let (mut world, card) = wrong().await;
    assert_snapshot!(world.person("ana").asks("ops", "/alert silence ALR-1 --for 2h").await, @"Silence for ALR-1 until today 12:00 PM. You are told before it ends.");
    world.advance("1h 51m").await;
    let word = world.person("ana").reads("Your silence of ALR-1").await;
    assert_snapshot!(word.plain(), @"
    🔕 Your silence of ALR-1 (HighErrorRate) ends today 12:00 PM. If it is still wrong then, it comes back.
    [Extend by 1 h] [Extend by 8 h]
    ");
    world.person("ana").clicks(&word, "Extend by 1 h").await;
    world.advance("30m").await;
    assert!(now(&world, &card).contains("🔕 Silenced by @ana"), "{}", now(&world, &card));
    assert_eq!(world.alertmanager.active().len(), 1, "one silence, extended");
}

#[tokio::test]
async fn what_was_resolved_here_comes_back_if_its_source_does_not_agree() {
    let (mut world, card) = wrong().await;
    assert_snapshot!(world.person("ana").asks("ops", "/alert resolve ALR-1 --note 'restarted the pool'").await, @"I closed ALR-1. Should its source still say that it is wrong in 10 min, it comes back.");
    assert_snapshot!(now(&world, &card), @"
    ✅ ALR-1 · HighErrorRate
    ✅ Resolved by @ana today 10:00 AM, 1 s after it came. “restarted the pool” Its source has not said so yet.
    Where shop
    What i-1
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · instance=i-1 · service=payments · severity=critical
    Last: ✅ @ana resolved it after 1 s: restarted the pool
    [Details]
    ");
    world.advance("11m").await;
    assert!(now(&world, &card).contains("Nobody has taken it yet"), "{}", now(&world, &card));
    world.person("ana").asks("ops", "/alert resolve ALR-1").await;
    world.resolves(&ERRORS).await;
    world.advance("1h").await;
    assert!(now(&world, &card).contains("✅ Resolved by @ana"), "{}", now(&world, &card));
    world.fires(&ERRORS).await;
    world.slack.channel("shop-ops").expect("ALR-2 · HighErrorRate").await;
}

#[tokio::test]
async fn what_flaps_is_one_alert_with_a_count() {
    let (mut world, card) = wrong().await;
    for _ in 0..3 {
        world.advance("2m").await;
        world.resolves(&ERRORS).await;
        world.advance("2m").await;
        world.fires(&ERRORS).await;
    }
    assert_snapshot!(now(&world, &card), @"
    🔴 ALR-1 · HighErrorRate
    Critical, wrong since today 10:12 AM. Nobody has taken it yet. On call: Ana Ruiz.
    Where shop
    What i-1
    Source prometheus
    Times 4, flapping
    Graph · Alertmanager
    alertname=HighErrorRate · instance=i-1 · service=payments · severity=critical
    Last: It is wrong again, for the 4th time.
    [Acknowledge] [Resolve] [Silence 1 h] [Escalate] [Details]
    ");
    assert_eq!(world.slack.channel("shop-ops").messages().iter().filter(|said| said.plain().contains("ALR-2")).count(), 0);
}

#[tokio::test]
async fn whatever_commit_it_dies_after_a_climb_skips_nothing_and_says_nothing_twice() {
    at_every_commit(choices(), async |mut world| {
        world.fires(&ERRORS).await;
        // What the bot did not live to answer is sent again.
        world.alertmanager.flushes().await;
        world.settle().await;
        world.advance("12m").await;
        let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
        world.person("ana").reacts("no_bell", &card).await;
        world.advance("1h").await;
        world.person("ben").reacts("eyes", &card).await;
        let said = thread(&world, &card);
        let told = world.audit("alert_escalated").await.lines().count();
        (said, told, now(&world, &card).contains("👀 @ben has had it"))
    })
    .await;
}

/// So many checks that are wrong, every tenth critical.
fn checks(range: std::ops::Range<usize>) -> Value {
    let check = |at: usize| {
        let level = if at % 10 == 9 { "critical" } else { "info" };
        json!({ "name": format!("Check {at:05} fails"), "state": "firing", "level": level, "tags": { "host": format!("h-{at}") } })
    };
    json!({ "checks": range.map(check).collect::<Vec<_>>() })
}

#[tokio::test]
async fn in_a_storm_one_message_stands_for_many_and_every_alert_can_be_found() {
    let mut world = World::with(choices()).await;
    for part in 0..10 {
        assert_eq!(world.posts("checks", &checks(part * 50..part * 50 + 50)).await.0, 200);
    }
    world.advance("1m").await;
    let said = world.slack.channel("shop-ops").messages();
    let cards: Vec<_> = said.iter().filter(|said| said.thread_ts.is_none()).collect();
    assert!(cards.len() <= 40, "{} cards", cards.len());
    let storm = world.slack.channel("shop-ops").expect("Alert storm in #shop-ops").await;
    assert_snapshot!(now(&world, &storm), @"
    🔴 ALR-17 · Alert storm in #shop-ops
    Critical, wrong since today 10:00 AM. Nobody has taken it yet. On call: Ana Ruiz.
    480 alerts came without a card of their own; 480 are wrong now: 40 critical, 440 info.
    The worst:
    ALR-102 critical · Check 00109 fails
    ALR-103 critical · Check 00119 fails
    ALR-104 critical · Check 00129 fails
    ALR-105 critical · Check 00139 fails
    ALR-106 critical · Check 00149 fails
    Where shop
    Source watchkeeper
    [Acknowledge] [Resolve] [Silence 1 h] [Escalate] [List them] [Details]
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/alert list 'check 00455'").await, @"
    1 alert not over yet

    id       severity  what                        project  how it stands  since
    ALR-462  info      Check 00455 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/alert list --page 3").await, @"
    501 alerts not over yet, page 3 of 51

    id       severity  what                        project  how it stands  since
    ALR-256  critical  Check 00299 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-255  critical  Check 00289 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-254  critical  Check 00279 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-253  critical  Check 00269 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-252  critical  Check 00259 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-206  critical  Check 00249 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-205  critical  Check 00239 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-204  critical  Check 00229 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-203  critical  Check 00219 fails (ALR-17)  shop     open           25 Nov 10:00 UTC
    ALR-202  critical  Check 00209 fails (ALR-17)  shop     open           25 Nov 10:00 UTC

    [‹ Previous] [Next ›]
    ");
    world.advance("10m").await;
    for part in 0..10 {
        let mut over = checks(part * 50..part * 50 + 50);
        for check in over["checks"].as_array_mut().unwrap() {
            check["state"] = "ok".into();
        }
        assert_eq!(world.posts("checks", &over).await.0, 200);
    }
    world.advance("1m").await;
    assert!(now(&world, &storm).contains("✅ Resolved by its source"), "{}", now(&world, &storm));
    world.end().await;
}
