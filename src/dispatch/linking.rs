//! A code typed with an account that nobody knows: it becomes the account of whoever the code was made for.

use commands::Command as _;
use commands::link::{Link, OneTimeCode};
use commands::message::{Text, bold, code};
use commands::records::Fact;
use commands::{Person, text};

use super::{Dispatch, From, Heard, operation, unrecorded};
use crate::host::{Draft, TRIES, Trouble, contested, read};
use crate::identity::link::News;
use crate::linking::{self, Made, Told};
use crate::outbox::Saying;
use crate::store::{CommitError, Key, Kind, Row, Write};

/// A link that only has to be committed; otherwise why there is none.
type Linked = Result<(Draft, News), Refused>;

/// Why a code links nothing.
enum Refused {
    /// It is wrong, used or late: whoever guesses learns nothing from which.
    Wrong,
    /// It is right, and still may not.
    Not(Text),
}

impl Dispatch {
    /// Takes a code from an account. One commit spends it, binds the account and tells whoever is concerned.
    pub(super) async fn redeem(&self, from: &From<'_>, given: &OneTimeCode) -> Heard {
        let host = &self.0;
        // One after the other: so nobody guesses many at once, and no two accounts become one person's.
        let _alone = host.people.alone().await;
        let now = host.clock.now();
        if let Some(until) = host.people.guesses.exhausted(from.account, now) {
            let why = text!["Too many codes were wrong, so I look at no other one before ", until, ". Nothing was changed."];
            return self.refuse(from, None, "link", why).await;
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let (draft, news) = match self.linked(from, given).await {
                Ok(Ok(linked)) => linked,
                Ok(Err(Refused::Wrong)) => {
                    host.people.guesses.wrong(from.account, now);
                    return self.refuse(from, None, "link", wrong()).await;
                }
                Ok(Err(Refused::Not(why))) => return self.refuse(from, None, "link", why).await,
                Err(trouble) => return Heard::Answered(host.broke("linking this account", "Nothing was changed.", &trouble)),
            };
            match host.commit(draft).await {
                Ok(_) => {
                    host.metrics.command(Link::NAME, "answered");
                    host.people.learned(news);
                    return Heard::Recorded;
                }
                Err(CommitError::Duplicate) => return Heard::Recorded,
                Err(CommitError::Conflict(_)) if tries < TRIES => {}
                Err(CommitError::Conflict(key)) => return Heard::Answered(unrecorded(host, &contested(&key))),
                Err(error) => return Heard::Answered(unrecorded(host, &error)),
            }
        }
    }

    async fn linked(&self, from: &From<'_>, given: &OneTimeCode) -> Result<Linked, Trouble> {
        let host = &self.0;
        let Some(row) = host.store.get(&Key::new(Kind::Code, given.digest())).await? else { return Ok(Err(Refused::Wrong)) };
        let made: Made = read(&row)?;
        let person = host.authority.person(&made.person).filter(|_| host.clock.now() < made.until);
        let Some(person) = person else { return Ok(Err(Refused::Wrong)) };
        if host.people.is_written_on(&from.account.platform, &person.id) {
            return Ok(Err(Refused::Not(text![
                "Another account here is written down for ",
                bold(person.name.as_str()),
                " in ",
                code("people.toml"),
                ", so no code links this one. Ask whoever looks after Watchkeeper to write this one down instead."
            ])));
        }
        self.bound(from, &row, (&made, &person)).await.map(Ok)
    }

    /// The commit that makes the account the person's.
    async fn bound(&self, from: &From<'_>, row: &Row, (made, person): (&Made, &Person)) -> Result<(Draft, News), Trouble> {
        let host = &self.0;
        let (account, operation) = (from.account, operation(from.once));
        let person = &host.people.in_zone(account, person.clone());
        let (news, writes) = host.people.by_code(account, person, host.clock.now()).await?;
        let mut fact = Fact {
            action: Some(Link::NAME.to_owned()),
            resource: Some(format!("person {}", person.id)),
            ..self.fact(from, &person.id.0, &operation, "linked")
        };
        fact.detail.insert("by".to_owned(), made.by.0.as_str().into());
        if let Some(user) = &news.link.user {
            fact.detail.insert("user_id".to_owned(), user.as_str().into());
        }
        let replaced: Vec<String> = news.replaced.iter().map(ToString::to_string).collect();
        if !replaced.is_empty() {
            fact.detail.insert("replaced".to_owned(), replaced.into());
        }
        let spent = Write { key: row.key.clone(), expects: row.version, value: None, due: None };
        let said = text![
            "🔗 This account is yours now: you are ",
            bold(person.name.as_str()),
            " (",
            code(format!("@{}", person.id)),
            "). ",
            code("whoami"),
            " says what I know of you, ",
            code("unlink"),
            " gives the account up."
        ];
        let draft = writes.into_iter().fold(self.saying(from, said.into()).write(spent).fact(fact), Draft::write);
        let name = host.people.called(account);
        let told = Told { made, person, account, name: &name };
        let (slot, message) = (format!("linked/{operation}"), told.linked());
        let others: Vec<_> = host.people.accounts(&person.id).into_iter().filter(|other| other != account).collect();
        let (leaving, staying): (Vec<_>, Vec<_>) = others.into_iter().partition(|other| news.replaced.contains(other));
        let draft = linking::tell(draft, &staying, (&slot, &message));
        let mut draft = linking::tell(draft, &leaving, (&slot, &told.replaces()));
        if made.is_by_another() {
            let channel = &host.rules.channels.security;
            draft = draft.say(slot, Saying::card(&from.place.platform, channel, message));
        }
        Ok((draft, news))
    }
}

/// One sentence for every code that links nothing.
fn wrong() -> Text {
    let how = text!["That code links nothing: it is wrong, was used, or is too old. Nothing was changed. Say "];
    how.then(text![code("link"), " where I know you: it gives you a new one, good for 15 minutes."])
}
