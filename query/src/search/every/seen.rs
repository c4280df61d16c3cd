use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{Array as _, AsArray as _, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::execution::memory_pool::MemoryReservation;

use super::repeated::hash;
use crate::error::QueryError;

/// Spans of one place in time are known together: they lie together, and a small set is a fast one.
const BUCKET_NS: i64 = 5 * 60 * 1_000_000_000;
/// A number in a hash set, with its control byte and the set's spare room.
const SEEN_BYTES: usize = 16;

/// Which spans came already. A span that was sent again has the ids, kind, start and service of the first; two others look
/// the same here with a chance of 2⁻⁶⁴.
pub(super) struct Seen {
    suspects: Suspects,
    buckets: HashMap<i64, Hashes>,
    memory: MemoryReservation,
}

/// Spans that may have come more than once.
pub(super) enum Suspects {
    None,
    /// By [`hash`] of their ids.
    Some(Hashes),
    All,
}

pub(super) type Hashes = HashSet<u64, BuildHasherDefault<AsItIs>>;

impl Seen {
    /// What it looks at if there are suspects, in this order and before all other columns.
    pub const COLUMNS: [&'static str; 6] = ["trace_hi", "trace_lo", "span_id", "kind", "start_ns", "service_name"];

    pub fn new(suspects: Suspects, memory: MemoryReservation) -> Self {
        Self { suspects, buckets: HashMap::new(), memory }
    }

    /// Adds the rows of spans that are new.
    ///
    /// # Errors
    /// When a query may hold no more.
    pub fn new_rows(&mut self, batch: &RecordBatch, rows: &mut Vec<usize>) -> Result<(), QueryError> {
        if self.suspects.is_none() {
            rows.extend(0..batch.num_rows());
            return Ok(());
        }
        self.memory.try_grow(batch.num_rows() * SEEN_BYTES)?;
        let spans = Identities::of(batch);
        let mut row = 0;
        while row < batch.num_rows() {
            let bucket = spans.bucket(row);
            let seen = self.buckets.entry(bucket).or_default();
            while row < batch.num_rows() && spans.bucket(row) == bucket {
                if !self.suspects.has(spans.id(row)) || seen.insert(spans.hash(row)) {
                    rows.push(row);
                }
                row += 1;
            }
        }
        let spans: usize = self.buckets.values().map(Hashes::len).sum();
        self.memory.shrink(self.memory.size().saturating_sub(spans * SEEN_BYTES));
        Ok(())
    }
}

impl Suspects {
    pub fn of(ids: Hashes) -> Self {
        if ids.is_empty() { Self::None } else { Self::Some(ids) }
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    fn has(&self, span_id: i64) -> bool {
        match self {
            Self::None => false,
            Self::Some(ids) => ids.contains(&hash(span_id)),
            Self::All => true,
        }
    }
}

struct Identities<'a> {
    ints: [&'a Int64Array; 3],
    kinds: &'a Int32Array,
    starts: &'a Int64Array,
    services: &'a StringViewArray,
}

impl<'a> Identities<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let ints = |i: usize| batch.column(i).as_primitive::<Int64Type>();
        Self {
            ints: [0, 1, 2].map(ints),
            kinds: batch.column(3).as_primitive::<Int32Type>(),
            starts: ints(4),
            services: batch.column(5).as_string_view(),
        }
    }

    fn id(&self, row: usize) -> i64 {
        self.ints[2].value(row)
    }

    fn bucket(&self, row: usize) -> i64 {
        self.starts.value(row).div_euclid(BUCKET_NS)
    }

    fn hash(&self, row: usize) -> u64 {
        let ids = self.ints.iter().map(|ids| ids.value(row).cast_unsigned());
        let rest = [self.starts.value(row).cast_unsigned(), u64::from(self.kinds.value(row).cast_unsigned())];
        let hash = ids.chain(rest).fold(0, mixed);
        match self.services.is_valid(row) {
            true => texts(hash, self.services.value(row).as_bytes()),
            false => mixed(hash, u64::MAX),
        }
    }
}

/// Multiplies to 128 bits and folds the halves, so that every bit of `word` reaches every bit of the result (the mixing step
/// of wyhash by Wang Yi, in the public domain).
pub(super) fn mixed(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ 0xa076_1d64_78bd_642f) * u128::from(word ^ 0xe703_7ed1_a0b4_28db);
    (product >> 64) as u64 ^ product as u64
}

fn texts(hash: u64, bytes: &[u8]) -> u64 {
    let mut hash = mixed(hash, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mixed(hash, u64::from_le_bytes(word));
    }
    hash
}

/// The numbers are hashes already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
