//! `GET /api/v1/graph`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::traces::parse_range;
use super::{ErrorBody, Tenant, json};
use crate::error::QueryError;
use crate::graph::{DEPTH_MAX, Graph, HeldGraph, Scope};
use crate::ledger::{Grouping, WINDOW_NS, WindowRange};
use crate::query::Query;

const START: &str = "now-5m";
const END: &str = "now";
const DEPTH: usize = 1;

/// Which graph, and which part of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GraphParams {
    /// RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`. Default `now-5m`.
    start: Option<String>,
    /// As `start`. Default `now`.
    end: Option<String>,
    /// What a node stands for. Default `service`.
    #[serde(default)]
    #[param(inline)]
    by: Grouping,
    /// Only nodes of this namespace and those that they call or are called by.
    namespace: Option<String>,
    /// Only this node (its id) and what is near it.
    focus: Option<String>,
    /// With `focus`: how many calls away, 1 to 16. Default 1.
    depth: Option<usize>,
}

impl GraphParams {
    fn scope(&self) -> Result<Scope, QueryError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (namespace, focus) = (given(&self.namespace), given(&self.focus));
        if namespace.is_some() && self.by == Grouping::Cluster {
            return Err(QueryError::BadRequest(
                "a cluster is in no namespace: namespace goes with another by".to_owned(),
            ));
        }
        if focus.is_none() && self.depth.is_some() {
            return Err(QueryError::BadRequest("depth goes with focus".to_owned()));
        }
        let depth = self.depth.unwrap_or(DEPTH);
        if !(1..=DEPTH_MAX).contains(&depth) {
            return Err(QueryError::BadRequest(format!("depth is {depth}, it must be from 1 to {DEPTH_MAX}")));
        }
        Ok(Scope { namespace, focus: focus.map(|focus| (focus, depth)) })
    }
}

/// The service graph of a time range: who calls whom, how often, how well and how fast.
#[utoipa::path(
    get,
    path = "/api/v1/graph",
    tag = "graph",
    params(GraphParams, ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "The graph", body = Graph),
        (status = 400, description = "A parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "There is no node to focus on; the message names some like it", body = ErrorBody),
        (status = 422, description = "The graph is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn graph(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    params: Result<Params<GraphParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let scope = params.scope()?;
    let range = window_range(params.start.as_deref(), params.end.as_deref(), query.now_ns())?;
    let whole = query.graph(&tenant, range, params.by).await?;
    let whole = whole.try_map(|HeldGraph { graph, memory }| Ok(HeldGraph { graph: scope.cut(graph)?, memory }))?;
    json(&whole.value.graph)
}

/// The range of a question, in whole windows; the last five minutes when it gives none.
pub(super) fn window_range(start: Option<&str>, end: Option<&str>, now_ns: i64) -> Result<WindowRange, QueryError> {
    let range = parse_range(start.unwrap_or(START), end.unwrap_or(END), now_ns)?;
    Ok(WindowRange::around(range, WINDOW_NS))
}
