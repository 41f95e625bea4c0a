//! The gateway (Discord "Gateway"): connections, heartbeats, identify and resume, and everything that can go wrong with them.

use std::sync::Arc;

use axum::{
    extract::{
        ConnectInfo, RawQuery, State as Shared, WebSocketUpgrade,
        ws::{CloseFrame, Message as Frame, WebSocket},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    Guild,
    events::intent,
    sessions::{Resumed, Session},
};
use crate::slack::wire::Scissors;

/// What the owner of a connection is to do.
pub(super) enum Order {
    Send(String),
    Close(u16),
    Cut,
}

/// A connection of the bot.
pub(super) struct Connection {
    id: u64,
    pub(super) orders: mpsc::UnboundedSender<Order>,
    /// Whether heartbeats are left without an answer.
    deaf: bool,
}

/// Connections and sessions.
#[derive(Default)]
pub(super) struct Gateway {
    connections: Vec<Connection>,
    pub(super) sessions: Vec<Session>,
    /// Whether the next resume is answered with an invalid session.
    pub(super) refuse_resume: bool,
    /// How many sessions were resumed so far.
    pub(super) resumed: usize,
    counter: u64,
}

impl Gateway {
    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn next_session(&mut self) -> String {
        format!("{:032x}", self.next())
    }

    pub(super) fn connection(&mut self, id: u64) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.id == id)
    }

    /// Sends a payload over one connection.
    pub(super) fn send(&mut self, connection: u64, payload: &Value) {
        if let Some(connection) = self.connection(connection) {
            let _ = connection.orders.send(Order::Send(payload.to_string()));
        }
    }

    fn order(&mut self, connection: u64, order: Order) {
        if let Some(connection) = self.connection(connection) {
            let _ = connection.orders.send(order);
        }
    }

    /// Whether a session has a connection that answers.
    pub(super) fn is_live(&mut self, session: &str) -> bool {
        let connection = self.session(session).and_then(|session| session.connection);
        connection.and_then(|id| self.connection(id)).is_some_and(|connection| !connection.deaf)
    }

    /// Connections with a session.
    fn live(&self) -> Vec<u64> {
        self.sessions.iter().filter_map(|session| session.connection).collect()
    }

    pub(super) fn cut_all(&mut self) {
        for connection in &self.connections {
            let _ = connection.orders.send(Order::Cut);
        }
    }
}

/// A connection of the bot with a session, to disturb.
#[derive(Clone)]
pub struct GatewayHandle {
    guild: Arc<Guild>,
    id: u64,
}

impl GatewayHandle {
    /// Asks the bot to connect anew and resume (op 7).
    pub fn reconnects(&self) {
        self.guild.gateway().send(self.id, &json!({"op": 7, "d": null}));
    }

    /// Says that the session is invalid (op 9) and must begin anew.
    pub fn invalidates(&self) {
        let mut gateway = self.guild.gateway();
        gateway.sessions.retain(|session| session.connection != Some(self.id));
        gateway.send(self.id, &json!({"op": 9, "d": false}));
    }

    /// Says that the session is invalid (op 9) and can be resumed.
    pub fn invalidates_resumably(&self) {
        self.guild.gateway().send(self.id, &json!({"op": 9, "d": true}));
    }

    /// Closes with this code, such as 4000 or 4009.
    pub fn closes(&self, code: u16) {
        self.guild.gateway().order(self.id, Order::Close(code));
    }

    /// Cuts the line without a word.
    pub fn cuts(&self) {
        self.guild.gateway().order(self.id, Order::Cut);
    }

    /// Leaves heartbeats without an answer from now on: a zombie.
    pub fn goes_deaf(&self) {
        if let Some(connection) = self.guild.gateway().connection(self.id) {
            connection.deaf = true;
        }
    }

    /// Asks for a heartbeat at once (op 1).
    pub fn asks_for_heartbeat(&self) {
        self.guild.gateway().send(self.id, &json!({"op": 1, "d": null}));
    }

    /// Sends this text as it is.
    pub fn sends_text(&self, text: &str) {
        self.guild.gateway().order(self.id, Order::Send(text.into()));
    }

