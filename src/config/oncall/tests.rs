use commands::PersonId;
use commands::oncall::{How, Recipient, Whom};
use insta::assert_snapshot;
use jiff::civil::{Weekday, date, time};

use super::super::tests::{findings, load};

const TOML: &str = r##"
[projects.shop]
channel = "#shop-ops"
"##;

const PEOPLE: &str = r#"
people = [
    { id = "ana", name = "Ana", email = "ana@example.com", groups = ["sre"] },
    { id = "ben", name = "Ben", groups = ["sre"] },
]
"#;

const ONCALL: &str = r##"
[[rotations]]
name = "shop"
people = ["ana", "ben"]
zone = "Europe/Berlin"
turn = "weekly"
starts = "2026-01-05 09:00"
hours = { days = ["mon", "sun"], from = "09:00", until = "17:30" }

[[policies]]
name = "night"
repeat = 2
steps = [
    { after = "0m", tell = ["rotation shop", "#ops"], direct = ["rotation shop"] },
    { after = "1h", direct = ["@ben", "group sre"] },
]

[[policies]]
name = "idle"
steps = [{ after = "5m", tell = ["C024BE7LH"] }]
last = { tell = ["@ana"] }

[[routes]]
severities = ["critical"]
labels = { team = "web-*" }
policy = "night"

[[routes]]
into = "shop"
"##;

fn files(oncall: &str) -> [(&str, &str); 3] {
    [("watchkeeper.toml", TOML), ("people.toml", PEOPLE), ("oncall.toml", oncall)]
}

#[test]
fn what_is_written_is_what_is_used() {
    let config = load(&files(ONCALL), &[]).unwrap();
    let on_call = config.settings.oncall;
    let rotation = &on_call.rotations[0];
    assert_eq!(rotation.starts, date(2026, 1, 5).at(9, 0, 0, 0));
    let hours = rotation.hours.as_ref().unwrap();
    assert_eq!((&hours.days[..], hours.until), (&[Weekday::Monday, Weekday::Sunday][..], time(17, 30, 0, 0)));
    let night = &on_call.policies[0];
    let recipient = |whom, how| Recipient { whom, how };
    let shop = || Whom::Rotation("shop".to_owned());
    let ops = Whom::Channel("#ops".to_owned());
    let first = [recipient(shop(), How::Mention), recipient(ops, How::Mention), recipient(shop(), How::Direct)];
    assert_eq!((&night.steps[0].tell[..], night.repeat, night.last.len()), (&first[..], 2, 0));
    let ben = Whom::Person(PersonId("ben".to_owned()));
    let second = [recipient(ben, How::Direct), recipient(Whom::Group("sre".to_owned()), How::Direct)];
    assert_eq!((&night.steps[1].tell[..], night.steps[1].after.as_hours()), (&second[..], 1));
    assert_eq!(on_call.policies[1].last.len(), 1);
    assert_eq!(on_call.routes[0].labels["team"], "web-*");
    assert_eq!(on_call.routes[1].into.as_deref(), Some("shop"));
}

