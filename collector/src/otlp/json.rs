//! OTLP/JSON: the OTLP specification's own reading of the proto3 JSON mapping.
//!
//! Keys are lowerCamelCase and unknown ones are ignored; ids are hexadecimal; 64-bit numbers may be strings; enums are
//! numbers (their names are read too); bytes are base64; `null` is the same as absent. What comes out are the objects
//! that protobuf gives, so that both encodings of a request store the same rows.

mod message;
pub mod scalar;

use std::cell::{Cell, RefCell};

use crate::admit::Reservation;
use crate::decode::MEMORY_KEY;
use crate::refusal::Refusal;
use message::{Message, Seed};

/// Memory is reserved in steps of this size.
const STEP_BYTES: u64 = 256 << 10;

/// Memory that the objects of one request may still take.
struct Budget {
    left: Cell<u64>,
    /// Reserved and not used yet.
    reserved: Cell<u64>,
    memory: RefCell<Reservation>,
    /// Why nothing more can be had.
    refusal: RefCell<Option<Refusal>>,
    memory_bytes_max: u64,
}

impl Budget {
    fn new(memory_bytes_max: u64, memory: Reservation) -> Self {
        Self {
            left: Cell::new(memory_bytes_max),
            reserved: Cell::new(0),
            memory: RefCell::new(memory),
            refusal: RefCell::new(None),
            memory_bytes_max,
        }
    }

    /// Whether so much may be used; if not, the reading ends and the reason is kept.
    fn take(&self, bytes: usize) -> bool {
        let taken = self.try_take(bytes as u64);
        let is_taken = taken.is_ok();
        if let Err(refusal) = taken {
            self.refusal.replace(Some(refusal));
        }
        is_taken
    }

    fn try_take(&self, bytes: u64) -> Result<(), Refusal> {
        let too_large = Refusal::TooLarge { key: MEMORY_KEY, bytes_max: self.memory_bytes_max };
        self.left.set(self.left.get().checked_sub(bytes).ok_or(too_large)?);
        if self.reserved.get() < bytes {
            let step = STEP_BYTES.max(bytes);
            self.memory.borrow_mut().grow(step)?;
            self.reserved.set(self.reserved.get() + step);
        }
        self.reserved.set(self.reserved.get() - bytes);
        Ok(())
    }
}

/// Reads a request of spans or metrics; its objects take at most `memory_bytes_max`, reserved as they are made.
///
/// # Errors
/// [`Refusal::Undecodable`] with line and column, [`Refusal::TooLarge`], [`Refusal::Overloaded`].
pub fn decode<M: Message>(text: &[u8], memory_bytes_max: u64, memory: &mut Reservation) -> Result<M, Refusal> {
    let budget = Budget::new(memory_bytes_max, memory.sibling());
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = serde::de::DeserializeSeed::deserialize(Seed::new(&budget), &mut reader);
    let read = read.and_then(|request| reader.end().map(|()| request));
    let read = read.map_err(|error| budget.refusal.take().unwrap_or_else(|| Refusal::Undecodable(error.to_string())));
    memory.absorb(budget.memory.into_inner());
    read
}

#[cfg(test)]
mod tests;
