//! The real Alertmanager, of Debian's package `prometheus-alertmanager`, as the judge of the stand-in.
//!
//! It is taken where it is installed, else fetched once with `apt-get download` into a folder under cargo's target folder,
//! which needs no rights. Debian's program reads its templates below `/usr/share`, so it is run where that is its own: in a
//! mount namespace. Where any of this can't be had [`Program::summon`] says why, and [`Program::if_here`] that it was not run.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

const PACKAGE: &str = "prometheus-alertmanager";
/// Real time after which it has not started.
const PATIENCE: Duration = Duration::from_secs(20);
/// Gives the program a `/usr/share` that holds what its package has there.
const HOUSED: &str = r#"mount -t tmpfs none /usr/share && ln -s "$0" /usr/share/prometheus && exec "$@""#;

/// The program.
#[derive(Debug, Clone)]
pub struct Program {
    binary: PathBuf,
    /// What its package has below `/usr/share/prometheus`; none where it is installed.
    share: Option<PathBuf>,
}

/// It, running; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    url: String,
    client: reqwest::Client,
    folder: TempDir,
}

impl Program {
    /// Finds it, or fetches it. Blocks, the first time on a machine for some seconds.
    ///
    /// # Errors
    /// When it can't be had, or can't be run here.
    pub fn summon() -> io::Result<Self> {
        for name in [PACKAGE, "alertmanager"] {
            if run(Command::new(name).arg("--version")).is_ok() {
                return Ok(Self { binary: name.into(), share: None });
            }
        }
        let home = home()?;
        // Several test binaries may want it at once; one of them fetches.
        let lock = File::create(home.join("lock"))?;
        lock.lock()?;
        let binary = home.join("package/usr/bin").join(PACKAGE);
        if !binary.is_file() {
            fetch(&home)?;
        }
        let found = Self { binary, share: Some(home.join("package/usr/share/prometheus")) };
        run(found.command().arg("--version"))?;
        Ok(found)
    }

    /// The same; where there is none it says so on the standard error: what `was_not` done, and why.
    #[must_use]
    pub fn if_here(was_not: &str) -> Option<Self> {
        match Self::summon() {
            Ok(found) => Some(found),
            Err(why) => {
                // Not `eprintln!`: the test harness would hide it.
                let line = format!("NOT RUN: {was_not}, since the real Alertmanager cannot be had: {why}\n");
                // Where nothing can be said there is nobody to hear it.
                let _ = io::stderr().write_all(line.as_bytes());
                None
            }
        }
    }

    fn command(&self) -> Command {
        let Some(share) = &self.share else { return Command::new(&self.binary) };
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", HOUSED]).arg(share).arg(&self.binary);
        command
    }

    /// Starts it, telling `webhook` with the bearer token `token` of alerts by their `alertname`.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(&self, webhook: &str, token: &str) -> io::Result<Running> {
        let folder = tempfile::tempdir()?;
        let config = configure(folder.path(), webhook, token)?;
        // The port is free a moment ago; nobody else is likely to take it within this one.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = self
            .command()
            .arg(argument("--config.file=", &config))
            .arg(argument("--storage.path=", &folder.path().join("data")))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(File::create(folder.path().join("log"))?))
            .spawn()?;
        let client = reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?;
        let running = Running { child, url: format!("http://{address}"), client, folder };
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let up = async {
            let status = format!("{}/api/v2/status", running.url);
            while running.client.get(&status).send().await.is_err() {
                looks.tick().await;
            }
        };
        match tokio::time::timeout(PATIENCE, up).await {
            Ok(()) => Ok(running),
            Err(_) => Err(io::Error::other(fs::read_to_string(running.folder.path().join("log")).unwrap_or_default())),
        }
    }
}

