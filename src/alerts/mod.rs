//! What becomes of alerts: they come in ([`inbox`]), go where they belong ([`routing`]), are shown ([`card`]), are brought to
//! people until somebody takes them ([`climbing`]), and what people decide is brought to their source ([`settling`]).
//! Where too many come at once, one message stands for all ([`storm`]). Looking is the same at restart, on a timer and live.

use std::sync::Arc;

use commands::PersonId;
use commands::context::MYSELF;
use commands::records::{AlertHead, AlertId, AlertRecord, Condition, Deed, Handling};
use jiff::{SignedDuration, Timestamp};

use crate::alert::{self, Happening, Ways};
use crate::answer::Answering;
use crate::host::{Draft, Host, Trouble, read};
use crate::store::{Key, Kind, ReadError, Row, Store, Which, Write, skimmed};

pub mod around;
mod calling;
pub mod card;
pub mod climbing;
mod early;
pub mod inbox;
pub mod matter;
pub mod reacting;
pub mod routing;
pub mod runbook;
pub mod settling;
pub mod storm;

pub use matter::Matter;
use reacting::Taken;

/// The longest an open alert is left without a look: an emoji under its card may have come in no event.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_hours(1);

/// When an alert is looked at again whose emoji could not be read.
const UNREAD: SignedDuration = SignedDuration::from_secs(30);
/// So many open alerts are looked at together after a start, each with a question to the chat: Slack answers some 50 a minute
/// ("Rate limits", reactions.get).
const AT_A_TIME: usize = 10;
/// And the next so many after this.
const A_WHILE: SignedDuration = SignedDuration::from_secs(10);

/// The shortest pause between two looks that find nothing to do.
const SHORTEST_LOOK: SignedDuration = SignedDuration::from_secs(1);

/// What decides how alerts go on here.
pub fn ways(host: &Host) -> Ways<'_> {
    let alerting = &host.settings.alerting;
    Ways { policies: &host.settings.oncall.policies, flapping: alerting.flapping, settle: alerting.settle }
}

/// When an alert is looked at next.
pub fn next_look(host: &Host, record: &AlertRecord) -> Option<Timestamp> {
    let due = alert::due(record, ways(host));
    let at_least = match (record.is_open(), record.storm, &record.gathers) {
        (true, None, None) => Some(LONGEST_LOOK),
        (true, None, Some(_)) => Some(storm::LOOKS),
        _ => None,
    };
    due.into_iter().chain(at_least.map(|gap| host.clock.now() + gap)).min()
}

/// Looks at one alert: what people left under its card, what its time says, what its source has to be told.
pub async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let record: AlertRecord = read(&row)?;
    let mut matter = Matter::new(&host, record, row.version);
    let mut again = None;
    if matter.record.is_open() && matter.record.storm.is_none() {
        if reacting::take_up(&mut matter).await? == Taken::Unread {
            again = Some(host.clock.now() + UNREAD);
        }
        if !matter.is_quiet() {
            // Whoever left it does not wait for a source that may be slow: the rest is for the next look, at once.
            host.store.wake(&row.key, host.clock.now()).await;
            return matter.commit().await;
        }
    }
    settling::settle(&mut matter).await?;
    let now = host.clock.now();
    let myself = PersonId(MYSELF.to_owned());
    match &matter.record.handling {
        Handling::Acknowledged { until, .. } | Handling::Silenced { until, .. } if *until <= now => {
            let back = settling::back(&matter).await;
            matter.must(back, &myself)?;
            if matter.record.is_open() {
                // Somebody had it for itself: from here on it has a card of its own.
                inbox::release(&mut matter);
            }
        }
        Handling::Resolved { at, .. } if matter.record.waits_for_source() && *at + ways(&host).settle <= now => {
            let back = settling::back(&matter).await;
            matter.must(back, &myself)?;
        }
        Handling::Resolved { at, .. } if !matter.record.forgotten && *at + ways(&host).flapping <= now => matter.forget().await?,
        _ => {}
    }
    if alert::announces(&matter.record).is_some_and(|at| at <= now) {
        matter.announce()?;
    }
    storm::look(&mut matter).await?;
    climbing::climb(&mut matter).await?;
    match next_look(&host, &matter.record).into_iter().chain(again).min() {
        Some(next) if matter.is_quiet() => {
            // Whatever is wrong with its times, it is not looked at for ever.
            host.store.put_off(&row.key, next.max(now + SHORTEST_LOOK)).await;
            Ok(())
        }
        _ => matter.commit().await,
    }
}

