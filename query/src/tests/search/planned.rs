//! The planned search, over files of the lake and hot rows together, held against the text cases and the naive evaluator.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use prometheus_client::registry::Registry;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use spanloom_store::TenantId;
use tokio::runtime::Runtime;

use super::super::harness::{HOUR_NS, Harness, Sample};
use super::answer::{Answer, TraceAnswer};
use super::cases::{self, World};
use super::naive::{self, Asked};
use super::{escaped, random, span_ids};
use crate::config::Config;
use crate::error::QueryError;
use crate::metrics::Metrics;
use crate::search::{self, Question, Searched};
use crate::session::Sessions;
use crate::trace::TimeRange;
use crate::traceql::{self, Invalid};

/// A store that is asked by the search itself; the runtime goes last.
struct Planned {
    sessions: Sessions,
    harness: Harness,
    runtime: Runtime,
}

impl Planned {
    /// Each batch is in files of its own, but the last, which is hot.
    fn over(batches: &[Vec<Sample>]) -> Self {
        let runtime = Runtime::new().unwrap();
        let harness = runtime.block_on(async {
            let harness = Harness::new().await;
            for batch in batches.iter().filter(|batch| !batch.is_empty()) {
                harness.flush().await;
                harness.append(batch).await;
            }
            harness
        });
        let metrics = Metrics::new(&mut Registry::default());
        let sessions = Sessions::new(&Config::default(), harness.store.object_store(), &metrics).unwrap();
        Self { sessions, harness, runtime }
    }

    fn ask(&self, text: &str, asked: &Asked) -> Result<Answer, Invalid> {
        let found = self.runtime.block_on(async {
            let session = self.sessions.open(self.harness.store.view(&TenantId::default()));
            search::run(&session, &question(text, asked), None).await
        });
        match found {
            Ok(found) => {
                assert_eq!(found.partial, None, "{text}");
                Ok(Answer::sorted(found.traces.into_iter().map(TraceAnswer::from).collect()))
            }
            Err(QueryError::TraceQl { message, position }) => Err(Invalid::new(position, message)),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    fn flush(&self) {
        self.runtime.block_on(self.harness.flush());
    }
}

fn question(text: &str, asked: &Asked) -> Question {
    let searched = Searched {
        text: text.to_owned(),
        range: TimeRange { start_ns: asked.start_ns, end_ns: asked.end_ns },
        service: None,
        duration_min_ns: None,
        duration_max_ns: None,
        limit: asked.limit,
        spans_max: asked.spans_max,
    };
    Question { searched, trace_span_max_ns: HOUR_NS, deadline: Instant::now() + Duration::from_secs(600) }
}

/// Every other span of a world in the lake, the others hot; then all in the lake.
fn check(file: &str) {
    let (_, text) = cases::FILES.into_iter().find(|(name, _)| *name == file).unwrap();
    for world in cases::worlds(text) {
        let every_other =
            |first: usize| -> Vec<Sample> { world.samples.iter().skip(first).step_by(2).cloned().collect() };
        let planned = Planned::over(&[every_other(0), every_other(1)]);
        let ask = |query: &str| planned.ask(query, &Asked::default());
        cases::check(file, &world, "half of it hot", ask);
        check_apis(&planned, &world);
        planned.flush();
        cases::check(file, &world, "all in the lake", ask);
    }
}

/// Both APIs name the spans that the search finds: some of the cases, for APIs know nothing of the language.
fn check_apis(planned: &Planned, world: &World<'_>) {
    for case in world.cases.iter().step_by(8) {
        let Ok(Answer(traces)) = planned.ask(case.query, &Asked::default()) else { continue };
        let spans = traces.iter().flat_map(|trace| &trace.spansets).flat_map(|spanset| &spanset.spans);
        let mut expected: Vec<i64> = spans.map(|span| span.id() as i64).collect();
        expected.sort_unstable();
        let (harness, query) = (&planned.harness, case.query);
        assert_eq!(planned.runtime.block_on(span_ids(harness, query)), expected, "{query}");
        assert_eq!(planned.runtime.block_on(tempo_span_ids(harness, query)), expected, "{query}, Tempo's API");
    }
}

async fn tempo_span_ids(harness: &Harness, query: &str) -> Vec<i64> {
    let reply = harness.get(&format!("/tempo/api/search?spss=100&q={}", escaped(query))).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
    let traces = reply.json()["traces"].as_array().unwrap().clone();
    let spansets = traces.iter().flat_map(|trace| trace["spanSets"].as_array().unwrap());
    let spans = spansets.flat_map(|spanset| spanset["spans"].as_array().unwrap());
    let mut ids: Vec<i64> =
        spans.map(|span| i64::from_str_radix(span["spanID"].as_str().unwrap(), 16).unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn filters_find_the_spans_that_they_name() {
    check("filters");
}

#[test]
fn values_meet_values_as_their_types_say() {
    check("values");
}

#[test]
fn spansets_and_pipelines_judge_a_trace_as_a_whole() {
    check("spansets");
}

#[test]
fn structural_operators_know_who_stands_below_whom() {
    check("structure");
}

#[test]
fn groups_are_counted_each_for_itself() {
    check("groups");
}

/// Random traces, and a store that has them.
static WORLDS: LazyLock<Vec<(Vec<Sample>, Planned)>> = LazyLock::new(|| {
    let mut runner = TestRunner::deterministic();
    let world = |_| {
        let batches = random::example(random::batches(24..25), &mut runner);
        (batches.concat(), Planned::over(&batches))
    };
    (0..3).map(world).collect()
});

fn agree(planned: &Planned, sent: &[Sample], text: &str, asked: &Asked) -> Result<(), TestCaseError> {
    let expected = naive::answer(&traceql::parse(text).unwrap(), sent, asked);
    prop_assert_eq!(planned.ask(text, asked).unwrap(), expected, "{}, {:?}", text, asked);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_search_finds_what_the_definitions_say(
        world in 0..3_usize,
        text in random::queries(),
        asked in random::asked(),
    ) {
        let (sent, planned) = &WORLDS[world];
        agree(planned, sent, &text, &asked)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn so_it_does_in_any_traces(
        batches in random::batches(1..6),
        asked in prop::collection::vec((random::queries(), random::asked()), 1..5),
    ) {
        let planned = Planned::over(&batches);
        for (text, asked) in &asked {
            agree(&planned, &batches.concat(), text, asked)?;
        }
    }
}
