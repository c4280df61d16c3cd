//! Quantiles of values, and of classic histograms.

use super::super::super::labels::{LE, Labels};
use super::super::literal;
use super::{Element, distinct};

/// The value below which a share of `q` lies, between neighbours in proportion.
pub fn quantile(q: f64, values: &[f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let mut sorted = values.to_vec();
    // NaN is less than all.
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())));
    let rank = q * (sorted.len() - 1) as f64;
    let (below, weight) = (rank.floor() as usize, rank - rank.floor());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

/// Buckets of a classic histogram: upper bounds and cumulative counts.
type Buckets = Vec<(f64, f64)>;

/// The classic histograms among the elements, with the labels that they have without `le`.
pub fn classic(elements: &[Element]) -> Result<Vec<(Labels, Buckets)>, String> {
    distinct(elements)?;
    let mut histograms: Vec<(Labels, Buckets)> = Vec::new();
    for element in elements {
        let Some(bound) = literal::number(element.labels.get(LE)) else { continue };
        let labels = element.labels.without(LE).without_metadata();
        match histograms.iter_mut().find(|(held, _)| *held == labels) {
            Some((_, buckets)) => buckets.push((bound, element.value)),
            None => histograms.push((labels, vec![(bound, element.value)])),
        }
    }
    Ok(histograms)
}

/// Sorted, each bound once; `None` without an infinite bucket.
fn sorted(mut buckets: Buckets) -> Option<Buckets> {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    if buckets.last().is_none_or(|(bound, _)| *bound != f64::INFINITY) {
        return None;
    }
    let mut merged: Buckets = Vec::new();
    for (bound, count) in buckets {
        match merged.last_mut() {
            Some((held, total)) if *held == bound => *total += count,
            _ => merged.push((bound, count)),
        }
    }
    Some(merged)
}

/// Sorted, and counts never fall; `None` where there are fewer than two buckets.
fn orderly(buckets: Buckets) -> Option<Buckets> {
    let mut buckets = sorted(buckets).filter(|buckets| buckets.len() > 1)?;
    let mut most = buckets[0].1;
    for (_, count) in &mut buckets[1..] {
        most = most.max(*count);
        *count = most;
    }
    Some(buckets)
}

pub fn of_histogram(q: f64, buckets: Buckets) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let Some(buckets) = orderly(buckets) else { return f64::NAN };
    let observations = buckets[buckets.len() - 1].1;
    if observations == 0.0 || observations.is_nan() {
        return f64::NAN;
    }
    let rank = q * observations;
    let at = buckets.iter().position(|(_, count)| *count >= rank).unwrap_or(buckets.len() - 1);
    if at == buckets.len() - 1 {
        return buckets[buckets.len() - 2].0;
    }
    if at == 0 && buckets[0].0 <= 0.0 {
        return buckets[0].0;
    }
    let (lower, before) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    let (upper, count) = buckets[at];
    lower + (upper - lower) * ((rank - before) / (count - before))
}

/// The share of observations between two values, as if those of a bucket lay evenly in it.
pub fn share(lower: f64, upper: f64, buckets: Buckets) -> f64 {
    let Some(buckets) = sorted(buckets) else { return f64::NAN };
    let observations = buckets[buckets.len() - 1].1;
    if observations == 0.0 || observations.is_nan() || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (below(upper, &buckets).min(observations) - below(lower, &buckets).min(observations)) / observations
}

fn below(value: f64, buckets: &[(f64, f64)]) -> f64 {
    let (mut bound, mut count) = (if buckets[0].0 > 0.0 { 0.0 } else { f64::NEG_INFINITY }, 0.0);
    for (upper, total) in buckets {
        if value < *upper {
            let evenly = bound.is_finite() && upper.is_finite() && value > bound;
            return if evenly { count + (total - count) * (value - bound) / (upper - bound) } else { count };
        }
        (bound, count) = (*upper, *total);
    }
    count
}
