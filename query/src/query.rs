//! The door of the crate.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prometheus_client::registry::Registry;
use spanloom_store::schema::attributes::Scope;
use spanloom_store::{Clock, SpanId, Store, TenantId, TenantView, Tenants, TraceId};
use thiserror::Error;

use crate::config::Config;
use crate::engine::{Answer, Engine};
use crate::error::QueryError;
use crate::graph::{self, HeldGraph};
use crate::ledger::{Grouping, WindowRange};
use crate::live::{Live, Pace};
use crate::metric_store::{self, Settings as PrometheusSettings, StoredMetrics};
use crate::metrics::{Api, Metrics};
use crate::otlp::TraceForm;
use crate::prometheus::{self, About};
use crate::search::{self, Found, Listener, Searched};
use crate::session::{Batches, Session, Sessions};
use crate::signals::{self, CallLists, Signals};
use crate::tempo::part::{self, Part};
use crate::trace::TimeRange;
use crate::trace::aggregate::AggregatePath;
use crate::trace::analysis::TraceAnalysis;
use crate::trace::columns::found::{self, SpanMatches};
use crate::trace::columns::{self, SpanColumns};
use crate::trace::compare::TraceComparison;
use crate::trace::critical::CriticalPath;
use crate::trace::read::{self, Held};
use crate::traces::{Question, TraceItem};
use crate::{http, sql, tags, trace, traces};

const NS_PER_MS: i64 = 1_000_000;
const NS_PER_S: i64 = 1_000_000_000;
/// The part of `query.timeout` after which a search says what it has found; the rest is for what it is in the middle of.
pub(crate) const SEARCH_PERCENT: u32 = 75;
/// The part of it after which a search ends whose traces are to be read after it.
const PATHS_SEARCH_PERCENT: u32 = 40;

/// Why queries cannot be served.
#[derive(Debug, Error)]
pub enum StartError {
    #[error("{0}")]
    Config(String),
    #[error("failed to start the threads of queries")]
    Threads(#[from] std::io::Error),
    #[error("failed to prepare for queries: {0}")]
    Sessions(String),
}

/// Answers questions about what a [`Store`] holds; a cheap handle.
#[derive(Clone)]
pub struct Query {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    tenants: Arc<Tenants>,
    clock: Arc<dyn Clock>,
    config: Config,
    engine: Engine,
    /// Tells this process from those before it, whose views are numbered from 0 like ours.
    process: String,
    live: Live,
}

/// Which service, and in which steps.
pub(crate) struct Stepped {
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub range: WindowRange,
    pub step_ns: i64,
}

/// The rows of a SQL answer. While it is held, so is the query's turn and the memory that it set aside.
pub struct SqlAnswer {
    answer: Answer<Batches>,
}

impl SqlAnswer {
    pub fn schema(&self) -> &SchemaRef {
        &self.answer.value.schema
    }

    pub fn batches(&self) -> &[RecordBatch] {
        &self.answer.value.batches
    }

