use std::borrow::Cow;

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::{BooleanBuffer, ScalarBuffer};
use bytes::Bytes;
use parquet::errors::ParquetError;

use super::damaged;

/// Numbers of `width` bits, at most 32, out of runs and packed groups (Parquet, "Run Length Encoding / Bit-Packing Hybrid").
pub(super) struct Hybrid<'a> {
    bytes: &'a [u8],
    width: u32,
}

/// Some numbers of a hybrid.
enum Run<'a> {
    Same { value: u32, count: usize },
    Packed(&'a [u8]),
}

/// Levels or codes of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// All are this one.
    Same(u32),
    Each(ScalarBuffer<u32>),
    /// As they are encoded: to look at few.
    Runs(Runs),
}

/// Runs, with how many numbers there are up to the end of each.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Runs {
    ends: Vec<usize>,
    runs: Vec<Kept>,
    width: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Same(u32),
    Packed(Bytes),
}

impl Numbers {
    /// # Panics
    /// When there is no such number.
    pub fn get(&self, i: usize) -> u32 {
        match self {
            Self::Same(number) => *number,
            Self::Each(numbers) => numbers[i],
            Self::Runs(runs) => {
                let run = runs.ends.partition_point(|end| *end <= i);
                match &runs.runs[run] {
                    Kept::Same(number) => *number,
                    Kept::Packed(bytes) => {
                        let start = run.checked_sub(1).map_or(0, |before| runs.ends[before]);
                        packed(bytes, runs.width, i - start) as u32
                    }
                }
            }
        }
    }

    /// All of them, of which there are `count`.
    pub fn each(&self, count: usize) -> Cow<'_, [u32]> {
        match self {
            Self::Same(number) => vec![*number; count].into(),
            Self::Each(numbers) => (&**numbers).into(),
            Self::Runs(_) => (0..count).map(|i| self.get(i)).collect::<Vec<_>>().into(),
        }
    }

    pub fn greatest(&self) -> u32 {
        match self {
            Self::Same(number) => *number,
            Self::Each(numbers) => numbers.iter().copied().max().unwrap_or_default(),
            Self::Runs(runs) => {
                (0..runs.ends.last().copied().unwrap_or_default()).map(|i| self.get(i)).max().unwrap_or_default()
            }
        }
    }
}

impl<'a> Hybrid<'a> {
    pub fn new(bytes: &'a [u8], width: u32) -> Result<Self, ParquetError> {
        if width > 32 {
            return Err(damaged("numbers of more than 32 bits"));
        }
        Ok(Self { bytes, width })
    }

    /// The first `count` numbers.
    pub fn numbers(mut self, count: usize) -> Result<Numbers, ParquetError> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let wanted = count - numbers.len();
            match self.run()? {
                Run::Same { value, count } if numbers.is_empty() && count >= wanted => return Ok(Numbers::Same(value)),
                Run::Same { value, count } => numbers.resize(numbers.len() + count.min(wanted), value),
                Run::Packed(bytes) => unpack_short(bytes, self.width, wanted, &mut numbers),
            }
        }
        Ok(Numbers::Each(numbers.into()))
    }

    /// The first `count` numbers, of one bit each.
    pub fn bits(mut self, count: usize) -> Result<BooleanBuffer, ParquetError> {
        let mut bits = BooleanBufferBuilder::new(0);
        while bits.len() < count {
            let wanted = count - bits.len();
            match self.run()? {
                Run::Same { value, count } => bits.append_n(count.min(wanted), value != 0),
                Run::Packed(bytes) => bits.append_packed_range(0..wanted.min(bytes.len() * 8), bytes),
            }
        }
        Ok(bits.finish())
    }

    /// The lower and the higher bits of the first `count` numbers, of one or two bits each.
    pub fn two_bits(mut self, count: usize) -> Result<(BooleanBuffer, BooleanBuffer), ParquetError> {
        if self.width < 2 {
            return Ok((self.bits(count)?, BooleanBuffer::new_unset(count)));
        }
        let (mut low, mut high) = (BooleanBufferBuilder::new(count), BooleanBufferBuilder::new(count));
        while low.len() < count {
            let wanted = count - low.len();
            match self.run()? {
                Run::Same { value, count } => {
                    low.append_n(count.min(wanted), value & 1 != 0);
                    high.append_n(count.min(wanted), value & 2 != 0);
                }
                Run::Packed(bytes) => {
                    for word in bytes[..wanted.div_ceil(4).min(bytes.len())].chunks(size_of::<u64>()) {
                        let mut padded = [0; size_of::<u64>()];
                        padded[..word.len()].copy_from_slice(word);
                        let (word, numbers) = (u64::from_le_bytes(padded), (word.len() * 4).min(count - low.len()));
                        low.append_packed_range(0..numbers, &every_second(word).to_le_bytes());
                        high.append_packed_range(0..numbers, &every_second(word >> 1).to_le_bytes());
                    }
                }
            }
        }
        Ok((low.finish(), high.finish()))
    }

    /// The first `count` numbers as they are encoded; `bytes` are those that this was made of.
    pub fn runs(mut self, bytes: &Bytes, count: usize) -> Result<Numbers, ParquetError> {
        let mut runs = Runs { ends: Vec::new(), runs: Vec::new(), width: self.width };
        let mut known = 0;
        while known < count {
            let (kept, more) = match self.run()? {
                Run::Same { value, count } => (Kept::Same(value), count),
                Run::Packed(packed) => (Kept::Packed(bytes.slice_ref(packed)), packed.len() * 8 / self.width as usize),
            };
            if known == 0
                && more >= count
                && let Kept::Same(value) = kept
            {
                return Ok(Numbers::Same(value));
            }
            if more == 0 {
                return Err(damaged("it ends early"));
            }
            known = known.saturating_add(more).min(count);
            runs.ends.push(known);
            runs.runs.push(kept);
        }
        Ok(Numbers::Runs(runs))
    }

    fn run(&mut self) -> Result<Run<'a>, ParquetError> {
        let header = varint(&mut self.bytes)?;
        let count = usize::try_from(header >> 1).map_err(|_| damaged("a run that is too long"))?;
        if count == 0 {
            return Err(damaged("a run without numbers"));
        }
        if header & 1 == 0 {
            let bytes = take(&mut self.bytes, self.width.div_ceil(8) as usize)?;
            let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            return Ok(Run::Same { value, count });
        }
        // Groups of eight numbers take as many bytes as a number has bits. The last ones may be cut off.
        let bytes = count.saturating_mul(self.width as usize).min(self.bytes.len());
        if bytes == 0 && self.width > 0 {
            return Err(damaged("it ends early"));
        }
        if self.width == 0 {
            return Ok(Run::Same { value: 0, count: count.saturating_mul(8) });
        }
        Ok(Run::Packed(take(&mut self.bytes, bytes)?))
    }
}

