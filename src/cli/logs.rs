//! What is logged, and how it looks.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use watchkeeper::config::Environment;

use super::{Failure, Format};

/// Parts of serenity that write whole events down, with the tokens by which they are answered: silent unless they are asked
/// for by name.
const QUIET: &str = "serenity::gateway::ws=off,serenity::gateway::shard=off,serenity::client::dispatch=off";

/// Begins to log to standard error what `WATCHKEEPER_LOG` asks for.
pub(super) fn begin(environment: &Environment, format: Format) -> Result<(), Failure> {
    let wanted = environment.get("WATCHKEEPER_LOG").unwrap_or("info");
    let filter = filter(wanted).map_err(|cause| Failure(format!("WATCHKEEPER_LOG is {wanted:?}: {cause}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let begun = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().try_init(),
    };
    begun.map_err(|cause| Failure::while_doing("beginning to log", cause))
}

fn filter(wanted: &str) -> Result<EnvFilter, ParseError> {
    // Of two words about the same part the later one counts.
    EnvFilter::try_new(format!("{QUIET},{wanted}"))
}

#[cfg(test)]
mod tests {
    use tracing::{Level, enabled};

    use super::*;

    #[test]
    fn events_of_the_gateway_stay_out_of_the_log() {
        let lines = |wanted| tracing_subscriber::fmt().with_env_filter(filter(wanted).unwrap()).with_writer(io::sink).finish();
        tracing::subscriber::with_default(lines("debug"), || {
            assert!(!enabled!(target: "serenity::gateway::ws", Level::ERROR));
            assert!(!enabled!(target: "serenity::gateway::shard", Level::ERROR));
            assert!(!enabled!(target: "serenity::client::dispatch", Level::ERROR));
            assert!(enabled!(target: "serenity::gateway::bridge::shard_queuer", Level::WARN), "why it does not connect");
            assert!(enabled!(target: "watchkeeper::engine", Level::DEBUG));
        });
        tracing::subscriber::with_default(lines("info,serenity::gateway::ws=warn"), || {
            assert!(enabled!(target: "serenity::gateway::ws", Level::WARN), "who names it wants it");
        });
        assert!(filter("watchkeeper=loud").is_err());
    }
}
