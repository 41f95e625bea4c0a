//! Recognises who is behind a chat account: asks the platform, though no more often than needed, and keeps what it learns.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use commands::records::Fact;
use commands::{Person, PersonId};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::host::{Trouble, json, read};
use crate::identity::link::{By, Link, News};
use crate::identity::vouched::BELIEVED;
use crate::identity::{Directory, Identified, Outsider, Refusal};
use crate::linking::Guesses;
use crate::platform::{Account, Names, Platform, Profile, SendError};
use crate::store::{Commit, Key, Kind, ReadError, Store, Write};

/// A platform is asked anew this much before it is no longer believed, so that what it said holds for what comes next.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);
/// How many accounts platforms are asked about at once.
const ASKED_AT_ONCE: usize = 8;
/// An acknowledgement waits for this at most; Slack and Discord allow three seconds in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many people of one line are looked up.
const MEETINGS: usize = 5;

/// Recognises people by their accounts.
pub struct Recognition {
    directory: Arc<Directory>,
    store: Arc<dyn Store>,
    profiles: Mutex<HashMap<Account, (Profile, Timestamp)>>,
    /// Held while something is learned: two accounts never become one person's at once.
    learning: tokio::sync::Mutex<()>,
    /// The codes that were guessed wrong.
    pub(crate) guesses: Guesses,
}

impl Recognition {
    /// Recognises the people of `directory`, and keeps in `store` what it learns.
    pub fn new(directory: Arc<Directory>, store: Arc<dyn Store>) -> Self {
        Self {
            directory,
            store,
            profiles: Mutex::default(),
            learning: tokio::sync::Mutex::default(),
            guesses: Guesses::default(),
        }
    }

    /// Reads what was learned before.
    ///
    /// # Errors
    /// When the store can't be read, or a record of it.
    pub async fn restore(&self) -> Result<(), Trouble> {
        let mut links = Vec::new();
        for row in self.store.newest(Kind::Link, usize::MAX).await? {
            links.push(read::<Link>(&row)?);
        }
        links.sort_by_key(|link| link.at);
        for link in links {
            self.directory.learn(News { link, replaced: Vec::new(), matched: None });
        }
        Ok(())
    }

    /// The person behind an account, or why nobody may act with it.
    ///
    /// # Errors
    /// When the platform does not answer in time, or an account can't be bound to a user of Identity Center because that
    /// can't be written.
    pub async fn recognise(
        &self,
        platform: &dyn Platform,
        account: &Account,
        now: Timestamp,
    ) -> Result<Result<Person, Outsider>, SendError> {
        let (profile, at) = self.profile(platform, account, now).await?;
        self.directory.hear(account, &profile, at);
        let mut identified = self.directory.identify(account, Some(&profile));
        if let Identified::Known(person) = &identified
            && self.directory.news(account, person, now).is_some()
        {
            let _alone = self.learning.lock().await;
            identified = self.directory.identify(account, Some(&profile));
            if let Identified::Known(person) = &identified {
                self.learn(account, person, now).await?;
            }
        }
        Ok(match identified {
            Identified::Known(person) => Ok(self.in_groups(person)),
            Identified::Unknown | Identified::Refused(Refusal::Unlisted) if profile.email.is_none() => Err(Outsider::Unvouched),
            Identified::Refused(refusal) => Err(Outsider::Refused(refusal)),
            Identified::Unknown => Err(Outsider::Unknown),
        })
    }

    /// The same person in the groups that count now: those their account gives count once it is known to be theirs.
    pub(crate) fn in_groups(&self, person: Person) -> Person {
        let groups = self.directory.person(&person.id).map(|known| known.groups);
        Person { groups: groups.unwrap_or_default(), ..person }
    }

    /// The accounts of a person whose platforms have to be asked again for the groups they gave.
    pub fn unheard(&self, person: &PersonId, now: Timestamp) -> Vec<Account> {
        self.directory.unheard(person, (BELIEVED - MARGIN, now))
    }

