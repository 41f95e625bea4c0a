//! `access permission-set show`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::aws::Identity;
use crate::access::given::{self, History};
use crate::access::words::{account_name, session, some};
use crate::access::{find, permitted, pick};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Message, Text, code};
use crate::{Choice, Command, Query, text};

/// Shows a permission set: its policies, how long sessions last, where it is provisioned.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Show {
    /// The permission set, such as ReadOnlyAccess
    permission_set: String,
}

impl Command for Show {
    const NAME: &'static str = "access permission-set show";
    const PICKS: &'static [&'static str] = &["permission_set"];

    fn resource(&self) -> Resource {
        Resource::named("permission set", &*self.permission_set)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::permission_sets(typed, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let set = find::permission_set(&self.permission_set, cx, &identity).await?;
        permitted::to_see(&Resource { id: set.arn.clone(), ..Resource::named("permission set", &*set.name) }, cx)?;
        let Some(details) = identity.details(&set.arn).await? else {
            return Err(Error::shown(text![code(&*set.name), " is gone: somebody deleted it this moment."]));
        };
        let history = History::read(cx).await?;
        let mut accounts: Vec<&str> = details.accounts.iter().map(|id| account_name(id, cx)).collect();
        accounts.sort_unstable();
        let inline = match &details.inline {
            Some(policy) => format!("yes, {} characters", policy.chars().count()),
            None => "none".to_owned(),
        };
        let fields: Vec<(&str, Text)> = vec![
            ("Description", set.description.as_deref().unwrap_or("none").into()),
            ("Sessions last", session(set.session_duration.as_deref()).into()),
            ("AWS's policies", some(details.managed.iter().map(String::as_str))),
            ("Policies of the accounts", some(details.customer.iter().map(String::as_str))),
            ("Inline policy", inline.into()),
            ("Provisioned in", some(accounts)),
            ("Last change by me", given::last(history.last_about("permission set", &set.arn, &set.name))),
        ];
        let fields = fields.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        Ok(Message::new().header(&*set.name).fields(fields).note(text!["ARN ", code(&*set.arn)]))
    }
}
