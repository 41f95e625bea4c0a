//! The Python side: its packages, fetched once, and its process.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where the package `aws` lies: the folder of this crate.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Starts the Python process and reads where its control endpoint is.
///
/// Blocks; the first time on a machine for some 15 s, while packages are fetched. `progress` is
/// told what is going on in plain sentences.
pub(super) fn start(progress: &dyn Fn(&str)) -> io::Result<(Child, String)> {
    let home = home()?;
    let python = environment(&home, progress)?;
    let mut child = Command::new(python)
        .args(["-m", "aws"])
        .current_dir(SOURCES)
        .env("PYTHONPYCACHEPREFIX", home.join("bytecode"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().ok_or_else(|| lost("its output"))?;
    let control = read_control(stdout)?;
    Ok((child, control))
}

fn read_control(stdout: ChildStdout) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    serde_json::from_str::<serde_json::Value>(&line)
        .ok()
        .and_then(|said| said["control"].as_str().map(str::to_owned))
        .ok_or_else(|| lost("where its control endpoint is; its own words are above"))
}

fn lost(what: &str) -> io::Error {
    io::Error::other(format!("the AWS stand-in did not say {what}"))
}

/// The folder for fetched packages, under cargo's target folder.
fn home() -> io::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    // Cargo marks its target folder so that backups skip it; the mark finds it wherever it is.
    let target = executable
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map_or_else(|| Path::new(SOURCES).join("../../target"), Path::to_owned);
    let home = target.join("standins-aws");
    fs::create_dir_all(&home)?;
    Ok(home)
}

/// The interpreter of a virtual environment that holds exactly the pinned packages.
fn environment(home: &Path, progress: &dyn Fn(&str)) -> io::Result<PathBuf> {
    let environment = home.join("python");
    let interpreter = if cfg!(windows) { environment.join("Scripts/python.exe") } else { environment.join("bin/python") };
    // Test binaries and the playground may start at once; one of them fetches.
    let lock = File::create(home.join("lock"))?;
    if lock.try_lock().is_err() {
        progress("waiting for another program that fetches the AWS stand-in's Python packages…");
        lock.lock()?;
    }
    let stamp = home.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == REQUIREMENTS) && interpreter.is_file() {
        return Ok(interpreter);
    }
    progress("fetching the AWS stand-in's Python packages (about 15 s, only this once)…");
    if environment.exists() {
        fs::remove_dir_all(&environment)?;
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    run(
        Command::new(python).args(["-m", "venv"]).arg(&environment),
        "Python 3.10 or newer with its venv module is needed (on Debian: apt install python3-venv)",
    )?;
    run(
        Command::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-input", "--requirement"])
            .arg(Path::new(SOURCES).join("aws/requirements.txt")),
        "pip could not install the packages of tests/standins/aws/requirements.txt",
    )?;
    fs::write(stamp, REQUIREMENTS)?;
    Ok(interpreter)
}

fn run(command: &mut Command, otherwise: &str) -> io::Result<()> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| io::Error::new(error.kind(), format!("{otherwise}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{otherwise}:\n{}", said.trim())))
}
