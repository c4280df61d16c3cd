//! Which series a target has: what it wrote for each, and which of them the last scrape had.
//!
//! Entries are those of the last good page and of the one that is being read, so that the bound of a page bounds them.

use std::collections::HashMap;
use std::sync::Arc;

use spanloom_store::series::{KnownSeries, Labels, MetricMetadata, NativeHistogram, STALE, SampleBatch, SeriesId};

/// More families than any page should have; beyond it what is known of metadata starts anew.
const FAMILIES_MAX: usize = 20_000;

/// The series of a target.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: HashMap<Box<str>, Key>,
    series: HashMap<SeriesId, Held>,
    metadata: HashMap<Arc<str>, (MetricMetadata, u64)>,
    /// Counts scrapes.
    round: u64,
    added: usize,
}

/// What a page writes for a series.
#[derive(Debug)]
struct Key {
    /// `None` when rules drop it.
    series: Option<SeriesId>,
    since: u64,
    seen: u64,
}

/// A series.
#[derive(Debug)]
pub(super) struct Held {
    /// Until they are durable.
    labels: Option<Labels>,
    since: u64,
    seen: u64,
    /// When it was last sampled in this round.
    time_ms: i64,
    /// Whether the store holds samples of it after which no end was marked.
    is_open: bool,
    /// Whether a sample of this round opens it.
    opens: bool,
    is_histogram: bool,
    /// A hash of the exemplars that came last.
    exemplars: u64,
}

/// How a sample is to its series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled {
    pub time_ms: i64,
    /// Whether its end is marked when it vanishes.
    pub is_tracked: bool,
    pub is_histogram: bool,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    New,
    Dropped,
    Series(SeriesId),
}

impl Cache {
    /// Begins a scrape.
    pub fn begin(&mut self) {
        self.round += 1;
        self.added = 0;
    }

    /// Series that the last scrape did not have, of this one.
    pub fn added(&self) -> usize {
        self.added
    }

    pub fn find(&mut self, key: &str) -> Known {
        let Some(found) = self.keys.get_mut(key) else { return Known::New };
        found.seen = self.round;
        found.series.map_or(Known::Dropped, Known::Series)
    }

    /// Remembers what became of a key.
    pub fn remember(&mut self, key: &str, series: Option<(SeriesId, Labels)>) {
        let round = self.round;
        let id = series.as_ref().map(|(id, _)| *id);
        self.keys.insert(key.into(), Key { series: id, since: round, seen: round });
        let Some((id, labels)) = series else { return };
        self.series.entry(id).or_insert_with(|| {
            self.added += 1;
            Held {
                labels: Some(labels),
                since: round,
                seen: 0,
                time_ms: i64::MIN,
                is_open: false,
                opens: false,
                is_histogram: false,
                exemplars: 0,
            }
        });
    }

    /// Notes a sample of a series; false when the page had one already for that time.
    pub fn sampled(&mut self, id: SeriesId, sampled: Sampled) -> bool {
        let Some(held) = self.series.get_mut(&id) else { return false };
        if held.seen == self.round && held.time_ms == sampled.time_ms {
            return false;
        }
        held.opens = sampled.is_tracked;
        (held.seen, held.time_ms, held.is_histogram) = (self.round, sampled.time_ms, sampled.is_histogram);
        true
    }

    /// The place of a series in a batch; `None` when its labels are needed and not known any more.
    pub fn place(
        &mut self,
        id: SeriesId,
        batch: &mut SampleBatch,
        known: &(dyn KnownSeries + Send + Sync),
        scratch: &mut Vec<u8>,
    ) -> Place {
        if let Some(place) = batch.durable_series(known, id) {
            if let Some(held) = self.series.get_mut(&id) {
                held.labels = None;
            }
            return Place::At(place);
        }
        let Some(labels) = self.series.get(&id).and_then(|held| held.labels.as_ref()) else {
            return Place::LabelsNeeded;
        };
        let mut pairs = labels.iter().map(|label| (&*label.name, &*label.value)).collect();
        if let Ok(place) = batch.series(known, &mut pairs, scratch) {
            return Place::At(place);
        }
        // What the sink does not take has no end that it should know of.
        if let Some(held) = self.series.get_mut(&id) {
            held.opens = false;
        }
        Place::Refused
    }

    /// Gives a series its labels back, which the store has forgotten.
    pub fn relabelled(&mut self, id: SeriesId, labels: Labels) {
        if let Some(held) = self.series.get_mut(&id) {
            held.labels = Some(labels);
        }
    }

    /// Whether exemplars differ from those that came last.
    pub fn is_new_exemplar(&mut self, id: SeriesId, hash: u64) -> bool {
        self.series.get_mut(&id).is_some_and(|held| std::mem::replace(&mut held.exemplars, hash) != hash)
    }

    /// Whether metadata are others than those that the sink was last told.
    pub fn is_new_metadata(&mut self, metadata: &MetricMetadata) -> bool {
        if self.metadata.len() >= FAMILIES_MAX {
            self.metadata.clear();
        }
        match self.metadata.get(&metadata.family) {
            Some((held, _)) if held == metadata => false,
            _ => {
                self.metadata.insert(metadata.family.clone(), (metadata.clone(), self.round));
                true
            }
        }
    }

    /// Forgets what the page of this round brought, for it was not read to its end.
    pub fn roll_back(&mut self) {
        let round = self.round;
        self.keys.retain(|_, key| key.since != round);
        self.series.retain(|_, held| held.since != round);
        self.metadata.retain(|_, (_, since)| *since != round);
        for held in self.series.values_mut().filter(|held| held.seen == round) {
            (held.seen, held.opens, held.exemplars) = (0, false, 0);
        }
        self.added = 0;
    }

    /// Marks the ends of the series that this round does not have. Returns of how many that could not be.
    pub fn mark_ended(
        &mut self,
        batch: &mut SampleBatch,
        known: &(dyn KnownSeries + Send + Sync),
        time_ms: i64,
    ) -> u64 {
        let ended = self.series.iter().filter(|(_, held)| held.is_open && held.seen != self.round);
        let ended: Vec<(SeriesId, bool)> = ended.map(|(id, held)| (*id, held.is_histogram)).collect();
        let (mut scratch, mut lost) = (Vec::new(), 0);
        for (id, is_histogram) in ended {
            match self.place(id, batch, known, &mut scratch) {
                Place::At(place) if is_histogram => batch.histogram(place, time_ms, NativeHistogram::stale()),
                Place::At(place) => batch.float(place, time_ms, STALE),
                Place::LabelsNeeded | Place::Refused => lost += 1,
            }
        }
        lost
    }

    /// Ends a scrape whose samples were taken. After a good page only what it had stays.
    pub fn commit(&mut self, is_good: bool) {
        let round = self.round;
        for held in self.series.values_mut() {
            held.is_open = held.seen == round && held.opens;
        }
        if is_good {
            self.keys.retain(|_, key| key.seen == round);
            self.series.retain(|_, held| held.seen == round);
        }
    }
}

/// Where a series stands in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    At(u32),
    LabelsNeeded,
    /// By the limits of the sink.
    Refused,
}
