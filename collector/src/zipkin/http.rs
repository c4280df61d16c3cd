//! Zipkin's receiver: `POST /api/v2/spans`, a list of spans as JSON, compressed or not.
//! Source: the Zipkin project's OpenAPI description.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use spanloom_store::TenantId;

use crate::codes::{Content, Encoding, Kind};
use crate::ingest::{self, Ingest};
use crate::metrics::Protocol;
use crate::otlp::decoded::Refused;
use crate::refusal::Refusal;
use crate::{body, headers};

const JSON: &str = "application/json";
/// Whom the refusal of another content type helps: who sends Thrift, or protobuf.
const TAKEN: &str = "application/json: spans are taken as Zipkin v2 JSON";
const OLD_VERSION: &str =
    "spans of Zipkin v1, JSON or Thrift, are not taken: send Zipkin v2 JSON to POST /api/v2/spans";

/// The routes, for a port that has others.
pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/api/v2/spans", post(spans)).route("/api/v1/spans", post(old_version)).with_state(ingest)
}

/// The routes of a port that has nothing else, and says so.
pub fn port_router(ingest: Arc<Ingest>) -> Router {
    router(ingest).fallback(not_found)
}

async fn spans(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let tenant = ingest.tenant(&parts.headers);
    match take(&ingest, &parts.headers, &mut body, tenant.clone()).await {
        // Zipkin has no words for spans that were refused among others; they are counted, `/api/v1/ingest` tells.
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => refuse(&ingest, tenant.ok(), &refusal, body).await,
    }
}

async fn take(
    ingest: &Ingest,
    headers: &HeaderMap,
    body: &mut Body,
    tenant: Result<TenantId, Refusal>,
) -> Result<Refused, Refusal> {
    let tenant = tenant?;
    if !headers::is_content_type(headers, JSON) {
        return Err(headers::wrong_content_type(headers, TAKEN));
    }
    let encoding = Encoding { content: Content::Json, compression: headers::compression(headers)? };
    let mut memory = ingest.memory();
    let payload = body::read(headers, body, ingest.request_bytes_max(), &mut memory).await?;
    let (protocol, kind) = (Protocol::ZipkinJson, Kind::ZipkinSpans);
    ingest.take(ingest::Request { protocol, tenant, kind, encoding, payload, memory }).await
}

async fn old_version(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let tenant = ingest.tenant(&parts.headers);
    refuse(&ingest, tenant.ok(), &Refusal::OldVersion(OLD_VERSION), body).await
}

/// Counts a refused request and tells why, as text.
async fn refuse(ingest: &Ingest, tenant: Option<TenantId>, refusal: &Refusal, body: Body) -> Response {
    ingest.refuse(Protocol::ZipkinJson, tenant.as_ref(), refusal);
    body::drain(body, refusal).await;
    let mut response = (refusal.status(), format!("{refusal}\n")).into_response();
    headers::add_retry_after(&mut response, refusal);
    response
}

async fn not_found(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let text = format!("there is no {method} {path} here: this port takes Zipkin v2 JSON at POST /api/v2/spans\n");
    (StatusCode::NOT_FOUND, text).into_response()
}

#[cfg(test)]
mod tests;
