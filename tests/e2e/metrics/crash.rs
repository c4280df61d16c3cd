//! Whatever is in flight when the process dies, every acknowledged sample is there afterwards, once, and each set of labels
//! is one series.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::task::JoinSet;

use super::api::{Api, Labels, Points, Range};
use super::now_ms;
use super::write::{self, WriteRequest};
use crate::harness::{Ended, Endpoints, Server, Site, eventually, http_client, text_of};
use crate::otlp::Outcome;

/// While it scrapes.
mod scraping;

const KILLS: usize = 6;
/// Small bounds, so that segments end, flushes start and the log is trimmed all the time.
const SMALL: &str = "hot: { bytes_max: 128KiB, age_max: 500ms }\nwal: { segment_bytes: 64KiB }";
const WRITERS: u64 = 3;
/// Each request has a sample of so many series.
const SERIES: u64 = 20;
/// Each request also begins a series of its own for so many requests, so that there are new ones all the time.
const REQUESTS_PER_SERIES: u64 = 25;
/// How long a writer waits before it sends the same again. Prometheus waits longer; a test has no time.
const RESEND_AFTER: Duration = Duration::from_millis(20);
const NAME: &str = "load_total";

/// Writers at work.
struct Load {
    shared: Arc<Shared>,
    writers: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    endpoints: RwLock<Endpoints>,
    stopping: AtomicBool,
    acknowledged: AtomicU64,
    /// Attempts that got no answer, so that nobody knows whether they were stored.
    lost: AtomicU64,
    sent: Mutex<BTreeMap<Labels, Points>>,
}

impl Load {
    fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write_on(Arc::clone(&shared), writer));
        }
        Self { shared, writers }
    }

    fn point_at(&self, server: &Server) {
        *self.shared.endpoints.write() = server.endpoints.clone();
    }

    /// Waits until so many more requests are acknowledged than are now.
    async fn more(&self, requests: u64) {
        let acknowledged = || self.shared.acknowledged.load(Ordering::Relaxed);
        let goal = acknowledged() + requests;
        eventually("more requests are acknowledged", async || (acknowledged() >= goal).then_some(())).await;
    }

    /// Lets every writer bring its last request home. There must be a server that takes it.
    async fn finish(self) -> Arc<Shared> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.writers.join_all().await;
        self.shared
    }
}

/// Sends one request after the other, each until it is acknowledged.
async fn write_on(shared: Arc<Shared>, writer: u64) {
    let http = http_client();
    let mut last_ms = 0;
    for number in 0.. {
        if shared.stopping.load(Ordering::Relaxed) {
            return;
        }
        let time_ms = now_ms().max(last_ms + 1);
        last_ms = time_ms;
        let request = request(writer, number, time_ms);
        until_acknowledged(&shared, &http, &request).await;
        shared.note(&request);
    }
}

fn request(writer: u64, number: u64, time_ms: i64) -> WriteRequest {
    let writer = writer.to_string();
    let of_all = (0..SERIES).map(|series| format!("all-{series}"));
    let own = format!("from-{}", number / REQUESTS_PER_SERIES * REQUESTS_PER_SERIES);
    let series = of_all.chain([own]);
    let timeseries =
        series.map(|id| write::series(NAME, &[("series", &id), ("writer", &writer)], time_ms, number as f64));
    WriteRequest { timeseries: timeseries.collect() }
}

async fn until_acknowledged(shared: &Shared, http: &reqwest::Client, request: &WriteRequest) {
    loop {
        let endpoints = shared.endpoints.read().clone();
        match write::send(http, &endpoints, request).await {
            Outcome::Acknowledged => return,
            Outcome::Later => {}
            Outcome::Lost => drop(shared.lost.fetch_add(1, Ordering::Relaxed)),
            Outcome::Refused(status, why) => panic!("a good request was refused: {status} {why}"),
        }
        tokio::time::sleep(RESEND_AFTER).await;
    }
}

