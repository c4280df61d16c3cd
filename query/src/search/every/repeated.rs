use std::hash::BuildHasherDefault;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::execution::memory_pool::MemoryReservation;

use super::seen::{Hashes, Suspects, mixed};
use crate::error::QueryError;

/// Sets of ids that are looked at by themselves: each then fits into a processor's cache.
const PARTS: usize = 256;

/// Finds the ids that several spans of a batch have or those of several batches.
///
/// Rows of one span have one id, so that of all others nothing has to be known but that their id came once.
pub(super) struct Repeated {
    /// By some bits of their hashes, which sets do not look at: those take the lowest and the highest.
    parts: Vec<Vec<u64>>,
    memory: MemoryReservation,
}

impl Repeated {
    pub fn new(memory: MemoryReservation) -> Self {
        Self { parts: vec![Vec::new(); PARTS], memory }
    }

    /// Adds a batch whose first column are ids of spans.
    ///
    /// # Errors
    /// When a query may hold no more.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        // A list of which the half is in use may be twice as long.
        self.memory.try_grow(2 * batch.num_rows() * size_of::<u64>())?;
        for id in batch.column(0).as_primitive::<Int64Type>().values() {
            let hash = hash(*id);
            self.parts[(hash >> 40) as usize % PARTS].push(hash);
        }
        Ok(())
    }

    pub fn finish(self) -> Suspects {
        let largest = self.parts.iter().map(Vec::len).max().unwrap_or(0);
        let mut seen = Hashes::with_capacity_and_hasher(largest, BuildHasherDefault::default());
        let mut repeated = Hashes::default();
        for part in self.parts {
            seen.clear();
            repeated.extend(part.into_iter().filter(|hash| !seen.insert(*hash)));
        }
        Suspects::of(repeated)
    }
}

/// What ids are told apart by: different ids have different hashes but with a chance of 2⁻⁶⁴.
pub(super) fn hash(id: i64) -> u64 {
    mixed(0, id.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool};

    use super::*;

    fn batch(ids: impl IntoIterator<Item = i64>) -> RecordBatch {
        let ids = Arc::new(Int64Array::from_iter_values(ids)) as ArrayRef;
        RecordBatch::try_from_iter([("span_id", ids)]).unwrap()
    }

    fn suspects(batches: &[RecordBatch]) -> Suspects {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1 << 20));
        let mut repeated = Repeated::new(MemoryConsumer::new("ids").register(&pool));
        batches.iter().try_for_each(|batch| repeated.add(batch)).unwrap();
        repeated.finish()
    }

    #[test]
    fn ids_that_come_again_are_found_in_a_batch_and_across() {
        let found = suspects(&[batch(0..1000), batch([1500, 7, 1500]), batch(1001..1400)]);
        let Suspects::Some(found) = found else { panic!("nothing was found") };
        assert_eq!(found, [7, 1500].map(hash).into_iter().collect());
    }

    #[test]
    fn where_all_ids_differ_nobody_is_suspected() {
        assert!(suspects(&[batch(0..1000), batch(1000..5000)]).is_none());
        assert!(suspects(&[]).is_none());
    }
}
