//! What of the virtual metrics a selection can touch, before any row is read.

use spanloom_store::series::Matcher;
use spanloom_store::series::label::{LE, NAME};

use super::hour::Hour;
use super::metric::{METRICS, Metric, Rows};
use super::window::Window;
use crate::promql::labels::Labels;
use crate::promql::source::Selection;

/// A selection, and the names that it can touch.
#[derive(Debug)]
pub(crate) struct Wanted<'s> {
    selection: &'s Selection,
    metrics: Vec<Metric>,
}

impl<'s> Wanted<'s> {
    pub fn new(selection: &'s Selection) -> Self {
        let is_wanted = |metric: &Metric| {
            let value = |name: &str| (name == NAME).then_some(metric.name);
            let fits = |matcher: &Matcher| match value(&matcher.name) {
                Some(value) => matcher.matches(value),
                None => metric.may_have(&matcher.name) || matcher.matches(""),
            };
            selection.matchers.iter().all(fits)
        };
        Self { selection, metrics: METRICS.into_iter().filter(is_wanted).collect() }
    }

    /// Whether no virtual metric can match: nothing need be read.
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty()
    }

    /// The names that are made of rows of a kind.
    pub fn metrics(&self, rows: Rows) -> impl Iterator<Item = Metric> {
        self.metrics.iter().copied().filter(move |metric| metric.family.rows() == rows)
    }

    pub fn reads(&self, rows: Rows) -> bool {
        self.metrics(rows).next().is_some()
    }

    /// Whether the histograms of rows of a kind are needed; without them rows are small.
    pub fn needs_latency(&self, rows: Rows) -> bool {
        self.metrics(rows).any(|metric| metric.family.is_latency())
    }

    /// Whether a label of rows may have a value: with what is known of a row it can be left out before others are.
    pub fn may_be(&self, label: &str, value: &str) -> bool {
        self.selection.matchers.iter().filter(|matcher| &*matcher.name == label).all(|matcher| matcher.matches(value))
    }

    /// Whether all series of a row's labels may be wanted.
    pub fn has_row<W: Window>(&self, labels: &W::Labels) -> bool {
        let pairs = W::pairs(labels);
        let value = |name: &str| pairs.iter().find(|(held, _)| *held == name).map_or("", |(_, value)| value);
        let of_row = |matcher: &&Matcher| &*matcher.name != NAME && &*matcher.name != LE;
        self.selection.matchers.iter().filter(of_row).all(|matcher| matcher.matches(value(&matcher.name)))
    }

    pub fn has(&self, labels: &Labels) -> bool {
        self.selection.matches(labels)
    }

    pub fn has_time(&self, time_ms: i64) -> bool {
        self.selection.start_ms < time_ms && time_ms <= self.selection.end_ms
    }

    /// The first and the last hour that can have samples, of those that are settled; None if there is none. Each must
    /// be read as a whole, up to `settled_ms`: an hour's views and names are chosen over all of it.
    pub fn hours(&self, settled_ms: i64) -> Option<(Hour, Hour)> {
        let first = Hour::after(self.selection.start_ms);
        let last = Hour::until(self.selection.end_ms.min(settled_ms));
        (first <= last).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse_selector;

    fn selection(text: &str) -> Selection {
        Selection { matchers: parse_selector(text).unwrap(), start_ms: 0, end_ms: 1 }
    }

    fn check(text: &str, expected: &[&str]) {
        let selection = selection(text);
        let wanted = Wanted::new(&selection);
        let names: Vec<&str> = wanted.metrics.iter().map(|metric| metric.name).collect();
        assert_eq!(names, expected, "{text}");
        assert_eq!(wanted.is_empty(), expected.is_empty());
    }

    #[test]
    fn names_that_do_not_match_are_not_read() {
        check("up", &[]);
        check("traces_spanmetrics_calls_total", &["traces_spanmetrics_calls_total"]);
        let both = ["traces_service_graph_request_total", "traces_spanmetrics_calls_total"];
        check(r#"{__name__=~"traces_service_graph_request_total|traces_spanmetrics_calls_total"}"#, &both);
        check(r#"{__name__=~"istio_.*"}"#, &[]);
    }

    #[test]
    fn a_label_that_no_series_has_leaves_nothing() {
        check(r#"{job="node"}"#, &["traces_target_info"]);
        check(r#"{pod="x"}"#, &[]);
        check(r#"traces_spanmetrics_calls_total{pod=""}"#, &["traces_spanmetrics_calls_total"]);
        check(r#"traces_service_graph_request_total{le="0.1"}"#, &[]);
        let buckets = [
            "traces_service_graph_request_server_seconds_bucket",
            "traces_service_graph_request_client_seconds_bucket",
        ];
        check(r#"{client="web", le="0.1"}"#, &buckets);
    }

    #[test]
    fn histograms_are_read_only_for_those_who_look_at_them() {
        let needs = |text: &str| {
            let selection = selection(text);
            let wanted = Wanted::new(&selection);
            (wanted.reads(Rows::Edges), wanted.needs_latency(Rows::Edges), wanted.needs_latency(Rows::Operations))
        };
        assert_eq!(needs("traces_service_graph_request_total"), (true, false, false));
        assert_eq!(needs("traces_service_graph_request_server_seconds_sum"), (true, true, false));
        assert_eq!(needs("traces_spanmetrics_latency"), (false, false, true));
    }

    #[test]
    fn hours_are_those_with_a_sample_in_the_range() {
        use super::super::hour::HOUR_MS;
        let hours = |start_ms: i64, end_ms: i64, settled_ms: i64| {
            let selection = Selection { matchers: Vec::new(), start_ms, end_ms };
            let hours = Wanted::new(&selection).hours(settled_ms);
            hours.map(|(first, last)| (first.start_ms / HOUR_MS, last.start_ms / HOUR_MS))
        };
        assert_eq!(hours(HOUR_MS, 2 * HOUR_MS, i64::MAX), Some((1, 1)));
        assert_eq!(hours(HOUR_MS - 1, 2 * HOUR_MS + 1, i64::MAX), Some((0, 2)));
        assert_eq!(hours(HOUR_MS, 9 * HOUR_MS, 3 * HOUR_MS), Some((1, 2)));
        assert_eq!(hours(5 * HOUR_MS, 9 * HOUR_MS, 3 * HOUR_MS), None);
        assert_eq!(hours(HOUR_MS, HOUR_MS, i64::MAX), None);
    }
}
