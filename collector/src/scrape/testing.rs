//! What tests share: a sink that remembers, and servers that really answer.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use spanloom_store::series::{KnownSeries, Labels, SampleBatch, SampleValue, SeriesId, SeriesLimits, is_stale};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::discovery::Found;
use super::{AppendFailed, Clock, SampleSink, ScrapeConfig, Scraper, ScraperHandle, TargetsView};

/// Longer than anything takes that a test waits for.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A sample as a test compares it: `up{instance="i", job="j"}`, its time, and its value as text, `stale` for a marker.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub series: String,
    pub time_ms: i64,
    pub value: String,
}

/// A sink that remembers.
#[derive(Debug)]
pub struct Recorder {
    pub lines: watch::Sender<Vec<Line>>,
    pub batches: Mutex<Vec<SampleBatch>>,
    pub is_overloaded: AtomicBool,
    index: Arc<Index>,
}

/// What the sink knows of series: after a batch all of its series are durable, as in a store that flushes at once.
#[derive(Debug, Default)]
pub struct Index {
    labels: Mutex<HashMap<SeriesId, Labels>>,
    durable: Mutex<HashSet<SeriesId>>,
    pub forgets: AtomicBool,
}

impl KnownSeries for Index {
    fn is_durable(&self, id: SeriesId) -> bool {
        !self.forgets.load(Ordering::SeqCst) && self.durable.lock().contains(&id)
    }

    fn admit(&self, _: SeriesId) -> Result<(), usize> {
        Ok(())
    }

    fn limits(&self) -> SeriesLimits {
        SeriesLimits { labels_max: 64, label_name_bytes_max: 1024, label_value_bytes_max: 2048 }
    }
}

impl Recorder {
    pub fn new() -> Arc<Self> {
        let (lines, _) = watch::channel(Vec::new());
        let is_overloaded = AtomicBool::new(false);
        Arc::new(Self { lines, batches: Mutex::default(), is_overloaded, index: Arc::default() })
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    fn take(&self, batch: SampleBatch) {
        let mut labels = self.index.labels.lock();
        for series in &batch.series {
            if let Some(of) = &series.labels {
                labels.insert(series.id, of.clone());
            }
            self.index.durable.lock().insert(series.id);
        }
        let lines: Vec<Line> = batch
            .samples
            .iter()
            .map(|sample| Line {
                series: shown(&labels[&batch.series[sample.series as usize].id]),
                time_ms: sample.time_ms,
                value: match &sample.value {
                    SampleValue::Float(value) if is_stale(*value) => "stale".to_owned(),
                    SampleValue::Float(value) => value.to_string(),
                    SampleValue::Histogram(of) if is_stale(of.sum) => "stale histogram".to_owned(),
                    SampleValue::Histogram(of) => format!("histogram of {}", of.count),
                },
            })
            .collect();
        self.batches.lock().push(batch);
        self.lines.send_modify(|all| all.extend(lines));
    }

    /// Waits until there is a sample of the series with the value, and returns its place.
    pub async fn wait(&self, series: &str, value: &str) -> Line {
        let is_it = |line: &&Line| line.series == series && line.value == value;
        let mut lines = self.lines.subscribe();
        let found = tokio::time::timeout(WAIT_MAX, lines.wait_for(|all| all.iter().any(|line| is_it(&line)))).await;
        match found {
            Ok(found) => found.unwrap().iter().find(is_it).unwrap().clone(),
            Err(_) => panic!("no {series} {value} among {:#?}", self.last(20)),
        }
    }

    /// Waits until `count` more batches were taken.
    pub async fn more(&self, count: usize) {
        let before = self.batches.lock().len();
        eventually(|| self.batches.lock().len() >= before + count).await;
    }

    pub fn last(&self, count: usize) -> Vec<Line> {
        let lines = self.lines.borrow();
        lines[lines.len().saturating_sub(count)..].to_vec()
    }

    /// All values that a series had.
    pub fn values(&self, series: &str) -> Vec<String> {
        self.lines.borrow().iter().filter(|line| line.series == series).map(|line| line.value.clone()).collect()
    }
}

impl SampleSink for Recorder {
    fn known(&self) -> Arc<dyn KnownSeries + Send + Sync> {
        self.index.clone()
    }

    fn append(&self, batch: SampleBatch, _: i64) -> BoxFuture<'_, Result<(), AppendFailed>> {
        async move {
            if self.is_overloaded.load(Ordering::SeqCst) {
                return Err(AppendFailed::Overloaded);
            }
            self.take(batch);
            Ok(())
        }
        .boxed()
    }
}

/// `name{a="b", c="d"}`.
fn shown(labels: &Labels) -> String {
    let rest = labels.without("__name__");
    if rest.is_empty() { labels.metric().to_owned() } else { format!("{}{rest}", labels.metric()) }
}

/// A scraper that runs, with what it scraped.
pub struct Scraping {
    pub recorder: Arc<Recorder>,
    pub handle: ScraperHandle,
    pub stop: watch::Sender<bool>,
    /// Added to the wall clock.
    pub clock_off_ms: Arc<AtomicI64>,
}

impl Scraping {
    pub fn start(yaml: &str) -> Self {
        let config: ScrapeConfig = serde_saphyr::from_str(yaml).unwrap();
        let recorder = Recorder::new();
        let (stop, stopped) = watch::channel(false);
        let clock_off_ms = Arc::new(AtomicI64::new(0));
        let off = clock_off_ms.clone();
        let clock: Clock = Arc::new(move || now_ms() + off.load(Ordering::SeqCst));
        let handle = Scraper::start(&config, recorder.clone(), clock, stopped).unwrap();
        Self { recorder, handle, stop, clock_off_ms }
    }

    /// Waits for a state of the targets.
    pub async fn wait_targets(&self, is_so: impl Fn(&TargetsView) -> bool) -> TargetsView {
        let found = tokio::time::timeout(WAIT_MAX, async {
            loop {
                let view = self.handle.targets();
                if is_so(&view) {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("targets stay {:#?}", self.handle.targets()))
    }
}

impl Scraping {
    /// Waits until the first target has an error with that text, and returns the error.
    pub async fn wait_error(&self, part: &str) -> String {
        let error = |view: &TargetsView| view.active_targets.first().map(|target| target.last_error.clone());
        let view = self.wait_targets(|view| error(view).is_some_and(|error| error.contains(part))).await;
        error(&view).unwrap()
    }
}

pub fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Waits for a condition.
pub async fn eventually(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, waiting).await.expect("the condition never held");
}

/// Waits for a state of what discovery has found.
pub async fn wait_found(found: &watch::Receiver<Found>, is_so: impl Fn(&Found) -> bool) -> Found {
    let mut waiting = found.clone();
    let reached = tokio::time::timeout(WAIT_MAX, waiting.wait_for(|found| is_so(found))).await;
    match reached {
        Ok(reached) => reached.unwrap().clone(),
        Err(_) => panic!("found stays {:?}", *found.borrow()),
    }
}

/// Serves on a port of this host, until the test ends.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
