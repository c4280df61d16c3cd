//! `/prometheus/api/v1/query_exemplars`.
//!
//! Grafana probes with times far in the future and a metric that is not there. Without an answer to that it shows none.

use std::collections::HashSet;

use axum::extract::State;
use axum::response::Response;

use crate::prometheus::Api;
use crate::prometheus::answer::{self, json, number};
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::RESULTS_MAX;
use crate::prometheus::store::{Exemplar, MetricStore, SeriesExemplars};
use crate::promql::source::Matcher;
use crate::promql::tree::Expr;

/// Exemplars of all series that an expression selects. Parameters may come as a form by POST too.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/query_exemplars",
    operation_id = "prometheus_exemplars",
    tag = "prometheus",
    params(
        ("query" = String, Query, description = "PromQL: the selectors in it"),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339"),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339, inclusive"),
    ),
    responses(
        (status = 200, description = "`seriesLabels` and `exemplars` of series", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn exemplars<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    let range = params.range()?;
    if range.end_ms < range.start_ms {
        return Err(Refusal::bad_data("end timestamp must not be before start timestamp"));
    }
    let expr = crate::promql::parse(params.get("query"), &api.about.parse);
    let selectors = selectors(&expr.map_err(|error| Refusal::bad_data(error.to_string()))?);
    let found = match selectors.is_empty() {
        true => Vec::new(),
        false => api.store.exemplars(&tenant, selectors, range).await?,
    };
    Ok(answer::list(found, RESULTS_MAX, write))
}

/// The conditions of every selector of an expression, each once.
fn selectors(expr: &Expr) -> Vec<Vec<Matcher>> {
    let (mut seen, mut selectors) = (HashSet::new(), Vec::new());
    let mut left = vec![expr];
    while let Some(expr) = left.pop() {
        let selector = match expr {
            Expr::Vector(selector) => Some(selector),
            Expr::Matrix(matrix) => Some(&matrix.selector),
            _ => None,
        };
        let matchers = selector.map(|selector| &selector.matchers);
        if let Some(matchers) = matchers.filter(|matchers| seen.insert(*matchers)) {
            selectors.push(matchers.clone());
        }
        left.extend(expr.children().into_iter().rev());
    }
    selectors
}

fn write(out: &mut Vec<u8>, series: &SeriesExemplars) {
    let mut object = json::Object::open(out);
    json::labels(object.field("seriesLabels"), &series.labels);
    json::array(object.field("exemplars"), &series.exemplars, exemplar);
    object.close();
}

fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let mut object = json::Object::open(out);
    json::labels(object.field("labels"), &exemplar.labels);
    number::quoted_value(object.field("value"), exemplar.value);
    number::time(object.field("timestamp"), exemplar.time_ms);
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{ParseOptions, parse, parse_selector};

    fn check(text: &str, expected: &[&str]) {
        let found = selectors(&parse(text, &ParseOptions::all()).unwrap());
        let expected: Vec<_> = expected.iter().map(|selector| parse_selector(selector).unwrap()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_selector_is_asked_for_once() {
        check("1 + 1", &[]);
        check("a{b=\"c\"}", &["a{b=\"c\"}"]);
        check("rate(a[5m]) / on () -(b or a offset 1m)", &["a", "b"]);
        check("topk(scalar(k), max_over_time(sum by (x) (rate(y[1m]))[5m:1m]))", &["k", "y"]);
    }
}
