//! Brings an alert to people, step by step, until somebody takes it.

use commands::context::MYSELF;
use commands::message::{Text, code};
use commands::oncall::{EscalationPolicy, Recipient, Rotation, Whom, rota};
use commands::records::Override;
use commands::{PersonId, text};
use jiff::Timestamp;

use super::calling::reach;
use super::{Matter, card, inbox, ways};
use crate::alert::{self, Happening};
use crate::host::{Host, Trouble};
use crate::outbox::Saying;
use crate::platform::Target;

/// Takes the step that is due, if one is. One that nobody is on call for gives way at once to the next that there is somebody
/// for; where there is none, the next shift is waited for. Where a step reaches nobody although there is somebody, the next
/// one comes at once too; a new round keeps its time, since who can't be reached now may be then.
///
/// # Errors
/// When the store can't be read.
pub async fn climb(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let now = host.clock.now();
    let myself = PersonId(MYSELF.to_owned());
    loop {
        let Some(escalation) = matter.record.escalation.clone() else { return Ok(()) };
        if !matter.record.is_open() || escalation.next.is_none_or(|next| next > now) {
            return Ok(());
        }
        let policy = host.settings.oncall.policies.iter().find(|policy| policy.name == escalation.policy);
        let rung = escalation.step as usize;
        let Some(policy) = policy else {
            // It is no longer configured: what is routed there now counts.
            let configured = |name: &String| host.settings.oncall.policies.iter().any(|policy| policy.name == *name);
            let Some(now_routed) = inbox::road(&host, &matter.record.signal).policy.filter(configured) else {
                let words = text!["Its escalation policy ", code(escalation.policy), " is no longer configured."];
                let aside = Some(words.clone());
                matter.must(Happening::Escalated { people: Vec::new(), words, aside, next: None }, &myself)?;
                return nobody(matter);
            };
            alert::route(&mut matter.record, Some(now_routed), (ways(&host), now));
            continue;
        };
        let Some(tell) = policy.tell(rung) else {
            // Its last step was taken.
            let words: Text = "Nobody is left to tell.".into();
            let aside = Some(words.clone());
            return matter.must(Happening::Escalated { people: Vec::new(), words, aside, next: None }, &myself);
        };
        let watch = Watch { host: &host, overrides: crate::shifts::overrides(&host).await?, now };
        let sleeps = !watch.has_somebody(tell);
        let awake = |rung: &usize| policy.tell(*rung).is_some_and(|tell| watch.has_somebody(tell));
        let later = (rung + 1..policy.rungs()).find(awake).filter(|_| sleeps);
        if sleeps
            && later.is_none()
            && let Some(waits) = watch.wait(policy, rung)
        {
            return matter.must(waits, &myself);
        }
        let reached = reach(matter, &watch, (tell, rung)).await;
        let next = match later {
            Some(later) => u32::try_from(later).ok().map(|later| (later, now)),
            None => watch.next(policy, rung, reached.is_anybody()),
        };
        let words = reached.words();
        let aside = reached.is_aside.then(|| words.clone());
        matter.must(Happening::Escalated { people: reached.people, words, aside, next }, &myself)?;
        if next.is_none() {
            return ended(matter, &watch, policy);
        }
    }
}

/// The last step was taken. Whoever of it sleeps is told when they are on call; and where nobody was reached at all, the default
/// channel is.
fn ended(matter: &mut Matter<'_>, watch: &Watch<'_>, policy: &EscalationPolicy) -> Result<(), Trouble> {
    if let Some(waits) = watch.wait(policy, 0) {
        return matter.must(waits, &PersonId(MYSELF.to_owned()));
    }
    nobody(matter)
}

/// Where nobody was reached at all, the default channel is told.
fn nobody(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    if !(matter.record.pings.is_empty() && matter.record.calls.is_empty()) {
        return Ok(());
    }
    let (host, myself) = (matter.host, PersonId(MYSELF.to_owned()));
    let channel = host.rules.channels.default.clone();
    for platform in &host.platforms {
        let target = Target::Channel { channel: channel.clone(), thread: None };
        let saying = Saying::once(platform.name(), target, card::elsewhere(&matter.record));
        let saying = saying.ranked(matter.record.signal.severity);
        matter.call(&format!("nobody/{}/{}/{}", matter.record.times, matter.version(), platform.name()), saying);
    }
    let words = text![format!("Its escalation reached nobody, so I told {channel}.")];
    let aside = Some(words.clone());
    matter.must(Happening::Escalated { people: Vec::new(), words, aside, next: None }, &myself)
}

/// Who is on call at an instant.
pub(super) struct Watch<'h> {
    pub(super) host: &'h Host,
    overrides: Vec<Override>,
    now: Timestamp,
}

impl Watch<'_> {
    fn rotation(&self, name: &str) -> Option<&Rotation> {
        self.host.settings.oncall.rotations.iter().find(|rotation| rotation.name == name)
    }

    pub(super) fn on_call(&self, name: &str) -> Option<PersonId> {
        Some(rota::turn(self.rotation(name)?, &self.overrides, self.now)?.who)
    }

    /// Whether there is anybody now whom a step is about.
    fn has_somebody(&self, tell: &[Recipient]) -> bool {
        tell.iter().any(|recipient| match &recipient.whom {
            Whom::Rotation(name) => self.on_call(name).is_some(),
            Whom::Person(_) | Whom::Group(_) | Whom::Channel(_) => true,
        })
    }

    /// The step that comes after one, and when; none after the last.
    fn next(&self, policy: &EscalationPolicy, rung: usize, reached: bool) -> Option<(u32, Timestamp)> {
        let after = rung + 1;
        policy.tell(after)?;
        let at_once = !reached && !policy.is_again(after);
        let at = if at_once { self.now } else { self.now + policy.wait(after) };
        u32::try_from(after).ok().map(|after| (after, at))
    }

    /// The next shift of a rotation that nobody is on call for and that a step names from `rung` on; that step is taken then.
    fn wait(&self, policy: &EscalationPolicy, rung: usize) -> Option<Happening> {
        let steps = (rung..policy.rungs()).filter_map(|rung| Some((rung, policy.tell(rung)?)));
        let named = steps.flat_map(|(rung, tell)| tell.iter().map(move |recipient| (rung, &recipient.whom)));
        let sleeping = named.filter_map(|(rung, whom)| match whom {
            Whom::Rotation(name) if self.on_call(name).is_none() => {
                Some((rota::next_change(self.rotation(name)?, &self.overrides, self.now)?, rung, name))
            }
            _ => None,
        });
        let (until, step, name) = sleeping.min_by_key(|(at, rung, _)| (*at, *rung))?;
        let words = text![format!("💤 Nobody of {name} is on call now. Whoever is next is told "), until, "."];
        Some(Happening::Waits { step: u32::try_from(step).ok()?, until, words })
    }
}
