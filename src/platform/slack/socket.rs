//! Socket Mode: connections that stand, whatever Slack or the network does (api.slack.com "Using Socket Mode").

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::Slack;
use super::api::Fault;
use super::intake::Kind;
use crate::platform::{ACKNOWLEDGE, Inbound};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The largest envelope that is read.
const ENVELOPE: usize = 4 << 20;
/// Acknowledgements that may wait for the wire of one connection.
const QUEUE: usize = 256;

/// The intervals of the connections, in real time. The defaults are meant for production.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// A payload is acknowledged after this long, whatever its handler does (Slack allows 3 s).
    pub acknowledge: Duration,
    /// How long opening a connection may take, its hello included.
    pub open: Duration,
    /// How often we ping.
    pub ping: Duration,
    /// A connection on which nothing arrived for this long is dead.
    pub silence: Duration,
    /// The first pause before another attempt to connect; it doubles from try to try.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long handlers at work are waited for at the end.
    pub drain: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            acknowledge: ACKNOWLEDGE,
            open: s(15),
            ping: s(15),
            silence: s(60),
            first_pause: Duration::from_millis(500),
            longest_pause: s(30),
            drain: s(10),
        }
    }
}

/// Why a connection is at its end, or will be soon.
enum Retired {
    /// Slack announced it: open the next one at once.
    Announced,
    /// It broke or was closed; `stood` says how long it was good for.
    Ended { stood: Duration, why: String },
}

/// Keeps one connection standing until `shutdown`.
pub(super) async fn keep(slack: Arc<Slack>, line: usize, inbound: Arc<dyn Inbound>, mut shutdown: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut tries = 0;
    loop {
        let retired = tokio::select! {
            () = ended(&mut shutdown) => break,
            opened = open(&slack) => match opened {
                Ok(stream) => {
                    let (retire, retired) = oneshot::channel();
                    let connection = Connection { slack: slack.clone(), line, inbound: inbound.clone(), retire: Some(retire) };
                    connections.spawn(connection.serve(stream, shutdown.clone()));
                    tokio::select! {
                        () = ended(&mut shutdown) => break,
                        retired = retired => retired.unwrap_or(Retired::Ended { stood: Duration::ZERO, why: "it broke".to_owned() }),
                    }
                }
                Err((why, pause)) => {
                    if let Some(pause) = pause {
                        let _over = timeout(pause, ended(&mut shutdown)).await;
                    }
                    Retired::Ended { stood: Duration::ZERO, why }
                }
            },
        };
        while connections.try_join_next().is_some() {}
        match retired {
            Retired::Announced => tries = 0,
            Retired::Ended { stood, why } => {
                if *shutdown.borrow() {
                    break;
                }
                tracing::warn!(line, why, "a connection to Slack ended; connecting again");
                slack.pulse.refused(why);
                tries = if stood > slack.timing.silence { 0 } else { tries + 1 };
                let _over = timeout(pause(&slack.timing, tries), ended(&mut shutdown)).await;
            }
        }
    }
    let _late = timeout(slack.timing.drain, async { while connections.join_next().await.is_some() {} }).await;
}

/// Resolves when the bot stops.
pub(super) async fn ended(shutdown: &mut watch::Receiver<bool>) {
    let _sender_gone = shutdown.wait_for(|stop| *stop).await;
}

/// Doubles from try to try up to the longest, and takes a random half of that away.
pub(super) fn pause(timing: &Timing, tries: u32) -> Duration {
    let whole = timing.first_pause.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(timing.longest_pause);
    let mut byte = [0];
    // Without randomness the pause is merely regular.
    let _regular = SystemRandom::new().fill(&mut byte);
    whole.mul_f64(0.5 + f64::from(byte[0]) / 512.0)
}

async fn open(slack: &Slack) -> Result<Stream, (String, Option<Duration>)> {
    let url = slack.api.open_socket().await.map_err(|fault| match fault {
        Fault::Limited(pause) => (fault.to_string(), Some(pause)),
        fault => (fault.to_string(), None),
    })?;
    let config = WebSocketConfig::default().max_message_size(Some(ENVELOPE)).max_frame_size(Some(ENVELOPE));
    match timeout(slack.timing.open, connect_async_with_config(url, Some(config), true)).await {
        Ok(Ok((stream, _))) => Ok(stream),
        Ok(Err(error)) => Err((format!("opening the WebSocket: {error}"), None)),
        Err(_) => Err(("opening the WebSocket took too long".to_owned(), None)),
    }
}

/// One connection.
struct Connection {
    slack: Arc<Slack>,
    line: usize,
    inbound: Arc<dyn Inbound>,
    /// Told once, when the next connection should be opened.
    retire: Option<oneshot::Sender<Retired>>,
}

impl Connection {
    async fn serve(mut self, stream: Stream, mut shutdown: watch::Receiver<bool>) {
        let began = Instant::now();
        let why = self.read(stream, &mut shutdown).await;
        self.retire(Retired::Ended { stood: began.elapsed(), why });
    }

    fn retire(&mut self, retired: Retired) {
        if let Some(retire) = self.retire.take() {
            let _nobody_waits = retire.send(retired);
        }
    }

