//! The way of metrics: bytes of any protocol, a batch of samples, log, acknowledgement.
//!
//! The log holds the batch, not the request: deltas are added up on the way, and what they came to must not depend on what
//! a server remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use parking_lot::Mutex;
use prost::Message as _;
use spanloom_store::series::{self, SampleBatch, SeriesIndex};
use spanloom_store::{Append, Rows, TenantId};
use tokio::sync::watch;

use super::Ingest;
use crate::admit::Reservation;
use crate::codes::{Compression, Content, Encoding, Kind};
use crate::config::Bounds;
use crate::decode::MEMORY_KEY;
use crate::inflate::inflate;
use crate::metrics::{Protocol, ProtocolLabel, RefusedLabel};
use crate::otlp::json;
use crate::otlp::metrics::{DeltaLimits, DeltaState, Options, measure, translate};
use crate::refusal::Refusal;
use crate::refused_samples::RefusedSamples;
use crate::remote_write::{self, Version, Written};
use crate::senders::{RefusalKey, Unit};

/// Series of a tenant whose deltas are added up.
const DELTA_SERIES_MAX: usize = 200_000;
/// How long such a series is remembered after its last delta.
const DELTA_IDLE_MS_MAX: i64 = 3_600_000;
const NS_PER_MS: i64 = 1_000_000;

/// What deltas have come to, by tenant.
#[derive(Debug, Default)]
pub struct Deltas(Mutex<BTreeMap<TenantId, Arc<Mutex<DeltaState>>>>);

impl Deltas {
    fn of(&self, tenant: &TenantId) -> Arc<Mutex<DeltaState>> {
        let limits = DeltaLimits { series_max: DELTA_SERIES_MAX, idle_ms_max: DELTA_IDLE_MS_MAX };
        let new = || Arc::new(Mutex::new(DeltaState::new(limits)));
        Arc::clone(self.0.lock().entry(tenant.clone()).or_insert_with(new))
    }
}

/// Bytes that hold samples, on their way.
pub struct SampleRequest {
    pub protocol: Protocol,
    pub tenant: TenantId,
    /// As received.
    pub payload: Bytes,
    /// Covers `payload`.
    pub memory: Reservation,
}

/// What a request came to, before it is stored.
pub struct Converted {
    pub batch: SampleBatch,
    pub refused: RefusedSamples,
}

impl Ingest {
    /// The tenant's index, which knows what its series are called.
    pub fn series_index(&self, tenant: &TenantId) -> Arc<SeriesIndex> {
        self.store.series_index(tenant)
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ns().div_euclid(NS_PER_MS)
    }

    /// Turns true when streams shall end.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Ends all streams, so that a server that stops need not wait for them.
    pub fn close_streams(&self) {
        self.closing.send_replace(true);
    }

    /// Takes a body of remote write. When this returns `Ok` what was written is on disk and visible to queries.
    ///
    /// # Errors
    /// Nothing was acknowledged, and the caller counts it with [`Ingest::refuse`].
    pub async fn take_remote_write(
        &self,
        request: SampleRequest,
        version: Version,
    ) -> Result<(Written, RefusedSamples, Option<String>), Refusal> {
        let (bounds, index, now_ms) = (self.bounds, self.series_index(&request.tenant), self.now_ms());
        let mut answer = None;
        let refused = self
            .take_samples(request, &mut answer, move |payload, memory| {
                let mut reserve = |bytes| memory.grow(bytes).is_ok();
                let bounds = remote_write::Bounds {
                    inflated_bytes_max: bounds.inflated_bytes_max,
                    decoded_bytes_max: bounds.memory_bytes_max,
                    reserve: &mut reserve,
                };
                let decoded = remote_write::decode(payload, version, bounds, &*index, now_ms)?;
                let (refusal, written) = (decoded.refusal(), decoded.written);
                Ok((Converted { batch: decoded.batch, refused: decoded.refused }, (written, refusal)))
            })
            .await?;
        let (written, refusal) = answer.unwrap_or_default();
        Ok((written, refused, refusal))
    }

    /// Takes an `ExportMetricsServiceRequest`. When this returns `Ok` every data point that is not in the answer is on disk
    /// and visible to queries.
    ///
    /// # Errors
    /// As [`Self::take_remote_write`].
    pub async fn take_otlp_metrics(
        &self,
        request: SampleRequest,
        encoding: Encoding,
    ) -> Result<RefusedSamples, Refusal> {
        let (bounds, index, now_ms) = (self.bounds, self.series_index(&request.tenant), self.now_ms());
        let deltas = self.deltas.of(&request.tenant);
        self.take_samples(request, &mut None, move |payload, memory| {
            let export = otlp(payload, encoding, bounds, memory)?;
            let options = Options::new(bounds.memory_bytes_max);
            let translated = translate(&export, now_ms, &*index, &mut deltas.lock(), &options);
            Ok((Converted { batch: translated.batch, refused: translated.refused }, ()))
        })
        .await
    }

