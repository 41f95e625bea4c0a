//! What people get, and the difference to what they have.

use jiff::SignedDuration;

use super::newcomers::{self, Newcomer};
use super::steps::{Access, Job, Named, Stage};
use super::{Onboard, State};
use crate::access::aws::Identity;
use crate::access::calls::{listed, planned_for_all};
use crate::access::find;
use crate::access::given::{self, Given};
use crate::access::model::Assignee;
use crate::access::words::account_name;
use crate::access::writes::planned_joining;
use crate::access::{configured, roster};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Runs, Work};
use crate::records::PlannedCall;
use crate::text;

/// How many names a line of the card holds.
const SHOWN: usize = 10;

/// What everybody gets.
struct Share {
    groups: Vec<Named>,
    access: Vec<Access>,
    /// What somebody has that is not passed on, and why.
    left_out: Vec<Text>,
    /// `like ben`, `with the profile sre`.
    told: Text,
}

pub(super) async fn plan(asked: &Onboard, cx: &Context<'_>) -> Result<Work<State>> {
    let identity = Identity::open(cx).await?;
    let share = share(asked, cx, &identity).await?;
    let addresses = asked.addresses();
    let people = newcomers::of(&addresses, asked.name.as_deref(), &identity.users().await?)?;
    let job = Job { people, groups: share.groups, access: share.access };
    let lacks = Lacks::of(&job, &given::timed(cx).await?, &identity).await?;
    let new = job.people.iter().filter(|person| matches!(person, Newcomer::New(_))).count();
    if new == 0 && lacks.is_empty() {
        return Err(Error::shown(text![
            names(job.people.iter().map(Newcomer::name)).as_str(),
            if job.people.len() == 1 { " exists and has" } else { " exist and have" },
            " all of that already. There is nothing to do."
        ]));
    }
    Ok(Work {
        resource: resource(&job),
        runs: Runs::Beside,
        title: title(&job, &share.told),
        what: what(&job, &lacks, share.left_out),
        calls: calls(&job, &lacks),
        checks: Vec::new(),
        risks: risks(&job, cx)?,
        start: None,
        patience: SignedDuration::from_hours(24),
        offers: Vec::new(),
        gate: None,
        first: State(Stage::first(job)),
    })
}

async fn share(asked: &Onboard, cx: &Context<'_>, identity: &Identity) -> Result<Share> {
    match (&asked.like, &asked.profile) {
        (Some(like), _) => like_somebody(like, cx, identity).await,
        (None, Some(profile)) => of_profile(profile, cx, identity).await,
        (None, None) => {
            let profiles: Vec<&str> = configured(cx)?.profiles.keys().map(String::as_str).collect();
            let like = text!["Say what they get: ", code("--like @ben"), " for all that Ben has"];
            Err(Error::shown(if profiles.is_empty() {
                like.then(". No profile is configured.")
            } else {
                like.then(text![", or ", code("--profile"), " with one of these: "]).then(find::all_of(&profiles)).then(".")
            }))
        }
    }
}

async fn of_profile(name: &str, cx: &Context<'_>, identity: &Identity) -> Result<Share> {
    let profiles = &configured(cx)?.profiles;
    let Some((name, groups)) = profiles.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
        let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
        let text = text!["There is no profile ", code(name), "."];
        return Err(Error::shown(if known.is_empty() {
            text.then(" None is configured: whoever runs me adds them, or name somebody with ").then(text![code("--like"), "."])
        } else {
            text.then(" There is ").then(find::all_of(&known)).then(".")
        }));
    };
    let mut found = Vec::new();
    for group in groups {
        let group = find::group(group, cx, identity).await?;
        found.push(Named { id: group.id, name: group.name });
    }
    let told = text!["with the profile ", name.as_str()];
    Ok(Share { groups: found, access: Vec::new(), left_out: Vec::new(), told })
}

