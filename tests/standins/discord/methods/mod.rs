//! The routes of REST, a file a resource.

mod application;
mod commands;
mod interactions;
mod members;
mod messages;
mod reactions;
mod threads;
mod webhooks;

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::{Guild, errors::ApiError, request::Asked};

/// What a call must carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// `Authorization: Bot TOKEN`.
    Bot,
    /// Nothing: a token is part of the path, or none is needed.
    None,
}

/// A good answer.
pub(super) enum Reply {
    /// 200 with this body.
    Json(Value),
    /// 201 with this body.
    Created(Value),
    /// 204.
    Empty,
}

type Run = fn(&Arc<Guild>, &Asked) -> Result<Reply, ApiError>;

/// A route: method, pattern of the path, and what it does.
pub(super) struct Route {
    method: &'static str,
    pattern: &'static str,
    pub(super) auth: Auth,
    pub(super) run: Run,
}

impl Route {
    /// As the documentation writes it: `POST /channels/{channel}/messages`.
    pub(super) fn name(&self) -> String {
        format!("{} /{}", self.method, self.pattern)
    }
}

const fn route(method: &'static str, pattern: &'static str, run: Run) -> Route {
    Route { method, pattern, auth: Auth::Bot, run }
}

const fn open(method: &'static str, pattern: &'static str, run: Run) -> Route {
    Route { method, pattern, auth: Auth::None, run }
}

/// In a path that fits several patterns the first one counts.
const ROUTES: &[Route] = &[
    open("GET", "gateway", application::gateway),
    route("GET", "gateway/bot", application::gateway_bot),
    route("GET", "applications/@me", application::me),
    route("GET", "oauth2/applications/@me", application::me),
    route("GET", "users/@me", application::bot),
    route("POST", "users/@me/channels", application::open_direct),
    route("GET", "users/{user}", members::user),
    route("GET", "guilds/{guild}", members::guild),
    route("GET", "guilds/{guild}/channels", members::channels),
    route("GET", "guilds/{guild}/roles", members::roles),
    route("GET", "guilds/{guild}/members", members::list),
    route("GET", "guilds/{guild}/members/{user}", members::member),
    route("PUT", "guilds/{guild}/members/{user}/roles/{role}", members::give_role),
    route("DELETE", "guilds/{guild}/members/{user}/roles/{role}", members::take_role),
    route("GET", "channels/{channel}", threads::channel),
    route("GET", "channels/{channel}/threads/archived/public", threads::archived),
    route("POST", "channels/{channel}/messages", messages::create),
    route("GET", "channels/{channel}/messages", messages::list),
    route("GET", "channels/{channel}/messages/{message}", messages::show),
    route("PATCH", "channels/{channel}/messages/{message}", messages::edit),
    route("DELETE", "channels/{channel}/messages/{message}", messages::delete),
    route("POST", "channels/{channel}/messages/{message}/threads", threads::create),
    route("PUT", "channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::add),
    route("DELETE", "channels/{channel}/messages/{message}/reactions/{emoji}/@me", reactions::remove),
    route("GET", "channels/{channel}/messages/{message}/reactions/{emoji}", reactions::users),
    route("PUT", "applications/{application}/guilds/{guild}/commands", commands::overwrite_guild),
    route("GET", "applications/{application}/guilds/{guild}/commands", commands::of_guild),
    route("PUT", "applications/{application}/commands", commands::overwrite_global),
    route("GET", "applications/{application}/commands", commands::global),
    open("POST", "interactions/{interaction}/{token}/callback", interactions::callback),
    open("POST", "webhooks/{application}/{token}", webhooks::follow_up),
    open("GET", "webhooks/{application}/{token}/messages/{message}", webhooks::show),
    open("PATCH", "webhooks/{application}/{token}/messages/{message}", webhooks::edit),
    open("DELETE", "webhooks/{application}/{token}/messages/{message}", webhooks::delete),
];

/// The route for a path, and the parts of the path by name.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, HashMap<&'static str, String>)> {
    let fits = |route: &'static Route| Some((route, parts(route.pattern, path)?));
    ROUTES.iter().filter(|route| route.method == method).find_map(fits)
}

/// Whether there is a route of this name.
pub(super) fn is_route(name: &str) -> bool {
    ROUTES.iter().any(|route| route.name() == name)
}

fn parts(pattern: &'static str, path: &str) -> Option<HashMap<&'static str, String>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut parts = HashMap::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => drop(parts.insert(name, given.to_owned())),
                None if wanted == given => {}
                None => return None,
            },
            _ => return None,
        }
    }
}
