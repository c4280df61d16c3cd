//! `/api/v1/stream` over a real connection.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};
use spanloom_store::TenantId;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::harness::{Harness, Sample, sample};
use crate::Config;
use crate::live::Pace;
use crate::live::patch::tests::apply;

/// What does not come in this time does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// No heartbeat disturbs, and nobody waits a second for a patch.
const FAST: Pace =
    Pace { look: Duration::from_millis(5), picture: Duration::from_millis(5), heartbeat: PATIENCE, linger: PATIENCE };

/// A server of the harness' routes.
struct Server {
    harness: Harness,
    address: std::net::SocketAddr,
}

#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    id: Option<String>,
    data: Json,
}

/// A client of one stream.
struct Client(BufReader<TcpStream>);

impl Server {
    async fn start(config: Config, pace: Pace) -> Self {
        let harness = Harness::at_pace(config, pace).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = harness.query.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { harness, address }
    }

    /// HTTP/1.0, so that the body comes as it is, up to its end.
    async fn ask(&self, params: &str, header: &str) -> (String, Client) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET /api/v1/stream?{params} HTTP/1.0\r\n{header}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut client = Client(BufReader::new(socket));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, client.0.read_line(&mut head)).await.expect("a head in time").unwrap();
            assert!(read > 0, "the head ends: {head}");
        }
        (head, client)
    }

    async fn open(&self, params: &str) -> Client {
        let (head, client) = self.ask(params, "").await;
        assert!(head.starts_with("HTTP/1.0 200") && head.contains("content-type: text/event-stream"), "{head}");
        client
    }

    /// The graph as the other endpoint has it.
    async fn graph(&self, params: &str) -> Json {
        let reply = self.harness.get(&format!("/api/v1/graph?{params}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    }

    async fn until(&self, metric: &str) {
        let reached = async {
            while !self.harness.metrics().contains(metric) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(PATIENCE, reached).await.is_ok(), "{metric}: {}", self.harness.metrics());
    }
}

impl Client {
    /// The next event, or None at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        let mut event = Event { name: String::new(), id: None, data: Json::Null };
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("an event in time").unwrap();
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                None if read == 0 => return None,
                None => return Some(event),
                Some(_) => panic!("{line}"),
            }
        }
    }

    async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
        assert_eq!(event.name, name, "{event:?}");
        let told = if name == "heartbeat" { None } else { event.data["rev"].as_str().map(str::to_owned) };
        assert_eq!(event.id, told);
        event
    }

    async fn rest(mut self) -> String {
        let mut rest = String::new();
        timeout(PATIENCE, self.0.read_to_string(&mut rest)).await.expect("an end in time").unwrap();
        rest
    }
}

fn without_rev(mut graph: Json) -> Json {
    graph["rev"] = Json::Null;
    graph
}

#[tokio::test]
async fn a_snapshot_comes_first_and_then_what_changes() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["a b http source_app span requests=1", "b c http source_app span requests=1"]);
    let mut client = server.open("topics=graph").await;
    let mut state = client.expect("snapshot").await.data;
    assert_eq!(state, server.graph("").await);
    let changes: [&[&str]; 4] = [
        &["a b http source_app span requests=2", "b c http source_app span requests=1"],
        &["a b http source_app span requests=2"],
        &["a b http source_app span requests=2", "b a grpc source_app span requests=9 http_5xx=9"],
        &["a b http source_app span requests=2", "- b http target_app span parent_missing requests=3"],
    ];
    for lines in changes {
        server.harness.show_lines(lines);
        let patch = client.expect("patch").await.data;
        apply(&mut state, &patch);
        assert_eq!(state, server.graph("").await, "{lines:?}");
    }
}

#[tokio::test]
async fn a_patch_says_only_what_changed() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["a b http source_app span requests=1", "b c http source_app span requests=1"]);
    let mut client = server.open("topics=graph&by=service&range=1h").await;
    client.expect("snapshot").await;
    server.harness.show_lines(&["a b http source_app span requests=1", "b d http source_app span requests=1"]);
    let patch = client.expect("patch").await.data;
    let ids = |list: &Json| list.as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert_eq!((ids(&patch["nodes"]["upsert"]), &patch["nodes"]["remove"]), (vec![json!("d")], &json!(["c"])));
    assert_eq!(
        (ids(&patch["edges"]["upsert"]), &patch["edges"]["remove"]),
        (vec![json!("b->d:http")], &json!(["b->c:http"]))
    );
}

