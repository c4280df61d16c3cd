//! `/prometheus/api/v1/format_query` and `/prometheus/api/v1/parse_query`.

use axum::extract::State;
use axum::response::Response;

use crate::prometheus::Api;
use crate::prometheus::answer;
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::Params;
use crate::prometheus::store::MetricStore;
use crate::prometheus::tree;
use crate::promql::stack::with_room;
use crate::promql::tree::Expr;
use crate::promql::{ParseOptions, parse, pretty};

/// The longest text that is formatted or shown as a tree, in bytes: a tree takes a hundred times as much.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// An expression, laid out on lines. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/format_query",
    operation_id = "prometheus_format_query",
    tag = "prometheus",
    params(("query" = String, Query, description = "PromQL")),
    responses(
        (status = 200, description = "The text", content_type = "application/json"),
        (status = 400, description = "It is not PromQL (`bad_data`)"),
    )
)]
pub async fn format_query<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let text = on_tree(&asked.params, &api.about.parse, pretty)?;
    answer::data(&text)
}

/// An expression as a tree. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/parse_query",
    operation_id = "prometheus_parse_query",
    tag = "prometheus",
    params(("query" = String, Query, description = "PromQL")),
    responses(
        (status = 200, description = "Nodes that have a `type`", content_type = "application/json"),
        (status = 400, description = "It is not PromQL (`bad_data`)"),
    )
)]
pub async fn parse_query<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let tree = on_tree(&asked.params, &api.about.parse, |expr| {
        let mut tree = Vec::new();
        tree::write(&mut tree, expr);
        tree
    })?;
    Ok(answer::written(&tree))
}

/// Parses `query` and does what goes down its tree, where there is room for it.
fn on_tree<T: Send>(
    params: &Params,
    options: &ParseOptions,
    work: impl FnOnce(&Expr) -> T + Send,
) -> Result<T, Refusal> {
    let text = params.get("query");
    if text.len() > TEXT_BYTES_MAX {
        let why = format!("the query has {} bytes, the most is {TEXT_BYTES_MAX}", text.len());
        return Err(Refusal::parameter("query", why));
    }
    let expr = parse(text, options).map_err(|error| Refusal::parameter("query", error))?;
    let done = with_room(expr.height(), || work(&expr));
    done.map_err(|error| Refusal::internal(format!("there is no thread for the query: {error}")))
}
