//! The active series of a tenant: what they are called, when they were last heard of, and in which hours their labels
//! lie in the lake.
//!
//! ```text
//! decoding  is_durable, admit     one lock for reading and one look per sample
//! publish   insert, touch         before samples are visible, so that whoever sees a sample finds its labels
//! flush     unwritten -> table `series` of the hour -> mark_written
//! queries   ids, select, label_names, label_values, cardinality
//! ```
//!
//! Whatever changes often (times, hours) changes under the lock for reading. The lock for writing is taken for new
//! series and by [`SeriesIndex::sweep`], a piece at a time. Slots are not shown: a sweep gives new ones.

/// Times and hours of a series.
mod activity;
/// What makes an index large.
mod cardinality;
/// Names, values and pairs.
mod dictionary;
/// Hashers.
mod hash;
/// Series by id and label.
mod label_index;
/// What things take in memory.
mod memory;
/// What is known of metric families.
mod metadata;
/// Names and values of labels.
mod names;
/// Regular expressions that are simpler than that.
mod pattern;
/// Series of a label.
mod postings;
/// What queries ask.
mod questions;
/// Series that fulfil conditions.
mod select;
/// Forgetting series.
mod sweep;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use self::activity::Activity;
use self::metadata::Families;
use super::batch::{KnownSeries, SeriesLimits};
use super::id::SeriesId;
use super::labels::Labels;
use super::sample::MetricMetadata;

pub use self::activity::SeriesHour;
pub use self::cardinality::{Cardinality, Ranking};
pub use self::label_index::{Insertion, LabelIndex};
pub use self::metadata::FAMILIES_MAX;
pub use self::questions::{LastSeen, TooManySelected};

/// The number of a series in a [`LabelIndex`].
pub type Slot = u32;

/// How many series are worked on before a lock is let go.
const PIECE: usize = 1024;
/// The same for new series, which cost some microseconds each.
const NEW_PIECE: usize = 256;

/// What became of series that were to be added; the rest was known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inserted {
    pub added: usize,
    /// Other labels have the same id; those that came first stay.
    pub collisions: usize,
}

/// Series of which an hour of table `series` has no labels.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unwritten {
    /// By id, each once.
    pub series: Vec<(SeriesId, Labels)>,
    /// Ids that the index does not know, each once: nobody can write their labels.
    pub unknown: Vec<SeriesId>,
}

#[derive(Debug, Default)]
struct State {
    index: LabelIndex,
    /// By slot.
    activities: Vec<Activity>,
}

impl State {
    fn activity(&self, slot: Slot) -> &Activity {
        &self.activities[slot as usize]
    }

    fn find(&self, id: SeriesId) -> Option<&Activity> {
        self.index.slot(id).map(|slot| self.activity(slot))
    }
}

/// The index of one tenant's active series. See the module's text.
#[derive(Debug)]
pub struct SeriesIndex {
    limits: SeriesLimits,
    series_max: usize,
    state: RwLock<State>,
    families: RwLock<Families>,
    now: AtomicI32,
    collisions: AtomicU64,
    families_refused: AtomicU64,
    sweeping: Mutex<()>,
}

impl SeriesIndex {
    /// An empty index. At most `series_max` series are admitted.
    pub fn new(limits: SeriesLimits, series_max: usize) -> Self {
        Self {
            limits,
            series_max,
            state: RwLock::default(),
            families: RwLock::default(),
            now: AtomicI32::new(i32::MIN),
            collisions: AtomicU64::new(0),
            families_refused: AtomicU64::new(0),
            sweeping: Mutex::new(()),
        }
    }

    /// Says which hour it is; [`KnownSeries::is_durable`] goes by it.
    pub fn set_now(&self, hour: SeriesHour) {
        self.now.store(hour.0, Ordering::Relaxed);
    }

    fn now(&self) -> SeriesHour {
        SeriesHour(self.now.load(Ordering::Relaxed))
    }

    /// Adds series that are not there, however many there are: what is acknowledged must be found. All of them can be
    /// found when this returns, and count as received at that time. Doing it again changes nothing.
    pub fn insert(&self, series: &[(SeriesId, Labels)], receive_ms: i64) -> Inserted {
        let mut inserted = Inserted::default();
        let mut unknown = Vec::new();
        for piece in series.chunks(PIECE) {
            let state = self.state.read();
            for one in piece {
                match state.index.slot(one.0) {
                    None => unknown.push(one),
                    Some(slot) => {
                        state.activity(slot).received(receive_ms);
                        inserted.collisions += usize::from(!state.index.has_labels(slot, &one.1));
                    }
                }
            }
        }
        for piece in unknown.chunks(NEW_PIECE) {
            let mut state = self.state.write();
            piece.iter().for_each(|(id, labels)| state.insert(*id, labels, receive_ms, &mut inserted));
        }
        self.collisions.fetch_add(inserted.collisions as u64, Ordering::Relaxed);
        inserted
    }

