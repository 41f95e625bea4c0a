//! The only way in: identify, parse, decide, record. Answers come from `answer.rs`, once the asking is durable.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use commands::context::Decision;
use commands::link::{OneTimeCode, veiled};
use commands::message::{Message, Text, code};
use commands::records::{Fact, Place};
use commands::registry::{self, Asked, EMERGENCY, Entry, Fault, Options};
use commands::{Choice, Person, PersonId, Resource, text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::host::{Asking, Draft, Host, Trouble, UNHEARD, json};
use crate::identity::Outsider;
use crate::outbox::Saying;
use crate::platform::{
    ACKNOWLEDGE, Account, Ack, Asks, Carry, Event, Inbound, Invocation, MessageRef, Submission, Target, Typing,
};
use crate::policy;
use crate::records::Ledger;
use crate::store::{self, CommitError, Key, Write};
use crate::{alerts, posted, waiting};

mod linking;

/// A picker is filled within this, finding out who types included: what comes after the acknowledgement is lost.
const TYPING: Duration = Duration::from_millis(1500);
const _: () = assert!(TYPING.as_millis() < ACKNOWLEDGE.as_millis());

/// A command line's letters, at most: Slack sends four times as many, and an audit entry has to hold them.
const LONGEST: usize = 10_000;

/// A command that was asked and is not answered yet, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// The operation's id.
    pub operation: String,
    /// The command's name.
    pub command: String,
    /// Its arguments.
    pub args: Value,
    /// The options every command of its kind has.
    pub options: Options,
    /// Who asked.
    pub person: PersonId,
    /// With which account.
    pub account: Account,
    /// Where.
    pub place: Place,
    /// Where the answer goes.
    pub reply: Target,
    /// The slot of the message in whose thread the answer belongs, where the bot asked by itself: it is told only what was
    /// not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// What they are told.
    #[serde(default)]
    pub tells: Tells,
    /// When.
    pub at: Timestamp,
}

/// What whoever asked is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tells {
    /// The answer, whatever it is.
    #[default]
    Everything,
    /// Only what was not done: what was can be seen where they asked, as under a card with an emoji.
    WhatWasNotDone,
}

/// Takes what comes in.
pub struct Dispatch(pub Arc<Host>);

/// What became of an asking, before the platform's way to say it.
enum Heard {
    Recorded,
    Answered(Message),
    Wrong(Vec<(String, Text)>),
    Asking(Box<Asks>),
}

impl Heard {
    fn ack(self) -> Ack {
        match self {
            Self::Recorded => Ack::Received,
            Self::Answered(message) => Ack::Say(message),
            Self::Wrong(fields) => Ack::Mend(fields),
            Self::Asking(asks) => Ack::Form(asks),
        }
    }
}

/// Somebody for whom nothing is done.
enum Stranger {
    /// Nobody is known behind their account, or nobody who counts.
    Outsider(Outsider),
    /// Who they are can't be asked; the sentence that says so.
    Unasked(&'static str),
}

impl Stranger {
    fn sentence(&self) -> Text {
        match self {
            Self::Outsider(outsider) => outsider.sentence().into(),
            Self::Unasked(why) => (*why).into(),
        }
    }

    fn may_link(&self) -> bool {
        matches!(self, Self::Outsider(outsider) if outsider.may_link())
    }
}

/// Where something was asked, and how it can be answered.
struct From<'a> {
    once: &'a str,
    account: &'a Account,
    place: &'a Place,
    reply: &'a Target,
    ticket: Option<&'a str>,
}

#[async_trait]
impl Inbound for Dispatch {
    async fn receive(&self, event: Event) -> Ack {
        let _in_flight = self.0.activity.begin();
        match event {
            Event::Asked(invocation) => self.asked(invocation).await,
            Event::Submitted(submission) => self.submitted(submission).await,
            Event::Typing(typing) => {
                let choices = tokio::time::timeout(TYPING, self.choices(typing)).await;
                Ack::Choices(choices.unwrap_or_default())
            }
            Event::Nudged(at) => {
                if let Err(trouble) = self.nudged(&at).await {
                    // What waits under it is looked at at its time all the same.
                    tracing::error!(%trouble, "looking for the message under which something happened");
                }
                Ack::Received
            }
        }
    }
}

impl Dispatch {
    /// Something happened under a message: what it stands for is looked at.
    async fn nudged(&self, at: &MessageRef) -> Result<(), Trouble> {
        if let Some(slot) = posted::slot(&self.0, at).await? {
            waiting::nudge(&self.0, &slot).await?;
            alerts::nudge(&self.0, &slot).await?;
        }
        Ok(())
    }

