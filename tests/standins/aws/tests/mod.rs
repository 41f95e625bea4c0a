//! The stand-in as the real Rust SDK sees it.

mod assignments;
mod directory;
mod faults;
mod identity;
mod portal;
mod reads;
mod upgrades;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_rds::config::retry::RetryConfig;
use aws_sdk_rds::config::{BehaviorVersion, Region};
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;

use super::{Aws, BASE_ACCESS_KEY, DEFAULT_REGION};

type Checked = Result<(), Box<dyn std::error::Error>>;

/// A Sunday evening: the maintenance windows of the night are still to come.
const EVENING: &str = "2026-11-22T20:00:00Z";

async fn evening() -> Aws {
    Aws::start(time(EVENING)).await
}

fn time(text: &str) -> Timestamp {
    match text.parse() {
        Ok(time) => time,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn http() -> aws_sdk_rds::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

/// STS as the bot's own user.
fn sts(aws: &Aws) -> aws_sdk_sts::Client {
    sts_as(aws, Credentials::new(BASE_ACCESS_KEY, "any", None, None, "test"))
}

fn sts_as(aws: &Aws, credentials: Credentials) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(DEFAULT_REGION))
        .endpoint_url(aws.url())
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(http())
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

/// What the clients of a session have in common: no retries.
fn config(aws: &Aws, credentials: Credentials) -> aws_types::SdkConfig {
    aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(DEFAULT_REGION))
        .endpoint_url(aws.url())
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(http())
        .build()
}

/// A session of a role in [`super::DEFAULT_ACCOUNT`], named `ana` and tagged with an operation.
async fn assume(aws: &Aws, role: &str) -> Result<Credentials, Box<dyn std::error::Error>> {
    assume_in(aws, super::DEFAULT_ACCOUNT, role).await
}

async fn assume_in(aws: &Aws, account: &str, role: &str) -> Result<Credentials, Box<dyn std::error::Error>> {
    let operation = aws_sdk_sts::types::Tag::builder().key("operation").value("CHG-7").build()?;
    let assumed = sts(aws)
        .assume_role()
        .role_arn(format!("arn:aws:iam::{account}:role/{role}"))
        .role_session_name("ana")
        .tags(operation)
        .send()
        .await?;
    let session = assumed.credentials().ok_or("no credentials")?;
    Ok(Credentials::new(
        session.access_key_id(),
        session.secret_access_key(),
        Some(session.session_token().to_owned()),
        None,
        "test",
    ))
}

fn rds_as(aws: &Aws, credentials: Credentials, retry: RetryConfig) -> aws_sdk_rds::Client {
    let config = aws_sdk_rds::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(DEFAULT_REGION))
        .endpoint_url(aws.url())
        .credentials_provider(credentials)
        .retry_config(retry)
        .http_client(http())
        .build();
    aws_sdk_rds::Client::from_conf(config)
}

/// RDS through a session of the role `watchkeeper-rds`, without retries.
async fn rds(aws: &Aws) -> Result<aws_sdk_rds::Client, Box<dyn std::error::Error>> {
    let session = assume(aws, "watchkeeper-rds").await?;
    Ok(rds_as(aws, session, RetryConfig::disabled()))
}

/// The code and sentence of a refusal; panics if the call went through.
fn refusal<T: std::fmt::Debug, E, R>(answer: Result<T, SdkError<E, R>>) -> String
where
    E: ProvideErrorMetadata,
{
    match answer {
        Ok(answer) => panic!("this should have been refused: {answer:?}"),
        Err(error) => format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or("no message")),
    }
}

/// Lets everything happen that is under way.
async fn play_out(aws: &Aws) {
    while let Some(next) = aws.next_event().await {
        aws.set_clock(next).await;
    }
}

fn after(seconds: i64) -> Timestamp {
    time(EVENING) + jiff::SignedDuration::from_secs(seconds)
}

async fn assert_clean(aws: &Aws) {
    assert_eq!(aws.violations().await, Vec::<String>::new());
}

/// Real time after which a test has waited in vain.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(200);
