//! The receiver of remote write: `POST /api/v1/write`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use spanloom_store::TenantId;

use super::{Written, version};
use crate::ingest::{Ingest, SampleRequest};
use crate::metrics::Protocol;
use crate::refusal::Refusal;
use crate::{body, headers};

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/api/v1/write", post(write)).with_state(ingest)
}

async fn write(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let tenant = ingest.tenant(&parts.headers);
    match take(&ingest, &parts, &mut body, tenant.clone()).await {
        Ok((written, refused)) => answer(written, refused),
        Err(refusal) => {
            ingest.refuse(Protocol::RemoteWrite, tenant.as_ref().ok(), &refusal);
            body::drain(body, &refusal).await;
            let mut response = (refusal.status(), format!("{refusal}\n")).into_response();
            headers::add_retry_after(&mut response, &refusal);
            response
        }
    }
}

async fn take(
    ingest: &Ingest,
    parts: &Parts,
    body: &mut Body,
    tenant: Result<TenantId, Refusal>,
) -> Result<(Written, Option<String>), Refusal> {
    let tenant = tenant?;
    let version = version(&text(&parts.headers, CONTENT_TYPE), &text(&parts.headers, CONTENT_ENCODING))?;
    let mut memory = ingest.memory();
    let payload = body::read(&parts.headers, body, ingest.request_bytes_max(), &mut memory).await?;
    let request = SampleRequest { protocol: Protocol::RemoteWrite, tenant, payload, memory };
    let (written, _, refusal) = ingest.take_remote_write(request, version).await?;
    Ok((written, refusal))
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// What was written is written, also where something was refused: 400 tells the sender not to send that again.
fn answer(written: Written, refused: Option<String>) -> Response {
    let mut response = match refused {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(refused) => (StatusCode::BAD_REQUEST, format!("{refused}\n")).into_response(),
    };
    for (name, count) in written.headers() {
        response.headers_mut().insert(name, count.into());
    }
    response
}
