//! A sealed part of the audit log: a file that is written once, with the entries and an index over them.
//!
//! Layout: `WKAUDIT1`; the entries one after another, each its hash and its canonical form; then the index: where each
//! entry begins (u32, one more for the end), when each was made (i64, milliseconds), the entries of each term (u16 each,
//! or a bit for every entry of the part where that is shorter), the terms in order (term, where its entries are, how
//! many; u32 each; a single entry stands in place of where), and where in the terms each value of the upper ten bits
//! begins (u32); then the footer as JSON, its SHA-256 and its length (u32). All numbers little-endian.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256, digest};
use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::open::sync_dir;
use crate::audit::{Hash, Head, Link, Term, Terms};

const MAGIC: &[u8; 8] = b"WKAUDIT1";
/// A term, where its entries are, how many they are.
const TERM: usize = 12;
const FENCES: usize = 1 << 10;
const TRAILER: u64 = 32 + 4;

/// One sealed part. Its file is opened when somebody looks.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    path: PathBuf,
    footer: Footer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Footer {
    /// The first entry's number.
    first: u64,
    count: u64,
    /// The hash of the entry before the first, and of the last.
    before: Hash,
    last: Hash,
    earliest: i64,
    latest: i64,
    begins_at: u64,
    times_at: u64,
    having_at: u64,
    terms_at: u64,
    fences_at: u64,
    footer_at: u64,
    /// SHA-256 over the index.
    index: Hash,
}

impl Segment {
    /// Writes `links`, which follow `before`, durably into a file in `dir`. At most 65,536; none makes no segment.
    pub(super) fn write(dir: &Path, before: &Head, links: &[Link]) -> io::Result<Self> {
        let path = dir.join(format!("{:020}", before.number + 1));
        let unfinished = path.with_extension("unfinished");
        let mut file = Counted { file: BufWriter::new(File::create(&unfinished)?), at: 0, sum: Context::new(&SHA256) };
        let footer = write(&mut file, before, links)?;
        file.file.into_inner()?.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        sync_dir(dir)?;
        Ok(Self { path, footer })
    }

    /// Reads the footer of the file at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let end = file.metadata()?.len().checked_sub(TRAILER).ok_or_else(damaged)?;
        let mut trailer = [0; TRAILER as usize];
        file.read_exact_at(&mut trailer, end)?;
        let (sum, length) = trailer.split_at(32);
        let length = u32::from_le_bytes(length.try_into().map_err(|_| damaged())?);
        let at = end.checked_sub(length.into()).ok_or_else(damaged)?;
        let json = read(&file, at..end)?;
        if digest(&SHA256, &json).as_ref() != sum {
            return Err(damaged());
        }
        Ok(Self { path: path.to_owned(), footer: serde_json::from_slice(&json)? })
    }

    /// The numbers of its entries.
    pub(super) fn numbers(&self) -> Range<u64> {
        self.footer.first..self.footer.first + self.footer.count
    }

    /// The end of the log before it.
    pub(super) fn before(&self) -> Head {
        Head { number: self.footer.first - 1, hash: self.footer.before }
    }

    /// The end of the log with it.
    pub(super) fn head(&self) -> Head {
        Head { number: self.numbers().end - 1, hash: self.footer.last }
    }

    /// When its earliest and its latest entry were made, in milliseconds since the epoch.
    pub(super) fn span(&self) -> (i64, i64) {
        (self.footer.earliest, self.footer.latest)
    }

    /// Opens the file to look into it.
    pub(super) fn look(&self) -> io::Result<Look<'_>> {
        Ok(Look { file: File::open(&self.path)?, footer: &self.footer })
    }
}

/// An open look into a segment.
#[derive(Debug)]
pub(super) struct Look<'a> {
    file: File,
    footer: &'a Footer,
}