impl Shared {
    fn note(&self, request: &WriteRequest) {
        let mut sent = self.sent.lock();
        for series in &request.timeseries {
            let labels = series.labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
            let points = series.samples.iter().map(|sample| (sample.timestamp, sample.value));
            sent.entry(labels).or_default().extend(points);
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// Exactly what was acknowledged is there, each set of labels as one series.
    async fn check(&self, server: &Server) {
        let sent = self.sent.lock().clone();
        let end_ms = now_ms();
        let found = Api::of(server).ask(&format!("{NAME}[1h]"), Range::Instant(end_ms)).await;
        let found = found.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(found.keys().collect::<Vec<_>>(), sent.keys().collect::<Vec<_>>());
        for (labels, points) in &sent {
            let found = &found[labels];
            let gone: Vec<_> = points.iter().filter(|(time, value)| found.get(time) != Some(value)).collect();
            assert!(gone.is_empty(), "{labels:?}: acknowledged and gone, or another: {gone:?}");
            assert_eq!(found.len(), points.len(), "{labels:?} has samples that nobody sent");
        }
        self.check_rows(server, sent.values().map(|points| points.len() as u64).sum()).await;
    }

    /// Each set of labels has one id. Table `series` has them all once everything was flushed.
    async fn check_ids(&self, server: &Server) {
        let sent = self.sent.lock().len() as u64;
        for column in ["labels_id", "map_values(labels)"] {
            let query = format!("select count(distinct {column}) from series where name = '{NAME}'");
            assert_eq!(server.count(&query).await, sent, "{column}");
        }
    }

    /// What was sent once is stored once; what got no answer may be there twice, and is read as one.
    async fn check_rows(&self, server: &Server, samples: u64) {
        let rows = server.count("select count(*) from samples").await;
        let lost = self.lost.load(Ordering::Relaxed) * (SERIES + 1);
        assert!(
            (samples..=samples + lost).contains(&rows),
            "{rows} rows of {samples} samples, {lost} without an answer"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_sample_is_lost_when_the_process_is_killed_again_and_again() {
    let site = Site::new(SMALL);
    let load = Load::start();
    for _ in 0..KILLS {
        let server = site.start().await;
        load.point_at(&server);
        load.more(1 + random() % 100).await;
        server.kill();
    }
    let server = site.start().await;
    load.point_at(&server);
    let sent = load.finish().await;
    sent.check(&server).await;
    server.stop().await;

    let verified = site.run(&["verify"]);
    assert!(verified.status.success(), "{}", text_of(&verified));
    let server = site.start().await;
    sent.check(&server).await;
    sent.check_ids(&server).await;
    server.stop().await;
}

/// A number that differs from run to run.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Declares a test that dies at a fault point's second hit, and once more at the same while it recovers.
macro_rules! fault_points {
    ($($test:ident: $point:literal),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            die_at(concat!($point, "=abort@2")).await;
        }
    )*};
}

fault_points! {
    death_after_a_sync_loses_no_sample: "wal.after_sync",
    death_between_files_and_commit_loses_no_sample: "flush.before_commit",
    death_between_the_commits_of_series_and_samples_loses_no_sample: "flush.after_commit",
    death_between_commit_and_trim_loses_no_sample: "flush.before_trim",
}

async fn die_at(fault: &str) {
    let site = Site::new(SMALL);
    let load = Load::start();
    let server = site.start().await;
    load.point_at(&server);
    load.more(5).await;
    server.kill();
    for _ in 0..2 {
        let ended = run_until_the_end(&site, &load, fault).await;
        assert!(ended.is_abort(), "{fault}: {ended}");
    }
    let server = site.start().await;
    load.point_at(&server);
    load.more(20).await;
    let sent = load.finish().await;
    sent.check(&server).await;
    server.stop().await;
    let server = site.start().await;
    sent.check(&server).await;
    sent.check_ids(&server).await;
    server.stop().await;
}

/// The fault may strike before the server is ready, as it replays, or later, under load.
async fn run_until_the_end(site: &Site, load: &Load, fault: &str) -> Ended {
    match site.try_start(&[("SPANLOOM_FAULT", fault)]).await {
        Ok(server) => {
            load.point_at(&server);
            server.end().await
        }
        Err(ended) => ended,
    }
}
