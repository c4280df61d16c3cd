//! Spans and the buckets they stand for: the counts of one side of a histogram, by index.
//!
//! Nothing here trusts its input: spans that promise more buckets than there are counts, or that run past the range of an
//! index, end where the counts or the range end.

use crate::promql::sum::Sum;
use std::ops::AddAssign;

use super::BucketSpan;

/// What is counted in a bucket.
pub(super) trait Count: Copy + Default + AddAssign<Self> {
    fn add(&mut self, value: f64);
    fn is_zero(self) -> bool;
}

impl Count for Sum {
    fn add(&mut self, value: f64) {
        *self = self.plus(value);
    }

    fn is_zero(self) -> bool {
        self.total() == 0.0
    }
}

impl Count for f64 {
    fn add(&mut self, value: f64) {
        *self += value;
    }

    fn is_zero(self) -> bool {
        self == 0.0
    }
}

/// The indexes of buckets, ascending.
pub(super) fn indexes(spans: &[BucketSpan]) -> impl Iterator<Item = i32> {
    let mut next = 0_i32;
    spans.iter().flat_map(move |span| {
        let start = next.saturating_add(span.offset);
        next = start.saturating_add_unsigned(span.length);
        start..next
    })
}

/// Buckets with their indexes, ascending.
pub(super) fn indexed<'a, C: Copy>(spans: &'a [BucketSpan], counts: &'a [C]) -> impl Iterator<Item = (i32, C)> {
    indexes(spans).zip(counts.iter().copied())
}

/// Whether spans stand for the same buckets, however they are cut.
pub(super) fn same_places(a: &[BucketSpan], b: &[BucketSpan]) -> bool {
    a == b || runs(a).eq(runs(b))
}

/// Starts and ends of the runs of buckets without a gap.
fn runs(spans: &[BucketSpan]) -> impl Iterator<Item = (i32, i32)> {
    let mut spans = spans.iter();
    let mut next = 0_i32;
    let mut run: Option<(i32, i32)> = None;
    std::iter::from_fn(move || {
        for span in spans.by_ref() {
            let start = next.saturating_add(span.offset);
            next = start.saturating_add_unsigned(span.length);
            match &mut run {
                _ if span.length == 0 => {}
                Some((_, end)) if *end == start => *end = next,
                _ => {
                    if let Some(done) = run.replace((start, next)) {
                        return Some(done);
                    }
                }
            }
        }
        run.take()
    })
}

/// One side of a histogram.
#[derive(Debug, Clone, Default)]
pub(super) struct Side<C> {
    pub spans: Vec<BucketSpan>,
    pub counts: Vec<C>,
}

impl<C: Count> Side<C> {
    /// Adds to every bucket what another side counts there, times a sign.
    pub fn add(&mut self, spans: &[BucketSpan], counts: &[f64], sign: f64) {
        if self.spans == spans && self.counts.len() == counts.len() {
            for (own, count) in self.counts.iter_mut().zip(counts) {
                own.add(sign * count);
            }
            return;
        }
        let mut merged = Builder::with_capacity(self.counts.len().max(counts.len()));
        let mut own = indexed(&self.spans, &self.counts).peekable();
        for (index, count) in indexed(spans, counts) {
            while let Some((before, held)) = own.next_if(|(at, _)| *at < index) {
                merged.push(before, held);
            }
            let mut sum = own.next_if(|(at, _)| *at == index).map_or_else(C::default, |(_, held)| held);
            sum.add(sign * count);
            merged.push(index, sum);
        }
        own.for_each(|(index, held)| merged.push(index, held));
        *self = merged.done();
    }

    /// The same counts in other buckets. `to` must not turn the order around.
    pub fn map(&mut self, to: impl Fn(i32) -> i32) {
        map(&mut self.spans, &mut self.counts, to);
    }

    /// Takes out the buckets that fulfil a condition, and returns their sum.
    pub fn take_while(&mut self, taken: impl Fn(i32) -> bool) -> C {
        let mut sum = C::default();
        let mut rest = Builder::with_capacity(self.counts.len());
        for (index, count) in indexed(&self.spans, &self.counts) {
            if rest.is_empty() && taken(index) {
                sum += count;
            } else {
                rest.push(index, count);
            }
        }
        *self = rest.done();
        sum
    }
}

/// See [`Side::map`].
pub(super) fn map<C: Count>(spans: &mut Vec<BucketSpan>, counts: &mut Vec<C>, to: impl Fn(i32) -> i32) {
    let mut mapped = Builder::with_capacity(counts.len());
    indexed(spans, counts).for_each(|(index, count)| mapped.push(to(index), count));
    Side { spans: *spans, counts: *counts } = mapped.done();
}

/// Drops empty buckets.
pub(super) fn compact<C: Count>(spans: &mut Vec<BucketSpan>, counts: &mut Vec<C>) {
    let cut_well = spans.iter().skip(1).all(|span| span.offset != 0) && spans.iter().all(|span| span.length != 0);
    if cut_well && !counts.iter().any(|count| count.is_zero()) {
        return;
    }
    let mut full = Builder::with_capacity(counts.len());
    let populated = indexed(spans, counts).filter(|(_, count)| !count.is_zero());
    populated.for_each(|(index, count)| full.push(index, count));
    Side { spans: *spans, counts: *counts } = full.done();
}

/// Where a bucket of one schema goes in a coarser one.
pub(super) fn coarser(from: i32, to: i32) -> impl Fn(i32) -> i32 {
    let halvings = from.saturating_sub(to).clamp(0, 31);
    move |index| (index.saturating_sub(1) >> halvings) + 1
}

/// Collects buckets in ascending order.
struct Builder<C> {
    side: Side<C>,
    /// The index after the last bucket.
    next: i32,
}

impl<C: Count> Builder<C> {
    fn with_capacity(buckets: usize) -> Self {
        Self { side: Side { spans: Vec::new(), counts: Vec::with_capacity(buckets) }, next: 0 }
    }

    fn is_empty(&self) -> bool {
        self.side.counts.is_empty()
    }

    /// A bucket that is there already, or before the last one, counts to the last one.
    fn push(&mut self, index: i32, count: C) {
        let offset = index.saturating_sub(self.next);
        let first = self.side.counts.is_empty();
        match (self.side.spans.last_mut(), self.side.counts.last_mut()) {
            (Some(_), Some(last)) if offset < 0 => {
                *last += count;
                return;
            }
            (Some(span), _) if offset == 0 && !first => span.length += 1,
            _ => self.side.spans.push(BucketSpan { offset, length: 1 }),
        }
        self.side.counts.push(count);
        self.next = index.saturating_add(1);
    }

    fn done(self) -> Side<C> {
        self.side
    }
}
