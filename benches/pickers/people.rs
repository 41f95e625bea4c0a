//! A large organisation to look after, and what the bot knows of its people.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::process::Bot;

const CONFIG: &str = r##"
[slack]
transport = "http"

[channels]
default = "#ops"

[aws]
region = "eu-west-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"

[identity_center]
account = "888877776666"
name = "identity"
region = "eu-west-1"
management = "999988887777"
"##;
const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre"]
"#;

/// Writes the configuration with these accounts: number, name and environment. Four accounts in a row and their environments
/// are of a project each.
pub(crate) fn configure(folder: &Path, accounts: impl Iterator<Item = (String, String, &'static str)>) {
    let mut config = CONFIG.to_owned();
    for (number, name, env) in accounts {
        let project = name.trim_end_matches(env).trim_end_matches('-');
        let account =
            format!("id = {number:?}\nname = {name:?}\nproject = {project:?}\nenv = {env:?}\nregions = [\"eu-west-1\"]");
        writeln!(config, "\n[[accounts]]\n{account}").unwrap();
    }
    std::fs::write(folder.join("watchkeeper.toml"), config).unwrap();
    std::fs::write(folder.join("people.toml"), PEOPLE).unwrap();
}

/// What a bot says of its people and how long ago they were read.
pub(crate) async fn directory(bot: &Bot) -> String {
    let ready: serde_json::Value = serde_json::from_str(&bot.says("/health/ready").await.unwrap_or_default()).unwrap();
    ready["directory"]["words"].as_str().unwrap_or("nothing").to_owned()
}

/// Returns once everybody was read.
pub(crate) async fn until_read(bot: &Bot) {
    bot.until(Duration::from_millis(100), async || directory(bot).await.contains("as of just now")).await;
}
