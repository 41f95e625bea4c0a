//! `watchkeeper health`: for a container's health check.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use watchkeeper::config::{Config, Environment};

use super::{Answer, Failure};

/// Longer than a healthy bot ever takes, shorter than any prober's patience.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked.
#[derive(Debug, clap::Args)]
pub(super) struct Probe {
    /// Where it listens; otherwise as configured
    #[arg(long, value_name = "ADDRESS")]
    at: Option<SocketAddr>,
    /// Ask only whether it lives: starting it anew mends nothing where a chat is away
    #[arg(long)]
    live: bool,
}

/// Asks `/health/ready`, or `/health/live`, and prints what it says.
///
/// The configuration is read only where nothing else tells the address: one that is being edited must not make a bot that
/// runs look ill.
pub(super) fn health(environment: &Environment, probe: &Probe, out: &mut dyn Write) -> Result<Answer, Failure> {
    let told = || environment.get("WATCHKEEPER_LISTEN").and_then(|address| address.parse().ok());
    let listen = match probe.at.or_else(told) {
        Some(address) => address,
        None => Config::load(environment)?.listen,
    };
    let address = reachable(listen);
    match ask(address, if probe.live { "/health/live" } else { "/health/ready" }) {
        Ok(said) => {
            let (head, body) = said.split_once("\r\n\r\n").unwrap_or((&said, ""));
            writeln!(out, "{}", body.trim_end())?;
            let well = head.split(' ').nth(1) == Some("200");
            Ok(if well { Answer::Yes } else { Answer::No })
        }
        Err(cause) => {
            writeln!(out, "Nobody answers at http://{address}: {cause}.")?;
            Ok(Answer::No)
        }
    }
}

fn ask(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut line = TcpStream::connect_timeout(&address, PATIENCE)?;
    line.set_read_timeout(Some(PATIENCE))?;
    line.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the server closes the line when it has answered.
    write!(line, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut said = String::new();
    line.read_to_string(&mut said)?;
    Ok(said)
}

/// "Every address" is listened to, but can't be called.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(host, listen.port())
}
