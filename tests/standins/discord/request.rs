//! A call of REST as its method reads it: path, query, body and files.

use std::collections::HashMap;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header},
};
use serde_json::Value;

use super::errors::ApiError;

/// A file that came with a call, named by its part: `files[0]`.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) index: String,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// A call.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) path: HashMap<&'static str, String>,
    pub(super) query: HashMap<String, String>,
    pub(super) body: Value,
    pub(super) files: Vec<Upload>,
}

impl Asked {
    /// A part of the path; empty when the route has none of that name.
    pub(super) fn at(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number of the query within bounds, `default` when it is not there.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| ApiError::wrong(name, "NUMBER_TYPE_MAX", &format!("int value should be between 1 and {most}.")))
    }

    /// Text of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }
}

/// Body and files of a request, JSON or several parts with `payload_json`.
pub(super) async fn read(headers: &HeaderMap, bytes: Bytes) -> Result<(Value, Vec<Upload>), ApiError> {
    if bytes.is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        if !kind.starts_with("application/json") {
            return Err(ApiError::wrong(
                "_type",
                "CONTENT_TYPE_INVALID",
                "Expected \"Content-Type\" header to be application/json.",
            ));
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| ApiError::of(50109))?;
        return Ok((body, Vec::new()));
    }
    let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(bytes));
    let mut parts = match request {
        Ok(request) => Multipart::from_request(request, &()).await.map_err(|_| ApiError::of(50035))?,
        Err(_) => return Err(ApiError::of(50035)),
    };
    let (mut body, mut files) = (Value::Null, Vec::new());
    while let Some(part) = parts.next_field().await.map_err(|_| ApiError::of(50035))? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(|_| ApiError::of(50035))?.to_vec();
        let index = name.strip_prefix("files[").and_then(|name| name.strip_suffix(']'));
        match (index, file) {
            (Some(index), Some(name)) => files.push(Upload { index: index.into(), name, content }),
            _ if name == "payload_json" => body = serde_json::from_slice(&content).map_err(|_| ApiError::of(50109))?,
            _ => return Err(ApiError::wrong(&name, "UNKNOWN_PART", "A part is files[n] or payload_json.")),
        }
    }
    Ok((body, files))
}
