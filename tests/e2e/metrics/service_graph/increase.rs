//! Questions of growth, put to us and to a Prometheus that has our samples.

use std::fmt::Write as _;
use std::path::Path;

use super::super::api::{Answer, Api, Labels, Range, difference, seconds};
use super::super::prometheus::server::{Prometheus, load};
use super::plan::Hours;
use super::{GRAPH, ROUNDING_MAX, tab};
use crate::clients;
use crate::harness::Server;

/// What we make of our samples is what a Prometheus makes of them, at any time.
pub async fn check(directory: &Path, server: &Server, hours: &Hours, samples: &Answer) {
    let Some(clients) = clients::installed("a Prometheus that has our samples") else { return };
    if !load(&clients, directory, &openmetrics(samples)) {
        return;
    }
    let Some(prometheus) = Prometheus::start(&clients, directory, "").await else { return };
    let (reference, ours) = (prometheus.api(), Api::of(server));
    let of_tab = tab::queries().into_iter().map(|query| (query, hours.steps(1)));
    for (query, ranges) in increases(hours).into_iter().chain(of_tab) {
        for range in ranges {
            let expected = reference.ask(&query, range).await.unwrap_or_else(|why| panic!("{query}: {why}"));
            let found = ours.ask(&query, range).await.unwrap_or_else(|why| panic!("{query}: {why}"));
            assert!(!expected.is_empty(), "{query} says nothing");
            if let Some(what) = difference(&expected, &found, ROUNDING_MAX) {
                panic!("{query}: {what}");
            }
        }
    }
}

/// Questions of growth, and when they are asked.
fn increases(hours: &Hours) -> Vec<(String, Vec<Range>)> {
    let counters = ["total", "failed_total", "server_seconds_sum", "server_seconds_count", "server_seconds_bucket"];
    let increases = counters.iter().map(|counter| (format!("increase({GRAPH}_{counter}[3m])"), hours.steps(2)));
    let others = ["rate(M[2m])", "resets(M[30m])", "M - M offset 3m", "increase(M[90m])"];
    let others = others.map(|query| (query.replace('M', &format!("{GRAPH}_total")), hours.steps(1)));
    increases.chain(others).collect()
}

/// OpenMetrics with all samples and their times.
fn openmetrics(samples: &Answer) -> String {
    let mut text = String::new();
    for (labels, points) in samples {
        for (time_ms, value) in points {
            let _ = writeln!(text, "{} {value} {}", series(labels), seconds(*time_ms));
        }
    }
    text + "# EOF\n"
}

fn series(labels: &Labels) -> String {
    let pairs = labels.iter().filter(|(name, _)| *name != "__name__");
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{}{{{}}}", labels["__name__"], pairs.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[test]
fn values_and_times_are_whole() {
    let labels = [("__name__", "a"), ("x", "1\"")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = Answer::from([(labels.into(), [(1_500, 0.1 + 0.2)].into())]);
    assert_eq!(openmetrics(&answer), "a{x=\"1\\\"\"} 0.30000000000000004 1.500\n# EOF\n");
}
