use std::collections::BTreeSet;

use commands::message::{Answer, File, Span, bold, code};
use commands::records::Place;
use commands::registry::{Field, Form, Input};
use commands::{Choice, PersonId, text};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::platform::slack::form;
use crate::platform::{Carry, Target};

struct Everybody;

impl Names for Everybody {
    fn account(&self, _platform: &str, person: &PersonId) -> Option<String> {
        Some(format!("U{}", person.0)).filter(|_| person.0.len().is_multiple_of(2))
    }

    fn name(&self, person: &PersonId) -> String {
        person.0.clone()
    }
}

/// Every object in `value` with its depth-first path forgotten.
fn objects(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    match value {
        Value::Object(object) => std::iter::once(object).chain(object.values().flat_map(objects)).collect(),
        Value::Array(list) => list.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

fn length(value: &Value) -> usize {
    limits::len(value.as_str().unwrap())
}

/// Block Kit's rules as its reference states them.
fn check(blocks: &[Value], most: usize) {
    assert!(blocks.len() <= most, "{} blocks", blocks.len());
    let (mut actions, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for block in blocks {
        if let Some(id) = block["block_id"].as_str() {
            assert!(ids.insert(id.to_owned()) && limits::len(id) <= 255);
        }
        match block["type"].as_str().unwrap() {
            "section" => {
                let fields = block["fields"].as_array().map_or(0, Vec::len);
                assert!(fields <= 10 && (fields > 0 || block["text"].is_object()));
                assert!(block["text"].is_null() || length(&block["text"]["text"]) <= 3000);
                assert!(block["fields"].as_array().into_iter().flatten().all(|field| length(&field["text"]) <= 2000));
            }
            "header" => assert!(length(&block["text"]["text"]) <= 150),
            "context" => assert!((1..=10).contains(&block["elements"].as_array().unwrap().len())),
            "actions" => {
                let elements = block["elements"].as_array().unwrap();
                assert!((1..=25).contains(&elements.len()));
                for button in elements {
                    assert!(length(&button["text"]["text"]) <= 75 && (1..=2000).contains(&length(&button["value"])));
                    assert!(actions.insert(button["action_id"].as_str().unwrap().to_owned()), "an action_id twice");
                }
            }
            "input" => {
                assert!((1..=2000).contains(&length(&block["label"]["text"])));
                let element = &block["element"];
                if let Some(options) = element["options"].as_array() {
                    assert!((1..=100).contains(&options.len()));
                    assert!(
                        options.iter().all(|option| length(&option["text"]["text"]) <= 75 && length(&option["value"]) <= 150)
                    );
                    assert!(element["initial_option"].is_null() || options.contains(&element["initial_option"]));
                }
            }
            "divider" => {}
            other => panic!("a block of type {other}"),
        }
    }
    for object in blocks.iter().flat_map(objects) {
        match object.get("type").and_then(Value::as_str) {
            Some("mrkdwn") => means_only_what_it_should(object["text"].as_str().unwrap()),
            Some("plain_text") => {
                let text = object["text"].as_str().unwrap();
                assert!(!text.is_empty() && !["<!", "<@", "<#"].iter().any(|mark| text.contains(mark)), "{text}");
            }
            _ => {}
        }
    }
}

/// `<…>` is a mention of a person, a time or a link of ours; `&` begins an entity.
fn means_only_what_it_should(markup: &str) {
    assert!(!markup.is_empty());
    let mut rest = markup;
    while let Some((_, behind)) = rest.split_once('<') {
        let (inside, after) = behind.split_once('>').unwrap_or_else(|| panic!("an open < in {markup}"));
        let ours = inside.strip_prefix('@').is_some_and(|id| id.chars().all(|letter| letter.is_ascii_alphanumeric()))
            || inside.starts_with("!date^")
            || inside.starts_with("https://")
            || inside.starts_with("http://");
        assert!(ours && !inside.contains('<'), "<{inside}> in {markup}");
        rest = after;
    }
    assert!(!rest.contains('>'), "{markup}");
    for behind in markup.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;"].iter().any(|entity| behind.starts_with(entity)), "a bare & in {markup}");
    }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~\n]{0,40}",
        2 => proptest::sample::select(vec!["<!channel>", "<@U1>", "`", "```", "*", "_a_ ", "&amp;", "> ", "<https://x|y>", "🙂", "", " ", "\n\n"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,60}",
        1 => ("[a-z<&`* \n]{1,8}", 1..900_usize).prop_map(|(part, times)| part.repeat(times)),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        4 => words().prop_map(Span::Plain),
        2 => words().prop_map(Span::Bold),
        2 => words().prop_map(Span::Code),
        1 => words().prop_map(|id| Span::Person(PersonId(id))),
        1 => (-1_000_000_000_i64..4_000_000_000).prop_map(|unix| Span::Time(jiff::Timestamp::from_second(unix).unwrap())),
        1 => (words(), words()).prop_map(|(path, label)| Span::Link { url: format!("https://a.b/{path}"), label }),
        1 => (words(), words()).prop_map(|(url, label)| Span::Link { url, label }),
    ]
}

fn texts() -> impl Strategy<Value = Text> {
    vec(span(), 0..6).prop_map(Text)
}

fn block() -> impl Strategy<Value = Block> {
    let button = (words(), words(), 0..3_u8).prop_map(|(label, run, look)| Button {
        label,
        run,
        style: [Style::Plain, Style::Primary, Style::Danger][usize::from(look)],
        answer: if look == 0 { Answer::InPlace } else { Answer::New },
    });
    prop_oneof![
        words().prop_map(Block::Header),
        texts().prop_map(Block::Text),
        texts().prop_map(Block::Note),
        vec((words(), texts()), 0..25).prop_map(Block::Fields),
        (vec(words(), 0..9), vec(vec(words(), 0..9), 0..40)).prop_map(|(columns, rows)| Block::Table(Table { columns, rows })),
        vec(words(), 0..40).prop_map(Block::Drawing),
        vec(button, 0..40).prop_map(Block::Buttons),
        Just(Block::Divider),
        words().prop_map(|name| Block::File(File { name, content: String::new() })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_message_keeps_within_slacks_limits(blocks in vec(block(), 0..12)) {
        let said = render(&Message { blocks, ..Message::default() }, &Everybody);
        check(&said.blocks, 50);
        prop_assert!(serde_json::to_string(&said.blocks).unwrap().encode_utf16().count() <= 12_500);
        prop_assert!((1..=5_000).contains(&limits::len(&said.text)));
        means_only_what_it_should(&said.text);
    }

    #[test]
    fn any_form_keeps_within_slacks_limits(fields in vec((words(), words(), 0..4_u8, words()), 0..110), about in words(), url in words()) {
        let fields = fields.into_iter().enumerate().map(|(at, (label, hint, kind, value))| Field {
            id: format!("arg{at}"),
            input: match kind {
                0 => Input::Line,
                1 => Input::Pick,
                2 => Input::Tick,
                _ => Input::Choice((0..at * 2).map(|n| Choice { value: format!("v{n}"), label: label.clone() }).collect()),
            },
            required: kind == 0,
            value: Some(value).filter(|value| value.len().is_multiple_of(2)),
            label,
            hint,
        });
        let form = Form { command: "rds upgrade".into(), about, fields: fields.collect() };
        let handle = Some(crate::platform::Handle { token: url, until: jiff::Timestamp::MAX, replaces: false });
        let reply = Target::Only { channel: "C1".into(), account: "U1".into(), handle };
        let view = form::view(&form, &Carry { command: "rds upgrade".into(), place: Place::default(), reply });
        check(view["blocks"].as_array().unwrap(), 100);
        prop_assert!(length(&view["title"]["text"]) <= 24 && length(&view["private_metadata"]) <= 3000);
    }
}

fn sections(said: &Rendered) -> Vec<&str> {
    said.blocks.iter().filter_map(|block| block["text"]["text"].as_str()).collect()
}

#[test]
fn a_table_is_fixed_width_and_repeats_its_titles() {
    let mut table = Table::new(["database", "engine"]);
    for number in 0..100 {
        table.row([format!("orders-{number}"), "mysql `8.0` <!here>\n".repeat(4)]);
    }
    let said = render(&Message::new().table(table), &Everybody);
    let pages = sections(&said);
    assert!(pages.len() > 1);
    for page in &pages {
        assert!(page.starts_with("```\ndatabase   engine\norders-") && page.ends_with("\n```"), "{page}");
        assert_eq!(page.matches('`').count(), 6);
        assert!(page.lines().all(|line| line.replace("&lt;", "<").replace("&gt;", ">").chars().count() <= 110));
    }
}

#[test]
fn a_drawing_keeps_its_columns_and_cannot_leave_its_block() {
    let said = render(&Message::new().drawing(vec!["blue   [#.]".to_owned(), " `` ``` <!here>".to_owned()]), &Everybody);
    insta::assert_snapshot!(sections(&said).join("\n---\n"), @"
    ```
    blue   [#.]
     ˋˋ ˋˋˋ &lt;!here&gt;
    ```
    ");
}

#[test]
fn long_words_go_on_in_the_next_section_at_the_end_of_a_line() {
    let lines: Vec<String> = (0..200).map(|number| format!("line {number} is about as long as this one")).collect();
    let said = render(&Message::from(lines.join("\n").as_str()), &Everybody);
    let pages = sections(&said);
    assert!(pages.len() > 1);
    assert_eq!(pages.join("\n"), lines.join("\n"));
}

#[test]
fn what_is_left_out_is_counted_and_buttons_stay() {
    let mut message = Message::new();
    for number in 0..70 {
        message = message.text(format!("part {number}"));
    }
    let said = render(&message.buttons(vec![Button::new("Approve", "change approve CHG-1")]), &Everybody);
    assert_eq!(said.blocks.len(), 50);
    assert_eq!(said.blocks[48]["elements"][0]["value"], "change approve CHG-1");
    assert_eq!(said.blocks[49]["elements"][0]["text"], "… 22 more parts left out: Slack shows no more in one message.");
}

#[test]
fn a_card_looks_like_this() {
    let message = Message::new()
        .header("Upgrade orders")
        .text(text![
            "mysql ",
            code("8.0.35"),
            " → ",
            code("8.0.40"),
            " for ",
            &PersonId("an".into()),
            ", ",
            bold("12 min"),
            " down"
        ])
        .fields(vec![("When".into(), text!["at once"]), ("Why".into(), Text::default())])
        .buttons(vec![
            Button::new("Approve", "change approve CHG-1").style(Style::Primary),
            Button::new("Next", "rds list").in_place(),
        ])
        .note("CHG-1 <!channel>");
    let said = render(&message, &Everybody);
    insta::assert_snapshot!(said.text, @r"
    Upgrade orders
    mysql 8.0.35 → 8.0.40 for @an, 12 min down
    When: at once
    Why: 
    CHG-1 &lt;!channel&gt;
    ");
    insta::assert_snapshot!(said.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r#"
    {"type":"header","text":{"type":"plain_text","text":"Upgrade orders","emoji":false}}
    {"type":"section","text":{"type":"mrkdwn","text":"mysql `8.0.35` → `8.0.40` for <@Uan>, *12 min* down","verbatim":true}}
    {"type":"section","fields":[{"type":"mrkdwn","text":"*When*\nat once","verbatim":true},{"type":"mrkdwn","text":"*Why*\n–","verbatim":true}]}
    {"type":"actions","elements":[{"type":"button","action_id":"run.0","text":{"type":"plain_text","text":"Approve","emoji":false},"value":"change approve CHG-1","style":"primary"},{"type":"button","action_id":"swap.1","text":{"type":"plain_text","text":"Next","emoji":false},"value":"rds list"}]}
    {"type":"context","elements":[{"type":"mrkdwn","text":"CHG-1 &lt;!channel&gt;","verbatim":true}]}
    "#);
}
