//! `access mine`: what one has oneself, from IAM Identity Center or as the access portal shows it.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::aws::Identity;
use super::portal::{self, Invitation, PortalAccount, SignIn};
use super::{find, of};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Button, Message, Span, Style, Table, Text, bold, code};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query, text};

/// Lists what you have access to yourself; with --portal as the AWS access portal shows it.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Mine {
    /// Sign in and see what the AWS access portal shows
    #[arg(long)]
    portal: bool,
    /// What the button "I have signed in" adds: an invitation was given before
    #[arg(long, hide = true)]
    invited: bool,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for Mine {
    const NAME: &'static str = "access mine";

    fn resource(&self) -> Resource {
        Resource::named("user", "me")
    }
}

impl Query for Mine {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        if self.portal {
            return self.of_portal(cx).await.map(Message::for_the_asker_alone);
        }
        let identity = Identity::open(cx).await?;
        let me = find::user(&format!("@{}", cx.person.id), cx, &identity).await?.principal();
        let holdings = of::holdings(&me, &identity, cx).await?;
        let nothing = "You have access to no account through IAM Identity Center.";
        Ok(of::listed(&holdings, &self.paging, (" of yours", words(Self::NAME, []), nothing)))
    }
}

impl Mine {
    async fn of_portal(&self, cx: &Context<'_>) -> Result<Message> {
        match portal::look(cx).await? {
            SignIn::In(_) => match portal::accounts(cx).await? {
                Some(accounts) => Ok(self.accounts(&accounts)),
                None => invite("AWS has ended your sign-in, so here is a new one.", cx).await,
            },
            SignIn::Waiting(invitation) if self.invited => Ok(invitation_with(
                "AWS does not know of it yet. Finish in the browser, then press the button again.",
                &invitation,
            )),
            SignIn::Waiting(invitation) => Ok(invitation_with("You have begun to sign in already.", &invitation)),
            SignIn::Refused => {
                let again = code("access mine --portal");
                let said = text!["You said no in the browser, so I looked at nothing and keep nothing. ", again, " begins anew."];
                Ok(said.into())
            }
            SignIn::Out if self.invited => {
                invite("That code no longer holds: it ran out, or I was started anew since. Here is a new one.", cx).await
            }
            SignIn::Out => invite("To see your access portal, sign in as yourself.", cx).await,
        }
    }

    fn accounts(&self, accounts: &[PortalAccount]) -> Message {
        let rows: Vec<[String; 3]> = accounts
            .iter()
            .flat_map(|account| account.roles.iter().map(|role| [account.name.clone(), account.id.clone(), role.clone()]))
            .collect();
        let mut command = words(Self::NAME, []);
        command.push("--portal".to_owned());
        let listing = Listing {
            noun: "role",
            of: " in your access portal",
            command,
            nothing: "Your access portal shows no account.",
            total: rows.len(),
        };
        let mut table = Table::new(["Account", "Number", "Role"]);
        let shown = if self.paging.csv { &rows[..] } else { self.paging.shown(&rows) };
        for row in shown {
            table.row(row.clone());
        }
        let out = text!["I keep your sign-in in memory alone. ", code("access sign-out"), " ends it."];
        self.paging.answer(&listing, table).note(out)
    }
}

async fn invite(why: &str, cx: &Context<'_>) -> Result<Message> {
    Ok(invitation_with(why, &portal::begin(cx).await?))
}

/// The link, the code, and the button that looks again.
fn invitation_with(why: &str, invitation: &Invitation) -> Message {
    let link = Span::Link { url: invitation.url.clone(), label: "Sign in at AWS".to_owned() };
    let steps: Text = text![
        "1. ",
        link,
        ", until ",
        invitation.until,
        ".\n2. Check that the page shows the code ",
        bold(&*invitation.code),
        " and allow it.\n3. Come back and press the button."
    ];
    let button = Button::new("I have signed in", "access mine --portal --invited").style(Style::Primary).in_place();
    Message::new()
        .text(why)
        .text(steps)
        .buttons(vec![button])
        .note("Give the link to nobody: I would see the portal of whoever uses it, and show it to you.")
}
