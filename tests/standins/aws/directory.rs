//! IAM Identity Center in a world: people, groups, permission sets, assignments and signing in.
//!
//! Everything is named as people name it: users by user name, groups by display name, permission sets by name, accounts by
//! number. A mistake in a name panics, with the reason.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ESTATE;
use super::world::Aws;

/// Whom an assignment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PrincipalKind {
    /// One person.
    User,
    /// Everybody in a group.
    Group,
}

/// An account assignment as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Assignment {
    /// The account's number.
    pub account: String,
    /// The permission set's name.
    pub permission_set: String,
    /// Whom it is for.
    pub principal_kind: PrincipalKind,
    /// The user's or the group's name; the identifier of one that was deleted.
    pub principal: String,
}

/// A user of the identity store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The immutable identifier.
    pub id: String,
    /// The user name.
    pub name: String,
    /// The name shown to people.
    pub display_name: String,
    /// The primary e-mail address.
    pub email: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// Whether they may sign in.
    pub enabled: bool,
    /// The names of their groups, sorted.
    pub groups: Vec<String>,
}

/// A user about to be put into a world; awaiting it does that and gives the user's identifier.
#[must_use = "await it to put them there"]
#[derive(Debug)]
pub struct NewUser<'a> {
    aws: &'a Aws,
    order: Map<String, Value>,
}

impl NewUser<'_> {
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.order.insert(name.to_owned(), value.into());
        self
    }

    /// Given and family name; otherwise the capitalized user name and `Example`.
    pub fn named(self, given: &str, family: &str) -> Self {
        self.with("given", given).with("family", family)
    }

    /// The job title.
    pub fn title(self, title: &str) -> Self {
        self.with("title", title)
    }

    /// A member of these groups, which must exist.
    pub fn groups(self, groups: &[&str]) -> Self {
        self.with("groups", groups.to_vec())
    }

    /// Disabled: they cannot sign in.
    pub fn disabled(self) -> Self {
        self.with("disabled", true)
    }
}

impl<'a> IntoFuture for NewUser<'a> {
    type Output = String;
    type IntoFuture = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.aws.made("user", Value::Object(self.order)).await })
    }
}

