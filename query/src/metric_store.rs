//! Series as Prometheus' API asks for them, out of what the store and the ledger hold.
//!
//! ```text
//! selection -> series of the store (index, hot rows, lake) and virtual series of the ledger -> promql::Engine -> answer
//! ```

/// Stored histograms as PromQL has them.
mod histogram;
/// Names and values of labels.
mod labels;
/// One source of what is stored and what is derived.
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use parking_lot::Mutex;
use spanloom_store::series::{Labels, Matcher, MetricMetadata, ReadError, SampleQuestion, SeriesId};
use spanloom_store::{Table, TenantId, TenantView};

use self::source::Limits;
pub(crate) use self::source::StoredSource;
use crate::engine::Engine as Turns;
use crate::error::QueryError;
use crate::metrics::Api;
use crate::prometheus::{
    Answered, Cardinality, Count, Exemplar, Failure, MetadataSought, MetricStore, Question, Reply, SeriesExemplars,
    Sought, Status, Targets, TimeRange, Timings,
};
use crate::promql::engine::{Engine, Options, QueryFailure};
use crate::query::Query;
use crate::session::Session;
use crate::virtual_metrics::{self, Family};

const NS_PER_MS: i64 = 1_000_000;
/// Memory of a sample: a time and a value, in what is read and in what is made of it.
const SAMPLE_BYTES: u64 = 32;
/// Memory of a series' labels, mesh labels at that.
const SERIES_BYTES: u64 = 2048;
/// How far back a question about labels looks at derived series: they have to be made to know what they are called.
const DERIVED_RANGE_MS: i64 = virtual_metrics::HOUR_MS;
/// Exemplars of one answer.
const EXEMPLARS_MAX: usize = 10_000;

/// What is scraped for a tenant: another part of the server knows it.
pub type TargetsOf = Arc<dyn Fn(&TenantId) -> Targets + Send + Sync>;

/// What the binary knows and Prometheus' API tells.
#[derive(Clone)]
pub struct Settings {
    /// Windows younger than this are not told yet: `ledger.pairing_wait`.
    pub pairing_wait: Duration,
    pub status: Status,
    pub targets: TargetsOf,
}

/// A [`MetricStore`] over what a [`Query`] sees; a cheap handle.
#[derive(Clone)]
pub(crate) struct StoredMetrics {
    query: Query,
    settings: Arc<Settings>,
}

impl StoredMetrics {
    pub fn new(query: Query, settings: Settings) -> Self {
        Self { query, settings: Arc::new(settings) }
    }

    fn turns(&self) -> &Turns {
        self.query.turns()
    }

    fn limits(&self) -> Limits {
        limits(&self.query)
    }

    /// Windows that ended before this are told.
    fn settled_ms(&self) -> i64 {
        self.query.now_ns() / NS_PER_MS - self.settings.pairing_wait.as_millis() as i64
    }

    fn source(&self, tenant: &TenantId, session: Arc<Session>) -> StoredSource {
        StoredSource { settled_ms: self.settled_ms(), ..stored(&self.query, tenant, session) }
    }

    fn view(&self, tenant: &TenantId) -> Result<Arc<TenantView>, Failure> {
        Ok(self.query.view(tenant)?)
    }

    /// Does something with a source, in its turn.
    async fn with_source<T, F>(
        &self,
        api: Api,
        tenant: &TenantId,
        job: impl FnOnce(StoredSource) -> F + Send,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let job = |session: Arc<Session>| job(self.source(tenant, session));
        Ok(self.turns().run(api, self.view(tenant)?, job).await?.value)
    }

    async fn answer(&self, tenant: &TenantId, question: Question) -> Result<Answered, Failure> {
        let asked = Instant::now();
        let config = self.query.config();
        let timeout = question.timeout.map_or(config.timeout, |timeout| timeout.min(config.timeout));
        let mut options = Options { timeout, ..Options::default() };
        options.samples_max = options.samples_max.min(self.limits().samples_max);
        options.lookback_ms = question.lookback_ms.unwrap_or(options.lookback_ms);
        let answer = self.with_source(Api::Promql, tenant, move |source| async move {
            let started = Instant::now();
            let Question { text, range, cancel, .. } = question;
            let answered = Engine { options }.query_until(&source, &text, range, &cancel).await;
            // What the source failed with says more than that it did.
            let answered = answered.map_err(|failure| source.failure.lock().take().unwrap_or(failure.into()));
            Ok(answered.map(|answer| {
                let timings = Timings { queued: started - asked, evaluated: started.elapsed() };
                Answered { answer, timings }
            }))
        });
        answer.await?
    }

