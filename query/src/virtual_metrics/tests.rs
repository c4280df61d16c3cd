//! The rule held against a naive model of it, and against what PromQL makes of the samples.

/// What the real engine says.
mod engine;
/// The rule, window by window.
mod naive;

use std::sync::Arc;

use spanloom_store::ledger::Weight;

use super::*;
use crate::promql::parse_selector;
use crate::promql::sample::Series;
use crate::promql::source::Selection;

/// An hour of long ago.
const HOUR: i64 = 400_000 * HOUR_MS;
/// Milliseconds in a second.
const S: i64 = 1_000;
const MINUTE: i64 = 60 * S;
const REQUESTS: &str = "traces_service_graph_request_total";

/// Everything is settled.
const ALWAYS: i64 = i64::MAX;

fn labels(client: &str, server: &str) -> EdgeLabels {
    EdgeLabels { client: client.into(), server: server.into(), ..EdgeLabels::default() }
}

/// A window of requests that all took 50 ms, of which a quarter failed.
fn window(end_ms: i64, requests: f64) -> EdgeWindow {
    let mut window = EdgeWindow {
        end_ms,
        labels: labels("web", "cart"),
        requests: Some(Weight::new(requests)),
        failed: Some(Weight::new(requests / 4.0)),
        ..EdgeWindow::default()
    };
    window.server_latency.record(50_000_000, Weight::new(requests));
    window
}

/// The series of a selector for samples in `(start, end]`.
fn select(text: &str, (start_ms, end_ms): (i64, i64), settled_ms: i64, windows: &[EdgeWindow]) -> Vec<Arc<Series>> {
    select_of(text, (start_ms, end_ms), settled_ms, windows, usize::MAX).unwrap()
}

fn select_of<W: Window + Clone>(
    text: &str,
    (start_ms, end_ms): (i64, i64),
    settled_ms: i64,
    windows: &[W],
    samples_max: usize,
) -> Result<Vec<Arc<Series>>, TooManySamples> {
    let selection = Selection { matchers: parse_selector(text).unwrap(), start_ms, end_ms };
    let wanted = Wanted::new(&selection);
    let mut collected = Collected::new(samples_max);
    let Some((first, last)) = wanted.hours(settled_ms) else { return Ok(collected.done()) };
    let hours = (first.start_ms..=last.start_ms).step_by(HOUR_MS as usize).map(|start_ms| Hour { start_ms });
    for hour in hours {
        let of_hour = windows.iter().filter(|window| hour.has(window.end_ms())).cloned();
        add_hour(&mut collected, &wanted, hour, settled_ms, of_hour)?;
    }
    Ok(collected.done())
}

/// Samples with times relative to the hour.
fn samples(series: &Series) -> Vec<(i64, f64)> {
    let times = series.floats.times_ms.iter().map(|time_ms| time_ms - HOUR);
    times.zip(series.floats.values.iter().copied()).collect()
}

fn check(range: (i64, i64), settled_ms: i64, windows: &[(i64, f64)], expected: &[(i64, f64)]) {
    let windows: Vec<EdgeWindow> = windows.iter().map(|(end_ms, requests)| window(HOUR + end_ms, *requests)).collect();
    let settled_ms = settled_ms.saturating_add(HOUR);
    let series = select(REQUESTS, (HOUR + range.0, HOUR + range.1), settled_ms, &windows);
    let found = series.first().map(|series| samples(series)).unwrap_or_default();
    assert_eq!(found, expected, "{windows:?}");
}

#[test]
fn a_series_begins_with_zero_one_window_before_its_first() {
    let expected = [(50 * S, 0.0), (60 * S, 3.0), (70 * S, 3.0), (80 * S, 5.0)];
    check((0, 80 * S), ALWAYS - HOUR, &[(60 * S, 3.0), (80 * S, 2.0)], &expected);
}

#[test]
fn the_zero_of_an_hour_that_begins_at_once_comes_after_the_last_of_the_hour_before() {
    let windows = [(0, 3.0), (10 * S, 9.0)];
    check((-S, 20 * S), ALWAYS - HOUR, &windows, &[(0, 3.0), (1, 0.0), (10 * S, 9.0), (20 * S, 9.0)]);
}

#[test]
fn an_idle_hour_has_nothing() {
    check((0, 2 * HOUR_MS), ALWAYS - HOUR, &[(-10 * S, 3.0)], &[]);
    let last = HOUR_MS - 10 * S;
    let windows = [(last, 1.0)];
    check((0, 3 * HOUR_MS), ALWAYS - HOUR, &windows, &[(last - 10 * S, 0.0), (last, 1.0), (HOUR_MS, 1.0)]);
}

#[test]
fn a_window_that_is_not_settled_is_not_there() {
    let windows = [(20 * S, 1.0), (30 * S, 1.0), (40 * S, 1.0)];
    check((0, HOUR_MS), 35 * S, &windows, &[(10 * S, 0.0), (20 * S, 1.0), (30 * S, 2.0)]);
    check((0, HOUR_MS), 19 * S, &windows, &[]);
}

