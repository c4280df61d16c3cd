//! Classic histograms as native ones with the same bounds.

use std::collections::BTreeMap;

use super::super::super::histogram::{ClassicHistogram, Histogram};
use super::super::super::labels::{LE, Labels, NAME};
use super::super::literal;
use super::super::script::Load;
use super::super::series::Item;

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
    let mut families: BTreeMap<(Labels, i64), ClassicHistogram> = BTreeMap::new();
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
        let histogram = family.to_native().map_err(|error| format!("{labels} at {time_ms} ms: {error}"))?;
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
