//! The play API.

use std::sync::Arc;

use axum::Router;

use super::Workspace;

pub(super) fn routes() -> Router<Arc<Workspace>> {
    Router::new()
}
