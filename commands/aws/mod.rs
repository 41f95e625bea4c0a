//! AWS through assumed roles, one per capability and account.

/// AWS, as commands reach it.
#[derive(Debug, Default)]
pub struct Aws {}
