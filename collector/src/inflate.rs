//! Decompression with a bound: output beyond it is never made.
//!
//! Most payloads say how large they are, and then are decompressed at once into memory of that size, by decoders that each thread keeps:
//! libdeflate can do nothing else, and is faster for it. What says nothing, or is not as it says, or is several streams one after
//! the other is read in pieces.

use std::cell::RefCell;
use std::io::{self, Read};

use bytes::Bytes;
use libdeflater::Decompressor as Deflate;
use memchr::memmem;
use zstd::bulk::Decompressor as Zstd;
use zstd::zstd_safe;

use crate::admit::Reservation;
use crate::codes::Compression;
use crate::refusal::Refusal;

/// First size of an output buffer, as a multiple of the input; telemetry compresses about that well.
const USUAL_RATIO: usize = 4;
const BUFFER_BYTES_MIN: usize = 4096;
/// A zstd frame may ask for a window of up to 128 MiB; the bound is what RFC 8878 recommends decoders to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// What a stream of gzip begins with: two bytes of magic and the only method that there is (RFC 1952).
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Bytes that one byte of deflate can stand for, at most.
const DEFLATE_RATIO_MAX: u64 = 1032;
/// The same of zstd, whose block of 128 KiB of one byte takes four.
const ZSTD_RATIO_MAX: u64 = 1 << 16;

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
        Compression::Gzip => match at_once(payload, gzip_length(payload), bytes_max, memory, gunzip)? {
            Some(whole) => Ok(whole),
            None => read_bounded(flate2::read::MultiGzDecoder::new(&payload[..]), payload.len(), bytes_max, memory),
        },
        Compression::Zstd => match at_once(payload, zstd_length(payload), bytes_max, memory, unzstd)? {
            Some(whole) => Ok(whole),
            None => {
                let decoder = zstd_decoder(payload).map_err(|error| undecodable(&error))?;
                read_bounded(decoder, payload.len(), bytes_max, memory)
            }
        },
    }
}

/// How long the payload says that it is without compression, if it does. That may be wrong.
pub fn length(payload: &[u8], compression: Compression) -> Option<u64> {
    match compression {
        Compression::None => Some(payload.len() as u64),
        Compression::Gzip => gzip_length(payload),
        Compression::Zstd => zstd_length(payload),
    }
}

/// The payload without compression if it says a length that may be, and has it.
///
/// # Errors
/// [`Refusal::Overloaded`] when there is no room for that.
fn at_once(
    payload: &[u8],
    length: Option<u64>,
    bytes_max: u64,
    memory: &mut Reservation,
    decompress: impl Fn(&[u8], &mut [u8]) -> Option<usize>,
) -> Result<Option<Bytes>, Refusal> {
    let length = length.filter(|length| *length <= bytes_max);
    let Some((length, bytes)) = length.and_then(|length| Some((length, usize::try_from(length).ok()?))) else {
        return Ok(None);
    };
    memory.grow(length)?;
    let mut out = vec![0; bytes];
    let is_whole = decompress(payload, &mut out) == Some(bytes);
    if !is_whole {
        memory.give_back(length);
    }
    Ok(is_whole.then(|| out.into()))
}

/// The length at the end of a stream, if it is the only one: no other can begin within.
fn gzip_length(payload: &[u8]) -> Option<u64> {
    let rest = payload.strip_prefix(&GZIP_MAGIC)?;
    let length = u64::from(u32::from_le_bytes(*rest.last_chunk()?));
    let is_one = memmem::find(rest, &GZIP_MAGIC).is_none();
    (is_one && length <= payload.len() as u64 * DEFLATE_RATIO_MAX).then_some(length)
}

fn gunzip(payload: &[u8], out: &mut [u8]) -> Option<usize> {
    thread_local! {
        static DEFLATE: RefCell<Deflate> = RefCell::new(Deflate::new());
    }
    DEFLATE.with_borrow_mut(|deflate| deflate.gzip_decompress(payload, out)).ok()
}

