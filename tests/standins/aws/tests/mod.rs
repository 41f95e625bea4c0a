//! The stand-in as the real Rust SDK sees it.

mod alarms;
mod assignments;
mod code_deploy;
mod directory;
mod dying;
mod faults;
mod identity;
mod native;
mod portal;
mod queues;
mod reads;
mod services;
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

/// ECS through a session of the role `watchkeeper-ecs`, without retries.
async fn ecs(aws: &Aws) -> Result<aws_sdk_ecs::Client, Box<dyn std::error::Error>> {
    Ok(aws_sdk_ecs::Client::new(&config(aws, assume(aws, "watchkeeper-ecs").await?)))
}

/// CodeDeploy through the same role.
async fn code_deploy(aws: &Aws) -> Result<aws_sdk_codedeploy::Client, Box<dyn std::error::Error>> {
    Ok(aws_sdk_codedeploy::Client::new(&config(aws, assume(aws, "watchkeeper-ecs").await?)))
}

/// Elastic Load Balancing through the same role.
async fn balancing(aws: &Aws) -> Result<aws_sdk_elasticloadbalancingv2::Client, Box<dyn std::error::Error>> {
    Ok(aws_sdk_elasticloadbalancingv2::Client::new(&config(aws, assume(aws, "watchkeeper-ecs").await?)))
}

/// Lets everything happen that is under way; a line whenever the newest deployment of a service is another, with the
/// minutes and seconds since the evening began: status, stage, shares of production and test traffic.
async fn story(aws: &Aws, service: &str) -> Vec<String> {
    let mut told: Vec<(String, String)> = Vec::new();
    while let Some(next) = aws.next_event().await {
        aws.set_clock(next).await;
        let now = aws.deployment(service).await;
        let stage = now.stage.as_deref().unwrap_or("-");
        let line = format!("{} {stage} {}/{}", now.status, now.production, now.test);
        if told.last().is_none_or(|(_, last)| *last != line) {
            let since = next.duration_since(time(EVENING)).as_secs();
            told.push((format!("{:02}:{:02}", since / 60, since % 60), line));
        }
    }
    told.into_iter().map(|(at, line)| format!("{at} {line}")).collect()
}

/// Lets things happen until the newest deployment of a service waits for somebody.
async fn until_it_waits(aws: &Aws, service: &str) -> String {
    loop {
        if let Some(waits_for) = aws.deployment(service).await.waits_for {
            return waits_for;
        }
        let Some(next) = aws.next_event().await else { panic!("{service} never waited") };
        aws.set_clock(next).await;
    }
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
