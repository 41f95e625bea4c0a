//! IAM Identity Center: the identity store and sso-admin as the real Rust SDK sees them.

use std::time::Instant;

use aws_sdk_identitystore::types::{AlternateIdentifier, AttributeOperation, Email, MemberId, Name, UniqueAttribute};
use aws_sdk_ssoadmin::types::{PrincipalType, ProvisionTargetType, StatusValues, TargetType};
use aws_smithy_types::Document;

use super::super::{Aws, Fault, IDENTITY_ACCOUNT, MANAGEMENT_ACCOUNT, PrincipalKind};
use super::{Checked, SHORT, after, assert_clean, assume_in, config, evening, refusal};

const STORE: &str = "d-93677a1b2c";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6";
const SHOP: &str = "111122223333";

async fn store(aws: &Aws) -> Result<aws_sdk_identitystore::Client, Box<dyn std::error::Error>> {
    let session = assume_in(aws, IDENTITY_ACCOUNT, "watchkeeper-access").await?;
    Ok(aws_sdk_identitystore::Client::new(&config(aws, session)))
}

async fn admin(aws: &Aws, account: &str) -> Result<aws_sdk_ssoadmin::Client, Box<dyn std::error::Error>> {
    let session = assume_in(aws, account, "watchkeeper-access").await?;
    Ok(aws_sdk_ssoadmin::Client::new(&config(aws, session)))
}

