//! How the targets of a service are at their load balancer. Pure.

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::deployment::Health;

/// The targets of one target group, counted (`DescribeTargetHealth`).
pub(super) fn counted(targets: &[sdk::TargetHealthDescription]) -> Health {
    use sdk::TargetHealthStateEnum as Is;
    let mut health = Health::default();
    for target in targets.iter().filter_map(sdk::TargetHealthDescription::target_health) {
        let count = match target.state() {
            Some(Is::Healthy) => &mut health.healthy,
            Some(Is::Unhealthy) => &mut health.unhealthy,
            Some(Is::Initial) => &mut health.initial,
            Some(Is::Draining | Is::UnhealthyDraining) => &mut health.draining,
            _ => &mut health.other,
        };
        *count += 1;
        let well = matches!(target.state(), Some(Is::Healthy | Is::Draining));
        let words = target.description.clone().or_else(|| target.reason().map(|reason| reason.as_str().to_owned()));
        if let Some(words) = words.filter(|words| !well && !words.is_empty() && !health.reasons.contains(words)) {
            health.reasons.push(words);
        }
    }
    health
}

impl Health {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.healthy += other.healthy;
        self.unhealthy += other.unhealthy;
        self.initial += other.initial;
        self.draining += other.draining;
        self.other += other.other;
        self.reasons.extend(other.reasons);
        self.reasons.sort();
        self.reasons.dedup();
        self
    }

    /// In words: `3 healthy, 1 unhealthy`.
    pub fn words(&self) -> String {
        let counts = [
            (self.healthy, "healthy"),
            (self.unhealthy, "unhealthy"),
            (self.initial, "not checked yet"),
            (self.draining, "draining"),
            (self.other, "unused or unknown"),
        ];
        let told: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if told.is_empty() { "no targets".to_owned() } else { told.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_counted() {
        let words = |state: &str| {
            let health = sdk::TargetHealth::builder().state(state.into()).reason("Target.Timeout".into()).build();
            let health = counted(&[sdk::TargetHealthDescription::builder().target_health(health).build()]);
            format!("{state}: {} {:?}", health.words(), health.reasons)
        };
        let states = sdk::TargetHealthStateEnum::values().iter().chain(&["levitating"]);
        insta::assert_snapshot!(states.map(|state| words(state)).collect::<Vec<_>>().join("\n"), @r#"
        draining: 1 draining []
        healthy: 1 healthy []
        initial: 1 not checked yet ["Target.Timeout"]
        unavailable: 1 unused or unknown ["Target.Timeout"]
        unhealthy: 1 unhealthy ["Target.Timeout"]
        unhealthy.draining: 1 draining ["Target.Timeout"]
        unused: 1 unused or unknown ["Target.Timeout"]
        levitating: 1 unused or unknown ["Target.Timeout"]
        "#);
    }
}
