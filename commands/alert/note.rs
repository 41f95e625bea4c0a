//! `alert note`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_note, does, named};
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Write down what was found or done; on an alert that is over: how it was fixed
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Note {
    /// The alert, such as ALR-88
    alert: AlertId,
    /// What to write down
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
}

impl Command for Note {
    const NAME: &'static str = "alert note";
    const PICKS: &'static [&'static str] = &["alert"];

    fn resource(&self) -> Resource {
        named(&[self.alert])
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Note {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let words = self.text.join(" ");
        check_note(&words)?;
        let deed = Deed::Note { words };
        let say = |alert| text!["It is written down with "].then(alert).then(".");
        does(&[self.alert], (deed, say), cx).await
    }
}
