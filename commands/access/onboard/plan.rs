//! What people get, and the difference to what they have.

use std::mem;

use jiff::SignedDuration;

use super::newcomers::{self, Newcomer};
use super::passing::Passing;
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

/// How much of a change's record, which holds 100 kB, its plan and its first state may take, in bytes of JSON. The rest is for
/// votes, notes, and what AWS failed at.
const ROOM: usize = 85_000;

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
    let mut job = Job { people, groups: share.groups, access: share.access };
    let mut lacks = Lacks::of(&job, &given::timed(cx).await?, &identity).await?;
    let mut left_out = share.left_out;
    left_out.extend(withhold(&mut job, &mut lacks, cx).await?);
    let new = job.people.iter().filter(|person| matches!(person, Newcomer::New(_))).count();
    if new == 0 && lacks.is_empty() {
        let who = text![names(job.people.iter().map(Newcomer::name)).as_str()];
        let have = if job.people.len() == 1 { " exists and has" } else { " exist and have" };
        return Err(Error::shown(if left_out.is_empty() {
            who.then(have).then(" all of that already. There is nothing to do.")
        } else {
            let head = who.then(have).then(" all that I could give already, so there is nothing to do.");
            left_out_lines(left_out).into_iter().fold(head, |all, line| all.then("\n• ").then(line))
        }));
    }
    let (calls, first) = (calls(&job, &lacks), State(Stage::first(job.clone())));
    fits(&addresses, &calls, &first)?;
    Ok(Work {
        resource: resource(&job),
        runs: Runs::Beside,
        title: title(&job, &share.told),
        what: what(&job, &lacks, left_out),
        calls,
        checks: Vec::new(),
        risks: risks(&job, cx)?,
        start: None,
        patience: SignedDuration::from_hours(24),
        offers: Vec::new(),
        gate: None,
        first,
    })
}

/// Takes out of a job what the asker may not give, and says why. What everybody has already is none of it.
async fn withhold(job: &mut Job, lacks: &mut Lacks, cx: &Context<'_>) -> Result<Vec<Text>> {
    let passing = Passing::of(&resource(job), cx).await?;
    let (access, lacking) = (mem::take(&mut job.access), mem::take(&mut lacks.access));
    let mut left_out = Vec::new();
    for (access, lacking) in access.into_iter().zip(lacking) {
        match passing.refuses(&access, cx).filter(|_| !lacking.who.is_empty()) {
            Some(why) => left_out.push(text![access.told(), ", since "].then(why)),
            None => {
                job.access.push(access);
                lacks.access.push(lacking);
            }
        }
    }
    Ok(left_out)
}

/// Refuses what its record could not hold, with what is added to it while it runs.
fn fits(addresses: &[String], calls: &[PlannedCall], first: &State) -> Result<()> {
    let sizes = [serde_json::to_vec(addresses), serde_json::to_vec(calls), serde_json::to_vec(first)];
    let size: usize = sizes.iter().flatten().map(Vec::len).sum();
    if size <= ROOM {
        return Ok(());
    }
    // A little less than in proportion: what does not grow with the people stays.
    let fit = (addresses.len() * ROOM / size * 95 / 100).max(1);
    Err(Error::shown(format!(
        "That is {} people with all that each of them gets, more than I can keep in one plan: about {fit} of them fit. Nothing was \
         changed. Give me them in parts.",
        addresses.len()
    )))
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
    /// The same for each access.
    access: Vec<Lacking>,
}

/// Those who do not have an access for good.
#[derive(Clone, Debug, Default)]
struct Lacking {
    who: Vec<String>,
    /// Some of these have it for a time.
    for_a_time: Vec<Text>,
}

impl Lacks {
    async fn of(job: &Job, running: &[Given], identity: &Identity) -> Result<Self> {
        let (groups, access) = (vec![Vec::new(); job.groups.len()], vec![Lacking::default(); job.access.len()]);
        let mut lacks = Self { groups, access };
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
                    lacks.access[at].for_a_time.push(has.then("; after this it has no end."));
                }
                if !stands || ends.is_some() {
                    lacks.access[at].who.push(person.reference().to_owned());
                }
            }
        }
        Ok(lacks)
    }

    fn is_empty(&self) -> bool {
        self.groups.iter().chain(self.access.iter().map(|lacking| &lacking.who)).all(Vec::is_empty)
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
    let given = || job.access.iter().zip(&lacks.access).filter(|(_, lacking)| !lacking.who.is_empty());
    for (access, lacking) in given() {
        what.push(text![
            "Assign ",
            code(&*access.set_name),
            " in ",
            code(&*access.account_name),
            " for good",
            for_some(&lacking.who),
            "."
        ]);
    }
    what.extend(first_few(given().flat_map(|(_, lacking)| lacking.for_a_time.iter().cloned()).collect()));
    what.extend(left_out_lines(left_out));
    what
}

fn left_out_lines(left_out: Vec<Text>) -> Vec<Text> {
    first_few(left_out.into_iter().map(|line| text!["Left out: "].then(line).then(".")).collect())
}

fn first_few(mut lines: Vec<Text>) -> Vec<Text> {
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    lines.extend((more > 0).then(|| text![format!("So it is with {more} more.")]));
    lines
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
    for (access, lacking) in job.access.iter().zip(&lacks.access).filter(|(_, lacking)| !lacking.who.is_empty()) {
        calls.push(planned_for_all(&access.assignment(""), &lacking.who));
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
