//! What is known of so many samples each, so that a long window is a few samples at both ends and some blocks between.

use super::{Part, Windows};

/// Samples per block.
const LENGTH: usize = 32;

/// Windows of fewer samples are read as fast sample by sample.
const WORTHWHILE_LENGTH: usize = 3 * LENGTH;

/// What is known of each block of a series' samples.
pub(super) struct Blocks<'a, T> {
    values: &'a [f64],
    known: Vec<T>,
}

impl<'a, T> Blocks<'a, T> {
    /// `None` when windows are so short, or share so little, that blocks save nothing.
    pub(super) fn worthwhile(windows: &Windows<'a>, know: impl Fn(&[f64]) -> T) -> Option<Self> {
        let values = windows.floats.values;
        let to_read: usize = windows.parts.iter().map(|part| part.to - part.from).sum();
        let is_long = to_read >= WORTHWHILE_LENGTH * windows.parts.len();
        if !is_long || to_read < 2 * values.len() {
            return None;
        }
        Some(Self { values, known: values.chunks_exact(LENGTH).map(know).collect() })
    }

    /// A window as samples before the first whole block, the whole blocks, and the samples after the last one.
    pub(super) fn cover(&self, part: Part) -> (&'a [f64], &[T], &'a [f64]) {
        let (first, last) = (part.from.div_ceil(LENGTH), part.to / LENGTH);
        if first >= last {
            return (&self.values[part.from..part.to], &[], &[]);
        }
        let (from, to) = (first * LENGTH, last * LENGTH);
        (&self.values[part.from..from], &self.known[first..last], &self.values[to..part.to])
    }
}
