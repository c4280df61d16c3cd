//! `/prometheus/api/v1/series`.

use axum::extract::State;
use axum::response::Response;

use crate::prometheus::Api;
use crate::prometheus::answer::{self, json};
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::store::MetricStore;

/// The labels of series. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/series",
    operation_id = "prometheus_series",
    tag = "prometheus",
    params(
        ("match[]" = Vec<String>, Query, description = "Selectors: series that one of them matches"),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339, inclusive"),
        ("limit" = Option<usize>, Query, description = "At most this many; 0: all"),
    ),
    responses(
        (status = 200, description = "Objects of labels, sorted", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn series<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    if params.all("match[]").next().is_none() {
        return Err(Refusal::bad_data("no match[] parameter provided"));
    }
    let sought = params.sought(|why| Refusal::parameter("match[]", why))?;
    let series = api.store.series(&tenant, sought).await?;
    Ok(answer::list(series, params.results_max()?, json::labels))
}
