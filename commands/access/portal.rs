//! What somebody sees in the AWS access portal: they sign in by themselves, in a browser, with a code ("device authorization
//! grant", RFC 8628, as IAM Identity Center's OIDC API has it). Codes and tokens are kept in memory only, by person, until they
//! end or the person signs out.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::Region;
use jiff::{SignedDuration, Timestamp};

use super::configured;
use crate::aws::Aws;
use crate::context::{Context, IdentityCenter, PersonId};
use crate::error::{Error, Result};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long before AWS's end something is given up.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// A token, a code or a client's secret. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who is signing in, and who has.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    client: Mutex<Option<Registered>>,
    people: Mutex<HashMap<PersonId, Stage>>,
}

/// The bot, as the OIDC API knows it.
#[derive(Clone, Debug)]
struct Registered {
    id: String,
    secret: Secret,
    until: Timestamp,
}

#[derive(Clone, Debug)]
enum Stage {
    Invited(Invited),
    In { token: Secret, until: Timestamp },
}

#[derive(Clone, Debug)]
struct Invited {
    client: Registered,
    code: Secret,
    invitation: Invitation,
    every: SignedDuration,
}

/// What a person needs to sign in. For their eyes alone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// Where they sign in; the code is part of it where AWS gives it so.
    pub(crate) url: String,
    /// The code they compare or type in: `ABCD-EFGH`.
    pub(crate) code: String,
    /// When it is too late.
    pub(crate) until: Timestamp,
    /// When to look next whether they have: AWS refuses who looks more often.
    pub(crate) next: Timestamp,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("until", &self.until).finish_non_exhaustive()
    }
}

/// Where somebody is with signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Nothing begun, or what was begun has ended: begin.
    Out,
    /// They have the link and have not finished.
    Waiting(Invitation),
    /// They said no in the browser. What was begun is forgotten.
    Refused,
    /// They are signed in until then.
    In(Timestamp),
}

/// An account in somebody's portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortalAccount {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The permission sets they can choose there, by name.
    pub(crate) roles: Vec<String>,
}

/// Begins to sign the asker in; what was begun before is forgotten.
///
/// # Errors
/// One to show when Identity Center or its portal is not configured; AWS's trouble.
pub(crate) async fn begin(cx: &Context<'_>) -> Result<Invitation> {
    let identity = configured(cx)?;
    let Some(start) = &identity.portal else {
        return Err(Error::shown(
            "The address of the AWS access portal is not configured, so nobody can sign in through me. Whoever runs me adds it.",
        ));
    };
    let doing = "starting to sign you in";
    let oidc = aws_sdk_ssooidc::Client::new(&config(cx.aws, identity));
    let client = registered(cx, &oidc).await?;
    let call = oidc.start_device_authorization().client_id(&client.id).client_secret(&client.secret.0).start_url(start).send();
    let given = match cx.aws.unsigned("sso-oauth:StartDeviceAuthorization", call).await {
        Ok(given) => given,
        Err(fault) => {
            // AWS may have forgotten the bot: the next try makes itself known again.
            *cx.aws.access().portal.client() = None;
            return Err(fault.error(doing));
        }
    };
    let missing = || Error::internal(doing, "AWS's answer lacks a code or an address");
    let code = Secret(given.device_code.ok_or_else(missing)?);
    let every = SignedDuration::from_secs(i64::from(given.interval.max(1)));
    let invitation = Invitation {
        url: given.verification_uri_complete.or(given.verification_uri).ok_or_else(missing)?,
        code: given.user_code.ok_or_else(missing)?,
        until: later(cx.now, SignedDuration::from_secs(i64::from(given.expires_in))),
        next: later(cx.now, every),
    };
    let invited = Invited { client, code, invitation: invitation.clone(), every };
    cx.aws.access().portal.keep(&cx.person.id, Stage::Invited(invited));
    Ok(invitation)
}