#[test]
fn the_file_may_be_called_otherwise() {
    let toml = format!("oncall = \"turns.toml\"\n{TOML}");
    let files = [("watchkeeper.toml", toml.as_str()), ("people.toml", PEOPLE), ("turns.toml", ONCALL)];
    assert_eq!(load(&files, &[]).unwrap().settings.oncall.rotations.len(), 1);
    assert_snapshot!(load(&files[..2], &[]).unwrap_err(), @"turns.toml: Reading this file: No such file or directory (os error 2).");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let oncall = r##"
[[rotations]]
name = "Shop"
people = []
zone = "Berlin"
turn = "monthly"
starts = "monday"
project = "shpo"
channel = "ops"
user_group = "sre-on-call"
hours = { days = ["mon", "mon"], from = "17:00", until = "09:00", zone = "UTC" }
[[rotations]]
name = "data"
people = ["ana", "bne"]
zone = "UTC"
turn = "daily"
starts = "2026-01-05 09:00"
user_group = "S0614TZR7"
[[rotations]]
name = "data"
people = ["ana"]
zone = "UTC"
turn = "daily"
starts = "2026-01-05 09:00"
user_group = "S0614TZR7"
hours = { days = [], from = "9" }
[[policies]]
name = "empty"
repeat = 11
[[policies]]
name = "wrong"
steps = [
    { after = "0m" },
    { after = "0m", tell = ["rotation dta", "@bne", "group sr"] },
    { after = "25h", tell = ["everybody"] },
    { after = "1h", tell = ["@ana", "@ana"], direct = ["#ops"] },
]
[[routes]]
severities = ["fatal"]
policy = "wrogn"
[[routes]]
severities = ["critical"]
labels = { team = "web", tier = 1 }
project = "shop"
into = "shpo"
[[policy]]
"##;
    assert_snapshot!(load(&files(oncall), &[]).unwrap_err(), @r##"
    oncall.toml:3:8: rotations[0].name: Expected a short lower-case word, such as "shop", found "Shop".
    oncall.toml:4:10: rotations[0].people: Expected a list of people, such as ["ana", "ben"], found [].
    oncall.toml:5:8: rotations[0].zone: Expected an IANA time zone, such as "Europe/Berlin", found "Berlin".
    oncall.toml:6:8: rotations[0].turn: Expected "weekly" or "daily", found "monthly".
    oncall.toml:7:10: rotations[0].starts: Expected a date and an hour, such as "2026-01-05 09:00", found "monday".
    oncall.toml:8:11: rotations[0].project: No project is called "shpo". Did you mean "shop"?
    oncall.toml:9:11: rotations[0].channel: Expected a channel, such as "#ops", or its id, found "ops".
    oncall.toml:10:14: rotations[0].user_group: Expected a user group's id, such as "S0614TZR7", found "sre-on-call".
    oncall.toml:11:18: rotations[0].hours.days: Monday is in it twice.
    oncall.toml:11:58: rotations[0].hours.until: It has to be later than `from` on the same day. Hours over midnight take a rotation without hours.
    oncall.toml:11:67: rotations[0].hours.zone: There is no such key. Known here: days, from, until.
    oncall.toml:14:10: rotations[1].people: Nobody in people.toml is called "bne". Did you mean "ben"?
    oncall.toml:20:8: rotations[2].name: "data" is the name of another one above.
    oncall.toml:25:14: rotations[2].user_group: S0614TZR7 follows the rotation data already.
    oncall.toml:26:9: rotations[2].hours.until: This key is missing: it takes an hour, such as "09:00".
    oncall.toml:26:18: rotations[2].hours.days: Expected a list of days, such as ["mon", "tue", "wed", "thu", "fri"], found [].
    oncall.toml:26:29: rotations[2].hours.from: Expected an hour, such as "09:00", found "9".
    oncall.toml:27:1: policies[0]: It has no step: it takes at least one under [[policies.steps]].
    oncall.toml:29:10: policies[0].repeat: Expected a number from 0 to 10, found the number 11.
    oncall.toml:33:5: policies[1].steps[0]: Whom to tell is missing: give it `tell`, a list of "@ana", "rotation shop", "group sre" or "#ops", or `direct`.
    oncall.toml:34:15: policies[1].steps[1].after: Only the first step can come at once. What comes together is one step.
    oncall.toml:34:28: policies[1].steps[1].tell: No rotation above is called "dta". Did you mean "data"?
    oncall.toml:34:28: policies[1].steps[1].tell: Nobody in people.toml is called "bne". Did you mean "ben"?
    oncall.toml:34:28: policies[1].steps[1].tell: Nobody is in the group "sr". Did you mean "sre"?
    oncall.toml:35:15: policies[1].steps[2].after: Expected a duration of at most 24 hours, such as "10m", found "25h".
    oncall.toml:35:29: policies[1].steps[2].tell: Expected a list of "@ana", "rotation shop", "group sre" or "#ops", found ["everybody"].
    oncall.toml:36:28: policies[1].steps[3].tell: Somebody is in it twice.
    oncall.toml:36:55: policies[1].steps[3].direct: Expected a list of "@ana", "rotation shop" or "group sre", found ["#ops"].
    oncall.toml:39:14: routes[0].severities: Expected a list of "critical", "warning" or "info", found ["fatal"].
    oncall.toml:40:10: routes[0].policy: No policy above is called "wrogn". Did you mean "wrong"?
    oncall.toml:43:33: routes[1].labels.tier: Expected a text in quotes, found the number 1.
    oncall.toml:45:8: routes[1].into: No project is called "shpo". Did you mean "shop"?
    oncall.toml:46:3: policy: There is no such key. Did you mean policies?
    "##);
}

#[test]
fn a_route_that_no_alert_reaches_is_an_error() {
    let routes = |routes: &[&str]| {
        let text: String = routes.iter().map(|route| format!("[[routes]]\n{route}\n")).collect();
        load(&files(&text), &[]).map(|config| config.settings.oncall.routes.len())
    };
    let fine = [
        "severities = [\"critical\"]",
        "labels = { a = \"b\" }",
        "source = \"aws\"\nlabels = { a = \"c\" }",
        "project = \"shop\"",
    ];
    assert_eq!(routes(&fine), Ok(4));
    for (first, second) in [
        ("", "source = \"aws\""),
        ("severities = [\"critical\", \"info\"]", "severities = [\"info\"]\nproject = \"shop\""),
        ("severities = [\"critical\", \"info\", \"warning\"]", "channel = \"#ops\""),
        ("labels = { a = \"b\" }", "labels = { a = \"b\", c = \"d\" }"),
    ] {
        assert!(routes(&[first, second]).is_err(), "{first} then {second}");
    }
    assert_snapshot!(routes(&["channel = \"#ops\"", "project = \"shop\""]).unwrap_err(), @"oncall.toml:3:1: routes[1]: No alert comes this far: routes[0] above takes all that fit this one.");
}

#[test]
fn check_knows_what_reaches_nobody() {
    let all = findings(&files(ONCALL), &[("SLACK_BOT_TOKEN", "x"), ("SLACK_APP_TOKEN", "x")]);
    let of_mine = |line: &&str| line.contains("oncall.toml") || line.contains("on call");
    assert_snapshot!(all.lines().filter(of_mine).collect::<Vec<_>>().join("\n"), @r#"
    advice: oncall.toml: policies: No route names the policy "idle", so nobody is told by it.
    advice: people.toml: people: ben is on call by turns, but has neither `email` nor a chat account, so nothing reaches them.
    "#);
}

#[test]
fn with_people_that_can_not_be_read_their_names_are_not_judged() {
    let files = [("watchkeeper.toml", TOML), ("people.toml", "people = 1"), ("oncall.toml", ONCALL)];
    assert_snapshot!(load(&files, &[]).unwrap_err(), @"people.toml:1:10: people: Expected tables, each under [[people]], found the number 1.");
}

#[test]
fn a_route_names_a_source_that_there_is() {
    const SOURCES: &str = "[[sources]]\nname = \"prometheus\"\nkind = \"alertmanager\"\nsecret = \"SECRET\"\n";
    let routes = "[[routes]]\nsource = \"promtheus\"\ninto = \"shop\"\n\n[[routes]]\nsource = \"aws\"\ninto = \"shop\"\n";
    let config = format!("{TOML}{SOURCES}");
    let errors = load(&[("watchkeeper.toml", &config), ("people.toml", PEOPLE), ("oncall.toml", routes)], &[("SECRET", "s")]);
    let errors = errors.unwrap_err().to_string();
    assert_snapshot!(errors, @r#"oncall.toml:2:10: routes[0].source: No source is called "promtheus". Did you mean "prometheus"?"#);
}
