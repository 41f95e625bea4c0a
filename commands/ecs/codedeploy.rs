//! What the `ecs` capability reads from CodeDeploy.

use std::sync::{Arc, PoisonError};

use aws_sdk_codedeploy::types as sdk;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use super::aws::Ecs;
use super::deployment::{Deployment, Image, ServiceRef, last_part};
use super::from_codedeploy::{self, Seen};
use super::inventory::Groups;
use super::service::{Controller, Service};
use crate::aws::Fault;
use crate::aws::time::date_time;
use crate::error::Result;

/// How many deployments `BatchGetDeployments` takes.
const DEPLOYMENTS: usize = 25;
/// How many groups `BatchGetDeploymentGroups` takes.
const GROUPS: usize = 100;
/// How long it is remembered which groups deploy which services. A group nobody knows is looked for at once.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

/// A deployment group that deploys services of ECS.
#[derive(Clone, Debug)]
pub(super) struct Group {
    application: String,
    name: String,
    /// Cluster and service, by name.
    services: Vec<(String, String)>,
    alarms: Option<sdk::AlarmConfiguration>,
}

impl Group {
    fn is(&self, application: Option<&str>, name: Option<&str>) -> bool {
        Some(self.application.as_str()) == application && Some(self.name.as_str()) == name
    }

    fn deploys(&self, service: &ServiceRef) -> bool {
        self.services.iter().any(|(cluster, name)| *cluster == service.cluster && *name == service.name)
    }
}

