//! The form of a [`SampleBatch`] in the write-ahead log.
//!
//! ```text
//! batch      = version flags ( body | varint zstd )  version 1; bit 0 of flags: the body's length, the body by zstd
//! body       = strings series samples exemplars metadata                                  nothing stands behind it
//! strings    = varint { varint utf8 }                number of texts; each with its length in bytes
//! series     = varint { metric labels_hash ( 0 | pairs ) }               halves of the id, 8 bytes each; 0: durable
//! pairs      = varint { varint varint }              number + 1; places of name (ascending) and value (not empty)
//! samples    = varint { series time tag [ start ] ( float | histogram ) }
//!   series   = zigzag                                place of the series, less the sample's before, less 1; from -1
//!   time     = zigzag                                ms, less the sample's before; from 0
//!   tag      = 1 byte                                bit 0 histogram, bit 1 start is known
//!   start    = zigzag                                ms, less the sample's time
//! histogram  = hint schema float float float float spans counts spans counts bounds
//!                                                    zero threshold, zero count, count, sum; positive, negative
//!   schema   = zigzag
//!   spans    = varint { zigzag varint }              offset, length
//!   counts   = varint { varint [ float ] }           a whole number below 2^53 and 1 more; any other: 0 and a float
//!   bounds   = varint { float }
//! exemplars  = varint { varint time float pairs }    place of the series; time as in samples, from 0
//! metadata   = varint { varint kind varint varint }  places of family, help, unit
//!
//! varint     = 7 bits per byte from the lowest, bit 7: more follow; no more bytes than needed, at most 64 bits
//! zigzag     = varint                                n -> (n << 1) ^ (n >> 63); differences wrap
//! float      = 8 bytes, its bits                     little-endian, as ids
//! hint, kind = 1 byte                                the place in `ResetHint` and `MetricKind`
//! ```
//!
//! Texts stand once per batch however many series have them, and series without labels take 17 bytes: a scrape of a
//! known target takes about 28 bytes per sample. Floats keep their bits, so that a staleness marker stays one.

/// Reading a batch.
mod read;
/// Numbers and texts in bytes: reading.
mod reader;
#[cfg(test)]
mod tests;
/// Writing a batch.
mod write;

use std::io::Read as _;

use thiserror::Error;

use super::batch::SampleBatch;
pub(crate) use write::varint;

/// The first byte of a batch.
const VERSION: u8 = 1;
/// Bit of the flags: the body is compressed.
const ZSTD: u8 = 1;
/// The fastest level by which texts still shrink much.
const ZSTD_LEVEL: i32 = 1;
/// Smaller bodies are left as they are.
const ZSTD_BYTES_MIN: usize = 256;

/// How many times shorter bodies are compressed, at most, without memory being taken by and by.
const ZSTD_RATIO: usize = 16;

/// Bits of the tag of a sample.
const IS_HISTOGRAM: u8 = 1;
const HAS_START: u8 = 2;

/// Whole numbers from here on are not all floats.
const WHOLE_MAX: u64 = 1 << 53;

/// The whole number that has the bits of a float, if it is small enough.
fn whole_of(value: f64) -> Option<u64> {
    // Saturates, and no NaN, fraction or negative zero has the bits of a whole number.
    let whole = value as u64;
    (whole < WHOLE_MAX && (whole as f64).to_bits() == value.to_bits()).then_some(whole)
}

/// Why bytes are no batch. `at` counts from the start of the body.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("a batch of samples ends within {what} at byte {at}")]
    Truncated { what: &'static str, at: usize },
    #[error("version {0} of batches of samples is not known")]
    Version(u8),
    #[error("flags {0:#04x} of a batch of samples are not known")]
    Flags(u8),
    #[error("a batch of samples has {bytes} bytes, the most is {max}")]
    TooLarge { bytes: u64, max: usize },
    #[error("failed to decompress a batch of samples: {0}")]
    Zstd(String),
    #[error("{what} of a batch of samples is wrong at byte {at}")]
    Invalid { what: &'static str, at: usize },
    #[error("{0} bytes stand behind a batch of samples")]
    Trailing(usize),
}

/// A batch as bytes, so that [`decode`] yields the same, bit for bit. Samples and exemplars must name series that are
/// there.
pub fn encode(batch: &SampleBatch) -> Vec<u8> {
    let mut bytes = vec![VERSION, 0];
    write::body(batch, &mut bytes);
    compressed(&bytes).unwrap_or(bytes)
}

/// The same batch compressed, if that is worth it.
fn compressed(plain: &[u8]) -> Option<Vec<u8>> {
    let body = &plain[2..];
    if body.len() < ZSTD_BYTES_MIN {
        return None;
    }
    // Failure to compress is lack of memory for it; the body itself is as good.
    let frame = zstd::bulk::compress(body, ZSTD_LEVEL).ok()?;
    let mut bytes = vec![VERSION, ZSTD];
    varint(&mut bytes, body.len() as u64);
    bytes.extend_from_slice(&frame);
    // An eighth less to write is worth the time to read.
    (bytes.len() < plain.len() - plain.len() / 8).then_some(bytes)
}

/// The batch that bytes hold. Its body may have `bytes_max` bytes, uncompressed; the batch takes at most some fifty
/// times the bytes of its body, and no length is believed for which there are not bytes enough.
///
/// # Errors
/// Bytes that are no batch by the grammar, or end within one, or go on behind it.
pub fn decode(bytes: &[u8], bytes_max: usize) -> Result<SampleBatch, DecodeError> {
    let [version, flags, rest @ ..] = bytes else {
        return Err(DecodeError::Truncated { what: "its head", at: 0 });
    };
    if *version != VERSION {
        return Err(DecodeError::Version(*version));
    }
    match *flags {
        0 if rest.len() > bytes_max => Err(DecodeError::TooLarge { bytes: rest.len() as u64, max: bytes_max }),
        0 => read::body(rest),
        ZSTD => read::body(&decompressed(rest, bytes_max)?),
        flags => Err(DecodeError::Flags(flags)),
    }
}

fn decompressed(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, DecodeError> {
    let mut reader = reader::Reader::new(bytes);
    let length = reader.varint("the length of its body")?;
    let too_large = DecodeError::TooLarge { bytes: length, max: bytes_max };
    let length = usize::try_from(length).ok().filter(|length| *length <= bytes_max).ok_or(too_large)?;
    let zstd = |error: std::io::Error| DecodeError::Zstd(error.to_string());
    // Room for what is there, whatever length is claimed.
    let mut body = Vec::with_capacity(length.min(reader.rest().len().saturating_mul(ZSTD_RATIO)));
    let frame = zstd::stream::read::Decoder::with_buffer(reader.rest()).map_err(zstd)?;
    frame.take((length as u64).saturating_add(1)).read_to_end(&mut body).map_err(zstd)?;
    if body.len() != length {
        return Err(DecodeError::Zstd(format!("a body that has not the {length} bytes that it should have")));
    }
    Ok(body)
}
