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

/// Takes up the emoji that are new under an alert's cards.
///
/// # Errors
/// When the store can't be read.
pub async fn take_up(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let (id, now) = (matter.record.id, host.clock.now());
    let mut seen = Vec::new();
    for platform in &host.platforms {
        let slot = card::slot(platform.name(), id);
        let Some(at) = host.posted(&slot).await? else { continue };
        let reactions = match platform.reactions(&at).await {
            Ok(reactions) => reactions,
            Err(error) => {
                tracing::warn!(alert = %id, %error, "the emoji under an alert can't be read");
                let mine = |key: &&String| key.starts_with(&format!("{}:", platform.name()));
                seen.extend(matter.record.reacted.iter().filter(mine).cloned());
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
                Ok(Err(outsider)) => {
                    tracing::info!(alert = %id, %account, why = outsider.sentence(), "an emoji that does not count");
                    seen.push(key);
                    continue;
                }
                Err(error) => {
                    // It is looked at again with the alert.
                    tracing::warn!(%account, %error, "somebody who reacted can't be looked up now");
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
    Ok(())
}
