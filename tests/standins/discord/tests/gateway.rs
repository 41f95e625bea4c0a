use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use serenity::all::{Event, GatewayIntents};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message as Frame};

use super::{Bot, office, office_with, post, quiet};
use crate::discord::{BOT_ID, Discord, DiscordOptions, GUILD_ID, GatewayHandle, Outcome};

#[tokio::test]
async fn a_client_identifies_and_learns_of_the_guild() {
    let discord = office().await;
    let mut bot = Bot::usual(&discord).await;
    let (_, Event::Ready(ready)) = bot.heard.recv().await.expect("an event") else { panic!("READY comes first") };
    assert_eq!(ready.ready.user.id.to_string(), BOT_ID);
    let (_, Event::GuildCreate(guild)) = bot.heard.recv().await.expect("an event") else { panic!("then the guild") };
    assert_eq!(guild.guild.id.to_string(), GUILD_ID);
    assert_eq!(guild.guild.channels.len(), 1);
    bot.shards.shutdown_all().await;
    discord.disconnected().await;
    quiet(&discord);
}

#[tokio::test]
async fn a_lost_connection_is_resumed_and_brings_what_was_missed() {
    let discord = office().await;
    let mut bot = Bot::usual(&discord).await;
    let message = post(&discord, json!({"content": "card"})).await;
    let card = discord.channel("dba").expect("card").await;
    let (_, Event::MessageCreate(own)) = bot.hears().await else { panic!("the bot's own message") };
    assert_eq!(message["id"], own.message.id.to_string());
    let session = discord.connections()[0].session();
    let ways: [fn(&GatewayHandle); 3] = [|handle| handle.closes(4000), GatewayHandle::cuts, GatewayHandle::reconnects];
    for (count, disturb) in ways.into_iter().enumerate() {
        let connection = discord.connections().remove(0);
        disturb(&connection);
        if count < 2 {
            connection.gone().await;
            let done = discord.person("ana").reacts(["+1", "tada"][count], &card).await;
            assert!(matches!(done.deliveries[0].outcome, Outcome::NotConnected | Outcome::Acknowledged(_)));
        }
        discord.resumed(count + 1).await;
        assert_eq!(discord.connections().last().expect("a connection").session(), session);
        if count < 2 {
            let (_, Event::ReactionAdd(added)) = bot.hears().await else { panic!("what was missed") };
            assert_eq!(added.reaction.emoji.to_string(), ["👍", "🎉"][count]);
        }
    }
    quiet(&discord);
}

#[tokio::test]
async fn an_invalid_session_begins_anew() {
    let discord = office().await;
    let mut bot = Bot::usual(&discord).await;
    let before = discord.connections()[0].session();
    discord.refuse_next_resume();
    discord.connections()[0].closes(4000);
    let ready = |event: &Event| matches!(event, Event::Ready(_));
    let mut count = 0;
    while count < 2 {
        count += usize::from(ready(&bot.heard.recv().await.expect("an event").1));
    }
    assert_ne!(discord.connections()[0].session(), before);
    quiet(&discord);
}

#[tokio::test]
async fn a_zombie_is_left() {
    let options = DiscordOptions { heartbeat_every: Duration::from_millis(300), ..DiscordOptions::default() };
    let discord = office_with(options).await;
    let _bot = Bot::usual(&discord).await;
    let zombie = discord.connections().remove(0);
    zombie.goes_deaf();
    zombie.gone().await;
    discord.connected(1).await;
}

#[tokio::test]
async fn intents_decide_what_is_told() {
    let discord = office().await;
    let mut bot = Bot::connect(&discord, GatewayIntents::GUILD_MESSAGES).await;
    let ana = discord.person("ana");
    let said = ana.types("dba", "the bot may not read this").await;
    assert!(said.deliveries[0].acknowledged());
    let (_, Event::MessageCreate(heard)) = bot.hears().await else { panic!("a message") };
    assert_eq!(heard.message.content, "");
    ana.types("dba", "@watchkeeper, but this").await;
    let (_, Event::MessageCreate(heard)) = bot.hears().await else { panic!("a message") };
    assert_eq!(heard.message.content, format!("<@{BOT_ID}>, but this"));
    assert!(ana.types("@", "hello").await.deliveries.is_empty(), "no intent for direct messages");
    assert!(ana.reacts("eyes", said.message()).await.deliveries.is_empty(), "no intent for reactions");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(discord: &Discord, payload: Value) -> Socket {
    let (mut socket, _) = connect_async(format!("{}?v=10&encoding=json", discord.gateway_url())).await.expect("a connection");
    let Some(Ok(Frame::Text(hello))) = socket.next().await else { panic!("a hello") };
    assert!(hello.contains("\"op\":10"), "{hello}");
    socket.send(Frame::Text(payload.to_string().into())).await.expect("an open connection");
    socket
}

/// The code the connection is closed with.
async fn closed(mut socket: Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Frame::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            _ => return 0,
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_closed_with_its_code() {
    let discord = office().await;
    let identify = |token: &str, intents: u64| json!({"op": 2, "d": {"token": token, "intents": intents, "properties": {}}});
    let token = discord.bot_token().to_owned();
    for (payload, code) in [
        (identify("wrong", 1), 4004),
        (identify(&token, 1 << 40), 4013),
        (identify(&token, 1 << 15), 4014),
        (json!({"op": 3, "d": {}}), 4003),
        (json!({"op": 99}), 4001),
    ] {
        assert_eq!(closed(connect(&discord, payload.clone()).await).await, code, "{payload}");
    }
    let resume = json!({"op": 6, "d": {"token": token, "session_id": "gone", "seq": 3}});
    let mut socket = connect(&discord, resume).await;
    let Some(Ok(Frame::Text(invalid))) = socket.next().await else { panic!("an answer") };
    assert_eq!(serde_json::from_str::<Value>(&invalid).expect("JSON"), json!({"op": 9, "d": false}));
}
