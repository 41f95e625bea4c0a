//! Looks after what the bot follows by itself: each post of a watch is a record that is looked at when it is due, and what
//! is new is committed together with what the post remembers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use commands::context::MYSELF;
use commands::events::Event;
use commands::message::Block;
use commands::records::{Fact, Place, Signal, Status};
use commands::registry::Options;
use commands::watch::{Entry, Look, News, What};
use commands::{Error, Message, Person, PersonId, Text, text};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::activity::InFlight;
use crate::alerts::inbox;
use crate::case::Case;
use crate::change::Happening;
use crate::dispatch::{Open, Tells, operation};
use crate::fitting;
use crate::host::{Above, Asking, Draft, Host, Trouble, json, read};
use crate::looking;
use crate::outbox::Saying;
use crate::platform::{Account, Target};
use crate::records::Ledger;
use crate::store::{Key, Kind, Row, Write};

/// No look takes longer.
const LONGEST: Duration = Duration::from_secs(120);
/// How long is waited for events that come together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(2);
/// Things that a post remembers having shown.
const RECENT: usize = 10;
/// Places where somebody wants to be shown things, the newest; a record has its limits.
const PLACES: usize = 20;
/// How long the next thing is waited for where somebody wants to be shown it.
const FOLLOWS: SignedDuration = SignedDuration::from_hours(24);
/// When it is tried again to take up what is followed.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause after looks that failed.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// A post as the store keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Post {
    /// The watch's words.
    watch: String,
    /// Where it looks.
    post: String,
    /// What it remembers; null before the first look.
    state: Value,
    /// Looks that failed in a row.
    tries: u32,
    /// Where else things are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<Also>,
    /// What was shown first of late, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recent: Vec<Recent>,
}

/// Something that was shown for the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Recent {
    /// What it is.
    thing: String,
    /// Whose.
    project: String,
    /// When it was first shown.
    at: Timestamp,
    /// How its message is headed now.
    title: String,
}

/// A place where somebody asked to be shown what becomes of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Also {
    /// What the thing is about.
    about: String,
    /// The platform's name.
    platform: String,
    /// The channel's id.
    channel: String,
    /// The message whose thread it was asked in.
    thread: Option<String>,
    /// Who wants to be shown it, with their account: they are shown it alone where the bot can't post.
    account: String,
    /// The thing that is shown; none until there is one.
    thing: Option<String>,
    /// When nothing is waited for any longer.
    until: Timestamp,
}

/// The slot of the one message that stands for a thing on a platform.
pub fn slot(platform: &str, watch: &str, thing: &str) -> String {
    format!("watch/{platform}/{watch}/{thing}")
}

fn key(watch: &str, post: &str) -> Key {
    Key::new(Kind::Watch, format!("{watch}/{post}"))
}

/// Takes up what the settings ask for, and looks after it for ever. `awake` is held until it is taken up.
pub async fn look_after(host: Arc<Host>, awake: InFlight) {
    while let Err(trouble) = take_up(&host).await {
        tracing::error!(%trouble, "taking up what is followed");
        host.clock.sleep_until(host.clock.now() + AGAIN).await;
    }
    let loops = looking::look_after(Arc::clone(&host), (Kind::Watch, 0), |bells| &bells.watches, look);
    drop(awake);
    loops.await;
}

/// Puts every post on record that the settings ask for, to be looked at now, and takes those off that they no longer do.
async fn take_up(host: &Host) -> Result<(), Trouble> {
    let now = host.clock.now();
    let posts = host.watches.iter().flat_map(|watch| {
        let posts = watch.posts(&host.settings);
        posts.into_iter().map(|post| Post {
            watch: watch.name().to_owned(),
            post,
            state: Value::Null,
            tries: 0,
            also: Vec::new(),
            recent: Vec::new(),
        })
    });
    let wanted: Vec<Post> = posts.collect();
    let mut draft = Draft::at(now);
    for post in &wanted {
        let key = key(&post.watch, &post.post);
        match host.store.get(&key).await? {
            Some(_) => host.store.wake(&key, now).await,
            None => draft = draft.write(Write { key, expects: 0, value: Some(json(post)?), due: Some(now) }),
        }
    }
    for row in host.store.pending(Kind::Watch).await? {
        if !wanted.iter().any(|post| key(&post.watch, &post.post) == row.key) {
            draft = draft.write(Write { key: row.key, expects: row.version, value: None, due: None });
        }
    }
    host.commit(draft).await?;
    host.bells.watches.ring();
    Ok(())
}

