use parquet::errors::ParquetError;

use super::bits::{take, unpack, varint, zigzag};
use super::damaged;

/// Miniblocks that one block may have; writers use four.
const MINIBLOCKS_MAX: usize = 512;

/// At most `count` numbers out of differences (Parquet, `DELTA_BINARY_PACKED`).
pub(super) fn ints(mut bytes: &[u8], count: usize) -> Result<Vec<i64>, ParquetError> {
    let block = length(&mut bytes)?;
    let miniblocks = length(&mut bytes)?;
    let total = length(&mut bytes)?.min(count);
    let first = zigzag(varint(&mut bytes)?);
    if miniblocks == 0 || miniblocks > MINIBLOCKS_MAX || block % miniblocks != 0 || block == 0 {
        return Err(damaged("blocks of differences of a size that none have"));
    }
    let in_miniblock = block / miniblocks;
    let mut values = Vec::with_capacity(total);
    if total > 0 {
        values.push(first);
    }
    let mut last = first;
    while values.len() < total {
        let least = zigzag(varint(&mut bytes)?);
        for width in take(&mut bytes, miniblocks)? {
            let wanted = in_miniblock.min(total - values.len());
            if wanted == 0 {
                break;
            }
            let mut push = |difference: u64| {
                last = last.wrapping_add(least).wrapping_add(difference.cast_signed());
                values.push(last);
            };
            match u32::from(*width) {
                0 => (0..wanted).for_each(|_| push(0)),
                width @ 1..=64 => {
                    // The last miniblock may be cut off.
                    let length = in_miniblock.saturating_mul(width as usize).div_ceil(8).min(bytes.len());
                    let packed = take(&mut bytes, length)?;
                    if packed.len() * 8 < wanted * width as usize {
                        return Err(damaged("differences end early"));
                    }
                    unpack(packed, width, wanted, push);
                }
                _ => return Err(damaged("differences of more than 64 bits")),
            }
        }
    }
    Ok(values)
}

fn length(bytes: &mut &[u8]) -> Result<usize, ParquetError> {
    usize::try_from(varint(bytes)?).map_err(|_| damaged("a length that no memory has"))
}
