//! Why an account is none that counts, in words for its owner.

/// Why an account may neither ask nor approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is a guest's, or of another workspace.
    Guest,
    /// It is a program's.
    Bot,
    /// It is deactivated.
    Deactivated,
    /// Its owner's user in Identity Center is disabled.
    Disabled,
    /// Its owner's user in Identity Center was deleted.
    Deleted,
    /// Its e-mail address is that of somebody who uses another account of the platform.
    Taken,
    /// Neither `people.toml` nor Identity Center knows its e-mail address.
    Unlisted,
    /// Nobody could be read from Identity Center yet, so it may be a stranger's or not.
    Unread,
}

impl Refusal {
    /// The reason and the way forward, for the account's owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Guest => "Guests can't use Watchkeeper. Ask a colleague to do it for you.",
            Self::Bot => "Watchkeeper answers people only, not other programs.",
            Self::Deactivated => "This account is deactivated, so Watchkeeper does nothing for it.",
            Self::Disabled => {
                "Your user in IAM Identity Center is disabled, so I do nothing for you. If that is a mistake, ask whoever \
                 looks after Identity Center to enable it; I notice by myself."
            }
            Self::Deleted => {
                "Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever \
                 looks after Watchkeeper to write it and this account down in people.toml."
            }
            Self::Taken => {
                "The e-mail address of this account belongs to somebody who uses another account here. If that is you, say \
                 “link” to me with that one: it gives you a code to say here. If you have lost it, ask whoever looks after \
                 Watchkeeper for a code."
            }
            Self::Unlisted => {
                "I don't know you yet. Ask for a user in IAM Identity Center with the e-mail address of this account, or ask \
                 whoever looks after Watchkeeper to add you to people.toml."
            }
            Self::Unread => {
                "I could not read the people of IAM Identity Center yet, so I don't know who you are. Nothing was done. Try \
                 again in a few minutes."
            }
        }
    }
}

/// An account that nobody may act with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outsider {
    /// The directory does not know whose it is.
    Unknown,
    /// Nor does it: the platform vouches for no e-mail address by which it could.
    Unvouched,
    /// It is none that counts, whoever is behind it.
    Refused(Refusal),
}

impl Outsider {
    /// What somebody reads whom the directory does not know.
    const STRANGER: &str = "I don't know you yet. Ask whoever looks after Watchkeeper to add you to people.toml \
                            with the e-mail address of this account.";

    /// What the owner of an account reads for which nobody vouches.
    const UNVOUCHED: &str = "I don't know whose account this is yet. If I know you elsewhere, say “link” to me there: it gives \
                             you a code to say here. If I don't, ask whoever looks after Watchkeeper for a code.";

    /// The reason and the way forward, for the account's owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => Self::STRANGER,
            Self::Unvouched => Self::UNVOUCHED,
            Self::Refused(refusal) => refusal.sentence(),
        }
    }

    /// Whether a code may link the account: nobody is behind it for good.
    pub fn may_link(self) -> bool {
        match self {
            Self::Unknown | Self::Unvouched => true,
            Self::Refused(Refusal::Taken | Refusal::Unlisted | Refusal::Unread) => true,
            Self::Refused(Refusal::Guest | Refusal::Bot | Refusal::Deactivated | Refusal::Disabled | Refusal::Deleted) => false,
        }
    }

    /// Whether somebody reads what is written to the account.
    pub fn reads(self) -> bool {
        !matches!(self, Self::Refused(Refusal::Bot | Refusal::Deactivated))
    }
}