/// The length at the start of a frame.
fn zstd_length(payload: &[u8]) -> Option<u64> {
    let length = zstd_safe::get_frame_content_size(payload).ok().flatten();
    length.filter(|length| *length <= payload.len() as u64 * ZSTD_RATIO_MAX)
}

fn unzstd(payload: &[u8], out: &mut [u8]) -> Option<usize> {
    thread_local! {
        static ZSTD: RefCell<Option<Zstd<'static>>> = const { RefCell::new(None) };
    }
    let made = ZSTD.with_borrow_mut(|zstd| match zstd {
        Some(zstd) => zstd.decompress_to_buffer(payload, out),
        None => zstd.insert(Zstd::new()?).decompress_to_buffer(payload, out),
    });
    made.ok()
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

    /// By its own length, by the streams of its parts, by a wrong length, and by a stream that says none.
    #[test]
    fn streams_say_how_long_they_are_or_do_not() {
        let data: Vec<u8> = (0..200_000_u32).flat_map(|i| i.wrapping_mul(i).to_be_bytes()).collect();
        let (head, tail) = data.split_at(123_456);
        let joined = |a: Bytes, b: Bytes| Bytes::from([a, b].concat());
        let mut unsized_zstd = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
        unsized_zstd.write_all(&data).unwrap();
        let unsized_zstd: Bytes = unsized_zstd.finish().unwrap().into();
        let sized_zstd: Bytes = ::zstd::bulk::compress(&data, 1).unwrap().into();
        assert_eq!((zstd_length(&unsized_zstd), zstd_length(&sized_zstd)), (None, Some(data.len() as u64)));
        assert_eq!(gzip_length(&gzip(&data)), Some(data.len() as u64));
        assert_eq!(gzip_length(&joined(gzip(head), gzip(tail))), None);
        let equal = data.repeat(2);
        for (payload, compression, expected) in [
            (gzip(&data), Compression::Gzip, &data),
            (joined(gzip(head), gzip(tail)), Compression::Gzip, &data),
            (joined(gzip(&data), gzip(&data)), Compression::Gzip, &equal),
            (joined(gzip(b""), gzip(&data)), Compression::Gzip, &data),
            (gzip(&GZIP_MAGIC), Compression::Gzip, &GZIP_MAGIC.to_vec()),
            (gzip(b""), Compression::Gzip, &Vec::new()),
            (unsized_zstd, Compression::Zstd, &data),
            (sized_zstd.clone(), Compression::Zstd, &data),
            (joined(sized_zstd.clone(), sized_zstd), Compression::Zstd, &equal),
        ] {
            let mut memory = Admission::unbounded().reserve();
            let found = super::inflate(&payload, compression, 1 << 22, &mut memory).unwrap();
            assert!(found == *expected, "{} of {} bytes", found.len(), expected.len());
        }
    }

    #[test]
    fn what_a_damaged_stream_says_of_its_length_takes_no_memory() {
        let data = b"spans".repeat(1000);
        let of_length = |length: u32| {
            let mut stream = gzip(&data).to_vec();
            let end = stream.len() - 4;
            stream[end..].copy_from_slice(&length.to_le_bytes());
            (Bytes::from(stream), Compression::Gzip)
        };
        // The length of a frame is behind four bytes of magic and one of flags.
        let mut frame = ::zstd::bulk::compress(&data, 1).unwrap();
        frame[5] ^= 1;
        assert_eq!(zstd_length(&frame), Some(data.len() as u64 ^ 1));
        let cases = [0, 4999, 5001, 1 << 20, u32::MAX].map(of_length).into_iter();
        for (payload, compression) in cases.chain([(frame.into(), Compression::Zstd)]) {
            let used = prometheus_client::metrics::gauge::Gauge::default();
            let mut memory = Admission::new(used.clone(), 1 << 22).reserve();
            let refused = super::inflate(&payload, compression, 1 << 20, &mut memory);
            assert!(matches!(refused, Err(Refusal::Undecodable(_))), "{payload:?}");
            // Of pieces only.
            assert!(used.get() <= 2 * BUFFER_BYTES_MIN as u64, "{} bytes for {payload:?}", used.get());
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
