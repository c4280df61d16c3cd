//! The server about itself: health, readiness, metrics, status, and the description of its API.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;
use serde::Serialize;
use spanloom_store::{Store, Tenants};
use tokio::sync::watch;
use utoipa::{OpenApi, ToSchema};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the routes answer from.
#[derive(Clone)]
pub struct Health {
    pub store: Store,
    pub tenants: Arc<Tenants>,
    /// Whether queries see what windows were open before the last stop.
    pub has_ledger: Arc<AtomicBool>,
    pub registry: Arc<Registry>,
    pub started: SystemTime,
    /// Where the server listens; empty until it does.
    pub listeners: Arc<[ListenerItem]>,
    pub stopping: watch::Receiver<bool>,
}

/// State of a server.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    version: &'static str,
    /// Whether the log is replayed and requests are taken.
    ready: bool,
    /// RFC 3339.
    #[schema(example = "2026-01-01T00:00:00Z")]
    started: String,
    tenants: Vec<String>,
    #[schema(value_type = Vec<ListenerItem>)]
    listeners: Arc<[ListenerItem]>,
}

/// A port of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListenerItem {
    pub protocol: ListenerProtocol,
    /// Host and port, as the server knows them: behind a proxy or in a container others may need another address.
    #[schema(value_type = String, example = "127.0.0.1:4317")]
    pub address: SocketAddr,
    pub tls: bool,
    /// Whether requests need a bearer token.
    pub token: bool,
}

/// What a port takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListenerProtocol {
    OtlpGrpc,
    OtlpHttp,
    Zipkin,
    Api,
}

/// The part of the API's description that is this module's.
#[derive(OpenApi)]
#[openapi(paths(healthy, ready, metrics, status, openapi))]
struct ApiDoc;

/// The whole API's description: ours and that of every crate.
pub fn api_doc() -> utoipa::openapi::OpenApi {
    let mut doc = ApiDoc::openapi();
    doc.merge(spanloom_collector::ApiDoc::openapi());
    doc.merge(spanloom_query::ApiDoc::openapi());
    doc.info.title = "Spanloom".to_owned();
    doc.info.version = VERSION.to_owned();
    doc.info.description = Some("What the API port of a Spanloom server answers.".to_owned());
    doc
}

impl Health {
    fn is_ready(&self) -> bool {
        self.store.is_ready() && self.has_ledger.load(Ordering::Acquire)
    }

    /// Routes that need no token: a load balancer has none.
    pub fn open_router(&self) -> Router {
        Router::new().route("/-/healthy", get(healthy)).route("/-/ready", get(ready)).with_state(self.clone())
    }

    pub fn api_router(&self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/api/v1/status", get(status))
            .route("/api/v1/openapi.json", get(openapi))
            .with_state(self.clone())
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// The process lives.
#[utoipa::path(get, path = "/-/healthy", tag = "health", responses((status = 200, body = str)))]
async fn healthy() -> &'static str {
    "healthy\n"
}

/// The server takes requests and answers questions.
#[utoipa::path(
    get,
    path = "/-/ready",
    tag = "health",
    responses((status = 200, body = str), (status = 503, description = "Still replaying, or stopping", body = str))
)]
async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    if health.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if health.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "replaying the log\n")
    }
}

/// The server's own metrics, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = str)))]
async fn metrics(State(health): State<Health>) -> Response {
    let mut text = String::new();
    match prometheus_text::encode(&mut text, &health.registry) {
        Ok(()) => ([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response(),
        // Only a metric that refuses to be written can fail; the text itself cannot.
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Version, readiness, tenants and addresses.
#[utoipa::path(get, path = "/api/v1/status", tag = "status", responses((status = 200, body = Status)))]
async fn status(State(health): State<Health>) -> axum::Json<Status> {
    axum::Json(Status {
        version: VERSION,
        ready: health.is_ready() && !health.is_stopping(),
        started: humantime::format_rfc3339_millis(health.started).to_string(),
        tenants: health.tenants.known().iter().map(ToString::to_string).collect(),
        listeners: health.listeners,
    })
}

/// This document.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "status",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
async fn openapi() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(api_doc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_covers_every_crate() {
        let doc = api_doc();
        for path in [
            "/-/ready",
            "/api/v1/status",
            "/api/v1/ingest",
            "/api/v1/sql",
            "/api/v1/traces",
            "/api/v1/traces/{id}/critical-path",
            "/api/v1/graph",
            "/api/v1/stream",
            "/api/v1/services",
            "/api/v1/services/{namespace}/{name}/calls",
            "/tempo/api/echo",
        ] {
            assert!(doc.paths.paths.contains_key(path), "{path} is not described");
        }
        assert_eq!(doc.info.version, VERSION);
        assert!(doc.to_pretty_json().unwrap().contains("\"openapi\": \"3.1"));
    }

    /// A reference to nothing makes clients that cannot be generated.
    #[test]
    fn everything_that_the_description_refers_to_is_in_it() {
        let doc = api_doc();
        let schemas = doc.components.as_ref().unwrap().schemas.clone();
        let text = doc.to_json().unwrap();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name} is not described");
        }
    }

    /// Clients name their functions and types by them.
    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let doc = serde_json::to_value(api_doc()).unwrap();
        let paths = doc["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|path| path.as_object().unwrap().values());
        let mut names = std::collections::HashSet::new();
        for name in operations.filter_map(|operation| operation["operationId"].as_str()) {
            assert!(names.insert(name), "two operations are called {name}");
        }
        assert!(names.len() > 10, "{names:?}");
    }

    /// The UI's client is generated from a copy of the description; `make api` renews it.
    #[test]
    fn the_ui_was_made_for_this_description() {
        let copy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/openapi.json");
        let Ok(copy) = std::fs::read_to_string(copy) else { return eprintln!("skipped: there is no ui/openapi.json") };
        let copy: serde_json::Value = serde_json::from_str(&copy).unwrap();
        assert!(
            copy == serde_json::to_value(api_doc()).unwrap(),
            "ui/openapi.json is not that of today: run `make api`"
        );
    }
}
