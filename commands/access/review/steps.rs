//! The steps of a review: it waits and reminds, then removes what was marked, then reports.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::State;
use super::rows::{Answer, Row, answers, roster, rows};
use crate::access::aws::Identity;
use crate::access::batch::{Batch, Way, Worked};
use crate::access::given::{self, Given};
use crate::access::grant::overlap::word;
use crate::access::guard;
use crate::access::model::{Assignee, Assignment};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Step};
use crate::records::ChangeId;
use crate::text;

/// How often grants that were told to end are looked at.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// When what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Course {
    pub(super) until: Timestamp,
    /// When half of the time has passed.
    pub(super) half: Timestamp,
    /// A day before the end; where that is before the half, there is one reminder.
    pub(super) last: Timestamp,
}

/// What was removed, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    removed: usize,
    /// Rows that were gone already when the review ended.
    gone: usize,
    /// Rows whose access is gone because grants of the bot were told to end.
    told: usize,
    /// Members who had to stay, and why.
    stayed: Vec<Text>,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(super) enum Stage {
    /// People answer.
    Open { course: Course },
    /// The first reminder was given.
    HalfTime { course: Course },
    /// The last reminder was given.
    LastDay { course: Course },
    /// Tell grants of the bot to end.
    Tell,
    /// Remove what is assigned; then see to those whose grants were told to end.
    Take { items: Vec<usize>, told: Vec<usize>, batch: Batch, tally: Tally },
    /// Wait until grants that were told to end have taken their access back.
    AwaitGrants { told: Vec<usize>, tally: Tally },
    /// Take these members out of the group, the next one first.
    Leave { items: Vec<usize>, tally: Tally },
}

pub(super) async fn step(stage: Stage, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let rows = own_rows(permit, cx).await?;
    match stage {
        Stage::Open { course } if cx.now >= course.until => Ok(end()),
        Stage::Open { course } if course.last <= course.half => Ok(remind(&rows, course, Stage::HalfTime { course }, cx)),
        Stage::Open { course } => Ok(remind(&rows, course, Stage::Open { course }, cx)),
        Stage::HalfTime { course } | Stage::LastDay { course } if cx.now >= course.until => Ok(end()),
        Stage::HalfTime { course } => Ok(remind(&rows, course, Stage::HalfTime { course }, cx)),
        Stage::LastDay { course } => Ok(wait(&rows, Stage::LastDay { course }, course.until, cx)),
        Stage::Tell => tell(&rows, cx).await,
        Stage::Take { items, told, batch, tally } => take(&rows, (items, told, batch, tally), permit, cx).await,
        Stage::AwaitGrants { told, tally } => await_grants(&rows, told, tally, permit, cx).await,
        Stage::Leave { items, tally } => leave(&rows, items, tally, permit, cx).await,
    }
}

/// The rows of the review that takes this step.
async fn own_rows(permit: &Permit, cx: &Context<'_>) -> Result<Vec<Row>> {
    let doing = "going on with a review";
    let id: ChangeId = permit.change().parse().map_err(|error| Error::internal(doing, error))?;
    let record = cx.records.change(id).await?.ok_or_else(|| Error::internal(doing, "it has no record"))?;
    Ok(rows(&record))
}

fn end() -> Step<State> {
    Step::Next { state: State(Stage::Tell), note: "The review is over. What was marked is removed now.".into() }
}

/// Waits for the next reminder, or gives it.
fn remind(rows: &[Row], course: Course, stage: Stage, cx: &Context<'_>) -> Step<State> {
    let (at, next) = match &stage {
        Stage::Open { .. } => (course.half, Stage::HalfTime { course }),
        _ => (course.last.max(course.half.min(course.until)), Stage::LastDay { course }),
    };
    if cx.now < at {
        return wait(rows, stage, at, cx);
    }
    let (all, open) = (rows.len(), open(rows, cx));
    if open == 0 {
        return wait(rows, next, cx.now, cx);
    }
    let words = text![
        format!("{open} of {}", counted(all)),
        if open == 1 { " is" } else { " are" },
        " unanswered, and the review ends ",
        course.until,
        ". What nobody answers stays as it is."
    ];
    Step::Call { state: State(next), words }
}

fn wait(rows: &[Row], stage: Stage, until: Timestamp, cx: &Context<'_>) -> Step<State> {
    let (all, open) = (rows.len(), open(rows, cx));
    Step::Progress { state: State(stage), until, so_far: format!("{} of {} answered.", all - open, counted(all)).into() }
}

