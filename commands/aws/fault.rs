//! What went wrong with a call, and how people are told.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::error::Error;
use crate::message::{Text, code};
use crate::records::ChangeId;
use crate::text;

/// A call that did not succeed.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What kind of trouble it is.
    pub kind: Kind,
    /// AWS's error code, where AWS answered: `DBInstanceNotFound`.
    pub code: Option<String>,
    /// AWS's words, where AWS answered.
    pub message: String,
    /// The request's id, where AWS answered.
    pub request_id: Option<String>,
    api: &'static str,
    deed: Deed,
    account: String,
    role: String,
    cause: String,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No answer, or none that can be read. A write may have acted.
    Unreachable,
    /// AWS wants fewer calls.
    Throttled,
    /// The role may not, or may not be assumed.
    Denied,
    /// The session has ended.
    Expired,
    /// The bot has no credentials of its own.
    Unsigned,
    /// AWS failed by itself (5xx).
    Broken,
    /// AWS does not want this request: it is invalid, or does not fit the state of things. Its code says which.
    Refused,
}

/// What a call is for, which decides what can be said of its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Reading for an answer or a first plan: nothing has been changed.
    Read,
    /// Reading for a change under way: its earlier steps may have changed something.
    Watch,
    Write,
}

impl Fault {
    pub(super) fn new<E>(api: &'static str, deed: Deed, error: &SdkError<E, Response>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let (code, message) = match error {
            SdkError::ServiceError(answer) => (answer.err().code(), answer.err().message()),
            _ => (None, None),
        };
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = match error {
            _ if unsigned(error) => Kind::Unsigned,
            SdkError::ServiceError(_) => kind_of(code.unwrap_or_default(), status.unwrap_or_default()),
            _ => Kind::Unreachable,
        };
        Self {
            kind,
            code: code.map(str::to_owned),
            message: message.unwrap_or_default().to_owned(),
            request_id: error.request_id().map(str::to_owned),
            api,
            deed,
            account: String::new(),
            role: String::new(),
            cause: DisplayErrorContext(error).to_string(),
        }
    }

    /// An answer that lacks what it must have.
    pub(super) fn unreadable(api: &'static str, cause: &str) -> Self {
        Self {
            kind: Kind::Unreachable,
            code: None,
            message: String::new(),
            request_id: None,
            api,
            deed: Deed::Read,
            account: String::new(),
            role: String::new(),
            cause: cause.to_owned(),
        }
    }

    pub(super) fn role(mut self, role: &str) -> Self {
        role.clone_into(&mut self.role);
        self
    }

    /// The same fault, knowing where and for which operation it happened.
    pub(super) fn of(mut self, account: &str, operation: &str) -> Self {
        account.clone_into(&mut self.account);
        if self.deed == Deed::Read && operation.parse::<ChangeId>().is_ok() {
            self.deed = Deed::Watch;
        }
        self
    }

    /// Whether AWS answered with this error code; `Fault` and `Exception` at the end of codes come and go.
    pub fn is(&self, code: &str) -> bool {
        let bare = |code: &str| code.trim_end_matches("Exception").trim_end_matches("Fault").to_owned();
        self.code.as_deref().is_some_and(|answered| bare(answered) == bare(code))
    }

    /// The error to show for what was being done, such as `listing databases in shop-prod`.
    pub fn error(self, doing: &str) -> Error {
        let say = self.say(doing);
        match self.kind {
            Kind::Refused => Error::Shown(say),
            _ => Error::Outside { say, cause: format!("{}: {}", self.api, self.cause) },
        }
    }

    fn say(&self, doing: &str) -> Text {
        let unchanged = match (self.deed, self.kind) {
            (Deed::Read, _) => " Nothing was changed.",
            (Deed::Watch, _) => "",
            (Deed::Write, Kind::Unreachable | Kind::Broken) => {
                " It is not known whether AWS acted: I look before anything is asked again."
            }
            (Deed::Write, _) => " It changed nothing.",
        };
        let passes = " This usually passes within minutes.";
        let (account, api) = (&*self.account, self.api);
        match self.kind {
            Kind::Unreachable => text!["AWS gave no answer while I was ", doing, ".", unchanged, passes],
            Kind::Throttled => {
                text!["AWS is throttling calls in ", code(account), " while I am ", doing, ".", unchanged, passes]
            }
            Kind::Broken => text!["AWS had a fault of its own while I was ", doing, self.reference(), ".", unchanged, passes],
            Kind::Expired if api == "sts:AssumeRole" => text![
                "AWS does not accept my own credentials (",
                &*self.message,
                "), so I can't go on with ",
                doing,
                ".",
                unchanged,
                " Whoever runs me gives me valid ones."
            ],
            Kind::Expired => {
                text![
                    "My session in ",
                    code(account),
                    " ended while I was ",
                    doing,
                    ".",
                    unchanged,
                    " The next try opens another."
                ]
            }
            Kind::Denied if api == "sts:AssumeRole" => text![
                "AWS does not let me take the role ",
                code(&*self.role),
                " in ",
                code(account),
                ".",
                unchanged,
                " Ask whoever looks after IAM there to check that the role exists and trusts me."
            ],
            Kind::Denied => text![
                "AWS denied ",
                doing,
                ": the role ",
                code(&*self.role),
                " may not call ",
                code(api),
                ".",
                unchanged,
                " Ask whoever looks after IAM in ",
                code(account),
                " to allow it."
            ],
            Kind::Unsigned => text![
                "I have no AWS credentials of my own, so I can't go on with ",
                doing,
                ".",
                unchanged,
                " Whoever runs me gives them to me through AWS's default chain: environment, profile, web identity or instance role."
            ],
            Kind::Refused => {
                text!["AWS refused ", doing, ": “", self.message.trim_end_matches('.'), "”", self.reference(), ".", unchanged]
            }
        }
    }

    /// ` (InvalidParameterValue, request 7f3a…)`, as AWS's support asks for it.
    fn reference(&self) -> String {
        let request = self.request_id.as_ref().map(|id| format!("request {id}"));
        let known: Vec<String> = self.code.clone().into_iter().chain(request).collect();
        if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
    }
}

