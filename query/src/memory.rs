//! Memory of queries: each has a bound of its own, and all together have one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};
use prometheus_client::metrics::gauge::Gauge;

/// What all queries hold together.
#[derive(Debug)]
pub(crate) struct TotalMemory {
    used: AtomicUsize,
    bytes_max: usize,
    gauge: Gauge<u64, AtomicU64>,
}

impl TotalMemory {
    pub fn new(bytes_max: usize, gauge: Gauge<u64, AtomicU64>) -> Self {
        Self { used: AtomicUsize::new(0), bytes_max, gauge }
    }
}

/// What one query holds; the memory pool that its operators reserve from.
#[derive(Debug)]
pub(crate) struct QueryMemory {
    used: AtomicUsize,
    peak: AtomicUsize,
    bytes_max: usize,
    total: Arc<TotalMemory>,
}

impl QueryMemory {
    pub fn new(bytes_max: usize, total: Arc<TotalMemory>) -> Self {
        Self { used: AtomicUsize::new(0), peak: AtomicUsize::new(0), bytes_max, total }
    }

    /// The most bytes it ever held.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    fn note_peak(&self) {
        self.peak.fetch_max(self.used.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Adds unless the sum would exceed `bytes_max`; then gives the bytes in use.
fn try_add(used: &AtomicUsize, additional: usize, bytes_max: usize) -> Result<(), usize> {
    let add = |used: usize| used.checked_add(additional).filter(|sum| *sum <= bytes_max);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(|_| ())
}

impl MemoryPool for QueryMemory {
    fn name(&self) -> &str {
        "query"
    }

    fn grow(&self, _reservation: &MemoryReservation, additional: usize) {
        self.used.fetch_add(additional, Ordering::Relaxed);
        self.total.used.fetch_add(additional, Ordering::Relaxed);
        self.total.gauge.inc_by(additional as u64);
        self.note_peak();
    }

    fn shrink(&self, _reservation: &MemoryReservation, shrink: usize) {
        self.used.fetch_sub(shrink, Ordering::Relaxed);
        self.total.used.fetch_sub(shrink, Ordering::Relaxed);
        self.total.gauge.dec_by(shrink as u64);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let name = reservation.consumer().name();
        try_add(&self.used, additional, self.bytes_max).map_err(|used| {
            let max = self.bytes_max;
            resources_datafusion_err!("{name} asked for {additional} bytes, {used} of {max} are in use")
        })?;
        try_add(&self.total.used, additional, self.total.bytes_max).map_err(|used| {
            self.used.fetch_sub(additional, Ordering::Relaxed);
            let max = self.total.bytes_max;
            resources_datafusion_err!(
                "{name} asked for {additional} bytes, all queries together use {used} of {max} already"
            )
        })?;
        self.total.gauge.inc_by(additional as u64);
        self.note_peak();
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes_max)
    }
}

impl fmt::Display for QueryMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query({} of {} bytes)", self.reserved(), self.bytes_max)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::MemoryConsumer;

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
        assert_eq!((total.used.load(Ordering::Relaxed), total.gauge.get()), (0, 0));
    }
}
