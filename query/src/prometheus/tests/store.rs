//! A store in memory, which evaluates as the real one does: off the threads that serve, until it is cancelled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use spanloom_store::series::{MetricKind, MetricMetadata};
use tokio::sync::watch;

use super::world;
use crate::prometheus::{
    Answered, Cardinality, Count, DroppedTarget, Exemplar, Failure, Health, MetadataSought, MetricStore, Question,
    Reply, SeriesExemplars, Sought, Status, Target, Targets, TimeRange, Timings,
};
use crate::promql::engine::{Engine, Options, QueryFailure};
use crate::promql::labels::Labels;
use crate::promql::sample::Series;
use crate::promql::source::{Matcher, MemorySource};

/// How far an evaluation has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Idle,
    Begun,
    Answered,
    Failed(QueryFailure),
}

/// What `admit` knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(String);

#[derive(Clone)]
pub struct Memory {
    series: Arc<MemorySource>,
    pub stage: Arc<watch::Sender<Stage>>,
    /// What every question gets instead of an answer.
    pub failure: Option<Failure>,
}

impl Memory {
    pub fn new(series: Vec<Series>) -> Self {
        Self {
            series: Arc::new(MemorySource { series: series.into_iter().map(Arc::new).collect() }),
            stage: Arc::new(watch::Sender::new(Stage::Idle)),
            failure: None,
        }
    }

    pub fn failing(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::new(Vec::new()) }
    }

    fn fails(&self) -> Result<(), Failure> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Of all series with a sample in the range that one of the selectors matches, sorted.
    fn found(&self, selectors: &[Vec<Matcher>], range: TimeRange) -> Result<BTreeSet<Labels>, Failure> {
        self.fails()?;
        let is_in = |time_ms: &i64| (range.start_ms..=range.end_ms).contains(time_ms);
        let is_live =
            |series: &Series| series.floats.times_ms.iter().any(is_in) || series.histograms.times_ms.iter().any(is_in);
        let live = self.series.series.iter().filter(|series| is_live(series));
        let matching = live.filter(|series| selectors.is_empty() || matches_any(selectors, &series.labels));
        Ok(matching.map(|series| series.labels.clone()).collect())
    }

    async fn evaluate(self, question: Question) -> Result<Answered, Failure> {
        self.fails()?;
        let options = Options::default();
        let engine = Engine {
            options: Options {
                lookback_ms: question.lookback_ms.unwrap_or(options.lookback_ms),
                timeout: question.timeout.unwrap_or(options.timeout).min(options.timeout),
                ..options
            },
        };
        let evaluation = tokio::task::spawn_blocking(move || {
            let begin = Instant::now();
            self.stage.send_replace(Stage::Begun);
            let query = engine.query_until(&*self.series, &question.text, question.range, &question.cancel);
            let answer = query.now_or_never().expect("a source in memory never waits");
            self.stage.send_replace(match &answer {
                Ok(_) => Stage::Answered,
                Err(failure) => Stage::Failed(failure.clone()),
            });
            let timings = Timings { queued: std::time::Duration::ZERO, evaluated: begin.elapsed() };
            answer.map(|answer| Answered { answer, timings })
        });
        Ok(evaluation.await.expect("the evaluation does not panic")?)
    }
}

fn matches_any(selectors: &[Vec<Matcher>], labels: &Labels) -> bool {
    selectors.iter().any(|matchers| matchers.iter().all(|matcher| matcher.matches_labels(labels)))
}

fn reply<'a, T: Send + 'a>(result: Result<T, Failure>) -> Reply<'a, T> {
    std::future::ready(result).boxed()
}

impl MetricStore for Memory {
    type Tenant = Tenant;

    fn admit(&self, named: Option<&str>) -> Result<Tenant, Failure> {
        match named.unwrap_or("default") {
            "default" => Ok(Tenant("default".to_owned())),
            other => Err(Failure::Unauthorized(format!("tenant {other} is not served"))),
        }
    }

    fn ready(&self) -> Result<(), Failure> {
        self.fails()
    }

    fn now_ms(&self) -> i64 {
        world::END_SECONDS * 1_000
    }

    fn query<'a>(&'a self, _: &'a Tenant, question: Question) -> Reply<'a, Answered> {
        self.clone().evaluate(question).boxed()
    }

    fn series<'a>(&'a self, _: &'a Tenant, sought: Sought) -> Reply<'a, Vec<Labels>> {
        let found = self.found(&sought.selectors, sought.range);
        reply(found.map(|found| found.into_iter().take(sought.results_max).collect()))
    }

    fn label_names<'a>(&'a self, _: &'a Tenant, sought: Sought) -> Reply<'a, Vec<Arc<str>>> {
        let found = self.found(&sought.selectors, sought.range);
        reply(found.map(|found| {
            let names = found.iter().flat_map(|labels| labels.iter().map(|label| label.name.clone()));
            names.collect::<BTreeSet<_>>().into_iter().take(sought.results_max).collect()
        }))
    }

