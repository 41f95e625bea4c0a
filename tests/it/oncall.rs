//! On call: who is, who stands in, who swaps with whom, and what happens when a shift changes.

use insta::assert_snapshot;
use standins::slack::{Fault, Message};
use standins::world::{Choices, ON_CALL, World, at_every_commit};

/// Business hours for the media people, whoever else is on call.
const OFFICE: &str = r##"
[[rotations]]
name = "media"
project = "media"
people = ["bea", "dev"]
zone = "Europe/Berlin"
turn = "weekly"
starts = "2026-11-23 09:00"
hours = { days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", until = "17:00" }
"##;

fn choices(oncall: &str) -> Choices {
    Choices { oncall: oncall.to_owned(), ..Choices::default() }
}

async fn world() -> World {
    World::with(choices(ON_CALL)).await
}

/// What a message says now; ends of words that differ from world to world are left out.
fn now(world: &World, message: &Message) -> String {
    world.slack.channel(&message.channel).again(message).unwrap().plain().to_owned()
}

#[tokio::test]
async fn everybody_may_see_who_is_on_call() {
    let mut world = World::with(choices(&format!("{ON_CALL}{OFFICE}"))).await;
    assert_snapshot!(world.person("dev").asks("ops", "/oncall who").await, @"
    On call
    📟 shop: @ana until Nov 30, 2026 8:00 AM. Then @ben.
    📟 media: @bea until today 4:00 PM. @dev takes over Nov 30, 2026 8:00 AM.
    oncall list shows the coming two weeks.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/oncall list").await, @"
    6 turns in the coming 14 days

    rotation  who  from (Europe/Berlin)  until             instead of
    media     bea  Mon 23 Nov 09:00      Fri 27 Nov 17:00
    shop      ana  Mon 23 Nov 09:00      Mon 30 Nov 09:00
    media     dev  Mon 30 Nov 09:00      Fri 4 Dec 17:00
    shop      ben  Mon 30 Nov 09:00      Mon 7 Dec 09:00
    media     bea  Mon 7 Dec 09:00       Fri 11 Dec 17:00
    shop      bea  Mon 7 Dec 09:00       Mon 14 Dec 09:00

    media: mon tue wed thu fri 09:00–17:00 Europe/Berlin. oncall swap swaps turns with somebody.
    ");
    assert_snapshot!(world.person("ben").asks("ops", "/oncall list shop --mine --days 40").await, @"
    2 turns in the coming 40 days

    rotation  who  from (Asia/Taipei)  until             instead of
    shop      ben  Mon 30 Nov 16:00    Mon 7 Dec 16:00
    shop      ben  Mon 21 Dec 16:00    Mon 28 Dec 16:00

    oncall swap swaps turns with somebody.
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/oncall who shpo").await, @"There is no rotation shpo. Did you mean shop?");
    world.advance_to("2026-11-25T17:00:00Z".parse().unwrap()).await;
    assert_snapshot!(world.person("dev").asks("ops", "/oncall who media").await, @"
    On call
    📟 media: nobody until tomorrow 8:00 AM, then @bea.
    oncall list shows the coming two weeks.
    ");
    world.finish().await;
}

#[tokio::test]
async fn without_a_rotation_nobody_is_on_call() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("dev").asks("ops", "/oncall who").await, @"Nobody is on call: no rotation is configured. Whoever runs me can add one in oncall.toml.");
    assert_snapshot!(world.person("ana").asks("ops", "/oncall override shop --who @ben --until 'in 2 hours'").await, @"Nobody is on call: no rotation is configured. Whoever runs me can add one in oncall.toml.");
    world.finish().await;
}

#[tokio::test]
async fn a_shift_is_handed_over_and_the_user_group_follows() {
    let mut world = world().await;
    assert_eq!(world.slack.group("oncall"), ["ana"], "whoever is on call when the bot starts");
    world.advance_to("2026-11-30T07:59:00Z".parse().unwrap()).await;
    assert_eq!(world.slack.unread(), Vec::<String>::new());
    world.advance("5m").await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: shop
    @ana hands over to @ben, who is on call until Dec 7, 2026 8:00 AM.
    No alert is open.
    ");
    assert_snapshot!(world.person("ben").reads("You are on call").await.plain(), @"
    📟 You are on call for shop until Dec 7, 2026 8:00 AM. You take over from @ana. No alert is open.
    oncall list --mine shows your turns, oncall swap swaps them with somebody.
    ");
    assert_eq!(world.slack.group("oncall"), ["ben"]);
    world.restart().await;
    assert_snapshot!(world.finish().await.audit(), @"
    watchkeeper · user_group_holds · rotation shop
    watchkeeper · shift_changed · rotation shop
    watchkeeper · user_group_holds · rotation shop
    ");
}

#[tokio::test]
async fn the_hour_of_the_hand_over_stays_when_the_clocks_change() {
    let mut world = world().await;
    // Clocks go forward on 28 March 2027.
    world.stop().await;
    world.pass("2027-03-26T12:00:00Z".parse().unwrap()).await;
    world.revive().await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: shop
    @ana hands over to @bea, who is on call until Mar 29, 2027 7:00 AM.
    No alert is open.
    ");
    world.person("bea").reads("You are on call").await;
    world.advance_to("2027-03-29T06:59:50Z".parse().unwrap()).await;
    assert_eq!(world.slack.group("oncall"), ["bea"]);
    world.advance("15s").await;
    assert_eq!(world.slack.group("oncall"), ["ana"], "at 9:00 in Berlin, which is an hour earlier now");
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ana").reads("You are on call").await;
    world.finish().await;
}

#[tokio::test]
async fn changes_missed_over_a_long_night_are_told_once() {
    let mut world = world().await;
    world.stop().await;
    world.pass("2026-12-09T10:00:00Z".parse().unwrap()).await;
    world.revive().await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: shop
    @ana hands over to @bea, who is on call until Dec 14, 2026 8:00 AM.
    No alert is open.
    ");
    world.person("bea").reads("You are on call").await;
    world.restart().await;
    assert_eq!(world.slack.group("oncall"), ["bea"]);
    world.finish().await;
}

#[tokio::test]
async fn business_hours_are_one_shift_whatever_the_nights_between() {
    let mut world = World::with(choices(OFFICE)).await;
    world.advance_to("2026-11-30T07:59:00Z".parse().unwrap()).await;
    world.advance("5m").await;
    // Where the rotation names no channel its project's one reads it.
    assert_snapshot!(world.slack.channel("media-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: media
    @bea hands over to @dev, who is on call until Dec 4, 2026 4:00 PM.
    No alert is open.
    ");
    world.person("dev").reads("You are on call").await;
    world.advance_to("2026-12-04T20:00:00Z".parse().unwrap()).await;
    world.finish().await;
}

#[tokio::test]
async fn somebody_stands_in_for_an_evening() {
    let mut world = world().await;
    let said =
        world.person("ana").asks("ops", "/oncall override shop --who @ben --from 18:00 --until 22:00 --reason cinema").await;
    assert_snapshot!(said, @"@ben is on call for shop from today 5:00 PM until today 9:00 PM instead of @ana. oncall list shows its number, oncall end-override takes it back.");
    assert_snapshot!(world.person("ben").reads("put you on call").await.plain(), @"📟 @ana put you on call for shop from today 5:00 PM until today 9:00 PM: cinema");
    world.advance_to("2026-11-25T17:00:05Z".parse().unwrap()).await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: shop
    @ana hands over to @ben, who is on call until today 9:00 PM, standing in for @ana.
    No alert is open.
    ");
    world.person("ben").reads("You are on call").await;
    assert_snapshot!(world.person("dev").asks("ops", "/oncall who").await, @"
    On call
    📟 shop: @ben until today 9:00 PM instead of @ana (OVR-1). Then @ana.
    oncall list shows the coming two weeks.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/oncall list --days 6").await, @"
    3 turns in the coming 6 days

    rotation  who  from (Europe/Berlin)  until             instead of
    shop      ben  Wed 25 Nov 18:00      Wed 25 Nov 22:00  ana, OVR-1
    shop      ana  Wed 25 Nov 22:00      Mon 30 Nov 09:00
    shop      ben  Mon 30 Nov 09:00      Mon 7 Dec 09:00

    oncall swap swaps turns with somebody.
    ");
    world.advance_to("2026-11-25T21:00:05Z".parse().unwrap()).await;
    world.slack.channel("shop-ops").expect("Hand-over…@ben hands over to @ana").await;
    world.person("ana").reads("You are on call").await;
    world.finish().await;
}

#[tokio::test]
async fn an_override_ends_early_or_never_begins() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/oncall override shop --who bea --until 'in 4 hours'").await;
    world.person("bea").reads("put you on call").await;
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("bea").reads("You are on call").await;
    assert_eq!(world.slack.group("oncall"), ["bea"], "at once");
    world.advance("1h").await;
    assert_snapshot!(world.person("ana").asks("ops", "/oncall end-override OVR-1").await, @"OVR-1 ends now: @bea no longer stands in for shop.");
    assert_snapshot!(world.person("bea").reads("ended OVR-1").await.plain(), @"📟 @ana ended OVR-1: you no longer stand in for shop.");
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ana").reads("You are on call").await;
    assert_eq!(world.slack.group("oncall"), ["ana"]);
    world.person("ana").asks("ops", "/oncall override shop --who ben --from 'sat 09:00' --until 'sun 09:00'").await;
    world.person("ben").reads("put you on call").await;
    assert_snapshot!(world.person("ana").asks("ops", "/oncall end-override ovr-2").await, @"OVR-2 is taken back: @ben does not stand in for shop from Nov 28, 2026 8:00 AM.");
    assert_snapshot!(world.person("ben").reads("took").await.plain(), @"📟 @ana took OVR-2 back: you don't stand in for shop from Nov 28, 2026 8:00 AM until Nov 29, 2026 8:00 AM.");
    assert_snapshot!(world.person("ana").asks("ops", "/oncall end-override 2").await, @"There is no override OVR-2 now or to come. oncall list shows those there are.");
    // Whoever was relieved is told that they are not, after all.
    world.person("ana").asks("ops", "/oncall override shop --who bea --from 'tue 09:00' --until 'wed 09:00'").await;
    world.person("bea").reads("put you on call").await;
    assert_snapshot!(world.person("ben").reads("stands in for you").await.plain(), @"📟 @bea stands in for you in shop from Dec 1, 2026 8:00 AM until Dec 2, 2026 8:00 AM, says @ana.");
    world.person("ana").asks("ops", "/oncall end-override OVR-3").await;
    world.person("bea").reads("took OVR-3 back").await;
    assert_snapshot!(world.person("ben").reads("took back OVR-3").await.plain(), @"📟 @ana took back OVR-3, so @bea does not stand in for you in shop from Dec 1, 2026 8:00 AM until Dec 2, 2026 8:00 AM.");
    world.advance_to("2026-11-29T20:00:00Z".parse().unwrap()).await;
    world.finish().await;
}

#[tokio::test]
async fn an_override_that_makes_no_sense_is_refused() {
    let mut world = World::with(choices(&format!("{ON_CALL}{OFFICE}"))).await;
    let mut said = Vec::new();
    for line in [
        "shop --who @ana --until 'in 2 hours'",
        "shop --who @ben --from 22:00 --until 18:00",
        "shop --who @ben --until '2027-09-01 09:00'",
        "shop --who @bne --until 'in 2 hours'",
        "media --who @ana --from 'sat 10:00' --until 'sat 20:00'",
    ] {
        said.push(world.person("ana").asks("ops", &format!("/oncall override {line}")).await);
    }
    assert_snapshot!(said.join("\n"), @"
    @ana is on call for shop then anyway. Nothing was changed.
    It would end at today 5:00 PM, before it begins. Nothing was changed.
    That is more than 90 days ahead. Nothing was changed. For good, whoever runs me can change oncall.toml.
    I know nobody called @bne. Did you mean @ben?
    Nobody is on call for media in that time, so nobody can stand in. Nothing was changed. oncall list shows the turns.
    ");
    assert_snapshot!(world.person("ben").asks("ops", "/oncall override shop --who @ben --until 'in 2 hours'").await, @"You may not run oncall override. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    world.finish().await;
}

#[tokio::test]
async fn shifts_are_swapped_once_the_other_side_accepts() {
    let mut world = world().await;
    assert_snapshot!(world.person("ben").asks("ops", "/oncall swap shop --with @bea --reason 'a wedding'").await, @"I ask @bea to take your shift in shop from Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM and to give you theirs from Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM. Nothing changes until they accept, which they can until Nov 30, 2026 8:00 AM.");
    let offer = world.person("bea").reads("asks you to swap").await;
    assert_snapshot!(offer.plain(), @"
    🔁 @ben asks you to swap shifts in shop: a wedding
    You would take: Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM
    They would take: Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM
    SWP-1. You can answer until Nov 30, 2026 8:00 AM.
    [Accept] [Decline]
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/oncall accept SWP-1").await, @"SWP-1 was offered to @bea, so only they can accept it. Nothing was changed.");
    assert_snapshot!(world.person("ben").asks("ops", "/oncall accept SWP-1").await, @"SWP-1 was offered to @bea, so only they can accept it. Nothing was changed.");
    world.person("bea").clicks(&offer, "Accept").await;
    assert_snapshot!(world.person("bea").reads("Swapped").await.plain(), @"🔁 Swapped: you are on call for shop from Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM, and @ben from Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM.");
    assert_snapshot!(world.person("bea").reads("You accepted").await.plain(), @"
    🔁 @ben asks you to swap shifts in shop: a wedding
    You would take: Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM
    They would take: Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM
    ✅ You accepted today 10:00 AM.
    ");
    assert_snapshot!(world.person("ben").reads("accepted").await.plain(), @"🔁 @bea accepted SWP-1: they are on call for shop from Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM, you from Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM.");
    assert_snapshot!(world.slack.channel("shop-ops").expect("swapped").await.plain(), @"🔁 @ben and @bea swapped shifts in shop: @bea from Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM, @ben from Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM.");
    assert_snapshot!(world.person("ana").asks("ops", "/oncall list --days 21").await, @"
    4 turns in the coming 21 days

    rotation  who  from (Europe/Berlin)  until             instead of
    shop      ana  Mon 23 Nov 09:00      Mon 30 Nov 09:00
    shop      bea  Mon 30 Nov 09:00      Mon 7 Dec 09:00   ben, OVR-1
    shop      ben  Mon 7 Dec 09:00       Mon 14 Dec 09:00  bea, OVR-2
    shop      ana  Mon 14 Dec 09:00      Mon 21 Dec 09:00

    oncall swap swaps turns with somebody.
    ");
    assert_snapshot!(world.person("bea").asks("ops", "/oncall decline SWP-1").await, @"SWP-1 was accepted today 10:00 AM already.");
    world.advance_to("2026-11-30T08:00:30Z".parse().unwrap()).await;
    world.slack.channel("shop-ops").expect("Hand-over…@ana hands over to @bea").await;
    world.person("bea").reads("You are on call").await;
    assert_eq!(world.slack.group("oncall"), ["bea"]);
    assert_snapshot!(world.finish().await.audit(), @"
    watchkeeper · user_group_holds · rotation shop
    ben · asked · oncall swap · rotation shop
    ben · swap_offered · oncall swap · rotation shop
    ben · answered · oncall swap · rotation shop · answered
    dev · asked · oncall accept · swap SWP-1
    dev · answered · oncall accept · swap SWP-1 · refused
    ben · asked · oncall accept · swap SWP-1
    ben · answered · oncall accept · swap SWP-1 · refused
    bea · asked · oncall accept · swap SWP-1
    bea · swap_accepted · oncall accept · rotation shop
    bea · answered · oncall accept · swap SWP-1 · answered
    ana · asked · oncall list · rotation all
    ana · answered · oncall list · rotation all · answered
    bea · asked · oncall decline · swap SWP-1
    bea · answered · oncall decline · swap SWP-1 · refused
    watchkeeper · shift_changed · rotation shop
    watchkeeper · user_group_holds · rotation shop
    ");
}

#[tokio::test]
async fn a_swap_is_declined_taken_back_or_forgotten() {
    let mut world = world().await;
    world.person("ben").asks("ops", "/oncall swap shop --with @bea").await;
    let offer = world.person("bea").reads("asks you to swap").await;
    world.person("bea").clicks(&offer, "Decline").await;
    assert_snapshot!(world.person("bea").reads("You declined SWP-1").await.plain(), @"You declined SWP-1. Everybody keeps their shifts.");
    assert_snapshot!(world.person("ben").reads("declined").await.plain(), @"❌ @bea declined SWP-1, so everybody keeps their shifts.");
    world.person("bea").reads("You declined").await;
    world.person("ben").asks("ops", "/oncall swap shop --with @bea").await;
    world.person("bea").reads("asks you to swap").await;
    assert_snapshot!(world.person("ben").asks("ops", "/oncall decline SWP-2").await, @"You took SWP-2 back. Everybody keeps their shifts.");
    assert_snapshot!(world.person("bea").reads("took it back").await.plain(), @"
    🔁 @ben asks you to swap shifts in shop.
    You would take: Nov 30, 2026 8:00 AM until Dec 7, 2026 8:00 AM
    They would take: Dec 7, 2026 8:00 AM until Dec 14, 2026 8:00 AM
    ❌ @ben took it back today 10:00 AM.
    ");
    world.person("ben").asks("ops", "/oncall swap shop --with @ana --give 'tue 12:00'").await;
    world.person("ana").reads("asks you to swap").await;
    world.stop().await;
    world.pass("2026-12-01T08:00:00Z".parse().unwrap()).await;
    world.revive().await;
    assert_snapshot!(world.person("ben").reads("has not answered").await.plain(), @"⌛ @ana has not answered SWP-3 in time, so everybody keeps their shifts: yours from yesterday 8:00 AM until Dec 7, 2026 8:00 AM.");
    let offer = world.person("ana").reads("You have not answered").await;
    assert!(!now(&world, &offer).contains("Accept"));
    assert_snapshot!(world.person("ana").asks("ops", "/oncall accept SWP-3").await, @"SWP-3 expired yesterday 8:00 AM, when the first of the two shifts began. Everybody keeps their shifts.");
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ben").reads("You are on call").await;
    world.finish().await;
}

#[tokio::test]
async fn a_swap_whose_shifts_changed_meanwhile_is_not_made() {
    let mut world = world().await;
    world.person("ben").asks("ops", "/oncall swap shop --with @bea").await;
    world.person("bea").reads("asks you to swap").await;
    world.person("ana").asks("ops", "/oncall override shop --who @ana --from 'tue 09:00' --until 'wed 09:00'").await;
    world.person("ben").reads("stands in for you").await;
    assert_snapshot!(world.person("bea").asks("ops", "/oncall accept SWP-1").await, @"The shifts have changed since SWP-1 was offered. Nothing was changed. @ben can offer it anew.");
    world.finish().await;
}

#[tokio::test]
async fn a_swap_that_makes_no_sense_is_refused() {
    let mut world = world().await;
    let mut said = Vec::new();
    for line in ["--with @ben", "--with @dev", "--with @bea --give 'tomorrow 12:00'", "--with @bea --take 'tue 12:00'"] {
        said.push(world.person("ben").asks("ops", &format!("/oncall swap shop {line}")).await);
    }
    said.push(world.person("dev").asks("ops", "/oncall swap shop --with @ben").await);
    said.push(world.person("dev").asks("ops", "/oncall accept SWP-9").await);
    assert_snapshot!(said.join("\n"), @"
    That is you. Nothing was changed. Say with whom you would like to swap.
    @dev has no shift in shop that begins in the coming 90 days. Nothing was changed. oncall list shows the turns.
    You have no shift in shop at tomorrow 4:00 AM that has not begun. Nothing was changed. oncall list shows the turns.
    @bea has no shift in shop at Dec 1, 2026 4:00 AM that has not begun. Nothing was changed. oncall list shows the turns.
    You have no shift in shop that begins in the coming 90 days. Nothing was changed. oncall list shows the turns.
    There is no swap SWP-9. They are offered with oncall swap.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_user_group_that_the_app_may_not_change_is_told_at_once_and_once() {
    let mut world = world().await;
    world.slack.fail_all("usergroups.users.update", Fault::Error("missing_scope".to_owned()));
    world.advance_to("2026-11-30T08:00:30Z".parse().unwrap()).await;
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ben").reads("You are on call").await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("should hold").await.plain(), @"⚠️ The user group S0000ONCALL should hold @ben, who is on call for shop, but I can't change it: Slack answered missing_scope to usergroups.users.update. I keep trying; until then mentions of it reach whoever it held before. Whoever runs me adds the scopes usergroups:read and usergroups:write to the app and installs it anew.");
    world.advance("3h").await;
    world.restart().await;
    assert_eq!(world.slack.unread(), Vec::<String>::new());
    world.slack.heal();
    world.advance("2h").await;
    world.slack.channel("shop-ops").expect("holds").await;
    world.finish().await;
}

#[tokio::test]
async fn a_user_group_that_does_not_follow_is_told_and_tried_again() {
    let mut world = world().await;
    world.slack.fail_all("usergroups.users.update", Fault::Status(503));
    world.advance_to("2026-11-30T08:00:30Z".parse().unwrap()).await;
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ben").reads("You are on call").await;
    assert_eq!(world.slack.unread(), Vec::<String>::new(), "twice is not worth a word");
    world.advance("5m").await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("should hold").await.plain(), @"⚠️ The user group S0000ONCALL should hold @ben, who is on call for shop, but I can't change it: usergroups.users.update got no answer: HTTP 503. I keep trying; until then mentions of it reach whoever it held before. Whoever looks after the workspace can change it by hand.");
    world.restart().await;
    assert_eq!(world.slack.group("oncall"), ["ana"]);
    world.slack.heal();
    world.advance("2h").await;
    assert_eq!(world.slack.group("oncall"), ["ben"]);
    assert_snapshot!(world.slack.channel("shop-ops").expect("holds").await.plain(), @"✔️ The user group S0000ONCALL of shop holds @ben now.");
    world.finish().await;
}

#[tokio::test]
async fn a_user_group_changed_by_hand_is_mended_at_a_start_and_every_hour() {
    let mut world = world().await;
    world.slack.fill_group("oncall", &["dev"]);
    world.advance("61m").await;
    assert_eq!(world.slack.group("oncall"), ["ana"]);
    world.slack.fill_group("oncall", &["dev", "ana"]);
    world.restart().await;
    assert_eq!(world.slack.group("oncall"), ["ana"]);
    world.slack.fail_all("usergroups.users.list", Fault::Status(503));
    world.advance("3h").await;
    assert_eq!(world.slack.unread(), Vec::<String>::new(), "nothing is known to be wrong with it");
    world.slack.heal();
    world.slack.fill_group("oncall", &["dev"]);
    world.slack.fail_all("usergroups.users.update", Fault::Error("permission_denied".to_owned()));
    world.advance("2h").await;
    world.slack.channel("shop-ops").expect("should hold…@ana").await;
    world.slack.heal();
    world.advance("2h").await;
    world.slack.channel("shop-ops").expect("holds").await;
    assert_snapshot!(world.finish().await.audit(), @"
    watchkeeper · user_group_holds · rotation shop
    watchkeeper · user_group_holds · rotation shop
    watchkeeper · user_group_holds · rotation shop
    watchkeeper · user_group_holds · rotation shop
    ");
}

#[tokio::test]
async fn a_hand_over_goes_to_the_default_channel_where_its_own_is_gone() {
    let mut world = world().await;
    world.slack.change_channel("shop-ops", |channel| channel.archived = true);
    world.advance_to("2026-11-30T08:00:30Z".parse().unwrap()).await;
    world.person("ben").reads("You are on call").await;
    let told = world.slack.channel("ops").expect("Hand-over").await.plain().to_owned();
    assert!(!told.contains("only you see this"), "{told}");
    world.end().await;
}

#[tokio::test]
async fn somebody_who_can_not_be_reached_is_told_about_in_the_channel() {
    let mut world = world().await;
    let kim = "[[people]]\nid = \"kim\"\nname = \"Kim\"\nemail = \"kim@elsewhere.example\"\n";
    world.writes("people.toml", &format!("{}{kim}", world.people()));
    world.writes("oncall.toml", &ON_CALL.replace("\"ben\", \"bea\"", "\"kim\""));
    world.restart().await;
    assert_snapshot!(world.person("ana").asks("ops", "/oncall swap shop --with @kim --give '8 dec 12:00'").await, @"I can't reach Kim here, so I can't ask them. Nothing was changed. Once they have written to me, or their account is in people.toml, I can.");
    world.advance_to("2026-11-30T08:05:00Z".parse().unwrap()).await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("Hand-over").await.plain(), @"
    📟 Hand-over: shop
    @ana hands over to Kim, who is on call until Dec 7, 2026 8:00 AM.
    ⚠️ I can't write to Kim: I know no chat account of theirs. Tell them, and whoever runs me can write it down in people.toml.
    No alert is open.
    ");
    assert_snapshot!(world.slack.channel("shop-ops").expect("should hold").await.plain(), @"⚠️ The user group S0000ONCALL should hold Kim, who is on call for shop, but I can't change it: I don't know the chat account of kim. I keep trying; until then mentions of it reach whoever it held before. Whoever looks after the workspace can change it by hand.");
    world.finish().await;
}

#[tokio::test]
async fn a_form_offers_rotations_and_people() {
    let mut world = world().await;
    world.person("ana").types("ops", "/oncall override").await;
    let ana = world.slack.person("ana");
    assert_eq!(ana.offered_for("Rotation", "sh").await, ["shop"]);
    assert_eq!(ana.offered_for("Who stands in", "be").await, ["Bea Ode (@bea)", "Ben Chen (@ben)"]);
    ana.picks("Rotation", "sh").await;
    ana.picks("Who stands in", "ben").await;
    ana.fills("Until when", "sat 20:00").await;
    world.person("ana").submits().await;
    world.person("ana").reads("@ben is on call for shop").await;
    world.person("ben").reads("put you on call").await;
    world.slack.channel("shop-ops").expect("Hand-over").await;
    world.person("ben").reads("You are on call").await;
    world.finish().await;
}

#[tokio::test]
async fn a_shift_change_is_told_once_whenever_the_bot_dies() {
    let commits = at_every_commit(choices(ON_CALL), async |mut world| {
        world.advance_to("2026-11-30T08:00:30Z".parse().unwrap()).await;
        let told = world.slack.channel("shop-ops").messages();
        let told: Vec<String> = told.iter().map(|message| message.plain().to_owned()).collect();
        let word = world.person("ben").reads("You are on call").await.plain().to_owned();
        (told, word, world.slack.group("oncall"), world.audit("rotation").await)
    })
    .await;
    assert!(commits >= 4, "{commits}");
}

#[tokio::test]
async fn a_swap_is_made_once_whenever_the_bot_dies() {
    at_every_commit(choices(ON_CALL), async |mut world| {
        world.person("ben").types("ops", "/oncall swap shop --with @bea").await;
        let offer = world.person("bea").reads("asks you to swap").await;
        world.person("bea").clicks(&offer, "Accept").await;
        let told: Vec<String> =
            world.slack.channel("shop-ops").messages().iter().map(|message| message.plain().to_owned()).collect();
        world.person("ana").types("ops", "/oncall list --days 21").await;
        let list = world.person("ana").reads("turns").await.plain().to_owned();
        (told, list, now(&world, &offer), world.audit("swap_").await)
    })
    .await;
}
