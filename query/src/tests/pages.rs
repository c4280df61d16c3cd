//! Scans by pages: over several pages and row groups, sparse and dense, beside rows that are hot.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use spanloom_store::schema::spans::{Event, Link};
use spanloom_store::value::Value;
use spanloom_store::{SpanId, TraceId};

use super::harness::{Harness, NOW_NS, SECOND_NS, Sample, sample};

const SPANS: u64 = 45_000;
const SERVICES: [&str; 3] = ["a", "b", "c"];

/// Spans of three services over two minutes. Each tenth one has failed, and lasts as many milliseconds as its number.
fn spans() -> Vec<Sample> {
    let span = |i: u64| {
        let start_ns = NOW_NS - 120 * SECOND_NS + i as i64 * 2_000_000;
        let span = sample(i / 7 + 1, i + 1, Some(SERVICES[i as usize % 3]), start_ns).lasting(i as i64 * 1_000_000);
        let mut span = if i.is_multiple_of(10) { span.failed() } else { span };
        if (i + 1).is_multiple_of(5000) {
            span.span.events = ["first", "second"].map(|name| event(name, i)).to_vec();
        }
        if (i + 1).is_multiple_of(30_000) {
            span.span.links = vec![link(i)];
        }
        span
    };
    (0..SPANS).map(span).collect()
}

