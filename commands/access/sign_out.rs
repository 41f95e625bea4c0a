//! `access sign-out`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::portal;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, code};
use crate::{Command, Query, text};

/// Ends your sign-in to the AWS access portal, here and at AWS.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct SignOut {}

impl Command for SignOut {
    const NAME: &'static str = "access sign-out";

    fn resource(&self) -> Resource {
        Resource::named("user", "me")
    }
}

// It changes nothing that anybody else sees: no record, nothing in AWS but the asker's own sign-in.
impl Query for SignOut {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        if portal::sign_out(cx).await? {
            return Ok("You are signed out: AWS has ended your sign-in and I have forgotten it.".into());
        }
        let sign_in = code("access mine --portal");
        Ok(text!["You were not signed in, so there was nothing to end. ", sign_in, " signs you in."].into())
    }
}
