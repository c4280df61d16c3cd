//! Decompression with a bound: output beyond it is never made.

use std::io::{self, Read};

use bytes::Bytes;

use crate::codes::Compression;
use crate::refusal::Refusal;

/// First size of an output buffer, as a multiple of the input; telemetry compresses about that well.
const USUAL_RATIO: usize = 4;
/// A zstd frame may ask for a window of up to 128 MiB; the bound is what RFC 8878 recommends decoders to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The payload without compression.
///
/// # Errors
/// [`Refusal::TooLarge`] when the output would be larger than `bytes_max`, [`Refusal::Undecodable`] when the input is no
/// stream of its kind or ends early.
pub fn inflate(payload: &Bytes, compression: Compression, bytes_max: u64) -> Result<Bytes, Refusal> {
    let inflated = match compression {
        Compression::None => return Ok(payload.clone()),
        Compression::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(&payload[..]), payload.len(), bytes_max),
        Compression::Zstd => zstd_decoder(payload).and_then(|decoder| read_bounded(decoder, payload.len(), bytes_max)),
    };
    match inflated {
        Ok(Some(bytes)) => Ok(bytes.into()),
        Ok(None) => Err(Refusal::TooLarge { key: "ingest.decoded_bytes_max", bytes_max }),
        Err(error) => Err(Refusal::Undecodable(format!("decompression failed: {error}"))),
    }
}

fn zstd_decoder(payload: &Bytes) -> io::Result<impl Read + '_> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(&payload[..])?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// Reads everything; `None` when that is more than `bytes_max`.
fn read_bounded(reader: impl Read, input: usize, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let usual = (input * USUAL_RATIO).min(usize::try_from(bytes_max).unwrap_or(usize::MAX));
    let mut out = Vec::with_capacity(usual);
    let read = reader.take(bytes_max.saturating_add(1)).read_to_end(&mut out)?;
    Ok((read as u64 <= bytes_max).then_some(out))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

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
            assert!(payload.len() < 4096);
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
}