/// Where the asker is with signing in. It asks AWS once, if it is time to.
///
/// # Errors
/// AWS's trouble.
pub(crate) async fn look(cx: &Context<'_>) -> Result<SignIn> {
    let sessions = &cx.aws.access().portal;
    let mut invited = match sessions.stage(&cx.person.id, cx.now) {
        None => return Ok(SignIn::Out),
        Some(Stage::In { until, .. }) => return Ok(SignIn::In(until)),
        Some(Stage::Invited(invited)) => invited,
    };
    if cx.now < invited.invitation.next {
        return Ok(SignIn::Waiting(invited.invitation));
    }
    let oidc = aws_sdk_ssooidc::Client::new(&config(cx.aws, configured(cx)?));
    let call = oidc.create_token().client_id(&invited.client.id).client_secret(&invited.client.secret.0);
    let call = call.grant_type(GRANT).device_code(&invited.code.0).send();
    match cx.aws.unsigned("sso-oauth:CreateToken", call).await {
        Ok(given) => {
            let Some(token) = given.access_token else {
                return Err(Error::internal("signing you in", "AWS's answer has no token"));
            };
            let until = later(cx.now, SignedDuration::from_secs(i64::from(given.expires_in)) - MARGIN);
            sessions.replace(&cx.person.id, &invited.code, Some(Stage::In { token: Secret(token), until }));
            Ok(SignIn::In(until))
        }
        Err(fault) if fault.is("AuthorizationPending") || fault.is("SlowDown") => {
            if fault.is("SlowDown") {
                // RFC 8628, 3.5: five seconds more from now on.
                invited.every += SignedDuration::from_secs(5);
            }
            invited.invitation.next = later(cx.now, invited.every);
            let code = invited.code.clone();
            let waiting = SignIn::Waiting(invited.invitation.clone());
            sessions.replace(&cx.person.id, &code, Some(Stage::Invited(invited)));
            Ok(waiting)
        }
        Err(fault) if fault.is("AccessDenied") => {
            sessions.replace(&cx.person.id, &invited.code, None);
            Ok(SignIn::Refused)
        }
        Err(fault) if fault.is("ExpiredToken") || fault.is("InvalidGrant") => {
            sessions.replace(&cx.person.id, &invited.code, None);
            Ok(SignIn::Out)
        }
        Err(fault) => Err(fault.error("asking whether you have signed in")),
    }
}

/// What the asker's portal shows; none if they are not signed in, or AWS ended it.
///
/// # Errors
/// AWS's trouble.
pub(crate) async fn accounts(cx: &Context<'_>) -> Result<Option<Vec<PortalAccount>>> {
    let sessions = &cx.aws.access().portal;
    let Some(Stage::In { token, .. }) = sessions.stage(&cx.person.id, cx.now) else { return Ok(None) };
    let sso = aws_sdk_sso::Client::new(&config(cx.aws, configured(cx)?));
    let doing = "looking at your access portal";
    let call = sso.list_accounts().access_token(&token.0).into_paginator().items().send();
    let listed = match cx.aws.unsigned("sso-portal:ListAccounts", call.collect::<std::result::Result<Vec<_>, _>>()).await {
        Ok(listed) => listed,
        Err(fault) if fault.is("Unauthorized") => {
            sessions.forget(&cx.person.id);
            return Ok(None);
        }
        Err(fault) => return Err(fault.error(doing)),
    };
    let mut accounts = Vec::new();
    for one in listed {
        let Some(id) = one.account_id else { continue };
        let call = sso.list_account_roles().access_token(&token.0).account_id(&id).into_paginator().items().send();
        let call = call.collect::<std::result::Result<Vec<_>, _>>();
        let roles = cx.aws.unsigned("sso-portal:ListAccountRoles", call).await.map_err(|fault| fault.error(doing))?;
        let mut roles: Vec<String> = roles.into_iter().filter_map(|role| role.role_name).collect();
        roles.sort();
        accounts.push(PortalAccount { name: one.account_name.unwrap_or_else(|| id.clone()), id, roles });
    }
    accounts.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(Some(accounts))
}

/// Signs the asker out, here and at AWS. False if they were not signed in.
///
/// # Errors
/// AWS's trouble; here the token is forgotten all the same.
pub(crate) async fn sign_out(cx: &Context<'_>) -> Result<bool> {
    let sessions = &cx.aws.access().portal;
    let stage = sessions.stage(&cx.person.id, cx.now);
    sessions.forget(&cx.person.id);
    let Some(Stage::In { token, .. }) = stage else { return Ok(false) };
    let sso = aws_sdk_sso::Client::new(&config(cx.aws, configured(cx)?));
    match cx.aws.unsigned("sso-portal:Logout", sso.logout().access_token(&token.0).send()).await {
        Ok(_) => Ok(true),
        Err(fault) if fault.is("Unauthorized") => Ok(true),
        Err(fault) => Err(fault.error("signing you out")),
    }
}

