//! The program as a process: started in a folder of its own, with nothing of this test's environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// How one run of the program ended.
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) out: String,
    /// What it complained of.
    pub(crate) err: String,
}

/// A folder the program runs in, and its environment.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Program {
    /// The program in an empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: BTreeMap::new() }
    }

    /// Writes a file into its folder.
    #[must_use]
    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts `serve`, and returns once it listens.
    pub(crate) async fn serve(&self) -> Serving {
        let mut child = self.command(&["serve"]).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let address = tokio::time::timeout(std::time::Duration::from_secs(20), listens(child.stderr.take().unwrap(), &log)).await;
        let said = || log.lock().unwrap().clone();
        let address = address.ok().flatten().unwrap_or_else(|| panic!("it does not listen; its log:\n{}", said()));
        Serving { child, address, log }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchkeeper"));
        command.args(arguments).current_dir(self.folder()).env_clear().envs(&self.environment).stdin(Stdio::null());
        command
    }
}

/// Reads the log until it says where the bot listens, and goes on reading so that the bot can go on writing.
async fn listens(log: impl AsyncRead + Unpin + Send + 'static, kept: &Arc<Mutex<String>>) -> Option<String> {
    let mut lines = BufReader::new(log).lines();
    let keep = |kept: &Mutex<String>, line: &str| kept.lock().unwrap().extend([line, "\n"]);
    while let Ok(Some(line)) = lines.next_line().await {
        keep(kept, &line);
        let Some((_, address)) = line.split_once("listening on http://") else { continue };
        let address = address.split(' ').next().map(str::to_owned);
        let kept = Arc::clone(kept);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                keep(&kept, &line);
            }
        });
        return address;
    }
    None
}

/// The bot while it runs.
pub(crate) struct Serving {
    child: Child,
    /// Where it listens: `127.0.0.1:40123`.
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// Ends it at once, as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to stop, and returns its exit code.
    pub(crate) async fn terminate(mut self) -> i32 {
        let id = self.child.id().unwrap();
        let asked = Command::new("sh").arg("-c").arg(format!("kill -TERM {id}")).status().await.unwrap();
        assert!(asked.success());
        let status = self.child.wait().await.unwrap();
        status.code().unwrap_or_else(|| panic!("{status}; its log:\n{}", self.log()))
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the bot's log:\n{}", self.log());
        }
    }
}
