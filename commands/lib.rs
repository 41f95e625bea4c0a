//! What the bot can do. A command either reads ([`Query`]) or changes ([`Change`]); there is no third kind.
//!
//! Reading order: this file is the contract and the list of all commands; `message` is what they say, `context` what
//! they are given, `plan` what a change will do, `records` what is kept; `watch` is what the bot follows by itself, `events` what
//! makes it look; `registry` turns the list into parsing, help,
//! forms and documentation; `aws` reaches AWS; then a folder a capability, a file a command.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod access;
pub mod alert;
pub mod args;
pub mod audit;
pub mod aws;
pub mod can;
pub mod change;
pub mod context;
pub mod ecs;
pub mod error;
pub mod events;
pub mod help;
pub mod link;
pub mod message;
pub mod oncall;
mod outlook;
mod page;
pub mod plan;
pub mod rds;
pub mod records;
pub mod registry;
pub mod watch;
pub mod whoami;

pub use context::{Context, Person, PersonId, Resource};
pub use error::{Error, Result};
pub use message::{Message, Text};
pub use plan::{Permit, Plan, Step, Work};
use registry::Entry;

/// Something a person can ask. Its arguments are its fields, its help their doc comments.
pub trait Command: clap::Args + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its words: `rds upgrade`. Also its policy action, its audit name and its heading in the documentation.
    const NAME: &'static str;

    /// Arguments whose values [`Command::suggest`] knows; they become pickers in forms.
    const PICKS: &'static [&'static str] = &[];

    /// What it acts on, as far as the arguments tell.
    fn resource(&self) -> Resource;

    /// Values for the argument `arg` that fit what was `typed`; `given` holds the other arguments filled in so far.
    /// Served from caches: it must not keep a form waiting.
    fn suggest(
        _arg: &str,
        _typed: &str,
        _given: &serde_json::Value,
        _cx: &Context<'_>,
    ) -> impl Future<Output = Vec<Choice>> + Send {
        async { Vec::new() }
    }
}

/// A command that only reads; answered at once.
pub trait Query: Command {
    /// Looks and answers.
    fn answer(&self, cx: &Context<'_>) -> impl Future<Output = Result<Message>> + Send;
}

/// A command that alters something: planned, perhaps approved, perhaps scheduled, executed in steps.
pub trait Change: Command {
    /// What a step needs to know; committed before the step runs.
    type State: Serialize + DeserializeOwned + Send + Sync;

    /// Looks, and says exactly what would be done. It is asked again right before the start: the same world must give
    /// the same digest.
    fn plan(&self, cx: &Context<'_>) -> impl Future<Output = Result<Plan<Self::State>>> + Send;

    /// Does one thing. May run twice: look first, act only if still needed. Never called for [`Plan::Records`].
    fn step(
        &self,
        _state: Self::State,
        _permit: &Permit,
        _cx: &Context<'_>,
    ) -> impl Future<Output = Result<Step<Self::State>>> + Send {
        async { Err(Error::internal(format!("stepping {}", Self::NAME), "its plan has no steps")) }
    }
}

/// A value a picker offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Choice {
    /// What stands in the argument.
    pub value: String,
    /// What people read.
    pub label: String,
}

/// Every command there is. Parsing, help, forms, manifest, documentation, policy actions and audit names derive from it.
#[rustfmt::skip]
pub const ALL: &[Entry] = &[
    Entry::query::<access::user::List>(),
    Entry::query::<access::user::Show>(),
    Entry::change::<access::user::Create>(),
    Entry::change::<access::user::Update>(),
    Entry::change::<access::user::Delete>(),
    Entry::query::<access::group::List>(),
    Entry::query::<access::group::Show>(),
    Entry::change::<access::group::Create>(),
    Entry::change::<access::group::Delete>(),
    Entry::change::<access::group::Add>(),
    Entry::change::<access::group::Remove>(),
    Entry::query::<access::permission_set::List>(),
    Entry::query::<access::permission_set::Show>(),
    Entry::query::<access::Who>(),
    Entry::query::<access::Of>(),
    Entry::query::<access::Mine>(),
    Entry::query::<access::SignOut>(),
    Entry::change::<access::Grant>(),
    Entry::change::<access::Revoke>(),
    Entry::at_once::<access::Done>(),
    Entry::change::<access::Extend>(),
    Entry::change::<access::Onboard>(),
    Entry::change::<access::Offboard>(),
    Entry::change::<access::Review>(),
    Entry::query::<access::Rows>(),
    Entry::at_once::<access::Keep>(),
    Entry::at_once::<access::Drop>(),
    Entry::query::<access::Drift>(),
    Entry::query::<rds::List>(),
    Entry::query::<rds::Show>(),
    Entry::query::<rds::Targets>(),
    Entry::query::<rds::Events>(),
    Entry::change::<rds::Upgrade>(),
    Entry::query::<ecs::Services>(),
    Entry::query::<ecs::Status>(),
    Entry::query::<ecs::Deployments>(),
    Entry::at_once::<ecs::Watch>(),
    Entry::query::<ecs::Failing>(),
    Entry::change::<ecs::Rollback>(),
    Entry::change::<ecs::Stop>(),
    Entry::change::<ecs::Continue>(),
    Entry::query::<alert::List>(),
    Entry::query::<alert::Show>(),
    Entry::query::<alert::Mine>(),
    Entry::query::<alert::Missed>(),
    Entry::at_once::<alert::Ack>(),
    Entry::at_once::<alert::Unack>(),
    Entry::at_once::<alert::Resolve>(),
    Entry::at_once::<alert::Silence>(),
    Entry::at_once::<alert::Escalate>(),
    Entry::at_once::<alert::Note>(),
    Entry::query::<oncall::Who>(),
    Entry::query::<oncall::List>(),
    Entry::at_once::<oncall::StandIn>(),
    Entry::at_once::<oncall::EndOverride>(),
    Entry::at_once::<oncall::Swap>(),
    Entry::at_once::<oncall::Accept>(),
    Entry::at_once::<oncall::Decline>(),
    Entry::query::<change::list::List>(),
    Entry::query::<change::show::Show>(),
    Entry::at_once::<change::review::Review>(),
    Entry::at_once::<change::approve::Approve>(),
    Entry::at_once::<change::reject::Reject>(),
    Entry::at_once::<change::cancel::Cancel>(),
    Entry::at_once::<change::reschedule::Reschedule>(),
    Entry::at_once::<change::sign_off::SignOff>(),
    Entry::at_once::<change::freeze::start::Start>(),
    Entry::at_once::<change::freeze::stop::Stop>(),
    Entry::query::<change::freeze::list::List>(),
    Entry::query::<audit::search::Search>(),
    Entry::query::<audit::show::Show>(),
    Entry::query::<audit::verify::Verify>(),
    Entry::query::<help::Help>(),
    Entry::query::<whoami::Whoami>(),
    Entry::query::<can::Can>(),
    Entry::at_once::<link::Link>(),
    Entry::at_once::<link::Unlink>(),
];

/// Everything the bot follows by itself.
pub const WATCHES: &[watch::Entry] = &[watch::Entry::of::<ecs::Follow>()];