/// An event of AWS came: whatever watch it concerns looks soon.
pub async fn hear(host: &Host, event: &Event) {
    for watch in host.watches {
        let Some(post) = watch.concerns(event) else { continue };
        if let Err(trouble) = nudge(host, watch.name(), &post).await {
            // It is looked at at its time all the same.
            tracing::error!(%trouble, watch = watch.name(), post, "making a watch look");
        }
    }
}

/// Something happened at a post: it is looked at soon, once for all that comes together. After looks that failed the pause
/// holds.
///
/// # Errors
/// When the store can't be read.
pub async fn nudge(host: &Host, watch: &str, post: &str) -> Result<(), Trouble> {
    let key = key(watch, post);
    let Some(row) = host.store.get(&key).await? else { return Ok(()) };
    if read::<Post>(&row)?.tries == 0 {
        host.store.wake(&key, host.clock.now() + TOGETHER).await;
        host.bells.watches.ring();
    }
    Ok(())
}

/// Looks from one post.
pub async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let post: Post = read(&row)?;
    let Some(watch) = host.watches.iter().find(|watch| watch.name() == post.watch).copied() else {
        let gone = Write { key: row.key, expects: row.version, value: None, due: None };
        host.commit(Draft::at(host.clock.now()).write(gone)).await?;
        return Ok(());
    };
    let looked = looked(&host, watch, &post).await;
    let now = host.clock.now();
    let Look { state, next, news } = match looked {
        Ok(look) => look,
        Err(error) => {
            let cause = match error {
                Error::Shown(words) => words.plain(),
                Error::Outside { cause, .. } => cause,
                Error::Internal { doing, cause } => format!("{doing}: {cause}"),
            };
            tracing::warn!(watch = watch.name(), post = post.post, cause, tries = post.tries, "a look failed");
            host.metrics.aws_in_the_way(watch.name());
            let pause = SignedDuration::from_secs(15 << post.tries.min(5)).min(LONGEST_PAUSE);
            let tried = Post { tries: post.tries.saturating_add(1), ..post };
            let write = Write { key: row.key, expects: row.version, value: Some(json(&tried)?), due: Some(now + pause) };
            host.commit(Draft::at(now).write(write)).await?;
            return Ok(());
        }
    };
    if news.is_empty() && state == post.state && post.tries == 0 {
        host.store.put_off(&row.key, next).await;
        return Ok(());
    }
    let mut also = post.also.clone();
    also.retain(|also| also.thing.is_some() || now < also.until);
    let mut telling = Telling { host: &host, watch, version: row.version, asked: 0, also, recent: post.recent.clone() };
    let raised = news.iter().filter_map(|news| match &news.what {
        What::Raises(signal) => Some(signal.as_ref()),
        _ => None,
    });
    let raised: Vec<&Signal> = raised.collect();
    // Before what was seen is remembered, so that it is never lost: the same signal again changes nothing.
    inbox::keep(&host, &raised).await?;
    let mut draft = Draft::at(now);
    for news in news {
        draft = telling.add(draft, news).await?;
    }
    let seen = Post { state, tries: 0, also: telling.also, recent: telling.recent, ..post };
    let write = Write { key: row.key, expects: row.version, value: Some(json(&seen)?), due: Some(next) };
    host.commit(draft.write(write)).await?;
    host.bells.changes.ring();
    host.bells.asked.ring();
    Ok(())
}

async fn looked(host: &Arc<Host>, watch: Entry, post: &Post) -> commands::Result<Look<Value>> {
    let myself = Person::myself();
    let ledger = Ledger(Arc::clone(&host.store));
    let asking = Asking { person: &myself, operation: watch.name(), action: watch.name(), reason: None, starts: None, told: &[] };
    let cx = host.context(&asking, &ledger);
    let work = AssertUnwindSafe(watch.look(&post.post, post.state.clone(), &cx)).catch_unwind();
    let doing = || format!("looking at {} from {}", watch.name(), post.post);
    match tokio::time::timeout(LONGEST, work).await {
        Ok(Ok(looked)) => looked,
        Ok(Err(panic)) => Err(Error::internal(doing(), crate::panics::words(&*panic))),
        Err(_) => Err(Error::internal(doing(), "it took too long")),
    }
}

