//! The code by which an account is linked: how it is made, spelt, read, and kept out of whatever is written down.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::plan::hex;

/// Crockford's alphabet: no letter looks like another one.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Twelve letters of five bits each: 60 bits.
const LETTERS: usize = 12;
/// How many stand together: `7QK2-M4XD-9TRA`.
const TOGETHER: usize = 4;
/// What stands where a code stood.
const VEIL: &str = "••••";

/// A code that links an account. Printing it shows nothing; only [`OneTimeCode::spelt`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// A new one that nobody can guess.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; LETTERS];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|cause| Error::internal("making a code", cause))?;
        // 32 letters divide 256 bytes evenly: each is as likely as any other.
        Ok(Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }

    /// The code in a line such as `link 7QK2-M4XD-9TRA`, whatever it looks like; none where the line gives none.
    pub fn given_in(line: &str) -> Option<Self> {
        let code = behind_link(line)?;
        let letters = code.chars().filter(|letter| letter.is_alphanumeric());
        let plain = letters.flat_map(char::to_uppercase).take(LETTERS + 1).map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        Some(Self(plain.collect()))
    }

    /// As people read and type it: `7QK2-M4XD-9TRA`.
    pub fn spelt(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(TOGETHER).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// Its SHA-256 in hexadecimal: what is kept of it.
    pub fn digest(&self) -> String {
        hex(ring::digest::digest(&ring::digest::SHA256, self.0.as_bytes()).as_ref())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VEIL)
    }
}

/// What stands behind the word `link`, unless that is an option.
fn behind_link(line: &str) -> Option<&str> {
    let (first, rest) = line.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let is_code = first.eq_ignore_ascii_case("link") && !rest.is_empty() && !rest.starts_with(['-', '–', '—']);
    is_code.then_some(rest)
}

/// A command line without the codes in it, for whatever keeps lines.
pub fn veiled(line: &str) -> String {
    if behind_link(line).is_some() {
        return format!("link {VEIL}");
    }
    line.split_inclusive(char::is_whitespace).map(veiled_word).collect()
}

/// A word that is spelt like a code may be one, behind whatever other word somebody typed.
fn veiled_word(word: &str) -> String {
    let bare = word.trim_end();
    let parts: Vec<&str> = bare.split('-').collect();
    let is_part = |part: &&str| {
        part.len() == TOGETHER && part.bytes().all(|letter| letter.is_ascii_alphanumeric() && !b"uU".contains(&letter))
    };
    if parts.len() * TOGETHER == LETTERS && parts.iter().all(is_part) { word.replace(bare, VEIL) } else { word.to_owned() }
}

/// A code as an argument. What was typed is forgotten at once: whoever is known has no use for it, and arguments are kept.
#[derive(Clone)]
pub struct Veiled;

impl FromStr for Veiled {
    type Err = Infallible;

    fn from_str(_typed: &str) -> std::result::Result<Self, Self::Err> {
        Ok(Self)
    }
}

impl fmt::Debug for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VEIL)
    }
}

impl Serialize for Veiled {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(VEIL)
    }
}

impl<'de> Deserialize<'de> for Veiled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = OneTimeCode::random().unwrap();
        let spelt = code.spelt();
        assert_eq!(spelt.len(), LETTERS + 2, "{spelt}");
        let sloppy = spelt.to_lowercase().replace('0', "o").replace('1', "l");
        for line in [format!("link {spelt}"), format!(" LINK  {sloppy} "), format!("link {}", spelt.replace('-', " "))] {
            assert_eq!(OneTimeCode::given_in(&line).map(|given| given.digest()), Some(code.digest()), "{line}");
        }
        for line in ["link", "link ", "link --for @ana", "link —for @ana", "unlink slack", "whoami"] {
            assert_eq!(OneTimeCode::given_in(line), None, "{line}");
        }
        assert_ne!(OneTimeCode::random().unwrap(), code);
    }

    #[test]
    fn no_code_is_written_down() {
        let code = OneTimeCode::random().unwrap();
        let spelt = code.spelt();
        for line in [format!("link {spelt}"), format!("Link {}", spelt.replace('-', " ")), format!("lnik {spelt} please")] {
            let veiled = veiled(&line);
            assert!(veiled.contains(VEIL) && spelt.split('-').all(|part| !veiled.contains(part)), "{veiled}");
        }
        assert_eq!(veiled("rds  upgrade orders-prod --to 8.0.40"), "rds  upgrade orders-prod --to 8.0.40");
        assert_eq!(veiled("link --for @ana"), "link --for @ana");
        assert_eq!(format!("{code:?}{:?}", Veiled), "••••••••");
    }
}
