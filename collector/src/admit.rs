//! Admission by bytes: what all requests together may hold while they are received and decoded.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::gauge::Gauge;

use crate::refusal::Refusal;

/// The budget.
#[derive(Debug, Clone)]
pub struct Admission {
    used: Gauge<u64, AtomicU64>,
    bytes_max: u64,
}

impl Admission {
    /// `used` is also the gauge that shows it.
    pub fn new(used: Gauge<u64, AtomicU64>, bytes_max: u64) -> Self {
        Self { used, bytes_max }
    }

    /// For what must be taken: the log's own frames at replay.
    pub fn unbounded() -> Self {
        Self::new(Gauge::default(), u64::MAX)
    }

    /// An empty reservation, which can grow.
    pub fn reserve(&self) -> Reservation {
        Reservation { admission: self.clone(), bytes: 0 }
    }

    fn counter(&self) -> &AtomicU64 {
        self.used.inner()
    }
}

/// Bytes that one request holds; given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    admission: Admission,
    bytes: u64,
}

impl Reservation {
    /// Takes more. It never waits: a request that holds memory and waits for more could block all others.
    ///
    /// # Errors
    /// When the budget is spent; the reservation stays as it was.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Refusal> {
        let bytes_max = self.admission.bytes_max;
        let taken = self.admission.counter().fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
            used.checked_add(bytes).filter(|used| *used <= bytes_max)
        });
        taken.map_err(|_| Refusal::Overloaded { what: "ingest.inflight_bytes_max" })?;
        self.bytes += bytes;
        Ok(())
    }

    /// An empty reservation of the same budget.
    pub fn sibling(&self) -> Self {
        self.admission.reserve()
    }

    /// Gives back some of what is held.
    pub fn give_back(&mut self, bytes: u64) {
        debug_assert!(bytes <= self.bytes, "{bytes} of {} are given back", self.bytes);
        self.bytes -= bytes;
        self.admission.counter().fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Takes over what a sibling holds.
    pub fn absorb(&mut self, mut sibling: Self) {
        self.bytes += std::mem::take(&mut sibling.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.admission.counter().fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sibling_held_is_given_back_once() {
        let admission = Admission::new(Gauge::default(), 100);
        let mut first = admission.reserve();
        let mut second = first.sibling();
        second.grow(70).unwrap();
        first.absorb(second);
        assert_eq!(admission.used.get(), 70);
        drop(first);
        assert_eq!(admission.used.get(), 0);
    }

    #[test]
    fn what_is_reserved_is_given_back() {
        let admission = Admission::new(Gauge::default(), 100);
        let mut first = admission.reserve();
        first.grow(60).unwrap();
        let mut second = admission.reserve();
        assert!(second.grow(41).is_err());
        second.grow(40).unwrap();
        drop(first);
        assert_eq!(admission.used.get(), 40);
        second.grow(60).unwrap();
        drop(second);
        assert_eq!(admission.used.get(), 0);
    }
}
