//! Embeds (API reference "Embed Limits").

use serde_json::Value;

use super::report::Report;

/// Letters of all embeds of a message in all.
const ALL: usize = 6_000;

pub(super) fn check(report: &mut Report, body: &Value) {
    let embeds = report.list(body, "", "embeds", 0, 10);
    let mut letters = 0;
    for (at, embed) in embeds.iter().enumerate() {
        one(report, embed, &format!("embeds/{at}"));
        letters += size(embed);
    }
    if letters > ALL {
        report.say("embeds", "MAX_EMBED_SIZE_EXCEEDED", format!("Embed size exceeds maximum size of {ALL}"));
    }
}

fn one(report: &mut Report, embed: &Value, at: &str) {
    const KNOWN: [&str; 13] = [
        "title",
        "type",
        "description",
        "url",
        "timestamp",
        "color",
        "footer",
        "image",
        "thumbnail",
        "video",
        "provider",
        "author",
        "fields",
    ];
    report.keys(embed, at, &KNOWN);
    report.text(embed, at, "title", 0, 256);
    report.text(embed, at, "description", 0, 4_096);
    report.text(&embed["footer"], &format!("{at}/footer"), "text", 0, 2_048);
    report.text(&embed["author"], &format!("{at}/author"), "name", 0, 256);
    for (number, field) in report.list(embed, at, "fields", 0, 25).iter().enumerate() {
        let at = format!("{at}/fields/{number}");
        report.keys(field, &at, &["name", "value", "inline"]);
        report.text(field, &at, "name", 1, 256);
        report.text(field, &at, "value", 1, 1_024);
    }
    if size(embed) == 0 && embed["image"].is_null() && embed["thumbnail"].is_null() {
        report.required(&format!("{at}/description"));
    }
}

fn size(embed: &Value) -> usize {
    let letters = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let own = [&embed["title"], &embed["description"], &embed["footer"]["text"], &embed["author"]["name"]];
    let fields = embed["fields"].as_array().into_iter().flatten();
    own.into_iter().map(letters).sum::<usize>() + fields.map(|one| letters(&one["name"]) + letters(&one["value"])).sum::<usize>()
}
