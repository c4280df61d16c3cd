use crate::promql::call::Context;
use crate::promql::histogram::Histogram;
use crate::promql::sample::Sample;
use std::sync::Arc;
pub(super) fn sum(_h: &[Arc<Histogram>], _context: &mut Context<'_>) -> Option<Sample> {
    None
}
pub(super) fn mean(_h: &[Arc<Histogram>], _context: &mut Context<'_>) -> Option<Sample> {
    None
}
