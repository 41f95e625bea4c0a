//! What the on-call commands do: overrides, and swaps that are offered and answered. Whoever is concerned is told in the same
//! commit, and the rotation's shift is looked at again.

use std::collections::BTreeSet;

use commands::PersonId;
use commands::message::{Text, code};
use commands::oncall::{Rotation, rota};
use commands::records::{Fact, Override, OverrideId, Shift, Swap, SwapAnswer, SwapId, SwapStatus};
use commands::text;
use serde::Serialize;
use serde_json::Value;

use super::counted;
use crate::answer::Answering;
use crate::host::{Draft, Trouble, json, read};
use crate::outbox::{Saying, Stays};
use crate::platform::Target;
use crate::shifts::{self, words};
use crate::store::{Key, Kind, Write};

/// A draft with an effect added, or the sentence why it can't be had.
type Effected = Result<Result<Draft, Text>, Trouble>;

/// Lets `who` stand in for a time.
pub(super) async fn stand_in(
    answering: &Answering<'_>,
    draft: Draft,
    (rotation, who): (&str, &PersonId),
    time: Shift,
    reason: Option<&String>,
) -> Effected {
    let host = answering.host;
    let Some(configured) = shifts::rotation(host, rotation) else { return Ok(Err(gone(rotation))) };
    let before = rota::turns(configured, &shifts::overrides(host).await?, time.from, time.until);
    let (first, count) = counted(host, "override", 1).await?;
    let one = Override {
        id: OverrideId(first),
        rotation: rotation.to_owned(),
        who: who.clone(),
        from: time.from,
        until: time.until,
        by: answering.person.id.clone(),
        at: host.clock.now(),
        reason: reason.cloned(),
        swap: None,
    };
    let mut draft = draft.write(count).write(added(&one)?).fact(fact(answering, configured, "override_made", &one)?);
    let concerned: BTreeSet<&PersonId> = before.iter().map(|turn| &turn.who).chain([who]).collect();
    for person in concerned.into_iter().filter(|person| **person != one.by) {
        let message = if person == who { words::stands_in(&one) } else { words::is_replaced(&one) };
        draft = shifts::tell(host, draft, person, (&format!("override/{}/{person}", one.id), message)).await;
    }
    Ok(Ok(shifts::nudge(host, draft, rotation).await?))
}

/// Ends an override now, or takes it back before it begins.
pub(super) async fn end_override(answering: &Answering<'_>, draft: Draft, id: OverrideId) -> Effected {
    let host = answering.host;
    let now = host.clock.now();
    let key = Key::numbered(Kind::Override, id.0);
    let Some(row) = host.store.get(&key).await? else {
        return Ok(Err(text!["There is no override ", code(id.to_string()), " any more."]));
    };
    let one: Override = read(&row)?;
    if one.until <= now {
        return Ok(Err(text![code(id.to_string()), " has ended already."]));
    }
    let ended = Override { until: now, ..one.clone() };
    // What never held leaves nothing behind but its facts.
    let value = if one.from < now { Some(json(&ended)?) } else { None };
    let mut draft = draft.write(Write { key, expects: row.version, value, due: None });
    let Some(rotation) = shifts::rotation(host, &one.rotation) else {
        return Ok(Ok(draft.fact(answering.fact("override_ended"))));
    };
    draft = draft.fact(fact(answering, rotation, "override_ended", &ended)?);
    let mut others = shifts::overrides(host).await?;
    others.retain(|other| other.id != id);
    let turns = rota::turns(rotation, &others, one.from.max(now), one.until);
    let concerned: BTreeSet<&PersonId> = turns.iter().map(|turn| &turn.who).chain([&one.who]).collect();
    let by = &answering.person.id;
    for person in concerned.into_iter().filter(|person| *person != by) {
        let stood_in = *person == one.who;
        let message = if stood_in { words::no_longer(&one, by, now) } else { words::is_back(&one, by, now) };
        draft = shifts::tell(host, draft, person, (&format!("override/{id}/ended/{person}"), message)).await;
    }
    Ok(Ok(shifts::nudge(host, draft, &one.rotation).await?))
}

/// Offers a swap: the other one gets a message with buttons.
pub(super) async fn propose(
    answering: &Answering<'_>,
    draft: Draft,
    (rotation, other): (&str, &PersonId),
    (gives, takes): (Shift, Shift),
    reason: Option<&String>,
) -> Effected {
    let host = answering.host;
    let Some(configured) = shifts::rotation(host, rotation) else { return Ok(Err(gone(rotation))) };
    let Some(account) = shifts::account(host, other).await else {
        return Ok(Err(text![
            "I can't reach ",
            other,
            " here, so I can't ask them. Nothing was changed. Once they have written to me, or their account is in ",
            code("people.toml"),
            ", I can."
        ]));
    };
    let (first, count) = counted(host, "swap", 1).await?;
    let swap = Swap {
        id: SwapId(first),
        rotation: rotation.to_owned(),
        asker: answering.person.id.clone(),
        other: other.clone(),
        gives,
        takes,
        reason: reason.cloned(),
        asked: host.clock.now(),
        status: SwapStatus::Offered,
    };
    let key = Key::numbered(Kind::Swap, swap.id.0);
    let offer = Saying::once(&account.platform, Target::Direct { account: account.id }, words::offer(&swap));
    let offer = Saying { stays: Stays::ForEdits, ..offer };
    let write = Write { key, expects: 0, value: Some(json(&swap)?), due: Some(swap.expires()) };
    let fact = fact(answering, configured, "swap_offered", &swap)?;
    Ok(Ok(draft.write(count).write(write).fact(fact).say(words::slot(swap.id), offer)))
}

