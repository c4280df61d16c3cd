//! Table `identities`: which raw name or host was said to be which identity, per hour.
//!
//! Each row is one statement of the stored spans. Which of several statements counts is decided by who reads them.

use std::sync::Arc;

use crate::ledger::{NameKind, Origin};

/// Rows with equal keys are additive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey {
    /// Start of the hour in which it was said.
    pub window_ns: i64,
    /// The raw name or the host.
    pub name: Arc<str>,
    pub name_kind: NameKind,
    /// What said it.
    pub origin: Origin,
    pub cluster: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    /// The raw `service.name` of the identity.
    pub service: Option<Arc<str>>,
    pub workload: Option<Arc<str>>,
}

/// What is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityValues {
    /// How often it was said: the name that a node was seen by most is its first one.
    pub observed: i64,
    pub first_ns: i64,
    pub last_ns: i64,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub key: IdentityKey,
    pub values: IdentityValues,
}

impl IdentityValues {
    /// A statement made once.
    pub fn at(time_ns: i64) -> Self {
        Self { observed: 1, first_ns: time_ns, last_ns: time_ns }
    }

    /// Adds a part; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        self.observed = self.observed.saturating_add(other.observed);
        self.first_ns = self.first_ns.min(other.first_ns);
        self.last_ns = self.last_ns.max(other.last_ns);
    }
}

impl IdentityRow {
    /// Adds a row with an equal key.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.key, other.key, "only equal statements are added up");
        self.values.merge(&other.values);
    }
}
