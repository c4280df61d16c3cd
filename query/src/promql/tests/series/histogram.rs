//! Native histograms as the test language writes them: `{{schema:1 sum:3 count:22 z_bucket:1 buckets:[5 10 7]}}`, how they
//! grow, and a flat form of them that is compared and printed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::super::super::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram, ResetHint};
use super::super::literal;
use super::{Item, count};

/// A histogram, or what it grows by, and whether its hint was written.
struct Described {
    histogram: Histogram,
    hint_written: bool,
}

/// The item at the start of a text is appended; yields what follows.
pub fn item<'a>(text: &'a str, items: &mut Vec<Item>) -> Result<&'a str, String> {
    let (base, rest) = braces(text)?;
    let sign = match rest.as_bytes().first() {
        Some(b'+') => Some(1.0),
        Some(b'-') => Some(-1.0),
        _ => None,
    };
    let (step, rest) = match sign {
        Some(sign) => {
            let (step, rest) = braces(&rest[1..])?;
            (Some((sign, step.histogram)), rest)
        }
        None => (None, rest),
    };
    let (repeats, rest) = match rest.strip_prefix('x') {
        Some(after) => {
            let end = after.find([' ', '\t']).unwrap_or(after.len());
            (count(&after[..end])?, &after[end..])
        }
        None if step.is_some() => return Err(format!("expected a repetition at {rest:?}")),
        None => (0, rest),
    };
    let mut current = base.histogram;
    for at in 0..=repeats {
        if let Some((sign, step)) = step.as_ref().filter(|_| at > 0) {
            current = combined(&current, step, *sign)?;
        }
        items.push(Item::Histogram { histogram: Arc::new(current.clone()), hint_written: base.hint_written });
    }
    Ok(rest)
}

fn braces(text: &str) -> Result<(Described, &str), String> {
    let wrong = || format!("expected a histogram at {text:?}");
    let inside = text.strip_prefix("{{").ok_or_else(wrong)?;
    let (inside, rest) = inside.split_once("}}").ok_or_else(wrong)?;
    Ok((described(inside)?, rest))
}

fn described(inside: &str) -> Result<Described, String> {
    let mut described = Described { histogram: Histogram::default(), hint_written: false };
    let mut offsets = (0, 0);
    let mut seen = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        let (key, value) = rest.split_once(':').ok_or_else(|| format!("expected a key at {rest:?}"))?;
        let end = if value.starts_with('[') {
            value.find(']').map(|end| end + 1).ok_or_else(|| format!("expected `]` behind {value:?}"))?
        } else {
            value.find([' ', '\t']).unwrap_or(value.len())
        };
        if seen.contains(&key) {
            return Err(format!("duplicate key {key:?} in histogram"));
        }
        seen.push(key);
        set(&mut described, &mut offsets, key, &value[..end])
            .ok_or_else(|| format!("no value for {key}: {value:?}"))?;
        rest = value[end..].trim_start();
    }
    let histogram = &mut described.histogram;
    histogram.positive_spans = one_span(offsets.0, histogram.positive.len());
    histogram.negative_spans = one_span(offsets.1, histogram.negative.len());
    Ok(described)
}

fn set(described: &mut Described, offsets: &mut (i32, i32), key: &str, value: &str) -> Option<()> {
    let histogram = &mut described.histogram;
    match key {
        "schema" => histogram.schema = value.parse().ok()?,
        "sum" => histogram.sum = literal::number(value)?,
        "count" => histogram.count = literal::number(value)?,
        "z_bucket" => histogram.zero_count = literal::number(value)?,
        "z_bucket_w" => histogram.zero_threshold = literal::number(value)?,
        "offset" => offsets.0 = value.parse().ok()?,
        "n_offset" => offsets.1 = value.parse().ok()?,
        "buckets" => histogram.positive = numbers(value)?,
        "n_buckets" => histogram.negative = numbers(value)?,
        "custom_values" => histogram.custom_bounds = numbers(value)?.into(),
        "counter_reset_hint" => {
            described.hint_written = true;
            histogram.hint = HINTS.iter().find(|(_, word)| *word == value)?.0;
        }
        _ => return None,
    }
    Some(())
}

const HINTS: [(ResetHint, &str); 4] = [
    (ResetHint::Unknown, "unknown"),
    (ResetHint::Reset, "reset"),
    (ResetHint::NotReset, "not_reset"),
    (ResetHint::Gauge, "gauge"),
];

