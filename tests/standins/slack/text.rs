//! Messages and forms as the words a person reads.
//!
//! A mention that reaches somebody reads `@name`, while an escaped one keeps its angle brackets (`<@U…>`), so that tests
//! see the difference. Times are shown in UTC.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{model::Version, state::State};

/// Renders with the names of one workspace, at one moment.
pub(super) struct Reader<'a> {
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
}

impl Reader<'_> {
    /// A version of a message: its blocks when it has some, else its text; then attachments and file names.
    pub(super) fn message(&self, version: &Version, files: &[String]) -> String {
        let mut lines =
            if version.blocks.is_empty() { vec![self.mrkdwn(&version.text)] } else { vec![self.blocks(&version.blocks)] };
        for attachment in &version.attachments {
            let nested = attachment["blocks"].as_array().map(|blocks| self.blocks(blocks));
            lines.extend(nested.or_else(|| attachment["text"].as_str().map(|text| self.mrkdwn(text))));
        }
        lines.extend(files.iter().map(|name| format!("(file: {name})")));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Blocks, one or more lines each.
    pub(super) fn blocks(&self, blocks: &[Value]) -> String {
        let lines: Vec<String> = blocks.iter().map(|block| self.block(block)).filter(|text| !text.is_empty()).collect();
        lines.join("\n")
    }

    fn block(&self, block: &Value) -> String {
        match block["type"].as_str().unwrap_or_default() {
            "section" => self.section(block),
            "divider" => "---".into(),
            "context" => self.each(&block["elements"], " "),
            "actions" => self.each(&block["elements"], " "),
            "input" => format!("{}: {}", self.object(&block["label"]), self.element(&block["element"])),
            "table" => self.table(block),
            "rich_text" => self.rich(block),
            "markdown" => block["text"].as_str().unwrap_or_default().into(),
            "image" => format!("(image: {})", block["alt_text"].as_str().unwrap_or_default()),
            _ => self.object(&block["text"]),
        }
    }

    fn section(&self, block: &Value) -> String {
        let mut lines = Vec::new();
        if block["text"].is_object() {
            lines.push(self.object(&block["text"]));
        }
        for field in block["fields"].as_array().into_iter().flatten() {
            lines.push(self.object(field).replace('\n', " "));
        }
        if block["accessory"].is_object() {
            lines.push(self.element(&block["accessory"]));
        }
        lines.join("\n")
    }

    fn table(&self, block: &Value) -> String {
        let rows = block["rows"].as_array().into_iter().flatten();
        let lines: Vec<String> = rows.map(|row| self.each(row, " | ")).collect();
        lines.join("\n")
    }

    fn each(&self, elements: &Value, between: &str) -> String {
        let parts: Vec<String> = elements.as_array().into_iter().flatten().map(|element| self.element(element)).collect();
        parts.join(between)
    }

    fn element(&self, element: &Value) -> String {
        match element["type"].as_str().unwrap_or_default() {
            "button" => format!("[{}]", self.object(&element["text"])),
            "overflow" => format!("[… {}]", self.option_texts(element)),
            "raw_text" => element["text"].as_str().unwrap_or_default().into(),
            "rich_text" => self.rich(element),
            "image" => format!("(image: {})", element["alt_text"].as_str().unwrap_or_default()),
            "plain_text" | "mrkdwn" => self.object(element),
            "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
                format!("[{}]", element["initial_value"].as_str().unwrap_or_default())
            }
            "radio_buttons" | "checkboxes" => format!("({})", self.option_texts(element)),
            "datepicker" => format!("[{}]", element["initial_date"].as_str().unwrap_or("date")),
            "timepicker" => format!("[{}]", element["initial_time"].as_str().unwrap_or("time")),
            _ if element["initial_option"].is_object() => format!("[{} ▾]", self.object(&element["initial_option"]["text"])),
            _ => format!("[{} ▾]", self.object(&element["placeholder"])),
        }
    }

    fn option_texts(&self, element: &Value) -> String {
        let options = element["options"].as_array().into_iter().flatten();
        options.map(|option| self.object(&option["text"])).collect::<Vec<_>>().join(" / ")
    }

    /// A text object.
    pub(super) fn object(&self, object: &Value) -> String {
        let text = object["text"].as_str().unwrap_or_default();
        if object["type"] == "mrkdwn" { self.mrkdwn(text) } else { text.into() }
    }

    fn rich(&self, block: &Value) -> String {
        let mut text = String::new();
        for element in block["elements"].as_array().into_iter().flatten() {
            match element["type"].as_str().unwrap_or_default() {
                "rich_text_list" => {
                    for item in element["elements"].as_array().into_iter().flatten() {
                        text.push_str(&format!("• {}\n", self.rich(item)));
                    }
                }
                kind if kind.starts_with("rich_text_") => text.push_str(&self.rich(element)),
                "user" => text.push_str(&format!("@{}", self.user(element["user_id"].as_str().unwrap_or_default()))),
                "channel" => text.push_str(&self.mrkdwn(&format!("<#{}>", element["channel_id"].as_str().unwrap_or_default()))),
                "broadcast" => text.push_str(&format!("@{}", element["range"].as_str().unwrap_or_default())),
                "emoji" => text.push_str(&format!(":{}:", element["name"].as_str().unwrap_or_default())),
                "link" => text.push_str(element["text"].as_str().or(element["url"].as_str()).unwrap_or_default()),
                "date" => text.push_str(element["fallback"].as_str().unwrap_or_default()),
                _ => text.push_str(element["text"].as_str().unwrap_or_default()),
            }
        }
        text.trim_end().into()
    }

    /// Slack's own markup as it is read: entities, mentions, links and dates resolved, marks of emphasis gone.
    pub(super) fn mrkdwn(&self, text: &str) -> String {
        let text = without_emphasis(text);
        let mut read = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find('<') {
            let Some(length) = rest[start..].find('>') else { break };
            read.push_str(&unescaped(&rest[..start]));
            read.push_str(&self.angle(&rest[start + 1..start + length]));
            rest = &rest[start + length + 1..];
        }
        read.push_str(&unescaped(rest));
        read
    }

    /// What stands between angle brackets: a mention, a date or a link.
    fn angle(&self, inside: &str) -> String {
        let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
        if let Some(id) = target.strip_prefix('@') {
            return format!("@{}", self.user(id));
        }
        if let Some(id) = target.strip_prefix('#') {
            let name = self.state.channels.get(id).map(|channel| channel.name.as_str());
            return format!("#{}", name.or(label).unwrap_or(id));
        }
        if let Some(date) = target.strip_prefix("!date^") {
            return self.date(date).unwrap_or_else(|| unescaped(label.unwrap_or_default()));
        }
        if let Some(group) = target.strip_prefix("!subteam^") {
            let handle = self.state.groups.get(group).map(|group| group.handle.as_str());
            return format!("@{}", handle.or(label).unwrap_or(group));
        }
        if let Some(everybody) = target.strip_prefix('!') {
            return format!("@{everybody}");
        }
        unescaped(label.unwrap_or(target))
    }

    fn user(&self, id: &str) -> String {
        self.state.users.get(id).map_or_else(|| id.into(), |user| user.name.clone())
    }

    /// `UNIX^{format}[^link]`, see "Formatting text for app surfaces: Date formatting".
    fn date(&self, date: &str) -> Option<String> {
        let mut parts = date.split('^');
        let at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?.to_zoned(TimeZone::UTC);
        let mut shown = parts.next()?.to_owned();
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let relative = match at.date() {
            day if day == today => Some("today"),
            day if today.tomorrow().is_ok_and(|tomorrow| day == tomorrow) => Some("tomorrow"),
            day if today.yesterday().is_ok_and(|yesterday| day == yesterday) => Some("yesterday"),
            _ => None,
        };
        for (token, format) in [
            ("{date_num}", "%Y-%m-%d"),
            ("{date}", "%B %-d, %Y"),
            ("{date_short}", "%b %-d, %Y"),
            ("{date_long}", "%A, %B %-d, %Y"),
            ("{date_pretty}", "%B %-d, %Y"),
            ("{date_short_pretty}", "%b %-d, %Y"),
            ("{date_long_pretty}", "%A, %B %-d, %Y"),
            ("{time}", "%-I:%M %p"),
            ("{time_secs}", "%-I:%M:%S %p"),
        ] {
            let plain = at.strftime(format).to_string();
            let value = if token.contains("pretty") { relative.unwrap_or(&plain) } else { &plain };
            shown = shown.replace(token, value);
        }
        Some(shown)
    }
}

/// `&amp;`, `&lt;` and `&gt;`, the only entities of Slack's markup.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The opposite: text of a person as Slack hands it to apps.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Takes away `*bold*`, `_italic_`, `~struck~` and code marks where Slack would show emphasis: at the edge of words.
fn without_emphasis(text: &str) -> String {
    let text = text.replace("```", "");
    let letters: Vec<char> = text.chars().collect();
    let mut dropped = vec![false; letters.len()];
    for mark in ['`', '*', '_', '~'] {
        let mut open = None;
        for (at, letter) in letters.iter().enumerate() {
            if *letter == '\n' {
                open = None;
            }
            if *letter != mark {
                continue;
            }
            let word = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
            let space = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_none_or(|c| c.is_whitespace());
            let (before, after) = (at.checked_sub(1), Some(at + 1));
            match open {
                Some(start) if mark == '`' || (!space(before) && !word(after)) => {
                    dropped[start] = true;
                    dropped[at] = true;
                    open = None;
                }
                _ if mark == '`' || (!word(before) && !space(after)) => open = Some(at),
                _ => {}
            }
        }
    }
    letters.iter().zip(&dropped).filter(|(_, dropped)| !**dropped).map(|(letter, _)| *letter).collect()
}