    /// Notes times of samples and when they were received. Later times win; unknown series are passed over.
    pub fn touch(&self, samples: &[(SeriesId, i64)], receive_ms: i64) {
        for piece in samples.chunks(PIECE) {
            let state = self.state.read();
            for (id, sample_ms) in piece {
                if let Some(activity) = state.find(*id) {
                    activity.touch(*sample_ms, receive_ms);
                }
            }
        }
    }

    /// Counts series as received at a time, if not later; unknown ones are passed over.
    pub fn received(&self, ids: &[SeriesId], receive_ms: i64) {
        for piece in ids.chunks(PIECE) {
            let state = self.state.read();
            piece.iter().filter_map(|id| state.find(*id)).for_each(|activity| activity.received(receive_ms));
        }
    }

    /// Notes that the labels of series lie in an hour of table `series`: call it when that is committed.
    pub fn mark_written(&self, hour: SeriesHour, ids: &[SeriesId]) {
        for piece in ids.chunks(PIECE) {
            let state = self.state.read();
            piece.iter().filter_map(|id| state.find(*id)).for_each(|activity| activity.mark_written(hour));
        }
    }

    /// Notes that hours of table `series` are gone: call it before they are, so that nobody relies on them.
    pub fn forget_hours(&self, hours: &[SeriesHour]) {
        // No sweep may move series from one side of the walk to the other.
        let _no_sweep = self.sweeping.lock();
        let mut start = 0;
        loop {
            let state = self.state.read();
            let end = state.activities.len().min(start + PIECE);
            if start == end {
                return;
            }
            for activity in &state.activities[start..end] {
                hours.iter().for_each(|hour| activity.forget(*hour));
            }
            start = end;
        }
    }

    /// Which of these series have no labels in an hour of table `series`. Ids may come more than once.
    pub fn unwritten(&self, hour: SeriesHour, ids: impl IntoIterator<Item = SeriesId>) -> Unwritten {
        let mut ids: Vec<SeriesId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut unwritten = Unwritten::default();
        for piece in ids.chunks(PIECE) {
            let state = self.state.read();
            for id in piece {
                match state.index.slot(*id) {
                    None => unwritten.unknown.push(*id),
                    Some(slot) if state.activity(slot).is_written(hour) => {}
                    Some(slot) => unwritten.series.push((*id, state.index.labels(slot))),
                }
            }
        }
        unwritten
    }

    /// Notes what was said of metric families; what is received later wins. At most [`FAMILIES_MAX`] are kept.
    pub fn note_metadata(&self, metadata: &[MetricMetadata], receive_ms: i64) {
        // Senders repeat themselves: mostly there is nothing to change.
        let is_known = {
            let families = self.families.read();
            metadata.iter().all(|metadata| families.has(metadata, receive_ms))
        };
        if !is_known {
            let refused = self.families.write().note(metadata, receive_ms);
            self.families_refused.fetch_add(refused, Ordering::Relaxed);
        }
    }
}

impl State {
    fn insert(&mut self, id: SeriesId, labels: &Labels, receive_ms: i64, inserted: &mut Inserted) {
        match self.index.insert(id, labels) {
            Insertion::Added(_) => {
                self.activities.push(Activity::new(receive_ms));
                inserted.added += 1;
            }
            // Another thread was first.
            Insertion::Known(slot) => self.activity(slot).received(receive_ms),
            Insertion::Collision(_) => inserted.collisions += 1,
        }
    }

    fn labels(&self, id: SeriesId) -> Option<Labels> {
        self.index.slot(id).map(|slot| self.index.labels(slot))
    }
}

impl KnownSeries for SeriesIndex {
    /// True when the labels lie in the current hour of table `series` or in the one before. Then the series counts as
    /// received at the start of this hour, so that no sweep drops it while its samples are on their way.
    fn is_durable(&self, id: SeriesId) -> bool {
        let state = self.state.read();
        let Some(activity) = state.find(id) else { return false };
        let now = self.now();
        let is_durable = activity.is_written(now) || activity.is_written(now.before());
        if is_durable {
            activity.received(now.start_ms());
        }
        is_durable
    }

    /// Series are counted when they are inserted: requests that are decoded at the same time may together exceed the
    /// bound by what they hold.
    fn admit(&self, id: SeriesId) -> Result<(), usize> {
        let state = self.state.read();
        if state.index.len() < self.series_max || state.index.slot(id).is_some() {
            return Ok(());
        }
        Err(self.series_max)
    }

    fn limits(&self) -> SeriesLimits {
        self.limits
    }
}