async fn like_somebody(like: &str, cx: &Context<'_>, identity: &Identity) -> Result<Share> {
    let model = find::user(like, cx, identity).await?;
    let direct = identity.assigned_itself(&model.principal().assignee()).await?;
    let roster = roster::naming(&direct, cx).await?;
    let mut groups = Vec::new();
    for membership in identity.memberships(&model.id).await? {
        if let Some(group) = identity.group(&membership.group).await? {
            groups.push(Named { id: group.id, name: group.name });
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let running = given::timed(cx).await?;
    let (mut access, mut left_out) = (Vec::new(), Vec::new());
    for assignment in direct {
        let told = Access {
            account_name: account_name(&assignment.account, cx).to_owned(),
            set_name: roster.permission_set_name(&assignment.permission_set).to_owned(),
            account: assignment.account.clone(),
            permission_set: assignment.permission_set.clone(),
        };
        if let Some(given) = running.iter().find(|given| given.covers(&assignment, &model.name)) {
            left_out.push(text![told.told(), ", which ", &*model.name, " holds for a time ("].then(given.told()).then(")"));
        } else if identity.out_of_reach(&assignment.account) {
            left_out.push(text![told.told(), ", since AWS lets me change nothing in the management account"]);
        } else {
            access.push(told);
        }
    }
    access.sort_by(|a, b| (&a.account_name, &a.set_name).cmp(&(&b.account_name, &b.set_name)));
    if groups.is_empty() && access.is_empty() {
        return Err(Error::shown(text![
            code(&*model.name),
            " is in no group and holds nothing for good, so there is nothing to pass on. Nothing was changed. Name somebody else, or \
             a profile."
        ]));
    }
    Ok(Share { groups, access, left_out, told: text!["like ", &*model.name] })
}

/// What each person still lacks.
struct Lacks {
    /// For each group those who are not in it.
    groups: Vec<Vec<String>>,
    /// For each access those who do not have it for good.
    access: Vec<Vec<String>>,
    /// What some of these have for a time.
    for_a_time: Vec<Text>,
}

impl Lacks {
    async fn of(job: &Job, running: &[Given], identity: &Identity) -> Result<Self> {
        let (groups, access) = (vec![Vec::new(); job.groups.len()], vec![Vec::new(); job.access.len()]);
        let mut lacks = Self { groups, access, for_a_time: Vec::new() };
        for person in &job.people {
            let (groups, access) = match person {
                Newcomer::New(_) => (Vec::new(), Vec::new()),
                Newcomer::Known { id, .. } => {
                    (identity.memberships(id).await?, identity.assigned_itself(&Assignee::user(id.as_str())).await?)
                }
            };
            for (at, group) in job.groups.iter().enumerate() {
                if !groups.iter().any(|membership| membership.group == group.id) {
                    lacks.groups[at].push(person.reference().to_owned());
                }
            }
            for (at, one) in job.access.iter().enumerate() {
                let assignment = one.assignment(person.reference());
                let stands = access.contains(&assignment);
                let ends = running.iter().find(|given| stands && given.covers(&assignment, person.name()));
                if let Some(given) = ends {
                    let has = text![person.name(), " has ", one.told(), " for a time, "].then(given.told());
                    lacks.for_a_time.push(has.then("; after this it has no end."));
                }
                if !stands || ends.is_some() {
                    lacks.access[at].push(person.reference().to_owned());
                }
            }
        }
        Ok(lacks)
    }

    fn is_empty(&self) -> bool {
        self.groups.iter().chain(&self.access).all(Vec::is_empty)
    }
}

fn resource(job: &Job) -> Resource {
    match &job.people[..] {
        [Newcomer::Known { id, name }] => Resource { id: id.clone(), ..Resource::named("user", name.as_str()) },
        [one] => Resource::named("user", one.name()),
        many => Resource::named("user", format!("{} people", many.len())),
    }
}

fn title(job: &Job, told: &Text) -> String {
    let who = match &job.people[..] {
        [one] => one.name().to_owned(),
        many => format!("{} people", many.len()),
    };
    format!("Onboard {who} {}", told.plain())
}

fn what(job: &Job, lacks: &Lacks, left_out: Vec<Text>) -> Vec<Text> {
    let mut what = Vec::new();
    let new: Vec<String> = job
        .people
        .iter()
        .filter_map(|person| match person {
            Newcomer::New(user) => Some(format!("{} ({}, {})", user.name, user.display_name, user.email)),
            Newcomer::Known { .. } => None,
        })
        .collect();
    let known: Vec<&str> =
        job.people.iter().filter(|person| matches!(person, Newcomer::Known { .. })).map(Newcomer::name).collect();
    if !new.is_empty() {
        what.push(text![format!("Create {}: ", count(new.len(), "user")), names(new.iter().map(String::as_str)), "."]);
    }
    if !known.is_empty() {
        let exist = if known.len() == 1 { "exists already and is" } else { "exist already and are" };
        what.push(text![format!("{} {exist} given what is missing.", names(known.iter().copied()))]);
    }
    let all = job.people.len();
    let for_some = |who: &Vec<String>| if who.len() == all { String::new() } else { format!(" ({} of {all})", who.len()) };
    for (group, who) in job.groups.iter().zip(&lacks.groups).filter(|(_, who)| !who.is_empty()) {
        what.push(text!["Add to the group ", code(&*group.name), for_some(who), "."]);
    }
    for (access, who) in job.access.iter().zip(&lacks.access).filter(|(_, who)| !who.is_empty()) {
        what.push(text![
            "Assign ",
            code(&*access.set_name),
            " in ",
            code(&*access.account_name),
            " for good",
            for_some(who),
            "."
        ]);
    }
    what.extend(lacks.for_a_time.iter().take(SHOWN).cloned());
    if lacks.for_a_time.len() > SHOWN {
        what.push(text![format!("So it is with {} more.", lacks.for_a_time.len() - SHOWN)]);
    }
    what.extend(left_out.into_iter().map(|line| text!["Left out: "].then(line).then(".")));
    what
}

fn calls(job: &Job, lacks: &Lacks) -> Vec<PlannedCall> {
    let mut calls: Vec<PlannedCall> = job
        .people
        .iter()
        .filter_map(|person| match person {
            Newcomer::New(user) => Some(user.planned()),
            Newcomer::Known { .. } => None,
        })
        .collect();
    for (group, who) in job.groups.iter().zip(&lacks.groups).filter(|(_, who)| !who.is_empty()) {
        calls.push(planned_joining(&group.id, &listed(who.iter().cloned())));
    }
    for (access, who) in job.access.iter().zip(&lacks.access).filter(|(_, who)| !who.is_empty()) {
        calls.push(planned_for_all(&access.assignment(""), who));
    }
    calls
}

fn risks(job: &Job, cx: &Context<'_>) -> Result<Vec<Text>> {
    let identity = configured(cx)?;
    let counted: Vec<&str> = job.groups.iter().map(|group| &*group.name).filter(|name| identity.groups.contains(*name)).collect();
    let mut risks = Vec::new();
    if !counted.is_empty() {
        let group = if counted.len() == 1 { "🚨 The group " } else { "🚨 The groups " };
        let counts = if counted.len() == 1 { " counts" } else { " count" };
        risks.push(text![group].then(find::all_of(&counted)).then(counts).then(
            " in my own policy: whoever is in may ask for, approve and see what that group may. Approve only if they should.",
        ));
    }
    if !job.access.is_empty() {
        risks.push("What they are assigned stands for good: nobody takes it away by itself.".into());
    }
    Ok(risks)
}

fn count(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The first few, and how many more there are.
pub(in crate::access) fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown = all[..all.len().min(SHOWN)].join(", ");
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}
