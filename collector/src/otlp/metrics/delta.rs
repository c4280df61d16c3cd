//! Deltas, added up to what cumulative senders would have said.
//!
//! Source: OpenTelemetry specification, "Metrics Data Model", "Sums: Delta-to-Cumulative".
//!
//! * The first delta of a series counts from 0, and the series starts where the delta does.
//! * A delta that ends later than all before it is added. A gap or an overlap in between changes nothing: what happened
//!   in a gap was sent by nobody.
//! * A delta that does not end later is refused: it was added before, or others that are later were.
//! * What cannot be added up (another kind, other bounds) starts the series anew.
//!
//! Sums are written to the log as they come out, so that a replay needs no state. After a restart there is none: every
//! series starts anew from 0 with a new start, which reads as the reset of a counter.

use std::collections::HashMap;

use spanloom_store::series::SeriesId;

use super::buckets::{Classic, Exponential};
use super::point::{BadPoint, Times};

/// Idle series are looked for at most this often.
const SWEEP_MS: i64 = 60_000;

/// Bounds of the state of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeltaLimits {
    pub series_max: usize,
    /// A series of which nothing came for so long is forgotten.
    pub idle_ms_max: i64,
}

/// What has been added up, by series.
#[derive(Debug)]
pub struct DeltaState {
    limits: DeltaLimits,
    series: HashMap<SeriesId, Added>,
    swept_ms: i64,
}

/// What can be added up.
#[derive(Debug, Clone, PartialEq)]
pub enum Total {
    Sum(f64),
    Classic(Classic),
    Exponential(Exponential),
}

impl Total {
    fn add(&mut self, delta: &Self) -> bool {
        match (self, delta) {
            (Self::Sum(sum), Self::Sum(more)) => {
                *sum += more;
                true
            }
            (Self::Classic(total), Self::Classic(delta)) => total.add(delta),
            (Self::Exponential(total), Self::Exponential(delta)) => total.add(delta),
            _ => false,
        }
    }
}

#[derive(Debug)]
struct Added {
    total: Total,
    start_ms: i64,
    last_ms: i64,
    received_ms: i64,
}

impl Added {
    fn first(delta: Total, times: Times, received_ms: i64) -> Self {
        // Without a start it began no later than it ended.
        let start_ms = if times.start_ms == 0 { times.time_ms } else { times.start_ms };
        Self { total: delta, start_ms, last_ms: times.time_ms, received_ms }
    }
}

impl DeltaState {
    pub fn new(limits: DeltaLimits) -> Self {
        Self { limits, series: HashMap::new(), swept_ms: 0 }
    }

    /// How many series it holds.
    #[cfg(test)]
    pub fn series_count(&self) -> usize {
        self.series.len()
    }

    /// Adds a delta to its series. Returns the sum, and since when it counts.
    ///
    /// # Errors
    /// [`BadPoint::DeltaOrder`], [`BadPoint::DeltaSeries`]; then nothing was added.
    pub fn add(
        &mut self,
        id: SeriesId,
        delta: Total,
        times: Times,
        received_ms: i64,
    ) -> Result<(Total, Times), BadPoint> {
        self.sweep(received_ms);
        let is_full = self.series.len() >= self.limits.series_max;
        let added = match self.series.get_mut(&id) {
            None if is_full => return Err(BadPoint::DeltaSeries(self.limits.series_max)),
            None => self.series.entry(id).or_insert(Added::first(delta, times, received_ms)),
            Some(added) if times.time_ms <= added.last_ms => {
                return Err(BadPoint::DeltaOrder { time_ms: times.time_ms, last_ms: added.last_ms });
            }
            Some(added) => {
                if added.total.add(&delta) {
                    (added.last_ms, added.received_ms) = (times.time_ms, received_ms);
                } else {
                    *added = Added::first(delta, times, received_ms);
                }
                added
            }
        };
        Ok((added.total.clone(), Times { time_ms: times.time_ms, start_ms: added.start_ms }))
    }

    /// Forgets a series that has ended.
    pub fn end(&mut self, id: SeriesId) {
        self.series.remove(&id);
    }

