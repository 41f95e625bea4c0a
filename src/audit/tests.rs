use commands::records::AuditQuery;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_600_000 + second).unwrap()
}

/// Few values, so that entries share some.
fn facts() -> impl Strategy<Value = Fact> {
    let few = |values: &'static [&'static str]| proptest::sample::select(values).prop_map(str::to_owned);
    let detail = proptest::collection::btree_map(few(&["rule", "to", "calls"]), details(), 0..3);
    let people = (few(&["op-1", "CHG-7"]), few(&["asked", "step"]), few(&["ana", "ben", "watchkeeper"]));
    let acts = (
        proptest::option::of(few(&["rds upgrade", "rds list"])),
        proptest::option::of(few(&["database orders", "database orders-prod", "change CHG-7"])),
        proptest::option::of(few(&["shop", "bank"])),
        proptest::option::of((6_u64..9).prop_map(ChangeId)),
        proptest::option::of(few(&["succeeded", "denied"])),
    );
    let places = (proptest::option::of(few(&["slack:U1"])), proptest::option::of(few(&["slack:C1"])));
    (people, acts, places, detail).prop_map(|((operation, event, person), acts, (account, place), detail)| {
        let (action, resource, project, change, outcome) = acts;
        Fact { operation, event, person, account, place, action, resource, project, change, outcome, detail }
    })
}

fn details() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~\\n\u{1}é升]{0,8}".prop_map(Value::from),
        Just("Upgrade to 8.0.40".into()),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]{1,2}", inner, 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn log() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec((facts(), 0_i64..100), 1..8).prop_map(|facts| {
        let mut head = Head::default();
        let entries = facts.into_iter().map(|(fact, second)| {
            let link = head.next(at(second), &fact);
            head = link.head;
            link.entry().unwrap()
        });
        entries.collect()
    })
}

fn end(log: &[Entry]) -> Head {
    Link::of(log.last().unwrap()).unwrap().head
}

fn broken_at(verification: &Verification) -> Option<u64> {
    match verification {
        Verification::Whole { .. } => None,
        Verification::Broken { number, .. } => Some(*number),
    }
}

/// Every way to write one other thing into an entry.
fn changed(entry: &Entry) -> Vec<Entry> {
    let json = serde_json::to_value(entry).unwrap();
    let mut all = Vec::new();
    each_change(&json, &mut |changed| all.extend(serde_json::from_value(changed)));
    all.retain(|changed| changed != entry);
    all
}

