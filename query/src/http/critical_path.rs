//! `GET /api/v1/traces/{id}/critical-path`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;

use super::traces::{ByIdParams, no_trace, parse_id};
use super::{ErrorBody, Tenant, json};
use crate::error::QueryError;
use crate::query::Query;
use crate::trace::critical::CriticalPath;

/// The critical path of a trace: which parts of which spans made its root last as long as it did.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/critical-path",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        ByIdParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The critical path", body = CriticalPath),
        (status = 400, description = "The id is not one, or a parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace", body = ErrorBody),
        (status = 422, description = "The trace is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn critical_path(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(&id)?;
    let answer = query.critical_path(&tenant, id, params.range(query.now_ns())?).await?;
    let held = answer.try_map(|held| held.ok_or_else(|| no_trace(id)))?;
    json(&held.value.answer)
}
