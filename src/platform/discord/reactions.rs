//! Emoji under a message: who put which, by the names people type.

use axum::http::Method;
use serde_json::Value;

use super::Discord;
use super::api::Fault;
use super::posting::messages;
use crate::platform::{MessageRef, Reaction};

/// Accounts that are listed at once.
const PAGE: usize = 100;
/// The two kinds of reactions Discord counts apart ("Reaction Types"): usual ones, and those that make a show.
const KINDS: [&str; 2] = ["normal", "burst"];

impl Discord {
    /// All emoji under a message now that everybody has. A server's own count for nothing: people call them what they like, and
    /// one that looks like 👀 and is called `white_check_mark` must be no vote.
    pub(super) async fn emoji_under(&self, at: &MessageRef) -> Result<Vec<Reaction>, Fault> {
        let path = format!("{}/{}", messages(&at.channel), at.message);
        let message = self.api.call(Method::GET, &path, None).await?;
        let mut reactions = Vec::new();
        for reaction in message["reactions"].as_array().into_iter().flatten() {
            let Some(letters) = usual(&reaction["emoji"]) else { continue };
            let (emoji, name) = (in_path(letters), name(letters));
            for (number, kind) in KINDS.iter().enumerate() {
                let count = reaction["count_details"][kind].as_u64();
                if count == Some(0) || (count.is_none() && number > 0) {
                    continue;
                }
                for account in self.who_put(&format!("{path}/reactions/{emoji}?type={number}")).await? {
                    let reaction = Reaction { account, emoji: name.clone() };
                    // Two skin tones of one person are one reaction.
                    if !reactions.contains(&reaction) {
                        reactions.push(reaction);
                    }
                }
            }
        }
        Ok(reactions)
    }

    async fn who_put(&self, path: &str) -> Result<Vec<String>, Fault> {
        let mut accounts: Vec<String> = Vec::new();
        loop {
            let after = accounts.last().map(|last| format!("&after={last}")).unwrap_or_default();
            let answer = self.api.call(Method::GET, &format!("{path}&limit={PAGE}{after}"), None).await?;
            let page = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            let before = accounts.len();
            accounts.extend(page.iter().filter_map(|user| user["id"].as_str()).map(str::to_owned));
            if page.len() < PAGE || accounts.len() == before {
                return Ok(accounts);
            }
        }
    }
}

/// The letters of an emoji that is no server's own.
fn usual(emoji: &Value) -> Option<&str> {
    emoji["name"].as_str().filter(|letters| !letters.is_empty() && emoji["id"].is_null())
}

/// An emoji as a path has it: percent-encoded.
fn in_path(letters: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    letters.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An emoji's name without skin tone and variation selector: ✅ is `white_check_mark`.
fn name(letters: &str) -> String {
    let toneless: String = letters.chars().filter(|letter| !('\u{1f3fb}'..='\u{1f3ff}').contains(letter)).collect();
    let bare = toneless.replace(['\u{fe0e}', '\u{fe0f}'], "");
    let known = [toneless.as_str(), bare.as_str(), &format!("{bare}\u{fe0f}")].into_iter().find_map(emojis::get);
    known.and_then(|emoji| emoji.shortcode()).map_or(bare.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn emoji_have_the_names_people_type() {
        for (letters, called) in [
            ("✅", "white_check_mark"),
            ("❌", "x"),
            ("👍🏽", "+1"),
            ("👀", "eyes"),
            ("🔕", "no_bell"),
            ("❤️", "heart"),
            ("❤", "heart"),
            ("✔️", "heavy_check_mark"),
            ("\u{e000}", "\u{e000}"),
        ] {
            assert_eq!(name(letters), called, "{letters}");
        }
    }

    #[test]
    fn an_emoji_of_peoples_own_making_counts_for_nothing() {
        assert_eq!(usual(&json!({ "id": null, "name": "✅" })), Some("✅"));
        assert_eq!(usual(&json!({ "id": "41", "name": "white_check_mark" })), None);
        assert_eq!(usual(&json!({ "id": null, "name": null })), None);
    }

    #[test]
    fn an_emoji_fits_into_a_path() {
        assert_eq!(in_path("✅"), "%E2%9C%85");
        assert_eq!(in_path("../x"), "%2E%2E%2Fx");
    }
}
