//! Quantiles of numbers.

use std::cmp::Ordering;

/// The value that a part of the numbers does not exceed, interpolated between the two nearest. Outside of 0 to 1 it is an
/// infinity. NaN is less than all other numbers.
///
/// The numbers are left in another order. `None` when there are none.
pub(super) fn quantile(part: f64, values: &mut [f64]) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    if part.is_nan() {
        return Some(f64::NAN);
    }
    if !(0.0..=1.0).contains(&part) {
        return Some(if part < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let rank = part * last as f64;
    let weight = rank - rank.floor();
    // Not negative and not above the last index.
    let lower = rank.floor() as usize;
    let (_, value, above) = values.select_nth_unstable_by(lower, |a, b| order(*a, *b));
    let upper = above.iter().copied().min_by(|a, b| order(*a, *b)).unwrap_or(*value);
    Some(*value * (1.0 - weight) + upper * weight)
}

/// NaN first.
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
