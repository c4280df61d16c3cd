//! Envoy's response flags, counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Weight;

/// Weighted counts by flag, at most [`Flags::COUNT_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(BTreeMap<Arc<str>, Weight>);

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

    /// Takes the flag of a call out again. Returns `false` if that cannot be done: a sum has saturated, or flags may have been
    /// left out.
    #[must_use]
    pub fn take_back(&mut self, flag: &str, weight: Weight) -> bool {
        let left = self.0.get(flag).and_then(|known| known.without(weight)).filter(|_| self.0.len() < Self::COUNT_MAX);
        match left {
            Some(Weight::ZERO) => drop(self.0.remove(flag)),
            Some(left) => drop(self.0.insert(flag.into(), left)),
            None => {}
        }
        left.is_some()
    }

    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(flag, weight)| self.record(flag, *weight));
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Weight)> {
        self.0.iter().map(|(flag, weight)| (flag.as_ref(), *weight))
    }
}
