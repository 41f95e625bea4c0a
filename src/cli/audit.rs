//! `watchkeeper audit`

use std::io::Write;

use watchkeeper::audit::cli::{self, Audit, Ended};
use watchkeeper::clock::Clock;
use watchkeeper::config::Config;
use watchkeeper::store::sled::{OpenError, SledStore};

use super::{Answer, Failure};

/// Opens the store of a bot that is stopped, and looks at its audit log.
pub(super) fn audit(config: &Config, asked: &Audit, out: &mut (dyn Write + Send)) -> Result<Answer, Failure> {
    let dir = &config.data_dir;
    // To open is to create; a log that was never there is no whole log.
    if !dir.join("sled").exists() {
        return Err(Failure(format!("there is no store in {}. WATCHKEEPER_DATA_DIR says where it is.", dir.display())));
    }
    let now = Clock::system().now();
    let store = SledStore::open(dir, now).map_err(|error| match error {
        OpenError::Locked(dir) => Failure(format!(
            "the bot is using the store in {}. Ask it in chat (audit search, audit verify), or stop it first.",
            dir.display()
        )),
        other => Failure(other.to_string()),
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|cause| Failure::while_doing("starting the runtime", cause))?;
    let looked = runtime.block_on(cli::run(asked, &store, now, out));
    let closed = runtime.block_on(store.close()).map_err(|why| Failure::while_doing("closing the store", why));
    let ended = looked.map_err(|error| Failure(error.to_string()))?;
    closed?;
    Ok(match ended {
        Ended::Well => Answer::Yes,
        Ended::Broken => Answer::No,
    })
}
