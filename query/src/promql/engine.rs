//! From a text to its answer: parse, plan, fetch, evaluate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use thiserror::Error;

use super::annotation::Annotations;
use super::eval::{self, Fetched};
use super::labels::Labels;
use super::plan::{self, Plan};
use super::sample::{Sample, Series};
use super::source::{SeriesSource, SourceError};
use super::stack::with_room;
use super::{ParseError, ParseOptions};

/// How long a series without new samples has its last value.
const LOOKBACK_MS: i64 = 5 * 60 * 1000;
/// How many samples a query may hold at once.
const SAMPLES_MAX: usize = 50_000_000;
/// The step of a subquery that names none.
const SUBQUERY_STEP_MS: i64 = 60 * 1000;
/// How long a query may run.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What one may set; the defaults are those of Prometheus.
#[derive(Debug, Clone)]
pub struct Options {
    pub parse: ParseOptions,
    pub lookback_ms: i64,
    /// The most samples that a query may hold at once, results and what leads to them.
    pub samples_max: usize,
    pub subquery_step_ms: i64,
    pub timeout: Duration,
    /// `__type__` and `__unit__` are metadata, and tell counters from gauges.
    pub type_and_unit_labels: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parse: ParseOptions::default(),
            lookback_ms: LOOKBACK_MS,
            samples_max: SAMPLES_MAX,
            subquery_step_ms: SUBQUERY_STEP_MS,
            timeout: TIMEOUT,
            type_and_unit_labels: false,
        }
    }
}

/// For which times an expression is evaluated, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    Instant(i64),
    /// From `start` up to `end`, both inclusive.
    Steps {
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    },
}

/// What an expression yields.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Scalar {
        time_ms: i64,
        value: f64,
    },
    String {
        time_ms: i64,
        value: String,
    },
    /// Of an instant query; in the order that the expression gives.
    Vector(Vec<(Labels, i64, Sample)>),
    /// Of a range query, sorted by labels, or of a range vector at an instant. Holds no staleness markers.
    Matrix(Vec<Series>),
}

/// An answer and what is to be said about it.
#[derive(Debug)]
pub struct Answer {
    pub value: Value,
    pub annotations: Annotations,
    /// Samples that selectors and windows read, each as often as it was read.
    pub samples_read: u64,
    /// The most samples that were held at once.
    pub samples_peak: usize,
}

/// Why a query has no answer. Texts are those of Prometheus.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QueryFailure {
    /// `bad_data`
    #[error(transparent)]
    Parse(ParseError),
    /// `bad_data`
    #[error("{0}")]
    BadRange(String),
    /// `execution`
    #[error("{0}")]
    Execution(String),
    /// `execution`
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// `timeout`
    #[error("query timed out in expression evaluation")]
    TimedOut,
    /// `canceled`
    #[error("query was canceled in expression evaluation")]
    Canceled,
    /// `internal`
    #[error("expanding series: {0}")]
    Source(#[from] SourceError),
}

impl From<ParseError> for QueryFailure {
    fn from(error: ParseError) -> Self {
        if error.is_late { Self::Execution(error.message) } else { Self::Parse(error) }
    }
}

/// Ends a query from outside.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers queries.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    pub options: Options,
}

impl Engine {
    /// Answers a query. Fetching waits; evaluation does not, but keeps its thread until it is done or the time is up: call it
    /// where a thread may be kept.
    ///
    /// # Errors
    /// [`QueryFailure`]: a text that is not PromQL, a query that asks for too much or whose data do not fit it, a source that fails.
    pub async fn query(&self, source: &dyn SeriesSource, text: &str, range: Range) -> Result<Answer, QueryFailure> {
        self.query_until(source, text, range, &Cancel::default()).await
    }

    /// As [`Engine::query`], but evaluation ends soon after `cancel` says so. While series are fetched it is the source that has
    /// to end; who waits for one drops the future.
    ///
    /// # Errors
    /// As [`Engine::query`], and [`QueryFailure::Canceled`].
    pub async fn query_until(
        &self,
        source: &dyn SeriesSource,
        text: &str,
        range: Range,
        cancel: &Cancel,
    ) -> Result<Answer, QueryFailure> {
        let deadline = Instant::now().checked_add(self.options.timeout);
        let tree = super::parse(text, &self.options.parse)?;
        let height = tree.height();
        let no_thread = |error| QueryFailure::Execution(format!("there is no thread for the query: {error}"));
        let plan = with_room(height, || plan::plan(&tree, range, &self.options)).map_err(no_thread)??;
        let fetched = fetch(&plan, source).await?;
        let stop = eval::Stop { deadline, cancel };
        with_room(height, || eval::answer(&plan, fetched, &self.options, stop)).map_err(no_thread)?
    }
}

/// The series of all selections, each asked for once.
async fn fetch(plan: &Plan, source: &dyn SeriesSource) -> Result<Fetched, QueryFailure> {
    Ok(try_join_all(plan.selections.iter().map(|selection| source.select(selection))).await?)
}
