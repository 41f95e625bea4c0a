//! Mentions: what people type, and whom a message of the bot really rings up.

use serde_json::Value;

use super::{model::Pings, state::State};

/// A line as Discord's client sends it: `@name` and `#channel` become `<@id>`, `<@&id>` and `<#id>`.
pub(super) fn marked_up(state: &State, line: &str) -> String {
    line.split(' ').map(|word| marked_up_word(state, word)).collect::<Vec<_>>().join(" ")
}

fn marked_up_word(state: &State, word: &str) -> String {
    let letters = word.char_indices().skip(1).take_while(|(_, c)| c.is_alphanumeric() || "-_.".contains(*c));
    let end = letters.last().map_or(word.len().min(1), |(at, c)| at + c.len_utf8());
    // A dot at the end is the sentence's, not the name's.
    let name = word.get(..end).unwrap_or(word).trim_end_matches('.');
    let rest = &word[name.len()..];
    let mention = if let Some(person) = name.strip_prefix('@') {
        let user = state.user(person).map(|user| format!("<@{}>", user.id));
        user.or_else(|| state.role(person).map(|role| format!("<@&{}>", role.id)))
    } else {
        name.strip_prefix('#').and_then(|name| state.channel(name)).map(|channel| format!("<#{}>", channel.id))
    };
    match mention {
        Some(mention) => format!("{mention}{rest}"),
        None => word.into(),
    }
}

/// The ids mentioned in `content` as `<@id>` or `<@!id>` (`mark` is `@`) or `<@&id>` (`mark` is `@&`), each once.
pub(super) fn mentioned(content: &str, mark: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for piece in content.split('<').skip(1) {
        let Some((inside, _)) = piece.split_once('>') else { continue };
        let Some(id) = inside.strip_prefix(mark) else { continue };
        let id = if mark == "@" { id.trim_start_matches('!') } else { id };
        if !id.is_empty() && id.chars().all(|letter| letter.is_ascii_digit()) && !ids.iter().any(|one| one == id) {
            ids.push(id.into());
        }
    }
    ids
}

/// Whom a message of the bot rings up. Without `allowed_mentions` that is everybody its content names.
///
/// Backslashes before a mention do not keep it from ringing: Discord looks for mentions before it reads Markdown.
pub(super) fn pings(state: &State, content: &str, allowed: Option<&Value>) -> Pings {
    let parses = |kind: &str| {
        allowed.is_none_or(|allowed| allowed["parse"].as_array().is_some_and(|parse| parse.iter().any(|one| one == kind)))
    };
    let lists = |kind: &str, id: &str| {
        allowed.is_some_and(|allowed| allowed[kind].as_array().is_some_and(|ids| ids.iter().any(|one| one == id)))
    };
    let name = |id: &String| state.users.get(id).map_or_else(|| id.clone(), |user| user.name.clone());
    let people = mentioned(content, "@").into_iter().filter(|id| parses("users") || lists("users", id));
    let roles = mentioned(content, "@&").into_iter().filter(|id| parses("roles") || lists("roles", id));
    Pings {
        people: people.map(|id| name(&id)).collect(),
        roles: roles.map(|id| state.role(&id).map_or_else(|| id.clone(), |role| role.name.clone())).collect(),
        everyone: parses("everyone") && (content.contains("@everyone") || content.contains("@here")),
    }
}
