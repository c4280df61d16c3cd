//! Rows added up: between whom calls were, and every view of them.

use std::collections::HashMap;
use std::hash::Hash;

use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use foldhash::fast::RandomState;
use spanloom_store::ledger::{Protocol, Reason};
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues};

use super::{Place, Places, View, Views};

/// What an entry of a map takes besides its contents; a map is up to half empty.
const ENTRY_BYTES: usize = 2 * size_of::<(Between, View, EdgeValues)>();
const BUCKET_BYTES: usize = 32;
const FLAG_BYTES: usize = 64;
const PRINCIPAL_BYTES: usize = 128;

/// Between whom calls were; a side is missing where the reason says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Between {
    pub source: Option<Place>,
    pub target: Option<Place>,
    pub protocol: Protocol,
    pub reason: Option<Reason>,
}

impl Between {
    /// The places of a row.
    ///
    /// # Errors
    /// When there is no memory for another node.
    pub fn of(key: &EdgeKey, places: &mut Places<'_>) -> Result<Self> {
        let has_source = matches!(key.reason, None | Some(Reason::NoTarget));
        let has_target = key.reason != Some(Reason::NoTarget);
        Ok(Self {
            source: has_source.then(|| places.place(&key.source)).transpose()?,
            target: has_target.then(|| places.place(&key.target)).transpose()?,
            protocol: key.protocol,
            reason: key.reason,
        })
    }
}

/// The views of calls by some key.
pub(crate) type ViewsBy<K> = HashMap<K, Views, RandomState>;

/// The views of calls by some key, and the memory that they take.
pub(crate) struct Calls<K> {
    pub views: ViewsBy<K>,
    pub memory: MemoryReservation,
}

impl<K: Eq + Hash> Calls<K> {
    pub fn new(memory: MemoryReservation) -> Self {
        Self { views: HashMap::default(), memory }
    }

    /// Adds a row to the views of a key.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn add(&mut self, key: K, row: &EdgeRow) -> Result<()> {
        self.add_values(key, &row.key, &row.values)
    }

    /// [`Self::add`] of other values than the row's.
    pub fn add_values(&mut self, key: K, row: &EdgeKey, added: &EdgeValues) -> Result<()> {
        let views = self.views.entry(key).or_default();
        let count = views.iter().len();
        let values = views.entry(View { evidence: row.evidence, observer: row.observer });
        let before = heap_bytes(values);
        values.merge(added);
        let grown = heap_bytes(values).saturating_sub(before);
        self.memory.try_grow(grown + (views.iter().len() - count) * ENTRY_BYTES)
    }
}

/// What the values point to.
fn heap_bytes(values: &EdgeValues) -> usize {
    values.latency.buckets().len() * BUCKET_BYTES
        + values.response_flags.iter().len() * FLAG_BYTES
        + values.principals.iter().len() * PRINCIPAL_BYTES
}
