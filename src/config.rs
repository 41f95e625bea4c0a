//! The configuration: from what is written (files, environment) to what is used. The only file that reads the environment.
//!
//! One TOML file, with `people.toml`, `policy.cedar` and `oncall.toml` beside it, and `access-baseline.toml` where there is one. Each has a commented default in `config/` that is
//! compiled in and stands in for a file that is not there. Everything wrong in the files is told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use commands::PersonId;
use commands::context::{Account, Declared, MYSELF, Settings};
use commands::registry::Entry;
use jiff::SignedDuration;

use crate::alerts::runbook::Runbook;
use crate::hooks::Hook;
use crate::identity::{Directory, Member};
use crate::policy::{Law, Policy};
use crate::secret::Secret;
use crate::sources::Source;

mod alerts;
mod check;
mod discord;
mod document;
mod fault;
mod following;
mod hooks;
mod identity;
mod oncall;
mod people;
mod sources;
mod written;

pub use check::{Finding, Weight};
pub use fault::{ConfigError, ConfigErrors, Place};

/// The commented default of `watchkeeper.toml`.
pub const DEFAULT_TOML: &str = include_str!("../config/watchkeeper.toml");
/// The commented default of `people.toml`: it knows nobody.
pub const DEFAULT_PEOPLE: &str = include_str!("../config/people.toml");
/// The commented default of `policy.cedar`.
pub const DEFAULT_POLICY: &str = include_str!("../config/policy.cedar");

/// The commented default of `oncall.toml`: nobody is on call.
pub const DEFAULT_ONCALL: &str = include_str!("../config/oncall.toml");
/// The commented default of `access-baseline.toml`. It stands in for nothing: without the file nothing is declared.
pub const DEFAULT_BASELINE: &str = include_str!("../config/access-baseline.toml");

/// Discord's API (discord.com/developers/docs "API Reference").
const DISCORD_API: &str = "https://discord.com/api/v10";

/// Environment variables, by name. Tests make their own.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process, as far as they are UTF-8.
    #[expect(clippy::disallowed_methods, reason = "this is the configuration")]
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// The variable's value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// The configuration as it is used.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from; none where there is none and the compiled-in default is used.
    pub file: Option<PathBuf>,
    /// Where the store keeps its files.
    pub data_dir: PathBuf,
    /// Where HTTP is listened to: Slack, webhooks, health, metrics.
    pub listen: SocketAddr,
    /// Slack, where the bot lives there.
    pub slack: Option<Slack>,
    /// Discord, where the bot lives there.
    pub discord: Option<Discord>,
    /// Which channel gets what.
    pub channels: Channels,
    /// How approvals go.
    pub approvals: Approvals,
    /// How long before its start a change is announced again, longest first.
    pub remind_before_start: Vec<SignedDuration>,
    /// What commands may see: the AWS accounts and the command prefix.
    pub settings: Settings,
    /// The region in which roles are assumed: `[aws] region`, else the first account's first one.
    pub aws_region: Option<String>,
    /// What `AWS_ENDPOINT_URL` holds. The AWS SDK reads it by itself; here it is only known.
    pub aws_endpoint: Option<String>,
    /// The people, as `people.toml` has them.
    pub people: Vec<Member>,
    /// `people.toml` itself.
    pub people_file: String,
    /// Who may say what is wrong.
    pub sources: Vec<Source>,
    /// The other systems that are told what becomes of alerts.
    pub hooks: Vec<Hook>,
    /// What to do about alerts, by those who know.
    pub runbooks: Vec<Runbook>,
    /// `oncall.toml` itself; what it says is among the settings.
    pub oncall_file: String,
    /// The policy, as written.
    pub policy: PolicyText,
}

/// A policy file as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// Its path, for messages.
    pub file: String,
    /// Its text, in Cedar's language.
    pub text: String,
}

/// How the bot lives in Slack.
#[derive(Clone, Debug)]
pub struct Slack {
    /// What stands before the first word of a slash command: `/`, or `/wk-` for `/wk-rds`.
    pub prefix: String,
    /// How events come in.
    pub transport: Transport,
    /// The Web API's address without a slash at its end.
    pub api_url: String,
    /// `SLACK_BOT_TOKEN`.
    pub bot_token: Option<Secret>,
    /// `SLACK_APP_TOKEN`, for Socket Mode.
    pub app_token: Option<Secret>,
    /// `SLACK_SIGNING_SECRET`, for HTTP.
    pub signing_secret: Option<Secret>,
}

/// How Slack's events come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Socket Mode.
    Socket {
        /// How many connections are kept open at once, 1 to 10.
        connections: usize,
    },
    /// Signed HTTP requests.
    Http,
}