fn open(rows: &[Row], cx: &Context<'_>) -> usize {
    answers(cx.told, rows.len()).iter().filter(|answer| matches!(answer, Answer::None)).count()
}

/// Places of the rows that are to go.
fn marked(rows: &[Row], cx: &Context<'_>) -> Vec<usize> {
    let answers = answers(cx.told, rows.len());
    (0..rows.len()).filter(|row| matches!(answers.get(*row), Some(Answer::Drop(_)))).collect()
}

fn assignments(rows: &[Row], items: &[usize]) -> Vec<Assignment> {
    let those = items.iter().filter_map(|item| rows.get(*item));
    those.filter_map(|row| if let Row::Assigned(assignment) = row { Some(assignment.clone()) } else { None }).collect()
}

/// Grants that run take their access back themselves; all else is removed by this change.
async fn tell(rows: &[Row], cx: &Context<'_>) -> Result<Step<State>> {
    let marked = marked(rows, cx);
    if rows.iter().any(|row| matches!(row, Row::Member { .. })) {
        return members(rows, marked, cx).await;
    }
    let running = given::grants(cx).await?;
    let roster = roster(rows, cx.now, cx).await?;
    let name = |assignment: &Assignment| roster.principal(&assignment.principal).name;
    let (mut changes, mut items, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for item in marked {
        let Some(Row::Assigned(assignment)) = rows.get(item) else { continue };
        let grants: Vec<&Given> = running.iter().filter(|given| given.covers(assignment, &name(assignment))).collect();
        if grants.is_empty() {
            items.push(item);
        } else {
            told.push(item);
            changes.extend(to_tell(&grants));
        }
    }
    let batch = Batch::new(Way::Take, items.len(), cx.now);
    let state = State(Stage::Take { items, told, batch, tally: Tally::default() });
    if changes.is_empty() {
        return Ok(Step::Progress { state, until: cx.now, so_far: "Removing what was marked.".into() });
    }
    Ok(ending(state, changes, cx))
}

/// Those of these grants that go on unless they are told.
fn to_tell(grants: &[&Given]) -> impl Iterator<Item = ChangeId> {
    grants.iter().filter(|given| !given.ends).map(|given| given.change)
}

/// Tells these grants to end, each once.
fn ending(state: State, mut changes: Vec<ChangeId>, cx: &Context<'_>) -> Step<State> {
    changes.sort();
    changes.dedup();
    let note = text!["The review ", code(cx.operation), " says that this ends now."];
    Step::Tell { state, changes, what: word::END.to_owned(), note }
}

async fn take(
    rows: &[Row],
    (items, told, batch, mut tally): (Vec<usize>, Vec<usize>, Batch, Tally),
    permit: &Permit,
    cx: &Context<'_>,
) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    match batch.work(&assignments(rows, &items), &identity, permit, cx).await? {
        Worked::More { batch, again, so_far } => {
            Ok(Step::Progress { state: State(Stage::Take { items, told, batch, tally }), until: again, so_far })
        }
        Worked::Done { unneeded, .. } => {
            tally.gone += unneeded;
            tally.removed += items.len() - unneeded;
            if told.is_empty() {
                return Ok(Step::Done(report(rows, &tally, permit, cx)));
            }
            let state = State(Stage::AwaitGrants { told, tally });
            Ok(Step::Progress { state, until: cx.now, so_far: "Waiting for grants of mine to end.".into() })
        }
    }
}

