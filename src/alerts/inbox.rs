//! Takes what sources say: everything that waits is put on record in one commit, and only then is a source answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use commands::PersonId;
use commands::context::MYSELF;
use commands::events::Event;
use commands::records::{AlertId, AlertRecord, Condition, Severity, Signal};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::early::{self, Compartment};
use super::storm::Channel;
use super::{Matter, fingerprint, routing, storm, ways};
use crate::activity::{Activity, InFlight};
use crate::alert::{self, Happening};
use crate::host::{Draft, Host, TRIES, Trouble, json, read};
use crate::sources::{Inbox, Refused};
use crate::store::{CommitError, Key, Kind, Write};
use crate::watching;

/// Signals in one commit.
const AT_ONCE: usize = 100;
/// Batches that wait; who comes after them waits at the door.
const WAITING: usize = 1_000;

/// Where signals come in.
#[derive(Debug)]
pub struct Door {
    inside: mpsc::Sender<Coming>,
    activity: Activity,
}

/// What comes in.
#[derive(Debug)]
enum Coming {
    Signals(Batch),
    Event(Box<Event>, InFlight),
}

#[derive(Debug)]
struct Batch {
    signals: Vec<Signal>,
    kept: oneshot::Sender<Result<(), Refused>>,
    at_work: InFlight,
}

/// What waits behind a [`Door`], to be given to [`run`].
#[derive(Debug)]
pub struct Waiting(mpsc::Receiver<Coming>);

impl Door {
    /// A door, and what waits behind it.
    pub fn new(activity: Activity) -> (Self, Waiting) {
        let (inside, waiting) = mpsc::channel(WAITING);
        (Self { inside, activity }, Waiting(waiting))
    }
}

#[async_trait]
impl Inbox for Door {
    async fn take(&self, signals: Vec<Signal>) -> Result<(), Refused> {
        if signals.is_empty() {
            return Ok(());
        }
        let (kept, outcome) = oneshot::channel();
        let stopping = || Refused("The bot is stopping; try again in a minute.".to_owned());
        let batch = Batch { signals, kept, at_work: self.activity.begin() };
        self.inside.send(Coming::Signals(batch)).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }

    async fn hear(&self, event: Event) {
        // When the bot stops nobody looks any more; its next start looks everywhere.
        let _ = self.inside.send(Coming::Event(Box::new(event), self.activity.begin())).await;
    }
}

/// Keeps what comes to an inbox, all that waits together, until nobody can come any more.
pub async fn run(host: Arc<Host>, mut waiting: Waiting) {
    let mut next = None;
    while let Some(first) = match next.take() {
        Some(coming) => Some(coming),
        None => waiting.0.recv().await,
    } {
        let mut together = match first {
            Coming::Signals(batch) => vec![batch],
            Coming::Event(event, at_work) => {
                watching::hear(&host, &event).await;
                drop(at_work);
                continue;
            }
        };
        let mut count: usize = together.iter().map(|batch| batch.signals.len()).sum();
        while count < AT_ONCE
            && let Ok(coming) = waiting.0.try_recv()
        {
            match coming {
                Coming::Signals(batch) if count + batch.signals.len() <= AT_ONCE => {
                    count += batch.signals.len();
                    together.push(batch);
                }
                other => {
                    next = Some(other);
                    break;
                }
            }
        }
        let signals: Vec<&Signal> = together.iter().flat_map(|batch| &batch.signals).collect();
        let mut outcome = Ok(());
        for some in signals.chunks(AT_ONCE) {
            outcome = keep(&host, some).await.map_err(|trouble| {
                tracing::error!(%trouble, "keeping alerts");
                Refused("The alerts can't be kept right now; try again in a minute.".to_owned())
            });
            if outcome.is_err() {
                break;
            }
        }
        for Batch { kept, at_work, .. } in together {
            // Whoever sent it may have hung up.
            let _ = kept.send(outcome.clone());
            drop(at_work);
        }
    }
}

