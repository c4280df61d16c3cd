//! Levels and dictionary numbers as runs and packed bits (Parquet, "Run Length Encoding / Bit-Packing Hybrid").

use crate::series::varint;

/// Packed numbers come in groups of so many. A run that is shorter is packed.
const GROUP: usize = 8;

/// Bits that tell apart all numbers up to one.
pub(super) fn width(greatest: u32) -> u32 {
    u32::BITS - greatest.leading_zeros()
}

/// Appends numbers, each of which has at most `width` bits.
pub(crate) fn encode<N: Copy + PartialEq + Into<u32>>(numbers: &[N], width: u32, out: &mut Vec<u8>) {
    let mut rest = numbers;
    // Numbers before `rest` that are to be packed; their count is a multiple of a group's.
    let mut packed: &[N] = &[];
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|number| *number == first).count();
        // Numbers of no bits are all the same.
        let is_run = run >= GROUP || width == 0;
        let taken = if is_run { run } else { GROUP.min(rest.len()) };
        if is_run {
            pack(packed, width, out);
            varint(out, (run as u64) << 1);
            let value: u32 = (*first).into();
            out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
            packed = &[];
        } else {
            packed = &numbers[numbers.len() - rest.len() - packed.len()..][..packed.len() + taken];
        }
        rest = &rest[taken..];
    }
    pack(packed, width, out);
}

/// The last group is filled up with zeros.
fn pack<N: Copy + Into<u32>>(numbers: &[N], width: u32, out: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    varint(out, (numbers.len().div_ceil(GROUP) as u64) << 1 | 1);
    for group in numbers.chunks(GROUP) {
        let (mut bits, mut count) = (0u64, 0);
        let all = group.iter().map(|number| (*number).into()).chain(std::iter::repeat(0));
        for number in all.take(GROUP) {
            bits |= u64::from(number) << count;
            count += width;
            // Less than a word is left over, and a number has no more than half of it.
            if count >= u32::BITS {
                out.extend_from_slice(&(bits as u32).to_le_bytes());
                bits >>= u32::BITS;
                count -= u32::BITS;
            }
        }
        // A group is whole bytes.
        out.extend_from_slice(&bits.to_le_bytes()[..count.div_ceil(8) as usize]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::pages::hybrid_numbers;

    /// Runs of numbers of at most so many bits.
    fn numbers(width: u32) -> impl Strategy<Value = Vec<u32>> {
        let number = 0..=(u64::from(u32::MAX) >> (u32::BITS - width)) as u32;
        let run = (number, prop_oneof![1usize..4, 5usize..40]).prop_map(|(number, count)| vec![number; count]);
        vec(run, 0..40).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_again((width, numbers) in (1u32..=32).prop_flat_map(|width| (Just(width), numbers(width)))) {
            let mut bytes = Vec::new();
            encode(&numbers, width, &mut bytes);
            prop_assert_eq!(hybrid_numbers(&bytes, width, numbers.len()).unwrap(), numbers);
        }
    }

    #[test]
    fn runs_take_little_and_the_rest_is_packed() {
        let mut bytes = Vec::new();
        encode(&[3u32; 1000], 2, &mut bytes);
        assert_eq!(bytes, [0xd0, 0x0f, 3]);
        bytes.clear();
        // From the format's own example: 0 to 7 in three bits.
        encode(&[0u8, 1, 2, 3, 4, 5, 6, 7], 3, &mut bytes);
        assert_eq!(bytes, [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        bytes.clear();
        encode(&[0u8; 9], 0, &mut bytes);
        assert_eq!(bytes, [18], "a number of no bits takes none");
    }

    #[test]
    fn a_width_is_that_of_the_greatest() {
        assert_eq!([0, 1, 2, 3, 255, 256, u32::MAX].map(width), [0, 1, 2, 2, 8, 9, 32]);
    }
}
