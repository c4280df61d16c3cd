//! Functions on the values of one series.
//!
//! A function is looked up by its name once per query and then called per series and step, so that the functions
//! themselves allocate nothing and look nothing up. What is said about a result goes into the annotations, and only where
//! something is wrong is a text made for it.
//!
//! Functions that need more than one series, or labels or times of evaluation (`absent`, `timestamp`, `label_replace`,
//! `histogram_quantile`, `sort`, …), are the evaluator's.

/// How often a value changed or fell.
mod changes;
/// Minutes to years of a time.
mod date;
/// Increases between the interpolated edges of a window.
mod extended;
/// Functions of one number.
mod float;
/// Functions of one native histogram.
mod histogram;
/// What the last two samples say.
mod instant;
/// What is said about results.
mod message;
/// Statistics of the samples in a window.
mod over_time;
/// Increases of counters and gauges.
mod rate;
/// Functions of all windows of a series at once.
mod series;
/// What start times say about counters.
mod start;
/// Lines through samples.
mod trend;

pub use extended::{smoothed, smoothed_value};
pub use float::{maximum, minimum};
pub use series::{Part, SeriesFunction, Windows, series_function};

use super::annotation::Annotations;
use super::sample::{Sample, Window};
use super::tree::{Edges, Span};

/// What a function may know beside its samples.
pub struct Context<'a> {
    pub annotations: &'a mut Annotations,
    /// What a function keeps from step to step.
    pub scratch: &'a mut Scratch,
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

/// What a function keeps from step to step of one series. One is made per series and call, and read when all its steps
/// are done.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Why the query has no result: an argument that means nothing.
    pub failure: Option<String>,
    /// The metric's name has been looked at.
    name_checked: bool,
    /// Values in the making.
    values: Vec<f64>,
}

/// A function of the samples in a window; `None` when they have no value.
pub type WindowFunction = fn(&Window<'_>, &mut Context<'_>) -> Option<Sample>;

/// A function of a float and of the scalar arguments. Histograms have no value.
pub type FloatFunction = fn(f64, &[f64]) -> f64;

/// A function of one sample; `None` when it has no value.
pub type SampleFunction = fn(&Sample, &mut Context<'_>) -> Option<Sample>;

/// The function of a range vector that is called so. `absent_over_time` is not among them.
pub fn window_function(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "rate" => rate::rate,
        "increase" => rate::increase,
        "delta" => rate::delta,
        "irate" => instant::irate,
        "idelta" => instant::idelta,
        "deriv" => trend::deriv,
        "predict_linear" => trend::predict_linear,
        "double_exponential_smoothing" => trend::double_exponential_smoothing,
        "changes" => changes::changes,
        "resets" => changes::resets,
        _ => return over_time::function(name),
    })
}

/// The function of a number that is called so: `clamp`, which may have no value, is a [`sample_function`].
pub fn float_function(name: &str) -> Option<FloatFunction> {
    float::function(name).or_else(|| date::function(name))
}

/// The function of one sample, float or histogram, that is called so.
pub fn sample_function(name: &str) -> Option<SampleFunction> {
    match name {
        "clamp" => Some(float::clamp),
        _ => histogram::function(name),
    }
}

#[cfg(test)]
mod tests;
