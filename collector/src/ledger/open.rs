//! Windows that are open, in step with the traces in memory.
//!
//! When a trace says something else than before, what it no longer says is taken back and what is new is added. Where that
//! cannot be done (the slowest call of a row is gone, and only the others know which is the slowest now) the row is stale,
//! and made again from all traces before somebody looks.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::seen::Extent;
use super::sums::{Part, Sums};
use super::windows::minute_of;
use crate::pair::Observations;

/// Parts of one instant that are compared to find that one has merely been amended.
const AMENDED_MAX: usize = 64;

/// The windows by start.
#[derive(Debug)]
pub(super) struct Windows<P: Part>(BTreeMap<i64, Open<P>>);

/// A window that is not closed.
#[derive(Debug)]
struct Open<P: Part> {
    /// Of traces that were let go.
    base: Sums<P>,
    /// Of these and of those in memory, but for rows that are stale.
    sums: Sums<P>,
    stale: Stale,
    /// What traces in memory and `base` lack was lost: the window is made from the stored spans when it closes.
    is_partial: bool,
    is_dirty: bool,
}

/// Rows to be made again.
#[derive(Debug, Clone, Default)]
enum Stale {
    #[default]
    None,
    /// By the hashes of their keys.
    Rows(HashSet<u64>),
    All,
}

impl Stale {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    fn has(&self, hash: u64) -> bool {
        match self {
            Self::None => false,
            Self::Rows(rows) => rows.contains(&hash),
            Self::All => true,
        }
    }

    fn insert(&mut self, hash: u64) {
        match self {
            Self::None => *self = Self::Rows(HashSet::from([hash])),
            Self::Rows(rows) => drop(rows.insert(hash)),
            Self::All => {}
        }
    }
}

impl<P: Part> Default for Open<P> {
    fn default() -> Self {
        Self { base: Sums::default(), sums: Sums::default(), stale: Stale::None, is_partial: false, is_dirty: false }
    }
}

impl<P: Part> Default for Windows<P> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<P: Part> Open<P> {
    fn add(&mut self, part: &P) {
        let hash = part.hash();
        if !self.stale.has(hash) {
            self.sums.add_hashed(hash, part);
        }
    }

    fn take_back(&mut self, part: &P, is_kept: bool) {
        let hash = part.hash();
        if self.sums.dropped > 0 {
            // It may be one of those for which there was no room, and another one may have its place now.
            self.stale = Stale::All;
        } else if !self.stale.has(hash) && !self.sums.take_back(hash, part, is_kept) {
            self.stale.insert(hash);
        }
    }
}