    fn label_values<'a>(&'a self, _: &'a Tenant, label: &'a str, sought: Sought) -> Reply<'a, Vec<Arc<str>>> {
        let found = self.found(&sought.selectors, sought.range);
        reply(found.map(|found| {
            let values = found.iter().filter_map(|labels| labels.find(label).map(|label| label.value.clone()));
            values.collect::<BTreeSet<_>>().into_iter().take(sought.results_max).collect()
        }))
    }

    fn metadata<'a>(&'a self, _: &'a Tenant, sought: MetadataSought) -> Reply<'a, Vec<MetricMetadata>> {
        let of = |family: &str, kind, help: &str, unit: &str| MetricMetadata {
            family: family.into(),
            kind,
            help: help.into(),
            unit: unit.into(),
        };
        let known = vec![
            of("latency", MetricKind::Histogram, "How long.", "seconds"),
            of("requests_total", MetricKind::Counter, "Requests.", ""),
            of("requests_total", MetricKind::Counter, "Requests, said otherwise.", ""),
            of("up", MetricKind::Gauge, "", ""),
        ];
        let is_sought =
            |metadata: &MetricMetadata| sought.metric.as_deref().is_none_or(|name| *name == *metadata.family);
        reply(self.fails().map(|()| known.into_iter().filter(is_sought).collect()))
    }

    fn exemplars<'a>(
        &'a self,
        _: &'a Tenant,
        selectors: Vec<Vec<Matcher>>,
        range: TimeRange,
    ) -> Reply<'a, Vec<SeriesExemplars>> {
        let labels = Labels::new([("__name__", "requests_total"), ("code", "500"), ("job", "api")]);
        let time_ms = world::START_SECONDS * 1_000 + 479;
        let exemplar = Exemplar { labels: Labels::new([("trace_id", "EpTxMJ40fUus7aGY")]), value: 6.0, time_ms };
        let is_sought = (range.start_ms..=range.end_ms).contains(&time_ms) && matches_any(&selectors, &labels);
        let found = is_sought.then(|| SeriesExemplars { labels, exemplars: vec![exemplar] });
        reply(self.fails().map(|()| found.into_iter().collect()))
    }

    fn cardinality<'a>(&'a self, _: &'a Tenant, top: usize) -> Reply<'a, Cardinality> {
        let found = self.found(&[], TimeRange::ALL);
        reply(found.map(|found| {
            let mut by_metric = BTreeMap::<Arc<str>, u64>::new();
            found.iter().for_each(|labels| *by_metric.entry(labels.metric().into()).or_default() += 1);
            let mut counts: Vec<_> = by_metric.into_iter().map(|(name, value)| Count { name, value }).collect();
            counts.sort_by_key(|count| std::cmp::Reverse(count.value));
            counts.truncate(top);
            Cardinality {
                series: found.len() as u64,
                label_pairs: 19,
                pieces: 2,
                times_ms: Some((world::START_SECONDS * 1_000, world::END_SECONDS * 1_000)),
                series_by_metric: counts,
                values_by_label: vec![Count { name: "kind".into(), value: 5 }],
                bytes_by_label: vec![Count { name: "kind".into(), value: 20 }],
                series_by_pair: vec![Count { name: "job=api".into(), value: 4 }],
            }
        }))
    }

    fn status<'a>(&'a self, _: &'a Tenant) -> Reply<'a, Status> {
        let status = Status {
            start_ms: world::START_SECONDS * 1_000,
            config_ms: world::START_SECONDS * 1_000 + 250,
            host: "mesh-1".to_owned(),
            directory: "/data".to_owned(),
            retention: "14d or 80%".to_owned(),
            damaged: 0,
            memory_bytes_max: Some(1 << 30),
            scrape_interval_ms: 15_000,
            scrape_timeout_ms: 10_000,
            evaluation_interval_ms: 60_000,
            flags: BTreeMap::from([("query.timeout".to_owned(), "2m".to_owned())]),
        };
        reply(self.fails().map(|()| status))
    }

    fn targets<'a>(&'a self, _: &'a Tenant) -> Reply<'a, Targets> {
        let address = |address: &str| BTreeMap::from([("__address__".to_owned(), address.to_owned())]);
        let target = |pool: &str, instance: &str| Target {
            pool: pool.to_owned(),
            discovered: address(instance),
            labels: Labels::new([("instance", instance), ("job", pool)]),
            url: format!("http://{instance}/metrics"),
            interval_ms: 15_000,
            timeout_ms: 10_000,
            ..Target::default()
        };
        let scraped = Target {
            health: Health::Up,
            last_scrape_ms: Some(world::END_SECONDS * 1_000),
            last_scrape_seconds: 0.25,
            ..target("api", "a:1")
        };
        let refused =
            Target { health: Health::Down, last_error: "connection refused".to_owned(), ..target("web", "b:1") };
        reply(self.fails().map(|()| Targets {
            active: vec![refused, scraped],
            dropped: vec![DroppedTarget { pool: "web".to_owned(), discovered: address("c:1") }],
            dropped_by_pool: BTreeMap::from([("web".to_owned(), 3)]),
        }))
    }
}
