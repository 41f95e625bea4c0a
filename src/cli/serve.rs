//! `watchkeeper serve`

use std::sync::Arc;

use commands::aws::{Aws, AwsSettings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use watchkeeper::bot::{Bot, Ground, StartError};
use watchkeeper::clock::Clock;
use watchkeeper::config::{Config, Environment};
use watchkeeper::store::Store;
use watchkeeper::store::sled::SledStore;

use super::{Answer, Failure, Format, logs};

/// Where roles would be assumed if there were accounts.
const NO_ACCOUNTS: &str = "us-east-1";

/// Runs the bot until it is told to stop.
pub(super) fn serve(environment: &Environment, format: Format) -> Result<Answer, Failure> {
    // One crypto provider for everything, before anybody makes a connection. An error means it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    logs::begin(environment, format)?;
    let config = Config::load(environment)?;
    for finding in config.check(commands::ALL) {
        tracing::warn!("{finding}");
    }
    let clock = Clock::system();
    let store = SledStore::open(&config.data_dir, clock.now()).map_err(|error| Failure(error.to_string()))?;
    let store = Arc::new(store);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::while_doing("starting the runtime", cause))?;
    let served = runtime.block_on(run(&config, clock, Arc::clone(&store) as Arc<dyn Store>));
    let closed = runtime.block_on(store.close()).map_err(|why| Failure::while_doing("closing the store", why));
    served.and(closed).map(|()| Answer::Yes)
}

async fn run(config: &Config, clock: Clock, store: Arc<dyn Store>) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let aws = Aws::connect(aws_settings(config)).await;
    let bot = Bot::start(config, Ground { clock, store, aws, commands: commands::ALL, watches: commands::WATCHES })
        .await
        .map_err(failed)?;
    let platforms: Vec<_> = bot.host().platforms.iter().map(|platform| platform.name()).collect();
    tracing::info!(platforms = platforms.join(", "), store = %config.data_dir.display(), "listening on http://{}", bot.address());
    signals.any().await;
    tracing::info!("stopping; what is in flight is finished first. A second signal stops at once");
    tokio::select! {
        () = bot.stop() => tracing::info!("stopped"),
        () = signals.any() => tracing::warn!("stopped at once; the next start takes up what was in flight"),
    }
    Ok(())
}

fn failed(error: StartError) -> Failure {
    match error {
        StartError::Config(errors) => errors.into(),
        other => Failure(other.to_string()),
    }
}

/// The bot's own identity comes from where the AWS SDK looks for one.
fn aws_settings(config: &Config) -> AwsSettings {
    let first = || config.settings.accounts.first()?.regions.first().cloned();
    let region = config.aws_region.clone().or_else(first).unwrap_or_else(|| NO_ACCOUNTS.to_owned());
    AwsSettings { region, endpoint: config.aws_endpoint.clone(), keys: None }
}

/// The signals that ask a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|cause| Failure::while_doing("listening for signals", cause));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
