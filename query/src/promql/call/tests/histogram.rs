use std::sync::Arc;

use super::{Given, MINUTE, close, given};
use crate::promql::call::{Context, Scratch, sample_function, smoothed};
use crate::promql::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram, ResetHint};
use crate::promql::sample::{Column, Sample};
use crate::promql::tree::{Edges, Span};

/// So many observations, each in the same bucket.
fn counted(count: f64) -> Histogram {
    Histogram {
        count,
        sum: 2.0 * count,
        positive_spans: vec![BucketSpan { offset: 1, length: 1 }],
        positive: vec![count],
        ..Histogram::default()
    }
}

fn custom(count: f64) -> Histogram {
    Histogram { schema: CUSTOM_SCHEMA, custom_bounds: [5.0, 10.0].into(), ..counted(count) }
}

fn gauge(histogram: Histogram) -> Histogram {
    Histogram { hint: ResetHint::Gauge, ..histogram }
}

/// Histograms, minute by minute.
fn histograms(values: impl IntoIterator<Item = Histogram>) -> Given {
    let mut column = Column::default();
    for (at, value) in values.into_iter().enumerate() {
        column.push(at as i64 * MINUTE, Arc::new(value));
    }
    let end_ms = column.times_ms.last().copied().unwrap_or(0);
    Given { histograms: column, end_ms, ..given(&[]) }
}

fn counter(counts: &[f64]) -> Given {
    histograms(counts.iter().map(|count| counted(*count)))
}

/// The count of the answer, of which sum and bucket have to be in proportion.
#[track_caller]
fn check(name: &str, given: &Given, expected: impl Into<Option<f64>>) {
    let expected = expected.into();
    let answer = given.call(name);
    let Some(histogram) = answer.histogram else {
        assert_eq!(expected, None, "{name}: {}", answer.said);
        return;
    };
    let expected = expected.unwrap_or_else(|| panic!("{name}: {histogram:?}, expected nothing"));
    assert!(close(histogram.count, expected), "{name}: {}, expected {expected}", histogram.count);
    assert!(close(histogram.sum, 2.0 * expected), "{name}: sum {}", histogram.sum);
    assert!(close(histogram.positive.iter().sum(), expected), "{name}: buckets {:?}", histogram.positive);
}

#[test]
fn histograms_grow_as_floats_do() {
    let values = [10.0, 20.0, 5.0, 35.0, 40.0];
    for edges in [Edges::Plain, Edges::Anchored, Edges::Smoothed] {
        for (start, end) in [(-1, 240), (30, 240), (45, 150), (100, 130), (120, 200), (-200, 400), (250, 300), (-9, -5)]
        {
            let within = |given: Given| given.edges(edges).within(start * 1000, end * 1000);
            let (floats, histograms) = (within(given(&values)), within(counter(&values)));
            for name in ["rate", "increase", "delta", "irate", "idelta"] {
                if edges == Edges::Plain || !name.starts_with('i') || name == "increase" {
                    check(name, &histograms, floats.call(name).value);
                }
            }
        }
    }
}

#[test]
fn histograms_restart_as_floats_do() {
    let starts = [MINUTE, MINUTE, 30_000, 90_000, MINUTE];
    let floats = given(&[10.0, 20.0, 25.0, 35.0, 40.0]).later(MINUTE).starts(&starts);
    let histograms = counter(&[10.0, 20.0, 25.0, 35.0, 40.0]).later(MINUTE).starts(&starts);
    for name in ["rate", "increase", "irate"] {
        check(name, &histograms, floats.call(name).value);
    }
    assert_eq!(histograms.call("resets").value, floats.call("resets").value);
    assert_eq!(histograms.call("rate").said, floats.call("rate").said);
    check("increase", &counter(&[9.0]).later(2 * MINUTE).starts(&[30_000]).within(MINUTE, 2 * MINUTE), 9.0);
    check("increase", &counter(&[9.0]).within(-MINUTE, 0), None);
}

#[test]
fn a_rate_is_a_gauge() {
    for name in ["rate", "increase", "delta", "irate", "idelta"] {
        let answer = counter(&[1.0, 2.0, 3.0]).call(name);
        assert_eq!(answer.histogram.map(|histogram| histogram.hint), Some(ResetHint::Gauge), "{name}");
    }
}

#[test]
fn what_is_no_counter_or_no_gauge_is_told_of() {
    let no_counter = "this native histogram metric is not a counter: \"requests_total\"";
    let no_gauge = "this native histogram metric is not a gauge: \"requests_total\"";
    let counters = counter(&[1.0, 2.0, 3.0]);
    let gauges = histograms([1.0, 2.0, 3.0].map(|count| gauge(counted(count))));
    for name in ["rate", "increase", "irate"] {
        assert_eq!(counters.call(name).said, "");
        assert!(gauges.call(name).said.contains(no_counter));
    }
    for name in ["delta", "idelta"] {
        assert_eq!(gauges.call(name).said, "");
        assert!(counters.call(name).said.contains(no_gauge));
    }
}

#[test]
fn buckets_of_two_kinds_do_not_meet() {
    let mixed = histograms([counted(1.0), custom(2.0), custom(3.0), counted(4.0)]);
    for name in ["increase", "delta", "irate", "sum_over_time", "avg_over_time"] {
        let mixed = if name == "delta" { histograms([counted(1.0), custom(2.0)]) } else { mixed.clone() };
        if name == "irate" {
            // After the reset that another kind of buckets is.
            check(name, &mixed, 4.0 / 60.0);
            continue;
        }
        check(name, &mixed, None);
        let said = mixed.call(name).said;
        assert!(said.contains("a mix of histograms with exponential and custom buckets schemas"), "{name}: {said}");
    }
}

