//! `/prometheus/-/healthy` and `/prometheus/-/ready`.

use axum::extract::State;
use axum::http::StatusCode;

use crate::prometheus::Api;
use crate::prometheus::store::MetricStore;

/// Says that the server answers.
#[utoipa::path(
    get,
    path = "/prometheus/-/healthy",
    operation_id = "prometheus_healthy",
    tag = "prometheus",
    responses((status = 200, description = "It does", content_type = "text/plain"))
)]
pub async fn healthy() -> &'static str {
    "Spanloom is healthy.\n"
}

/// Says whether answers are complete.
#[utoipa::path(
    get,
    path = "/prometheus/-/ready",
    operation_id = "prometheus_ready",
    tag = "prometheus",
    responses(
        (status = 200, description = "They are", content_type = "text/plain"),
        (status = 503, description = "They are not yet, or no longer; why, as text", content_type = "text/plain"),
    )
)]
pub async fn ready<S: MetricStore>(State(api): State<Api<S>>) -> (StatusCode, String) {
    match api.store.ready() {
        Ok(()) => (StatusCode::OK, "Spanloom is ready.\n".to_owned()),
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")),
    }
}
