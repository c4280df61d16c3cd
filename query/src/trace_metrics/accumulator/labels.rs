//! Names and order of labels.

use std::cmp::Ordering;

use spanloom_store::value::Value;

use crate::trace_metrics::groups::{Groups, Key};
use crate::traceql::plan::metrics::Label;

/// The function's name, where nothing else tells what a series is.
pub(in crate::trace_metrics) const NAME: &str = "__name__";
/// The value of a series without any.
pub(in crate::trace_metrics) const NIL: &str = "nil";

pub(in crate::trace_metrics) type Labels = Vec<(String, Value<'static>)>;

/// The labels of a series. Those without a value are left out; if none is left, the first one says `nil`.
pub(super) fn of_series(by: &[Label], groups: &Groups, key: &Key) -> Labels {
    let value = |(i, label): (usize, &Label)| Some((label.name.clone(), groups.values[i].value(key[i])?.clone()));
    let labels: Labels = by.iter().enumerate().filter_map(value).collect();
    match by.first() {
        Some(first) if labels.is_empty() => vec![(first.name.clone(), Value::String(NIL.into()))],
        _ => labels,
    }
}

/// An order in which labels of one query make sense: by name, numbers by size.
pub(in crate::trace_metrics) fn compare(a: &Labels, b: &Labels) -> Ordering {
    let pairs = a
        .iter()
        .zip(b)
        .map(|((name, value), (other_name, other))| name.cmp(other_name).then_with(|| compare_values(value, other)));
    let differing = pairs.into_iter().find(|ordering| *ordering != Ordering::Equal);
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn compare_values(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        _ => rank(a).cmp(&rank(b)).then_with(|| format!("{a:?}").cmp(&format!("{b:?}"))),
    }
}

fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Empty => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Double(_) => 3,
        Value::String(_) => 4,
        Value::Bytes(_) => 5,
        Value::Array(_) => 6,
        Value::Map(_) => 7,
    }
}
