//! OTLP/JSON: the OTLP specification's own reading of the proto3 JSON mapping.
//!
//! Keys are lowerCamelCase and unknown ones are ignored; ids are hexadecimal; 64-bit numbers may be strings; enums are
//! numbers (their names are read too); bytes are base64; `null` is the same as absent. What comes out are the objects
//! that protobuf gives, so that both encodings of a request store the same rows.

mod message;
pub mod scalar;

use serde::de::DeserializeSeed as _;

use super::budget;
use crate::admit::Reservation;
use crate::refusal::Refusal;
use message::{Message, Seed};

/// Reads a request of spans or metrics; its objects take at most `memory_bytes_max`, reserved as they are made.
///
/// # Errors
/// [`Refusal::Undecodable`] with line and column, [`Refusal::TooLarge`], [`Refusal::Overloaded`].
pub fn decode<M: Message>(text: &[u8], memory_bytes_max: u64, memory: &mut Reservation) -> Result<M, Refusal> {
    budget::within(memory_bytes_max, memory, |budget| {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let request = Seed::new(budget).deserialize(&mut reader)?;
        reader.end().map(|()| request)
    })
}

#[cfg(test)]
mod tests;
