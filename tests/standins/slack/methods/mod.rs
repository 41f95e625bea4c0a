//! The methods of the Web API, a file per family.

mod auth;
mod chat;
mod conversations;
mod files;
mod reactions;
mod usergroups;
mod users;
mod views;

pub(super) use conversations::message_json;
pub(super) use files::{file_json, mimetype, receive, serve};
pub(super) use users::color;
pub(super) use views::{new_hash, pushed, with_ids};

use super::{
    journal::TokenKind,
    web_api::{Method, Run},
};

/// The method called `name`, if the stand-in speaks it.
pub(super) fn find(name: &str) -> Option<Method> {
    let (scope, run): (&'static str, Run) = match name {
        "apps.connections.open" => return Some(Method { token: TokenKind::App, scope: "", run: auth::connections_open }),
        "auth.test" => ("", auth::test),
        "team.info" => ("team:read", auth::team_info),
        "chat.postMessage" => ("chat:write", chat::post_message),
        "chat.postEphemeral" => ("chat:write", chat::post_ephemeral),
        "chat.update" => ("chat:write", chat::update),
        "chat.delete" => ("chat:write", chat::delete),
        "chat.getPermalink" => ("", chat::permalink),
        "conversations.list" => ("", conversations::list),
        "conversations.info" => ("", conversations::info),
        "conversations.open" => ("im:write", conversations::open),
        "conversations.join" => ("channels:join", conversations::join),
        "conversations.members" => ("", conversations::members),
        "conversations.history" => ("", conversations::history),
        "conversations.replies" => ("", conversations::replies),
        "files.getUploadURLExternal" => ("files:write", files::upload_url),
        "files.completeUploadExternal" => ("files:write", files::complete_upload),
        "reactions.add" => ("reactions:write", reactions::add),
        "reactions.remove" => ("reactions:write", reactions::remove),
        "reactions.get" => ("reactions:read", reactions::get),
        "usergroups.list" => ("usergroups:read", usergroups::list),
        "usergroups.users.list" => ("usergroups:read", usergroups::users_list),
        "usergroups.users.update" => ("usergroups:write", usergroups::users_update),
        "users.info" => ("users:read", users::info),
        "users.list" => ("users:read", users::list),
        "users.lookupByEmail" => ("users:read.email", users::lookup_by_email),
        "views.open" => ("", views::open),
        "views.push" => ("", views::push),
        "views.update" => ("", views::update),
        "views.publish" => ("", views::publish),
        _ => return None,
    };
    Some(Method { token: TokenKind::Bot, scope, run })
}
