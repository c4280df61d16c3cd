//! Scans by pages: over several pages and row groups, sparse and dense, beside rows that are hot.

use axum::http::StatusCode;
use serde_json::json;

use super::harness::{Harness, NOW_NS, SECOND_NS, Sample, sample};

const SPANS: u64 = 45_000;
const SERVICES: [&str; 3] = ["a", "b", "c"];

/// Spans of three services over two minutes. Each tenth one has failed, and lasts as many milliseconds as its number.
fn spans() -> Vec<Sample> {
    let span = |i: u64| {
        let start_ns = NOW_NS - 120 * SECOND_NS + i as i64 * 2_000_000;
        let span = sample(i / 7 + 1, i + 1, Some(SERVICES[i as usize % 3]), start_ns).lasting(i as i64 * 1_000_000);
        if i.is_multiple_of(10) { span.failed() } else { span }
    };
    (0..SPANS).map(span).collect()
}

async fn harness() -> Harness {
    let harness = Harness::new().await;
    for part in spans().chunks(SPANS as usize / 3) {
        harness.append(part).await;
    }
    harness.flush().await;
    harness
}

#[tokio::test]
async fn conditions_find_the_rows_that_they_name() {
    let harness = harness().await;
    let start_ns = NOW_NS - 120 * SECOND_NS;
    let in_the_middle = format!("start_ns between {} and {}", start_ns + 40_000_000_000, start_ns + 41_999_999_999);
    for (condition, count) in [
        ("true".to_owned(), SPANS),
        ("service_name = 'b'".to_owned(), SPANS / 3),
        ("service_name > 'b'".to_owned(), SPANS / 3),
        ("service_name like '%c' or status_code = 2".to_owned(), SPANS / 3 + 3000),
        ("status_code = 2 and service_name = 'a'".to_owned(), 1500),
        ("service_name = 'nobody'".to_owned(), 0),
        ("parent_span_id is null".to_owned(), SPANS),
        ("parent_span_id = 7".to_owned(), 0),
        ("duration_ns >= 44999000000".to_owned(), 1),
        ("trace_lo in (1, 2, 4711)".to_owned(), 21),
        ("trace_lo = 4711 and span_id % 2 = 0".to_owned(), 3),
        (in_the_middle.clone(), 1000),
        (format!("{in_the_middle} and status_code = 2"), 100),
        // What fails for a value of another row does not fail for those that are asked for.
        ("duration_ns > 0 and 1000000000 / duration_ns >= 0".to_owned(), SPANS - 1),
        ("random() >= 0".to_owned(), SPANS),
    ] {
        let found = harness.rows(&format!("select count(*), count(span_id) from spans where {condition}")).await;
        assert_eq!(found, json!([[count, count]]), "{condition}");
    }
    let rows = harness.rows("select span_id, service_name, name from spans where trace_lo = 5 order by span_id").await;
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 7, "{rows:?}");
    for (i, row) in rows.iter().enumerate() {
        assert_eq!((&row[0], &row[1]), (&json!(29 + i), &json!(SERVICES[(28 + i) % 3])), "{row}");
    }
    let newest = "select span_id from spans where service_name = 'c' order by start_ns desc limit 2";
    assert_eq!(harness.rows(newest).await, json!([[45_000], [44_997]]));
}

/// What a query reads of the lake.
async fn bytes_scanned(harness: &Harness, rest: &str) -> f64 {
    let reply = harness.sql(&format!("explain analyze select name, span_id from spans {rest}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let text = reply.text();
    // Where no file is left nothing is scanned.
    let Some((_, number)) = text.split_once("bytes_scanned=") else { return 0.0 };
    let number = number[..number.find([',', ']']).unwrap()].trim();
    let (number, unit) = number.split_once(' ').unwrap_or((number, "B"));
    let unit = match unit {
        "B" => 1.0,
        "K" | "KB" => 1e3,
        "M" | "MB" => 1e6,
        unit => panic!("{unit}: {text}"),
    };
    number.parse::<f64>().unwrap() * unit
}

#[tokio::test]
async fn pages_without_wanted_rows_are_not_read() {
    let harness = harness().await;
    let all = bytes_scanned(&harness, "where duration_ns >= 0").await;
    // Rows of a service lie together.
    let of_one = bytes_scanned(&harness, "where service_name = 'a'").await;
    assert!(of_one * 1.5 < all, "{of_one} of {all} bytes");
    for nobodys in ["service_name = 'aa'", "http_status_code = 999", "service_name = 'a' and status_code = 7"] {
        let of_none = bytes_scanned(&harness, &format!("where {nobodys}")).await;
        assert!(of_none * 8.0 < all, "{nobodys}: {of_none} of {all} bytes");
    }
}
