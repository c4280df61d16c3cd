//! Classic histograms as native ones with the same bounds.

use std::collections::BTreeMap;

use super::super::super::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram};
use super::super::super::labels::{LE, Labels, NAME};
use super::super::literal;
use super::super::script::Load;
use super::super::series::Item;

/// What is known of a classic histogram at one time.
#[derive(Default)]
struct Family {
    /// Cumulative counts and the upper bounds.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// What a series says of its histogram.
enum Part {
    Bucket(f64),
    Count,
    Sum,
}

/// The native histograms of the classic ones of a load, with the labels and times they are stored under.
///
/// # Errors
/// Counts that cannot be those of a histogram.
pub fn converted(load: &Load) -> Result<Vec<(Labels, i64, Histogram)>, String> {
    let mut families: BTreeMap<(Labels, i64), Family> = BTreeMap::new();
    for series in &load.series {
        let Some((labels, part)) = part(&series.labels) else { continue };
        for (at, item) in series.items.iter().enumerate() {
            let Item::Float(value) = item else { continue };
            let family = families.entry((labels.clone(), at as i64 * load.step_ms)).or_default();
            match part {
                Part::Bucket(bound) => family.buckets.push((bound, *value)),
                Part::Count => family.count = Some(*value),
                Part::Sum => family.sum = *value,
            }
        }
    }
    let native = families.into_iter().map(|((labels, time_ms), family)| {
        let histogram = family.native().map_err(|error| format!("{labels} at {time_ms} ms: {error}"))?;
        Ok((labels, time_ms, histogram))
    });
    native.collect()
}

/// The labels of the histogram that a series is a part of.
fn part(labels: &Labels) -> Option<(Labels, Part)> {
    let metric = labels.metric();
    let (name, part) = if let Some(name) = metric.strip_suffix("_bucket") {
        (name, Part::Bucket(literal::number(labels.get(LE)).filter(|bound| !bound.is_nan())?))
    } else if let Some(name) = metric.strip_suffix("_count") {
        (name, Part::Count)
    } else {
        (metric.strip_suffix("_sum")?, Part::Sum)
    };
    Some((labels.without(LE).with(NAME, name), part))
}

impl Family {
    fn native(mut self) -> Result<Histogram, String> {
        self.buckets.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        self.buckets.dedup_by(|next, held| next.0 == held.0);
        let last = self.buckets.last().copied();
        let count = self.count.or(last.map(|(_, count)| count)).ok_or("no count and no buckets")?;
        if last.is_none_or(|(bound, _)| bound != f64::INFINITY) {
            self.buckets.push((f64::INFINITY, count));
        }
        let cumulative: Vec<f64> = self.buckets.iter().map(|(_, count)| *count).collect();
        if cumulative.first().is_some_and(|first| *first < 0.0) || cumulative.windows(2).any(|pair| pair[1] < pair[0]) {
            return Err(format!("counts {cumulative:?} are not cumulative"));
        }
        if cumulative.last() != Some(&count) {
            return Err(format!("count {count} is not that of the last of the buckets {cumulative:?}"));
        }
        let before = std::iter::once(&0.0).chain(&cumulative);
        Ok(Histogram {
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            positive_spans: vec![BucketSpan { offset: 0, length: cumulative.len() as u32 }],
            positive: cumulative.iter().zip(before).map(|(count, before)| count - before).collect(),
            custom_bounds: self.buckets[..self.buckets.len() - 1].iter().map(|(bound, _)| *bound).collect(),
            ..Histogram::default()
        })
    }
}