    /// How many heartbeats came in this session.
    #[must_use]
    pub fn heartbeats(&self) -> usize {
        self.guild.gateway().session_of(self.id).map_or(0, |session| session.beats)
    }

    /// Id of the session; empty when the connection has none any more.
    #[must_use]
    pub fn session(&self) -> String {
        self.guild.gateway().session_of(self.id).map(|session| session.id.clone()).unwrap_or_default()
    }

    /// Waits until the connection is gone.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn gone(&self) {
        let gone = self.guild.wait_for(|| self.guild.gateway().connection(self.id).is_none().then_some(())).await;
        assert!(gone.is_some(), "the connection {} stays open", self.id);
    }
}

impl Guild {
    /// The connections that have a session, oldest session first.
    #[must_use]
    pub fn connections(self: &Arc<Self>) -> Vec<GatewayHandle> {
        let live = self.gateway().live();
        live.into_iter().map(|id| GatewayHandle { guild: self.clone(), id }).collect()
    }

    /// Waits until `count` connections have a session, begun or resumed.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn connected(&self, count: usize) {
        let enough = self.wait_for(|| (self.gateway().live().len() >= count).then_some(())).await;
        assert!(enough.is_some(), "the bot has {} sessions, {count} were expected", self.gateway().live().len());
    }

    /// Waits until no connection is open.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn disconnected(&self) {
        let none = self.wait_for(|| self.gateway().connections.is_empty().then_some(())).await;
        assert!(none.is_some(), "the bot still has {} connections open", self.gateway().connections.len());
    }

    /// Waits until this many sessions were resumed since the start.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn resumed(&self, count: usize) {
        let enough = self.wait_for(|| (self.gateway().resumed >= count).then_some(())).await;
        assert!(enough.is_some(), "{} sessions were resumed, {count} were expected", self.gateway().resumed);
    }

    /// Answers the next resume with an invalid session.
    pub fn refuse_next_resume(&self) {
        self.gateway().refuse_resume = true;
    }
}

pub(super) async fn open(
    Shared(guild): Shared<Arc<Guild>>,
    RawQuery(query): RawQuery,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refused = {
        let mut faults = guild.faults();
        let refused = faults.refused_handshakes > 0;
        faults.refused_handshakes = faults.refused_handshakes.saturating_sub(1);
        refused
    };
    if refused {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let query = query.unwrap_or_default();
    if !query.contains("v=10") || query.contains("encoding=etf") || query.contains("compress=") {
        guild.violation(format!("the gateway was opened with ?{query}: the stand-in speaks v=10 in plain JSON"));
    }
    upgrade.on_upgrade(move |socket| serve(guild, socket, scissors))
}

async fn serve(guild: Arc<Guild>, mut socket: WebSocket, scissors: Scissors) {
    let (orders, mut inbox) = mpsc::unbounded_channel();
    let id = {
        let mut gateway = guild.gateway();
        let id = gateway.next();
        gateway.connections.push(Connection { id, orders, deaf: false });
        id
    };
    let interval = guild.settings.heartbeat_every.as_millis() as u64;
    let hello = json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": interval, "_trace": []}});
    let ended = match socket.send(Frame::Text(hello.to_string().into())).await {
        Ok(()) => talk(&guild, id, &mut socket, &mut inbox).await,
        Err(_) => Ended::Lost,
    };
    match ended {
        Ended::Cut => scissors.cut(),
        Ended::Closing(code) => {
            // The peer may be gone already; then there is nobody to say goodbye to.
            let _ = socket.send(Frame::Close(Some(CloseFrame { code, reason: "".into() }))).await;
        }
        Ended::Left | Ended::Lost => {}
    }
    {
        let mut gateway = guild.gateway();
        gateway.connections.retain(|connection| connection.id != id);
        // Who says goodbye (1000 or 1001), or is sent away for what it did, cannot resume.
        let over = ended == Ended::Left || matches!(ended, Ended::Closing(4003..=4008 | 4010..=4014));
        if over {
            gateway.sessions.retain(|session| session.connection != Some(id));
        } else if let Some(session) = gateway.session_of(id) {
            session.connection = None;
        }
    }
    guild.changed();
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The bot closed it with 1000 or 1001.
    Left,
    /// The bot is gone.
    Lost,
    /// The stand-in closes it with this code.
    Closing(u16),
    /// The stand-in cuts it.
    Cut,
}

async fn talk(guild: &Arc<Guild>, id: u64, socket: &mut WebSocket, inbox: &mut mpsc::UnboundedReceiver<Order>) -> Ended {
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(Order::Send(text)) => {
                    if socket.send(Frame::Text(text.into())).await.is_err() {
                        return Ended::Lost;
                    }
                }
                Some(Order::Close(code)) => return Ended::Closing(code),
                Some(Order::Cut) | None => return Ended::Cut,
            },
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    if let Err(code) = guild.hear(id, &text) {
                        return Ended::Closing(code);
                    }
                }
                Some(Ok(Frame::Binary(_))) => {
                    guild.violation("the bot sent a binary frame to the gateway".into());
                    return Ended::Closing(4002);
                }
                Some(Ok(Frame::Close(frame))) => {
                    // The goodbye is answered by the next read, which finds nothing any more.
                    let _ = socket.recv().await;
                    let goodbye = frame.is_none_or(|frame| matches!(frame.code, 1000 | 1001));
                    return if goodbye { Ended::Left } else { Ended::Lost };
                }
                Some(Err(_)) | None => return Ended::Lost,
                Some(Ok(_)) => {}
            },
        }
    }
}

