//! The rule as it is written, with no thought to how much work it is.

use proptest::prelude::*;

use super::*;

/// What a series says at a time; None where it says nothing.
fn value(windows: &[EdgeWindow], time_ms: i64, settled_ms: i64) -> Option<f64> {
    let hour_ms = (time_ms - 1).div_euclid(HOUR_MS) * HOUR_MS;
    let in_hour = |window: &&EdgeWindow| {
        window.end_ms > hour_ms && window.end_ms <= hour_ms + HOUR_MS && window.end_ms <= settled_ms
    };
    let of_hour: Vec<&EdgeWindow> = windows.iter().filter(in_hour).collect();
    let first_ms = of_hour.iter().map(|window| window.end_ms).min()?;
    let zero_ms = if first_ms - 10 * S == hour_ms { hour_ms + 1 } else { first_ms - 10 * S };
    let is_end = time_ms % (10 * S) == 0 && time_ms >= first_ms && time_ms <= settled_ms;
    if time_ms != zero_ms && !is_end {
        return None;
    }
    let until = of_hour.iter().filter(|window| window.end_ms <= time_ms);
    Some(until.filter_map(|window| window.requests).map(Weight::as_f64).sum())
}

/// Ends of windows around three hours, and how many requests; often at the start or the end of one.
fn windows() -> impl Strategy<Value = Vec<EdgeWindow>> {
    let end = prop_oneof![0..1080_i64, 358..363_i64, 718..723_i64];
    let one = (end, 0..2_000_u32)
        .prop_map(|(end, sixteenths)| window(HOUR + (end + 1) * 10 * S, f64::from(sixteenths) / 16.0));
    prop::collection::vec(one, 0..40)
}

fn range() -> impl Strategy<Value = (i64, i64)> {
    (-S..3 * HOUR_MS, 0..2 * HOUR_MS).prop_map(|(start_ms, length_ms)| (HOUR + start_ms, HOUR + start_ms + length_ms))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn samples_are_those_of_the_rule(windows in windows(), range in range(), settled in 0..4 * HOUR_MS) {
        let settled_ms = HOUR + settled;
        let series = select(REQUESTS, range, settled_ms, &windows);
        let ends = (range.0.div_euclid(10 * S)..=range.1.div_euclid(10 * S)).map(|end| end * 10 * S);
        let is_in = |time_ms: &i64| range.0 < *time_ms && *time_ms <= range.1;
        let times = ends.flat_map(|end_ms| [end_ms, end_ms + 1]).filter(is_in);
        let expected: Vec<(i64, f64)> =
            times.filter_map(|time_ms| Some((time_ms - HOUR, value(&windows, time_ms, settled_ms)?))).collect();
        prop_assert_eq!(series.first().map(|series| samples(series)).unwrap_or_default(), expected);
    }

    #[test]
    fn the_value_depends_on_nobody_s_range(windows in windows(), range in range()) {
        let native = "traces_service_graph_request_server_seconds";
        for name in [REQUESTS, &format!("{native}_bucket"), native] {
            let all = select(name, (HOUR - HOUR_MS, HOUR + 5 * HOUR_MS), ALWAYS, &windows);
            for part in select(name, range, ALWAYS, &windows) {
                let whole = all.iter().find(|series| series.labels == part.labels).unwrap();
                let is_in = |time_ms: &i64| range.0 < *time_ms && *time_ms <= range.1;
                let times: Vec<i64> = whole.floats.times_ms.iter().copied().filter(is_in).collect();
                prop_assert_eq!(&times, &part.floats.times_ms);
                let skipped = whole.floats.times_ms.partition_point(|time_ms| *time_ms <= range.0);
                prop_assert_eq!(&whole.floats.values[skipped..skipped + times.len()], &part.floats.values[..]);
                let skipped = whole.histograms.times_ms.partition_point(|time_ms| *time_ms <= range.0);
                let of_part = &part.histograms.values;
                prop_assert_eq!(&whole.histograms.values[skipped..skipped + of_part.len()], &of_part[..]);
            }
        }
    }

    /// To the last bit, so that a compaction or another writer changes nothing.
    #[test]
    fn the_order_of_rows_does_not_matter(windows in windows()) {
        let mut turned = windows.clone();
        turned.reverse();
        let (all, range) = (r#"{__name__=~"traces_service_graph.*"}"#, (HOUR, HOUR + 4 * HOUR_MS));
        prop_assert_eq!(select(all, range, ALWAYS, &windows), select(all, range, ALWAYS, &turned));
    }

    /// A counter falls at the start of an hour only, and a bucket holds no less than the one before it.
    #[test]
    fn counters_only_rise(windows in windows(), durations in prop::collection::vec(1..20_000_000_000_i64, 40)) {
        let mut windows = windows;
        for (window, duration_ns) in windows.iter_mut().zip(durations) {
            window.server_latency.record(duration_ns, Weight::new(0.7));
        }
        let buckets = "traces_service_graph_request_server_seconds_bucket";
        let mut series = select(buckets, (HOUR, HOUR + 4 * HOUR_MS), ALWAYS, &windows);
        series.sort_by(|a, b| le(a).total_cmp(&le(b)));
        for series in &series {
            for (times, values) in series.floats.times_ms.windows(2).zip(series.floats.values.windows(2)) {
                prop_assert!(values[0] <= values[1] || Hour::until(times[0]) != Hour::until(times[1]));
            }
        }
        for pair in series.windows(2) {
            prop_assert!(pair[0].floats.values.iter().zip(&pair[1].floats.values).all(|(less, more)| less <= more));
        }
        let count = "traces_service_graph_request_server_seconds_count";
        let total = select(count, (HOUR, HOUR + 4 * HOUR_MS), ALWAYS, &windows);
        prop_assert_eq!(series.last().map(|series| &series.floats), total.first().map(|series| &series.floats));
    }
}

fn le(series: &Series) -> f64 {
    series.labels.get("le").parse().unwrap()
}
