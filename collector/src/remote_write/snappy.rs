//! The block format of Snappy, with a bound: a block names its length first, so nothing is made of one that is too
//! large.

use super::RemoteWriteError;
use super::memory::Budget;

/// The densest element is a copy with an offset of two bytes: three bytes stand for at most 64.
/// Source: google/snappy, `format_description.txt`, 2.2.2.
const INFLATED_PER_BYTE_MAX: u64 = 22;

/// The content of a block. What it takes is reserved before it is made.
///
/// # Errors
/// [`RemoteWriteError::InflatedTooLarge`], [`RemoteWriteError::Snappy`], [`RemoteWriteError::NoMemory`].
pub fn inflate(body: &[u8], bytes_max: u64, budget: &mut Budget<'_>) -> Result<Vec<u8>, RemoteWriteError> {
    let bytes = snap::raw::decompress_len(body).map_err(|error| RemoteWriteError::Snappy(error.to_string()))?;
    let bytes = bytes as u64;
    if bytes > bytes_max {
        return Err(RemoteWriteError::InflatedTooLarge { bytes, bytes_max });
    }
    if bytes > INFLATED_PER_BYTE_MAX * body.len() as u64 {
        let lie = format!("{} bytes cannot stand for the {bytes} that it names", body.len());
        return Err(RemoteWriteError::Snappy(lie));
    }
    budget.reserve_now(bytes)?;
    snap::raw::Decoder::new().decompress_vec(body).map_err(|error| RemoteWriteError::Snappy(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::memory::Bounds;
    use super::*;

    fn inflate(body: &[u8], bytes_max: u64) -> Result<Vec<u8>, RemoteWriteError> {
        let bounds = Bounds { inflated_bytes_max: bytes_max, decoded_bytes_max: 0, reserve: &mut |_| true };
        super::inflate(body, bytes_max, &mut Budget::new(bounds))
    }

    fn block(data: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(data).unwrap()
    }

    #[test]
    fn what_was_compressed_comes_back() {
        let data = b"samples and samples and samples".repeat(100);
        assert_eq!(inflate(&block(&data), 3_100), Ok(data));
    }

    #[test]
    fn the_densest_block_is_taken() {
        let zeros = vec![0; 1 << 22];
        assert_eq!(inflate(&block(&zeros), 1 << 22), Ok(zeros));
    }

    #[test]
    fn nothing_is_made_of_what_is_too_large() {
        let body = block(&[0; 1000]);
        assert_eq!(inflate(&body, 999), Err(RemoteWriteError::InflatedTooLarge { bytes: 1000, bytes_max: 999 }));
    }

    #[test]
    fn a_length_that_lies_makes_nothing() {
        let claims_four_gigabytes = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        let refused = inflate(&claims_four_gigabytes, u64::MAX).unwrap_err();
        assert!(refused.to_string().contains("cannot stand for"), "{refused}");
    }

    #[test]
    fn what_is_no_block_or_ends_early_is_refused() {
        let body = block(&b"samples".repeat(100));
        for bad in [&b""[..], b"\xff\xff\xff\xff\xff\xff", &body[..body.len() - 1]] {
            assert!(matches!(inflate(bad, 1 << 20), Err(RemoteWriteError::Snappy(_))), "{bad:?}");
        }
    }
}
