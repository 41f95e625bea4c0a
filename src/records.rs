//! Read access to the records, as commands are given it.

use std::sync::Arc;

use async_trait::async_trait;
use commands::context::Records;
use commands::records::{
    AlertHead, AlertId, AlertRecord, AuditPage, AuditQuery, ChangeId, ChangeRecord, Entry, Freeze, Override, Status, Swap,
    SwapId, Verification,
};
use commands::{Error, Result};

use crate::alerts;
use crate::host::read;
use crate::store::{Key, Kind, Row, Store, Which};

/// The records, to read.
pub struct Ledger(pub Arc<dyn Store>);

fn broken(doing: &str) -> impl Fn(crate::store::ReadError) -> Error {
    move |cause| Error::internal(doing, cause)
}

fn all<T: serde::de::DeserializeOwned>(rows: &[Row]) -> Result<Vec<T>> {
    rows.iter().map(|row| read(row).map_err(|cause| Error::internal("reading the records", cause))).collect()
}

#[async_trait]
impl Records for Ledger {
    async fn change(&self, id: ChangeId) -> Result<Option<ChangeRecord>> {
        let row = self.0.get(&Key::numbered(Kind::Change, id.0)).await.map_err(broken("looking for a change"))?;
        Ok(all(row.as_slice())?.pop())
    }

    async fn changes(&self, limit: usize) -> Result<Vec<ChangeRecord>> {
        all(&self.0.newest(Kind::Change, limit).await.map_err(broken("listing changes"))?)
    }

    async fn open_changes(&self) -> Result<Vec<ChangeRecord>> {
        let mut open: Vec<ChangeRecord> = all(&self.0.pending(Kind::Change).await.map_err(broken("listing open changes"))?)?;
        open.retain(|change| change.is_unreviewed() || !matches!(change.status, Status::Ended { .. }));
        open.sort_by_key(|change| change.id);
        Ok(open)
    }

    async fn freezes(&self) -> Result<Vec<Freeze>> {
        all(&self.0.newest(Kind::Freeze, usize::MAX).await.map_err(broken("listing freezes"))?)
    }

    async fn alert(&self, id: AlertId) -> Result<Option<AlertRecord>> {
        let row = self.0.get(&Key::numbered(Kind::Alert, id.0)).await.map_err(broken("looking for an alert"))?;
        Ok(all(row.as_slice())?.pop())
    }

    async fn alerts(&self, limit: usize) -> Result<Vec<AlertHead>> {
        alerts::heads(&*self.0, Which::Newest(limit)).await.map_err(broken("listing alerts"))
    }

    async fn overrides(&self) -> Result<Vec<Override>> {
        all(&self.0.newest(Kind::Override, usize::MAX).await.map_err(broken("listing who stands in"))?)
    }

    async fn swap(&self, id: SwapId) -> Result<Option<Swap>> {
        let row = self.0.get(&Key::numbered(Kind::Swap, id.0)).await.map_err(broken("looking for a swap"))?;
        Ok(all(row.as_slice())?.pop())
    }

    async fn swaps(&self, limit: usize) -> Result<Vec<Swap>> {
        all(&self.0.newest(Kind::Swap, limit).await.map_err(broken("listing swaps"))?)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage> {
        self.0.audit(query).await.map_err(broken("searching the audit log"))
    }

    async fn entry(&self, number: u64) -> Result<Option<Entry>> {
        self.0.entry(number).await.map_err(broken("reading the audit log"))
    }

    async fn verify(&self) -> Result<Verification> {
        self.0.verify().await.map_err(broken("verifying the audit log"))
    }
}
