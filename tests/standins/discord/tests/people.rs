use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{
    ActionRowComponent, CommandDataOptionValue, CreateAutocompleteResponse, CreateInteractionResponse,
    CreateInteractionResponseFollowup, CreateInteractionResponseMessage, EditInteractionResponse, Event, Interaction,
};
use tokio::task::JoinHandle;

use super::{Bot, call, office, office_with, post, quiet, rds, register, send};
use crate::discord::{APPLICATION_ID, Discord, DiscordOptions, Outcome, Submitted, line::Translator};

/// Somebody acts while the test plays the bot.
fn does<T: Send + 'static>(act: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(act)
}

async fn interaction(bot: &mut Bot) -> (serenity::all::Context, Interaction) {
    loop {
        if let (context, Event::InteractionCreate(event)) = bot.hears().await {
            return (context, event.interaction);
        }
    }
}

/// Answers an interaction with raw JSON.
async fn answers(discord: &Discord, interaction: &Value, body: Value) -> (u16, Value) {
    let (id, token) = (interaction["id"].as_str().expect("an id"), interaction["token"].as_str().expect("a token"));
    send(discord, &format!("/interactions/{id}/{token}/callback"), body).await
}

fn last(discord: &Discord) -> Value {
    discord.delivered().last().expect("something was delivered")["d"].clone()
}

#[tokio::test]
async fn a_command_is_deferred_and_answered_for_one_person() {
    let discord = office().await;
    register(&discord, rds()).await;
    let mut bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    let asks = does(async move { ana.types("dba", "/rds upgrade 'orders of ana' --to=8.0.40 --for @ben --hours 2").await });
    let (context, Interaction::Command(command)) = interaction(&mut bot).await else { panic!("a command") };
    let options = command.data.options();
    let serenity::all::ResolvedValue::SubCommand(options) = &options[0].value else { panic!("a subcommand") };
    assert_eq!(options.len(), 4);
    assert_eq!(command.data.options[0].name, "upgrade");
    let CommandDataOptionValue::SubCommand(options) = &command.data.options[0].value else { panic!("a subcommand") };
    assert_eq!(options[0].value.as_str(), Some("orders of ana"));
    assert_eq!(options[2].value.as_i64(), Some(2));
    assert_eq!(options[3].value.as_user_id().expect("a user").to_string(), discord.person("ben").id());
    assert_eq!(command.member.as_ref().expect("a member").roles[0].to_string(), discord.role("sre"));
    let deferred = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
    command.create_response(&context.http, deferred).await.expect("in time");
    assert!(asks.await.expect("no panic").deliveries[0].acknowledged());
    let ana = discord.person("ana");
    assert!(ana.is_waiting() && ana.ephemerals().is_empty());
    assert_eq!(discord.unread(), ["#dba (only for ana): (thinking…)"]);
    let words = EditInteractionResponse::new().content("**CHG-1** waits for <@200000000000001221>.");
    command.edit_response(&context.http, words).await.expect("an edit");
    let read = ana.expect("CHG-1 waits").await;
    assert_eq!(read.versions.len(), 1);
    assert_eq!(discord.messages("dba").len(), 0);
    let more = CreateInteractionResponseFollowup::new().content("and more").ephemeral(true);
    command.create_followup(&context.http, more).await.expect("a follow-up");
    ana.expect("and more").await;
    command.delete_response(&context.http).await.expect("it is there");
    assert_eq!(ana.ephemerals().len(), 1);
    assert_eq!(discord.unread(), Vec::<String>::new());
    quiet(&discord);
}

