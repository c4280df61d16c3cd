//! What queries mean, said as plainly as possible.

use std::collections::{BTreeMap, BTreeSet};

use spanloom_store::value::Value;

use crate::trace_metrics::tests::world::{SECOND_NS, TestSpan};
use crate::traceql::tree::{Kind, Status};

pub(super) const START_S: i64 = 60;
pub(super) const END_S: i64 = 240;
pub(super) const STEP_S: i64 = 60;

/// Points by second, by labels.
pub(super) type Table = BTreeMap<String, BTreeMap<i64, f64>>;

#[derive(Debug, Clone)]
pub(super) struct Question {
    pub is_failed_only: bool,
    pub function: &'static str,
    pub over: &'static str,
    pub quantile: f64,
    pub by: Vec<&'static str>,
    pub second: Vec<Second>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Second {
    TopK(usize),
    BottomK(usize),
    Above(f64),
}

impl Question {
    pub fn text(&self) -> String {
        let filter = if self.is_failed_only { "{ status = error }" } else { "{ }" };
        let function = match self.function {
            "rate" | "count_over_time" => format!("{}()", self.function),
            "quantile_over_time" => format!("quantile_over_time({}, {})", self.over, self.quantile),
            function => format!("{function}({})", self.over),
        };
        let by = if self.by.is_empty() { String::new() } else { format!(" by ({})", self.by.join(", ")) };
        let mut text = format!("{filter} | {function}{by}");
        for second in &self.second {
            text += &match second {
                Second::TopK(count) => format!(" | topk({count})"),
                Second::BottomK(count) => format!(" | bottomk({count})"),
                // Only right behind the function or a rank.
                Second::Above(value) => format!(" > {value}"),
            };
        }
        text
    }

    fn times() -> impl Iterator<Item = i64> {
        (START_S / STEP_S..=END_S / STEP_S).map(|i| i * STEP_S)
    }

    pub fn ask(&self, spans: &[TestSpan]) -> Table {
        let is_asked = |span: &&TestSpan| !self.is_failed_only || span.status_code == Status::Error.code();
        let asked: Vec<&TestSpan> = spans.iter().filter(is_asked).collect();
        let keys: BTreeSet<Vec<Option<String>>> = asked.iter().map(|span| self.key(span)).collect();
        let mut table = Table::new();
        for key in keys {
            let of_key: Vec<&TestSpan> = asked.iter().copied().filter(|span| self.key(span) == key).collect();
            self.series(&key, &of_key, &mut table);
        }
        table.retain(|_, points| !points.is_empty());
        self.second.iter().for_each(|second| apply(*second, &mut table));
        table
    }

    fn key(&self, span: &TestSpan) -> Vec<Option<String>> {
        self.by.iter().map(|field| label_of(span, field)).collect()
    }

    fn series(&self, key: &[Option<String>], spans: &[&TestSpan], table: &mut Table) {
        let named = self.by.iter().zip(key).filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        let mut labels: Vec<String> = named.collect();
        if let (true, Some(first)) = (labels.is_empty(), self.by.first()) {
            labels.push(format!("{first}=\"nil\""));
        }
        let numbers = |time_s: i64| -> Vec<f64> {
            let is_in = |span: &&&TestSpan| {
                span.start_ns > (time_s - STEP_S) * SECOND_NS && span.start_ns <= time_s * SECOND_NS
            };
            spans.iter().filter(is_in).filter_map(|span| number_of(span, self.function, self.over)).collect()
        };
        if Self::times().all(|time_s| numbers(time_s).is_empty()) {
            return;
        }
        let name = |labels: &[String]| format!("{{{}}}", labels.join(", "));
        let seconds = if self.over == "duration" { 1e9 } else { 1.0 };
        match self.function {
            "quantile_over_time" => {
                labels.push(format!("p={:?}", self.quantile));
                let value = |time_s| quantile(&numbers(time_s), self.quantile) / seconds;
                table.insert(name(&labels), Self::times().map(|time_s| (time_s, value(time_s))).collect());
            }
            "histogram_over_time" => {
                for bound in (1..64).map(|k| 2_f64.powi(k)) {
                    let count = |time_s| numbers(time_s).into_iter().filter(|n| bound_of(*n) == bound).count() as f64;
                    let points: BTreeMap<i64, f64> = Self::times().map(|time_s| (time_s, count(time_s))).collect();
                    if points.values().any(|count| *count > 0.0) {
                        let mut labels = labels.clone();
                        labels.push(format!("__bucket={:?}", bound / seconds));
                        table.insert(name(&labels), points);
                    }
                }
            }
            function => {
                if labels.is_empty() {
                    labels.push(format!("__name__=\"{function}\""));
                }
                let points =
                    Self::times().filter_map(|time_s| Some((time_s, value(function, &numbers(time_s), seconds)?)));
                table.insert(name(&labels), points.collect());
            }
        }
    }
}

fn value(function: &str, numbers: &[f64], seconds: f64) -> Option<f64> {
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let some = (count > 0.0).then_some(());
    match function {
        "rate" => Some(count / STEP_S as f64),
        "count_over_time" => Some(count),
        "sum_over_time" => some.map(|()| sum / seconds),
        "avg_over_time" => some.map(|()| sum / count / seconds),
        "min_over_time" => some.map(|()| numbers.iter().copied().fold(f64::INFINITY, f64::min) / seconds),
        "max_over_time" => some.map(|()| numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max) / seconds),
        other => panic!("{other}"),
    }
}

