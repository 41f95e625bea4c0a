//! Slack's own Python packages as judges of what the stand-in and the bot say.
//!
//! The packages of `official/requirements.txt` are installed once, into a virtual environment under cargo's target folder.
//! Where that is not possible [`Judge::summon`] says why, and whoever asked says that the check did not run.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/slack/official");
const REQUIREMENTS: &str = include_str!("official/requirements.txt");

/// Checks the blocks of messages (`{"blocks": […]}`) and whole views with `slack_sdk.models`: types, lengths, styles and
/// unknown keys.
///
/// Where the packages cannot be had this says on standard error that nothing was checked, and finds nothing. It blocks
/// the thread, the first time on a machine for some seconds.
///
/// # Errors
/// The SDK's complaints, each with its place.
pub fn validate_blocks(messages: Vec<Value>) -> Result<(), Vec<String>> {
    match Judge::summon() {
        Ok(judge) => judge.validate_blocks(messages),
        Err(why) => {
            // Not `eprintln!`: the test harness would hide it.
            let line = format!("NOT RUN: no message was checked with slack_sdk, since its packages cannot be had: {why}\n");
            let _ = io::stderr().write_all(line.as_bytes());
            Ok(())
        }
    }
}

/// A signed request, for `slack_sdk.signature` to judge.
#[derive(Debug, Clone)]
pub struct SignedRequest<'a> {
    /// The signing secret.
    pub secret: &'a str,
    /// Seconds since 1970, as the header has it.
    pub timestamp: &'a str,
    /// The body.
    pub body: &'a str,
    /// `v0=…`.
    pub signature: &'a str,
}

/// A Python interpreter that has Slack's packages.
#[derive(Debug, Clone)]
pub struct Judge {
    interpreter: PathBuf,
}

impl Judge {
    /// Finds the packages, or installs them with `python3 -m venv` and `pip`.
    ///
    /// # Errors
    /// When there is no Python 3 or the packages cannot be fetched.
    pub fn summon() -> io::Result<Self> {
        let home = home()?;
        let environment = home.join("python");
        let interpreter = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        // Several test binaries may want the packages at once; one of them fetches.
        File::create(home.join("lock"))?.lock()?;
        let stamp = home.join("stamp");
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
            if environment.exists() {
                fs::remove_dir_all(&environment)?;
            }
            let python = if cfg!(windows) { "python" } else { "python3" };
            run(Command::new(python).args(["-m", "venv"]).arg(&environment))?;
            let mut pip = Command::new(&interpreter);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement"]);
            run(pip.arg(Path::new(FOLDER).join("requirements.txt")))?;
            fs::write(stamp, REQUIREMENTS)?;
        }
        Ok(Self { interpreter })
    }

    /// A command that runs one of the scripts in `official/` with these packages.
    #[must_use]
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.interpreter);
        command.arg("-B").arg(Path::new(FOLDER).join(name));
        command
    }

    /// Checks messages and views; see [`validate_blocks`].
    ///
    /// # Errors
    /// The SDK's complaints, each with its place.
    pub fn validate_blocks(&self, messages: Vec<Value>) -> Result<(), Vec<String>> {
        self.judge(&json!({"messages": messages}))
    }

    /// Checks a signature at the moment of its timestamp.
    ///
    /// # Errors
    /// The SDK's complaint.
    pub fn verify_signature(&self, request: &SignedRequest<'_>) -> Result<(), Vec<String>> {
        let SignedRequest { secret, timestamp, body, signature } = request;
        let signed = json!({"secret": secret, "timestamp": timestamp, "body": body, "signature": signature});
        self.judge(&json!({"signatures": [signed]}))
    }

    fn judge(&self, evidence: &Value) -> Result<(), Vec<String>> {
        let verdict = self.ask(evidence).and_then(|said| Ok(serde_json::from_slice::<Vec<String>>(&said)?));
        match verdict {
            Ok(complaints) if complaints.is_empty() => Ok(()),
            Ok(complaints) => Err(complaints),
            Err(error) => Err(vec![format!("judge.py gave no verdict: {error}")]),
        }
    }

    fn ask(&self, evidence: &Value) -> io::Result<Vec<u8>> {
        let mut script = self.script("judge.py");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(evidence.to_string().as_bytes())?;
        }
        Ok(child.wait_with_output()?.stdout)
    }
}

/// The folder for the packages, under cargo's target folder.
fn home() -> io::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    // Cargo marks its target folder with this file, wherever it is.
    let target = executable.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let target = target.ok_or_else(|| io::Error::other("this program does not lie in cargo's target folder"))?;
    let home = target.join("standins-slack");
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