impl Running {
    /// Its address, without `/api/v2`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Tells `webhook` with the bearer token `token` from now on: its configuration is written anew, and read.
    ///
    /// # Errors
    /// When it does not take the configuration.
    pub async fn tells(&self, webhook: &str, token: &str) -> io::Result<()> {
        configure(self.folder.path(), webhook, token)?;
        self.ask(self.client.post(format!("{}/-/reload", self.url))).await?;
        Ok(())
    }

    /// Is told of an alert, as by Prometheus; with `ends`, that it is over then.
    ///
    /// # Errors
    /// When it does not take it.
    pub async fn hears(&self, labels: &[(&str, &str)], ends: Option<Timestamp>) -> io::Result<()> {
        let labels: BTreeMap<_, _> = labels.iter().copied().collect();
        let mut alert = json!({ "labels": labels });
        if let Some(ends) = ends {
            alert["endsAt"] = format!("{ends:.3}").into();
        }
        self.ask(self.client.post(format!("{}/api/v2/alerts", self.url)).json(&json!([alert]))).await?;
        Ok(())
    }

    /// What its API lists: `alerts` or `silences`.
    ///
    /// # Errors
    /// When it gives no list.
    pub async fn lists(&self, what: &str) -> io::Result<Vec<Value>> {
        let answer = self.ask(self.client.get(format!("{}/api/v2/{what}", self.url))).await?;
        answer.json().await.map_err(io::Error::other)
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> io::Result<reqwest::Response> {
        let answer = request.timeout(PATIENCE).send().await.map_err(io::Error::other)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        Err(io::Error::other(format!("it answered {status}: {}", answer.text().await.unwrap_or_default())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CONFIG: &str = r#"
route:
  receiver: bot
  group_by: ["alertname"]
  group_wait: 200ms
  group_interval: 500ms
  repeat_interval: 4h
receivers:
  - name: bot
    webhook_configs:
      - url: WEBHOOK
        send_resolved: true
        http_config:
          authorization:
            credentials: TOKEN
"#;

fn configure(folder: &Path, webhook: &str, token: &str) -> io::Result<PathBuf> {
    let config = folder.join("alertmanager.yml");
    fs::write(&config, CONFIG.replace("WEBHOOK", webhook).replace("TOKEN", token))?;
    Ok(config)
}

fn argument(name: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(name);
    argument.push(path);
    argument
}

/// Fetches the package and unpacks it, all below `home`.
fn fetch(home: &Path) -> io::Result<()> {
    let (lists, cache) = (home.join("lists"), home.join("cache"));
    fs::create_dir_all(lists.join("partial"))?;
    fs::create_dir_all(cache.join("archives/partial"))?;
    let apt = |lists: &[&OsStr], what: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(home).arg("-o").arg(argument("Dir::Cache=", &cache)).args(["-o", "APT::Sandbox::User="]);
        run(command.args(lists).args(what))
    };
    if apt(&[], &["download", "--quiet", PACKAGE]).is_err() {
        // The machine's own lists of packages are missing or old: lists of our own need no rights.
        let own = argument("Dir::State::Lists=", &lists);
        let own = [OsStr::new("-o"), own.as_os_str()];
        apt(&own, &["update", "--quiet"])?;
        apt(&own, &["download", "--quiet", PACKAGE])?;
    }
    let is_package = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
    let mut packages = fs::read_dir(home)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_package);
    let package = packages.next().ok_or_else(|| io::Error::other("apt-get left no package behind"))?;
    let unpacked = home.join("package.new");
    run(Command::new("dpkg").arg("-x").arg(&package).arg(&unpacked))?;
    fs::rename(unpacked, home.join("package"))
}

/// The folder for the package, under cargo's target folder.
fn home() -> io::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    // Cargo marks its target folder with this file, wherever it is.
    let target = executable.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let target = target.ok_or_else(|| io::Error::other("this program does not lie in cargo's target folder"))?;
    let home = target.join("standins-alertmanager");
    fs::create_dir_all(&home)?;
    Ok(home)
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} ended with {}", String::from_utf8_lossy(&output.stderr).trim())))
}
