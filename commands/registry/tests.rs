use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::ALL;

fn fault(typed: &str) -> String {
    match parse(ALL, typed) {
        Err(Fault::Wrong { why, .. }) => why.plain(),
        Err(Fault::Help(about)) => format!("help for “{about}”"),
        Err(Fault::Missing { entry, missing, .. }) => format!("{} misses {}", entry.name(), missing.join(", ")),
        Ok(asked) => format!("{} {}", asked.entry.name(), asked.args),
    }
}

#[test]
fn what_stands_above_a_field_fits_there() {
    // Discord's forms have the smallest room for it: 45 letters.
    let forms = ALL.iter().map(|entry| entry.form(&Map::new()));
    let fields = forms.flat_map(|form| form.fields.into_iter().map(move |field| (form.command.clone(), field)));
    let long: Vec<String> = fields
        .filter(|(_, field)| field.input != Input::Tick && field.label.chars().count() > 45)
        .map(|(command, field)| format!("{command} {}: {}", field.id, field.label))
        .collect();
    assert!(long.is_empty(), "a colon ends what stands above a field, in the help of its argument:\n{}", long.join("\n"));
}

#[test]
fn every_name_is_two_or_three_lower_case_words_or_one_of_the_bots_own() {
    for entry in ALL {
        let words: Vec<&str> = entry.name().split(' ').collect();
        assert!(words.len() <= 3, "{} is too long for Discord", entry.name());
        assert!(
            entry.name().chars().all(|letter| letter.is_ascii_lowercase() || matches!(letter, ' ' | '-')),
            "{}",
            entry.name()
        );
        assert!(!entry.about().is_empty(), "{} does not say what it is for", entry.name());
        let clap = entry.clap();
        let silent = clap.get_arguments().find(|arg| arg.get_help().is_none_or(|help| help.to_string().is_empty()));
        assert!(silent.is_none(), "{} does not say what {silent:?} is", entry.name());
        for pick in entry.picks() {
            assert!(
                clap.get_arguments().any(|arg| arg.get_id() == pick),
                "{} picks {pick}, which it does not take",
                entry.name()
            );
        }
    }
}

#[test]
fn phones_and_people_are_understood() {
    for typed in [
        "rds upgrade orders --to 8.0.40 --at 'sat 02:00'",
        "Rds Upgrade orders —to 8.0.40 --at “sat 02:00”",
        "rds upgrade --at ‘sat 02:00’ --to=8.0.40 orders",
        "  rds   upgrade orders –to 8.0.40 --at \"sat 02:00\"  ",
    ] {
        let asked = parse(ALL, typed).unwrap();
        assert_eq!(asked.entry.name(), "rds upgrade");
        assert_eq!(
            (&asked.args["id"], &asked.args["to"], &asked.args["at"]),
            (&"orders".into(), &"8.0.40".into(), &"sat 02:00".into()),
            "{typed}"
        );
    }
    let reason = parse(ALL, "change cancel CHG-7 --reason it's late").unwrap_err();
    assert!(matches!(reason, Fault::Wrong { .. }), "an apostrophe is no quote, and `late` is one word too many: {reason:?}");
    assert_eq!(parse(ALL, "change cancel CHG-7 --reason it's").unwrap().options.reason.as_deref(), Some("it's"));
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    insta::assert_snapshot!(fault("rds upgrad orders"), @"I don't know the command rds upgrad. Did you mean rds upgrade?");
    insta::assert_snapshot!(fault("sudo rm -rf /"), @"I don't know the command sudo. help lists what you can run.");
    insta::assert_snapshot!(fault("rds upgrade \"orders --to 8"), @"A quote is opened and never closed. Close it, or leave it out.");
    insta::assert_snapshot!(fault("rds upgrade orders --too 8"), @"rds upgrade has no --too. Did you mean --to?");
    insta::assert_snapshot!(fault("rds upgrade orders"), @"rds upgrade misses to");
    insta::assert_snapshot!(fault("rds list --page none"), @"none does not fit --page: invalid digit found in string.");
    insta::assert_snapshot!(fault("rds upgrade orders --to 8 --at yesterday-ish"), @"yesterday-ish does not fit --at: I can't read the hour; try sat 02:00, tomorrow 3pm, in 2 hours or 2026-11-28 02:00 UTC.");
    insta::assert_snapshot!(fault("rds upgrade orders --to 8 --at 'sat 02:00' --window"), @"--at can't be combined with --window.");
    insta::assert_snapshot!(fault("change show CHG-x"), @"CHG-x does not fit ID: “CHG-x” is not the id of a change; they look like CHG-1042.");
    insta::assert_snapshot!(fault("rds"), @"help for “rds”");
    insta::assert_snapshot!(fault(""), @"help for “”");
}

#[test]
fn whoever_breaks_the_glass_says_why() {
    let asked = parse(ALL, "rds upgrade orders --to 8.0.40 --emergency --reason 'checkout is down'").unwrap();
    assert!(asked.options.emergency);
    insta::assert_snapshot!(fault("rds upgrade orders --to 8.0.40 --emergency"), @r#"Say why you break the glass: add --reason "…". Whoever reviews it will read it. Nothing was changed."#);
    insta::assert_snapshot!(fault("rds upgrade orders --to 8.0.40 --emergency --reason ' '"), @r#"Say why you break the glass: add --reason "…". Whoever reviews it will read it. Nothing was changed."#);
    insta::assert_snapshot!(fault("change freeze stop FRZ-1 --emergency"), @"change freeze stop has no --emergency. help change freeze stop shows what it takes.");
    insta::assert_snapshot!(fault("rds list --emergency"), @"rds list has no --emergency. help rds list shows what it takes.");
    let ids = |given: &[&str]| {
        let given = given.iter().map(|name| ((*name).to_owned(), Value::Bool(true))).collect();
        let required = |field: Field| if field.required { format!("{}!", field.id) } else { field.id };
        asked.entry.form(&given).fields.into_iter().map(required).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(ids(&[]), @"id! to! at window class parameter_group reason");
    insta::assert_snapshot!(ids(&["emergency"]), @"id! to! reason! at window class parameter_group emergency");
}

#[test]
fn a_form_stands_for_the_line_that_would_have_been_typed() {
    let asked = parse(ALL, "rds upgrade orders --to 8.0.40 --at 'sat 02:00' --reason 'end of support'").unwrap();
    let given: Map<String, Value> =
        [("id", "orders"), ("to", "8.0.40"), ("at", "sat 02:00"), ("reason", "end of support"), ("class", "")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
    let submitted = arguments(asked.entry, &argv(asked.entry, &given)).unwrap();
    assert_eq!((submitted.args, submitted.options), (asked.args, asked.options));
}

proptest! {
    #[test]
    fn nothing_that_is_typed_breaks_the_parser(typed in r#"(rds|change|help|access)?( (upgrade|list|show))?( .{0,40}){0,3}"#) {
        // Whatever it becomes, it becomes something.
        let _ = parse(ALL, &typed);
    }

    #[test]
    fn a_value_in_a_form_is_never_taken_for_a_flag(value in "\\PC{1,40}") {
        let entry = find(ALL, &["rds".to_owned(), "show".to_owned()]).unwrap().0;
        let given = [("id".to_owned(), Value::from(value.clone()))].into_iter().collect();
        let asked = arguments(entry, &argv(entry, &given)).unwrap();
        prop_assert_eq!(asked.args["id"].as_str(), Some(value.as_str()));
    }
}
