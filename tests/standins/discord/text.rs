//! Messages as the words a person reads, in the same form as the Slack stand-in shows them.
//!
//! A mention reads `@name`, while an escaped one keeps its angle brackets (`<@…>`), so that tests see the difference. Times
//! are shown in UTC. Letters nobody sees (U+200B, U+2061 to U+2064) are left out,
//! and a drawn line reads `---`.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{model::Version, state::State};

/// Renders with the names of one guild, at one moment.
pub(super) struct Reader<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
}

/// A letter, and whether it can no longer be markup.
type Letter = (char, bool);

impl Reader<'_> {
    /// A version of a message: content, embeds, buttons on one line, file names.
    pub(super) fn version(&self, version: &Version, thinking: bool) -> String {
        if thinking {
            return "(thinking…)".into();
        }
        let mut lines = vec![self.markdown(&version.content)];
        for embed in &version.embeds {
            lines.extend(self.embed(embed));
        }
        let elements = version.components.iter().flat_map(|row| row["components"].as_array().into_iter().flatten());
        lines.push(elements.map(element).collect::<Vec<_>>().join(" "));
        lines.extend(version.files.iter().map(|file| format!("(file: {})", file.name)));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    fn embed(&self, embed: &Value) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(|text| self.markdown(text));
        let mut lines: Vec<String> =
            [&embed["author"]["name"], &embed["title"], &embed["description"]].into_iter().filter_map(text).collect();
        for field in embed["fields"].as_array().into_iter().flatten() {
            let (name, value) = (text(&field["name"]).unwrap_or_default(), text(&field["value"]).unwrap_or_default());
            lines.push(format!("{name} {}", value.replace('\n', " ")));
        }
        lines.extend(text(&embed["footer"]["text"]));
        lines
    }

    /// Discord's Markdown as it is read: mentions, times and links resolved, marks of emphasis gone.
    pub(super) fn markdown(&self, text: &str) -> String {
        let seen: String = text.chars().filter(|letter| !('\u{2061}'..='\u{2064}').contains(letter)).collect();
        let mut read = String::with_capacity(seen.len());
        let parts: Vec<&str> = seen.split("```").collect();
        for (at, part) in parts.iter().enumerate() {
            let is_code = at % 2 == 1 && at + 1 < parts.len();
            if is_code {
                read.push_str(without_language(part));
                continue;
            }
            // What follows a fence goes on with its line.
            let mut begins = at == 0;
            for line in part.split_inclusive('\n') {
                let drawn = !line.trim().is_empty() && line.trim().chars().all(|letter| letter == '⎯');
                let line = if drawn { &line.replace(line.trim(), "---") } else { line };
                let (bullet, line) = if begins { without_prefix(line) } else { ("", line) };
                read.push_str(bullet);
                read.push_str(&without_emphasis(self.letters(line)));
                begins = true;
            }
        }
        // Only now: between the signs of a mention such a letter keeps it from being one.
        read.replace('\u{200b}', "").trim_end().into()
    }

    /// A line with escapes, code, mentions, times and links resolved.
    fn letters(&self, line: &str) -> Vec<Letter> {
        let mut letters = Vec::with_capacity(line.len());
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let (read, length) = self.next(rest, first);
            letters.extend(read);
            rest = &rest[length..];
        }
        letters
    }

    /// What the first letters of `rest` read as, and how many bytes these are.
    fn next(&self, rest: &str, first: char) -> (Vec<Letter>, usize) {
        let fixed = |text: &str| text.chars().map(|letter| (letter, true)).collect::<Vec<_>>();
        let found = match first {
            '\\' => rest[1..].chars().next().filter(char::is_ascii_punctuation).map(|next| (vec![(next, true)], 2)),
            '`' => code(rest).map(|(inside, length)| (fixed(inside), length)),
            '<' => rest.find('>').and_then(|end| Some((fixed(&self.angle(&rest[1..end])?), end + 1))),
            '[' => link(rest).map(|(label, length)| (self.letters(label), length)),
            _ => None,
        };
        found.unwrap_or_else(|| (vec![(first, false)], first.len_utf8()))
    }

    /// What stands between angle brackets: a mention, a time, a custom emoji or an address (Discord "Message Formatting").
    fn angle(&self, inside: &str) -> Option<String> {
        let is_id = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
        if let Some(role) = inside.strip_prefix("@&").filter(|id| is_id(id)) {
            return Some(format!("@{}", self.state.role(role).map_or(role, |role| &role.name)));
        }
        if let Some(user) = inside.strip_prefix('@').map(|id| id.trim_start_matches('!')).filter(|id| is_id(id)) {
            return Some(format!("@{}", self.state.users.get(user).map_or(user, |user| &user.name)));
        }
        if let Some(channel) = inside.strip_prefix('#').filter(|id| is_id(id)) {
            return Some(format!("#{}", self.state.channels.get(channel).map_or(channel, |channel| &channel.name)));
        }
        if let Some(time) = inside.strip_prefix("t:") {
            return self.time(time);
        }
        if inside.starts_with("https://") || inside.starts_with("http://") {
            return Some(inside.into());
        }
        let emoji = inside.strip_prefix('a').unwrap_or(inside).strip_prefix(':')?;
        let (name, id) = emoji.split_once(':')?;
        is_id(id).then(|| format!(":{name}:"))
    }

    /// `UNIX` or `UNIX:style`.
    fn time(&self, time: &str) -> Option<String> {
        let (unix, style) = time.split_once(':').unwrap_or((time, "f"));
        let instant = Timestamp::from_second(unix.parse().ok()?).ok()?;
        let at = instant.to_zoned(TimeZone::UTC);
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let day = match at.date() {
            day if day == today => "today".to_owned(),
            day if today.tomorrow().is_ok_and(|tomorrow| day == tomorrow) => "tomorrow".to_owned(),
            day if today.yesterday().is_ok_and(|yesterday| day == yesterday) => "yesterday".to_owned(),
            _ => at.strftime("%b %-d, %Y").to_string(),
        };
        let clock = at.strftime("%-I:%M %p");
        Some(match style {
            "t" => clock.to_string(),
            "T" => at.strftime("%-I:%M:%S %p").to_string(),
            "d" | "D" => day,
            "f" | "F" => format!("{day} {clock}"),
            "R" if instant > self.now => format!("in {:#}", self.now.duration_until(instant)),
            "R" => format!("{:#} ago", instant.duration_until(self.now)),
            _ => return None,
        })
    }
}

