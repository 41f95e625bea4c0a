//! What pickers of people, groups, permission sets and accounts offer: from the roster and the settings, never from a call that
//! keeps a form waiting.

use std::sync::Arc;
use std::time::Duration;

use super::roster::{self, Roster};
use crate::Choice;
use crate::context::Context;
use crate::error::Error;

/// How many values a picker offers: Slack's limit for a menu.
const OFFERED: usize = 100;
/// How long the first picker after a start waits for the roster.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Users whose user name, display name or e-mail address fits.
pub(crate) async fn users(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let Some(roster) = roster(cx).await else { return Vec::new() };
    of_users(typed, &roster)
}

/// Groups whose name fits.
pub(crate) async fn groups(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let Some(roster) = roster(cx).await else { return Vec::new() };
    let known = roster.groups.iter().map(|group| Candidate {
        value: &group.name,
        names: [&group.name, group.description.as_deref().unwrap_or_default(), ""],
    });
    best(typed, known)
}

/// Permission sets whose name or description fits.
pub(crate) async fn permission_sets(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let Some(roster) = roster(cx).await else { return Vec::new() };
    let known = roster
        .permission_sets
        .iter()
        .map(|set| Candidate { value: &set.name, names: [&set.name, set.description.as_deref().unwrap_or_default(), ""] });
    best(typed, known)
}

/// Accounts whose name or number fits.
pub(crate) fn accounts(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let known = cx.settings.accounts.iter();
    best(typed, known.map(|account| Candidate { value: &account.name, names: [&account.name, &account.id, ""] }))
}

/// Users, and groups as `group NAME`: whom an assignment can be for.
pub(crate) async fn principals(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let typed = typed.trim();
    if let Some(group) = super::find::group_in(typed) {
        let named = groups(group, cx).await.into_iter();
        return named
            .map(|choice| Choice { value: format!("group {}", choice.value), label: format!("group {}", choice.label) })
            .collect();
    }
    let mut choices = users(typed, cx).await;
    let room = OFFERED.saturating_sub(choices.len());
    let groups = groups(typed, cx).await.into_iter().take(room);
    choices.extend(
        groups.map(|choice| Choice { value: format!("group {}", choice.value), label: format!("group {}", choice.label) }),
    );
    choices
}

/// The remembered roster. Where there is none yet, it is read in the background and waited for, but not long.
async fn roster(cx: &Context<'_>) -> Option<Arc<Roster>> {
    if let Some(known) = cx.aws.access().roster() {
        return Some(known);
    }
    let (aws, identity, now) = (cx.aws.clone(), cx.settings.identity.clone()?, cx.now);
    let reading = tokio::spawn(async move { roster::refresh(&aws, &identity, now).await });
    match tokio::time::timeout(FIRST_WAIT, reading).await.ok()?.ok()? {
        Ok(roster) => Some(roster),
        Err(Error::Shown(say) | Error::Outside { say, .. }) => {
            tracing::info!("{}", say.plain());
            None
        }
        Err(error) => {
            tracing::warn!(%error, "reading the roster");
            None
        }
    }
}

/// Something to choose, and the names it is found by, the first as its label.
struct Candidate<'a> {
    value: &'a str,
    names: [&'a str; 3],
}

pub(super) fn of_users(typed: &str, roster: &Roster) -> Vec<Choice> {
    let known = roster.users.iter().map(|user| Candidate {
        value: &user.name,
        names: [&user.name, &user.display_name, user.email.as_deref().unwrap_or_default()],
    });
    best(typed, known)
}

/// Those that fit what was typed: names that begin with it first, then those that hold it.
fn best<'a>(typed: &str, known: impl Iterator<Item = Candidate<'a>>) -> Vec<Choice> {
    let typed = typed.trim().trim_start_matches('@').to_lowercase();
    let (mut begins, mut holds) = (Vec::new(), Vec::new());
    for candidate in known {
        let names = candidate.names.map(str::to_lowercase);
        if names.iter().any(|name| name.starts_with(&typed)) {
            begins.push(candidate);
            if begins.len() == OFFERED {
                break;
            }
        } else if holds.len() < OFFERED && names.iter().any(|name| name.contains(&typed)) {
            holds.push(candidate);
        }
    }
    begins.into_iter().chain(holds).take(OFFERED).map(Candidate::choice).collect()
}

impl Candidate<'_> {
    fn choice(self) -> Choice {
        let mut label = self.names[0].to_owned();
        for name in &self.names[1..] {
            if !name.is_empty() && *name != self.names[0] {
                label.push_str(" · ");
                label.push_str(name);
            }
        }
        Choice { value: self.value.to_owned(), label }
    }
}
