//! `response_url`s: five answers within half an hour to the place an interaction came from.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Path, State as Shared},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::ToSpan;
use serde_json::{Value, json};

use super::{
    Workspace, blocks,
    faults::Fault,
    journal::{Call, TokenKind},
    model::{Message, Version},
    state::{NewMessage, ResponseUrl, State},
    wire::Scissors,
};

const USES: u8 = 5;
const MINUTES: i64 = 30;

impl Workspace {
    /// A new `response_url` for `user` in `channel`; `message` is the one the interaction came from.
    pub(super) fn mint_response_url(&self, state: &mut State, user: &str, channel: &str, message: Option<&Message>) -> String {
        let id = format!("{:0>24}", state.next());
        let expires = self.now().checked_add(MINUTES.minutes()).unwrap_or(jiff::Timestamp::MAX);
        let message = message.map(|message| (message.channel.clone(), message.ts.clone()));
        let url = ResponseUrl { user: user.into(), channel: channel.into(), message, expires, uses_left: USES };
        state.response_urls.insert(id.clone(), url);
        format!("{}/response/{id}", self.base_url())
    }

    /// Does what an answer to an interaction says, be it posted to a `response_url` or sent with the acknowledgement.
    pub(super) fn answer(&self, to: &ResponseUrl, body: &Value) -> Result<(), &'static str> {
        let now = self.now();
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        let flag = |key: &str| body[key].as_bool().unwrap_or(false);
        let mut state = self.state();
        let original = to.message.as_ref().and_then(|(channel, ts)| state.message(channel, ts)).cloned();
        if flag("delete_original") {
            let original = original.ok_or("no_original_message")?;
            state.messages.remove(&(original.channel, original.ts));
            return Ok(());
        }
        let text = body["text"].as_str().unwrap_or_default().to_owned();
        let (blocks, attachments) = (list("blocks"), list("attachments"));
        if text.is_empty() && blocks.is_empty() && attachments.is_empty() {
            return Err("no_text");
        }
        let wrong = blocks::check_message(&blocks, &attachments);
        if !wrong.is_empty() {
            self.violation(format!("an answer to an interaction breaks Block Kit: {}", wrong.join("; ")));
            return Err("invalid_blocks");
        }
        self.watch_mentions(&text, &blocks);
        if let Some(original) = original.filter(|_| flag("replace_original")) {
            let blocks = state.with_block_ids(blocks);
            if let Some(message) = state.message_mut(&original.channel, &original.ts) {
                message.versions.push(Version { text, blocks, attachments, at: now, read: false });
            }
            return Ok(());
        }
        let only_for = (body["response_type"] != "in_channel").then(|| to.user.clone());
        let thread_ts = body["thread_ts"].as_str().map(str::to_owned);
        let (channel, user) = (to.channel.clone(), state.bot.clone());
        let new = NewMessage { channel, user, text, blocks, attachments, thread_ts, only_for, ..NewMessage::default() };
        state.post(new, now);
        Ok(())
    }
}

pub(super) async fn respond(
    Shared(workspace): Shared<Arc<Workspace>>,
    Path(id): Path<String>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let fault = workspace.faults().next("response_url");
    match &fault {
        Some(Fault::Held(gate)) => gate.pass().await,
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Status(status)) => return StatusCode::from_u16(*status).unwrap_or_default().into_response(),
        Some(Fault::RateLimited { retry_after }) => {
            let seconds = retry_after.as_secs().to_string();
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds)], "rate_limited").into_response();
        }
        Some(Fault::Cut) => {
            scissors.cut();
            return StatusCode::OK.into_response();
        }
        _ => {}
    }
    let result = match &fault {
        Some(Fault::Error(code)) => Err(code.clone()),
        _ => spend(&workspace, &id).and_then(|url| workspace.answer(&url, &body).map_err(str::to_owned)),
    };
    let call = Call {
        method: "response_url".into(),
        token: TokenKind::Unknown,
        body,
        error: result.as_ref().err().cloned(),
        at: workspace.now(),
    };
    workspace.journal().calls.push(call);
    workspace.changed();
    match (fault, result) {
        (Some(Fault::CutAfterActing), _) => {
            scissors.cut();
            StatusCode::OK.into_response()
        }
        (Some(Fault::HangAfterActing), _) => std::future::pending().await,
        (_, Ok(())) => Json(json!({"ok": true})).into_response(),
        (_, Err(code)) => (StatusCode::NOT_FOUND, Json(json!({"ok": false, "error": code}))).into_response(),
    }
}

fn spend(workspace: &Workspace, id: &str) -> Result<ResponseUrl, String> {
    let now = workspace.now();
    let mut state = workspace.state();
    let url = state.response_urls.get_mut(id).ok_or("expired_url")?;
    if url.expires <= now {
        return Err("expired_url".into());
    }
    if url.uses_left == 0 {
        return Err("used_url".into());
    }
    url.uses_left -= 1;
    Ok(url.clone())
}