/// A button as `[label]`, a select as `[placeholder ▾]`.
fn element(element: &Value) -> String {
    if element["type"] != 2 {
        return format!("[{} ▾]", element["placeholder"].as_str().unwrap_or_default());
    }
    let parts = [&element["emoji"]["name"], &element["label"]];
    let shown: Vec<&str> = parts.into_iter().filter_map(Value::as_str).collect();
    format!("[{}]", shown.join(" "))
}

/// The inside of a fence without the language on its first line.
fn without_language(code: &str) -> &str {
    let is_language = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "+-_".contains(c));
    match code.split_once('\n') {
        Some((first, _)) if is_language(first) => &code[first.len()..],
        _ => code,
    }
}

/// A line without the marks of a header, small print or a quote; the bullet of a list by itself.
fn without_prefix(line: &str) -> (&'static str, &str) {
    for mark in ["### ", "## ", "# ", "-# ", ">>> ", "> "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return ("", rest);
        }
    }
    match line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        Some(rest) => ("• ", rest),
        None => ("", line),
    }
}

/// Code between backticks at the beginning, and its length with them.
fn code(rest: &str) -> Option<(&str, usize)> {
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let inside = &rest[ticks..];
    let end = inside.find(&rest[..ticks])?;
    let bare = &inside[..end];
    let spaced = bare.strip_prefix(' ').and_then(|bare| bare.strip_suffix(' ')).filter(|_| ticks > 1);
    (!bare.is_empty()).then_some((spaced.unwrap_or(bare), end + 2 * ticks))
}

/// The label of `[label](address)` at the beginning, and the length of it all.
fn link(rest: &str) -> Option<(&str, usize)> {
    let middle = rest.find("](")?;
    let address = &rest[middle + 2..];
    let end = address.find(')')?;
    let is_address = address.trim_start_matches('<').starts_with("http");
    is_address.then_some((&rest[1..middle], middle + 2 + end + 1))
}

/// Takes away `**bold**`, `*italic*`, `_italic_`, `__underlined__`, `~~struck~~` and `||spoiled||`.
fn without_emphasis(mut letters: Vec<Letter>) -> String {
    for mark in ["**", "__", "~~", "||", "*", "_"] {
        let sign: Vec<char> = mark.chars().collect();
        let mut from = 0;
        while let Some((open, close)) = pair(&letters, &sign, from) {
            letters.drain(close..close + sign.len());
            letters.drain(open..open + sign.len());
            from = open;
        }
    }
    letters.into_iter().map(|(letter, _)| letter).collect()
}

/// Where the next pair of marks begins and ends.
fn pair(letters: &[Letter], sign: &[char], from: usize) -> Option<(usize, usize)> {
    let is_mark = |at: usize| {
        letters[at..].iter().zip(sign).filter(|((letter, fixed), one)| letter == *one && !fixed).count() == sign.len()
    };
    let space = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_none_or(|(letter, _)| letter.is_whitespace());
    let word = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|(letter, _)| letter.is_alphanumeric());
    // An underscore within a word is a letter of it.
    let inner = |at: Option<usize>| sign == ['_'] && word(at);
    let opens = |at: usize| is_mark(at) && !space(Some(at + sign.len())) && !inner(at.checked_sub(1));
    let closes = |at: usize| is_mark(at) && !space(at.checked_sub(1)) && !inner(Some(at + sign.len()));
    let open = (from..letters.len()).find(|at| opens(*at))?;
    let close = (open + sign.len() + 1..letters.len()).find(|at| closes(*at));
    match close {
        Some(close) => Some((open, close)),
        None => pair(letters, sign, open + 1),
    }
}
