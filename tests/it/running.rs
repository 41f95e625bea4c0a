//! Changes that run for long: they can be told things, tell others, run beside others, and show how far they are.

use std::sync::LazyLock;

use commands::message::Text;
use commands::plan::{Offer, Runs};
use commands::records::{ChangeId, Effect};
use commands::registry::Entry;
use commands::{Change, Command, Context, Error, Permit, Plan, Resource, Step, Work, text};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use standins::world::{Choices, World, at_every_commit};

/// Waits until it is told to end.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Stand {
    on: String,
}

/// Tells a change to end.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct End {
    id: ChangeId,
}

/// Counts to three, tells all others to end, and ends.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Sweep {}

/// Never gets anywhere.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Stumble {}

fn work<S>(on: &str, first: S) -> Work<S> {
    Work {
        resource: Resource::named("post", on),
        runs: Runs::Beside,
        title: format!("stand on {on}"),
        what: vec!["Stand.".into()],
        calls: Vec::new(),
        checks: Vec::new(),
        risks: Vec::new(),
        start: None,
        patience: SignedDuration::from_hours(100),
        offers: vec![Offer::new("Enough", "test end")],
        gate: None,
        first,
    }
}

impl Command for Stand {
    const NAME: &'static str = "test stand";

    fn resource(&self) -> Resource {
        Resource::named("post", self.on.as_str())
    }
}

impl Change for Stand {
    type State = String;

    async fn plan(&self, _cx: &Context<'_>) -> commands::Result<Plan<String>> {
        Ok(Plan::Work(Box::new(work(&self.on, "standing".to_owned()))))
    }

    async fn step(&self, state: String, _permit: &Permit, cx: &Context<'_>) -> commands::Result<Step<String>> {
        let Some(told) = cx.told.iter().find(|told| told.what == "end") else {
            return Ok(Step::Wait { state, until: cx.now + SignedDuration::from_hours(24), note: "Stands.".into() });
        };
        Ok(Step::Done(text!["Stood until ", &told.by, " said so."]))
    }
}

impl Command for End {
    const NAME: &'static str = "test end";

    fn resource(&self) -> Resource {
        Resource::named("change", self.id.to_string())
    }
}

impl Change for End {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> commands::Result<Plan<()>> {
        let note: Text = text!["Told to end by ", &cx.person.id, "."];
        let effect = Effect::Tell { change: self.id, what: "end".to_owned(), detail: serde_json::Value::Null, note };
        Ok(Plan::Records { resource: Box::new(self.resource()), effects: vec![effect], say: "It will end.".into() })
    }
}

impl Command for Sweep {
    const NAME: &'static str = "test sweep";

    fn resource(&self) -> Resource {
        Resource::named("post", "all")
    }
}

impl Change for Sweep {
    type State = u32;

    async fn plan(&self, _cx: &Context<'_>) -> commands::Result<Plan<u32>> {
        Ok(Plan::Work(Box::new(work("all", 0))))
    }

    async fn step(&self, state: u32, _permit: &Permit, cx: &Context<'_>) -> commands::Result<Step<u32>> {
        Ok(match state {
            0..3 => Step::Progress { state: state + 1, until: cx.now, so_far: format!("{} of 3.", state + 1).into() },
            3 => {
                let others = cx.records.open_changes().await?.into_iter().filter(|other| other.command == Stand::NAME);
                let changes = others.map(|other| other.id).collect();
                Step::Tell { state: 4, changes, what: "end".to_owned(), note: "Swept.".into() }
            }
            _ => Step::Done("Clean.".into()),
        })
    }
}

impl Command for Stumble {
    const NAME: &'static str = "test stumble";

    fn resource(&self) -> Resource {
        Resource::named("post", "stone")
    }
}

impl Change for Stumble {
    type State = ();

    async fn plan(&self, _cx: &Context<'_>) -> commands::Result<Plan<()>> {
        Ok(Plan::Work(Box::new(work("stone", ()))))
    }

    async fn step(&self, _state: (), _permit: &Permit, _cx: &Context<'_>) -> commands::Result<Step<()>> {
        Err(Error::Outside { say: "There is a stone in the way.".into(), cause: "a stone".to_owned() })
    }
}

/// Remembers ever more, from so many letters on.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Swell {
    letters: usize,
}

impl Command for Swell {
    const NAME: &'static str = "test swell";

    fn resource(&self) -> Resource {
        Resource::named("post", "sponge")
    }
}

