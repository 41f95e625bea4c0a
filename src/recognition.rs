//! Recognises who is behind a chat account: asks the platform, though no more often than needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use commands::{Person, PersonId};
use jiff::{SignedDuration, Timestamp};

use crate::identity::{Directory, Identified, Outsider};
use crate::platform::{Account, Names, Platform, Profile, SendError};

/// How long what a platform said about an account is believed: a deactivated person loses their rights within it.
const BELIEVED: SignedDuration = SignedDuration::from_mins(5);
/// An acknowledgement waits for this at most; Slack and Discord allow three seconds in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many people of one line are looked up.
const MEETINGS: usize = 5;

/// Recognises people by their accounts.
#[derive(Debug)]
pub struct Recognition {
    directory: Arc<Directory>,
    profiles: Mutex<HashMap<Account, (Profile, Timestamp)>>,
}

impl Recognition {
    /// Recognises the people of `directory`.
    pub fn new(directory: Arc<Directory>) -> Self {
        Self { directory, profiles: Mutex::default() }
    }

    /// The person behind an account, or why nobody may act with it.
    ///
    /// # Errors
    /// When the platform does not answer in time.
    pub async fn recognise(
        &self,
        platform: &dyn Platform,
        account: &Account,
        now: Timestamp,
    ) -> Result<Result<Person, Outsider>, SendError> {
        let profile = self.profile(platform, account, now).await?;
        Ok(match self.directory.identify(account, Some(&profile)) {
            Identified::Known(person) => {
                self.directory.learn(account, &person);
                Ok(person)
            }
            Identified::Refused(refusal) => Err(Outsider::Refused(refusal)),
            Identified::Unknown => Err(Outsider::Unknown),
        })
    }

    /// The account by which a person is known on a platform.
    pub fn account(&self, platform: &str, person: &PersonId) -> Option<Account> {
        let id = self.directory.account(platform, person)?;
        Some(Account { platform: platform.to_owned(), id })
    }

    /// Turns mentions of accounts in a command line into people, where they are known.
    pub fn with_people(&self, line: &str) -> String {
        self.directory.with_people(line)
    }

    /// Looks up the first few accounts that a line mentions and that were not met before.
    pub async fn meet(&self, platform: &dyn Platform, line: &str, now: Timestamp) {
        let unknown: Vec<Account> = self.directory.unknown_in(platform.name(), line).into_iter().take(MEETINGS).collect();
        let asked = unknown.iter().map(|account| self.recognise(platform, account, now));
        for error in futures_util::future::join_all(asked).await.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "somebody who was mentioned can't be looked up");
        }
    }

    async fn profile(&self, platform: &dyn Platform, account: &Account, now: Timestamp) -> Result<Profile, SendError> {
        let known = self.profiles.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        if let Some((profile, at)) = known
            && now.duration_since(at) < BELIEVED
        {
            return Ok(profile);
        }
        let asked = tokio::time::timeout(PATIENCE, platform.profile(&account.id)).await;
        let profile = asked.map_err(|_| SendError::Again("the platform did not say in time who asks".to_owned()))??;
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), (profile.clone(), now));
        Ok(profile)
    }
}
