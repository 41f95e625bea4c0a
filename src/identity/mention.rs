//! Mentions of chat accounts in command lines: `@slack:U123` becomes `@ana`, where it is known whose account it is.

use commands::PersonId;

use super::{Directory, Identified};
use crate::platform::Account;

impl Directory {
    /// Turns mentions of accounts in a command line (`@slack:U123`) into people (`@ana`), where they are known.
    pub fn with_people(&self, line: &str) -> String {
        let mut rest = line;
        let mut told = String::with_capacity(line.len());
        while let Some(start) = rest.find('@') {
            let (before, mention) = rest.split_at(start);
            told.push_str(before);
            let end = mention[1..].find(|letter: char| !is_mention(letter)).map_or(mention.len(), |end| end + 1);
            let (mention, after) = mention.split_at(end);
            match self.mentioned(&mention[1..]) {
                Some(person) => told.extend(["@", &person.0]),
                None => told.push_str(mention),
            }
            rest = after;
        }
        told + rest
    }

    /// The accounts of a platform that a line mentions and nobody is known for yet.
    pub fn unknown_in(&self, platform: &str, line: &str) -> Vec<Account> {
        let mentions = line.split('@').skip(1).map(|rest| rest.split(|letter: char| !is_mention(letter)).next());
        let accounts = mentions.flatten().filter_map(account_of).filter(|account| account.platform == platform);
        accounts.filter(|account| self.identify(account, None) == Identified::Unknown).collect()
    }

    fn mentioned(&self, mention: &str) -> Option<PersonId> {
        match self.identify(&account_of(mention)?, None) {
            Identified::Known(person) => Some(person.id),
            _ => None,
        }
    }
}

fn is_mention(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ":_-".contains(letter)
}

fn account_of(mention: &str) -> Option<Account> {
    let (platform, id) = mention.split_once(':')?;
    Some(Account { platform: platform.to_owned(), id: id.to_owned() })
}