#[tokio::test]
async fn lines_are_what_boxes_take() {
    let discord = office().await;
    register(&discord, rds()).await;
    let _bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    for (line, why) in [
        ("/nothing", "there is no command /nothing here"),
        ("/rds", "/rds goes on with one of list, upgrade"),
        ("/rds upgrade orders", "the option to of /rds upgrade is required"),
        ("/rds upgrade orders --to 8 --hours soon", "hours: soon is no whole number"),
        ("/rds upgrade orders --to 8 --hours 0", "hours: 0 is out of bounds"),
        ("/rds list --env test", "env: test is none of [\"prod\"]"),
        ("/rds list --nothing", "/rds list has no option nothing, only env, share"),
    ] {
        let told = discord.guild.say(ana.id(), discord.channel("dba").id(), line, None).await;
        assert_eq!(told.err().as_deref(), Some(why), "{line}");
    }
}

#[tokio::test]
async fn words_find_the_arguments_of_commands_that_are_known() {
    let discord = office().await;
    let option = |name: &str| json!({"type": 3, "name": name, "description": "d"});
    let command = |name: &str, word: &str, options: [&str; 3]| {
        let options = options.map(option);
        let word = json!({"type": 1, "name": word, "description": "d", "options": options});
        json!({"name": name, "description": "d", "options": [word]})
    };
    let revoke = command("access", "revoke", ["from", "account", "permission-set"]);
    register(&discord, json!([revoke, command("rds", "upgrade", ["reason", "to", "id"])])).await;
    let state = discord.state();
    for (line, expected) in [
        (
            "/access revoke --from group 'the others' --account shop-prod --permission-set Admin",
            "from: group 'the others', account: shop-prod, permission-set: Admin",
        ),
        ("/rds upgrade --reason 'it is due' orders", "reason: it is due, id: orders"),
    ] {
        let data = Translator { state: &state, known: commands::ALL }.translate(line, None).expect("it fits");
        let options = data["options"][0]["options"].as_array().expect("options").iter();
        let filled = options.map(|one| format!("{}: {}", one["name"].as_str().unwrap(), one["value"].as_str().unwrap()));
        assert_eq!(filled.collect::<Vec<_>>().join(", "), expected);
    }
}

#[tokio::test]
async fn autocompletion_offers_choices() {
    let discord = office().await;
    register(&discord, rds()).await;
    let mut bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    let asks = does(async move { ana.autocompletes("dba", "/rds upgrade --to 8", "database", "ord").await });
    let (context, Interaction::Autocomplete(command)) = interaction(&mut bot).await else { panic!("an autocompletion") };
    let focused = command.data.autocomplete().expect("something is typed");
    assert_eq!((focused.name, focused.value), ("database", "ord"));
    let choices = CreateAutocompleteResponse::new().add_string_choice("orders (mysql)", "orders");
    command.create_response(&context.http, CreateInteractionResponse::Autocomplete(choices)).await.expect("in time");
    assert_eq!(asks.await.expect("no panic"), [("orders (mysql)".to_owned(), json!("orders"))]);
    quiet(&discord);
}

fn card() -> Value {
    json!({"content": "## CHG-1", "components": [{"type": 1, "components": [
        {"type": 2, "style": 3, "label": "Approve", "custom_id": "run:approve"},
        {"type": 2, "style": 2, "label": "Reschedule", "custom_id": "run:reschedule"},
        {"type": 2, "style": 5, "label": "Runbook", "url": "https://example.com"},
    ]}]})
}