/// Puts signals on record. The same ones again change nothing.
///
/// # Errors
/// When the store can't be read or refuses them.
pub async fn keep(host: &Arc<Host>, signals: &[&Signal]) -> Result<(), Trouble> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (draft, late) = Taking::new(host).all(signals).await?;
        match host.commit(draft).await {
            Err(CommitError::Conflict(_)) if tries < TRIES => {}
            Err(CommitError::TooLarge(why)) => match signals {
                // One that is too large keeps out no other; it could not be kept at any later try either.
                [one] => {
                    tracing::error!(
                        why,
                        source = one.source,
                        fingerprint = one.fingerprint,
                        "an alert is larger than what is kept"
                    );
                    return Ok(());
                }
                many => {
                    for one in many {
                        Box::pin(keep(host, &[*one])).await?;
                    }
                    return Ok(());
                }
            },
            Err(error) => return Err(error.into()),
            Ok(_) => {
                late.iter().for_each(|source| host.metrics.late(source));
                host.bells.alerts.ring();
                host.bells.asked.ring();
                host.bells.hooks.ring();
                return Ok(());
            }
        }
    }
}

/// Words that came before their beginnings, as they stand in the store at a version and as they will be.
#[derive(Debug, Default)]
struct Early {
    words: Compartment,
    version: u64,
    has_news: bool,
}

/// Signals on their way into one commit.
pub struct Taking<'h> {
    host: &'h Arc<Host>,
    matters: BTreeMap<AlertId, Matter<'h>>,
    known: HashMap<String, Option<AlertId>>,
    channels: BTreeMap<String, (Channel, u64)>,
    early: BTreeMap<Key, Early>,
    counter: Option<(u64, u64)>,
    begun: u64,
    writes: Vec<Write>,
    late: Vec<String>,
}

impl<'h> Taking<'h> {
    fn new(host: &'h Arc<Host>) -> Self {
        Self {
            host,
            matters: BTreeMap::new(),
            known: HashMap::new(),
            channels: BTreeMap::new(),
            early: BTreeMap::new(),
            counter: None,
            begun: 0,
            writes: Vec::new(),
            late: Vec::new(),
        }
    }

    /// What signals change, and the sources of those that came late.
    async fn all(mut self, signals: &[&Signal]) -> Result<(Draft, Vec<String>), Trouble> {
        // The worst things first, so that they have the cards there is room for; what is said of one thing stays in order.
        let mut worst: HashMap<(&str, &str), Severity> = HashMap::new();
        for signal in signals {
            let known = worst.entry((&signal.source, &signal.fingerprint)).or_insert(signal.severity);
            *known = signal.severity.min(*known);
        }
        let mut signals = signals.to_vec();
        signals.sort_by_key(|signal| worst.get(&(signal.source.as_str(), signal.fingerprint.as_str())).copied());
        for signal in signals {
            self.one(signal.clone()).await?;
        }
        let mut draft = Draft::at(self.host.clock.now());
        for (channel, (state, version)) in std::mem::take(&mut self.channels) {
            let key = Key::new(Kind::Storm, channel);
            draft = draft.write(Write { key, expects: version, value: Some(json(&state)?), due: None });
        }
        for (key, Early { words, version, .. }) in self.early.into_iter().filter(|(_, early)| early.has_news) {
            draft = draft.write(Write { key, expects: version, value: Some(json(&words)?), due: None });
        }
        if let Some((last, version)) = self.counter
            && self.begun > 0
        {
            let key = Key::new(Kind::Counter, "alert");
            draft = draft.write(Write { key, expects: version, value: Some(json(&last)?), due: None });
        }
        for write in self.writes {
            draft = draft.write(write);
        }
        for (_, matter) in self.matters {
            if !matter.is_quiet() {
                draft = draft.and(matter.draft().await?);
            }
        }
        Ok((draft, self.late))
    }