#[test]
fn floats_and_histograms_do_not_meet() {
    let mixed = Given { histograms: counter(&[1.0, 2.0]).later(10).histograms, ..given(&[1.0, 2.0]) };
    let mixed = mixed.within(-1, 2 * MINUTE);
    for name in ["rate", "increase", "delta", "irate", "idelta", "sum_over_time", "avg_over_time"] {
        assert!(mixed.call(name).said.contains("encountered a mix of histograms and floats for metric name"), "{name}");
        assert!(mixed.call(name).is_none(), "{name}");
    }
    for name in ["deriv", "min_over_time", "ts_of_max_over_time", "stddev_over_time", "mad_over_time"] {
        assert!(mixed.call(name).said.contains("ignored histograms in a range containing both"), "{name}");
        assert!(mixed.call(name).value.is_some(), "{name}");
    }
    assert_eq!(mixed.call("changes").value, Some(3.0));
    assert_eq!(mixed.call("resets").value, Some(3.0));
    assert_eq!(mixed.call("count_over_time").value, Some(4.0));
    assert_eq!(mixed.call("first_over_time").value, Some(1.0));
    assert_eq!(mixed.call("last_over_time").histogram.map(|last| last.count), Some(2.0));
    assert_eq!(mixed.call("ts_of_last_over_time").value, Some(60.01));
}

#[test]
fn sums_and_means_are_of_all_histograms() {
    check("sum_over_time", &counter(&[1.0, 2.0, 6.0]), 9.0);
    check("avg_over_time", &counter(&[1.0, 2.0, 6.0]), 3.0);
    check("last_over_time", &counter(&[1.0, 2.0, 6.0]), 6.0);
    check("first_over_time", &counter(&[1.0, 2.0, 6.0]), 1.0);
    assert_eq!(counter(&[1.0, 1.0, 6.0]).call("changes").value, Some(1.0));
    assert!(counter(&[1.0, 2.0]).call("max_over_time").is_none());
}

#[test]
fn hints_that_exclude_each_other_are_told_of() {
    let hinted = |hint| Histogram { hint, ..counted(1.0) };
    let said = histograms([hinted(ResetHint::Reset), hinted(ResetHint::NotReset)]).call("sum_over_time").said;
    assert!(said.contains("conflicting counter resets during histogram aggregation"), "{said}");
}

#[test]
fn bounds_that_differ_are_told_of() {
    let other = Histogram { custom_bounds: [5.0, 20.0].into(), ..custom(3.0) };
    let said = |name| histograms([custom(1.0), other.clone()]).call(name).said;
    assert!(said("sum_over_time").contains("mismatched custom buckets were reconciled during aggregation"));
    assert!(said("increase").contains("mismatched custom buckets were reconciled during subtraction"));
    assert!(said("idelta").contains("mismatched custom buckets were reconciled during subtraction"));
}

#[test]
fn smoothed_selectors_see_histograms_between_samples() {
    let value = |given: &Given, time_ms| {
        let (mut annotations, mut scratch) = (super::Annotations::default(), Scratch::default());
        let mut context = Context {
            annotations: &mut annotations,
            scratch: &mut scratch,
            metric: "requests",
            metric_type: None,
            span: Span::default(),
            args: &[],
            arg_spans: &[],
            edges: Edges::Smoothed,
            time_ms,
        };
        smoothed(&given.floats.all(), &given.histograms.all(), time_ms, &mut context).map(|sample| match sample {
            Sample::Float(value) => value,
            Sample::Histogram(histogram) => histogram.count,
        })
    };
    for series in [given(&[1.0, 2.0, 4.0]), counter(&[1.0, 2.0, 4.0])] {
        assert_eq!(value(&series, -1), None);
        assert_eq!(value(&series, 0), Some(1.0));
        assert_eq!(value(&series, 90_000), Some(3.0));
        assert_eq!(value(&series, 120_000), Some(4.0));
        assert_eq!(value(&series, 999_999), Some(4.0));
    }
    assert_eq!(value(&given(&[1.0, f64::INFINITY]), 0), Some(1.0), "a sample is what it is");
    assert_eq!(value(&counter(&[9.0, 4.0]), 30_000), Some(2.0), "a counter");
    assert_eq!(value(&given(&[9.0, 4.0]), 30_000), Some(6.5), "no counter");
}

#[test]
fn a_histogram_has_mean_and_deviation() {
    let histogram = Sample::Histogram(Arc::new(counted(8.0)));
    let ask = |name: &str, sample: &Sample| {
        let (mut annotations, mut scratch) = (super::Annotations::default(), Scratch::default());
        let mut context = Context {
            annotations: &mut annotations,
            scratch: &mut scratch,
            metric: "",
            metric_type: None,
            span: Span::default(),
            args: &[],
            arg_spans: &[],
            edges: Edges::Plain,
            time_ms: 0,
        };
        sample_function(name).expect(name)(sample, &mut context).map(super::float)
    };
    assert_eq!(ask("histogram_count", &histogram), Some(8.0));
    assert_eq!(ask("histogram_sum", &histogram), Some(16.0));
    assert_eq!(ask("histogram_avg", &histogram), Some(2.0));
    // All observations are taken for the geometric middle of (1, 2].
    let distance = 2.0 - std::f64::consts::SQRT_2;
    assert!(ask("histogram_stddev", &histogram).is_some_and(|deviation| close(deviation, distance)));
    assert!(ask("histogram_stdvar", &histogram).is_some_and(|variance| close(variance, distance * distance)));
    assert_eq!(ask("histogram_count", &Sample::Float(1.0)), None);
}
