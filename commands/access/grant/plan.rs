//! Looks at who has what, and says exactly what giving access would do.

use jiff::{SignedDuration, Timestamp};

use super::Grant;
use super::overlap::{self, Phase};
use super::sessions::MOST;
use super::state::{At, Job, Lasts, Sessions, State, place, resource_id};
use crate::access::aws::Identity;
use crate::access::model::{Assignment, PermissionSet, Principal, PrincipalKind, User};
use crate::access::roster::{self, Roster};
use crate::access::writes::{planned_assignment, planned_end, planned_policy, planned_provisioning_in};
use crate::access::{find, permitted};
use crate::context::{Access, Account, Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, bold, code, lasting};
use crate::plan::{Check, Offer, Runs, Work};
use crate::records::{ChangeId, PlannedCall};
use crate::text;

/// Taking access back is tried for as long as it takes.
const PATIENCE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long after its start tries go on: while it stands, and then until it is taken back.
pub(crate) fn patience(lasts: Lasts, now: Timestamp) -> SignedDuration {
    lasts.length(now) + PATIENCE
}

/// Who gets what where, as AWS has them now.
pub(crate) struct Wanted<'a> {
    pub(crate) identity: Identity,
    pub(crate) account: &'a Account,
    pub(crate) set: PermissionSet,
    pub(crate) principal: Principal,
    /// The user, where it is one.
    pub(crate) user: Option<User>,
}

impl<'a> Wanted<'a> {
    /// Finds them; `who` is empty for the asker.
    pub(crate) async fn find(who: &str, account: &str, permission_set: &str, cx: &Context<'a>) -> Result<Self> {
        let account = find::account(account, cx)?;
        find::within_reach(account, cx)?;
        let identity = Identity::open(cx).await?;
        let set = find::permission_set(permission_set, cx, &identity).await?;
        let who = if who.is_empty() { format!("@{}", cx.person.id) } else { who.to_owned() };
        let (principal, user) = match find::group_in(&who) {
            Some(name) => (find::group(name, cx, &identity).await?.principal(), None),
            None => {
                let user = find::user(&who, cx, &identity).await?;
                (user.principal(), Some(user))
            }
        };
        Ok(Self { identity, account, set, principal, user })
    }

    pub(crate) fn assignment(&self) -> Assignment {
        let (account, permission_set) = (self.account.id.clone(), self.set.arn.clone());
        Assignment { account, permission_set, principal: self.principal.assignee() }
    }

    /// The access, as policy judges it; none for access for good.
    pub(crate) fn resource(&self, minutes: Option<i64>) -> Resource {
        Resource { id: resource_id(&self.assignment()), ..resource(self.account, &self.set.name, minutes) }
    }

    pub(crate) fn job(&self, lasts: Lasts, sessions: Sessions, cx: &Context<'_>) -> Job {
        Job {
            lasts,
            assignment: self.assignment(),
            principal: self.principal.clone(),
            email: self.user.as_ref().and_then(|user| user.email.as_ref()).map(|email| email.to_lowercase()),
            permission_set: self.set.name.clone(),
            account: self.account.name.clone(),
            sessions,
            began: cx.now,
        }
    }

    /// `**ana** (Ana Ruiz, ana@example.com)`.
    pub(crate) fn who(&self) -> Text {
        let named = text![bold(self.principal.to_string())];
        match &self.user {
            Some(user) => named.then(text![" (", user.names(), ")"]),
            None => named,
        }
    }

    /// Who it is, where what is granted would be of no use.
    fn active(&self) -> Result<()> {
        match &self.user {
            Some(user) if !user.active => Err(Error::shown(text![
                code(&*user.name),
                " is disabled in IAM Identity Center and can't sign in, so access would be of no use. Nothing was changed."
            ])),
            _ => Ok(()),
        }
    }
}

/// Access to an account, as policy judges it before AWS is asked.
fn resource(account: &Account, permission_set: &str, minutes: Option<i64>) -> Resource {
    Resource {
        account: Some(account.id.clone()),
        project: Some(account.project.clone()),
        env: Some(account.env.clone()),
        access: Some(Access { permission_set: permission_set.to_owned(), minutes }),
        ..Resource::named("account", account.name.as_str())
    }
}