/// Waits until AWS has taken back what grants that were told to end gave, and tells those that began after the others were told.
/// What stands although they have ended is removed.
async fn await_grants(
    rows: &[Row],
    told: Vec<usize>,
    mut tally: Tally,
    permit: &Permit,
    cx: &Context<'_>,
) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    let running = given::grants(cx).await?;
    let roster = roster(rows, cx.now, cx).await?;
    let (mut held, mut left, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for item in told {
        let Some(Row::Assigned(assignment)) = rows.get(item) else { continue };
        let name = roster.principal(&assignment.principal).name;
        let grants: Vec<&Given> = running.iter().filter(|given| given.covers(assignment, &name)).collect();
        if !grants.is_empty() {
            held.push(item);
            new.extend(to_tell(&grants));
        } else if identity.is_assigned(assignment).await? {
            left.push(item);
        } else {
            tally.told += 1;
        }
    }
    if !held.is_empty() {
        let so_far = format!("Waiting for AWS to take back {} that grants of mine gave.", counted(held.len())).into();
        held.append(&mut left);
        let state = State(Stage::AwaitGrants { told: held, tally });
        if !new.is_empty() {
            return Ok(ending(state, new, cx));
        }
        return Ok(Step::Progress { state, until: cx.now.saturating_add(PAUSE).unwrap_or(Timestamp::MAX), so_far });
    }
    if left.is_empty() {
        return Ok(Step::Done(report(rows, &tally, permit, cx)));
    }
    let batch = Batch::new(Way::Take, left.len(), cx.now);
    let state = State(Stage::Take { items: left, told: Vec::new(), batch, tally });
    Ok(Step::Progress { state, until: cx.now, so_far: "Removing what is left.".into() })
}

/// Sees who of those marked is in the group still: whoever is not in it later was removed by this review.
async fn members(rows: &[Row], marked: Vec<usize>, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    let (mut items, mut tally) = (Vec::new(), Tally::default());
    for item in marked {
        let Some(Row::Member { group, user }) = rows.get(item) else { continue };
        match identity.membership(group, user).await? {
            Some(_) => items.push(item),
            None => tally.gone += 1,
        }
    }
    let state = State(Stage::Leave { items, tally });
    Ok(Step::Progress { state, until: cx.now, so_far: "Removing what was marked.".into() })
}

/// Takes the next marked member out of the group, but never leaves a protected group empty.
async fn leave(rows: &[Row], mut items: Vec<usize>, mut tally: Tally, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    if items.is_empty() {
        return Ok(Step::Done(report(rows, &tally, permit, cx)));
    }
    let identity = Identity::open(cx).await?;
    if let Some(Row::Member { group, user }) = rows.get(items.remove(0)) {
        match remove(group, user, &identity, permit, cx).await {
            Ok(()) => tally.removed += 1,
            Err(Error::Shown(why)) => {
                let name = roster(rows, cx.now, cx).await?.principal(&Assignee::user(user.as_str())).name;
                tally.stayed.push(text![code(name), ". "].then(why));
            }
            Err(trouble) => return Err(trouble),
        }
    }
    let so_far = format!("{} to remove.", counted(items.len()));
    Ok(Step::Progress { state: State(Stage::Leave { items, tally }), until: cx.now, so_far: so_far.into() })
}

async fn remove(group: &str, user: &str, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<()> {
    // Another try of this step may have removed them.
    if let Some(membership) = identity.membership(group, user).await? {
        may_leave(group, user, identity, cx).await?;
        identity.remove_member(permit, &membership.id).await?;
    }
    Ok(())
}

async fn may_leave(group: &str, user: &str, identity: &Identity, cx: &Context<'_>) -> Result<()> {
    let Some(group) = identity.group(group).await? else { return Ok(()) };
    if identity.members(&group.id).await?.len() < 2 {
        guard::group_may_be_empty(&group, cx)?;
    }
    if guard::administers(&group, cx)?
        && let Some(user) = identity.user(user).await?
    {
        guard::administrators_remain(&[&user], cx, identity).await?;
    }
    Ok(())
}

/// `1 row`, `3 rows`.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn report(rows: &[Row], tally: &Tally, permit: &Permit, cx: &Context<'_>) -> Text {
    let answers = answers(cx.told, rows.len());
    let kept = answers.iter().filter(|answer| matches!(answer, Answer::Keep(_))).count();
    let open = answers.iter().filter(|answer| matches!(answer, Answer::None)).count();
    let mut parts = vec![format!("{kept} kept"), format!("{} removed", tally.removed)];
    if tally.told > 0 {
        parts.push(format!("{} taken back by ending my grants", tally.told));
    }
    if tally.gone > 0 {
        parts.push(format!("{} gone already", tally.gone));
    }
    parts.push(format!("{open} unanswered"));
    let told = text![format!("Of {}: {}.", counted(rows.len()), parts.join(", "))];
    let told = tally.stayed.iter().fold(told, |told, why| told.then("\nStill there: ").then(why.clone()));
    let told = if open > 0 { told.then(" What nobody answered stays as it is.") } else { told };
    told.then(text![" ", code(format!("access rows {} --csv", permit.change())), " has them all."])
}
