//! `access user show`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource;
use crate::access::aws::Identity;
use crate::access::given;
use crate::access::holding::Names;
use crate::access::model::User;
use crate::access::words::some;
use crate::access::{find, permitted, pick};
use crate::context::{Context, Decision, Resource};
use crate::error::Result;
use crate::message::{Button, Message, Text, code};
use crate::{Choice, Command, Query, text};

/// Shows a user: their groups, what they are assigned, the last change by me.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// The user: @ana, a user name or an e-mail address
    user: String,
}

impl Command for Show {
    const NAME: &'static str = "access user show";
    const PICKS: &'static [&'static str] = &["user"];

    fn resource(&self) -> Resource {
        Resource::named("user", self.user.trim_start_matches('@'))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::users(typed, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let user = find::user(&self.user, cx, &identity).await?;
        permitted::to_see(&resource(&user), cx)?;
        let who = user.principal().assignee();
        let (memberships, assignments) = tokio::try_join!(identity.memberships(&user.id), identity.assigned_itself(&who))?;
        let names = Names::of(&assignments, &memberships, &identity, cx).await?;
        let mut groups: Vec<String> = memberships.iter().map(|membership| names.group(&membership.group)).collect();
        groups.sort();
        let has = names.of_all(&assignments);
        let or_none = |value: &Option<String>| value.as_ref().map_or_else(|| "none".into(), |value| text![code(&**value)]);
        let state = match (user.active, user.external) {
            (true, false) => "enabled",
            (false, false) => "disabled: they can't sign in",
            (true, true) => "enabled; from another directory, where they are changed",
            (false, true) => "disabled; from another directory, where they are changed",
        };
        let fields: Vec<(&str, Text)> = vec![
            ("User name", text![code(&*user.name)]),
            ("E-mail", or_none(&user.email)),
            ("Title", user.title.as_deref().unwrap_or("none").into()),
            ("State", state.into()),
            ("Groups", some(groups.iter().map(String::as_str))),
            ("Assigned directly", some(has.iter().map(String::as_str))),
            ("Last change by me", given::last(names.history.last_about("user", &user.id, &user.name))),
        ];
        let fields = fields.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let title = if user.display_name.is_empty() { &user.name } else { &user.display_name };
        Ok(Message::new().header(&**title).fields(fields).buttons(buttons(&user, cx)))
    }
}

fn buttons(user: &User, cx: &Context<'_>) -> Vec<Button> {
    let may = matches!(cx.authority.decide(cx.person, "access of", &resource(user)), Decision::Allowed { .. });
    let run = shlex::try_join(["access", "of", user.name.as_str()]).unwrap_or_default();
    may.then(|| Button::new("Everything they have", run)).into_iter().collect()
}
