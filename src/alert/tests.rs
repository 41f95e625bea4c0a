use commands::oncall::{EscalationStep, How, Recipient, Whom};
use commands::records::{AlertHead, Severity};
use insta::assert_snapshot;

use super::*;

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn policies() -> Vec<EscalationPolicy> {
    let to = |name: &str| vec![Recipient { whom: Whom::Person(PersonId(name.to_owned())), how: How::Mention }];
    let step = |minutes, name| EscalationStep { after: SignedDuration::from_mins(minutes), tell: to(name) };
    vec![EscalationPolicy { name: "shop".to_owned(), steps: vec![step(0, "ana"), step(10, "ben")], repeat: 1, last: to("bea") }]
}

fn ways(policies: &[EscalationPolicy]) -> Ways<'_> {
    Ways { policies, flapping: SignedDuration::from_mins(30), settle: SignedDuration::from_mins(10) }
}

fn signal() -> Signal {
    Signal {
        source: "prometheus".to_owned(),
        fingerprint: "d103".to_owned(),
        title: "HighErrorRate".to_owned(),
        since: at(0),
        origin: Origin::Alertmanager,
        ..Signal::default()
    }
}

/// An alert, and what happens to it.
struct Told {
    record: AlertRecord,
    policies: Vec<EscalationPolicy>,
    facts: Vec<String>,
}

impl Told {
    fn new() -> Self {
        let policies = policies();
        let road = Road { policy: Some("shop".to_owned()), channel: "#shop".to_owned(), ..Road::default() };
        let (record, fact) = open(AlertId(7), signal(), road, (ways(&policies), at(0)));
        Self { record, facts: vec![fact.event], policies }
    }

    fn then(&mut self, minutes: i64, by: &str, happening: Happening) -> &mut Self {
        let by = PersonId(by.to_owned());
        let (record, fact) = happen(&self.record, happening, &by, (ways(&self.policies), at(minutes))).unwrap();
        self.record = record;
        self.facts.extend(fact.map(|fact| fact.event));
        self
    }

    fn refused(&self, minutes: i64, by: &str, happening: Happening) -> String {
        let by = PersonId(by.to_owned());
        happen(&self.record, happening, &by, (ways(&self.policies), at(minutes))).unwrap_err().0.plain()
    }

    fn said(&self) -> String {
        self.record.done.iter().map(|did| did.what.plain()).collect::<Vec<_>>().join("\n")
    }

    fn due(&self) -> Option<i64> {
        due(&self.record, ways(&self.policies)).map(|due| due.duration_since(at(0)).as_mins())
    }
}