/// How the bot lives in Discord.
#[derive(Clone, Debug)]
pub struct Discord {
    /// The id of the server, which Discord's API calls a guild.
    pub guild: String,
    /// The ids of the roles whose members may use the bot; with none every member may.
    pub roles: BTreeSet<String>,
    /// The groups of the policy that roles of the server put their members in: the role's id by the group's name.
    pub groups: BTreeMap<String, String>,
    /// The API's address, version included, without a slash at its end.
    pub api_url: String,
    /// `DISCORD_TOKEN`.
    pub token: Option<Secret>,
}

/// Which channel gets what. Channels are written `#name`, or as the platform's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels {
    /// For everything without a channel of its own.
    pub default: String,
    /// For what must be seen: break-glass, failed revocations.
    pub security: String,
    /// By project.
    pub projects: BTreeMap<String, String>,
}

impl Channels {
    /// The channel of a project's cards; the default one where there is no project, or none of its own.
    pub fn of(&self, project: Option<&str>) -> &str {
        project.and_then(|project| self.projects.get(project)).unwrap_or(&self.default)
    }
}

/// How approvals go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// The emoji that approve, without colons.
    pub approve: BTreeSet<String>,
    /// The emoji that reject.
    pub reject: BTreeSet<String>,
    /// How long a request waits.
    pub expires: SignedDuration,
    /// The gaps between reminders to approvers, in order; each counts from the one before.
    pub remind: Vec<SignedDuration>,
}

impl Config {
    /// Reads the file `WATCHKEEPER_CONFIG` names (else `watchkeeper.toml` in the current folder, else the compiled-in
    /// default) and the files beside it. `WATCHKEEPER_DATA_DIR` and `WATCHKEEPER_LISTEN` outrank the file.
    ///
    /// # Errors
    /// Everything that is wrong in the files, each with file, line, column and key.
    pub fn load(environment: &Environment) -> Result<Self, ConfigErrors> {
        let file = match environment.get("WATCHKEEPER_CONFIG") {
            Some(named) => Some(PathBuf::from(named)),
            None => Some(PathBuf::from("watchkeeper.toml")).filter(|path| path.exists()),
        };
        let (name, text) = match &file {
            Some(path) => (path.display().to_string(), read(path)?),
            None => ("watchkeeper.toml (compiled in)".to_owned(), DEFAULT_TOML.to_owned()),
        };
        let mut capabilities: Vec<_> = commands::ALL.iter().map(Entry::capability).collect();
        capabilities.dedup();
        let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut errors = ConfigErrors::default();
        let around = sources::Around { folder, environment };
        let mut written = written::read(&name, &text, &capabilities, &around).map_err(|wrong| errors.0.extend(wrong.0)).ok();
        if let Some(written) = written.as_mut()
            && let Some(center) = written.settings.identity.as_mut()
        {
            let declared = baseline(folder, written.baseline.as_deref(), &written.settings.accounts, &center.home);
            center.baseline = declared.map_err(|wrong| errors.0.extend(wrong.0)).unwrap_or_default();
        }
        let beside = |key: Option<&String>, default_name: &str, default: &str| {
            beside(folder, key.map(String::as_str), default_name, default)
        };
        let named = written.as_ref();
        let people = beside(named.and_then(|written| written.people.as_ref()), "people.toml", DEFAULT_PEOPLE);
        let people = people.and_then(|(name, text)| people::read(&name, &text).map(|people| (name, people)));
        let people = people.map_err(|wrong| errors.0.extend(wrong.0)).ok();
        let policy = beside(named.and_then(|written| written.policy.as_ref()), "policy.cedar", DEFAULT_POLICY);
        let policy = policy.map_err(|wrong| errors.0.extend(wrong.0)).ok();
        let oncall = beside(named.and_then(|written| written.oncall.as_ref()), "oncall.toml", DEFAULT_ONCALL);
        let known = known(named, people.as_ref().map(|(_, people)| people.as_slice()));
        let oncall = oncall.and_then(|(name, text)| oncall::read(&name, &text, &known).map(|oncall| (name, oncall)));
        let oncall = oncall.map_err(|wrong| errors.0.extend(wrong.0)).ok();
        let listen = environment.get("WATCHKEEPER_LISTEN").map(|value| {
            value.parse::<SocketAddr>().map_err(|_| {
                let words = format!("Expected an address with a port, such as 127.0.0.1:8080, found {value:?}.");
                let key = Some("WATCHKEEPER_LISTEN".to_owned());
                errors.0.push(ConfigError { place: Place::whole("environment"), key, words });
            })
        });
        let runbooks = alerts::runbooks(folder).map_err(|wrong| errors.0.extend(wrong.0)).unwrap_or_default();
        let (Some(written), Some((people_file, people)), Some((policy_file, policy_text)), Some((oncall_file, oncall))) =
            (written, people, policy, oncall)
        else {
            return Err(errors);
        };
        let written = errors.or(written)?;
        let secret = |name| environment.get(name).map(Secret::new);
        Ok(Self {
            data_dir: environment.get("WATCHKEEPER_DATA_DIR").map_or_else(|| folder.join(written.data_dir), PathBuf::from),
            listen: listen.and_then(Result::ok).unwrap_or(written.listen),
            slack: written.transport.map(|transport| Slack {
                prefix: written.settings.prefix.clone(),
                transport,
                api_url: environment.get("SLACK_API_URL").unwrap_or("https://slack.com/api").trim_end_matches('/').to_owned(),
                bot_token: secret("SLACK_BOT_TOKEN"),
                app_token: secret("SLACK_APP_TOKEN"),
                signing_secret: secret("SLACK_SIGNING_SECRET"),
            }),
            discord: written.discord.map(|discord| Discord {
                guild: discord.guild,
                roles: discord.roles,
                groups: discord.groups,
                api_url: environment.get("DISCORD_API_URL").unwrap_or(DISCORD_API).trim_end_matches('/').to_owned(),
                token: secret("DISCORD_TOKEN"),
            }),
            channels: written.channels,
            approvals: written.approvals,
            remind_before_start: written.remind_before_start,
            settings: Settings { oncall, ..written.settings },
            aws_region: written.aws_region,
            aws_endpoint: environment.get("AWS_ENDPOINT_URL").map(str::to_owned),
            people,
            people_file,
            sources: written.sources,
            hooks: written.hooks,
            runbooks,
            oncall_file,
            policy: PolicyText { file: policy_file, text: policy_text },
            file,
        })
    }

