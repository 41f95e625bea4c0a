//! What the `ecs` capability reads from ECS, in one account and region. `codedeploy` reads the rest, `writes` changes.
//!
//! The cheap poll is `DescribeServices`: it tells of ten services at once whether something is under way. Only what is gets
//! described further.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types as sdk;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::deployment::{Deployment, Id, Image, ServiceRef, last_part};
use super::failure::{self, StoppedTask, Why};
use super::service::{Controller, Service, service};
use super::task_definition::{Difference, Version, difference};
use super::{Caches, from_ecs};
use crate::aws::time::date_time;
use crate::aws::{Aws, Caller, Fault, Place, Session};
use crate::context::Account;
use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// How many services `DescribeServices` takes.
const SERVICES: usize = 10;
/// How many deployments and revisions their calls take.
pub(super) const DEPLOYMENTS: usize = 20;
/// How many tasks `DescribeTasks` takes.
const TASKS: usize = 100;

/// ECS, CodeDeploy and load balancers in one account and region, as one person, for one operation.
#[derive(Clone)]
pub struct Ecs {
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) region: String,
    pub(super) now: Timestamp,
    pub(super) client: Client,
    pub(super) codedeploy: aws_sdk_codedeploy::Client,
    pub(super) balancers: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) aws: Aws,
}

impl Ecs {
    /// Opens the session with the account's role for `ecs`.
    ///
    /// # Errors
    /// One to show when no role is configured; what AWS said when it does not let the bot assume it.
    pub async fn open(aws: &Aws, caller: &Caller, account: &Account, region: &str) -> Result<Self> {
        let session = aws.session(caller, Place { capability: "ecs", account, region }).await?;
        let config = session.reading();
        Ok(Self {
            client: Client::new(&config),
            codedeploy: aws_sdk_codedeploy::Client::new(&config),
            balancers: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            session,
            account: account.clone(),
            region: region.to_owned(),
            now: caller.now,
            aws: aws.clone(),
        })
    }

    /// Where `service` runs, for whoever comes back to it: its account may have left the configuration meanwhile.
    ///
    /// # Errors
    /// As [`Ecs::open`]; one to show when the account is no longer configured.
    pub async fn at(service: &ServiceRef, aws: &Aws, caller: &Caller, accounts: &[Account]) -> Result<Self> {
        match accounts.iter().find(|account| account.id == service.account) {
            Some(account) => Self::open(aws, caller, account, &service.region).await,
            None => Err(Error::shown(text![
                "The account ",
                code(&*service.account),
                " of ",
                code(&*service.name),
                " is no longer configured, so I stop here. Whoever runs me can add it again."
            ])),
        }
    }

    pub(super) fn caches(&self) -> &Caches {
        self.aws.ecs()
    }

    fn listing(&self) -> String {
        format!("listing services in {}", self.account.name)
    }

    pub(super) fn looking_at(&self, name: &str) -> String {
        format!("looking at {name} in {} ({})", self.account.name, self.region)
    }

