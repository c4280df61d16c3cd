use proptest::prelude::*;

use super::{Annotations, Context, Edges, Sample, Scratch, Span, check_float};
use crate::promql::call::{float_function, maximum, minimum, sample_function};

const NAMES: [&str; 28] = [
    "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "deg", "rad", "sgn", "round", "sin", "cos", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "minute", "hour", "month", "year",
];

#[test]
fn numbers_are_rounded_to_the_nearest_multiple() {
    check_float("round", 2.5, &[], 3.0);
    check_float("round", -2.5, &[], -2.0);
    check_float("round", 1234.0, &[100.0], 1200.0);
    check_float("round", 0.25, &[0.1], 0.3);
    check_float("round", f64::NAN, &[], f64::NAN);
}

#[test]
fn signs_of_zero_and_nan_are_they_themselves() {
    check_float("sgn", -3.0, &[], -1.0);
    check_float("sgn", 3.0, &[], 1.0);
    check_float("sgn", 0.0, &[], 0.0);
    check_float("sgn", f64::NAN, &[], f64::NAN);
    check_float("sgn", f64::NEG_INFINITY, &[], -1.0);
}

#[test]
fn a_right_angle_has_ninety_degrees() {
    check_float("deg", std::f64::consts::FRAC_PI_2, &[], 90.0);
    check_float("rad", 180.0, &[], std::f64::consts::PI);
}

#[test]
fn bounds_hold_numbers_but_not_nan() {
    check_float("clamp_min", 1.0, &[2.0], 2.0);
    check_float("clamp_max", 3.0, &[2.0], 2.0);
    check_float("clamp_max", f64::NAN, &[2.0], f64::NAN);
    check_float("clamp_min", 1.0, &[f64::NAN], f64::NAN);
    assert_eq!(clamp(5.0, &[0.0, 3.0]), Some(3.0));
    assert_eq!(clamp(-5.0, &[0.0, 3.0]), Some(0.0));
    assert_eq!(clamp(1.0, &[3.0, 0.0]), None);
    assert!(clamp(1.0, &[f64::NAN, 0.0]).is_some_and(f64::is_nan));
}

#[test]
fn infinities_win_over_nan() {
    assert_eq!(maximum(f64::NAN, f64::INFINITY), f64::INFINITY);
    assert_eq!(minimum(f64::NEG_INFINITY, f64::NAN), f64::NEG_INFINITY);
    assert!(minimum(f64::INFINITY, f64::NAN).is_nan());
    assert_eq!((maximum(1.0, 2.0), minimum(1.0, 2.0)), (2.0, 1.0));
}

#[test]
fn names_of_other_functions_are_unknown_here() {
    assert!(float_function("rate").is_none());
    assert!(sample_function("histogram_quantile").is_none());
}

fn clamp(value: f64, args: &[f64]) -> Option<f64> {
    let (mut annotations, mut scratch) = (Annotations::default(), Scratch::default());
    let mut context = Context {
        annotations: &mut annotations,
        scratch: &mut scratch,
        metric: "",
        metric_type: None,
        span: Span::default(),
        args,
        arg_spans: &[],
        edges: Edges::Plain,
        time_ms: 0,
    };
    let function = sample_function("clamp").expect("clamp");
    function(&Sample::Float(value), &mut context).map(super::float)
}

proptest! {
    #[test]
    fn any_float_has_an_answer(value in prop::num::f64::ANY, argument in prop::num::f64::ANY) {
        for name in NAMES {
            float_function(name).expect(name)(value, &[argument]);
        }
        for name in ["clamp_min", "clamp_max"] {
            float_function(name).expect(name)(value, &[]);
        }
    }
}
