//! What PromQL makes of the samples.

use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;
use crate::promql::engine::{Engine, Range, Value};
use crate::promql::sample::Sample;
use crate::promql::source::MemorySource;

const EDGES: &str = r#"{__name__=~"traces_service_graph.*"}"#;

/// The answers of an instant query, relative to the hour; `$x` is the counter of requests.
fn ask(windows: &[EdgeWindow], text: &str, time_ms: i64) -> Vec<f64> {
    let series = select(EDGES, (HOUR - 3 * HOUR_MS, HOUR + 3 * HOUR_MS), ALWAYS, windows);
    let source = MemorySource { series };
    let text = text.replace("$x", REQUESTS);
    let engine = Engine::default();
    let answer = engine.query(&source, &text, Range::Instant(HOUR + time_ms));
    let answer = answer.now_or_never().expect("series in memory are there at once").unwrap();
    let Value::Vector(vector) = answer.value else { panic!("{text} is no vector") };
    let float = |sample: Sample| match sample {
        Sample::Float(value) => value,
        Sample::Histogram(histogram) => panic!("{text} is a histogram: {histogram:?}"),
    };
    vector.into_iter().map(|(_, _, sample)| float(sample)).collect()
}

fn check(windows: &[(i64, f64)], text: &str, time_ms: i64, expected: &[f64]) {
    let windows: Vec<EdgeWindow> = windows.iter().map(|(end_ms, requests)| window(HOUR + end_ms, *requests)).collect();
    let found = ask(&windows, text, time_ms);
    let is_near = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(is_near, "{text} at {time_ms}: {found:?}, expected {expected:?}");
}

/// A window every ten seconds from `from` to `to`, so many requests in each.
fn steady(from: i64, to: i64, requests: f64) -> Vec<(i64, f64)> {
    (from..=to).step_by(10).map(|end_s| (end_s * S, requests)).collect()
}

#[test]
fn increase_over_the_start_of_an_hour_is_what_came() {
    let windows = steady(-600, 600, 3.0);
    check(&windows, "increase($x[2m])", MINUTE, &[36.0]);
    check(&windows, "increase($x[5m])", 0, &[90.0]);
    check(&windows, "rate($x[10m])", 5 * MINUTE, &[0.3]);
}

#[test]
fn increase_inside_of_an_hour_is_what_came() {
    check(&steady(10, 600, 3.0), "increase($x[5m])", 10 * MINUTE, &[90.0]);
}

/// Nothing is extrapolated to before the zero of a new series, and its first window counts.
#[test]
fn the_first_window_of_a_series_is_an_increase() {
    let windows = steady(1200, 1300, 5.0);
    check(&windows, "increase($x[10m])", 1300 * S, &[55.0]);
    check(&steady(10, 100, 5.0), "increase($x[10m])", 100 * S, &[50.0]);
}

/// Without a zero at the start of the hour this would look like growth of 99.
#[test]
fn an_hour_that_begins_with_more_than_the_last_one_had_is_a_reset_too() {
    let windows = [(-10 * S, 1.0), (10 * S, 100.0)];
    check(&windows, "resets($x[1m])", 30 * S, &[1.0]);
    check(&windows, "max_over_time($x[1m]) - min_over_time($x[1m])", 30 * S, &[100.0]);
    // From -20 s, where it begins, to 30 s.
    check(&windows, "increase($x[1m])", 30 * S, &[101.0]);
}

#[test]
fn an_hour_in_between_in_which_nothing_came_adds_nothing() {
    let windows = [(-HOUR_MS, 5.0), (HOUR_MS + 10 * S, 7.0)];
    check(&windows, "increase($x[3h])", HOUR_MS + 20 * S, &[12.0]);
}

#[test]
fn a_series_is_found_for_as_long_as_the_lookback_after_its_hour() {
    let windows = [(-30 * MINUTE, 5.0)];
    check(&windows, "$x", 0, &[5.0]);
    check(&windows, "$x", 5 * MINUTE - 1, &[5.0]);
    check(&windows, "$x", 5 * MINUTE, &[]);
    check(&windows, "rate($x[5m])", -10 * MINUTE, &[0.0]);
}

