use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Watch, call, get, office, office_with, post, quiet, rds, register, send};
use crate::discord::{APPLICATION_ID, Fault, GUILD_ID, NewChannel, Scope, User, UserKind};

#[tokio::test]
async fn refusals_carry_discords_codes() {
    let discord = office().await;
    discord.add_person(User::named("closed").without_direct_messages());
    discord.add_person(User::named("away").of_kind(UserKind::Outside));
    discord.add_channel(NewChannel::public("secret").without_bot());
    discord.add_channel(NewChannel::public("news").read_only());
    let words = json!({"content": "hello"});
    let id = |channel: &str| discord.channel(channel).id().to_owned();
    for (path, code) in [
        ("/channels/404/messages".to_owned(), 10003),
        (format!("/channels/{}/messages", id("secret")), 50001),
        (format!("/channels/{}/messages", id("news")), 50013),
        (format!("/channels/{}/messages", id("@closed")), 50007),
        (format!("/channels/{}/messages", id("@away")), 50007),
    ] {
        assert_eq!(send(&discord, &path, words.clone()).await.1["code"], code, "{path}");
    }
    for (path, code) in [
        (format!("/channels/{}/messages/404", id("dba")), 10008),
        (format!("/guilds/{GUILD_ID}/members/404"), 10013),
        (format!("/guilds/{GUILD_ID}/members/{}", discord.person("away").id()), 10007),
        ("/guilds/404".to_owned(), 10004),
        (format!("/guilds/{GUILD_ID}/members"), 50001),
    ] {
        assert_eq!(get(&discord, &path).await.1["code"], code, "{path}");
    }
    quiet(&discord);
    let bare = reqwest::get(format!("{}/users/@me", discord.url())).await.expect("an answer");
    assert_eq!(bare.status(), 401);
    let empty = send(&discord, &format!("/channels/{}/messages", id("dba")), json!({"content": " "})).await;
    assert_eq!((empty.0, &empty.1["code"]), (400, &json!(50006)));
    assert_eq!(discord.take_violations().len(), 1);
}

#[tokio::test]
async fn a_nonce_is_posted_once() {
    let discord = office().await;
    let body = json!({"content": "once", "nonce": "n1", "enforce_nonce": true});
    let first = post(&discord, body.clone()).await;
    assert_eq!(post(&discord, body.clone()).await["id"], first["id"]);
    assert_eq!(discord.messages("dba").len(), 1);
    discord.add_channel(NewChannel::public("ops"));
    let elsewhere = format!("/channels/{}/messages", discord.channel("ops").id());
    assert_eq!(send(&discord, &elsewhere, body.clone()).await.0, 200, "a nonce is of its channel");
    discord.person("ana").types("dba", "once").await;
    discord.takes_away(&discord.messages("dba")[0]);
    let here = format!("/channels/{}/messages", discord.channel("dba").id());
    let (status, gone) = send(&discord, &here, body).await;
    assert_eq!((status, &gone["code"]), (404, &json!(10008)), "it is remembered when its message is gone");
    let again = post(&discord, json!({"content": "once", "nonce": "n1", "enforce_nonce": false})).await;
    assert_ne!(again["id"], first["id"]);
}

#[tokio::test]
async fn a_nonce_is_forgotten_after_some_minutes() {
    let watch = Watch::new();
    let discord = office_with(watch.options()).await;
    let body = json!({"content": "once", "nonce": "n1", "enforce_nonce": true});
    let first = post(&discord, body.clone()).await;
    watch.advance(299);
    assert_eq!(post(&discord, body.clone()).await["id"], first["id"]);
    watch.advance(1);
    assert_ne!(post(&discord, body).await["id"], first["id"]);
}

#[tokio::test]
async fn a_bot_that_was_sent_away_finds_no_guild() {
    let discord = office().await;
    let commands = format!("/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands");
    let channel = format!("/channels/{}/messages", discord.channel("dba").id());
    let member = format!("/guilds/{GUILD_ID}/members/{}", discord.person("ana").id());
    register(&discord, rds()).await;
    discord.sends_bot_away().await;
    for (path, code) in [(&member, 10004), (&commands, 50001), (&channel, 50001)] {
        assert_eq!(get(&discord, path).await.1["code"], code, "{path}");
    }
    discord.invites_bot().await;
    assert_eq!(get(&discord, &commands).await.1, json!([]));
    for path in [&member, &channel] {
        assert_eq!(get(&discord, path).await.0, 200, "{path}");
    }
    quiet(&discord);
}

