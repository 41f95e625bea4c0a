//! What the `rds` capability reads from AWS, in one account and region.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{Filter, LifecycleSupportName, SourceType};
use jiff::Timestamp;

use super::lifecycle::Lifecycle;
use super::model::{Database, Target, UpgradeTarget};
use super::shape;
use crate::aws::time::{date_time, instant};
use crate::aws::{Aws, Caller, Fault, Place, Session};
use crate::context::Account;
use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// RDS in one account and region, as one person, for one operation.
#[derive(Clone)]
pub(crate) struct Rds {
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) region: String,
    client: Client,
}

/// A version as AWS describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct EngineVersion {
    /// The family its parameter groups are of: `mysql8.0`.
    pub(crate) family: String,
    pub(crate) targets: Vec<UpgradeTarget>,
}

/// Something AWS wants to do to a database.
#[derive(Clone, Debug)]
pub(crate) struct Maintenance {
    /// `system-update`, `db-upgrade` …
    pub(crate) action: String,
    pub(crate) description: String,
    /// When it will be done, where that is settled.
    pub(crate) due: Option<Timestamp>,
}

/// A snapshot as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) name: String,
    /// `creating`, `available`, `failed` …
    pub(crate) status: String,
    pub(crate) percent: i32,
    /// The change that made it, from its tag.
    pub(crate) operation: Option<String>,
}

/// Something that happened, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) source: String,
    pub(crate) message: String,
    pub(crate) categories: Vec<String>,
}

impl Rds {
    pub(crate) async fn open(aws: &Aws, caller: &Caller, account: &Account, region: &str) -> Result<Self> {
        let session = aws.session(caller, Place { capability: "rds", account, region }).await?;
        let client = Client::new(&session.reading());
        Ok(Self { session, account: account.clone(), region: region.to_owned(), client })
    }

    /// RDS where `target` lives, for a step: its account may have left the configuration meanwhile.
    pub(crate) async fn at(target: &Target, cx: &crate::Context<'_>) -> Result<Self> {
        match cx.settings.accounts.iter().find(|account| account.id == target.account) {
            Some(account) => Self::open(cx.aws, &Caller::of(cx), account, &target.region).await,
            None => Err(Error::shown(text![
                "The account ",
                code(&*target.account),
                " of ",
                code(&*target.id),
                " is no longer configured, so I stop here. Whoever runs me can add it again."
            ])),
        }
    }

    fn listing(&self) -> String {
        format!("listing databases in {}", self.account.name)
    }

    pub(super) fn looking_at(&self, id: &str) -> String {
        format!("looking at {id} in {} ({})", self.account.name, self.region)
    }

    /// Every database here.
    pub(crate) async fn databases(&self) -> Result<Vec<Database>> {
        let instances =
            self.client.describe_db_instances().into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let clusters =
            self.client.describe_db_clusters().into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let (instances, clusters) = tokio::join!(
            self.session.read("rds:DescribeDBInstances", instances),
            self.session.read("rds:DescribeDBClusters", clusters),
        );
        let instances = instances.map_err(|fault| fault.error(&self.listing()))?;
        let clusters = clusters.map_err(|fault| fault.error(&self.listing()))?;
        Ok(shape::databases(&instances, &clusters, &self.account, &self.region))
    }

    /// The instance or cluster called `id`; an instance of a cluster comes as itself.
    pub(crate) async fn database(&self, id: &str) -> Result<Option<Database>> {
        let instance = self.client.describe_db_instances().db_instance_identifier(id).send();
        let cluster = self.client.describe_db_clusters().db_cluster_identifier(id).send();
        let (instance, cluster) = tokio::join!(
            self.session.read("rds:DescribeDBInstances", instance),
            self.session.read("rds:DescribeDBClusters", cluster),
        );
        let cluster = self.unless_missing(cluster, "DBClusterNotFound", id)?;
        if let Some(cluster) = cluster.and_then(|answer| answer.db_clusters.unwrap_or_default().into_iter().next()) {
            let members = self.members(id).await?;
            return Ok(shape::cluster(&cluster, &members, &self.account, &self.region));
        }
        let instance = self.unless_missing(instance, "DBInstanceNotFound", id)?;
        let instance = instance.and_then(|answer| answer.db_instances.unwrap_or_default().into_iter().next());
        Ok(instance.and_then(|instance| shape::instance(&instance, &self.account, &self.region)))
    }

    async fn members(&self, cluster: &str) -> Result<Vec<aws_sdk_rds::types::DbInstance>> {
        let of_cluster = Filter::builder().name("db-cluster-id").values(cluster).build();
        let call = self.client.describe_db_instances().filters(of_cluster).into_paginator().items().send();
        let answer = self.session.read("rds:DescribeDBInstances", call.collect::<std::result::Result<Vec<_>, _>>()).await;
        answer.map_err(|fault| fault.error(&self.looking_at(cluster)))
    }

