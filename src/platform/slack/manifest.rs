//! The app's manifest, from the list of commands (api.slack.com "App manifests").

use commands::registry::Entry;
use serde_json::{Value, json};

use super::limits::cut;

/// What the bot token may do, and why the bot needs it.
const SCOPES: &[&str] = &[
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "mpim:history",
    "reactions:read",
    "usergroups:read",
    "usergroups:write",
    "users:read",
    "users:read.email",
];
/// The events it listens to.
const EVENTS: &[&str] = &["app_mention", "message.im", "reaction_added", "reaction_removed"];
/// Longest description that Slack shows whole beside a command.
const DESCRIPTION: usize = 140;
/// Slack's limit.
const USAGE_HINT: usize = 1_000;

/// The manifest of an app that has these commands: over Socket Mode, or over HTTP where `base_url` says where the bot is
/// reached (`https://bot.example.com`). `prefix` is what the names of its slash commands begin with: `/` or `/wk-`.
pub fn manifest(commands: &[Entry], base_url: Option<&str>, prefix: &str) -> Value {
    let route = |path: &str| base_url.map(|base| format!("{}/slack/{path}", base.trim_end_matches('/')));
    let mut capabilities: Vec<&str> = Vec::new();
    for entry in commands {
        if !capabilities.contains(&entry.capability()) {
            capabilities.push(entry.capability());
        }
    }
    let slash_commands: Vec<Value> = capabilities
        .iter()
        .map(|capability| with(slash_command(commands, capability, prefix), "url", route("commands")))
        .collect();
    let interactivity = with(json!({ "is_enabled": true }), "request_url", route("interactive"));
    let interactivity = with(interactivity, "message_menu_options_url", route("interactive"));
    json!({
        "display_information": {
            "name": "Watchkeeper",
            "description": "Operations from chat: planned, approved, executed once and audited",
            "background_color": "#1f2d3d",
        },
        "features": {
            "app_home": { "home_tab_enabled": false, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
            "bot_user": { "display_name": "Watchkeeper", "always_online": true },
            "slash_commands": slash_commands,
        },
        "oauth_config": { "scopes": { "bot": SCOPES } },
        "settings": {
            "event_subscriptions": with(json!({ "bot_events": EVENTS }), "request_url", route("events")),
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": base_url.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

fn slash_command(commands: &[Entry], capability: &str, prefix: &str) -> Value {
    let entries: Vec<&Entry> = commands.iter().filter(|entry| entry.capability() == capability).collect();
    let abouts: Vec<String> = entries.iter().map(|entry| entry.about().trim_end_matches('.').to_owned()).collect();
    let words: Vec<&str> = entries.iter().filter_map(|entry| entry.name().split_once(' ')).map(|(_, words)| words).collect();
    let mut command = json!({
        "command": format!("{prefix}{capability}"),
        "description": cut(&abouts.join("; "), DESCRIPTION),
        // Mentions arrive as ids, which no change of name makes ambiguous.
        "should_escape": true,
    });
    if !words.is_empty() {
        command["usage_hint"] = cut(&words.join(" | "), USAGE_HINT).into();
    }
    command
}

fn with(mut object: Value, key: &str, value: Option<String>) -> Value {
    if let Some(value) = value {
        object[key] = value.into();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_capability_is_one_slash_command_with_the_prefix() {
        let manifest = manifest(commands::ALL, None, "/wk-");
        let listed: Vec<&str> = names(&manifest);
        let mut expected: Vec<String> = commands::ALL.iter().map(|entry| format!("/wk-{}", entry.capability())).collect();
        expected.dedup();
        assert_eq!(listed, expected);
        assert_eq!(manifest["settings"]["socket_mode_enabled"], true);
        assert!(!manifest.to_string().contains("http"), "Socket Mode needs no address");
    }

    #[test]
    fn over_http_everything_knows_where_the_bot_is() {
        let manifest = manifest(commands::ALL, Some("https://bot.example.com/"), "/");
        let settings = &manifest["settings"];
        assert_eq!(settings["socket_mode_enabled"], false);
        assert_eq!(settings["event_subscriptions"]["request_url"], "https://bot.example.com/slack/events");
        assert_eq!(settings["interactivity"]["request_url"], "https://bot.example.com/slack/interactive");
        assert_eq!(settings["interactivity"]["message_menu_options_url"], "https://bot.example.com/slack/interactive");
        let commands = manifest["features"]["slash_commands"].as_array().unwrap();
        assert!(!commands.is_empty());
        for command in commands {
            assert_eq!(command["url"], "https://bot.example.com/slack/commands");
            assert!(!command["description"].as_str().unwrap().is_empty(), "{command}");
        }
    }

    fn names(manifest: &Value) -> Vec<&str> {
        let commands = manifest["features"]["slash_commands"].as_array().unwrap();
        commands.iter().map(|command| command["command"].as_str().unwrap()).collect()
    }
}
