//! `change list`

use serde::{Deserialize, Serialize};

use super::standing;
use crate::message::{Button, Message, Table, code};
use crate::records::{ChangeRecord, Status};
use crate::{Command, Context, Query, Resource, Result, text};

const PAGE: usize = 10;
const NEWEST: usize = 500;

/// List changes, the newest first
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct List {
    /// Only those you asked for
    #[arg(long)]
    mine: bool,
    /// Only those that wait for approval
    #[arg(long, conflicts_with_all = ["scheduled", "running"])]
    waiting: bool,
    /// Only those that are approved and have not started
    #[arg(long, conflicts_with = "running")]
    scheduled: bool,
    /// Only those that are running
    #[arg(long)]
    running: bool,
    /// Only emergencies that nobody has reviewed yet
    #[arg(long)]
    unreviewed: bool,
    /// Only those of this project
    #[arg(long)]
    project: Option<String>,
    /// The page, ten a page
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    page: u32,
}

impl Command for List {
    const NAME: &'static str = "change list";

    fn resource(&self) -> Resource {
        Resource { project: self.project.clone(), ..Resource::named("change", "all") }
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let mut records = if self.unreviewed || self.waiting || self.scheduled || self.running {
            let mut open = cx.records.open_changes().await?;
            open.sort_by_key(|record| std::cmp::Reverse(record.id));
            open.retain(|record| !self.unreviewed || record.is_unreviewed());
            open
        } else {
            cx.records.changes(NEWEST).await?
        };
        let cut = records.len() == NEWEST;
        records.retain(|record| self.wants(record, cx) && cx.may(&record.as_resource()));
        if records.is_empty() {
            return Ok(text!["No changes like that. ", code("change list"), " shows all."].into());
        }
        let pages = records.len().div_ceil(PAGE);
        let page = (self.page as usize).min(pages);
        let mut table = Table::new(["id", "what", "status", "by", "starts"]);
        for record in records.iter().skip((page - 1) * PAGE).take(PAGE) {
            let starts = record.plan.start.map(|at| at.strftime("%d %b %H:%M UTC").to_string()).unwrap_or_default();
            table.row([record.id.to_string(), record.plan.title.clone(), standing(record), record.asker.to_string(), starts]);
        }
        let turn = |label: &str, page: usize| Button::new(label, self.line(page)).in_place();
        let mut buttons = Vec::new();
        if page > 1 {
            buttons.push(turn("Newer", page - 1));
        }
        if page < pages {
            buttons.push(turn("Older", page + 1));
        }
        let count = records.len();
        let among = if cut { format!(", among the newest {NEWEST}") } else { String::new() };
        Ok(Message::new()
            .header(format!("Changes ({count})"))
            .table(table)
            .note(text![format!("Page {page} of {pages}{}. ", among), code("change show CHG-n"), " shows one."])
            .buttons(buttons))
    }
}

impl List {
    fn wants(&self, record: &ChangeRecord, cx: &Context<'_>) -> bool {
        let status = match record.status {
            Status::AwaitingApproval { .. } => self.waiting,
            Status::Scheduled { .. } => self.scheduled,
            Status::Running { .. } => self.running,
            Status::Ended { .. } => false,
        };
        let any_status = !(self.waiting || self.scheduled || self.running);
        let project = self.project.as_ref().is_none_or(|project| record.plan.resource.project.as_ref() == Some(project));
        (any_status || status) && project && (!self.mine || record.asker == cx.person.id)
    }

    fn line(&self, page: usize) -> String {
        let flags = [
            ("mine", self.mine),
            ("waiting", self.waiting),
            ("scheduled", self.scheduled),
            ("running", self.running),
            ("unreviewed", self.unreviewed),
        ];
        let mut line = Self::NAME.to_owned();
        for (flag, _) in flags.into_iter().filter(|(_, set)| *set) {
            line.push_str(&format!(" --{flag}"));
        }
        if let Some(project) = self.project.as_deref().and_then(|project| shlex::try_quote(project).ok()) {
            line.push_str(&format!(" --project {project}"));
        }
        line + &format!(" --page {page}")
    }
}
