//! Counts of comparisons that are kept: who compares the same time again, or a time that begins a minute later, reads what is new.
//!
//! A range is cut into slices at multiples of the step, and the counts of each are kept under what was asked, when, and of which
//! files. Files never change, so that what is kept stays true as long as the same files are asked; a slice of which spans are not in
//! files yet is not kept.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::AsArray as _;
use arrow::compute::{max, min};
use arrow::datatypes::Int64Type;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use spanloom_store::{LakeFile, Table, TenantView};

use super::comparison::SliceCounts;
use super::{MetricsAccumulator, MetricsError, Steps};

/// Counts for which nobody asks are given up after this time.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// The least that a slice is long, if the step is shorter.
const SLICE_NS: i64 = 60_000_000_000;
/// What an entry takes beside its texts and counts, about.
const ENTRY_BYTES: usize = 512;
/// Slices that are made at a time.
const SLICES_TOGETHER: usize = 32;
/// More gaps between slices that are known are not read one by one.
const GAPS_MAX: usize = 8;

/// What is kept of all queries: what was asked for most recently.
pub(crate) struct KeptCounts {
    slices: Cache<Key, Arc<Kept>>,
    bytes_max: u64,
}

#[derive(Debug)]
struct Kept {
    counts: SliceCounts,
    /// In how many intervals values were seen before the rare ones among them were left out.
    intervals: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// The query's text, and which part of it.
    asked: (Arc<str>, usize),
    step_ns: i64,
    /// Where its first interval begins, and how many there are.
    start_ns: i64,
    intervals: u32,
    /// All that may have spans of it.
    files: Vec<Arc<str>>,
}

impl Key {
    fn bytes(&self) -> usize {
        let files = self.files.iter().map(|path| path.len() + size_of::<Arc<str>>());
        self.asked.0.len() + files.sum::<usize>()
    }
}

impl fmt::Debug for KeptCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptCounts").field("bytes", &self.bytes()).finish()
    }
}

impl KeptCounts {
    /// Counts of at most so many bytes; of 0 none.
    pub fn new(bytes_max: u64) -> Self {
        let bytes = |key: &Key, kept: &Arc<Kept>| {
            u32::try_from(ENTRY_BYTES + key.bytes() + kept.counts.bytes()).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(bytes_max).weigher(bytes).time_to_idle(IDLE_MAX);
        Self { slices: cache.eviction_policy(EvictionPolicy::lru()).build(), bytes_max }
    }

    /// Gives up what has been idle for too long, and returns how many bytes are kept, about.
    pub fn tend(&self) -> u64 {
        self.slices.run_pending_tasks();
        self.bytes()
    }

    fn bytes(&self) -> u64 {
        self.slices.weighted_size()
    }
}

/// Intervals of a range that are kept together.
#[derive(Debug)]
struct Slice {
    intervals: Range<u32>,
    /// `None` if it is not kept.
    key: Option<Key>,
}

/// A range of which some slices were counted before.
pub(super) struct Counting<'a> {
    kept: &'a KeptCounts,
    steps: Steps,
    known: Vec<(u32, Arc<Kept>)>,
    /// They ascend.
    missing: Vec<Slice>,
}

impl<'a> Counting<'a> {
    /// One part of a query over the spans of a view.
    pub fn new(kept: &'a KeptCounts, text: &str, part: usize, steps: Steps, view: &TenantView) -> Self {
        let mut counting = Self { kept, steps, known: Vec::new(), missing: Vec::new() };
        if kept.bytes_max == 0 {
            counting.missing.push(Slice { intervals: 0..steps.count() as u32, key: None });
            return counting;
        }
        for slice in slices(text, part, &steps, view) {
            let known = slice.key.as_ref().and_then(|key| kept.slices.get(key));
            // What is rare in a long time may be frequent in a shorter one. Ranges of one length differ by an interval.
            match known.filter(|known| !known.counts.is_pruned || known.intervals as usize <= steps.count() + 1) {
                Some(known) => counting.known.push((slice.intervals.start, known)),
                None => counting.missing.push(slice),
            }
        }
        if counting.gaps().len() > GAPS_MAX {
            counting.known.clear();
            counting.missing = slices(text, part, &steps, view);
        }
        counting
    }

    /// The times that have to be read, each from after its start to its end; ascending.
    pub fn gaps(&self) -> Vec<(i64, i64)> {
        let mut gaps: Vec<(i64, i64)> = Vec::new();
        for slice in &self.missing {
            let ends = [slice.intervals.start, slice.intervals.end];
            let [start_ns, end_ns] = ends.map(|at| self.steps.interval_start_ns(at as usize));
            match gaps.last_mut().filter(|last| last.1 == start_ns) {
                Some(last) => last.1 = end_ns,
                None => gaps.push((start_ns, end_ns)),
            }
        }
        gaps
    }

    /// Adds what was known to what was counted of all gaps, and keeps that.
    ///
    /// # Errors
    /// More points than may be.
    pub fn finish(mut self, accumulator: &mut MetricsAccumulator) -> Result<(), MetricsError> {
        let counted_of = self.missing.iter().map(|slice| slice.intervals.end - slice.intervals.start).sum();
        let missing = std::mem::take(&mut self.missing).into_iter();
        let missing: Vec<_> = missing.filter_map(|slice| Some((slice.intervals, slice.key?))).collect();
        // The newest, as many as there is room for beside those that were known: they are asked for longest.
        let mut bytes = self.known.iter().map(|(_, known)| known.counts.bytes() as u64).sum::<u64>();
        let mut newest_first = Vec::new();
        for together in missing.rchunks(SLICES_TOGETHER) {
            if bytes >= self.kept.bytes_max {
                break;
            }
            let intervals: Vec<Range<u32>> = together.iter().map(|(intervals, _)| intervals.clone()).collect();
            let counts = accumulator.slices(&intervals);
            bytes += counts.iter().map(|counts| counts.bytes() as u64).sum::<u64>();
            newest_first.extend(together.iter().map(|(_, key)| key.clone()).zip(counts).rev());
        }
        for (key, counts) in newest_first.into_iter().rev() {
            self.kept.slices.insert(key, Arc::new(Kept { counts, intervals: counted_of }));
        }
        self.add_known(accumulator)
    }

