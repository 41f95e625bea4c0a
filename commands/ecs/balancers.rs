//! What the `ecs` capability reads from load balancers.

use futures_util::future::try_join_all;

use super::aws::Ecs;
use super::deployment::{Deployment, Health, Side};
use super::health::counted;
use crate::aws::Fault;
use crate::error::Result;

impl Ecs {
    /// The same deployment with how the targets of both sides are. Where both share a target group, as in a rolling
    /// deployment, green has it.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn with_health(&self, mut deployment: Deployment) -> Result<Deployment> {
        let groups = |side: &Option<Side>| side.as_ref().map(|side| side.target_groups.clone()).unwrap_or_default();
        let (mut blue, green) = (groups(&deployment.blue), groups(&deployment.green));
        blue.retain(|group| !green.contains(group));
        let read = async { tokio::try_join!(self.health(&blue), self.health(&green)) };
        let found = read.await.map_err(|fault| fault.error(&self.looking_at(&deployment.service.name)))?;
        for (side, health) in [(&mut deployment.blue, found.0), (&mut deployment.green, found.1)] {
            if let Some(side) = side {
                side.health = health;
            }
        }
        Ok(deployment)
    }

    /// The targets of these groups together; none where there is no such group.
    async fn health(&self, groups: &[String]) -> std::result::Result<Option<Health>, Fault> {
        let looks = groups.iter().map(|group| async move {
            let Some(arn) = self.arn(group).await? else { return Ok(None) };
            let call = self.balancers.describe_target_health().target_group_arn(arn).send();
            match self.session.read("elasticloadbalancing:DescribeTargetHealth", call).await {
                Ok(answer) => Ok(Some(counted(answer.target_health_descriptions()))),
                Err(fault) if fault.is("TargetGroupNotFound") => Ok(None),
                Err(fault) => Err(fault),
            }
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().reduce(Health::and))
    }

    /// A target group's ARN; CodeDeploy knows them by name.
    async fn arn(&self, group: &str) -> std::result::Result<Option<String>, Fault> {
        if group.starts_with("arn:") {
            return Ok(Some(group.to_owned()));
        }
        let call = self.balancers.describe_target_groups().names(group).send();
        match self.session.read("elasticloadbalancing:DescribeTargetGroups", call).await {
            Ok(answer) => Ok(answer.target_groups().first().and_then(|group| group.target_group_arn.clone())),
            Err(fault) if fault.is("TargetGroupNotFound") => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