pub(super) async fn plan(asked: &Grant, cx: &Context<'_>) -> Result<Work<State>> {
    if cx.reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Error::shown(text![
            "Say why, for those who approve and for the audit log: add ",
            code("--reason \"…\""),
            "."
        ]));
    }
    let lasts = match (asked.lasts, asked.permanent) {
        (Some(length), _) => Lasts::Minutes(length.minutes()),
        (None, true) => Lasts::ForGood,
        (None, false) => {
            let (example, permanent) = (code("--for 4h"), code("--permanent"));
            return Err(Error::shown(text!["Say for how long: ", example, ", or ", permanent, " for good."]));
        }
    };
    let wanted = Wanted::find(asked.to.join(" ").trim(), &asked.account, &asked.permission_set, cx).await?;
    let resource = wanted.resource(asked.lasts.map(crate::args::Length::minutes));
    permitted(&resource, cx)?;
    wanted.active()?;
    let sessions = if asked.end_sessions { Sessions::End } else { Sessions::RunOut };
    let today = Today::look(&wanted, cx).await?;
    if let (true, None) = (today.direct, today.through.first()) {
        return Err(Error::shown(
            text![wanted.principal.to_string(), " has ", code(&*wanted.set.name), " in ", code(&*wanted.account.name)]
                .then(" for good already, and not through a grant of mine that would end. Nothing was changed."),
        ));
    }
    endable(&wanted, sessions, cx).await?;
    let length = match lasts {
        Lasts::Minutes(minutes) => format!("for {}", lasting(SignedDuration::from_mins(minutes))),
        _ => "for good".to_owned(),
    };
    let mut what = vec![
        text!["Give "]
            .then(wanted.who())
            .then(text![" the permission set ", bold(&*wanted.set.name), " in "])
            .then(place(wanted.account))
            .then("."),
        match lasts {
            Lasts::ForGood => text!["Leave it there: it has no end. ", code("access revoke"), " takes it away."],
            _ => text!["Take it back ", bold(length.strip_prefix("for ").unwrap_or(&length)), " after AWS has confirmed it."],
        },
    ];
    what.extend(ends(sessions, &wanted));
    what.push(today.words(&wanted));
    what.extend(asked.ticket.as_ref().map(|ticket| text!["It is for the ticket ", code(ticket.as_str()), "."]));
    let mut checks = vec![
        Check::pass("Permission set", format!("{} exists", wanted.set.name)),
        Check::pass("Account", format!("{} is looked after", wanted.account.name)),
        Check::pass("Who", format!("{} exists and is active", wanted.principal)),
    ];
    checks.extend(today.check());
    Ok(Work {
        resource,
        runs: Runs::Beside,
        title: format!("{}: {} in {} {length}", wanted.principal, wanted.set.name, wanted.account.name),
        what,
        calls: calls(&wanted, lasts, sessions),
        checks,
        risks: risks(&wanted, lasts, sessions),
        start: None,
        patience: patience(lasts, cx.now),
        offers: offers(lasts),
        gate: None,
        first: State { at: At::Assign, job: wanted.job(lasts, sessions, cx) },
    })
}

/// The steps during which it is given, or stands: after them there is nothing to hand back.
const STANDS: [&str; 3] = ["assign", "follow", "hold"];

/// Buttons on the card of what ends by itself.
pub(crate) fn offers(lasts: Lasts) -> Vec<Offer> {
    match lasts {
        Lasts::ForGood | Lasts::Removed => Vec::new(),
        Lasts::Minutes(_) | Lasts::Until { .. } => {
            let offer = |label, command| Offer::new(label, command).during(&STANDS);
            vec![offer("Hand back", "access done"), offer("Extend", "access extend")]
        }
    }
}

/// What ends with it beside the assignment.
pub(crate) fn ends(sessions: Sessions, wanted: &Wanted<'_>) -> Option<Text> {
    let whose = match wanted.principal.kind {
        PrincipalKind::User => "their",
        PrincipalKind::Group => "its members'",
    };
    (sessions == Sessions::End).then(|| {
        text![
            format!("Then end {whose} open sessions too: the inline policy of "),
            code(&*wanted.set.name),
            " denies them, and is put back as it was after 12 h."
        ]
    })
}

