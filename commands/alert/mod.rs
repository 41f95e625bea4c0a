//! Alerts: what AWS's own alarms are told. The records, the cards and who is told of an alert are the host's.

pub mod cloudwatch;

#[cfg(test)]
mod tests;
