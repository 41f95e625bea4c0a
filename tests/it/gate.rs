//! A decision the world waits for: the bot asks for it by itself, a rejection does something too, and the world decides when
//! nobody does.

use std::sync::LazyLock;

use commands::message::Message;
use commands::plan::{Gate, Runs};
use commands::records::Outcome;
use commands::registry::Entry;
use commands::watch::{self, Look, News, Watch, What};
use commands::{Change, Command, Context, Permit, Plan, Resource, Step, Work, text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use standins::world::{Choices, World, at_every_commit};

/// A bridge that is open for half an hour from the first look on, and closes by itself.
struct Bridge;

/// When it opened.
type Opened = Option<Timestamp>;

fn closes(opened: Timestamp) -> Timestamp {
    opened + SignedDuration::from_mins(30)
}

impl Watch for Bridge {
    const NAME: &'static str = "test bridge";
    type State = (Opened, u32);

    fn posts(_settings: &commands::context::Settings) -> Vec<String> {
        vec!["river".to_owned()]
    }

    fn concerns(_event: &commands::events::Event) -> Option<String> {
        None
    }

    async fn look(_post: &str, (opened, looks): (Opened, u32), cx: &Context<'_>) -> commands::Result<Look<(Opened, u32)>> {
        let news = |what| News { thing: "bridge".to_owned(), about: None, project: None, what };
        let shows = |words: &str| news(What::Shows(Message::from(text![words])));
        let Some(since) = opened else {
            let args = serde_json::to_value(Cross { opened: cx.now }).unwrap();
            let asks = What::Asks { command: Cross::NAME, args, reason: "The bridge is open.".to_owned() };
            let news = vec![shows("🌉 The bridge is open."), news(asks)];
            return Ok(Look { state: (Some(cx.now), 1), next: closes(cx.now), news });
        };
        let far = closes(since) + SignedDuration::from_hours(24 * 365);
        if cx.now < closes(since) {
            return Ok(Look { state: (opened, looks), next: closes(since), news: vec![] });
        }
        if looks > 1 {
            return Ok(Look { state: (opened, looks), next: far, news: vec![] });
        }
        let said = text!["Nobody decided in time, so the bridge is closed."];
        let settles = What::Settles { resource: "bridge".to_owned(), outcome: Outcome::Expired, said };
        let news = vec![shows("🌉 The bridge is closed."), news(settles)];
        Ok(Look { state: (opened, 2), next: far, news })
    }
}

/// Goes over the bridge, or back.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Cross {
    opened: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Over,
    Back,
}

impl Command for Cross {
    const NAME: &'static str = "test cross";

    fn resource(&self) -> Resource {
        Resource::named("bridge", "bridge")
    }
}

impl Change for Cross {
    type State = Way;

    async fn plan(&self, _cx: &Context<'_>) -> commands::Result<Plan<Way>> {
        Ok(Plan::Work(Box::new(Work {
            resource: self.resource(),
            runs: Runs::Alone,
            title: "cross the bridge".to_owned(),
            what: vec!["Approved: over it.".into(), "Rejected: back home.".into()],
            calls: Vec::new(),
            checks: Vec::new(),
            risks: Vec::new(),
            start: None,
            patience: SignedDuration::from_hours(1),
            offers: Vec::new(),
            gate: Some(Gate {
                since: self.opened,
                until: closes(self.opened),
                rejecting: "goes back".to_owned(),
                otherwise: "the bridge closes".to_owned(),
                rejected: Way::Back,
            }),
            first: Way::Over,
        })))
    }

    async fn step(&self, way: Way, _permit: &Permit, cx: &Context<'_>) -> commands::Result<Step<Way>> {
        let by = &cx.person.id;
        Ok(Step::Done(match way {
            Way::Over => text!["Over the bridge, with ", by, "."],
            Way::Back => text!["Back home, with ", by, "."],
        }))
    }
}

static COMMANDS: LazyLock<Vec<Entry>> =
    LazyLock::new(|| commands::ALL.iter().copied().chain([Entry::change::<Cross>()]).collect());
static WATCHES: &[watch::Entry] = &[watch::Entry::of::<Bridge>()];

