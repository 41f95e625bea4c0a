//! `watchkeeper.toml`, key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use commands::context::{Account, Settings};
use commands::registry::nearest;
use jiff::SignedDuration;
use toml::de::DeValue;

use super::document::{Document, Table, list, parsed, text, texts};
use super::sources::{self, Around};
use super::{Approvals, Channels, ConfigErrors, Transport, alerts, discord, following, hooks, identity};
use crate::hooks::Hook;
use crate::sources::Source;

/// What the file holds, defaults filled in.
pub(super) struct Written {
    pub(super) data_dir: String,
    pub(super) listen: SocketAddr,
    pub(super) people: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) oncall: Option<String>,
    /// How Slack's events come in, where the bot lives in Slack.
    pub(super) transport: Option<Transport>,
    pub(super) discord: Option<discord::Written>,
    pub(super) channels: Channels,
    pub(super) approvals: Approvals,
    pub(super) remind_before_start: Vec<SignedDuration>,
    pub(super) settings: Settings,
    pub(super) aws_region: Option<String>,
    pub(super) baseline: Option<String>,
    pub(super) sources: Vec<Source>,
    pub(super) hooks: Vec<Hook>,
}

/// Reads the file. `capabilities` are those a role template is filled in for.
pub(super) fn read(file: &str, content: &str, capabilities: &[&str], around: &Around<'_>) -> Result<Written, ConfigErrors> {
    let document = Document::new(file, content);
    let parsed_text = document.parse()?;
    let top = document.top(&parsed_text);
    let port = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let discord = discord::read(top.table("discord"));
    let slack_table = top.table("slack");
    // Where nothing is said of either, it is Slack.
    let in_slack = slack_table.is_some() || !top.has("discord");
    let (transport, prefix) = slack(slack_table);
    let aws = aws(top.table("aws"));
    let accounts = accounts(&top, &aws, capabilities);
    let (identity, baseline) = identity::read(top.table("identity_center"), &aws, &accounts);
    let events = following::queues(top.tables("events"), &aws, &accounts);
    let following = following::following(top.table("ecs"));
    let alerting = alerts::alerting(top.table("alerts"));
    let written = Written {
        data_dir: top.get("data_dir", "a folder's path", text).unwrap_or_else(|| "data".to_owned()),
        listen: top.get("listen", "an address with a port, such as \"127.0.0.1:8080\"", parsed).unwrap_or(port),
        people: top.get("people", "a file's path", text),
        policy: top.get("policy", "a file's path", text),
        oncall: top.get("oncall", "a file's path", text),
        transport: in_slack.then_some(transport),
        discord,
        channels: channels(&top),
        approvals: approvals(top.table("approvals")),
        remind_before_start: changes(top.table("changes")),
        aws_region: aws.region.or_else(|| accounts.first().and_then(|account| account.regions.first().cloned())),
        settings: Settings { accounts, prefix, identity, events, following, alerting, ..Settings::default() },
        baseline,
        sources: sources::read(top.tables("sources"), around),
        hooks: hooks::read(top.tables("hooks"), around),
    };
    top.done();
    document.errors().or(written)
}

fn slack(table: Option<Table<'_>>) -> (Transport, String) {
    let Some(table) = table else { return (Transport::Socket { connections: 2 }, "/".to_owned()) };
    let prefix = table.get("prefix", "what slash commands begin with, such as \"/\" or \"/wk-\"", |value| {
        text(value).filter(|prefix| prefix.starts_with('/') && !prefix.contains(char::is_whitespace))
    });
    let connections = table.get("connections", "a number from 1 to 10", |value| {
        let number = value.as_integer()?;
        usize::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| (1..=10).contains(count))
    });
    let socket = Transport::Socket { connections: connections.unwrap_or(2) };
    let transport = table.get("transport", "\"socket\" or \"http\"", |value| match value.as_str()? {
        "socket" => Some(socket),
        "http" => Some(Transport::Http),
        _ => None,
    });
    table.done();
    (transport.unwrap_or(socket), prefix.unwrap_or_else(|| "/".to_owned()))
}

fn channels(top: &Table<'_>) -> Channels {
    const EXPECTED: &str = "a channel, such as \"#ops\", or its id";
    let mut channels = Channels { default: "#ops".to_owned(), security: "#security".to_owned(), projects: BTreeMap::default() };
    if let Some(table) = top.table("channels") {
        channels.default = table.get("default", EXPECTED, channel).unwrap_or(channels.default);
        channels.security = table.get("security", EXPECTED, channel).unwrap_or(channels.security);
        table.done();
    }
    for (project, table) in top.table("projects").iter().flat_map(Table::named_tables) {
        if let Some(own) = table.must("channel", EXPECTED, channel) {
            channels.projects.insert(project, own);
        }
        table.done();
    }
    channels
}

pub(super) fn channel(value: &DeValue<'_>) -> Option<String> {
    text(value).filter(|name| {
        let named = name.strip_prefix('#').is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace));
        let id = name.len() > 6 && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
        named || id
    })
}

fn approvals(table: Option<Table<'_>>) -> Approvals {
    const EMOJI: &str = "a list of emoji names without colons, such as [\"white_check_mark\"]";
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let minutes = |minutes: [i64; 3]| minutes.map(SignedDuration::from_mins).to_vec();
    let mut approvals = Approvals {
        approve: set(&["white_check_mark", "heavy_check_mark"]),
        reject: set(&["x"]),
        expires: SignedDuration::from_hours(8),
        remind: minutes([30, 60, 120]),
    };
    let Some(table) = table else { return approvals };
    approvals.approve = table.get("approve", EMOJI, emoji).unwrap_or(approvals.approve);
    approvals.reject = table.get("reject", EMOJI, emoji).unwrap_or(approvals.reject);
    approvals.expires = table.get("expires", "a duration, such as \"8h\"", duration).unwrap_or(approvals.expires);
    approvals.remind = table.get("remind", DURATIONS, durations).unwrap_or(approvals.remind);
    if let Some(both) = approvals.approve.intersection(&approvals.reject).next() {
        table.wrong(Some("reject"), format!("{both:?} can't both approve and reject."));
    }
    table.done();
    approvals
}

