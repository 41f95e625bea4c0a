//! `access keep` and `access drop`: what people say to the rows of a review.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{About, DROP, KEEP, Row, find, roster, rows};
use super::show::reviews;
use crate::access::roster::Roster;
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::Plan;
use crate::records::{ChangeId, ChangeRecord, Effect, Status};
use crate::{Change, Choice, Command, text};

/// How often a review may be told something: as much as one record keeps.
const MOST: usize = 250;

/// Says that rows of a review stay: that access is still needed.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Keep {
    /// The review, such as CHG-1042
    id: ChangeId,
    /// The rows, by number
    #[arg(required = true, value_name = "ROW")]
    rows: Vec<String>,
}

/// Says that rows of a review go: they are removed when it ends.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Drop {
    /// The review, such as CHG-1042
    id: ChangeId,
    /// The rows, by number
    #[arg(required = true, value_name = "ROW")]
    rows: Vec<String>,
}

impl Command for Keep {
    const NAME: &'static str = "access keep";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("change", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        reviews(typed, cx).await
    }
}

impl Command for Drop {
    const NAME: &'static str = "access drop";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("change", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        reviews(typed, cx).await
    }
}

impl Change for Keep {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        answer(self.id, &self.rows, KEEP, cx).await
    }
}

impl Change for Drop {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        answer(self.id, &self.rows, DROP, cx).await
    }
}

async fn answer(id: ChangeId, typed: &[String], what: &str, cx: &Context<'_>) -> Result<Plan<()>> {
    let record = find(id, cx).await?;
    let all = rows(&record);
    let numbers = numbers(typed, all.len())?;
    open(&record)?;
    let roster = roster(&all, record.asked, cx).await?;
    let meant: Vec<&Row> = numbers.iter().filter_map(|number| all.get(number - 1)).collect();
    if let Some(own) = meant.iter().find(|row| row.is_about_asker(&roster, cx)) {
        return Err(Error::shown(text![
            "The row “",
            own.told(&roster),
            "” is about you, so somebody else has to answer it. Nothing was changed."
        ]));
    }
    let (word, end) = match what {
        KEEP => (" stays", "."),
        _ => (" goes", " when the review ends. Until then it can be answered anew."),
    };
    let told = told(&numbers, &meant, &roster);
    let note = told.clone().then(word).then(text![", says ", &cx.person.id, "."]);
    let detail = serde_json::to_value(About { rows: numbers }).map_err(|cause| Error::internal("answering a row", cause))?;
    Ok(Plan::Records {
        resource: Box::new(record.as_resource()),
        effects: vec![Effect::Tell { change: id, what: what.to_owned(), detail, note }],
        say: told.then(word).then(end).into(),
    })
}

fn told(numbers: &[usize], rows: &[&Row], roster: &Roster) -> Text {
    match (numbers, rows) {
        ([number], [row]) => text![format!("Row {number} ("), row.told(roster), ")"],
        _ => {
            let all: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            text![format!("Each of the rows {}", all.join(", "))]
        }
    }
}

/// The rows meant, in the order typed, each once; a form gives them in one word.
fn numbers(typed: &[String], count: usize) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    for word in typed.iter().flat_map(|words| words.split([' ', ','])).filter(|word| !word.is_empty()) {
        let number: usize = word.parse().unwrap_or_default();
        if number == 0 || number > count {
            return Err(Error::shown(text![
                code(word),
                format!(" is no row of this review: they are numbered from 1 to {count}. Nothing was changed.")
            ]));
        }
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn open(record: &ChangeRecord) -> Result<()> {
    let id = code(record.id.to_string());
    let removing = |state: &Value| !matches!(state.get("step").and_then(Value::as_str), Some("open" | "half_time" | "last_day"));
    match &record.status {
        Status::Running { state, .. } if removing(state) => Err(Error::shown(text![
            "The time to answer in ",
            id,
            " is over: it is removing what was marked. Nothing was changed."
        ])),
        Status::Running { .. } if record.told.len() >= MOST => Err(Error::shown(text![
            id,
            format!(
                " has been answered {MOST} times, as often as I can keep. Nothing was changed. Begin another review for the rest."
            )
        ])),
        Status::Running { .. } => Ok(()),
        Status::Ended { at, .. } => Err(Error::shown(text![id, " ended ", *at, ", so its rows can't be answered any more."])),
        Status::AwaitingApproval { .. } | Status::Scheduled { .. } => {
            Err(Error::shown(text![id, " has not begun yet. Its card shows what it waits for."]))
        }
    }
}
