use proptest::prelude::*;

use super::{Given, MINUTE, SECOND, check, close, given};
use crate::promql::tree::Edges;

#[test]
fn an_increase_is_extended_to_the_edges_of_the_window() {
    let counter = given(&[0.0, 60.0, 120.0, 180.0, 240.0]);
    check("increase", &counter.clone().within(0, 4 * MINUTE), 240.0);
    check("rate", &counter.clone().within(0, 4 * MINUTE), 1.0);
    check("delta", &counter.within(0, 4 * MINUTE), 240.0);
}

#[test]
fn a_window_is_open_at_its_start() {
    check("increase", &given(&[5.0, 6.0]).within(0, MINUTE), None);
    check("increase", &given(&[5.0, 6.0]).within(-1, MINUTE), 1.0 + 1.0 / 60_000.0);
}

#[test]
fn far_from_an_edge_only_half_a_gap_is_added() {
    // Samples at 0, 1, 2 min; the window reaches 5 minutes further.
    check("delta", &given(&[10.0, 20.0, 30.0]).within(-5 * MINUTE, 7 * MINUTE), 30.0);
    check("delta", &given(&[10.0, 20.0, 30.0]).within(-66 * SECOND, 2 * MINUTE), 25.0);
    check("delta", &given(&[10.0, 20.0, 30.0]).within(-65 * SECOND, 2 * MINUTE), 20.0 * (185.0 / 120.0));
}

#[test]
fn a_counter_does_not_come_from_below_zero() {
    let counter = given(&[1.0, 11.0, 21.0]);
    check("increase", &counter.clone().within(-MINUTE, 2 * MINUTE), 21.0);
    check("delta", &counter.within(-MINUTE, 2 * MINUTE), 30.0);
}

#[test]
fn what_a_counter_had_before_a_reset_is_added() {
    check("increase", &given(&[100.0, 10.0, 20.0]).within(-30 * SECOND, 2 * MINUTE), 25.0);
    check("delta", &given(&[100.0, 10.0, 20.0]), -80.0 * (120.0 + 0.001) / 120.0);
}

#[test]
fn one_sample_is_not_enough_unless_its_start_is_in_the_window() {
    check("increase", &given(&[1.0]).within(-MINUTE, 0), None);
    let later = given(&[9.0, 9.0, 9.0]).within(MINUTE, 2 * MINUTE);
    check("increase", &later.clone().starts(&[0, 0, 30 * SECOND]), 9.0);
    check("rate", &later.clone().starts(&[0, 0, 30 * SECOND]), 9.0 / 60.0);
    check("increase", &later.clone().starts(&[0, 0, MINUTE]), None);
    check("delta", &later.starts(&[0, 0, 30 * SECOND]), None);
}

#[test]
fn a_start_between_two_samples_is_a_reset() {
    let differences = given(&[60.0; 6]).later(MINUTE).starts(&[MINUTE; 6]).within(MINUTE, 6 * MINUTE);
    check("increase", &differences, 300.0);
    check("irate", &differences, 1.0);
    check("resets", &differences, 4.0);
    check("increase", &given(&[60.0; 6]).within(0, 5 * MINUTE), 0.0);
}

#[test]
fn overlapping_starts_are_told_of() {
    let overlapping = given(&[60.0, 120.0, 180.0]).starts(&[0, 2 * MINUTE, 2 * MINUTE + 1]);
    let said = overlapping.call("rate").said;
    assert!(
        said.contains(
            "sample has start time that overlaps with previous sample timestamp for metric \"requests_total\""
        )
    );
    assert_eq!(overlapping.call("delta").said, "");
}

#[test]
fn what_may_be_no_counter_is_told_of() {
    let said = |name, metric_type| given(&[1.0, 2.0]).metric(name, metric_type).call("rate").said;
    assert_eq!(said("requests_total", None), "");
    assert_eq!(said("", None), "");
    assert_eq!(said("load", Some("counter")), "");
    assert!(said("load", None).contains("name does not end in _total/_sum/_count/_bucket: \"load\""));
    assert!(
        said("load_total", Some("gauge"))
            .contains("__type__ label is not set to \"counter\" or \"histogram\", got \"gauge\": \"load_total\"")
    );
    assert_eq!(given(&[1.0, 2.0]).metric("load", None).call("delta").said, "");
    assert_eq!(given(&[1.0]).metric("load", None).call("rate").said, "", "nothing is said where there is no result");
}

