//! `access user create`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::aws::Identity;
use crate::access::model::{Group, User};
use crate::access::words::some;
use crate::access::writes::{Creation, NewUser, planned_joining};
use crate::access::{find, guard, pick};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, bold, code};
use crate::plan::{Check, Permit, Plan, Runs, Step, Work};
use crate::{Change, Choice, Command, text};

/// How long tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Creates a user in IAM Identity Center, in groups where some are given.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    /// The user name, by which they sign in, such as ana.silva
    name: String,
    /// Their e-mail address, such as ana.silva@example.com
    #[arg(long, value_parser = address)]
    email: String,
    /// The given name, such as Ana
    #[arg(long)]
    given: String,
    /// The family name, such as Silva
    #[arg(long)]
    family: String,
    /// Groups to put them into, separated by commas
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', num_args = 1..)]
    groups: Vec<String>,
}

/// Where a creation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Create the user.
    Create {
        /// The groups to put them into.
        groups: Vec<Group>,
    },
    /// Put them into one group after another.
    Join(Joining),
}

/// How far somebody is with joining groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// Their id.
    user: String,
    /// All groups to put them into.
    groups: Vec<Group>,
    /// How many of these are done.
    done: usize,
}

impl Command for Create {
    const NAME: &'static str = "access user create";
    const PICKS: &'static [&'static str] = &["groups"];

    fn resource(&self) -> Resource {
        let name = self.name.trim();
        Resource { id: format!("user {}", name.to_lowercase()), ..Resource::named("user", name) }
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::groups(typed, cx).await
    }
}

impl Change for Create {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let new = self.new_user()?;
        let identity = Identity::open(cx).await?;
        if let Some(user) = identity.user_named(&new.name).await? {
            return Err(taken(&user, text!["user name ", code(&*new.name)]));
        }
        if let Some(user) = identity.user_with_email(&new.email).await? {
            return Err(taken(&user, text!["e-mail address ", code(&*new.email)]));
        }
        let named: Vec<String> = self.groups.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let mut groups: Vec<Group> = identity.each(&named, |name| find::group(name, cx, &identity)).await?;
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        groups.dedup_by(|a, b| a.id == b.id);
        let mut risks = Vec::new();
        for group in &groups {
            guard::own_group(group)?;
            if guard::counts(group, cx)? {
                risks.push(text!["My policy goes by who is in ", code(&*group.name), ": they may do what it says then."]);
            }
        }
        let mut what = vec![text!["Create the user ", bold(&*new.name), ": ", &*new.display_name, ", ", code(&*new.email), "."]];
        what.push(match groups.len() {
            0 => "Put them into no group: they have no access yet.".into(),
            _ => text!["Put them into "].then(some(groups.iter().map(|group| &*group.name))).then("."),
        });
        let user = format!("the new user {}", new.name);
        let calls = [new.planned()].into_iter().chain(groups.iter().map(|group| planned_joining(&group.id, &user))).collect();
        Ok(Plan::Work(Box::new(Work {
            resource: self.resource(),
            runs: Runs::Alone,
            title: format!("create user {}", new.name),
            what,
            calls,
            checks: vec![
                Check::pass("user name free", "nobody in IAM Identity Center has it"),
                Check::pass("e-mail address free", "nobody in IAM Identity Center has it"),
            ],
            risks,
            start: None,
            patience: PATIENCE,
            offers: Vec::new(),
            gate: None,
            first: State::Create { groups },
        })))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let identity = Identity::open(cx).await?;
        match state {
            State::Create { groups } => self.create(groups, &identity, permit).await,
            State::Join(joining) => self.join(joining, &identity, permit, cx).await,
        }
    }
}

impl Create {
    fn new_user(&self) -> Result<NewUser> {
        let (name, given, family) = (self.name.trim(), self.given.trim(), self.family.trim());
        if name.contains(char::is_whitespace) || name.starts_with('@') || name.is_empty() {
            return Err(Error::shown(text![
                "A user name is one word without blanks that does not begin with @, and ",
                code(name),
                " is not. Nothing was changed. ",
                code("ana.silva"),
                " would do."
            ]));
        }
        Ok(NewUser {
            name: name.to_owned(),
            display_name: [given, family].join(" ").trim().to_owned(),
            email: self.email.trim().to_owned(),
            given: given.to_owned(),
            family: family.to_owned(),
        })
    }