/// Whether it failed for want of credentials to sign with.
fn unsigned(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<CredentialsError>())
}

/// What AWS's error codes mean ("Common Error Types" in the services' API references).
fn kind_of(code: &str, status: u16) -> Kind {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "SlowDown"
        | "PriorRequestNotComplete" => Kind::Throttled,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" | "OptInRequired" => Kind::Denied,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            Kind::Expired
        }
        // What the clock or the key is wrong about passes; what was asked for is not at fault.
        "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidAccessKeyId" | "AuthFailure" | "MissingAuthenticationToken" => {
            Kind::Expired
        }
        _ if matches!(status, 401 | 403) => Kind::Denied,
        _ if status == 429 => Kind::Throttled,
        _ if status >= 500 => Kind::Broken,
        _ => Kind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str, status: u16, deed: Deed) -> Fault {
        Fault {
            kind: kind_of(code, status),
            code: Some(code.to_owned()),
            message: "It says why.".to_owned(),
            request_id: Some("7f3a".to_owned()),
            api: "rds:DescribeDBInstances",
            deed,
            account: "shop-prod".to_owned(),
            role: "arn:aws:iam::111122223333:role/watchkeeper-rds".to_owned(),
            cause: "cause".to_owned(),
        }
    }

    fn said(code: &str, status: u16, deed: Deed) -> String {
        fault(code, status, deed).say("listing databases in shop-prod").plain()
    }

    #[test]
    fn each_kind_has_its_sentence() {
        insta::assert_snapshot!(said("Throttling", 400, Deed::Read), @"AWS is throttling calls in shop-prod while I am listing databases in shop-prod. Nothing was changed. This usually passes within minutes.");
        insta::assert_snapshot!(said("AccessDenied", 403, Deed::Read), @"AWS denied listing databases in shop-prod: the role arn:aws:iam::111122223333:role/watchkeeper-rds may not call rds:DescribeDBInstances. Nothing was changed. Ask whoever looks after IAM in shop-prod to allow it.");
        insta::assert_snapshot!(said("ExpiredToken", 403, Deed::Read), @"My session in shop-prod ended while I was listing databases in shop-prod. Nothing was changed. The next try opens another.");
        insta::assert_snapshot!(said("InternalFailure", 500, Deed::Write), @"AWS had a fault of its own while I was listing databases in shop-prod (InternalFailure, request 7f3a). It is not known whether AWS acted: I look before anything is asked again. This usually passes within minutes.");
        insta::assert_snapshot!(said("InvalidParameterValue", 400, Deed::Write), @"AWS refused listing databases in shop-prod: “It says why” (InvalidParameterValue, request 7f3a). It changed nothing.");
    }

    #[test]
    fn in_a_change_under_way_nothing_is_said_to_be_unchanged() {
        let fault = fault("Throttling", 400, Deed::Read).of("shop-prod", "CHG-7");
        assert!(!fault.say("looking").plain().contains("Nothing was changed"));
    }

    #[test]
    fn only_refusals_are_final() {
        for (code, status) in [("Throttling", 400), ("AccessDenied", 403), ("ExpiredToken", 403), ("Whatever", 503)] {
            assert!(matches!(fault(code, status, Deed::Read).error("looking"), Error::Outside { .. }), "{code}");
        }
        assert!(matches!(fault("InvalidParameterValue", 400, Deed::Read).error("looking"), Error::Shown(_)));
    }

    #[test]
    fn codes_are_known_with_and_without_their_endings() {
        assert!(fault("DBClusterNotFoundFault", 404, Deed::Read).is("DBClusterNotFound"));
        assert!(fault("DBInstanceNotFound", 404, Deed::Read).is("DBInstanceNotFoundFault"));
        assert!(!fault("DBInstanceNotFound", 404, Deed::Read).is("DBClusterNotFound"));
    }
}
