//! Grants of the same access that begin, end, fail and are handed back in any order, their looks and commits interleaved in any
//! way, the bot killed in between, and changes among them that give the same for good to many at once: nobody loses access that
//! stands, and what nobody needs is taken back.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::super::state::Why;
use super::*;
use crate::access::model::{Assignee, Principal, PrincipalKind};
use crate::context::PersonId;

/// One grant of the model: as it is committed, and the step that is being taken of it.
struct Change {
    begins: i64,
    fails: Fails,
    /// Whether it gives to many for good: it is no grant and listens to nobody.
    to_many: bool,
    state: State,
    told: Vec<Told>,
    version: u32,
    life: Life,
    step: Option<(u32, Act)>,
}

/// Whether AWS gives what one asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fails {
    Never,
    /// AWS says no.
    Refused,
    /// AWS gives it, and it is never learned.
    Lost,
}

/// How long one lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Length {
    Minutes(i64),
    /// Until that minute, in place of another.
    Until(i64, usize),
    ForGood,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Life {
    Ahead,
    Runs,
    Over,
}

/// What a step does, as its look decided.
#[derive(Clone, Debug)]
enum Act {
    Stay,
    To(At),
    Tell(At, Vec<usize>, &'static str),
    Give,
    Take(Why),
    Done,
}

/// When one begins, how long it lasts, whether it fails, and whether it gives to many if it lasts for good.
type Planned = (i64, Length, Fails, bool);

struct Model {
    now: i64,
    changes: Vec<Change>,
    assigned: bool,
    for_good: bool,
    made: usize,
    taken: usize,
}

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn job(lasts: Lasts) -> Job {
    let principal = Principal { kind: PrincipalKind::User, id: "u-1".to_owned(), name: "ana".to_owned() };
    let assignment = Assignment { account: "1".to_owned(), permission_set: "ps".to_owned(), principal: Assignee::user("u-1") };
    let (permission_set, account) = ("ReadOnly".to_owned(), "shop".to_owned());
    Job { lasts, assignment, principal, email: None, permission_set, account, sessions: Sessions::RunOut, began: at(0) }
}

impl Model {
    fn new(grants: &[Planned]) -> Self {
        let change = |(begins, length, fails, to_many): &Planned| Change {
            begins: *begins,
            fails: *fails,
            to_many: *to_many && *length == Length::ForGood,
            state: State {
                at: At::Assign,
                job: job(match *length {
                    Length::Minutes(minutes) => Lasts::Minutes(minutes),
                    Length::Until(minute, of) => {
                        Lasts::Until { end: at(minute), instead_of: ChangeId((of % grants.len()) as u64) }
                    }
                    Length::ForGood => Lasts::ForGood,
                }),
            },
            told: Vec::new(),
            version: 0,
            life: Life::Ahead,
            step: None,
        };
        let changes = grants.iter().map(change).collect();
        Self { now: 0, changes, assigned: false, for_good: false, made: 0, taken: 0 }
    }

    fn phase(&self, one: &Change) -> Phase {
        if one.to_many {
            return Phase::Stands { end: None };
        }
        phase(&one.state, &one.told, at(self.now))
    }

    fn others(&self, me: usize) -> Vec<Grant> {
        let running = self.changes.iter().enumerate().filter(|(id, one)| *id != me && one.life == Life::Runs);
        running.map(|(id, one)| Grant { rank: rank(&one.state.job, ChangeId(id as u64)), phase: self.phase(one) }).collect()
    }

    fn tell(&mut self, who: usize, what: &str) {
        let now = at(self.now);
        let one = &mut self.changes[who];
        if one.life == Life::Runs {
            let (by, what) = (PersonId("ana".to_owned()), what.to_owned());
            one.told.push(Told { by, at: now, what, detail: serde_json::Value::Null });
            one.version += 1;
        }
    }

    /// The next part of a step: its look; what it does in AWS; its commit, which counts only if nothing was committed since.
    fn go_on(&mut self, me: usize) {
        if self.changes[me].life == Life::Ahead {
            if self.changes[me].begins <= self.now {
                self.changes[me].life = Life::Runs;
            }
            return;
        }
        if self.changes[me].life == Life::Over {
            return;
        }
        match self.changes[me].step.take() {
            None => self.changes[me].step = Some((self.changes[me].version, self.look(me))),
            Some((version, Act::Give)) => self.changes[me].step = Some((version, self.give(me))),
            Some((version, Act::Take(why))) => {
                self.taken += usize::from(self.assigned);
                self.assigned = false;
                let request = "r-1".to_owned();
                self.changes[me].step = Some((version, Act::To(At::FollowEnd { why, request })));
            }
            Some((version, act)) if version == self.changes[me].version => self.commit(me, act),
            Some(_) => {}
        }
        self.check();
    }

