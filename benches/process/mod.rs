//! The real binary as a process, for benchmarks: started with a configuration, asked how it is, killed.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use standins::aws::BASE_ACCESS_KEY;
use standins::slack::Slack;

/// How long anything may take to come.
const PATIENCE: Duration = Duration::from_secs(300);

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
    /// Starts it with its configuration and data in `folder` and more variables, and waits until it listens.
    pub(crate) async fn start(folder: &Path, slack: &Slack, aws: &str, variables: &[(&str, &str)]) -> Self {
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
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let bot = Self { address, child, client: reqwest::Client::builder().no_proxy().build().unwrap() };
        bot.until(Duration::from_millis(5), async || bot.says("/health/live").await.is_some()).await;
        bot
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the kernel says it has in memory.
    pub(crate) fn resident(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown").trim().to_owned()
    }

    /// Returns once something holds, looking every `gap`.
    pub(crate) async fn until(&self, gap: Duration, holds: impl AsyncFn() -> bool) {
        let (began, mut looks) = (Instant::now(), tokio::time::interval(gap));
        while !holds().await {
            assert!(began.elapsed() < PATIENCE, "it does not come to that");
            looks.tick().await;
        }
    }

    /// What it answers at a path; none where it does not.
    pub(crate) async fn says(&self, path: &str) -> Option<String> {
        self.client.get(format!("{}{path}", self.url())).send().await.ok()?.text().await.ok()
    }
}