    fn sweep(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.swept_ms) < SWEEP_MS {
            return;
        }
        self.swept_ms = now_ms;
        let oldest_ms = now_ms.saturating_sub(self.limits.idle_ms_max);
        self.series.retain(|_, added| added.received_ms >= oldest_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DeltaLimits = DeltaLimits { series_max: 2, idle_ms_max: 300_000 };

    fn id(labels: i64) -> SeriesId {
        SeriesId { metric: 1, labels }
    }

    fn sum(state: &mut DeltaState, (start_ms, time_ms): (i64, i64), value: f64) -> Result<(f64, i64), BadPoint> {
        let (total, times) = state.add(id(1), Total::Sum(value), Times { time_ms, start_ms }, time_ms)?;
        let Total::Sum(sum) = total else { panic!("{total:?}") };
        Ok((sum, times.start_ms))
    }

    #[test]
    fn deltas_add_up_from_the_first() {
        let mut state = DeltaState::new(LIMITS);
        assert_eq!(sum(&mut state, (10, 20), 2.0), Ok((2.0, 10)));
        assert_eq!(sum(&mut state, (20, 30), 3.0), Ok((5.0, 10)));
    }

    #[test]
    fn gaps_and_overlaps_are_added() {
        let mut state = DeltaState::new(LIMITS);
        assert_eq!(sum(&mut state, (10, 20), 2.0), Ok((2.0, 10)));
        assert_eq!(sum(&mut state, (50, 60), 3.0), Ok((5.0, 10)));
        assert_eq!(sum(&mut state, (55, 70), 1.0), Ok((6.0, 10)));
    }

    #[test]
    fn what_does_not_end_later_is_refused() {
        let mut state = DeltaState::new(LIMITS);
        assert_eq!(sum(&mut state, (10, 20), 2.0), Ok((2.0, 10)));
        let refused = BadPoint::DeltaOrder { time_ms: 20, last_ms: 20 };
        assert_eq!(sum(&mut state, (10, 20), 2.0), Err(refused));
        assert_eq!(sum(&mut state, (20, 21), 2.0), Ok((4.0, 10)));
    }

    #[test]
    fn without_a_start_a_series_starts_with_its_first_delta() {
        assert_eq!(sum(&mut DeltaState::new(LIMITS), (0, 20), 2.0), Ok((2.0, 20)));
    }

    #[test]
    fn other_bounds_start_anew() {
        let classic =
            |bound| Total::Classic(Classic { bounds: vec![bound], counts: vec![1, 0], count: 1, sum: Some(0.5) });
        let mut state = DeltaState::new(LIMITS);
        let mut add =
            |bound, start_ms, time_ms| state.add(id(1), classic(bound), Times { time_ms, start_ms }, 0).unwrap();
        add(1.0, 10, 20);
        let (total, times) = add(1.0, 20, 30);
        let Total::Classic(total) = total else { panic!("{total:?}") };
        assert_eq!((total.count, total.counts, total.sum, times.start_ms), (2, vec![2, 0], Some(1.0), 10));
        let (total, times) = add(2.0, 30, 40);
        assert_eq!((total, times.start_ms), (classic(2.0), 30));
    }

    #[test]
    fn series_are_bounded_and_idle_ones_make_room() {
        let mut state = DeltaState::new(LIMITS);
        let mut add = |labels, now_ms| {
            state.add(id(labels), Total::Sum(1.0), Times { time_ms: now_ms, start_ms: 0 }, now_ms).map(drop)
        };
        assert_eq!(add(1, 100_000), Ok(()));
        assert_eq!(add(2, 399_000), Ok(()));
        assert_eq!(add(3, 399_001), Err(BadPoint::DeltaSeries(2)));
        assert_eq!(add(3, 500_000), Ok(()));
        assert_eq!(state.series_count(), 2);
    }

    #[test]
    fn a_series_that_ended_starts_anew() {
        let mut state = DeltaState::new(LIMITS);
        assert_eq!(sum(&mut state, (10, 20), 2.0), Ok((2.0, 10)));
        state.end(id(1));
        assert_eq!(sum(&mut state, (20, 30), 3.0), Ok((3.0, 20)));
    }
}