    fn look(&self, me: usize) -> Act {
        let one = &self.changes[me];
        let over = |why| Act::To(At::Release { why });
        let told = ending(&one.told);
        let kept = told.is_some_and(|told| told.what == word::KEEP);
        match one.state.at.clone() {
            At::Settle if one.to_many => self.settle(me),
            At::Assign if one.to_many => match begin(&self.others(me)) {
                Begin::After(_) => Act::Stay,
                Begin::Go => Act::Give,
            },
            At::Assign | At::Hold { .. } | At::Release { .. } if kept => Act::Done,
            At::Assign | At::Hold { .. } if told.is_some() => over(Why::Over),
            At::Assign if one.state.job.end(at(self.now)).is_some_and(|end| end <= at(self.now)) => over(Why::Over),
            At::Assign => match begin(&self.others(me)) {
                Begin::After(_) => Act::Stay,
                Begin::Go => Act::Give,
            },
            At::Hold { end } if end <= at(self.now) => over(Why::Over),
            At::Settle => {
                let others = self.others(me).into_iter().map(|other| other.rank.id.0 as usize);
                let others: Vec<usize> = others.filter(|other| !self.changes[*other].to_many).collect();
                if others.is_empty() { Act::Done } else { Act::Tell(At::Settled, others, word::KEEP) }
            }
            At::Release { why } => match release(rank(&one.state.job, ChangeId(me as u64)), &self.others(me)) {
                Release::Heir(to, _) => Act::Tell(At::Yield { why, to }, vec![to.0 as usize], word::HEIR),
                Release::LeaveTo(_) => Act::Done,
                Release::After(_) => Act::Stay,
                Release::Act if self.for_good => Act::Done,
                Release::Act => Act::Take(why),
            },
            At::Yield { why, to } => {
                let heir = &self.changes[to.0 as usize];
                let stands = heir.life == Life::Runs && matches!(self.phase(heir), Phase::Stands { .. });
                if stands { Act::Done } else { over(why) }
            }
            At::Settled | At::FollowEnd { .. } => Act::Done,
            _ => Act::Stay,
        }
    }

    /// Tells those that would take it back, and looks again.
    fn settle(&self, me: usize) -> Act {
        let left = |id: &usize| {
            let one = &self.changes[*id];
            let takes = matches!(self.phase(one), Phase::Stands { .. } | Phase::Ends | Phase::Releases);
            let kept = ending(&one.told).is_some_and(|told| told.what == word::KEEP);
            *id != me && one.life == Life::Runs && takes && !kept && one.state.job.lasts != Lasts::ForGood
        };
        let others: Vec<usize> = (0..self.changes.len()).filter(left).collect();
        if others.is_empty() { Act::Done } else { Act::Tell(At::Settle, others, word::KEEP) }
    }

    fn give(&mut self, me: usize) -> Act {
        if !self.assigned && self.changes[me].fails == Fails::Refused {
            if self.changes[me].to_many {
                return Act::Done;
            }
            let counted_on = self.changes[me].told.iter().any(|told| told.what == word::HEIR);
            return if counted_on { Act::To(At::Release { why: Why::Failed("no".into()) }) } else { Act::Done };
        }
        self.made += usize::from(!self.assigned);
        self.assigned = true;
        if self.changes[me].fails == Fails::Lost && !self.changes[me].to_many {
            return Act::To(At::Release { why: Why::Failed("lost".into()) });
        }
        let lasts = self.changes[me].state.job.lasts;
        match (self.changes[me].state.job.end(at(self.now)), lasts) {
            (Some(end), Lasts::Until { instead_of, .. }) if instead_of != ChangeId(me as u64) => {
                Act::Tell(At::Hold { end }, vec![instead_of.0 as usize], word::EXTENDED)
            }
            (Some(end), _) => Act::To(At::Hold { end }),
            (None, _) => Act::To(At::Settle),
        }
    }

    fn commit(&mut self, me: usize, act: Act) {
        self.changes[me].version += 1;
        match act {
            Act::To(at) => self.changes[me].state.at = at,
            Act::Tell(at, whom, what) => {
                self.changes[me].state.at = at;
                whom.into_iter().for_each(|who| self.tell(who, what));
            }
            Act::Done => {
                self.for_good |= matches!(self.changes[me].state.at, At::Settle | At::Settled);
                self.changes[me].life = Life::Over;
            }
            Act::Stay | Act::Give | Act::Take(_) => {}
        }
    }

