//! Socket Mode: tickets, connections, envelopes out and acknowledgements in, and everything that goes wrong with sockets.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    extract::{
        ConnectInfo, Query, State as Shared,
        ws::{Message as Frame, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};

use super::{Workspace, state::APP_ID, wire::Scissors};

/// Connections an app may hold at once ("Using Socket Mode").
const MOST_CONNECTIONS: usize = 10;

/// Why Slack says it will disconnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// About ten seconds' notice; the socket stays open until it is cut.
    Warning,
    /// The container behind the socket goes; it is closed right after.
    RefreshRequested,
    /// Somebody switched Socket Mode off; the socket is closed.
    LinkDisabled,
    /// The app holds more than ten connections; the socket is closed.
    TooManyWebsockets,
}

impl DisconnectReason {
    fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::RefreshRequested => "refresh_requested",
            Self::LinkDisabled => "link_disabled",
            Self::TooManyWebsockets => "too_many_websockets",
        }
    }
}

enum Order {
    Send(Frame),
    Close,
    Cut,
    Silence,
}

struct Connection {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
    /// Gets no more envelopes, since it was told to go.
    leaving: bool,
    silent: bool,
}

struct Pending {
    connection: u64,
    acknowledged: oneshot::Sender<Option<Value>>,
}

/// The sockets of the app and what was sent through them without an answer yet.
#[derive(Default)]
pub(super) struct Sockets {
    tickets: HashSet<String>,
    open: Vec<Connection>,
    pending: HashMap<String, Pending>,
    counter: u64,
    turn: usize,
}

impl Sockets {
    /// A ticket for one handshake.
    pub(super) fn ticket(&mut self) -> String {
        self.counter += 1;
        let ticket = format!("ticket-{:0>8}", self.counter);
        self.tickets.insert(ticket.clone());
        ticket
    }

    /// Sends an envelope through the next connection in turn. `None` when there is none.
    pub(super) fn send(&mut self, envelope: &Value) -> Option<oneshot::Receiver<Option<Value>>> {
        let usable: Vec<&Connection> = self.open.iter().filter(|connection| !connection.leaving).collect();
        let connection = usable.get(self.turn % usable.len().max(1))?;
        let (acknowledged, answer) = oneshot::channel();
        let pending = Pending { connection: connection.id, acknowledged };
        let frame = Frame::Text(envelope.to_string().into());
        connection.orders.send(Order::Send(frame)).ok()?;
        self.turn += 1;
        self.pending.insert(envelope["envelope_id"].as_str().unwrap_or_default().into(), pending);
        Some(answer)
    }

    /// Whether the connection an unanswered envelope went to was silenced by a test.
    pub(super) fn lost_in_silence(&mut self, envelope_id: &str) -> bool {
        let connection = self.pending.remove(envelope_id).map(|pending| pending.connection);
        self.open.iter().any(|one| Some(one.id) == connection && one.silent)
    }

    pub(super) fn count(&self) -> usize {
        self.open.iter().filter(|connection| !connection.leaving && !connection.silent).count()
    }

    pub(super) fn cut_all(&mut self) {
        for connection in &self.open {
            // A connection that is gone already needs no cutting.
            let _ = connection.orders.send(Order::Cut);
        }
    }

    fn add(&mut self, orders: mpsc::UnboundedSender<Order>) -> u64 {
        self.counter += 1;
        // Slack notices a dead peer by missing pongs; here it notices when the app comes back.
        self.open.retain(|connection| !connection.silent);
        self.open.push(Connection { id: self.counter, orders, leaving: false, silent: false });
        self.counter
    }

    fn remove(&mut self, id: u64) {
        self.open.retain(|connection| connection.id != id);
        self.pending.retain(|_, pending| pending.connection != id);
    }

    fn connection(&mut self, id: u64) -> Option<&mut Connection> {
        self.open.iter_mut().find(|connection| connection.id == id)
    }
}

/// One open socket, for making trouble on it. Orders to a socket that is gone do nothing.
pub struct SocketHandle {
    workspace: Arc<Workspace>,
    id: u64,
}

impl SocketHandle {
    /// Sends a `disconnect` envelope; no more envelopes go to this socket.
    pub fn disconnect(&self, reason: DisconnectReason) {
        let envelope = json!({"type": "disconnect", "reason": reason.name(), "debug_info": {"host": "applink-standin"}});
        self.order(Order::Send(Frame::Text(envelope.to_string().into())));
        if let Some(connection) = self.workspace.sockets().connection(self.id) {
            connection.leaving = true;
        }
        if reason != DisconnectReason::Warning {
            self.order(Order::Close);
        }
    }

    /// Closes the socket properly.
    pub fn close(&self) {
        self.order(Order::Close);
    }

    /// Cuts the connection without a word.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// From now on the socket neither sends nor reads, not even pings; envelopes that go there are lost.
    pub fn goes_silent(&self) {
        self.order(Order::Silence);
        if let Some(connection) = self.workspace.sockets().connection(self.id) {
            connection.silent = true;
        }
    }

    /// Sends text that is no JSON.
    pub fn sends_malformed(&self) {
        self.sends_text("{\"envelope_id\": \"half an env");
    }

    /// Sends a binary frame.
    pub fn sends_binary(&self) {
        self.order(Order::Send(Frame::Binary(vec![0, 159, 146, 150].into())));
    }

