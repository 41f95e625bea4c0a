//! `watchkeeper manifest`

use std::io::Write;

use watchkeeper::config::{Config, Transport};
use watchkeeper::platform::slack::manifest;

use super::{Answer, Failure};

/// Prints Slack's app manifest.
pub(super) fn slack(config: &Config, url: Option<&url::Url>, out: &mut dyn Write) -> Result<Answer, Failure> {
    let Some(slack) = &config.slack else {
        return Err(Failure(
            "The configuration has [discord] and no [slack], so there is no app of Slack to describe.".to_owned(),
        ));
    };
    if url.is_none() && slack.transport == Transport::Http {
        let why = "the configured transport is \"http\", so the manifest has to say where Slack reaches the bot. \
                   Add --url https://bot.example.com.";
        return Err(Failure(why.to_owned()));
    }
    let manifest = manifest(commands::ALL, url.map(url::Url::as_str), &slack.prefix);
    writeln!(out, "{manifest:#}")?;
    Ok(Answer::Yes)
}
