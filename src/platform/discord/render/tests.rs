use commands::PersonId;
use commands::message::{Answer, Button, File, Span, Style, bold, code};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::platform::discord::buttons::{self, tests::Lengths};
use crate::platform::discord::escape::tests::{Ana, read};

fn said(message: &Message) -> Rendered {
    render(message, &Ana, 0)
}

/// All that is read, page by page.
fn pages(said: &Rendered) -> String {
    std::iter::once(&said.content).chain(&said.embeds).map(String::as_str).collect::<Vec<_>>().join("\n=== embed ===\n")
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~\n]{0,40}",
        2 => proptest::sample::select(vec!["@everyone", "<@1>", "`", "```", "**", "_a_ ", "# ", "> ", "[a](https://b)", "🙂", "", " ", "\n\n"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,60}",
        1 => ("[a-z<*`_ \n]{1,8}", 1..900_usize).prop_map(|(part, times)| part.repeat(times)),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        4 => words().prop_map(Span::Plain),
        2 => words().prop_map(Span::Bold),
        2 => words().prop_map(Span::Code),
        1 => words().prop_map(|id| Span::Person(PersonId(id))),
        1 => Just(Span::Person(PersonId("ana".to_owned()))),
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

/// Discord's rules for components, as its reference states them.
fn check_components(rows: &[serde_json::Value]) {
    assert!(rows.len() <= 5);
    let mut ids = std::collections::BTreeSet::new();
    for row in rows {
        let buttons = row["components"].as_array().unwrap();
        assert!((1..=5).contains(&buttons.len()));
        for button in buttons {
            let length = |field: &str| limits::len(button[field].as_str().unwrap());
            assert!((1..=80).contains(&length("label")) && (1..=100).contains(&length("custom_id")));
            assert!(ids.insert(button["custom_id"].as_str().unwrap().to_owned()), "an id twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_message_keeps_within_discords_limits(blocks in vec(block(), 0..12)) {
        let message = Message { blocks, ..Message::default() };
        let components = buttons::components(&message, &Lengths);
        let (rows, left_out) = futures_util::future::FutureExt::now_or_never(components).unwrap().unwrap();
        check_components(&rows);
        let said = render(&message, &Ana, left_out);
        prop_assert!(limits::len(&said.content) + marker::LENGTH <= 2_000, "{} letters", limits::len(&said.content));
        prop_assert!(said.embeds.len() <= 10);
        prop_assert!(said.embeds.iter().all(|embed| (1..=4_096).contains(&limits::len(embed))));
        prop_assert!(said.embeds.iter().map(|embed| limits::len(embed)).sum::<usize>() <= 6_000);
        prop_assert!(said.mentions.len() <= 100 && said.mentions.iter().all(|id| id == "175928847299117063"));
        for page in std::iter::once(&said.content).chain(&said.embeds) {
            let (_, found) = read(page);
            let ours = ["header", "note", "bold", "code", "fence", "time", "mention", "link", "address"];
            prop_assert!(found.iter().all(|construct| ours.contains(&construct.as_str())), "{:?} in {:?}", found, page);
            prop_assert_eq!(page.matches("```").count() % 2, 0);
            let mentions = found.iter().filter(|construct| *construct == "mention").count();
            prop_assert_eq!(mentions, page.matches("<@175928847299117063>").count());
        }
    }
}

#[test]
fn a_card_looks_like_this() {
    let at: jiff::Timestamp = "2026-11-28T02:00:00Z".parse().unwrap();
    let message = Message::new()
        .header("CHG-1: upgrade my_db")
        .text(text![
            "mysql ",
            code("8.0.35"),
            " → ",
            code("8.0.40"),
            ", asked for by ",
            &PersonId("ana".into()),
            ", ",
            bold("12 min"),
            " down"
        ])
        .fields(vec![
            ("When".into(), text![at]),
            ("Why".into(), Text::default()),
            ("Checks".into(), text!["✅ backups are on\n⚠️ free storage: 12 %"]),
        ])
        .buttons(vec![Button::new("Approve", "change approve CHG-1").style(Style::Primary)])
        .note("React with ✅, or type\nchange approve CHG-1 @everyone");
    let said = said(&message);
    assert_eq!(said.mentions, ["175928847299117063"]);
    // What keeps names apart can't be seen.
    insta::assert_snapshot!(pages(&said).replace('\u{200b}', "¦"), @r"
    ## CHG-1: upgrade my\_db
    mysql `8.0.35` → `8.0.40`, asked for by <@175928847299117063>, **12 min** down
    **When** <t:1795831200:f>
    **Why** –
    **Checks**
    ✅ backups are on
    ⚠️ free storage: 12 %
    -# React with ✅, or type
    -# change approve CHG-1 @¦everyone
    ");
}

#[test]
fn a_table_goes_on_in_an_embed_under_its_titles() {
    let mut table = Table::new(["database", "engine"]);
    for number in 0..100 {
        table.row([format!("orders-{number}"), "mysql `8.0` <@1>".to_owned()]);
    }
    let said = said(&Message::new().header("Databases").table(table).note("100 databases"));
    let all = pages(&said);
    assert!(said.embeds.len() == 1 && all.ends_with("```\n-# 100 databases"), "{all}");
    for page in [&said.content, &said.embeds[0]] {
        assert!(page.contains("```\ndatabase   engine\norders-"), "{page}");
        assert_eq!(page.matches('`').count(), 6);
    }
    assert_eq!(all.matches("mysql ˋ8.0ˋ <@1>").count(), 100);
}

#[test]
fn a_block_that_fits_whole_is_not_torn() {
    let line = |count: usize| vec!["x".repeat(50); count].join("\n");
    let said = said(&Message::new().text(line(30)).drawing(vec!["y".repeat(50); 10]));
    assert!(!said.content.contains('y') && said.embeds.len() == 1);
}

#[test]
fn a_long_line_goes_on_as_words() {
    let message = Message::from("word # ".repeat(600).as_str());
    let said = said(&message);
    let (shown, found) = read(&pages(&said));
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(shown.matches("word").count(), 600);
}

#[test]
fn what_is_left_out_is_counted() {
    let mut message = Message::new();
    for number in 0..70 {
        message = message.text(format!("part {number} {}", "x".repeat(150)));
    }
    let said = render(&message, &Ana, 1);
    let all = pages(&said);
    insta::assert_snapshot!(all.lines().last().unwrap(), @"-# … 22 more parts and 1 more button left out: Discord shows no more in one message.");
}

#[test]
fn nothing_but_a_file_is_no_words() {
    assert_eq!(
        said(&Message::new().file("a.csv", "x".to_owned())),
        Rendered { content: String::new(), embeds: vec![], mentions: vec![] }
    );
}