async fn registered(cx: &Context<'_>, oidc: &aws_sdk_ssooidc::Client) -> Result<Registered> {
    let sessions = &cx.aws.access().portal;
    if let Some(known) = sessions.client().clone().filter(|known| cx.now < known.until) {
        return Ok(known);
    }
    let doing = "making myself known to IAM Identity Center";
    let call = oidc.register_client().client_name("watchkeeper").client_type("public").send();
    let given = cx.aws.unsigned("sso-oauth:RegisterClient", call).await.map_err(|fault| fault.error(doing))?;
    let (Some(id), Some(secret)) = (given.client_id, given.client_secret) else {
        return Err(Error::internal(doing, "AWS's answer has no client"));
    };
    let ends = Timestamp::from_second(given.client_secret_expires_at).unwrap_or(Timestamp::MAX);
    let until = ends.saturating_sub(MARGIN).unwrap_or(Timestamp::MIN);
    let registered = Registered { id, secret: Secret(secret), until };
    *sessions.client() = Some(registered.clone());
    Ok(registered)
}

/// Identity Center's own region; these calls carry no signature.
fn config(aws: &Aws, identity: &IdentityCenter) -> aws_config::SdkConfig {
    let region = identity.home.regions.first().map(|region| Region::new(region.clone()));
    aws.base().to_builder().region(region).build()
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Stage {
    fn until(&self) -> Timestamp {
        match self {
            Self::Invited(invited) => invited.invitation.until,
            Self::In { until, .. } => *until,
        }
    }
}

impl Sessions {
    fn client(&self) -> MutexGuard<'_, Option<Registered>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn people(&self) -> MutexGuard<'_, HashMap<PersonId, Stage>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where somebody is; everything that has ended is forgotten, whoever's it is.
    fn stage(&self, person: &PersonId, now: Timestamp) -> Option<Stage> {
        let mut people = self.people();
        people.retain(|_, stage| now < stage.until());
        people.get(person).cloned()
    }

    fn keep(&self, person: &PersonId, stage: Stage) {
        self.people().insert(person.clone(), stage);
    }

    fn forget(&self, person: &PersonId) {
        self.people().remove(person);
    }

    /// Goes on from the invitation with this code. If another has begun meanwhile, or they signed out, that stays.
    fn replace(&self, person: &PersonId, code: &Secret, stage: Option<Stage>) {
        let mut people = self.people();
        let same = matches!(people.get(person), Some(Stage::Invited(invited)) if invited.code == *code);
        match stage {
            Some(stage) if same => drop(people.insert(person.clone(), stage)),
            None if same => drop(people.remove(person)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn invited(code: &str) -> Stage {
        let client = Registered { id: "client".to_owned(), secret: Secret("hidden".to_owned()), until: at(1000) };
        let (url, code_shown) = ("https://hidden".to_owned(), "hidden".to_owned());
        let invitation = Invitation { url, code: code_shown, until: at(600), next: at(5) };
        Stage::Invited(Invited { client, code: Secret(code.to_owned()), invitation, every: SignedDuration::from_secs(5) })
    }

    #[test]
    fn nothing_secret_is_ever_printed() {
        let sessions = Sessions::default();
        sessions.keep(&PersonId("ana".to_owned()), invited("hidden"));
        sessions.keep(&PersonId("ben".to_owned()), Stage::In { token: Secret("hidden".to_owned()), until: at(600) });
        let printed = format!("{sessions:?}");
        assert!(!printed.contains("hidden"), "{printed}");
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let sessions = Sessions::default();
        let ana = PersonId("ana".to_owned());
        sessions.keep(&ana, Stage::In { token: Secret("t".to_owned()), until: at(600) });
        assert!(sessions.stage(&ana, at(599)).is_some());
        assert!(sessions.stage(&PersonId("ben".to_owned()), at(600)).is_none());
        assert!(sessions.people().is_empty(), "the token is gone from memory, whoever looks");
    }

    #[test]
    fn a_late_answer_brings_nobody_back_in() {
        let sessions = Sessions::default();
        let ana = PersonId("ana".to_owned());
        let token = || Some(Stage::In { token: Secret("t".to_owned()), until: at(600) });
        sessions.keep(&ana, invited("first"));
        sessions.keep(&ana, invited("second"));
        sessions.replace(&ana, &Secret("first".to_owned()), token());
        assert!(matches!(sessions.stage(&ana, at(0)), Some(Stage::Invited(_))), "another sign-in has begun");
        sessions.forget(&ana);
        sessions.replace(&ana, &Secret("second".to_owned()), token());
        assert!(sessions.stage(&ana, at(0)).is_none(), "they signed out");
    }
}
