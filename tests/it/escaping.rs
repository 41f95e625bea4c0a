//! Text from AWS and from people mentions nobody, links nothing and breaks no message.

use insta::assert_snapshot;
use serde_json::Value;
use standins::slack::official::validate_blocks;
use standins::world::World;

/// The markup of everything the bot said.
fn markup(world: &World) -> String {
    let versions = world.slack.bot_messages().into_iter().flat_map(|message| message.versions);
    versions.map(|version| format!("{} {}", version.text, Value::from(version.blocks))).collect::<Vec<_>>().join("\n")
}

fn mentions_nobody(world: &World) {
    let said = markup(world);
    for mention in ["<!channel>", "<!here>", "<!everyone>", "<https://evil.example"] {
        assert!(!said.contains(mention), "{mention} in {said}");
    }
}

#[tokio::test]
async fn a_tag_of_a_database_mentions_nobody() {
    let mut world = World::start().await;
    let orders = world.aws.database("orders", "mysql", "8.0.35");
    orders.tag("env", "<!channel> *bold* `code` _it_ ~no~ <https://evil.example|here> &amp; @channel").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds show orders").await, @"
    orders
    Engine mysql 8.0.35
    State available
    Kind instance
    Class db.t4g.medium
    Multi-AZ no
    Storage 100 GiB gp3
    Belongs to project shop, <!channel> ∗bold* ˋcodeˋ ˍit_ ∼no~ <https://evil.example|here> &amp; @channel
    Where shop-prod, 111122223333, eu-west-1
    Maintenance window sun:04:00-sun:04:30 UTC
    Backups kept for 7 days
    Deletion protection on
    Pending changes none
    Parameter group default.mysql8.0 (in-sync)
    Read replicas none
    Parameter family mysql8.0
    Pending maintenance none
    Proxies none
    Support standard support ended on 2026-07-31; extended support, at extra cost, until 2029-07-31. Source: AWS's table of major versions (DescribeDBMajorEngineVersions), read today 10:00 AM
    [Targets]
    ");
    mentions_nobody(&world);
    world.finish().await;
}

#[tokio::test]
async fn a_project_named_by_a_tag_mentions_nobody() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").tag("project", "<!here> `x` *y*").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds list").await, @"
    1 database

    Database  Version       Belongs to            Account    Support
    orders    mysql 8.0.35  <!here> ˋxˋ y/prod  shop-prod  extended to 2029-07-31
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"CHG-1 waits for 1 approval of dba. Its card is in #ops.");
    mentions_nobody(&world);
    world.end().await;
}

#[tokio::test]
async fn a_reason_mentions_nobody() {
    let mut world = World::start().await;
    let card = world.upgrade("--reason '<!here> *now* `rm -rf` <https://evil.example|safe>'").await;
    assert_snapshot!(card.plain().lines().find(|line| line.starts_with("Why")).unwrap(), @"Why <!here> ∗now* ˋrm -rfˋ <https://evil.example|safe>");
    world.person("ben").asks("dba", "/change reject CHG-1 --reason '<!channel> no'").await;
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @ben: <!channel> no. Nothing was changed.");
    mentions_nobody(&world);
    world.end().await;
}

#[tokio::test]
async fn what_was_mistyped_mentions_nobody() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds show '<!channel> `x`'").await, @"There is no database <!channel> ˋxˋ. rds list shows those you may see.");
    assert_snapshot!(world.person("ana").asks("ops", "/rds '<!here>'").await, @"I don't know the command rds <!here>. help rds lists what there is.");
    assert_snapshot!(world.person("ana").asks("ops", "/rds list --project '<!everyone>'").await, @"No database fits that. Leave an option out to see more.");
    mentions_nobody(&world);
    world.finish().await;
}

#[tokio::test]
async fn very_long_words_still_make_a_message() {
    let mut world = World::start().await;
    let card = world.upgrade(&format!("--reason '{}'", "why ".repeat(2000))).await;
    world.person("ben").clicks(&card, "Details").await;
    world.person("ana").asks("ops", &format!("/rds show {}", "x".repeat(3000))).await;
    world.end().await;
}

#[tokio::test]
async fn slacks_own_sdk_takes_every_message_of_a_long_conversation() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00' --reason 'end of support'").await;
    for line in ["/help", "/whoami", "/rds list", "/rds show orders", "/rds targets orders", "/change list", "/help rds upgrade"]
    {
        world.person("ana").asks("ops", line).await;
    }
    for line in
        ["/rds show ordres", "/change show CHG-1", "/can @ana rds upgrade orders", "/change reschedule CHG-1 --at 'sun 02:00'"]
    {
        world.person("ana").asks("ops", line).await;
    }
    world.person("dev").reacts("white_check_mark", &card).await;
    let anew = world.slack.channel("shop-ops").messages().into_iter().find(|message| message.ts != card.ts).unwrap();
    world.person("ben").reacts("white_check_mark", &anew).await;
    world.person("ana").asks("ops", "/change freeze start --project media --until 'mon 08:00' --reason release").await;
    world.person("ana").asks("ops", "/change freeze list").await;
    world.advance_to("2026-11-29T03:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    let versions = world.slack.bot_messages().into_iter().flat_map(|message| message.versions);
    let messages: Vec<Value> = versions.map(|version| serde_json::json!({ "blocks": version.blocks })).collect();
    assert!(messages.len() > 30, "{} messages", messages.len());
    let judged = tokio::task::spawn_blocking(|| validate_blocks(messages)).await.unwrap();
    assert_eq!(judged, Ok(()));
    world.end().await;
}
