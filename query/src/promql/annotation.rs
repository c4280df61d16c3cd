//! Warnings and infos beside a result: what Prometheus' users see as notices on a panel.

use std::collections::BTreeSet;

use super::tree::Span;

/// What kind of notice an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The result is probably wrong.
    Warning,
    /// The result may not be what was meant.
    Info,
}

/// The annotations of one query, each once.
#[derive(Debug, Default)]
pub struct Annotations {
    /// Keyed by what is said and where it stands.
    said: BTreeSet<(Severity, String, u32)>,
}

impl Annotations {
    pub fn warn(&mut self, at: Span, message: impl Into<String>) {
        self.said.insert((Severity::Warning, message.into(), at.start));
    }

    pub fn info(&mut self, at: Span, message: impl Into<String>) {
        self.said.insert((Severity::Info, message.into(), at.start));
    }

    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub fn merge(&mut self, others: Self) {
        self.said.extend(others.said);
    }

    /// The texts of one severity, as Prometheus writes them: `PromQL warning: … (1:6)`.
    pub fn texts(&self, severity: Severity, query: &str) -> Vec<String> {
        let word = match severity {
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let of_severity = self.said.iter().filter(|(held, ..)| *held == severity);
        of_severity.map(|(_, message, at)| format!("PromQL {word}: {message} ({})", place(query, *at))).collect()
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
