//! What the server says of itself as Tempo does: for Grafana's test of a data source, older Grafana, and Kiali.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::tempo::{TextError, json_body};
use crate::query::Query;

/// The Tempo whose API and language are spoken; clients choose what to ask by it.
const SPOKEN_VERSION: &str = "3.0.0";
const REVISION: &str = concat!("spanloom-", env!("CARGO_PKG_VERSION"));
const TEXT: &str = "text/plain; charset=utf-8";

/// Not wrapped into anything, unlike Prometheus'.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TempoBuildInfo {
    /// Of the Tempo that is spoken.
    version: &'static str,
    /// Our own.
    revision: &'static str,
    branch: &'static str,
    build_user: &'static str,
    build_date: &'static str,
    /// Of the compiler.
    go_version: &'static str,
}

/// Grafana's test of the data source.
#[utoipa::path(
    get,
    path = "/tempo/api/echo",
    tag = "tempo",
    responses((status = 200, description = "`echo`", body = String, content_type = "text/plain"))
)]
pub(super) async fn echo() -> &'static str {
    "echo\n"
}

/// Which Tempo is spoken, and who speaks.
#[utoipa::path(
    get,
    path = "/tempo/api/status/buildinfo",
    operation_id = "tempo_buildinfo",
    tag = "tempo",
    responses((status = 200, description = "As Tempo has it", body = TempoBuildInfo))
)]
pub(super) async fn buildinfo() -> Result<Response, TextError> {
    json_body(&TempoBuildInfo {
        version: SPOKEN_VERSION,
        revision: REVISION,
        branch: "",
        build_user: "",
        build_date: "",
        go_version: "rust",
    })
}

/// The state of the server's parts, as text for people. Kiali reads the status of the answer.
#[utoipa::path(
    get,
    path = "/tempo/status/services",
    operation_id = "tempo_services",
    tag = "tempo",
    responses((status = 200, description = "A line for each part", body = String, content_type = "text/plain"))
)]
pub(super) async fn services(State(query): State<Query>) -> Response {
    // Until the log is replayed nothing is stored or answered.
    let state = if query.store().is_ready() { "Running" } else { "Starting" };
    ([(CONTENT_TYPE, TEXT)], table(&[("store", state), ("query", state)])).into_response()
}

fn table(services: &[(&str, &str)]) -> String {
    let line =
        |name: &str, state: &str, failure: &str| format!("{name:<15} {state:<10} {failure}").trim_end().to_owned();
    let mut lines = vec![line("SERVICE NAME", "STATUS", "FAILURE CASE")];
    lines.extend(services.iter().map(|(name, state)| line(name, state, "")));
    lines.join("\n") + "\n"
}