/// Something happened under the message of a slot: if that is the card of an alert, the alert is looked at now.
///
/// # Errors
/// When the store can't be read.
pub async fn nudge(host: &Host, slot: &str) -> Result<(), Trouble> {
    let Some(id) = card::alert_of(slot) else { return Ok(()) };
    let key = Key::numbered(Kind::Alert, id.0);
    let Some(row) = host.store.get(&key).await? else { return Ok(()) };
    let record: AlertRecord = read(&row)?;
    if record.is_open() && record.storm.is_none() {
        host.store.wake(&key, host.clock.now()).await;
        host.bells.alerts.ring();
    }
    Ok(())
}

/// Looks after a start at all alerts that are open, the newest first and a few at a time: what happened under their cards while
/// the bot was away came in no event.
///
/// # Errors
/// When the store can't be read.
pub async fn nudge_all(host: &Host) -> Result<(), Trouble> {
    let mut open = Vec::new();
    for head in heads(&*host.store, Which::Pending).await? {
        if head.is_open() && head.storm.is_none() {
            open.push(head.id);
        }
    }
    open.sort_unstable_by(|one, other| other.cmp(one));
    let now = host.clock.now();
    for (at, id) in open.into_iter().enumerate() {
        let after = i32::try_from(at / AT_A_TIME).unwrap_or(i32::MAX);
        host.store.wake(&Key::numbered(Kind::Alert, id.0), now + A_WHILE * after).await;
    }
    Ok(())
}

/// What lists say of alerts. One that can't be read is left out: it keeps nobody from the others.
///
/// # Errors
/// When the store can't be read at all.
pub async fn heads(store: &dyn Store, which: Which) -> Result<Vec<AlertHead>, ReadError> {
    let all = skimmed::<AlertHead>(store, Kind::Alert, which).await?;
    let known = all.into_iter().map(|head| head.inspect_err(|error| tracing::error!(%error, "an alert is left out")));
    Ok(known.filter_map(Result::ok).collect())
}

/// Does something about alerts on behalf of whoever asked; the inner error is the sentence why it can't be had.
///
/// # Errors
/// When the store can't be read.
pub async fn act(
    answering: &Answering<'_>,
    mut draft: Draft,
    (alerts, deed): (&[AlertId], &Deed),
) -> Result<Result<Draft, commands::Text>, Trouble> {
    let host = answering.host;
    let now = host.clock.now();
    for id in alerts {
        let Some(row) = host.store.get(&Key::numbered(Kind::Alert, id.0)).await? else {
            return Ok(Err(unknown(*id)));
        };
        let mut matter = Matter::new(host, read(&row)?, row.version);
        let happening = match deed {
            Deed::Acknowledge { lasts } => Happening::Acknowledged { until: now + *lasts },
            Deed::Unacknowledge => Happening::Unacknowledged,
            Deed::Silence { lasts } => Happening::Silenced { until: now + *lasts },
            Deed::Resolve { note } => Happening::Resolved { note: note.clone() },
            Deed::Note { words } => Happening::Noted(words.clone()),
            Deed::Escalate => Happening::Raised,
        };
        if let Err(illegal) = matter.happen(happening, &answering.person.id) {
            return Ok(Err(illegal.0));
        }
        draft = draft.and(matter.draft().await?);
    }
    Ok(Ok(draft))
}

/// What people read who ask about an alert that is not on record.
pub fn unknown(id: AlertId) -> commands::Text {
    use commands::message::code;
    commands::text!["There is no ", code(id.to_string()), ". ", code("alert list"), " shows those there are."]
}

/// The key under which is kept which alert stands for what a source calls one thing.
pub fn fingerprint(source: &str, fingerprint: &str) -> Key {
    Key::new(Kind::Fingerprint, format!("{source}/{fingerprint}"))
}

/// Whether an alert is wrong now, as far as its source says.
pub fn is_firing(record: &AlertRecord) -> bool {
    record.condition == Condition::Firing
}

/// The write that takes a record away.
fn gone(row: &Row) -> Write {
    Write { key: row.key.clone(), expects: row.version, value: None, due: None }
}
