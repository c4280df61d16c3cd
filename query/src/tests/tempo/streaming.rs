use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;

use super::super::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, SECOND_NS, hex, sample};
use super::client::{Client, PATIENCE, Sent, framed, serve};
use crate::Config;
use crate::tempo::message::{
    QueryInstantRequest, QueryInstantResponse, QueryRangeRequest, QueryRangeResponse, SearchRequest, SearchResponse,
    SearchTagValuesRequest, SearchTagValuesResponse, SearchTagValuesV2Response, SearchTagsRequest, SearchTagsResponse,
    SearchTagsV2Response, TypedValue,
};

const INVALID_ARGUMENT: u16 = 3;
const RESOURCE_EXHAUSTED: u16 = 8;
const UNIMPLEMENTED: u16 = 12;
const UNAVAILABLE: u16 = 14;
const UNAUTHENTICATED: u16 = 16;

/// Traces over ten hours, the older half in the lake; every third has an error.
async fn harness() -> Harness {
    let harness = Harness::new().await;
    for i in 0..60 {
        let start_ns = NOW_NS - 10 * HOUR_NS + i as i64 * 10 * MINUTE_NS;
        let root = sample(i, 1000 + i, Some("a"), start_ns);
        let child = sample(i, 2000 + i, Some("b"), start_ns + SECOND_NS).child_of(1000 + i);
        harness.append(&[root, if i % 3 == 0 { child.failed() } else { child }]).await;
        if i == 30 {
            harness.flush().await;
        }
    }
    harness
}

fn request(query: &str) -> SearchRequest {
    SearchRequest { query: query.to_owned(), limit: 100, ..SearchRequest::default() }
}

async fn search(harness: &Harness, request: &SearchRequest) -> Vec<SearchResponse> {
    let mut client = Client::connect(serve(&harness.query).await).await;
    let (messages, code, message) = client.all("Search", Sent::plain(request)).await;
    assert_eq!((code, message.as_str()), (0, ""), "{request:?}");
    messages
}

fn ids(messages: &[SearchResponse]) -> Vec<&str> {
    messages.iter().flat_map(|message| &message.traces).map(|trace| trace.trace_id.as_str()).collect()
}

/// The server's own count of queries that run.
fn running(harness: &Harness) -> bool {
    harness.metrics().contains("spanloom_query_running 1\n")
}

async fn until_idle(harness: &Harness) {
    let idle = async {
        while !harness.metrics().contains("spanloom_query_running 0\n") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, idle).await.is_ok(), "{}", harness.metrics());
}

