//! The real binary with a large organisation to look after.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use standins::aws::BASE_ACCESS_KEY;
use standins::slack::Slack;

const CONFIG: &str = r##"
[slack]
transport = "http"

[channels]
default = "#ops"

[aws]
region = "eu-west-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"

[identity_center]
account = "888877776666"
name = "identity"
region = "eu-west-1"
management = "999988887777"
"##;
const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre"]
"#;

/// How long reading everybody may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Writes the configuration with these accounts: number, name and environment. Four accounts in a row and their environments
/// are of a project each.
pub(crate) fn configure(folder: &Path, accounts: impl Iterator<Item = (String, String, &'static str)>) {
    let mut config = CONFIG.to_owned();
    for (number, name, env) in accounts {
        let project = name.trim_end_matches(env).trim_end_matches('-');
        let account =
            format!("id = {number:?}\nname = {name:?}\nproject = {project:?}\nenv = {env:?}\nregions = [\"eu-west-1\"]");
        writeln!(config, "\n[[accounts]]\n{account}").unwrap();
    }
    std::fs::write(folder.join("watchkeeper.toml"), config).unwrap();
    std::fs::write(folder.join("people.toml"), PEOPLE).unwrap();
}

/// A bot that runs; it is killed where it is dropped.
pub(crate) struct Bot {
    address: SocketAddr,
    child: Child,
    client: reqwest::Client,
}

impl Drop for Bot {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bot {
    /// Starts it with its data in `folder`, and waits until it listens.
    pub(crate) async fn start(folder: &Path, slack: &Slack, aws: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_watchkeeper"))
            .arg("serve")
            .env("WATCHKEEPER_CONFIG", folder.join("watchkeeper.toml"))
            .env("WATCHKEEPER_DATA_DIR", folder.join("data"))
            .env("WATCHKEEPER_LISTEN", address.to_string())
            .env("WATCHKEEPER_LOG", "error")
            .env("SLACK_API_URL", slack.api_url())
            .env("SLACK_BOT_TOKEN", slack.bot_token())
            .env("SLACK_SIGNING_SECRET", slack.signing_secret())
            .env("AWS_ENDPOINT_URL", aws)
            .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", "standin")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let bot = Self { address, child, client: reqwest::Client::builder().no_proxy().build().unwrap() };
        bot.until(Duration::from_millis(5), async || bot.says("/health/live").await.is_some()).await;
        bot
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(self) {}

    /// What it says of its people and how long ago they were read.
    pub(crate) async fn directory(&self) -> String {
        let ready: serde_json::Value = serde_json::from_str(&self.says("/health/ready").await.unwrap_or_default()).unwrap();
        ready["directory"]["words"].as_str().unwrap_or("nothing").to_owned()
    }

    /// Returns once everybody was read.
    pub(crate) async fn until_read(&self) {
        self.until(Duration::from_millis(100), async || self.directory().await.contains("as of just now")).await;
    }

    /// What the kernel says it has in memory.
    pub(crate) fn resident(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown").trim().to_owned()
    }

    async fn until(&self, gap: Duration, holds: impl AsyncFn() -> bool) {
        let (began, mut looks) = (Instant::now(), tokio::time::interval(gap));
        while !holds().await {
            assert!(began.elapsed() < PATIENCE, "it does not come to that");
            looks.tick().await;
        }
    }

    async fn says(&self, path: &str) -> Option<String> {
        self.client.get(format!("{}{path}", self.url())).send().await.ok()?.text().await.ok()
    }
}
