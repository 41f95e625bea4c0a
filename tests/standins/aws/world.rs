//! One isolated AWS and everything a test can do to it.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::database::{Cluster, Database};
use super::fault::{Fault, FaultId};
use super::gateway::Gateway;

/// An AWS of its own: accounts, databases, clock, faults and call log that no other test sees.
///
/// It is gone when this value is dropped. All methods panic when the stand-in refuses what is
/// asked of it, with its reason: that is a mistake in the test.
#[derive(Debug)]
pub struct Aws {
    control: String,
    id: u64,
    url: String,
    client: reqwest::Client,
}

/// What a database or cluster is like at the moment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct State {
    /// The engine version.
    pub version: String,
    /// The status, such as `available` or `upgrading`.
    pub status: String,
    /// Whether clients could connect.
    pub reachable: bool,
    /// The parameter group in use.
    pub parameter_group: String,
    /// Modifications that wait, by their names in AWS's `PendingModifiedValues`.
    pub pending: serde_json::Map<String, Value>,
    /// The ARN.
    pub arn: String,
}

/// How the next engine upgrade of a database goes, other than well.
#[derive(Debug, Clone, PartialEq)]
pub enum Upgrade {
    /// It is rolled back; the database is available with its old version, an event says why.
    Fails {
        /// What the event says.
        reason: String,
    },
    /// It succeeds, but the database cannot start: status `incompatible-parameters`.
    IncompatibleParameters,
    /// It succeeds and takes this many times as long.
    Slow {
        /// The factor.
        factor: f64,
    },
}

impl Aws {
    /// A new world whose clock stands still at `now`, in this program's shared gateway.
    pub async fn start(now: Timestamp) -> Aws {
        Gateway::shared().await.world(now).await
    }

    pub(super) async fn create(control: &str, now: Timestamp) -> Aws {
        #[derive(Deserialize)]
        struct Made {
            id: u64,
            url: String,
        }
        // A client of its own: connections belong to the runtime of the test that made them.
        let client =
            reqwest::Client::builder().no_proxy().build().unwrap_or_else(|error| panic!("making an HTTP client: {error}"));
        let made: Made = post(&client, &format!("{control}/worlds"), json!({ "now": now })).await;
        Aws { control: control.to_owned(), id: made.id, url: made.url, client }
    }

    /// The endpoint for all services, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Moves the clock forward to `now`, where it stands still; what is due on the way happens.
    pub async fn set_clock(&self, now: Timestamp) {
        self.change("clock", json!({ "now": now })).await;
    }

    /// Moves the clock to `now` and lets it run, `pace` seconds for each real second.
    pub async fn run_clock(&self, now: Timestamp, pace: f64) {
        self.change("clock", json!({ "now": now, "pace": pace })).await;
    }

    /// When something changes next by itself, if anything is under way.
    pub async fn next_event(&self) -> Option<Timestamp> {
        #[derive(Deserialize)]
        struct Next {
            next: Option<Timestamp>,
        }
        let upcoming: Next = self.ask("next", json!({})).await;
        upcoming.next
    }

    /// How long things take from now on: seconds by name, as listed in `rds/state.py` and `ecs/state.py`.
    pub async fn durations(&self, seconds: &[(&str, f64)]) {
        let order: serde_json::Map<String, Value> =
            seconds.iter().map(|(name, seconds)| ((*name).to_owned(), json!(seconds))).collect();
        self.change("durations", order.into()).await;
    }

