//! OTLP/JSON: the OTLP specification's own reading of the proto3 JSON mapping.
//!
//! Keys are lowerCamelCase and unknown ones are ignored; ids are hexadecimal; 64-bit numbers may be strings; enums are
//! numbers (their names are read too); bytes are base64; `null` is the same as absent. What comes out are the objects
//! that protobuf gives, so that both encodings of a request store the same rows.

mod message;
mod scalar;

use std::cell::Cell;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::refusal::Refusal;
use message::Seed;

/// Memory that the objects of one request may still take.
#[derive(Debug)]
struct Budget {
    left: Cell<u64>,
    spent: Cell<bool>,
}

impl Budget {
    fn take(&self, bytes: usize) -> bool {
        match self.left.get().checked_sub(bytes as u64) {
            Some(left) => {
                self.left.set(left);
                true
            }
            None => {
                self.spent.set(true);
                false
            }
        }
    }
}

/// Reads a request; its objects take at most `memory_bytes_max`.
///
/// # Errors
/// [`Refusal::Undecodable`] with line and column, [`Refusal::TooLarge`].
pub fn decode(text: &[u8], memory_bytes_max: u64) -> Result<ExportTraceServiceRequest, Refusal> {
    let budget = Budget { left: Cell::new(memory_bytes_max), spent: Cell::new(false) };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = serde::de::DeserializeSeed::deserialize(Seed::new(&budget), &mut reader);
    match read.and_then(|request| reader.end().map(|()| request)) {
        Ok(request) => Ok(request),
        Err(_) if budget.spent.get() => {
            Err(Refusal::TooLarge { key: "memory of four times ingest.decoded_bytes_max", bytes_max: memory_bytes_max })
        }
        Err(error) => Err(Refusal::Undecodable(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
