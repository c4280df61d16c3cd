//! Tempo's API of the real binary: HTTP/1.1 and gRPC on one port, behind the same guard.

/// What its clients ask.
mod clients;

use prost::Message;

use crate::grpc::{self, Reply};
use crate::harness::{Server, Site};
use crate::otlp;

const TOKEN: &str = "open-sesame-0123456789";
const SEARCH: &str = "/tempopb.StreamingQuerier/Search";
const INVALID_ARGUMENT: u32 = 3;
const UNIMPLEMENTED: u32 = 12;
const UNAUTHENTICATED: u32 = 16;

/// What Grafana sends of `tempopb.SearchRequest`.
#[derive(Clone, PartialEq, Message)]
struct SearchRequest {
    #[prost(uint32, tag = "4")]
    limit: u32,
    #[prost(string, tag = "8")]
    query: String,
}

#[derive(Clone, PartialEq, Message)]
struct SearchResponse {
    #[prost(message, repeated, tag = "1")]
    traces: Vec<TraceSearchMetadata>,
}

#[derive(Clone, PartialEq, Message)]
struct TraceSearchMetadata {
    #[prost(string, tag = "1")]
    trace_id: String,
    #[prost(string, tag = "2")]
    root_service_name: String,
}

impl SearchResponse {
    fn all(reply: &Reply) -> Vec<TraceSearchMetadata> {
        let messages = reply.messages.iter().map(|message| Self::decode(&message[..]).expect("a SearchResponse"));
        messages.flat_map(|message| message.traces).collect()
    }
}

async fn search(server: &Server, path: &str, headers: &[(&str, &str)], encoding: Option<&str>, query: &str) -> Reply {
    let message = SearchRequest { limit: 10, query: query.to_owned() }.encode_to_vec();
    let message = if encoding == Some("gzip") { otlp::gzip(&message) } else { message };
    grpc::call(&server.endpoints.api, path, headers, encoding, &message).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn http_and_grpc_share_the_port() {
    let site = Site::new("");
    let server = site.start().await;
    otlp::send_acknowledged(&server.http, &server.endpoints, &otlp::request("shop", "GET /", 1, 3)).await;
    let query = r#"{ resource.service.name = "shop" }"#;
    for encoding in [None, Some("gzip")] {
        let reply = search(&server, SEARCH, &[], encoding, query).await;
        assert_eq!((reply.status, reply.message.as_str()), (0, ""));
        let traces = SearchResponse::all(&reply);
        assert_eq!(traces.len(), 1, "{traces:?}");
        assert_eq!((traces[0].trace_id.as_str(), traces[0].root_service_name.as_str()), (&*otlp::hex_id(1), "shop"));
    }
    let by_http = server.json("/tempo/api/search?q=%7B%20%7D").await;
    assert_eq!(by_http["traces"][0]["traceID"], otlp::hex_id(1));
    let refused = search(&server, SEARCH, &[], None, "{ name = }").await;
    assert_eq!((refused.status, refused.messages.len()), (INVALID_ARGUMENT, 0));
    assert!(refused.message.contains("line 1, col 10"), "{}", refused.message);
    let stranger = search(&server, SEARCH, &[("x-scope-orgid", "stranger")], None, query).await;
    assert_eq!(stranger.status, UNAUTHENTICATED);
    let unknown = search(&server, "/tempopb.StreamingQuerier/Nothing", &[], None, query).await;
    assert_eq!(unknown.status, UNIMPLEMENTED);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_need_the_token() {
    let site = Site::new("");
    let file = site.path().join("token");
    std::fs::write(&file, TOKEN).expect("write the token");
    site.configure(&format!("auth: {{ token_file: {} }}", file.display()));
    let server = site.start().await;
    assert_eq!(search(&server, SEARCH, &[], None, "{ }").await.status, UNAUTHENTICATED);
    let good = format!("Bearer {TOKEN}");
    assert_eq!(search(&server, SEARCH, &[("authorization", &good)], None, "{ }").await.status, 0);
    server.stop().await;
}
