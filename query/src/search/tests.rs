//! What only the inside can show: plans of the first step, and how slices are walked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::physical_plan::displayable;
use prometheus_client::registry::Registry;
use spanloom_store::TenantId;

use super::{Found, Question, Searched, candidates};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::session::{Session, Sessions};
use crate::tests::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, sample};
use crate::trace::TimeRange;
use crate::traceql::{self, plan};

fn session(harness: &Harness) -> Session {
    let metrics = Metrics::new(&mut Registry::default());
    let sessions = Sessions::new(&Config::default(), harness.store.object_store(), &metrics).unwrap();
    sessions.open(harness.store.view(&TenantId::default()))
}

fn question(text: &str, limit: usize) -> Question {
    let searched = Searched {
        text: text.to_owned(),
        range: TimeRange { start_ns: i64::MIN, end_ns: i64::MAX },
        service: None,
        duration_min_ns: None,
        duration_max_ns: None,
        limit,
        spans_max: 3,
    };
    Question { searched, trace_span_max_ns: HOUR_NS, deadline: Instant::now() + Duration::from_secs(600) }
}

async fn search(harness: &Harness, question: &Question) -> Found {
    super::run(&session(harness), question, None).await.unwrap()
}

/// The physical plan of the first step over a lake and hot rows.
async fn physical(text: &str) -> String {
    let harness = Harness::new().await;
    // Statistics do not leave the file out.
    let fits = |id| sample(id, id, Some("a"), NOW_NS).failed().lasting(MINUTE_NS);
    harness.append(&[fits(1)]).await;
    harness.flush().await;
    harness.append(&[fits(2)]).await;
    let session = session(&harness);
    let plan = plan::plan(&traceql::parse(text).unwrap()).unwrap();
    let slice = TimeRange { start_ns: NOW_NS - MINUTE_NS, end_ns: NOW_NS };
    let frame = candidates::frame(&session, &question(text, 20), &plan, slice).await.unwrap();
    let (mut state, logical) = frame.into_parts();
    state.config_mut().options_mut().execution.parquet.pushdown_filters = true;
    let physical = state.create_physical_plan(&logical).await.unwrap();
    displayable(Arc::clone(&physical).as_ref()).indent(true).to_string()
}