/// Calls `with` with `value` changed in one place, for every place.
fn each_change(value: &Value, with: &mut dyn FnMut(Value)) {
    match value {
        Value::Null => with("null".into()),
        Value::Bool(truth) => with((!truth).into()),
        Value::Number(number) => {
            with(number.as_u64().map_or_else(|| Value::from(1), |number| (number ^ 1).into()));
            with(number.to_string().into());
        }
        Value::String(text) => {
            with(format!("{text}x").into());
            with(text.to_uppercase().into());
            with(text.replace("00", "01").into());
        }
        Value::Array(items) => {
            for at in 0..items.len() {
                let put = |item: Option<Value>| {
                    let mut items = items.clone();
                    items.splice(at..=at, item);
                    items.into()
                };
                each_change(&items[at], &mut |item| with(put(Some(item))));
                with(put(None));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let put = |member: Option<Value>| {
                    let mut members = members.clone();
                    members.remove(name);
                    members.extend(member.map(|member| (name.clone(), member)));
                    members.into()
                };
                each_change(member, &mut |member| with(put(Some(member))));
                with(put(None));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_whole_log_is_whole(log in log()) {
        let verification = verify(log.clone(), end(&log));
        let head = log.last().unwrap().hash.clone();
        prop_assert_eq!(verification, Verification::Whole { entries: log.len() as u64, head });
    }

    #[test]
    fn every_change_of_every_member_is_found_where_it_is(log in log()) {
        for at in 0..log.len() {
            for entry in changed(&log[at]) {
                let mut altered = log.clone();
                altered[at] = entry;
                let found = broken_at(&verify(altered.clone(), end(&log)));
                prop_assert_eq!(found, Some(log[at].number), "{:?} for {:?}", altered[at], log[at]);
            }
        }
    }

    #[test]
    fn a_removed_a_swapped_and_an_inserted_entry_are_found(log in log()) {
        for at in 0..log.len() {
            let mut removed = log.clone();
            removed.remove(at);
            prop_assert_eq!(broken_at(&verify(removed, end(&log))), Some(at as u64 + 1));
            let mut inserted = log.clone();
            inserted.insert(at, log[at].clone());
            prop_assert_eq!(broken_at(&verify(inserted, end(&log))), Some(at as u64 + 2));
            if at > 0 {
                let mut swapped = log.clone();
                swapped.swap(at - 1, at);
                prop_assert_eq!(broken_at(&verify(swapped, end(&log))), Some(at as u64));
            }
        }
    }

    #[test]
    fn a_log_written_anew_ends_elsewhere(log in log(), fact in facts()) {
        let mut head = Head::default();
        let forged: Vec<Entry> = log.iter().enumerate().map(|(place, entry)| {
            let fact = if place + 1 == log.len() { &fact } else { &entry.fact };
            let link = head.next(entry.at, fact);
            head = link.head;
            link.entry().unwrap()
        }).collect();
        prop_assume!(forged != log);
        prop_assert_eq!(broken_at(&verify(forged, end(&log))), Some(log.len() as u64));
    }

    #[test]
    fn what_matches_has_the_terms_of_the_query(log in log(), query in queries()) {
        let filter = Filter::new(&query);
        for entry in &log {
            let terms = Terms::of(&entry.fact).0;
            prop_assert!(terms.is_sorted());
            let has = |term: &Term| terms.binary_search(term).is_ok();
            let indexed = filter.all_of().iter().all(&has) && filter.one_of().is_none_or(|one| one.iter().any(&has));
            // Time and number are not terms.
            let terms_only = AuditQuery { since: None, until: None, before: None, ..query.clone() };
            prop_assert_eq!(indexed, Filter::new(&terms_only).matches(entry), "{:?}", entry);
        }
    }
}

/// Queries over the values of [`facts`], for every index's own tests too.
pub(crate) fn queries() -> impl Strategy<Value = AuditQuery> {
    let few = |values: &'static [&'static str]| {
        proptest::option::weighted(0.2, proptest::sample::select(values).prop_map(str::to_owned))
    };
    let members = (
        few(&["ana", "BEN", "nobody"]),
        few(&["orders", "Database Orders", "change CHG-7", "database"]),
        few(&["rds upgrade", "rds"]),
        few(&["succeeded", "denied"]),
        proptest::option::weighted(0.2, (6_u64..10).prop_map(ChangeId)),
    );
    let words = proptest::collection::vec(
        proptest::sample::select(&["orders", "PROD", "8.0.40", "40", "upgrade", "升", "slack:U1", "orders-prod", "-"][..]),
        0..3,
    );
    let bounds = (
        proptest::option::weighted(0.2, (0_i64..100).prop_map(at)),
        proptest::option::weighted(0.2, (0_i64..100).prop_map(at)),
        proptest::option::weighted(0.2, proptest::sample::subsequence(vec!["shop".to_owned(), "bank".to_owned()], 0..=2)),
        proptest::option::weighted(0.2, 0_u64..60),
        1_usize..12,
    );
    (members, words, bounds).prop_map(|((person, resource, action, outcome, change), words, bounds)| {
        let words = words.into_iter().map(str::to_owned).collect();
        let (since, until, projects, before, limit) = bounds;
        AuditQuery { person, resource, action, outcome, change, words, since, until, projects, before, limit }
    })
}

/// Facts with times, for every index's own tests too.
pub(crate) fn stamped_facts(many: usize) -> impl Strategy<Value = Vec<(Timestamp, Fact)>> {
    proptest::collection::vec(((0_i64..100).prop_map(at), facts()), 1..many)
}

#[test]
fn a_query_finds_what_it_says() {
    let fact = Fact {
        operation: "CHG-7".to_owned(),
        event: "succeeded".to_owned(),
        person: "ana".to_owned(),
        action: Some("rds upgrade".to_owned()),
        resource: Some("database orders-prod".to_owned()),
        project: Some("shop".to_owned()),
        detail: [("to".to_owned(), "8.0.40".into())].into(),
        ..Fact::default()
    };
    let entry = Head::default().next(at(50), &fact).entry().unwrap();
    let query = AuditQuery::default;
    let some = |words: &str| Some(words.to_owned());
    let words = |words: &[&str]| AuditQuery { words: words.iter().map(|word| (*word).to_owned()).collect(), ..query() };
    for (found, query) in [
        (true, query()),
        (true, AuditQuery { person: some("Ana"), ..query() }),
        (false, AuditQuery { person: some("an"), ..query() }),
        (true, AuditQuery { resource: some("orders-prod"), ..query() }),
        (true, AuditQuery { resource: some("database orders-prod"), ..query() }),
        (false, AuditQuery { resource: some("orders"), ..query() }),
        (false, AuditQuery { outcome: some("succeeded"), ..query() }),
        (true, words(&["ORDERS", "8.0.40", "rds upgrade"])),
        (true, words(&["shop prod"])),
        (false, words(&["orders", "8.0.4"])),
        (true, AuditQuery { projects: Some(vec!["shop".to_owned()]), ..query() }),
        (false, AuditQuery { projects: Some(vec!["bank".to_owned()]), ..query() }),
        (true, AuditQuery { since: Some(at(50)), until: Some(at(51)), ..query() }),
        (false, AuditQuery { until: Some(at(50)), ..query() }),
        (false, AuditQuery { before: Some(1), ..query() }),
    ] {
        assert_eq!(Filter::new(&query).matches(&entry), found, "{query:?}");
    }
}

#[test]
fn the_canonical_form_is_what_the_comment_says() {
    let detail = [("b".to_owned(), serde_json::json!({ "y": [1, 0.5, null], "a": "\"\n" })), ("a".to_owned(), true.into())];
    let fact = Fact { person: "ana".to_owned(), change: Some(ChangeId(7)), detail: detail.into(), ..Fact::default() };
    let link = Head::default().next(at(0), &fact);
    insta::assert_snapshot!(String::from_utf8(link.canonical.clone()).unwrap(), @r#"{"at":"2026-11-25T09:46:40Z","fact":{"change":7,"detail":{"a":true,"b":{"a":"\"\u000a","y":[1,"0.5",null]}},"event":"","operation":"","person":"ana"},"number":1}"#);
    insta::assert_snapshot!(hex(&link.head.hash), @"8615ece8194fc17eebb6f444c3e4460a0634f583e7d9da2b79320d3bc19d43f6");
}
