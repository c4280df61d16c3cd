//! `POST /api/v1/sql`: rows as JSON or as an Arrow IPC stream, written as they are sent.

use std::iter::once;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ErrorBody, Tenant, body};
use crate::error::QueryError;
use crate::query::{Query, SqlAnswer};
use crate::sql;

/// JSON may escape every character of the longest text.
pub(super) const BODY_BYTES_MAX: usize = 6 * sql::TEXT_BYTES_MAX + 1024;
const ARROW_STREAM: &str = "application/vnd.apache.arrow.stream";

/// A SQL question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SqlRequest {
    /// One read-only statement.
    #[schema(example = "select service_name, count(*) from spans group by 1")]
    query: String,
}

/// The rows of a SQL answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SqlResponse {
    columns: Vec<sql::Column>,
    /// A list of cells per row. Integers beyond 2^53 are strings.
    rows: Vec<Vec<serde_json::Value>>,
    row_count: usize,
}

/// Runs a read-only SQL statement on the tables `spans` and `traces`.
#[utoipa::path(
    post,
    path = "/api/v1/sql",
    tag = "sql",
    params(("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    request_body = SqlRequest,
    responses(
        (status = 200, description = "The rows", content(
            (SqlResponse = "application/json"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"),
        )),
        (status = 400, description = "Not a read-only query, with the position where known", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 413, description = "The text is too long", body = ErrorBody),
        (status = 422, description = "The query needs more memory than it may have", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn run(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    request: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, QueryError> {
    let request = request.map_err(|rejection| match rejection.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => QueryError::TooLarge(rejection.body_text()),
        _ => QueryError::BadRequest(rejection.body_text()),
    })?;
    let request: SqlRequest = serde_json::from_slice(&request)
        .map_err(|error| QueryError::BadRequest(format!("the body is not {{\"query\": \"...\"}}: {error}")))?;
    let answer = query.sql(&tenant, &request.query).await?;
    if wants_arrow(&headers) { arrow_response(answer) } else { json_response(answer) }
}

fn wants_arrow(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains(ARROW_STREAM)))
}

/// Rows written as they are sent; the answer's turn and memory are held until the end. A value that cannot be written
/// cuts the body short, so that no client takes a part for the whole.
fn json_response(answer: SqlAnswer) -> Result<Response, QueryError> {
    let columns =
        serde_json::to_string(&sql::columns(answer.schema())).map_err(|e| QueryError::Internal(e.to_string()))?;
    let head = format!("{{\"columns\":{columns},\"rows\":[");
    let tail = format!("],\"row_count\":{}}}", answer.row_count());
    let mut separator = "";
    let mut batches = 0..answer.batches().len();
    let rows = std::iter::from_fn(move || {
        let part = json_rows(&answer.batches()[batches.next()?], separator);
        if part.as_ref().is_ok_and(|part| !part.is_empty()) {
            separator = ",";
        }
        Some(part)
    });
    let parts = once(Ok(head.into_bytes())).chain(rows).chain(once(Ok(tail.into_bytes())));
    Ok(body("application/json", Body::from_stream(stream::iter(parts.map(|part| part.map(Bytes::from))))))
}

/// The rows of a batch, the first preceded by `separator` and the others by a comma.
fn json_rows(batch: &RecordBatch, mut separator: &str) -> Result<Vec<u8>, ArrowError> {
    let mut part = Vec::new();
    for i in 0..batch.num_rows() {
        part.extend_from_slice(separator.as_bytes());
        serde_json::to_writer(&mut part, &sql::row(batch, i)?)
            .map_err(|error| ArrowError::JsonError(error.to_string()))?;
        separator = ",";
    }
    Ok(part)
}

fn arrow_response(answer: SqlAnswer) -> Result<Response, QueryError> {
    let failed = |error: ArrowError| QueryError::Internal(error.to_string());
    let mut writer = StreamWriter::try_new(Vec::new(), answer.schema()).map_err(failed)?;
    for batch in answer.batches() {
        writer.write(batch).map_err(failed)?;
    }
    Ok(body(ARROW_STREAM, writer.into_inner().map_err(failed)?))
}