impl Guild {
    /// Takes a payload of the bot; an error is the code to close with (Discord "Gateway Close Event Codes").
    fn hear(&self, connection: u64, text: &str) -> Result<(), u16> {
        let Ok(payload) = serde_json::from_str::<Value>(text) else {
            self.violation(format!("the bot sent text that is no JSON to the gateway: {text}"));
            return Err(4002);
        };
        let identified = self.gateway().session_of(connection).is_some();
        let result = match payload["op"].as_u64() {
            Some(1) => {
                self.heartbeat(connection, &payload["d"]);
                Ok(())
            }
            Some(2) if identified => Err(4005),
            Some(2) => self.identify(connection, &payload["d"]),
            Some(6) => self.resume(connection, &payload["d"]),
            Some(3 | 4 | 8) if identified => Ok(()),
            Some(3 | 4 | 8) => Err(4003),
            _ => Err(4001),
        };
        if let Err(code @ (4001..=4003 | 4005 | 4013)) = result {
            self.violation(format!("the gateway closed with {code} after: {text}"));
        }
        self.changed();
        result
    }

    fn heartbeat(&self, connection: u64, heard: &Value) {
        let mut gateway = self.gateway();
        if let Some(session) = gateway.session_of(connection) {
            session.heard = session.heard.max(heard.as_u64().unwrap_or(0) as usize);
            session.beats += 1;
        }
        if gateway.connection(connection).is_some_and(|connection| !connection.deaf) {
            gateway.send(connection, &json!({"op": 11, "d": null}));
        }
    }

    fn knows(&self, token: &Value) -> Result<(), u16> {
        let token = token.as_str().unwrap_or_default();
        // Clients prefix the token or leave it bare; Discord takes both.
        if token.strip_prefix("Bot ").unwrap_or(token) == self.bot_token() { Ok(()) } else { Err(4004) }
    }

    fn identify(&self, connection: u64, identify: &Value) -> Result<(), u16> {
        self.knows(&identify["token"])?;
        let intents = identify["intents"].as_u64().ok_or(4013_u16)?;
        if intents & !intent::KNOWN != 0 {
            return Err(4013);
        }
        if intents & intent::PRIVILEGED & !self.settings.privileged_intents != 0 {
            return Err(4014);
        }
        self.begin_session(connection, identify);
        Ok(())
    }

    fn resume(&self, connection: u64, resume: &Value) -> Result<(), u16> {
        self.knows(&resume["token"])?;
        match self.resume_session(connection, resume) {
            Ok(()) => Ok(()),
            Err(Resumed::Invalid) => {
                self.gateway().send(connection, &json!({"op": 9, "d": false}));
                Ok(())
            }
            Err(Resumed::WrongSeq) => Err(4007),
        }
    }
}