    /// The groups that chat platforms put people into.
    pub fn groups_of_platforms(&self) -> impl Iterator<Item = &String> {
        self.discord.iter().flat_map(|discord| discord.groups.keys())
    }

    /// The law of the house: policy, people and settings, ready to answer.
    ///
    /// # Errors
    /// What is wrong with the policy, such as an action that is no command's name.
    pub fn law(&self, commands: &[Entry]) -> Result<Law, ConfigErrors> {
        let policy = Policy::parse(&self.policy, commands)?;
        let directory = Directory::new(self.people.clone());
        let directory = match &self.settings.identity {
            Some(center) => {
                let named = policy.people().iter().map(String::as_str).chain([MYSELF]);
                let named = named.map(|id| PersonId(id.to_owned())).collect();
                directory.with_identity_center(center.groups.clone(), named)
            }
            None => directory,
        };
        Ok(Law::new(policy, directory, self.settings.clone()))
    }
}

fn read(path: &Path) -> Result<String, ConfigErrors> {
    std::fs::read_to_string(path).map_err(|cause| {
        let words = format!("Reading this file: {cause}.");
        ConfigErrors(vec![ConfigError { place: Place::whole(&path.display().to_string()), key: None, words }])
    })
}

/// The name and text of a file beside the configuration: the one that is named, which must exist; else the usual one if
/// it exists; else the compiled-in default.
fn beside(folder: &Path, named: Option<&str>, usual: &str, default: &str) -> Result<(String, String), ConfigErrors> {
    let path = folder.join(named.unwrap_or(usual));
    if named.is_none() && !path.exists() {
        return Ok((format!("{usual} (compiled in)"), default.to_owned()));
    }
    read(&path).map(|text| (path.display().to_string(), text))
}

/// What names in `oncall.toml` must be among.
fn known<'k>(written: Option<&'k written::Written>, people: Option<&'k [Member]>) -> oncall::Known<'k> {
    let projects = |written: &'k written::Written| {
        let accounts = written.settings.accounts.iter().map(|account| account.project.as_str());
        accounts.chain(written.channels.projects.keys().map(String::as_str)).collect()
    };
    let center = written.and_then(|written| written.settings.identity.as_ref());
    let of_platforms = written.and_then(|written| written.discord.as_ref()).into_iter().flat_map(|discord| discord.groups.keys());
    let groups = center.iter().flat_map(|center| &center.groups).chain(of_platforms).map(String::as_str).collect();
    let sources = |written: &'k written::Written| {
        let own = [crate::sources::AWS, commands::context::MYSELF];
        written.sources.iter().map(|source| source.name.as_str()).chain(own).collect()
    };
    oncall::Known { people, projects: written.map(projects), sources: written.map(sources), groups }
}

/// What is declared to stand: in the file that is named, which must exist; else in the usual one if it exists.
fn baseline(
    folder: &Path,
    named: Option<&str>,
    accounts: &[Account],
    home: &Account,
) -> Result<Option<Vec<Declared>>, ConfigErrors> {
    let path = folder.join(named.unwrap_or("access-baseline.toml"));
    if named.is_none() && !path.exists() {
        return Ok(None);
    }
    let known: Vec<&Account> = accounts.iter().chain([home]).collect();
    identity::baseline(&path.display().to_string(), &read(&path)?, &known).map(Some)
}

#[cfg(test)]
mod tests;
