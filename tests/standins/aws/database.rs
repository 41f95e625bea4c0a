//! Putting databases into a world.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde_json::{Map, Value, json};

use super::world::Aws;

type Placing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

macro_rules! seed {
    ($(#[$doc:meta])* $name:ident, $verb:literal) => {
        $(#[$doc])*
        #[must_use = "await it to put it there"]
        #[derive(Debug)]
        pub struct $name<'a> {
            aws: &'a Aws,
            order: Map<String, Value>,
        }

        impl<'a> $name<'a> {
            pub(super) fn new(aws: &'a Aws, id: &str, engine: &str, version: &str) -> Self {
                let mut order = Map::new();
                order.insert("id".into(), id.into());
                order.insert("engine".into(), engine.into());
                order.insert("version".into(), version.into());
                Self { aws, order }
            }

            fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
                self.order.insert(name.into(), value.into());
                self
            }

            /// The account it belongs to, instead of [`super::DEFAULT_ACCOUNT`].
            pub fn account(self, account: &str) -> Self {
                self.with("account", account)
            }

            /// The region it runs in, instead of [`super::DEFAULT_REGION`].
            pub fn region(self, region: &str) -> Self {
                self.with("region", region)
            }

            /// The instance class, such as `db.m6g.large`.
            pub fn class(self, class: &str) -> Self {
                self.with("class", class)
            }

            /// A tag; may be called again.
            pub fn tag(mut self, key: &str, value: &str) -> Self {
                let tags = self.order.entry("tags").or_insert_with(|| json!({}));
                tags[key] = value.into();
                self
            }

            /// The weekly maintenance window in UTC, such as `sun:04:00-sun:04:30`.
            pub fn window(self, window: &str) -> Self {
                self.with("window", window)
            }

            /// How many days automated backups are kept; 0 means none are made.
            pub fn backup_retention(self, days: u32) -> Self {
                self.with("backup_retention", days)
            }

            /// Without protection against deletion (it is protected otherwise).
            pub fn unprotected(self) -> Self {
                self.with("deletion_protection", false)
            }

            /// A parameter group of its own instead of the default one, with what it changes.
            pub fn parameter_group(mut self, name: &str, parameters: &[(&str, &str)]) -> Self {
                let changed: Map<String, Value> = parameters
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                    .collect();
                self.order.insert("parameters".into(), changed.into());
                self.with("parameter_group", name)
            }

            /// Its present status, such as `stopped`, instead of `available`.
            pub fn status(self, status: &str) -> Self {
                self.with("status", status)
            }
        }

        impl<'a> IntoFuture for $name<'a> {
            type Output = ();
            type IntoFuture = Placing<'a>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(async move {
                    self.aws.change($verb, Value::Object(self.order)).await;
                })
            }
        }
    };
}

seed!(
    /// A DB instance about to be put into a world; awaiting it does that.
    Database,
    "database"
);

seed!(
    /// A cluster about to be put into a world; awaiting it does that.
    ///
    /// Aurora if its engine is; any other engine makes a Multi-AZ DB cluster. It gets a writer and
    /// readers named after it unless [`Cluster::members`] says otherwise.
    Cluster,
    "cluster"
);

impl Database<'_> {
    /// In two availability zones.
    pub fn multi_az(self) -> Self {
        self.with("multi_az", true)
    }

    /// Read replicas of it, of the same version, by their identifiers.
    pub fn replicas(self, ids: &[&str]) -> Self {
        self.with("replicas", ids.to_vec())
    }

    /// Allocated storage in GiB.
    pub fn storage(self, gib: u32) -> Self {
        self.with("storage", gib)
    }
}

impl Cluster<'_> {
    /// The identifiers of its instances; the first is the writer.
    pub fn members(self, ids: &[&str]) -> Self {
        self.with("members", ids.to_vec())
    }
}