impl Look<'_> {
    /// The entries that have `term`, counted from the first.
    pub(super) fn having(&self, term: Term) -> io::Result<Bits> {
        let count = self.footer.count as usize;
        let mut bits = Bits::none(count);
        let fence = self.footer.fences_at + 4 * u64::from(term >> 22);
        let [from, to] = self.numbers_at::<2>(fence)?;
        let place = |number: u32| self.footer.terms_at + u64::from(number) * TERM as u64;
        let terms = read(&self.file, place(from)..place(to.max(from)))?;
        let (terms, _) = terms.as_chunks::<TERM>();
        let Ok(found) = terms.binary_search_by_key(&term, |known| u32_at(known, 0)) else { return Ok(bits) };
        let (at, many) = (u32_at(&terms[found], 4), u32_at(&terms[found], 8) as usize);
        let begin = self.footer.having_at + u64::from(at);
        if many == 1 {
            bits.add(at as usize);
        } else if is_dense(many, count) {
            bits = Bits::from_bytes(&read(&self.file, begin..begin + 8 * count.div_ceil(64) as u64)?);
        } else {
            let places = read(&self.file, begin..begin + 2 * many as u64)?;
            places.as_chunks().0.iter().for_each(|place| bits.add(u16::from_le_bytes(*place).into()));
        }
        Ok(bits)
    }

    /// When each entry was made, in milliseconds since the epoch.
    pub(super) fn times(&self) -> io::Result<Vec<i64>> {
        let times = read(&self.file, self.footer.times_at..self.footer.having_at)?;
        Ok(times.as_chunks().0.iter().map(|time| i64::from_le_bytes(*time)).collect())
    }

    /// The entry with a number that is in it.
    pub(super) fn link(&self, number: u64) -> io::Result<Link> {
        let place = number.checked_sub(self.footer.first).ok_or_else(damaged)?;
        let [from, to] = self.numbers_at::<2>(self.footer.begins_at + 4 * place)?;
        link(number, &read(&self.file, from.into()..to.into())?)
    }

    /// All entries with these numbers, which must be in it.
    pub(super) fn links(&self, numbers: Range<u64>) -> io::Result<Vec<Link>> {
        let first = numbers.start.checked_sub(self.footer.first).ok_or_else(damaged)?;
        let count = numbers.end.saturating_sub(numbers.start);
        let begins = self.footer.begins_at + 4 * first;
        let begins = read(&self.file, begins..begins + 4 * (count + 1))?;
        let begins: Vec<u32> = begins.as_chunks().0.iter().map(|begin| u32::from_le_bytes(*begin)).collect();
        let (Some(&start), Some(&end)) = (begins.first(), begins.last()) else { return Ok(Vec::new()) };
        let bytes = read(&self.file, start.into()..end.into())?;
        let entries = numbers.zip(begins.windows(2)).map(|(number, begin)| {
            let place = |begin: u32| (begin - start) as usize;
            let bytes = begin[0].cmp(&begin[1]).is_le().then(|| bytes.get(place(begin[0])..place(begin[1]))).flatten();
            link(number, bytes.ok_or_else(damaged)?)
        });
        entries.collect()
    }

    /// Whether the index is as it was written; what stands outside the entries is covered by no chain.
    pub(super) fn is_whole(&self) -> io::Result<bool> {
        let index = read(&self.file, self.footer.begins_at..self.footer.footer_at)?;
        Ok(digest(&SHA256, &index).as_ref() == self.footer.index)
    }

    fn numbers_at<const N: usize>(&self, at: u64) -> io::Result<[u32; N]> {
        let bytes = read(&self.file, at..at + 4 * N as u64)?;
        Ok(std::array::from_fn(|place| u32_at(&bytes, 4 * place)))
    }
}

/// A file that knows how far it was written and the sum of what was written since `sum` was made.
struct Counted {
    file: BufWriter<File>,
    at: u64,
    sum: Context,
}

impl Counted {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.sum.update(bytes);
        self.file.write_all(bytes)
    }
}