    pub fn row_count(&self) -> usize {
        self.batches().iter().map(RecordBatch::num_rows).sum()
    }
}

impl Query {
    /// # Errors
    /// When the configuration cannot be, or threads and directories for spilling cannot be made.
    pub fn new(
        store: Store,
        tenants: Arc<Tenants>,
        config: Config,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Result<Self, StartError> {
        Self::at_pace(store, tenants, config, clock, registry, Pace::default())
    }

    /// Like [`Self::new`], with other intervals of live graphs.
    pub(crate) fn at_pace(
        store: Store,
        tenants: Arc<Tenants>,
        config: Config,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
        pace: Pace,
    ) -> Result<Self, StartError> {
        config.validate().map_err(StartError::Config)?;
        let metrics = Metrics::new(registry);
        let sessions = Sessions::new(&config, store.object_store(), &metrics);
        let sessions = sessions.map_err(|error| StartError::Sessions(error.strip_backtrace()))?;
        let live = Live::new(config.streams_max, pace, metrics.clone());
        let engine = Engine::new(sessions, config.clone(), metrics)?;
        let process = format!("{:x}", clock.now_ns() / NS_PER_MS);
        Ok(Self { inner: Arc::new(Inner { store, tenants, clock, config, engine, process, live }) })
    }

    /// The routes of this crate: those of `/api/v1/` that ask something, and `/tempo/...`.
    pub fn router(&self) -> axum::Router {
        http::router(self.clone())
    }

    /// The routes of Prometheus' API, `/prometheus/...`.
    pub fn prometheus_router(&self, about: About, settings: PrometheusSettings) -> axum::Router {
        prometheus::router(StoredMetrics::new(self.clone(), settings), about)
    }

    /// Ends all live streams and lets none begin, so that a server that stops need not wait for them.
    pub fn close_streams(&self) {
        self.inner.live.stop();
    }

    /// Runs a read-only SQL statement on the tenant's tables, as they are now.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn sql(&self, tenant: &TenantId, text: &str) -> Result<SqlAnswer, QueryError> {
        let text = text.to_owned();
        let job = |session: Arc<_>| async move { sql::run(&session, &text).await };
        let answer = self.inner.engine.run(Api::Sql, self.view(tenant)?, job).await?;
        Ok(SqlAnswer { answer })
    }

    /// The spans of a trace, resends folded; empty when there is none.
    pub(crate) async fn trace<T: TraceForm>(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
    ) -> Result<T, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { trace::by_id(&session, id, range).await };
        Ok(self.inner.engine.run(Api::Trace, self.view(tenant)?, job).await?.value)
    }

