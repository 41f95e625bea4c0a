//! `oncall`: who answers for what, and when.

mod model;
pub mod rota;

pub use model::{EscalationPolicy, EscalationStep, Hours, How, OnCall, Recipient, Rotation, Route, Turn, Whom, matches};
