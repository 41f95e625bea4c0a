//! Opening the folder: everything that must be true before sled may touch it, and before anybody may use what it found.
//!
//! In the folder: `lock` (held by the process), `running` (there while it is open: found at the start, the last stop was
//! unclean), `high-water`, `sled/`, `before-recovery/` (a copy of `sled/` from before the last unclean start) and, put
//! there by an operator, `accept-loss`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::history::History;
use super::mark::{Mark, State};
use super::tree::{Tree, Unopened};
use crate::audit::{Head, hex};

/// How often the lock of the folder is tried for, and how long between: a second in all.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why a store was not opened. Every sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("another process is using the store in {}. Stop it first; two may never write one store.", .0.display())]
    Locked(PathBuf),
    /// It holds less than was acknowledged.
    #[error(
        "the store in {dir} is older than it was: it ends at audit entry #{found} and had reached #{reached}; {missing} \
         writes are missing. Nothing was changed. Bring back a backup, or the copy in {dir}/before-recovery. If the loss \
         is to be accepted, write the number {found} into the file {dir}/accept-loss and start again; the audit log will \
         say so."
    )]
    Shorter {
        /// The store's folder.
        dir: String,
        /// The last entry it has.
        found: u64,
        /// The last entry it had.
        reached: u64,
        /// How many groups of commits are gone.
        missing: u64,
    },
    /// Nothing says how far it had come.
    #[error(
        "{dir}/high-water is gone, so nothing tells whether the store is whole; it ends at audit entry #{found}. Bring the \
         file back. If what is there is to be accepted, write the number {found} into the file {dir}/accept-loss and start \
         again; the audit log will say so."
    )]
    Unmarked {
        /// The store's folder.
        dir: String,
        /// The last entry it has.
        found: u64,
    },
    /// It holds another history than was acknowledged.
    #[error(
        "audit entry #{number} of the store in {dir} is not the one that was written: the high-water mark knows it as \
         {hash}. Bring back a backup, or the copy in {dir}/before-recovery."
    )]
    Other {
        /// The store's folder.
        dir: String,
        /// The entry that both know.
        number: u64,
        /// Its hash as the mark knows it.
        hash: String,
    },
    /// It can't be read, or is not what it was.
    #[error(
        "the store in {} is damaged: {}. Bring back a backup; where there is {}/before-recovery, that is sled's folder from \
         before the last unclean start.", dir.display(), why.trim_end_matches('.'), dir.display()
    )]
    Damaged {
        /// The store's folder.
        dir: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The folder can't be read or written.
    #[error("{doing} {}: {cause}", path.display())]
    Io {
        /// What was being done: "creating".
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
}

/// What stands in `running`: sled is about to be opened, its folder copied or not, or it is open.
const OPENING: &str = "opening";
const COPIED: &str = "copied";
const OPEN: &str = "open";

/// The folder of a store, locked for this process.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    _lock: File,
}

/// Adds what was being done to an error.
fn doing<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> OpenError + 'a {
    move |cause| OpenError::Io { doing, path: path.to_owned(), cause }
}