    /// The spans of a trace that have an id; empty when there is none.
    pub(crate) async fn trace_span(
        &self,
        tenant: &TenantId,
        id: TraceId,
        span_id: SpanId,
        range: Option<TimeRange>,
    ) -> Result<Vec<ResourceSpans>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { trace::span_by_id(&session, id, span_id, range).await };
        Ok(self.inner.engine.run(Api::Trace, self.view(tenant)?, job).await?.value)
    }

    /// The spans of a trace in columns; none when there is no such trace.
    pub(crate) async fn trace_columns(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
        wanted: columns::Wanted,
    ) -> Result<Answer<Option<Held<SpanColumns>>>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { columns::columns(&session, id, range, wanted).await };
        self.inner.engine.run(Api::TraceColumns, self.view(tenant)?, job).await
    }

    /// The spans of a trace that a text is found in; none when there is no such trace.
    pub(crate) async fn trace_matches(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
        text: String,
    ) -> Result<Answer<Option<Held<SpanMatches>>>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { found::found(&session, id, range, &text).await };
        self.inner.engine.run(Api::TraceMatches, self.view(tenant)?, job).await
    }

    /// The spans of a trace, resends folded, or as many of the first as a query's memory has room for.
    pub(crate) async fn trace_part<T: TraceForm>(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
    ) -> Result<Part<T>, QueryError> {
        let range = range.map(|range| range.widened(self.inner.config.trace_span_max_ns()));
        let job = |session: Arc<_>| async move { part::by_id(&session, id, range).await };
        Ok(self.inner.engine.run(Api::Trace, self.view(tenant)?, job).await?.value)
    }

    /// The attributes that there are, by scope.
    pub(crate) async fn tag_names(
        &self,
        tenant: &TenantId,
        question: tags::Question,
        scope: Option<Scope>,
    ) -> Result<BTreeMap<Scope, Vec<String>>, QueryError> {
        let job = |session: Arc<_>| async move { tags::names(&session, &question, scope).await };
        Ok(self.inner.engine.run(Api::Tags, self.view(tenant)?, job).await?.value)
    }

    /// The values of an attribute, the most frequent first.
    pub(crate) async fn tag_values(
        &self,
        tenant: &TenantId,
        question: tags::Question,
        tag: tags::Tag,
    ) -> Result<Vec<tags::TagValue>, QueryError> {
        let job = |session: Arc<_>| async move { tags::values(&session, &question, &tag).await };
        Ok(self.inner.engine.run(Api::Tags, self.view(tenant)?, job).await?.value)
    }

    /// The critical path of a trace; none when there is no such trace.
    pub(crate) async fn critical_path(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
    ) -> Result<Answer<Option<Held<CriticalPath>>>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { read::critical_path(&session, id, range).await };
        self.inner.engine.run(Api::CriticalPath, self.view(tenant)?, job).await
    }

    /// What there is to know of a trace as a whole; none when there is no such trace.
    pub(crate) async fn trace_analysis(
        &self,
        tenant: &TenantId,
        id: TraceId,
        range: Option<TimeRange>,
    ) -> Result<Answer<Option<Held<TraceAnalysis>>>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { read::analysis(&session, id, range).await };
        self.inner.engine.run(Api::TraceAnalysis, self.view(tenant)?, job).await
    }

    /// Two traces beside each other, left and right; `NotFound` names the one that there is not.
    pub(crate) async fn trace_comparison(
        &self,
        tenant: &TenantId,
        ids: [TraceId; 2],
        range: Option<TimeRange>,
    ) -> Result<Answer<Held<TraceComparison>>, QueryError> {
        let range = self.of_trace(range);
        let job = |session: Arc<_>| async move { read::comparison(&session, ids, range).await };
        self.inner.engine.run(Api::TraceComparison, self.view(tenant)?, job).await
    }

    /// The critical paths of the newest traces that match a query, added up.
    pub(crate) async fn aggregate_path(
        &self,
        tenant: &TenantId,
        searched: Searched,
    ) -> Result<Answer<Held<AggregatePath>>, QueryError> {
        let config = &self.inner.config;
        let started = Instant::now();
        let question = search::Question {
            searched,
            trace_span_max_ns: config.trace_span_max_ns(),
            deadline: started + config.timeout * PATHS_SEARCH_PERCENT / 100,
        };
        let deadline = started + config.timeout * SEARCH_PERCENT / 100;
        let job = |session: Arc<Session>| async move {
            let found = search::run(&session, &question, None).await?;
            read::aggregate(&session, found, deadline).await
        };
        self.inner.engine.run(Api::AggregatePath, self.view(tenant)?, job).await
    }

    /// When the spans of a trace may start of which some moments are known.
    fn of_trace(&self, range: Option<TimeRange>) -> Option<TimeRange> {
        range.map(|range| range.widened(self.inner.config.trace_span_max_ns()))
    }

    /// The newest traces of a time range, at most `limit`.
    pub(crate) async fn traces(
        &self,
        tenant: &TenantId,
        range: TimeRange,
        service: Option<String>,
        limit: usize,
    ) -> Result<Vec<TraceItem>, QueryError> {
        let question = Question { range, service, limit, trace_span_max_ns: self.inner.config.trace_span_max_ns() };
        let job = |session: Arc<_>| async move { traces::list(&session, &question).await };
        Ok(self.inner.engine.run(Api::Traces, self.view(tenant)?, job).await?.value)
    }

    /// The newest traces that match a query; who listens is told of them as they are found.
    pub(crate) async fn search(
        &self,
        tenant: &TenantId,
        searched: Searched,
        listener: Option<Listener>,
    ) -> Result<Answer<Found>, QueryError> {
        let config = &self.inner.config;
        let question = search::Question {
            searched,
            trace_span_max_ns: config.trace_span_max_ns(),
            deadline: Instant::now() + config.timeout * SEARCH_PERCENT / 100,
        };
        let job = |session: Arc<_>| async move { search::run(&session, &question, listener.as_ref()).await };
        self.inner.engine.run(Api::Search, self.view(tenant)?, job).await
    }

    /// The whole service graph of a range.
    pub(crate) async fn graph(
        &self,
        tenant: &TenantId,
        range: WindowRange,
        by: Grouping,
    ) -> Result<Answer<HeldGraph>, QueryError> {
        self.graph_with(Api::Graph, tenant, range, by, |held| held).await
    }

    /// What `make` makes of the graph of a range for streams, which keep it and so give their turn back.
    pub(crate) async fn live_graph<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        range: WindowRange,
        by: Grouping,
        make: impl FnOnce(HeldGraph) -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        Ok(self.graph_with(Api::Stream, tenant, range, by, make).await?.value)
    }

    async fn graph_with<T: Send + 'static>(
        &self,
        api: Api,
        tenant: &TenantId,
        range: WindowRange,
        by: Grouping,
        make: impl FnOnce(HeldGraph) -> T + Send + 'static,
    ) -> Result<Answer<T>, QueryError> {
        let view = self.view(tenant)?;
        let rev = self.rev(tenant, &view, range, by);
        let question = self.of_graph(rev, range, by);
        let job = |session: Arc<_>| async move { graph::graph(&session, &question).await.map(make) };
        self.inner.engine.run(api, view, job).await
    }

    /// The golden signals of a service; the range is of whole steps.
    pub(crate) async fn signals(&self, tenant: &TenantId, service: Stepped) -> Result<Answer<Signals>, QueryError> {
        let view = self.view(tenant)?;
        let question = self.of_service(tenant, &view, service);
        let has_metrics = !self.inner.store.series_index(tenant).is_empty();
        let job = |session: Arc<Session>| {
            let source = has_metrics.then(|| metric_store::stored(self, tenant, Arc::clone(&session)));
            async move { signals::signals(&session, source.as_ref().map(|source| source as _), &question).await }
        };
        self.inner.engine.run(Api::Signals, view, job).await
    }

    /// Who calls a service and whom it calls; the range is of whole steps.
    pub(crate) async fn calls(&self, tenant: &TenantId, service: Stepped) -> Result<Answer<CallLists>, QueryError> {
        let view = self.view(tenant)?;
        let question = self.of_service(tenant, &view, service);
        let graph = self.of_graph(question.rev.clone(), question.range, Grouping::Service);
        let job = |session: Arc<_>| async move { signals::calls(&session, &question, &graph).await };
        self.inner.engine.run(Api::Calls, view, job).await
    }

    fn of_service(&self, tenant: &TenantId, view: &TenantView, service: Stepped) -> signals::Question {
        let Stepped { namespace, name, range, step_ns } = service;
        let rev = self.rev(tenant, view, range, Grouping::Service);
        signals::Question { rev, namespace, name, range, step_ns }
    }

    fn of_graph(&self, rev: String, range: WindowRange, by: Grouping) -> graph::Question {
        let recent = graph::Question::recent(range, self.now_ns());
        graph::Question { rev, range, recent, by, health: self.inner.config.health }
    }

    pub(crate) fn live(&self) -> &Live {
        &self.inner.live
    }

    /// The revision of a tenant's view: where it did not change, nothing did.
    pub(crate) fn view_rev(&self, tenant: &TenantId) -> u64 {
        self.inner.store.view(tenant).rev()
    }

    /// Names what a view says of a range: equal names are equal pictures, also after a restart. A client that turns to
    /// another tenant or grouping may still say the name that it has, so these are in it.
    fn rev(&self, tenant: &TenantId, view: &TenantView, range: WindowRange, by: Grouping) -> String {
        let Inner { process, .. } = &*self.inner;
        let [start_s, end_s, known_s] =
            [range.start_ns, range.end_ns, range.until(self.now_ns()).end_ns].map(|time_ns| time_ns / NS_PER_S);
        format!("{process}-{}-{start_s}-{end_s}-{known_s}-{}-{tenant}", view.rev(), by.as_str())
    }

    pub(crate) fn turns(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The tenant of a request by its `X-Scope-OrgID`.
    pub(crate) fn admit(&self, name: Option<&str>) -> Result<TenantId, QueryError> {
        self.inner.tenants.admit(name).map_err(|refused| QueryError::Unauthorized(refused.to_string()))
    }

    pub(crate) fn now_ns(&self) -> i64 {
        self.inner.clock.now_ns()
    }

    /// One picture of the tenant's tables, which the whole query sees. Before replay has ended it would lack rows.
    pub(crate) fn view(&self, tenant: &TenantId) -> Result<Arc<TenantView>, QueryError> {
        if !self.inner.store.is_ready() {
            return Err(QueryError::NotReady);
        }
        Ok(self.inner.store.view(tenant))
    }
}
