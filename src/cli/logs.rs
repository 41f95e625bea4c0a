//! What is logged, and how it looks.

use std::io;

use tracing_subscriber::EnvFilter;
use watchkeeper::config::Environment;

use super::{Failure, Format};

/// Begins to log to standard error what `WATCHKEEPER_LOG` asks for.
pub(super) fn begin(environment: &Environment, format: Format) -> Result<(), Failure> {
    let wanted = environment.get("WATCHKEEPER_LOG").unwrap_or("info");
    let filter = EnvFilter::try_new(wanted).map_err(|cause| Failure(format!("WATCHKEEPER_LOG is {wanted:?}: {cause}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let begun = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().try_init(),
    };
    begun.map_err(|cause| Failure::while_doing("beginning to log", cause))
}