    /// Asks platforms anew for the groups they gave people, where what they said is no longer believed.
    ///
    /// # Errors
    /// When one does not answer: the groups it gave do not count meanwhile.
    pub async fn renew(&self, platforms: &[Arc<dyn Platform>], people: &[&PersonId], now: Timestamp) -> Result<(), SendError> {
        let accounts: BTreeSet<Account> = people.iter().flat_map(|person| self.unheard(person, now)).collect();
        let mut silent = Ok(());
        for some in accounts.into_iter().collect::<Vec<_>>().chunks(ASKED_AT_ONCE) {
            let asked = some.iter().map(|account| self.hear(platforms, account, now));
            silent = join_all(asked).await.into_iter().fold(silent, Result::and);
        }
        if let Err(error) = &silent {
            tracing::warn!(%error, "a platform does not say which groups somebody is in");
        }
        silent
    }

    async fn hear(&self, platforms: &[Arc<dyn Platform>], account: &Account, now: Timestamp) -> Result<(), SendError> {
        // Of a platform that is no longer used nothing counts, and there is nobody to ask.
        let Some(platform) = platforms.iter().find(|platform| platform.name() == account.platform) else { return Ok(()) };
        self.recognise(platform.as_ref(), account, now).await.map(drop)
    }

    /// Everybody of whom a platform vouched for groups, now or before.
    pub fn with_groups(&self) -> BTreeSet<PersonId> {
        self.directory.people_with_groups()
    }

    /// The chat accounts of a person as far as they are known, one a platform.
    pub fn accounts(&self, person: &PersonId) -> Vec<Account> {
        self.directory.accounts(person)
    }

    /// Whether an account of the person on this platform is written down: then no other one counts there.
    pub fn is_written_on(&self, platform: &str, person: &PersonId) -> bool {
        self.directory.is_written_on(platform, person)
    }