    /// Sends an envelope of a type nobody knows; the bot should acknowledge it.
    pub fn sends_unknown(&self) {
        let envelope = json!({
            "envelope_id": "unknown-envelope", "type": "something_new", "accepts_response_payload": false, "payload": {},
        });
        self.sends_text(&envelope.to_string());
    }

    /// Sends this text as it is.
    pub fn sends_text(&self, text: &str) {
        self.order(Order::Send(Frame::Text(text.into())));
    }

    /// Waits until the socket is gone, so that nothing more is sent through it.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn gone(&self) {
        let gone = self.workspace.wait_for(|| self.workspace.sockets().connection(self.id).is_none().then_some(())).await;
        assert!(gone.is_some(), "the socket {} stays open", self.id);
    }

    fn order(&self, order: Order) {
        if let Some(connection) = self.workspace.sockets().connection(self.id) {
            let _ = connection.orders.send(order);
        }
    }
}

impl Workspace {
    /// The open sockets that were not told to go, oldest first.
    #[must_use]
    pub fn open_sockets(self: &Arc<Self>) -> Vec<SocketHandle> {
        let ids: Vec<u64> =
            self.sockets().open.iter().filter(|connection| !connection.leaving).map(|connection| connection.id).collect();
        ids.into_iter().map(|id| SocketHandle { workspace: self.clone(), id }).collect()
    }

    /// Waits until `count` sockets are open and neither leaving nor silent.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn connected(&self, count: usize) {
        let enough = self.wait_for(|| (self.sockets().count() >= count).then_some(())).await;
        assert!(enough.is_some(), "the bot opened {} sockets, {count} were expected", self.sockets().count());
    }

    /// Waits until no socket is open.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn disconnected(&self) {
        let none = self.wait_for(|| self.sockets().open.is_empty().then_some(())).await;
        assert!(none.is_some(), "the bot still has {} sockets open", self.sockets().open.len());
    }
}

pub(super) async fn open(
    Shared(workspace): Shared<Arc<Workspace>>,
    Query(query): Query<HashMap<String, String>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refused = {
        let mut faults = workspace.faults();
        let refused = faults.handshake_conflicts > 0;
        faults.handshake_conflicts = faults.handshake_conflicts.saturating_sub(1);
        refused
    };
    if refused {
        return StatusCode::CONFLICT.into_response();
    }
    if !query.get("ticket").is_some_and(|ticket| workspace.sockets().tickets.remove(ticket)) {
        return (StatusCode::NOT_FOUND, "unknown or used ticket").into_response();
    }
    upgrade.on_upgrade(move |socket| serve(workspace, socket, scissors))
}

async fn serve(workspace: Arc<Workspace>, mut socket: WebSocket, scissors: Scissors) {
    let (orders, mut inbox) = mpsc::unbounded_channel();
    let (id, number) = {
        let mut sockets = workspace.sockets();
        let id = sockets.add(orders);
        (id, sockets.open.len())
    };
    let hello = json!({
        "type": "hello",
        "num_connections": number,
        "debug_info": {"host": "applink-standin", "build_number": 1, "approximate_connection_time": 18_060},
        "connection_info": {"app_id": APP_ID},
    });
    if socket.send(Frame::Text(hello.to_string().into())).await.is_ok() {
        workspace.changed();
        if number > MOST_CONNECTIONS {
            let handle = SocketHandle { workspace: workspace.clone(), id };
            handle.disconnect(DisconnectReason::TooManyWebsockets);
        }
        talk(&workspace, &mut socket, &mut inbox, &scissors).await;
    }
    workspace.sockets().remove(id);
    workspace.changed();
}

async fn talk(workspace: &Workspace, socket: &mut WebSocket, inbox: &mut mpsc::UnboundedReceiver<Order>, scissors: &Scissors) {
    let mut pings = tokio::time::interval(workspace.settings.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = false;
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(Order::Send(frame)) if !silent => {
                    if socket.send(frame).await.is_err() {
                        return;
                    }
                }
                Some(Order::Send(_)) => {}
                Some(Order::Silence) => silent = true,
                Some(Order::Close) => {
                    // The peer may be gone already; then there is nobody to say goodbye to.
                    let _ = socket.send(Frame::Close(None)).await;
                    return;
                }
                Some(Order::Cut) | None => {
                    scissors.cut();
                    return;
                }
            },
            frame = socket.recv(), if !silent => match frame {
                Some(Ok(Frame::Text(text))) => workspace.acknowledged(&text),
                Some(Ok(Frame::Binary(_))) => workspace.violation("the bot sent a binary frame".into()),
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            _ = pings.tick(), if !silent => {
                if socket.send(Frame::Ping("Ping from applink-standin".into())).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Workspace {
    /// Takes `{"envelope_id":…,"payload":…}` from the bot.
    fn acknowledged(&self, text: &str) {
        let Ok(mut ack) = serde_json::from_str::<Value>(text) else {
            return self.violation(format!("the bot sent text that is no JSON: {text}"));
        };
        let id = ack["envelope_id"].as_str().unwrap_or_default().to_owned();
        if id == "unknown-envelope" {
            return self.log_ack(&id, "something_new", None, std::time::Duration::ZERO);
        }
        let payload = ack.get_mut("payload").map(Value::take).filter(|payload| !payload.is_null());
        let pending = self.sockets().pending.remove(&id);
        // A receiver that gave up has noted the missed acknowledgement itself.
        if pending.is_none_or(|pending| pending.acknowledged.send(payload).is_err()) {
            self.violation(format!("the bot acknowledged {id}, which nobody waits for (any more)"));
        }
    }
}
