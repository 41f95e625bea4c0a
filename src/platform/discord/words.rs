//! What people typed, as Discord sends it → what they meant.

use super::NAME;

/// Unwraps Discord's markup: `<@123>` → `@discord:123`, `<#123>` → `#123`, `<:name:123>` → `:name:`, `<https://…>` → the
/// address (discord.com/developers/docs "Message Formatting").
pub(super) fn unwrap(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(before);
        match behind.split_once('>').and_then(|(inside, after)| Some((meant(inside)?, after))) {
            Some((meant, after)) => {
                plain.push_str(&meant);
                rest = after;
            }
            None => {
                plain.push('<');
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    plain.replace('\u{a0}', " ").trim().to_owned()
}

/// The command in a message that mentions the bot: what stands behind the first mention of it, or before it where nothing
/// is behind. None where the bot is not mentioned.
pub(super) fn without_mention<'a>(text: &'a str, bot: &str) -> Option<&'a str> {
    let forms = [format!("<@{bot}>"), format!("<@!{bot}>")];
    let (start, form) = forms.iter().filter_map(|form| Some((text.find(form.as_str())?, form))).min()?;
    let (before, behind) = (text[..start].trim(), text[start + form.len()..].trim());
    Some(if behind.is_empty() { before } else { behind.trim_start_matches([':', ',']).trim_start() })
}

fn meant(inside: &str) -> Option<String> {
    let id = |id: &str| (!id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit())).then(|| id.to_owned());
    if let Some(role) = inside.strip_prefix("@&") {
        return Some(format!("@{}", id(role)?));
    }
    if let Some(account) = inside.strip_prefix('@') {
        return Some(format!("@{NAME}:{}", id(account.trim_start_matches('!'))?));
    }
    if let Some(channel) = inside.strip_prefix('#') {
        return Some(format!("#{}", id(channel)?));
    }
    if inside.starts_with("https://") || inside.starts_with("http://") {
        return Some(inside.to_owned());
    }
    let emoji = inside.strip_prefix("a:").or_else(|| inside.strip_prefix(':'))?;
    let (name, number) = emoji.split_once(':')?;
    id(number).map(|_| format!(":{name}:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_what_was_meant() {
        for (sent, meant) in [
            ("grant <@12> and <@!34> in <#56>", "grant @discord:12 and @discord:34 in #56"),
            ("<@&7> <:party:8> <a:dance:9>", "@7 :party: :dance:"),
            ("see <https://a.b/?x=1&y=2>", "see https://a.b/?x=1&y=2"),
            ("a < b > c <@x> <#> <:half:> <", "a < b > c <@x> <#> <:half:> <"),
            ("rds\u{a0}list  ", "rds list"),
        ] {
            assert_eq!(unwrap(sent), meant, "{sent}");
        }
    }

    #[test]
    fn the_mention_of_the_bot_goes_and_others_stay() {
        for (sent, line) in [
            ("<@1> rds list", Some("rds list")),
            ("hey <@!1>: whoami", Some("whoami")),
            ("can <@2> help <@1>", Some("can <@2> help")),
            ("<@12> rds list", None),
        ] {
            assert_eq!(without_mention(sent, "1"), line, "{sent}");
        }
    }
}
