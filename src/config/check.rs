//! What can be told of a configuration before it runs: `watchkeeper check-config`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use commands::context::{Authority, Decision, Requirement};
use commands::registry::Entry;
use commands::{Person, Resource};

use super::{Config, ConfigError, Place, Transport, identity};
use crate::approval::could_approve;
use crate::glass::could_review;
use crate::identity::Member;
use crate::policy::{Law, whereabouts};

/// One thing to know about a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// Where and what.
    pub error: ConfigError,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The bot does not start, or something can never run.
    Blocks,
    /// It runs; somebody should look.
    Advice,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Blocks => "error",
            Weight::Advice => "advice",
        };
        write!(f, "{weight}: {}", self.error)
    }
}

impl Config {
    /// All there is to say about it with these commands, what blocks first. Empty when all is well.
    pub fn check(&self, commands: &[Entry]) -> Vec<Finding> {
        let mut findings = self.check_secrets();
        findings.extend(self.check_estate());
        findings.extend(self.check_on_call());
        match self.law(commands) {
            Ok(law) => {
                findings.extend(check_groups(self, &law));
                findings.extend(self.check_identity(&law));
                findings.extend(check_approvers(self, &law));
                findings.extend(check_reviewers(self, &law));
            }
            Err(errors) => findings.extend(errors.0.into_iter().map(|error| Finding { weight: Weight::Blocks, error })),
        }
        findings.sort_by_key(|finding| finding.weight);
        findings
    }

    fn check_secrets(&self) -> Vec<Finding> {
        let of_slack = self.slack.iter().flat_map(|slack| {
            let transport = match slack.transport {
                Transport::Socket { .. } => {
                    ("SLACK_APP_TOKEN", &slack.app_token, "Socket Mode needs the app-level token, xapp-…")
                }
                Transport::Http => ("SLACK_SIGNING_SECRET", &slack.signing_secret, "HTTP needs the app's signing secret"),
            };
            [("SLACK_BOT_TOKEN", &slack.bot_token, "Slack needs the bot's token, xoxb-…"), transport]
        });
        let of_discord = self.discord.iter().map(|discord| ("DISCORD_TOKEN", &discord.token, "Discord needs the bot's token"));
        of_slack
            .chain(of_discord)
            .filter(|(_, secret, _)| secret.is_none())
            .map(|(name, _, why)| finding(Weight::Blocks, Place::whole("environment"), Some(name), format!("Not set. {why}.")))
            .collect()
    }

    fn check_estate(&self) -> Vec<Finding> {
        let place = Place::whole(&self.name());
        let advice = |key: String, words: String| finding(Weight::Advice, place.clone(), Some(&key), words);
        let mut findings = Vec::new();
        if self.settings.accounts.is_empty() {
            findings.push(advice(
                "accounts".to_owned(),
                "No AWS account is configured, so there is nothing to look after.".to_owned(),
            ));
        }
        let projects: BTreeSet<_> = self.settings.accounts.iter().map(|account| account.project.as_str()).collect();
        for project in projects.iter().filter(|project| !self.channels.projects.contains_key(**project)) {
            let words = format!("{project} has no channel of its own; its cards go to {}.", self.channels.default);
            findings.push(advice(format!("projects.{project}"), words));
        }
        for project in self.channels.projects.keys().filter(|project| !projects.contains(project.as_str())) {
            findings.push(advice(format!("projects.{project}"), format!("No account belongs to the project {project}.")));
        }
        if self.slack.is_some() && self.discord.is_some() {
            let channels = [("channels.default", &self.channels.default), ("channels.security", &self.channels.security)];
            let ids = channels.into_iter().filter(|(_, channel)| !channel.starts_with('#'));
            findings.extend(ids.map(|(key, channel)| {
                let words =
                    format!("{channel} is the id of a channel of one platform. Write its name, which both have: \"#ops\".");
                advice(key.to_owned(), words)
            }));
        }
        for source in &self.sources {
            if let Some(project) = source.project.as_deref().filter(|project| !projects.contains(project)) {
                let words = format!("No account belongs to the project {project}.");
                findings.push(advice(format!("sources.{}.project", source.name), words));
            }
        }
        for account in self.settings.accounts.iter().filter(|account| account.roles.is_empty()) {
            let words = format!("{} has no role to assume; give it `roles`, or all of them `role` under [aws].", account.name);
            findings.push(advice("accounts".to_owned(), words));
        }
        if self.people.is_empty() && self.settings.identity.is_none() {
            findings.push(finding(
                Weight::Advice,
                Place::whole(&self.people_file),
                Some("people"),
                "Nobody is in it, so nobody may do anything.".to_owned(),
            ));
        }
        findings
    }

    fn check_on_call(&self) -> Vec<Finding> {
        let on_call = &self.settings.oncall;
        let place = Place::whole(&self.oncall_file);
        let idle = |name: &str| !on_call.routes.iter().any(|route| route.policy.as_deref() == Some(name));
        let idle = on_call.policies.iter().map(|policy| policy.name.as_str()).filter(|name| idle(name));
        let words = |name: &str| format!("No route names the policy {name:?}, so nobody is told by it.");
        let mut findings: Vec<Finding> =
            idle.map(|name| finding(Weight::Advice, place.clone(), Some("policies"), words(name))).collect();
        let told = on_call.rotations.iter().flat_map(|rotation| &rotation.people);
        let told: BTreeSet<_> = told.collect();
        let mute = |member: &&Member| member.email.is_none() && member.accounts.is_empty();
        for member in self.people.iter().filter(mute).filter(|member| told.contains(&member.id)) {
            let words = format!(
                "{} is on call by turns, but has neither `email` nor a chat account, so nothing reaches them.",
                member.id
            );
            findings.push(finding(Weight::Advice, Place::whole(&self.people_file), Some("people"), words));
        }
        findings
    }

