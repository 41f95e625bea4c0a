//! `usergroups.*`: groups that can be mentioned.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{Workspace, args::Args, model::UserGroup, state::TEAM_ID, web_api::ApiError};

pub(super) fn list(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let state = workspace.state();
    let with_users = args.flag("include_users");
    let groups: Vec<Value> = state.groups.values().map(|group| group_json(group, with_users)).collect();
    Ok(json!({"usergroups": groups}))
}

pub(super) fn users_list(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let state = workspace.state();
    let group = state.groups.get(args.required("usergroup")?).ok_or_else(|| ApiError::new("no_such_subteam"))?;
    Ok(json!({"users": group.users}))
}

pub(super) fn users_update(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let users = match args.fields.get("users") {
        Some(Value::Array(users)) => users.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => args.required("users")?.split(',').map(|user| user.trim().to_owned()).collect::<Vec<_>>(),
    };
    if users.is_empty() {
        return Err(ApiError::new("no_users_provided"));
    }
    let mut state = workspace.state();
    if users.iter().any(|user| !state.users.contains_key(user)) {
        return Err(ApiError::new("invalid_users"));
    }
    let group = state.groups.get_mut(args.required("usergroup")?).ok_or_else(|| ApiError::new("no_such_subteam"))?;
    group.users = users;
    Ok(json!({"usergroup": group_json(group, true)}))
}

fn group_json(group: &UserGroup, with_users: bool) -> Value {
    let mut json = json!({
        "id": group.id, "team_id": TEAM_ID, "is_usergroup": true, "is_subteam": true, "name": group.name,
        "description": "", "handle": group.handle, "is_external": false, "date_create": 1_700_000_000,
        "date_update": 1_700_000_000, "date_delete": 0, "auto_type": null, "user_count": group.users.len(),
        "prefs": {"channels": [], "groups": []},
    });
    if with_users {
        json["users"] = group.users.clone().into();
    }
    json
}
