use commands::PersonId;
use commands::oncall::{EscalationStep, How, Recipient, Turn};
use commands::records::{AlertId, AlertRecord, Did, Escalation, Severity, Signal};
use insta::assert_snapshot;
use jiff::civil::date;

use super::*;
use crate::alert::{Road, Ways};

fn at(instant: &str) -> Timestamp {
    format!("2026-11-{instant}:00Z").parse().unwrap()
}

fn ana() -> PersonId {
    PersonId("ana".to_owned())
}

fn alert(number: u64, title: &str, handling: Handling) -> AlertRecord {
    let severity = if number.is_multiple_of(2) { Severity::Critical } else { Severity::Warning };
    let signal = Signal { title: title.to_owned(), severity, ..Signal::default() };
    let road = Road { project: Some("shop".to_owned()), channel: "#shop-ops".to_owned(), ..Road::default() };
    let ways = Ways { policies: &[], flapping: SignedDuration::ZERO, settle: SignedDuration::ZERO };
    let (record, _) = crate::alert::open(AlertId(number), signal, road, (ways, at("25T10:00")));
    AlertRecord { handling, ..record }
}

fn taken(since: &str) -> Handling {
    Handling::Acknowledged { by: ana(), at: at(since), until: at("30T00:00") }
}

fn over(when: &str, note: Option<&str>) -> Handling {
    Handling::Resolved { by: Some(ana()), at: at(when), note: note.map(str::to_owned) }
}

fn rotation(project: Option<&str>) -> Rotation {
    Rotation {
        name: "web".to_owned(),
        project: project.map(str::to_owned),
        people: vec![ana()],
        zone: "UTC".to_owned(),
        turn: Turn::Daily,
        starts: date(2026, 1, 1).at(9, 0, 0, 0),
        hours: None,
        channel: None,
        user_group: None,
    }
}

fn shown(alerts: &[AlertRecord], on_call: &OnCall, rotation: &Rotation) -> String {
    let alerts: Vec<AlertHead> = alerts.iter().map(AlertHead::from).collect();
    let digest = Digest::of(&alerts, (on_call, rotation), at("25T09:00"), at("26T09:00"));
    digest.add_to(Message::new()).plain()
}

#[test]
fn it_says_what_is_open_what_lies_idle_and_how_things_were_fixed() {
    let worked_on = AlertRecord {
        done: vec![Did { at: at("26T06:00"), by: ana(), what: "restarted it".into() }],
        ..alert(5, "worked on", taken("25T11:00"))
    };
    let silent = Handling::Silenced { by: ana(), at: at("26T08:00"), until: at("26T10:00") };
    let alerts = [
        alert(1, "orders slow", Handling::Open),
        alert(2, "orders <!channel> 5xx", Handling::Open),
        alert(3, "disk", taken("25T11:00")),
        alert(4, "just taken", taken("26T06:00")),
        worked_on,
        alert(6, "quiet", silent),
        alert(7, "fixed", over("25T12:00", Some("failed over by hand"))),
        alert(8, "fixed without a word", over("25T12:00", None)),
        alert(9, "fixed long ago", over("24T12:00", Some("before"))),
    ];
    assert_snapshot!(shown(&alerts, &OnCall::default(), &rotation(None)), @"
    Open (2)
    • ALR-2 critical: orders <!channel> 5xx since Wed 25 Nov 2026 10:00 UTC
    • ALR-1 warning: orders slow since Wed 25 Nov 2026 10:00 UTC
    Acknowledged, and nothing done for 4 hours (1)
    • ALR-3 warning: disk, acknowledged by @ana Wed 25 Nov 2026 11:00 UTC
    Resolved in this shift (1)
    • ALR-7 warning: fixed: failed over by hand
    3 more are acknowledged or silenced.
    ");
    assert_snapshot!(shown(&[], &OnCall::default(), &rotation(None)), @"No alert is open.");
}

#[test]
fn a_long_note_is_cut() {
    let alerts = [alert(1, "fixed", over("25T12:00", Some(&"x".repeat(201))))];
    let shown = shown(&alerts, &OnCall::default(), &rotation(None));
    assert!(shown.ends_with(&format!("fixed: {}…", "x".repeat(199))), "{shown}");
}

#[test]
fn a_long_list_is_counted() {
    let alerts: Vec<AlertRecord> = (1..=14).map(|number| alert(number, "many", Handling::Open)).collect();
    let shown = shown(&alerts, &OnCall::default(), &rotation(None));
    assert_eq!(shown.lines().filter(|line| line.starts_with('•')).count(), LISTED);
    assert!(shown.contains("… and 4 more: alert list") && shown.contains("Open (14)"), "{shown}");
}

#[test]
fn a_rotation_answers_for_its_project_and_for_what_is_brought_to_it() {
    let escalation = Escalation { policy: "night".to_owned(), step: 0, next: None };
    let alerts = [
        alert(1, "of its project", Handling::Open),
        AlertRecord { project: None, escalation: Some(escalation), ..alert(3, "brought to it", Handling::Open) },
        AlertRecord { project: Some("media".to_owned()), ..alert(5, "somebody else's", Handling::Open) },
    ];
    let alerts = alerts.each_ref().map(AlertHead::from);
    let tell = vec![Recipient { whom: Whom::Rotation("web".to_owned()), how: How::Direct }];
    let step = EscalationStep { after: SignedDuration::ZERO, tell };
    let policy = EscalationPolicy { name: "night".to_owned(), steps: vec![step], repeat: 0, last: Vec::new() };
    let on_call = OnCall { policies: vec![policy], ..OnCall::default() };
    let open = |on_call: &OnCall, project: Option<&str>| {
        let rotation = rotation(project);
        let digest = Digest::of(&alerts, (on_call, &rotation), at("25T09:00"), at("26T09:00"));
        digest.open.iter().map(|alert| alert.id.0).collect::<Vec<_>>()
    };
    assert_eq!(open(&on_call, Some("shop")), [1, 3]);
    assert_eq!(open(&on_call, None), [3]);
    assert_eq!(open(&OnCall::default(), Some("shop")), [1]);
    assert_eq!(open(&OnCall::default(), None), [1, 3, 5], "a rotation for everything");
}