    fn check_identity(&self, law: &Law) -> Vec<Finding> {
        let advice = self.settings.identity.iter().flat_map(|center| identity::advice(center, law.policy()));
        advice.map(|(key, words)| finding(Weight::Advice, Place::whole(&self.name()), Some(&key), words)).collect()
    }

    /// The groups whose members only others know: AWS, or a chat platform.
    fn groups_elsewhere(&self) -> impl Iterator<Item = &String> {
        let at_aws = self.settings.identity.iter().flat_map(|center| &center.groups);
        at_aws.chain(self.groups_of_platforms())
    }

    fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "watchkeeper.toml (compiled in)".to_owned(), |file| file.display().to_string())
    }
}

/// Groups a permit speaks of that nobody is in: a misspelt name, or a door nobody can open.
fn check_groups(config: &Config, law: &Law) -> Vec<Finding> {
    let known: BTreeSet<&String> =
        config.people.iter().flat_map(|person| &person.groups).chain(config.groups_elsewhere()).collect();
    let empty = law.policy().groups_of_permits().into_iter().filter(|(group, ..)| !known.contains(group));
    let words = |group: &str| match commands::registry::nearest(group, known.iter().map(|known| known.as_str())) {
        Some(close) => format!("Nobody is in the group {group:?}. Did you mean {close:?}?"),
        None => format!("Nobody is in the group {group:?}."),
    };
    empty.map(|(group, rule, place)| finding(Weight::Advice, place.clone(), Some(rule), words(&group))).collect()
}

/// Approvals that can't be had: somebody may ask for a change, and too few others could approve it.
fn check_approvers(config: &Config, law: &Law) -> Vec<Finding> {
    let mut missing: BTreeMap<(String, String), (Requirement, usize, BTreeSet<String>)> = BTreeMap::new();
    for (person, action, place) in askings(config, law) {
        let Decision::Allowed { rule, requires: Some(requires) } = law.policy().decide(&person, action, &place) else {
            continue;
        };
        if config.groups_elsewhere().any(|group| *group == requires.group) {
            continue;
        }
        let could = could_approve(&requires, &person.id, &place, law).len();
        if could < requires.approvals as usize {
            let entry = missing.entry((rule, person.id.to_string())).or_insert((requires, could, BTreeSet::new()));
            entry.2.insert(whereabouts(&place));
        }
    }
    let rules = law.policy().places_of_rules();
    missing
        .into_iter()
        .map(|((rule, person), (requires, could, places))| {
            let places: Vec<_> = places.into_iter().filter(|place| !place.is_empty()).collect();
            let places = if places.is_empty() { String::new() } else { format!(" {}", places.join(" and ")) };
            let words = format!(
                "It takes {} of {}, but when {person} asks{places}, {could} could approve.",
                requires.approvals, requires.group
            );
            let place = rules.get(rule.as_str()).cloned().unwrap_or_else(|| Place::whole(&config.policy.file));
            finding(Weight::Blocks, place, Some(&rule), words)
        })
        .collect()
}

/// Emergencies that would stay open for ever: somebody may break the glass, and nobody else could review it.
fn check_reviewers(config: &Config, law: &Law) -> Vec<Finding> {
    let rules = law.policy().places_of_rules();
    let mut alone: BTreeMap<String, String> = BTreeMap::new();
    for (person, action, place) in askings(config, law) {
        let Decision::Allowed { rule, .. } = law.policy().decide_in_emergency(&person, action, &place) else { continue };
        if could_review(&person.id, &place.as_change("", &person.id), law).is_empty() {
            alone.entry(rule).or_insert_with(|| person.id.to_string());
        }
    }
    let finding = |(rule, person): (String, String)| {
        let words = format!("{person} may break the glass by it, and nobody else may run change sign-off to review that.");
        let place = rules.get(rule.as_str()).cloned().unwrap_or_else(|| Place::whole(&config.policy.file));
        finding(Weight::Advice, place, Some(&rule), words)
    };
    alone.into_iter().map(finding).collect()
}

/// Who may ask for which change where. People in the same groups fare alike, so one of each kind is tried, and everybody
/// the policy calls by name.
fn askings<'l>(config: &Config, law: &'l Law) -> Vec<(Person, &'l str, Resource)> {
    let mut kinds: BTreeMap<(BTreeSet<String>, Option<&str>), Person> = BTreeMap::new();
    for person in law.people().into_iter().chain([Person::myself()]) {
        let named = law.policy().people().get(&person.id.0).map(String::as_str);
        kinds.entry((person.groups.clone(), named)).or_insert(person);
    }
    let places = law.policy().places(&Resource::default(), &config.settings);
    let mut askings = Vec::new();
    // Where there is no Identity Center, nobody gets as far as an approval of access.
    let settings = &config.settings;
    let idle = |action: &str| {
        let access = settings.identity.is_none() && action.starts_with("access ");
        access || settings.following.is_none() && action.starts_with("ecs ")
    };
    let actions: Vec<&str> = law.policy().changes().filter(|action| !idle(action)).collect();
    for (person, action) in kinds.values().flat_map(|person| actions.iter().map(move |action| (person, *action))) {
        askings.extend(places.iter().map(|place| (person.clone(), action, place.clone())));
    }
    askings
}

fn finding(weight: Weight, place: Place, key: Option<&str>, words: String) -> Finding {
    Finding { weight, error: ConfigError { place, key: key.map(str::to_owned), words } }
}
