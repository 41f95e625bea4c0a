//! The bot's own HTTP server: health, metrics, and the routes the platforms bring.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use futures_util::FutureExt;

use crate::health::Health;
use crate::metrics::Metrics;
use crate::panics;

/// Says how each part of the bot is doing, by its name (`slack`, `store`). Asked at every probe: it must be quick.
pub type HealthSource = Arc<dyn Fn() -> BTreeMap<&'static str, Health> + Send + Sync>;

#[derive(Clone)]
struct Shown {
    health: HealthSource,
    metrics: Metrics,
}

/// All routes: `/health/live` (200 while the process answers), `/health/ready` (200, or 503 when a part is not well),
/// `/metrics`, and `platforms`. A handler that panics answers 500 and harms nobody else.
pub fn router(health: HealthSource, metrics: Metrics, platforms: Router) -> Router {
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(counted))
        .with_state(Shown { health, metrics })
        .merge(platforms)
        .fallback(async || (StatusCode::NOT_FOUND, "There is nothing here.\n"))
        .layer(middleware::from_fn(survive))
}

async fn ready(State(shown): State<Shown>) -> Response {
    let parts = (shown.health)();
    let status = if parts.values().all(|part| part.ok) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(parts)).into_response()
}

async fn counted(State(shown): State<Shown>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], shown.metrics.text())
}

async fn survive(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(path, panic = panics::words(&*panic), "a request handler panicked");
            (StatusCode::INTERNAL_SERVER_ERROR, "Something broke here.\n").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn serve(ok: bool) -> String {
        let health: HealthSource =
            Arc::new(move || BTreeMap::from([("slack", Health { ok, words: "2 of 2 connections".to_owned() })]));
        let broken = Router::new().route(
            "/broken",
            get(async || {
                if true {
                    panic!("oh")
                }
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = router(health, Metrics::new(), broken);
        tokio::spawn(async move { axum::serve(listener, router).await });
        base
    }

    async fn status(base: &str, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{base}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn health_says_which_part_is_not_well() {
        let (well, unwell) = (serve(true).await, serve(false).await);
        assert_eq!(status(&well, "/health/ready").await.0, 200);
        let said = r#"{"slack":{"ok":false,"words":"2 of 2 connections"}}"#;
        assert_eq!(status(&unwell, "/health/ready").await, (503, said.to_owned()));
        assert_eq!(status(&unwell, "/health/live").await, (200, "live\n".to_owned()));
    }

    #[tokio::test]
    async fn a_panic_is_one_answer_and_an_unknown_path_another() {
        let base = serve(true).await;
        assert_eq!(status(&base, "/broken").await.0, 500);
        assert_eq!(status(&base, "/else").await, (404, "There is nothing here.\n".to_owned()));
        let (ok, text) = status(&base, "/metrics").await;
        assert!(ok == 200 && text.ends_with("# EOF\n"), "{text}");
    }
}