/// A lake file whose reader waits until somebody writes to it: a scan that cannot end.
fn stall(file: &Path) {
    std::fs::remove_file(file).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

/// Lets whoever waits for the file read its end.
fn release(file: &Path) {
    drop(std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap());
}

#[tokio::test]
async fn messages_are_differences_that_add_up_to_the_answer() {
    let harness = harness().await;
    let messages = search(&harness, &request("{ status = error }")).await;
    let found = ids(&messages);
    let expected: Vec<String> = (0..20).rev().map(|i| hex(3 * i)).collect();
    assert_eq!(found, expected, "the newest first, each once");
    assert!(messages.iter().filter(|message| !message.traces.is_empty()).count() > 2, "nothing is kept back");
    let (last, steps) = messages.split_last().unwrap();
    let jobs = |message: &SearchResponse| {
        let metrics = message.metrics.as_ref().unwrap();
        (metrics.completed_jobs, metrics.total_jobs)
    };
    assert!(steps.iter().map(jobs).all(|(completed, total)| completed < total));
    let (completed, total) = jobs(last);
    assert!(completed == total && completed > 2, "{completed} of {total}");
    let metrics = last.metrics.as_ref().unwrap();
    assert!(metrics.inspected_traces >= 20 && metrics.inspected_spans >= 40 && metrics.inspected_bytes > 0);
}

#[tokio::test]
async fn a_trace_is_what_http_says_of_it() {
    let harness = harness().await;
    let request = SearchRequest { limit: 1, ..request("{ status = error } | select(name)") };
    let messages = search(&harness, &request).await;
    let by_grpc = messages.iter().flat_map(|message| &message.traces).next().unwrap();
    let path = "/tempo/api/search?limit=1&q=%7B%20status%20%3D%20error%20%7D%20%7C%20select(name)";
    let by_http = harness.get(path).await.json()["traces"][0].take();
    assert_eq!(serde_json::to_value(by_grpc).unwrap(), by_http);
    assert_eq!(by_grpc.span_sets.len(), 1);
}

#[tokio::test]
async fn grafanas_test_of_a_data_source_ends_well() {
    let harness = Harness::new().await;
    let now_s = (NOW_NS / SECOND_NS) as u32;
    let request = SearchRequest { start: now_s - 900, end: now_s, limit: 1, ..request("{}") };
    let messages = search(&harness, &request).await;
    assert!(messages.iter().all(|message| message.traces.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_result_comes_before_the_scan_ends_and_cancelling_ends_it() {
    let harness = Harness::with(Config { concurrency_max: 1, ..Config::default() }).await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 10 * HOUR_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(2, 2, Some("a"), NOW_NS - SECOND_NS)]).await;
    let files = harness.lake_files("spans");
    files.iter().for_each(|file| stall(file));
    let mut client = Client::connect(serve(&harness.query).await).await;
    let mut call = client.call("Search", Sent::plain(&request("{ name =~ \"span.*\" }"))).await;
    let mut first: SearchResponse = call.next().await.unwrap();
    while first.traces.is_empty() {
        first = call.next().await.unwrap();
    }
    assert_eq!(ids(&[first]), [hex(2)]);
    assert!(running(&harness), "the older file cannot be read to its end");
    drop(call);
    until_idle(&harness).await;
    // The one turn that there is was given back.
    assert_eq!(harness.rows("select 1 as one").await, serde_json::json!([[1]]));
    files.iter().for_each(|file| release(file));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_on_lets_others_ask() {
    let harness = Harness::with(Config { concurrency_max: 1, ..Config::default() }).await;
    for i in 0..40 {
        harness.append(&[sample(i, i + 1, Some("a"), NOW_NS - i as i64 * 10 * MINUTE_NS)]).await;
    }
    let mut client = Client::connect(serve(&harness.query).await).await;
    let mut call = client.call("Search", Sent::plain(&request("{ }"))).await;
    let first: SearchResponse = call.next().await.unwrap();
    assert_eq!(harness.rows("select 1 as one").await, serde_json::json!([[1]]));
    let mut found = first.traces.len();
    while let Some(message) = call.next::<SearchResponse>().await {
        found += message.traces.len();
    }
    assert_eq!((found, call.status().0), (40, 0), "and the answer is still whole");
}

#[tokio::test]
async fn what_goes_wrong_later_is_the_status_after_what_was_found() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 10 * HOUR_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(2, 2, Some("a"), NOW_NS - SECOND_NS)]).await;
    for file in harness.lake_files("spans") {
        let length = std::fs::metadata(&file).unwrap().len();
        std::fs::write(file, vec![0; usize::try_from(length).unwrap()]).unwrap();
    }
    let mut client = Client::connect(serve(&harness.query).await).await;
    let (messages, code, message) = client.all("Search", Sent::plain(&request("{ name =~ \"span.*\" }"))).await;
    assert_eq!(ids(&messages), [hex(2)]);
    assert_eq!(code, 13);
    assert!(message.contains("damaged"), "{message}");
}