#[tokio::test]
async fn a_button_opens_a_form_that_is_filled_in() {
    let discord = office().await;
    let mut bot = Bot::usual(&discord).await;
    post(&discord, card()).await;
    let card = discord.channel("dba").expect("CHG-1").await;
    assert_eq!(card.plain(), "CHG-1\n[Approve] [Reschedule] [Runbook]");
    let (ana, seen) = (discord.person("ana"), card.clone());
    let clicks = does(async move { ana.clicks(&seen, "Reschedule").await });
    let (_, Interaction::Component(click)) = interaction(&mut bot).await else { panic!("a click") };
    assert_eq!((click.data.custom_id.as_str(), click.message.id.to_string()), ("run:reschedule", card.id.clone()));
    let input = |label: &str, required: bool| json!({"type": 1, "components": [{"type": 4, "style": 1, "label": label, "custom_id": label, "required": required}]});
    let form = json!({"custom_id": "form:1", "title": "Reschedule", "components": [input("When", true), input("Why", false)]});
    let (status, _) = answers(&discord, &last(&discord), json!({"type": 9, "data": form})).await;
    assert_eq!(status, 204);
    assert!(clicks.await.expect("no panic").deliveries[0].acknowledged());
    let ana = discord.person("ana");
    assert_eq!(ana.sees_form().await.plain(), "Reschedule\nWhen: []\nWhy: []");
    let Submitted::Errors(errors) = ana.submits().await else { panic!("nothing is filled in") };
    assert_eq!((errors[0].label.as_str(), errors[0].text.as_str()), ("When", "This field is required"));
    ana.fills("When", "sat 02:00").await;
    let submits = does(async move { ana.submits().await });
    let (context, Interaction::Modal(modal)) = interaction(&mut bot).await else { panic!("a form") };
    let ActionRowComponent::InputText(when) = &modal.data.components[0].components[0] else { panic!("an input") };
    assert_eq!((modal.data.custom_id.as_str(), when.value.as_deref()), ("form:1", Some("sat 02:00")));
    assert_eq!(modal.message.as_ref().expect("the card").id.to_string(), card.id);
    modal.create_response(&context.http, CreateInteractionResponse::Acknowledge).await.expect("in time");
    assert_eq!(submits.await.expect("no panic"), Submitted::Closed);
    assert!(discord.person("ana").form().is_none());
    let edit = EditInteractionResponse::new().content("## CHG-1 waits").components(Vec::new());
    modal.edit_response(&context.http, edit).await.expect("the card changes");
    let again = discord.channel("dba").expect("CHG-1 waits").await;
    assert_eq!((again.id.clone(), again.plain()), (card.id.clone(), "CHG-1 waits"));
    let late = discord.person("ben");
    let (seen, late) = (card.clone(), does(async move { late.clicks_late(&card, "Approve").await }));
    let (_, Interaction::Component(_)) = interaction(&mut bot).await else { panic!("a click") };
    answers(&discord, &last(&discord), json!({"type": 7, "data": {"content": "over"}})).await;
    assert!(late.await.expect("no panic").acknowledged());
    assert_eq!(discord.channel("dba").expect("over").await.id, seen.id);
    quiet(&discord);
}

#[tokio::test]
async fn reactions_are_told_with_their_emoji() {
    let discord = office().await;
    let mut bot = Bot::usual(&discord).await;
    post(&discord, card()).await;
    let card = discord.channel("dba").expect("CHG-1").await;
    bot.hears().await;
    let ben = discord.person("ben");
    let done = ben.reacts("white_check_mark", &card).await;
    assert_eq!(done.deliveries[0].outcome, Outcome::Acknowledged(None));
    let (_, Event::ReactionAdd(added)) = bot.hears().await else { panic!("a reaction") };
    assert_eq!(added.reaction.emoji.to_string(), "✅");
    assert_eq!(added.reaction.user_id.expect("a user").to_string(), ben.id());
    ben.reacts("+1::skin-tone-3", &card).await;
    let (_, Event::ReactionAdd(added)) = bot.hears().await else { panic!("a reaction") };
    assert_eq!(added.reaction.emoji.to_string(), "👍🏼");
    ben.unreacts("✅", &card).await;
    let (_, Event::ReactionRemove(_)) = bot.hears().await else { panic!("a reaction less") };
    discord.redeliver(&done.deliveries[0]).await;
    let (_, Event::ReactionAdd(again)) = bot.hears().await else { panic!("the same once more") };
    assert_eq!(again.reaction.emoji.to_string(), "✅");
    discord.clears_reactions(&card).await;
    let (_, Event::ReactionRemoveAll(_)) = bot.hears().await else { panic!("all reactions went") };
    assert!(discord.channel("dba").again(&card).expect("it is there").reactions.is_empty());
}

