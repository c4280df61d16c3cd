use proptest::prelude::*;

use super::{check, close, given};

const NAMES: [&str; 16] = [
    "sum_over_time",
    "avg_over_time",
    "count_over_time",
    "first_over_time",
    "last_over_time",
    "min_over_time",
    "max_over_time",
    "ts_of_min_over_time",
    "ts_of_max_over_time",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "stdvar_over_time",
    "stddev_over_time",
    "quantile_over_time",
    "mad_over_time",
    "present_over_time",
];

#[test]
fn statistics_are_those_of_the_samples() {
    let series = given(&[4.0, 6.0, 1.0, 1.0]);
    check("sum_over_time", &series, 12.0);
    check("avg_over_time", &series, 3.0);
    check("count_over_time", &series, 4.0);
    check("present_over_time", &series, 1.0);
    check("first_over_time", &series, 4.0);
    check("last_over_time", &series, 1.0);
    check("min_over_time", &series, 1.0);
    check("max_over_time", &series, 6.0);
    check("stdvar_over_time", &series, 4.5);
    check("stddev_over_time", &series, 4.5_f64.sqrt());
    check("mad_over_time", &series, 1.5);
}

#[test]
fn times_are_those_of_the_first_and_last_and_of_the_latest_extreme() {
    let series = given(&[4.0, 6.0, 1.0, 1.0, 6.0, 5.0]);
    check("ts_of_first_over_time", &series, 0.0);
    check("ts_of_last_over_time", &series, 300.0);
    check("ts_of_min_over_time", &series, 180.0);
    check("ts_of_max_over_time", &series, 240.0);
}

#[test]
fn numbers_win_over_nan() {
    check("min_over_time", &given(&[f64::NAN, 3.0, f64::NAN, 2.0]), 2.0);
    check("max_over_time", &given(&[f64::NAN, 3.0, f64::NAN, 2.0]), 3.0);
    check("max_over_time", &given(&[f64::NAN, f64::NAN]), f64::NAN);
    check("mad_over_time", &given(&[f64::NAN, 3.0]), f64::NAN);
    check("sum_over_time", &given(&[f64::NAN, 3.0]), f64::NAN);
}

#[test]
fn quantiles_lie_between_neighbours() {
    let quantile = |part| given(&[3.0, 0.0, 1.0, 2.0]).args(&[part]);
    check("quantile_over_time", &quantile(0.0), 0.0);
    check("quantile_over_time", &quantile(0.5), 1.5);
    check("quantile_over_time", &quantile(0.75), 2.25);
    check("quantile_over_time", &quantile(1.0), 3.0);
    check("quantile_over_time", &given(&[f64::NAN, 1.0]).args(&[0.0]), f64::NAN);
}

#[test]
fn a_quantile_that_is_none_is_told_of() {
    for (part, value, text) in [(-1.0, f64::NEG_INFINITY, "-1"), (2.0, f64::INFINITY, "2"), (f64::NAN, f64::NAN, "NaN")]
    {
        let series = given(&[1.0]).args(&[part]);
        check("quantile_over_time", &series, value);
        let said = series.call("quantile_over_time").said;
        assert!(said.contains(&format!("quantile value should be between 0 and 1, got {text}")), "{said}");
    }
}

#[test]
fn windows_without_samples_have_no_statistics() {
    for name in NAMES.iter().filter(|name| **name != "count_over_time" && **name != "present_over_time") {
        check(name, &given(&[]).args(&[0.5]), None);
    }
}

proptest! {
    #[test]
    fn the_sum_is_the_mean_of_so_many(values in prop::collection::vec(-1e12..1e12_f64, 1..50)) {
        let series = given(&values);
        let value = |name: &str| series.call(name).value.expect(name);
        prop_assert!((value("sum_over_time") - value("avg_over_time") * value("count_over_time")).abs() < 0.01);
    }

    #[test]
    fn quantiles_are_between_the_extremes(
        values in prop::collection::vec(-1e12..1e12_f64, 1..50), part in 0.0..=1.0_f64,
    ) {
        let series = given(&values).args(&[part]);
        let value = |name: &str| series.call(name).value.expect(name);
        let quantile = value("quantile_over_time");
        prop_assert!(value("min_over_time") - 1e-3 <= quantile && quantile <= value("max_over_time") + 1e-3);
        prop_assert!(value("stdvar_over_time") >= 0.0);
        prop_assert!(close(value("stddev_over_time"), value("stdvar_over_time").sqrt()));
    }

    #[test]
    fn any_floats_have_an_answer(values in prop::collection::vec(prop::num::f64::ANY, 0..20), part in prop::num::f64::ANY) {
        for name in NAMES {
            given(&values).args(&[part]).call(name);
        }
    }
}