#[tokio::test]
async fn refusals_are_a_status_and_no_message() {
    let harness = Harness::new().await;
    let mut client = Client::connect(serve(&harness.query).await).await;
    let cases = [
        (request("{ a = 1 }"), "invalid TraceQL query: parse error at line 1, col 3: unexpected"),
        (request(&"x".repeat(200_000)), "invalid TraceQL query: parse error"),
        (SearchRequest { limit: 5_000, ..request("{ }") }, "invalid limit"),
        (SearchRequest { spans_per_span_set: 101, ..request("{ }") }, "invalid spss"),
        (SearchRequest { start: 9, end: 9, ..request("{ }") }, "invalid range"),
    ];
    for (request, expected) in cases {
        let (messages, code, message) = client.all::<SearchResponse>("Search", Sent::plain(&request)).await;
        assert_eq!((messages.len(), code), (0, INVALID_ARGUMENT), "{message}");
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn calls_that_cannot_be_read_are_refused() {
    let harness = Harness::new().await;
    let mut client = Client::connect(serve(&harness.query).await).await;
    let plain = || Sent::plain(&request("{ }"));
    let raw = |framed: bytes::Bytes| Sent { headers: Vec::new(), framed };
    for (method, sent, expected) in [
        ("Search", raw(bytes::Bytes::from_static(b"\0\0\0")), INVALID_ARGUMENT),
        ("Search", raw(framed(0, b"\xff\xff")), INVALID_ARGUMENT),
        ("Search", raw(framed(1, b"x")), UNIMPLEMENTED),
        ("Search", raw(framed(0, &vec![0; 1 << 20])), RESOURCE_EXHAUSTED),
        ("Search", plain().with("grpc-encoding", "snappy"), UNIMPLEMENTED),
        ("Search", plain().with("x-scope-orgid", "stranger"), UNAUTHENTICATED),
        ("Search", plain().with("x-scope-orgid", "../etc"), UNAUTHENTICATED),
        ("Nothing", plain(), UNIMPLEMENTED),
    ] {
        let (messages, code, message) = client.all::<SearchResponse>(method, sent).await;
        assert_eq!((messages.len(), code), (0, expected), "{method}: {message}");
        assert!(!message.is_empty(), "{method}");
    }
    let not_ready = Harness::not_started(Config::default()).await;
    let mut client = Client::connect(serve(&not_ready.query).await).await;
    assert_eq!(client.all::<SearchResponse>("Search", plain()).await.1, UNAVAILABLE);
    let reply = harness.get("/tempopb.StreamingQuerier/Search").await;
    assert_eq!(reply.status, 405);
}

#[tokio::test]
async fn a_tenant_sees_its_own() {
    let harness = Harness::new().await;
    let other = harness.query.admit(Some("other")).unwrap();
    harness.append_to(&other, &[sample(7, 1, Some("a"), NOW_NS)]).await;
    let mut client = Client::connect(serve(&harness.query).await).await;
    let asked = || Sent::plain(&request("{ }"));
    let (of_default, _, _) = client.all::<SearchResponse>("Search", asked()).await;
    assert!(ids(&of_default).is_empty());
    let (of_other, _, _) = client.all::<SearchResponse>("Search", asked().with("x-scope-orgid", "other")).await;
    assert_eq!(ids(&of_other), [hex(7)]);
}

#[tokio::test]
async fn a_request_may_be_compressed() {
    let harness = harness().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&SearchRequest { limit: 1, ..request("{ }") }.encode_to_vec()).unwrap();
    let framed = framed(1, &encoder.finish().unwrap());
    let sent = Sent { headers: vec![("grpc-encoding", "gzip")], framed };
    let mut client = Client::connect(serve(&harness.query).await).await;
    let (messages, code, message) = client.all::<SearchResponse>("Search", sent).await;
    assert_eq!((code, ids(&messages).len()), (0, 1), "{message}");
}

#[tokio::test]
async fn tags_have_names_and_values() {
    let harness = Harness::new().await;
    let mut one = sample(1, 1, Some("web"), NOW_NS - SECOND_NS);
    one.span.attributes = vec![("retries".into(), spanloom_store::value::Value::Int(2))];
    harness.append(&[one]).await;
    let mut client = Client::connect(serve(&harness.query).await).await;
    let names = SearchTagsRequest::default();
    let (v1, _, _) = client.all::<SearchTagsResponse>("SearchTags", Sent::plain(&names)).await;
    assert_eq!(v1[0].tag_names, ["retries", "service.name"]);
    let span = SearchTagsRequest { scope: "span".to_owned(), query: "{ resource.service".to_owned(), ..names };
    let (v2, _, _) = client.all::<SearchTagsV2Response>("SearchTagsV2", Sent::plain(&span)).await;
    assert_eq!((v2[0].scopes[0].name.as_str(), &v2[0].scopes[0].tags[..]), ("span", &["retries".to_owned()][..]));
    let of = |tag: &str| SearchTagValuesRequest { tag_name: tag.to_owned(), ..SearchTagValuesRequest::default() };
    let (v1, _, _) = client.all::<SearchTagValuesResponse>("SearchTagValues", Sent::plain(&of("service.name"))).await;
    assert_eq!(v1[0].tag_values, ["web"]);
    let (v2, _, _) = client.all::<SearchTagValuesV2Response>("SearchTagValuesV2", Sent::plain(&of(".retries"))).await;
    assert_eq!(v2[0].tag_values, [TypedValue { value_type: "int".to_owned(), value: "2".to_owned() }]);
    let (none, code, _) =
        client.all::<SearchTagValuesV2Response>("SearchTagValuesV2", Sent::plain(&of("nonsense"))).await;
    assert_eq!((none.len(), code), (0, INVALID_ARGUMENT));
}

#[tokio::test]
async fn metrics_are_refused_by_position() {
    let harness = Harness::new().await;
    let mut client = Client::connect(serve(&harness.query).await).await;
    let query = "{ } | rate(".to_owned();
    let range = QueryRangeRequest { query: query.clone(), ..QueryRangeRequest::default() };
    let (_, code, message) = client.all::<QueryRangeResponse>("MetricsQueryRange", Sent::plain(&range)).await;
    assert_eq!(code, INVALID_ARGUMENT);
    assert!(message.starts_with("invalid TraceQL query: parse error at line 1"), "{message}");
    let instant = QueryInstantRequest { query, ..QueryInstantRequest::default() };
    let (_, code, _) = client.all::<QueryInstantResponse>("MetricsQueryInstant", Sent::plain(&instant)).await;
    assert_eq!(code, INVALID_ARGUMENT);
    let backwards = QueryInstantRequest { query: "{ } | rate()".to_owned(), start: 9, end: 5 };
    let (_, code, message) = client.all::<QueryInstantResponse>("MetricsQueryInstant", Sent::plain(&backwards)).await;
    assert_eq!((code, message.starts_with("invalid range")), (INVALID_ARGUMENT, true), "{message}");
}
