//! sso-admin as the real Rust SDK sees it.

use aws_sdk_ssoadmin::types::{PrincipalType, ProvisionTargetType, StatusValues, Tag, TargetType};

use super::super::{Aws, DEFAULT_ACCOUNT as SHOP, Fault, IDENTITY_ACCOUNT, MANAGEMENT_ACCOUNT, PrincipalKind};
use super::{Checked, after, assert_clean, assume_in, config, evening, refusal};

const STORE: &str = "d-93677a1b2c";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6";

async fn admin(aws: &Aws, account: &str) -> Result<aws_sdk_ssoadmin::Client, Box<dyn std::error::Error>> {
    let session = assume_in(aws, account, "watchkeeper-access").await?;
    Ok(aws_sdk_ssoadmin::Client::new(&config(aws, session)))
}

fn create(
    admin: &aws_sdk_ssoadmin::Client,
    permission_set: &str,
    user: &str,
    account: &str,
) -> aws_sdk_ssoadmin::operation::create_account_assignment::builders::CreateAccountAssignmentFluentBuilder {
    admin
        .create_account_assignment()
        .instance_arn(INSTANCE)
        .target_id(account)
        .target_type(TargetType::AwsAccount)
        .permission_set_arn(permission_set)
        .principal_type(PrincipalType::User)
        .principal_id(user)
}

async fn status_of(
    admin: &aws_sdk_ssoadmin::Client,
    request: &str,
) -> Result<(StatusValues, Option<String>), Box<dyn std::error::Error>> {
    let found = admin
        .describe_account_assignment_creation_status()
        .instance_arn(INSTANCE)
        .account_assignment_creation_request_id(request)
        .send()
        .await?;
    let found = found.account_assignment_creation_status().ok_or("no status")?;
    Ok((found.status().ok_or("no status")?.clone(), found.failure_reason().map(str::to_owned)))
}

