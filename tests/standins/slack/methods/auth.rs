//! Who the token is, where to open a socket, which workspace this is.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{
    Workspace,
    args::Args,
    state::{APP_ID, BOT_ID, TEAM_ID},
    web_api::ApiError,
};

pub(super) fn test(workspace: &Arc<Workspace>, _: &Args) -> Result<Value, ApiError> {
    let state = workspace.state();
    let mut answer = json!({
        "url": format!("{}/", workspace.base_url()),
        "team": workspace.settings.team_name,
        "user": workspace.settings.bot_name,
        "team_id": TEAM_ID,
        "user_id": state.bot,
        "bot_id": BOT_ID,
        "is_enterprise_install": false,
    });
    if let Some(enterprise) = &workspace.settings.enterprise {
        answer["enterprise_id"] = enterprise.as_str().into();
    }
    Ok(answer)
}

pub(super) fn connections_open(workspace: &Arc<Workspace>, _: &Args) -> Result<Value, ApiError> {
    let ticket = workspace.sockets().ticket();
    let address = workspace.base_url().replacen("http", "ws", 1);
    Ok(json!({"url": format!("{address}/link/?ticket={ticket}&app_id={APP_ID}")}))
}

pub(super) fn team_info(workspace: &Arc<Workspace>, _: &Args) -> Result<Value, ApiError> {
    let name = &workspace.settings.team_name;
    let domain = name.to_lowercase().replace(' ', "-");
    Ok(json!({"team": {"id": TEAM_ID, "name": name, "domain": domain, "email_domain": "", "icon": {}}}))
}
