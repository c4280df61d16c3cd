//! `GET /api/v1/services`, and `/signals` and `/calls` of one.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::graph::window_range;
use super::{ErrorBody, Tenant, json};
use crate::error::QueryError;
use crate::graph::NodeItem;
use crate::ledger::{Grouping, Kind, WindowRange};
use crate::query::{Query, Stepped};
use crate::signals::{CallLists, STEP_MIN, STEPS_MAX, Signals, step_for};
use crate::trace::TimeRange;

const STEP_MAX_NS: i64 = 365 * 24 * spanloom_store::time::HOUR_NS;
/// Stands for no namespace, or no name, in a path.
const NONE: &str = "_";

/// When.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ServicesParams {
    /// RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`. Default `now-5m`.
    start: Option<String>,
    /// As `start`. Default `now`.
    end: Option<String>,
}

/// The services of a range.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServiceList {
    /// Names the picture. Opaque; equal texts are equal pictures of one question.
    rev: String,
    /// RFC 3339.
    start: String,
    /// RFC 3339.
    end: String,
    /// Nodes of the graph that are services or gateways, sorted by id.
    #[schema(value_type = Vec<NodeItem>)]
    services: Vec<Arc<NodeItem>>,
}

/// The services that had calls in a range, with the numbers that they have in the graph.
#[utoipa::path(
    get,
    path = "/api/v1/services",
    tag = "graph",
    params(ServicesParams, ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "The services", body = ServiceList),
        (status = 400, description = "A parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 422, description = "The graph is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn services(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    params: Result<Params<ServicesParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let range = window_range(params.start.as_deref(), params.end.as_deref(), query.now_ns())?;
    let answer = query.graph(&tenant, range, Grouping::Service).await?;
    let graph = &answer.value.graph;
    let is_service = |node: &&Arc<NodeItem>| matches!(node.kind, Kind::Service | Kind::Gateway);
    json(&ServiceList {
        rev: graph.rev.clone(),
        start: graph.start.clone(),
        end: graph.end.clone(),
        services: graph.nodes.iter().filter(is_service).cloned().collect(),
    })
}

/// When, and how finely.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SignalsParams {
    /// RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`. Default `now-5m`.
    start: Option<String>,
    /// As `start`. Default `now`.
    end: Option<String>,
    /// Length of a step, as in `30s`: a multiple of 10 s, and at most 1000 steps. Default a round one that makes at most 120.
    step: Option<String>,
}

impl SignalsParams {
    /// What is asked of the service in a path.
    fn of(&self, namespace: String, name: String, now_ns: i64) -> Result<Stepped, QueryError> {
        let (range, step_ns) = self.steps(now_ns)?;
        Ok(Stepped { namespace: given(namespace), name: given(name), range, step_ns })
    }

    /// The range in whole steps, and the length of a step.
    fn steps(&self, now_ns: i64) -> Result<(WindowRange, i64), QueryError> {
        let range = window_range(self.start.as_deref(), self.end.as_deref(), now_ns)?;
        let step_ns = match &self.step {
            None => step_for(range.length_ns()),
            Some(text) => parse_step(text)?,
        };
        let range = TimeRange { start_ns: range.start_ns, end_ns: range.end_ns };
        let whole = WindowRange::around(range, step_ns);
        let steps = whole.length_ns() / step_ns;
        if steps > STEPS_MAX {
            return Err(QueryError::BadRequest(format!(
                "step: the range has {steps} of them, the most is {STEPS_MAX}"
            )));
        }
        Ok((whole, step_ns))
    }
}

fn parse_step(text: &str) -> Result<i64, QueryError> {
    let step = humantime::parse_duration(text).ok();
    let step = step.filter(|step| !step.is_zero() && step.as_nanos().is_multiple_of(STEP_MIN.as_nanos()));
    let step_ns = step.and_then(|step| i64::try_from(step.as_nanos()).ok()).filter(|step_ns| *step_ns <= STEP_MAX_NS);
    step_ns.ok_or_else(|| {
        let text: String = text.chars().take(64).collect();
        QueryError::BadRequest(format!("step: a step is a multiple of 10 s up to 365 days, as in `30s`, not {text:?}"))
    })
}

/// The golden signals of a service, step by step, and its operations.
#[utoipa::path(
    get,
    path = "/api/v1/services/{namespace}/{name}/signals",
    tag = "graph",
    params(
        ("namespace" = String, Path, description = "`_` for none"),
        ("name" = String, Path, description = "The service, as `name` in the graph, `_` for none. Without a namespace also \
            `database:…`, `queue:…`, `external:…`"),
        SignalsParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The signals", body = Signals),
        (status = 400, description = "A parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such service in the range; the message names some like it", body = ErrorBody),
        (status = 422, description = "The calls are too many for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn signals(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path((namespace, name)): Path<(String, String)>,
    params: Result<Params<SignalsParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let answer = query.signals(&tenant, params.of(namespace, name, query.now_ns())?).await?;
    json(&answer.value)
}

/// Who calls a service and whom it calls: its edges in the graph, each with a series.
#[utoipa::path(
    get,
    path = "/api/v1/services/{namespace}/{name}/calls",
    tag = "graph",
    params(
        ("namespace" = String, Path, description = "`_` for none"),
        ("name" = String, Path, description = "As in `/signals`"),
        SignalsParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The calls", body = CallLists),
        (status = 400, description = "A parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such service in the range; the message names some like it", body = ErrorBody),
        (status = 422, description = "The calls are too many for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn calls(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path((namespace, name)): Path<(String, String)>,
    params: Result<Params<SignalsParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let answer = query.calls(&tenant, params.of(namespace, name, query.now_ns())?).await?;
    json(&answer.value)
}

/// A part of the path; none where it says so.
fn given(name: String) -> Option<String> {
    (name != NONE).then_some(name)
}