fn numbers(list: &str) -> Option<Vec<f64>> {
    let inside = list.strip_prefix('[')?.strip_suffix(']')?;
    inside.split_whitespace().map(literal::number).collect()
}

fn one_span(offset: i32, length: usize) -> Vec<BucketSpan> {
    if length == 0 { Vec::new() } else { vec![BucketSpan { offset, length: length as u32 }] }
}

/// Buckets by their number, empty ones too.
pub fn buckets(spans: &[BucketSpan], counts: &[f64]) -> BTreeMap<i32, f64> {
    let mut numbers = Vec::with_capacity(counts.len());
    let mut next = 0;
    for span in spans {
        next += span.offset;
        numbers.extend((0..span.length as i32).map(|step| next + step));
        next += span.length as i32;
    }
    numbers.into_iter().zip(counts.iter().copied()).collect()
}

fn spans(buckets: &BTreeMap<i32, f64>) -> (Vec<BucketSpan>, Vec<f64>) {
    let mut spans: Vec<BucketSpan> = Vec::new();
    let mut next = 0;
    for number in buckets.keys() {
        match spans.last_mut() {
            Some(last) if *number == next => last.length += 1,
            _ => spans.push(BucketSpan { offset: number - next, length: 1 }),
        }
        next = number + 1;
    }
    (spans, buckets.values().copied().collect())
}

/// `base + sign * step`, at the schema of `base`.
fn combined(base: &Histogram, step: &Histogram, sign: f64) -> Result<Histogram, String> {
    let both_custom = (base.schema == CUSTOM_SCHEMA) == (step.schema == CUSTOM_SCHEMA);
    if base.schema > step.schema || !both_custom || base.custom_bounds != step.custom_bounds {
        return Err(format!("cannot combine histograms of schema {} and {}", base.schema, step.schema));
    }
    if step.zero_threshold > base.zero_threshold {
        return Err("cannot combine histograms with a wider zero bucket".to_owned());
    }
    let coarser = if base.schema == CUSTOM_SCHEMA { 0 } else { step.schema - base.schema };
    let merged = |spans_of: fn(&Histogram) -> (&[BucketSpan], &[f64])| {
        let (base_spans, base_counts) = spans_of(base);
        let (step_spans, step_counts) = spans_of(step);
        let mut merged = buckets(base_spans, base_counts);
        for (number, count) in buckets(step_spans, step_counts) {
            *merged.entry(((number - 1) >> coarser) + 1).or_default() += sign * count;
        }
        spans(&merged)
    };
    let (positive_spans, positive) = merged(|histogram| (&histogram.positive_spans, &histogram.positive));
    let (negative_spans, negative) = merged(|histogram| (&histogram.negative_spans, &histogram.negative));
    let hint = match (base.hint, step.hint) {
        (hint, other) if hint == other => hint,
        (ResetHint::Gauge, _) | (_, ResetHint::Gauge) => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    };
    Ok(Histogram {
        hint,
        zero_count: base.zero_count + sign * step.zero_count,
        count: base.count + sign * step.count,
        sum: base.sum + sign * step.sum,
        positive_spans,
        positive,
        negative_spans,
        negative,
        ..base.clone()
    })
}

/// A histogram as the test language writes it, with the numbers of its buckets.
pub fn text(histogram: &Histogram) -> String {
    let mut text = format!("{{{{schema:{} count:{} sum:{}", histogram.schema, histogram.count, histogram.sum);
    if histogram.zero_count != 0.0 || histogram.zero_threshold != 0.0 {
        let _ = write!(text, " z_bucket:{} z_bucket_w:{}", histogram.zero_count, histogram.zero_threshold);
    }
    if !histogram.custom_bounds.is_empty() {
        let _ = write!(text, " custom_values:{:?}", histogram.custom_bounds);
    }
    for (name, spans, counts) in [
        ("buckets", &histogram.positive_spans, &histogram.positive),
        ("n_buckets", &histogram.negative_spans, &histogram.negative),
    ] {
        if !counts.is_empty() {
            let _ = write!(text, " {name}:{:?}", buckets(spans, counts));
        }
    }
    let hint = HINTS.iter().find(|(hint, _)| *hint == histogram.hint).map_or("?", |(_, word)| word);
    let _ = write!(text, " counter_reset_hint:{hint}}}}}");
    text
}
