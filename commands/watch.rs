//! What the bot follows by itself, without being asked: deployments that anybody starts anywhere.
//!
//! A watch only reads. Each of its posts is a record that the host looks after: it is looked at when its time has come, when an
//! event says that something happened there, and after a restart, and each time it looks at the world itself. What it found
//! becomes news in the commit that keeps its new state, so that nothing is said twice. What is to be changed is asked
//! for in the bot's own name, and goes the way of every change: policy, plan, approval, audit.

use std::future::Future;
use std::marker::PhantomData;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::{Context, Resource, Settings};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::message::{Message, Text};
use crate::records::{Outcome, Signal};

/// Something the bot follows by itself.
pub trait Watch: Send + Sync + 'static {
    /// Its words, in logs and in the audit log: `ecs deployments`.
    const NAME: &'static str;

    /// What a post remembers from one look to the next.
    type State: Serialize + DeserializeOwned + Default + Send + Sync;

    /// The places it looks at, each by itself: `111122223333/eu-west-1`.
    fn posts(settings: &Settings) -> Vec<String>;

    /// The post at which an event is worth a look.
    fn concerns(event: &Event) -> Option<String>;

    /// Looks, and says what is new since `state`.
    fn look(post: &str, state: Self::State, cx: &Context<'_>) -> impl Future<Output = Result<Look<Self::State>>> + Send;
}

/// What a look found.
#[derive(Clone, Debug)]
pub struct Look<S> {
    /// What to remember.
    pub state: S,
    /// When to look again, if no event makes it sooner.
    pub next: Timestamp,
    /// What is new, in order.
    pub news: Vec<News>,
}

/// One piece of news about one thing.
#[derive(Clone, Debug)]
pub struct News {
    /// The thing: one message stands for it, wherever it is shown. Unique for its watch; at most 300 bytes.
    pub thing: String,
    /// What the thing is about, such as a service's ARN: where people follow that, its message is shown too.
    pub about: Option<String>,
    /// The project whose channel hears of it.
    pub project: Option<String>,
    /// What is new.
    pub what: What,
}

/// What is new about a thing.
#[derive(Clone, Debug)]
pub enum What {
    /// The newest content of its one message. The same content again is no news.
    Shows(Message),
    /// Nothing more will be shown of it.
    Ends,
    /// Something that belongs into the audit log although nobody did it here.
    Notes {
        /// What happened, in a word: `gate_timed_out`.
        event: &'static str,
        /// To what.
        resource: Box<Resource>,
        /// How it came out, in a word.
        outcome: Option<String>,
        /// The rest, by name.
        detail: Vec<(&'static str, Value)>,
    },
    /// Something is wrong, or right again: an alert like one of any other source, raised by the bot itself.
    Raises(Box<Signal>),
    /// Asks for a change in the bot's own name, for people to decide on. What keeps it from being asked for is told in the
    /// thread of the thing's message.
    Asks {
        /// The command.
        command: &'static str,
        /// Its arguments as JSON.
        args: Value,
        /// Why.
        reason: String,
    },
    /// The change that holds a resource was decided by the world: it ends if nobody's approval has started it.
    Settles {
        /// The id of the resource it holds.
        resource: String,
        /// How it ended.
        outcome: Outcome,
        /// The last word.
        said: Text,
    },
}

/// A watch, its type erased.
#[derive(Clone, Copy)]
pub struct Entry(&'static dyn Erased);

impl Entry {
    /// The entry of a watch.
    pub const fn of<W: Watch>() -> Self {
        Self(&Of::<W>(PhantomData))
    }

    /// Its words.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// See [`Watch::posts`].
    pub fn posts(&self, settings: &Settings) -> Vec<String> {
        self.0.posts(settings)
    }

    /// See [`Watch::concerns`].
    pub fn concerns(&self, event: &Event) -> Option<String> {
        self.0.concerns(event)
    }

    /// See [`Watch::look`]; a state of null is that of a post nobody has looked from yet.
    pub async fn look(&self, post: &str, state: Value, cx: &Context<'_>) -> Result<Look<Value>> {
        self.0.look(post, state, cx).await
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
    fn posts(&self, settings: &Settings) -> Vec<String>;
    fn concerns(&self, event: &Event) -> Option<String>;
    async fn look(&self, post: &str, state: Value, cx: &Context<'_>) -> Result<Look<Value>>;
}

struct Of<W>(PhantomData<fn() -> W>);

#[async_trait]
impl<W: Watch> Erased for Of<W> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn posts(&self, settings: &Settings) -> Vec<String> {
        W::posts(settings)
    }

    fn concerns(&self, event: &Event) -> Option<String> {
        W::concerns(event)
    }

    async fn look(&self, post: &str, state: Value, cx: &Context<'_>) -> Result<Look<Value>> {
        let doing = |what: &str| format!("{what} the state of {}", W::NAME);
        let state = match state {
            Value::Null => W::State::default(),
            kept => serde_json::from_value(kept).map_err(|cause| Error::internal(doing("reading"), cause))?,
        };
        let Look { state, next, news } = W::look(post, state, cx).await?;
        let state = serde_json::to_value(&state).map_err(|cause| Error::internal(doing("keeping"), cause))?;
        Ok(Look { state, next, news })
    }
}
