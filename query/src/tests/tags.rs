//! Names and values of attributes through Tempo's API, of hot spans and of the lake.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use spanloom_store::value::Value;

use super::harness::{Harness, NOW_NS, SECOND_NS, sample};

/// Two services with attributes of several types; the first half in the lake, the second hot.
async fn harness() -> Harness {
    let harness = Harness::new().await;
    for part in 0..2_u64 {
        let spans: Vec<_> = (0..4)
            .map(|n| {
                let id = part * 4 + n + 1;
                let service = if n < 3 { "web" } else { "cart" };
                let mut sample = sample(id, id, Some(service), NOW_NS - SECOND_NS);
                sample.span.attributes = vec![
                    ("http.route".into(), Value::String(if n < 2 { "/" } else { "/cart" }.into())),
                    ("retries".into(), Value::Int(n as i64 % 2)),
                    ("ratio".into(), Value::Double(0.5)),
                ];
                sample.resource.attributes.push((format!("of.{service}").into(), Value::Bool(true)));
                sample
            })
            .collect();
        harness.append(&spans).await;
        if part == 0 {
            harness.flush().await;
        }
    }
    harness
}

async fn json_of(harness: &Harness, path: &str) -> Json {
    let reply = harness.get(path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn names_are_listed_by_scope() {
    let harness = harness().await;
    let answer = json_of(&harness, "/tempo/api/v2/search/tags?limit=5000").await;
    let tags = |scope: &str| {
        let scopes = answer["scopes"].as_array().unwrap();
        scopes.iter().find(|known| known["name"] == scope).unwrap()["tags"].clone()
    };
    assert_eq!(tags("resource"), json!(["of.cart", "of.web", "service.name"]));
    assert_eq!(tags("span"), json!(["http.route", "ratio", "retries"]));
    assert_eq!(tags("event"), json!([]));
    assert!(tags("intrinsic").as_array().unwrap().contains(&json!("duration")));
    assert_eq!(answer["metrics"], json!({}));
    let answer = json_of(&harness, "/tempo/api/v2/search/tags?scope=span&limit=2").await;
    assert_eq!(answer["scopes"], json!([{ "name": "span", "tags": ["http.route", "ratio"] }]));
    let answer = json_of(&harness, "/tempo/api/search/tags").await;
    assert_eq!(answer, json!({ "tagNames": ["http.route", "of.cart", "of.web", "ratio", "retries", "service.name"] }));
}

#[tokio::test]
async fn a_filter_by_service_leaves_out_what_others_have() {
    let harness = harness().await;
    let filter = "%7B%20resource.service.name%20%3D%20%22cart%22%20%26%26%20sp";
    let answer = json_of(&harness, &format!("/tempo/api/v2/search/tags?scope=resource&q={filter}")).await;
    assert_eq!(answer["scopes"][0]["tags"], json!(["of.cart", "service.name"]));
    let answer = json_of(&harness, &format!("/tempo/api/v2/search/tag/span.http.route/values?q={filter}")).await;
    assert_eq!(answer["tagValues"], json!([{ "type": "string", "value": "/cart" }]));
}

#[tokio::test]
async fn values_have_their_types_and_come_by_frequency() {
    let harness = harness().await;
    let values = async |tag: &str| {
        let answer = json_of(&harness, &format!("/tempo/api/v2/search/tag/{tag}/values?limit=5000")).await;
        answer["tagValues"].clone()
    };
    let value = |kind: &str, value: &str| json!({ "type": kind, "value": value });
    assert_eq!(values("resource.service.name").await, json!([value("string", "web"), value("string", "cart")]));
    assert_eq!(values(".retries").await, json!([value("int", "0"), value("int", "1")]));
    assert_eq!(values("span.ratio").await, json!([value("float", "0.5")]));
    assert_eq!(values("resource.of.web").await, json!([value("bool", "true")]));
    assert_eq!(
        values("status").await,
        json!([value("keyword", "error"), value("keyword", "ok"), value("keyword", "unset")])
    );
    assert_eq!(values("name").await.as_array().unwrap().len(), 8);
    assert_eq!(values("rootServiceName").await, json!([value("string", "web"), value("string", "cart")]));
    assert_eq!(values("duration").await, json!([]));
    assert_eq!(values("span.nobody.has.it").await, json!([]));
    // As older Grafana sends it.
    assert_eq!(values("span%252Ehttp%252Eroute").await.as_array().unwrap().len(), 2);
    let plain = json_of(&harness, "/tempo/api/search/tag/service.name/values").await;
    assert_eq!(plain, json!({ "tagValues": ["web", "cart"] }));
}

#[tokio::test]
async fn times_count_and_what_is_not_understood_is_said() {
    let harness = harness().await;
    let seconds = NOW_NS / SECOND_NS;
    let (start, end) = (seconds - 7_200, seconds - 3_600);
    let answer = json_of(&harness, &format!("/tempo/api/v2/search/tags?scope=span&start={start}&end={end}")).await;
    assert_eq!(answer["scopes"][0]["tags"], json!([]));
    for (path, message) in [
        ("/tempo/api/v2/search/tag/nonsense/values", "a tag is like"),
        ("/tempo/api/v2/search/tags?scope=planet", "scope is one of"),
        ("/tempo/api/v2/search/tags?start=yesterday", "start: a time is"),
        ("/tempo/api/v2/search/tags?start=20&end=10", "start is after end"),
    ] {
        let reply = harness.get(path).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(reply.text().contains(message), "{path}: {}", reply.text());
    }
}