fn choices() -> Choices {
    let policy = r#"
        @id("people") permit (principal, action, resource) unless { principal == Person::"watchkeeper" };
        @id("others") forbid (principal, action == Action::"test cross", resource) unless { principal == Person::"watchkeeper" };
        @id("bridge") @approvals("1") @approvers("sre")
        permit (principal == Person::"watchkeeper", action == Action::"test cross", resource);"#
        .to_owned();
    Choices { commands: &COMMANDS, watches: WATCHES, policy: Some(policy), ..Choices::default() }
}

#[tokio::test]
async fn the_bot_asks_by_itself_and_an_approval_carries_it_out() {
    let mut world = World::with(choices()).await;
    world.slack.channel("ops").expect("The bridge is open").await;
    let card = world.slack.channel("ops").expect("cross the bridge").await;
    insta::assert_snapshot!(card.plain(), @"
    CHG-1 · cross the bridge
    ⏳ Waits for 1 approval of sre until today 10:30 AM. 30 min left, then the bridge closes.
    Asked by watchkeeper
    Why The bridge is open.
    1. Approved: over it.
    2. Rejected: back home.
    React ✅ or press Approve. ❌ or Reject goes back. Your vote is for plan 8b435142.
    [Approve] [Reject] [Details]
    ");
    world.person("ana").reacts("white_check_mark", &card).await;
    world.slack.channel("ops").expect("Over the bridge, with").await;
    world.advance("1h").await;
    world.slack.channel("ops").expect("The bridge is closed").await;
    insta::assert_snapshot!(world.audit("CHG-1").await, @"
    watchkeeper · planned · CHG-1 · bridge bridge
    ana · voted · CHG-1 · bridge bridge
    watchkeeper · approved · CHG-1 · bridge bridge
    watchkeeper · started · CHG-1 · bridge bridge
    watchkeeper · ended · CHG-1 · bridge bridge · succeeded
    ");
}

#[tokio::test]
async fn a_rejection_turns_it_around() {
    let mut world = World::with(choices()).await;
    let card = world.slack.channel("ops").expect("cross the bridge").await;
    world.person("ana").clicks(&card, "Reject").await;
    world.slack.channel("ops").expect("Rejected by").await;
    let card = world.slack.channel("ops").again(&card).unwrap();
    insta::assert_snapshot!(card.plain(), @"
    CHG-1 · cross the bridge
    🚫 Back home, with @ana.
    Asked by watchkeeper
    Why The bridge is open.
    1. Approved: over it.
    2. Rejected: back home.
    ❌ rejected by @ana today 10:00 AM
    [Details]
    ");
}

#[tokio::test]
async fn what_is_left_is_counted_down_and_told_twice_and_then_the_world_decides() {
    let mut world = World::with(choices()).await;
    world.slack.channel("ops").expect("cross the bridge").await;
    world.advance("14m").await;
    let card =
        |world: &World| world.slack.channel("ops").messages().into_iter().find(|card| card.plain().contains("Approved: over"));
    assert!(card(&world).unwrap().plain().contains("20 min left"), "{:?}", card(&world));
    world.advance("1m").await;
    world.slack.channel("ops").expect("still waits for 1 approval").await;
    world.advance("12m").await;
    let prods = world.slack.channel("ops").messages().into_iter().filter(|said| said.plain().contains("still waits")).count();
    assert_eq!(prods, 2);
    assert!(card(&world).unwrap().plain().contains("3 min left"), "{:?}", card(&world));
    world.restart().await;
    world.advance("5m").await;
    world.slack.channel("ops").expect("Nobody decided in time").await;
    let late = world.person("ana").asks("ops", "/change approve CHG-1").await;
    assert!(late.starts_with("CHG-1 ended already, expired"), "{late}");
}

#[tokio::test]
async fn whatever_commit_it_dies_after_it_is_asked_for_once() {
    at_every_commit(choices(), async |mut world| {
        world.advance("1m").await;
        let cards = world.slack.channel("ops").messages().into_iter().filter(|said| said.plain().contains("Approved: over"));
        let cards: Vec<_> = cards.collect();
        assert_eq!(cards.len(), 1, "{cards:#?}");
        world.person("ana").reacts("white_check_mark", &cards[0]).await;
        world.advance("1m").await;
        let said = world.slack.channel("ops").messages();
        assert_eq!(said.iter().filter(|said| said.plain().contains("🌉 The bridge is open")).count(), 1);
        assert_eq!(world.audit("CHG-1").await.lines().filter(|line| line.contains("planned")).count(), 1);
    })
    .await;
}
