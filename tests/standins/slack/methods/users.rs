//! `users.*`: accounts and what sort they are.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    super::{
        Workspace,
        args::Args,
        model::{User, UserKind},
        state::{APP_ID, BOT_ID, SLACKBOT, TEAM_ID},
        web_api::ApiError,
    },
    conversations::page,
};

pub(super) fn info(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let id = args.required("user")?;
    let user = workspace.state().users.get(id).cloned().ok_or_else(|| ApiError::new("user_not_found"))?;
    Ok(json!({"user": user_json(workspace, &user)}))
}

pub(super) fn list(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let users: Vec<User> = workspace.state().users.values().cloned().collect();
    let users = users.iter().map(|user| user_json(workspace, user)).collect();
    let (members, next_cursor) = page(users, args)?;
    Ok(json!({"members": members, "cache_ts": workspace.now().as_second(), "response_metadata": {"next_cursor": next_cursor}}))
}

pub(super) fn lookup_by_email(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let email = args.required("email")?.to_lowercase();
    let found = workspace
        .state()
        .users
        .values()
        .find(|user| user.kind != UserKind::Deactivated && user.email.as_ref().is_some_and(|own| own.to_lowercase() == email))
        .cloned();
    // The method's own code for an unknown address.
    let user = found.ok_or_else(|| ApiError::new("users_not_found"))?;
    Ok(json!({"user": user_json(workspace, &user)}))
}

/// A user as `users.info` shows it; the address only with the scope for it.
fn user_json(workspace: &Workspace, user: &User) -> Value {
    let kind = user.kind;
    let is_app_bot = workspace.state().bot == user.id;
    let zone = TimeZone::get(&user.tz).unwrap_or(TimeZone::UTC);
    let mut profile = json!({
        "title": user.title, "phone": "", "skype": "", "real_name": user.real_name, "real_name_normalized": user.real_name,
        "display_name": user.name, "display_name_normalized": user.name, "status_text": "", "status_emoji": "",
        "status_expiration": 0, "avatar_hash": "", "team": TEAM_ID,
    });
    if let Some(email) = user.email.as_ref().filter(|_| workspace.need("users:read.email").is_ok()) {
        profile["email"] = email.clone().into();
    }
    if is_app_bot {
        profile["bot_id"] = BOT_ID.into();
        profile["api_app_id"] = APP_ID.into();
    }
    let mut json = json!({
        "id": user.id, "team_id": TEAM_ID, "name": user.name, "deleted": kind == UserKind::Deactivated,
        "profile": profile, "is_bot": kind == UserKind::Bot && user.id != SLACKBOT, "is_app_user": false,
        "updated": 1_700_000_000,
    });
    let elsewhere = user.team.clone().or_else(|| (kind == UserKind::Stranger).then(|| "T0000000002".to_owned()));
    if let Some(team) = elsewhere {
        // "Slack Connect": false for people with whom the app shares a channel.
        json["is_stranger"] = (kind == UserKind::Stranger).into();
        json["team_id"] = team.as_str().into();
        json["profile"]["team"] = team.into();
    }
    if let Some(enterprise) = &user.enterprise {
        json["enterprise_user"] = json!({
            "id": user.id.replacen('U', "W", 1), "enterprise_id": enterprise, "enterprise_name": "", "is_admin": false,
            "is_owner": false, "teams": [json["team_id"]],
        });
    }
    if kind != UserKind::Deactivated {
        let offset = zone.to_offset(workspace.now()).seconds();
        let more = json!({
            "color": color(&user.id), "real_name": user.real_name, "tz": user.tz, "tz_label": user.tz, "tz_offset": offset,
            "is_admin": false, "is_owner": false, "is_primary_owner": false,
            "is_restricted": matches!(kind, UserKind::Guest | UserKind::SingleChannelGuest),
            "is_ultra_restricted": kind == UserKind::SingleChannelGuest,
            "is_email_confirmed": user.email.is_some() && user.confirmed, "who_can_share_contact_card": "EVERYONE",
        });
        if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
            json.extend(more);
        }
    }
    json
}

/// The colour Slack shows beside a name, six hexadecimal digits, always the same for an id.
pub(in super::super) fn color(id: &str) -> String {
    const COLORS: [&str; 8] = ["9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "e0a729", "684b6c"];
    let sum: usize = id.bytes().map(usize::from).sum();
    COLORS[sum % COLORS.len()].into()
}
