use reqwest::Method;
use serde_json::{Value, json};

use super::{call, get, office, post, rds, register, send};
use crate::discord::{APPLICATION_ID, Discord, GUILD_ID};

/// What a message is refused for: paths and codes.
async fn refused(discord: &Discord, body: Value) -> String {
    let path = format!("/channels/{}/messages", discord.channel("dba").id());
    let (status, answer) = send(discord, &path, body).await;
    assert_eq!((status, &answer["code"]), (400, &json!(50035)), "{answer}");
    assert_eq!(discord.take_violations().len(), 1);
    complaints(&answer["errors"], "")
}

fn complaints(errors: &Value, at: &str) -> String {
    let own = errors["_errors"].as_array().into_iter().flatten();
    let mut found: Vec<String> = own.map(|one| format!("{at} {}", one["code"].as_str().expect("a code"))).collect();
    for (key, below) in errors.as_object().into_iter().flatten().filter(|(key, _)| *key != "_errors") {
        found.push(complaints(below, &format!("{at}/{key}")));
    }
    found.join("\n")
}

#[tokio::test]
async fn messages_keep_their_limits() {
    let discord = office().await;
    let button = |id: &str| json!({"type": 2, "style": 1, "label": "x", "custom_id": id});
    let row = |buttons: Vec<Value>| json!({"content": "x", "components": [{"type": 1, "components": buttons}]});
    for (body, expected) in [
        (json!({"content": "x".repeat(2_001)}), "/content BASE_TYPE_MAX_LENGTH"),
        (json!({"embeds": [{"description": "x".repeat(4_097)}]}), "/embeds/0/description BASE_TYPE_MAX_LENGTH"),
        (
            json!({"embeds": [{"description": "x".repeat(3_500)}, {"description": "x".repeat(3_500)}]}),
            "/embeds MAX_EMBED_SIZE_EXCEEDED",
        ),
        (row(vec![button("a"), button("a")]), "/components/0/components/1/custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (row((0..6).map(|n| button(&n.to_string())).collect()), "/components/0/components BASE_TYPE_BAD_LENGTH"),
        (row(vec![button(&"x".repeat(101))]), "/components/0/components/0/custom_id BASE_TYPE_BAD_LENGTH"),
        (
            row(vec![json!({"type": 2, "style": 1, "label": "x".repeat(81), "custom_id": "a"})]),
            "/components/0/components/0/label BASE_TYPE_MAX_LENGTH",
        ),
        (row(vec![json!({"type": 2, "style": 5, "label": "x"})]), "/components/0/components/0/url BASE_TYPE_REQUIRED"),
        (json!({"content": "x", "nonce": "x".repeat(26)}), "/nonce BASE_TYPE_MAX_LENGTH"),
        (
            json!({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
            "/allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
    ] {
        assert_eq!(refused(&discord, body).await, expected);
    }
    post(&discord, json!({"content": "x", "blocks": []})).await;
    assert_eq!(discord.take_violations(), ["a message has keys Discord does not know: blocks"]);
}

#[tokio::test]
async fn commands_keep_their_limits_and_come_back_normalised() {
    let discord = office().await;
    let path = format!("/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands");
    let option = |name: &str, required: bool| json!({"type": 3, "name": name, "description": "d", "required": required});
    let command = |options: Value| json!([{"name": "rds", "description": "d", "options": options}]);
    for (commands, expected) in [
        (json!([{"name": "RDS", "description": "d"}]), "/0/name APPLICATION_COMMAND_INVALID_NAME"),
        (json!([{"name": "rds", "description": ""}]), "/0/description BASE_TYPE_BAD_LENGTH"),
        (command(json!([option("a", false), option("b", true)])), "/0/options/1 APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
        (
            command(json!([option("a", false), option("a", false)])),
            "/0/options/1/name APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        ),
        (
            command(json!([option("a", false), {"type": 1, "name": "b", "description": "d"}])),
            "/0/options APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (command((0..26).map(|n| option(&format!("o{n}"), false)).collect()), "/0/options BASE_TYPE_MAX_LENGTH"),
        (
            command(
                json!([{"type": 2, "name": "g", "description": "d", "options": [{"type": 2, "name": "h", "description": "d"}]}]),
            ),
            "/0/options/0/options/0/type BASE_TYPE_CHOICES",
        ),
    ] {
        let (status, answer) = call(&discord, Method::PUT, &path, commands).await;
        assert_eq!((status, complaints(&answer["errors"], "").as_str()), (400, expected), "{answer}");
    }
    discord.take_violations();
    register(&discord, rds()).await;
    discord.registered().await;
    let (_, kept) = get(&discord, &path).await;
    assert_eq!(kept[0]["options"][0]["options"][1].get("required"), None, "what is false is left out");
    assert_eq!(kept, json!(discord.commands()));
}

#[tokio::test]
async fn whom_a_message_rings_up_is_known() {
    let discord = office().await;
    let (ana, sre) = (discord.person("ana").id().to_owned(), discord.role("sre"));
    let content = format!("@everyone <@{ana}> <@&{sre}> \\<@{ana}>");
    post(&discord, json!({"content": content})).await;
    let loud = discord.channel("dba").expect("@everyone").await;
    assert_eq!(loud.plain(), format!("@everyone @ana @sre <@{ana}>"));
    assert_eq!((loud.pings.people.as_slice(), loud.pings.everyone), (&["ana".to_owned()][..], true));
    post(&discord, json!({"content": content, "allowed_mentions": {"parse": [], "users": [ana]}})).await;
    let calm = discord.channel("dba").expect("@everyone").await;
    assert_eq!((calm.pings.people.len(), calm.pings.roles.len(), calm.pings.everyone), (1, 0, false));
}
