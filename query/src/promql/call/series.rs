//! Functions of all windows of a series at once, for those that then do less: windows of neighbouring steps share most of
//! their samples, and what is found out about these is found out once.
//!
//! They know floats alone, without start times and without `anchored` or `smoothed`. What they yield is what the function of
//! a single window yields, but for the last digits of sums.

/// What is known of so many samples each.
mod blocks;

use super::rate::{Asked, DELTA, INCREASE, RATE, extended_to};
use super::{Context, over_time};
use crate::promql::sample::{STALE, Slice, is_stale};
use crate::promql::sum::{self, Sum};
use blocks::Blocks;

/// Where the samples of a window are among those of its series: `from`, and up to and without `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub from: usize,
    pub to: usize,
}

/// The windows of one series, step by step.
#[derive(Debug, Clone, Copy)]
pub struct Windows<'a> {
    /// Without staleness markers. Start times are not looked at.
    pub floats: Slice<'a, f64>,
    /// The samples of each window. From step to step neither end moves back.
    pub parts: &'a [Part],
    /// The end of each window.
    pub ends_ms: &'a [i64],
    /// How long each window is.
    pub range_ms: i64,
}

/// A function of the windows of a series: a value for each; the staleness marker where there is none.
pub type SeriesFunction = fn(&Windows<'_>, &mut Context<'_>) -> Vec<f64>;

/// The function of all windows at once that is called so, where there is one.
pub fn series_function(name: &str) -> Option<SeriesFunction> {
    Some(match name {
        "rate" => |windows, context| grown(windows, context, RATE),
        "increase" => |windows, context| grown(windows, context, INCREASE),
        "delta" => |windows, context| grown(windows, context, DELTA),
        "sum_over_time" => |windows, _| sums(windows, sum::sum, |sum, _| sum.total()),
        "avg_over_time" => |windows, _| sums(windows, sum::mean, |sum, count| sum.sum / count + sum.lost / count),
        "min_over_time" => |windows, _| extremes(windows, |value| -value),
        "max_over_time" => |windows, _| extremes(windows, |value| value),
        "count_over_time" => |windows, _| windows.each(|values| values.len() as f64),
        "last_over_time" => |windows, _| windows.each(|values| values[values.len() - 1]),
        _ => return None,
    })
}

impl<'a> Windows<'a> {
    /// A value for each window that has samples.
    #[inline(always)]
    fn each(&self, value: impl Fn(&'a [f64]) -> f64) -> Vec<f64> {
        let values = self.parts.iter().map(|part| &self.floats.values[part.from..part.to]);
        values.map(|values| if values.is_empty() { STALE } else { value(values) }).collect()
    }
}

/// The increase in each window.
#[inline(always)]
fn grown(windows: &Windows<'_>, context: &mut Context<'_>, asked: Asked) -> Vec<f64> {
    let values = windows.floats.values;
    let falls = if asked.counter { falls(values) } else { Vec::new() };
    // Falls before the current window.
    let mut passed = 0;
    let mut all = Vec::with_capacity(windows.parts.len());
    for (part, end_ms) in windows.parts.iter().zip(windows.ends_ms) {
        let samples = windows.floats.part(part.from, part.to);
        let (Some(first), Some(last)) = (samples.values.first(), samples.values.last()) else {
            all.push(STALE);
            continue;
        };
        passed += falls[passed..].iter().take_while(|fall| **fall <= part.from).count();
        let within = falls[passed..].iter().take_while(|fall| **fall < part.to);
        let grown = within.fold(last - first, |grown, fall| grown + values[fall - 1]);
        let window = (end_ms.saturating_sub(windows.range_ms), *end_ms);
        all.push(extended_to(&samples, grown, window, asked).unwrap_or(STALE));
    }
    if asked.counter && all.iter().any(|value| !is_stale(*value)) {
        context.check_counter();
    }
    all
}

/// Where values are less than the one before.
fn falls(values: &[f64]) -> Vec<usize> {
    const AT_ONCE: usize = 64;
    let mut falls = Vec::new();
    for from in (1..values.len()).step_by(AT_ONCE) {
        let to = values.len().min(from + AT_ONCE);
        let fell = super::rate::count_pairs(&values[from - 1..to], |before, after| after < before);
        if fell > 0 {
            falls.extend((from..to).filter(|at| values[*at] < values[at - 1]));
        }
    }
    falls
}

/// What is made of the sum of each window, and of how many summands it has; `careful` does it where the sum is not finite.
#[inline(always)]
fn sums(windows: &Windows<'_>, careful: impl Fn(&[f64]) -> f64, make: impl Fn(Sum, f64) -> f64) -> Vec<f64> {
    let Some(blocks) = Blocks::worthwhile(windows, |values| Sum::default().plus_all(values)) else {
        return windows.each(careful);
    };
    let one = |part: &Part| {
        let (head, middle, tail) = blocks.cover(*part);
        let mut sum = Sum::default().plus_all(head);
        for block in middle {
            sum += *block;
        }
        sum = sum.plus_all(tail);
        let values = &windows.floats.values[part.from..part.to];
        match values.len() {
            0 => STALE,
            count if sum.total().is_finite() => make(sum, count as f64),
            _ => careful(values),
        }
    };
    windows.parts.iter().map(one).collect()
}

/// The highest value in each window of what is made of each sample, made back: the function is its own inverse.
#[inline(always)]
fn extremes(windows: &Windows<'_>, of: impl Fn(f64) -> f64 + Copy) -> Vec<f64> {
    let highest = |values: &[f64]| over_time::highest(values, of);
    let Some(blocks) = Blocks::worthwhile(windows, highest) else {
        return windows.each(|values| of(highest(values)));
    };
    let one = |part: &Part| {
        let (head, middle, tail) = blocks.cover(*part);
        let ends = [highest(head), highest(tail), over_time::highest(middle, |value| value)];
        if part.from == part.to { STALE } else { of(over_time::highest(&ends, |value| value)) }
    };
    windows.parts.iter().map(one).collect()
}