#[tokio::test]
async fn the_range_moves_with_the_clock() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    let mut client = server.open("topics=graph&range=2m").await;
    let mut state = client.expect("snapshot").await.data;
    server.harness.clock.advance(Duration::from_secs(10));
    apply(&mut state, &client.expect("patch").await.data);
    assert_eq!(state["end"], "2023-11-14T22:13:30Z");
    assert_eq!(state["edges"].as_array().unwrap().len(), 1);
    server.harness.clock.advance(Duration::from_secs(60));
    apply(&mut state, &client.expect("patch").await.data);
    assert_eq!(without_rev(state.clone()), without_rev(server.graph("start=now-2m").await));
    assert_eq!(state["nodes"], json!([]), "the calls are too long ago");
}

#[tokio::test]
async fn spans_that_change_no_edge_are_no_news() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    let mut client = server.open("topics=graph").await;
    let snapshot = client.expect("snapshot").await;
    let spans: Vec<Sample> = (1..9).map(|i| sample(i, i, Some("a"), super::harness::NOW_NS)).collect();
    server.harness.append(&spans).await;
    server.until(r#"spanloom_query_requests_total{api="stream",outcome="ok"} 2"#).await;
    server.harness.show_lines(&["a b http source_app span requests=2"]);
    let patch = client.expect("patch").await;
    assert_ne!(patch.id, snapshot.id);
    assert_eq!(patch.data["edges"]["upsert"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_comes_back_gets_what_it_missed_and_else_a_snapshot() {
    let server = Server::start(Config::default(), FAST).await;
    let show = |requests: usize| {
        server.harness.show_lines(&[format!("a b http source_app span requests={requests}").as_str()])
    };
    show(1);
    let mut client = server.open("topics=graph").await;
    let mut state = client.expect("snapshot").await.data;
    let first = state["rev"].as_str().unwrap().to_owned();
    let mut up_to_date = server.open(&format!("topics=graph&since={first}")).await;
    assert_eq!(up_to_date.expect("heartbeat").await.data, json!({ "rev": first }), "there is nothing new");
    show(2);
    client.expect("patch").await;
    let mut back = server.open(&format!("topics=graph&since={first}")).await;
    apply(&mut state, &back.expect("patch").await.data);
    assert_eq!(state, server.graph("").await);
    let (_, mut by_header) = server.ask("topics=graph&since=older", &format!("Last-Event-ID: {first}\r\n")).await;
    assert_eq!(by_header.expect("patch").await.data["rev"], state["rev"]);
    for since in ["unknown", ""] {
        let mut stranger = server.open(&format!("topics=graph&since={since}")).await;
        assert_eq!(stranger.expect("snapshot").await.data, state, "{since}");
    }
    for requests in 3..10 {
        show(requests);
        client.expect("patch").await;
    }
    let mut late = server.open(&format!("topics=graph&since={first}")).await;
    late.expect("snapshot").await;
}

#[tokio::test]
async fn a_picture_of_another_question_is_not_known() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["x/a x/b http source_app span requests=1"]);
    let mut client = server.open("topics=graph").await;
    let rev = client.expect("snapshot").await.data["rev"].as_str().unwrap().to_owned();
    for params in ["by=namespace", "by=workload", "tenant=other", "range=10m"] {
        let mut other = server.open(&format!("topics=graph&since={rev}&{params}")).await;
        other.expect("snapshot").await;
    }
}

#[tokio::test]
async fn streams_that_ask_the_same_share_the_work() {
    let server = Server::start(Config::default(), FAST).await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    let mut clients = Vec::new();
    for params in ["topics=graph", "topics=graph&range=5m", "topics=graph&range=299s", "topics=graph&tenant=default"] {
        let mut client = server.open(params).await;
        client.expect("snapshot").await;
        clients.push(client);
    }
    server.harness.show_lines(&["a b http source_app span requests=2"]);
    for client in &mut clients {
        client.expect("patch").await;
    }
    server.until(r#"spanloom_query_requests_total{api="stream",outcome="ok"} 2"#).await;
    server.open("topics=graph&by=namespace").await.expect("snapshot").await;
    server.until(r#"spanloom_query_requests_total{api="stream",outcome="ok"} 3"#).await;
}

#[tokio::test]
async fn patches_come_no_faster_than_the_pace() {
    let pace = Pace { picture: Duration::from_millis(600), ..FAST };
    let server = Server::start(Config::default(), pace).await;
    let mut client = server.open("topics=graph").await;
    client.expect("snapshot").await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    client.expect("patch").await;
    let started = std::time::Instant::now();
    for requests in 2..30 {
        server.harness.show_lines(&[format!("a b http source_app span requests={requests}").as_str()]);
    }
    let mut patches = 0;
    while client.expect("patch").await.data["edges"]["upsert"][0]["requests"] != 29.0 {
        patches += 1;
    }
    assert!(started.elapsed() >= pace.picture * patches, "{} patches", patches + 1);
}

#[tokio::test]
async fn a_stream_without_news_says_that_it_lives() {
    let pace = Pace { heartbeat: Duration::from_millis(30), ..FAST };
    let server = Server::start(Config::default(), pace).await;
    let mut client = server.open("topics=graph").await;
    let rev = client.expect("snapshot").await.data["rev"].clone();
    for _ in 0..3 {
        assert_eq!(client.expect("heartbeat").await.data, json!({ "rev": rev }));
    }
}

#[tokio::test]
async fn streams_are_bounded_and_a_client_that_leaves_makes_room() {
    let pace = Pace { heartbeat: Duration::from_millis(30), ..FAST };
    let server = Server::start(Config { streams_max: 2, ..Config::default() }, pace).await;
    let mut first = server.open("topics=graph").await;
    let mut second = server.open("topics=graph&by=cluster").await;
    let (head, refused) = server.ask("topics=graph", "").await;
    assert!(head.starts_with("HTTP/1.0 429") && head.contains("retry-after: 1"), "{head}");
    assert!(refused.rest().await.contains("query.streams_max"));
    let metrics = server.harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_streams_refused_total{reason="resource_exhausted"} 1"#), "{metrics}");
    first.expect("snapshot").await;
    second.expect("snapshot").await;
    drop(first);
    server.until("spanloom_query_streams 1\n").await;
    server.open("topics=graph&by=namespace").await.expect("snapshot").await;
}

#[tokio::test]
async fn what_nobody_looks_at_is_given_back() {
    let pace = Pace { linger: Duration::from_millis(50), ..FAST };
    let server = Server::start(Config::default(), pace).await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    let mut client = server.open("topics=graph").await;
    client.expect("snapshot").await;
    assert!(!server.harness.metrics().contains("spanloom_query_memory_bytes 0\n"), "a picture takes memory");
    drop(client);
    // Only an attempt to write shows that the client left.
    server.harness.show_lines(&["a b http source_app span requests=2"]);
    server.until("spanloom_query_streams 0\n").await;
    server.until("spanloom_query_memory_bytes 0\n").await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let server = Server::start(Config::default(), FAST).await;
    let mut client = server.open("topics=graph").await;
    client.expect("snapshot").await;
    server.harness.query.close_streams();
    assert_eq!(client.next().await, None);
    let (head, _) = server.ask("topics=graph", "").await;
    assert!(head.starts_with("HTTP/1.0 503"), "{head}");
    server.until("spanloom_query_streams 0\n").await;
}

#[tokio::test]
async fn a_tenant_is_named_by_header_or_by_parameter() {
    let server = Server::start(Config::default(), FAST).await;
    let other: TenantId = "other".parse().unwrap();
    server.harness.append_to(&other, &[sample(1, 1, Some("a"), super::harness::NOW_NS)]).await;
    server.harness.show_lines(&["a b http source_app span requests=1"]);
    let nodes = async |params: &str, header: &str| {
        let (_, mut client) = server.ask(params, header).await;
        client.expect("snapshot").await.data["nodes"].as_array().unwrap().len()
    };
    assert_eq!(nodes("topics=graph", "").await, 2);
    assert_eq!(nodes("topics=graph&tenant=other", "").await, 0);
    assert_eq!(nodes("topics=graph", "X-Scope-OrgID: other\r\n").await, 0);
    assert_eq!(nodes("topics=graph&tenant=other", "X-Scope-OrgID: other\r\n").await, 0);
    for (params, header, status) in [
        ("topics=graph&tenant=default", "X-Scope-OrgID: other\r\n", "400"),
        ("topics=graph&tenant=stranger", "", "401"),
    ] {
        let (head, _) = server.ask(params, header).await;
        assert!(head.starts_with(&format!("HTTP/1.0 {status}")), "{head}");
    }
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused() {
    let harness = Harness::new().await;
    for params in [
        "",
        "topics=",
        "topics=alerts",
        "topics=graph,alerts",
        "topics=graph&by=pod",
        "topics=graph&range=x",
        "topics=graph&range=9s",
        "topics=graph&range=25h",
        "topics=graph&start=now",
    ] {
        let reply = harness.get(&format!("/api/v1/stream?{params}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_request")),
            "{params}"
        );
    }
    let request = Request::get("/api/v1/stream?topics=graph").body(Body::empty()).unwrap();
    let reply = Harness::not_started(Config::default()).await.send(request).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}