/// Refuses to end the sessions of more people than a policy can name, or by a policy that can't be changed from here.
pub(crate) async fn endable(wanted: &Wanted<'_>, sessions: Sessions, cx: &Context<'_>) -> Result<()> {
    if sessions == Sessions::RunOut {
        return Ok(());
    }
    find::changeable(&wanted.set, cx, &wanted.identity).await?;
    if wanted.principal.kind == PrincipalKind::Group {
        let members = wanted.identity.members(&wanted.principal.id).await?.len();
        if members > MOST {
            return Err(Error::shown(text![
                wanted.principal.to_string(),
                format!(" has {members} members, and a policy can name {MOST} whose sessions end. Nothing was changed. Leave "),
                code("--end-sessions"),
                " out."
            ]));
        }
    }
    Ok(())
}

pub(crate) fn calls(wanted: &Wanted<'_>, lasts: Lasts, sessions: Sessions) -> Vec<PlannedCall> {
    let assignment = wanted.assignment();
    let mut calls = Vec::new();
    if lasts != Lasts::Removed {
        calls.push(planned_assignment(&assignment));
    }
    if lasts != Lasts::ForGood {
        calls.push(planned_end(&assignment));
    }
    if sessions == Sessions::End {
        let set = &*wanted.set.arn;
        calls.push(planned_policy(set, Some("what stands there, and a denial of these sessions for 12 h")));
        calls.push(planned_provisioning_in(set, &wanted.account.id));
    }
    calls
}

pub(crate) fn risks(wanted: &Wanted<'_>, lasts: Lasts, sessions: Sessions) -> Vec<Text> {
    match (lasts, sessions) {
        (Lasts::ForGood, _) => vec!["Nothing takes it back by itself.".into()],
        (_, Sessions::RunOut) => {
            let length = wanted.set.session_duration.as_ref().and_then(|iso| iso.parse::<SignedDuration>().ok());
            let length = length.map(|length| format!(" up to {}", lasting(length))).unwrap_or_default();
            vec![text![
                format!("A session that is open when it ends goes on{length}, until it runs out. "),
                code("--end-sessions"),
                " ends it."
            ]]
        }
        (_, Sessions::End) => vec!["Work in sessions that are open when it ends is cut off.".into()],
    }
}

/// What they have in that account today.
struct Today {
    /// Whether this very assignment stands.
    direct: bool,
    /// The running grants of it, with their ends.
    through: Vec<(ChangeId, Phase)>,
    /// The groups through which they have it.
    groups: Vec<String>,
    /// The permission sets they have there besides.
    besides: Vec<String>,
}

impl Today {
    async fn look(wanted: &Wanted<'_>, cx: &Context<'_>) -> Result<Self> {
        let mine = wanted.assignment();
        let roster = roster::known(cx).await?;
        let all = wanted.identity.assignments_of(&mine.principal).await?;
        let here: Vec<&Assignment> = all.iter().filter(|one| one.account == mine.account).collect();
        let (mut groups, mut besides) = (Vec::new(), Vec::new());
        for one in here.iter().filter(|one| ***one != mine) {
            if one.permission_set == mine.permission_set {
                groups.push(group_name(&one.principal.id, &roster, &wanted.identity).await?);
            } else {
                besides.push(set_name(&one.permission_set, &roster, &wanted.identity).await?);
            }
        }
        besides.sort();
        besides.dedup();
        // A grant that is planned again right before its start does not run yet, so all that run are others.
        let others = overlap::others(&mine, "", cx).await?;
        let through = others.into_iter().filter(|other| other.phase != Phase::Past).map(|other| (other.rank.id, other.phase));
        Ok(Self { direct: here.contains(&&mine), through: through.collect(), groups, besides })
    }

