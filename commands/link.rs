//! `link`

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::Who;
use crate::error::Error;
use crate::message::{bold, code, lasting};
use crate::records::Effect;
use crate::{Change, Choice, Command, Context, Message, Person, Plan, Resource, Result, text};

mod code;
mod unlink;

pub use code::{OneTimeCode, Veiled, veiled};
pub use unlink::Unlink;

/// How long a code is good.
const GOOD: SignedDuration = SignedDuration::from_mins(15);

/// Make another chat account yours too, with a code that works once
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Link {
    /// The code: type it with the account that is to be yours; left out, you are given one
    #[arg(value_name = "CODE")]
    code: Vec<Veiled>,
    /// Whose account it is to be, such as @ana; yours if left out
    #[arg(long = "for", value_name = "PERSON", conflicts_with = "code")]
    whom: Option<Who>,
}

impl Command for Link {
    const NAME: &'static str = "link";
    const PICKS: &'static [&'static str] = &["whom"];

    fn resource(&self) -> Resource {
        named(self.whom.as_ref())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        Who::suggest(typed, cx)
    }
}

impl Change for Link {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        if !self.code.is_empty() {
            // Codes are taken from accounts nobody knows, before they become arguments.
            return Err(Error::shown(text![
                "I know this account already: you are ",
                bold(cx.person.name.as_str()),
                ". A code is for an account that I don't know. Nothing was changed."
            ]));
        }
        let person = whose(self.whom.as_ref(), cx)?;
        let code = OneTimeCode::random()?;
        let until = cx.now + GOOD;
        let effects = vec![Effect::MakeCode { person: person.id.clone(), digest: code.digest(), until }];
        let resource = Box::new(resource(&person));
        Ok(Plan::Records { resource, effects, say: self.says(&code, &person, cx).for_the_asker_alone() })
    }
}

impl Link {
    fn says(&self, made: &OneTimeCode, person: &Person, cx: &Context<'_>) -> Message {
        let line = code(format!("link {}", made.spelt()));
        let once = format!("It works once, within {}. ", lasting(GOOD));
        if person.id == cx.person.id {
            let how = text!["Write ", line, " to me with your other account: as a command or in a direct message. "];
            return how.then(text![once, "Whoever does that is you to me, so show it to nobody."]).into();
        }
        let how =
            text![&person.id, " has to write ", line, " to me with the other account: as a command or in a direct message. "];
        let told = text![" I tell them, and the security channel, that you made it."];
        how.then(text![once, "Whoever does that is them to me, so give it to nobody else."]).then(told).into()
    }
}

/// The person as far as the arguments tell.
fn named(whom: Option<&Who>) -> Resource {
    Resource::named("person", whom.map(Who::typed).unwrap_or_default().trim_start_matches('@'))
}

/// A person as the owner of accounts: policy tells one's own from those of others by the asker.
fn resource(person: &Person) -> Resource {
    Resource { asker: Some(person.id.clone()), ..Resource::named("person", person.id.to_string()) }
}

/// Whose account it is.
fn whose(whom: Option<&Who>, cx: &Context<'_>) -> Result<Person> {
    whom.map_or_else(|| Ok(cx.person.clone()), |whom| whom.resolve(cx))
}