fn new_user(
    store: &aws_sdk_identitystore::Client,
    name: &str,
    email: &str,
) -> aws_sdk_identitystore::operation::create_user::builders::CreateUserFluentBuilder {
    store
        .create_user()
        .identity_store_id(STORE)
        .user_name(name)
        .display_name(format!("{name} of Acme"))
        .name(Name::builder().given_name(name).family_name("Acme").build())
        .emails(Email::builder().value(email).primary(true).build())
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
async fn names_and_addresses_are_unique_whatever_their_case() -> Checked {
    let aws = evening().await;
    let store = store(&aws).await?;
    let made = new_user(&store, "ana", "ana@example.com").send().await?;
    assert_eq!(made.user_arn(), format!("arn:aws:identitystore:::user/{}", made.user_id()));
    for (name, email, refused) in [
        ("ANA", "other@example.com", "ConflictException: Duplicate UserName"),
        ("ann", "Ana@Example.com", "ConflictException: Duplicate Email"),
        ("ann li", "ann@example.com", "ValidationException: UserName 'ann li' is not allowed."),
        ("Administrator", "a@example.com", "ValidationException: UserName 'Administrator' is not allowed."),
    ] {
        let answer = new_user(&store, name, email).send().await;
        if let Err(error) = &answer
            && let Some(aws_sdk_identitystore::operation::create_user::CreateUserError::ConflictException(conflict)) =
                error.as_service_error()
        {
            assert_eq!(conflict.reason().map(|reason| reason.as_str()), Some("UNIQUENESS_CONSTRAINT_VIOLATION"));
        }
        assert_eq!(refusal(answer), refused);
    }
    store.create_group().identity_store_id(STORE).display_name("dba").send().await?;
    let again = store.create_group().identity_store_id(STORE).display_name("DBA").send().await;
    assert_eq!(refusal(again), "ConflictException: Duplicate GroupDisplayName");
    let elsewhere = store.list_users().identity_store_id("d-0000000000").send().await;
    assert_eq!(refusal(elsewhere), "ResourceNotFoundException: IDENTITY_STORE not found.");
    assert_eq!(aws.users().await.len(), 1);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn attributes_change_by_path_all_or_none() -> Checked {
    let aws = evening().await;
    let ana = aws.user("ana", "ana@example.com").named("Ana", "Ruiz").await;
    aws.user("ben", "ben@example.com").await;
    let store = store(&aws).await?;
    let set = |path: &str, value: Document| AttributeOperation::builder().attribute_path(path).attribute_value(value).build();
    let update = |operations: Vec<AttributeOperation>| {
        store.update_user().identity_store_id(STORE).user_id(&ana).set_operations(Some(operations)).send()
    };
    let address = |value: &str| {
        Document::Array(vec![Document::Object(
            [("value".to_owned(), value.into()), ("primary".to_owned(), Document::Bool(true))].into(),
        )])
    };
    let updated = update(vec![
        set("title", "Lead".into())?,
        set("name.familyName", "Ruiz-Berg".into())?,
        set("displayName", "Ana Ruiz-Berg".into())?,
        set("emails", address("ana.rb@example.com"))?,
        set("userStatus", "DISABLED".into())?,
    ])
    .await?;
    assert_eq!(updated.revision(), "2");
    let people = aws.users().await;
    assert_eq!(
        (people[0].title.as_deref(), people[0].email.as_deref(), people[0].enabled),
        (Some("Lead"), Some("ana.rb@example.com"), false)
    );
    let taken = update(vec![set("title", "Boss".into())?, set("emails", address("BEN@example.com"))?]).await;
    assert_eq!(refusal(taken), "ConflictException: Duplicate Email");
    assert_eq!(aws.users().await, people);
    let nowhere = update(vec![set("salary", "1".into())?]).await;
    assert_eq!(refusal(nowhere), "ValidationException: Unsupported attribute path: salary");
    let stale = store
        .update_user()
        .identity_store_id(STORE)
        .user_id(&ana)
        .operations(set("title", "Boss".into())?)
        .revision("1")
        .send()
        .await;
    assert_eq!(refusal(stale), "ConflictException: USER was modified since the given revision.");
    let removed = update(vec![AttributeOperation::builder().attribute_path("title").build()?]).await?;
    assert_eq!(removed.revision(), "3");
    assert_eq!(aws.users().await[0].title, None);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn people_are_found_by_what_is_unique_and_nothing_else() -> Checked {
    let aws = evening().await;
    let ana = aws.user("ana", "ana@example.com").await;
    let sre = aws.group("sre").await;
    let store = store(&aws).await?;
    let unique = |path: &str, value: &str| -> Result<_, Box<dyn std::error::Error>> {
        Ok(AlternateIdentifier::UniqueAttribute(
            UniqueAttribute::builder().attribute_path(path).attribute_value(value.into()).build()?,
        ))
    };
    let user = |by: AlternateIdentifier| store.get_user_id().identity_store_id(STORE).alternate_identifier(by).send();
    assert_eq!(user(unique("userName", "Ana")?).await?.user_id(), ana);
    assert_eq!(user(unique("emails.value", "ana@example.com")?).await?.user_id(), ana);
    assert_eq!(refusal(user(unique("userName", "nobody")?).await), "ResourceNotFoundException: USER not found.");
    assert!(refusal(user(unique("displayName", "Ana Example")?).await).starts_with("ValidationException"));
    let group = store.get_group_id().identity_store_id(STORE).alternate_identifier(unique("displayName", "sre")?).send();
    assert_eq!(group.await?.group_id(), sre);

    let filter = |path: &str| aws_sdk_identitystore::types::Filter::builder().attribute_path(path).attribute_value("ana").build();
    #[expect(deprecated, reason = "AWS calls the filter deprecated and still has it")]
    let listed = |path: &str| -> Result<_, Box<dyn std::error::Error>> {
        Ok(store.list_users().identity_store_id(STORE).filters(filter(path)?).send())
    };
    assert_eq!(listed("UserName")?.await?.users().len(), 1);
    assert!(refusal(listed("DisplayName")?.await).starts_with("ValidationException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_member_is_in_a_group_once() -> Checked {
    let aws = evening().await;
    let (ana, sre) = (aws.user("ana", "ana@example.com").await, aws.group("sre").await);
    let store = store(&aws).await?;
    let join = || {
        let member = MemberId::UserId(ana.clone());
        store.create_group_membership().identity_store_id(STORE).group_id(&sre).member_id(member).send()
    };
    let made = join().await?;
    assert_eq!(refusal(join().await), "ConflictException: Member and Group relationship already exists.");
    let is_in = store
        .is_member_in_groups()
        .identity_store_id(STORE)
        .member_id(MemberId::UserId(ana.clone()))
        .group_ids(&sre)
        .send()
        .await?;
    assert!(is_in.results()[0].membership_exists());
    let leave = || store.delete_group_membership().identity_store_id(STORE).membership_id(made.membership_id()).send();
    leave().await?;
    assert_eq!(refusal(leave().await), "ResourceNotFoundException: GROUP_MEMBERSHIP not found.");

    join().await?;
    aws.permission_set("ReadOnlyAccess").await;
    aws.assigned("ana", "ReadOnlyAccess", SHOP).await;
    store.delete_user().identity_store_id(STORE).user_id(&ana).send().await?;
    assert_eq!(refusal(join().await), "ResourceNotFoundException: USER not found.");
    assert!(aws.members("sre").await.is_empty());
    let left: Vec<_> = aws.assignments().await.into_iter().map(|left| left.principal).collect();
    assert_eq!(left, [ana]);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn five_thousand_people_are_there_at_once_and_come_in_pages() -> Checked {
    let aws = evening().await;
    let store = store(&aws).await?;
    let begin = Instant::now();
    aws.crowd(5_000, 1_000).await;
    assert!(begin.elapsed() < 5 * SHORT, "{:?}", begin.elapsed());
    let mut pages = store.list_users().identity_store_id(STORE).into_paginator().send();
    let (mut count, mut people) = (0, 0);
    while let Some(page) = pages.next().await {
        count += 1;
        people += page?.users().len();
    }
    assert_eq!((count, people), (50, 5_000));
    let beyond = store.list_users().identity_store_id(STORE).max_results(101).send().await;
    assert!(refusal(beyond).starts_with("ValidationException"));
    let stray = store.list_groups().identity_store_id(STORE).next_token("stray").send().await;
    assert_eq!(refusal(stray), "ValidationException: The NextToken is invalid.");
    aws.pages_of(300).await;
    assert_eq!(store.list_groups().identity_store_id(STORE).send().await?.groups().len(), 100);
    aws.pages_of(3).await;
    assert_eq!(store.list_groups().identity_store_id(STORE).send().await?.groups().len(), 3);
    Ok(())
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
