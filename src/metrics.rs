//! What the bot counts about itself, in Prometheus' terms.

use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The counters. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    registry: Registry,
    refused: Family<Platform, Counter>,
    commands: Family<Command, Counter>,
    messages: Family<Outcome, Counter>,
    aws: Family<Named, Counter>,
    sources_refused: Family<Source, Counter>,
    signals: Family<Source, Counter>,
    late: Family<Source, Counter>,
    unusable: Family<Source, Counter>,
    commits: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Platform {
    platform: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Command {
    command: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    command: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("watchkeeper");
        let refused = Family::default();
        registry.register("requests_refused", "Requests refused for a wrong, missing or stale signature", refused.clone());
        let commands = Family::default();
        registry.register("commands", "Commands asked, by name and outcome", commands.clone());
        let messages = Family::default();
        registry.register("messages", "Attempts to deliver a message, by outcome", messages.clone());
        let aws = Family::default();
        registry.register("aws_in_the_way", "Times that AWS was down, slow, throttling or denying, by command", aws.clone());
        let sources_refused = Family::default();
        let words = "Requests in a source's name refused for a wrong or missing secret or signature";
        registry.register("source_requests_refused", words, sources_refused.clone());
        let signals = Family::default();
        registry.register("signals", "What sources said of alerts, firing or resolved, that was kept", signals.clone());
        let late = Family::default();
        registry.register(
            "signals_late",
            "What sources said of alerts after something newer, which changed nothing",
            late.clone(),
        );
        let unusable = Family::default();
        registry.register(
            "unusable",
            "What sources and queues said that could not be used as an alert or event",
            unusable.clone(),
        );
        let commits = Counter::default();
        registry.register("store_commits", "Commits made durable", commits.clone());
        Self(Arc::new(Counters { registry, refused, commands, messages, aws, sources_refused, signals, late, unusable, commits }))
    }
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a request of `platform` refused for its signature.
    pub fn refused(&self, platform: &'static str) {
        self.0.refused.get_or_create(&Platform { platform }).inc();
    }

    /// Counts a command. `name` must come from the registry, so that typing nonsense makes no new series.
    pub fn command(&self, name: &str, outcome: &'static str) {
        self.0.commands.get_or_create(&Command { command: name.to_owned(), outcome }).inc();
    }

    /// Counts a message that arrived.
    pub fn delivered(&self) {
        self.message("delivered");
    }

    /// Counts a message that will be tried again.
    pub fn retried(&self) {
        self.message("retried");
    }

    /// Counts a message that will never arrive.
    pub fn given_up(&self) {
        self.message("given_up");
    }

    /// Counts a time that AWS was in the way of a command: down, slow, throttling or denying.
    pub fn aws_in_the_way(&self, command: &str) {
        self.0.aws.get_or_create(&Named { command: command.to_owned() }).inc();
    }

    /// Counts a request refused that came in a source's name. `source` must be configured: what anybody may write into an
    /// address makes no new series.
    pub fn source_refused(&self, source: &str) {
        self.0.sources_refused.get_or_create(&Source { source: source.to_owned() }).inc();
    }

    /// Counts signals of a configured source that were kept.
    pub fn signals(&self, source: &str, count: usize) {
        self.0.signals.get_or_create(&Source { source: source.to_owned() }).inc_by(count as u64);
    }

    /// Counts what a configured source, or AWS through a queue, said after something newer.
    pub fn late(&self, source: &str) {
        self.0.late.get_or_create(&Source { source: source.to_owned() }).inc();
    }

    /// Counts what a configured source, or a queue of AWS's events, said and what could not be used.
    pub fn unusable(&self, source: &str, count: usize) {
        self.0.unusable.get_or_create(&Source { source: source.to_owned() }).inc_by(count as u64);
    }

    /// Counts a durable commit.
    pub fn committed(&self) {
        self.0.commits.inc();
    }

    /// All counters in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if let Err(error) = text::encode(&mut out, &self.0.registry) {
            tracing::error!(%error, "encoding the metrics");
        }
        out
    }

    fn message(&self, outcome: &'static str) {
        self.0.messages.get_or_create(&Outcome { outcome }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_show_in_the_text() {
        let metrics = Metrics::new();
        metrics.clone().refused("slack");
        metrics.command("rds list", "answered");
        let text = metrics.text();
        assert!(text.contains("watchkeeper_requests_refused_total{platform=\"slack\"} 1"), "{text}");
        assert!(text.contains("watchkeeper_commands_total{command=\"rds list\",outcome=\"answered\"} 1"), "{text}");
    }
}
