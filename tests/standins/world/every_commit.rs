//! Runs a conversation again and again, killing the bot at commit 1, 2, 3 …, and demands the same end each time.

use std::ops::AsyncFn;

use super::mortal::{Life, Moment};
use super::{Choices, World};

/// Runs `conversation` once undisturbed and then with the bot killed at each of its commits, right after the commit and
/// right before it. It must come to the same end each time: what `conversation` returns, such as the state of AWS, the
/// calls that changed it and the ends on record.
///
/// # Panics
/// When an end differs; says at which commit the bot was killed.
pub async fn at_every_commit<T, C>(choices: Choices, conversation: C)
where
    T: PartialEq + std::fmt::Debug,
    C: AsyncFn(World) -> T,
{
    let undisturbed = conversation(World::with(choices.clone()).await).await;
    for moment in [Moment::After, Moment::Before] {
        for commit in 1.. {
            let life = Life::until(commit, moment);
            let world = World::with(Choices { life: life.clone(), ..choices.clone() }).await;
            let end = conversation(world).await;
            if !life.is_over() {
                assert!(commit > 1, "the conversation commits nothing");
                break;
            }
            assert_eq!(end, undisturbed, "the bot was killed {moment:?} its commit {commit}");
        }
    }
}
