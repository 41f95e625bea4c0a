//! Votes are counted right whoever casts them, in whatever order they are seen.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::change::happen;
use crate::change::tests::{person, start, waiting};

/// Six people, some of dba, some of whom the policy lets vote.
#[derive(Clone, Debug)]
struct House {
    dba: [bool; 6],
    may: [bool; 6],
}

impl House {
    fn member(&self, number: u8) -> Person {
        let groups: BTreeSet<String> = self.dba[usize::from(number)].then(|| "dba".to_owned()).into_iter().collect();
        Person { id: person(number), name: String::new(), email: None, groups, zone: "UTC".to_owned() }
    }

    /// Who could approve a change of `p0`.
    fn counts(&self, number: u8, self_approval: SelfApproval) -> bool {
        let own = number == 0 && self_approval == SelfApproval::Refused;
        !own && self.dba[usize::from(number)] && self.may[usize::from(number)]
    }
}

impl Authority for House {
    fn decide(&self, person: &Person, action: &str, _resource: &Resource) -> Decision {
        let number: usize = person.id.0.trim_start_matches('p').parse().unwrap();
        if action == "change approve" && self.may[number] {
            Decision::Allowed { rule: "vote".to_owned(), requires: None }
        } else {
            Decision::Denied { rule: None, why: "No rule allows it.".to_owned() }
        }
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        self.decide(person, action, resource)
    }

    fn person(&self, id: &PersonId) -> Option<Person> {
        (0..6).map(|number| self.member(number)).find(|person| person.id == *id)
    }

    fn people(&self) -> Vec<Person> {
        (0..6).map(|number| self.member(number)).collect()
    }
}

fn houses() -> impl Strategy<Value = House> {
    (any::<[bool; 6]>(), any::<[bool; 6]>()).prop_map(|(dba, may)| House { dba, may })
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![3 => Just(Verdict::Approve), 1 => Just(Verdict::Reject)]
}

fn selfs() -> impl Strategy<Value = SelfApproval> {
    prop_oneof![Just(SelfApproval::Refused), Just(SelfApproval::Counts)]
}

/// What stands under a card: whose emoji, and which way it votes.
fn emoji() -> impl Strategy<Value = Vec<(u8, Verdict)>> {
    prop::collection::vec((0_u8..6, verdicts()), 0..9)
}

fn seen(house: &House, emoji: &[(u8, Verdict)]) -> Vec<Seen> {
    emoji.iter().map(|(number, verdict)| Seen { voter: Ok(house.member(*number)), verdict: *verdict }).collect()
}

/// The record once everything under the card was taken in.
fn after(record: &ChangeRecord, seen: &[Seen], house: &House) -> ChangeRecord {
    let happenings = compare(record, seen, house, start());
    happenings.into_iter().fold(record.clone(), |record, happening| happen(&record, happening, &person(1), start()).unwrap().0)
}

fn on_record(record: &ChangeRecord) -> BTreeSet<(PersonId, String)> {
    record.votes.iter().map(|vote| (vote.by.clone(), format!("{:?} {:?}", vote.verdict, vote.cast))).collect()
}

proptest! {
    #[test]
    fn a_tally_counts_each_person_who_may_vote_once(
        house in houses(), emoji in emoji(), quorum in 1_u32..4, own in selfs(),
    ) {
        let record = after(&waiting(quorum, own), &seen(&house, &emoji), &house);
        let counted = |verdict: Verdict| -> BTreeSet<u8> {
            let votes = emoji.iter().filter(|(number, cast)| *cast == verdict && house.counts(*number, own));
            votes.map(|(number, _)| *number).collect()
        };
        let (yes, no) = (counted(Verdict::Approve), counted(Verdict::Reject));
        match tally(&record, &house) {
            Tally::Rejected { by, .. } => prop_assert!(no.iter().any(|number| person(*number) == by)),
            Tally::Approved => prop_assert!(no.is_empty() && yes.len() >= quorum as usize),
            Tally::Waiting { missing } => {
                prop_assert!(no.is_empty());
                prop_assert_eq!(missing as usize + yes.len(), quorum as usize);
            }
        }
    }

    #[test]
    fn looking_twice_changes_nothing(house in houses(), emoji in emoji(), own in selfs()) {
        let seen = seen(&house, &emoji);
        let once = after(&waiting(2, own), &seen, &house);
        prop_assert!(compare(&once, &seen, &house, start()).is_empty());
    }

    #[test]
    fn the_order_of_emoji_does_not_matter(house in houses(), emoji in emoji(), own in selfs()) {
        let back: Vec<_> = emoji.iter().rev().copied().collect();
        let record = waiting(2, own);
        let (one, other) = (after(&record, &seen(&house, &emoji), &house), after(&record, &seen(&house, &back), &house));
        prop_assert_eq!(on_record(&one), on_record(&other));
    }

    #[test]
    fn an_emoji_taken_back_is_a_vote_taken_back(house in houses(), first in emoji(), then in emoji(), own in selfs()) {
        let record = after(&waiting(2, own), &seen(&house, &first), &house);
        let changed = after(&record, &seen(&house, &then), &house);
        let anew = after(&waiting(2, own), &seen(&house, &then), &house);
        prop_assert_eq!(on_record(&changed), on_record(&anew));
    }

    #[test]
    fn a_vote_cast_by_command_is_not_moved_by_emoji(house in houses(), verdict in verdicts(), emoji in emoji()) {
        let mut record = waiting(2, SelfApproval::Counts);
        let vote = Vote { by: person(1), verdict, cast: Cast::Command, at: start(), reason: None };
        record.votes.push(vote.clone());
        let changed = after(&record, &seen(&house, &emoji), &house);
        prop_assert!(changed.votes.contains(&vote));
    }

    #[test]
    fn a_right_that_is_gone_takes_the_vote_with_it(house in houses(), emoji in emoji(), own in selfs()) {
        let record = after(&waiting(1, own), &seen(&house, &emoji), &house);
        let nobody = House { may: [false; 6], ..house };
        prop_assert_eq!(tally(&record, &nobody), Tally::Waiting { missing: 1 });
    }
}