/// Answers a swap: accepted, it becomes two overrides.
pub(super) async fn answer(answering: &Answering<'_>, draft: Draft, id: SwapId, answer: &SwapAnswer) -> Effected {
    let host = answering.host;
    let (now, by) = (host.clock.now(), &answering.person.id);
    let key = Key::numbered(Kind::Swap, id.0);
    let Some(row) = host.store.get(&key).await? else { return Ok(Err(text!["There is no swap ", code(id.to_string()), "."])) };
    let swap: Swap = read(&row)?;
    if let Some(why) = swap.closed(now) {
        return Ok(Err(why));
    }
    let Some(rotation) = shifts::rotation(host, &swap.rotation) else { return Ok(Err(gone(&swap.rotation))) };
    let (status, event) = match answer {
        SwapAnswer::Accept if *by != swap.other => {
            return Ok(Err(text![code(id.to_string()), " was offered to ", &swap.other, ", so only they can accept it."]));
        }
        SwapAnswer::Accept => (SwapStatus::Accepted { at: now }, "swap_accepted"),
        SwapAnswer::Decline { reason } if *by == swap.other => {
            (SwapStatus::Declined { at: now, reason: reason.clone() }, "swap_declined")
        }
        SwapAnswer::Decline { .. } if *by == swap.asker => (SwapStatus::Withdrawn { at: now }, "swap_withdrawn"),
        SwapAnswer::Decline { .. } => {
            return Ok(Err(text![code(id.to_string()), " is between ", &swap.asker, " and ", &swap.other, "."]));
        }
    };
    let answered = Swap { status, ..swap };
    let write = Write { key, expects: row.version, value: Some(json(&answered)?), due: None };
    let mut draft = draft.write(write).fact(fact(answering, rotation, event, &answered)?);
    draft = shifts::edit_offer(host, draft, &answered).await?;
    if *by != answered.asker {
        let slot = format!("{}/answer", words::slot(id));
        draft = shifts::tell(host, draft, &answered.asker, (&slot, words::answered(&answered))).await;
    }
    if answered.status != (SwapStatus::Accepted { at: now }) {
        return Ok(Ok(draft));
    }
    let overrides = shifts::overrides(host).await?;
    let holds = |person: &PersonId, time: Shift| {
        let turns = rota::turns(rotation, &overrides, time.from, time.until);
        !turns.is_empty() && turns.iter().all(|turn| turn.who == *person)
    };
    if !holds(&answered.asker, answered.gives) || !holds(&answered.other, answered.takes) {
        return Ok(Err(text![
            "The shifts have changed since ",
            code(id.to_string()),
            " was offered. Nothing was changed. ",
            &answered.asker,
            " can offer it anew."
        ]));
    }
    let (first, count) = counted(host, "override", 2).await?;
    draft = draft.write(count);
    let pairs = [(&answered.other, answered.gives), (&answered.asker, answered.takes)];
    for (number, (who, time)) in (first..).zip(pairs) {
        let one = Override {
            id: OverrideId(number),
            rotation: answered.rotation.clone(),
            who: who.clone(),
            from: time.from,
            until: time.until,
            by: by.clone(),
            at: now,
            reason: answered.reason.clone(),
            swap: Some(id),
        };
        draft = draft.write(added(&one)?);
    }
    draft = shifts::say(host, draft, rotation, (&format!("{}/swapped", words::slot(id)), words::swapped(&answered)));
    Ok(Ok(shifts::nudge(host, draft, &answered.rotation).await?))
}

fn added(one: &Override) -> Result<Write, Trouble> {
    Ok(Write { key: Key::numbered(Kind::Override, one.id.0), expects: 0, value: Some(json(one)?), due: None })
}

/// A fact about this asking, with the record it made or changed.
fn fact<T: Serialize>(answering: &Answering<'_>, rotation: &Rotation, event: &str, record: &T) -> Result<Fact, Trouble> {
    let mut fact = answering.fact(event);
    fact.project = rotation.project.clone();
    fact.resource = Some(format!("rotation {}", rotation.name));
    if let Value::Object(members) = json(record)? {
        fact.detail.extend(members);
    }
    Ok(fact)
}

fn gone(rotation: &str) -> Text {
    text!["There is no rotation ", code(rotation), " any more."]
}
