//! `ecs watch`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find::{Wanted, find};
use super::follow::Follow;
use super::{inventory, under_way};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::code;
use crate::plan::Plan;
use crate::records::Effect;
use crate::watch::Watch as _;
use crate::{Change, Choice, Command, text};

/// Shows the deployment of a service here too, from now to its end: the one under way, or the next one within a day
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Watch {
    /// The service: its name, cluster/name, either with @account, or ARN
    service: String,
}

impl Command for Watch {
    const NAME: &'static str = "ecs watch";
    const PICKS: &'static [&'static str] = &["service"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.service).resource()
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Change for Watch {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let found = find(&self.service, cx).await?;
        let at = &found.service.at;
        let post = format!("{}/{}", at.account, at.region);
        if !Follow::posts(cx.settings).contains(&post) {
            return Err(Error::shown(text![
                "Deployments are not followed in ",
                code(&*at.account_name),
                ". Whoever runs me can turn that on, with ",
                code("[ecs]"),
                " in the configuration."
            ]));
        }
        let under_way = under_way::under_way(&found.ecs, &found.service).await?;
        let say = match under_way.first() {
            Some(one) => text!["I show the deployment ", code(one.id.short()), " of ", code(&*at.name), " here until it ends."],
            None => {
                text!["Nothing is being deployed to ", code(&*at.name), " now. The next deployment within a day is shown here."]
            }
        };
        let effect = Effect::Follow { watch: Follow::NAME.to_owned(), post, about: at.arn.clone() };
        Ok(Plan::Records { resource: Box::new(at.resource()), effects: vec![effect], say: say.into() })
    }
}
