//! From payload to rows: one function for the door and for replay, so that both come to the same.

use bytes::Bytes;
use spanloom_store::{Decode, DecodeFailed, FrameHeader, Rows, Table, series};

use crate::admit::{Admission, Reservation};
use crate::codes::{Content, Encoding, Kind};
use crate::config::Bounds;
use crate::inflate::inflate;
use crate::otlp::decoded::Decoded;
use crate::otlp::{json, rows, wire};
use crate::refusal::Refusal;
use crate::zipkin;

/// The name of the bound on what decoding takes, as a refusal gives it.
pub(crate) const MEMORY_KEY: &str = "memory of four times ingest.decoded_bytes_max";

/// Decodes a request. A pure function of payload, kind, encoding and receive time; bounds and memory can only make it
/// refuse.
///
/// # Errors
/// [`Refusal::Undecodable`], [`Refusal::TooLarge`], [`Refusal::Overloaded`].
pub fn request(
    payload: &Bytes,
    kind: Kind,
    encoding: Encoding,
    received_ns: i64,
    bounds: Bounds,
    memory: &mut Reservation,
) -> Result<Decoded, Refusal> {
    let inflated = inflate(payload, encoding.compression, bounds.inflated_bytes_max, memory)?;
    let memory_bytes_max = bounds.memory_bytes_max;
    match (kind, encoding.content) {
        (Kind::OtlpTraces, Content::Protobuf) => wire::decode(&inflated, received_ns, memory_bytes_max, memory),
        (Kind::OtlpTraces, Content::Json) => {
            let request = json::decode(&inflated, memory_bytes_max, memory)?;
            drop(inflated);
            Ok(rows::rows(&request, received_ns))
        }
        (Kind::ZipkinSpans, Content::Json) => zipkin::decode(&inflated, received_ns, memory_bytes_max, memory),
        (Kind::ZipkinSpans, Content::Protobuf) => {
            Err(Refusal::Undecodable("spans of Zipkin are read as JSON only".to_owned()))
        }
        (Kind::Samples, _) | (_, Content::Own) => {
            Err(Refusal::Undecodable("the store's own form comes from the log only".to_owned()))
        }
    }
}

/// Decodes what the write-ahead log holds.
#[derive(Debug, Clone)]
pub struct Decoder {
    memory: Admission,
}

impl Decoder {
    #[expect(clippy::new_without_default, reason = "made once, by name, in the binary")]
    pub fn new() -> Self {
        Self { memory: Admission::unbounded() }
    }
}

impl Decode for Decoder {
    fn decode(&self, header: &FrameHeader, payload: &Bytes) -> Result<Rows, DecodeFailed> {
        let kind = Kind::from_code(header.kind)
            .ok_or_else(|| DecodeFailed(format!("frame kind {} is not known", header.kind)))?;
        let encoding = Encoding::from_code(header.encoding)
            .ok_or_else(|| DecodeFailed(format!("frame encoding {} is not known", header.encoding)))?;
        if kind == Kind::Samples {
            let batch = series::decode(payload, usize::MAX).map_err(|error| DecodeFailed(error.to_string()))?;
            return Ok(Rows::from_samples(batch));
        }
        // What was acknowledged once is taken again, whatever the bounds are by now.
        let decoded = request(payload, kind, encoding, header.received_ns, Bounds::NONE, &mut self.memory.reserve());
        decoded.map(|decoded| decoded.rows).map_err(|refusal| DecodeFailed(refusal.to_string()))
    }

    fn feeds(&self, kind: u8) -> &'static [Table] {
        match Kind::from_code(kind) {
            Some(Kind::Samples) => &Table::METRICS,
            _ => &[Table::Spans, Table::Traces],
        }
    }
}

#[cfg(test)]
mod tests;
