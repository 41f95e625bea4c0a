//! Who the bot is on Discord, and its commands there.

use axum::http::Method;
use serde_json::Value;

use super::Discord;
use super::api::Fault;
use super::registration;

impl Discord {
    /// Asks who the bot is, and registers its commands where they are not yet as they should be. Commands that can't be
    /// registered keep nobody from the buttons and mentions.
    pub(super) async fn introduce(&self) -> Result<(), Fault> {
        let origin = self.origin().await?;
        let path = format!("/applications/{}/guilds/{}/commands", origin.application, self.settings.guild);
        let trouble = self.register(&path).await.err();
        if let Some(fault) = &trouble {
            tracing::error!(%fault, "registering the commands");
        }
        self.pulse.registered(trouble.map(|fault| fault.to_string()));
        Ok(())
    }

    async fn register(&self, path: &str) -> Result<(), Fault> {
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
