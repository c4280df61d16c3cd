//! A place among the times of samples that only moves on.

/// How many samples are at or before the time last sought.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Mark {
    pub passed: usize,
    /// How many samples the last move passed. Samples and steps are mostly even, and then the next move passes as many.
    stride: usize,
}

impl Mark {
    /// Passes the samples up to and with a time, which is no earlier than those sought before.
    pub fn move_to(&mut self, times_ms: &[i64], time_ms: i64) {
        let mut passed = times_ms.len().min(self.passed + self.stride);
        while passed < times_ms.len() && times_ms[passed] <= time_ms {
            passed += 1;
        }
        while passed > self.passed && times_ms[passed - 1] > time_ms {
            passed -= 1;
        }
        self.stride = passed - self.passed;
        self.passed = passed;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Mark;

    proptest! {
        #[test]
        fn a_mark_is_where_a_search_would_be(
            gaps in prop::collection::vec(0..40_i64, 0..200), steps in prop::collection::vec(0..200_i64, 0..60),
        ) {
            let ascending = |gaps: &[i64]| -> Vec<i64> {
                gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect()
            };
            let times_ms = ascending(&gaps);
            let mut mark = Mark::default();
            for time_ms in ascending(&steps) {
                mark.move_to(&times_ms, time_ms);
                prop_assert_eq!(mark.passed, times_ms.partition_point(|at_ms| *at_ms <= time_ms));
            }
        }
    }
}
