//! The two bots, each a process of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Slack's signing secret.
pub(crate) const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// Several accounts, as there are: the policy is asked for each project and environment a command may touch.
const CONFIG: &str = r#"
[slack]
transport = "http"

[[accounts]]
id = "111111111111"
name = "shop-prod"
project = "shop"
env = "prod"
regions = ["eu-central-1"]

[[accounts]]
id = "222222222222"
name = "shop-dev"
project = "shop"
env = "dev"
regions = ["eu-central-1"]

[[accounts]]
id = "333333333333"
name = "bank-prod"
project = "bank"
env = "prod"
regions = ["eu-central-1"]
"#;
const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre", "dba"]

[[people]]
id = "ben"
name = "Ben Wu"
email = "ben@example.com"
groups = ["dba"]
"#;

/// A bot that runs; it is killed where it is not stopped.
pub(crate) struct Running {
    /// Where it takes commands.
    pub(crate) address: SocketAddr,
    /// When it was started.
    pub(crate) began: Instant,
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(command: &mut Command, address: SocketAddr) -> Self {
        command.stdin(Stdio::null());
        let began = Instant::now();
        Self { address, began, child: command.spawn().unwrap() }
    }

    /// What the kernel says the process has in memory.
    pub(crate) fn resident(&self) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown");
        line.trim().to_owned()
    }

    /// The processor time it has taken so far, in user and in kernel mode, all threads together.
    pub(crate) fn processor(&self) -> Processor {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name stands in parentheses and may hold anything; `utime` and `stime` are the 12th and 13th field after it.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |at: usize| Duration::from_millis(10) * fields[at].parse().unwrap();
        Processor { user: ticks(11), kernel: ticks(12) }
    }

    /// How long it takes from now until the bot has delivered this many answers.
    pub(crate) fn until_answered(&self, count: usize) -> Duration {
        let began = Instant::now();
        while self.answers() < count {
            assert!(began.elapsed() < Duration::from_secs(60), "{} of {count} answers were delivered", self.answers());
            std::thread::park_timeout(Duration::from_millis(20));
        }
        began.elapsed()
    }

    /// How many answers were delivered since its start.
    pub(crate) fn answers(&self) -> usize {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let delivered = |line: &str| line.strip_prefix("watchkeeper_messages_total{outcome=\"delivered\"} ")?.trim().parse().ok();
        text.lines().find_map(delivered).unwrap_or(0)
    }

    /// Ends it gracefully. Bolt prints how many rows it has then.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

/// Processor time, counted by Linux in hundredths of a second.
#[derive(Clone, Copy, Default)]
pub(crate) struct Processor {
    pub(crate) user: Duration,
    pub(crate) kernel: Duration,
}

impl Processor {
    /// What was taken since `before`, added to this.
    pub(crate) fn add(&mut self, before: Self, after: Self) {
        self.user += after.user - before.user;
        self.kernel += after.kernel - before.kernel;
    }
}

/// The real binary.
pub(crate) struct Watchkeeper;

impl Watchkeeper {
    /// Starts it with its data in `dir` and its Slack at `slack`.
    pub(crate) fn start(dir: &Path, slack: SocketAddr) -> Running {
        fs::create_dir_all(dir).unwrap();
        let written = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
        written("watchkeeper.toml", CONFIG);
        written("people.toml", PEOPLE);
        let address = free();
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchkeeper"));
        command
            .arg("serve")
            .env("WATCHKEEPER_CONFIG", dir.join("watchkeeper.toml"))
            .env("WATCHKEEPER_DATA_DIR", dir.join("data"))
            .env("WATCHKEEPER_LISTEN", address.to_string())
            .env("SLACK_API_URL", format!("http://{slack}/api"))
            .env("SLACK_BOT_TOKEN", "xoxb-bench")
            .env("SLACK_SIGNING_SECRET", SECRET)
            .env("WATCHKEEPER_LOG", "error");
        Running::start(&mut command, address)
    }
}

/// `bolt/bot.js`.
pub(crate) struct Bolt;

impl Bolt {
    /// Starts it with its data in `dir`, after installing its packages in `place`.
    pub(crate) fn start(dir: &Path, place: &Path) -> Running {
        fs::create_dir_all(dir).unwrap();
        let bot = installed(place).join("bot.js");
        let address = free();
        let mut command = Command::new("node");
        command
            .arg(bot)
            .env("NODE_ENV", "production")
            .env("DATABASE", dir.join("audit.sqlite"))
            .env("PORT", address.port().to_string())
            .env("SLACK_SIGNING_SECRET", SECRET);
        Running::start(&mut command, address)
    }
}

fn installed(place: &Path) -> PathBuf {
    let (source, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/acknowledge/bolt"), place.join("bolt"));
    fs::create_dir_all(&folder).unwrap();
    for name in ["bot.js", "package.json", "package-lock.json"] {
        fs::copy(source.join(name), folder.join(name)).unwrap();
    }
    if !folder.join("node_modules").exists() {
        let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status();
        assert!(npm.is_ok_and(|npm| npm.success()), "npm, which comes with Node.js, could not install Bolt");
    }
    folder
}

/// An address nobody listens at.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
