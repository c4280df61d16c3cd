//! Search: text cases, both APIs, hot and lake rows together, early stop, random queries.

/// What an engine says, to be compared and read.
mod answer;
/// Queries as large as they may be.
mod bounds;
/// Spans, queries and what they find, as text.
mod cases;
/// Answers line by line.
mod lines;
/// A trace as a whole; ranges, order, limits.
mod list;
/// An evaluator from the definitions.
mod naive;
/// The search held against the cases and the evaluator.
mod planned;
/// Random traces and queries.
mod random;
/// Tempo's API.
mod tempo;
/// A small world with attributes of every type.
mod world;

use axum::http::StatusCode;
use serde_json::Value as Json;
use url::form_urlencoded::byte_serialize;

use super::harness::{Harness, Reply};

/// A query in a URL.
fn escaped(query: &str) -> String {
    byte_serialize(query.as_bytes()).collect()
}

async fn ask(harness: &Harness, query: &str, more: &str) -> Reply {
    harness.get(&format!("/api/v1/traces?limit=1000&spss=100&q={}{more}", escaped(query))).await
}

async fn traces(harness: &Harness, query: &str, more: &str) -> Vec<Json> {
    let reply = ask(harness, query, more).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["partial"], Json::Null, "{query}");
    answer["traces"].as_array().unwrap().clone()
}

/// The spans that a query finds, by id, ascending.
async fn span_ids(harness: &Harness, query: &str) -> Vec<i64> {
    let traces = traces(harness, query, "").await;
    let spans = traces.iter().flat_map(|trace| {
        let spans = trace["spans"].as_array().unwrap();
        assert_eq!(trace["matched"], spans.len(), "{query}");
        spans.iter().map(|span| i64::from_str_radix(span["span_id"].as_str().unwrap(), 16).unwrap())
    });
    let mut ids: Vec<i64> = spans.collect();
    ids.sort_unstable();
    ids
}
