use axum::Router;
use serde_json::{Value, json};
use serenity::all::{Event, Interaction};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{Bot, office, post, quiet, rds, register, send};
use crate::discord::Discord;

/// Serves the play API as the playground does; gives where.
async fn page(discord: &Discord) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router: Router = discord.play_routes();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/play/discord")
}

async fn play(page: &str, name: &str, body: Value) -> Value {
    let request = reqwest::Client::new().post(format!("{page}/{name}"));
    request.json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

async fn read(page: &str, name: &str) -> Value {
    reqwest::get(format!("{page}/{name}")).await.expect("an answer").json().await.expect("JSON")
}

/// Somebody acts while the test plays the bot.
fn acts(page: &str, name: &'static str, body: Value) -> JoinHandle<Value> {
    let page = page.to_owned();
    tokio::spawn(async move { play(&page, name, body).await })
}

/// Answers the next interaction with raw JSON.
async fn answers(discord: &Discord, bot: &mut Bot, body: Value) {
    loop {
        if let (_, Event::InteractionCreate(event)) = bot.hears().await {
            let (id, token) = match event.interaction {
                Interaction::Command(it) => (it.id, it.token),
                Interaction::Component(it) => (it.id, it.token),
                Interaction::Autocomplete(it) => (it.id, it.token),
                Interaction::Modal(it) => (it.id, it.token),
                other => panic!("{other:?}"),
            };
            let (status, said) = send(discord, &format!("/interactions/{id}/{token}/callback"), body).await;
            assert!(status < 300, "{said}");
            return;
        }
    }
}

#[tokio::test]
async fn the_page_types_completes_and_clicks() {
    let discord = office().await;
    register(&discord, rds()).await;
    let mut bot = Bot::usual(&discord).await;
    let page = page(&discord).await;
    let (ana, dba) = (discord.person("ana").id().to_owned(), discord.channel("dba").id().to_owned());
    let commands = read(&page, "commands").await;
    assert_eq!(commands["commands"][1]["command"], "/rds upgrade");
    assert_eq!(commands["commands"][1]["options"][0]["name"], "database");

    let asked = json!({"as": ana, "channel": dba, "line": "/rds upgrade", "option": "database", "typed": "or"});
    let completes = acts(&page, "complete", asked);
    answers(&discord, &mut bot, json!({"type": 8, "data": {"choices": [{"name": "orders", "value": "orders"}]}})).await;
    assert_eq!(completes.await.expect("no panic")["choices"], json!([{"name": "orders", "value": "orders"}]));

    let says = acts(&page, "say", json!({"as": ana, "channel": dba, "text": "/rds list"}));
    answers(&discord, &mut bot, json!({"type": 4, "data": {"content": "psst", "flags": 64}})).await;
    assert_eq!(says.await.expect("no panic"), json!({"ok": true}));
    let unknown = play(&page, "say", json!({"as": ana, "channel": dba, "text": "/nope"})).await;
    assert_eq!(unknown["error"], "There is no command /nope here.");
    let seen = read(&page, &format!("state?as={ana}")).await["messages"][&dba][0].clone();
    assert_eq!((&seen["text"], &seen["ephemeral"]), (&json!("psst"), &json!(true)));
    assert_eq!(seen["used"], json!({"user": ana, "command": "rds list"}));
    let ben = discord.person("ben").id().to_owned();
    assert_eq!(read(&page, &format!("state?as={ben}")).await["messages"][&dba], json!([]), "only Ana sees it");

    let row = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]);
    let card = post(&discord, json!({"content": "card", "components": row})).await["id"].clone();
    let clicks = acts(&page, "click", json!({"as": ana, "message": card, "custom_id": "go"}));
    let input = json!({"type": 4, "custom_id": "why", "label": "Why", "style": 1});
    let form = json!({"custom_id": "f", "title": "Go?", "components": [{"type": 1, "components": [input]}]});
    answers(&discord, &mut bot, json!({"type": 9, "data": form})).await;
    assert_eq!(clicks.await.expect("no panic"), json!({"ok": true}));
    assert_eq!(read(&page, &format!("state?as={ana}")).await["view"]["fields"][0]["label"], "Why");
    let empty = play(&page, "submit", json!({"as": ana, "values": {"Why": ""}})).await;
    assert_eq!(empty["errors"]["Why"], "This field is required");
    let submits = acts(&page, "submit", json!({"as": ana, "values": {"Why": "so"}}));
    answers(&discord, &mut bot, json!({"type": 6})).await;
    assert_eq!(submits.await.expect("no panic"), json!({"ok": true}));
    assert_eq!(read(&page, &format!("state?as={ana}")).await["view"], Value::Null);
    quiet(&discord);
}

#[tokio::test]
async fn the_page_reacts_and_reads_threads() {
    let discord = office().await;
    let _bot = Bot::usual(&discord).await;
    let page = page(&discord).await;
    let (ana, dba) = (discord.person("ana").id().to_owned(), discord.channel("dba").id().to_owned());
    let card = post(&discord, json!({"content": "card"})).await["id"].clone();
    let id = card.as_str().expect("an id");
    play(&page, "react", json!({"as": ana, "message": id, "name": "eyes", "on": true})).await;
    let (status, _) = send(&discord, &format!("/channels/{dba}/messages/{id}/threads"), json!({"name": "Details"})).await;
    assert_eq!(status, 201);
    play(&page, "say", json!({"as": ana, "channel": id, "text": "in the thread"})).await;
    play(&page, "say", json!({"as": ana, "channel": dba, "text": "beside it", "reply_to": id})).await;
    let seen = read(&page, &format!("state?as={ana}")).await["messages"][&dba].clone();
    let find = |words: &str| seen.as_array().into_iter().flatten().find(|one| one["text"] == words).expect(words).clone();
    let card = find("card");
    assert_eq!(card["reactions"], json!([{"name": "eyes", "emoji": "👀", "users": [ana]}]));
    assert_eq!((&card["thread_name"], &card["reply_count"]), (&json!("Details"), &json!(1)));
    assert_eq!(find("in the thread")["thread_ts"], card["ts"]);
    assert_eq!(find("beside it")["reply"]["text"], "card");
    assert!(card["ts"].as_str().expect("a stamp") < find("beside it")["ts"].as_str().expect("a stamp"));
}
