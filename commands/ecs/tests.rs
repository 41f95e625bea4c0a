use std::collections::BTreeSet;

use serde_json::Value;

/// The actions named in a policy.
fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let named = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    named.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_role_may_do_what_is_called_and_no_more() {
    let sources =
        [include_str!("aws.rs"), include_str!("codedeploy.rs"), include_str!("balancers.rs"), include_str!("writes.rs")];
    let is_call = |literal: &&str| {
        let service =
            literal.split_once(':').map(|(service, call)| (service, call.chars().all(|letter| letter.is_alphanumeric())));
        matches!(service, Some(("ecs" | "codedeploy" | "elasticloadbalancing", true)))
    };
    let called: BTreeSet<String> =
        sources.iter().flat_map(|source| source.split('"')).filter(is_call).map(str::to_owned).collect();
    assert_eq!(actions(include_str!("../../config/iam/ecs.json")), called);
}