impl<P: Part> Windows<P> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Something in a window may have changed.
    pub fn touch(&mut self, start_ns: i64) {
        self.0.entry(start_ns).or_default().is_dirty = true;
    }

    /// Lets a window be made from the stored spans when it closes.
    pub fn doubt(&mut self, start_ns: i64) {
        self.0.entry(start_ns).or_default().is_partial = true;
    }

    /// The same of all windows that are open in a part of the time, both ends included.
    pub fn doubt_all(&mut self, first_ns: i64, last_ns: i64) {
        self.0.range_mut(first_ns..=last_ns).for_each(|(_, open)| open.is_partial = true);
    }

    /// A trace in memory says something else than before. Windows that are not open are left alone.
    pub fn change(&mut self, before: &Observations, after: &Observations) {
        let (gone, new) = difference(P::of(before), P::of(after));
        for part in &new {
            if let Some(open) = self.0.get_mut(&part.window_ns()) {
                open.add(part);
            }
        }
        for part in gone {
            if let Some(open) = self.0.get_mut(&part.window_ns()) {
                open.take_back(part, is_amended(part, &new));
            }
        }
    }

    /// A trace leaves memory; what it says in the end stays.
    pub fn let_go(&mut self, before: &Observations, settled: &Observations) {
        self.change(before, settled);
        for part in P::of(settled) {
            if let Some(open) = self.0.get_mut(&part.window_ns()) {
                open.base.add(part);
            }
        }
    }

    /// Makes stale rows again.
    pub fn refresh<T: Borrow<Observations>>(&mut self, traces: impl Iterator<Item = (Extent, T)>) {
        let stale = self.0.iter_mut().filter(|(_, open)| !open.stale.is_none());
        let stale: BTreeMap<i64, Stale> =
            stale.map(|(start, open)| (*start, std::mem::take(&mut open.stale))).collect();
        if stale.is_empty() {
            return;
        }
        for (start_ns, stale) in &stale {
            let Some(open) = self.0.get_mut(start_ns) else { continue };
            match stale {
                Stale::All => open.sums = open.base.clone(),
                rows => open.sums.reset(&open.base, |hash| rows.has(hash)),
            }
        }
        for ((first_ns, last_ns), observations) in traces {
            if stale.range(minute_of(first_ns)..=last_ns).next().is_none() {
                continue;
            }
            for part in P::of(observations.borrow()) {
                let Some(stale) = stale.get(&part.window_ns()) else { continue };
                let hash = part.hash();
                if stale.has(hash)
                    && let Some(open) = self.0.get_mut(&part.window_ns())
                {
                    open.sums.add_hashed(hash, part);
                }
            }
        }
    }

    /// The windows that changed since this was asked last; [`Self::refresh`] comes first.
    pub fn changed(&mut self) -> impl Iterator<Item = (i64, &Sums<P>)> {
        self.0
            .iter_mut()
            .filter_map(|(start_ns, open)| std::mem::take(&mut open.is_dirty).then_some((*start_ns, &open.sums)))
    }

    /// The windows that are due: those of which something is missing, and the others as they are now, to be looked at on
    /// their own.
    pub fn due(&self, is_due: impl Fn(i64) -> bool) -> (BTreeSet<i64>, Self) {
        let due = self.0.iter().filter(|(start_ns, _)| is_due(**start_ns));
        let (partial, whole): (Vec<_>, Vec<_>) = due.partition(|(_, open)| open.is_partial);
        let copy = |open: &Open<P>| Open {
            base: open.base.clone(),
            sums: open.sums.clone(),
            stale: open.stale.clone(),
            is_partial: false,
            is_dirty: false,
        };
        let whole = whole.into_iter().map(|(start_ns, open)| (*start_ns, copy(open))).collect();
        (partial.into_iter().map(|(start_ns, _)| *start_ns).collect(), Self(whole))
    }

    /// Whether spans of a trace ended in one of them.
    pub fn has_any_in(&self, (first_ns, last_ns): Extent) -> bool {
        self.0.range(minute_of(first_ns)..=last_ns).next().is_some()
    }

    /// Those that hold something.
    pub fn into_sums(self) -> impl Iterator<Item = (i64, Sums<P>)> {
        self.0.into_iter().map(|(start_ns, open)| (start_ns, open.sums)).filter(|(_, sums)| !sums.is_empty())
    }

    pub fn close(&mut self, is_closed: impl Fn(i64) -> bool) {
        self.0.retain(|start_ns, _| !is_closed(*start_ns));
    }

    /// Whether what was added and taken back step by step is what comes of adding it up anew.
    #[cfg(test)]
    pub fn assert_in_step<'a>(&self, traces: impl Iterator<Item = &'a Observations>) {
        let mut anew: BTreeMap<i64, Sums<P>> =
            self.0.iter().map(|(start_ns, open)| (*start_ns, open.base.clone())).collect();
        for observations in traces {
            for part in P::of(observations) {
                if let Some(sums) = anew.get_mut(&part.window_ns()) {
                    sums.add(part);
                }
            }
        }
        for (start_ns, open) in self.0.iter().filter(|(_, open)| open.stale.is_none() && open.sums.dropped == 0) {
            assert_eq!(open.sums, anew[start_ns], "window {start_ns}");
        }
    }
}

/// Of two sorted lists: what is in the first only, and what is in the second only.
fn difference<'a, P: Part>(before: &'a [P], after: &'a [P]) -> (Vec<&'a P>, Vec<&'a P>) {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        match (before.peek(), after.peek()) {
            (Some(old), Some(part)) if old == part => {
                before.next();
                after.next();
            }
            (Some(old), Some(part)) if old < part => gone.extend(before.next()),
            (_, Some(_)) => new.extend(after.next()),
            (Some(_), None) => gone.extend(before.next()),
            (None, None) => return (gone, new),
        }
    }
}

/// Whether a part is there again with the same exemplar in the same row.
fn is_amended<P: Part>(gone: &P, new: &[&P]) -> bool {
    let at = new.partition_point(|part| part.end_ns() < gone.end_ns());
    let mut of_then = new[at..].iter().take(AMENDED_MAX).take_while(|part| part.end_ns() == gone.end_ns());
    of_then.any(|part| part.exemplar() == gone.exemplar() && part.is_of(&gone.key()))
}

#[cfg(test)]
mod tests;