    /// Reads until the connection ends, and says why it did. At `shutdown` it reads no more, but acknowledges what it has
    /// read.
    async fn read(&mut self, stream: Stream, shutdown: &mut watch::Receiver<bool>) -> String {
        let timing = self.slack.timing;
        let (mut sink, mut frames) = stream.split();
        let (acks, mut queue) = mpsc::channel::<Value>(QUEUE);
        let mut acks = Some(acks);
        let mut ping = interval(timing.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deadline = Instant::now() + timing.open;
        let mut beat = None;
        loop {
            let outgoing = tokio::select! {
                biased;
                ack = queue.recv() => match ack {
                    Some(ack) => Frame::text(ack.to_string()),
                    None => {
                        let _unsaid = timeout(timing.open, sink.close()).await;
                        return "the bot stops".to_owned();
                    }
                },
                () = ended(shutdown), if acks.is_some() => {
                    acks = None;
                    continue;
                }
                frame = timeout_at(deadline, frames.next()), if acks.is_some() => {
                    let heard = match frame {
                        Ok(frame) => self.frame(frame, acks.as_ref()),
                        Err(_) if beat.is_none() => Err("no hello".to_owned()),
                        Err(_) => Err(format!("nothing heard for {} s", timing.silence.as_secs())),
                    };
                    match heard {
                        Ok(Heard::Hello) => beat = Some(self.slack.pulse.hello(self.line, self.slack.clock.now())),
                        Ok(Heard::Something) => {}
                        Err(why) => return why,
                    }
                    if beat.is_some() {
                        deadline = Instant::now() + timing.silence;
                    }
                    continue;
                }
                _ = ping.tick() => Frame::Ping(Vec::new().into()),
            };
            match timeout(timing.open, sink.send(outgoing)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return format!("it broke: {error}"),
                Err(_) => return "Slack does not read".to_owned(),
            }
        }
    }

    /// Takes a frame; an error ends the connection.
    fn frame(&mut self, frame: Option<Result<Frame, WsError>>, acks: Option<&mpsc::Sender<Value>>) -> Result<Heard, String> {
        match frame {
            Some(Ok(Frame::Text(text))) => match acks {
                Some(acks) => self.heard(text.as_str(), acks),
                None => Ok(Heard::Something),
            },
            Some(Ok(Frame::Binary(_))) => {
                self.slack.say_once("binary frame", "Slack sent a binary frame; dropped");
                Ok(Heard::Something)
            }
            Some(Ok(Frame::Close(_))) | None => Err("Slack closed it".to_owned()),
            Some(Ok(_)) => Ok(Heard::Something),
            Some(Err(error)) => Err(format!("it broke: {error}")),
        }
    }

    fn heard(&mut self, text: &str, acks: &mpsc::Sender<Value>) -> Result<Heard, String> {
        let Ok(envelope) = serde_json::from_str::<Value>(text) else {
            self.slack.say_once("malformed envelope", "Slack sent an envelope that is not JSON; dropped");
            return Ok(Heard::Something);
        };
        let kind = match envelope["type"].as_str().unwrap_or_default() {
            "hello" => return Ok(Heard::Hello),
            "disconnect" => return self.disconnect(&envelope),
            "slash_commands" => Some(Kind::Command),
            "interactive" => Some(Kind::Interaction),
            "events_api" => Some(Kind::Event),
            other => {
                self.slack
                    .say_once(&format!("envelope {other}"), "Slack sent an unknown envelope; it was acknowledged and dropped");
                None
            }
        };
        let Some(id) = envelope["envelope_id"].as_str().map(str::to_owned) else { return Ok(Heard::Something) };
        let (slack, inbound, acks) = (self.slack.clone(), self.inbound.clone(), acks.clone());
        tokio::spawn(async move {
            let taken = match kind {
                Some(kind) => slack.take(kind, &envelope["payload"], &inbound).await,
                None => Ok(Value::Null),
            };
            let payload = taken.unwrap_or_else(|malformed| {
                slack.say_once(
                    &malformed.to_string(),
                    "Slack sent a payload that cannot be used; it was acknowledged and dropped",
                );
                Value::Null
            });
            let mut ack = json!({ "envelope_id": id });
            if !payload.is_null() {
                ack["payload"] = payload;
            }
            if acks.send(ack).await.is_err() {
                // Slack delivers it again over another connection, where it is recognised.
                tracing::debug!("a connection ended before its acknowledgement");
            }
        });
        Ok(Heard::Something)
    }

    fn disconnect(&mut self, envelope: &Value) -> Result<Heard, String> {
        let reason = envelope["reason"].as_str().unwrap_or_default();
        match reason {
            "link_disabled" => return Err("Socket Mode is switched off for the app".to_owned()),
            "too_many_websockets" => {
                let why = "Slack has too many connections of this app".to_owned();
                self.retire(Retired::Ended { stood: Duration::ZERO, why });
            }
            _ => self.retire(Retired::Announced),
        }
        tracing::info!(line = self.line, reason, "Slack will end a connection; opening another");
        Ok(Heard::Something)
    }
}

enum Heard {
    Hello,
    Something,
}