impl Ecs {
    /// CodeDeploy's deployments of `services` that are under way.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn under_way_by_codedeploy(&self, services: &[Service]) -> Result<Vec<Deployment>> {
        use sdk::DeploymentStatus as Is;
        if !services.iter().any(|service| service.controller == Controller::CodeDeploy) {
            return Ok(Vec::new());
        }
        let statuses = [Is::Created, Is::Queued, Is::InProgress, Is::Baking, Is::Ready];
        let call = self.codedeploy.list_deployments().set_include_only_statuses(Some(statuses.to_vec()));
        let ids = self.listed(call).await.map_err(|fault| fault.error(&self.listing_deployments()))?;
        let infos = self.infos(&ids).await.map_err(|fault| fault.error(&self.listing_deployments()))?;
        let looks = infos.iter().map(|info| async move {
            let Some(group) = self.group(info).await? else { return Ok(None) };
            match services.iter().find(|service| group.deploys(&service.at)) {
                Some(service) => self.assembled(info, service, group.alarms.as_ref()).await.map(Some),
                None => Ok(None),
            }
        });
        let found = try_join_all(looks).await.map_err(|fault: Fault| fault.error(&self.listing_deployments()))?;
        Ok(found.into_iter().flatten().flatten().collect())
    }

    /// CodeDeploy's deployments of a service that were asked for since an instant, newest first.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn recent_by_codedeploy(&self, service: &Service, since: Timestamp) -> Result<Vec<Deployment>> {
        if service.controller != Controller::CodeDeploy {
            return Ok(Vec::new());
        }
        let read = async {
            let groups = self.groups().await?;
            let looks = groups.iter().filter(|group| group.deploys(&service.at)).map(|group| async move {
                let range = sdk::TimeRange::builder().start(date_time(since)).build();
                let call = self.codedeploy.list_deployments().application_name(&group.application);
                let call = call.deployment_group_name(&group.name).create_time_range(range);
                let infos = self.infos(&self.listed(call).await?).await?;
                try_join_all(infos.iter().map(|info| self.assembled(info, service, group.alarms.as_ref()))).await
            });
            Ok::<_, Fault>(try_join_all(looks).await?.into_iter().flatten().flatten().collect::<Vec<_>>())
        };
        let mut found: Vec<Deployment> = read.await.map_err(|fault| fault.error(&self.looking_at(&service.at.name)))?;
        found.sort_by_key(|deployment| std::cmp::Reverse(deployment.created));
        Ok(found)
    }

    /// One deployment of CodeDeploy, with what its task sets run.
    pub(super) async fn of_codedeploy(&self, id: &str, service: &ServiceRef) -> Result<Option<Deployment>> {
        let doing = |fault: Fault| fault.error(&self.looking_at(&service.name));
        let id = [id.to_owned()];
        let (infos, found, images) =
            tokio::join!(self.infos(&id), self.named(&service.name, Some(&service.cluster)), self.running_images(service),);
        let Some(info) = infos.map_err(doing)?.pop() else { return Ok(None) };
        let alarms = self.group(&info).await.map_err(doing)?.and_then(|group| group.alarms);
        let (service, images) = (found?.pop(), images?);
        let deployment = match &service {
            Some(service) => self.assembled(&info, service, alarms.as_ref()).await.map_err(doing)?,
            None => None,
        };
        Ok(deployment.map(|mut deployment| {
            for side in [&mut deployment.blue, &mut deployment.green].into_iter().flatten() {
                side.images = of_task_set(&images, &side.id);
            }
            deployment
        }))
    }

    /// The deployment with its target and the way its traffic moves.
    async fn assembled(
        &self,
        info: &sdk::DeploymentInfo,
        service: &Service,
        alarms: Option<&sdk::AlarmConfiguration>,
    ) -> std::result::Result<Option<Deployment>, Fault> {
        let (target, routing) = tokio::try_join!(self.target(info), self.routing(info))?;
        let seen = Seen {
            info,
            target: target.as_ref(),
            routing: routing.as_ref(),
            alarms,
            task_sets: &service.task_sets,
            now: self.now,
        };
        Ok(from_codedeploy::deployment(seen, service.at.clone()))
    }

    async fn target(&self, info: &sdk::DeploymentInfo) -> std::result::Result<Option<sdk::EcsTarget>, Fault> {
        let Some(id) = info.deployment_id() else { return Ok(None) };
        let call = self.codedeploy.list_deployment_targets().deployment_id(id).send();
        let targets = match self.session.read("codedeploy:ListDeploymentTargets", call).await {
            Ok(answer) => answer.target_ids.unwrap_or_default(),
            Err(fault) if fault.is("DeploymentNotStarted") || fault.is("DeploymentDoesNotExist") => return Ok(None),
            Err(fault) => return Err(fault),
        };
        // A service is one target.
        let Some(first) = targets.into_iter().next() else { return Ok(None) };
        let call = self.codedeploy.batch_get_deployment_targets().deployment_id(id).target_ids(first).send();
        let answer = self.session.read("codedeploy:BatchGetDeploymentTargets", call).await?;
        Ok(answer.deployment_targets().iter().find_map(|target| target.ecs_target.clone()))
    }

    /// How a configuration moves traffic. Configurations never change, so each is read once.
    async fn routing(&self, info: &sdk::DeploymentInfo) -> std::result::Result<Option<sdk::TrafficRoutingConfig>, Fault> {
        let Some(name) = info.deployment_config_name() else { return Ok(None) };
        let key = (self.account.id.clone(), self.region.clone(), name.to_owned());
        let routings = &self.caches().routings;
        if let Some(known) = routings.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let call = self.codedeploy.get_deployment_config().deployment_config_name(name).send();
        let routing = match self.session.read("codedeploy:GetDeploymentConfig", call).await {
            Ok(answer) => answer.deployment_config_info.and_then(|config| config.traffic_routing_config),
            Err(fault) if fault.is("DeploymentConfigDoesNotExist") => return Ok(None),
            Err(fault) => return Err(fault),
        };
        routings.lock().unwrap_or_else(PoisonError::into_inner).insert(key, routing.clone());
        Ok(routing)
    }

    async fn listed(
        &self,
        listing: aws_sdk_codedeploy::operation::list_deployments::builders::ListDeploymentsFluentBuilder,
    ) -> std::result::Result<Vec<String>, Fault> {
        let call = listing.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        self.session.read("codedeploy:ListDeployments", call).await
    }

    /// Deployments of ECS services among these ids; those AWS has forgotten are left out.
    async fn infos(&self, ids: &[String]) -> std::result::Result<Vec<sdk::DeploymentInfo>, Fault> {
        let looks = ids.chunks(DEPLOYMENTS).map(|some| async move {
            let call = self.codedeploy.batch_get_deployments().set_deployment_ids(Some(some.to_vec())).send();
            match self.session.read("codedeploy:BatchGetDeployments", call).await {
                Ok(answer) => Ok(answer.deployments_info.unwrap_or_default()),
                Err(fault) if fault.is("DeploymentDoesNotExist") => Ok(Vec::new()),
                Err(fault) => Err(fault),
            }
        });
        let of_ecs = |info: &sdk::DeploymentInfo| info.compute_platform().is_none_or(|it| *it == sdk::ComputePlatform::Ecs);
        Ok(try_join_all(looks).await?.into_iter().flatten().filter(of_ecs).collect())
    }

    /// The group a deployment belongs to: from memory, else looked for anew.
    async fn group(&self, info: &sdk::DeploymentInfo) -> std::result::Result<Option<Group>, Fault> {
        let this = |group: &&Group| group.is(info.application_name(), info.deployment_group_name());
        if let Some(group) = self.groups().await?.iter().find(this) {
            return Ok(Some(group.clone()));
        }
        let (Some(application), Some(name)) = (info.application_name(), info.deployment_group_name()) else { return Ok(None) };
        match self.described_groups(application, &[name.to_owned()]).await {
            Err(fault) if fault.is("ApplicationDoesNotExist") => Ok(None),
            groups => Ok(groups?.pop()),
        }
    }

    /// All groups here that deploy services of ECS.
    async fn groups(&self) -> std::result::Result<Arc<Vec<Group>>, Fault> {
        let place = (self.account.id.clone(), self.region.clone());
        let memory = &self.caches().groups;
        if let Some(known) = memory.lock().unwrap_or_else(PoisonError::into_inner).get(&place)
            && self.now.duration_since(known.read).abs() < REMEMBERED
        {
            return Ok(Arc::clone(&known.groups));
        }
        let call = self.codedeploy.list_applications().into_paginator().items().send();
        let call = call.collect::<std::result::Result<Vec<_>, _>>();
        let applications = self.session.read("codedeploy:ListApplications", call).await?;
        let looks = applications.iter().map(|application| self.groups_of(application));
        let groups = Arc::new(try_join_all(looks).await?.into_iter().flatten().collect::<Vec<_>>());
        let known = Groups { read: self.now, groups: Arc::clone(&groups) };
        memory.lock().unwrap_or_else(PoisonError::into_inner).insert(place, known);
        Ok(groups)
    }

    async fn groups_of(&self, application: &str) -> std::result::Result<Vec<Group>, Fault> {
        let call = self.codedeploy.list_deployment_groups().application_name(application).into_paginator().items().send();
        let call = call.collect::<std::result::Result<Vec<_>, _>>();
        let names = match self.session.read("codedeploy:ListDeploymentGroups", call).await {
            // It was deleted a moment ago.
            Err(fault) if fault.is("ApplicationDoesNotExist") => Vec::new(),
            names => names?,
        };
        let looks = names.chunks(GROUPS).map(|some| self.described_groups(application, some));
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn described_groups(&self, application: &str, names: &[String]) -> std::result::Result<Vec<Group>, Fault> {
        let call = self.codedeploy.batch_get_deployment_groups().application_name(application);
        let call = call.set_deployment_group_names(Some(names.to_vec())).send();
        let answer = self.session.read("codedeploy:BatchGetDeploymentGroups", call).await?;
        Ok(answer.deployment_groups_info().iter().filter_map(group).collect())
    }

    fn listing_deployments(&self) -> String {
        format!("listing CodeDeploy's deployments in {}", self.account.name)
    }
}

/// A group that deploys services of ECS; none for one that deploys anything else.
fn group(one: &sdk::DeploymentGroupInfo) -> Option<Group> {
    let service = |it: &sdk::EcsService| Some((last_part(it.cluster_name()?).to_owned(), it.service_name.clone()?));
    let services: Vec<(String, String)> = one.ecs_services().iter().filter_map(service).collect();
    (!services.is_empty()).then_some(Group {
        application: one.application_name.clone()?,
        name: one.deployment_group_name.clone()?,
        services,
        alarms: one.alarm_configuration.clone(),
    })
}

/// What the tasks of a task set run; tasks say which one started them.
fn of_task_set(running: &[(String, Vec<Image>)], task_set: &str) -> Vec<Image> {
    running.iter().find(|(started_by, _)| started_by == task_set).map(|(_, images)| images.clone()).unwrap_or_default()
}
