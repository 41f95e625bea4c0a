//! The process behind all worlds of a test binary.

use std::io;
use std::process::Child;
use std::sync::Mutex;

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::python;
use super::world::Aws;

/// A running AWS stand-in, host of any number of worlds.
///
/// The process ends when this value is dropped or when the program that holds it ends, however it
/// ends: the Python side watches its standard input.
#[derive(Debug)]
pub struct Gateway {
    control: String,
    process: Mutex<Child>,
}

static SHARED: OnceCell<Gateway> = OnceCell::const_new();

impl Gateway {
    /// The one gateway of this program, started when first asked for.
    ///
    /// # Panics
    /// When Python 3 or its packages cannot be had; the message says what to do.
    pub async fn shared() -> &'static Gateway {
        SHARED
            .get_or_init(|| async {
                Gateway::start(|progress| eprintln!("{progress}"))
                    .await
                    .unwrap_or_else(|error| panic!("starting the AWS stand-in: {error}"))
            })
            .await
    }

    /// Starts a gateway of its own; `progress` is told in plain sentences what takes time.
    ///
    /// # Errors
    /// When Python 3 or its packages cannot be had; the message says what to do.
    pub async fn start(progress: impl Fn(&str) + Send + 'static) -> io::Result<Gateway> {
        let (process, control) =
            tokio::task::spawn_blocking(move || python::start(&progress)).await.map_err(io::Error::other)??;
        Ok(Gateway { control, process: Mutex::new(process) })
    }

    /// Makes a world whose clock stands at `now`.
    pub async fn world(&self, now: Timestamp) -> Aws {
        Aws::create(&self.control, now).await
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Ok(process) = self.process.get_mut() {
            // Ended already or not: there is nothing more to do about it.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
