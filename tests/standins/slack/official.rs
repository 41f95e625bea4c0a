//! Slack's own Python packages as judges.