#[test]
fn whoever_takes_it_ends_its_climb_and_quiets_its_source_until_their_time_is_over() {
    let mut told = Told::new();
    assert_eq!(told.due(), Some(0), "its first step comes at once");
    told.then(1, "ana", Happening::Acknowledged { until: at(61) });
    assert_eq!(told.record.escalation.as_ref().unwrap().next, None);
    assert_eq!((told.record.at_source.wanted, told.record.at_source.next), (Some(at(61)), Some(at(1))));
    told.then(61, MYSELF, Happening::CameBack);
    assert_eq!(told.record.handling, Handling::Open);
    assert_eq!(told.record.at_source.wanted, None);
    assert_eq!(told.due(), Some(61), "it climbs anew");
    assert_snapshot!(told.said(), @"
    👀 @ana takes it until Wed 25 Nov 2026 11:01 UTC.
    ⏰ It is still wrong, and the time that @ana took for it is over.
    ");
    assert_snapshot!(told.facts.join(" "), @"alert_opened alert_acknowledged alert_came_back");
}

#[test]
fn what_is_right_again_is_over_and_what_is_soon_wrong_again_is_the_same_alert() {
    let mut told = Told::new();
    told.then(1, "ana", Happening::Acknowledged { until: at(241) });
    let quiet = Quiet { until: at(241), handle: "s-1".to_owned() };
    told.then(1, MYSELF, Happening::Quieted { quiet, look: at(3) });
    told.then(14, MYSELF, Happening::Cleared { as_of: None });
    assert!(!told.record.is_open());
    assert_eq!(told.due(), Some(14), "its source is to be loud again");
    told.then(14, MYSELF, Happening::Unquieted);
    assert_eq!(told.due(), Some(14), "what it became meanwhile was told by nobody: it is asked");
    told.record.at_source.next = None;
    assert_eq!(told.due(), Some(44), "then it is forgotten");
    told.then(20, MYSELF, Happening::Fired(Box::new(signal()), None));
    assert!(matches!(told.record.handling, Handling::Acknowledged { .. }), "it is still ana's: nobody is woken by a flap");
    told.then(30, MYSELF, Happening::Cleared { as_of: None });
    told.then(300, MYSELF, Happening::Fired(Box::new(signal()), None));
    assert_eq!(told.record.handling, Handling::Open, "her time is over");
    assert_eq!(told.record.times, 3);
    assert_snapshot!(told.said(), @"
    👀 @ana takes it until Wed 25 Nov 2026 14:01 UTC.
    Its source says it is right again, after 14 min.
    It is wrong again, for the 2nd time. It stays as it was handled.
    Its source says it is right again, after 30 min.
    It is wrong again, for the 3rd time.
    ");
}

#[test]
fn what_is_resolved_here_comes_back_unless_its_source_agrees() {
    let mut told = Told::new();
    told.then(5, "ana", Happening::Resolved { note: Some("restarted the pool".to_owned()) });
    assert!(told.record.waits_for_source());
    assert_eq!(told.due(), Some(15));
    let mut agreed = Told { record: told.record.clone(), policies: policies(), facts: Vec::new() };
    agreed.then(6, MYSELF, Happening::Cleared { as_of: None });
    assert!(!agreed.record.waits_for_source());
    assert!(
        matches!(&agreed.record.handling, Handling::Resolved { by: Some(by), .. } if by.0 == "ana"),
        "it was ana who fixed it"
    );
    assert_eq!(agreed.due(), Some(35), "then it is forgotten");
    told.then(15, MYSELF, Happening::CameBack);
    assert_eq!(told.record.handling, Handling::Open);
    assert_snapshot!(told.said(), @"
    ✅ @ana resolved it after 5 min: restarted the pool
    ⏰ @ana resolved it, but its source has not agreed.
    ");
}

#[test]
fn what_a_source_never_ends_people_end_for_good_and_it_may_happen_again() {
    let mut told = Told::new();
    told.record.signal.ends = Ends::ByPeople;
    told.then(5, "ana", Happening::Resolved { note: None });
    assert!(!told.record.waits_for_source());
    assert_eq!(told.due(), Some(35));
    told.then(10, MYSELF, Happening::Fired(Box::new(Signal { ends: Ends::ByPeople, ..signal() }), None));
    assert_eq!((&told.record.handling, told.record.times), (&Handling::Open, 2), "the next one is not swallowed");
}

#[test]
fn who_resolves_it_again_is_believed_where_its_source_can_t_be_asked() {
    let mut told = Told::new();
    told.record.signal.origin = Origin::Nowhere;
    told.then(5, "ana", Happening::Resolved { note: None }).then(15, MYSELF, Happening::CameBack);
    told.then(16, "ana", Happening::Resolved { note: None });
    assert!(!told.record.waits_for_source());
    let mut wrong = Told::new();
    wrong.record.signal.origin = Origin::Nowhere;
    wrong.then(5, "ana", Happening::Resolved { note: None }).then(15, MYSELF, Happening::CameBack);
    let worse = Signal { value: Some("7".to_owned()), origin: Origin::Nowhere, ..signal() };
    wrong.then(16, MYSELF, Happening::Fired(Box::new(worse), None)).then(17, "ana", Happening::Resolved { note: None });
    assert!(wrong.record.waits_for_source(), "it said so since");
}

#[test]
fn what_flaps_goes_on_climbing_where_it_was() {
    let mut told = Told::new();
    let step = |next| Happening::Escalated { people: vec![], words: "Told @ana.".into(), aside: None, next };
    told.then(0, MYSELF, step(Some((1, at(10))))).then(5, MYSELF, Happening::Cleared { as_of: None });
    told.then(6, MYSELF, Happening::Fired(Box::new(signal()), None));
    let escalation = told.record.escalation.clone().unwrap();
    assert_eq!((escalation.step, escalation.next), (1, Some(at(16))), "nobody is woken again before the second step");
}

#[test]
fn a_second_click_is_no_second_decision() {
    let mut told = Told::new();
    told.then(1, "ana", Happening::Silenced { until: at(61) });
    let again = Happening::Silenced { until: at(61) + SignedDuration::from_secs(2) };
    assert_snapshot!(told.refused(1, "ana", again), @"ALR-7 is silenced by you already, until Wed 25 Nov 2026 11:01 UTC.");
}

#[test]
fn what_repeats_changes_nothing() {
    let mut told = Told::new();
    let before = told.record.clone();
    told.then(3, MYSELF, Happening::Fired(Box::new(signal()), None));
    assert_eq!(told.record, before);
}

#[test]
fn what_is_known_of_a_source_is_by_its_clock_alone() {
    let mut told = Told::new();
    let said = |condition, minutes| Signal { condition, as_of: Some(at(minutes)), ..signal() };
    let late = |told: &Told, signal: &Signal| is_late(&told.record, signal);
    assert!(!late(&told, &said(Condition::Resolved, -60)), "nothing is known of when it began");
    told.then(1, MYSELF, Happening::Fired(Box::new(said(Condition::Firing, -5)), None));
    assert!(late(&told, &said(Condition::Resolved, -6)) && !late(&told, &said(Condition::Resolved, -5)));
    // The bot asked, and was told at its own time: a word that is on its way may be from before that.
    told.then(9, MYSELF, Happening::Cleared { as_of: None });
    assert!(!late(&told, &said(Condition::Firing, 8)));
    assert!(!late(&told, &signal()), "what tells no time is never late");
    let began = Signal { since: at(-30), ..signal() };
    let again = Happening::Fired(Box::new(began), None);
    told.then(10, MYSELF, again);
    assert_eq!((told.record.condition, told.record.at_source.next), (Condition::Firing, Some(at(10))), "its source is asked");
}

#[test]
fn what_is_forgotten_is_not_looked_at_again_whatever_is_written_below_it() {
    let mut told = Told::new();
    told.then(14, MYSELF, Happening::Cleared { as_of: None });
    told.record.forgotten = true;
    told.then(60, "ana", Happening::Noted("it was the disk".to_owned()));
    assert_eq!(told.due(), None);
}

#[test]
fn what_can_t_be_had_is_a_sentence() {
    let mut told = Told::new();
    assert_snapshot!(told.refused(1, "ana", Happening::Unacknowledged), @"ALR-7 is nobody's yet, so there is nothing to give back.");
    told.then(1, "ana", Happening::Acknowledged { until: at(61) });
    assert_snapshot!(told.refused(2, "ana", Happening::Acknowledged { until: at(61) }), @"ALR-7 is yours already.");
    told.then(3, "ana", Happening::Resolved { note: None });
    assert_snapshot!(told.refused(4, "ben", Happening::Acknowledged { until: at(61) }), @"ALR-7 is over: @ana resolved it Wed 25 Nov 2026 10:03 UTC.");
    told.record.handling = Handling::Open;
    told.record.escalation = None;
    assert_snapshot!(told.refused(4, "ben", Happening::Raised), @"No escalation policy is routed to ALR-7, so I don't know whom to tell. oncall who shows who is on call.");
}

#[test]
fn a_note_below_what_is_over_tells_how_it_was_fixed() {
    let mut told = Told::new();
    told.then(14, MYSELF, Happening::Cleared { as_of: None });
    told.then(20, "ben", Happening::Noted("the disk was full".to_owned()));
    assert!(matches!(&told.record.handling, Handling::Resolved { note: Some(note), .. } if note == "the disk was full"));
}

#[test]
fn what_gets_worse_says_so_once() {
    let mut told = Told::new();
    let worse = Signal { severity: Severity::Critical, since: at(9), ..signal() };
    told.then(9, MYSELF, Happening::Fired(Box::new(worse.clone()), Some("shop".to_owned()))).then(
        10,
        MYSELF,
        Happening::Fired(Box::new(worse), None),
    );
    assert_eq!(told.record.signal.since, at(0), "it has been wrong all the time");
    assert_snapshot!(told.said(), @"It is critical now; it was warning.");
    assert_snapshot!(told.facts.join(" "), @"alert_opened alert_worse");
}

#[test]
fn a_policy_is_gone_through_again_and_ends_with_its_last_word() {
    let policy = &policies()[0];
    let told: Vec<String> = (0..policy.rungs())
        .map(|rung| format!("{} after {} min", name(policy.tell(rung).unwrap()), policy.wait(rung).as_mins()))
        .collect();
    assert_snapshot!(told.join("\n"), @r#"
    Person(PersonId("ana")) after 0 min
    Person(PersonId("ben")) after 10 min
    Person(PersonId("ana")) after 10 min
    Person(PersonId("ben")) after 10 min
    Person(PersonId("bea")) after 10 min
    "#);
    assert!(policy.tell(policy.rungs()).is_none());
}

fn name(tell: &[Recipient]) -> String {
    tell.iter().map(|recipient| format!("{:?}", recipient.whom)).collect()
}

#[test]
fn a_head_is_read_from_the_record_as_it_is_kept() {
    let mut told = Told::new();
    told.then(1, "ana", Happening::Acknowledged { until: at(240) }).then(
        2,
        "ana",
        Happening::Noted("It is the disk.".to_owned()),
    );
    let kept = serde_json::to_vec(&told.record).unwrap();
    let head: AlertHead = serde_json::from_slice(&kept).unwrap();
    assert_eq!(head, AlertHead::from(&told.record));
    assert_eq!(head.as_resource(), told.record.as_resource());
    assert!(head.is_open() && head.done.len() == 2, "{head:?}");
}

#[test]
fn what_is_worse_when_it_is_wrong_again_climbs_by_the_route_it_has_now() {
    let mut told = Told::new();
    told.record.escalation = None;
    told.then(1, MYSELF, Happening::Cleared { as_of: None });
    let worse = Signal { severity: Severity::Critical, since: at(2), ..signal() };
    told.then(2, MYSELF, Happening::Fired(Box::new(worse), Some("shop".to_owned())));
    assert_eq!(told.record.escalation.as_ref().and_then(|escalation| escalation.next), Some(at(2)));
    assert!(told.said().ends_with("It is wrong again, for the 2nd time. It is critical now; it was warning."), "{}", told.said());
}
