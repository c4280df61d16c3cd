//! Series and their values on one line: `metric{label="value"} 1 2+3x4 _ stale {{sum:1 count:2 buckets:[2]}}x3`.

use std::sync::Arc;

use super::super::histogram::Histogram;
use super::super::labels::{Labels, NAME};
use super::super::sample::STALE;
use super::literal;

/// Native histograms between `{{` and `}}`.
pub mod histogram;
/// When samples began to be counted.
pub mod starts;

/// What stands at one place of a series.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Gap,
    Float(f64),
    /// The hint is compared only where it was written.
    Histogram {
        histogram: Arc<Histogram>,
        hint_written: bool,
    },
}

/// A label set and its values, one per step.
#[derive(Debug, Clone)]
pub struct Description {
    pub labels: Labels,
    pub items: Vec<Item>,
}

/// The most values that an item may stand for.
const REPEATS_MAX: usize = 1_000_000;

/// # Errors
/// What was not understood.
pub fn parse(line: &str) -> Result<Description, String> {
    let (labels, rest) = metric(line)?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return Err(format!("expected a blank before {rest:?}"));
    }
    let mut items = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        rest = item(rest, &mut items)?.trim_start();
    }
    Ok(Description { labels, items })
}

/// The metric at the start of a text, and what follows.
pub fn metric(text: &str) -> Result<(Labels, &str), String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let name_end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    if name.starts_with(|c: char| c.is_ascii_digit()) || (name.is_empty() && !rest.starts_with('{')) {
        return Err(format!("expected a metric at {text:?}"));
    }
    let mut pairs = Vec::new();
    if !name.is_empty() {
        pairs.push((NAME.to_owned(), name.to_owned()));
    }
    let rest = match rest.strip_prefix('{') {
        Some(inside) => label_set(inside, &mut pairs)?,
        None => rest,
    };
    Ok((Labels::new(pairs), rest))
}

fn label_set<'a>(text: &'a str, pairs: &mut Vec<(String, String)>) -> Result<&'a str, String> {
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let wrong = || format!("expected a label at {rest:?}");
        let quoted = literal::string(rest);
        let (name, after) = match &quoted {
            Some((name, after)) => (name.clone(), *after),
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').ok_or_else(wrong)?;
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        let after = after.trim_start();
        rest = match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = literal::string(value.trim_start()).ok_or_else(wrong)?;
                pairs.push((name, value));
                after.trim_start()
            }
            None if quoted.is_some() => {
                pairs.push((NAME.to_owned(), name));
                after
            }
            None => return Err(wrong()),
        };
        rest = match rest.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if rest.starts_with('}') => rest,
            None => return Err(format!("expected `,` or a brace at {rest:?}")),
        };
    }
}

/// The item at the start of a text is appended; yields what follows.
fn item<'a>(text: &'a str, items: &mut Vec<Item>) -> Result<&'a str, String> {
    if text.starts_with("{{") {
        return histogram::item(text, items);
    }
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let wrong = || format!("expected a value at {word:?}");
    let (values, repeats) = match word.rsplit_once('x') {
        Some((values, repeats)) => (values, Some(count(repeats)?)),
        None => (word, None),
    };
    match values {
        "_" => items.extend(std::iter::repeat_n(Item::Gap, repeats.unwrap_or(1))),
        "stale" => items.extend(std::iter::repeat_n(Item::Float(STALE), repeats.map_or(1, |repeats| repeats + 1))),
        _ => {
            let (mut value, step) = value_and_step(values).ok_or_else(wrong)?;
            if step.is_some() && repeats.is_none() {
                return Err(wrong());
            }
            for _ in 0..=repeats.unwrap_or(0) {
                items.push(Item::Float(value));
                value += step.unwrap_or(0.0);
            }
        }
    }
    Ok(rest)
}

/// How often an item is repeated.
fn count(text: &str) -> Result<usize, String> {
    let repeats = text.parse().map_err(|_| format!("invalid repetition {text:?}"))?;
    if repeats > REPEATS_MAX { Err(format!("{repeats} repetitions are too many")) } else { Ok(repeats) }
}

/// `1`, `-Inf`, `1+2`, `1e-3-2e+5`, `5m`.
fn value_and_step(text: &str) -> Option<(f64, Option<f64>)> {
    if let Some(value) = decimal(text) {
        return Some((value, None));
    }
    // A sign that belongs to an exponent leaves no number before it.
    let signs = text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-'));
    let mut splits = signs.map(|(at, _)| (decimal(&text[..at]), decimal(&text[at..])));
    splits.find_map(|(value, step)| Some((value?, Some(step?))))
}

/// A number without hexadecimal ones, for `x` says how often, or a duration in seconds.
fn decimal(text: &str) -> Option<f64> {
    if let Some(value) = literal::number(text) {
        return Some(value);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let seconds = literal::duration_ms(unsigned)? as f64 / 1000.0;
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests;
