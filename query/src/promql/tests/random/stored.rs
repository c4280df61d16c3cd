//! Series with gaps, ends, resets and values that are no numbers.
//!
//! Values are multiples of a quarter: sums of them are exact, in whatever order they are made.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::super::histogram::{BucketSpan, Histogram};
use super::super::super::labels::{LE, Labels, NAME};
use super::super::super::sample::{STALE, Series};
use super::super::super::source::MemorySource;

/// Of each label.
const VALUES: [&str; 3] = ["", "x", "y"];
/// Upper bounds of `h_bucket`.
const BOUNDS: [&str; 4] = ["0.5", "2", "10", "+Inf"];

/// What comes next in a series.
#[derive(Debug, Clone, Copy)]
enum Event {
    Value(f64),
    Gap,
    End,
}

fn quarters() -> impl Strategy<Value = f64> {
    (-400..400_i32).prop_map(|quarters| f64::from(quarters) / 4.0)
}

fn gauge() -> BoxedStrategy<Vec<Event>> {
    let event = prop_oneof![
        20 => quarters().prop_map(Event::Value),
        4 => Just(Event::Gap),
        2 => Just(Event::End),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0]).prop_map(Event::Value),
    ];
    prop::collection::vec(event, 0..100).boxed()
}

/// Grows, and begins anew.
fn counter() -> BoxedStrategy<Vec<Event>> {
    let growth = prop_oneof![
        15 => (0..40_u32).prop_map(|quarters| Some(f64::from(quarters) / 4.0)),
        1 => Just(Some(-1.0)),
        3 => Just(None),
    ];
    let values = |growths: Vec<Option<f64>>| {
        let mut total = 0.0;
        let mut event = |growth| {
            total = if growth < 0.0 { 0.0 } else { total + growth };
            Event::Value(total)
        };
        growths.into_iter().map(|growth| growth.map_or(Event::Gap, &mut event)).collect()
    };
    prop::collection::vec(growth, 0..100).prop_map(values).boxed()
}

fn series(labels: Labels, events: &[Event], first_s: i64, step_s: i64) -> Series {
    let mut series = Series { labels, ..Series::default() };
    for (at, event) in events.iter().enumerate() {
        let time_ms = (first_s + at as i64 * step_s) * 1000;
        match event {
            Event::Value(value) => series.floats.push(time_ms, *value),
            Event::End => series.floats.push(time_ms, STALE),
            Event::Gap => {}
        }
    }
    series
}

/// Where the samples of a series lie.
fn grid() -> impl Strategy<Value = (i64, i64)> {
    (0..60_i64, prop::sample::select(vec![5, 13, 15, 30, 60]))
}

fn metric(name: &'static str, events: fn() -> BoxedStrategy<Vec<Event>>) -> impl Strategy<Value = Vec<Series>> {
    let labelled = prop::sample::subsequence(all_pairs(), 0..5);
    labelled.prop_flat_map(move |pairs| {
        let count = pairs.len();
        let parts = prop::collection::vec((events(), grid()), count);
        parts.prop_map(move |parts| {
            let each = pairs.iter().zip(parts);
            let made = each.map(|((a, b), (events, (first, step)))| {
                series(Labels::new([(NAME, name), ("a", a), ("b", b)]), &events, first, step)
            });
            made.collect()
        })
    })
}

fn all_pairs() -> Vec<(&'static str, &'static str)> {
    VALUES.iter().flat_map(|a| VALUES.iter().map(move |b| (*a, *b))).collect()
}

/// A classic histogram, most of whose buckets are there and most of whose counts are in order.
fn buckets() -> impl Strategy<Value = Vec<Series>> {
    let bounds = prop::sample::subsequence(BOUNDS.to_vec(), 0..=BOUNDS.len());
    (bounds, prop::collection::vec(counter(), BOUNDS.len()), grid()).prop_map(|(bounds, counters, (first, step))| {
        let each = bounds.iter().zip(counters);
        let made = each.map(|(bound, events)| {
            series(Labels::new([(NAME, "h_bucket"), ("a", "x"), (LE, *bound)]), &events, first, step)
        });
        made.collect()
    })
}

fn native_histogram() -> impl Strategy<Value = Histogram> {
    (0..3_i32, -3..3_i32, prop::collection::vec(0..9_u32, 0..5), 0..5_u32).prop_map(|(schema, offset, counts, zero)| {
        let positive: Vec<f64> = counts.iter().copied().map(f64::from).collect();
        let count = positive.iter().sum::<f64>() + f64::from(zero);
        let spans = match positive.len() {
            0 => Vec::new(),
            length => vec![BucketSpan { offset, length: length as u32 }],
        };
        Histogram {
            schema,
            zero_threshold: 0.001,
            zero_count: f64::from(zero),
            count,
            sum: 2.0 * count,
            positive_spans: spans,
            positive,
            ..Histogram::default()
        }
    })
}

/// Native histograms with floats among them.
fn mixed() -> impl Strategy<Value = Vec<Series>> {
    let sample = prop_oneof![
        6 => native_histogram().prop_map(|histogram| Some(Ok(histogram))),
        1 => quarters().prop_map(|value| Some(Err(value))),
        1 => Just(None),
    ];
    let one = (prop::collection::vec(sample, 0..60), grid());
    prop::collection::vec(one, 0..3).prop_map(|all| {
        let each = all.into_iter().enumerate().map(|(at, (samples, (first, step)))| {
            let mut series = Series { labels: Labels::new([(NAME, "nh"), ("a", VALUES[at])]), ..Series::default() };
            for (at, sample) in samples.into_iter().enumerate() {
                let time_ms = (first + at as i64 * step) * 1000;
                match sample {
                    Some(Ok(histogram)) => series.histograms.push(time_ms, Arc::new(histogram)),
                    Some(Err(value)) => series.floats.push(time_ms, value),
                    None => {}
                }
            }
            series
        });
        each.collect()
    })
}

fn source(parts: Vec<Vec<Series>>) -> MemorySource {
    MemorySource { series: parts.into_iter().flatten().map(Arc::new).collect() }
}

/// `m` and `n` are gauges with equal label sets among them, `c_total` counts, `h_bucket` is a classic histogram.
pub fn floats() -> impl Strategy<Value = MemorySource> {
    let parts = (metric("m", gauge), metric("n", gauge), metric("c_total", counter), buckets());
    parts.prop_map(|(m, n, c, h)| source(vec![m, n, c, h]))
}

/// And `nh`, of native histograms and floats.
pub fn all() -> impl Strategy<Value = MemorySource> {
    (floats(), mixed()).prop_map(|(mut floats, mixed)| {
        floats.series.extend(mixed.into_iter().map(Arc::new));
        floats
    })
}
