//! Which message stands where: whoever hears that something happened under a message finds out here whose it is.

use crate::host::{Host, Trouble, json, read};
use crate::platform::MessageRef;
use crate::store::{Key, Kind, Write};

fn key(at: &MessageRef) -> Key {
    Key::new(Kind::Posted, format!("{}/{}/{}", at.platform, at.channel, at.message))
}

/// The slot of the message that stands there; none for one that is not the bot's, or is not kept for edits.
///
/// # Errors
/// When the store can't be read.
pub async fn slot(host: &Host, at: &MessageRef) -> Result<Option<String>, Trouble> {
    let Some(row) = host.store.get(&key(at)).await? else { return Ok(None) };
    let slot: String = read(&row)?;
    // Where the message of the slot was posted anew, the old one stands for nothing.
    Ok(host.posted(&slot).await?.filter(|posted| posted == at).map(|_| slot))
}

/// The write that notes which slot's message stands there; none where that is on record.
///
/// # Errors
/// When the store can't be read.
pub async fn noted(host: &Host, at: &MessageRef, slot: &str) -> Result<Option<Write>, Trouble> {
    let key = key(at);
    if host.store.get(&key).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(Write { key, expects: 0, value: Some(json(&slot)?), due: None }))
}

/// The write after which nothing is known of what stands there; none where nothing is.
///
/// # Errors
/// When the store can't be read.
pub async fn forgotten(host: &Host, at: &MessageRef) -> Result<Option<Write>, Trouble> {
    let row = host.store.get(&key(at)).await?;
    Ok(row.map(|row| Write { key: row.key, expects: row.version, value: None, due: None }))
}