    async fn asked(&self, asked: Invocation) -> Ack {
        let from = From {
            once: &asked.once,
            account: &asked.account,
            place: &asked.place,
            reply: &asked.reply,
            ticket: asked.ticket.as_deref(),
        };
        let person = match self.identify(&from).await {
            Ok(person) => person,
            Err(stranger) => {
                let given = stranger.may_link().then(|| OneTimeCode::given_in(&asked.line)).flatten();
                let heard = match given {
                    Some(code) => self.redeem(&from, &code).await,
                    None => self.refuse(&from, None, &asked.line, stranger.sentence()).await,
                };
                return heard.ack();
            }
        };
        if let Some(why) = too_long(&asked.line) {
            return self.refuse(&from, Some(&person), &asked.line, why).await.ack();
        }
        if let Some(platform) = self.0.platform(&asked.account.platform) {
            self.0.people.meet(platform.as_ref(), &asked.line, self.0.clock.now()).await;
        }
        let line = self.0.people.with_people(&asked.line);
        let heard = match registry::parse(self.0.commands, &line) {
            Err(Fault::Help(about)) => match registry::parse(self.0.commands, format!("help {about}").trim()) {
                Ok(help) => self.record(&from, &person, help).await,
                Err(fault) => self.fault(&from, &person, &line, fault).await,
            },
            Ok(asked) => self.record(&from, &person, asked).await,
            Err(fault) => self.fault(&from, &person, &line, fault).await,
        };
        heard.ack()
    }

    async fn submitted(&self, form: Submission) -> Ack {
        let Carry { command, place, reply } = &form.carry;
        let from = From { once: &form.once, account: &form.account, place, reply, ticket: None };
        let heard = match (self.identify(&from).await, self.0.command(command)) {
            (Err(stranger), _) => self.refuse(&from, None, command, stranger.sentence()).await,
            (Ok(person), Some(entry)) => {
                let words = self.with_people(registry::argv(entry, &form.given));
                match (too_long(&words.join(" ")), registry::arguments(entry, &words)) {
                    (Some(why), _) => self.refuse(&from, Some(&person), command, why).await,
                    (None, Ok(asked)) => self.record(&from, &person, asked).await,
                    (None, Err(fault)) => mend(entry, fault),
                }
            }
            (Ok(_), None) => Heard::Answered("I no longer have that command. Nothing was done.".into()),
        };
        match heard {
            Heard::Answered(message) => {
                let saying = Saying::once(&from.account.platform, from.reply.clone(), message.clone());
                match self.0.commit(Draft::at(self.0.clock.now()).say(format!("form/{}", form.once), saying)).await {
                    Ok(_) => Ack::Received,
                    Err(_) => Ack::Say(message),
                }
            }
            heard => heard.ack(),
        }
    }

    fn with_people(&self, words: Vec<String>) -> Vec<String> {
        words.into_iter().map(|word| self.0.people.with_people(&word)).collect()
    }

    /// Who asks, with the groups that count now.
    async fn identify(&self, from: &From<'_>) -> Result<Person, Stranger> {
        let host = &self.0;
        let Some(platform) = host.platform(&from.account.platform) else {
            return Err(Stranger::Unasked("I am not connected to where you ask from. Nothing was done."));
        };
        match host.people.recognise(platform.as_ref(), from.account, host.clock.now()).await {
            Ok(Ok(person)) => {
                // What a platform does not say does not count; a denial says so.
                let _ = host.renew(&[&person.id]).await;
                Ok(host.people.in_groups(person))
            }
            Ok(Err(outsider)) => Err(Stranger::Outsider(outsider)),
            Err(error) => {
                tracing::warn!(account = %from.account, %error, "a person can't be looked up");
                Err(Stranger::Unasked("I can't look up who you are right now, so I did nothing. Try again in a minute."))
            }
        }
    }

