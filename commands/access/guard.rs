//! Whom no command may delete, shut out or empty, and what another directory looks after.

use super::aws::Identity;
use super::configured;
use super::model::{Group, User};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::text;

/// Refuses to delete or shut out a protected user.
///
/// # Errors
/// One to show.
pub(super) fn user_may_go(user: &User, cx: &Context<'_>) -> Result<()> {
    if !configured(cx)?.protected_users.iter().any(|name| same(name, &user.name)) {
        return Ok(());
    }
    Err(Error::shown(text![
        code(&*user.name),
        " is protected: the configuration says that no command of mine may delete, rename or disable this user. Nothing was \
         changed. Whoever runs me can change that."
    ]))
}

/// Refuses to change by what somebody is recognised who has rights in the bot's own policy: an e-mail address or a user name
/// of somebody else would hand those rights on.
///
/// # Errors
/// One to show; AWS's trouble.
pub(super) async fn recognised_as_before(user: &User, cx: &Context<'_>, identity: &Identity) -> Result<()> {
    for membership in identity.memberships(&user.id).await? {
        let Some(group) = identity.group(&membership.group).await? else { continue };
        if counts(&group, cx)? || administers(&group, cx)? {
            return Err(Error::shown(text![
                code(&*user.name),
                " is in ",
                code(&*group.name),
                ", and being in it counts in my policy: by another e-mail address or user name somebody else could become them. \
                 Nothing was changed. Change it in the console, or take them out of the group first."
            ]));
        }
    }
    Ok(())
}

/// Refuses to delete a group that is protected, or whose members count in the bot's policy.
///
/// # Errors
/// One to show.
pub(super) fn group_may_go(group: &Group, cx: &Context<'_>) -> Result<()> {
    if !is_protected(group, cx)? {
        return Ok(());
    }
    Err(Error::shown(text![
        code(&*group.name),
        " is protected",
        why_protected(group, cx)?,
        ", so no command of mine may delete it. Nothing was changed. Whoever runs me can change that."
    ]))
}

/// Refuses to leave nobody in a protected group.
///
/// # Errors
/// One to show.
pub(super) fn group_may_be_empty(group: &Group, cx: &Context<'_>) -> Result<()> {
    if !is_protected(group, cx)? {
        return Ok(());
    }
    Err(Error::shown(text![
        "That would leave nobody in ",
        code(&*group.name),
        ", which is protected",
        why_protected(group, cx)?,
        ". Nothing was changed. Leave somebody in it, or add somebody else first."
    ]))
}

/// Refuses what would leave the group of the bot's administrators without anybody who may sign in; `leaving` are the ids of
/// those who go, or are disabled.
///
/// # Errors
/// One to show; AWS's trouble.
pub(super) async fn administrators_remain(leaving: &[&User], cx: &Context<'_>, identity: &Identity) -> Result<()> {
    let Some(name) = &configured(cx)?.administrators else { return Ok(()) };
    let Some(group) = identity.group_named(name).await? else { return Ok(()) };
    let members = identity.members(&group.id).await?;
    let leaves = |id: &str| leaving.iter().find(|user| user.id == id);
    let Some(last) = members.iter().find_map(|member| leaves(&member.user)) else { return Ok(()) };
    for member in members.iter().filter(|member| leaves(&member.user).is_none()) {
        if identity.user(&member.user).await?.is_some_and(|user| user.active) {
            return Ok(());
        }
    }
    let who = if leaving.len() > 1 { text!["They are"] } else { text![code(&*last.name), " is"] };
    Err(Error::shown(who.then(text![
        " the last of ",
        code(&**name),
        " who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it \
         first."
    ])))
}

/// Refuses to change a user whom an outside directory looks after.
///
/// # Errors
/// One to show.
pub(super) fn own_user(user: &User) -> Result<()> {
    if user.external { Err(Error::shown(elsewhere(&user.name))) } else { Ok(()) }
}

/// Refuses to change a group that an outside directory looks after.
///
/// # Errors
/// One to show.
pub(super) fn own_group(group: &Group) -> Result<()> {
    if group.external { Err(Error::shown(elsewhere(&group.name))) } else { Ok(()) }
}

fn elsewhere(name: &str) -> Text {
    text![
        code(name),
        " comes from another directory that is synchronised into IAM Identity Center, so a change here would be undone. Nothing \
         was changed. Change it there."
    ]
}

/// Whether being in a group counts in the bot's own policy.
pub(super) fn counts(group: &Group, cx: &Context<'_>) -> Result<bool> {
    Ok(configured(cx)?.groups.iter().any(|name| same(name, &group.name)))
}

/// Whether a group's members administer the bot.
pub(super) fn administers(group: &Group, cx: &Context<'_>) -> Result<bool> {
    Ok(configured(cx)?.administrators.as_ref().is_some_and(|name| same(name, &group.name)))
}

fn is_protected(group: &Group, cx: &Context<'_>) -> Result<bool> {
    let identity = configured(cx)?;
    let named = identity.protected_groups.iter().chain(&identity.administrators);
    Ok(named.into_iter().any(|name| same(name, &group.name)) || counts(group, cx)?)
}

fn why_protected(group: &Group, cx: &Context<'_>) -> Result<&'static str> {
    Ok(match administers(group, cx)? {
        true => " (its members administer me)",
        false if counts(group, cx)? => " (my policy goes by who is in it)",
        false => " by the configuration",
    })
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