    /// Keeps everything else from being learned while it is held.
    pub(crate) async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.learning.lock().await
    }

    /// What it means that a code makes an account a person's, and what has to be written for it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn by_code(
        &self,
        account: &Account,
        person: &Person,
        now: Timestamp,
    ) -> Result<(News, Vec<Write>), Trouble> {
        let news = self.directory.linked(account, person, (By::Code, now));
        let writes = self.writes(&news).await?;
        Ok((news, writes))
    }

    /// The same person in the zone of an account that is to be theirs, where none is written down for them.
    pub(crate) fn in_zone(&self, account: &Account, person: Person) -> Person {
        let profile = self.said(account).map(|(profile, _)| profile);
        self.directory.in_zone_of(profile.as_ref(), person)
    }

    /// What an account is called on its platform, as far as that was asked.
    pub(crate) fn called(&self, account: &Account) -> String {
        self.said(account).map_or_else(|| account.id.clone(), |(profile, _)| profile.name)
    }

    /// Takes over what was committed.
    pub(crate) fn learned(&self, news: News) {
        if let Some((profile, at)) = self.said(&news.link.account) {
            let account = news.link.account.clone();
            self.directory.learn(news);
            self.directory.hear(&account, &profile, at);
        } else {
            self.directory.learn(news);
        }
    }

    /// Forgets whose an account is: what was learned of it is no longer on record.
    pub(crate) fn forget(&self, account: &Account) {
        self.directory.forget(account);
    }

    /// Puts on record whose account it is.
    async fn learn(&self, account: &Account, person: &Person, now: Timestamp) -> Result<(), SendError> {
        let Some(news) = self.directory.news(account, person, now) else { return Ok(()) };
        let committed = match self.commit_of(&news, person).await {
            Ok(commit) => self.store.commit(commit).await.map(drop).map_err(Trouble::from),
            Err(trouble) => Err(trouble),
        };
        match committed {
            Err(trouble) if news.matched.is_some() => {
                return Err(SendError::Again(format!("whose account it is can't be written down: {trouble}")));
            }
            // It is believed for now, and learned again after the next start.
            Err(trouble) => tracing::warn!(%account, %trouble, "whose account it is can't be written down"),
            Ok(()) => {}
        }
        self.directory.learn(news);
        Ok(())
    }

    async fn commit_of(&self, news: &News, person: &Person) -> Result<Commit, Trouble> {
        let link = &news.link;
        let commit = self.writes(news).await?.into_iter().fold(Commit::at(link.at), Commit::write);
        Ok(match &news.matched {
            Some(user) => commit.fact(matched(link, user, person)),
            None => commit,
        })
    }

    async fn writes(&self, news: &News) -> Result<Vec<Write>, Trouble> {
        let mut writes = vec![self.write(&news.link.account, Some(json(&news.link)?)).await?];
        for account in &news.replaced {
            writes.push(self.write(account, None).await?);
        }
        Ok(writes)
    }

    async fn write(&self, account: &Account, value: Option<serde_json::Value>) -> Result<Write, ReadError> {
        let key = Key::new(Kind::Link, account.to_string());
        let expects = self.store.get(&key).await?.map_or(0, |row| row.version);
        Ok(Write { key, expects, value, due: None })
    }

    /// The account by which a person is known on a platform.
    pub fn account(&self, platform: &str, person: &PersonId) -> Option<Account> {
        let id = self.directory.account(platform, person)?;
        Some(Account { platform: platform.to_owned(), id })
    }

    /// The account by which a person can be reached on a platform. Somebody whose account is not known yet is looked for by
    /// their e-mail address, and remembered.
    ///
    /// # Errors
    /// When the platform does not answer, or what was learned can't be written.
    pub async fn reach(&self, platform: &dyn Platform, person: &Person, now: Timestamp) -> Result<Option<Account>, SendError> {
        if let Some(account) = self.account(platform.name(), &person.id) {
            return Ok(Some(account));
        }
        let Some(email) = &person.email else { return Ok(None) };
        let found = tokio::time::timeout(PATIENCE, platform.account(email)).await;
        let found = found.map_err(|_| SendError::Again("the platform did not say in time whose address it is".to_owned()))??;
        let Some(id) = found else { return Ok(None) };
        let account = Account { platform: platform.name().to_owned(), id };
        let behind = self.recognise(platform, &account, now).await?;
        Ok(behind.ok().filter(|behind| behind.id == person.id).map(|_| account))
    }

    /// Turns mentions of accounts in a command line into people, where they are known.
    pub fn with_people(&self, line: &str) -> String {
        self.directory.with_people(line)
    }

    /// Looks up the first few accounts that a line mentions and that were not met before.
    pub async fn meet(&self, platform: &dyn Platform, line: &str, now: Timestamp) {
        let unknown: Vec<Account> = self.directory.unknown_in(platform.name(), line).into_iter().take(MEETINGS).collect();
        let asked = unknown.iter().map(|account| self.recognise(platform, account, now));
        for error in join_all(asked).await.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "somebody who was mentioned can't be looked up");
        }
    }

    /// What a platform says about an account, and when it said so.
    async fn profile(
        &self,
        platform: &dyn Platform,
        account: &Account,
        now: Timestamp,
    ) -> Result<(Profile, Timestamp), SendError> {
        if let Some((profile, at)) = self.said(account)
            && now.duration_since(at) < BELIEVED - MARGIN
        {
            return Ok((profile, at));
        }
        let asked = tokio::time::timeout(PATIENCE, platform.profile(&account.id)).await;
        let profile = asked.map_err(|_| SendError::Again("the platform did not say in time who asks".to_owned()))??;
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), (profile.clone(), now));
        Ok((profile, now))
    }

    fn said(&self, account: &Account) -> Option<(Profile, Timestamp)> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned()
    }
}

/// That an account was bound to a user of Identity Center.
fn matched(link: &Link, user: &str, person: &Person) -> Fact {
    let email = person.email.clone();
    let detail = [("user_id", Some(user.to_owned())), ("email", email)];
    Fact {
        operation: format!("link-{}", link.account.id.to_lowercase()),
        event: "matched".to_owned(),
        person: link.person.to_string(),
        account: Some(link.account.to_string()),
        resource: Some(format!("person {}", link.person)),
        detail: detail.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect(),
        ..Fact::default()
    }
}

#[cfg(test)]
mod tests;