    /// Takes what a request's bytes come to. When this returns `Ok` what was not refused is on disk and visible.
    ///
    /// # Errors
    /// As [`Self::take_remote_write`].
    pub async fn take_samples<T: Send + 'static>(
        &self,
        request: SampleRequest,
        answer: &mut Option<T>,
        convert: impl FnOnce(&Bytes, &mut Reservation) -> Result<(Converted, T), Refusal> + Send + 'static,
    ) -> Result<RefusedSamples, Refusal> {
        let SampleRequest { protocol, tenant, payload, mut memory } = request;
        let (bytes, received_ns) = (payload.len() as u64, self.clock.now_ns());
        let converted = self.on_cpu(move || {
            let (converted, answer) = convert(&payload, &mut memory)?;
            let Converted { batch, refused } = converted;
            let samples = batch.samples.len() as u64;
            let encoded = (!batch.is_empty()).then(|| Bytes::from(series::encode(&batch)));
            memory.grow(encoded.as_ref().map_or(0, |encoded| encoded.len() as u64))?;
            let rows = encoded.is_some().then(|| Rows::from_samples(batch));
            Ok::<_, Refusal>((encoded.zip(rows), samples, refused, answer, memory))
        });
        let (stored, samples, refused, given, memory) = converted.await??;
        if let Some((payload, rows)) = stored {
            self.append_samples(&tenant, payload, rows, received_ns).await?;
        }
        drop(memory);
        *answer = Some(given);
        let label = ProtocolLabel { protocol: protocol.name() };
        self.metrics.requests.get_or_create(&label).inc();
        self.metrics.bytes.get_or_create(&label).inc_by(bytes);
        self.metrics.samples.get_or_create(&label).inc_by(samples);
        self.note_refused_samples(protocol, &tenant, &refused, received_ns);
        Ok(refused)
    }

    /// Stores a batch that was not received as bytes. When this returns `Ok` it is on disk and visible.
    ///
    /// # Errors
    /// Nothing was stored.
    pub async fn store_samples(
        &self,
        protocol: Protocol,
        tenant: &TenantId,
        batch: SampleBatch,
    ) -> Result<(), Refusal> {
        if batch.is_empty() {
            return Ok(());
        }
        let (received_ns, samples) = (self.clock.now_ns(), batch.samples.len() as u64);
        let encode = move || (Bytes::from(series::encode(&batch)), Rows::from_samples(batch));
        let (payload, rows) = self.on_cpu(encode).await?;
        self.append_samples(tenant, payload, rows, received_ns).await?;
        self.metrics.samples.get_or_create(&ProtocolLabel { protocol: protocol.name() }).inc_by(samples);
        Ok(())
    }

    async fn append_samples(
        &self,
        tenant: &TenantId,
        payload: Bytes,
        rows: Rows,
        received_ns: i64,
    ) -> Result<(), Refusal> {
        let encoding = Encoding { content: Content::Own, compression: Compression::None };
        let (kind, encoding) = (Kind::Samples.code(), encoding.code());
        self.store.append(Append { tenant: tenant.clone(), kind, encoding, received_ns, payload, rows }).await?;
        Ok(())
    }

    /// Counts samples that were refused while others were taken.
    pub fn note_refused_samples(
        &self,
        protocol: Protocol,
        tenant: &TenantId,
        refused: &RefusedSamples,
        received_ns: i64,
    ) {
        for (reason, count) in &refused.by_reason {
            let label = RefusedLabel { protocol: protocol.name(), reason };
            self.metrics.refused_samples.get_or_create(&label).inc_by(*count);
            let key = RefusalKey { tenant: Some(tenant.clone()), protocol, unit: Unit::Sample, reason };
            self.senders.note_refused(key, *count, refused.first.as_deref().unwrap_or_default(), received_ns);
        }
    }
}

fn otlp(
    payload: &Bytes,
    encoding: Encoding,
    bounds: Bounds,
    memory: &mut Reservation,
) -> Result<ExportMetricsServiceRequest, Refusal> {
    let inflated = inflate(payload, encoding.compression, bounds.inflated_bytes_max, memory)?;
    if encoding.content == Content::Json {
        return json::decode(&inflated, bounds.memory_bytes_max, memory);
    }
    let needed = measure::decoded_bytes(&inflated);
    if needed > bounds.memory_bytes_max {
        return Err(Refusal::TooLarge { key: MEMORY_KEY, bytes_max: bounds.memory_bytes_max });
    }
    memory.grow(needed)?;
    ExportMetricsServiceRequest::decode(&inflated[..]).map_err(|error| Refusal::Undecodable(error.to_string()))
}
