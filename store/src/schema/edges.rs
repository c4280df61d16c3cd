//! Tables `edges`, `edges_1m` and `edges_10m`: the ledger, in windows of three lengths.
//!
//! A row is what one observer saw of one edge in one window by one kind of evidence. Rows with equal [`EdgeKey`] are parts
//! of one observation and are added up; rows of two observers or two kinds of evidence never are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ledger::{Evidence, Exemplars, Histogram, Observer, Outcomes, Protocol, Reason, Side, Split, Weight};

/// Rows with equal keys are additive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    /// Start of the window. A call belongs to the window in which it *ended*.
    pub window_ns: i64,
    pub source: Side,
    pub target: Side,
    pub protocol: Protocol,
    pub observer: Observer,
    pub evidence: Evidence,
    /// Set if the row is not an edge between two sides.
    pub reason: Option<Reason>,
}

/// What is added up. A number that this observer cannot know is `None`, which is not zero: a reader then asks the next
/// observer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeValues {
    /// Logical calls, corrected for sampling.
    pub requests: Option<Weight>,
    /// What was in fact seen, uncorrected: how well founded the row is.
    pub observed: i64,
    /// Tries, corrected for sampling; more than the requests where there were retries.
    pub attempts: Option<Weight>,
    /// Of the requests; says nothing where those are `None`.
    pub outcomes: Outcomes,
    /// Of the requests, after retries.
    pub latency: Histogram,
    pub split: Split,
    pub request_bytes: Option<i64>,
    pub response_bytes: Option<i64>,
    pub connections: Option<Weight>,
    /// Requests, or where there are none connections, under mutual TLS.
    pub mtls: Option<Weight>,
    /// Envoy's response flags with the number of calls that had them.
    pub response_flags: Flags,
    /// Principals seen on the wire.
    pub principals: Principals,
    /// Whether a counter's difference over several windows was spread evenly over them.
    pub is_spread: bool,
    pub exemplars: Exemplars,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRow {
    pub key: EdgeKey,
    pub values: EdgeValues,
}

/// Weighted counts by flag, at most [`Flags::COUNT_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(BTreeMap<Arc<str>, Weight>);

/// A set of principals, at most [`Principals::COUNT_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals(BTreeSet<Arc<str>>);

impl EdgeValues {
    /// Adds a part of the same observation; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.requests, other.requests);
        self.observed = self.observed.saturating_add(other.observed);
        add(&mut self.attempts, other.attempts);
        self.outcomes.merge(other.outcomes);
        self.latency.merge(&other.latency);
        self.split.merge(&other.split);
        add_bytes(&mut self.request_bytes, other.request_bytes);
        add_bytes(&mut self.response_bytes, other.response_bytes);
        add(&mut self.connections, other.connections);
        add(&mut self.mtls, other.mtls);
        self.response_flags.merge(&other.response_flags);
        self.principals.merge(&other.principals);
        self.is_spread |= other.is_spread;
        self.exemplars.merge(&other.exemplars);
    }
}

impl EdgeRow {
    /// Adds a row with an equal key.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.key, other.key, "only rows of one observation are added up");
        self.values.merge(&other.values);
    }
}

impl Flags {
    /// Envoy has about thirty; a peer that invents more loses the last ones in the alphabet, in any order of merging.
    pub const COUNT_MAX: usize = 32;

    pub fn record(&mut self, flag: &str, weight: Weight) {
        match self.0.get_mut(flag) {
            Some(known) => *known += weight,
            None => {
                self.0.insert(flag.into(), weight);
            }
        }
        if self.0.len() > Self::COUNT_MAX {
            self.0.pop_last();
        }
    }

    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(flag, weight)| self.record(flag, *weight));
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Weight)> {
        self.0.iter().map(|(flag, weight)| (flag.as_ref(), *weight))
    }
}

impl Principals {
    /// An edge has one principal, or a few while it is being moved; of more the first in the alphabet are kept.
    pub const COUNT_MAX: usize = 8;

    pub fn record(&mut self, principal: &Arc<str>) {
        self.0.insert(Arc::clone(principal));
        if self.0.len() > Self::COUNT_MAX {
            self.0.pop_last();
        }
    }

    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|principal| self.record(principal));
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

fn add(known: &mut Option<Weight>, other: Option<Weight>) {
    if let Some(other) = other {
        *known.get_or_insert_default() += other;
    }
}

fn add_bytes(known: &mut Option<i64>, other: Option<i64>) {
    if let Some(other) = other {
        let known = known.get_or_insert_default();
        *known = known.saturating_add(other);
    }
}
