//! Whose session makes a call, and what it may do.

use aws_credential_types::Credentials;
use aws_sdk_rds::config::retry::RetryConfig;

use super::super::BASE_ACCESS_KEY;
use super::{Checked, after, assert_clean, assume, evening, rds, rds_as, refusal, sts, sts_as};

#[tokio::test]
async fn a_session_has_an_account_a_name_and_an_end() -> Checked {
    let aws = evening().await;
    let session = assume(&aws, "watchkeeper-rds").await?;
    assert!(session.access_key_id().starts_with("ASIA"));
    let identity = sts_as(&aws, session.clone()).get_caller_identity().send().await?;
    assert_eq!(identity.arn(), Some("arn:aws:sts::111122223333:assumed-role/watchkeeper-rds/ana"));
    let rds = rds_as(&aws, session, RetryConfig::disabled());
    rds.describe_db_instances().send().await?;
    aws.set_clock(after(3600)).await;
    assert_eq!(
        refusal(rds.describe_db_instances().send().await),
        "ExpiredToken: The security token included in the request is expired"
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn keys_reach_only_what_they_are_for() -> Checked {
    let aws = evening().await;
    let base = Credentials::new(BASE_ACCESS_KEY, "any", None, None, "test");
    let stranger = Credentials::new("AKIASOMEBODYELSE", "any", None, None, "test");
    let access = assume(&aws, "watchkeeper-access").await?;
    let auditor = assume(&aws, "auditor").await?;
    let mut answers = Vec::new();
    for key in [base, stranger, access] {
        let client = rds_as(&aws, key, RetryConfig::disabled());
        let refused = refusal(client.describe_db_instances().send().await);
        answers.push(refused.split(':').next().unwrap_or_default().to_owned());
    }
    assert_eq!(answers, ["AccessDenied", "InvalidClientTokenId", "AccessDenied"]);
    let client = rds_as(&aws, auditor, RetryConfig::disabled());
    client.describe_db_instances().send().await?;
    Ok(())
}

#[tokio::test]
async fn a_role_can_be_missing() -> Checked {
    let aws = evening().await;
    aws.refuse_role("111122223333", "watchkeeper-rds").await;
    let assume = sts(&aws).assume_role().role_arn("arn:aws:iam::111122223333:role/watchkeeper-rds").role_session_name("ana");
    assert_eq!(
        refusal(assume.clone().send().await),
        "AccessDenied: User: arn:aws:iam::999988887777:user/watchkeeper is not authorized to \
         perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/watchkeeper-rds"
    );
    let spaced = assume.clone().role_session_name("Ana Li").send().await;
    assert!(refusal(spaced).starts_with("ValidationError"));
    aws.allow_role("111122223333", "watchkeeper-rds").await;
    assume.send().await?;
    rds(&aws).await?;
    Ok(())
}
