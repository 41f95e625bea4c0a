//! The application itself, its bot, the gateway's address, direct messages.

use std::sync::Arc;

use serde_json::json;

use super::{
    super::{
        Guild,
        errors::ApiError,
        json,
        model::UserKind,
        request::Asked,
        state::{APPLICATION_ID, BOT_ID},
    },
    Reply,
};

pub(super) fn gateway(guild: &Arc<Guild>, _: &Asked) -> Result<Reply, ApiError> {
    Ok(Reply::Json(json!({"url": guild.gateway_url()})))
}

pub(super) fn gateway_bot(guild: &Arc<Guild>, _: &Asked) -> Result<Reply, ApiError> {
    let limit = json!({"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1});
    Ok(Reply::Json(json!({"url": guild.gateway_url(), "shards": 1, "session_start_limit": limit})))
}

pub(super) fn me(guild: &Arc<Guild>, _: &Asked) -> Result<Reply, ApiError> {
    Ok(Reply::Json(json!({
        "id": APPLICATION_ID, "name": guild.settings.bot_name, "icon": null, "description": "", "summary": "", "type": null,
        "bot_public": false, "bot_require_code_grant": false, "verify_key": "0".repeat(64), "flags": 0, "team": null,
        "owner": null, "hook": true, "bot": guild.state().users.get(BOT_ID).map(json::user),
    })))
}

pub(super) fn bot(guild: &Arc<Guild>, _: &Asked) -> Result<Reply, ApiError> {
    let mut bot = guild.state().users.get(BOT_ID).map(json::user).unwrap_or_default();
    json::merge(&mut bot, json!({"mfa_enabled": false, "verified": true, "email": null, "locale": "en-US"}));
    Ok(Reply::Json(bot))
}

/// `POST /users/@me/channels`: opens even where nothing can be sent; only sending is refused.
pub(super) fn open_direct(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let id = asked.text("recipient_id").unwrap_or_default();
    let mut state = guild.state();
    let known = state.users.get(id).is_some_and(|user| user.kind != UserKind::Bot);
    if !known {
        return Err(ApiError::of(10013));
    }
    let channel = state.direct(id).ok_or_else(|| ApiError::of(10013))?;
    let channel = state.channels.get(&channel).ok_or_else(|| ApiError::of(10003))?;
    Ok(Reply::Json(json::channel(&state, channel)))
}
