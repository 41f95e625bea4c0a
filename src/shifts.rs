//! Looks after shifts: each rotation is a record that is looked at when its next turn begins. Whoever takes over is told,
//! the channel reads what is handed over, and the chat's user group follows. A change that was missed is told once.

use std::collections::BTreeSet;
use std::sync::Arc;

use commands::context::MYSELF;
use commands::message::{Message, Text};
use commands::oncall::rota::{self, TurnOf};
use commands::oncall::{Rotation, Whom};
use commands::records::{AlertRecord, Fact, Override, Swap, SwapStatus};
use commands::{PersonId, text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::InFlight;
use crate::host::{Draft, Host, Trouble, json, read};
use crate::looking;
use crate::outbox::Saying;
use crate::platform::{Account, SendError, Target};
use crate::store::{Key, Kind, Row, Write};

mod digest;
pub mod words;

use digest::Digest;

/// When it is tried again to take up the rotations.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// Tries to change the user group after which the channel is told.
const LOUD: u32 = 3;
/// The longest pause between such tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// How long overrides are kept after their end.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How far it is looked ahead for the end of a shift.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How many alerts are looked through for a hand-over, the newest.
const ALERTS: usize = 5_000;

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
                let kept = Kept { on: None, since: now, group: None, tries: 0, retry: None };
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

/// Adds a message to a rotation's channel; where it can't be posted there, it goes to the default one.
pub fn say(host: &Host, draft: Draft, rotation: &Rotation, (slot, message): (&str, Message)) -> Draft {
    let of_project = || host.rules.channels.of(rotation.project.as_deref());
    let channel = rotation.channel.as_deref().unwrap_or_else(of_project);
    host.platforms.iter().fold(draft, |draft, platform| {
        draft.say(format!("{slot}/{}", platform.name()), Saying::card(platform.name(), channel, message.clone()))
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

/// A rotation while it is looked at.
struct Shifting<'h> {
    host: &'h Host,
    rotation: &'h Rotation,
    row: &'h Row,
    now: Timestamp,
    /// When somebody else may be on call.
    next: Option<Timestamp>,
}

impl Shifting<'_> {
    /// Somebody else is on call: they and the channel are told. The first time there is nobody who hands over, and nothing is
    /// said.
    async fn hand_over(&self, kept: Kept, turn: &TurnOf, overrides: &[Override]) -> Result<(), Trouble> {
        let (host, rotation, now) = (self.host, self.rotation, self.now);
        let new = Kept { on: Some(turn.who.clone()), since: now, tries: 0, retry: None, ..kept.clone() };
        // The user group follows in a look of its own, so that nobody waits for it to be told.
        let due = if rotation.user_group.is_some() { Some(now) } else { self.next };
        let mut draft = Draft::at(now).write(self.write(&new, due)?);
        for one in overrides.iter().filter(|one| one.rotation == rotation.name && one.until + KEPT < now) {
            let key = Key::numbered(Kind::Override, one.id.0);
            if let Some(row) = host.store.get(&key).await? {
                draft = draft.write(Write { key, expects: row.version, value: None, due: None });
            }
        }
        let Some(before) = &kept.on else {
            host.commit(draft).await?;
            return Ok(());
        };
        let alerts = host.store.newest(Kind::Alert, ALERTS).await?;
        let alerts: Vec<AlertRecord> = alerts.iter().map(read).collect::<Result<_, _>>()?;
        let digest = Digest::of(&alerts, (&host.settings.oncall, rotation), kept.since, now);
        let until = self.until(turn, overrides);
        let head = text![before, " hands over to ", &turn.who, ", who is on call until ", until].then(instead(turn)).then(".");
        let message = Message::new().header(format!("📟 Hand-over: {}", rotation.name)).text(head);
        let slot = format!("shift/{}/{}", rotation.name, self.row.version);
        draft = say(host, draft, rotation, (&slot, digest.add_to(message)));
        let word = words::your_shift(&rotation.name, before, until, digest.unresolved());
        draft = tell(host, draft, &turn.who, (&format!("{slot}/word"), word)).await;
        let mut fact = self.fact("shift_changed");
        let detail = [("from", before.to_string()), ("to", turn.who.to_string()), ("until", until.to_string())];
        fact.detail.extend(detail.map(|(name, value)| (name.to_owned(), value.into())));
        host.commit(draft.fact(fact)).await?;
        Ok(())
    }

    /// Until when nobody else is on call than whoever is now.
    fn until(&self, turn: &TurnOf, overrides: &[Override]) -> Timestamp {
        let turns = rota::turns(self.rotation, overrides, self.now, self.now + AHEAD);
        rota::runs(&turns).first().map_or(turn.until, |run| run.time.until)
    }

    /// Makes the user group hold whoever is on call. Outside a rotation's hours it keeps whoever was last: Slack takes no empty
    /// group.
    async fn follow(&self, kept: Kept) -> Result<(), Trouble> {
        let wanted = self.rotation.user_group.clone().zip(kept.on.clone());
        let Some((group, person)) = wanted.filter(|wanted| kept.group.as_ref() != Some(wanted)) else {
            return self.wait(self.next).await;
        };
        if let Some(retry) = kept.retry.filter(|retry| *retry > self.now) {
            return self.wait(self.next.into_iter().chain([retry]).min()).await;
        }
        let draft = Draft::at(self.now);
        let slot = format!("group/{}/{}", self.rotation.name, self.row.version);
        match self.set_group(&group, &person).await {
            Ok(()) => {
                let mut fact = self.fact("user_group_holds");
                fact.detail.insert("group".to_owned(), group.as_str().into());
                fact.detail.insert("whom".to_owned(), person.to_string().into());
                let message = words::group_follows(&self.rotation.name, &group, &person);
                let draft = if kept.tries < LOUD { draft } else { say(self.host, draft, self.rotation, (&slot, message)) };
                let new = Kept { group: Some((group, person)), tries: 0, retry: None, ..kept };
                self.host.commit(draft.write(self.write(&new, self.next)?).fact(fact)).await?;
            }
            Err(why) => {
                let tries = kept.tries.saturating_add(1);
                tracing::warn!(rotation = self.rotation.name, why, tries, "the user group does not follow the shift");
                let pause = SignedDuration::from_secs(15 << tries.min(8)).min(LONGEST_PAUSE);
                let message = words::group_stays(&self.rotation.name, &group, &person, &why);
                let draft = if tries == LOUD { say(self.host, draft, self.rotation, (&slot, message)) } else { draft };
                let retry = self.now + pause;
                let due = self.next.into_iter().chain([retry]).min();
                let new = Kept { tries, retry: Some(retry), ..kept.clone() };
                self.host.commit(draft.write(self.write(&new, due)?)).await?;
            }
        }
        Ok(())
    }

    async fn set_group(&self, group: &str, person: &PersonId) -> Result<(), String> {
        let Some(account) = account(self.host, person).await else {
            return Err(format!("I don't know the chat account of {person}"));
        };
        let Some(platform) = self.host.platform(&account.platform) else { return Err("it is not connected".to_owned()) };
        let set = platform.set_group(group, std::slice::from_ref(&account.id)).await;
        set.map_err(|error: SendError| error.to_string())
    }

    /// Nothing is new: it is looked at again at `due`.
    async fn wait(&self, due: Option<Timestamp>) -> Result<(), Trouble> {
        match due {
            Some(due) => self.host.store.put_off(&self.row.key, due).await,
            None => {
                let write =
                    Write { key: self.row.key.clone(), expects: self.row.version, value: Some(self.row.value.clone()), due };
                self.host.commit(Draft::at(self.now).write(write)).await?;
            }
        }
        Ok(())
    }

    fn write(&self, kept: &Kept, due: Option<Timestamp>) -> Result<Write, Trouble> {
        Ok(Write { key: self.row.key.clone(), expects: self.row.version, value: Some(json(kept)?), due })
    }

    fn fact(&self, event: &str) -> Fact {
        Fact {
            operation: "oncall".to_owned(),
            event: event.to_owned(),
            person: MYSELF.to_owned(),
            resource: Some(format!("rotation {}", self.rotation.name)),
            project: self.rotation.project.clone(),
            ..Fact::default()
        }
    }
}

/// `, standing in for @ana`
fn instead(turn: &TurnOf) -> Text {
    turn.instead_of.as_ref().map_or_else(Text::default, |person| text![", standing in for ", person])
}
