//! `access rows`: the rows of a review, ten a page, each with its buttons.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Review;
use super::rows::{Answer, Row, answers, find, roster, rows, who};
use super::steps::counted;
use crate::access::given::{Given, History};
use crate::access::model::PrincipalKind;
use crate::access::roster::Roster;
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Button, Message, Style, Table, Text, bold, code};
use crate::records::{ChangeId, ChangeRecord, Status};
use crate::{Choice, Command, Query, text};

/// Rows on a page.
const PAGE: usize = 10;

/// Goes through the rows of a review of access: who has what, and whether they should keep it.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Rows {
    /// The review, such as CHG-1042
    id: ChangeId,
    /// Only rows that nobody has answered
    #[arg(long)]
    unanswered: bool,
    /// Which page, ten rows each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    page: u32,
    /// All of them as a CSV file
    #[arg(long)]
    csv: bool,
}

impl Command for Rows {
    const NAME: &'static str = "access rows";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("change", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        reviews(typed, cx).await
    }
}

/// Reviews under way whose id or title fits.
pub(super) async fn reviews(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let open = cx.records.open_changes().await.unwrap_or_default();
    let reviews = open.iter().filter(|record| record.command == Review::NAME && cx.may(&record.as_resource()));
    let choices =
        reviews.map(|record| Choice { value: record.id.to_string(), label: format!("{} · {}", record.id, record.plan.title) });
    choices.filter(|choice| choice.label.to_lowercase().contains(&typed.to_lowercase())).take(100).collect()
}

/// A review with all that is known about its rows.
struct View<'r> {
    record: &'r ChangeRecord,
    rows: &'r [Row],
    answers: Vec<Answer<'r>>,
    history: History,
    roster: &'r Roster,
}

impl Query for Rows {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let record = find(self.id, cx).await?;
        if !cx.may(&record.as_resource()) {
            return Err(Error::shown("You may not see that review."));
        }
        let rows = rows(&record);
        let answers = answers(&record.told, rows.len());
        let history = History::read(cx).await?;
        let roster = roster(&rows, record.asked, cx).await?;
        let view = View { record: &record, rows: &rows, answers, history, roster: &roster };
        if self.csv {
            let said = format!("{} of {}, as a file.", counted(rows.len()), self.id);
            return Ok(Message::new().text(said).file(format!("{}-rows.csv", self.id), view.csv().csv()));
        }
        Ok(self.page(&view))
    }
}

impl Rows {
    fn page(&self, view: &View<'_>) -> Message {
        let wanted = |row: &usize| !self.unanswered || matches!(view.answers.get(*row), Some(Answer::None));
        let shown: Vec<usize> = (0..view.rows.len()).filter(wanted).collect();
        let pages = shown.len().div_ceil(PAGE).max(1);
        let page = (self.page as usize).min(pages);
        let open = view.answers.iter().filter(|answer| matches!(answer, Answer::None)).count();
        let of = if pages > 1 { format!(", page {page} of {pages}") } else { String::new() };
        let runs = matches!(view.record.status, Status::Running { .. });
        let mut message = Message::new()
            .text(text![bold(view.record.plan.title.as_str())])
            .note(format!("{open} of {} unanswered{of}.", counted(view.rows.len())));
        if shown.is_empty() {
            message = message.text("Every row is answered.");
        }
        for row in shown.iter().skip((page - 1) * PAGE).take(PAGE) {
            message = message.text(view.line(*row));
            if runs {
                let number = row + 1;
                message = message.buttons(vec![
                    Button::new("Keep", format!("access keep {} {number}", self.id)),
                    Button::new("Remove", format!("access drop {} {number}", self.id)).style(Style::Danger),
                ]);
            }
        }
        if !runs {
            message = message.note(text![code(self.id.to_string()), " takes no answers now."]);
        }
        message.buttons(self.turns(page, pages))
    }

    fn turns(&self, page: usize, pages: usize) -> Vec<Button> {
        let only = if self.unanswered { " --unanswered" } else { "" };
        let turn =
            |label: &str, to: usize| Button::new(label, format!("{} {}{only} --page {to}", Self::NAME, self.id)).in_place();
        let back = (page > 1).then(|| turn("‹ Previous", page - 1));
        let on = (page < pages).then(|| turn("Next ›", page + 1));
        back.into_iter().chain(on).collect()
    }
}

impl View<'_> {
    fn line(&self, row: usize) -> Text {
        let Some(one) = self.rows.get(row) else { return Text::default() };
        let told = text![format!("{}. ", row + 1), bold(one.told(self.roster))];
        let told = match self.given(one) {
            Some(given) => told.then(text![", since ", given.since, " "]).then(given.told()),
            None if matches!(one, Row::Assigned(_)) => told.then(", not by me"),
            None => told,
        };
        match self.answers.get(row) {
            Some(Answer::Keep(told_by)) => told.then(text![" — ✅ stays, says ", &told_by.by]),
            Some(Answer::Drop(told_by)) => told.then(text![" — 🗑️ goes, says ", &told_by.by]),
            _ => told,
        }
    }

    fn given(&self, row: &Row) -> Option<Given> {
        let Row::Assigned(assignment) = row else { return None };
        self.history.given(assignment, &self.roster.principal(&assignment.principal).name)
    }

    fn csv(&self) -> Table {
        let mut table = Table::new([
            "row",
            "kind",
            "principal",
            "permission_set",
            "account",
            "since",
            "until",
            "given_by",
            "change",
            "answer",
            "answered_by",
            "answered_at",
        ]);
        for (at, row) in self.rows.iter().enumerate() {
            let (set, account) = match row {
                Row::Assigned(one) => (self.roster.permission_set_name(&one.permission_set).to_owned(), one.account.clone()),
                Row::Member { .. } => (String::new(), String::new()),
            };
            let given = self.given(row);
            let principal = row.principal();
            let (answer, told) = match self.answers.get(at) {
                Some(Answer::Keep(told)) => ("keep", Some(*told)),
                Some(Answer::Drop(told)) => ("remove", Some(*told)),
                _ => ("unanswered", None),
            };
            let kind = if principal.kind == PrincipalKind::Group { "group" } else { "user" };
            let name = who(&principal, self.roster);
            table.row([
                (at + 1).to_string(),
                kind.to_owned(),
                name.strip_prefix("group ").unwrap_or(&name).to_owned(),
                set,
                account,
                given.as_ref().map(|given| given.since.to_string()).unwrap_or_default(),
                given.as_ref().and_then(|given| given.until).map(|until| until.to_string()).unwrap_or_default(),
                given.as_ref().map(|given| given.by.to_string()).unwrap_or_default(),
                given.as_ref().map(|given| given.change.to_string()).unwrap_or_default(),
                answer.to_owned(),
                told.map(|told| told.by.to_string()).unwrap_or_default(),
                told.map(|told| told.at.to_string()).unwrap_or_default(),
            ]);
        }
        table
    }
}
