//! Whose workspace the bot is in, and so who is a member there: in a shared channel people of other companies can ask too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::api::Fault;
use crate::platform::{Profile, Standing};

/// The bot's own account and where it is at home.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The bot's account.
    pub(super) account: String,
    /// Its workspace.
    pub(super) team: String,
    /// The Enterprise organisation the workspace belongs to, where it belongs to one.
    enterprise: Option<String>,
}

impl Origin {
    /// Out of the answer to `auth.test`.
    pub(super) fn of(answer: &Value) -> Result<Self, Fault> {
        let (account, team) = (text(&answer["user_id"]), text(&answer["team_id"]));
        let (Some(account), Some(team)) = (account, team) else {
            return Err(Fault::Lost { method: "auth.test", cause: "no account or workspace in the answer".to_owned() });
        };
        Ok(Self { account, team, enterprise: text(&answer["enterprise_id"]) })
    }

    /// What a user object says. An e-mail address counts where its owner has confirmed it (`is_email_confirmed`).
    pub(super) fn profile(&self, user: &Value) -> Profile {
        let is = |flag: &str| user[flag] == true;
        let standing = if is("deleted") {
            Standing::Gone
        } else if is("is_bot") || user["id"] == "USLACKBOT" {
            Standing::Bot
        } else if is("is_restricted") || is("is_ultra_restricted") || is("is_stranger") || !self.is_ours(user) {
            Standing::Guest
        } else {
            Standing::Member
        };
        let profile = &user["profile"];
        let name = [&profile["display_name"], &profile["real_name"], &user["real_name"], &user["name"], &user["id"]];
        Profile {
            email: text(&profile["email"]).filter(|_| is("is_email_confirmed")),
            name: name.into_iter().find_map(text).unwrap_or_default(),
            zone: text(&user["tz"]),
            standing,
            groups: BTreeSet::new(),
        }
    }

    /// Whether somebody is of the bot's workspace, or of another one of its organisation. `is_stranger` does not tell: it
    /// is false or missing for people of other companies who share a channel with the bot (api.slack.com "Slack Connect").
    fn is_ours(&self, user: &Value) -> bool {
        let enterprise = text(&user["enterprise_user"]["enterprise_id"]);
        text(&user["team_id"]).as_ref() == Some(&self.team) || (enterprise.is_some() && enterprise == self.enterprise)
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing(origin: &Origin, user: Value) -> Standing {
        origin.profile(&user).standing
    }

    #[test]
    fn who_is_of_another_workspace_is_a_guest_unless_the_organisation_is_one() {
        let alone = Origin::of(&json!({ "user_id": "U1", "team_id": "T1", "enterprise_id": "" })).unwrap();
        let within = Origin::of(&json!({ "user_id": "U1", "team_id": "T1", "enterprise_id": "E1" })).unwrap();
        let of = |team: &str, enterprise: &str| json!({ "team_id": team, "enterprise_user": { "enterprise_id": enterprise } });
        for origin in [&alone, &within] {
            assert_eq!(standing(origin, json!({ "team_id": "T1" })), Standing::Member);
            for other in [json!({}), json!({ "team_id": "T2" }), json!({ "team_id": "T2", "is_stranger": false })] {
                assert_eq!(standing(origin, other), Standing::Guest);
            }
            assert_eq!(standing(origin, of("T2", "E2")), Standing::Guest);
            assert_eq!(standing(origin, of("T2", "")), Standing::Guest);
        }
        assert_eq!(standing(&within, of("T2", "E1")), Standing::Member);
        assert_eq!(standing(&alone, of("T2", "E1")), Standing::Guest);
        assert!(Origin::of(&json!({ "user_id": "U1" })).is_err());
    }

    #[test]
    fn an_address_counts_once_it_is_confirmed() {
        let origin = Origin::of(&json!({ "user_id": "U1", "team_id": "T1" })).unwrap();
        let profile = json!({ "email": "ana@example.com" });
        let email = |user| origin.profile(&user).email;
        assert_eq!(email(json!({ "profile": profile, "is_email_confirmed": true })).as_deref(), Some("ana@example.com"));
        assert_eq!(email(json!({ "profile": profile, "is_email_confirmed": false })), None);
        assert_eq!(email(json!({ "profile": profile })), None);
    }
}
