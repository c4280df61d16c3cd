//! Functions of one number.

use std::f64::consts::PI;

use super::{Context, FloatFunction};
use crate::promql::sample::Sample;

/// The function that is called so.
pub(super) fn function(name: &str) -> Option<FloatFunction> {
    Some(match name {
        "abs" => |value, _| value.abs(),
        "ceil" => |value, _| value.ceil(),
        "floor" => |value, _| value.floor(),
        "exp" => |value, _| value.exp(),
        "sqrt" => |value, _| value.sqrt(),
        "ln" => |value, _| value.ln(),
        "log2" => |value, _| value.log2(),
        "log10" => |value, _| value.log10(),
        "deg" => |value, _| value * 180.0 / PI,
        "rad" => |value, _| value * PI / 180.0,
        "sgn" => |value, _| sign(value),
        "round" => |value, args| round(value, args.first().copied().unwrap_or(1.0)),
        "clamp_min" => |value, args| maximum(argument(args), value),
        "clamp_max" => |value, args| minimum(argument(args), value),
        _ => return trigonometric(name),
    })
}

fn trigonometric(name: &str) -> Option<FloatFunction> {
    Some(match name {
        "sin" => |value, _| value.sin(),
        "cos" => |value, _| value.cos(),
        "tan" => |value, _| value.tan(),
        "asin" => |value, _| value.asin(),
        "acos" => |value, _| value.acos(),
        "atan" => |value, _| value.atan(),
        "sinh" => |value, _| value.sinh(),
        "cosh" => |value, _| value.cosh(),
        "tanh" => |value, _| value.tanh(),
        "asinh" => |value, _| value.asinh(),
        "acosh" => |value, _| value.acosh(),
        "atanh" => |value, _| value.atanh(),
        _ => return None,
    })
}

/// `clamp`: no value when the bounds are the wrong way round.
pub(super) fn clamp(sample: &Sample, context: &mut Context<'_>) -> Option<Sample> {
    let (Sample::Float(value), &[lowest, highest]) = (sample, context.args) else { return None };
    if highest < lowest {
        return None;
    }
    Some(Sample::Float(maximum(lowest, minimum(highest, *value))))
}

/// The greater number; NaN when one is NaN, unless the other is +Inf.
pub fn maximum(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// The lesser number; NaN when one is NaN, unless the other is -Inf.
pub fn minimum(a: f64, b: f64) -> f64 {
    -maximum(-a, -b)
}

/// The only argument. The parser has seen to it that there is one.
fn argument(args: &[f64]) -> f64 {
    args.first().copied().unwrap_or(f64::NAN)
}

/// The nearest multiple of `nearest`; of two the greater.
fn round(value: f64, nearest: f64) -> f64 {
    // One division less loses fewer digits: 1 / 0.1 is exactly 10.
    let per_unit = 1.0 / nearest;
    (value * per_unit + 0.5).floor() / per_unit
}

/// -1, 0 or 1; zeros keep their sign and NaN stays what it is.
fn sign(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() { value } else { value.signum() }
}
