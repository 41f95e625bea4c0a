//! The denial that ends sessions which are open already: a statement in the permission set's inline policy, beside what stands
//! there. Pure.
//!
//! It matches users by `identitystore:userId` ("Use a Deny policy to revoke active user permissions" in the IAM Identity Center
//! user guide) and sessions that began before it by `aws:TokenIssueTime` ("AWS global condition context keys" in the IAM user
//! guide), so that whoever is given access anew can use it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::plan::Permit;

/// The longest that a session of a permission set can last ("Set session duration for AWS accounts" in the same guide).
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How many users a denial can name: an inline policy holds 32,768 characters, and others may need room in it too.
pub(super) const MOST: usize = 200;

/// The name of a change's own statement: letters and digits, as AWS takes for a `Sid`.
pub(super) fn name(permit: &Permit) -> String {
    format!("Watchkeeper{}", permit.change().replace(|letter: char| !letter.is_ascii_alphanumeric(), ""))
}

/// The policy with a statement called `sid` that denies the users' sessions from before `since` everything.
pub(super) fn with(policy: Option<&str>, sid: &str, users: &[String], since: Timestamp) -> Result<String> {
    let mut policy = read(policy)?;
    let deny = json!({
        "Sid": sid,
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringEquals": { "identitystore:userId": users },
            "DateLessThan": { "aws:TokenIssueTime": since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() },
        },
    });
    let mut statements = others(&policy, sid);
    statements.push(deny);
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Ok(Value::Object(policy).to_string())
}

/// The policy without that statement; none if nothing else stands in it.
pub(super) fn without(policy: &str, sid: &str) -> Result<Option<String>> {
    let mut policy = read(Some(policy))?;
    let statements = others(&policy, sid);
    if statements.is_empty() {
        return Ok(None);
    }
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Ok(Some(Value::Object(policy).to_string()))
}

/// Whether the statement stands in the policy.
pub(super) fn holds(policy: Option<&str>, sid: &str) -> Result<bool> {
    let policy = read(policy)?;
    Ok(statements(&policy).iter().any(|one| one["Sid"] == sid))
}

fn read(policy: Option<&str>) -> Result<Map<String, Value>> {
    let Some(policy) = policy else {
        return Ok(Map::from_iter([("Version".to_owned(), json!("2012-10-17"))]));
    };
    serde_json::from_str(policy).map_err(|cause| Error::internal("reading the inline policy of a permission set", cause))
}

/// A policy's statements: AWS takes one by itself in place of a list.
fn statements(policy: &Map<String, Value>) -> Vec<Value> {
    match policy.get("Statement") {
        Some(Value::Array(all)) => all.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn others(policy: &Map<String, Value>, sid: &str) -> Vec<Value> {
    statements(policy).into_iter().filter(|one| one["Sid"] != sid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"Own","Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;

    fn since() -> Timestamp {
        "2026-11-25T10:00:00.75Z".parse().unwrap()
    }

    #[test]
    fn a_denial_stands_beside_what_is_there_and_leaves_no_trace() {
        let users = ["u-1".to_owned(), "u-2".to_owned()];
        let first = with(Some(OWN), "WatchkeeperCHG7", &users, since()).unwrap();
        insta::assert_snapshot!(first, @r#"{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Sid":"WatchkeeperCHG7","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["u-1","u-2"]},"DateLessThan":{"aws:TokenIssueTime":"2026-11-25T10:00:00Z"}}}]}"#);
        assert_eq!(with(Some(&first), "WatchkeeperCHG7", &users, since()).unwrap(), first, "twice is once");
        let both = with(Some(&first), "WatchkeeperCHG8", &users[..1], since()).unwrap();
        assert!(holds(Some(&both), "WatchkeeperCHG7").unwrap() && holds(Some(&both), "WatchkeeperCHG8").unwrap());
        let one = without(&both, "WatchkeeperCHG7").unwrap().unwrap();
        assert!(!holds(Some(&one), "WatchkeeperCHG7").unwrap() && holds(Some(&one), "WatchkeeperCHG8").unwrap());
        let none = without(&one, "WatchkeeperCHG8").unwrap().unwrap();
        let own: Value = serde_json::from_str(OWN).unwrap();
        let left: Value = serde_json::from_str(&none).unwrap();
        assert_eq!(left["Statement"][0], own["Statement"]);
    }

    #[test]
    fn a_policy_that_held_nothing_else_is_gone_afterwards() {
        let only = with(None, "WatchkeeperCHG7", &["u-1".to_owned()], since()).unwrap();
        assert_eq!(without(&only, "WatchkeeperCHG7").unwrap(), None);
        assert!(!holds(None, "WatchkeeperCHG7").unwrap());
    }
}
