//! `/prometheus/api/v1/query` and `/prometheus/api/v1/query_range`.

use axum::extract::State;
use axum::response::Response;

use crate::prometheus::Api;
use crate::prometheus::answer::{self, Statistics};
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::Params;
use crate::prometheus::store::{MetricStore, Question};
use crate::promql::engine::{Cancel, Range};

/// Evaluates an expression at one time. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/query",
    operation_id = "prometheus_query",
    tag = "prometheus",
    params(
        ("query" = String, Query, description = "PromQL"),
        ("time" = Option<String>, Query, description = "Unix seconds or RFC 3339. Default: now"),
        ("timeout" = Option<String>, Query, description = "How long it may take: seconds, or a duration such as `30s`"),
        ("limit" = Option<usize>, Query, description = "At most this many series; 0: all"),
        ("lookback_delta" = Option<String>, Query, description = "How long a series has its last value"),
        ("stats" = Option<String>, Query, description = "Anything: the answer says what it took"),
    ),
    responses(
        (status = 200, description = "`resultType`, `result` and notices", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
        (status = 422, description = "The expression cannot be evaluated (`execution`)"),
        (status = 503, description = "It took too long (`timeout`), or the server is busy or starting (`unavailable`)"),
    )
)]
pub async fn instant<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let time_ms = asked.params.time_or("time", api.store.now_ms())?;
    answer(&api, &asked, Range::Instant(time_ms)).await
}

/// Evaluates an expression at the steps of a range. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/query_range",
    operation_id = "prometheus_query_range",
    tag = "prometheus",
    params(
        ("query" = String, Query, description = "PromQL"),
        ("start" = String, Query, description = "Unix seconds or RFC 3339"),
        ("end" = String, Query, description = "Unix seconds or RFC 3339, inclusive"),
        ("step" = String, Query, description = "Seconds, or a duration such as `15s`; at most 11,000 steps"),
        ("timeout" = Option<String>, Query, description = "How long it may take: seconds, or a duration such as `30s`"),
        ("limit" = Option<usize>, Query, description = "At most this many series; 0: all"),
        ("lookback_delta" = Option<String>, Query, description = "How long a series has its last value"),
        ("stats" = Option<String>, Query, description = "Anything: the answer says what it took"),
    ),
    responses(
        (status = 200, description = "`resultType`, `result` and notices", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
        (status = 422, description = "The expression cannot be evaluated (`execution`)"),
        (status = 503, description = "It took too long (`timeout`), or the server is busy or starting (`unavailable`)"),
    )
)]
pub async fn range<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let range = asked.params.steps()?;
    answer(&api, &asked, range).await
}

async fn answer<S: MetricStore>(api: &Api<S>, asked: &Asked<S>, range: Range) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    let limit = params.limit()?;
    let until = Watched(Cancel::default());
    let question = question(params, range, until.0.clone())?;
    let answered = api.store.query(tenant, question).await?;
    Ok(answer::query(answered, params.get("query"), limit, statistics(params)))
}

fn question(params: &Params, range: Range, cancel: Cancel) -> Result<Question, Refusal> {
    Ok(Question {
        text: params.get("query").to_owned(),
        range,
        lookback_ms: params.lookback_ms()?,
        timeout: params.timeout()?,
        cancel,
    })
}

fn statistics(params: &Params) -> Statistics {
    if params.get("stats").is_empty() { Statistics::Hidden } else { Statistics::Shown }
}

/// Cancels when it is dropped: with the future of a handler whose client has gone.
struct Watched(Cancel);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
