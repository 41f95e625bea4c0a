//! The identity store as the real Rust SDK sees it.

use std::time::Instant;

use aws_sdk_identitystore::types::{AlternateIdentifier, AttributeOperation, Email, MemberId, Name, UniqueAttribute};
use aws_smithy_types::Document;

use super::super::{Aws, DEFAULT_ACCOUNT, ESTATE, IDENTITY_ACCOUNT};
use super::{Checked, SHORT, assert_clean, assume_in, config, evening, refusal};

const STORE: &str = "d-93677a1b2c";

async fn store(aws: &Aws) -> Result<aws_sdk_identitystore::Client, Box<dyn std::error::Error>> {
    let session = assume_in(aws, IDENTITY_ACCOUNT, "watchkeeper-access").await?;
    Ok(aws_sdk_identitystore::Client::new(&config(aws, session)))
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
    aws.assigned("ana", "ReadOnlyAccess", DEFAULT_ACCOUNT).await;
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
async fn the_company_of_the_sample_estate_is_whole() -> Checked {
    let aws = evening().await;
    aws.estate(ESTATE).await;
    let store = store(&aws).await?;
    let everybody = store.list_users().identity_store_id(STORE).send().await?;
    assert_eq!(everybody.users().len(), 15);
    for user in everybody.users() {
        let email = user.emails()[0].value().unwrap_or_default();
        assert_eq!(Some(email), user.user_name().map(|name| format!("{name}@example.com")).as_deref());
    }
    assert_eq!(aws.groups().await.len(), store.list_groups().identity_store_id(STORE).send().await?.groups().len());
    assert_eq!(aws.members("dba").await, ["bea", "ben"]);
    let lee = aws.users().await.into_iter().find(|person| person.name == "lee").ok_or("no lee")?;
    assert!(!lee.enabled && lee.groups.is_empty());
    let undeclared: Vec<_> = aws.assignments().await.into_iter().filter(|held| held.principal == "lee").collect();
    assert_eq!(undeclared[0].permission_set, "AdministratorAccess");
    assert_clean(&aws).await;
    Ok(())
}