    async fn one(&mut self, signal: Signal) -> Result<(), Trouble> {
        let known = self.standing_for(&signal).await?;
        let myself = PersonId(MYSELF.to_owned());
        match (known, signal.condition) {
            // What was never wrong here need not be told to be right, unless that it was wrong is still on its way.
            (None, Condition::Resolved) => self.keep_early(&signal).await,
            (None, Condition::Firing) => self.open(signal).await,
            (Some(id), condition) => {
                let host = self.host;
                let Some(matter) = self.matter(id).await? else { return Ok(()) };
                if alert::is_late(&matter.record, &signal) {
                    tracing::debug!(alert = %id, source = signal.source, ?condition, "a word that comes late changes nothing");
                    self.late.push(signal.source);
                    return Ok(());
                }
                let again = matter.record.condition == Condition::Resolved && condition == Condition::Firing;
                let before = matter.record.signal.severity;
                let happening = match condition {
                    Condition::Firing => {
                        let policy = road(host, &signal).policy;
                        Happening::Fired(Box::new(signal), policy)
                    }
                    Condition::Resolved => Happening::Cleared { as_of: signal.as_of },
                };
                matter.must(happening, &myself)?;
                let (storm, channel) = (matter.record.storm, matter.record.channel.clone());
                let worse = matter.record.is_open() && matter.record.signal.severity < before;
                if let Some(storm) = storm.filter(|_| again)
                    && self.channel(&channel).await?.storm != Some(AlertId(storm))
                    && let Some(matter) = self.matter(id).await?
                {
                    release(matter);
                } else if let Some(storm) = storm.filter(|_| worse) {
                    self.worsen(id, AlertId(storm)).await?;
                }
                Ok(())
            }
        }
    }

    /// An alert of a storm is worse than it was: a critical one has a card of its own as far as there is room, any other makes
    /// the storm as bad.
    async fn worsen(&mut self, id: AlertId, storm: AlertId) -> Result<(), Trouble> {
        let host = self.host;
        let Some(signal) = self.matter(id).await?.map(|matter| matter.record.signal.clone()) else { return Ok(()) };
        let road = road(host, &signal);
        let room = (host.settings.alerting.storm, host.clock.now());
        let own = signal.severity == Severity::Critical && self.channel(&road.channel).await?.takes(signal.severity, room);
        match self.matter(storm).await?.filter(|storm| storm.record.is_open() && !own) {
            Some(storm) => storm::rise(storm, signal.severity, road.policy),
            None => {
                if let Some(matter) = self.matter(id).await? {
                    release(matter);
                }
            }
        }
        Ok(())
    }

    async fn early(&mut self, of: &Key) -> Result<&mut Early, Trouble> {
        let key = early::compartment(of);
        if !self.early.contains_key(&key) {
            let known = match self.host.store.get(&key).await? {
                Some(row) => Early { words: read(&row)?, version: row.version, has_news: false },
                None => Early::default(),
            };
            self.early.insert(key.clone(), known);
        }
        Ok(self.early.entry(key).or_default())
    }

    async fn keep_early(&mut self, signal: &Signal) -> Result<(), Trouble> {
        let Some(as_of) = signal.as_of else { return Ok(()) };
        let (of, now) = (fingerprint(&signal.source, &signal.fingerprint), self.host.clock.now());
        let early = self.early(&of).await?;
        early.has_news |= early.words.keep(&of, as_of, now);
        Ok(())
    }

    /// As of when its source has said that a thing is right again, where this word that it is wrong is from before that.
    async fn over(&mut self, signal: &Signal) -> Result<Option<Timestamp>, Trouble> {
        let Some(told) = signal.as_of else { return Ok(None) };
        let (of, now) = (fingerprint(&signal.source, &signal.fingerprint), self.host.clock.now());
        Ok(self.early(&of).await?.words.right_as_of(&of, now).filter(|right| told < *right))
    }

    /// The alert that stands for what a source calls one thing.
    async fn standing_for(&mut self, signal: &Signal) -> Result<Option<AlertId>, Trouble> {
        let key = fingerprint(&signal.source, &signal.fingerprint);
        if let Some(known) = self.known.get(&key.id) {
            return Ok(*known);
        }
        let row = self.host.store.get(&key).await?;
        let known = row.as_ref().map(read::<u64>).transpose()?.map(AlertId);
        self.known.insert(key.id, known);
        Ok(known)
    }

