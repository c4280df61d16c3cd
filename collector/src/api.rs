//! `GET /api/v1/ingest`: who sends what, and what was refused, by reason.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use utoipa::{OpenApi, ToSchema};

use crate::ingest::Ingest;
use crate::metrics::Protocol;
use crate::senders::Unit;

/// The OpenAPI description of this crate's route on the API's port, for the binary to merge.
#[derive(OpenApi)]
#[openapi(paths(ingest))]
pub struct ApiDoc;

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/api/v1/ingest", get(self::ingest)).with_state(ingest)
}

/// What came in since the server started.
#[derive(Debug, Serialize, ToSchema)]
struct IngestReport {
    /// Whoever sent lately, the latest first; at most 1000 are remembered.
    senders: Vec<SenderReport>,
    /// What was refused, the latest first.
    refused: Vec<RefusalReport>,
}

/// A sender: a service by the name that its resource gives, over one protocol.
#[derive(Debug, Serialize, ToSchema)]
struct SenderReport {
    tenant: String,
    protocol: Protocol,
    /// `service.name`; absent if the resource gives none.
    service: Option<String>,
    /// `telemetry.sdk.language`, `.name` and `.version`, as far as the resource gives them.
    sdk: Option<String>,
    /// Spans acknowledged.
    spans: u64,
    /// When the first request came, in nanoseconds since the epoch.
    first_ns: i64,
    /// When the last request came, in nanoseconds since the epoch.
    last_ns: i64,
}

/// Requests, spans or samples that were refused for one reason.
#[derive(Debug, Serialize, ToSchema)]
struct RefusalReport {
    /// Absent for requests of no tenant that exists.
    tenant: Option<String>,
    protocol: Protocol,
    /// Whole requests, or spans and samples of requests that were taken.
    unit: Unit,
    #[schema(example = "undecodable")]
    reason: &'static str,
    count: u64,
    /// When it happened last, in nanoseconds since the epoch.
    last_ns: i64,
    /// What was said then.
    message: String,
}

/// Who sends what, and what was refused and why.
#[utoipa::path(
    get,
    path = "/api/v1/ingest",
    tag = "status",
    params(("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "Since the server started", body = IngestReport),
        (status = 401, description = "The tenant is not allowed"),
    )
)]
async fn ingest(State(ingest): State<Arc<Ingest>>, headers: HeaderMap) -> Response {
    let tenant = match ingest.tenant(&headers) {
        Ok(tenant) => tenant,
        Err(refusal) => {
            let body = json!({ "error": { "code": "unauthorized", "message": refusal.to_string() } });
            return (refusal.status(), Json(body)).into_response();
        }
    };
    let mut senders = ingest.senders().of(&tenant);
    senders.sort_by_key(|(_, _, sent)| -sent.last_ns);
    let mut refused = ingest.senders().refused_to(&tenant);
    refused.sort_by_key(|(_, count)| -count.last_ns);
    let sender =
        |(protocol, sender, sent): (Protocol, crate::otlp::decoded::Sender, crate::senders::Sent)| SenderReport {
            tenant: tenant.to_string(),
            protocol,
            service: sender.service,
            sdk: sender.sdk,
            spans: sent.spans,
            first_ns: sent.first_ns,
            last_ns: sent.last_ns,
        };
    let refusal = |(key, count): (crate::senders::RefusalKey, crate::senders::RefusalCount)| RefusalReport {
        tenant: key.tenant.map(|tenant| tenant.to_string()),
        protocol: key.protocol,
        unit: key.unit,
        reason: key.reason,
        count: count.count,
        last_ns: count.last_ns,
        message: count.message,
    };
    let senders = senders.into_iter().map(sender).collect();
    let refused = refused.into_iter().map(refusal).collect();
    Json(IngestReport { senders, refused }).into_response()
}
