//! From words to a command, and everything that derives from the list of all commands.
//!
//! Types are erased here alone: an [`Entry`] is a command whose arguments travel as JSON.

use std::marker::PhantomData;

use async_trait::async_trait;
use clap::ArgMatches;
use serde_json::Value;

use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::plan::{Permit, Plan, Step, Work};
use crate::{Change, Choice, Command, Query};

mod form;
mod parse;
#[cfg(test)]
mod tests;

pub use form::{Field, Form, Input};
pub use parse::{Asked, EMERGENCY, Fault, Options, arguments, argv, find, nearest, parse, unknown, usage_of, words_of};

/// One command, its type erased.
#[derive(Clone, Copy)]
pub struct Entry {
    erased: &'static dyn Erased,
    /// Whether it reads or changes.
    pub kind: Kind,
    /// Whether it may have to wait for an approval.
    pub approval: Approval,
}

/// Whether a command may have to wait for an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It plans work, which waits where the policy says so.
    Possible,
    /// It is answered or done at once, so the policy can only allow or deny it.
    Never,
}

/// Whether a command reads or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It reads.
    Query,
    /// It changes.
    Change,
}

impl Entry {
    /// The entry of a command that reads.
    pub const fn query<C: Query>() -> Self {
        Self { erased: &OfQuery::<C>(PhantomData), kind: Kind::Query, approval: Approval::Never }
    }

    /// The entry of a command that changes.
    pub const fn change<C: Change>() -> Self {
        Self { erased: &OfChange::<C>(PhantomData), kind: Kind::Change, approval: Approval::Possible }
    }

    /// The entry of a command that changes the bot's own records alone: its plans are [`Plan::Records`].
    pub const fn at_once<C: Change>() -> Self {
        Self { approval: Approval::Never, ..Self::change::<C>() }
    }

    /// Its words: `rds upgrade`.
    pub fn name(&self) -> &'static str {
        self.erased.name()
    }

    /// Its first word: the capability.
    pub fn capability(&self) -> &'static str {
        self.name().split(' ').next().unwrap_or_default()
    }

    /// What it is for: the first line of its doc comment.
    pub fn about(&self) -> String {
        self.clap().get_about().map(ToString::to_string).unwrap_or_default()
    }

    /// Its arguments as clap knows them, with the options every command of its kind has.
    pub fn clap(&self) -> clap::Command {
        let clap = parse::with_options(self.erased.clap(), self.kind);
        if self.has_glass() { clap.arg(parse::emergency()) } else { clap }
    }

    /// Whether there is glass to break: what may have to wait for approval, or for the end of a freeze. Everything else is
    /// done at once anyway.
    pub fn has_glass(&self) -> bool {
        self.approval == Approval::Possible
    }

    /// The arguments whose values it can suggest.
    pub fn picks(&self) -> &'static [&'static str] {
        self.erased.picks()
    }

    /// Its arguments as JSON.
    pub(crate) fn read(&self, matches: &ArgMatches) -> Result<Value> {
        self.erased.read(matches)
    }

    /// What it acts on, as far as the arguments tell.
    pub fn resource(&self, args: &Value) -> Result<Resource> {
        self.erased.resource(args)
    }

    /// Values for one argument; see [`Command::suggest`].
    pub async fn suggest(&self, arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        self.erased.suggest(arg, typed, given, cx).await
    }

    /// The answer of a command that reads.
    pub async fn answer(&self, args: &Value, cx: &Context<'_>) -> Result<Message> {
        self.erased.answer(args, cx).await
    }

    /// The plan of a command that changes.
    pub async fn plan(&self, args: &Value, cx: &Context<'_>) -> Result<Plan<Value>> {
        self.erased.plan(args, cx).await
    }

    /// One step of a command that changes.
    pub async fn step(&self, args: &Value, state: Value, permit: &Permit, cx: &Context<'_>) -> Result<Step<Value>> {
        self.erased.step(args, state, permit, cx).await
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({})", self.name())
    }
}

