//! The ledger when the process dies: what was acknowledged is in the windows of its time, once, as if nobody had died.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::SpanKind};

use crate::harness::{Server, Site, eventually, number};
use crate::otlp::{self, Encoding, Outcome, Protocol, attribute, now_ns};

/// Windows close seconds after their end, and flushes take rows away all the time.
const HASTY: &str = "hot: { age_max: 700ms }\n\
    ledger: { pairing_wait: 1s, close_after: 2s, late_interval: 1s, refresh_interval: 100ms }";
/// How long the second half of some traces is kept back: until their windows are closed.
const LATE_NS: u64 = 15_000_000_000;
const WINDOW_NS: u64 = 10_000_000_000;
/// Each life sends so many traces before it ends.
const TRACES: u64 = 40;
/// How each life ends: where it is told to, or at no place in particular.
const ENDS: [&str; 8] = [
    "",
    "windows.before_files=abort@1",
    "windows.before_commit=abort@2",
    "windows.after_commit=abort@1",
    "windows.after_commit=abort@2",
    "windows.before_commit=abort@3",
    "flush.after_commit=abort@3",
    "",
];

/// A call of `web` to one of three services. Spans of a trace are sent by two processes.
#[derive(Debug, Clone)]
struct Call {
    id: u64,
    target: String,
    start_ns: u64,
}

impl Call {
    fn of(id: u64) -> Self {
        Self { id, target: format!("target-{}", id % 3), start_ns: now_ns() - 50_000_000 }
    }

    fn end_ns(&self) -> u64 {
        self.start_ns + 40_000_000
    }

    /// The half of the caller, or that of whom it calls.
    fn half(&self, kind: SpanKind) -> ExportTraceServiceRequest {
        let is_client = kind == SpanKind::Client;
        let id = |n: u64| (self.id * 2 + n).to_be_bytes().to_vec();
        let span = Span {
            trace_id: otlp::trace_id(self.id),
            span_id: id(if is_client { 1 } else { 2 }),
            parent_span_id: if is_client { Vec::new() } else { id(1) },
            name: "GET /".to_owned(),
            kind: kind as i32,
            start_time_unix_nano: self.start_ns,
            end_time_unix_nano: self.end_ns(),
            attributes: vec![attribute("http.request.method", "GET")],
            ..Span::default()
        };
        let service = if is_client { "web" } else { &self.target };
        let resource = Resource { attributes: vec![attribute("service.name", service)], ..Resource::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let spans = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
        ExportTraceServiceRequest { resource_spans: vec![spans] }
    }
}

/// Sends halves until a server acknowledges them or is gone.
struct Sender {
    calls: Vec<Call>,
    /// Halves that no server has acknowledged yet, with the time from when they may be sent.
    waiting: Vec<(u64, ExportTraceServiceRequest)>,
}

impl Sender {
    fn begin(&mut self) {
        let call = Call::of(self.calls.len() as u64);
        let kept_back = if call.id.is_multiple_of(4) { LATE_NS } else { 0 };
        self.waiting.push((0, call.half(SpanKind::Server)));
        self.waiting.push((now_ns() + kept_back, call.half(SpanKind::Client)));
        self.calls.push(call);
    }