/// What a look found, on its way into one commit.
struct Telling<'h> {
    host: &'h Arc<Host>,
    watch: Entry,
    version: u64,
    asked: usize,
    also: Vec<Also>,
    recent: Vec<Recent>,
}

impl Telling<'_> {
    async fn add(&mut self, draft: Draft, news: News) -> Result<Draft, Trouble> {
        let News { thing, about, project, what } = news;
        let channel = self.host.rules.channels.of(project.as_deref()).to_owned();
        Ok(match what {
            What::Shows(message) => {
                self.remember(&thing, project.as_deref(), &message);
                let draft = self.show(draft, &thing, &channel, &message).await?;
                self.show_elsewhere(draft, (&thing, about.as_deref()), &message).await?
            }
            What::Ends => {
                self.also.retain(|also| also.thing.as_ref() != Some(&thing));
                draft
            }
            What::Notes { event, resource, outcome, detail } => draft.fact(Fact {
                operation: self.watch.name().to_owned(),
                event: event.to_owned(),
                person: MYSELF.to_owned(),
                resource: Some(resource.to_string()),
                project,
                outcome,
                detail: detail.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                ..Fact::default()
            }),
            What::Asks { command, args, reason } => {
                self.asked += 1;
                let open = self.open((command, args), reason, &channel, &thing);
                let fact = asked(&open, self.watch, project);
                let at = Key::new(Kind::Asked, open.operation.as_str());
                draft.write(Write { key: at, expects: 0, value: Some(json(&open)?), due: Some(open.at) }).fact(fact)
            }
            What::Raises(_) => draft,
            What::Settles { resource, outcome, said } => self.settle(draft, &resource, (outcome, said)).await?,
        })
    }

    /// Keeps what was shown of late, for alerts of the same project.
    fn remember(&mut self, thing: &str, project: Option<&str>, message: &Message) {
        let (Some(project), Some(Block::Header(title))) = (project, message.blocks.first()) else { return };
        match self.recent.iter_mut().find(|recent| recent.thing == thing) {
            Some(known) => known.title.clone_from(title),
            None => {
                let at = self.host.clock.now();
                self.recent.push(Recent { thing: thing.to_owned(), project: project.to_owned(), at, title: title.clone() });
                self.recent.drain(..self.recent.len().saturating_sub(RECENT));
            }
        }
    }

    /// The newest content of a thing's message on every platform, where it differs from what stands there.
    async fn show(&self, mut draft: Draft, thing: &str, channel: &str, message: &Message) -> Result<Draft, Trouble> {
        for platform in &self.host.platforms {
            let slot = slot(platform.name(), self.watch.name(), thing);
            draft = shown(self.host, draft, slot, Saying::card(platform.name(), channel, message.clone())).await?;
        }
        Ok(draft)
    }

    /// The same where people asked for it, unless that is where it is shown anyway.
    async fn show_elsewhere(
        &mut self,
        mut draft: Draft,
        (thing, about): (&str, Option<&str>),
        message: &Message,
    ) -> Result<Draft, Trouble> {
        let watch = self.watch.name();
        for mut also in std::mem::take(&mut self.also) {
            let meant = about == Some(also.about.as_str()) && also.thing.as_deref().is_none_or(|shown| shown == thing);
            let Above::At(own) = self.host.above(&slot(&also.platform, watch, thing)).await? else {
                self.also.push(also);
                continue;
            };
            if meant && own.channel == also.channel {
                continue;
            }
            if meant {
                also.thing = Some(thing.to_owned());
                let target = Target::Channel { channel: also.channel.clone(), thread: also.thread.clone() };
                let instead = Some(Target::Direct { account: also.account.clone() });
                let card = Saying::card(&also.platform, &also.channel, message.clone());
                let slot = format!("{}/in/{}", slot(&also.platform, watch, thing), also.channel);
                draft = shown(self.host, draft, slot, Saying { target, instead, ..card }).await?;
            }
            self.also.push(also);
        }
        Ok(draft)
    }

    /// What the bot asks for by itself. Its change lives on the first platform; so do its cards.
    fn open(&self, (command, args): (&str, Value), reason: String, channel: &str, thing: &str) -> Open {
        let platform = self.host.platforms.first().map(|platform| platform.name().to_owned()).unwrap_or_default();
        let now = self.host.clock.now();
        let once = format!("{} {thing} {} {}", self.watch.name(), self.version, self.asked);
        Open {
            operation: operation(&once),
            command: command.to_owned(),
            args,
            options: Options { reason: Some(reason), ..Options::default() },
            person: PersonId(MYSELF.to_owned()),
            account: Account { platform: platform.clone(), id: MYSELF.to_owned() },
            reply: Target::Channel { channel: channel.to_owned(), thread: None },
            under: Some(slot(&platform, self.watch.name(), thing)),
            tells: Tells::WhatWasNotDone,
            place: Place { platform, channel: channel.to_owned(), thread: None },
            at: now,
        }
    }

    /// Ends the change that holds a resource, unless its first step was taken: that one looks for itself.
    async fn settle(
        &self,
        draft: Draft,
        resource: &str,
        (outcome, said): (commands::records::Outcome, Text),
    ) -> Result<Draft, Trouble> {
        let Some(holder) = self.host.holder(resource).await? else { return Ok(draft) };
        let Some((record, version)) = self.host.change(holder).await? else { return Ok(draft) };
        match record.status {
            Status::AwaitingApproval { .. } | Status::Scheduled { .. } => {
                let mut case = Case::new(self.host, record, version);
                case.happen(Happening::Ended { outcome, said, calls: Vec::new() })?;
                let due: Option<Timestamp> = crate::glass::next_reminder(&case.record);
                Ok(draft.and(case.draft(due)?))
            }
            Status::Running { .. } | Status::Ended { .. } => Ok(draft),
        }
    }
}