#[async_trait]
trait Erased: Sync {
    fn name(&self) -> &'static str;
    fn picks(&self) -> &'static [&'static str];
    fn clap(&self) -> clap::Command;
    fn read(&self, matches: &ArgMatches) -> Result<Value>;
    fn resource(&self, args: &Value) -> Result<Resource>;
    async fn suggest(&self, arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice>;

    async fn answer(&self, _args: &Value, _cx: &Context<'_>) -> Result<Message> {
        Err(Error::internal(format!("answering {}", self.name()), "it is not a query"))
    }

    async fn plan(&self, _args: &Value, _cx: &Context<'_>) -> Result<Plan<Value>> {
        Err(Error::internal(format!("planning {}", self.name()), "it is not a change"))
    }

    async fn step(&self, _args: &Value, _state: Value, _permit: &Permit, _cx: &Context<'_>) -> Result<Step<Value>> {
        Err(Error::internal(format!("stepping {}", self.name()), "it is not a change"))
    }
}

struct OfQuery<C>(PhantomData<fn() -> C>);
struct OfChange<C>(PhantomData<fn() -> C>);

/// What both kinds share, from the command's type.
macro_rules! erase_command {
    () => {
        fn name(&self) -> &'static str {
            C::NAME
        }

        fn picks(&self) -> &'static [&'static str] {
            C::PICKS
        }

        fn clap(&self) -> clap::Command {
            C::augment_args(clap::Command::new(C::NAME))
        }

        fn read(&self, matches: &ArgMatches) -> Result<Value> {
            let doing = || format!("reading the arguments of {}", C::NAME);
            let args = C::from_arg_matches(matches).map_err(|cause| Error::internal(doing(), cause))?;
            serde_json::to_value(&args).map_err(|cause| Error::internal(doing(), cause))
        }

        fn resource(&self, args: &Value) -> Result<Resource> {
            typed::<C>(args).map(|command| command.resource())
        }
    };
}

#[async_trait]
impl<C: Query> Erased for OfQuery<C> {
    erase_command!();

    async fn suggest(&self, arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        C::suggest(arg, typed, given, cx).await
    }

    async fn answer(&self, args: &Value, cx: &Context<'_>) -> Result<Message> {
        typed::<C>(args)?.answer(cx).await
    }
}

#[async_trait]
impl<C: Change> Erased for OfChange<C> {
    erase_command!();

    async fn suggest(&self, arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        C::suggest(arg, typed, given, cx).await
    }

    async fn plan(&self, args: &Value, cx: &Context<'_>) -> Result<Plan<Value>> {
        Ok(match typed::<C>(args)?.plan(cx).await? {
            Plan::Records { resource, effects, say } => Plan::Records { resource, effects, say },
            Plan::Work(work) => {
                let Work { resource, runs, title, what, calls, checks, risks, start, patience, offers, gate, first } = *work;
                let gate = gate.map(|gate| gate.map(state_json::<C>)).transpose()?;
                let first = state_json::<C>(&first)?;
                Plan::Work(Box::new(Work {
                    resource,
                    runs,
                    title,
                    what,
                    calls,
                    checks,
                    risks,
                    start,
                    patience,
                    offers,
                    gate,
                    first,
                }))
            }
        })
    }

    async fn step(&self, args: &Value, state: Value, permit: &Permit, cx: &Context<'_>) -> Result<Step<Value>> {
        let state =
            serde_json::from_value(state).map_err(|cause| Error::internal(format!("reading the state of {}", C::NAME), cause))?;
        Ok(match typed::<C>(args)?.step(state, permit, cx).await? {
            Step::Next { state, note } => Step::Next { state: state_json::<C>(&state)?, note },
            Step::Wait { state, until, note } => Step::Wait { state: state_json::<C>(&state)?, until, note },
            Step::Progress { state, until, so_far } => Step::Progress { state: state_json::<C>(&state)?, until, so_far },
            Step::Call { state, words } => Step::Call { state: state_json::<C>(&state)?, words },
            Step::Tell { state, changes, what, note } => Step::Tell { state: state_json::<C>(&state)?, changes, what, note },
            Step::Done(said) => Step::Done(said),
        })
    }
}

fn typed<C: Command>(args: &Value) -> Result<C> {
    serde_json::from_value(args.clone()).map_err(|cause| Error::internal(format!("reading the arguments of {}", C::NAME), cause))
}

fn state_json<C: Change>(state: &C::State) -> Result<Value> {
    serde_json::to_value(state).map_err(|cause| Error::internal(format!("keeping the state of {}", C::NAME), cause))
}