impl Change for Swell {
    type State = String;

    async fn plan(&self, _cx: &Context<'_>) -> commands::Result<Plan<String>> {
        Ok(Plan::Work(Box::new(work("sponge", "x".repeat(self.letters)))))
    }

    async fn step(&self, state: String, _permit: &Permit, cx: &Context<'_>) -> commands::Result<Step<String>> {
        Ok(Step::Progress { state: state.repeat(10), until: cx.now, so_far: "Swells.".into() })
    }
}

static COMMANDS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let own = [
        Entry::change::<Stand>(),
        Entry::at_once::<End>(),
        Entry::change::<Sweep>(),
        Entry::change::<Stumble>(),
        Entry::change::<Swell>(),
    ];
    commands::ALL.iter().copied().chain(own).collect()
});

fn choices() -> Choices {
    let policy = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    Choices { commands: &COMMANDS, policy: Some(policy), ..Choices::default() }
}

#[tokio::test]
async fn a_running_change_can_be_told_to_end_while_another_runs_on_the_same_thing() {
    let mut world = World::with(choices()).await;
    world.person("ana").asks("ops", "/test stand bridge").await;
    world.person("ben").asks("ops", "/test stand bridge").await;
    let first = world.slack.channel("ops").expect("CHG-1").await;
    world.slack.channel("ops").expect("CHG-2").await;
    world.restart().await;
    world.person("dev").clicks(&first, "Enough").await;
    world.person("dev").reads("It will end.").await;
    world.slack.channel("ops").expect("Told to end by").await;
    world.slack.channel("ops").expect("Stood until").await;
    let audit = world.audit("told").await;
    assert!(audit.contains("CHG-1") && audit.contains("dev"), "{audit}");
    let again = world.person("dev").asks("ops", "/test end CHG-1").await;
    assert!(again.starts_with("CHG-1 ended already, succeeded"), "{again}");
    world.person("dev").asks("ops", "/test end CHG-2").await;
    world.end().await;
}

#[tokio::test]
async fn a_change_tells_others_and_shows_how_far_it_is_on_its_card_alone() {
    at_every_commit(choices(), async |mut world| {
        world.person("ana").types("ops", "/test stand bridge").await;
        world.person("ana").types("ops", "/test sweep").await;
        world.advance("1m").await;
        let said: Vec<String> = world.slack.channel("ops").messages().iter().map(|message| message.plain().to_owned()).collect();
        let count = |words: &str| said.iter().filter(|said| said.contains(words)).count();
        assert_eq!((count("Clean."), count("Stood until"), count("2 of 3.")), (2, 2, 0), "{said:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_step_that_fails_again_and_again_is_loud_once_and_tried_first_after_a_start() {
    let mut world = World::with(choices()).await;
    world.person("ana").asks("ops", "/test stumble").await;
    world.advance("2h").await;
    let loud = |world: &World| {
        let messages = world.slack.channel("ops").messages();
        messages.iter().filter(|message| message.plain().contains("I have tried several times")).count()
    };
    assert_eq!(loud(&world), 1);
    let tries = world.audit("step_failed").await.lines().count();
    world.restart().await;
    assert_eq!(world.audit("step_failed").await.lines().count(), tries + 1, "at once, not at its time");
    assert_eq!(loud(&world), 1);
}

#[tokio::test]
async fn what_outgrows_its_record_ends_and_says_so() {
    let mut world = World::with(choices()).await;
    let mut said = Vec::new();
    for (letters, id) in [("20", "CHG-1"), ("120000", "CHG-2")] {
        world.person("ana").types("ops", &format!("/test swell {letters}")).await;
        let card = world.slack.channel("ops").expect(id).await;
        world.advance("1h").await;
        let card = world.slack.channel("ops").again(&card).unwrap();
        said.extend(card.plain().lines().take(2).map(str::to_owned));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    CHG-1 · stand on sponge
    ❌ Failed. It has grown larger than what I can keep, so I stopped. Its last step may have changed something that its thread does not say. Look at it in AWS, and ask for the rest in smaller parts.
    CHG-2 · stand on sponge
    🚫 Void. It is larger than what I can keep while it runs, so I did not start it. Nothing was changed. Ask for it in smaller parts.
    ");
    insta::assert_snapshot!(world.audit("ended").await, @"
    watchkeeper · ended · CHG-1 · post sponge · failed
    watchkeeper · ended · CHG-2 · post sponge · void
    ");
}
