//! Where series are kept, as the API asks for them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use spanloom_store::series::MetricMetadata;

use super::Failure;
use super::view::{Cardinality, Status, Targets};
use crate::promql::engine::{Answer, Cancel, Range};
use crate::promql::labels::Labels;
use crate::promql::source::Matcher;

/// No time that is asked for lies further from the epoch, in milliseconds: some 36 million years. Durations can be
/// added to it.
pub const TIME_MS_MAX: i64 = 1 << 60;

/// An answer that is waited for.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// A place where series are kept and questions are answered, under the limits of the server. Who drops a reply no
/// longer waits for it.
pub trait MetricStore: Clone + Send + Sync + 'static {
    /// Who is served.
    type Tenant: Send + Sync + 'static;

    /// The tenant that a request names in `X-Scope-OrgID`, or the default one.
    ///
    /// # Errors
    /// [`Failure::Unauthorized`]: nobody of that name is served.
    fn admit(&self, named: Option<&str>) -> Result<Self::Tenant, Failure>;

    /// Whether answers are complete.
    ///
    /// # Errors
    /// [`Failure::NotReady`] or [`Failure::Stopping`].
    fn ready(&self) -> Result<(), Failure>;

    /// What time it is, in milliseconds since the epoch.
    fn now_ms(&self) -> i64;

    /// Answers a query. Evaluation keeps no thread that serves connections, and ends soon after `question.cancel`
    /// says so.
    fn query<'a>(&'a self, tenant: &'a Self::Tenant, question: Question) -> Reply<'a, Answered>;

    /// The label sets of series, sorted, each once.
    fn series<'a>(&'a self, tenant: &'a Self::Tenant, sought: Sought) -> Reply<'a, Vec<Labels>>;

    /// The names of labels of series, sorted, each once.
    fn label_names<'a>(&'a self, tenant: &'a Self::Tenant, sought: Sought) -> Reply<'a, Vec<Arc<str>>>;

    /// The values of a label of series, sorted, each once.
    fn label_values<'a>(&'a self, tenant: &'a Self::Tenant, label: &'a str, sought: Sought)
    -> Reply<'a, Vec<Arc<str>>>;

    /// What is known of metrics; several may be known of one.
    fn metadata<'a>(&'a self, tenant: &'a Self::Tenant, sought: MetadataSought) -> Reply<'a, Vec<MetricMetadata>>;

    /// The exemplars of series that fulfil all conditions of one of the selectors, sorted by labels.
    fn exemplars<'a>(
        &'a self,
        tenant: &'a Self::Tenant,
        selectors: Vec<Vec<Matcher>>,
        range: TimeRange,
    ) -> Reply<'a, Vec<SeriesExemplars>>;

    /// How many series, labels and values there are, and the `top` largest of each kind.
    fn cardinality<'a>(&'a self, tenant: &'a Self::Tenant, top: usize) -> Reply<'a, Cardinality>;

    fn status<'a>(&'a self, tenant: &'a Self::Tenant) -> Reply<'a, Status>;

    /// What is scraped for the tenant.
    fn targets<'a>(&'a self, tenant: &'a Self::Tenant) -> Reply<'a, Targets>;
}

/// A query and how it is to be answered.
#[derive(Debug, Clone)]
pub struct Question {
    pub text: String,
    pub range: Range,
    /// How long a series without new samples has its last value; above 0.
    pub lookback_ms: Option<i64>,
    /// The query ends after this time, or after that which the server allows.
    pub timeout: Option<Duration>,
    /// Cancelled when nobody waits any more.
    pub cancel: Cancel,
}

/// An answer and how long it took.
#[derive(Debug)]
pub struct Answered {
    pub answer: Answer,
    pub timings: Timings,
}

/// How long a query took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// It waited for others.
    pub queued: Duration,
    /// It was read and answered.
    pub evaluated: Duration,
}

/// Times in milliseconds since the epoch, both inclusive, within [`TIME_MS_MAX`]: a table that counts in nanoseconds
/// holds less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl TimeRange {
    pub const ALL: Self = Self { start_ms: -TIME_MS_MAX, end_ms: TIME_MS_MAX };
}

/// Which series are sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// All conditions of one of these must hold; none at all: all series.
    pub selectors: Vec<Vec<Matcher>>,
    /// Series with samples then.
    pub range: TimeRange,
    /// More results are not looked at; the first ones in order are wanted.
    pub results_max: usize,
}

/// Which metadata are sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataSought {
    /// Of this metric only.
    pub metric: Option<String>,
    /// More metrics are not looked at.
    pub metrics_max: usize,
}

/// The exemplars of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesExemplars {
    pub labels: Labels,
    /// Sorted by time.
    pub exemplars: Vec<Exemplar>,
}

/// A measurement that stands for others.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// `trace_id`, `span_id` and whatever else the sender says.
    pub labels: Labels,
    pub value: f64,
    pub time_ms: i64,
}
