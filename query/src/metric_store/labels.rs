//! Names and values of labels, of stored series and of derived ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use spanloom_store::series::{MatchOp, Matcher, label};

use super::read_error;
use super::source::{StoredSource, selectors};
use crate::error::QueryError;
use crate::prometheus::Sought;
use crate::virtual_metrics::METRICS;

/// Derived series that have all the labels which derived series have: it takes their rows to know the values.
const TELLING: &str = "traces_service_graph_request_total|traces_spanmetrics_calls_total|traces_target_info";

/// The names of labels of series, sorted, each once.
pub(super) async fn names(source: &StoredSource, sought: &Sought) -> Result<Vec<Arc<str>>, QueryError> {
    let mut names: BTreeSet<Arc<str>> = BTreeSet::new();
    for matchers in selectors(sought) {
        let times_ms = sought.range.start_ms..=sought.range.end_ms;
        let stored = source.store.label_names(&source.tenant, &source.session.view, matchers, times_ms).await;
        names.extend(stored.map_err(read_error)?);
        let derived = source.derived(&telling(matchers)?, sought).await?;
        names.extend(derived.iter().flat_map(|labels| labels.iter().map(|label| Arc::clone(&label.name))));
    }
    Ok(names.into_iter().take(sought.results_max).collect())
}

/// The values of a label of series, sorted, each once.
pub(super) async fn values(source: &StoredSource, name: &str, sought: &Sought) -> Result<Vec<Arc<str>>, QueryError> {
    let mut values: BTreeSet<Arc<str>> = BTreeSet::new();
    for matchers in selectors(sought) {
        let times_ms = sought.range.start_ms..=sought.range.end_ms;
        let view = &source.session.view;
        let stored = source.store.label_values(&source.tenant, view, name, matchers, times_ms).await;
        values.extend(stored.map_err(read_error)?);
        let derived = source.derived(&telling(matchers)?, sought).await?;
        if matchers.is_empty() && name == label::NAME && !derived.is_empty() {
            values.extend(METRICS.iter().map(|metric| Arc::from(metric.name)));
        }
        let of_label = derived.iter().filter_map(|labels| labels.find(name));
        values.extend(of_label.map(|label| Arc::clone(&label.value)));
    }
    Ok(values.into_iter().take(sought.results_max).collect())
}

/// Conditions under which derived series are looked at: without any, a few of them tell all.
fn telling(matchers: &[Matcher]) -> Result<Vec<Matcher>, QueryError> {
    if !matchers.is_empty() {
        return Ok(matchers.to_vec());
    }
    let telling = Matcher::new(MatchOp::Regex, label::NAME, TELLING);
    Ok(vec![telling.map_err(|error| QueryError::Internal(error.to_string()))?])
}