    async fn found(&self, tenant: &TenantId, sought: Sought) -> Result<Vec<Labels>, Failure> {
        self.with_source(Api::Series, tenant, move |source| async move {
            let mut found = source.series(&sought).await?;
            found.truncate(sought.results_max);
            Ok(found)
        })
        .await
    }

    async fn led(
        &self,
        tenant: &TenantId,
        selectors: Vec<Vec<Matcher>>,
        range: TimeRange,
    ) -> Result<Vec<SeriesExemplars>, Failure> {
        self.with_source(Api::Series, tenant, move |source| async move {
            let StoredSource { store, tenant, session, limits, .. } = &source;
            let (view, times_ms) = (&session.view, range.start_ms..=range.end_ms);
            let mut named: BTreeMap<SeriesId, Labels> = BTreeMap::new();
            for matchers in &selectors {
                let found = store.select_series(tenant, view, matchers, times_ms.clone(), limits.series_max).await;
                named.extend(found.map_err(read_error)?);
            }
            let ids: Vec<SeriesId> = named.keys().copied().collect();
            let question = SampleQuestion { ids: &ids, times_ms, samples_max: EXEMPLARS_MAX };
            let rows = store.read_exemplars(view, &question).await.map_err(read_error)?;
            let mut led: BTreeMap<Labels, Vec<Exemplar>> = BTreeMap::new();
            for row in rows {
                let Some(labels) = named.get(&row.id) else { continue };
                let time_ms = row.time_ns.div_euclid(NS_PER_MS);
                let exemplar = Exemplar { labels: row.labels, value: row.value, time_ms };
                led.entry(labels.clone()).or_default().push(exemplar);
            }
            Ok(led.into_iter().map(|(labels, exemplars)| SeriesExemplars { labels, exemplars }).collect())
        })
        .await
    }

    fn sizes(&self, tenant: &TenantId, top: usize) -> Result<Cardinality, Failure> {
        let counted = self.query.store().series_index(tenant).cardinality(top);
        let samples = self.view(tenant)?;
        let samples = samples.table(Table::Samples);
        let bounds = |pick: fn(&spanloom_store::ColumnRange) -> Option<&spanloom_store::StatValue>| {
            let ranges = samples.lake().files.iter().filter_map(move |file| pick(file.ranges.get("time_ns")?));
            ranges.filter_map(|bound| match bound {
                spanloom_store::StatValue::Int(time_ns) => Some(time_ns.div_euclid(NS_PER_MS)),
                spanloom_store::StatValue::String(_) => None,
            })
        };
        let times_ms = bounds(|range| range.min.as_ref()).min().zip(bounds(|range| range.max.as_ref()).max());
        let counts = |ranking: Vec<(Arc<str>, u64)>| {
            ranking.into_iter().map(|(name, value)| Count { name, value }).collect::<Vec<_>>()
        };
        let pairs = counted.series_by_label_pair.into_iter();
        Ok(Cardinality {
            series: counted.series,
            label_pairs: counted.label_pairs,
            pieces: samples.lake().files.len() as u64,
            times_ms,
            series_by_metric: counts(counted.series_by_metric),
            values_by_label: counts(counted.values_by_label_name),
            bytes_by_label: counts(counted.memory_by_label_name),
            series_by_pair: counts(pairs.map(|((name, value), n)| (format!("{name}={value}").into(), n)).collect()),
        })
    }

    fn known(&self, tenant: &TenantId, sought: &MetadataSought) -> Vec<MetricMetadata> {
        let stored = self.query.store().series_index(tenant).metadata();
        let derived = Family::ALL.into_iter().map(Family::metadata);
        let is_sought =
            |metadata: &MetricMetadata| sought.metric.as_deref().is_none_or(|metric| *metadata.family == *metric);
        let mut known: Vec<MetricMetadata> = stored.into_iter().chain(derived).filter(is_sought).collect();
        known.sort_by(|a, b| a.family.cmp(&b.family));
        known.truncate(sought.metrics_max);
        known
    }
}

