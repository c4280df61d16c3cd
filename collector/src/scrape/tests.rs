//! The scraper against servers that really answer, well and badly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use parking_lot::Mutex;

use super::testing::{Line, Scraping, eventually, now_ms, serve};
use super::*;

/// A job of one target that is scraped often. `keys` are further lines of it.
fn job(address: impl std::fmt::Display, keys: &str) -> String {
    format!(
        "scrape_configs:
  - job_name: j
    scrape_interval: 200ms
    static_configs: [{{targets: ['{address}'], labels: {{instance: i}}}}]
    {keys}
"
    )
}

fn page(text: &'static str) -> Router {
    Router::new().route("/metrics", get(move || async move { text }))
}

/// A page that the test changes; an empty one is an error of the server.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<String>>);

impl Changing {
    fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new(text.to_owned())))
    }

    fn set(&self, text: &str) {
        *self.0.lock() = text.to_owned();
    }

    fn router(&self) -> Router {
        let text = self.0.clone();
        let answer = move || async move {
            match text.lock().clone() {
                text if text.is_empty() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                text => text.into_response(),
            }
        };
        Router::new().route("/metrics", get(answer))
    }
}

const UP: &str = r#"up{instance="i", job="j"}"#;

#[tokio::test]
async fn a_page_becomes_samples_and_those_about_the_scrape() {
    let address = serve(page("# TYPE a counter\na 1\nb{x=\"y\"} 2\n")).await;
    let scraping = Scraping::start(&job(address, ""));
    let began_ms = now_ms();
    let up = scraping.recorder.wait(UP, "1").await;
    assert!((began_ms - 2..=now_ms()).contains(&up.time_ms));
    for (series, value) in [
        (r#"a{instance="i", job="j"}"#, "1"),
        (r#"b{instance="i", job="j", x="y"}"#, "2"),
        (r#"scrape_samples_scraped{instance="i", job="j"}"#, "2"),
        (r#"scrape_samples_post_metric_relabeling{instance="i", job="j"}"#, "2"),
        (r#"scrape_series_added{instance="i", job="j"}"#, "2"),
    ] {
        assert_eq!(scraping.recorder.wait(series, value).await.time_ms, up.time_ms, "{series}");
    }
    scraping.recorder.wait(r#"scrape_series_added{instance="i", job="j"}"#, "0").await;
    let view = scraping.wait_targets(|view| view.active_targets.iter().any(|target| target.health == Health::Up)).await;
    let target = &view.active_targets[0];
    assert_eq!(
        (target.scrape_url.as_str(), target.last_error.as_str()),
        (format!("http://{address}/metrics").as_str(), "")
    );
    assert_eq!((target.scrape_pool.as_str(), target.scrape_interval.as_str()), ("j", "200ms"));
    assert!(target.last_scrape_ms.is_some());
}

/// Labels and metadata travel once, as long as the sink knows them.
#[tokio::test]
async fn labels_and_metadata_are_not_sent_again() {
    let address = serve(page("# HELP a What.\n# TYPE a counter\na 1\n")).await;
    let scraping = Scraping::start(&job(address, ""));
    scraping.recorder.more(3).await;
    scraping.recorder.wait(UP, "1").await;
    scraping.recorder.more(1).await;
    let batches = scraping.recorder.batches.lock().clone();
    assert_eq!(batches.iter().map(|batch| batch.metadata.len()).sum::<usize>(), 1);
    let with_labels = batches.iter().flat_map(|batch| &batch.series).filter(|series| series.labels.is_some());
    assert_eq!(with_labels.count(), 6);
    scraping.recorder.index().forgets.store(true, Ordering::SeqCst);
    scraping.recorder.more(2).await;
    assert!(scraping.recorder.batches.lock().last().unwrap().series[0].labels.is_some());
}

#[tokio::test]
async fn a_series_that_vanishes_is_marked_once_and_may_return() {
    let changing = Changing::new("a 1\nb 2\n");
    let scraping = Scraping::start(&job(serve(changing.router()).await, ""));
    let b = r#"b{instance="i", job="j"}"#;
    scraping.recorder.wait(b, "2").await;
    changing.set("a 1\n");
    scraping.recorder.wait(b, "stale").await;
    scraping.recorder.more(3).await;
    assert_eq!(scraping.recorder.values(b).iter().filter(|value| *value == "stale").count(), 1);
    changing.set("a 1\nb 3\n");
    scraping.recorder.wait(b, "3").await;
    assert!(!scraping.recorder.values(r#"a{instance="i", job="j"}"#).contains(&"stale".to_owned()));
}

#[tokio::test]
async fn all_series_of_a_target_that_fails_are_marked_at_the_time_of_the_failure() {
    let changing = Changing::new("a 1\n");
    let scraping = Scraping::start(&job(serve(changing.router()).await, ""));
    scraping.recorder.wait(UP, "1").await;
    changing.set("");
    let down = scraping.recorder.wait(UP, "0").await;
    let stale = scraping.recorder.wait(r#"a{instance="i", job="j"}"#, "stale").await;
    assert!(stale.time_ms >= down.time_ms);
    let at = |line: &&Line| line.series == UP && line.time_ms == stale.time_ms;
    assert_eq!(scraping.recorder.lines.borrow().iter().find(at).unwrap().value, "0");
    scraping.wait_error("server returned HTTP status 503 Service Unavailable").await;
    changing.set("a 5\n");
    scraping.recorder.wait(r#"a{instance="i", job="j"}"#, "5").await;
}

#[tokio::test]
async fn a_page_that_breaks_brings_nothing() {
    let changing = Changing::new("a 1\nthis is { not a page\n");
    let scraping = Scraping::start(&job(serve(changing.router()).await, ""));
    scraping.recorder.wait(UP, "0").await;
    assert!(scraping.recorder.values(r#"a{instance="i", job="j"}"#).is_empty());
    scraping.wait_error("line 2").await;
    changing.set("a 1\n");
    scraping.recorder.wait(r#"a{instance="i", job="j"}"#, "1").await;
}

#[tokio::test]
async fn series_with_times_of_their_own_are_not_marked_unless_tracked() {
    for (keys, is_marked) in
        [("", false), ("track_timestamps_staleness: true", true), ("honor_timestamps: false", true)]
    {
        let changing = Changing::new("a 1 1600000000000\n");
        let scraping = Scraping::start(&job(serve(changing.router()).await, keys));
        let a = r#"a{instance="i", job="j"}"#;
        let line = scraping.recorder.wait(a, "1").await;
        assert_eq!(line.time_ms == 1_600_000_000_000, !keys.starts_with("honor"), "{keys}");
        changing.set("b 1\n");
        scraping.recorder.wait(r#"b{instance="i", job="j"}"#, "1").await;
        assert_eq!(scraping.recorder.values(a).contains(&"stale".to_owned()), is_marked, "{keys}");
    }
}

#[tokio::test]
async fn labels_of_the_page_are_honored_or_exported() {
    let text = "a{job=\"own\",instance=\"\"} 1\n";
    let scraping = Scraping::start(&job(serve(page(text)).await, "honor_labels: true"));
    scraping.recorder.wait(r#"a{job="own"}"#, "1").await;
    let scraping = Scraping::start(&job(serve(page(text)).await, ""));
    scraping.recorder.wait(r#"a{exported_job="own", instance="i", job="j"}"#, "1").await;
}

#[tokio::test]
async fn series_are_relabelled() {
    let rules = "metric_relabel_configs: [{source_labels: [__name__], regex: drop_.*, action: drop}, {regex: secret, action: labeldrop}]";
    let text = "drop_me 1\na{secret=\"x\",b=\"c\"} 1\n";
    let scraping = Scraping::start(&job(serve(page(text)).await, rules));
    scraping.recorder.wait(r#"a{b="c", instance="i", job="j"}"#, "1").await;
    scraping.recorder.wait(r#"scrape_samples_scraped{instance="i", job="j"}"#, "2").await;
    scraping.recorder.wait(r#"scrape_samples_post_metric_relabeling{instance="i", job="j"}"#, "1").await;
}

#[tokio::test]
async fn of_series_that_are_there_twice_the_first_counts() {
    let text = "a 1\na 2\nb{x=\"1\"} 3\nb{x=\"2\"} 4\n";
    let rules = "metric_relabel_configs: [{regex: x, action: labeldrop}]";
    let scraping = Scraping::start(&job(serve(page(text)).await, rules));
    scraping.recorder.wait(UP, "1").await;
    scraping.recorder.more(1).await;
    assert!(scraping.recorder.values(r#"a{instance="i", job="j"}"#).iter().all(|value| value == "1"));
    assert!(scraping.recorder.values(r#"b{instance="i", job="j"}"#).iter().all(|value| value == "3"));
    assert!(scraping.handle.counters().duplicates.get() >= 4);
}

#[tokio::test]
async fn a_time_far_ahead_is_not_taken() {
    let text = format!("a 1 {}\nb 1\n", now_ms() + 2 * 3_600_000);
    let scraping = Scraping::start(&job(serve(Changing::new(&text).router()).await, ""));
    scraping.recorder.wait(UP, "1").await;
    assert!(scraping.recorder.values(r#"a{instance="i", job="j"}"#).is_empty());
    assert!(scraping.handle.counters().future.get() > 0);
}

/// Scrapes a target that cannot be scraped.
async fn check_fails(router: Router, keys: &str, reason: &str, error: &str) {
    let scraping = Scraping::start(&job(serve(router).await, keys));
    scraping.recorder.wait(UP, "0").await;
    let last_error = scraping.wait_error(error).await;
    assert!(last_error.len() < 400, "{last_error}");
    let counters = scraping.handle.counters();
    assert!(counters.failures().any(|(name, count)| name == reason && count > 0), "{reason}: {counters:?}");
}

#[tokio::test]
async fn limits_of_a_page_fail_the_scrape() {
    check_fails(page("a 1\nb 1\nc 1\n"), "sample_limit: 2", "sample_limit", "3 samples, the most is 2").await;
    check_fails(page("a{b=\"c\"} 1\n"), "label_limit: 3", "label_limit", "series a has 4 labels, the most is 3").await;
    check_fails(
        page("a{long_name_=\"c\"} 1\n"),
        "label_name_length_limit: 9",
        "label_limit",
        "10 bytes, the most is 9",
    )
    .await;
    check_fails(
        page("a{b=\"long\"} 1\n"),
        "label_value_length_limit: 3",
        "label_limit",
        "label b with a value of 4 bytes",
    )
    .await;
    check_fails(page("a 1\n"), "body_size_limit: 3B", "body_size_limit", "more than 3 bytes").await;
    let drop_names = "metric_relabel_configs: [{regex: __name__, action: labeldrop}]";
    check_fails(page("a 1\n"), drop_names, "no_name", "no name").await;
}

#[tokio::test]
async fn what_rules_drop_does_not_count_against_the_limit() {
    let keys = "sample_limit: 1\n    metric_relabel_configs: [{source_labels: [__name__], regex: a, action: keep}]";
    let scraping = Scraping::start(&job(serve(page("a 1\nb 1\nc 1\n")).await, keys));
    scraping.recorder.wait(UP, "1").await;
}

#[tokio::test]
async fn too_many_targets_all_fail() {
    let address = serve(page("a 1\n")).await;
    let keys = "target_limit: 1\n    relabel_configs: [{source_labels: [__address__], target_label: instance}]";
    let yaml = job(format!("{address}', 'localhost:{}", address.port()), keys);
    let scraping = Scraping::start(&yaml);
    let view = scraping.wait_targets(|view| {
        view.active_targets.len() == 2 && view.active_targets.iter().all(|target| target.health == Health::Down)
    });
    assert!(view.await.active_targets[0].last_error.contains("2 targets, the most is 1"));
}

#[tokio::test]
async fn garbage_and_wrong_types_are_failures() {
    let html = Router::new().route("/metrics", get(|| async { ([(header::CONTENT_TYPE, "text/html")], "a 1\n") }));
    check_fails(html.clone(), "", "content_type", "text/html").await;
    let scraping = Scraping::start(&job(serve(html).await, "fallback_scrape_protocol: PrometheusText0.0.4"));
    scraping.recorder.wait(UP, "1").await;
    let noise: Vec<u8> = (0..4096u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let noise = Router::new().route("/metrics", get(|| async { ([(header::CONTENT_TYPE, "text/plain")], noise) }));
    check_fails(noise, "", "page", "failed to read the page").await;
}

#[tokio::test]
async fn nobody_there_is_a_failure() {
    let scraping = Scraping::start(&job("127.0.0.1:1", ""));
    scraping.recorder.wait(UP, "0").await;
    scraping.wait_error("refused").await;
}

/// Pieces that never end, each after the consumer took the one before.
fn endless(piece: &'static [u8], pause: Option<Duration>) -> Router {
    let answer = move || async move {
        let pieces = futures::stream::unfold((), move |()| async move {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            Some((Ok::<_, std::io::Error>(Bytes::from_static(piece)), ()))
        });
        Response::new(Body::from_stream(pieces))
    };
    Router::new().route("/metrics", get(answer))
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let yaml = job(serve(endless(&[b'\n'; 4096], None)).await, "body_size_limit: 1MB");
    let scraping = Scraping::start(&yaml.replace("200ms", "3s"));
    scraping.wait_error("more than 1000000 bytes").await;
}

#[tokio::test]
async fn a_body_that_drips_is_a_timeout() {
    check_fails(endless(b"a", Some(Duration::from_millis(5))), "", "timeout", "no answer within 200ms").await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_more_than_the_default_bound() {
    static LINES: [u8; 1 << 20] = [b'\n'; 1 << 20];
    let answer = || async {
        let pieces = (0..100).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&LINES)));
        Response::new(Body::from_stream(futures::stream::iter(pieces)))
    };
    let yaml = job(serve(Router::new().route("/metrics", get(answer))).await, "");
    let scraping = Scraping::start(&yaml.replace("200ms", "5s"));
    scraping.wait_error("more than 67108864 bytes").await;
}

#[tokio::test]
async fn redirects_are_followed_up_to_a_bound_or_not_at_all() {
    let looping = Router::new().route("/metrics", get(|| async { Redirect::temporary("/metrics") }));
    check_fails(looping.clone(), "", "transport", "redirect").await;
    check_fails(looping, "follow_redirects: false", "status", "307").await;
    let moved = Router::new()
        .route("/metrics", get(|| async { Redirect::permanent("/moved") }))
        .route("/moved", get(|| async { "a 1\n" }));
    let scraping = Scraping::start(&job(serve(moved).await, ""));
    scraping.recorder.wait(UP, "1").await;
}

#[tokio::test]
async fn a_label_of_a_megabyte_is_refused_and_the_rest_taken() {
    let changing = Changing::new(&format!("a{{b=\"{}\"}} 1\nc 1\n", "x".repeat(1 << 20)));
    let scraping = Scraping::start(&job(serve(changing.router()).await, "").replace("200ms", "500ms"));
    scraping.recorder.wait(r#"c{instance="i", job="j"}"#, "1").await;
    assert!(scraping.handle.counters().refused.get() > 0);
    // It has no end that could be marked either.
    changing.set("c 2\n");
    scraping.recorder.wait(r#"c{instance="i", job="j"}"#, "2").await;
    assert_eq!(scraping.handle.counters().markers_lost.get(), 0);
}

#[tokio::test]
async fn requests_say_who_asks_and_what_for() {
    let heard: Arc<Mutex<Option<HeaderMap>>> = Arc::default();
    let hears = heard.clone();
    let answer = move |headers: HeaderMap| async move {
        *hears.lock() = Some(headers);
        "a 1\n"
    };
    let router = Router::new().route("/metrics", get(answer));
    let keys = "basic_auth: {username: me, password: secret}\n    scrape_protocols: [PrometheusText0.0.4, OpenMetricsText1.0.0]";
    let scraping = Scraping::start(&job(serve(router).await, keys));
    scraping.recorder.wait(UP, "1").await;
    let headers = heard.lock().clone().unwrap();
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-prometheus-scrape-timeout-seconds"), "0.2");
    assert_eq!(header("authorization"), "Basic bWU6c2VjcmV0");
    assert_eq!(header("accept-encoding"), "gzip");
    assert_eq!(
        header("accept"),
        "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.8,*/*;q=0.1"
    );
    assert!(header("user-agent").starts_with("spanloom/"));
}

#[tokio::test]
async fn a_token_is_read_again_from_its_file() {
    let heard: Arc<Mutex<String>> = Arc::default();
    let hears = heard.clone();
    let answer = move |headers: HeaderMap| async move {
        *hears.lock() = headers["authorization"].to_str().unwrap().to_owned();
        "a 1\n"
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "one\n").unwrap();
    let keys = format!("authorization: {{credentials_file: '{}'}}", file.path().display());
    let _scraping = Scraping::start(&job(serve(Router::new().route("/metrics", get(answer))).await, &keys));
    eventually(|| *heard.lock() == "Bearer one").await;
    std::fs::write(file.path(), "two\n").unwrap();
    eventually(|| *heard.lock() == "Bearer two").await;
}

#[tokio::test]
async fn pages_may_come_compressed_and_bombs_are_cut_off() {
    use std::io::Write;
    let zip = |text: &[u8]| {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(text).unwrap();
        zip.finish().unwrap()
    };
    let serving = |body: Vec<u8>| {
        Router::new().route(
            "/metrics",
            get(|| async { ([(header::CONTENT_ENCODING, "gzip"), (header::CONTENT_TYPE, "text/plain")], body) }),
        )
    };
    let scraping = Scraping::start(&job(serve(serving(zip(b"a 7\n"))).await, ""));
    scraping.recorder.wait(r#"a{instance="i", job="j"}"#, "7").await;
    let bomb = zip(&vec![b'\n'; 10 << 20]);
    assert!(bomb.len() < 1 << 20);
    let keys = "body_size_limit: 1MiB";
    let yaml = job(serve(serving(bomb)).await, keys).replace("200ms", "1s");
    let scraping = Scraping::start(&yaml);
    scraping.wait_error("more than 1048576 bytes").await;
}

#[tokio::test]
async fn samples_that_the_sink_refuses_are_lost_and_the_next_are_not() {
    let changing = Changing::new("a 1\n");
    let scraping = Scraping::start(&job(serve(changing.router()).await, ""));
    scraping.recorder.wait(UP, "1").await;
    scraping.recorder.is_overloaded.store(true, Ordering::SeqCst);
    scraping.wait_error("samples were not taken: overloaded").await;
    // What vanished meanwhile is marked when there is room again.
    changing.set("b 2\n");
    let failed = || scraping.handle.counters().failures().find(|(name, _)| *name == "append").unwrap().1;
    let before = failed();
    eventually(|| failed() > before + 2).await;
    scraping.recorder.is_overloaded.store(false, Ordering::SeqCst);
    scraping.recorder.wait(r#"a{instance="i", job="j"}"#, "stale").await;
    scraping.recorder.wait(r#"b{instance="i", job="j"}"#, "2").await;
}

#[tokio::test]
async fn a_target_that_discovery_loses_is_marked_and_one_that_returns_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("targets.json");
    let address = serve(page("a 1\n")).await;
    let list = format!(r#"[{{"targets": ["{address}"], "labels": {{"instance": "i"}}}}]"#);
    std::fs::write(&file, &list).unwrap();
    let yaml = format!(
        "scrape_configs: [{{job_name: j, scrape_interval: 300ms, file_sd_configs: [{{files: ['{}']}}]}}]",
        file.display()
    );
    let scraping = Scraping::start(&yaml);
    scraping.recorder.wait(UP, "1").await;
    std::fs::write(&file, "[]").unwrap();
    scraping.wait_targets(|view| view.active_targets.is_empty()).await;
    std::fs::write(&file, &list).unwrap();
    scraping.wait_targets(|view| !view.active_targets.is_empty()).await;
    scraping.recorder.more(2).await;
    let a = r#"a{instance="i", job="j"}"#;
    assert!(!scraping.recorder.values(a).contains(&"stale".to_owned()));
    std::fs::write(&file, "[]").unwrap();
    let stale = scraping.recorder.wait(a, "stale").await;
    let last =
        scraping.recorder.lines.borrow().iter().rfind(|line| line.series == a && line.value == "1").unwrap().time_ms;
    assert!((stale.time_ms - last - 300).abs() <= 100, "{stale:?} after {last}");
    assert_eq!(scraping.recorder.wait(UP, "stale").await.time_ms, stale.time_ms);
}

#[tokio::test]
async fn a_stop_is_prompt_and_marks_nothing() {
    let mut scraping =
        Scraping::start(&job(serve(endless(b"a", Some(Duration::from_millis(5)))).await, "").replace("200ms", "60s"));
    scraping.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(2), scraping.handle.ended()).await.unwrap();
    let mut scraping = Scraping::start(&job(serve(page("a 1\n")).await, ""));
    scraping.recorder.wait(UP, "1").await;
    scraping.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(2), scraping.handle.ended()).await.unwrap();
    assert!(scraping.recorder.lines.borrow().iter().all(|line| line.value != "stale"));
}

#[tokio::test]
async fn a_clock_that_jumps_does_not_stop_scrapes() {
    let scraping = Scraping::start(&job(serve(page("a 1\n")).await, ""));
    scraping.recorder.wait(UP, "1").await;
    for jump_ms in [-86_400_000, 86_400_000] {
        scraping.clock_off_ms.store(jump_ms, Ordering::SeqCst);
        scraping.recorder.more(3).await;
        let line = scraping.recorder.last(1).remove(0);
        assert!((line.time_ms - now_ms() - jump_ms).abs() < 5_000, "{line:?}");
    }
    assert!(!scraping.recorder.values(r#"a{instance="i", job="j"}"#).contains(&"stale".to_owned()));
}

/// Scrapes of a target are an interval apart, give or take what a busy machine adds.
#[tokio::test]
async fn scrapes_do_not_overlap_or_bunch() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counts, overlaps) = (now.clone(), most.clone());
    let answer = move || async move {
        if counts.fetch_add(1, Ordering::SeqCst) > 0 {
            overlaps.store(true, Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        counts.fetch_sub(1, Ordering::SeqCst);
        "a 1\n"
    };
    let scraping = Scraping::start(&job(serve(Router::new().route("/metrics", get(answer))).await, ""));
    scraping.recorder.more(6).await;
    assert!(!most.load(Ordering::SeqCst));
}

#[tokio::test]
async fn native_histograms_are_taken_when_asked_for_only() {
    let mut body = Vec::new();
    native_page(&mut body);
    let family = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    let router = Router::new().route("/metrics", get(move || async move { ([(header::CONTENT_TYPE, family)], body) }));
    let address = serve(router).await;
    let (h, count) = (r#"h{instance="i", job="j"}"#, r#"h_count{instance="i", job="j"}"#);
    let scraping = Scraping::start(&job(address, "scrape_native_histograms: true"));
    scraping.recorder.wait(h, "histogram of 3").await;
    assert!(scraping.recorder.values(count).is_empty());
    let both = "scrape_native_histograms: true\n    always_scrape_classic_histograms: true";
    let scraping = Scraping::start(&job(address, both));
    scraping.recorder.wait(h, "histogram of 3").await;
    scraping.recorder.wait(count, "3").await;
    let scraping = Scraping::start(&job(address, ""));
    scraping.recorder.wait(count, "3").await;
    assert!(scraping.recorder.values(h).is_empty());
}

/// A family `h` with one histogram in both forms, written by hand: field number and wire type, length, content.
fn native_page(page: &mut Vec<u8>) {
    let histogram: &[u8] = &[
        0x08, 3, // sample_count
        0x11, 0, 0, 0, 0, 0, 0, 0x18, 0x40, // sample_sum 6.0
        0x1a, 0x0b, 0x08, 3, 0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, // bucket: cumulative_count 3, upper_bound 1.0
        0x28, 0, // schema 0
        0x31, 0, 0, 0, 0, 0, 0, 0, 0, // zero_threshold
        0x62, 4, 0x08, 0, 0x10, 1, // positive_span: offset 0, length 1
        0x68, 6, // positive_delta 3
    ];
    let metric = [&[0x3a, histogram.len() as u8], histogram].concat();
    let family = [&[0x0a, 1, b'h', 0x18, 4, 0x22, metric.len() as u8][..], &metric].concat();
    page.push(family.len() as u8);
    page.extend(family);
}
