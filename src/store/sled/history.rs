//! The audit log as one: old entries in sealed files, the newest in the tree. Sealed files keep sled small, and with it
//! memory, start time and the copy after an unclean stop, however long the log grows.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use commands::records::{AuditPage, AuditQuery, Entry, Verification};
use jiff::Timestamp;

use super::bits::Bits;
use super::keys;
use super::recent::Recent;
use super::segment::Segment;
use super::shared::unpoisoned;
use super::tree::Tree;
use crate::audit::{Filter, Head, Link, Terms};
use crate::store::ReadError;

/// The parts of the log.
#[derive(Debug)]
pub(super) struct History {
    dir: PathBuf,
    parts: RwLock<Parts>,
}

#[derive(Debug)]
struct Parts {
    /// Oldest first, without gaps.
    sealed: Vec<Arc<Segment>>,
    recent: Recent,
    head: Head,
}

impl History {
    /// Opens the sealed files in `dir`.
    ///
    /// # Errors
    /// When one is missing between others, or can't be read; the error names it.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut paths = Vec::new();
        for file in std::fs::read_dir(dir)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "unfinished") {
                std::fs::remove_file(path)?;
            } else {
                paths.push(path);
            }
        }
        paths.sort();
        let mut sealed: Vec<Arc<Segment>> = Vec::with_capacity(paths.len());
        for path in paths {
            let named = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
            let segment = Segment::open(&path).map_err(|cause| named(cause.to_string()))?;
            let head = sealed.last().map(|last| last.head()).unwrap_or_default();
            if segment.before() != head {
                return Err(named(format!("it does not follow entry #{}; a file before it is missing", head.number)));
            }
            sealed.push(Arc::new(segment));
        }
        let head = sealed.last().map(|last| last.head()).unwrap_or_default();
        let recent = Recent::starting(head.number + 1);
        Ok(Self { dir: dir.to_owned(), parts: RwLock::new(Parts { sealed, recent, head }) })
    }

    /// The end of the log.
    pub(super) fn head(&self) -> Head {
        self.parts().head
    }

    /// The end of what is sealed.
    pub(super) fn sealed(&self) -> Head {
        self.parts().sealed.last().map(|last| last.head()).unwrap_or_default()
    }

    fn parts(&self) -> RwLockReadGuard<'_, Parts> {
        unpoisoned(self.parts.read())
    }

    /// Takes in anew the entries that lie in the tree: at the start, and when the tree was opened again.
    ///
    /// # Errors
    /// When one can't be read, is missing, or does not follow from the one before.
    pub(super) fn fill(&self, tree: &Tree) -> Result<(), ReadError> {
        let mut head = self.sealed();
        let mut recent = Recent::starting(head.number + 1);
        for pair in tree.between(&keys::entry(head.number + 1), &keys::entry(u64::MAX)) {
            let link = link_of(pair)?;
            head = head.follow(&link).map_err(|broken| ReadError(why(broken)))?;
            let entry = readable(&link)?;
            recent.add(entry.at, &Terms::of(&entry.fact));
        }
        let mut parts = unpoisoned(self.parts.write());
        parts.recent = recent;
        parts.head = head;
        Ok(())
    }

    /// Takes in entries that were made durable; `head` is the last one's.
    pub(super) fn add<'a>(&self, head: Head, entries: impl IntoIterator<Item = (Timestamp, &'a Terms)>) {
        let mut parts = unpoisoned(self.parts.write());
        entries.into_iter().for_each(|(at, terms)| parts.recent.add(at, terms));
        parts.head = head;
    }

    /// Seals the oldest `count` entries of the tree into a file. They may be removed from the tree then.
    pub(super) fn seal(&self, tree: &Tree, count: usize) -> Result<(), ReadError> {
        let before = self.sealed();
        let first = before.number + 1;
        let links = in_tree(tree, first..first + count as u64)?;
        if links.len() != count {
            return Err(ReadError(format!("audit entry #{} is missing", first + links.len() as u64)));
        }
        let segment = Segment::write(&self.dir, &before, &links).map_err(read)?;
        let mut parts = unpoisoned(self.parts.write());
        parts.recent.forget_before(segment.numbers().end);
        parts.sealed.push(Arc::new(segment));
        Ok(())
    }

    fn segment(&self, number: u64) -> Option<Arc<Segment>> {
        let parts = self.parts();
        let at = parts.sealed.partition_point(|segment| segment.numbers().end <= number);
        parts.sealed.get(at).filter(|segment| segment.numbers().contains(&number)).cloned()
    }

    /// Entries from `first` on, oldest first: at least one if there is any, at most `limit`.
    pub(super) fn chunk(&self, tree: &Tree, first: u64, limit: usize) -> Result<Vec<Link>, ReadError> {
        let end = first.saturating_add(limit as u64).min(self.head().number + 1);
        if first >= end {
            return Ok(Vec::new());
        }
        let sealed = || self.segment(first).map(|segment| segment.look()?.links(first..end.min(segment.numbers().end)));
        if let Some(links) = sealed() {
            return links.map_err(read);
        }
        let links = in_tree(tree, first..end)?;
        if links.first().is_some_and(|link| link.head.number == first) {
            return Ok(links);
        }
        // Sealed and removed from the tree in between.
        sealed().map_or(Ok(links), |links| links.map_err(read))
    }

    /// One entry.
    pub(super) fn link(&self, tree: &Tree, number: u64) -> Result<Option<Link>, ReadError> {
        let found = self.chunk(tree, number, 1)?;
        Ok(found.into_iter().next().filter(|link| link.head.number == number))
    }

    /// Walks the whole chain, and the indexes of sealed files. The `tree` is asked for piece by piece: held throughout, it
    /// would keep the store from being closed.
    pub(super) fn verify(&self, tree: impl Fn() -> Result<Arc<Tree>, ReadError>) -> Result<Verification, ReadError> {
        let end = self.head();
        let mut head = Head::default();
        while head.number < end.number {
            let limit = (end.number - head.number).min(4096) as usize;
            let links = match self.chunk(&*tree()?, head.number + 1, limit) {
                Ok(links) => links,
                Err(ReadError(why)) => {
                    let number = head.number + 1;
                    return Ok(Verification::Broken { number, why: format!("Entry #{number} can't be read: {why}.") });
                }
            };
            if links.is_empty() {
                break;
            }
            for link in links {
                head = match head.follow(&link) {
                    Ok(head) => head,
                    Err(broken) => return Ok(broken),
                };
            }
        }
        let sealed = self.parts().sealed.clone();
        for segment in sealed {
            if !segment.look().and_then(|look| look.is_whole()).map_err(read)? {
                let number = segment.numbers().start;
                let why = format!("The entries from #{number} on are whole, but the index that searches use was altered.");
                return Ok(Verification::Broken { number, why });
            }
        }
        Ok(crate::audit::verdict(head, end))
    }

    /// A page of what `query` asks for, newest first.
    pub(super) fn search(&self, tree: &Tree, query: &AuditQuery) -> Result<AuditPage, ReadError> {
        let search = Search::new(query);
        let (sealed, recent, first) = {
            let parts = self.parts();
            let recent = &parts.recent;
            let found = search.found(recent.count(), |term| Ok(recent.having(term)), || Ok(recent.times().to_vec()));
            (parts.sealed.clone(), found.map_err(read)?, recent.first())
        };
        let mut page = AuditPage::default();
        for place in recent.descending() {
            let number = first + place as u64;
            let link = || self.link(tree, number)?.ok_or_else(|| ReadError(format!("audit entry #{number} is missing")));
            if search.take(number, link, &mut page)? {
                return Ok(page);
            }
        }
        for segment in sealed.iter().rev().filter(|segment| search.reaches(segment)) {
            let look = segment.look().map_err(read)?;
            let times = || if search.cuts(segment) { look.times() } else { Ok(Vec::new()) };
            let found = search.found(segment.numbers().count(), |term| look.having(term), times).map_err(read)?;
            for place in found.descending() {
                let number = segment.numbers().start + place as u64;
                if search.take(number, || look.link(number).map_err(read), &mut page)? {
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }
}

/// A query on its way through the parts.
struct Search<'a> {
    query: &'a AuditQuery,
    filter: Filter<'a>,
    since: i64,
    until: i64,
}

impl<'a> Search<'a> {
    fn new(query: &'a AuditQuery) -> Self {
        let since = query.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let until = query.until.map_or(i64::MAX, Timestamp::as_millisecond);
        Self { query, filter: Filter::new(query), since, until }
    }

    /// Whether `segment` can hold anything of it.
    fn reaches(&self, segment: &Segment) -> bool {
        let (earliest, latest) = segment.span();
        self.query.before.is_none_or(|before| segment.numbers().start < before) && self.since <= latest && earliest <= self.until
    }

    /// Whether it asks for a time that only some entries of `segment` lie in.
    fn cuts(&self, segment: &Segment) -> bool {
        let (earliest, latest) = segment.span();
        earliest < self.since || self.until <= latest
    }

    /// The places of a part's entries that are asked for, as far as its index tells. No times: all lie in the time asked for.
    fn found(
        &self,
        count: usize,
        having: impl Fn(u32) -> io::Result<Bits>,
        times: impl FnOnce() -> io::Result<Vec<i64>>,
    ) -> io::Result<Bits> {
        let mut found = Bits::all(count);
        for term in self.filter.all_of() {
            found.keep(&having(term)?);
            if found.is_empty() {
                return Ok(found);
            }
        }
        if let Some(terms) = self.filter.one_of() {
            let mut one = Bits::none(count);
            for term in terms {
                one.join(&having(term)?);
            }
            found.keep(&one);
        }
        let times = times()?;
        if !times.is_empty() && (self.since > i64::MIN || self.until < i64::MAX) {
            let mut timely = Bits::none(count);
            let within = times.iter().enumerate().filter(|(_, at)| (self.since..=self.until).contains(*at));
            within.for_each(|(place, _)| timely.add(place));
            found.keep(&timely);
        }
        Ok(found)
    }

    /// Puts an entry on the page if it is asked for. Whether the page is full and it is known whether there is more.
    fn take(&self, number: u64, link: impl FnOnce() -> Result<Link, ReadError>, page: &mut AuditPage) -> Result<bool, ReadError> {
        if self.query.before.is_some_and(|before| number >= before) {
            return Ok(false);
        }
        let entry = readable(&link()?)?;
        if !self.filter.matches(&entry) {
            return Ok(false);
        }
        page.more = page.entries.len() >= self.query.limit;
        if !page.more {
            page.entries.push(entry);
        }
        Ok(page.more)
    }
}

fn in_tree(tree: &Tree, numbers: Range<u64>) -> Result<Vec<Link>, ReadError> {
    tree.between(&keys::entry(numbers.start), &keys::entry(numbers.end)).map(link_of).collect()
}

/// An entry as it lies in the tree: its hash, then its canonical form.
fn link_of(pair: Result<(impl AsRef<[u8]>, impl AsRef<[u8]>), ReadError>) -> Result<Link, ReadError> {
    let (key, value) = pair?;
    let number = keys::entry_number(key.as_ref())?;
    let (hash, canonical) =
        value.as_ref().split_first_chunk().ok_or_else(|| keys::unreadable(&format!("audit entry #{number}")))?;
    Ok(Link { head: Head { number, hash: *hash }, canonical: canonical.to_vec() })
}

fn why(verification: Verification) -> String {
    match verification {
        Verification::Broken { why, .. } => why,
        Verification::Whole { .. } => String::new(),
    }
}

/// The entry a link stands for.
pub(super) fn readable(link: &Link) -> Result<Entry, ReadError> {
    link.entry().map_err(|cause| ReadError(format!("audit entry #{} can't be read: {cause}", link.head.number)))
}

fn read(cause: io::Error) -> ReadError {
    ReadError(cause.to_string())
}
