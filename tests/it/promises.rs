//! Promises that hold whatever happens: no effect without a record, one effect however often it is asked, nothing
//! announced before it is true.

use futures_util::future::join_all;
use standins::aws::Upgrade;
use standins::slack::EventIds;
use standins::world::{Choices, Disk, World};
use watchkeeper::store::Kind;

const ASK: &str = "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:30:00Z";

async fn world(disk: &Disk) -> World {
    let world = World::with(Choices { disk: disk.clone(), ..Choices::default() }).await;
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 240.0), ("minor_downtime", 20.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world
}

async fn count(world: &World, event: &str) -> usize {
    world.entries().await.into_iter().filter(|entry| entry.fact.event == event).count()
}

async fn ready(world: &World) -> (u16, String) {
    let answer = reqwest::get(format!("{}/health/ready", world.bot_url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_can_not_be_recorded_is_refused() {
    let disk = Disk::default();
    let mut world = world(&disk).await;
    disk.fills_up();
    for line in [ASK, "/rds list", "/whoami", "/nonsense"] {
        let said = world.person("ana").asks("ops", line).await;
        let sentence = "I can't write to my audit log, so I did nothing. \
                        Please tell whoever runs me; I work again as soon as I can write.";
        assert_eq!(said, sentence, "{line}");
    }
    assert!(world.aws.calls().await.is_empty());
    let (status, words) = ready(&world).await;
    assert!(status == 503 && words.contains("no space left"), "{status} {words}");
    disk.has_room_again();
    assert_eq!(ready(&world).await.0, 200);
    assert!(world.person("ana").asks("ops", ASK).await.starts_with("CHG-1 waits"));
    world.end().await;
}

#[tokio::test]
async fn what_can_not_be_read_is_looked_for_again_after_a_while() {
    let disk = Disk::default();
    let mut world = world(&disk).await;
    disk.breaks();
    world.slack.person("ana").types("ops", "/whoami").await;
    world.until(async |_| disk.looks() > 0).await;
    for _ in 0..20 {
        ready(&world).await;
    }
    assert!(disk.looks() < 20, "it looks without a pause: {}", disk.looks());
    disk.is_mended();
    assert!(world.slack.person("ana").ephemerals().is_empty());
    world.advance("31s").await;
    world.person("ana").reads("Ana Ruiz").await;
    world.end().await;
}

#[tokio::test]
async fn what_somebody_else_always_changes_first_is_tried_again_after_a_while() {
    for kind in [Kind::Message, Kind::Asked] {
        let disk = Disk::default();
        let mut world = world(&disk).await;
        disk.contests(kind);
        world.slack.person("ana").types("ops", "/whoami").await;
        world.until(async |_| disk.looks() > 0).await;
        for _ in 0..50 {
            ready(&world).await;
        }
        assert!(disk.looks() <= 20, "it tries without a pause: {}", disk.looks());
        disk.contests_no_more();
        assert!(world.slack.person("ana").ephemerals().is_empty());
        world.advance("31s").await;
        world.person("ana").reads("Ana Ruiz").await;
        world.end().await;
    }
}

#[tokio::test]
async fn nothing_starts_in_aws_before_its_intent_is_on_record() {
    let disk = Disk::default();
    let mut world = world(&disk).await;
    world.person("ana").types("ops", ASK).await;
    let card = world.slack.channel("shop-ops").expect("React ✅").await;
    disk.fills_up();
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("5m").await;
    assert_eq!(count(&world, "voted").await, 0);
    disk.has_room_again();
    world.advance("5m").await;
    assert_eq!(count(&world, "approved").await, 1);
    disk.fills_up();
    world.advance("30m").await;
    assert!(world.aws.writes().await.is_empty());
    disk.has_room_again();
    world.advance("20m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    assert_eq!(world.aws.writes().await.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn nothing_is_announced_before_aws_confirms_it() {
    for outcome in
        [None, Some(Upgrade::Fails { reason: "The pre-checks failed.".to_owned() }), Some(Upgrade::Slow { factor: 3.0 })]
    {
        let mut world = world(&Disk::default()).await;
        if let Some(outcome) = outcome.clone() {
            world.aws.next_upgrade("orders", outcome).await;
        }
        world.person("ana").types("ops", ASK).await;
        let card = world.slack.channel("shop-ops").expect("React ✅").await;
        world.person("ben").reacts("white_check_mark", &card).await;
        let mut done = false;
        for _ in 0..60 {
            world.advance("1m").await;
            let said = world.slack.channel("shop-ops").transcript();
            done = said.contains("Done.") || said.contains("runs mysql 8.0.40");
            assert!(!done || world.aws.version("orders").await == "8.0.40", "{said}");
        }
        assert_eq!(done, !matches!(outcome, Some(Upgrade::Fails { .. })));
        world.end().await;
    }
}

#[tokio::test]
async fn fifty_approvals_at_once_have_one_effect() {
    let mut world = world(&Disk::default()).await;
    world.person("ana").types("ops", ASK).await;
    let card = world.slack.channel("shop-ops").expect("React ✅").await;
    world.slack.connected(2).await;
    let (slack, card) = (&world.slack, &card);
    let clicks = (0..50).map(|at| async move { slack.person(["ben", "bea"][at % 2]).clicks_late(card, "Approve").await });
    let reactions = ["ben", "bea"].map(|name| async move { slack.person(name).reacts("white_check_mark", card).await });
    let (clicked, _) = tokio::join!(join_all(clicks), join_all(reactions));
    assert!(clicked.iter().all(standins::slack::Delivery::acknowledged));
    world.settle().await;
    world.advance("50m").await;
    assert_eq!((count(&world, "approved").await, count(&world, "started").await, count(&world, "ended").await), (1, 1, 1));
    assert_eq!(world.aws.writes().await.len(), 2);
    assert_eq!(count(&world, "asked").await, 51);
    world.end().await;
}

#[tokio::test]
async fn fifty_deliveries_of_one_command_are_one_change() {
    let mut world = world(&Disk::default()).await;
    world.person("ana").types("ops", ASK).await;
    let again = join_all((0..50).map(|_| world.slack.redeliver_last(EventIds::Same))).await;
    assert!(again.iter().all(standins::slack::Delivery::acknowledged));
    world.settle().await;
    assert_eq!((count(&world, "asked").await, count(&world, "planned").await), (1, 1));
    assert_eq!(world.slack.person("ana").ephemerals().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn one_resource_takes_one_of_many_changes_asked_at_once() {
    let mut world = world(&Disk::default()).await;
    let slack = &world.slack;
    join_all((0..8).map(|_| async move { slack.person("ana").types("ops", ASK).await })).await;
    world.settle().await;
    assert_eq!(count(&world, "planned").await, 1);
    let said: Vec<_> = world.slack.person("ana").ephemerals();
    let busy = said.iter().filter(|message| message.plain().contains("is busy with CHG-1")).count();
    assert_eq!((said.len(), busy), (8, 7));
    world.end().await;
}