    fn words(&self, wanted: &Wanted<'_>) -> Text {
        let today = text!["Today: "];
        let stands = self.through.iter().filter_map(|(id, phase)| match phase {
            Phase::Stands { end } => Some((end.unwrap_or(Timestamp::MAX), *id, *end)),
            _ => None,
        });
        let besides: Vec<&str> = self.besides.iter().map(String::as_str).collect();
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        if let Some((_, id, end)) = stands.max() {
            let has = today.then(text!["they have it through ", code(id.to_string())]);
            return match end {
                Some(end) => has.then(text![" until ", end, "; it ends when the later of the two does."]),
                None => has.then("; it ends when the later of the two does."),
            };
        }
        if !groups.is_empty() {
            return today.then("they have it through ").then(find::all_of(&groups)).then(", as a group.");
        }
        if besides.is_empty() {
            return today.then(text![wanted.principal.to_string(), " has no access to this account."]);
        }
        let shown = &besides[..besides.len().min(LISTED)];
        let more = besides.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        today.then(text![wanted.principal.to_string(), " has "]).then(find::all_of(shown)).then(format!("{more} there."))
    }

    fn check(&self) -> Option<Check> {
        let groups = self.groups.join(", ");
        (!groups.is_empty())
            .then(|| Check::warn("Held already", format!("through {groups}, so this adds nothing while that stands")))
    }
}

/// A group's name: from the roster, else from AWS, since it may be newer.
async fn group_name(id: &str, roster: &Roster, identity: &Identity) -> Result<String> {
    if let Some(known) = roster.group(id) {
        return Ok(known.name.clone());
    }
    Ok(identity.group(id).await?.map_or_else(|| id.to_owned(), |group| group.name))
}

/// A permission set's name, likewise.
async fn set_name(arn: &str, roster: &Roster, identity: &Identity) -> Result<String> {
    if let Some(known) = roster.permission_set(arn) {
        return Ok(known.name.clone());
    }
    Ok(identity.permission_set(arn).await?.map_or_else(|| arn.to_owned(), |set| set.name))
}

/// How many permission sets a line names.
const LISTED: usize = 5;

/// Refuses early what the policy allows in no way, and says for how long it would allow it.
pub(crate) fn permitted(resource: &Resource, cx: &Context<'_>) -> Result<()> {
    let Err(denied) = permitted::to_change(resource, cx) else { return Ok(()) };
    let allowed = |minutes| permitted::to_see(&lasting_for(resource, minutes), cx).is_ok();
    let asked = resource.access.as_ref().and_then(|access| access.minutes);
    let Some(most) = longest(asked.unwrap_or(WEEK), allowed) else { return Err(denied) };
    let set = resource.access.as_ref().map(|access| access.permission_set.clone()).unwrap_or_default();
    let most = lasting(SignedDuration::from_mins(most));
    let short = most.replace(" h", "h").replace(" min", "m");
    Err(Error::shown(text![
        "The policy lets you have ",
        code(set),
        " in ",
        code(resource.name.as_str()),
        format!(" for at most {most}. Nothing was changed. Ask with "),
        code(format!("--for {short}")),
        "."
    ]))
}

const WEEK: i64 = 7 * 24 * 60;

fn lasting_for(resource: &Resource, minutes: i64) -> Resource {
    let access = resource.access.clone().map(|access| Access { minutes: Some(minutes), ..access });
    Resource { access, ..resource.clone() }
}

/// The longest of up to `most` minutes that is allowed, where short ones are and long ones are not.
fn longest(most: i64, allowed: impl Fn(i64) -> bool) -> Option<i64> {
    if !allowed(1) {
        return None;
    }
    let (mut yes, mut no) = (1, most + 1);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if allowed(middle) { yes = middle } else { no = middle }
    }
    Some(yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_a_year_is_taken_back_after_it() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let year = SignedDuration::from_hours(365 * 24);
        let until = |end| Lasts::Until { end, instead_of: ChangeId(1) };
        assert_eq!(patience(Lasts::Minutes(year.as_mins()), now), year + PATIENCE);
        assert_eq!(patience(until(now + year * 2), now), year * 2 + PATIENCE);
        assert_eq!(patience(until(now - year), now), PATIENCE);
        assert_eq!(patience(Lasts::Removed, now), PATIENCE);
    }

    #[test]
    fn the_longest_allowed_length_is_found() {
        assert_eq!(longest(600, |minutes| minutes <= 240), Some(240));
        assert_eq!(longest(600, |minutes| minutes <= 1), Some(1));
        assert_eq!(longest(600, |_| true), Some(600));
        assert_eq!(longest(600, |_| false), None);
    }
}
