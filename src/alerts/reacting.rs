//! Emoji under an alert's card: each new one is the command that it stands for, asked by whoever left it.

use commands::PersonId;
use commands::context::MYSELF;
use commands::records::Place;
use commands::registry::Options;
use serde_json::{Value, json};

use super::{Matter, card};
use crate::alert::Happening;
use crate::dispatch::{Open, Tells, operation};
use crate::host::{Trouble, json as value};
use crate::identity::{Outsider, Refusal};
use crate::platform::{Account, Target};
use crate::store::{Key, Kind, Write};

/// What an emoji stands for: a command and its arguments beside the alert.
fn command(emoji: &str) -> Option<(&'static str, Value)> {
    match emoji {
        "eyes" => Some(("alert ack", json!({ "lasts": null }))),
        "white_check_mark" | "heavy_check_mark" => Some(("alert resolve", json!({ "note": null }))),
        "no_bell" => Some(("alert silence", json!({ "lasts": null }))),
        _ => None,
    }
}

/// How far the emoji under an alert's cards were taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// All of them.
    Read,
    /// Some can't be read now, or who left them can't be told yet: the alert has to be looked at again soon.
    Unread,
}

/// Takes up the emoji that are new under an alert's cards. What can't be read now is not seen: it counts once it can.
///
/// # Errors
/// When the store can't be read.
pub async fn take_up(matter: &mut Matter<'_>) -> Result<Taken, Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let (id, now) = (matter.record.id, host.clock.now());
    let mut seen = Vec::new();
    let mut taken = Taken::Read;
    for platform in &host.platforms {
        let slot = card::slot(platform.name(), id);
        let Some(at) = host.posted(&slot).await? else { continue };
        let reactions = match platform.reactions(&at).await {
            Ok(reactions) => reactions,
            Err(error) => {
                tracing::warn!(alert = %id, %error, "the emoji under an alert can't be read");
                let mine = |key: &&String| key.starts_with(&format!("{}:", platform.name()));
                seen.extend(matter.record.reacted.iter().filter(mine).cloned());
                taken = Taken::Unread;
                continue;
            }
        };
        for reaction in reactions {
            let Some((name, rest)) = command(&reaction.emoji) else { continue };
            let account = Account { platform: platform.name().to_owned(), id: reaction.account };
            let key = format!("{account} {}", reaction.emoji);
            if matter.record.reacted.contains(&key) {
                seen.push(key);
                continue;
            }
            let person = match host.people.recognise(platform.as_ref(), &account, now).await {
                Ok(Ok(person)) => person.id,
                Ok(Err(Outsider::Refused(Refusal::Unread))) => {
                    tracing::warn!(%account, "who reacted can't be told from a stranger before Identity Center is read");
                    taken = Taken::Unread;
                    continue;
                }
                Ok(Err(outsider)) => {
                    tracing::info!(alert = %id, %account, why = outsider.sentence(), "an emoji that does not count");
                    seen.push(key);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%account, %error, "somebody who reacted can't be looked up now");
                    taken = Taken::Unread;
                    continue;
                }
            };
            let mut args = json!({ "alerts": [id] });
            if let (Some(args), Some(rest)) = (args.as_object_mut(), rest.as_object()) {
                args.extend(rest.clone());
            }
            let open = Open {
                operation: operation(&format!("{slot} {key} {}", matter.version())),
                command: name.to_owned(),
                args,
                options: Options::default(),
                person,
                account: account.clone(),
                place: Place { platform: at.platform.clone(), channel: at.channel.clone(), thread: None },
                reply: Target::Direct { account: account.id.clone() },
                under: None,
                tells: Tells::WhatWasNotDone,
                at: now,
            };
            let write = Write {
                key: Key::new(Kind::Asked, open.operation.as_str()),
                expects: 0,
                value: Some(value(&open)?),
                due: Some(now),
            };
            matter.write(write);
            seen.push(key);
        }
    }
    seen.sort();
    seen.dedup();
    if seen != matter.record.reacted {
        matter.must(Happening::Reacted(seen), &PersonId(MYSELF.to_owned()))?;
    }
    Ok(taken)
}
