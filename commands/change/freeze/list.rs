//! `change freeze list`

use serde::{Deserialize, Serialize};

use super::resource;
use crate::message::{Message, bold, code};
use crate::{Command, Context, Query, Resource, Result, text};

/// List the freezes that hold now
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct List {
    /// Only those that hold for this project
    #[arg(long)]
    project: Option<String>,
}

impl Command for List {
    const NAME: &'static str = "change freeze list";

    fn resource(&self) -> Resource {
        resource(self.project.as_ref())
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let mut freezes = cx.records.freezes().await?;
        freezes.retain(|freeze| freeze.until > cx.now && cx.may(&resource(freeze.project.as_ref())));
        if let Some(project) = &self.project {
            freezes.retain(|freeze| freeze.holds(Some(project), cx.now));
        }
        if freezes.is_empty() {
            return Ok("No freeze holds now.".into());
        }
        Ok(freezes.iter().fold(Message::new().header("Freezes"), |message, freeze| {
            let project = freeze.project.as_deref().unwrap_or("all projects");
            message.text(text![
                code(format!("FRZ-{}", freeze.id)),
                " ",
                bold(project),
                " until ",
                freeze.until,
                ", called by ",
                &freeze.by,
                ": ",
                freeze.reason.as_str()
            ])
        }))
    }
}