#[test]
fn edges_of_one_name_are_one_series_and_edges_of_two_are_two() {
    let other = EdgeWindow { labels: labels("web", "stock"), ..window(HOUR + 10 * S, 7.0) };
    let windows = [window(HOUR + 10 * S, 1.0), window(HOUR + 10 * S, 2.0), other];
    let series = select(REQUESTS, (HOUR, HOUR + 10 * S), ALWAYS, &windows);
    let found: Vec<_> = series.iter().map(|series| (series.labels.get("server"), samples(series))).collect();
    let expected = |last: f64| vec![(1, 0.0), (10 * S, last)];
    assert_eq!(found, [("cart", expected(3.0)), ("stock", expected(7.0))]);
    let one = select(r#"{__name__=~"traces_.*total",server="stock"}"#, (HOUR, HOUR + 10 * S), ALWAYS, &windows);
    assert_eq!(one.len(), 2, "requests and failed ones");
}

#[test]
fn labels_are_those_that_grafana_asks_for() {
    let labels = EdgeLabels {
        client_namespace: Some("shop".into()),
        server_namespace: Some("data".into()),
        connection: Connection::Database,
        ..labels("web", "orders")
    };
    let series =
        select(REQUESTS, (HOUR, HOUR + 10 * S), ALWAYS, &[EdgeWindow { labels, ..window(HOUR + 10 * S, 1.0) }]);
    let expected = concat!(
        r#"{__name__="traces_service_graph_request_total", client="web", client_service_namespace="shop", "#,
        r#"connection_type="database", server="orders", server_service_namespace="data"}"#
    );
    assert_eq!(series[0].labels.to_string(), expected);
}

/// What the buckets of `windows` hold at the end of the last one, by bound.
fn buckets(windows: &[EdgeWindow]) -> Vec<(String, f64)> {
    let end_ms = windows.iter().map(|window| window.end_ms).max().unwrap();
    let name = "traces_service_graph_request_server_seconds_bucket";
    let series = select(name, (end_ms - 1, end_ms), ALWAYS, windows);
    series.iter().map(|series| (series.labels.get("le").to_owned(), series.floats.values[0])).collect()
}

fn timed(end_ms: i64, durations_ns: &[i64]) -> EdgeWindow {
    let mut window = EdgeWindow { server_latency: Default::default(), ..window(HOUR + end_ms, 1.0) };
    durations_ns.iter().for_each(|duration_ns| window.server_latency.record(*duration_ns, Weight::ONE));
    window
}

#[test]
fn a_bucket_holds_the_calls_up_to_its_bound() {
    let windows = [timed(10 * S, &[50_000_000, 300_000_000]), timed(20 * S, &[60_000_000_000])];
    let found = buckets(&windows);
    let expected = [
        ("+Inf", 3.0),
        ("0.1", 1.0),
        ("0.2", 1.0),
        ("0.4", 2.0),
        ("0.8", 2.0),
        ("1.6", 2.0),
        ("12.8", 2.0),
        ("3.2", 2.0),
        ("6.4", 2.0),
    ];
    assert_eq!(found, expected.map(|(bound, count)| (bound.to_owned(), count)));
    let sum = select("traces_service_graph_request_server_seconds_sum", (HOUR, HOUR + 20 * S), ALWAYS, &windows);
    assert_eq!(samples(&sum[0]), [(1, 0.0), (10 * S, 0.35), (20 * S, 60.35)]);
}

/// Both calls lie in the one of our buckets that 0.1 s cuts. Interpolated in the sum of both windows, fewer than the one of
/// the first would lie below.
#[test]
fn a_bucket_does_not_fall_when_a_longer_call_comes() {
    let windows = [timed(10 * S, &[99_500_000]), timed(20 * S, &[102_000_000])];
    assert_eq!(buckets(&windows[..1])[1], ("0.1".to_owned(), 1.0));
    assert_eq!(buckets(&windows)[1], ("0.1".to_owned(), 1.0));
}

#[test]
fn operations_count_by_the_minute_and_targets_are_there_for_the_hour() {
    let service = ServiceLabels { service: Some("web".into()), namespace: Some("shop".into()), cluster: None };
    let labels = OperationLabels { service: service.clone(), operation: Some("GET /".into()), kind: 2, status_code: 2 };
    let end_ms = HOUR + 3 * MINUTE;
    let windows = [OperationWindow { end_ms, labels, calls: Weight::new(4.0), ..OperationWindow::default() }];
    let range = (HOUR, HOUR + 5 * MINUTE);
    let calls = select_of("traces_spanmetrics_calls_total", range, ALWAYS, &windows, 100).unwrap();
    let expected = [(2 * MINUTE, 0.0), (3 * MINUTE, 4.0), (4 * MINUTE, 4.0), (5 * MINUTE, 4.0)];
    assert_eq!(samples(&calls[0]), expected);
    let text = concat!(
        r#"{__name__="traces_spanmetrics_calls_total", service="web", service_namespace="shop", "#,
        r#"span_kind="SPAN_KIND_SERVER", span_name="GET /", status_code="STATUS_CODE_ERROR"}"#
    );
    assert_eq!(calls[0].labels.to_string(), text);
    let target =
        select_of("traces_target_info", range, ALWAYS, &[TargetWindow { end_ms, labels: service }], 100).unwrap();
    assert_eq!(samples(&target[0]), [(3 * MINUTE, 1.0), (4 * MINUTE, 1.0), (5 * MINUTE, 1.0)]);
    assert_eq!(target[0].labels.get("job"), "shop/web");
}

#[test]
fn more_samples_than_may_be_are_refused() {
    let windows = [window(HOUR + 10 * S, 1.0)];
    let ask = |text: &str, samples_max: usize| {
        select_of(text, (HOUR, HOUR + HOUR_MS), ALWAYS, &windows, samples_max).map(|series| series.len())
    };
    assert_eq!(ask(REQUESTS, 361 + 32), Ok(1));
    assert_eq!(ask(REQUESTS, 361 + 31), Err(TooManySamples { max: 361 + 31 }));
    let native = "traces_service_graph_request_server_seconds";
    assert_eq!(ask(native, 361 + 31), Err(TooManySamples { max: 361 + 31 }), "a histogram is more than a sample");
    assert_eq!(ask(native, 500), Ok(1), "but not in windows in which nothing came");
    let error = crate::promql::source::SourceError::from(TooManySamples { max: 7 });
    assert!(error.to_string().contains("more than 7 samples"), "{error}");
}
