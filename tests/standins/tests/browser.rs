//! Goes through the playground in a real browser, as a visitor would; see `tests/browser/playground.mjs`.
#![expect(clippy::expect_used, reason = "this is a test; what it cannot do ends it")]

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The driver's exit code when a tool is missing.
const CANNOT_RUN: i32 = 77;

/// `cargo play` while it runs.
struct Playground {
    process: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Playground {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_playground"))
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting the playground");
        let mut stdout = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut url = None;
        let mut line = String::new();
        while url.is_none() && stdout.read_line(&mut line).expect("reading what it says") > 0 {
            url = line.trim().strip_prefix("The playground is ready: ").map(str::to_owned);
            line.clear();
        }
        Self { process, stdout, url: url.expect("the playground says where it is; its own words are above") }
    }

    /// Presses Ctrl-C and gives what it says at last.
    #[cfg(unix)]
    fn interrupt(mut self) -> String {
        let pressed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        assert!(pressed.is_ok_and(|status| status.success()), "interrupting the playground");
        let mut said = String::new();
        io::Read::read_to_string(&mut self.stdout, &mut said).expect("reading its last words");
        assert!(self.process.wait().expect("waiting for its end").success(), "it ends well: {said}");
        said
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says so where the test harness does not swallow it.
fn not_run(why: &str) {
    writeln!(io::stderr(), "NOT RUN: {}", why.trim()).expect("writing to the terminal");
}

#[cfg(unix)]
#[test]
fn a_visitor_gets_through_the_playground() {
    match Command::new("node").arg("--version").output() {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return not_run("the browser test needs Node.js, and there is no node on the PATH.");
        }
        Err(error) => panic!("starting node: {error}"),
    }
    let playground = Playground::start();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser/playground.mjs");
    let walk = Command::new("node").arg(driver).arg(&playground.url).output().expect("starting the driver");
    let said = format!("{}{}", String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
    if walk.status.code() == Some(CANNOT_RUN) {
        return not_run(&said);
    }
    assert!(walk.status.success(), "{said}");
    let last = playground.interrupt();
    assert!(last.contains("Stopped."), "{last}");
}
