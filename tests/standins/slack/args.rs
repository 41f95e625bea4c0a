//! Arguments of a Web API call, from JSON, a form or the query.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::web_api::ApiError;

/// The arguments of one call. Values from a form are strings; the getters read through that.
pub(super) struct Args {
    pub(super) fields: Map<String, Value>,
}

impl Args {
    /// Reads the body by its content type, and the query.
    pub(super) fn read(headers: &HeaderMap, query: &str, body: &[u8]) -> Result<Self, ApiError> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut fields: Map<String, Value> = form(query.as_bytes());
        if content_type.starts_with("application/json") {
            if !body.is_empty() {
                let json: Value = serde_json::from_slice(body).map_err(|_| ApiError::new("invalid_json"))?;
                let Value::Object(json) = json else { return Err(ApiError::new("json_not_object")) };
                fields.extend(json);
            }
        } else if content_type.starts_with("application/x-www-form-urlencoded") || body.is_empty() {
            fields.extend(form(body));
        } else {
            return Err(ApiError::new("invalid_post_type"));
        }
        Ok(Self { fields })
    }

    /// Text that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            ApiError::new("invalid_arguments").with_messages(vec![format!("[ERROR] missing required field: {name}")])
        })
    }

    /// A truth value; forms say `true` or `1`.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true" || text == "1",
            _ => false,
        }
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        match self.fields.get(name)? {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// JSON, also where it came as text in a form. `wrong` is the error for text that is no JSON.
    pub(super) fn json(&self, name: &str, wrong: &'static str) -> Result<Option<Value>, ApiError> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| ApiError::new(wrong)),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// A list of blocks or attachments.
    pub(super) fn list(&self, name: &str, wrong: &'static str) -> Result<Option<Vec<Value>>, ApiError> {
        match self.json(name, wrong)? {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(ApiError::new(wrong)),
        }
    }
}

fn form(text: &[u8]) -> Map<String, Value> {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}
