//! `views.*`: forms and App Homes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{Workspace, args::Args, blocks, state::State, views::View, web_api::ApiError};

/// A form and two pushed on top of it.
const DEEPEST: usize = 3;

pub(super) fn open(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let body = checked(args, "modal")?;
    let mut state = workspace.state();
    let user = workspace.spend_trigger(&mut state, args.required("trigger_id")?)?;
    unique(&state, &body, None)?;
    let view = new_view(&mut state, body, None);
    let answer = json!({"view": view.json()});
    state.forms.insert(user, vec![view]);
    Ok(answer)
}

pub(super) fn push(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let body = checked(args, "modal")?;
    let mut state = workspace.state();
    let user = workspace.spend_trigger(&mut state, args.required("trigger_id")?)?;
    unique(&state, &body, None)?;
    let view = pushed(&mut state, &user, body)?;
    Ok(json!({"view": view.json()}))
}

pub(super) fn update(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let body = checked(args, "modal")?;
    let mut state = workspace.state();
    let hash = new_hash(&mut state);
    let view = state
        .forms
        .values_mut()
        .flatten()
        .find(|view| match (args.text("view_id"), args.text("external_id")) {
            (Some(id), _) => view.id == id,
            (None, Some(id)) => view.body["external_id"] == id,
            (None, None) => false,
        })
        .ok_or_else(|| ApiError::new("not_found"))?;
    if args.text("hash").is_some_and(|hash| hash != view.hash) {
        return Err(ApiError::new("hash_conflict"));
    }
    let id = view.id.clone();
    unique(&state, &body, Some(&id))?;
    let body = with_ids(&mut state, body);
    let view = state.forms.values_mut().flatten().find(|view| view.id == id).ok_or_else(|| ApiError::new("not_found"))?;
    view.replace(body, hash);
    Ok(json!({"view": view.json()}))
}

pub(super) fn publish(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let body = checked(args, "home")?;
    let user = args.required("user_id")?;
    let mut state = workspace.state();
    if !state.users.contains_key(user) {
        return Err(ApiError::new("user_not_found"));
    }
    if let (Some(hash), Some(home)) = (args.text("hash"), state.homes.get(user))
        && hash != home.hash
    {
        return Err(ApiError::new("hash_conflict"));
    }
    let view = new_view(&mut state, body, None);
    let answer = json!({"view": view.json()});
    state.homes.insert(user.into(), view);
    Ok(answer)
}

/// Puts a form on top of those the user has open.
pub(in super::super) fn pushed(state: &mut State, user: &str, body: Value) -> Result<View, ApiError> {
    let depth = state.forms.get(user).map_or(0, Vec::len);
    if depth == 0 {
        return Err(ApiError::new("not_found"));
    }
    if depth >= DEEPEST {
        return Err(ApiError::new("push_limit_reached"));
    }
    let below = state.forms.get(user).and_then(|forms| forms.last()).cloned();
    let view = new_view(state, body, below.as_ref());
    state.forms.entry(user.into()).or_default().push(view.clone());
    Ok(view)
}

/// A new value of `hash`, which changes with every edit of a view.
pub(in super::super) fn new_hash(state: &mut State) -> String {
    format!("{}.hash", state.next())
}

/// The body with an id for each block.
pub(in super::super) fn with_ids(state: &mut State, mut body: Value) -> Value {
    let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
    body["blocks"] = state.with_block_ids(blocks).into();
    body
}

fn checked(args: &Args, kind: &str) -> Result<Value, ApiError> {
    let view = args.json("view", "invalid_arguments")?;
    let view = view
        .ok_or_else(|| ApiError::new("invalid_arguments").with_messages(vec!["[ERROR] missing required field: view".into()]))?;
    let mut wrong = blocks::check_view(&view);
    if view["type"] != kind {
        wrong.push(format!("[ERROR] must be a {kind} [json-pointer:/view/type]"));
    }
    if wrong.is_empty() { Ok(view) } else { Err(ApiError::new("invalid_arguments").with_messages(wrong)) }
}

fn unique(state: &State, body: &Value, own: Option<&str>) -> Result<(), ApiError> {
    let Some(external) = body["external_id"].as_str().filter(|id| !id.is_empty()) else { return Ok(()) };
    let taken = state.forms.values().flatten().any(|view| view.body["external_id"] == external && Some(view.id.as_str()) != own);
    if taken { Err(ApiError::new("duplicate_external_id")) } else { Ok(()) }
}

fn new_view(state: &mut State, body: Value, below: Option<&View>) -> View {
    let id = state.next_id('V');
    let hash = new_hash(state);
    let mut view = View {
        root: below.map_or_else(|| id.clone(), |below| below.root.clone()),
        previous: below.map(|below| below.id.clone()),
        id,
        hash: hash.clone(),
        body: Value::Null,
        values: serde_json::Map::new(),
    };
    let body = with_ids(state, body);
    view.replace(body, hash);
    view
}
