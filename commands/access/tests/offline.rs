//! What needs no AWS: plans, the role, pickers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{EVENING, PROD};
use crate::access::model::{Assignee, Assignment, User};
use crate::access::writes::{self, UserUpdate};
use crate::access::{pick, roster};

#[test]
fn the_plan_names_calls_and_parameters_as_aws_does() {
    let assignment =
        Assignment { account: PROD.to_owned(), permission_set: "arn:ps".to_owned(), principal: Assignee::group("g-1") };
    let update = UserUpdate { email: Some("a@example.com".to_owned()), ..UserUpdate::default() };
    let user = User { id: "u-1".to_owned(), ..User::default() };
    let planned = [
        update.planned(&user),
        writes::planned_joining("g-1", "u-1"),
        writes::planned_assignment(&assignment),
        writes::planned_end(&assignment),
        writes::planned_policy("arn:ps", None),
        writes::planned_provisioning_in("arn:ps", "111122223333"),
    ];
    let lines: Vec<String> = planned.iter().map(|call| serde_json::to_string(call).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"api":"identitystore:UpdateUser","parameters":{"Operations.emails":"a@example.com","UserId":"u-1"}}
    {"api":"identitystore:CreateGroupMembership","parameters":{"GroupId":"g-1","MemberId.UserId":"u-1"}}
    {"api":"sso:CreateAccountAssignment","parameters":{"PermissionSetArn":"arn:ps","PrincipalId":"g-1","PrincipalType":"GROUP","TargetId":"111122223333","TargetType":"AWS_ACCOUNT"}}
    {"api":"sso:DeleteAccountAssignment","parameters":{"PermissionSetArn":"arn:ps","PrincipalId":"g-1","PrincipalType":"GROUP","TargetId":"111122223333","TargetType":"AWS_ACCOUNT"}}
    {"api":"sso:DeleteInlinePolicyFromPermissionSet","parameters":{"PermissionSetArn":"arn:ps"}}
    {"api":"sso:ProvisionPermissionSet","parameters":{"PermissionSetArn":"arn:ps","TargetId":"111122223333","TargetType":"AWS_ACCOUNT"}}
    "#);
}

/// The actions named in a policy.
fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let named = |action: &Value| match action {
        Value::String(one) => vec![one.clone()],
        many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
    };
    statements.iter().flat_map(|statement| named(&statement["Action"])).collect()
}

#[test]
fn the_role_may_do_what_is_called_and_no_more() {
    let sources =
        [include_str!("../aws.rs"), include_str!("../reads.rs"), include_str!("../requests.rs"), include_str!("../writes.rs")];
    let ours = |literal: &&str| literal.starts_with("identitystore:") || literal.starts_with("sso:");
    let called: BTreeSet<String> = sources.iter().flat_map(|source| source.split('"')).filter(ours).map(str::to_owned).collect();
    assert_eq!(actions(include_str!("../../../config/iam/access.json")), called);
}

#[test]
fn pickers_of_five_thousand_people_answer_at_once() {
    let user = |at: usize| User {
        id: format!("id-{at}"),
        name: format!("user-{at:04}"),
        display_name: format!("Person {at}"),
        email: Some(format!("user-{at:04}@example.com")),
        ..User::default()
    };
    let at = EVENING.parse().unwrap();
    let roster = roster::Roster::of((0..5000).map(user).collect(), Vec::new(), Vec::new(), Vec::new(), at);
    let choices = pick::of_users("42", &roster);
    assert_eq!((choices.len(), &*choices[0].value), (100, "user-0042"));
    assert_eq!(pick::of_users("Person 4999", &roster).len(), 1);
    assert!(pick::of_users("person 49", &roster).len() <= 100);
}
