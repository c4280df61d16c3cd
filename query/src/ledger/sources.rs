//! Which table has which part of a range.
//!
//! `edges_1m` and `edges_10m` hold the same as `edges`, added up, so a long range is read from fewer and larger windows.
//! Such a window is taken only where it says exactly what its ten-second windows say: every writer that has one of them has
//! the long one too, as of no earlier frame, and nothing in it is open. The rest of the range comes from `edges`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spanloom_store::{LakeFile, Table, TenantView};

use super::{WINDOW_NS, WindowRange};

/// The tables that are tried, longest windows first.
const LONG_TABLES: [Table; 2] = [Table::Edges10m, Table::Edges1m];
/// A table is of use to ranges that are at least so many times as long as its windows.
const RANGE_WINDOWS_MIN: i64 = 3;

/// Windows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub table: Table,
    /// Where the windows begin: disjoint, in order.
    pub runs: Vec<WindowRange>,
}

impl Source {
    /// Whether a window is to be read from this source.
    pub fn has(&self, window_ns: i64) -> bool {
        let after = self.runs.partition_point(|run| run.end_ns <= window_ns);
        self.runs.get(after).is_some_and(|run| run.contains(window_ns))
    }
}

/// Where to read a range. Windows that are longer than a step, or lie across its bound, would blur it and are not taken.
pub(crate) fn sources(view: &TenantView, range: WindowRange, step_ns: Option<i64>) -> Vec<Source> {
    let mut rest = vec![range];
    let mut sources = Vec::new();
    for table in LONG_TABLES {
        let length_ns = table.window_length_ns().unwrap_or(WINDOW_NS);
        if range.length_ns() < RANGE_WINDOWS_MIN * length_ns || step_ns.is_some_and(|step_ns| step_ns % length_ns != 0)
        {
            continue;
        }
        let runs = runs(usable(view, table, length_ns, &rest), length_ns);
        rest = subtract(&rest, &runs);
        sources.push(Source { table, runs });
    }
    sources.push(Source { table: Table::Edges, runs: rest });
    sources.retain(|source| !source.runs.is_empty());
    sources
}

/// The last frame that each writer took into account, by window.
type Frames = BTreeMap<i64, BTreeMap<Arc<str>, u64>>;

fn usable(view: &TenantView, table: Table, length_ns: i64, rest: &[WindowRange]) -> BTreeSet<i64> {
    let (short, short_unknown) = marks(view, Table::Edges, length_ns);
    let (long, long_unknown) = marks(view, table, length_ns);
    let open: BTreeSet<i64> = [Table::Edges, table]
        .into_iter()
        .flat_map(|table| view.table(table).open_windows())
        .map(|(window_ns, _)| window_ns.div_euclid(length_ns) * length_ns)
        .collect();
    let is_whole =
        |window: WindowRange| rest.iter().any(|r| r.start_ns <= window.start_ns && window.end_ns <= r.end_ns);
    let is_unknown =
        |window: WindowRange| short_unknown.iter().chain(&long_unknown).any(|other| window.overlaps(*other));
    let says_the_same = |window_ns: &i64, long: &BTreeMap<Arc<str>, u64>| {
        let has = |(writer, frame): (&Arc<str>, &u64)| long.get(writer).is_some_and(|last| last >= frame);
        short.get(window_ns).is_none_or(|writers| writers.iter().all(has))
    };
    let is_usable = |(window_ns, writers): &(&i64, &BTreeMap<Arc<str>, u64>)| {
        let window = WindowRange { start_ns: **window_ns, end_ns: **window_ns + length_ns };
        !open.contains(window_ns) && is_whole(window) && !is_unknown(window) && says_the_same(window_ns, writers)
    };
    long.iter().filter(is_usable).map(|(window_ns, _)| *window_ns).collect()
}

/// The marks of a table's files, by the window of `length_ns` in which they lie, and the ranges of files that say nothing.
fn marks(view: &TenantView, table: Table, length_ns: i64) -> (Frames, Vec<WindowRange>) {
    let mut frames = Frames::new();
    let mut unknown = Vec::new();
    for file in view.table(table).files() {
        let Some(held) = &file.windows else {
            unknown.push(hull(file, table));
            continue;
        };
        for mark in &held.marks {
            let writers = frames.entry(mark.window_ns.div_euclid(length_ns) * length_ns).or_default();
            let last = writers.entry(Arc::clone(&held.writer)).or_default();
            *last = (*last).max(mark.last_frame);
        }
    }
    (frames, unknown)
}

/// The time that a file without marks may be about.
fn hull(file: &LakeFile, table: Table) -> WindowRange {
    let (start_ns, last_ns) = file.int_bounds("window_ns");
    let length_ns = table.window_length_ns().unwrap_or(WINDOW_NS);
    WindowRange {
        start_ns: start_ns.unwrap_or(i64::MIN),
        end_ns: last_ns.map_or(i64::MAX, |last_ns| last_ns.saturating_add(length_ns)),
    }
}

/// Neighbouring windows, which ascend, as one run.
pub(super) fn runs(windows: impl IntoIterator<Item = i64>, length_ns: i64) -> Vec<WindowRange> {
    let mut runs: Vec<WindowRange> = Vec::new();
    for start_ns in windows {
        match runs.last_mut() {
            Some(last) if last.end_ns == start_ns => last.end_ns += length_ns,
            _ => runs.push(WindowRange { start_ns, end_ns: start_ns + length_ns }),
        }
    }
    runs
}

/// What is left of `from`; both are disjoint and in order.
fn subtract(from: &[WindowRange], taken: &[WindowRange]) -> Vec<WindowRange> {
    let mut left = Vec::new();
    for range in from {
        let mut start_ns = range.start_ns;
        for hole in taken.iter().filter(|hole| hole.overlaps(*range)) {
            left.push(WindowRange { start_ns, end_ns: hole.start_ns });
            start_ns = hole.end_ns;
        }
        left.push(WindowRange { start_ns, end_ns: range.end_ns });
    }
    left.retain(|range| range.start_ns < range.end_ns);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start_ns: i64, end_ns: i64) -> WindowRange {
        WindowRange { start_ns, end_ns }
    }

    #[test]
    fn what_is_left_is_what_was_not_taken() {
        let taken = [range(10, 20), range(40, 50)];
        assert_eq!(subtract(&[range(0, 60)], &taken), [range(0, 10), range(20, 40), range(50, 60)]);
        assert_eq!(subtract(&[range(10, 20), range(30, 50)], &taken), [range(30, 40)]);
        assert_eq!(subtract(&[range(0, 5)], &[]), [range(0, 5)]);
    }

    #[test]
    fn neighbouring_windows_are_one_run() {
        assert_eq!(runs(BTreeSet::from([0, 10, 30]), 10), [range(0, 20), range(30, 40)]);
        let source = Source { table: Table::Edges, runs: vec![range(0, 20), range(30, 40)] };
        let found: Vec<i64> = (-10..50).filter(|window_ns| source.has(*window_ns)).collect();
        assert_eq!(found, (0..20).chain(30..40).collect::<Vec<_>>());
    }
}
