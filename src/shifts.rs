//! Looks after shifts: each rotation is a record that is looked at when its next turn begins. Whoever takes over is told,
//! the channel reads what is handed over, and the chat's user group follows. A change that was missed is told once.
//!
//! `change` is what happens then, `digest` what is handed over, `words` what is said.

use std::collections::BTreeSet;
use std::sync::Arc;

use commands::PersonId;
use commands::context::MYSELF;
use commands::message::Message;
use commands::oncall::{Rotation, Whom, rota};
use commands::records::{Fact, Override, Swap, SwapStatus};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::InFlight;
use crate::host::{Draft, Host, Trouble, json, read};
use crate::looking;
use crate::outbox::Saying;
use crate::platform::{Account, Target};
use crate::store::{Key, Kind, Row, Write};

mod change;
mod digest;
pub mod words;

use change::Shifting;

/// When it is tried again to take up the rotations.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// A rotation's shift as the store keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// Who was told last that they are on call; none before the first look.
    on: Option<PersonId>,
    /// Since when they are.
    since: Timestamp,
    /// The user group and whom it holds, as far as it was changed from here.
    group: Option<(String, PersonId)>,
    /// Tries to change it that failed in a row.
    tries: u32,
    /// When it is tried again.
    retry: Option<Timestamp>,
    /// Whether the channel was told that it does not follow.
    #[serde(default)]
    told: bool,
}

fn key(rotation: &str) -> Key {
    Key::new(Kind::Shift, rotation)
}

/// Takes up the rotations of the settings, and looks after them and after swaps for ever. `awake` is held until they are taken
/// up.
pub async fn look_after(host: Arc<Host>, awake: InFlight) {
    while let Err(trouble) = take_up(&host).await {
        tracing::error!(%trouble, "taking up the rotations");
        host.clock.sleep_until(host.clock.now() + AGAIN).await;
    }
    let shifts = looking::look_after(Arc::clone(&host), (Kind::Shift, 0), |bells| &bells.shifts, look);
    let swaps = looking::look_after(Arc::clone(&host), (Kind::Swap, 0), |bells| &bells.swaps, look_at_swap);
    let meeting = async {
        meet(&host).await;
        drop(awake);
    };
    futures_util::future::join3(shifts, swaps, meeting).await;
}

/// Puts every rotation on record, to be looked at now, and takes those off that are no longer configured.
async fn take_up(host: &Host) -> Result<(), Trouble> {
    let now = host.clock.now();
    let mut draft = Draft::at(now);
    for rotation in &host.settings.oncall.rotations {
        let key = key(&rotation.name);
        match host.store.get(&key).await? {
            Some(_) => host.store.wake(&key, now).await,
            None => {
                let kept = Kept { on: None, since: now, group: None, tries: 0, retry: None, told: false };
                draft = draft.write(Write { key, expects: 0, value: Some(json(&kept)?), due: Some(now) });
            }
        }
    }
    for row in host.store.newest(Kind::Shift, usize::MAX).await? {
        if rotation(host, &row.key.id).is_none() {
            draft = draft.write(Write { key: row.key, expects: row.version, value: None, due: None });
        }
    }
    host.commit(draft).await?;
    host.bells.shifts.ring();
    Ok(())
}

/// Finds the chat accounts of everybody who may be called, so that they can be told when it matters.
async fn meet(host: &Host) {
    let on_call = &host.settings.oncall;
    let steps = on_call.policies.iter().flat_map(|policy| policy.steps.iter().flat_map(|step| &step.tell).chain(&policy.last));
    let named = steps.filter_map(|recipient| match &recipient.whom {
        Whom::Person(person) => Some(person),
        Whom::Rotation(_) | Whom::Group(_) | Whom::Channel(_) => None,
    });
    let people: BTreeSet<&PersonId> = on_call.rotations.iter().flat_map(|rotation| &rotation.people).chain(named).collect();
    for person in people {
        if account(host, person).await.is_none() {
            tracing::warn!(%person, "somebody in oncall.toml has no chat account that is known");
        }
    }
}

/// The rotation of this name.
pub fn rotation<'h>(host: &'h Host, name: &str) -> Option<&'h Rotation> {
    host.settings.oncall.rotations.iter().find(|rotation| rotation.name == name)
}

/// Everybody who stands in.
///
/// # Errors
/// When the store can't be read.
pub async fn overrides(host: &Host) -> Result<Vec<Override>, Trouble> {
    host.store.newest(Kind::Override, usize::MAX).await?.iter().map(read).collect()
}

