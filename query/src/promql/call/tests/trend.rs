use proptest::prelude::*;

use super::{MINUTE, check, given};

#[test]
fn a_line_has_a_slope_and_goes_on() {
    let line = given(&[60.0, 180.0, 300.0]);
    check("deriv", &line, 2.0);
    check("predict_linear", &line.clone().args(&[0.0]), 300.0);
    check("predict_linear", &line.args(&[3600.0]), 7500.0);
}

#[test]
fn a_level_is_exactly_level() {
    check("deriv", &given(&[0.1, 0.1, 0.1]), 0.0);
    check("predict_linear", &given(&[0.1, 0.1, 0.1]).args(&[1e9]), 0.1);
    check("deriv", &given(&[f64::INFINITY, f64::INFINITY]), f64::NAN);
    check("predict_linear", &given(&[f64::INFINITY, f64::INFINITY]).args(&[1.0]), f64::NAN);
}

#[test]
fn one_sample_has_no_trend() {
    check("deriv", &given(&[1.0]), None);
    check("predict_linear", &given(&[1.0]).args(&[1.0]), None);
    check("double_exponential_smoothing", &given(&[1.0]).args(&[0.5, 0.5]), None);
}

#[test]
fn slopes_are_exact_long_after_the_epoch() {
    let mut line = given(&[1.0, 2.0, 3.0]);
    for time in &mut line.floats.times_ms {
        *time += 1_700_000_000_000;
    }
    check("deriv", &line.within(1_699_999_999_999, 1_700_000_000_000 + 2 * MINUTE), 1.0 / 60.0);
}

#[test]
fn the_ends_of_time_are_as_far_as_can_be() {
    let mut line = given(&[1.0, 2.0]).args(&[0.0]);
    line.floats.times_ms = vec![i64::MIN + 1, i64::MAX];
    (line.start_ms, line.end_ms) = (i64::MIN, i64::MAX);
    assert!(line.call("predict_linear").value.is_some());
    assert!(line.call("deriv").value.is_some());
}

#[test]
fn smoothing_follows_level_and_trend() {
    // 1, then 0.5 * 2 + 0.5 * (1 + 1) = 2, then trend 1: 0.5 * 5 + 0.5 * (2 + 1) = 4.
    check("double_exponential_smoothing", &given(&[1.0, 2.0]).args(&[0.5, 0.5]), 2.0);
    check("double_exponential_smoothing", &given(&[1.0, 2.0, 5.0]).args(&[0.5, 0.5]), 4.0);
    check("double_exponential_smoothing", &given(&[1.0, 2.0, 5.0, 5.0]).args(&[0.5, 0.5]), 5.25);
}

#[test]
fn factors_of_smoothing_lie_between_0_and_1() {
    let failure = |args: &[f64]| given(&[1.0, 2.0]).args(args).call("double_exponential_smoothing").failure;
    let message = |name, short, value| format!("invalid {name} factor. Expected: 0 < {short} < 1, got: {value}");
    assert_eq!(failure(&[0.0, 0.5]), Some(message("smoothing", "sf", "0.000000")));
    assert_eq!(failure(&[1.5, 0.5]), Some(message("smoothing", "sf", "1.500000")));
    assert_eq!(failure(&[0.5, 1.0]), Some(message("trend", "tf", "1.000000")));
    assert_eq!(failure(&[0.5, 0.5]), None);
}

proptest! {
    #[test]
    fn any_floats_have_an_answer(values in prop::collection::vec(prop::num::f64::ANY, 0..20), arg in prop::num::f64::ANY) {
        given(&values).call("deriv");
        given(&values).args(&[arg]).call("predict_linear");
        given(&values).args(&[arg, arg]).call("double_exponential_smoothing");
    }

    #[test]
    fn a_line_is_smoothed_to_itself(from in -1e3..1e3_f64, slope in -1e3..1e3_f64, smoothing in 0.01..0.99_f64, trend in 0.01..0.99_f64) {
        let values: Vec<f64> = (0..20).map(|at| from + slope * f64::from(at)).collect();
        let smoothed = given(&values).args(&[smoothing, trend]).call("double_exponential_smoothing").value;
        prop_assert!(smoothed.is_some_and(|value| (value - values[19]).abs() < 1e-6), "{:?}", smoothed);
    }
}
