//! From what people type to one user, group, permission set or account. The roster says who is meant; AWS is asked whether it is
//! still so, since names move.

use std::cmp::Ordering;

use super::aws::Identity;
use super::configured;
use super::model::{Group, PermissionSet, Principal, User};
use super::roster;
use crate::context::{Account, AtCenter, Context, PersonId};
use crate::error::{Error, Result};
use crate::message::{Span, Text, code};
use crate::text;

/// How many names a sentence lists.
const LISTED: usize = 5;

/// The user meant by `@ana`, a user name, an e-mail address, a display name or an id, as AWS has them now.
///
/// A person of the chat is the user the directory knows as theirs. Only while it knows none they are matched by their e-mail
/// address, else by a user name that is their id, unless that user is somebody else.
///
/// # Errors
/// One to show when none or several are meant; AWS's trouble.
pub(crate) async fn user(typed: &str, cx: &Context<'_>, identity: &Identity) -> Result<User> {
    let wanted = Wanted::read(typed, cx);
    if let Some(own) = wanted.own.as_ref().filter(|_| wanted.mention) {
        return identity.user(&own.id).await?.ok_or_else(|| gone(&wanted, own));
    }
    let roster = roster::known(cx).await?;
    match wanted.among(&roster.users) {
        Match::One(known) => {
            if let Some(user) = identity.user(&known.id).await?.filter(|user| wanted.could_be(user)) {
                return wanted.unless_somebody_else(user, cx);
            }
        }
        Match::Several(users) => return Err(which(&wanted, &users)),
        Match::None => {}
    }
    match wanted.look(identity).await? {
        Some(user) => wanted.unless_somebody_else(user, cx),
        None => Err(unknown_user(&wanted, &roster.users)),
    }
}

/// The group called so, as AWS has it now.
///
/// # Errors
/// One to show when there is none; AWS's trouble.
pub(crate) async fn group(typed: &str, cx: &Context<'_>, identity: &Identity) -> Result<Group> {
    let name = group_in(typed).unwrap_or(typed.trim());
    let roster = roster::known(cx).await?;
    let is = |group: &Group| group.id == name || group.name.to_lowercase() == name.to_lowercase();
    if let Some(known) = roster.groups.iter().find(|group| is(group))
        && let Some(group) = identity.group(&known.id).await?.filter(|group| is(group))
    {
        return Ok(group);
    }
    match identity.group_named(name).await? {
        Some(group) => Ok(group),
        None => Err(unknown("group", name, roster.groups.iter().map(|group| &*group.name), "group list")),
    }
}

/// The user or, as `group NAME` or `group:NAME`, the group meant.
///
/// # Errors
/// One to show when none or several are meant; AWS's trouble.
pub(crate) async fn principal(typed: &str, cx: &Context<'_>, identity: &Identity) -> Result<Principal> {
    match group_in(typed) {
        Some(name) => Ok(group(name, cx, identity).await?.principal()),
        None => Ok(user(typed, cx, identity).await?.principal()),
    }
}

/// The permission set with this name or ARN, as AWS has it now.
///
/// # Errors
/// One to show when there is none; AWS's trouble.
pub(crate) async fn permission_set(typed: &str, cx: &Context<'_>, identity: &Identity) -> Result<PermissionSet> {
    let name = typed.trim();
    let is = |set: &PermissionSet| set.arn == name || set.name.to_lowercase() == name.to_lowercase();
    let roster = roster::known(cx).await?;
    if let Some(known) = roster.permission_sets.iter().find(|set| is(set))
        && let Some(set) = identity.permission_set(&known.arn).await?.filter(is)
    {
        return Ok(set);
    }
    // AWS finds permission sets by ARN only: one the roster does not know may be new.
    let all = identity.permission_sets().await?;
    match all.iter().find(|set| is(set)) {
        Some(set) => Ok(set.clone()),
        None => Err(unknown("permission set", name, all.iter().map(|set| &*set.name), "permission-set list")),
    }
}

/// The configured account with this name or number.
///
/// # Errors
/// One to show when there is none.
pub(crate) fn account<'a>(typed: &str, cx: &Context<'a>) -> Result<&'a Account> {
    let name = typed.trim();
    let is = |account: &&Account| account.id == name || account.name.to_lowercase() == name.to_lowercase();
    if let Some(account) = cx.settings.accounts.iter().find(is) {
        return Ok(account);
    }
    let names = cx.settings.accounts.iter().map(|account| &*account.name);
    let near = nearest(name, names.clone());
    let text = text!["I look after no account called ", code(name), "."];
    Err(Error::shown(if !near.is_empty() {
        text.then(" Did you mean ").then(any_of(&near)).then("?")
    } else {
        let all: Vec<&str> = names.take(LISTED).collect();
        if all.is_empty() {
            text.then(" None is configured yet.")
        } else {
            text.then(" Among those I know are ").then(all_of(&all)).then(".")
        }
    }))
}