#[tokio::test]
async fn messages_are_listed_edited_and_deleted() {
    let discord = office().await;
    let mut ids = Vec::new();
    for content in ["one", "two", "three"] {
        ids.push(post(&discord, json!({"content": content})).await["id"].as_str().expect("an id").to_owned());
    }
    discord.person("ana").types("dba", "nobody reads this").await;
    let path = format!("/channels/{}/messages", discord.channel("dba").id());
    let listed = |query: String| {
        let (discord, path) = (discord.clone(), path.clone());
        async move {
            let (_, listed) = get(&discord, &format!("{path}?{query}")).await;
            let contents = listed.as_array().expect("a list").iter().map(|one| one["content"].as_str().expect("text").to_owned());
            contents.collect::<Vec<_>>()
        }
    };
    assert_eq!(listed("limit=2".into()).await, ["", "three"]);
    assert_eq!(listed(format!("after={}&limit=1", ids[0])).await, ["two"]);
    assert_eq!(listed(format!("before={}", ids[2])).await, ["two", "one"]);
    let (status, edited) = call(&discord, Method::PATCH, &format!("{path}/{}", ids[0]), json!({"content": "ONE"})).await;
    assert_eq!((status, &edited["content"]), (200, &json!("ONE")));
    assert!(edited["edited_timestamp"].is_string());
    assert_eq!(call(&discord, Method::DELETE, &format!("{path}/{}", ids[1]), Value::Null).await.0, 204);
    assert_eq!(get(&discord, &format!("{path}/{}", ids[1])).await.1["code"], 10008);
    assert_eq!(discord.unread(), ["#dba: one", "#dba: ONE", "#dba: three"]);
    discord.channel("dba").read_all();
    assert!(discord.unread().is_empty());
}

#[tokio::test]
async fn files_come_with_a_message() {
    let discord = office().await;
    let payload = json!({"content": "the list", "attachments": [{"id": 0, "filename": "databases.csv"}]});
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{payload}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"x.csv\"\r\nContent-Type: text/csv\r\n\r\n\
         name\norders\n\r\n--b--\r\n"
    );
    let url = format!("{}/channels/{}/messages", discord.url(), discord.channel("dba").id());
    let request = reqwest::Client::new().post(url).header("authorization", format!("Bot {}", discord.bot_token()));
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    let message = discord.channel("dba").expect("the list").await;
    assert_eq!(message.plain(), "the list\n(file: databases.csv)");
    assert_eq!(message.file("databases.csv").text(), "name\norders\n");
    quiet(&discord);
}

#[tokio::test]
async fn a_thread_has_the_id_of_its_message() {
    let discord = office().await;
    let card = post(&discord, json!({"content": "card"})).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/channels/{card}/messages");
    assert_eq!(send(&discord, &path, json!({"content": "detail"})).await.1["code"], 10003);
    let threads = format!("/channels/{}/messages/{card}/threads", discord.channel("dba").id());
    let (status, thread) = send(&discord, &threads, json!({"name": "card"})).await;
    assert_eq!((status, &thread["id"]), (201, &json!(card)));
    assert_eq!(send(&discord, &threads, json!({"name": "card"})).await.1["code"], 160_004);
    assert_eq!(send(&discord, &path, json!({"content": "detail"})).await.0, 200);
    let dba = discord.channel("dba");
    assert_eq!(dba.transcript(), "watchkeeper: card\n    watchkeeper: detail");
    let parent = dba.expect("card").await;
    assert_eq!(dba.thread(&parent).len(), 2);
    dba.expect("detail").await;
    discord.person("ana").replies(&parent, "thanks").await;
    assert_eq!(dba.thread(&parent)[2].plain(), "thanks");
    assert!(discord.unread().is_empty());
}