    /// Nobody who was told to have access is without it.
    fn check(&self) {
        let granted = |one: &&Change| {
            let confirmed = matches!(one.state.at, At::Hold { .. } | At::Settle | At::Settled);
            one.life == Life::Runs && confirmed && matches!(self.phase(one), Phase::Stands { .. })
        };
        let holds = self.changes.iter().filter(granted).count();
        assert!(self.assigned || (holds == 0 && !self.for_good), "{holds} grants stand without an assignment");
    }
}

/// What happens next: a grant goes on, time passes, somebody hands something back, the bot is killed.
#[derive(Clone, Debug)]
enum Event {
    GoesOn(usize),
    Passes(i64),
    HandedBack(usize),
    Killed,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        20 => (0..6_usize).prop_map(Event::GoesOn),
        3 => (1..4_i64).prop_map(Event::Passes),
        1 => (0..6_usize).prop_map(Event::HandedBack),
        1 => Just(Event::Killed),
    ];
    prop::collection::vec(event, 0..300)
}

fn grants() -> impl Strategy<Value = Vec<Planned>> {
    let length = prop_oneof![
        5 => (1..12_i64).prop_map(Length::Minutes),
        2 => (1..24_i64, 0..6_usize).prop_map(|(minute, of)| Length::Until(minute, of)),
        1 => Just(Length::ForGood),
    ];
    let fails = prop_oneof![7 => Just(Fails::Never), 2 => Just(Fails::Refused), 1 => Just(Fails::Lost)];
    prop::collection::vec((0..12_i64, length, fails, prop::bool::ANY), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn access_stands_as_long_as_anybody_has_it_and_no_longer(grants in grants(), events in events()) {
        let mut model = Model::new(&grants);
        for event in events {
            match event {
                Event::GoesOn(who) if who < grants.len() => model.go_on(who),
                Event::HandedBack(who) if who < grants.len() => {
                    if matches!(model.phase(&model.changes[who]), Phase::Stands { .. }) {
                        model.tell(who, word::END);
                    }
                }
                Event::Passes(minutes) => model.now += minutes,
                Event::Killed => model.changes.iter_mut().for_each(|one| one.step = None),
                _ => {}
            }
        }
        for _ in 0..500 {
            model.now += 1;
            (0..grants.len()).for_each(|who| model.go_on(who));
        }
        prop_assert!(model.changes.iter().all(|one| one.life == Life::Over), "some never end");
        prop_assert_eq!(model.assigned, model.for_good, "it is left behind, or cut");
        prop_assert_eq!(model.made, model.taken + usize::from(model.assigned));
    }
}

#[test]
fn the_one_that_stands_longest_is_counted_on() {
    let grant = |id: u64, phase| Grant { rank: Rank { removes: false, ends_sessions: false, id: ChangeId(id) }, phase };
    let stands = |minute: i64| Phase::Stands { end: Some(at(minute)) };
    let me = grant(1, Phase::Releases).rank;
    assert_eq!(release(me, &[grant(2, stands(5)), grant(3, stands(9))]), Release::Heir(ChangeId(3), Some(at(9))));
    assert_eq!(release(me, &[grant(2, stands(5)), grant(3, Phase::Stands { end: None })]), Release::Heir(ChangeId(3), None));
    assert_eq!(release(me, &[grant(2, Phase::Ends)]), Release::After(ChangeId(2)));
    assert_eq!(release(me, &[grant(2, Phase::Releases)]), Release::LeaveTo(ChangeId(2)));
    assert_eq!(release(grant(3, Phase::Releases).rank, &[grant(2, Phase::Releases)]), Release::After(ChangeId(2)));
    assert_eq!(release(me, &[grant(2, Phase::Deletes)]), Release::After(ChangeId(2)));
    assert_eq!(release(me, &[grant(2, Phase::Yields)]), Release::After(ChangeId(2)), "it may be done by its next commit");
    assert_eq!(release(me, &[grant(2, Phase::Past)]), Release::Act);
    let removal = Rank { removes: true, ends_sessions: false, id: ChangeId(0) };
    assert_eq!(release(me, &[Grant { rank: removal, phase: Phase::Releases }]), Release::LeaveTo(ChangeId(0)));
    assert_eq!(begin(&[grant(2, Phase::Deletes)]), Begin::After(ChangeId(2)));
    assert_eq!(begin(&[grant(2, stands(5)), grant(3, Phase::Ends)]), Begin::Go);
}
