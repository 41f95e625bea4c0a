//! Faults on demand.

use std::time::Duration;

use serde::Serialize;

/// Trouble for the calls it matches, until cleared or used up.
///
/// Services are named as botocore does (`rds`, `sts`), operations as AWS does
/// (`ModifyDBInstance`); `*` stands for any.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fault {
    kind: &'static str,
    service: Option<String>,
    operation: Option<String>,
    account: Option<String>,
    resource: Option<String>,
    times: Option<u32>,
    code: Option<String>,
    status: Option<u16>,
    message: Option<String>,
    millis: Option<u64>,
}

/// Names a fault, to release the answers a delay holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(pub(super) u64);

impl Fault {
    fn of(kind: &'static str, service: &str, operation: &str) -> Self {
        Self { kind, service: Some(service.to_owned()), operation: Some(operation.to_owned()), ..Self::default() }
    }

    /// AWS asks to slow down (`Throttling`, or `ThrottlingException` in JSON services).
    #[must_use]
    pub fn throttle(service: &str, operation: &str) -> Self {
        Self::of("throttle", service, operation)
    }

    /// IAM refuses, naming the session's ARN.
    #[must_use]
    pub fn deny(service: &str, operation: &str) -> Self {
        Self::of("deny", service, operation)
    }

    /// An error of any code and HTTP status.
    #[must_use]
    pub fn error(service: &str, operation: &str, code: &str, status: u16) -> Self {
        Self { code: Some(code.to_owned()), status: Some(status), ..Self::of("error", service, operation) }
    }

    /// AWS acts, but its answer is held back until released (or for [`Fault::lasting`]).
    #[must_use]
    pub fn delay(service: &str, operation: &str) -> Self {
        Self::of("delay", service, operation)
    }

    /// The line is cut before AWS acts.
    #[must_use]
    pub fn cut_before(service: &str, operation: &str) -> Self {
        Self::of("cut_before", service, operation)
    }

    /// AWS acts, then the line is cut without an answer.
    #[must_use]
    pub fn cut_after(service: &str, operation: &str) -> Self {
        Self::of("cut_after", service, operation)
    }

    /// Every connection is cut: AWS cannot be reached.
    #[must_use]
    pub fn down() -> Self {
        Self { kind: "down", ..Self::default() }
    }

    /// Only for calls into this account.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Only for calls that name this resource, by identifier or within an ARN.
    #[must_use]
    pub fn resource(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    /// Strike this often, then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The sentence of an [`Fault::error`].
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        self.message = Some(message.to_owned());
        self
    }

    /// How long a [`Fault::delay`] holds the answer, in real time.
    #[must_use]
    pub fn lasting(mut self, real: Duration) -> Self {
        self.millis = u64::try_from(real.as_millis()).ok();
        self
    }
}
