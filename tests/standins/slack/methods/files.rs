//! `files.*`: the upload in three steps, and the addresses the bytes go to and come from.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Path, Request, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::super::{
    Workspace,
    args::Args,
    model::File,
    state::{NewMessage, TEAM_ID},
    web_api::ApiError,
};

pub(super) fn upload_url(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let name = args.required("filename")?.to_owned();
    let announced = args.number("length").filter(|length| *length > 0);
    let announced = announced.ok_or_else(|| ApiError::new("invalid_arguments"))?;
    let mut state = workspace.state();
    let id = state.next_id('F');
    let file = File { id: id.clone(), title: name.clone(), name, announced, content: None, complete: false };
    state.files.insert(id.clone(), file);
    Ok(json!({"upload_url": format!("{}/upload/v1/{id}", workspace.base_url()), "file_id": id}))
}

pub(super) fn complete_upload(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let now = workspace.now();
    let listed = args.list("files", "invalid_arguments")?.unwrap_or_default();
    let mut state = workspace.state();
    let mut ids = Vec::new();
    for one in &listed {
        let id = one["id"].as_str().unwrap_or_default();
        let file = state.files.get_mut(id).filter(|file| file.content.is_some() && !file.complete);
        let file = file.ok_or_else(|| ApiError::new("file_not_found"))?;
        if let Some(title) = one["title"].as_str() {
            file.title = title.into();
        }
        ids.push(id.to_owned());
    }
    if ids.is_empty() {
        return Err(ApiError::new("invalid_arguments"));
    }
    let channels: Vec<String> = match (args.text("channel_id"), args.text("channels")) {
        (Some(id), _) => vec![id.into()],
        (None, Some(ids)) => ids.split(',').map(str::to_owned).collect(),
        (None, None) => Vec::new(),
    };
    for id in &channels {
        let channel = state.channels.get(id).ok_or_else(|| ApiError::new("channel_not_found"))?;
        if !channel.members.contains(&state.bot) {
            return Err(ApiError::new("not_in_channel"));
        }
    }
    for id in &ids {
        if let Some(file) = state.files.get_mut(id) {
            file.complete = true;
        }
    }
    for channel in channels {
        let text = args.text("initial_comment").unwrap_or_default().to_owned();
        let thread_ts = args.text("thread_ts").map(str::to_owned);
        let user = state.bot.clone();
        let new = NewMessage { channel, user, text, thread_ts, files: ids.clone(), ..NewMessage::default() };
        state.post(new, now);
    }
    let files: Vec<Value> = ids.iter().filter_map(|id| state.files.get(id)).map(file_json).collect();
    Ok(json!({"files": files}))
}

/// Takes the bytes, as the whole body or as the `file` of a multipart form.
pub(in super::super) async fn receive(
    Shared(workspace): Shared<Arc<Workspace>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let multipart = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    let bytes = if multipart { first_part(request).await } else { Bytes::from_request(request, &()).await.ok() };
    let Some(bytes) = bytes else { return StatusCode::BAD_REQUEST.into_response() };
    let length = bytes.len();
    let announced = {
        let mut state = workspace.state();
        let Some(file) = state.files.get_mut(&id).filter(|file| file.content.is_none()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        file.content = Some(bytes.to_vec());
        file.announced
    };
    if announced != length {
        workspace.violation(format!("upload of {length} bytes to {id}, announced were {announced}"));
    }
    format!("OK - {length}").into_response()
}

/// Hands the bytes of a file out; the page shows and downloads files from here.
pub(in super::super) async fn serve(
    Shared(workspace): Shared<Arc<Workspace>>,
    Path((id, _)): Path<(String, String)>,
) -> Response {
    let file = workspace.state().files.get(&id).cloned();
    let content = file.and_then(|file| file.content.map(|content| (mimetype(&file.name), content)));
    match content {
        Some((kind, content)) => ([(header::CONTENT_TYPE, kind)], content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn first_part(request: Request) -> Option<Bytes> {
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    parts.next_field().await.ok()??.bytes().await.ok()
}

pub(in super::super) fn mimetype(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "csv" => "text/csv",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" | "log" | "md" => "text/plain",
        _ => "application/octet-stream",
    }
}

/// A file as answers and messages carry it.
pub(in super::super) fn file_json(file: &File) -> Value {
    let kind = file.name.rsplit('.').next().unwrap_or_default();
    json!({
        "id": file.id, "created": 1_700_000_000, "timestamp": 1_700_000_000, "name": file.name, "title": file.title,
        "mimetype": mimetype(&file.name), "filetype": kind, "pretty_type": kind.to_uppercase(), "user_team": TEAM_ID,
        "editable": false, "size": file.content.as_ref().map_or(0, Vec::len), "mode": "hosted", "is_external": false,
        "external_type": "", "is_public": false, "public_url_shared": false, "display_as_bot": false, "username": "",
        "url_private": format!("/files/{}/{}", file.id, file.name),
        "has_rich_preview": false, "file_access": "visible", "shares": {}, "channels": [], "groups": [], "ims": [],
    })
}
