//! The way that every protocol takes: tenant, bytes, rows, log, acknowledgement.

/// The way of metrics.
mod samples;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use axum::http::HeaderMap;
use bytes::Bytes;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use spanloom_store::{Append, Clock, Store, TenantId, TenantRefused, Tenants};
use tokio::sync::{Semaphore, watch};

use crate::admit::{Admission, Reservation};
use crate::codes::{Content, Encoding, Kind};
use crate::config::{Bounds, Config};
use crate::decode;
use crate::inflate;
use crate::metrics::{Metrics, Protocol, ProtocolLabel, RefusedLabel};
use crate::otlp::decoded::{Decoded, Refused};
use crate::refusal::Refusal;
use crate::senders::{RefusalKey, Senders, Unit};

use self::samples::Deltas;
pub use self::samples::{Converted, SampleRequest};

/// Names the tenant; `default` when absent.
const TENANT_HEADER: &str = "x-scope-orgid";
/// Payloads in protobuf that take no more are decoded where they came in, some thousand spans: to hand one to another thread and back takes as
/// long as to decode thirty (`docs/decisions/0029-threads-are-woken-seldom.md`). What a payload says of its length is not relied on.
const SHORT: Bounds = Bounds { inflated_bytes_max: 512 << 10, memory_bytes_max: 16 << 20 };

/// Takes requests in; shared by all receivers.
pub struct Ingest {
    store: Store,
    tenants: Arc<Tenants>,
    clock: Arc<dyn Clock>,
    request_bytes_max: u64,
    bounds: Bounds,
    admission: Admission,
    metrics: Metrics,
    senders: Senders,
    /// Turns of decoding: as many as there are cores. Who waits for one holds what admission let it hold.
    turns: Arc<Semaphore>,
    deltas: Deltas,
    /// Turns true when streams shall end.
    closing: watch::Sender<bool>,
}

/// A request on its way.
pub struct Request {
    pub protocol: Protocol,
    pub tenant: TenantId,
    pub kind: Kind,
    pub encoding: Encoding,
    /// As received.
    pub payload: Bytes,
    /// Covers `payload`.
    pub memory: Reservation,
}

impl Ingest {
    pub fn new(
        store: Store,
        tenants: Arc<Tenants>,
        config: Config,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Self {
        let metrics = Metrics::new(registry);
        let admission = Admission::new(metrics.inflight_bytes.clone(), config.inflight_bytes_max.as_u64());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            tenants,
            clock,
            request_bytes_max: config.request_bytes_max.as_u64(),
            bounds: config.bounds(),
            admission,
            senders: Senders::new(metrics.senders_evicted.clone()),
            metrics,
            turns: Arc::new(Semaphore::new(cores)),
            deltas: Deltas::default(),
            closing: watch::Sender::new(false),
        }
    }