    /// The same where not all gaps were counted: nothing is kept.
    ///
    /// # Errors
    /// More points than may be.
    pub fn add_known(&self, accumulator: &mut MetricsAccumulator) -> Result<(), MetricsError> {
        self.known.iter().try_for_each(|(first, known)| accumulator.add_slice(&known.counts, *first))
    }
}

/// The slices of a range, ascending, of one part of a query over the spans of a view.
fn slices(text: &str, part: usize, steps: &Steps, view: &TenantView) -> Vec<Slice> {
    let files: Vec<(Range<i64>, Arc<str>)> = view.table(Table::Spans).files().map(|file| starts(file)).collect();
    let intervals = intervals(steps);
    let is_hot = hot(&intervals, steps, view);
    let text: Arc<str> = text.into();
    let slice = |(range, is_hot): ((Range<u32>, bool), bool)| {
        let (intervals, is_whole) = range;
        let starts_ns =
            steps.interval_start_ns(intervals.start as usize) + 1..steps.interval_start_ns(intervals.end as usize) + 1;
        let key = (is_whole && !is_hot).then(|| Key {
            asked: (Arc::clone(&text), part),
            step_ns: steps.step_ns(),
            start_ns: starts_ns.start - 1,
            intervals: intervals.end - intervals.start,
            files: files
                .iter()
                .filter(|(file, _)| file.start < starts_ns.end && file.end > starts_ns.start)
                .map(|(_, path)| Arc::clone(path))
                .collect(),
        });
        Slice { intervals, key }
    };
    intervals.into_iter().zip(is_hot).map(slice).collect()
}

/// Intervals by slice, and whether the slice is whole: cut at the same times whatever the range is.
fn intervals(steps: &Steps) -> Vec<(Range<u32>, bool)> {
    let (step_ns, count) = (steps.step_ns(), steps.count() as u32);
    let is_aligned = steps.start_ns().rem_euclid(step_ns) == 0;
    let together = (SLICE_NS / step_ns).max(1);
    let first = steps.start_ns().div_euclid(step_ns).rem_euclid(together);
    let mut slices = Vec::new();
    let mut start = 0;
    while start < count {
        let rest = together - (first + i64::from(start)) % together;
        let end = u32::try_from(i64::from(start) + rest).unwrap_or(u32::MAX).min(count);
        slices.push((start..end, is_aligned && i64::from(end - start) == together));
        start = end;
    }
    slices
}

/// When spans of a file start, and its path. Of a file without statistics they may at any time.
fn starts(file: &LakeFile) -> (Range<i64>, Arc<str>) {
    let (first_ns, last_ns) = file.int_bounds("start_ns");
    (first_ns.unwrap_or(i64::MIN)..last_ns.unwrap_or(i64::MAX).saturating_add(1), file.path.as_ref().into())
}

/// Which slices have spans that are in no file yet.
fn hot(slices: &[(Range<u32>, bool)], steps: &Steps, view: &TenantView) -> Vec<bool> {
    let mut is_hot = vec![false; slices.len()];
    for batch in view.table(Table::Spans).hot() {
        let starts = batch.column_by_name("start_ns");
        let starts = starts.as_ref().and_then(|starts| starts.as_primitive_opt::<Int64Type>());
        let Some(starts) = starts else { return vec![true; slices.len()] };
        let is_before = min(starts).is_none_or(|least| least > steps.end_ns());
        if is_before || max(starts).is_none_or(|greatest| greatest <= steps.start_ns()) {
            continue;
        }
        for start_ns in starts.values() {
            if let Some(interval) = steps.interval_of(*start_ns) {
                let slice = slices.partition_point(|(intervals, _)| intervals.end as usize <= interval);
                is_hot[slice] = true;
            }
        }
    }
    is_hot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(start_s: i64, end_s: i64, step_s: i64) -> Vec<(Range<u32>, bool)> {
        let second = 1_000_000_000;
        let steps = Steps::range(start_s * second, end_s * second, Some(step_s * second), Duration::from_hours(24));
        intervals(&steps.unwrap())
    }

    #[test]
    fn ranges_of_one_step_are_cut_at_the_same_times() {
        // One interval is put before the first.
        assert_eq!(cut(60, 180, 60), [(0..1, true), (1..2, true), (2..3, true)]);
        assert_eq!(cut(0, 180, 90), [(0..1, true), (1..2, true), (2..3, true)]);
        assert_eq!(cut(30, 150, 15), [(0..3, false), (3..7, true), (7..9, false)]);
        assert_eq!(cut(75, 150, 15), [(0..4, true), (4..6, false)]);
        // Seven do not make a minute: slices of eight.
        assert_eq!(cut(7, 70, 7), [(0..8, true), (8..10, false)]);
    }

    #[test]
    fn a_range_that_is_not_aligned_is_not_kept() {
        let steps = Steps::instant(1_500_000_000, 61_600_000_000, Duration::from_hours(1)).unwrap();
        assert_eq!(intervals(&steps), [(0..1, false)]);
    }
}
