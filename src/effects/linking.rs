//! What `link` and `unlink` do: a code is made, a linked account is given up. Whoever is concerned is told in the same commit.

use commands::PersonId;
use commands::message::{Text, code};
use commands::records::Fact;
use commands::text;
use jiff::Timestamp;

use crate::answer::Answering;
use crate::host::{Draft, Trouble, json, read};
use crate::identity::link::{By, Link};
use crate::linking::{self, Made};
use crate::outbox::Saying;
use crate::shifts;
use crate::store::{Key, Kind, Write};

/// A draft with an effect added, or the sentence why it can't be had.
type Effected = Result<Result<Draft, Text>, Trouble>;

/// Makes a code for somebody. The one before is void, and those that nobody used in time are forgotten.
pub(super) async fn make_code(
    answering: &Answering<'_>,
    mut draft: Draft,
    person: &PersonId,
    (digest, until): (&str, Timestamp),
) -> Effected {
    let host = answering.host;
    let now = host.clock.now();
    for row in host.store.newest(Kind::Code, usize::MAX).await? {
        let one: Made = read(&row)?;
        if one.person == *person || one.until <= now {
            draft = draft.write(Write { key: row.key, expects: row.version, value: None, due: None });
        }
    }
    let made = Made { person: person.clone(), by: answering.person.id.clone(), until };
    let key = Key::new(Kind::Code, digest);
    let mut fact = fact(answering, "code_made", person);
    fact.detail.insert("until".to_owned(), json(&until)?);
    draft = draft.write(Write { key, expects: 0, value: Some(json(&made)?), due: None }).fact(fact);
    if made.is_by_another() {
        let slot = format!("code/{}", answering.open.operation);
        let message = linking::made(&made);
        let mut accounts = host.people.accounts(person);
        if accounts.is_empty() {
            accounts.extend(shifts::account(host, person).await);
        }
        draft = linking::tell(draft, &accounts, (&slot, &message));
        draft = draft.say(slot, in_security(answering, message));
    }
    Ok(Ok(draft))
}

/// Takes back that a code linked an account.
pub(super) async fn unlink(answering: &Answering<'_>, draft: Draft, (person, account): (&PersonId, &str)) -> Effected {
    let host = answering.host;
    let key = Key::new(Kind::Link, account);
    let row = host.store.get(&key).await?;
    let link: Option<Link> = row.as_ref().map(read).transpose()?;
    let (Some(row), true) = (row, link.is_some_and(|link| link.by == By::Code && link.person == *person)) else {
        return Ok(Err(text!["The account ", code(account), " is no longer linked. Nothing was changed."]));
    };
    let mut fact = fact(answering, "unlinked", person);
    fact.detail.insert("account".to_owned(), account.into());
    let draft = draft.write(Write { key, expects: row.version, value: None, due: None }).fact(fact);
    if answering.person.id == *person {
        return Ok(Ok(draft));
    }
    let told = text!["🔗 ", &answering.person.id, " unlinked the account ", code(account), " from ", person, "."];
    let slot = format!("unlinked/{}", answering.open.operation);
    Ok(Ok(linking::tell(draft, &host.people.accounts(person), (&slot, &told.into()))))
}

fn in_security(answering: &Answering<'_>, message: commands::Message) -> Saying {
    let channel = &answering.host.rules.channels.security;
    Saying::card(&answering.open.place.platform, channel, message)
}

/// A fact about this asking and the person whose account it is about.
fn fact(answering: &Answering<'_>, event: &str, person: &PersonId) -> Fact {
    Fact { resource: Some(format!("person {person}")), ..answering.fact(event) }
}