    /// The clusters here, by name.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn clusters(&self) -> Result<Vec<String>> {
        let call = self.client.list_clusters().into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let arns = self.session.read("ecs:ListClusters", call).await.map_err(|fault| fault.error(&self.listing()))?;
        Ok(arns.iter().map(|arn| last_part(arn).to_owned()).collect())
    }

    /// Every service here; with `cluster` only those in the cluster of that name.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn services(&self, cluster: Option<&str>) -> Result<Vec<Service>> {
        let mut clusters = self.clusters().await?;
        clusters.retain(|name| cluster.is_none_or(|only| only.eq_ignore_ascii_case(name)));
        let listed = try_join_all(clusters.iter().map(|cluster| self.services_of(cluster))).await;
        Ok(listed.map_err(|fault| fault.error(&self.listing()))?.into_iter().flatten().collect())
    }

    async fn services_of(&self, cluster: &str) -> std::result::Result<Vec<Service>, Fault> {
        let call = self.client.list_services().cluster(cluster).max_results(100).into_paginator().items().send();
        let arns = self.session.read("ecs:ListServices", call.collect::<std::result::Result<Vec<_>, _>>()).await?;
        let described = try_join_all(arns.chunks(SERVICES).map(|some| self.describe(cluster, some))).await?;
        Ok(described.into_iter().flatten().collect())
    }

    async fn describe(&self, cluster: &str, services: &[String]) -> std::result::Result<Vec<Service>, Fault> {
        let call = self.client.describe_services().cluster(cluster).set_services(Some(services.to_vec()));
        let answer = self.session.read("ecs:DescribeServices", call.include(sdk::ServiceField::Tags).send()).await?;
        Ok(answer.services().iter().filter_map(|one| service(one, &self.account, &self.region)).collect())
    }

    /// The services called `name`, one in a cluster at most; with `cluster` only there.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn named(&self, name: &str, cluster: Option<&str>) -> Result<Vec<Service>> {
        let clusters = match cluster {
            Some(cluster) => vec![cluster.to_owned()],
            None => self.clusters().await?,
        };
        let name = [name.to_owned()];
        let looks = clusters.iter().map(|cluster| async {
            match self.describe(cluster, &name).await {
                Err(fault) if fault.is("ClusterNotFound") => Ok(Vec::new()),
                answer => answer,
            }
        });
        let found = try_join_all(looks).await.map_err(|fault| fault.error(&self.looking_at(&name[0])))?;
        Ok(found.into_iter().flatten().collect())
    }

    /// ECS's own deployments of `services` that are under way.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn under_way(&self, services: &[Service]) -> Result<Vec<Deployment>> {
        let current: Vec<(&str, &ServiceRef)> = services
            .iter()
            .filter(|service| service.may_be_deploying())
            .filter_map(|service| Some((service.current.as_deref()?, &service.at)))
            .collect();
        let mut found = self.described(&current).await?;
        found.retain(|deployment| !deployment.is_over());
        Ok(found)
    }

    /// ECS's own deployments of a service that were asked for since an instant, newest first.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn recent(&self, service: &Service, since: Timestamp) -> Result<Vec<Deployment>> {
        if service.controller != Controller::Ecs {
            return Ok(Vec::new());
        }
        let service = &service.at;
        let doing = || self.looking_at(&service.name);
        let after = sdk::CreatedAt::builder().after(date_time(since)).build();
        let call = self.client.list_service_deployments().cluster(&service.cluster).service(&service.name).created_at(after);
        // One page is a hundred deployments.
        let answer = self.session.read("ecs:ListServiceDeployments", call.max_results(100).send()).await;
        let listed = match answer {
            Ok(answer) => answer.service_deployments.unwrap_or_default(),
            Err(fault) if gone(&fault) => Vec::new(),
            Err(fault) => return Err(fault.error(&doing())),
        };
        let wanted: Vec<(&str, &ServiceRef)> =
            listed.iter().filter_map(|one| Some((one.service_deployment_arn()?, service))).collect();
        let mut found = self.described(&wanted).await?;
        found.sort_by_key(|deployment| std::cmp::Reverse(deployment.created));
        Ok(found)
    }

    /// One deployment as it stands; none where AWS no longer knows it. Of an ended deployment AWS may have forgotten parts.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn deployment(&self, id: &Id, service: &ServiceRef) -> Result<Option<Deployment>> {
        match id {
            Id::Ecs(arn) => Ok(self.described(&[(arn, service)]).await?.pop()),
            Id::CodeDeploy(id) => self.of_codedeploy(id, service).await,
        }
    }

    async fn described(&self, wanted: &[(&str, &ServiceRef)]) -> Result<Vec<Deployment>> {
        let looks = wanted.chunks(DEPLOYMENTS).map(|some| async move {
            let arns = some.iter().map(|(arn, _)| (*arn).to_owned()).collect();
            let call = self.client.describe_service_deployments().set_service_deployment_arns(Some(arns)).send();
            match self.session.read("ecs:DescribeServiceDeployments", call).await {
                Ok(answer) => Ok(answer.service_deployments.unwrap_or_default()),
                Err(fault) if gone(&fault) => Ok(Vec::new()),
                Err(fault) => Err(fault),
            }
        });
        let doing = || format!("looking at deployments in {}", self.account.name);
        let found: Vec<sdk::ServiceDeployment> =
            try_join_all(looks).await.map_err(|fault| fault.error(&doing()))?.into_iter().flatten().collect();
        let revisions = self.revisions(&found).await.map_err(|fault| fault.error(&doing()))?;
        let of = |one: &sdk::ServiceDeployment| {
            let (_, service) = wanted.iter().find(|(arn, _)| one.service_deployment_arn() == Some(*arn))?;
            from_ecs::deployment(one, &revisions, (*service).clone())
        };
        Ok(found.iter().filter_map(of).collect())
    }

    async fn revisions(&self, of: &[sdk::ServiceDeployment]) -> std::result::Result<Vec<sdk::ServiceRevision>, Fault> {
        let both = |one: &sdk::ServiceDeployment| {
            let all = one.source_service_revisions().iter().chain(one.target_service_revision());
            all.filter_map(|revision| revision.arn.clone()).collect::<Vec<_>>()
        };
        let mut arns: Vec<String> = of.iter().flat_map(both).collect();
        arns.sort();
        arns.dedup();
        let looks = arns.chunks(DEPLOYMENTS).map(|some| async {
            let call = self.client.describe_service_revisions().set_service_revision_arns(Some(some.to_vec())).send();
            match self.session.read("ecs:DescribeServiceRevisions", call).await {
                Ok(answer) => Ok(answer.service_revisions.unwrap_or_default()),
                Err(fault) if gone(&fault) => Ok(Vec::new()),
                Err(fault) => Err(fault),
            }
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }

    /// The tasks of a service that stopped within about the last hour.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn stopped_tasks(&self, service: &ServiceRef) -> Result<Vec<StoppedTask>> {
        let call = self.client.list_tasks().cluster(&service.cluster).service_name(&service.name);
        let tasks = self.tasks(call.desired_status(sdk::DesiredStatus::Stopped), &service.cluster).await;
        let tasks = tasks.map_err(|fault| fault.error(&format!("looking at stopped tasks of {}", service.name)))?;
        Ok(tasks.iter().map(failure::stopped).collect())
    }

    /// All tasks of a cluster that stopped within about the last hour, with the names of their services.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn stopped_tasks_of_cluster(&self, cluster: &str) -> Result<Vec<(String, StoppedTask)>> {
        let call = self.client.list_tasks().cluster(cluster).desired_status(sdk::DesiredStatus::Stopped);
        let tasks = self.tasks(call, cluster).await;
        let tasks = tasks.map_err(|fault| fault.error(&format!("looking at stopped tasks in {}", self.account.name)))?;
        let of = |task: &sdk::Task| Some((task.group()?.strip_prefix("service:")?.to_owned(), failure::stopped(task)));
        Ok(tasks.iter().filter_map(of).collect())
    }

    async fn tasks(
        &self,
        listing: aws_sdk_ecs::operation::list_tasks::builders::ListTasksFluentBuilder,
        cluster: &str,
    ) -> std::result::Result<Vec<sdk::Task>, Fault> {
        let call = listing.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let arns = match self.session.read("ecs:ListTasks", call).await {
            Err(fault) if gone(&fault) => Vec::new(),
            answer => answer?,
        };
        let looks = arns.chunks(TASKS).map(|some| async {
            let call = self.client.describe_tasks().cluster(cluster).set_tasks(Some(some.to_vec())).send();
            Ok(self.session.read("ecs:DescribeTasks", call).await?.tasks.unwrap_or_default())
        });
        Ok(try_join_all(looks).await?.into_iter().flatten().collect())
    }

    /// What the running tasks of a service run, by what started them: the id of a task set or of a deployment.
    pub(super) async fn running_images(&self, service: &ServiceRef) -> Result<Vec<(String, Vec<Image>)>> {
        let call = self.client.list_tasks().cluster(&service.cluster).service_name(&service.name);
        let tasks = self.tasks(call, &service.cluster).await.map_err(|fault| fault.error(&self.looking_at(&service.name)))?;
        let image = |one: &sdk::Container| Image {
            container: one.name.clone().unwrap_or_default(),
            image: one.image.clone().unwrap_or_default(),
            digest: one.image_digest.clone().filter(|digest| !digest.is_empty()),
        };
        Ok(tasks
            .iter()
            .filter_map(|task| Some((task.started_by.clone()?, task.containers().iter().map(image).collect())))
            .collect())
    }

    /// Why a deployment goes badly; none where it goes well.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn why(&self, deployment: &Deployment) -> Result<Option<Why>> {
        let service = &deployment.service;
        let (tasks, now) = tokio::join!(self.stopped_tasks(service), self.named(&service.name, Some(&service.cluster)));
        let events = now?.pop().map(|service| service.events).unwrap_or_default();
        Ok(failure::why(deployment, &tasks?, &events))
    }

    /// What differs between blue's task definition and green's. None where one of them is not known, or is gone.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn difference(&self, deployment: &Deployment) -> Result<Option<Difference>> {
        let (Some(blue), Some(green)) = (&deployment.blue, &deployment.green) else { return Ok(None) };
        let (Some(from), Some(to)) = (&blue.task_definition, &green.task_definition) else { return Ok(None) };
        let (from, to) = tokio::try_join!(self.task_definition(from), self.task_definition(to))?;
        let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
        let version = |definition, images| Version { definition, images };
        Ok(Some(difference(version(&from, &blue.images), version(&to, &green.images))))
    }

    /// A task definition by `family:revision`; none where it is gone.
    async fn task_definition(&self, name: &str) -> Result<Option<sdk::TaskDefinition>> {
        let call = self.client.describe_task_definition().task_definition(name).send();
        match self.session.read("ecs:DescribeTaskDefinition", call).await {
            Ok(answer) => Ok(answer.task_definition),
            // ECS has no error code of its own for it: "Unable to describe task definition."
            Err(fault) if fault.is("Client") => Ok(None),
            Err(fault) => Err(fault.error(&format!("reading the task definition {name}"))),
        }
    }
}

/// Whether AWS says that what was asked for is not there.
pub(super) fn gone(fault: &Fault) -> bool {
    ["ServiceNotFound", "ClusterNotFound", "ServiceNotActive", "ServiceDeploymentNotFound"].iter().any(|code| fault.is(code))
}
