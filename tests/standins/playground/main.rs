//! The playground: the real bot between stand-ins for Slack, Discord, AWS and Alertmanager, and a page to chat on. `cargo play`
//! starts it.
//!
//! `stage` starts and stops everything, `cast` says who and what is there, `moving` is the clock that can be moved on,
//! `routes` is what the page asks for beyond the chat, `tour` is the guided tour.
#![expect(clippy::expect_used, reason = "a playground that cannot go on ends, saying why")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to whoever started it in a terminal")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod cast;
mod moving;
mod routes;
mod stage;
mod tour;

use stage::{Over, Stage};

/// The port that is tried first, and how many after it.
const PORTS: std::ops::Range<u16> = 8090..8110;

/// Starts the real bot between stand-ins for Slack, Discord, AWS and Alertmanager, and a page to chat on.
#[derive(Debug, Parser)]
#[command(name = "cargo play")]
struct Options {
    /// The page's port; the first free one from 8090 on if left out
    #[arg(long)]
    port: Option<u16>,
    /// Keep the bot's configuration and data in this folder, to look into them; it must be new or empty
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Let Slack reach the bot with signed HTTP requests; Socket Mode if left out
    #[arg(long)]
    http: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let filter = tracing_subscriber::EnvFilter::new("warn");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match play(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("The playground did not start. {why}");
            ExitCode::FAILURE
        }
    }
}

async fn play(options: Options) -> Result<(), String> {
    let address = free_address(options.port)?;
    let over = if options.http { Over::Http } else { Over::Sockets };
    let stage = Stage::set(address, options.data, over).await?;
    println!("\nThe playground is ready: {}", stage.url());
    println!("Open it in a browser; the tour on the page shows what to try. Ctrl-C ends it.");
    interrupted().await;
    println!("\nStopping: the bot finishes what it has begun…");
    println!("{}", stage.strike().await);
    Ok(())
}

/// The address of the page, free a moment ago.
fn free_address(port: Option<u16>) -> Result<SocketAddr, String> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    match port {
        Some(port) => Some(local(port))
            .filter(is_free)
            .ok_or_else(|| format!("Port {port} is taken by another program. Name another with --port, or leave it out.")),
        None => PORTS.map(local).find(is_free).ok_or_else(|| {
            format!("The ports from {} to {} are all taken. Name a free one with --port.", PORTS.start, PORTS.end - 1)
        }),
    }
}

/// Returns when the playground is asked to end: by Ctrl-C, or as a service is stopped.
async fn interrupted() {
    let asked = async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut asked) = signal(SignalKind::terminate()) {
                asked.recv().await;
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.expect("listening for Ctrl-C"),
        () = asked => {}
    }
}
