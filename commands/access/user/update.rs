//! `access user update`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::create::{address, taken};
use super::resource;
use crate::access::aws::Identity;
use crate::access::model::User;
use crate::access::writes::{Update as Updated, UserUpdate};
use crate::access::{find, guard, permitted, pick};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, bold, code};
use crate::plan::{Permit, Plan, Runs, Step, Work};
use crate::{Change, Choice, Command, text};

/// How long tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Changes a user of IAM Identity Center, or lets them sign in or not.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Update {
    /// The user: @ana, a user name or an e-mail address
    user: String,
    /// Their new e-mail address
    #[arg(long, value_parser = address)]
    email: Option<String>,
    /// The name that is shown, such as "Ana Silva"
    #[arg(long)]
    name: Option<String>,
    /// The given name
    #[arg(long)]
    given: Option<String>,
    /// The family name
    #[arg(long)]
    family: Option<String>,
    /// The job title
    #[arg(long)]
    title: Option<String>,
    /// Another user name: they sign in with it from then on
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Keep them from signing in
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Let them sign in again
    #[arg(long)]
    enable: bool,
}

/// Where an update stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Ask AWS for it.
    Update {
        /// The user's id.
        user: String,
    },
}

impl Command for Update {
    const NAME: &'static str = "access user update";
    const PICKS: &'static [&'static str] = &["user"];

    fn resource(&self) -> Resource {
        Resource::named("user", self.user.trim_start_matches('@'))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::users(typed, cx).await
    }
}

impl Change for Update {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let identity = Identity::open(cx).await?;
        let user = find::user(&self.user, cx, &identity).await?;
        permitted::to_change(&resource(&user), cx)?;
        guard::own_user(&user)?;
        let update = self.left_to_do(&user);
        if update.is_empty() {
            return Err(Error::shown(self.nothing(&user)));
        }
        self.refuse_conflicts(&user, &update, cx, &identity).await?;
        let mut risks = Vec::new();
        if update.active == Some(false) {
            risks.push("Sessions they have in accounts go on until they end by themselves.".into());
        }
        if update.name.is_some() {
            risks
                .push("They sign in by the new user name from then on; where they are known by the old one, that breaks.".into());
        }
        Ok(Plan::Work(Box::new(Work {
            resource: resource(&user),
            runs: Runs::Alone,
            title: format!("update user {}", user.name),
            what: differences(&user, &update),
            calls: vec![update.planned(&user)],
            checks: Vec::new(),
            risks,
            start: None,
            patience: PATIENCE,
            offers: Vec::new(),
            gate: None,
            first: State::Update { user: user.id.clone() },
        })))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let State::Update { user: id } = &state;
        let identity = Identity::open(cx).await?;
        let gone = || Error::shown(text!["The user is gone: AWS no longer knows ", code(&**id), ". Nothing was changed."]);
        let user = identity.user(id).await?.ok_or_else(gone)?;
        let update = self.left_to_do(&user);
        if !update.is_empty() {
            self.refuse_conflicts(&user, &update, cx, &identity).await?;
            match identity.update_user(permit, &user, &update).await? {
                Updated::Done => {}
                Updated::Gone => return Err(gone()),
                Updated::Conflict(words) => {
                    return Err(Error::shown(text![
                        "AWS did not change ",
                        code(&*user.name),
                        ": “",
                        words.trim_end_matches('.'),
                        "”. Nothing was changed. Look at them and ask again."
                    ]));
                }
            }
        }
        let name = update.name.as_ref().unwrap_or(&user.name);
        let state = match (self.disable, self.enable) {
            (true, _) => ", who can't sign in any more",
            (_, true) => ", who can sign in",
            _ => "",
        };
        Ok(Step::Done(text!["AWS has changed ", bold(&**name), state, "."]))
    }
}