#[tokio::test]
async fn an_assignment_takes_its_time_and_may_fail() -> Checked {
    let aws = evening().await;
    let ana = aws.user("ana", "ana@example.com").await;
    let read = aws.permission_set("ReadOnlyAccess").await;
    let admin = admin(&aws, IDENTITY_ACCOUNT).await?;
    let begun = create(&admin, &read, &ana, SHOP).send().await?;
    let request = begun.account_assignment_creation_status().and_then(|begun| begun.request_id()).ok_or("no id")?;
    assert_eq!(status_of(&admin, request).await?, (StatusValues::InProgress, None));
    assert!(aws.assignments().await.is_empty());
    assert_eq!(
        refusal(create(&admin, &read, &ana, SHOP).send().await),
        "ConflictException: There is a conflicting operation in process."
    );
    assert_eq!(aws.next_event().await, Some(after(5)));
    aws.set_clock(after(5)).await;
    assert_eq!(status_of(&admin, request).await?, (StatusValues::Succeeded, None));
    let there = &aws.assignments().await[0];
    assert_eq!(
        (there.account.as_str(), there.permission_set.as_str(), there.principal_kind, there.principal.as_str()),
        (SHOP, "ReadOnlyAccess", PrincipalKind::User, "ana")
    );

    aws.assignment_fails("Received a 403 status error: Access denied by IAM.").await;
    aws.assignments_take("30s").await;
    let delete = |user: &str| {
        admin
            .delete_account_assignment()
            .instance_arn(INSTANCE)
            .target_id(SHOP)
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(&read)
            .principal_type(PrincipalType::User)
            .principal_id(user)
            .send()
    };
    delete(&ana).await?;
    aws.set_clock(after(35)).await;
    let failed = admin.list_account_assignment_deletion_status().instance_arn(INSTANCE).send().await?;
    assert_eq!(failed.account_assignments_deletion_status()[0].status(), Some(&StatusValues::Failed));
    assert_eq!(aws.assignments().await.len(), 1);
    delete(&ana).await?;
    aws.set_clock(after(65)).await;
    assert!(aws.assignments().await.is_empty());
    assert!(refusal(delete(&ana).await).starts_with("ResourceNotFoundException"));

    let nobody = "00000000-0000-0000-0000-000000000000";
    let begun = create(&admin, &read, nobody, SHOP).send().await?;
    let request = begun.account_assignment_creation_status().and_then(|begun| begun.request_id()).ok_or("no id")?;
    aws.set_clock(after(95)).await;
    let reason = format!("Received a 404 status error: the USER assignee {nobody} was not found in directory {STORE}");
    assert_eq!(status_of(&admin, request).await?, (StatusValues::Failed, Some(reason)));
    assert!(refusal(create(&admin, &read, &ana, "000000000000").send().await).starts_with("ResourceNotFoundException"));
    let unknown = "arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0000000000000000";
    assert!(refusal(create(&admin, unknown, &ana, SHOP).send().await).starts_with("ResourceNotFoundException"));
    let writes = aws.writes().await;
    assert_eq!(writes.iter().filter(|call| call.operation == "DeleteAccountAssignment" && call.acted).count(), 2);
    assert_eq!((writes[0].session.as_str(), writes[0].account.as_str()), ("ana", IDENTITY_ACCOUNT));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn limits_are_kept_and_counted() -> Checked {
    let aws = evening().await;
    let read = aws.permission_set("ReadOnlyAccess").await;
    aws.crowd(12, 1).await;
    let people = aws.users().await;
    let admin = admin(&aws, IDENTITY_ACCOUNT).await?;
    for person in &people[..10] {
        create(&admin, &read, &person.id, SHOP).send().await?;
    }
    assert_eq!(aws.most_outstanding().await, 10);
    let answer = create(&admin, &read, &people[10].id, SHOP).send().await;
    assert_eq!(refusal(answer), "ThrottlingException: There are too many requests processing. Please try again later.");
    assert_eq!(aws.most_outstanding().await, 11);
    aws.set_clock(after(5)).await;
    assert_eq!(aws.assignments().await.len(), 10);

    aws.keep_rate_limits().await;
    for _ in 0..20 {
        admin.list_instances().send().await?;
    }
    assert_eq!(aws.busiest_second().await, 20);
    assert_eq!(refusal(admin.list_instances().send().await), "ThrottlingException: Rate exceeded");
    assert_eq!(aws.busiest_second().await, 21);
    aws.set_clock(after(6)).await;
    admin.list_instances().send().await?;
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_delegated_administrator_keeps_out_of_the_management_account() -> Checked {
    let aws = evening().await;
    let ana = aws.user("ana", "ana@example.com").await;
    let (read, root) = (aws.permission_set("ReadOnlyAccess").await, aws.permission_set("Root").await);
    aws.assigned("ana", "Root", MANAGEMENT_ACCOUNT).await;
    let delegated = admin(&aws, IDENTITY_ACCOUNT).await?;
    for (permission_set, account) in [(&read, MANAGEMENT_ACCOUNT), (&root, SHOP)] {
        let refused = refusal(create(&delegated, permission_set, &ana, account).send().await);
        assert!(refused.contains("is not authorized to perform: sso:CreateAccountAssignment"), "{refused}");
    }
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let put = delegated.put_inline_policy_to_permission_set().instance_arn(INSTANCE).inline_policy(policy);
    assert!(refusal(put.clone().permission_set_arn(&root).send().await).starts_with("AccessDeniedException"));
    put.permission_set_arn(&read).send().await?;
    let owner = admin(&aws, MANAGEMENT_ACCOUNT).await?;
    create(&owner, &root, &ana, SHOP).send().await?;
    let stranger = admin(&aws, SHOP).await?;
    let refused = refusal(stranger.list_permission_sets().instance_arn(INSTANCE).send().await);
    assert!(refused.starts_with("AccessDeniedException"), "{refused}");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_policy_reaches_an_account_when_it_is_provisioned() -> Checked {
    let aws = evening().await;
    let ana = aws.user("ana", "ana@example.com").await;
    aws.group("sre").await;
    aws.member("ana", "sre").await;
    let read = aws.permission_set("ReadOnlyAccess").await;
    aws.assigned("sre", "ReadOnlyAccess", SHOP).await;
    let admin = admin(&aws, IDENTITY_ACCOUNT).await?;
    let put = |policy: &str| {
        admin.put_inline_policy_to_permission_set().instance_arn(INSTANCE).permission_set_arn(&read).inline_policy(policy).send()
    };
    assert!(refusal(put("no policy").await).starts_with("ValidationException"));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    put(policy).await?;
    assert_eq!(aws.inline_policy("ReadOnlyAccess").await.as_deref(), Some(policy));
    assert_eq!(aws.provisioned_policy("ReadOnlyAccess", SHOP).await, None);
    let begun = admin
        .provision_permission_set()
        .instance_arn(INSTANCE)
        .permission_set_arn(&read)
        .target_type(ProvisionTargetType::AllProvisionedAccounts)
        .send()
        .await?;
    let request = begun.permission_set_provisioning_status().and_then(|begun| begun.request_id()).ok_or("no id")?;
    aws.set_clock(after(5)).await;
    let done = admin
        .describe_permission_set_provisioning_status()
        .instance_arn(INSTANCE)
        .provision_permission_set_request_id(request)
        .send()
        .await?;
    assert_eq!(done.permission_set_provisioning_status().and_then(|done| done.status()), Some(&StatusValues::Succeeded));
    assert_eq!(aws.provisioned_policy("ReadOnlyAccess", SHOP).await.as_deref(), Some(policy));

    let held = admin
        .list_account_assignments_for_principal()
        .instance_arn(INSTANCE)
        .principal_id(&ana)
        .principal_type(PrincipalType::User)
        .send()
        .await?;
    assert_eq!(held.account_assignments()[0].principal_type(), Some(&PrincipalType::Group));
    let delete = || admin.delete_permission_set().instance_arn(INSTANCE).permission_set_arn(&read).send();
    assert!(refusal(delete().await).starts_with("ConflictException"));
    aws.unassigned("sre", "ReadOnlyAccess", SHOP).await;
    delete().await?;
    let again = admin.describe_permission_set().instance_arn(INSTANCE).permission_set_arn(&read).send().await;
    assert!(refusal(again).starts_with("ResourceNotFoundException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn faults_strike_identity_center_too() -> Checked {
    let aws = evening().await;
    aws.directory().await;
    let admin = admin(&aws, IDENTITY_ACCOUNT).await?;
    let list = || admin.list_permission_sets().instance_arn(INSTANCE).send();
    aws.fault(Fault::throttle("sso-admin", "ListPermissionSets").times(1)).await;
    assert_eq!(refusal(list().await), "ThrottlingException: Rate exceeded");
    aws.fault(Fault::deny("sso-admin", "ListPermissionSets").times(1)).await;
    let refused = refusal(list().await);
    assert!(refused.contains("not authorized to perform: sso:ListPermissionSets on resource: arn:aws:sso"), "{refused}");
    let sets = list().await?;
    assert_eq!(sets.permission_sets().len(), 9);
    let read = &sets.permission_sets()[2];
    let ana = aws.users().await.into_iter().find(|person| person.name == "ana").ok_or("no ana")?;
    let before = aws.assignments().await.len();
    aws.fault(Fault::cut_after("sso-admin", "CreateAccountAssignment").times(1)).await;
    assert!(create(&admin, read, &ana.id, SHOP).send().await.is_err());
    aws.set_clock(after(5)).await;
    assert_eq!(aws.assignments().await.len(), before + 1);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn permission_sets_are_made_changed_and_told_apart() -> Checked {
    let aws = evening().await;
    let admin = admin(&aws, IDENTITY_ACCOUNT).await?;
    let make = |name: &str, hours: u32| {
        let tag = Tag::builder().key("owner").value("platform").build();
        admin
            .create_permission_set()
            .instance_arn(INSTANCE)
            .name(name)
            .session_duration(format!("PT{hours}H"))
            .set_tags(tag.ok().map(|tag| vec![tag]))
            .send()
    };
    let made = make("DatabaseAdmin", 4).await?;
    let arn = made.permission_set().and_then(|made| made.permission_set_arn()).ok_or("no ARN")?.to_owned();
    assert!(arn.starts_with("arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-"), "{arn}");
    assert_eq!(
        refusal(make("DatabaseAdmin", 4).await),
        "ConflictException: PermissionSet with name DatabaseAdmin already exists."
    );
    assert!(refusal(make("Long", 13).await).starts_with("ValidationException"));
    admin.update_permission_set().instance_arn(INSTANCE).permission_set_arn(&arn).description("RDS").send().await?;
    let found = admin.describe_permission_set().instance_arn(INSTANCE).permission_set_arn(&arn).send().await?;
    let found = found.permission_set().ok_or("no permission set")?;
    assert_eq!((found.description(), found.session_duration()), (Some("RDS"), Some("PT4H")));
    let tags = admin.list_tags_for_resource().instance_arn(INSTANCE).resource_arn(&arn).send().await?;
    assert_eq!(tags.tags()[0].value(), "platform");

    let attach = |policy: &str| {
        admin
            .attach_managed_policy_to_permission_set()
            .instance_arn(INSTANCE)
            .permission_set_arn(&arn)
            .managed_policy_arn(format!("arn:aws:iam::aws:policy/{policy}"))
            .send()
    };
    attach("AmazonRDSFullAccess").await?;
    assert!(refusal(attach("AmazonRDSFullAccess").await).starts_with("ConflictException"));
    let attached = admin.list_managed_policies_in_permission_set().instance_arn(INSTANCE).permission_set_arn(&arn);
    assert_eq!(attached.send().await?.attached_managed_policies()[0].name(), Some("AmazonRDSFullAccess"));

    aws.group("dba").await;
    aws.assigned("dba", "DatabaseAdmin", SHOP).await;
    attach("CloudWatchReadOnlyAccess").await?;
    for (status, expected) in [("LATEST_PERMISSION_SET_PROVISIONED", 0), ("LATEST_PERMISSION_SET_NOT_PROVISIONED", 1)] {
        let accounts = admin
            .list_accounts_for_provisioned_permission_set()
            .instance_arn(INSTANCE)
            .permission_set_arn(&arn)
            .provisioning_status(status.into())
            .send()
            .await?;
        assert_eq!(accounts.account_ids().len(), expected, "{status}");
    }
    let there = admin.list_permission_sets_provisioned_to_account().instance_arn(INSTANCE).account_id(SHOP).send();
    assert_eq!(there.await?.permission_sets(), [arn]);
    assert_clean(&aws).await;
    Ok(())
}