/// Refuses what a delegated administrator can't do: assign or change anything in the management account.
///
/// # Errors
/// One to show, with the reason.
pub(crate) fn within_reach(account: &Account, cx: &Context<'_>) -> Result<()> {
    let identity = configured(cx)?;
    if identity.management.as_deref() != Some(&*account.id) {
        return Ok(());
    }
    Err(Error::shown(text![
        code(&*account.name),
        " is the management account, and I work from ",
        code(&*identity.home.name),
        ", a delegated administrator: AWS lets me change nothing there. Whoever looks after the management account can do it in \
         IAM Identity Center's console."
    ]))
}

/// Refuses to change a permission set that is in use in the management account, which a delegated administrator can't.
///
/// # Errors
/// One to show, with the reason; AWS's trouble.
pub(crate) async fn changeable(set: &PermissionSet, cx: &Context<'_>, identity: &Identity) -> Result<()> {
    let Some(management) = &configured(cx)?.management else { return Ok(()) };
    if !identity.provisioned_in(&set.arn).await?.contains(management) {
        return Ok(());
    }
    Err(Error::shown(text![
        "The permission set ",
        code(&*set.name),
        " is in use in the management account, and I work from ",
        code(&*configured(cx)?.home.name),
        ", a delegated administrator: AWS does not let me change it. Whoever looks after the management account can."
    ]))
}

/// The group's name in `group sre` or `group:sre`.
pub(crate) fn group_in(typed: &str) -> Option<&str> {
    let (word, name) = typed.trim().split_once([' ', ':'])?;
    word.eq_ignore_ascii_case("group").then(|| name.trim()).filter(|name| !name.is_empty())
}

/// Who was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// As it was typed, without `@`.
    name: String,
    /// The same in lower case.
    lower: String,
    /// Whether a person of the chat was mentioned.
    mention: bool,
    /// The e-mail address of the chat's person of that id, lower case.
    email: Option<String>,
    /// Their user, as the directory knows it.
    own: Option<AtCenter>,
}

enum Match {
    None,
    One(User),
    Several(Vec<User>),
}

impl Wanted {
    fn read(typed: &str, cx: &Context<'_>) -> Self {
        let typed = typed.trim();
        let name = typed.strip_prefix('@').unwrap_or(typed).to_owned();
        let lower = name.to_lowercase();
        let id = PersonId(lower.clone());
        let email = cx.authority.person(&id).and_then(|person| person.email).map(|email| email.to_lowercase());
        Self { mention: typed.starts_with('@'), name, lower, email, own: cx.authority.origin(&id).center }
    }

    /// A user found for a mention by address or name, unless the directory knows them as somebody else.
    fn unless_somebody_else(&self, user: User, cx: &Context<'_>) -> Result<User> {
        match cx.authority.behind(&user.id).filter(|behind| self.mention && behind.0 != self.lower) {
            Some(other) => Err(Error::shown(text![
                "IAM Identity Center has no user for ",
                &PersonId(self.lower.clone()),
                " that I know of, and ",
                code(&*user.name),
                " is ",
                &other,
                ". Nothing was changed. Say whom you mean by user name or e-mail address."
            ])),
            None => Ok(user),
        }
    }

    fn is_named(&self, user: &User) -> bool {
        user.id == self.name || user.name.to_lowercase() == self.lower
    }

    fn has_email(&self, user: &User) -> bool {
        user.email.as_ref().is_some_and(|email| email.to_lowercase() == self.lower)
    }

    fn is_person(&self, user: &User) -> bool {
        match &self.own {
            Some(own) => own.id == user.id,
            None => self.email.is_some() && user.email.as_ref().map(|email| email.to_lowercase()) == self.email,
        }
    }

    fn is_called(&self, user: &User) -> bool {
        user.display_name.to_lowercase() == self.lower
    }

    /// Whether a user may still be the one meant.
    fn could_be(&self, user: &User) -> bool {
        self.is_named(user) || self.has_email(user) || self.is_person(user) || self.is_called(user)
    }

    /// Who is meant. A mention is a person first; what is unique to a user goes before a display name, which is not.
    fn among(&self, users: &[User]) -> Match {
        let those = |fits: &dyn Fn(&User) -> bool| users.iter().filter(|user| fits(user)).cloned().collect::<Vec<_>>();
        let mut found = if self.mention { those(&|user| self.is_person(user)) } else { Vec::new() };
        if found.is_empty() {
            found = those(&|user| self.is_named(user) || self.has_email(user) || (!self.mention && self.is_person(user)));
        }
        if found.is_empty() {
            found = those(&|user| self.is_called(user));
        }
        match found.len() {
            0 => Match::None,
            1 => found.pop().map_or(Match::None, Match::One),
            _ => Match::Several(found),
        }
    }

