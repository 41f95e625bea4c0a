//! The way to Identity Center: as one person, for one operation, within the limits all callers share.

use aws_sdk_identitystore::Client as StoreClient;
use aws_sdk_ssoadmin::Client as AdminClient;
use aws_sdk_ssoadmin::types::InstanceStatus;
use jiff::Timestamp;

use super::limiter::Urgency;
use super::slots::{InLine, Slot, WriteKey};
use super::{Limits, configured};
use crate::aws::{Aws, Caller, Fault, Place, Session};
use crate::context::{Context, IdentityCenter};
use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// Identity Center, as one person, for one operation. It reads in `reads` and writes in `writes`.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(super) session: Session,
    pub(super) limits: Limits,
    pub(super) instance: Instance,
    pub(super) store: StoreClient,
    pub(super) admin: AdminClient,
    pub(super) now: Timestamp,
    management: Option<String>,
    urgency: Urgency,
}

/// The organisation's Identity Center, as AWS lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    /// The account it was found from.
    pub(super) home: String,
    /// `arn:aws:sso:::instance/ssoins-…`.
    pub(crate) arn: String,
    /// The id of its directory: `d-…`.
    pub(crate) store: String,
}

impl Identity {
    /// Identity Center, in the asker's own role session.
    ///
    /// # Errors
    /// One to show when it is not configured, or AWS has none there; AWS's trouble.
    pub(crate) async fn open(cx: &Context<'_>) -> Result<Self> {
        Self::connect(cx.aws, configured(cx)?, &Caller::of(cx), Urgency::Person).await
    }

    /// Identity Center for work nobody asked for: it lets people go first.
    ///
    /// # Errors
    /// One to show when AWS has none there; AWS's trouble.
    pub(crate) async fn background(aws: &Aws, identity: &IdentityCenter, now: Timestamp) -> Result<Self> {
        Self::connect(aws, identity, &Caller::background("directory", now), Urgency::Background).await
    }

    async fn connect(aws: &Aws, identity: &IdentityCenter, caller: &Caller, urgency: Urgency) -> Result<Self> {
        let Some(region) = identity.home.regions.first() else {
            return Err(Error::shown("No region is configured for IAM Identity Center. Whoever runs me adds its own region."));
        };
        let place = Place { capability: "access", account: &identity.home, region };
        let session = aws.session(caller, place).await?;
        let limits = aws.access().limits(identity);
        let reading = limits.calls.pace(&session.reading(), urgency);
        let admin = AdminClient::new(&reading);
        let instance = match aws.access().instance(&identity.home.id) {
            Some(known) => known,
            None => {
                let found = find_instance(&session, &admin, identity, region).await?;
                aws.access().remember_instance(&found);
                found
            }
        };
        let management = identity.management.clone();
        Ok(Self { store: StoreClient::new(&reading), admin, session, limits, instance, now: caller.now, management, urgency })
    }

    /// Whether assignments in this account, twelve digits, are out of reach: in the management account they are, for a
    /// delegated administrator ("Delegated administration" in the IAM Identity Center user guide).
    pub(crate) fn out_of_reach(&self, account: &str) -> bool {
        self.management.as_deref() == Some(account)
    }

    /// A slot for one assignment write, the one `key` holds if it has one; otherwise its place in line: the step waits.
    pub(crate) fn write_slot(&self, key: &WriteKey) -> std::result::Result<Slot, InLine> {
        self.limits.writes.take(key, self.now)
    }

    /// Gives the slot of `key` back, or its place in line: its write will not be made.
    pub(crate) fn give_back(&self, key: &WriteKey) {
        self.limits.writes.release(key, self.now);
    }

    /// How many calls of one answer are made at once. The background leaves room in the session's gate for people.
    pub(super) fn at_once(&self) -> usize {
        match self.urgency {
            Urgency::Person => 4,
            Urgency::Background => 2,
        }
    }

    /// Clients that try a request once.
    pub(super) fn writers(&self) -> (StoreClient, AdminClient) {
        let writing = self.limits.calls.pace(&self.session.writing(), self.urgency);
        (StoreClient::new(&writing), AdminClient::new(&writing))
    }
}

async fn find_instance(session: &Session, admin: &AdminClient, identity: &IdentityCenter, region: &str) -> Result<Instance> {
    let call = admin.list_instances().into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
    let listed = session.read("sso:ListInstances", call).await;
    let listed = listed.map_err(|fault| fault.error("looking for IAM Identity Center"))?;
    let usable = listed.into_iter().filter(|one| one.status.as_ref().is_none_or(|status| *status == InstanceStatus::Active));
    let mut complete: Vec<(Option<String>, Instance)> = usable
        .filter_map(|one| {
            let home = identity.home.id.clone();
            Some((one.owner_account_id, Instance { home, arn: one.instance_arn?, store: one.identity_store_id? }))
        })
        .collect();
    // An account can have an instance of its own beside the organisation's, which belongs to the management account.
    let organisation = identity.management.as_ref().unwrap_or(&identity.home.id);
    complete.sort_by_key(|(owner, _)| owner.as_ref() != Some(organisation));
    match complete.into_iter().next() {
        Some((_, instance)) => Ok(instance),
        None => Err(Error::shown(text![
            "AWS knows no IAM Identity Center in ",
            code(region),
            " for the account ",
            code(&*identity.home.name),
            ". It may be in another region: whoever runs me sets the right one."
        ])),
    }
}

/// What was asked for, unless AWS says there is no such thing.
pub(super) fn unless_missing<T>(answer: std::result::Result<T, Fault>, doing: &str) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is("ResourceNotFound") => Ok(None),
        Err(fault) => Err(fault.error(doing)),
    }
}
