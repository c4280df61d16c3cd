//! How long a step is.

use std::time::Duration;

use crate::ledger::WINDOW_NS;

/// The shortest step: a window of `edges`. All others are multiples of it.
pub(crate) const STEP_MIN: Duration = Duration::from_nanos(WINDOW_NS as u64);
/// Steps in an answer.
pub(crate) const STEPS_MAX: i64 = 1_000;
/// Steps that a chart shows well; without another wish there are at most so many.
const STEPS_WELL: i64 = 120;
/// Steps that people count in, as windows.
const ROUND_STEPS: [i64; 9] = [1, 3, 6, 30, 60, 180, 360, 1080, 2160];
const DAY_WINDOWS: i64 = 8640;

/// A step for a range, in nanoseconds.
pub(crate) fn step_for(range_ns: i64) -> i64 {
    let windows = parts(range_ns / WINDOW_NS, STEPS_WELL);
    let round = ROUND_STEPS.into_iter().find(|step| *step >= windows);
    WINDOW_NS * round.unwrap_or_else(|| parts(windows, DAY_WINDOWS) * DAY_WINDOWS)
}

/// How many parts of a length it takes; neither is negative.
const fn parts(whole: i64, length: i64) -> i64 {
    (whole + length - 1) / length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_round_and_there_are_not_too_many() {
        let minutes = |minutes: i64| step_for(minutes * 6 * WINDOW_NS) / WINDOW_NS;
        assert_eq!([5, 20, 60, 120].map(minutes), [1, 1, 3, 6]);
        assert_eq!([6 * 60, 24 * 60, 14 * 24 * 60].map(minutes), [30, 180, 1080]);
        assert_eq!(minutes(365 * 24 * 60), 4 * DAY_WINDOWS);
        for days in 1..400 {
            assert!(days * DAY_WINDOWS / (step_for(days * DAY_WINDOWS * WINDOW_NS) / WINDOW_NS) <= STEPS_WELL);
        }
    }
}
