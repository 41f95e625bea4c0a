//! A deployment drawn in fixed-width letters. Pure.
//!
//! ASCII only: other signs are one letter wide in some fonts and two in others, and the columns would not line up.

use jiff::Timestamp;

use super::deployment::{Deployment, Percent, Side, Stage, Step, StepState, Strategy};
use crate::message::lasting;

/// Letters in a line at most: a code block on a phone held sideways.
pub const WIDTH: usize = 64;
/// Letters of a bar.
const BAR: usize = 20;
/// Letters of what stands before a bar or a count.
const LABEL: usize = 11;
/// Letters of a side's name.
const NAME: usize = 26;

/// The picture, line by line; no line is longer than [`WIDTH`]. `now` is for the bake time left.
pub fn picture(deployment: &Deployment, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(stages(deployment));
    lines.extend(traffic("production", deployment, |side| side.production));
    lines.extend(traffic("test", deployment, |side| side.test));
    if deployment.strategy == Strategy::Rolling {
        lines.extend(replaced(deployment));
    }
    lines.extend(tasks(deployment));
    lines.extend(bake(deployment, now));
    lines
}

/// What people look for on the way, and the stages that are part of it.
const WAY: [(&str, &[Stage]); 5] = [
    ("start green", &[Stage::PreScaleUp, Stage::ScaleUp, Stage::PostScaleUp]),
    ("test", &[Stage::TestTraffic, Stage::PostTestTraffic]),
    ("shift", &[Stage::PreProduction, Stage::Production, Stage::PostProduction]),
    ("bake", &[Stage::Bake]),
    ("end blue", &[Stage::CleanUp]),
];

/// `[x] start green  [>] test  [ ] shift  [ ] bake  [ ] end blue`
fn stages(deployment: &Deployment) -> Option<String> {
    let marks: Vec<String> = WAY
        .iter()
        .filter_map(|(name, stages)| {
            let parts: Vec<&Step> = deployment.steps.iter().filter(|step| stages.contains(&step.stage)).collect();
            (!parts.is_empty()).then(|| format!("[{}] {name}", mark(&parts)))
        })
        .collect();
    (!marks.is_empty()).then(|| cut(&marks.join("  "), WIDTH))
}

fn mark(parts: &[&Step]) -> char {
    let any = |state: &StepState| parts.iter().any(|step| step.state == *state);
    let all = |states: &[StepState]| parts.iter().all(|step| states.contains(&step.state));
    if any(&StepState::Failed) {
        '!'
    } else if all(&[StepState::Skipped]) {
        '-'
    } else if all(&[StepState::Done, StepState::Skipped]) {
        'x'
    } else if any(&StepState::Current) || any(&StepState::Done) {
        '>'
    } else if all(&[StepState::ToCome, StepState::Skipped]) {
        ' '
    } else {
        '?'
    }
}

/// `production [####................]  20 % green, 80 % blue`
fn traffic(label: &str, deployment: &Deployment, share: impl Fn(&Side) -> Option<Percent>) -> Option<String> {
    let green = deployment.green.as_ref().and_then(&share);
    let blue = deployment.blue.as_ref().and_then(&share);
    let (green, blue) = match (green, blue) {
        (None, None) => return None,
        (Some(green), blue) => (green, blue.unwrap_or(green.rest())),
        (None, Some(blue)) => (blue.rest(), blue),
    };
    Some(format!("{label:<LABEL$}[{}] {green:>7} green, {blue} blue", bar(green.hundredths().into(), 10_000)))
}

/// How far a rolling deployment is: green's tasks that run, of those wanted.
fn replaced(deployment: &Deployment) -> Option<String> {
    let tasks = deployment.green.as_ref()?.tasks;
    let (running, wanted) = (tasks.running.max(0), tasks.wanted.max(0));
    (wanted > 0).then(|| format!("{:<LABEL$}[{}] {running} of {wanted} tasks", "replaced", bar(running, wanted)))
}

/// Full only when it is, and empty only when it is.
fn bar(part: i64, whole: i64) -> String {
    let letters = i64::try_from(BAR).unwrap_or(0);
    let filled = match (part, whole) {
        (part, _) if part <= 0 => 0,
        (part, whole) if part >= whole => letters,
        (part, whole) => (part * letters / whole).clamp(1, letters - 1),
    };
    let filled = usize::try_from(filled).unwrap_or(0);
    format!("{}{}", "#".repeat(filled), ".".repeat(BAR - filled))
}

/// Both sides with their tasks, in columns.
fn tasks(deployment: &Deployment) -> Vec<String> {
    let sides = [("blue", &deployment.blue), ("green", &deployment.green)];
    let rows: Vec<String> = sides
        .iter()
        .filter_map(|(label, side)| {
            let side = side.as_ref()?;
            let (name, tasks) = (cut(side.name(), NAME), side.tasks);
            Some(format!("{label:<LABEL$}{name:<NAME$} {:>7} {:>7} {:>7}", tasks.running, tasks.pending, tasks.wanted))
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    let titles = format!("{:<LABEL$}{:<NAME$} {:>7} {:>7} {:>7}", "tasks", "", "running", "pending", "wanted");
    std::iter::once(titles).chain(rows).collect()
}

fn bake(deployment: &Deployment, now: Timestamp) -> Option<String> {
    let minutes = deployment.bake?.minutes;
    let words = match deployment.bake_left(now) {
        Some(left) => format!("{} left of {minutes} min", lasting(left)),
        None => format!("{minutes} min"),
    };
    (!deployment.is_over()).then(|| format!("{:<LABEL$}{words}", "bake"))
}

/// The beginning and the end of what is too long: a revision's number stands at the end.
fn cut(words: &str, width: usize) -> String {
    let letters: Vec<char> =
        words.chars().map(|letter| if letter.is_ascii_graphic() || letter == ' ' { letter } else { '?' }).collect();
    if letters.len() <= width {
        return letters.into_iter().collect();
    }
    let (begin, end) = (width / 2 - 1, width - width / 2 - 1);
    letters[..begin].iter().chain(&['.', '.']).chain(&letters[letters.len() - end..]).collect()
}

#[cfg(test)]
mod tests;