    /// Puts a DB instance there: `aws.database("orders", "mysql", "8.0.35").multi_az().await`.
    pub fn database(&self, id: &str, engine: &str, version: &str) -> Database<'_> {
        Database::new(self, id, engine, version)
    }

    /// Puts a cluster there: Aurora, or Multi-AZ if the engine is not Aurora's.
    pub fn cluster(&self, id: &str, engine: &str, version: &str) -> Cluster<'_> {
        Cluster::new(self, id, engine, version)
    }

    /// Puts a parameter group there that no database uses yet; `family` is such as `mysql8.4`.
    pub async fn parameter_group(&self, name: &str, family: &str) {
        self.change("parameter-group", json!({ "name": name, "family": family })).await;
    }

    /// Has a maintenance action, such as `system-update` or `db-upgrade`, wait for a database.
    pub async fn pending_maintenance(&self, id: &str, action: &str) {
        self.change("maintenance", json!({ "id": id, "action": action })).await;
    }

    /// Puts many there: JSON with `databases`, `clusters`, `parameter_groups` and `services`, as in [`super::ESTATE`].
    ///
    /// # Panics
    /// When the text is no such JSON.
    pub async fn estate(&self, json: &str) {
        let order = serde_json::from_str(json).unwrap_or_else(|error| panic!("the estate is not JSON: {error}"));
        self.change("estate", order).await;
    }

    /// What a database or cluster is like; the identifier must be used in one place only.
    pub async fn state(&self, id: &str) -> State {
        self.ask("state", json!({ "id": id })).await
    }

    /// The engine version of a database or cluster.
    pub async fn version(&self, id: &str) -> String {
        self.state(id).await.version
    }

    /// The status of a database or cluster.
    pub async fn status(&self, id: &str) -> String {
        self.state(id).await.status
    }

    /// Changes a database behind everybody's back, as a colleague in the console would: fields by
    /// their names in `rds/state.py`, such as `json!({ "version": "8.0.36" })`.
    pub async fn alter(&self, id: &str, fields: Value) {
        self.change("change", json!({ "id": id, "set": fields })).await;
    }

    /// Takes a database away, as if it had been deleted.
    pub async fn remove(&self, id: &str) {
        self.change("remove", json!({ "id": id })).await;
    }

    /// Decides how the next engine upgrade of a database goes.
    pub async fn next_upgrade(&self, id: &str, upgrade: Upgrade) {
        let order = match upgrade {
            Upgrade::Fails { reason } => json!({ "id": id, "kind": "fail", "reason": reason }),
            Upgrade::IncompatibleParameters => {
                json!({ "id": id, "kind": "incompatible-parameters" })
            }
            Upgrade::Slow { factor } => json!({ "id": id, "kind": "slow", "factor": factor }),
        };
        self.change("outcome", order).await;
    }

    /// Has a role be missing in an account (AWS does not tell that apart from not trusting the bot).
    pub async fn refuse_role(&self, account: &str, role: &str) {
        let order = json!({ "account": account, "role": role, "refused": true });
        self.change("role", order).await;
    }

    /// Has a role be assumable again.
    pub async fn allow_role(&self, account: &str, role: &str) {
        let order = json!({ "account": account, "role": role, "refused": false });
        self.change("role", order).await;
    }

    /// Orders trouble.
    pub async fn fault(&self, fault: Fault) -> FaultId {
        #[derive(Deserialize)]
        struct Made {
            id: u64,
        }
        let made: Made = self.ask("fault", json!(fault)).await;
        FaultId(made.id)
    }

    /// Lets the answers go that a [`Fault::delay`] holds back, and ends it.
    pub async fn release(&self, fault: FaultId) {
        self.change("release", json!({ "id": fault.0 })).await;
    }

    /// Ends all trouble; answers held back go out.
    pub async fn clear_faults(&self) {
        self.change("clear-faults", json!({})).await;
    }

    /// Every call so far, in the order of arrival.
    pub async fn calls(&self) -> Vec<Call> {
        self.ask("calls", json!({})).await
    }

    /// The calls so far that ask for a change.
    pub async fn writes(&self) -> Vec<Call> {
        let mut calls = self.calls().await;
        calls.retain(|call| call.write);
        calls
    }

    /// What AWS's models forbid and was asked or answered all the same; a good test ends with none.
    pub async fn violations(&self) -> Vec<String> {
        self.ask("violations", json!({})).await
    }

    /// Ends this world and waits until it answers no more; dropping the value does not wait.
    pub async fn forget(self) {
        let url = format!("{}/worlds/{}", self.control, self.id);
        if let Err(error) = self.client.delete(url).send().await {
            panic!("the AWS stand-in cannot be reached: {error}");
        }
    }

    pub(super) async fn change(&self, verb: &str, order: Value) {
        let _: Value = self.ask(verb, order).await;
    }

    pub(super) async fn ask<T: DeserializeOwned>(&self, verb: &str, order: Value) -> T {
        let url = format!("{}/worlds/{}/{verb}", self.control, self.id);
        post(&self.client, &url, order).await
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        // The runtime may be gone by now, so one request by hand; nobody waits for its answer.
        let Some(address) = self.control.strip_prefix("http://") else {
            return;
        };
        let Some(peer) = address.parse().ok() else {
            return;
        };
        if let Ok(mut line) = TcpStream::connect_timeout(&peer, Duration::from_millis(200)) {
            let _ = write!(line, "DELETE /worlds/{} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n", self.id);
        }
    }
}

async fn post<T: DeserializeOwned>(client: &reqwest::Client, url: &str, order: Value) -> T {
    let answer = match client.post(url).json(&order).send().await {
        Ok(answer) => answer,
        Err(error) => panic!("the AWS stand-in cannot be reached: {error}"),
    };
    let accepted = answer.status().is_success();
    let body = answer.text().await.unwrap_or_default();
    assert!(accepted, "the AWS stand-in refused {url}: {body}\nasked: {order}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("the AWS stand-in's answer to {url}: {error}: {body}"))
}
