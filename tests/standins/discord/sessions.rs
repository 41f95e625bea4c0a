//! Sessions of the gateway: what each was told, so that a lost connection can be resumed.

use serde_json::{Value, json};

use super::{
    Guild,
    events::{Event, intent},
    gateway::{Gateway, Order},
    json,
    state::{APPLICATION_ID, BOT_ID, GUILD_ID},
};

/// A session; it outlives its connections.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) intents: u64,
    /// Which shard of how many.
    pub(super) shard: (u64, u64),
    /// Every dispatch so far; the number of each is its place here, counted from 1.
    pub(super) log: Vec<Value>,
    pub(super) connection: Option<u64>,
    /// The last dispatch the bot said it has, with its heartbeats.
    pub(super) heard: usize,
    /// How many heartbeats came.
    pub(super) beats: usize,
}

/// A dispatch on its way to one session.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) session: String,
    pub(super) number: usize,
}

impl Session {
    fn wants(&self, event: &Event) -> bool {
        let (shard, of) = self.shard;
        let guild: u64 = GUILD_ID.parse().unwrap_or(0);
        let of_event = if event.of_guild { (guild >> 22) % of.max(1) } else { 0 };
        shard == of_event && (event.intent == 0 || self.intents & event.intent != 0)
    }

    /// Notes a dispatch and returns it as it travels.
    pub(super) fn note(&mut self, kind: &str, data: Value) -> Value {
        let payload = json!({"op": 0, "t": kind, "s": self.log.len() + 1, "d": data});
        self.log.push(payload.clone());
        payload
    }
}

impl Gateway {
    pub(super) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    pub(super) fn session_of(&mut self, connection: u64) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.connection == Some(connection))
    }

    /// Notes and sends a dispatch of one session; what cannot be sent now waits for a resume.
    pub(super) fn tell(&mut self, session: &str, kind: &str, data: Value) {
        let Some(session) = self.session(session) else { return };
        let payload = session.note(kind, data);
        let connection = session.connection;
        if let Some(connection) = connection.and_then(|id| self.connection(id)) {
            let _ = connection.orders.send(Order::Send(payload.to_string()));
        }
    }
}

impl Guild {
    /// Tells every session that wants to know.
    pub(super) fn dispatch(&self, event: &Event) -> Vec<Sent> {
        let mut gateway = self.gateway();
        let wanting: Vec<(String, u64)> = gateway
            .sessions
            .iter()
            .filter(|session| session.wants(event))
            .map(|session| (session.id.clone(), session.intents))
            .collect();
        let mut sent = Vec::new();
        for (session, intents) in wanting {
            let may_read = intents & intent::MESSAGE_CONTENT != 0;
            let data = event.redacted.as_ref().filter(|_| !may_read).unwrap_or(&event.data);
            gateway.tell(&session, &event.kind, data.clone());
            let number = gateway.session(&session).map_or(0, |session| session.log.len());
            sent.push(Sent { session, number });
        }
        sent
    }

    /// Begins a session on a connection: READY, then the guild.
    pub(super) fn begin_session(&self, connection: u64, identify: &Value) {
        let intents = identify["intents"].as_u64().unwrap_or(0);
        let (bot, guild) = {
            let state = self.state();
            let bot = state.users.get(BOT_ID).map(json::user).unwrap_or_default();
            (bot, (!state.bot_is_away).then(|| json::guild_create(&state, &self.settings.guild_name)))
        };
        let guilds: Vec<Value> = guild.iter().map(|guild| json!({"id": guild["id"], "unavailable": true})).collect();
        let url = self.gateway_url();
        let mut gateway = self.gateway();
        let id = gateway.next_session();
        let shard = (identify["shard"][0].as_u64().unwrap_or(0), identify["shard"][1].as_u64().unwrap_or(1));
        let mut session =
            Session { id: id.clone(), intents, shard, log: Vec::new(), connection: Some(connection), heard: 0, beats: 0 };
        // A process that begins anew will not resume what it had.
        gateway.sessions.retain(|session| session.connection.is_some());
        let ready = json!({
            "v": 10, "user": bot, "guilds": guilds, "session_id": id,
            "session_type": "normal", "resume_gateway_url": url, "shard": [shard.0, shard.1], "private_channels": [],
            "presences": [], "relationships": [], "geo_ordered_rtc_regions": [], "user_settings": {}, "_trace": [],
            "application": {"id": APPLICATION_ID, "flags": 0},
        });
        let mut greetings = vec![session.note("READY", ready)];
        let here = session.wants(&Event {
            kind: String::new(),
            data: Value::Null,
            redacted: None,
            intent: intent::GUILDS,
            of_guild: true,
        });
        if let Some(guild) = guild.filter(|_| here) {
            greetings.push(session.note("GUILD_CREATE", guild));
        }
        gateway.sessions.push(session);
        for greeting in greetings {
            gateway.send(connection, &greeting);
        }
    }

    /// Goes on with a session: everything after `seq` again, then RESUMED. An error says why that is impossible.
    pub(super) fn resume_session(&self, connection: u64, resume: &Value) -> Result<(), Resumed> {
        let mut gateway = self.gateway();
        let seq = resume["seq"].as_u64().unwrap_or(0) as usize;
        let id = resume["session_id"].as_str().unwrap_or_default().to_owned();
        if std::mem::take(&mut gateway.refuse_resume) {
            gateway.sessions.retain(|session| session.id != id);
            return Err(Resumed::Invalid);
        }
        let session = gateway.session(&id).ok_or(Resumed::Invalid)?;
        if seq > session.log.len() {
            return Err(Resumed::WrongSeq);
        }
        session.connection = Some(connection);
        let missed = session.log[seq..].to_vec();
        for payload in &missed {
            gateway.send(connection, payload);
        }
        gateway.tell(&id, "RESUMED", json!({"_trace": []}));
        gateway.resumed += 1;
        Ok(())
    }
}

/// Why a session cannot be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumed {
    /// There is no such session (any more).
    Invalid,
    /// The bot claims to have more than it was told.
    WrongSeq,
}
