//! `POST /api/METHOD`: tokens, scopes, faults, the log of calls, and Slack's form of answers.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Workspace,
    args::Args,
    faults::Fault,
    journal::{Call, TokenKind},
    methods,
    wire::Scissors,
};

/// A refusal in Slack's own words: an error code and what goes with it.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) code: String,
    fields: Map<String, Value>,
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), fields: Map::new(), retry_after: None }
    }

    /// With `response_metadata.messages`, where Slack says what is wrong and where.
    pub(super) fn with_messages(mut self, messages: Vec<String>) -> Self {
        self.fields.insert("response_metadata".into(), json!({"messages": messages}));
        self
    }

    /// Status 429 with `Retry-After` in seconds.
    pub(super) fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new("ratelimited") }
    }

    fn missing_scope(needed: &str, provided: &[String]) -> Self {
        let mut error = Self::new("missing_scope");
        error.fields.insert("needed".into(), needed.into());
        error.fields.insert("provided".into(), provided.join(",").into());
        error
    }

    /// Whether a correct app never meets this error, so that it counts as a violation.
    fn is_the_apps_mistake(&self) -> bool {
        const STATES_OF_THE_WORLD: [&str; 21] = [
            "already_reacted",
            "cant_delete_message",
            "channel_not_found",
            "exchanged_trigger_id",
            "expired_trigger_id",
            "expired_url",
            "file_not_found",
            "hash_conflict",
            "is_archived",
            "message_not_found",
            "no_reaction",
            "no_such_subteam",
            "not_found",
            "not_in_channel",
            "push_limit_reached",
            "ratelimited",
            "thread_not_found",
            "used_url",
            "user_disabled",
            "user_not_found",
            "user_not_in_channel",
        ];
        let lookup = matches!(self.code.as_str(), "users_not_found" | "method_not_supported_for_channel_type");
        !lookup && !STATES_OF_THE_WORLD.contains(&self.code.as_str())
    }

    fn into_response(self) -> Response {
        let mut body = Map::from_iter([("ok".into(), Value::Bool(false)), ("error".into(), self.code.into())]);
        body.extend(self.fields);
        match self.retry_after {
            Some(seconds) => {
                (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], Json(body)).into_response()
            }
            None => Json(body).into_response(),
        }
    }
}

/// What a method does with its arguments: the fields of the answer, `ok` not among them.
pub(super) type Run = fn(&Arc<Workspace>, &Args) -> Result<Value, ApiError>;

/// A method of the Web API.
pub(super) struct Method {
    pub(super) token: TokenKind,
    /// Scope the token must have; empty for none. Methods on channels ask for more, by the channel's kind.
    pub(super) scope: &'static str,
    pub(super) run: Run,
}

pub(super) async fn call(
    State(workspace): State<Arc<Workspace>>,
    Path(method): Path<String>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = Args::read(&headers, query.as_deref().unwrap_or_default(), &body);
    let token = token(&headers, args.as_ref().ok());
    let kind = workspace.token_kind(token.as_deref());
    let mut arguments = args.as_ref().map(|args| Value::Object(args.fields.clone())).unwrap_or_default();
    if let Some(arguments) = arguments.as_object_mut() {
        arguments.remove("token");
    }
    let call = workspace.begin_call(&method, kind, arguments);

    let fault = workspace.faults().next(&method);
    match &fault {
        Some(Fault::Error(code)) => return workspace.fault_answer(call, ApiError::new(code.clone())),
        Some(Fault::RateLimited { retry_after }) => {
            return workspace.fault_answer(call, ApiError::rate_limited(retry_after.as_secs()));
        }
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            workspace.end_call(call, Some(status.as_str()));
            return (status, "<html>Something went wrong</html>").into_response();
        }
        Some(Fault::Held(gate)) => gate.pass().await,
        Some(Fault::Hang) => {
            workspace.end_call(call, Some("hang"));
            std::future::pending::<()>().await;
        }
        Some(Fault::Cut) => {
            workspace.end_call(call, Some("cut"));
            scissors.cut();
            return StatusCode::OK.into_response();
        }
        Some(Fault::CutAfterActing | Fault::HangAfterActing) | None => {}
    }

    let result = args.and_then(|args| workspace.run(&method, token.as_deref(), &args));
    if let Err(error) = &result
        && error.is_the_apps_mistake()
    {
        let detail = error.fields.get("response_metadata").map(ToString::to_string).unwrap_or_default();
        workspace.violation(format!("{method} was refused with {} {detail}", error.code));
    }
    workspace.end_call(call, result.as_ref().err().map(|error| error.code.as_str()));
    match fault {
        Some(Fault::CutAfterActing) => {
            scissors.cut();
            StatusCode::OK.into_response()
        }
        Some(Fault::HangAfterActing) => std::future::pending().await,
        _ => match result {
            Ok(mut body) => {
                body["ok"] = true.into();
                Json(body).into_response()
            }
            Err(error) => error.into_response(),
        },
    }
}

fn token(headers: &HeaderMap, args: Option<&Args>) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
    bearer.or_else(|| args?.text("token")).map(str::to_owned)
}

impl Workspace {
    fn run(self: &Arc<Self>, name: &str, token: Option<&str>, args: &Args) -> Result<Value, ApiError> {
        let method = methods::find(name).ok_or_else(|| ApiError::new("unknown_method"))?;
        let Some(token) = token else { return Err(ApiError::new("not_authed")) };
        match self.token_kind(Some(token)) {
            TokenKind::Unknown => return Err(ApiError::new("invalid_auth")),
            kind if kind != method.token => return Err(ApiError::new("not_allowed_token_type")),
            _ => {}
        }
        if method.token == TokenKind::Bot {
            self.need(method.scope)?;
        }
        (method.run)(self, args)
    }

    /// Whether the bot's token has the scope; an empty one is always there.
    pub(super) fn need(&self, scope: &str) -> Result<(), ApiError> {
        let granted = self.granted();
        if scope.is_empty() || granted.iter().any(|one| one == scope) {
            return Ok(());
        }
        Err(ApiError::missing_scope(scope, &granted))
    }

    fn begin_call(&self, method: &str, token: TokenKind, body: Value) -> usize {
        let call = Call { method: method.into(), token, body, error: None, at: self.now() };
        let mut journal = self.journal();
        journal.calls.push(call);
        journal.calls.len() - 1
    }

    fn end_call(&self, call: usize, error: Option<&str>) {
        if let Some(call) = self.journal().calls.get_mut(call) {
            call.error = error.map(str::to_owned);
        }
        self.changed();
    }

    fn fault_answer(&self, call: usize, error: ApiError) -> Response {
        self.end_call(call, Some(&error.code));
        error.into_response()
    }
}