    async fn matter(&mut self, id: AlertId) -> Result<Option<&mut Matter<'h>>, Trouble> {
        if !self.matters.contains_key(&id) {
            let Some(row) = self.host.store.get(&Key::numbered(Kind::Alert, id.0)).await? else { return Ok(None) };
            self.matters.insert(id, Matter::new(self.host, read::<AlertRecord>(&row)?, row.version));
        }
        Ok(self.matters.get_mut(&id))
    }

    async fn number(&mut self) -> Result<AlertId, Trouble> {
        let (last, version) = match self.counter {
            Some(counter) => counter,
            None => match self.host.store.get(&Key::new(Kind::Counter, "alert")).await? {
                Some(row) => (read(&row)?, row.version),
                None => (0, 0),
            },
        };
        self.counter = Some((last + 1, version));
        self.begun += 1;
        Ok(AlertId(last + 1))
    }

    async fn channel(&mut self, name: &str) -> Result<&mut Channel, Trouble> {
        if !self.channels.contains_key(name) {
            let row = self.host.store.get(&Key::new(Kind::Storm, name)).await?;
            let known = match &row {
                Some(row) => (read(row)?, row.version),
                None => (Channel::default(), 0),
            };
            self.channels.insert(name.to_owned(), known);
        }
        Ok(&mut self.channels.entry(name.to_owned()).or_default().0)
    }

    /// A thing that was not wrong before: a card of its own, or its place in the storm of its channel. One that is right again
    /// by now is on record all the same, and calls nobody.
    async fn open(&mut self, signal: Signal) -> Result<(), Trouble> {
        let host = self.host;
        let now = host.clock.now();
        let over = self.over(&signal).await?;
        let road = road(host, &signal);
        let (limit, severity, name) = (host.settings.alerting.storm, signal.severity, road.channel.clone());
        let key = fingerprint(&signal.source, &signal.fingerprint);
        let id = self.number().await?;
        let (mut record, fact) = alert::open(id, signal, road.clone(), (ways(host), now));
        let own = self.channel(&name).await?.takes(severity, (limit, now));
        if !own {
            let road = alert::Road { policy: road.policy.filter(|_| over.is_none()), ..road };
            let policy = road.policy.clone();
            let standing = match self.channel(&name).await?.storm {
                // One that somebody ended stands for nothing any more.
                Some(storm) => self.matter(storm).await?.filter(|matter| matter.record.is_open()).map(|_| storm),
                None => None,
            };
            let storm = match standing {
                Some(storm) => storm,
                None => self.begin_storm(road).await?,
            };
            record.storm = Some(storm.0);
            record.escalation = None;
            // So many sources are not asked at once whether what they said is still so.
            record.at_source.next = None;
            let title = record.signal.title.clone();
            if let Some(matter) = self.matter(storm).await? {
                match over {
                    None => storm::add(matter, (id, &title, severity), policy),
                    Some(_) => storm::add_over(matter, id),
                }
            }
        }
        self.known.insert(key.id.clone(), Some(id));
        self.writes.push(Write { key, expects: 0, value: Some(json(&id.0)?), due: None });
        let mut matter = Matter::opened(host, record, fact);
        if over.is_some() {
            tracing::debug!(alert = %id, "the word that it is right again came first");
            self.late.push(matter.record.signal.source.clone());
            matter.must(Happening::Cleared { as_of: over }, &PersonId(MYSELF.to_owned()))?;
        }
        self.matters.insert(id, matter);
        Ok(())
    }

    /// The alert that stands for all that have no card of their own in a channel from now on.
    async fn begin_storm(&mut self, road: alert::Road) -> Result<AlertId, Trouble> {
        let host = self.host;
        let now = host.clock.now();
        let id = self.number().await?;
        let signal = storm::signal(&road.channel, id, now);
        let key = fingerprint(&signal.source, &signal.fingerprint);
        self.channel(&road.channel).await?.storm = Some(id);
        let (mut record, fact) = alert::open(id, signal, road, (ways(host), now));
        record.gathers = Some(commands::records::Gathered { last: Some(now), ..commands::records::Gathered::default() });
        self.writes.push(Write { key, expects: 0, value: Some(json(&id.0)?), due: None });
        self.matters.insert(id, Matter::opened(host, record, fact));
        Ok(id)
    }
}

/// Where a signal goes now.
pub(super) fn road(host: &Host, signal: &Signal) -> alert::Road {
    let source = host.rules.sources.iter().find(|source| source.name == signal.source);
    let project = source.and_then(|source| source.project.as_deref());
    routing::road(signal, project, (&host.settings, &host.rules.channels))
}

/// An alert that came in a storm has a card and an escalation of its own from here on.
pub fn release(matter: &mut Matter<'_>) {
    if matter.record.storm.take().is_some() {
        let now = matter.host.clock.now();
        let policy = road(matter.host, &matter.record.signal).policy;
        alert::route(&mut matter.record, policy, (ways(matter.host), now));
    }
}
