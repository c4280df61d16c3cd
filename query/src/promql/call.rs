//! Functions on the values of one series.

use super::annotation::Annotations;
use super::sample::{Sample, Window};
use super::tree::{Edges, Span};

/// What a function may know beside its samples.
pub struct Context<'a> {
    pub annotations: &'a mut Annotations,
    /// The name of the series' metric; empty when it has none.
    pub metric: &'a str,
    /// The type and unit labels are to be trusted, and this is the type; `None` when they are not switched on.
    pub metric_type: Option<&'a str>,
    /// Where the argument stands that the samples come from.
    pub span: Span,
    /// The scalar arguments at this step, in the order written, without the series.
    pub args: &'a [f64],
    /// Where each of `args` stands.
    pub arg_spans: &'a [Span],
    /// How the selector treats the edges of its window.
    pub edges: Edges,
    /// The time for which the expression is evaluated.
    pub time_ms: i64,
}

/// A function of the samples in a window; `None` when they have no value.
pub type WindowFunction = fn(&Window<'_>, &mut Context<'_>) -> Option<Sample>;

/// A function of a float and of the scalar arguments. Histograms have no value.
pub type FloatFunction = fn(f64, &[f64]) -> f64;

/// A function of one sample; `None` when it has no value.
pub type SampleFunction = fn(&Sample, &mut Context<'_>) -> Option<Sample>;
