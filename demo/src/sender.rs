//! Sends what a mesh tells, as time goes by.
//!
//! A trace is sent when its last span has ended: nobody tells of the future. What the server has no room for is tried again
//! for a while and then let go, and so are ticks that nobody had time for; both are counted. A mesh does not wait for
//! who watches it.

mod metrics;
mod outbox;

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use thiserror::Error;
use tokio::time::MissedTickBehavior;

pub use metrics::Metrics;
use outbox::Outbox;

use crate::mesh::Mesh;
use crate::metrics::ProxyMetrics;
use crate::simulation::Simulation;
use crate::spans::Trace;

/// From one look at the clock to the next.
const SEND_INTERVAL: Duration = Duration::from_millis(250);
/// Spans of one request, unless a single trace has more.
const SPANS_MAX: usize = 2_000;
/// Between two tries of one request.
const PAUSE: Duration = Duration::from_millis(250);
/// After this what nobody takes is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// For one try of one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why nothing more is sent.
#[derive(Debug, Error)]
pub enum SenderFailed {
    #[error("failed to make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// Sending it again would not help.
    #[error("the server refused spans with status {0}")]
    Refused(StatusCode),
}

/// A mesh that runs and tells a server.
#[derive(Debug)]
pub struct Sender {
    outbox: Outbox,
    http: reqwest::Client,
    url: String,
    metrics: Metrics,
    proxies: Option<ProxyMetrics>,
}

impl Sender {
    /// A mesh that starts now and tells what takes OTLP over HTTP at `address`. `past` is how much of the time before it
    /// tells of, beside what goes on.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn new(
        mesh: Mesh,
        seed: u64,
        address: SocketAddr,
        past: Duration,
        metrics: Metrics,
    ) -> Result<Self, SenderFailed> {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(SenderFailed::Client)?;
        let simulation = Simulation::new(mesh, seed, now_ns());
        let url = format!("http://{}/v1/traces", reachable(address));
        Ok(Self { outbox: Outbox::new(simulation, past), http, url, metrics, proxies: None })
    }

    /// Counts on pages, too, what it tells in spans.
    #[must_use]
    pub fn counting(mut self) -> (Self, ProxyMetrics) {
        let proxies = ProxyMetrics::new(self.outbox.mesh().clone(), self.outbox.start_ns());
        self.proxies = Some(proxies.clone());
        (self, proxies)
    }

    /// Sends without end.
    ///
    /// # Errors
    /// When the server refuses spans for good.
    pub async fn run(mut self) -> Result<(), SenderFailed> {
        let mut pace = tokio::time::interval(SEND_INTERVAL);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            let now_ns = now_ns();
            let due = self.outbox.due(now_ns);
            if let Some(proxies) = &self.proxies {
                proxies.tell(now_ns, &due.ended, self.outbox.begun());
            }
            self.metrics.ticks_dropped.inc_by(due.ticks_dropped);
            for batch in batches(due.traces) {
                self.send(batch).await?;
            }
        }
    }

    /// Returns when the server has acknowledged the traces, or they were let go and counted.
    async fn send(&self, traces: Vec<Trace>) -> Result<(), SenderFailed> {
        let spans = traces.iter().map(Trace::len).sum::<usize>() as u64;
        let resource_spans = Trace::resource_spans(self.outbox.mesh(), traces);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let request = self.http.post(&self.url).header(CONTENT_TYPE, "application/x-protobuf").body(body.clone());
            match request.send().await.map(|answer| answer.status()) {
                Ok(StatusCode::OK) => {
                    self.metrics.spans_sent.inc_by(spans);
                    return Ok(());
                }
                Ok(status) if !is_for_now(status) => return Err(SenderFailed::Refused(status)),
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        self.metrics.spans_dropped.inc_by(spans);
        Ok(())
    }
}

/// As the server answers when it has enough.
fn is_for_now(status: StatusCode) -> bool {
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}

/// Traces in their order, about so many spans together.
fn batches(traces: Vec<Trace>) -> Vec<Vec<Trace>> {
    let mut batches: Vec<Vec<Trace>> = Vec::new();
    let mut room = 0;
    for trace in traces {
        let len = trace.len();
        match batches.last_mut() {
            Some(batch) if len <= room => batch.push(trace),
            _ => {
                batches.push(vec![trace]);
                room = SPANS_MAX;
            }
        }
        room = room.saturating_sub(len);
    }
    batches
}

/// A server that listens on all addresses of its machine is reached at loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, address.port())
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
}

#[cfg(test)]
mod tests;
