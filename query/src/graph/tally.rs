//! What the calls that reached a node add up to, over the range and in its last minute.

use spanloom_store::ledger::{Histogram, Weight};

use super::answer::part_of;
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
    pub recent: Recent,
}

/// Requests of the last minute, and their errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Recent {
    requests: Weight,
    errors: Weight,
}

impl Recent {
    /// Fewer requests say little: one in two that failed is no incident.
    const REQUESTS_MIN: f64 = 10.0;

    /// Of one edge or door, by the view that counts over the whole range.
    pub fn of(views: &Views, recent: Option<&Views>) -> Self {
        let counting = views.counting().and_then(|(view, _)| recent?.get(view));
        let told = counting.and_then(|values| Some((values.requests?, values.outcomes.errors())));
        told.map_or_else(Self::default, |(requests, errors)| Self { requests, errors })
    }

    /// Errors per request; None where there were too few to tell.
    pub fn error_rate(self) -> Option<f64> {
        part_of(Some(self.errors), Some(self.requests)).filter(|_| self.requests.as_f64() >= Self::REQUESTS_MIN)
    }

    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors += other.errors;
    }
}

impl Tally {
    pub fn add(&mut self, views: &Views, recent: Recent) {
        self.recent.add(recent);
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