    async fn create(&self, groups: Vec<Group>, identity: &Identity, permit: &Permit) -> Result<Step<State>> {
        let new = self.new_user()?;
        let user = match self.standing(&new, identity).await? {
            Some(user) => user.id,
            None => match identity.create_user(permit, &new).await? {
                Creation::Made(id) => id,
                // Another try of this step was answered late, or somebody else was quicker.
                Creation::Taken(words) => match self.standing(&new, identity).await? {
                    Some(user) => user.id,
                    None => {
                        return Err(Error::shown(text![
                            "AWS did not create ",
                            code(&*new.name),
                            ": “",
                            words.trim_end_matches('.'),
                            "”. Nothing was changed. Ask again with another user name or e-mail address."
                        ]));
                    }
                },
            },
        };
        let note = text!["AWS created the user ", bold(&*new.name), "."];
        Ok(Step::Next { state: State::Join(Joining { user, groups, done: 0 }), note })
    }

    /// The user as this change makes them: it looked right before its start that there was none with this name, or with this
    /// address.
    async fn standing(&self, new: &NewUser, identity: &Identity) -> Result<Option<User>> {
        let Some(user) = identity.user_named(&new.name).await? else { return Ok(None) };
        let same = user.email.as_ref().is_some_and(|email| email.to_lowercase() == new.email.to_lowercase());
        if same { Ok(Some(user)) } else { Err(taken(&user, text!["user name ", code(&*new.name)])) }
    }

    async fn join(&self, joining: Joining, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let Joining { user, groups, done } = joining;
        let Some(group) = groups.get(done) else { return Ok(Step::Done(self.said(&groups)?)) };
        if identity.membership(&group.id, &user).await?.is_none() {
            // Taken: they are in it already.
            identity.add_member(permit, &group.id, &user).await?;
        }
        let so_far = format!("{} of {} groups.", done + 1, groups.len()).into();
        Ok(Step::Progress { state: State::Join(Joining { user, groups, done: done + 1 }), until: cx.now, so_far })
    }

    fn said(&self, groups: &[Group]) -> Result<Text> {
        let new = self.new_user()?;
        let stands = text!["The user ", bold(&*new.name), " (", &*new.display_name, ", ", code(&*new.email), ") stands"];
        let stands = match groups.len() {
            0 => stands.then(", in no group."),
            _ => stands.then(", in ").then(some(groups.iter().map(|group| &*group.name))).then("."),
        };
        Ok(stands.then(
            " AWS sends them no invitation: they get a password from whoever looks after IAM Identity Center, or a one-time \
             password by e-mail where that is switched on.",
        ))
    }
}

/// The refusal of what belongs to somebody already.
pub(super) fn taken(user: &User, what: Text) -> Error {
    let whose = text![" belongs to ", code(&*user.name), " (", &*user.display_name, ") already. Nothing was changed. "];
    let name = code(format!("access user show {}", user.name));
    Error::shown(text!["The "].then(what).then(whose).then(text![name, " shows them."]))
}

/// An e-mail address, as far as its shape tells.
pub(super) fn address(typed: &str) -> std::result::Result<String, String> {
    let typed = typed.trim();
    let shaped = typed.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains('.'));
    if shaped && !typed.contains(char::is_whitespace) {
        return Ok(typed.to_owned());
    }
    Err("an e-mail address looks like `ana@example.com`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        assert_eq!(address(" ana@example.com "), Ok("ana@example.com".to_owned()));
        for wrong in ["ana", "@example.com", "ana@example", "ana silva@example.com"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_state_is_kept_under_a_name_that_lasts() {
        let state = State::Join(Joining { user: "u-1".to_owned(), groups: Vec::new(), done: 1 });
        insta::assert_snapshot!(serde_json::to_string(&state).unwrap(), @r#"{"step":"join","user":"u-1","groups":[],"done":1}"#);
    }
}