impl Update {
    /// What still differs from what is wanted.
    fn left_to_do(&self, user: &User) -> UserUpdate {
        let new = |wanted: &Option<String>, is: Option<&String>| {
            let wanted = wanted.as_ref().map(|wanted| wanted.trim().to_owned());
            wanted.filter(|wanted| !wanted.is_empty() && Some(wanted) != is)
        };
        let active = match (self.disable, self.enable) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        UserUpdate {
            name: new(&self.rename, Some(&user.name)),
            display_name: new(&self.name, Some(&user.display_name)),
            email: new(&self.email, user.email.as_ref()),
            given: new(&self.given, user.given.as_ref()),
            family: new(&self.family, user.family.as_ref()),
            title: new(&self.title, user.title.as_ref()),
            active: active.filter(|active| *active != user.active),
        }
    }

    fn nothing(&self, user: &User) -> Text {
        let named = Self { user: self.user.clone(), ..Self::default() };
        if serde_json::json!(self) == serde_json::json!(named) {
            return text![
                "Say what to change of ",
                code(&*user.name),
                ": ",
                code("--email"),
                ", ",
                code("--name"),
                ", ",
                code("--title"),
                ", ",
                code("--disable"),
                " … ",
                code("help access user update"),
                " lists all. Nothing was changed."
            ];
        }
        text![code(&*user.name), " is so already: there is nothing to change."]
    }

    async fn refuse_conflicts(&self, user: &User, update: &UserUpdate, cx: &Context<'_>, identity: &Identity) -> Result<()> {
        if update.name.is_some() || update.active == Some(false) {
            guard::user_may_go(user, cx)?;
        }
        if update.email.is_some() || update.name.is_some() {
            guard::recognised_as_before(user, cx, identity).await?;
        }
        if update.active == Some(false) {
            guard::administrators_remain(&[user], cx, identity).await?;
        }
        if let Some(email) = &update.email
            && let Some(other) = identity.user_with_email(email).await?.filter(|other| other.id != user.id)
        {
            return Err(taken(&other, text!["e-mail address ", code(&**email)]));
        }
        if let Some(name) = &update.name
            && let Some(other) = identity.user_named(name).await?.filter(|other| other.id != user.id)
        {
            return Err(taken(&other, text!["user name ", code(&**name)]));
        }
        Ok(())
    }
}

/// What is today and what will be, a line each.
fn differences(user: &User, update: &UserUpdate) -> Vec<Text> {
    let display_name = Some(&user.display_name).filter(|name| !name.is_empty());
    let values = [
        ("User name", Some(&user.name), &update.name),
        ("Name", display_name, &update.display_name),
        ("Given name", user.given.as_ref(), &update.given),
        ("Family name", user.family.as_ref(), &update.family),
        ("E-mail", user.email.as_ref(), &update.email),
        ("Title", user.title.as_ref(), &update.title),
    ];
    let line = |(label, is, new): (&str, Option<&String>, &Option<String>)| {
        let is = is.map_or_else(|| "none".into(), |is| code(&**is));
        new.as_ref().map(|new| text![label, " of ", bold(&*user.name), ": ", is, " → ", code(&**new)])
    };
    let mut lines: Vec<Text> = values.into_iter().filter_map(line).collect();
    match update.active {
        Some(true) => lines.push(text![bold(&*user.name), " can sign in again."]),
        Some(false) => lines.push(text![bold(&*user.name), " can't sign in any more. Groups and assignments stay."]),
        None => {}
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_left_to_do() {
        let user = User { name: "ana".to_owned(), title: Some("SRE".to_owned()), active: true, ..User::default() };
        let asked = Update { title: Some(" SRE ".to_owned()), enable: true, ..Update::default() };
        assert!(asked.left_to_do(&user).is_empty());
        let asked = Update { title: Some("Lead".to_owned()), disable: true, ..Update::default() };
        let lines: Vec<String> = differences(&user, &asked.left_to_do(&user)).iter().map(Text::plain).collect();
        assert_eq!(lines, ["Title of ana: SRE → Lead", "ana can't sign in any more. Groups and assignments stay."]);
    }
}
