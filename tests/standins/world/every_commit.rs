//! Runs a conversation again and again, killing the bot at commit 1, 2, 3 …, and demands the same end each time.

use std::ops::AsyncFn;

use futures_util::StreamExt;
use futures_util::stream;

use super::mortal::{Life, Moment};
use super::{Choices, World};

/// Worlds that go on at once: as many as the smallest machine has cores.
const AT_ONCE: usize = 2;

/// Runs `conversation` once undisturbed and then with the bot killed at each of its commits, right after the commit and
/// right before it. It must come to the same end each time: what `conversation` returns, such as the state of AWS, the
/// calls that changed it and the ends on record. Returns how many commits there were.
///
/// # Panics
/// When an end differs; says at which commits the bot was killed then.
pub async fn at_every_commit<T, C>(choices: Choices, conversation: C) -> u64
where
    T: PartialEq + std::fmt::Debug,
    C: AsyncFn(World) -> T,
{
    let conversation = &conversation;
    let run = async |life: Life| conversation(World::with(Choices { life, ..choices.clone() }).await).await;
    let life = Life::counted();
    let undisturbed = run(life.clone()).await;
    let commits = life.commits();
    assert!(commits > 0, "the conversation commits nothing");
    let deaths = (1..=commits).flat_map(|commit| [Moment::After, Moment::Before].map(|moment| (commit, moment)));
    let others: Vec<String> = stream::iter(deaths)
        .map(|(commit, moment)| {
            let run = &run;
            async move { (commit, moment, run(Life::until(commit, moment)).await) }
        })
        .buffered(AT_ONCE)
        .filter_map(async |(commit, moment, end)| {
            (end != undisturbed).then(|| format!("killed {moment:?} commit {commit}: {end:#?}"))
        })
        .collect()
        .await;
    assert!(others.is_empty(), "{}\nundisturbed: {undisturbed:#?}", others.join("\n"));
    commits
}
