//! Who the bot is on Discord, whether it is on its server, and its commands there.

use std::sync::Arc;

use axum::http::Method;
use serde_json::Value;
use serenity::all::{Event as Heard, GuildId};

use super::api::{Fault, codes};
use super::trouble::Membership;
use super::{Discord, Origin, registration};
use crate::activity::InFlight;

/// What the bot may do on the server, bit by bit ("Permissions"): see channels, write there and in threads, with embeds and
/// files, read what was written, make threads.
const PERMISSIONS: u64 = (1 << 10) + (1 << 11) + (1 << 14) + (1 << 15) + (1 << 16) + (1 << 35) + (1 << 38);

impl Discord {
    /// Asks who the bot is, and registers its commands. Commands that can't be registered keep nobody from the buttons and
    /// mentions.
    pub(super) async fn introduce(&self) -> Result<(), Fault> {
        let origin = self.origin().await?;
        self.register(origin).await;
        Ok(())
    }

    /// Follows how the connection stands, and whether the bot is on its server. It brings its commands each time it comes
    /// there: they went with it when it was sent away.
    pub(super) fn follow(self: &Arc<Self>, event: &Heard, in_flight: InFlight) {
        let is_ours = |guild: GuildId| guild.to_string() == self.settings.guild;
        match event {
            Heard::Resumed(_) => self.pulse.up(self.clock.now()),
            Heard::Ready(event) => {
                self.pulse.up(self.clock.now());
                let is_here = event.ready.guilds.iter().any(|guild| is_ours(guild.id));
                self.api.trouble.stands(if is_here { Membership::Here } else { Membership::Away });
            }
            Heard::GuildCreate(event) if is_ours(event.guild.id) => {
                self.api.trouble.stands(Membership::Here);
                let (discord, at_work) = (self.clone(), self.at_work.begin());
                tokio::spawn(async move {
                    if let Some(origin) = discord.origin.get() {
                        discord.register(origin).await;
                    }
                    drop((at_work, in_flight));
                });
            }
            // Where it is unavailable Discord is out of order.
            Heard::GuildDelete(event) if is_ours(event.guild.id) && !event.guild.unavailable => {
                tracing::error!("the bot was sent away from its server");
                self.api.trouble.stands(Membership::Away);
            }
            _ => {}
        }
    }

    /// The address that brings the bot to a server, with all it needs there.
    pub(super) fn invitation(&self) -> String {
        let id = self.origin.get().map_or("APPLICATION_ID", |origin| origin.application.as_str());
        let scope = "bot%20applications.commands";
        format!("https://discord.com/oauth2/authorize?client_id={id}&scope={scope}&permissions={PERMISSIONS}")
    }

    /// Registers the commands where they are not yet as they should be.
    async fn register(&self, origin: &Origin) {
        let path = format!("/applications/{}/guilds/{}/commands", origin.application, self.settings.guild);
        let trouble = self.overwrite(&path).await.err().map(|fault| {
            tracing::error!(%fault, "registering the commands");
            if fault.is(&[codes::NO_ACCESS]) {
                format!("{fault}; invite it again with {}", self.invitation())
            } else {
                fault.to_string()
            }
        });
        self.api.trouble.registered(trouble);
    }

    async fn overwrite(&self, path: &str) -> Result<(), Fault> {
        let wanted = registration::commands(self.commands);
        let known = self.api.call(Method::GET, path, None).await?;
        let essence = |commands: &[Value]| {
            let mut all: Vec<Value> = commands.iter().map(registration::essence).collect();
            all.sort_by_key(|command| command["name"].to_string());
            all
        };
        if essence(known.as_array().map(Vec::as_slice).unwrap_or_default()) == essence(&wanted) {
            return Ok(());
        }
        self.api.call(Method::PUT, path, Some(&wanted.into())).await?;
        tracing::info!("the commands are registered on Discord");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reads_how_to_invite_the_bot_gives_it_what_it_asks_for() {
        let manual = include_str!("../../../docs/discord.md");
        assert!(manual.contains(&format!("&scope=bot%20applications.commands&permissions={PERMISSIONS}\n")));
    }
}
