//! Principals seen on the wire.

use std::collections::BTreeSet;
use std::sync::Arc;

/// A set of principals, at most [`Principals::COUNT_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals(BTreeSet<Arc<str>>);

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
