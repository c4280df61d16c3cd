//! Sampling weights of the spans of a trace.
//!
//! A trace is sampled where it begins, and not every span carries the word on. Were a proxy's span of a request counted
//! once and the app's span a hundred times, the numbers of an edge would depend on the observer; so a span without a word
//! has the weight of its nearest ancestor with one, else the only weight in the trace.

use spanloom_store::ledger::Weight;

use super::span::Span;
use super::tree::Tree;

pub(super) fn weights(spans: &[&Span], tree: &Tree) -> Vec<Weight> {
    let fallback = only_weight(spans).unwrap_or(Weight::ONE);
    let mut weights = vec![fallback; spans.len()];
    for i in &tree.order {
        let inherited = tree.stored_parent(*i).map(|parent| weights[parent]);
        weights[*i] = spans[*i].weight.or(inherited).unwrap_or(fallback);
    }
    weights
}

fn only_weight(spans: &[&Span]) -> Option<Weight> {
    let mut known = spans.iter().filter_map(|span| span.weight);
    let first = known.next()?;
    known.all(|weight| weight == first).then_some(first)
}
