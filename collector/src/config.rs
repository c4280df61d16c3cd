//! What can be set about taking data in: the keys under `ingest:`. Every default is a named constant.

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

const REQUEST_BYTES_MAX: ByteSize = ByteSize::mib(16);
const DECODED_BYTES_MAX: ByteSize = ByteSize::mib(64);
const INFLIGHT_BYTES_MAX: ByteSize = ByteSize::mib(512);
/// A request's decoded form may take this many times `decoded_bytes_max`: an empty span is 2 bytes on the wire and some
/// hundred in memory.
pub(crate) const DECODED_MEMORY_FACTOR: u64 = 4;

/// The ingest part of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Size of a request as it is sent, compressed or not.
    pub request_bytes_max: ByteSize,
    /// Size of a request after decompression.
    pub decoded_bytes_max: ByteSize,
    /// Memory of all requests that are being received and decoded; beyond it senders are told to come back later.
    pub inflight_bytes_max: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            request_bytes_max: REQUEST_BYTES_MAX,
            decoded_bytes_max: DECODED_BYTES_MAX,
            inflight_bytes_max: INFLIGHT_BYTES_MAX,
        }
    }
}

impl Config {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn validate(&self) -> Result<(), String> {
        if self.request_bytes_max.as_u64() == 0 {
            return Err("ingest.request_bytes_max is 0, no request could be taken".to_owned());
        }
        if self.decoded_bytes_max < self.request_bytes_max {
            return Err("ingest.decoded_bytes_max is less than ingest.request_bytes_max".to_owned());
        }
        let largest = self.request_bytes_max.as_u64() + (1 + DECODED_MEMORY_FACTOR) * self.decoded_bytes_max.as_u64();
        if self.inflight_bytes_max.as_u64() < largest {
            let least = ByteSize::b(largest);
            return Err(format!(
                "ingest.inflight_bytes_max is {}, the largest request that the other bounds allow may take {least}",
                self.inflight_bytes_max
            ));
        }
        Ok(())
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            inflated_bytes_max: self.decoded_bytes_max.as_u64(),
            memory_bytes_max: DECODED_MEMORY_FACTOR * self.decoded_bytes_max.as_u64(),
        }
    }
}

/// What decoding one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub inflated_bytes_max: u64,
    /// Memory of what is made of it.
    pub memory_bytes_max: u64,
}

impl Bounds {
    /// For what was accepted once: bounds that change later do not undo that.
    pub const NONE: Self = Self { inflated_bytes_max: u64::MAX, memory_bytes_max: u64::MAX };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), Ok(()));
    }

    #[test]
    fn bounds_that_contradict_one_another_are_refused() {
        let tiny = ByteSize::kib(1);
        assert!(Config { request_bytes_max: ByteSize::b(0), ..Config::default() }.validate().is_err());
        assert!(Config { decoded_bytes_max: tiny, ..Config::default() }.validate().is_err());
        assert!(Config { inflight_bytes_max: tiny, ..Config::default() }.validate().is_err());
    }
}