fn write(file: &mut Counted, before: &Head, links: &[Link]) -> io::Result<Footer> {
    file.put(MAGIC)?;
    let mut begins = Vec::with_capacity(links.len() + 1);
    let mut times = Vec::with_capacity(links.len());
    let mut pairs: Vec<(Term, u16)> = Vec::new();
    for (place, link) in links.iter().enumerate() {
        let entry = link.entry()?;
        let place = u16::try_from(place).map_err(|_| io::Error::other("too many entries for one segment"))?;
        pairs.extend(Terms::of(&entry.fact).0.iter().map(|term| (*term, place)));
        times.push(entry.at.as_millisecond());
        begins.push(file.at as u32);
        file.put(&link.head.hash)?;
        file.put(&link.canonical)?;
    }
    begins.push(u32::try_from(file.at).map_err(|_| io::Error::other("too much text for one segment"))?);
    file.sum = Context::new(&SHA256);
    let begins_at = file.at;
    begins.iter().try_for_each(|begin| file.put(&begin.to_le_bytes()))?;
    let times_at = file.at;
    times.iter().try_for_each(|time| file.put(&time.to_le_bytes()))?;
    let having_at = file.at;
    pairs.sort_unstable();
    let terms = write_having(file, &pairs, links.len())?;
    let terms_at = file.at;
    for [term, at, many] in &terms {
        file.put(&[term.to_le_bytes(), at.to_le_bytes(), many.to_le_bytes()].concat())?;
    }
    let fences_at = file.at;
    for fence in 0..=FENCES {
        let begin = terms.partition_point(|[term, ..]| ((term >> 22) as usize) < fence);
        file.put(&(begin as u32).to_le_bytes())?;
    }
    let footer_at = file.at;
    let index = std::mem::replace(&mut file.sum, Context::new(&SHA256)).finish();
    let footer = Footer {
        first: before.number + 1,
        count: links.len() as u64,
        before: before.hash,
        last: links.last().map_or(before.hash, |link| link.head.hash),
        earliest: times.iter().copied().min().unwrap_or_default(),
        latest: times.iter().copied().max().unwrap_or_default(),
        begins_at,
        times_at,
        having_at,
        terms_at,
        fences_at,
        footer_at,
        index: index.as_ref().try_into().map_err(io::Error::other)?,
    };
    let json = serde_json::to_vec(&footer)?;
    file.put(&json)?;
    file.put(digest(&SHA256, &json).as_ref())?;
    file.put(&(json.len() as u32).to_le_bytes())?;
    Ok(footer)
}

/// Writes the entries of each term; the terms as they will stand in the file.
fn write_having(file: &mut Counted, pairs: &[(Term, u16)], count: usize) -> io::Result<Vec<[u32; 3]>> {
    let begin = file.at;
    let mut terms = Vec::new();
    for same in pairs.chunk_by(|(one, _), (other, _)| one == other) {
        let (term, place) = same[0];
        if same.len() == 1 {
            terms.push([term, place.into(), 1]);
            continue;
        }
        terms.push([term, (file.at - begin) as u32, same.len() as u32]);
        if is_dense(same.len(), count) {
            let mut bits = Bits::none(count);
            same.iter().for_each(|(_, place)| bits.add((*place).into()));
            file.put(&bits.to_bytes())?;
        } else {
            same.iter().try_for_each(|(_, place)| file.put(&place.to_le_bytes()))?;
        }
    }
    Ok(terms)
}

/// Whether a bit for every entry is shorter than the places of `many`.
fn is_dense(many: usize, count: usize) -> bool {
    2 * many > count / 8
}

fn link(number: u64, bytes: &[u8]) -> io::Result<Link> {
    let (hash, canonical) = bytes.split_first_chunk().ok_or_else(damaged)?;
    Ok(Link { head: Head { number, hash: *hash }, canonical: canonical.to_vec() })
}

fn read(file: &File, bytes: Range<u64>) -> io::Result<Vec<u8>> {
    let length = bytes.end.checked_sub(bytes.start).and_then(|length| usize::try_from(length).ok()).ok_or_else(damaged)?;
    if bytes.end > file.metadata()?.len() {
        return Err(damaged());
    }
    let mut read = vec![0; length];
    file.read_exact_at(&mut read, bytes.start)?;
    Ok(read)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file is damaged")
}
