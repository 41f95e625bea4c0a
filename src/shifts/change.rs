//! A rotation while it is looked at: hands over where somebody else is on call now, and makes the user group follow.

use std::collections::BTreeMap;

use commands::PersonId;
use commands::context::MYSELF;
use commands::message::{Message, Text};
use commands::oncall::rota::{self, TurnOf};
use commands::oncall::{Rotation, UserGroup};
use commands::records::{AlertHead, Fact, Override};
use commands::text;
use jiff::{SignedDuration, Timestamp};

use super::digest::Digest;
use super::{Kept, account, account_on, say, tell, words};
use crate::host::{Draft, Host, Trouble, json};
use crate::platform::{Group, SendError};
use crate::store::{Key, Kind, Row, Which, Write};

/// Tries to change the user group after which the channel is told; what the chat refuses for good it is told at once.
const LOUD: u32 = 3;
/// The longest pause between such tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// How long overrides are kept after their end.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How far it is looked ahead for the end of a shift.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How often it is looked whether the user group still holds whoever is on call.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How many alerts are looked through for a hand-over beside those that wait for somebody, the newest.
const ALERTS: usize = 5_000;

/// A rotation while it is looked at.
pub(super) struct Shifting<'h> {
    pub(super) host: &'h Host,
    pub(super) rotation: &'h Rotation,
    pub(super) row: &'h Row,
    pub(super) now: Timestamp,
    /// When somebody else may be on call.
    pub(super) next: Option<Timestamp>,
}

impl Shifting<'_> {
    /// Somebody else is on call: they and the channel are told. The first time there is nobody who hands over, and nothing is
    /// said.
    pub(super) async fn hand_over(&self, kept: Kept, turn: &TurnOf, overrides: &[Override]) -> Result<(), Trouble> {
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
        let alerts = alerts(host).await?;
        let digest = Digest::of(&alerts, (&host.settings.oncall, rotation), kept.since, now);
        let until = self.until(turn, overrides);
        let head = text![before, " hands over to ", &turn.who, ", who is on call until ", until].then(instead(turn)).then(".");
        let message = Message::new().header(format!("📟 Hand-over: {}", rotation.name)).text(head);
        let message = match account(host, &turn.who).await {
            Some(_) => message,
            None => message.text(words::out_of_reach(&turn.who)),
        };
        let slot = self.slot("shift");
        draft = say(host, draft, rotation, (&slot, digest.add_to(message)));
        let word = words::your_shift(&rotation.name, before, until, digest.open.len());
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
    pub(super) async fn follow(&self, kept: Kept) -> Result<(), Trouble> {
        let Some((group, person)) = self.rotation.user_group.clone().zip(kept.on.clone()) else {
            return self.wait(self.next).await;
        };
        if let Some(retry) = kept.retry.filter(|retry| *retry > self.now) {
            return self.wait(self.or_at(retry)).await;
        }
        // It held them when it was looked at last; somebody may have changed it by hand since.
        let held = kept.tries == 0 && kept.group.as_ref().is_some_and(|(of, whom)| (of, whom) == (&group.id, &person));
        let again = self.or_at(self.now + EVERY);
        let draft = Draft::at(self.now);
        let slot = self.slot("group");
        match self.set_group(&group, &person).await {
            Ok(Group::Held) if held => self.wait(again).await?,
            Err(Stuck::Now(why)) if held => {
                // Nothing is known to be wrong with it: nobody has to hear of that.
                tracing::warn!(rotation = self.rotation.name, why, "the user group can't be looked at");
                self.wait(again).await?;
            }
            Ok(Group::Held | Group::Changed) => {
                let mut fact = self.fact("user_group_holds");
                fact.detail.insert("group".to_owned(), group.id.as_str().into());
                fact.detail.insert("whom".to_owned(), person.to_string().into());
                let message = words::group_follows(&self.rotation.name, &group.id, &person);
                let draft = if kept.told { say(self.host, draft, self.rotation, (&slot, message)) } else { draft };
                let new = Kept { group: Some((group.id, person)), tries: 0, retry: None, told: false, ..kept };
                self.host.commit(draft.write(self.write(&new, again)?).fact(fact)).await?;
            }
            Err(stuck) => {
                let tries = kept.tries.saturating_add(1);
                let (why, for_good) = match stuck {
                    Stuck::Now(why) => (why, false),
                    Stuck::Refused(why) => (why, true),
                };
                tracing::warn!(rotation = self.rotation.name, why, tries, "the user group does not follow the shift");
                let pause = SignedDuration::from_secs(15 << tries.min(8)).min(LONGEST_PAUSE);
                let message = words::group_stays(&self.rotation.name, &group.id, &person, &why);
                let tells = !kept.told && (for_good || tries >= LOUD);
                let draft = if tells { say(self.host, draft, self.rotation, (&slot, message)) } else { draft };
                let retry = self.now + pause;
                let due = self.or_at(retry);
                let new = Kept { tries, retry: Some(retry), told: kept.told || tells, ..kept.clone() };
                self.host.commit(draft.write(self.write(&new, due)?)).await?;
            }
        }
        Ok(())
    }

    async fn set_group(&self, group: &UserGroup, person: &PersonId) -> Result<Group, Stuck> {
        let Some(platform) = self.host.platform(&group.platform) else {
            return Err(Stuck::Now(format!("I am not connected to {}", group.platform)));
        };
        let Some(account) = account_on(self.host, &**platform, person).await else {
            return Err(Stuck::Now(format!("I don't know the chat account of {person}")));
        };
        platform.set_group(&group.id, std::slice::from_ref(&account.id)).await.map_err(|error| match error {
            SendError::Never(why) => Stuck::Refused(why),
            SendError::Wait(_) | SendError::Again(_) => Stuck::Now(error.to_string()),
        })
    }

    /// The slot of what is said now. The time tells it from all others, also from those of a rotation of the same name that
    /// was taken off and is back: its record counts its versions anew.
    fn slot(&self, what: &str) -> String {
        format!("{what}/{}/{}", self.rotation.name, self.now.as_millisecond())
    }

    /// When somebody else may be on call, or at this time if that is earlier.
    fn or_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.next.into_iter().chain([at]).min()
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

/// Why a user group does not hold whoever is on call.
enum Stuck {
    /// Nothing can be said of it now.
    Now(String),
    /// The platform refuses, and will.
    Refused(String),
}

/// Alerts that a hand-over may tell of: all that wait for somebody, and the newest of the others.
async fn alerts(host: &Host) -> Result<Vec<AlertHead>, Trouble> {
    let mut known = BTreeMap::new();
    for which in [Which::Pending, Which::Newest(ALERTS)] {
        known.extend(crate::alerts::heads(&*host.store, which).await?.into_iter().map(|head| (head.id, head)));
    }
    Ok(known.into_values().collect())
}

/// `, standing in for @ana`
fn instead(turn: &TurnOf) -> Text {
    turn.instead_of.as_ref().map_or_else(Text::default, |person| text![", standing in for ", person])
}
