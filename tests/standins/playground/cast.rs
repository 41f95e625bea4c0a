//! Who and what is there: people, channels, and the bot's configuration.

use standins::alertmanager::{Alertmanager, labels};
use standins::aws::Aws;
use standins::discord::{self, Discord, GUILD_ID};
use standins::slack::{NewChannel, Slack, User};
use watchkeeper::platform::slack::manifest;

/// The bot's configuration, for Socket Mode.
pub(crate) const CONFIG: &str = include_str!("watchkeeper.toml");
/// The people the bot knows, without their accounts on Discord.
const PEOPLE: &str = include_str!("people.toml");
/// Who is on call.
pub(crate) const ON_CALL: &str = include_str!("oncall.toml");
/// What to do about alarms, by the names of their files.
pub(crate) const RUNBOOKS: [(&str, &str); 2] = [
    ("high-error-rate.md", include_str!("high-error-rate.md")),
    ("service-keeps-failing.md", include_str!("../../../config/runbooks/service-keeps-failing.md")),
];
/// The assignments that are meant to stand.
pub(crate) const BASELINE: &str = include_str!("access-baseline.toml");
/// The zone the page shows times in at first: that of most people here.
pub(crate) const ZONE: &str = "Europe/Berlin";

/// Handle, name, title and zone of everybody, in the order the page offers them, and their role on Discord.
const EVERYBODY: [(&str, &str, &str, &str, &str); 6] = [
    ("ana", "Ana Ruiz", "Site reliability engineer", "Europe/Berlin", "sre"),
    ("ben", "Ben Chen", "Database administrator", "Asia/Taipei", "dba"),
    ("bea", "Bea Ode", "Database administrator", "Europe/London", "dba"),
    ("chloe", "Chloe Martin", "Developer", "Europe/Berlin", "developers"),
    ("dana", "Dana Okafor", "On-call lead", "Europe/Berlin", "sre"),
    ("edda", "Edda Lind", "Auditor", "Europe/Berlin", "auditors"),
];

/// Their roles on Discord.
const ROLES: [&str; 4] = ["sre", "dba", "developers", "auditors"];

const CHANNELS: [(&str, &str); 5] = [
    ("ops", "Anything about operations. Type / to see what Watchkeeper can do"),
    ("shop-ops", "Changes to the shop's databases and its deployments appear here"),
    ("media-ops", "Changes and deployments of the magazine and of streaming appear here"),
    ("dba", "The database administrators"),
    ("security", "What must be seen"),
];

/// What a pipeline deploys when the page asks for it: a service of the estate, its new image, and a variable that is new.
const RELEASE: (&str, &str, (&str, &str)) =
    ("checkout", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/checkout:4.13.0", ("BASKET_LIMIT", "200"));

/// The labels of the alarm that the page can have raised: of the service that pipelines deploy.
const ALARM: [(&str, &str); 5] =
    [("alertname", "HighErrorRate"), ("env", "prod"), ("project", "shop"), ("service", "checkout"), ("severity", "critical")];
/// What whoever wrote the alarm's rule has to say of it.
const ALARM_SAYS: [(&str, &str); 4] = [
    ("summary", "More than 5 % of checkout's answers have been errors for five minutes."),
    ("value", "7.3 %"),
    ("threshold", "5 %"),
    ("runbook_url", "https://wiki.example.com/runbooks/high-error-rate"),
];

const WELCOME: &str = "Welcome! Watchkeeper here is the real bot; only the chats, AWS and Alertmanager around it are stand-ins, \
                       so nothing can break. Try `/rds list`, ask `/help`, or follow the tour above. You can speak as any \
                       of us (on the left) and move the clock (at the top).";

/// A pipeline somewhere deploys the next version of the shop's checkout. Nobody tells the bot.
pub(crate) async fn release(aws: &Aws) {
    let (service, image, (name, value)) = RELEASE;
    aws.deploy(service, image).environment(name, value).await;
}

/// The shop's checkout begins to fail, and Alertmanager tells the bot; false where it fails already.
pub(crate) async fn alarm(alertmanager: &Alertmanager) -> bool {
    let is_new = !alertmanager.is_firing(&ALARM);
    if is_new {
        alertmanager.fires_with(labels(&ALARM), labels(&ALARM_SAYS)).await;
    }
    is_new
}

/// It is well again, and Alertmanager says so; false where it is well already.
pub(crate) async fn calm(alertmanager: &Alertmanager) -> bool {
    let is_wrong = alertmanager.is_firing(&ALARM);
    if is_wrong {
        alertmanager.resolves(&ALARM).await;
    }
    is_wrong
}

/// Fills the workspace, and installs the bot's app in it.
pub(crate) async fn enter(slack: &Slack) {
    for (name, real_name, title, zone, _) in EVERYBODY {
        slack.add_person(User::named(name).shown_as(real_name, title).in_zone(zone));
    }
    let names = EVERYBODY.map(|(name, ..)| name);
    for (name, topic) in CHANNELS {
        slack.add_channel(NewChannel::public(name).with_topic(topic).with_members(&names));
    }
    slack.add_group("shop-oncall", &["dana"]);
    slack.register_manifest(&manifest(commands::ALL, None, "/"));
    slack.person("dana").types("ops", WELCOME).await;
}

/// Fills the Discord server: the same people, channels of the same names.
pub(crate) async fn enter_discord(discord: &Discord) {
    for role in ROLES {
        discord.add_role(role);
    }
    for (name, real_name, _, _, role) in EVERYBODY {
        let real_name = real_name.to_owned();
        discord.add_person(discord::User { real_name, ..discord::User::named(name) }.with_roles(&[role]));
    }
    for (name, topic) in CHANNELS {
        discord.add_channel(discord::NewChannel::public(name).with_topic(topic));
    }
    discord.person("dana").types("ops", WELCOME).await;
}

/// The table of the configuration for the Discord server; Slack has its own already.
pub(crate) fn on_discord() -> String {
    format!("\n[discord]\nguild = \"{GUILD_ID}\"\n")
}

/// The people the bot knows, with their accounts on Discord. Those on Slack it finds by their addresses.
pub(crate) fn people(discord: &Discord) -> String {
    EVERYBODY.iter().fold(PEOPLE.to_owned(), |people, (name, ..)| {
        let line = format!("id = \"{name}\"\n");
        people.replace(&line, &format!("{line}discord = \"{}\"\n", discord.person(name).id()))
    })
}