impl Folder {
    /// Creates the folder if it is new and locks it.
    pub(super) fn lock(dir: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(dir).map_err(doing("creating", dir))?;
        let path = dir.join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(doing("opening", &path))?;
        // Whoever held it may be about to end, or be between its own end and that of a process it began.
        let mut tries = 0;
        let locked = loop {
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) if tries < LOCK_TRIES => tries += 1,
                locked => break locked,
            }
            std::thread::park_timeout(LOCK_PAUSE);
        };
        match locked {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.to_owned())),
            Err(TryLockError::Error(cause)) => Err(doing("locking", &path)(cause)),
        }
    }

    /// The folder itself.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// sled's own folder.
    pub(super) fn sled(&self) -> PathBuf {
        self.dir.join("sled")
    }

    /// After an unclean stop, copies sled's folder aside, for its recovery may cut it. Then says that it is in use.
    pub(super) fn begin(&self) -> Result<(), OpenError> {
        let marker = self.dir.join("running");
        let stands = fs::read_to_string(&marker).ok();
        // The copy of a start that did not get through is from before recovery; another would be from after it.
        let copied = stands.as_deref() == Some(COPIED);
        if stands.is_some() && !copied && self.sled().exists() {
            self.copy_aside().map_err(doing("copying aside what an unclean stop left in", &self.dir))?;
            self.mark_running(COPIED)?;
        } else if !copied {
            self.mark_running(OPENING)?;
        }
        Ok(())
    }

    /// Says that the start got through.
    pub(super) fn opened(&self) -> Result<(), OpenError> {
        self.mark_running(OPEN)
    }

    fn mark_running(&self, how: &str) -> Result<(), OpenError> {
        let marker = self.dir.join("running");
        let write = || {
            let mut file = File::create(&marker)?;
            file.write_all(how.as_bytes())?;
            file.sync_all()?;
            sync_dir(&self.dir)
        };
        write().map_err(doing("writing", &marker))
    }

    fn copy_aside(&self) -> io::Result<()> {
        let copy = self.dir.join("before-recovery");
        let unfinished = self.dir.join("before-recovery.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        copy_folder(&self.sled(), &unfinished)?;
        if copy.exists() {
            fs::remove_dir_all(&copy)?;
        }
        fs::rename(&unfinished, &copy)
    }

    /// Says that it is no longer in use and everything in it is whole.
    pub(super) fn end(&self) -> io::Result<()> {
        fs::remove_file(self.dir.join("running"))?;
        sync_dir(&self.dir)
    }

    /// Opens sled, and syncs what it created.
    pub(super) fn open_sled(&self) -> Result<Tree, OpenError> {
        let path = self.sled();
        remove_unfinished_snapshots(&path).map_err(doing("removing unfinished snapshots from", &path))?;
        let is_new = !path.join("db").exists();
        let damaged = |why| OpenError::Damaged { dir: self.dir.clone(), why };
        // sled panics on some damage instead of returning an error.
        let tree = catch_unwind(AssertUnwindSafe(|| Tree::open(&path)))
            .map_err(|_| damaged("sled gave up while reading it".to_owned()))?
            .map_err(|unopened| match unopened {
                Unopened::Io(cause) => doing("opening", &path)(cause),
                Unopened::Damaged(why) => damaged(why),
            })?;
        if is_new {
            let sync = || {
                File::open(path.join("conf"))?.sync_all()?;
                File::open(path.join("db"))?.sync_all()?;
                sync_dir(&path.join("blobs"))?;
                sync_dir(&path)?;
                sync_dir(&self.dir)
            };
            sync().map_err(doing("syncing", &path))?;
        }
        Ok(tree)
    }

    /// Syncs what sled wrote while it closed.
    pub(super) fn sync_sled(&self) -> io::Result<()> {
        File::open(self.sled().join("db"))?.sync_all()?;
        sync_dir(&self.sled())
    }

    /// Opens the high-water mark and holds what was found in sled and in the history against it.
    pub(super) fn compare(&self, tree: &Tree, history: &History) -> Result<Found, OpenError> {
        let damaged = |why| OpenError::Damaged { dir: self.dir.clone(), why };
        let dir = || self.dir.display().to_string();
        let path = self.dir.join("high-water");
        let state = tree.state().map_err(|error| damaged(error.0))?;
        history.fill(tree).map_err(|error| damaged(error.0))?;
        let (mark, reached) = Mark::open(&path).map_err(doing("reading", &path))?;
        let head = history.head();
        let found = head.number;
        let no_mark = reached.is_none() && (state != State::default() || found > 0);
        let reached = reached.unwrap_or_default();
        // What sled recovered may lie in the page cache only: make it durable before anything builds on it. The mark is set
        // below; until then it claims too little, never too much.
        tree.sync().map_err(damaged)?;
        while tree.settle(|_| Ok(())).map_err(damaged)? {}
        if no_mark && !self.accepted(found) {
            return Err(OpenError::Unmarked { dir: dir(), found });
        }
        if no_mark || reached.group > state.group || state.head.number < found {
            if !self.accepted(found) {
                let missing = reached.group.saturating_sub(state.group);
                return Err(OpenError::Shorter { dir: dir(), found, reached: reached.head.number, missing });
            }
            let state = State { group: state.group.max(reached.group), head };
            let loss = Loss { found, reached: (!no_mark).then_some(reached.head) };
            return Ok(Found { mark, state, loss: Some(loss) });
        }
        if state.head != head {
            return Err(damaged(format!("it says that it ends at audit entry #{}, but ends at #{found}", state.head.number)));
        }
        let Head { number, hash } = reached.head;
        let known = if number == 0 {
            Some(Head::default())
        } else {
            history.link(tree, number).map_err(|error| damaged(error.0))?.map(|link| link.head)
        };
        if known != Some(reached.head) {
            return Err(OpenError::Other { dir: dir(), number, hash: hex(&hash) });
        }
        mark.set(state).map_err(doing("writing", &path))?;
        Ok(Found { mark, state, loss: None })
    }

    /// Takes away what an operator wrote, once the audit log says it.
    pub(super) fn forget_acceptance(&self) -> Result<(), OpenError> {
        let path = self.dir.join("accept-loss");
        fs::remove_file(&path).map_err(doing("removing", &path))
    }

    /// Opens the sealed files of the audit log.
    pub(super) fn open_history(&self) -> Result<History, OpenError> {
        let path = self.dir.join("history");
        History::open(&path).map_err(|cause| OpenError::Damaged { dir: self.dir.clone(), why: cause.to_string() })
    }

    /// Whether an operator accepts that the log ends at `found`.
    fn accepted(&self, found: u64) -> bool {
        let number = fs::read_to_string(self.dir.join("accept-loss")).ok().and_then(|text| text.trim().parse().ok());
        number == Some(found)
    }
}

/// What was found in the folder.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) mark: Mark,
    pub(super) state: State,
    /// What an operator accepted to lose.
    pub(super) loss: Option<Loss>,
}

/// What an operator accepted to lose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    /// The last entry that is there.
    pub(super) found: u64,
    /// Where the log had ended, as far as it is known.
    pub(super) reached: Option<Head>,
}

/// A process killed inside a snapshot leaves `snap.*.generating`, and sled then takes the store for corrupt
/// (its issues 1509, 1527, 1533).
fn remove_unfinished_snapshots(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    for file in fs::read_dir(path)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let copy = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            copy_folder(&file.path(), &copy)?;
        } else {
            fs::copy(file.path(), &copy)?;
            File::open(&copy)?.sync_all()?;
        }
    }
    sync_dir(to)
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The bytes of all files in a folder and the folders in it.
pub(super) fn size_of(path: &Path) -> io::Result<u64> {
    let mut size = 0;
    for file in fs::read_dir(path)? {
        let file = file?;
        size += if file.file_type()?.is_dir() { size_of(&file.path())? } else { file.metadata()?.len() };
    }
    Ok(size)
}
