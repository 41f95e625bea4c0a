//! Role sessions: opened once for a person and an operation, and the only way a call gets to AWS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::types::Tag;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OnceCell, Semaphore};

use super::fault::{Deed, Fault, Kind};
use super::{Aws, Caller};
use crate::context::Account;
use crate::error::{Error, Result};
use crate::message::code;
use crate::plan::{MadeCall, Permit};
use crate::text;

/// How long a session lasts, the shortest AWS gives.
const LASTS: SignedDuration = SignedDuration::from_mins(15);
/// How long before its end it is given up.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// The longest a call takes that AWS may hold for twenty seconds.
const HOLDS_THE_LINE: Duration = Duration::from_secs(30);
/// Calls at once in one account and region.
const AT_ONCE: usize = 4;

/// What one session is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    role: String,
    person: String,
    operation: String,
}

struct Held {
    until: Timestamp,
    credentials: Arc<OnceCell<Credentials>>,
}

/// The sessions that are open, and how many calls each account and region takes at once.
#[derive(Default)]
pub(super) struct Sessions {
    held: Mutex<HashMap<Key, Held>>,
    gates: Mutex<HashMap<(String, String), Arc<Semaphore>>>,
}

impl Sessions {
    /// The place for the credentials of a session, empty where it has not been opened or is about to end.
    fn slot(&self, key: &Key, now: Timestamp) -> Arc<OnceCell<Credentials>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, session| now < session.until && session.until <= now.saturating_add(LASTS).unwrap_or(Timestamp::MAX));
        let until = now.saturating_add(LASTS - MARGIN).unwrap_or(Timestamp::MAX);
        let fresh = || Held { until, credentials: Arc::default() };
        Arc::clone(&held.entry(key.clone()).or_insert_with(fresh).credentials)
    }

    fn forget(&self, key: &Key) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn gate(&self, account: &str, region: &str) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account.to_owned(), region.to_owned());
        Arc::clone(gates.entry(place).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
    }
}

/// Where a session works: one capability's role in one account, in one region.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The capability, such as `rds`; it picks the role.
    pub capability: &'a str,
    /// The account.
    pub account: &'a Account,
    /// The region.
    pub region: &'a str,
}

/// An open role session in one region.
#[derive(Clone)]
pub struct Session {
    aws: Aws,
    key: Key,
    gate: Arc<Semaphore>,
    account: String,
    config: SdkConfig,
}

impl Aws {
    /// Opens the session of `caller` in `place`, or takes the one already open.
    ///
    /// # Errors
    /// One to show when no role is configured; what AWS said when it does not let the bot assume it.
    pub async fn session(&self, caller: &Caller, place: Place<'_>) -> Result<Session> {
        let Some(role) = place.account.roles.get(place.capability) else {
            return Err(Error::shown(text![
                "No role for ",
                code(place.capability),
                " is configured for the account ",
                code(&*place.account.name),
                ". Whoever runs me adds it there, under ",
                code("roles"),
                "."
            ]));
        };
        let key = Key { role: role.clone(), person: session_name(&caller.person), operation: tag_value(&caller.operation) };
        let slot = self.0.sessions.slot(&key, caller.now);
        let credentials = slot.get_or_try_init(|| self.assume(&key)).await.map_err(|fault| {
            let doing = format!("opening a session in {}", place.account.name);
            fault.of(&place.account.name, &key.operation).error(&doing)
        })?;
        let config = self
            .0
            .base
            .to_builder()
            .region(Region::new(place.region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Ok(Session {
            aws: self.clone(),
            gate: self.0.sessions.gate(&place.account.id, place.region),
            account: place.account.name.clone(),
            config,
            key,
        })
    }

    async fn assume(&self, key: &Key) -> std::result::Result<Credentials, Fault> {
        let tag = |name: &str, value: &str| Tag::builder().key(name).value(value).build().ok();
        let assumed = aws_sdk_sts::Client::new(&reading(&self.0.base))
            .assume_role()
            .role_arn(&key.role)
            .role_session_name(&key.person)
            .duration_seconds(i32::try_from(LASTS.as_secs()).unwrap_or(i32::MAX))
            .set_tags(Some(
                [tag("watchkeeper:operation", &key.operation), tag("watchkeeper:person", &tag_value(&key.person))]
                    .into_iter()
                    .flatten()
                    .collect(),
            ))
            .send()
            .await
            .map_err(|error| Fault::new("sts:AssumeRole", Deed::Read, &error).role(&key.role))?;
        let given = assumed.credentials.ok_or_else(|| Fault::unreadable("sts:AssumeRole", "no credentials in the answer"))?;
        // No expiry: the SDK would judge it by the machine's clock, and `Sessions` judges it by ours.
        let token = Some(given.session_token);
        Ok(Credentials::new(given.access_key_id, given.secret_access_key, token, None, "assumed role"))
    }
}

impl Session {
    /// What to make an SDK client of that only reads: it tries three times.
    pub fn reading(&self) -> SdkConfig {
        reading(&self.config)
    }

    /// What to make an SDK client of that writes: it tries once, since a write that got no answer may have acted.
    pub fn writing(&self) -> SdkConfig {
        self.config.to_builder().retry_config(RetryConfig::standard().with_max_attempts(1)).build()
    }

    /// What to make an SDK client of that reads once, and waits while AWS holds the line.
    pub fn patient(&self) -> SdkConfig {
        let whole = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).operation_timeout(HOLDS_THE_LINE).build();
        self.writing().to_builder().timeout_config(whole).build()
    }

    /// Lets a call through that reads; `api` is its name, such as `rds:DescribeDBInstances`.
    ///
    /// # Errors
    /// What AWS, or the way to it, said.
    pub async fn read<T, E>(
        &self,
        api: &'static str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, Response>>>,
    ) -> std::result::Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let answer = self.through(call).await;
        answer.map_err(|error| self.fault(Fault::new(api, Deed::Read, &error)))
    }