/// The bits at even places, side by side.
fn every_second(word: u64) -> u32 {
    let mut word = word & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0xffff_ffff),
    ] {
        word = (word | word >> shift) & mask;
    }
    word as u32
}

/// At most `count` numbers of `width` bits, from 1 to 32, put behind others.
fn unpack_short(bytes: &[u8], width: u32, count: usize, numbers: &mut Vec<u32>) {
    numbers.reserve(count);
    let bits = width as usize;
    // Eight numbers are as many bytes as one has bits; so many of them are read in one word.
    let groups = if bits > 8 || bytes.len() < 8 { 0 } else { ((bytes.len() - 8) / bits + 1).min(count / 8) };
    let mask = u64::MAX >> (64 - width);
    for group in 0..groups {
        let word = bytes[group * bits..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        numbers.extend_from_slice(&std::array::from_fn::<u32, 8, _>(|i| (word >> (i * bits) & mask) as u32));
    }
    unpack(&bytes[groups * bits..], width, count - groups * 8, |number| numbers.push(number as u32));
}

/// At most `count` numbers of `width` bits, from 1 to 64, packed with the lowest bits first.
pub(super) fn unpack(bytes: &[u8], width: u32, count: usize, mut push: impl FnMut(u64)) {
    let count = count.min(bytes.len() * 8 / width as usize);
    let mask = u64::MAX >> (64 - width);
    let bits = width as usize;
    // As long as a word from the number's first byte on has the whole number and lies within.
    let in_words = if width > 56 || bytes.len() < 8 { 0 } else { ((bytes.len() - 8) * 8 / bits).min(count) };
    for i in 0..in_words {
        let at = i * bits;
        let word = bytes[at / 8..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        push(word >> (at % 8) & mask);
    }
    (in_words..count).for_each(|i| push(packed(bytes, width, i)));
}

/// One of packed numbers.
fn packed(bytes: &[u8], width: u32, i: usize) -> u64 {
    let at = i * width as usize;
    let end = (at + width as usize).div_ceil(8);
    let word = bytes[at / 8..end].iter().rev().fold(0_u128, |word, byte| (word << 8) | u128::from(*byte));
    (word >> (at % 8)) as u64 & (u64::MAX >> (64 - width))
}

/// An unsigned number in groups of seven bits, the lowest first.
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, ParquetError> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(damaged("a number without an end"))
}

/// A number with a sign out of one without: 0, -1, 1, -2 and so on.
pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

pub(super) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], ParquetError> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(|| damaged("it ends early"))?;
    *bytes = rest;
    Ok(taken)
}
