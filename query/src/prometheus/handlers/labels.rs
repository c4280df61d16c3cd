//! `/prometheus/api/v1/labels` and `/prometheus/api/v1/label/{name}/values`.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::prometheus::Api;
use crate::prometheus::answer::{self, json};
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::label::unescaped;
use crate::prometheus::store::MetricStore;
use crate::promql::quote::quoted;

/// The names of labels. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/labels",
    operation_id = "prometheus_labels",
    tag = "prometheus",
    params(
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors: of series that one of them matches"),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339, inclusive"),
        ("limit" = Option<usize>, Query, description = "At most this many; 0: all"),
    ),
    responses(
        (status = 200, description = "Names, sorted", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn names<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    let names = api.store.label_names(&tenant, params.sought(Refusal::bad_data)?).await?;
    Ok(answer::list(names, params.results_max()?, |out, name| json::string(out, name)))
}

/// The values of a label.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/label/{name}/values",
    operation_id = "prometheus_label_values",
    tag = "prometheus",
    params(
        ("name" = String, Path, description = "The label; `U__http_2e_status` is `http.status`"),
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors: of series that one of them matches"),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339, inclusive"),
        ("limit" = Option<usize>, Query, description = "At most this many; 0: all"),
    ),
    responses(
        (status = 200, description = "Values, sorted", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn values<S: MetricStore>(
    State(api): State<Api<S>>,
    Path(name): Path<String>,
    asked: Asked<S>,
) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    let label = unescaped(&name);
    if label.is_empty() {
        return Err(Refusal::bad_data(format!("invalid label name: {}", quoted(&label))));
    }
    let values = api.store.label_values(&tenant, &label, params.sought(Refusal::bad_data)?).await?;
    Ok(answer::list(values, params.results_max()?, |out, value| json::string(out, value)))
}