/// As parts of other writers, before and after a restart, nothing is seen of it.
#[test]
fn a_restart_of_a_writer_is_not_seen() {
    let whole = steady(-100, 100, 4.0);
    let parts: Vec<(i64, f64)> = whole
        .iter()
        .flat_map(|(end_ms, _)| if *end_ms == 0 { vec![(*end_ms, 1.0), (*end_ms, 3.0)] } else { vec![(*end_ms, 4.0)] })
        .collect();
    for text in ["increase($x[2m])", "resets($x[2m])"] {
        let found = |windows: &[(i64, f64)]| {
            let windows: Vec<EdgeWindow> =
                windows.iter().map(|(end_ms, requests)| window(HOUR + end_ms, *requests)).collect();
            ask(&windows, text, MINUTE)
        };
        assert_eq!(found(&whole), found(&parts), "{text}");
    }
    check(&parts, "resets($x[50s])", MINUTE, &[0.0]);
}

/// It counts where it was and not where it arrived.
#[test]
fn a_late_window_raises_what_comes_after_it() {
    let mut windows = steady(10, 600, 1.0);
    windows.retain(|(end_ms, _)| *end_ms != 100 * S);
    check(&windows, "$x - $x offset 1m", 2 * MINUTE, &[5.0]);
    windows.push((100 * S, 50.0));
    check(&windows, "$x - $x offset 1m", 2 * MINUTE, &[55.0]);
    // The samples of 50 seconds say 54; Prometheus goes back from 7 to where the counter would have been 0.
    check(&windows, "increase($x[1m])", 2 * MINUTE, &[61.0]);
    check(&windows, "increase($x[1m])", 10 * MINUTE, &[6.0]);
    check(&windows, "resets($x[10m])", 10 * MINUTE, &[0.0]);
}

#[test]
fn average_error_and_percentile_are_those_of_the_calls() {
    let windows = steady(-600, 600, 4.0);
    let server = "traces_service_graph_request_server_seconds";
    check(&windows, &format!("rate({server}_sum[5m]) / rate($x[5m])"), 2 * MINUTE, &[0.05]);
    check(
        &windows,
        "rate(traces_service_graph_request_failed_total[5m]) / ignoring() rate($x[5m])",
        2 * MINUTE,
        &[0.25],
    );
    check(&windows, &format!("histogram_count(increase({server}[5m]))"), 2 * MINUTE, &[120.0]);
    check(
        &windows,
        &format!("histogram_sum(rate({server}[5m])) / histogram_count(rate({server}[5m]))"),
        2 * MINUTE,
        &[0.05],
    );
    let windows: Vec<EdgeWindow> = windows.iter().map(|(end_ms, requests)| window(HOUR + end_ms, *requests)).collect();
    let native = ask(&windows, &format!("histogram_quantile(0.5, rate({server}[5m]))"), 2 * MINUTE)[0];
    assert!((native / 0.05 - 1.0).abs() < 0.045, "{native} is not about 0.05");
    let classic = ask(&windows, &format!("histogram_quantile(0.5, rate({server}_bucket[5m]))"), 2 * MINUTE)[0];
    assert!((0.0..=0.1).contains(&classic), "{classic} is not in the first bucket");
}

proptest! {
    /// A difference of two samples is exact.
    #[test]
    fn a_difference_inside_of_an_hour_is_the_sum_of_its_windows(
        windows in prop::collection::vec((1..360_i64, 0..5_000_u32), 1..60),
        from in 1..350_i64,
        length in 1..300_i64,
    ) {
        let rows: Vec<(i64, f64)> =
            windows.iter().map(|(end, parts)| (end * 10 * S, f64::from(*parts) / 64.0)).collect();
        let first = windows.iter().map(|(end, _)| *end).min().unwrap() - 1;
        let (from, to) = (from.max(first), (from.max(first) + length).min(360));
        prop_assume!(from < to);
        let between = rows.iter().filter(|(end_ms, _)| from * 10 * S < *end_ms && *end_ms <= to * 10 * S);
        let expected: f64 = between.map(|(_, requests)| requests).sum();
        let rows: Vec<EdgeWindow> = rows.iter().map(|(end_ms, requests)| window(HOUR + end_ms, *requests)).collect();
        // The zero of the first window of an hour is a moment after it.
        let shift = if from == 0 { 1 } else { 0 };
        let offset = (to - from) * 10 * S - shift;
        let found = ask(&rows, &format!("$x - $x offset {offset}ms"), to * 10 * S);
        prop_assert_eq!(found, vec![expected]);
    }
}
