//! The stand-in against small bots of its own: does it speak as Slack documents, and can its checks fail.

mod blocks;
mod http;
mod limits;
mod official;
mod people;
mod play;
mod sockets;
mod web_api;

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message as Frame},
};

use super::{NewChannel, Slack, SlackOptions, User, Workspace};

/// Ana, Ben and the bot in #dba.
async fn office() -> Slack {
    office_with(SlackOptions::default()).await
}

async fn office_with(options: SlackOptions) -> Slack {
    let slack = Slack::start(options).await;
    slack.add_person(User::named("ana").in_zone("Asia/Taipei"));
    slack.add_person(User::named("ben"));
    slack.add_channel(NewChannel::public("dba").with_members(&["ana", "ben"]));
    slack
}

/// Calls a method with JSON and the bot's token.
async fn call(slack: &Slack, method: &str, body: Value) -> Value {
    let request = reqwest::Client::new().post(format!("{}/{method}", slack.api_url())).bearer_auth(slack.bot_token());
    request.json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

/// Posts into #dba as the bot and returns the stamp.
async fn post(slack: &Slack, body: Value) -> String {
    let mut body = body;
    body["channel"] = slack.channel("dba").id().into();
    let answer = call(slack, "chat.postMessage", body).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["ts"].as_str().expect("a stamp").into()
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a socket as the app and reads the hello.
async fn connect(slack: &Slack) -> Result<Socket, Error> {
    let request = reqwest::Client::new().post(format!("{}/apps.connections.open", slack.api_url()));
    let answer: Value = request.bearer_auth(slack.app_token()).send().await.expect("an answer").json().await.expect("JSON");
    let (mut socket, _) = connect_async(answer["url"].as_str().expect("a URL")).await?;
    let hello = next(&mut socket).await.expect("a hello");
    assert_eq!(hello["type"], "hello");
    Ok(socket)
}

/// The next envelope; `None` when the socket ended.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await? {
            Ok(Frame::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
            Ok(Frame::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

async fn acknowledge(socket: &mut Socket, envelope: &Value, payload: Value) {
    let ack = json!({"envelope_id": envelope["envelope_id"], "payload": payload});
    socket.send(Frame::Text(ack.to_string().into())).await.expect("an open socket");
}

/// A bot on one socket that acknowledges every envelope with what `answer` makes of its payload, and hands payloads on.
async fn bot(slack: &Slack, answer: impl Fn(&Value) -> Value + Send + 'static) -> mpsc::UnboundedReceiver<Value> {
    let mut socket = connect(slack).await.expect("a socket");
    let (heard, inbox) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(envelope) = next(&mut socket).await {
            acknowledge(&mut socket, &envelope, answer(&envelope["payload"])).await;
            let _ = heard.send(envelope["payload"].clone());
        }
    });
    inbox
}

fn quiet(workspace: &Arc<Workspace>) {
    assert_eq!(workspace.violations(), Vec::<String>::new());
}
