//! `unlink`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{named, resource, whose};
use crate::args::Who;
use crate::context::{ChatAccount, Known};
use crate::error::Error;
use crate::message::{code, codes};
use crate::records::Effect;
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, Text, text};

/// Give up a chat account that was linked by a code
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Unlink {
    /// The platform it is on; needed where accounts of several are linked
    platform: Option<String>,
    /// Whose account it is, such as @ana; yours if left out
    #[arg(long = "for", value_name = "PERSON")]
    whom: Option<Who>,
}

impl Command for Unlink {
    const NAME: &'static str = "unlink";
    const PICKS: &'static [&'static str] = &["platform", "whom"];

    fn resource(&self) -> Resource {
        named(self.whom.as_ref())
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        if arg == "whom" {
            return Who::suggest(typed, cx);
        }
        let whom = given.get("whom").and_then(Value::as_str).and_then(|whom| whom.parse::<Who>().ok());
        let Ok(person) = whose(whom.as_ref(), cx) else { return Vec::new() };
        if !cx.may(&resource(&person)) {
            return Vec::new();
        }
        let choice = |one: ChatAccount| Choice { label: format!("{} ({})", one.platform, one.account), value: one.platform };
        cx.authority.origin(&person.id).linked().map(choice).filter(|choice| choice.value.contains(typed)).collect()
    }
}

impl Change for Unlink {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let person = whose(self.whom.as_ref(), cx)?;
        let own = person.id == cx.person.id;
        let resource = resource(&person);
        crate::context::check(&resource, cx)?;
        let wanted = self.platform.as_ref().map(|platform| platform.to_lowercase());
        let mut linked: Vec<ChatAccount> = cx.authority.origin(&person.id).linked().collect();
        linked.retain(|one| wanted.as_ref().is_none_or(|wanted| one.platform == *wanted));
        let account = match linked.as_slice() {
            [one] => one.account.clone(),
            [] => {
                let whose = if own { text!["of yours"] } else { text!["of ", &person.id] };
                let there = wanted.map_or_else(Text::default, |wanted| text![" on ", code(wanted)]);
                let none = text!["No account "].then(whose).then(there).then(" was linked by a code. Nothing was changed.");
                return Err(Error::shown(if own { none.then(text![" ", code("whoami"), " shows yours."]) } else { none }));
            }
            several => {
                let platforms: Vec<String> = several.iter().map(|one| one.platform.clone()).collect();
                let which = Text(codes(&platforms, " or "));
                return Err(Error::shown(text!["Say on which platform: "].then(which).then(". Nothing was changed.")));
            }
        };
        let whose = if own { text!["you"] } else { text![&person.id] };
        let say = text!["The account ", code(account.as_str()), " is linked no longer: I don't know whoever uses it as "];
        Ok(Plan::Records {
            resource: Box::new(resource),
            effects: vec![Effect::Unlink { person: person.id, account }],
            say: say.then(whose).then(text![" any more. ", code("link"), " makes a new code."]).into(),
        })
    }
}

impl crate::context::Origin {
    /// The accounts that were linked by a code.
    fn linked(self) -> impl Iterator<Item = ChatAccount> {
        self.accounts.into_iter().filter(|one| one.known == Known::ByCode)
    }
}
