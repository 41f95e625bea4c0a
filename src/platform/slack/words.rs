//! What people typed, as Slack sends it → what they meant.

use super::NAME;

/// Unwraps Slack's markup: `<@U1|ann>` → `@slack:U1`, `<#C1|ops>` → `#ops`, links → what stands in the message, entities
/// → their characters (api.slack.com "Retrieving messages").
pub(super) fn unwrap(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(&entities(before));
        match behind.split_once('>') {
            Some((inside, after)) => {
                plain.push_str(&entities(&meant(inside)));
                rest = after;
            }
            None => {
                plain.push('<');
                rest = behind;
            }
        }
    }
    plain.push_str(&entities(rest));
    plain.replace('\u{a0}', " ").trim().to_owned()
}

/// The command in a message that mentions the bot: what stands behind the first mention of `bot` (of anybody, where the
/// bot's id is not known), or before it where nothing is behind.
pub(super) fn without_mention<'a>(text: &'a str, bot: Option<&str>) -> &'a str {
    let opening = bot.map_or_else(|| "<@".to_owned(), |bot| format!("<@{bot}"));
    let found = text.match_indices(&opening).find_map(|(start, _)| {
        let behind = &text[start + opening.len()..];
        let end = behind.find('>')?;
        let whole = bot.is_none() || end == 0 || behind.starts_with('|');
        whole.then(|| (text[..start].trim(), behind[end + 1..].trim()))
    });
    match found {
        Some((before, "")) => before,
        Some((_, behind)) => behind.trim_start_matches([':', ',']).trim_start(),
        None => text.trim(),
    }
}

fn meant(inside: &str) -> String {
    let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
    let shown = |sign: &str, id: &str| {
        let name = if label.is_empty() { id } else { label };
        format!("{sign}{}", name.trim_start_matches(sign))
    };
    if let Some(user) = target.strip_prefix('@') {
        format!("@{NAME}:{user}")
    } else if let Some(channel) = target.strip_prefix('#') {
        shown("#", channel)
    } else if let Some(group) = target.strip_prefix("!subteam^") {
        shown("@", group)
    } else if let Some(special) = target.strip_prefix('!') {
        if label.is_empty() { format!("@{special}") } else { label.to_owned() }
    } else if !label.is_empty() {
        label.to_owned()
    } else {
        target.strip_prefix("mailto:").unwrap_or(target).to_owned()
    }
}

fn entities(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_what_was_meant() {
        for (sent, meant) in [
            ("grant <@U1|ann> in <#C1|ops>", "grant @slack:U1 in #ops"),
            ("see <https://a.b/?x=1&amp;y=2> <http://a.com|a.com>", "see https://a.b/?x=1&y=2 a.com"),
            ("<mailto:a@b.c|a@b.c> <mailto:d@e.f>", "a@b.c d@e.f"),
            ("&lt;!channel&gt; a &lt; b &amp;lt;", "<!channel> a < b &lt;"),
            ("<!here> <!subteam^S1|@dba> <!subteam^S2> <", "@here @dba @S2 <"),
            ("rds\u{a0}list  ", "rds list"),
        ] {
            assert_eq!(unwrap(sent), meant, "{sent}");
        }
    }

    #[test]
    fn the_mention_of_the_bot_goes_and_others_stay() {
        for (sent, bot, line) in [
            ("<@UB> rds list", Some("UB"), "rds list"),
            ("hey <@UB|wk>: whoami", Some("UB"), "whoami"),
            ("can <@U1> help <@UB>", Some("UB"), "can <@U1> help"),
            ("<@UB2> <@UB> can <@U1>", Some("UB"), "can <@U1>"),
            ("<@UB> rds list", None, "rds list"),
            ("rds list", Some("UB"), "rds list"),
            ("<@UB", Some("UB"), "<@UB"),
        ] {
            assert_eq!(without_mention(sent, bot), line, "{sent}");
        }
    }
}
