//! `GET /api/v1/traces/{id}/spans`, `/spans/{span_id}` and `/matches`; which rows are shown has its tests in `trace/columns/tests`.

use axum::http::StatusCode;
use bytesize::ByteSize;
use serde_json::{Value as Json, json};
use spanloom_store::schema::spans::{Event, Link, Quirks};
use spanloom_store::value::Value;
use spanloom_store::{SpanId, TraceId};

use super::harness::{Harness, NOW_NS, Sample, hex, sample};
use crate::Config;

const MS: i64 = 1_000_000;

async fn get(harness: &Harness, rest: &str) -> Json {
    let path = format!("/api/v1/traces/{rest}");
    let reply = harness.get(&path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

#[track_caller]
fn is_error(reply: &super::harness::Reply, status: StatusCode, message: &str) {
    assert_eq!((reply.status, reply.json()["error"]["message"].as_str()), (status, Some(message)));
}

fn text(key: &'static str, value: &'static str) -> (std::borrow::Cow<'static, str>, Value<'static>) {
    (key.into(), Value::String(value.into()))
}

/// A gateway that asks a cart, whose span fails and tells of it.
fn shop() -> [Sample; 3] {
    let mut gateway = sample(1, 1, Some("gateway"), NOW_NS).lasting(100 * MS);
    gateway.resource.attributes.push(text("service.namespace", "shop"));
    gateway.span.status_code = 1;
    let mut client = sample(1, 0xabc, Some("Cart"), NOW_NS + 10 * MS).child_of(1).lasting(60 * MS).failed();
    client.resource.attributes.extend([text("host.name", "node-7"), text("k8s.namespace.name", "carts")]);
    client.span.kind = 3;
    client.span.name = "GET /cart/{user}".into();
    client.span.status_message = "Out of stock".into();
    client.span.attributes = vec![
        text("http.route", "/cart/{user}"),
        ("http.response.status_code".into(), Value::Int(503)),
        ("retry.count".into(), Value::Int(7_300)),
        text("a b", "c d"),
    ];
    client.span.events = vec![Event {
        time_ns: NOW_NS + 12 * MS,
        name: "cache miss".into(),
        attributes: vec![text("key", "sku-7")],
        dropped_attributes_count: 0,
    }];
    client.span.dropped_links_count = 2;
    [gateway, client, sample(1, 5, None, NOW_NS + 20 * MS).child_of(99).lasting(-5)]
}

async fn with_shop() -> Harness {
    let harness = Harness::new().await;
    harness.append(&shop()).await;
    harness
}

#[tokio::test]
async fn columns_are_the_same_hot_flushed_and_sent_again() {
    let harness = Harness::new().await;
    let expected = json!({
        "trace_id": hex(1),
        "start_time_unix_nano": NOW_NS.to_string(),
        "duration_ns": 100 * MS,
        "span_count": 3,
        "error_count": 1,
        "depth": 2,
        "services": [
            { "name": "gateway", "namespace": "shop" },
            { "name": "Cart", "namespace": "carts" },
            { "name": null, "namespace": null },
        ],
        "operations": { "service": [0, 1, 2], "name": ["span 1", "GET /cart/{user}", "span 5"], "kind": [2, 3, 2] },
        "rows": {
            "id": "00000000000000010000000000000abc0000000000000005",
            "parent": [-1, 0, -1],
            "operation": [0, 1, 2],
            "start_ns": [0, 10 * MS, 20 * MS],
            "duration_ns": [100 * MS, 60 * MS, 0],
            "flags": [1, 2 + 32 + 128, 0],
        },
        "tops": [
            { "row": 0, "reason": "no_parent", "parent_span_id": null },
            { "row": 2, "reason": "parent_missing", "parent_span_id": "0000000000000063" },
        ],
        "events": { "row": [1], "at_ns": [12 * MS], "name": [0], "names": ["cache miss"] },
        "cut": [],
    });
    for state in ["hot", "flushed and sent again", "twice flushed and sent again"] {
        harness.append(&shop()).await;
        assert_eq!(get(&harness, &format!("{}/spans", hex(1))).await, expected, "{state}");
        harness.flush().await;
    }
    let metrics = harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_requests_total{api="trace_columns",outcome="ok"} 3"#), "{metrics}");
}

#[tokio::test]
async fn what_is_odd_about_a_span_is_flagged() {
    let harness = Harness::new().await;
    let odd = |id, quirks, start_ns| {
        let mut odd = sample(1, id, Some("a"), start_ns);
        odd.span.quirks = quirks;
        odd
    };
    let mut linked = sample(1, 4, Some("a"), NOW_NS + 3);
    linked.span.links = vec![Link {
        trace_id: TraceId::from_halves(1, 2),
        span_id: SpanId::from_int(3),
        trace_state: "".into(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        flags: 0,
    }];
    let no_start = odd(1, Quirks::START_ABSENT, NOW_NS - MS);
    harness
        .append(&[
            no_start,
            odd(2, Quirks::DURATION_ABSENT, NOW_NS + 1),
            odd(3, Quirks::END_BEFORE_START, NOW_NS + 2),
            linked,
        ])
        .await;
    let answer = get(&harness, &format!("{}/spans", hex(1))).await;
    assert_eq!(answer["rows"]["flags"], json!([4, 8, 16, 64]));
    assert_eq!(answer["rows"]["start_ns"], json!([0, 0, 1, 2]), "a start that did not come counts for nothing");
    assert_eq!(answer["start_time_unix_nano"], (NOW_NS + 1).to_string());
}

#[tokio::test]
async fn a_part_is_asked_for() {
    let harness = with_shop().await;
    let answer = get(&harness, &format!("{}/spans?under=1&skip=1&kind=2", hex(1))).await;
    assert_eq!((&answer["rows"]["id"], &answer["cut"]), (&json!("0000000000000001"), &json!([])));
    let answer = get(&harness, &format!("{}/spans?depth=1", hex(1))).await;
    assert_eq!(answer["rows"]["parent"], json!([-1, -1]));
    assert_eq!(answer["cut"], json!([{ "row": 0, "span_count": 1, "error_count": 1, "skip": 0 }]));
}

#[tokio::test]
async fn what_cannot_be_shown_is_said() {
    let harness = with_shop().await;
    for (rest, status, message) in [
        (format!("{}/spans", hex(2)), StatusCode::NOT_FOUND, format!("there is no trace {}", hex(2))),
        (
            format!("{}/spans?under=ff", hex(1)),
            StatusCode::NOT_FOUND,
            "the trace has no span 00000000000000ff".to_owned(),
        ),
        (format!("{}/spans?depth=0", hex(1)), StatusCode::BAD_REQUEST, "depth is 0, it must be from 1".to_owned()),
        (
            format!("{}/spans?kind=2", hex(1)),
            StatusCode::BAD_REQUEST,
            "kind says which span `under` means, which is absent".to_owned(),
        ),
        (
            format!("{}/spans/ff", hex(1)),
            StatusCode::NOT_FOUND,
            format!("there is no span 00000000000000ff in a trace {}", hex(1)),
        ),
        (format!("{}/matches?text=x", hex(2)), StatusCode::NOT_FOUND, format!("there is no trace {}", hex(2))),
        (format!("{}/matches?text=-", hex(1)), StatusCode::BAD_REQUEST, "text has no words to look for".to_owned()),
    ] {
        is_error(&harness.get(&format!("/api/v1/traces/{rest}")).await, status, &message);
    }
    let unknown = harness.get(&format!("/api/v1/traces/{}/spans?deep=1", hex(1))).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.text());
}

#[tokio::test]
async fn one_span_comes_with_all_its_fields() {
    let harness = with_shop().await;
    let whole = get(&harness, &hex(1)).await;
    harness.append(&shop()).await;
    let span = get(&harness, &format!("{}/spans/abc", hex(1))).await;
    let resources = whole["resourceSpans"].as_array().unwrap();
    let cart = resources.iter().filter(|resource| resource.to_string().contains("0000000000000abc"));
    assert_eq!(span["resourceSpans"].as_array().unwrap().iter().collect::<Vec<_>>(), cart.collect::<Vec<_>>());
}

#[tokio::test]
async fn both_halves_of_a_shared_id_come() {
    let harness = Harness::new().await;
    let mut client = sample(1, 7, Some("a"), NOW_NS);
    client.span.kind = 3;
    harness.append(&[client, sample(1, 7, Some("b"), NOW_NS + 1), sample(1, 8, Some("b"), NOW_NS + 2)]).await;
    let answer = get(&harness, &format!("{}/spans/7", hex(1))).await;
    let kinds = |resource: &Json| resource["scopeSpans"][0]["spans"][0]["kind"].clone();
    assert_eq!(answer["resourceSpans"].as_array().unwrap().iter().map(kinds).collect::<Vec<_>>(), [json!(3), json!(2)]);
}

/// Whether a text finds the cart's span.
async fn finds(harness: &Harness, text: &str) -> bool {
    let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let answer = get(harness, &format!("{}/matches?text={text}", hex(1))).await;
    let ids = answer["id"].as_str().unwrap();
    assert_eq!(
        (answer["kind"].as_array().unwrap().len(), answer["count"].as_u64()),
        (ids.len() / 16, Some(ids.len() as u64 / 16))
    );
    ids.contains("0000000000000abc")
}

#[tokio::test]
async fn words_are_looked_for_in_names_values_and_events() {
    let harness = with_shop().await;
    for text in [
        "cart",
        "GET",
        "get /CART",
        "abc",
        "503",
        "7300",
        "node-7",
        "stock",
        "sku-7",
        "http.route",
        "host.name",
        "retry.count",
        "host.name=NODE",
        "-host.name=other",
        "http.route=/cart",
        "HTTP.Response.Status_Code=503",
        "service=cart name=get",
        "status=error kind=client",
        "message=\"out of stock\"",
        "\"out of stock\"",
        "event=miss",
        "-redis",
        "cart -redis",
        "-http.route=/orders",
        "{user}",
        "a.b -a.b",
        "\"a b\"",
    ] {
        let expected = text != "a.b -a.b";
        assert_eq!(finds(&harness, text).await, expected, "{text}");
    }
    for text in [
        "redis",
        "cart redis",
        "http.route=503",
        "name=503",
        "service=cart -get",
        "-http.route",
        "-status=error",
        "\"stock out\"",
        "http=503",
        "c.d",
    ] {
        assert!(!finds(&harness, text).await, "{text}");
    }
    harness.flush().await;
    assert!(finds(&harness, "http.response.status_code=503 sku-7 node-7 7300").await, "in the lake");
}

#[tokio::test]
async fn what_is_found_is_in_the_order_of_the_tree() {
    let harness = Harness::new().await;
    let spans = [
        sample(1, 1, Some("a"), NOW_NS),
        sample(1, 2, Some("a"), NOW_NS + 30).child_of(1),
        sample(1, 3, Some("a"), NOW_NS + 20).child_of(1),
        sample(1, 4, Some("a"), NOW_NS + 40).child_of(3),
    ];
    harness.append(&spans).await;
    harness.append(&spans).await;
    let answer = get(&harness, &format!("{}/matches?text=span%20-name=1", hex(1))).await;
    assert_eq!(
        answer,
        json!({ "id": "000000000000000300000000000000040000000000000002", "kind": [2, 2, 2], "count": 3 })
    );
}

#[tokio::test]
async fn more_than_a_query_may_hold_is_refused() {
    let harness = Harness::with(Config { memory_bytes_max: ByteSize::mib(1), ..Config::default() }).await;
    let spans: Vec<Sample> = (1..=5000).map(|i| sample(1, i, Some("a"), NOW_NS + i as i64)).collect();
    harness.append(&spans).await;
    for rest in ["spans", "matches?text=span"] {
        let reply = harness.get(&format!("/api/v1/traces/{}/{rest}", hex(1))).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{rest}: {}", reply.text());
        assert!(reply.text().contains("query.memory_bytes_max"), "{rest}: {}", reply.text());
    }
    assert_eq!(get(&harness, &format!("{}/spans/1", hex(1))).await["resourceSpans"].as_array().unwrap().len(), 1);
}

/// A trace of a million spans: what needs all of it at once is refused, what does not is answered, and others go on.
#[tokio::test]
async fn a_trace_of_a_million_spans_is_bounded() {
    const SPANS: u64 = 1_000_000;
    const BATCH: u64 = 50_000;
    let harness = Harness::new().await;
    for begin in (0..SPANS).step_by(BATCH as usize) {
        let span = |i: u64| sample(1, i, Some("a"), NOW_NS + i as i64);
        let spans = (begin + 1..=begin + BATCH).map(|i| if i == 1 { span(i) } else { span(i).child_of(1) });
        harness.append(&spans.collect::<Vec<_>>()).await;
        // Memory has no room for all of them.
        if begin == SPANS / 2 {
            harness.flush().await;
        }
    }
    let answer = get(&harness, &format!("{}/spans", hex(1))).await;
    assert_eq!(answer["span_count"], SPANS);
    assert_eq!(answer["rows"]["parent"].as_array().unwrap().len(), 50_000);
    let hidden = SPANS - 50_000;
    assert_eq!(answer["cut"], json!([{ "row": 0, "span_count": hidden, "error_count": 0, "skip": 49_999 }]));
    let more = get(&harness, &format!("{}/spans?under=1&skip=990000", hex(1))).await;
    assert_eq!((more["rows"]["parent"].as_array().unwrap().len(), &more["cut"]), (10_000, &json!([])));
    assert_eq!(get(&harness, &format!("{}/matches?text=id=00000f4240", hex(1))).await["count"], 1);
    let whole = harness.get(&format!("/api/v1/traces/{}", hex(1))).await;
    assert_eq!(whole.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(whole.text().contains("query.memory_bytes_max"), "{}", whole.text());
    harness.append(&[sample(2, 1, Some("b"), NOW_NS)]).await;
    assert_eq!(get(&harness, &format!("{}/spans", hex(2))).await["span_count"], 1);
}