    fn unless_missing<T>(&self, answer: std::result::Result<T, Fault>, missing: &str, id: &str) -> Result<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(fault) if fault.is(missing) => Ok(None),
            Err(fault) => Err(fault.error(&self.looking_at(id))),
        }
    }

    /// What AWS says about a version and where one can go from it; versions no longer offered included.
    pub(crate) async fn version(&self, engine: &str, version: &str) -> Result<EngineVersion> {
        let call = self.client.describe_db_engine_versions().engine(engine).engine_version(version).include_all(true).send();
        let answer = self.session.read("rds:DescribeDBEngineVersions", call).await;
        let answer = answer.map_err(|fault| fault.error(&format!("reading what {engine} {version} can be upgraded to")))?;
        Ok(answer.db_engine_versions().first().map(shape::version).unwrap_or_default())
    }

    /// AWS's table of support, of one engine or of all.
    pub(crate) async fn lifecycles(&self, engine: Option<&str>) -> Result<Vec<Lifecycle>> {
        let call = self.client.describe_db_major_engine_versions().set_engine(engine.map(str::to_owned));
        let call = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let answer = self.session.read("rds:DescribeDBMajorEngineVersions", call).await;
        let majors = answer.map_err(|fault| fault.error("reading AWS's table of engine support"))?;
        let ends = |major: &aws_sdk_rds::types::DbMajorEngineVersion, name: LifecycleSupportName| {
            let mut cycles = major.supported_engine_lifecycles().iter();
            cycles
                .find(|cycle| cycle.lifecycle_support_name == Some(name.clone()))?
                .lifecycle_support_end_date()
                .and_then(instant)
        };
        Ok(majors
            .iter()
            .map(|major| Lifecycle {
                engine: major.engine().unwrap_or_default().to_owned(),
                major: major.major_engine_version().unwrap_or_default().to_owned(),
                standard_ends: ends(major, LifecycleSupportName::OpenSourceRdsStandardSupport),
                extended_ends: ends(major, LifecycleSupportName::OpenSourceRdsExtendedSupport),
            })
            .collect())
    }

    /// What AWS wants to do to a database.
    pub(crate) async fn maintenance(&self, target: &Target) -> Result<Vec<Maintenance>> {
        let call = self.client.describe_pending_maintenance_actions().resource_identifier(&target.arn).send();
        let answer = self.session.read("rds:DescribePendingMaintenanceActions", call).await;
        let answer = self.unless_missing(answer, "ResourceNotFound", &target.id)?;
        let resources = answer.and_then(|answer| answer.pending_maintenance_actions).unwrap_or_default();
        let details = resources.iter().flat_map(|resource| resource.pending_maintenance_action_details());
        Ok(details
            .map(|detail| Maintenance {
                action: detail.action().unwrap_or_default().to_owned(),
                description: detail.description().unwrap_or_default().to_owned(),
                due: detail.current_apply_date().or(detail.forced_apply_date()).and_then(instant),
            })
            .collect())
    }

    /// The names of the proxies in front of a database.
    pub(crate) async fn proxies(&self, target: &Target) -> Result<Vec<String>> {
        let doing = || format!("looking for proxies of {}", target.id);
        let call = self.client.describe_db_proxies().into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
        let proxies = self.session.read("rds:DescribeDBProxies", call).await.map_err(|fault| fault.error(&doing()))?;
        let looks = proxies.iter().filter_map(|proxy| proxy.db_proxy_name()).map(|name| async move {
            let call = self.client.describe_db_proxy_targets().db_proxy_name(name).send();
            let answer = self.session.read("rds:DescribeDBProxyTargets", call).await?;
            let leads_here = answer.targets().iter().any(|behind| {
                [behind.rds_resource_id(), behind.tracked_cluster_id(), behind.target_arn()].contains(&Some(&*target.id))
                    || behind.target_arn() == Some(&*target.arn)
            });
            Ok::<_, Fault>(leads_here.then(|| name.to_owned()))
        });
        let found = futures_util::future::try_join_all(looks).await.map_err(|fault| fault.error(&doing()))?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The family of a parameter group; none if there is no such group.
    pub(crate) async fn family(&self, group: &str, target: &Target) -> Result<Option<String>> {
        if target.kind.is_cluster() {
            let call = self.client.describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(group).send();
            let answer = self.session.read("rds:DescribeDBClusterParameterGroups", call).await;
            let answer = self.unless_missing(answer, "DBParameterGroupNotFound", group)?;
            return Ok(
                answer.and_then(|answer| answer.db_cluster_parameter_groups()[..].first()?.db_parameter_group_family.clone())
            );
        }
        let call = self.client.describe_db_parameter_groups().db_parameter_group_name(group).send();
        let answer = self.session.read("rds:DescribeDBParameterGroups", call).await;
        let answer = self.unless_missing(answer, "DBParameterGroupNotFound", group)?;
        Ok(answer.and_then(|answer| answer.db_parameter_groups()[..].first()?.db_parameter_group_family.clone()))
    }

    /// The names of the parameters somebody set in a group.
    pub(crate) async fn custom_parameters(&self, group: &str, target: &Target) -> Result<Vec<String>> {
        let answer = if target.kind.is_cluster() {
            let call = self.client.describe_db_cluster_parameters().db_cluster_parameter_group_name(group).source("user");
            let call = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
            self.session.read("rds:DescribeDBClusterParameters", call).await
        } else {
            let call = self.client.describe_db_parameters().db_parameter_group_name(group).source("user");
            let call = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
            self.session.read("rds:DescribeDBParameters", call).await
        };
        let parameters = answer.map_err(|fault| fault.error(&format!("reading the parameter group {group}")))?;
        Ok(parameters.into_iter().filter_map(|parameter| parameter.parameter_name).collect())
    }

    /// Whether AWS offers an instance class for a version.
    pub(crate) async fn offers(&self, engine: &str, version: &str, class: &str) -> Result<bool> {
        let call = self.client.describe_orderable_db_instance_options().engine(engine).engine_version(version);
        let call = call.db_instance_class(class).max_records(20).send();
        let answer = self.session.read("rds:DescribeOrderableDBInstanceOptions", call).await;
        let answer = answer.map_err(|fault| fault.error(&format!("asking whether {class} runs {engine} {version}")))?;
        Ok(!answer.orderable_db_instance_options().is_empty())
    }

    /// The snapshots somebody made of a database by hand.
    pub(crate) async fn snapshots(&self, target: &Target) -> Result<Vec<Snapshot>> {
        self.look_for_snapshots(target, None).await
    }

    /// The snapshot called `name` that is like those of `target`, whatever it is of: names are used once.
    pub(crate) async fn snapshot(&self, target: &Target, name: &str) -> Result<Option<Snapshot>> {
        Ok(self.look_for_snapshots(target, Some(name)).await?.into_iter().next())
    }

    async fn look_for_snapshots(&self, target: &Target, name: Option<&str>) -> Result<Vec<Snapshot>> {
        let of = name.is_none().then(|| target.id.clone());
        let name = name.map(str::to_owned);
        if target.kind.is_cluster() {
            let call = self.client.describe_db_cluster_snapshots().set_db_cluster_identifier(of).snapshot_type("manual");
            let call = call.set_db_cluster_snapshot_identifier(name).into_paginator().items().send();
            let call = call.collect::<std::result::Result<Vec<_>, _>>();
            let answer = self.session.read("rds:DescribeDBClusterSnapshots", call).await;
            let found = self.unless_missing(answer, "DBClusterSnapshotNotFound", &target.id)?;
            return Ok(found.unwrap_or_default().iter().map(shape::cluster_snapshot).collect());
        }
        let call = self.client.describe_db_snapshots().set_db_instance_identifier(of).snapshot_type("manual");
        let call = call.set_db_snapshot_identifier(name).into_paginator().items().send();
        let answer = self.session.read("rds:DescribeDBSnapshots", call.collect::<std::result::Result<Vec<_>, _>>()).await;
        let found = self.unless_missing(answer, "DBSnapshotNotFound", &target.id)?;
        Ok(found.unwrap_or_default().iter().map(shape::instance_snapshot).collect())
    }

    /// What happened to a database and its instances since then, oldest first. AWS keeps events for 14 days.
    pub(crate) async fn events(&self, database: &Database, since: Timestamp) -> Result<Vec<Event>> {
        let own = if database.at.kind.is_cluster() { SourceType::DbCluster } else { SourceType::DbInstance };
        let members = database.members.iter().map(|member| (member.id.as_str(), SourceType::DbInstance));
        let looks = std::iter::once((database.id(), own)).chain(members).map(|(source, kind)| {
            let call = self.client.describe_events().source_identifier(source).source_type(kind).start_time(date_time(since));
            let call = call.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>();
            self.session.read("rds:DescribeEvents", call)
        });
        let found = futures_util::future::try_join_all(looks).await;
        let found = found.map_err(|fault| fault.error(&format!("reading AWS's events of {}", database.id())))?;
        let mut events: Vec<Event> = found.iter().flatten().filter_map(shape::event).collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }
}