#[tokio::test]
async fn direct_messages_are_told_and_read() {
    let discord = office().await;
    register(&discord, rds()).await;
    let mut bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    ana.types("@watchkeeper", "help").await;
    let (_, Event::MessageCreate(heard)) = bot.hears().await else { panic!("a message") };
    assert_eq!((heard.message.content.as_str(), heard.message.guild_id), ("help", None));
    let (_, channel) = send(&discord, "/users/@me/channels", json!({"recipient_id": ana.id()})).await;
    assert_eq!(channel["id"], heard.message.channel_id.to_string());
    let path = format!("/channels/{}/messages", channel["id"].as_str().expect("an id"));
    send(&discord, &path, json!({"content": "gladly"})).await;
    ana.expect("gladly").await;
    assert_eq!(discord.direct("ana").transcript(), "ana: help\nwatchkeeper: gladly");
    let asks = does(async move { ana.types("@", "/rds list").await });
    let (_, Interaction::Command(command)) = interaction(&mut bot).await else { panic!("a command") };
    assert!(command.member.is_none() && command.user.name == "ana");
    answers(&discord, &last(&discord), json!({"type": 4, "data": {"content": "none"}})).await;
    asks.await.expect("no panic");
    discord.person("ana").expect("none").await;
    quiet(&discord);
}

#[tokio::test]
async fn an_answer_that_stays_away_is_told_and_comes_too_late() {
    let options = DiscordOptions { ack_timeout: Duration::from_millis(100), ..DiscordOptions::default() };
    let discord = office_with(options).await;
    register(&discord, rds()).await;
    let _bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    let done = ana.types("dba", "/rds list --env prod").await;
    assert_eq!(done.deliveries[0].outcome, Outcome::Missed);
    assert_eq!(ana.ephemerals()[0].plain(), "The application did not respond");
    let (status, error) = answers(&discord, &last(&discord), json!({"type": 5})).await;
    assert_eq!((status, &error["code"]), (404, &json!(10062)));
    assert_eq!(discord.take_violations().len(), 1);
}

#[tokio::test]
async fn tokens_are_used_in_order_and_run_out() {
    let watch = super::Watch::new();
    let discord = office_with(watch.options()).await;
    register(&discord, rds()).await;
    let mut bot = Bot::usual(&discord).await;
    let ana = discord.person("ana");
    let asks = does(async move { ana.types("dba", "/rds list").await });
    interaction(&mut bot).await;
    let told = last(&discord);
    let webhook = format!("/webhooks/{APPLICATION_ID}/{}", told["token"].as_str().expect("a token"));
    let original = format!("{webhook}/messages/@original");
    let edit = |content: &str| call(&discord, Method::PATCH, &original, json!({"content": content}));
    assert_eq!(edit("early").await.1["code"], 10015);
    assert_eq!(answers(&discord, &told, json!({"type": 6})).await.1["code"], 50035, "a command has no message");
    assert_eq!(answers(&discord, &told, json!({"type": 5, "data": {"flags": 64}})).await.0, 204);
    assert_eq!(answers(&discord, &told, json!({"type": 5})).await.1["code"], 40060);
    asks.await.expect("no panic");
    let (_, first) = send(&discord, &webhook, json!({"content": "first", "flags": 0})).await;
    assert_eq!(first["flags"], 64, "it takes the place of the deferred answer");
    assert_eq!(edit("second").await.0, 200);
    let ana = discord.person("ana");
    ana.expect("first").await;
    ana.expect("second").await;
    watch.advance(15 * 60);
    let (status, error) = edit("late").await;
    assert_eq!((status, &error["code"]), (401, &json!(50027)));
    assert_eq!(discord.take_violations().len(), 2);
}

#[tokio::test]
async fn a_bot_that_is_away_does_not_respond() {
    let discord = office().await;
    register(&discord, rds()).await;
    let ana = discord.person("ana");
    let done = ana.types("dba", "/rds list").await;
    assert_eq!(done.deliveries[0].outcome, Outcome::NotConnected);
    assert_eq!(ana.ephemerals()[0].plain(), "The application did not respond");
}
