//! Envoy's stream of metrics. Source: envoyproxy/envoy `api/envoy/service/metrics/v3/metrics_service.proto`.
//!
//! Each message is stored when it has come. Envoy waits for no answer and sends nothing again: what cannot be stored is
//! counted, and the stream goes on.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use parking_lot::Mutex;
use prost::Message as _;
use spanloom_store::TenantId;

use super::stream::Messages;
use super::{applied, compression, is_grpc, not_grpc, reply};
use crate::codes::Compression;
use crate::envoy_metrics::{ProxyIdentity, StreamMetricsMessage, StreamMetricsResponse, Totals, batch};
use crate::inflate::inflate;
use crate::ingest::{Converted, Ingest, SampleRequest};
use crate::metrics::Protocol;
use crate::refusal::Refusal;
use crate::refused_samples::RefusedSamples;
use crate::rpc;

/// Buckets of the histograms of one stream, about 16 MiB.
const BUCKETS_MAX: usize = 1 << 20;

/// What is known of a stream between its messages.
struct Stream {
    /// `None` before the first message.
    identity: Option<ProxyIdentity>,
    totals: Totals,
}

pub(super) async fn stream_metrics(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !is_grpc(&parts.headers) {
        return not_grpc();
    }
    let tenant = ingest.tenant(&parts.headers);
    let named = compression(&parts.headers);
    let streamed = match (tenant.clone(), named) {
        (Ok(tenant), Ok(named)) => take_all(&ingest, &tenant, named, body).await,
        (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
    };
    match streamed {
        Ok(()) => reply::message(&StreamMetricsResponse {}.encode_to_vec()),
        Err(refusal) => {
            ingest.refuse(Protocol::EnvoyMetrics, tenant.as_ref().ok(), &refusal);
            reply::status(&rpc::Status::from(&refusal))
        }
    }
}

/// Takes messages until the sender ends the stream or the server stops.
async fn take_all(ingest: &Ingest, tenant: &TenantId, named: Compression, body: Body) -> Result<(), Refusal> {
    let mut messages = Messages::new(body, ingest.request_bytes_max());
    let mut closing = ingest.closing();
    let stream = Arc::new(Mutex::new(Stream { identity: None, totals: Totals::new(BUCKETS_MAX) }));
    loop {
        let mut memory = ingest.memory();
        let next = tokio::select! {
            next = messages.next(&mut memory) => next?,
            // The sender of this lives as long as the server.
            _ = closing.wait_for(|closing| *closing) => return Ok(()),
        };
        let Some((is_compressed, payload)) = next else { return Ok(()) };
        let compression = applied(is_compressed, named)?;
        let request = SampleRequest { protocol: Protocol::EnvoyMetrics, tenant: tenant.clone(), payload, memory };
        match take_message(ingest, request, compression, &stream).await {
            Ok(()) => {}
            Err(refusal) if refusal.retry_after().is_some() => {
                ingest.refuse(Protocol::EnvoyMetrics, Some(tenant), &refusal);
            }
            Err(refusal) => return Err(refusal),
        }
    }
}

async fn take_message(
    ingest: &Ingest,
    request: SampleRequest,
    compression: Compression,
    stream: &Arc<Mutex<Stream>>,
) -> Result<(), Refusal> {
    let (index, now_ms, bytes_max) =
        (ingest.series_index(&request.tenant), ingest.now_ms(), ingest.inflated_bytes_max());
    let stream = Arc::clone(stream);
    let convert = move |payload: &Bytes, memory: &mut crate::admit::Reservation| {
        let inflated = inflate(payload, compression, bytes_max, memory)?;
        let undecodable = |error: String| Refusal::Undecodable(error);
        let message = StreamMetricsMessage::decode(inflated).map_err(|error| undecodable(error.to_string()))?;
        let mut stream = stream.lock();
        let Stream { identity, totals } = &mut *stream;
        let identity = match identity {
            Some(identity) => identity,
            None => {
                let first = ProxyIdentity::of(message.identifier.as_ref());
                identity.insert(first.map_err(|error| undecodable(error.to_string()))?)
            }
        };
        let (batch, refused) = batch(&message, identity, totals, now_ms, &*index);
        let refused = RefusedSamples { by_reason: refused.counts, first: refused.first };
        Ok((Converted { batch, refused }, ()))
    };
    ingest.take_samples(request, &mut None, convert).await.map(|_| ())
}
