use serde_json::{Value, json};

use crate::slack::blocks::{check_message, check_suggestions, check_view};

fn text(length: usize) -> Value {
    json!({"type": "plain_text", "text": "x".repeat(length)})
}

fn button(change: impl FnOnce(&mut Value)) -> Vec<Value> {
    let mut button = json!({"type": "button", "action_id": "go", "text": text(10), "value": "1"});
    change(&mut button);
    vec![json!({"type": "actions", "elements": [button]})]
}

fn select(options: usize) -> Vec<Value> {
    let options: Vec<Value> = (0..options).map(|at| json!({"text": text(75), "value": at.to_string()})).collect();
    vec![json!({"type": "actions", "elements": [{"type": "static_select", "action_id": "s", "options": options}]})]
}

fn table(rows: usize, columns: usize, length: usize) -> Value {
    json!({"type": "table", "rows": vec![vec![json!({"type": "raw_text", "text": "x".repeat(length)}); columns]; rows]})
}

#[test]
fn what_is_at_the_limit_is_taken() {
    let field = json!({"type": "mrkdwn", "text": "x".repeat(2_000)});
    for blocks in [
        vec![json!({"type": "divider"}); 50],
        vec![json!({"type": "header", "text": text(150)})],
        vec![json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_000)}, "fields": vec![field; 10]})],
        vec![json!({"type": "context", "elements": vec![json!({"type": "mrkdwn", "text": "x"}); 10]})],
        button(|button| button["text"] = text(75)),
        button(|button| button["value"] = "x".repeat(2_000).into()),
        select(100),
        vec![table(100, 20, 5)],
    ] {
        assert_eq!(check_message(&blocks, &[]), Vec::<String>::new());
    }
}

#[test]
fn what_is_beyond_a_limit_is_refused_with_its_place() {
    let field = json!({"type": "mrkdwn", "text": "x".repeat(2_001)});
    let short = json!({"type": "mrkdwn", "text": "x"});
    let twice = json!({"type": "button", "action_id": "go", "text": text(5)});
    for (blocks, complaint) in [
        (vec![json!({"type": "divider"}); 51], "no more than 50 items allowed [json-pointer:/blocks]"),
        (
            vec![json!({"type": "header", "text": text(151)})],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (vec![json!({"type": "header", "text": text(0)})], "must be more than 0 characters"),
        (vec![json!({"type": "header", "text": short})], "must be plain_text"),
        (vec![json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_001)}})], "must be less than 3001"),
        (vec![json!({"type": "section"})], "missing required field: text or fields"),
        (vec![json!({"type": "section", "fields": [field]})], "must be less than 2001"),
        (vec![json!({"type": "section", "fields": vec![short.clone(); 11]})], "no more than 10 items"),
        (vec![json!({"type": "section", "text": short, "colour": "red"})], "no more fields allowed: colour"),
        (vec![json!({"type": "context", "elements": vec![short; 11]})], "no more than 10 items"),
        (vec![json!({"type": "actions", "elements": vec![twice.clone(); 26]})], "no more than 25 items"),
        (vec![json!({"type": "actions", "elements": [twice, twice]})], "action_id \"go\" already exists"),
        (
            vec![json!({"type": "divider", "block_id": "a"}), json!({"type": "divider", "block_id": "a"})],
            "block_id \"a\" already exists",
        ),
        (vec![json!({"type": "divider", "block_id": "x".repeat(256)})], "must be less than 256"),
        (vec![json!({"type": "carousel"})], "unsupported type: carousel"),
        (button(|button| button["type"] = "lever".into()), "unsupported element type here: lever"),
        (button(|button| button["text"] = text(76)), "must be less than 76"),
        (button(|button| button["value"] = "x".repeat(2_001).into()), "must be less than 2001"),
        (button(|button| button["action_id"] = "x".repeat(256).into()), "must be less than 256"),
        (button(|button| button["style"] = "loud".into()), "must be primary or danger"),
        (
            button(|button| {
                button["confirm"] = json!({"title": text(101), "text": text(1), "confirm": text(1), "deny": text(31)})
            }),
            "must be less than 101",
        ),
        (select(101), "no more than 100 items"),
        (vec![table(101, 1, 1)], "no more than 100 items"),
        (vec![table(1, 21, 1)], "between 1 and 20 cells"),
        (vec![table(100, 20, 6)], "tables may hold 10000 characters"),
        (vec![table(1, 1, 1), table(1, 1, 1)], "only_one_table_allowed"),
        (vec![table(1, 1, 0)], "must be more than 0 characters"),
    ] {
        let complaints = check_message(&blocks, &[]);
        assert!(complaints.iter().any(|one| one.contains(complaint)), "{complaint:?} is not in {complaints:?}");
    }
}

#[test]
fn forms_have_limits_of_their_own() {
    let input = json!({"type": "input", "label": text(10), "element": {"type": "plain_text_input", "action_id": "v"}});
    let view = |change: &dyn Fn(&mut Value)| {
        let mut view = json!({"type": "modal", "title": text(24), "submit": text(24), "blocks": [input]});
        change(&mut view);
        check_view(&view)
    };
    assert_eq!(view(&|_| {}), Vec::<String>::new());
    for (complaints, complaint) in [
        (view(&|view| view["title"] = text(25)), "must be less than 25"),
        (view(&|view| view["private_metadata"] = "x".repeat(3_001).into()), "must be less than 3001"),
        (view(&|view| view["blocks"] = vec![json!({"type": "divider"}); 101].into()), "no more than 100 items"),
        (view(&|view| view["submit"] = Value::Null), "required when there are input blocks"),
        (view(&|view| view["type"] = "sheet".into()), "must be modal or home"),
        (view(&|view| view["blocks"] = json!([table(1, 1, 1)])), "tables are for messages only"),
    ] {
        assert!(complaints.iter().any(|one| one.contains(complaint)), "{complaint:?} is not in {complaints:?}");
    }
}

#[test]
fn offered_options_have_limits() {
    let offer = |text: Value, value: &str| check_suggestions(&json!({"options": [{"text": text, "value": value}]}));
    assert!(offer(text(75), &"x".repeat(150)).is_empty());
    assert!(!offer(text(76), "x").is_empty());
    assert!(!offer(text(75), &"x".repeat(151)).is_empty());
    assert!(!offer(json!({"type": "mrkdwn", "text": "x"}), "x").is_empty());
    assert!(!check_suggestions(&json!({})).is_empty());
}