    /// The tenant that a request's headers name.
    ///
    /// # Errors
    /// [`Refusal::Tenant`].
    pub fn tenant(&self, headers: &HeaderMap) -> Result<TenantId, Refusal> {
        let name = headers.get(TENANT_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()));
        self.tenants.admit(name.as_deref()).map_err(|refused: TenantRefused| refused.into())
    }

    pub fn request_bytes_max(&self) -> u64 {
        self.request_bytes_max
    }

    /// The most bytes of a message without compression.
    pub fn inflated_bytes_max(&self) -> u64 {
        self.bounds.inflated_bytes_max
    }

    /// An empty reservation for a request that is about to be read.
    pub fn memory(&self) -> Reservation {
        self.admission.reserve()
    }

    pub fn senders(&self) -> &Senders {
        &self.senders
    }

    /// Takes a request. When this returns `Ok` every span that is not in the answer is on disk and visible to queries.
    ///
    /// # Errors
    /// Nothing was acknowledged; [`Refusal::retry_after`] tells whether the same may come again. The caller counts it
    /// with [`Self::refuse`].
    pub async fn take(&self, request: Request) -> Result<Refused, Refusal> {
        let Request { protocol, tenant, kind, encoding, payload, memory } = request;
        let received_ns = self.clock.now_ns();
        let (decoded, memory) = self.decode(payload.clone(), kind, encoding, received_ns, memory).await?;
        let Decoded { rows, accepted, refused, repeated_attributes, senders } = decoded;
        let bytes = payload.len() as u64;
        if !rows.is_empty() {
            let (kind, encoding) = (kind.code(), encoding.code());
            let append = Append { tenant: tenant.clone(), kind, encoding, received_ns, payload, rows };
            self.store.append(append).await?;
        }
        drop(memory);
        let label = ProtocolLabel { protocol: protocol.name() };
        self.metrics.requests.get_or_create(&label).inc();
        self.metrics.bytes.get_or_create(&label).inc_by(bytes);
        self.metrics.spans.get_or_create(&label).inc_by(accepted);
        self.metrics.repeated_attributes.inc_by(repeated_attributes);
        self.senders.note(&tenant, protocol, senders, received_ns);
        for (reason, count) in &refused.by_reason {
            self.metrics
                .refused_spans
                .get_or_create(&RefusedLabel { protocol: protocol.name(), reason })
                .inc_by(*count);
            let key = RefusalKey { tenant: Some(tenant.clone()), protocol, unit: Unit::Span, reason };
            self.senders.note_refused(key, *count, refused.first.as_deref().unwrap_or_default(), received_ns);
        }
        Ok(refused)
    }

    /// Counts a request that was refused as a whole. `tenant` is `None` where it is not known or was the reason.
    pub fn refuse(&self, protocol: Protocol, tenant: Option<&TenantId>, refusal: &Refusal) {
        let reason = refusal.reason();
        self.metrics.refused_requests.get_or_create(&RefusedLabel { protocol: protocol.name(), reason }).inc();
        self.senders.note_refused_request(tenant, protocol, reason, &refusal.to_string(), self.clock.now_ns());
    }

    async fn decode(
        &self,
        payload: Bytes,
        kind: Kind,
        encoding: Encoding,
        received_ns: i64,
        mut memory: Reservation,
    ) -> Result<(Decoded, Reservation), Refusal> {
        let bounds = self.bounds;
        if is_short(&payload, encoding) {
            let mut taken = memory.sibling();
            let short = Bounds {
                inflated_bytes_max: SHORT.inflated_bytes_max.min(bounds.inflated_bytes_max),
                memory_bytes_max: SHORT.memory_bytes_max.min(bounds.memory_bytes_max),
            };
            let decoded = self.here(|| decode::request(&payload, kind, encoding, received_ns, short, &mut taken))?;
            // It may be less short than it says.
            if !matches!(decoded, Err(Refusal::TooLarge { .. })) {
                memory.absorb(taken);
                return decoded.map(|decoded| (decoded, memory));
            }
        }
        self.on_cpu(move || {
            let decoded = decode::request(&payload, kind, encoding, received_ns, bounds, &mut memory);
            decoded.map(|decoded| (decoded, memory))
        })
        .await?
    }

    /// Does work that takes CPU time, when it is its turn, off the I/O threads.
    async fn on_cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let closed = |_| Refusal::Internal("the decoder is closed".to_owned());
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(closed)?;
        let seconds = self.metrics.decode_seconds.clone();
        let timed = move || {
            let done = timed(&seconds, work);
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(timed).await.map_err(|error| Refusal::Internal(error.to_string()))
    }

    /// Does work that takes about a millisecond on the I/O thread that brought it.
    fn here<T>(&self, work: impl FnOnce() -> T) -> Result<T, Refusal> {
        let work = AssertUnwindSafe(|| timed(&self.metrics.decode_seconds, work));
        // As it is with work on other threads, a panic ends one request and not all others of its connection.
        catch_unwind(work).map_err(|_| Refusal::Internal("the decoder panicked".to_owned()))
    }
}

/// Whether a payload says that it is short.
fn is_short(payload: &Bytes, encoding: Encoding) -> bool {
    let fits = |length: u64| length <= SHORT.inflated_bytes_max;
    encoding.content == Content::Protobuf
        && fits(payload.len() as u64)
        && inflate::length(payload, encoding.compression).is_some_and(fits)
}

fn timed<T>(seconds: &Histogram, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    seconds.observe(started.elapsed().as_secs_f64());
    done
}