impl Aws {
    /// Puts a user there: `aws.user("ana", "ana@example.com").named("Ana", "Ruiz").await` gives the identifier. An empty
    /// `email` means none.
    pub fn user(&self, name: &str, email: &str) -> NewUser<'_> {
        let order = Map::from_iter([("name".to_owned(), json!(name)), ("email".to_owned(), json!(email))]);
        NewUser { aws: self, order }
    }

    /// Puts a group there; gives its identifier.
    pub async fn group(&self, name: &str) -> String {
        self.made("group", json!({ "name": name })).await
    }

    /// Puts a permission set there, with sessions of one hour; gives its ARN.
    pub async fn permission_set(&self, name: &str) -> String {
        self.made("permission-set", json!({ "name": name })).await
    }

    /// Puts a user into a group behind everybody's back, as a colleague in the console would.
    pub async fn member(&self, user: &str, group: &str) {
        self.change("member", json!({ "user": user, "group": group, "is": true })).await;
    }

    /// Takes a user out of a group, likewise.
    pub async fn no_member(&self, user: &str, group: &str) {
        self.change("member", json!({ "user": user, "group": group, "is": false })).await;
    }

    /// Assigns a user or a group, by name, likewise. An account unknown to the organization is made with
    /// [`Aws::account`] first.
    pub async fn assigned(&self, principal: &str, permission_set: &str, account: &str) {
        let order = json!({ "principal": principal, "permission_set": permission_set, "account": account, "is": true });
        self.change("assigned", order).await;
    }

    /// Takes an assignment away, likewise; there need not be one.
    pub async fn unassigned(&self, principal: &str, permission_set: &str, account: &str) {
        let order = json!({ "principal": principal, "permission_set": permission_set, "account": account, "is": false });
        self.change("assigned", order).await;
    }

    /// Deletes a user or a group by name, likewise; their assignments stay behind.
    pub async fn remove_principal(&self, name: &str) {
        self.change("remove-principal", json!({ "name": name })).await;
    }

    /// Changes a user, likewise: attributes by their names in AWS's model, such as `json!({ "UserStatus": "DISABLED" })`.
    pub async fn alter_user(&self, name: &str, attributes: Value) {
        self.change("alter-user", json!({ "name": name, "set": attributes })).await;
    }

    /// Adds an account to the organization, which has those of [`super::ESTATE`], [`super::MANAGEMENT_ACCOUNT`] and
    /// [`super::IDENTITY_ACCOUNT`] from the start.
    pub async fn account(&self, number: &str, name: &str) {
        self.change("directory", json!({ "accounts": [{ "id": number, "name": name }] })).await;
    }

    /// Puts the company of [`super::ESTATE`] there, without its databases.
    ///
    /// # Panics
    /// When the estate is no JSON.
    pub async fn directory(&self) {
        let estate: Value = serde_json::from_str(ESTATE).unwrap_or_else(|error| panic!("the estate is not JSON: {error}"));
        self.change("directory", estate).await;
    }

    /// Puts many there at once: users `user-0001` and so on with `user-0001@example.com`, each in two of the groups
    /// `team-0001` and so on.
    pub async fn crowd(&self, users: usize, groups: usize) {
        self.change("crowd", json!({ "users": users, "groups": groups })).await;
    }

    /// All users, in the order of their making.
    pub async fn users(&self) -> Vec<Person> {
        self.ask("users", json!({})).await
    }

    /// The user names of a group's members, sorted.
    pub async fn members(&self, group: &str) -> Vec<String> {
        self.ask("members", json!({ "group": group })).await
    }

    /// The names of all groups, sorted.
    pub async fn groups(&self) -> Vec<String> {
        self.ask("groups", json!({})).await
    }

    /// All account assignments, sorted by account, permission set and principal.
    pub async fn assignments(&self) -> Vec<Assignment> {
        self.ask("assignments", json!({})).await
    }

    /// A permission set's inline policy as it stands.
    pub async fn inline_policy(&self, permission_set: &str) -> Option<String> {
        self.policy(json!({ "permission_set": permission_set })).await
    }

    /// A permission set's inline policy as an account has it: only after it was provisioned there.
    pub async fn provisioned_policy(&self, permission_set: &str, account: &str) -> Option<String> {
        self.policy(json!({ "permission_set": permission_set, "account": account })).await
    }

    async fn policy(&self, order: Value) -> Option<String> {
        #[derive(Deserialize)]
        struct Policy {
            policy: Option<String>,
        }
        let found: Policy = self.ask("inline-policy", order).await;
        found.policy
    }

    /// How long assignments, their ends and provisioning take from now on, by the world's clock: `5s` if nothing is said.
    ///
    /// # Panics
    /// When `duration` is none, such as `30s` or `2m`.
    pub async fn assignments_take(&self, duration: &str) {
        let parsed: SignedDuration = duration.parse().unwrap_or_else(|error| panic!("{duration}: {error}"));
        self.change("assignments-take", json!({ "seconds": parsed.as_secs_f64() })).await;
    }

    /// Has the next assignment, or end of one, that is asked for end as FAILED with this reason; several calls queue up.
    pub async fn assignment_fails(&self, reason: &str) {
        self.change("assignment-fails", json!({ "reason": reason })).await;
    }

    /// Has the next end of an assignment fail, as in [`Aws::assignment_fails`].
    pub async fn revocation_fails(&self, reason: &str) {
        self.change("assignment-fails", json!({ "reason": reason, "kind": "deletion" })).await;
    }

    /// Has the next provisioning of a permission set fail, as in [`Aws::assignment_fails`].
    pub async fn provisioning_fails(&self, reason: &str) {
        self.change("assignment-fails", json!({ "reason": reason, "kind": "provisioning" })).await;
    }

    /// Has lists come in pages of at most `items`, whatever is asked for, as AWS reserves to itself.
    pub async fn pages_of(&self, items: usize) {
        self.change("pages", json!({ "items": items })).await;
    }

    /// The codes of devices that wait for a person, oldest first.
    pub async fn waiting_devices(&self) -> Vec<String> {
        self.ask("devices", json!({})).await
    }

    /// Signs a user in on the device that shows a code, as they would in their browser.
    pub async fn confirm_device(&self, user_code: &str, user: &str) {
        self.change("device", json!({ "code": user_code, "user": user })).await;
    }

    /// Denies the device that shows a code.
    pub async fn deny_device(&self, user_code: &str) {
        self.change("device", json!({ "code": user_code })).await;
    }

    /// The user names behind all access tokens that still hold, sorted.
    pub async fn signed_in(&self) -> Vec<String> {
        self.ask("signed-in", json!({})).await
    }

    /// Has AWS refuse more than 20 calls of IAM Identity Center in one second of the world's clock from now on. (More than
    /// ten assignment writes under way are always refused.)
    pub async fn keep_rate_limits(&self) {
        self.change("keep-rate-limits", json!({})).await;
    }

    /// Has AWS refuse more than so many calls of IAM Identity Center in any second of the machine's own time: by it real calls
    /// are paced, while the world's clock stands still.
    pub async fn keep_real_rate(&self, calls: u32) {
        self.change("keep-rate-limits", json!({ "real": calls })).await;
    }

    /// How many calls of the identity store and sso-admin together came in the busiest second of the world's clock, or of the
    /// machine's own time after [`Aws::keep_real_rate`].
    pub async fn busiest_second(&self) -> u32 {
        self.limits().await.busiest_second
    }

    /// How many assignment writes there were under way at most, one that was refused included.
    pub async fn most_outstanding(&self) -> u32 {
        self.limits().await.most_outstanding
    }

    async fn limits(&self) -> Limits {
        self.ask("limits", json!({})).await
    }

    pub(super) async fn made(&self, verb: &str, order: Value) -> String {
        #[derive(Deserialize)]
        struct Made {
            id: String,
        }
        let made: Made = self.ask(verb, order).await;
        made.id
    }
}

#[derive(Deserialize)]
struct Limits {
    busiest_second: u32,
    most_outstanding: u32,
}