fn extended(values: &[f64], edges: Edges, start_s: i64, end_s: i64) -> Given {
    given(values).edges(edges).within(start_s * SECOND, end_s * SECOND)
}

#[test]
fn anchored_windows_begin_with_the_sample_before() {
    let anchored = |start, end| extended(&[1.0, 2.0, 5.0, 1.0, 3.0], Edges::Anchored, start, end);
    check("increase", &anchored(30, 240), 7.0);
    check("delta", &anchored(30, 240), 2.0);
    check("rate", &anchored(60, 240), 6.0 / 180.0);
    check("increase", &anchored(240, 300), None);
    check("increase", &anchored(-60, 240), 7.0);
    check("resets", &anchored(120, 240), 1.0);
    check("changes", &anchored(120, 240), 2.0);
    check("changes", &anchored(240, 300), None);
}

#[test]
fn smoothed_windows_are_interpolated_at_their_edges() {
    let smoothed = |start, end| extended(&[0.0, 60.0, 120.0, 10.0], Edges::Smoothed, start, end);
    check("increase", &smoothed(30, 90), 60.0);
    check("rate", &smoothed(30, 90), 1.0);
    check("delta", &smoothed(120, 150), -55.0);
    check("increase", &smoothed(90, 150), 35.0);
    check("increase", &smoothed(150, 300), 5.0);
    check("increase", &smoothed(200, 300), None);
    check("increase", &smoothed(-100, -50), None);
    check("increase", &smoothed(130, 150), 10.0 / 3.0);
}

proptest! {
    #[test]
    fn the_rate_of_a_line_is_its_slope(
        slope in 0.001..1000.0_f64, from in 0.0..1e6_f64, gap in 1..100_i64, count in 2..50_usize,
    ) {
        // So many that zero is further away than the window's start.
        let from = from + slope * 200.0;
        let values: Vec<f64> = (0..count).map(|at| from + slope * at as f64 * 60.0).collect();
        let before = gap * MINUTE / 100;
        let line = given(&values).within(-before, (count as i64 - 1) * MINUTE);
        let rate = line.call("rate").value.expect("two samples");
        prop_assert!((rate - slope).abs() <= 1e-6 * slope.max(from * 1e-6), "{} of {}", rate, slope);
    }

    #[test]
    fn a_counter_never_falls(values in prop::collection::vec(0.0..1e9_f64, 0..40), starts in prop::bool::ANY) {
        let mut counter = given(&values);
        if starts {
            counter = counter.starts(&vec![MINUTE; values.len()]);
        }
        for edges in [Edges::Plain, Edges::Anchored, Edges::Smoothed] {
            for name in ["rate", "increase"] {
                let value = counter.clone().edges(edges).call(name).value;
                prop_assert!(value.is_none_or(|value| value >= -1e-6), "{} {:?}", name, value);
            }
        }
    }

    #[test]
    fn any_floats_have_an_answer(
        values in prop::collection::vec(prop::num::f64::ANY, 0..20), start in -20..20_i64, length in 0..20_i64,
        starts in prop::collection::vec(-3..3_i64, 20),
    ) {
        let starts: Vec<i64> = starts.iter().map(|start| start * 40 * SECOND).collect();
        for edges in [Edges::Plain, Edges::Anchored, Edges::Smoothed] {
            for name in ["rate", "increase", "delta", "irate", "idelta", "changes", "resets"] {
                let series = given(&values).edges(edges).within(start * MINUTE, (start + length) * MINUTE);
                series.call(name);
                series.starts(&starts[..values.len()]).call(name);
            }
        }
    }

    #[test]
    fn anchored_increases_of_neighbours_add_up(values in prop::collection::vec(0..100_u32, 3..30), at in 1..100_usize) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let last = values.len() as i64 - 1;
        let middle = (at as i64 % last).max(1) * MINUTE;
        for edges in [Edges::Anchored, Edges::Smoothed] {
            let increase = |start, end| {
                let kept = if edges == Edges::Anchored { &values[..=(end / MINUTE) as usize] } else { &values[..] };
                given(kept).edges(edges).within(start, end).call("increase").value.unwrap_or(0.0)
            };
            let (whole, parts) = (increase(0, last * MINUTE), increase(0, middle) + increase(middle, last * MINUTE));
            prop_assert!(close(whole, parts), "{:?}: {} and {}", edges, whole, parts);
        }
    }
}
