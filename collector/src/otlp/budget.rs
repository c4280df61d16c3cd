//! Memory that reading one request may take.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use thiserror::Error;

use crate::admit::Reservation;
use crate::decode::MEMORY_KEY;
use crate::refusal::Refusal;

/// Memory is reserved in steps of this size; what is left of the last one is given back.
const STEP_BYTES: u64 = 256 << 10;

/// Nothing more can be had. The budget keeps the reason, for readers whose errors cannot carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the memory of the request is spent")]
pub struct Spent;

/// What a request may still take.
pub struct Budget {
    left: Cell<u64>,
    /// Reserved and not used yet.
    reserved: Cell<u64>,
    memory: RefCell<Reservation>,
    /// Why nothing more can be had.
    refusal: RefCell<Option<Refusal>>,
    memory_bytes_max: u64,
}

impl Budget {
    fn new(memory_bytes_max: u64, memory: Reservation) -> Self {
        Self {
            left: Cell::new(memory_bytes_max),
            reserved: Cell::new(0),
            memory: RefCell::new(memory),
            refusal: RefCell::new(None),
            memory_bytes_max,
        }
    }

    /// Takes so much before it is used.
    ///
    /// # Errors
    /// When the bound or the memory of all requests does not have it; then the reading must end.
    pub fn take(&self, bytes: usize) -> Result<(), Spent> {
        self.try_take(bytes as u64).map_err(|refusal| {
            self.refusal.replace(Some(refusal));
            Spent
        })
    }

    fn try_take(&self, bytes: u64) -> Result<(), Refusal> {
        let too_large = || Refusal::TooLarge { key: MEMORY_KEY, bytes_max: self.memory_bytes_max };
        self.left.set(self.left.get().checked_sub(bytes).ok_or_else(too_large)?);
        if self.reserved.get() < bytes {
            let step = STEP_BYTES.max(bytes);
            self.memory.borrow_mut().grow(step)?;
            self.reserved.set(self.reserved.get() + step);
        }
        self.reserved.set(self.reserved.get() - bytes);
        Ok(())
    }

    /// Appends to a list; when the list has to grow, its new places are taken first.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn push<T>(&self, list: &mut Vec<T>, item: T) -> Result<(), Spent> {
        const PLACES_MIN: usize = 4;
        if list.len() == list.capacity() {
            let places = list.capacity().max(PLACES_MIN);
            self.take(places * size_of::<T>())?;
            list.reserve_exact(places);
        }
        list.push(item);
        Ok(())
    }
}

/// Reads a request that takes at most `memory_bytes_max`, and adds to `memory` what it took.
///
/// # Errors
/// [`Refusal::TooLarge`] and [`Refusal::Overloaded`] where memory was [`Spent`], else [`Refusal::Undecodable`] with what
/// the reader says.
pub fn within<T, E: Display>(
    memory_bytes_max: u64,
    memory: &mut Reservation,
    read: impl FnOnce(&Budget) -> Result<T, E>,
) -> Result<T, Refusal> {
    let budget = Budget::new(memory_bytes_max, memory.sibling());
    let read = read(&budget);
    let read = read.map_err(|error| budget.refusal.take().unwrap_or_else(|| Refusal::Undecodable(error.to_string())));
    let mut taken = budget.memory.into_inner();
    taken.give_back(budget.reserved.get());
    memory.absorb(taken);
    read
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;
    use crate::admit::Admission;

    #[test]
    fn what_was_taken_stays_reserved_and_no_more() {
        let gauge = Gauge::default();
        let mut memory = Admission::new(gauge.clone(), 1 << 20).reserve();
        memory.grow(7).unwrap();
        within(1 << 20, &mut memory, |budget| (0..1000).try_for_each(|_| budget.take(300))).unwrap();
        assert_eq!(gauge.get(), 300_007);
        drop(memory);
        assert_eq!(gauge.get(), 0);
    }

    #[test]
    fn the_reason_is_the_bound_that_was_met() {
        let mut memory = Admission::new(Gauge::default(), 1 << 20).reserve();
        let too_large = within(99, &mut memory, |budget| budget.take(100));
        assert_eq!(too_large, Err(Refusal::TooLarge { key: MEMORY_KEY, bytes_max: 99 }));
        let overloaded = within(u64::MAX, &mut memory, |budget| budget.take(2 << 20));
        assert_eq!(overloaded, Err(Refusal::Overloaded { what: "ingest.inflight_bytes_max" }));
        let undecodable = within(99, &mut memory, |_| Err::<(), _>("no request"));
        assert_eq!(undecodable, Err(Refusal::Undecodable("no request".to_owned())));
    }

    #[test]
    fn a_list_pays_for_its_places_and_not_for_what_fills_them_again() {
        let gauge = Gauge::default();
        let mut memory = Admission::new(gauge.clone(), 1 << 20).reserve();
        let mut list: Vec<u64> = Vec::new();
        let fill = |list: &mut Vec<u64>, budget: &Budget| (0..8).try_for_each(|n| budget.push(list, n));
        within(64, &mut memory, |budget| {
            fill(&mut list, budget)?;
            list.clear();
            fill(&mut list, budget)
        })
        .unwrap();
        assert_eq!((list.len(), gauge.get()), (8, 64));
        assert!(within(63, &mut memory, |budget| budget.push(&mut list, 9)).is_err());
    }
}
