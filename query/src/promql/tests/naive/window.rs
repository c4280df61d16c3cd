//! Functions of the samples in a range.

use super::super::super::tree::Call;
use super::quantile::quantile;
use super::{Element, Naive, Out, Outcome, Points, unknown};

/// A range: samples after its start up to its end.
struct Range {
    start_ms: i64,
    end_ms: i64,
}

/// Names of functions whose result is still a value of the metric.
const KEEP_NAME: [&str; 2] = ["last_over_time", "first_over_time"];

/// Where a function takes its range vector.
fn place(name: &str) -> usize {
    usize::from(name == "quantile_over_time")
}

pub fn eval(naive: &Naive<'_>, call: &Call, time_ms: i64) -> Outcome<Out> {
    let name = call.function.name;
    let at = place(name);
    let Out::Matrix { series, start_ms, end_ms } = naive.eval(&call.args[at], time_ms)? else {
        return unknown(name);
    };
    let others = call.args.iter().enumerate().filter(|(place, _)| *place != at);
    let args: Vec<f64> = others.map(|(_, arg)| naive.scalar(arg, time_ms)).collect::<Outcome<_>>()?;
    let mut elements = Vec::new();
    for Points { labels, nameless, points } in series {
        if let Some(value) = value(name, &points, &Range { start_ms, end_ms }, &args, time_ms)? {
            let nameless = nameless || !KEEP_NAME.contains(&name);
            elements.push(Element { labels, nameless, value });
        }
    }
    Ok(Out::Vector(elements))
}

fn value(name: &str, points: &[(i64, f64)], range: &Range, args: &[f64], time_ms: i64) -> Outcome<Option<f64>> {
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let pairs = || values.windows(2).map(|pair| (pair[0], pair[1]));
    let (first, last) = (values[0], values[values.len() - 1]);
    Ok(match name {
        "rate" => extrapolated(points, range, true).map(|total| total / seconds(range.end_ms - range.start_ms)),
        "increase" => extrapolated(points, range, true),
        "delta" => extrapolated(points, range, false),
        "irate" => last_two(points).map(|((from, before), (to, after))| {
            (if after < before { after } else { after - before }) / seconds(to - from)
        }),
        "idelta" => last_two(points).map(|((_, before), (_, after))| after - before),
        "changes" => Some(pairs().filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64),
        "resets" => Some(pairs().filter(|(before, after)| after < before).count() as f64),
        "deriv" => line(points, points[0].0).map(|(slope, _)| slope),
        "predict_linear" => line(points, time_ms).map(|(slope, now)| slope * args[0] + now),
        "sum_over_time" => Some(sum(&values)),
        "count_over_time" => Some(values.len() as f64),
        "avg_over_time" => Some(mean(&values)),
        "min_over_time" => Some(extreme(&values, |value, held| value < held)),
        "max_over_time" => Some(extreme(&values, |value, held| value > held)),
        "last_over_time" => Some(last),
        "first_over_time" => Some(first),
        "present_over_time" => Some(1.0),
        "stdvar_over_time" => Some(variance(&values)),
        "stddev_over_time" => Some(variance(&values).sqrt()),
        "quantile_over_time" => Some(quantile(args[0], &values)),
        _ => return unknown(name),
    })
}

fn seconds(length_ms: i64) -> f64 {
    length_ms as f64 / 1000.0
}

fn last_two(points: &[(i64, f64)]) -> Option<((i64, f64), (i64, f64))> {
    match points {
        [.., before, last] => Some((*before, *last)),
        _ => None,
    }
}

/// What a counter or gauge has grown by within the range, as if its samples lay at the edges: they do where they are not
/// further away than samples are from one another, and half of that otherwise. A counter was not below zero.
fn extrapolated(points: &[(i64, f64)], range: &Range, counter: bool) -> Option<f64> {
    let [(first_ms, first), .., (last_ms, last)] = points else { return None };
    let mut grown = last - first;
    if counter {
        grown += points.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1).sum::<f64>();
    }
    let sampled = seconds(last_ms - first_ms);
    let between = sampled / (points.len() - 1) as f64;
    let edge = |gap: f64| if gap >= between * 1.1 { between / 2.0 } else { gap };
    let mut before = edge(seconds(first_ms - range.start_ms));
    let after = edge(seconds(range.end_ms - last_ms));
    if counter && grown > 0.0 && *first >= 0.0 {
        before = before.min(sampled * (first / grown));
    }
    Some(grown * ((sampled + before + after) / sampled))
}

/// Slope per second and value at `zero_ms` of the line with the least squares.
fn line(points: &[(i64, f64)], zero_ms: i64) -> Option<(f64, f64)> {
    if points.len() < 2 {
        return None;
    }
    let first = points[0].1;
    if points.iter().all(|(_, value)| *value == first) {
        return Some(if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) });
    }
    let count = points.len() as f64;
    let times: Vec<f64> = points.iter().map(|(at, _)| seconds(at - zero_ms)).collect();
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let (mean_time, mean_value) = (sum(&times) / count, sum(&values) / count);
    let over = |of: &[f64], mean: f64| -> Vec<f64> { of.iter().map(|value| value - mean).collect() };
    let (times, values) = (over(&times, mean_time), over(&values, mean_value));
    let products: Vec<f64> = times.iter().zip(&values).map(|(time, value)| time * value).collect();
    let squares: Vec<f64> = times.iter().map(|time| time * time).collect();
    let slope = sum(&products) / sum(&squares);
    Some((slope, mean_value - slope * mean_time))
}

/// The smallest or largest value; NaN only where there is nothing else.
fn extreme(values: &[f64], beats: impl Fn(f64, f64) -> bool) -> f64 {
    values.iter().copied().reduce(|held, value| if beats(value, held) || held.is_nan() { value } else { held }).unwrap()
}

/// The sum without rounding but of the result (Shewchuk's partial sums).
pub fn sum(values: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for value in values {
        let mut value = *value;
        let mut kept = Vec::new();
        for partial in partials {
            let (large, small) = if value.abs() < partial.abs() { (partial, value) } else { (value, partial) };
            let high = large + small;
            let low = small - (high - large);
            if low != 0.0 {
                kept.push(low);
            }
            value = high;
        }
        kept.push(value);
        partials = kept;
    }
    let exact = partials.iter().rev().sum::<f64>();
    if exact.is_finite() { exact } else { values.iter().sum() }
}

pub fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = sum(values) / count;
    let overflowed = mean.is_infinite() && values.iter().all(|value| value.is_finite());
    if overflowed { sum(&values.iter().map(|value| value / count).collect::<Vec<_>>()) } else { mean }
}

/// The variance of all values, not that of a sample of them.
pub fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = sum(values) / count;
    let apart: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let squares: Vec<f64> = apart.iter().map(|apart| apart * apart).collect();
    // The mean is rounded: what all values are apart from it by is no variance.
    let rounding = sum(&apart);
    let variance = (sum(&squares) - rounding * rounding / count) / count;
    if variance < 0.0 { 0.0 } else { variance }
}
