//! `access group show`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource;
use crate::access::aws::Identity;
use crate::access::given;
use crate::access::holding::Names;
use crate::access::words::{count, some};
use crate::access::{find, guard, permitted, pick};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Button, Message, Text};
use crate::{Choice, Command, Query, text};

/// Shows a group: its members, what it is assigned, the last change by me.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// The group, such as sre
    group: String,
}

impl Command for Show {
    const NAME: &'static str = "access group show";
    const PICKS: &'static [&'static str] = &["group"];

    fn resource(&self) -> Resource {
        Resource::named("group", &*self.group)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::groups(typed, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let group = find::group(&self.group, cx, &identity).await?;
        permitted::to_see(&resource(&group), cx)?;
        let who = group.principal().assignee();
        let (members, assignments) = tokio::try_join!(identity.members(&group.id), identity.assigned_itself(&who))?;
        let names = Names::of(&assignments, &members, &identity, cx).await?;
        let mut people: Vec<String> = members.iter().map(|member| names.user(&member.user)).collect();
        people.sort();
        let has = names.of_all(&assignments);
        let mut fields: Vec<(&str, Text)> = vec![
            ("Description", group.description.as_deref().unwrap_or("none").into()),
            (
                "Members",
                match people.len() {
                    0 => "none".into(),
                    all => text![count(all, "user"), ": "].then(some(people.iter().map(String::as_str))),
                },
            ),
            ("Assigned", some(has.iter().map(String::as_str))),
            ("Last change by me", given::last(names.history.last_about("group", &group.id, &group.name))),
        ];
        if group.external {
            fields.push(("State", "from another directory, where it is changed".into()));
        }
        if guard::counts(&group, cx)? {
            fields.push(("In my policy", "who is in it counts as being in the group of the same name".into()));
        }
        let fields = fields.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let list = shlex::try_join(["access", "user", "list", &format!("--group={}", group.name)]).unwrap_or_default();
        Ok(Message::new().header(&*group.name).fields(fields).buttons(vec![Button::new("All members", list)]))
    }
}