fn changes(table: Option<Table<'_>>) -> Vec<SignedDuration> {
    let day = [24 * 60, 60, 10].map(SignedDuration::from_mins).to_vec();
    let Some(table) = table else { return day };
    let mut remind = table.get("remind", DURATIONS, durations).unwrap_or(day);
    table.done();
    remind.sort_by(|a, b| b.cmp(a));
    remind
}

const DURATIONS: &str = "a list of durations, such as [\"30m\", \"1h\"]";

/// Hours and smaller, longer than nothing: a day is not always 24 hours long.
pub(super) fn duration(value: &DeValue<'_>) -> Option<SignedDuration> {
    parsed::<SignedDuration>(value).filter(SignedDuration::is_positive)
}

fn durations(value: &DeValue<'_>) -> Option<Vec<SignedDuration>> {
    list(value, duration)
}

fn emoji(value: &DeValue<'_>) -> Option<BTreeSet<String>> {
    let fits = |name: &String| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-+'".contains(letter));
    let names: BTreeSet<_> = texts(value)?.into_iter().collect();
    (!names.is_empty() && names.iter().all(fits)).then_some(names)
}

/// What holds for all accounts.
#[derive(Default)]
pub(super) struct Everywhere {
    /// The region for those that name none.
    pub(super) region: Option<String>,
    /// The role, `{account}` and `{capability}` still to be filled in.
    role: Option<String>,
}

impl Everywhere {
    /// The role for a capability in an account, where the template gives one.
    pub(super) fn role(&self, account: &str, capability: &str) -> Option<String> {
        Some(self.role.as_ref()?.replace("{account}", account).replace("{capability}", capability))
    }
}

fn aws(table: Option<Table<'_>>) -> Everywhere {
    let Some(table) = table else { return Everywhere::default() };
    let aws = Everywhere { region: table.get("region", REGION, text), role: table.get("role", ROLE, role) };
    table.done();
    aws
}

fn accounts(top: &Table<'_>, aws: &Everywhere, capabilities: &[&str]) -> Vec<Account> {
    const REGIONS: &str = "a list of regions, such as [\"eu-central-1\"]";
    let mut seen = BTreeSet::new();
    let mut accounts = Vec::new();
    for table in top.tables("accounts") {
        let id = table.must("id", DIGITS, digits);
        if let Some(id) = id.as_ref().filter(|id| !seen.insert((*id).clone())) {
            table.wrong(Some("id"), format!("Account {id} is configured twice."));
        }
        let name = table.must("name", "what people call the account", text);
        let project = table.must("project", "the project its resources belong to", text);
        let env = table.must("env", "the environment its resources belong to, such as \"prod\"", text);
        let regions = match (table.get("regions", REGIONS, |value| texts(value).filter(|all| !all.is_empty())), &aws.region) {
            (Some(regions), _) => Some(regions),
            (None, Some(region)) => Some(vec![region.clone()]),
            (None, None) => table.must("regions", REGIONS, texts),
        };
        let own = roles(&table, capabilities);
        table.done();
        let (Some(id), Some(name), Some(project), Some(env), Some(regions)) = (id, name, project, env, regions) else { continue };
        let filled = |capability: &str| Some((capability.to_owned(), aws.role(&id, capability)?));
        let mut roles: BTreeMap<_, _> = capabilities.iter().filter_map(|capability| filled(capability)).collect();
        roles.extend(own);
        accounts.push(Account { id, name, project, env, regions, roles });
    }
    accounts
}

pub(super) const DIGITS: &str = "the account's twelve digits in quotes";
pub(super) const REGION: &str = "a region, such as \"eu-central-1\"";
pub(super) const ROLE: &str = "a role's ARN, such as \"arn:aws:iam::{account}:role/watchkeeper-{capability}\"";

pub(super) fn digits(value: &DeValue<'_>) -> Option<String> {
    text(value).filter(|id| is_account(id))
}

/// Whether a text is an account's id.
pub(super) fn is_account(id: &str) -> bool {
    id.len() == 12 && id.chars().all(|digit| digit.is_ascii_digit())
}

pub(super) fn role(value: &DeValue<'_>) -> Option<String> {
    text(value).filter(|arn| is_role(arn))
}

fn is_role(arn: &str) -> bool {
    arn.starts_with("arn:aws") && arn.contains(":iam::") && arn.contains(":role/")
}

/// Roles written out by capability.
fn roles(account: &Table<'_>, capabilities: &[&str]) -> BTreeMap<String, String> {
    let Some(table) = account.table("roles") else { return BTreeMap::new() };
    let roles: BTreeMap<_, _> = table.named_texts().into_iter().collect();
    for (capability, arn) in roles.iter().filter(|(_, arn)| !is_role(arn)) {
        table.wrong(Some(capability), format!("Expected a role's ARN, found {arn:?}."));
    }
    for capability in roles.keys().filter(|capability| !capabilities.contains(&capability.as_str())) {
        let words = match nearest(capability, capabilities.iter().copied()) {
            Some(close) => format!("There is no such capability. Did you mean {close}?"),
            None => "There is no such capability.".to_owned(),
        };
        table.wrong(Some(capability), words);
    }
    roles
}
