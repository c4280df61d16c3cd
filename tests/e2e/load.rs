//! Clients that send one trace after the other, and resend what was not acknowledged, as exporters do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::task::JoinSet;

use crate::canon;
use crate::harness::{Endpoints, Server, eventually, http_client, number};
use crate::otlp::{self, Encoding, Outcome, Protocol};

/// Spans of each request, which is one trace.
pub const SPANS: u64 = 8;
/// How long a client waits before it sends the same again. Exporters wait longer; a test has no time.
const RESEND_AFTER: Duration = Duration::from_millis(20);
/// Traces of requests that were taken at once are read one by one only every so often.
const SAMPLE: usize = 25;
const WAYS: [(Protocol, Encoding); 4] = [
    (Protocol::HttpProtobuf, Encoding::Plain),
    (Protocol::Grpc, Encoding::Gzip),
    (Protocol::HttpJson, Encoding::Zstd),
    (Protocol::Grpc, Encoding::Plain),
];

/// An acknowledged request.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub id: u64,
    /// Attempts that got no answer, so that nobody knows whether they were stored.
    pub lost: u64,
}

/// Clients at work.
pub struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    endpoints: RwLock<Endpoints>,
    next: AtomicU64,
    stopping: AtomicBool,
    sent: Mutex<Vec<Sent>>,
}

impl Load {
    /// Starts as many clients as there are ways to send. They get nowhere until they are pointed at a server.
    pub fn start() -> Self {
        Self::start_with(Endpoints::default())
    }

    /// The same, pointed at a server from the first request on.
    pub fn start_at(server: &Server) -> Self {
        Self::start_with(server.endpoints.clone())
    }

    fn start_with(endpoints: Endpoints) -> Self {
        let shared = Arc::new(Shared { endpoints: RwLock::new(endpoints), ..Shared::default() });
        let mut clients = JoinSet::new();
        for (protocol, encoding) in WAYS {
            clients.spawn(client(Arc::clone(&shared), protocol, encoding));
        }
        Self { shared, clients }
    }

    pub fn point_at(&self, server: &Server) {
        *self.shared.endpoints.write() = server.endpoints.clone();
    }

    pub fn acknowledged(&self) -> u64 {
        self.shared.sent.lock().len() as u64
    }

    /// Waits until so many more requests are acknowledged than are now.
    pub async fn more(&self, requests: u64) {
        let goal = self.acknowledged() + requests;
        eventually("more requests are acknowledged", async || (self.acknowledged() >= goal).then_some(())).await;
    }

    /// Lets every client bring its last request home. There must be a server that takes it.
    pub async fn finish(self) -> Vec<Sent> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        self.shared.sent.lock().clone()
    }
}

async fn client(shared: Arc<Shared>, protocol: Protocol, encoding: Encoding) {
    let http = http_client();
    while !shared.stopping.load(Ordering::Relaxed) {
        let id = shared.next.fetch_add(1, Ordering::Relaxed);
        let request = otlp::request("load", &format!("request {id}"), id, SPANS);
        let mut lost = 0;
        loop {
            let endpoints = shared.endpoints.read().clone();
            match otlp::send(&http, &endpoints, protocol, encoding, &request).await {
                Outcome::Acknowledged => break,
                Outcome::Later => {}
                Outcome::Lost => lost += 1,
                Outcome::Refused(status, why) => panic!("{protocol:?} refused a good request: {status} {why}"),
            }
            tokio::time::sleep(RESEND_AFTER).await;
        }
        shared.sent.lock().push(Sent { id, lost });
    }
}

/// Every acknowledged span is there; the trace API folds what was sent again; and what cannot have been stored twice is
/// not.
pub async fn check(server: &Server, sent: &[Sent]) {
    check_rows(server, sent).await;
    for (at, sent) in sent.iter().enumerate() {
        if sent.lost > 0 || at % SAMPLE == 0 {
            check_trace(server, sent.id).await;
        }
    }
}

async fn check_rows(server: &Server, sent: &[Sent]) {
    let query =
        "select trace_lo - 1, count(*), count(distinct span_id) from spans where service_name = 'load' group by 1";
    let rows = server.sql(query).await;
    let found: std::collections::HashMap<u64, (u64, u64)> =
        rows.iter().map(|row| (number(&row[0]), (number(&row[1]), number(&row[2])))).collect();
    for Sent { id, lost } in sent {
        let Some((rows, distinct)) = found.get(id) else { panic!("request {id} was acknowledged and is gone") };
        assert_eq!(*distinct, SPANS, "request {id} is not whole");
        assert!(
            *rows <= SPANS * (1 + lost),
            "request {id} is there in {rows} rows, with {lost} attempts that got no answer"
        );
    }
}

/// `of_otlp` fails on a span that is there twice.
async fn check_trace(server: &Server, id: u64) {
    let hex = otlp::hex_id(id);
    let trace =
        server.trace(&hex).await.unwrap_or_else(|| panic!("request {id} was acknowledged, trace {hex} is gone"));
    assert_eq!(canon::of_otlp(&trace).len() as u64, SPANS, "trace {hex} of request {id}");
}