#[tokio::test]
async fn replies_hang_on_their_message() {
    let discord = office().await;
    let said = discord.person("ana").types("dba", "hello").await;
    let id = said.message().id.clone();
    let body = json!({"content": "hi", "message_reference": {"message_id": id}, "allowed_mentions": {"parse": []}});
    post(&discord, body).await;
    let reply = discord.channel("dba").expect("hi").await;
    assert_eq!((reply.reply_to.as_deref(), reply.pings.people.len()), (Some(id.as_str()), 0));
    post(&discord, json!({"content": "hm", "message_reference": {"message_id": "404", "fail_if_not_exists": false}})).await;
    let gone = json!({"content": "hm", "message_reference": {"message_id": "404"}});
    let path = format!("/channels/{}/messages", discord.channel("dba").id());
    assert_eq!(send(&discord, &path, gone).await.1["errors"]["message_reference"]["_errors"][0]["message"], "Unknown message");
}

#[tokio::test]
async fn reactions_are_read_in_pages() {
    let discord = office().await;
    post(&discord, json!({"content": "card"})).await;
    let card = discord.channel("dba").expect("card").await;
    for person in ["ana", "ben"] {
        discord.person(person).reacts("white_check_mark", &card).await;
    }
    let path = format!("/channels/{}/messages/{}/reactions/%E2%9C%85", card.channel, card.id);
    assert_eq!(call(&discord, Method::PUT, &format!("{path}/@me"), Value::Null).await.0, 204);
    let (_, first) = get(&discord, &format!("{path}?limit=2")).await;
    let last = first[1]["id"].as_str().expect("an id").to_owned();
    let (_, second) = get(&discord, &format!("{path}?limit=2&after={last}")).await;
    assert_eq!((first.as_array().map(Vec::len), second.as_array().map(Vec::len)), (Some(2), Some(1)));
    let (_, message) = get(&discord, &format!("/channels/{}/messages/{}", card.channel, card.id)).await;
    assert_eq!((&message["reactions"][0]["count"], &message["reactions"][0]["me"]), (&json!(3), &json!(true)));
    assert_eq!(discord.channel("dba").again(&card).expect("it is there").reacted("white_check_mark").len(), 3);
    let path = path.replace("%E2%9C%85", "nonsense");
    assert_eq!(get(&discord, &path).await.1["code"], 10014);
}

#[tokio::test]
async fn limits_are_shown_and_on_demand_enforced() {
    let watch = Watch::new();
    let discord = office_with(watch.options()).await;
    let url = format!("{}/channels/{}/messages", discord.url(), discord.channel("dba").id());
    let hello = || {
        let request = reqwest::Client::new().post(&url).header("authorization", format!("Bot {}", discord.bot_token()));
        async { request.json(&json!({"content": "hello"})).send().await.expect("an answer") }
    };
    for _ in 0..7 {
        let answer = hello().await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["x-ratelimit-remaining"]), (200, &"4".parse().expect("text")));
    }
    discord.enforce_rate_limits();
    for _ in 0..5 {
        assert_eq!(hello().await.status(), 200);
    }
    let refused = hello().await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].clone()), (429, "5".parse().expect("text")));
    assert_eq!(refused.json::<Value>().await.expect("JSON")["retry_after"], 5.0);
    watch.advance(5);
    assert_eq!(hello().await.status(), 200);
    quiet(&discord);
}

#[tokio::test]
async fn faults_come_on_demand() {
    let discord = office().await;
    let route = "POST /channels/{channel}/messages";
    let path = format!("/channels/{}/messages", discord.channel("dba").id());
    let (retry_after, words) = (Duration::from_millis(1_500), json!({"content": "hello"}));
    discord.fail_next(route, Fault::RateLimited { retry_after, scope: Scope::Global });
    discord.fail_next(route, Fault::Status(502));
    discord.fail_next(route, Fault::Error(50013));
    let (status, body) = send(&discord, &path, words.clone()).await;
    assert_eq!((status, &body["retry_after"], &body["global"]), (429, &json!(1.5), &json!(true)));
    assert_eq!(send(&discord, &path, words.clone()).await.0, 502);
    assert_eq!(send(&discord, &path, words.clone()).await.1["code"], 50013);
    assert!(discord.messages("dba").is_empty());
    discord.fail_next(route, Fault::CutAfterActing);
    let url = format!("{}{path}", discord.url());
    let request = reqwest::Client::new().post(url).header("authorization", format!("Bot {}", discord.bot_token()));
    assert!(request.json(&words).send().await.is_err());
    assert_eq!(discord.messages("dba").len(), 1);
    assert_eq!(discord.calls_of(route).len(), 4);
}