impl MetricStore for StoredMetrics {
    type Tenant = TenantId;

    fn admit(&self, named: Option<&str>) -> Result<TenantId, Failure> {
        Ok(self.query.admit(named)?)
    }

    fn ready(&self) -> Result<(), Failure> {
        if self.query.store().is_ready() { Ok(()) } else { Err(Failure::NotReady) }
    }

    fn now_ms(&self) -> i64 {
        self.query.now_ns().div_euclid(NS_PER_MS)
    }

    fn query<'a>(&'a self, tenant: &'a TenantId, question: Question) -> Reply<'a, Answered> {
        self.answer(tenant, question).boxed()
    }

    fn series<'a>(&'a self, tenant: &'a TenantId, sought: Sought) -> Reply<'a, Vec<Labels>> {
        self.found(tenant, sought).boxed()
    }

    fn label_names<'a>(&'a self, tenant: &'a TenantId, sought: Sought) -> Reply<'a, Vec<Arc<str>>> {
        let names =
            self.with_source(Api::Series, tenant, |source| async move { labels::names(&source, &sought).await });
        names.boxed()
    }

    fn label_values<'a>(&'a self, tenant: &'a TenantId, label: &'a str, sought: Sought) -> Reply<'a, Vec<Arc<str>>> {
        let label: Arc<str> = label.into();
        let values = self
            .with_source(Api::Series, tenant, |source| async move { labels::values(&source, &label, &sought).await });
        values.boxed()
    }

    fn metadata<'a>(&'a self, tenant: &'a TenantId, sought: MetadataSought) -> Reply<'a, Vec<MetricMetadata>> {
        async move { Ok(self.known(tenant, &sought)) }.boxed()
    }

    fn exemplars<'a>(
        &'a self,
        tenant: &'a TenantId,
        selectors: Vec<Vec<Matcher>>,
        range: TimeRange,
    ) -> Reply<'a, Vec<SeriesExemplars>> {
        self.led(tenant, selectors, range).boxed()
    }

    fn cardinality<'a>(&'a self, tenant: &'a TenantId, top: usize) -> Reply<'a, Cardinality> {
        async move { self.sizes(tenant, top) }.boxed()
    }

    fn status<'a>(&'a self, _: &'a TenantId) -> Reply<'a, Status> {
        async move { Ok(self.settings.status.clone()) }.boxed()
    }

    fn targets<'a>(&'a self, tenant: &'a TenantId) -> Reply<'a, Targets> {
        async move { Ok((self.settings.targets)(tenant)) }.boxed()
    }
}

/// What is stored of a tenant, and nothing that is derived.
pub(crate) fn stored(query: &Query, tenant: &TenantId, session: Arc<Session>) -> StoredSource {
    StoredSource {
        store: query.store().clone(),
        tenant: tenant.clone(),
        memory: Mutex::new(session.reserve("samples")),
        session,
        settled_ms: i64::MIN,
        limits: limits(query),
        failure: Mutex::default(),
    }
}

fn limits(query: &Query) -> Limits {
    let bytes_max = query.config().memory_bytes_max.as_u64();
    Limits {
        samples_max: usize::try_from(bytes_max / SAMPLE_BYTES).unwrap_or(usize::MAX),
        series_max: usize::try_from(bytes_max / SERIES_BYTES).unwrap_or(usize::MAX),
    }
}

/// Why a question of the store failed.
fn read_error(error: ReadError) -> QueryError {
    match error {
        ReadError::TooManySeries { .. } | ReadError::TooManySamples { .. } => QueryError::Memory(error.to_string()),
        ReadError::File(failed) => {
            let reason = std::error::Error::source(&failed).map_or_else(|| failed.to_string(), ToString::to_string);
            QueryError::DamagedFile { path: failed.path.to_string(), reason }
        }
        ReadError::Foreign(_) => QueryError::Internal(error.to_string()),
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Unauthorized(message) => Self::Unauthorized(message),
            QueryError::Busy | QueryError::TooManyStreams(_) => Self::Busy,
            QueryError::NotReady => Self::NotReady,
            QueryError::Stopping => Self::Stopping,
            QueryError::Timeout(_) => Self::Query(QueryFailure::TimedOut),
            QueryError::TooLarge(_) | QueryError::Memory(_) => Self::TooMuch(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}
