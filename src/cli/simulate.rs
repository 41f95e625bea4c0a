//! `watchkeeper simulate`

use std::io::Write;

use commands::context::{Authority, Decision, Requirement, SelfApproval};
use commands::registry::{self, Asked, Fault};
use commands::{Person, PersonId, Resource};
use watchkeeper::approval::could_approve;
use watchkeeper::config::Config;
use watchkeeper::policy::Law;

use super::{Answer, Failure, Simulated};

/// Prints what the policy says to somebody who would type a line, for each place it could act on.
pub(super) fn simulate(config: &Config, simulated: &Simulated, out: &mut dyn Write) -> Result<Answer, Failure> {
    let law = config.law(commands::ALL)?;
    let person = person(&law, &simulated.person)?;
    let Asked { entry, args, options } = registry::parse(commands::ALL, &simulated.line).map_err(|fault| wrong(&fault))?;
    let resource = entry.resource(&args).map_err(|error| Failure(error.to_string()))?;
    let groups: Vec<&str> = person.groups.iter().map(String::as_str).collect();
    let groups = if groups.is_empty() { "in no group".to_owned() } else { format!("in {}", groups.join(", ")) };
    let glass = if options.emergency { " in an emergency" } else { "" };
    writeln!(out, "{} on {resource}{glass}, asked by {} ({groups}):", entry.name(), person.name)?;
    let mut answer = Answer::No;
    for place in places(config, &resource, simulated) {
        let decision = if options.emergency {
            law.decide_in_emergency(&person, entry.name(), &place)
        } else {
            law.decide(&person, entry.name(), &place)
        };
        if matches!(decision, Decision::Allowed { .. }) {
            answer = Answer::Yes;
        }
        writeln!(out, "  {}: {}", whereabouts(&place), words(&decision, &person, &place, &law))?;
    }
    Ok(answer)
}

fn person(law: &Law, typed: &str) -> Result<Person, Failure> {
    let id = typed.trim_start_matches('@').to_lowercase();
    law.person(&PersonId(id.clone())).ok_or_else(|| {
        let people = law.people();
        let hint = match registry::nearest(&id, people.iter().map(|person| person.id.0.as_str())) {
            Some(close) => format!("Did you mean {close}?"),
            None => "People are known by what stands in people.toml.".to_owned(),
        };
        Failure(format!("there is nobody with the id {id:?}. {hint}"))
    })
}

fn wrong(fault: &Fault) -> Failure {
    Failure(match fault {
        Fault::Help(_) => "that is no whole command. Write it as in chat, such as 'rds upgrade orders --to 8.0.40'.".to_owned(),
        Fault::Missing { entry, missing, .. } => format!("{} also needs: {}.", entry.name(), missing.join(", ")),
        Fault::Wrong { why, .. } => why.plain(),
    })
}

/// Where the resource may turn out to be: the places that fit what was said of it, else just what was said.
fn places(config: &Config, resource: &Resource, simulated: &Simulated) -> Vec<Resource> {
    let fits = |said: &Option<String>, place: &str| said.as_ref().is_none_or(|said| said == place);
    let mut places = Vec::new();
    for account in &config.settings.accounts {
        if fits(&simulated.project, &account.project) && fits(&simulated.env, &account.env) {
            places.push(Resource {
                project: Some(account.project.clone()),
                env: Some(account.env.clone()),
                account: Some(account.id.clone()),
                ..resource.clone()
            });
        }
    }
    if places.is_empty() {
        places.push(Resource { project: simulated.project.clone(), env: simulated.env.clone(), ..resource.clone() });
    }
    places
}

fn whereabouts(place: &Resource) -> String {
    let account = place.account.as_ref().map_or_else(String::new, |account| format!(" (account {account})"));
    match (&place.env, &place.project) {
        (Some(env), Some(project)) => format!("in {env} of {project}{account}"),
        (Some(part), None) | (None, Some(part)) => format!("in {part}{account}"),
        (None, None) => "wherever it is".to_owned(),
    }
}

fn words(decision: &Decision, person: &Person, place: &Resource, law: &Law) -> String {
    match decision {
        Decision::Allowed { rule, requires: None } => format!("allowed at once, by the rule {rule}."),
        Decision::Allowed { rule, requires: Some(requires) } => {
            let approvals = if requires.approvals == 1 { "approval" } else { "approvals" };
            let own = if requires.self_approval == SelfApproval::Counts { ", their own included" } else { "" };
            let could = approvers(requires, person, place, law);
            format!("allowed after {} {approvals} of {}{own}, by the rule {rule}. {could}", requires.approvals, requires.group)
        }
        Decision::Denied { rule: Some(rule), why } => format!("denied by the rule {rule}. {why}"),
        Decision::Denied { rule: None, why } => format!("denied. {why}"),
    }
}

fn approvers(requires: &Requirement, asker: &Person, place: &Resource, law: &Law) -> String {
    let names: Vec<String> = could_approve(requires, &asker.id, place, law).into_iter().map(|person| person.name).collect();
    match names.as_slice() {
        [] => "Nobody could approve, so it would be refused.".to_owned(),
        names if names.len() < requires.approvals as usize => {
            format!("Only {} could approve, so it would be refused.", names.join(", "))
        }
        names => format!("Who could approve: {}.", names.join(", ")),
    }
}
