//! `change freeze start`

use serde::{Deserialize, Serialize};

use super::resource;
use crate::args::When;
use crate::error::Error;
use crate::message::code;
use crate::records::Effect;
use crate::{Change, Command, Context, Plan, Resource, Result, registry, text};

/// Call a freeze: no change of the project starts until it ends; a running step finishes
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Start {
    /// The project; without it, all of them
    #[arg(long)]
    project: Option<String>,
    /// The end, such as "mon 08:00" or "in 2 days"
    #[arg(long, value_name = "TIME")]
    until: When,
}

impl Command for Start {
    const NAME: &'static str = "change freeze start";

    fn resource(&self) -> Resource {
        resource(self.project.as_ref())
    }
}

impl Change for Start {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        if let Some(project) = &self.project {
            let known = || cx.settings.accounts.iter().map(|account| account.project.as_str());
            if !known().any(|name| name == project) {
                let unknown = text!["I know no project ", code(project.as_str()), "."];
                return Err(Error::shown(match registry::nearest(project, known()) {
                    Some(close) => unknown.then(text![" Did you mean ", code(close), "?"]),
                    None => unknown,
                }));
            }
        }
        let reason = cx.reason.ok_or_else(|| {
            Error::shown(text![
                "Say why: add ",
                code("--reason \"…\""),
                ". People who are held up will read it. Nothing was changed."
            ])
        })?;
        let until = self.until.resolve(cx.now, &cx.person.zone)?;
        let what = self.project.as_deref().unwrap_or("all projects");
        Ok(Plan::Records {
            resource: Box::new(self.resource()),
            effects: vec![Effect::Freeze { project: self.project.clone(), reason: reason.to_owned(), until }],
            say: text![
                "❄️ Freeze of ",
                code(what),
                " until ",
                until,
                ". No change of it starts before. ",
                code("change freeze list"),
                " shows its number, ",
                code("change freeze stop"),
                " lifts it."
            ]
            .into(),
        })
    }
}
