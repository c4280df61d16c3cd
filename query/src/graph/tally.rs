//! What the calls that reached a node add up to.

use spanloom_store::ledger::{Histogram, Weight};

use crate::ledger::Views;

/// Each call once: of every edge and door the view that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    requests: Option<Weight>,
    errors: Weight,
    /// Calls were seen that nobody counted.
    is_blind: bool,
    pub latency: Histogram,
    /// Whether anything reached it.
    pub is_active: bool,
}

impl Tally {
    pub fn add(&mut self, views: &Views) {
        match views.requests() {
            Some(requests) => *self.requests.get_or_insert_default() += requests,
            None => self.is_blind = true,
        }
        self.errors += views.errors().unwrap_or_default();
        if let Some(latency) = views.latency() {
            self.latency.merge(latency);
        }
        self.is_active |= views.is_active();
    }

    /// None only where calls were seen and nobody counted any.
    pub fn requests(&self) -> Option<Weight> {
        self.requests.or((!self.is_blind).then_some(Weight::ZERO))
    }

    /// None where the requests are.
    pub fn errors(&self) -> Option<Weight> {
        self.requests().map(|_| self.errors)
    }
}