    /// Like [`Session::read`], beside the calls that share the account's turns: for a call that AWS may hold, and those that
    /// belong to it.
    ///
    /// # Errors
    /// What AWS, or the way to it, said.
    pub async fn read_alone<T, E>(
        &self,
        api: &'static str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, Response>>>,
    ) -> std::result::Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        call.await.map_err(|error| self.fault(Fault::new(api, Deed::Read, &error)))
    }

    /// Lets a call through that writes, and keeps in `permit` what AWS answered.
    ///
    /// # Errors
    /// What AWS, or the way to it, said. [`Kind::Unreachable`] leaves open whether AWS acted.
    pub async fn write<T, E>(
        &self,
        permit: &Permit,
        api: &'static str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, Response>>>,
    ) -> std::result::Result<T, Fault>
    where
        T: RequestId,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let answer = self.through(call).await;
        match answer {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                permit.made(MadeCall { api: api.to_owned(), request_id, answer: "ok".to_owned() });
                Ok(answer)
            }
            Err(error) => {
                let fault = self.fault(Fault::new(api, Deed::Write, &error));
                let answer = fault.code.clone().unwrap_or_else(|| "no answer".to_owned());
                permit.made(MadeCall { api: api.to_owned(), request_id: fault.request_id.clone(), answer });
                Err(fault)
            }
        }
    }

    async fn through<T>(&self, call: impl Future<Output = T>) -> T {
        // The semaphore is never closed; were it, the call would still go through.
        let _turn = self.gate.acquire().await.ok();
        call.await
    }

    fn fault(&self, fault: Fault) -> Fault {
        if fault.kind == Kind::Expired {
            self.aws.0.sessions.forget(&self.key);
        }
        fault.role(&self.key.role).of(&self.account, &self.key.operation)
    }
}

fn reading(config: &SdkConfig) -> SdkConfig {
    let retry = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(200));
    config.to_builder().retry_config(retry).build()
}

/// A person's id as AWS takes it for a session's name: 2 to 64 of letters, digits and `_+=,.@-`.
fn session_name(person: &str) -> String {
    let mut name: String = person.chars().map(|letter| if allowed(letter) { letter } else { '-' }).take(64).collect();
    while name.len() < 2 {
        name.push('_');
    }
    name
}

fn allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter)
}

/// A value as AWS takes it for a session tag: at most 256 of letters, digits, blanks and `_.:/=+-@`.
fn tag_value(value: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || " _.:/=+-@".contains(letter);
    value.chars().map(|letter| if fits(letter) { letter } else { '-' }).take(256).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_as_aws_allows() {
        assert_eq!(session_name("ana"), "ana");
        assert_eq!(session_name("josé maria"), "jos--maria");
        assert_eq!(session_name("x"), "x_");
        assert_eq!(session_name(&"a".repeat(80)).len(), 64);
        assert_eq!(tag_value("CHG-1042"), "CHG-1042");
        assert_eq!(tag_value("a,b"), "a-b");
    }

    #[test]
    fn a_session_is_kept_until_a_minute_before_its_end() {
        let sessions = Sessions::default();
        let key = Key { role: "r".to_owned(), person: "ana".to_owned(), operation: "op-1".to_owned() };
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let first = sessions.slot(&key, start);
        assert!(Arc::ptr_eq(&first, &sessions.slot(&key, start + SignedDuration::from_secs(839))));
        assert!(!Arc::ptr_eq(&first, &sessions.slot(&key, start + SignedDuration::from_secs(840))));
        let other = Key { operation: "op-2".to_owned(), ..key };
        assert!(!Arc::ptr_eq(&first, &sessions.slot(&other, start)));
    }
}
