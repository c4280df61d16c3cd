//! Decompression with a bound: output beyond it is never made.

use std::io::{self, Read};

use bytes::Bytes;

use crate::admit::Reservation;
use crate::codes::Compression;
use crate::refusal::Refusal;

/// First size of an output buffer, as a multiple of the input; telemetry compresses about that well.
const USUAL_RATIO: usize = 4;
const BUFFER_BYTES_MIN: usize = 4096;
/// A zstd frame may ask for a window of up to 128 MiB; the bound is what RFC 8878 recommends decoders to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The payload without compression. What the output takes is reserved before it is made.
///
/// # Errors
/// [`Refusal::TooLarge`] when the output would be larger than `bytes_max`, [`Refusal::Undecodable`] when the input is no
/// stream of its kind or ends early, [`Refusal::Overloaded`] when there is no room for the output.
pub fn inflate(
    payload: &Bytes,
    compression: Compression,
    bytes_max: u64,
    memory: &mut Reservation,
) -> Result<Bytes, Refusal> {
    match compression {
        Compression::None if payload.len() as u64 > bytes_max => Err(too_large(bytes_max)),
        Compression::None => Ok(payload.clone()),
        Compression::Gzip => {
            read_bounded(flate2::read::MultiGzDecoder::new(&payload[..]), payload.len(), bytes_max, memory)
        }
        Compression::Zstd => {
            let decoder = zstd_decoder(payload).map_err(|error| undecodable(&error))?;
            read_bounded(decoder, payload.len(), bytes_max, memory)
        }
    }
}

fn too_large(bytes_max: u64) -> Refusal {
    Refusal::TooLarge { key: "ingest.decoded_bytes_max", bytes_max }
}

fn undecodable(error: &io::Error) -> Refusal {
    Refusal::Undecodable(format!("decompression failed: {error}"))
}

fn zstd_decoder(payload: &Bytes) -> io::Result<impl Read + '_> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(&payload[..])?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// Reads everything into a buffer that doubles up to the bound and one byte, which tells "exactly" from "more".
fn read_bounded(
    mut reader: impl Read,
    input: usize,
    bytes_max: u64,
    memory: &mut Reservation,
) -> Result<Bytes, Refusal> {
    let buffer_max = usize::try_from(bytes_max.saturating_add(1)).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    loop {
        let wanted = out.capacity().max(input * USUAL_RATIO).max(BUFFER_BYTES_MIN);
        let more = wanted.min(buffer_max - out.len());
        if more == 0 {
            return Err(too_large(bytes_max));
        }
        memory.grow(more as u64)?;
        out.reserve_exact(more);
        let read = reader.by_ref().take(more as u64).read_to_end(&mut out).map_err(|error| undecodable(&error))?;
        if read < more {
            return Ok(out.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::admit::Admission;

    fn inflate(payload: &Bytes, compression: Compression, bytes_max: u64) -> Result<Bytes, Refusal> {
        super::inflate(payload, compression, bytes_max, &mut Admission::unbounded().reserve())
    }

    fn gzip(data: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap().into()
    }

    fn zstd(data: &[u8]) -> Bytes {
        ::zstd::encode_all(data, 1).unwrap().into()
    }

    #[test]
    fn what_was_compressed_comes_back() {
        let data = b"spans and spans and spans".repeat(100);
        for (payload, compression) in [
            (Bytes::from(data.clone()), Compression::None),
            (gzip(&data), Compression::Gzip),
            (zstd(&data), Compression::Zstd),
        ] {
            assert_eq!(inflate(&payload, compression, 1 << 20).unwrap(), data);
        }
    }

    #[test]
    fn output_beyond_the_bound_is_refused() {
        let zeros = vec![0; 1 << 20];
        for (payload, compression) in [(gzip(&zeros), Compression::Gzip), (zstd(&zeros), Compression::Zstd)] {
            assert!(payload.len() < 1 << 14);
            let refused = inflate(&payload, compression, 1 << 16).unwrap_err();
            assert!(matches!(refused, Refusal::TooLarge { bytes_max: 65_536, .. }), "{refused}");
            assert!(inflate(&payload, compression, 1 << 20).is_ok());
        }
    }

    #[test]
    fn what_is_not_compressed_or_ends_early_is_undecodable() {
        let data = b"spans".repeat(1000);
        for (payload, compression) in [
            (Bytes::from_static(b"plain"), Compression::Gzip),
            (Bytes::from_static(b"plain"), Compression::Zstd),
            (gzip(&data).slice(..20), Compression::Gzip),
            (zstd(&data).slice(..15), Compression::Zstd),
        ] {
            assert!(matches!(inflate(&payload, compression, 1 << 20), Err(Refusal::Undecodable(_))));
        }
    }

    #[test]
    fn output_of_exactly_the_bound_is_taken() {
        let data = vec![7; 100_000];
        for (payload, compression) in [
            (Bytes::from(data.clone()), Compression::None),
            (gzip(&data), Compression::Gzip),
            (zstd(&data), Compression::Zstd),
        ] {
            assert_eq!(inflate(&payload, compression, 100_000).unwrap(), data);
            assert!(matches!(inflate(&payload, compression, 99_999), Err(Refusal::TooLarge { .. })));
        }
    }

    #[test]
    fn no_room_for_the_output_is_no_fault_of_the_input() {
        let payload = gzip(&vec![0; 1 << 20]);
        let mut memory = Admission::new(prometheus_client::metrics::gauge::Gauge::default(), 1 << 16).reserve();
        let refused = super::inflate(&payload, Compression::Gzip, 1 << 20, &mut memory).unwrap_err();
        assert!(matches!(refused, Refusal::Overloaded { .. }), "{refused}");
    }
}
