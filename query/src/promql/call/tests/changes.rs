use proptest::prelude::*;

use super::{MINUTE, check, given};

#[test]
fn equal_neighbours_have_not_changed() {
    check("changes", &given(&[1.0, 1.0, 2.0, 2.0, 1.0]), 2.0);
    check("changes", &given(&[f64::NAN, f64::NAN, 1.0, f64::NAN]), 2.0);
    check("changes", &given(&[1.0]), 0.0);
    check("changes", &given(&[]), None);
}

#[test]
fn a_fall_is_a_reset() {
    check("resets", &given(&[1.0, 2.0, 1.0, 1.0, 0.0]), 2.0);
    check("resets", &given(&[1.0, f64::NAN, 0.0]), 0.0);
    check("resets", &given(&[]), None);
}

#[test]
fn a_start_that_is_not_known_is_no_reset() {
    let resets =
        |starts: &[i64], expected: f64| check("resets", &given(&[1.0, 1.0]).later(MINUTE).starts(starts), expected);
    resets(&[0, MINUTE], 0.0);
    resets(&[30_000, MINUTE], 1.0);
    resets(&[-30_000, MINUTE], 0.0);
    resets(&[30_000, MINUTE - 1], 1.0);
    resets(&[30_000, MINUTE + 30_000], 0.0);
}

#[test]
fn the_last_two_samples_tell_the_instant_rate() {
    check("irate", &given(&[1.0, 0.0, 60.0]), 1.0);
    check("irate", &given(&[90.0, 60.0]), 1.0);
    check("idelta", &given(&[90.0, 60.0]), -30.0);
    check("irate", &given(&[90.0]), None);
    check("idelta", &given(&[]), None);
}

proptest! {
    #[test]
    fn every_reset_is_a_change(values in prop::collection::vec(0..5_u8, 1..40)) {
        let series = given(&values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
        let (resets, changes) = (series.call("resets").value, series.call("changes").value);
        prop_assert!(resets <= changes, "{:?} of {:?}", resets, changes);
    }
}
