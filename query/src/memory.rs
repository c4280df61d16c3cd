//! Memory of queries: each has a bound of its own, and all together have one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use datafusion::common::{DataFusionError, resources_datafusion_err};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use prometheus_client::metrics::gauge::Gauge;

/// Sorts, joins and aggregations that can spill may take one part in so many of a query's memory. What they hand their
/// rows to cannot spill and needs the rest.
const SPILLABLE_SHARE: usize = 2;

/// What all queries hold together.
#[derive(Debug)]
pub(crate) struct TotalMemory {
    bytes: BoundedSum,
    gauge: Gauge<u64, AtomicU64>,
}

impl TotalMemory {
    pub fn new(bytes_max: usize, gauge: Gauge<u64, AtomicU64>) -> Self {
        Self { bytes: BoundedSum::new(bytes_max), gauge }
    }
}

/// A number of bytes that does not exceed a bound unless it must.
#[derive(Debug)]
struct BoundedSum {
    used: AtomicUsize,
    bytes_max: usize,
}

impl BoundedSum {
    fn new(bytes_max: usize) -> Self {
        Self { used: AtomicUsize::new(0), bytes_max }
    }

    fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Adds unless the sum would exceed the bound; then gives the bytes in use.
    fn try_add(&self, additional: usize) -> Result<(), usize> {
        let add = |used: usize| used.checked_add(additional).filter(|sum| *sum <= self.bytes_max);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(|_| ())
    }

    fn add(&self, additional: usize) {
        self.used.fetch_add(additional, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What one query holds; the memory pool that its operators reserve from. Operators that can spill share their part
/// evenly, so that the first of two sorts does not leave the second with nothing.
#[derive(Debug)]
pub(crate) struct QueryMemory {
    bytes: BoundedSum,
    spillable: FairSpillPool,
    peak: AtomicUsize,
    total: Arc<TotalMemory>,
}

impl QueryMemory {
    pub fn new(bytes_max: usize, total: Arc<TotalMemory>) -> Self {
        let spillable = FairSpillPool::new(bytes_max / SPILLABLE_SHARE);
        Self { bytes: BoundedSum::new(bytes_max), spillable, peak: AtomicUsize::new(0), total }
    }

    /// The most bytes it ever held.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    fn note_peak(&self) {
        self.peak.fetch_max(self.bytes.used(), Ordering::Relaxed);
    }

    /// Reserves from the bounds of query and server, or from neither.
    fn try_add(&self, name: &str, additional: usize) -> Result<(), DataFusionError> {
        self.bytes.try_add(additional).map_err(|used| {
            let max = self.bytes.bytes_max;
            resources_datafusion_err!("{name} asked for {additional} bytes, {used} of {max} are in use")
        })?;
        self.total.bytes.try_add(additional).map_err(|used| {
            self.bytes.subtract(additional);
            let max = self.total.bytes.bytes_max;
            resources_datafusion_err!(
                "{name} asked for {additional} bytes, all queries together use {used} of {max} already"
            )
        })
    }
}

impl MemoryPool for QueryMemory {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.spillable.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.spillable.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        if reservation.consumer().can_spill() {
            self.spillable.grow(reservation, additional);
        }
        self.bytes.add(additional);
        self.total.bytes.add(additional);
        self.total.gauge.inc_by(additional as u64);
        self.note_peak();
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        if reservation.consumer().can_spill() {
            self.spillable.shrink(reservation, shrink);
        }
        self.bytes.subtract(shrink);
        self.total.bytes.subtract(shrink);
        self.total.gauge.dec_by(shrink as u64);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<(), DataFusionError> {
        let can_spill = reservation.consumer().can_spill();
        if can_spill {
            self.spillable.try_grow(reservation, additional)?;
        }
        if let Err(refused) = self.try_add(reservation.consumer().name(), additional) {
            if can_spill {
                self.spillable.shrink(reservation, additional);
            }
            return Err(refused);
        }
        self.total.gauge.inc_by(additional as u64);
        self.note_peak();
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.bytes.used()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes.bytes_max)
    }
}

impl fmt::Display for QueryMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query({} of {} bytes)", self.reserved(), self.bytes.bytes_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(bytes_max: usize, total: &Arc<TotalMemory>) -> Arc<dyn MemoryPool> {
        Arc::new(QueryMemory::new(bytes_max, Arc::clone(total)))
    }

    #[test]
    fn a_query_has_its_bound_and_all_have_one() {
        let total = Arc::new(TotalMemory::new(150, Gauge::default()));
        let (a, b) = (pool(100, &total), pool(100, &total));
        let in_a = MemoryConsumer::new("a").register(&a);
        let in_b = MemoryConsumer::new("b").register(&b);
        assert!(in_a.try_grow(101).is_err());
        assert!(in_a.try_grow(100).is_ok());
        assert!(in_b.try_grow(51).is_err(), "the sum of both");
        assert_eq!(b.reserved(), 0, "a refused request leaves nothing behind");
        assert!(in_b.try_grow(50).is_ok());
        drop(in_a);
        assert!(in_b.try_grow(50).is_ok());
        drop(in_b);
        assert_eq!((total.bytes.used(), total.gauge.get()), (0, 0));
    }

    #[test]
    fn operators_that_spill_share_evenly() {
        let pool = pool(100, &Arc::new(TotalMemory::new(1000, Gauge::default())));
        let sort = |name| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let (first, second) = (sort("first"), sort("second"));
        assert!(first.try_grow(26).is_err(), "half is for the second");
        assert!(first.try_grow(25).is_ok());
        assert!(second.try_grow(25).is_ok());
        let merge = MemoryConsumer::new("merge").register(&pool);
        assert!(merge.try_grow(50).is_ok(), "the rest is for what cannot spill");
    }
}