    /// Decides, and records the asking. Nothing runs unless that is durable.
    async fn record(&self, from: &From<'_>, person: &Person, asked: Asked) -> Heard {
        let host = &self.0;
        let now = host.clock.now();
        let entry = asked.entry;
        let resource = match entry.resource(&asked.args) {
            Ok(resource) => resource,
            Err(error) => {
                host.metrics.command(entry.name(), "broke");
                return Heard::Answered(host.broke(&format!("reading {}", entry.name()), "Nothing was done.", &error));
            }
        };
        let operation = operation(from.once);
        let mut fact = self.fact(from, &person.id.0, &operation, "asked");
        fact.action = Some(entry.name().to_owned());
        fact.resource = Some(resource.to_string());
        fact.detail.insert("args".to_owned(), asked.args.clone());
        if let Some(reason) = &asked.options.reason {
            fact.detail.insert("reason".to_owned(), reason.as_str().into());
        }
        if asked.options.emergency {
            fact.detail.insert(EMERGENCY.to_owned(), true.into());
        }
        match host.authority.possible(person, entry.name(), &resource) {
            Decision::Denied { rule, why } => {
                fact.event = "denied".to_owned();
                fact.outcome = Some("denied".to_owned());
                fact.detail.insert("rule".to_owned(), rule.into());
                let unheard = if host.is_unheard(&person.id) { UNHEARD } else { "" };
                let draft = self.saying(from, denied(entry.name(), None, &format!("{why}{unheard}"))).fact(fact);
                match self.commit(draft).await {
                    Ok(heard) => {
                        host.metrics.command(entry.name(), "denied");
                        heard
                    }
                    Err(heard) => heard,
                }
            }
            Decision::Allowed { rule, .. } => {
                fact.detail.insert("rule".to_owned(), rule.into());
                let open = Open {
                    operation: operation.clone(),
                    command: entry.name().to_owned(),
                    args: asked.args,
                    options: asked.options,
                    person: person.id.clone(),
                    account: from.account.clone(),
                    place: from.place.clone(),
                    reply: from.reply.clone(),
                    under: None,
                    tells: Tells::Everything,
                    at: now,
                };
                let value = match json(&open) {
                    Ok(value) => value,
                    Err(trouble) => {
                        host.metrics.command(entry.name(), "broke");
                        return Heard::Answered(host.broke("recording what you asked", "Nothing was done.", &trouble));
                    }
                };
                let key = Key::new(store::Kind::Asked, operation);
                let write = Write { key, expects: 0, value: Some(value), due: Some(now) };
                match self.commit(Draft::at(now).once(from.once).write(write).fact(fact)).await {
                    Ok(heard) => {
                        host.bells.asked.ring();
                        heard
                    }
                    Err(heard) => heard,
                }
            }
        }
    }

    /// Commits; `Err` holds what to say when that was not possible or not needed.
    async fn commit(&self, draft: Draft) -> Result<Heard, Heard> {
        match self.0.commit(draft).await {
            Ok(_) => Ok(Heard::Recorded),
            Err(CommitError::Duplicate) => Err(Heard::Recorded),
            Err(error) => Err(Heard::Answered(unrecorded(&self.0, &error))),
        }
    }

    async fn fault(&self, from: &From<'_>, person: &Person, line: &str, fault: Fault) -> Heard {
        match fault {
            Fault::Missing { entry, given, missing } => self.form(from, person, (entry, given, missing)).await,
            Fault::Wrong { why, .. } => self.refuse(from, Some(person), line, why).await,
            Fault::Help(_) => self.refuse(from, Some(person), line, "I have no help for that.".into()).await,
        }
    }

    /// Opens the form of a command whose arguments are missing, unless the asker may not run it anyway.
    async fn form(
        &self,
        from: &From<'_>,
        person: &Person,
        (entry, given, missing): (Entry, Map<String, Value>, Vec<String>),
    ) -> Heard {
        let resource = Resource::default();
        if let Decision::Denied { why, .. } = self.0.authority.possible(person, entry.name(), &resource) {
            let why = text!["You may not run ", code(entry.name()), ". ", why];
            return self.refuse(from, Some(person), entry.name(), why).await;
        }
        let usage = || {
            let clap = entry.clap();
            let named = clap.get_arguments().filter(|arg| missing.iter().any(|name| arg.get_id() == name));
            let told = named.enumerate().fold(text![code(entry.name()), " still needs "], |told, (at, arg)| {
                told.then(if at == 0 { "" } else { " and " }).then(text![code(registry::usage_of(arg))])
            });
            told.then(text![". ", code(format!("help {}", entry.name())), " shows how it goes."])
        };
        let Some(ticket) = from.ticket else {
            return self.refuse(from, Some(person), entry.name(), usage()).await;
        };
        // A redelivery finds its ticket spent: the form is open already.
        if let Err(heard) = self.commit(Draft::at(self.0.clock.now()).once(from.once)).await {
            return heard;
        }
        Heard::Asking(Box::new(Asks {
            ticket: ticket.to_owned(),
            form: entry.form(&given),
            carry: Carry { command: entry.name().to_owned(), place: from.place.clone(), reply: from.reply.clone() },
            instead: text!["The form did not open. "].then(usage()).into(),
            in_flight: self.0.activity.begin(),
        }))
    }

