//! Random traces and random queries, near enough to each other that a good part finds something.

/// Queries as text, typed so that most of them mean something.
mod query;
/// Traces in the batches in which they are sent.
mod trace;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use spanloom_store::value::Value;

use super::super::harness::{MINUTE_NS, Sample};
use super::naive::{self, Asked};
use crate::traceql;

pub use query::queries;
pub use trace::{START_NS, batches};

/// A key that is promoted as a text, one that is promoted as a whole number, and others.
const KEYS: [&str; 4] = ["x", "y", "http.method", "http.status_code"];

/// Ranges of time, and how much is wanted.
pub fn asked() -> impl Strategy<Value = Asked> {
    let minutes = || 0..30_i64;
    let range = prop_oneof![
        2 => Just((i64::MIN, i64::MAX)),
        1 => (minutes(), minutes()).prop_map(|(a, b)| {
            (START_NS + a.min(b) * MINUTE_NS, START_NS + a.max(b) * MINUTE_NS)
        }),
    ];
    let limit = prop_oneof![1 => Just(1000), 1 => 1..6_usize];
    let spans_max = prop_oneof![3 => Just(100), 1 => 1..3_usize];
    (range, limit, spans_max).prop_map(|((start_ns, end_ns), limit, spans_max)| Asked {
        start_ns,
        end_ns,
        limit,
        spans_max,
    })
}

/// What one strategy gives first for a fixed seed.
pub fn example<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).unwrap_or_else(|reason| panic!("{reason}")).current()
}

#[test]
fn random_queries_find_something_in_random_traces_and_seldom_all_of_it() {
    let mut runner = TestRunner::deterministic();
    let sent: Vec<Sample> = example(batches(20..21), &mut runner).concat();
    let queries = queries();
    let (mut some, mut all, mut spansets) = (0, 0, 0);
    for _ in 0..400 {
        let text = example(&queries, &mut runner);
        let query = traceql::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = naive::answer(&query, &sent, &Asked::default()).0;
        some += usize::from(!found.is_empty());
        let whole = |trace: &super::answer::TraceAnswer| trace.spansets[0].matched as i64 == trace.span_count;
        all += usize::from(found.len() == 20 && found.iter().all(whole));
        spansets += usize::from(found.iter().any(|trace| trace.spansets.len() > 1));
    }
    assert!(some > 180 && all < 80 && spansets > 5, "{some} find something, {all} find all, {spansets} have groups");
}

#[test]
fn random_traces_have_all_that_is_odd() {
    let mut runner = TestRunner::deterministic();
    let sent: Vec<Sample> = example(batches(100..101), &mut runner).concat();
    let traces: BTreeSet<_> = sent.iter().map(|sample| sample.span.trace_id.to_string()).collect();
    assert!(traces.len() > 50, "{}", traces.len());
    let with = |holds: &dyn Fn(&Sample) -> bool| sent.iter().filter(|sample| holds(sample)).count();
    let same_id = |a: &Sample| {
        let is_twin = |b: &&Sample| a.span.span_id == b.span.span_id && a.span.trace_id == b.span.trace_id;
        sent.iter().filter(is_twin).filter(|b| b.span.start_ns != a.span.start_ns).count()
    };
    let orphan = |a: &Sample| {
        let is_parent =
            |b: &&Sample| Some(b.span.span_id) == a.span.parent_span_id && b.span.trace_id == a.span.trace_id;
        a.span.parent_span_id.is_some() && !sent.iter().any(|b| is_parent(&b))
    };
    let resent = |a: &Sample| {
        let is_copy = |b: &&Sample| b.span.trace_id == a.span.trace_id && b.span.start_ns == a.span.start_ns;
        sent.iter().filter(is_copy).count() > 1
    };
    let array = |a: &Sample| a.span.attributes.iter().any(|(_, value)| matches!(value, Value::Array(_)));
    let counts = [
        ("roots", with(&|a| a.span.parent_span_id.is_none())),
        ("orphans", with(&orphan)),
        ("its own parent", with(&|a| a.span.parent_span_id == Some(a.span.span_id))),
        ("two of one id", with(&|a| same_id(a) == 1)),
        ("three of one id", with(&|a| same_id(a) > 1)),
        ("sent twice", with(&resent)),
        ("arrays", with(&array)),
        ("events", with(&|a| !a.span.events.is_empty())),
        ("links", with(&|a| !a.span.links.is_empty())),
    ];
    assert!(counts.iter().all(|(_, count)| *count >= 5), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_found_does_not_depend_on_how_it_was_sent(batches in batches(1..4), text in queries()) {
        let query = traceql::parse(&text).unwrap();
        let sent: Vec<Sample> = batches.concat();
        let backwards: Vec<Sample> = sent.iter().rev().chain(&sent).cloned().collect();
        let asked = Asked::default();
        prop_assert_eq!(naive::answer(&query, &sent, &asked), naive::answer(&query, &backwards, &asked), "{}", text);
    }
}
