use crate::promql::call::Context;
use crate::promql::call::rate::Asked;
use crate::promql::histogram::Histogram;
use crate::promql::sample::Window;
use crate::promql::tree::Edges;
pub(in crate::promql::call) fn grown(
    _window: &Window<'_>,
    _context: &mut Context<'_>,
    _edges: Edges,
    _asked: Asked,
) -> Option<Histogram> {
    None
}
