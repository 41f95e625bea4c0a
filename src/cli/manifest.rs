//! `watchkeeper manifest`

use std::io::Write;

use watchkeeper::config::{Config, Transport};
use watchkeeper::platform::slack;

use super::{Answer, Failure};

/// Prints Slack's app manifest.
pub(super) fn slack(config: &Config, url: Option<&url::Url>, out: &mut dyn Write) -> Result<Answer, Failure> {
    if url.is_none() && config.slack.transport == Transport::Http {
        let why = "the configured transport is \"http\", so the manifest has to say where Slack reaches the bot. \
                   Add --url https://bot.example.com.";
        return Err(Failure(why.to_owned()));
    }
    let manifest = slack::manifest(commands::ALL, url.map(url::Url::as_str), &config.slack.prefix);
    writeln!(out, "{manifest:#}")?;
    Ok(Answer::Yes)
}