fn event(name: &'static str, i: u64) -> Event<'static> {
    let attributes = vec![("number".into(), Value::Int(i as i64))];
    Event { time_ns: NOW_NS, name: name.into(), attributes, dropped_attributes_count: 0 }
}

fn link(i: u64) -> Link<'static> {
    Link {
        trace_id: TraceId::from_halves(7, i as i64),
        span_id: SpanId::from_int(i as i64),
        trace_state: "".into(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        flags: 0,
    }
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
        ("(status_code = 2 and service_name = 'a') or service_name = 'b'".to_owned(), 1500 + SPANS / 3),
        ("(status_code = 2 or service_name = 'a') and (service_name = 'b' or name = 'span 1')".to_owned(), 1501),
        ("not (service_name = 'a' or status_code = 2)".to_owned(), 2 * SPANS / 3 - 3000),
        ("parent_span_id = 7 or http_url = 'x' or service_name = 'c'".to_owned(), SPANS / 3),
        (format!("start_ns >= {start_ns}"), SPANS),
        (format!("start_ns > {start_ns} and service_name = 'a'"), SPANS / 3 - 1),
        (format!("start_ns < {start_ns} or start_ns = {}", start_ns + 2_000_000), 1),
        (format!("{start_ns} <= start_ns and duration_ns < 0"), 0),
        ("service_name ~ '^(a|c)$'".to_owned(), 2 * SPANS / 3),
        ("service_name !~ '^(a|c)$'".to_owned(), SPANS / 3),
        ("name ~ '^span 4499[0-9]$'".to_owned(), 10),
        ("http_url ~ '.*'".to_owned(), 0),
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

/// Also by a column that is asked about, by one that few rows share values of, and by one that nobody has.
#[tokio::test]
async fn texts_that_rows_are_grouped_by_are_read_as_codes() {
    // Several files, so that they are scanned in parallel: rows that are dealt to threads one batch after the other have no codes.
    let harness = Harness::new().await;
    for part in spans().chunks(SPANS as usize / 3) {
        harness.append(part).await;
        harness.flush().await;
    }
    let all = format!("start_ns >= {}", NOW_NS - 120 * SECOND_NS);
    let grouped = async |columns: &str, condition: &str| {
        let query = format!(
            "select {columns}, count(*), sum(duration_ns) from spans where {condition} group by {columns} order by 1, 2"
        );
        (harness.sql(&format!("explain {query}")).await.text(), harness.rows(&query).await)
    };
    let of_service = |n: u64, every: u64| {
        let of = (0..SPANS).filter(move |i| i % 3 == n && i % every == 0);
        (of.clone().count(), of.sum::<u64>() * 1_000_000)
    };
    let row = |n: u64, every: u64| {
        let (count, sum_ns) = of_service(n, every);
        json!([SERVICES[n as usize], count, sum_ns])
    };
    for (condition, rows) in [
        (all.clone(), json!([row(0, 1), row(1, 1), row(2, 1)])),
        (format!("{all} and service_name <> 'b'"), json!([row(0, 1), row(2, 1)])),
        ("status_code = 2".to_owned(), json!([row(0, 10), row(1, 10), row(2, 10)])),
    ] {
        let (plan, found) = grouped("service_name", &condition).await;
        assert!(plan.contains("TextGroupsExec") && plan.contains("CAST(service_name"), "{plan}");
        assert_eq!(found, rows, "{condition}");
    }
    // Codes that a question asks for are made of texts.
    let cast = "arrow_cast(peer_service, 'Dictionary(UInt32, Utf8View)')";
    let query = format!("select {cast}, count(*) from spans where {all} group by {cast}");
    assert_eq!(harness.rows(&query).await, json!([[null, SPANS]]));
    let query = format!("select arrow_cast(name, 'Dictionary(UInt32, Utf8View)'), {cast} from spans where span_id = 7");
    assert_eq!(harness.rows(&query).await, json!([["span 7", null]]));
    let (plan, found) = grouped("http_url, name", "span_id <= 2").await;
    assert!(plan.contains("CAST(http_url") && plan.contains("CAST(name"), "{plan}");
    assert_eq!(found, json!([[null, "span 1", 1, 0], [null, "span 2", 1, 1_000_000]]));
    // What is read for more than groups stays a text.
    let query = format!("select service_name, min(service_name) from spans where {all} group by 1 order by 1");
    let plan = harness.sql(&format!("explain {query}")).await.text();
    assert!(plan.contains("TextGroupsExec") && !plan.contains("CAST(service_name"), "{plan}");
    assert_eq!(harness.rows(&query).await, json!([["a", "a"], ["b", "b"], ["c", "c"]]));
    let twice = "select a, count(b) from (select service_name a, service_name || '' b from spans where status_code = 2) group by 1 order by 1";
    assert_eq!(harness.rows(twice).await, json!([["a", 1500], ["b", 1500], ["c", 1500]]));
    // Hot rows are texts, and those of files are codes.
    harness.append(&[sample(1, SPANS + 1, Some("a"), NOW_NS), sample(1, SPANS + 2, None, NOW_NS)]).await;
    let (plan, found) = grouped("service_name", &format!("{all} and status_code <> 1")).await;
    assert_eq!(plan.matches("TextGroupsExec").count(), 2, "{plan}");
    let (count, sum_ns) = of_service(0, 1);
    let first = json!(["a", count + 1, sum_ns + 10_000_000]);
    assert_eq!(found, json!([first, row(1, 1), row(2, 1), [null, 1, 10_000_000]]));
}

/// Few spans have events, and of most pages none.
#[tokio::test]
async fn lists_are_those_of_their_rows() {
    let harness = harness().await;
    let plan = harness.sql("explain select * from spans where service_name = 'b'").await.text();
    assert!(plan.contains("file_type=pages"), "{plan}");
    let asked = "select span_id, events, links from spans where span_id % 2500 = 0 or span_id = 7 order by span_id";
    let rows = harness.rows(asked).await;
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 19);
    for row in rows {
        let id = row[0].as_i64().unwrap();
        let of_events = |name: &str| -> Vec<Json> {
            row[1].as_array().into_iter().flatten().map(|event| event[name].clone()).collect()
        };
        let expected = if id % 5000 == 0 { vec![json!("first"), json!("second")] } else { vec![] };
        assert_eq!(of_events("name"), expected, "{row}");
        assert_eq!(row[1].is_null(), id % 5000 != 0, "{row}");
        if let Some(attributes) = of_events("attrs").first() {
            assert!(attributes.to_string().contains(&(id - 1).to_string()), "{row}");
        }
        assert_eq!(row[2].is_null(), id != 30_000, "{row}");
    }
    // Where most rows are wanted, and where none with a list is.
    for (condition, spans, lists) in
        [("duration_ns >= 0", SPANS, 9), ("service_name = 'b'", SPANS / 3, 3), ("trace_lo = 2", 7, 0)]
    {
        let found = format!("select count(*), count(events), count(links) from spans where {condition}");
        let links = u64::from(lists == 9);
        assert_eq!(harness.rows(&found).await, json!([[spans, lists, links]]), "{condition}");
    }
    let all = harness.rows("select events from spans where duration_ns >= 0 and events is not null").await;
    assert_eq!(all.as_array().unwrap().len(), 9);
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