/// The newest content of a message, where it differs from what stands there.
pub(crate) async fn shown(host: &Host, draft: Draft, slot: String, saying: Saying) -> Result<Draft, Trouble> {
    let stands = host.store.get(&Key::new(Kind::Message, slot.as_str())).await?;
    let stands = stands.as_ref().map(read::<Saying>).transpose()?;
    let differs = stands.is_none_or(|stands| stands.message != fitting::message(saying.message.clone()));
    Ok(if differs { draft.say(slot, saying) } else { draft })
}

/// Shows in `place` too what becomes of something a post sees: what is about it now, or else the next such thing. None where
/// there is no such post.
///
/// # Errors
/// When the store can't be read.
pub async fn follow(
    host: &Host,
    draft: Draft,
    (watch, at): (&str, &str),
    about: &str,
    (place, account): (&Place, &Account),
) -> Result<Option<Draft>, Trouble> {
    let now = host.clock.now();
    let key = key(watch, at);
    let Some(row) = host.store.get(&key).await? else { return Ok(None) };
    let mut post: Post = read(&row)?;
    let (platform, channel, thread) = (place.platform.clone(), place.channel.clone(), place.thread.clone());
    post.also.retain(|also| also.about != about || also.channel != channel);
    post.also.drain(..post.also.len().saturating_sub(PLACES - 1));
    let (about, account) = (about.to_owned(), account.id.clone());
    post.also.push(Also { about, platform, channel, thread, account, thing: None, until: now + FOLLOWS });
    Ok(Some(draft.write(Write { key, expects: row.version, value: Some(json(&post)?), due: Some(now) })))
}

/// What was shown first of a project since then, in words, with its time.
///
/// # Errors
/// When the store can't be read.
pub async fn lately(host: &Host, project: &str, since: Timestamp) -> Result<Vec<(Timestamp, Text)>, Trouble> {
    let mut found = Vec::new();
    for row in host.store.pending(Kind::Watch).await? {
        let post: Post = read(&row)?;
        let recent = post.recent.into_iter().filter(|recent| recent.project == project && recent.at >= since);
        found.extend(recent.map(|recent| (recent.at, text![recent.title, ", ", recent.at])));
    }
    Ok(found)
}

/// The fact that the bot asked for something by itself.
fn asked(open: &Open, watch: Entry, project: Option<String>) -> Fact {
    let mut fact = Fact {
        operation: open.operation.clone(),
        event: "asked".to_owned(),
        person: MYSELF.to_owned(),
        place: Some(format!("{}:{}", open.place.platform, open.place.channel)),
        action: Some(open.command.clone()),
        project,
        ..Fact::default()
    };
    fact.detail.insert("args".to_owned(), open.args.clone());
    fact.detail.insert("watch".to_owned(), watch.name().into());
    fact.detail.insert("reason".to_owned(), open.options.reason.clone().into());
    fact
}
