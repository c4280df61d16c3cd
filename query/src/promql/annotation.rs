//! Warnings and infos beside a result: what Prometheus' users see as notices on a panel.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::number::General;
use super::tree::Span;

/// What kind of notice an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The result is probably wrong.
    Warning,
    /// The result may not be what was meant.
    Info,
}

/// What is said after so much has been said is not kept: nobody reads it.
const ANNOTATIONS_MAX: usize = 1000;

/// The annotations of one query, each once.
#[derive(Debug, Default)]
pub struct Annotations {
    /// What is said and where it stands.
    said: BTreeSet<(Severity, String, u32)>,
    /// By where it stands and the metric's name.
    forced: BTreeMap<(u32, String), Forced>,
}

/// Where the buckets of a classic histogram counted less than the buckets below them, and were mended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forced {
    start_ms: i64,
    end_ms: i64,
    lowest: f64,
    highest: f64,
    difference: f64,
    samples: u64,
}

impl Forced {
    /// Once, at a time: the lowest and the highest bound of such buckets, and the most that one counted too little.
    pub fn at(time_ms: i64, lowest: f64, highest: f64, difference: f64) -> Self {
        Self { start_ms: time_ms, end_ms: time_ms, lowest, highest, difference, samples: 1 }
    }

    fn merge(&mut self, other: Self) {
        self.start_ms = self.start_ms.min(other.start_ms);
        self.end_ms = self.end_ms.max(other.end_ms);
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        self.difference = self.difference.max(other.difference);
        self.samples += other.samples;
    }

    fn text(&self, metric: &str) -> String {
        let what = of_metric(
            "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
            metric,
        );
        let (lowest, highest) = (General(self.lowest), General(self.highest));
        let (start, end) = (day_and_time(self.start_ms), day_and_time(self.end_ms));
        let Self { difference, samples, .. } = self;
        format!(
            "{what}, from buckets {lowest} to {highest}, with a max diff of {difference:.2}, over {samples} samples from {start} to {end}"
        )
    }
}

fn day_and_time(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms);
    time.map_or_else(|| time_ms.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

impl Annotations {
    pub fn warn(&mut self, at: Span, message: impl Into<String>) {
        self.say(Severity::Warning, at, message.into());
    }

    pub fn info(&mut self, at: Span, message: impl Into<String>) {
        self.say(Severity::Info, at, message.into());
    }

    fn say(&mut self, severity: Severity, at: Span, message: String) {
        if self.said.len() < ANNOTATIONS_MAX {
            self.said.insert((severity, message, at.start));
        }
    }

    /// Says that a histogram's buckets were mended; what is said of one histogram is said once.
    pub fn forced(&mut self, at: Span, metric: &str, forced: Forced) {
        match self.forced.entry((at.start, metric.to_owned())) {
            Entry::Occupied(mut held) => held.get_mut().merge(forced),
            Entry::Vacant(free) => drop(free.insert(forced)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.said.is_empty() && self.forced.is_empty()
    }

    /// The texts of one severity, as Prometheus writes them: `PromQL warning: … (1:6)`.
    pub fn texts(&self, severity: Severity, query: &str) -> Vec<String> {
        let word = match severity {
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let said = self.said.iter().filter(|(held, ..)| *held == severity);
        let said = said.map(|(_, message, at)| (message.clone(), *at));
        let forced = self.forced.iter().filter(|_| severity == Severity::Info);
        let forced = forced.map(|((at, metric), forced)| (forced.text(metric), *at));
        let line = |(message, at)| format!("PromQL {word}: {message} ({})", place(query, at));
        said.chain(forced).map(line).collect()
    }
}

/// `line:column` of a byte in a text, both from 1. Columns are bytes, as in Prometheus.
pub fn place(text: &str, at: u32) -> String {
    let before = &text.as_bytes()[..text.len().min(at as usize)];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("{line}:{column}")
}

/// `message for metric name "x"`; the message alone when the metric has no name.
pub fn of_metric(message: &str, metric: &str) -> String {
    if metric.is_empty() { message.to_owned() } else { format!("{message} for metric name {metric:?}") }
}