/// The power of two from 2 on that a number is not above.
fn bound_of(number: f64) -> f64 {
    let mut bound = 2.0;
    while bound < number {
        bound *= 2.0;
    }
    bound
}

fn quantile(numbers: &[f64], part: f64) -> f64 {
    let mut bounds: Vec<f64> = numbers.iter().map(|number| bound_of(*number)).collect();
    bounds.sort_by(f64::total_cmp);
    let rank = part * bounds.len() as f64;
    let Some(bound) = bounds.get((rank.ceil() as usize).max(1) - 1) else { return 0.0 };
    let below = bounds.iter().filter(|other| *other < bound).count() as f64;
    let inside = bounds.iter().filter(|other| *other == bound).count() as f64;
    bound / 2.0 * 2_f64.powf((rank - below) / inside)
}

fn label_of(span: &TestSpan, field: &str) -> Option<String> {
    let quoted = |text: &str| format!("{text:?}");
    match field {
        "resource.service.name" => span.service.as_deref().map(quoted),
        "name" => Some(quoted(&span.name)),
        "kind" => Some(quoted(Kind::name_of(span.kind))),
        "status" => Some(quoted(Status::name_of(span.status_code))),
        "span.n" | "span.http.status_code" => span.attributes.get(&field["span.".len()..]).map(|value| match value {
            Value::Int(number) => number.to_string(),
            Value::Double(number) => format!("{number:?}"),
            other => panic!("{other:?}"),
        }),
        other => panic!("{other}"),
    }
}

/// What is counted of a span; of histograms only whole numbers from 2 on.
fn number_of(span: &TestSpan, function: &str, over: &str) -> Option<f64> {
    let is_of_buckets = ["quantile_over_time", "histogram_over_time"].contains(&function);
    let number = match (function, over) {
        ("rate" | "count_over_time", _) => return Some(1.0),
        (_, "duration") => span.duration_ns as f64,
        _ => match span.attributes.get("n")? {
            Value::Int(number) => *number as f64,
            Value::Double(number) if !is_of_buckets => *number,
            _ => return None,
        },
    };
    (!is_of_buckets || number >= 2.0).then_some(number)
}

pub(super) fn apply(second: Second, table: &mut Table) {
    match second {
        Second::Above(value) => table.values_mut().for_each(|points| points.retain(|_, point| *point > value)),
        Second::TopK(count) => rank(table, count, |a, b| b.total_cmp(a)),
        Second::BottomK(count) => rank(table, count, f64::total_cmp),
    }
    table.retain(|_, points| !points.is_empty());
}

/// Values are compared as a whole: the caller makes sure that a rank does not depend on how equal ones are told apart.
fn rank(table: &mut Table, count: usize, order: impl Fn(&f64, &f64) -> std::cmp::Ordering) {
    let times: BTreeSet<i64> = table.values().flat_map(|points| points.keys().copied()).collect();
    for time in times {
        let mut values: Vec<f64> = table.values().filter_map(|points| points.get(&time).copied()).collect();
        values.sort_by(&order);
        let Some(last) = values.get(count - 1).copied() else { continue };
        table.values_mut().for_each(|points| points.retain(|at, value| *at != time || order(value, &last).is_le()));
    }
}

pub(super) fn join(op: &str, left: &Table, right: &Table) -> Table {
    let set = |labels: &str| -> BTreeSet<String> {
        let inside = labels.trim_start_matches('{').trim_end_matches('}');
        let labels = inside.split(", ").filter(|label| !label.is_empty() && !label.starts_with("__name__"));
        labels.map(str::to_owned).collect()
    };
    let is_bare = |table: &Table| table.len() == 1 && table.keys().all(|labels| set(labels).is_empty());
    let unnamed = |labels: &str| if labels.starts_with("{__name__") { "{}".to_owned() } else { labels.to_owned() };
    let mut joined = Table::new();
    for (left_labels, left_points) in left {
        for (right_labels, right_points) in right {
            let labels = match (is_bare(left), is_bare(right)) {
                (_, true) => left_labels,
                (true, false) => right_labels,
                (false, false) if set(left_labels) == set(right_labels) => left_labels,
                (false, false) => continue,
            };
            let points = left_points.iter().filter_map(|(time, a)| {
                let b = right_points.get(time)?;
                let value = match op {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    _ => a / b,
                };
                value.is_finite().then_some((*time, value))
            });
            joined.insert(unnamed(labels), points.collect());
        }
    }
    joined.retain(|_, points: &mut BTreeMap<i64, f64>| !points.is_empty());
    joined
}

pub(super) fn compared(spans: &[TestSpan]) -> Table {
    let mut table = Table::new();
    for span in spans {
        let Some(time_s) = Question::times()
            .find(|time_s| span.start_ns > (time_s - STEP_S) * SECOND_NS && span.start_ns <= time_s * SECOND_NS)
        else {
            continue;
        };
        let side = if span.status_code == Status::Error.code() { "selection" } else { "baseline" };
        for field in ["resource.service.name", "name", "kind", "status", "span.n", "span.http.status_code"] {
            let Some(value) = label_of(span, field).filter(|value| value != "\"\"") else { continue };
            let text = if value.starts_with('"') { value } else { format!("\"{value}\"") };
            for labels in [
                format!("{{__meta_type=\"{side}\", {field}={text}}}"),
                format!("{{__meta_type=\"{side}_total\", {field}=\"nil\"}}"),
            ] {
                let zeros = || Question::times().map(|time_s| (time_s, 0.0)).collect();
                *table.entry(labels).or_insert_with(zeros).get_mut(&time_s).unwrap() += 1.0;
            }
        }
    }
    table
}
