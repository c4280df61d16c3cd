//! Up to three calls that stand for a row.

use std::cmp::Reverse;

use super::Outcome;
use crate::ids::{SpanId, TraceId};

/// One call, to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exemplar {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub duration_ns: i64,
    pub outcome: Outcome,
}

/// The slowest error, the slowest call and the call with the lowest trace id (which is as good as any, and the same one
/// whatever the order). Each choice is the maximum of a total order, so merging in any order chooses the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exemplars {
    slowest_error: Option<Exemplar>,
    slowest: Option<Exemplar>,
    lowest_trace: Option<Exemplar>,
}

impl Exemplars {
    pub const COUNT_MAX: usize = 3;

    /// Takes a call into account.
    pub fn record(&mut self, call: Exemplar) {
        let slowness = |call: &Exemplar| (call.duration_ns, Reverse(*call));
        if call.outcome.is_error() {
            choose(&mut self.slowest_error, call, slowness);
        }
        choose(&mut self.slowest, call, slowness);
        choose(&mut self.lowest_trace, call, |call| Reverse(*call));
    }

    /// Whether a call is one of those that were chosen.
    pub fn has(&self, call: &Exemplar) -> bool {
        [&self.slowest_error, &self.slowest, &self.lowest_trace].into_iter().any(|chosen| chosen.as_ref() == Some(call))
    }

    pub fn merge(&mut self, other: &Self) {
        other.calls().into_iter().for_each(|call| self.record(call));
    }

    pub fn slowest_error(&self) -> Option<Exemplar> {
        self.slowest_error
    }

    pub fn slowest(&self) -> Option<Exemplar> {
        self.slowest
    }

    pub fn lowest_trace(&self) -> Option<Exemplar> {
        self.lowest_trace
    }

    /// The chosen calls, each once: what a row stores. Recording them makes the same choices again.
    pub fn calls(&self) -> Vec<Exemplar> {
        let mut calls: Vec<Exemplar> = Vec::with_capacity(Self::COUNT_MAX);
        for call in [self.slowest_error, self.slowest, self.lowest_trace].into_iter().flatten() {
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
        calls
    }
}

fn choose<K: Ord>(chosen: &mut Option<Exemplar>, call: Exemplar, key: impl Fn(&Exemplar) -> K) {
    if chosen.as_ref().is_none_or(|known| key(&call) > key(known)) {
        *chosen = Some(call);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call() -> impl Strategy<Value = Exemplar> {
        (0..4_i64, 0..3_i64, 0..4_i64, prop::sample::select(Outcome::ALL)).prop_map(
            |(trace, span, duration_ns, outcome)| {
                let (trace_id, span_id) = (TraceId::from_halves(0, trace), SpanId::from_int(span));
                Exemplar { trace_id, span_id, duration_ns, outcome }
            },
        )
    }

    fn of(calls: &[Exemplar]) -> Exemplars {
        let mut exemplars = Exemplars::default();
        calls.iter().for_each(|call| exemplars.record(*call));
        exemplars
    }

    proptest! {
        #[test]
        fn the_choice_does_not_depend_on_order_or_on_parts(calls in prop::collection::vec(call(), 0..12), cut in 0..12_usize) {
            let whole = of(&calls);
            let (head, tail) = calls.split_at(cut.min(calls.len()));
            let mut merged = of(tail);
            merged.merge(&of(head));
            prop_assert_eq!(merged, whole);
            prop_assert_eq!(of(&whole.calls()), whole);
            prop_assert_eq!(whole.slowest().map(|c| c.duration_ns), calls.iter().map(|c| c.duration_ns).max());
            let errors = calls.iter().filter(|c| c.outcome.is_error());
            prop_assert_eq!(whole.slowest_error().map(|c| c.duration_ns), errors.map(|c| c.duration_ns).max());
            prop_assert_eq!(whole.lowest_trace().map(|c| c.trace_id), calls.iter().map(|c| c.trace_id).min());
        }
    }
}