#[tokio::test]
async fn predicates_reach_the_columns_and_no_map_is_read() {
    let plan = physical(r#"{ resource.service.name = "a" && span.http.status_code >= 500 && duration > 1s }"#).await;
    let scan = plan.lines().find(|line| line.contains("file_type=pages")).unwrap_or_else(|| panic!("{plan}"));
    for predicate in ["service_name@", "http_status_code@", "duration_ns@"] {
        let predicates = scan.split_once("predicate=").unwrap_or_else(|| panic!("{plan}")).1;
        assert!(predicates.contains(predicate), "{predicate}: {plan}");
    }
    assert!(!scan.contains("attrs_") && !scan.contains("attr_types") && !scan.contains("events"), "{plan}");
}

#[tokio::test]
async fn an_attribute_without_a_column_reads_its_map_and_no_other() {
    // `k1` stands in bucket 1: docs/formats.md.
    let plan = physical(r#"{ span.k1 = "v" && status = error }"#).await;
    let scan = plan.lines().find(|line| line.contains("file_type=pages")).unwrap_or_else(|| panic!("{plan}"));
    let predicate = scan.split_once("predicate=").unwrap_or_else(|| panic!("{plan}")).1;
    assert!(["attrs_1@", "attr_types@", "status_code@"].iter().all(|column| predicate.contains(column)), "{plan}");
    for other in
        ["attrs_0", "attrs_2", "attrs_3", "attrs_4", "attrs_5", "attrs_6", "attrs_7", "resource_attr", "events"]
    {
        assert!(!scan.contains(other), "{other}: {plan}");
    }
}

#[tokio::test]
async fn a_whole_trace_is_asked_of_the_table_of_traces() {
    let plan = physical("{ traceDuration > 1s }").await;
    assert!(plan.contains("/traces/") && !plan.contains("/spans/"), "{plan}");
    let plan = physical("{ traceDuration > 1s && nestedSetParent < 0 }").await;
    assert!(plan.contains("/traces/") && plan.contains("/spans/") && plan.contains("parent_span_id@"), "{plan}");
}

/// One flush for each of ten hours, each with one trace that has an error and one that has none.
async fn hours() -> Harness {
    let harness = Harness::new().await;
    for hour in (0..10_u64).rev() {
        let start_ns = NOW_NS - hour as i64 * HOUR_NS;
        harness
            .append(&[sample(hour + 1, 1, Some("a"), start_ns).failed(), sample(hour + 101, 2, Some("a"), start_ns)])
            .await;
        harness.flush().await;
    }
    harness
}

#[tokio::test]
async fn a_search_that_has_enough_leaves_older_files_alone() {
    let harness = hours().await;
    for text in ["{ status = error }", "{ }", "{ traceDuration < 1s }"] {
        let one = search(&harness, &question(text, 1)).await;
        let all = search(&harness, &question(text, 1000)).await;
        assert_eq!((one.traces.len(), one.partial), (1, None), "{text}");
        // The newest hour's file, once to find and once to judge; judging looks an hour to both sides.
        assert!(one.inspected.files <= 4, "{text}: {:?}", one.inspected);
        assert!(all.inspected.files >= 10 && all.traces.len() >= 10, "{text}: {:?}", all.inspected);
        assert_eq!(one.traces[0].item.trace_id, all.traces[0].item.trace_id, "{text}");
    }
    let newest: Vec<i64> =
        search(&harness, &question("{ status = error }", 4)).await.traces.iter().map(|t| t.start_ns).collect();
    assert_eq!(newest, [0, 1, 2, 3].map(|hour| NOW_NS - hour * HOUR_NS));
}

#[tokio::test]
async fn spans_of_other_slices_and_files_count_as_well() {
    let harness = Harness::new().await;
    for minutes in [40, 20, 0] {
        let at = |id, span, minutes| sample(id, span, Some("a"), NOW_NS - minutes * MINUTE_NS).failed();
        harness.append(&[at(1, minutes as u64 + 1, minutes), at(minutes as u64 + 10, 7, minutes)]).await;
        if minutes > 0 {
            harness.flush().await;
        }
    }
    for condition in ["", "status = error"] {
        for (count, traces) in [("> 2", 1), (">= 3", 1), ("= 3", 1), ("> 3", 0), ("< 3", 3), ("!= 1", 1)] {
            let text = format!("{{ {condition} }} | count() {count}");
            let found = search(&harness, &question(&text, 20)).await;
            assert_eq!((found.traces.len(), found.partial), (traces, None), "{text}");
        }
    }
}

#[tokio::test]
async fn many_traces_that_do_not_match_cost_few_scans() {
    let harness = Harness::new().await;
    let spans: Vec<_> = (1..=2000_u64).map(|id| sample(id, id, Some("a"), NOW_NS - id as i64)).collect();
    harness.append(&spans).await;
    harness.flush().await;
    let found = search(&harness, &question("{ } | avg(duration) > 1h", 20)).await;
    assert_eq!((found.traces.len(), found.inspected.traces), (0, 2000));
    // Candidates, and for each batch of traces their extents and their spans.
    assert!(found.inspected.files <= 20, "{:?}", found.inspected);
}

#[tokio::test]
async fn slices_grow_so_that_long_silence_costs_little() {
    let harness = Harness::new().await;
    harness
        .append(&[sample(1, 1, Some("a"), NOW_NS - 300 * 24 * HOUR_NS).failed(), sample(2, 2, Some("a"), NOW_NS)])
        .await;
    let found = search(&harness, &question("{ status = error }", 20)).await;
    assert_eq!(found.traces.len(), 1);
    assert!(found.inspected.slices < 25, "{:?}", found.inspected);
}

#[tokio::test]
async fn a_search_out_of_time_says_what_it_did_not_look_at() {
    let harness = hours().await;
    let question = Question { deadline: Instant::now(), ..question("{ status = error }", 1000) };
    let found = search(&harness, &question).await;
    let partial = found.partial.unwrap();
    assert!(partial.contains("the time for one search was used up"), "{partial}");
    assert!(found.traces.len() < 10, "{}", found.traces.len());
}
