use std::time::Duration;

use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn steps(start_s: i64, end_s: i64, step_s: i64) -> Steps {
    Steps::range(start_s * SECOND_NS, end_s * SECOND_NS, Some(step_s * SECOND_NS), DAY).unwrap()
}

fn refused(start_ns: i64, end_ns: i64, step_ns: Option<i64>, expected: &str) {
    assert_eq!(Steps::range(start_ns, end_ns, step_ns, DAY).unwrap_err().to_string(), expected);
}

#[test]
fn a_range_is_widened_to_whole_steps_and_one_before() {
    let check = |(start_s, end_s, step_s), times_s: &[i64]| {
        let steps = steps(start_s, end_s, step_s);
        let times: Vec<i64> = (0..steps.count()).map(|interval| steps.time_ms(interval) / 1000).collect();
        assert_eq!(times, times_s, "{start_s}..{end_s} by {step_s}");
    };
    check((100, 200, 60), &[60, 120, 180, 240]);
    check((120, 240, 60), &[120, 180, 240]);
    check((0, 60, 60), &[0, 60]);
    check((1, 2, 60), &[0, 60]);
    check((-90, -30, 60), &[-120, -60, 0]);
    check((0, 1800, 1800), &[0, 1800]);
}

#[test]
fn an_interval_has_its_end_and_not_its_start() {
    let steps = steps(60, 180, 60);
    let at = |time_ns: i64| steps.interval_of(time_ns);
    assert_eq!(at(0), None);
    assert_eq!(at(1), Some(0));
    assert_eq!(at(60 * SECOND_NS), Some(0));
    assert_eq!(at(60 * SECOND_NS + 1), Some(1));
    assert_eq!(at(180 * SECOND_NS), Some(2));
    assert_eq!(at(180 * SECOND_NS + 1), None);
    assert_eq!(at(i64::MIN), None);
    assert_eq!(at(i64::MAX), None);
}

#[test]
fn an_instant_is_one_interval_as_long_as_the_range() {
    let instant = Steps::instant(7, 7 + 90 * SECOND_NS, DAY).unwrap();
    assert_eq!((instant.count(), instant.start_ns(), instant.end_ns()), (1, 7, 7 + 90 * SECOND_NS));
    assert_eq!(instant.step_seconds(), 90.0);
    assert_eq!(instant.time_ms(0), 90_000);
    assert_eq!(Steps::instant(0, 1000, DAY), Err(InvalidSteps::StepTooShort { step_ns: 1000 }));
    assert_eq!(Steps::instant(5, 5, DAY), Err(InvalidSteps::Empty { start_ns: 5, end_ns: 5 }));
}

#[test]
fn without_a_step_there_are_about_240_points_of_a_round_length() {
    let hour_s = 3600;
    let cases = [(60, 1), (300, 1), (1300, 5), (hour_s, 15), (3 * hour_s, 45), (6 * hour_s, 60), (24 * hour_s, 300)];
    for (range_s, step_s) in cases {
        assert_eq!(default_step_ns(range_s * SECOND_NS), step_s * SECOND_NS, "{range_s} s");
    }
    assert_eq!(default_step_ns(30 * 24 * hour_s * SECOND_NS), 3 * hour_s * SECOND_NS);
    assert_eq!(default_step_ns(0), SECOND_NS);
}

#[test]
fn what_cannot_be_answered_says_what_is_wrong_and_what_the_bound_is() {
    refused(10, 10, None, "the time range ends at 10 ns, not after its start at 10 ns");
    refused(10, 5, None, "the time range ends at 5 ns, not after its start at 10 ns");
    refused(0, SECOND_NS, Some(0), "the step is 0 ns, the least is 1ms");
    refused(0, SECOND_NS, Some(-5), "the step is -5 ns, the least is 1ms");
    refused(0, 2 * 86_400 * SECOND_NS, None, "the time range is 172800s long, the most for series is 86400s");
    refused(
        0,
        20_001 * SECOND_NS,
        Some(2 * SECOND_NS),
        "a step of 2s makes 10001 intervals of 20001s, the most is 10000",
    );
    assert!(Steps::range(0, 20_000 * SECOND_NS, Some(2 * SECOND_NS), DAY).is_ok());
    let near_end = i64::MAX - 10;
    refused(
        near_end - SECOND_NS,
        near_end,
        Some(SECOND_NS),
        &format!("the time range from {} ns to {near_end} ns is too near the ends of time", near_end - SECOND_NS),
    );
    refused(
        i64::MIN,
        i64::MAX,
        None,
        &format!("the time range from {} ns to {} ns is too near the ends of time", i64::MIN, i64::MAX),
    );
}

proptest! {
    #[test]
    fn every_time_asked_for_is_in_the_interval_that_says_so(
        start_ns in -1_000_000_000_000_i64..1_000_000_000_000,
        range_ns in 1..10_000_000_000_i64,
        step_ns in STEP_NS_MIN..20_000_000_000_i64,
        part in 0.0..=1.0_f64,
    ) {
        let steps = Steps::range(start_ns, start_ns + range_ns, Some(step_ns), DAY).unwrap();
        let time_ns = start_ns + (part * range_ns as f64) as i64;
        let interval = steps.interval_of(time_ns).unwrap();
        prop_assert!(steps.interval_start_ns(interval) < time_ns);
        prop_assert!(time_ns <= steps.interval_start_ns(interval) + step_ns);
        prop_assert_eq!(steps.start_ns().rem_euclid(step_ns), 0);
        prop_assert_eq!(steps.end_ns().rem_euclid(step_ns), 0);
        prop_assert!(interval < steps.count());
    }
}