    /// A commit, good for one delivery, with an answer: the platform's own acknowledgement may be gone by then, or carry no
    /// words.
    fn saying(&self, from: &From<'_>, message: Message) -> Draft {
        let saying = Saying::once(&from.account.platform, from.reply.clone(), message);
        Draft::at(self.0.clock.now()).once(from.once).say(format!("answer/{}", operation(from.once)), saying)
    }

    /// Records that something was refused, and says why.
    async fn refuse(&self, from: &From<'_>, person: Option<&Person>, line: &str, why: Text) -> Heard {
        let mut fact = self.fact(from, person.map_or("", |person| person.id.0.as_str()), &operation(from.once), "refused");
        fact.outcome = Some("refused".to_owned());
        fact.detail.insert("line".to_owned(), veiled(line).chars().take(500).collect::<String>().into());
        fact.detail.insert("why".to_owned(), why.plain().into());
        match self.commit(self.saying(from, why.into()).fact(fact)).await {
            Ok(heard) => {
                self.0.metrics.command("none", "refused");
                heard
            }
            Err(heard) => heard,
        }
    }

    fn fact(&self, from: &From<'_>, person: &str, operation: &str, event: &str) -> Fact {
        Fact {
            operation: operation.to_owned(),
            event: event.to_owned(),
            person: person.to_owned(),
            account: Some(from.account.to_string()),
            place: Some(format!("{}:{}", from.place.platform, from.place.channel)),
            ..Fact::default()
        }
    }

    async fn choices(&self, typing: Typing) -> Vec<Choice> {
        let host = &self.0;
        let Some(entry) = host.command(&typing.command) else { return Vec::new() };
        let Some(platform) = host.platform(&typing.account.platform) else { return Vec::new() };
        let person = match host.people.recognise(platform.as_ref(), &typing.account, host.clock.now()).await {
            Ok(Ok(person)) => {
                let _ = host.renew(&[&person.id]).await;
                host.people.in_groups(person)
            }
            Ok(Err(_)) | Err(_) => return Vec::new(),
        };
        if let Decision::Denied { .. } = host.authority.possible(&person, entry.name(), &Resource::default()) {
            return Vec::new();
        }
        let ledger = Ledger(Arc::clone(&host.store));
        let asking =
            Asking { person: &person, operation: "suggest", action: entry.name(), reason: None, starts: None, told: &[] };
        let cx = host.context(&asking, &ledger);
        let given = Value::Object(typing.given);
        entry.suggest(&typing.arg, &typing.typed, &given, &cx).await
    }
}

/// The sentence for a commit that was not possible: nothing may happen without a record.
fn unrecorded(host: &Host, error: &CommitError) -> Message {
    tracing::error!(%error, "the audit log can't be written");
    host.metrics.command("none", "broke");
    "I can't write to my audit log, so I did nothing. Please tell whoever runs me; I work again as soon as I can write.".into()
}

/// The sentence for what the policy denies, with where that is when it is known.
pub fn denied(action: &str, on: Option<&Resource>, why: &str) -> Message {
    let on = on.map(|resource| format!(" on the {}", policy::whereabouts(resource))).unwrap_or_default();
    text!["You may not run ", code(action), on, ". ", why].into()
}

/// The sentence for more words than are read: all of them go on record.
fn too_long(line: &str) -> Option<Text> {
    let letters = line.chars().count();
    (letters > LONGEST).then(|| {
        format!("That has {letters} letters, and I read {LONGEST} at most. Nothing was done. Say it in fewer.").as_str().into()
    })
}

/// The id of an operation, the same for every delivery of the same asking.
pub fn operation(once: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, once.as_bytes());
    let hex = commands::plan::hex(digest.as_ref());
    format!("op-{}", hex.get(..10).unwrap_or(&hex))
}

/// What is wrong with a form, field by field.
fn mend(entry: Entry, fault: Fault) -> Heard {
    let first = || entry.form(&Map::new()).fields.first().map(|field| field.id.clone()).unwrap_or_default();
    Heard::Wrong(match fault {
        Fault::Missing { missing, .. } => missing.into_iter().map(|arg| (arg, "This is needed.".into())).collect(),
        Fault::Wrong { why, arg } => vec![(arg.unwrap_or_else(first), why)],
        Fault::Help(_) => vec![(first(), "That is not a value.".into())],
    })
}
