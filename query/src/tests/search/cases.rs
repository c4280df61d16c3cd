use axum::http::StatusCode;

use super::{ask, escaped, span_ids, world};

const FILTERS: &str = include_str!("../../../tests/cases/traceql/filters.txt");
const SPANSETS: &str = include_str!("../../../tests/cases/traceql/spansets.txt");

/// Each case is a query on one line and, indented, the ids of the spans that it finds or `!` and why it is refused.
async fn check(cases: &str) {
    let harness = world::harness().await;
    for (state, asks_tempo) in [("half of it hot", true), ("all in the lake", false)] {
        let mut query = "";
        let mut asked = 0;
        for line in cases.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let Some(expected) = line.strip_prefix("  ") else {
                query = line;
                continue;
            };
            asked += 1;
            if let Some(refusal) = expected.strip_prefix("! ") {
                let reply = ask(&harness, query, "").await;
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
                let error = &reply.json()["error"];
                let place = format!("{}:{}", error["position"]["line"], error["position"]["column"]);
                assert_eq!(format!("{place} {}", error["message"].as_str().unwrap()), refusal, "{query}");
                continue;
            }
            let expected: Vec<i64> = expected.split_whitespace().filter_map(|id| id.parse().ok()).collect();
            assert_eq!(span_ids(&harness, query).await, expected, "{query}, {state}");
            if asks_tempo {
                assert_eq!(tempo_span_ids(&harness, query).await, expected, "{query}, {state}, Tempo's API");
            }
        }
        assert!(asked > 10, "{asked} cases");
        harness.flush().await;
    }
}

async fn tempo_span_ids(harness: &crate::tests::harness::Harness, query: &str) -> Vec<i64> {
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

#[tokio::test]
async fn filters_find_the_spans_that_they_name() {
    check(FILTERS).await;
}

#[tokio::test]
async fn spansets_and_pipelines_judge_a_trace_as_a_whole() {
    check(SPANSETS).await;
}