    /// Sends what may be sent. Returns false when the server is gone.
    async fn send(&mut self, server: &Server) -> bool {
        let mut kept = Vec::new();
        let mut is_there = true;
        for (from_ns, request) in self.waiting.drain(..) {
            let may_be_sent = from_ns <= now_ns();
            if may_be_sent && is_there {
                let (http, to) = (&server.http, &server.endpoints);
                match otlp::send(http, to, Protocol::HttpProtobuf, Encoding::Plain, &request).await {
                    Outcome::Acknowledged => continue,
                    Outcome::Later => {}
                    Outcome::Lost => is_there = false,
                    Outcome::Refused(status, why) => panic!("a good request was refused: {status} {why}"),
                }
            }
            kept.push((from_ns, request));
        }
        self.waiting = kept;
        is_there
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_what_they_would_be_if_nobody_had_died() {
    let site = Site::new(HASTY);
    let mut sender = Sender { calls: Vec::new(), waiting: Vec::new() };
    for end in ENDS {
        let environment = [("SPANLOOM_FAULT", end)];
        let environment = if end.is_empty() { &environment[..0] } else { &environment[..] };
        // It may die before it is ready, as it makes windows again.
        let Ok(server) = site.try_start(environment).await else { continue };
        live(&server, &mut sender, end.is_empty()).await;
    }
    let server = site.start().await;
    eventually("everything is acknowledged", async || {
        sender.send(&server).await;
        sender.waiting.is_empty().then_some(())
    })
    .await;
    let expected = requests_by_window(&sender.calls);
    eventually_is(&server, "edges", 10, &expected).await;
    eventually_is(&server, "edges_1m", 60, &coarser(&expected, 60)).await;
    assert_eq!(
        server.count("select count(*) from edges where reason is not null and observer = 'target_app'").await,
        0
    );
    let spans = 2 * sender.calls.len() as u64;
    eventually("every span is one operation, though many were sent twice", async || {
        (server.count("select cast(sum(count) as bigint) from operations").await == spans).then_some(())
    })
    .await;
    assert_eq!(server.metric("spanloom_ledger_failures_total").await, 0.0);
    server.stop().await;
    let server = site.start().await;
    eventually_is(&server, "edges", 10, &expected).await;
    server.stop().await;
}

/// Sends until the server dies or, if nothing kills it, has taken enough.
async fn live(server: &Server, sender: &mut Sender, is_killed: bool) {
    let first = sender.calls.len();
    loop {
        if sender.calls.len() < first + TRACES as usize {
            sender.begin();
        } else if is_killed {
            break;
        }
        if !sender.send(server).await {
            return;
        }
        // A mesh that is not busy; and one turn of the ledger must not hold all.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Requests by window and target.
type Requests = BTreeMap<(u64, String), u64>;

fn requests_by_window(calls: &[Call]) -> Requests {
    let mut requests = Requests::new();
    for call in calls {
        *requests.entry((call.end_ns() / WINDOW_NS * WINDOW_NS, call.target.clone())).or_default() += 1;
    }
    requests
}

fn coarser(requests: &Requests, seconds: u64) -> Requests {
    let mut coarse = Requests::new();
    for ((window_ns, target), count) in requests {
        let window_ns = window_ns / (seconds * 1_000_000_000) * seconds * 1_000_000_000;
        *coarse.entry((window_ns, target.clone())).or_default() += count;
    }
    coarse
}

/// Both observers come to what was sent, in windows that are closed. Longer windows may still be open and are compared when
/// they have closed.
async fn eventually_is(server: &Server, table: &str, seconds: u64, expected: &Requests) {
    let query = format!(
        "select window_ns, target_service, cast(sum(requests) as bigint) from {table} \
         where source_service = 'web' and revision > 0 and observer = '{{}}' group by 1, 2"
    );
    for observer in ["source_app", "target_app"] {
        eventually(&format!("{table} has what {observer} saw"), async || {
            let rows = server.sql(&query.replace("{}", observer)).await;
            let found: Requests = rows
                .iter()
                .map(|row| ((number(&row[0]), row[1].as_str().unwrap_or_default().to_owned()), number(&row[2])))
                .collect();
            let closed_ns = now_ns() - 5_000_000_000;
            let is_closed = |(window_ns, _): &&(u64, String)| window_ns + seconds * 1_000_000_000 <= closed_ns;
            let different = expected.keys().filter(is_closed).find(|key| found.get(*key) != expected.get(*key));
            let extra = found.keys().find(|key| !expected.contains_key(*key));
            let all_closed = expected.keys().all(|key| is_closed(&key));
            (different.is_none() && extra.is_none() && (all_closed || seconds > 10)).then_some(())
        })
        .await;
    }
}
