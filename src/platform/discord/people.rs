//! Who is who on Discord: the bot itself, members of the guild, the roles they hold.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use super::api::{Fault, codes};
use super::{Discord, Origin};
use crate::platform::{Group, Profile, SendError, Standing};

/// Members that are listed at once.
const PAGE: usize = 1_000;

impl Discord {
    /// Who the bot is. Discord is asked once it matters, and again until it has said it.
    pub(super) async fn origin(&self) -> Result<&Origin, Fault> {
        let ask = || async {
            let application = self.api.call(Method::GET, "/applications/@me", None).await?;
            let account = self.api.call(Method::GET, "/users/@me", None).await?;
            match (application["id"].as_str(), account["id"].as_str()) {
                (Some(application), Some(account)) => {
                    Ok(Origin { application: application.to_owned(), account: account.to_owned() })
                }
                _ => Err(Fault::odd("asking who the bot is", "no ids in the answers")),
            }
        };
        self.origin.get_or_try_init(ask).await
    }

    /// What the guild says about an account. Discord vouches for no e-mail address and knows no time zone.
    pub(super) async fn member(&self, account: &str) -> Result<Profile, Fault> {
        let path = format!("/guilds/{}/members/{account}", self.settings.guild);
        match self.api.call(Method::GET, &path, None).await {
            Ok(member) => Ok(self.profile_of(&member)),
            Err(fault) if fault.is(&[codes::NO_MEMBER, codes::NO_USER]) => Ok(Profile {
                email: None,
                name: account.to_owned(),
                zone: None,
                standing: Standing::Gone,
                groups: BTreeSet::new(),
            }),
            Err(fault) => Err(fault),
        }
    }

    /// What a member object says ("Guild Member").
    pub(super) fn profile_of(&self, member: &Value) -> Profile {
        let user = &member["user"];
        let roles: BTreeSet<&str> = member["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let wanted = &self.settings.roles;
        let standing = if user["bot"] == true || user["system"] == true {
            Standing::Bot
        } else if member["pending"] == true || !(wanted.is_empty() || wanted.iter().any(|role| roles.contains(role.as_str()))) {
            Standing::Guest
        } else {
            Standing::Member
        };
        let groups = self.settings.groups.iter().filter(|(_, role)| roles.contains(role.as_str()));
        let names = [&member["nick"], &user["global_name"], &user["username"], &user["id"]];
        let name = names.into_iter().filter_map(Value::as_str).find(|name| !name.trim().is_empty());
        Profile {
            email: None,
            name: name.unwrap_or_default().to_owned(),
            zone: None,
            standing,
            groups: groups.map(|(group, _)| group.clone()).collect(),
        }
    }

    /// Makes a role hold exactly these accounts.
    pub(super) async fn hold_role(&self, role: &str, accounts: &[String]) -> Result<Group, SendError> {
        let holds = self.holders(role).await.map_err(|fault| {
            if fault.is(&[codes::NO_ACCESS]) {
                let switch = "the switch \"Server Members Intent\" of the bot, in Discord's developer portal, has to be on";
                return SendError::Never(format!("I can't see who holds the role {role}: {switch}"));
            }
            SendError::from(fault)
        })?;
        let wanted: BTreeSet<&str> = accounts.iter().map(String::as_str).collect();
        let holds: BTreeSet<&str> = holds.iter().map(String::as_str).collect();
        // Nobody is taken out before somebody is in: the role may be what is called in the night.
        let changes = wanted.difference(&holds).map(|account| (Method::PUT, *account));
        let changes: Vec<_> = changes.chain(holds.difference(&wanted).map(|account| (Method::DELETE, *account))).collect();
        for (method, account) in &changes {
            let path = format!("/guilds/{}/members/{account}/roles/{role}", self.settings.guild);
            match self.api.call(method.clone(), &path, None).await {
                // They left meanwhile, and their roles with them.
                Err(fault) if *method == Method::DELETE && fault.is(&[codes::NO_MEMBER]) => {}
                other => drop(other?),
            }
        }
        Ok(if changes.is_empty() { Group::Held } else { Group::Changed })
    }

    /// The accounts that hold a role now.
    async fn holders(&self, role: &str) -> Result<Vec<String>, Fault> {
        let mut holders = Vec::new();
        let mut after = "0".to_owned();
        loop {
            let path = format!("/guilds/{}/members?limit={PAGE}&after={after}", self.settings.guild);
            let answer = self.api.call(Method::GET, &path, None).await?;
            let page = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            let has = |member: &&Value| member["roles"].as_array().is_some_and(|roles| roles.iter().any(|one| one == role));
            holders.extend(page.iter().filter(has).filter_map(|member| member["user"]["id"].as_str()).map(str::to_owned));
            let last = page.iter().filter_map(|member| member["user"]["id"].as_str()?.parse::<u64>().ok()).max();
            match last.map(|last| last.to_string()).filter(|last| page.len() >= PAGE && *last != after) {
                Some(last) => after = last,
                None => return Ok(holders),
            }
        }
    }
}
