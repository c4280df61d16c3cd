//! What is asked for, and what is found: the door of this module.

use std::sync::Arc;
use std::time::Instant;

use spanloom_store::TenantId;
use tokio::sync::mpsc::UnboundedSender;

use super::{MetricSeries, MetricsQuestion, run};
use crate::engine::Answer;
use crate::error::QueryError;
use crate::metrics::Api;
use crate::query::{Query, SEARCH_PERCENT};
use crate::search::Inspected;

/// A metrics query, as it was asked: nothing is aligned yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricsAsked {
    /// TraceQL that ends in a metrics function.
    pub text: String,
    pub start_ns: i64,
    /// After the start.
    pub end_ns: i64,
    /// Above 0; `None` leaves the choice to the evaluation.
    pub step_ns: Option<i64>,
    /// Of the whole answer; 0 for none.
    pub exemplars_max: usize,
    pub evaluation: Evaluation,
}

/// Over which intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evaluation {
    /// One after the other, each a step long.
    Range,
    /// One, which is the whole range: a series has one point.
    Instant,
}

/// An answer, or what a finished slice of time adds to one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MetricsFound {
    pub series: Vec<MetricSeries>,
    /// Why there may be more than is said here.
    pub partial: Option<String>,
    pub inspected: Inspected,
}

/// Takes what each finished slice of time adds: points that do not change any more. Nobody waits for who listens.
pub(crate) type MetricsListener = UnboundedSender<MetricsFound>;

impl Query {
    /// Series out of the spans of a range; who listens is told of them as slices of time are finished. What is returned is
    /// whole, told or not.
    ///
    /// # Errors
    /// As [`super::run`].
    pub(crate) async fn trace_metrics(
        &self,
        tenant: &TenantId,
        asked: MetricsAsked,
        listener: Option<MetricsListener>,
    ) -> Result<Answer<MetricsFound>, QueryError> {
        let config = self.config();
        let question = MetricsQuestion {
            asked,
            trace_span_max_ns: config.trace_span_max_ns(),
            deadline: Instant::now() + config.timeout * SEARCH_PERCENT / 100,
        };
        let job = |session: Arc<_>| async move { run(&session, &question, listener.as_ref()).await };
        self.turns().run(Api::TraceMetrics, self.view(tenant)?, job).await
    }
}