/// A chat account by which somebody can be reached now; somebody who never wrote to the bot is looked for by their e-mail
/// address.
pub async fn account(host: &Host, person: &PersonId) -> Option<Account> {
    let person = host.authority.person(person)?;
    for platform in &host.platforms {
        match host.people.reach(&**platform, &person, host.clock.now()).await {
            Ok(Some(account)) => return Some(account),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, person = %person.id, "looking for somebody's account"),
        }
    }
    None
}

/// Adds a direct message to somebody, where they can be reached. The slot makes it one message however often it is tried.
pub async fn tell(host: &Host, draft: Draft, person: &PersonId, (slot, message): (&str, Message)) -> Draft {
    match account(host, person).await {
        Some(account) => draft.say(slot, Saying::once(&account.platform, Target::Direct { account: account.id }, message)),
        None => draft,
    }
}

/// Adds a message to a rotation's channel; where it can't be posted there, it goes to the default one. No slot may be used
/// twice.
pub fn say(host: &Host, draft: Draft, rotation: &Rotation, (slot, message): (&str, Message)) -> Draft {
    let of_project = || host.rules.channels.of(rotation.project.as_deref());
    let channel = rotation.channel.as_deref().unwrap_or_else(of_project);
    let to = |channel: &str| Target::Channel { channel: channel.to_owned(), thread: None };
    let default = &host.rules.channels.default;
    let instead = (channel != default).then(|| to(default));
    host.platforms.iter().fold(draft, |draft, platform| {
        let saying = Saying { instead: instead.clone(), ..Saying::once(platform.name(), to(channel), message.clone()) };
        draft.say(format!("{slot}/{}", platform.name()), saying)
    })
}

/// Has a rotation's shift looked at as soon as the draft is committed.
///
/// # Errors
/// When the store can't be read.
pub async fn nudge(host: &Host, draft: Draft, rotation: &str) -> Result<Draft, Trouble> {
    let Some(row) = host.store.get(&key(rotation)).await? else { return Ok(draft) };
    let now = host.clock.now();
    Ok(draft.write(Write { key: row.key, expects: row.version, value: Some(row.value), due: Some(now) }))
}

/// Shows in the message that offers a swap what came of it.
///
/// # Errors
/// When the store can't be read.
pub async fn edit_offer(host: &Host, draft: Draft, swap: &Swap) -> Result<Draft, Trouble> {
    let slot = words::slot(swap.id);
    let Some(row) = host.store.get(&Key::new(Kind::Message, slot.as_str())).await? else { return Ok(draft) };
    let stands: Saying = read(&row)?;
    Ok(draft.say(slot, Saying { message: words::offer(swap), ..stands }))
}

/// Looks at a swap whose first shift begins: nobody answered.
async fn look_at_swap(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let swap: Swap = read(&row)?;
    let now = host.clock.now();
    let expires = (swap.status == SwapStatus::Offered).then(|| swap.expires());
    if let Some(expires) = expires.filter(|expires| *expires > now) {
        host.store.put_off(&row.key, expires).await;
        return Ok(());
    }
    let waited = expires.is_some();
    let swap = if waited { Swap { status: SwapStatus::Expired, ..swap } } else { swap };
    let write = Write { key: row.key, expects: row.version, value: Some(json(&swap)?), due: None };
    let mut draft = Draft::at(now).write(write);
    if waited {
        draft = edit_offer(&host, draft, &swap).await?;
        let slot = format!("{}/expired", words::slot(swap.id));
        draft = tell(&host, draft, &swap.asker, (&slot, words::answered(&swap))).await;
        draft = draft.fact(Fact {
            operation: "oncall".to_owned(),
            event: "swap_expired".to_owned(),
            person: MYSELF.to_owned(),
            resource: Some(format!("rotation {}", swap.rotation)),
            detail: [("swap".to_owned(), json(&swap)?)].into(),
            ..Fact::default()
        });
    }
    host.commit(draft).await?;
    Ok(())
}

/// Looks at a rotation: whether somebody else is on call now, and whether the user group holds them.
async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let kept: Kept = read(&row)?;
    let now = host.clock.now();
    let Some(rotation) = rotation(&host, &row.key.id) else {
        host.commit(Draft::at(now).write(Write { key: row.key, expects: row.version, value: None, due: None })).await?;
        return Ok(());
    };
    let overrides = overrides(&host).await?;
    let next = rota::next_change(rotation, &overrides, now);
    let shift = Shifting { host: &host, rotation, row: &row, now, next };
    match rota::turn(rotation, &overrides, now) {
        Some(turn) if kept.on.as_ref() != Some(&turn.who) => shift.hand_over(kept, &turn, &overrides).await,
        _ => shift.follow(kept).await,
    }
}