    /// Asks AWS itself, for whoever is newer than the roster.
    async fn look(&self, identity: &Identity) -> Result<Option<User>> {
        if let Some(email) = self.email.as_ref().filter(|_| self.mention)
            && let Some(user) = identity.user_with_email(email).await?
        {
            return Ok(Some(user));
        }
        if self.name.contains('@')
            && let Some(user) = identity.user_with_email(&self.name).await?
        {
            return Ok(Some(user));
        }
        if let Some(user) = identity.user_named(&self.name).await? {
            return Ok(Some(user));
        }
        match &self.email {
            Some(email) if !self.mention && self.own.is_none() => identity.user_with_email(email).await,
            _ => Ok(None),
        }
    }
}

/// That somebody's user is not there any more: whoever has their name or address now may be somebody else.
fn gone(wanted: &Wanted, own: &AtCenter) -> Error {
    Error::shown(text![
        "The user of ",
        &PersonId(wanted.lower.clone()),
        ", ",
        code(&*own.user),
        ", is no longer in IAM Identity Center. Nothing was changed. If they have a new one, name it by its user name or e-mail \
         address."
    ])
}

fn which(wanted: &Wanted, users: &[User]) -> Error {
    let count = users.len().to_string();
    let text = text![count, " users of IAM Identity Center could be ", code(&*wanted.name), ": "];
    Error::shown(text.then(several(users)).then(". Which one? Their e-mail addresses and user names tell them apart."))
}

fn unknown_user(wanted: &Wanted, known: &[User]) -> Error {
    // `ben` is no user, but two people are called Ben: asked about, never guessed.
    let words = |user: &User| {
        let words = [&user.name, &user.display_name, user.email.as_deref().unwrap_or_default()].join(" ").to_lowercase();
        words.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == wanted.lower)
    };
    let similar: Vec<User> = known.iter().filter(|user| words(user)).cloned().collect();
    if similar.len() > 1 {
        return which(wanted, &similar);
    }
    let text = match &wanted.email {
        Some(email) if wanted.mention => {
            let person = PersonId(wanted.lower.clone());
            text!["IAM Identity Center has no user for ", &person, ", whose e-mail address is ", code(&**email), "."]
        }
        _ => text!["IAM Identity Center has no user ", code(&*wanted.name), "."],
    };
    let near: Vec<&str> = match &similar[..] {
        [one] => vec![&one.name],
        _ => {
            let names = known.iter().flat_map(|user| [&*user.name, &*user.display_name]);
            let near = nearest(&wanted.name, names);
            let named = |name: &&str| known.iter().find(|user| user.name == **name || user.display_name == **name);
            let mut names: Vec<&str> = near.iter().filter_map(named).map(|user| &*user.name).collect();
            names.dedup();
            names
        }
    };
    Error::shown(hinted(text, &near, "user list"))
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>, list: &str) -> Error {
    let text = text!["IAM Identity Center has no ", what, " ", code(name), "."];
    Error::shown(hinted(text, &nearest(name, known), list))
}

fn hinted(text: Text, near: &[&str], list: &str) -> Text {
    if near.is_empty() {
        return text.then(text![" ", code(format!("access {list}")), " shows those there are."]);
    }
    text.then(" Did you mean ").then(any_of(near)).then("?")
}

fn several(users: &[User]) -> Text {
    let mut spans = Vec::new();
    for (at, user) in users.iter().take(LISTED).enumerate() {
        if at > 0 {
            spans.push(if at + 1 == users.len() { Span::from(" and ") } else { ", ".into() });
        }
        spans.push(code(user.email.as_ref().unwrap_or(&user.name).clone()));
        spans.push(format!(" ({}, {})", user.display_name, user.name).into());
    }
    if users.len() > LISTED {
        spans.push(format!(" and {} more", users.len() - LISTED).into());
    }
    Text(spans)
}

/// Up to three names near enough to be meant, nearest first.
pub(crate) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let score = |name: &str| {
        let name = name.to_lowercase();
        let likeness = strsim::jaro_winkler(&typed, &name);
        if typed.len() > 2 && name.contains(&typed) { likeness.max(0.9) } else { likeness }
    };
    // What is called exactly so is gone, or it would have been found.
    let known = known.filter(|name| name.to_lowercase() != typed);
    let mut near: Vec<(f64, &str)> = known.map(|name| (score(name), name)).filter(|(score, _)| *score > 0.8).collect();
    near.sort_by(|(a, _), (b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    let mut names: Vec<&str> = near.into_iter().map(|(_, name)| name).collect();
    names.dedup();
    names.truncate(3);
    names
}

/// `a, b or c`, each as code.
pub(crate) fn any_of(names: &[&str]) -> Text {
    joined(names, " or ")
}

/// `a, b and c`, each as code.
pub(crate) fn all_of(names: &[&str]) -> Text {
    joined(names, " and ")
}

fn joined(names: &[&str], last: &str) -> Text {
    let mut spans = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            spans.push(if at + 1 == names.len() { Span::from(last) } else { ", ".into() });
        }
        spans.push(code(*name));
    }
    Text(spans)
}
