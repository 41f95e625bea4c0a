//! How an account that nobody knows becomes somebody's: a code that is made for a person is typed with it.
//!
//! Platforms that vouch for no e-mail address leave no other way. The effect of `link` makes the code, `dispatch` takes it
//! from the account.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use commands::message::{Message, Text, bold, code};
use commands::{Person, PersonId, text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::host::Draft;
use crate::outbox::Saying;
use crate::platform::{Account, Target};

/// So many wrong codes of one account…
const WRONG: usize = 5;
/// …within this, and no more is looked at.
const WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// A code that was made and is not used yet. It is kept under its digest, so that whoever reads it can't use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Whose account it makes.
    pub person: PersonId,
    /// Who had it made.
    pub by: PersonId,
    /// Until when it is good, that instant not included.
    pub until: Timestamp,
}

impl Made {
    /// Whether somebody else had it made.
    pub fn is_by_another(&self) -> bool {
        self.by != self.person
    }
}

/// The codes that were guessed wrong lately, by account. A restart forgets them: sixty bits are not guessed by restarts.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<Account, Vec<Timestamp>>>);

impl Guesses {
    /// When an account may try again, where it has guessed too often.
    pub fn exhausted(&self, account: &Account, now: Timestamp) -> Option<Timestamp> {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = guesses.get_mut(account)?;
        lately.retain(|at| now < *at + WITHIN);
        if lately.len() < WRONG { None } else { lately.first().map(|first| *first + WITHIN) }
    }

    /// Counts a wrong one.
    pub fn wrong(&self, account: &Account, now: Timestamp) {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.retain(|_, lately| lately.iter().any(|at| now < *at + WITHIN));
        guesses.entry(account.clone()).or_default().push(now);
    }
}

/// Adds a direct message to each of these accounts.
pub(crate) fn tell(draft: Draft, accounts: &[Account], (slot, message): (&str, &Message)) -> Draft {
    accounts.iter().fold(draft, |draft, account| {
        let target = Target::Direct { account: account.id.clone() };
        draft.say(format!("{slot}/{account}"), Saying::once(&account.platform, target, message.clone()))
    })
}

/// Said to somebody for whom another person had a code made, and in the security channel.
pub(crate) fn made(one: &Made) -> Message {
    let told = text!["🔗 ", &one.by, " had a code made that links a chat account to ", &one.person, ", good until ", one.until];
    told.then(". Whoever types it is them to me. If that is not meant to be, tell whoever looks after Watchkeeper.").into()
}

/// An account that was linked, as it is told.
pub(crate) struct Told<'t> {
    /// The code.
    pub(crate) made: &'t Made,
    /// Whose the account is now.
    pub(crate) person: &'t Person,
    /// The account.
    pub(crate) account: &'t Account,
    /// What it is called there.
    pub(crate) name: &'t str,
}

impl Told<'_> {
    /// For the other accounts of the person, and for the security channel where another person had made the code.
    pub(crate) fn linked(&self) -> Message {
        let how = if self.made.is_by_another() {
            text!["it was linked by a code that ", &self.made.by, " had made. "]
        } else {
            text!["it was linked by their code. "]
        };
        let whose = if self.made.is_by_another() { format!(" --for @{}", self.person.id) } else { String::new() };
        let undo = code(format!("unlink {}{whose}", self.account.platform));
        let undo = text!["If that is not meant to be, ", undo, " takes it back."];
        self.head().then(text![" is ", bold(self.person.name.as_str()), " to me from now on: "]).then(how).then(undo).into()
    }

    /// For an account whose place it takes.
    pub(crate) fn replaces(&self) -> Message {
        // A mention would show the new account.
        let whose = text!["it was linked by a code of ", bold(self.person.name.as_str()), ", so I no longer know this one. "];
        let undo = "If that is not meant to be, tell whoever looks after Watchkeeper at once.";
        self.head().then(" takes the place of this one: ").then(whose).then(undo).into()
    }

    fn head(&self) -> Text {
        text!["🔗 The account ", code(self.account.to_string()), " (", self.name, ")"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_wrong_guesses_in_a_quarter_of_an_hour_and_no_more() {
        let guesses = Guesses::default();
        let account = |id: &str| Account { platform: "irc".to_owned(), id: id.to_owned() };
        let at = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        for minute in 0..5 {
            assert_eq!(guesses.exhausted(&account("a"), at(minute)), None);
            guesses.wrong(&account("a"), at(minute));
        }
        assert_eq!(guesses.exhausted(&account("a"), at(14)), Some(at(15)));
        assert_eq!(guesses.exhausted(&account("b"), at(14)), None);
        assert_eq!(guesses.exhausted(&account("a"), at(15)), None, "the first one is forgotten");
        guesses.wrong(&account("a"), at(15));
        assert_eq!(guesses.exhausted(&account("a"), at(15)), Some(at(16)));
        guesses.wrong(&account("b"), at(60));
        assert_eq!(guesses.0.lock().unwrap().len(), 1, "what is over is not kept");
    }
}
