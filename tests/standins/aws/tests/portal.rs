//! Signing in from a device, and the access portal behind it.

use aws_sdk_sso::config::{BehaviorVersion, Region};
use aws_sdk_sso::error::ProvideErrorMetadata;
use aws_sdk_ssooidc::operation::create_token::CreateTokenOutput;

use super::super::{Aws, DEFAULT_REGION, Fault, PORTAL};
use super::{Checked, after, assert_clean, config, evening, http, refusal};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A registered client with a device that waits.
struct Device {
    oidc: aws_sdk_ssooidc::Client,
    client: (String, String),
    code: String,
    user_code: String,
}

fn unsigned(aws: &Aws) -> aws_types::SdkConfig {
    aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(DEFAULT_REGION))
        .endpoint_url(aws.url())
        .retry_config(aws_sdk_sso::config::retry::RetryConfig::disabled())
        .http_client(http())
        .build()
}

impl Device {
    async fn start(aws: &Aws) -> Result<Self, Box<dyn std::error::Error>> {
        let oidc = aws_sdk_ssooidc::Client::new(&unsigned(aws));
        let client = oidc.register_client().client_name("watchkeeper").client_type("public").send().await?;
        let client = (client.client_id().ok_or("no client")?.to_owned(), client.client_secret().ok_or("no secret")?.to_owned());
        let begun =
            oidc.start_device_authorization().client_id(&client.0).client_secret(&client.1).start_url(PORTAL).send().await?;
        let user_code = begun.user_code().ok_or("no user code")?.to_owned();
        let link = begun.verification_uri_complete().ok_or("no link")?;
        assert_eq!(link, format!("https://device.sso.eu-west-1.amazonaws.com/?user_code={user_code}"));
        let code = begun.device_code().ok_or("no device code")?.to_owned();
        Ok(Self { oidc, client, code, user_code })
    }

    async fn token(&self) -> Result<CreateTokenOutput, String> {
        self.oidc
            .create_token()
            .client_id(&self.client.0)
            .client_secret(&self.client.1)
            .grant_type(GRANT)
            .device_code(&self.code)
            .send()
            .await
            .map_err(|error| error.code().unwrap_or("no code").to_owned())
    }
}

async fn refused(device: &Device) -> String {
    match device.token().await {
        Ok(token) => panic!("this should have been refused: {token:?}"),
        Err(code) => code,
    }
}

#[tokio::test]
async fn a_device_waits_for_its_person() -> Checked {
    let aws = evening().await;
    aws.user("ana", "ana@example.com").await;
    let device = Device::start(&aws).await?;
    assert_eq!(refused(&device).await, "AuthorizationPendingException");
    assert_eq!(refused(&device).await, "SlowDownException");
    assert_eq!(aws.waiting_devices().await, [device.user_code.as_str()]);
    aws.set_clock(after(1)).await;
    aws.confirm_device(&device.user_code, "ana").await;
    let token = device.token().await.map_err(|code| format!("refused: {code}"))?;
    assert_eq!((token.token_type(), token.expires_in()), (Some("Bearer"), 28_800));
    assert_eq!(refused(&device).await, "InvalidGrantException");
    assert_eq!(aws.signed_in().await, ["ana"]);

    let denied = Device::start(&aws).await?;
    aws.deny_device(&denied.user_code).await;
    assert_eq!(refused(&denied).await, "AccessDeniedException");
    let late = Device::start(&aws).await?;
    aws.set_clock(after(601)).await;
    assert_eq!(refused(&late).await, "ExpiredTokenException");
    let foreign = Device { client: ("nobody".to_owned(), "none".to_owned()), ..late };
    assert_eq!(refused(&foreign).await, "InvalidClientException");
    assert!(aws.writes().await.is_empty());
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn the_portal_shows_what_a_person_really_has() -> Checked {
    let aws = evening().await;
    aws.directory().await;
    aws.assigned("ana", "DatabaseAdmin", "111122223333").await;
    let device = Device::start(&aws).await?;
    aws.confirm_device(&device.user_code, "ana").await;
    let token = device.token().await?.access_token().ok_or("no token")?.to_owned();
    let portal = aws_sdk_sso::Client::new(&unsigned(&aws));
    let accounts = portal.list_accounts().access_token(&token).send().await?;
    let names: Vec<_> = accounts.account_list().iter().filter_map(|account| account.account_name()).collect();
    assert_eq!(names, ["media-prod", "shop-prod", "shop-staging"]);
    let roles = portal.list_account_roles().access_token(&token).account_id("111122223333").send().await?;
    let names: Vec<_> = roles.role_list().iter().filter_map(|role| role.role_name()).collect();
    assert_eq!(names, ["DatabaseAdmin", "ReadOnlyAccess"]);
    aws.pages_of(1).await;
    let mut pages = portal.list_accounts().access_token(&token).into_paginator().items().send();
    let mut count = 0;
    while let Some(account) = pages.next().await {
        account?;
        count += 1;
    }
    assert_eq!(count, 3);

    let role = |name: &str| portal.get_role_credentials().access_token(&token).account_id("111122223333").role_name(name).send();
    let given = role("DatabaseAdmin").await?;
    let given = given.role_credentials().ok_or("no credentials")?;
    let key = aws_credential_types::Credentials::new(
        given.access_key_id().unwrap_or_default(),
        given.secret_access_key().unwrap_or_default(),
        given.session_token().map(str::to_owned),
        None,
        "test",
    );
    let identity = aws_sdk_sts::Client::new(&config(&aws, key)).get_caller_identity().send().await?;
    let arn = identity.arn().unwrap_or_default();
    assert!(arn.starts_with("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_DatabaseAdmin_"), "{arn}");
    assert!(arn.ends_with("/ana"), "{arn}");
    assert_eq!(refusal(role("AdministratorAccess").await), "ForbiddenException: No access");
    aws.fault(Fault::throttle("sso", "ListAccounts").times(1)).await;
    let throttled = portal.list_accounts().access_token(&token).send().await;
    assert_eq!(refusal(throttled), "TooManyRequestsException: Rate exceeded");

    portal.logout().access_token(&token).send().await?;
    let ended = portal.list_accounts().access_token(&token).send().await;
    assert_eq!(refusal(ended), "UnauthorizedException: Session token not found or invalid");
    assert!(aws.signed_in().await.is_empty());
    let calls = aws.calls().await;
    let first = calls.iter().find(|call| call.service == "sso").ok_or("no portal call")?;
    assert_eq!((first.operation.as_str(), first.session.as_str()), ("ListAccounts", "ana"));
    assert_clean(&aws).await;
    Ok(())
}
