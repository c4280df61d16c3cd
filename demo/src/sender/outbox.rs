//! What is to be sent when.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::mesh::Mesh;
use crate::request::Request;
use crate::simulation::{Simulation, TICK};
use crate::spans::Trace;

/// Who is later than this leaves out what is between.
const LATE_MAX: Duration = Duration::from_secs(10);
const LATE_TICKS_MAX: i64 = (LATE_MAX.as_nanos() / TICK.as_nanos()) as i64;
/// Ticks of the past that are told at a time, beside what goes on: sixteen times as fast as they went by.
const PAST_TICKS: i64 = 16;

/// Traces that have begun. Those wait that have not ended, which no request of a mesh does much longer than its longest
/// timeout.
#[derive(Debug)]
pub struct Outbox {
    simulation: Simulation,
    next: i64,
    /// Ticks before the start that are still to be told.
    past: Range<i64>,
    /// By end, and in order of making.
    waiting: BTreeMap<(u64, u64), Waiting>,
    made: u64,
}

#[derive(Debug)]
struct Waiting {
    trace: Trace,
    /// `None` if it began before the start.
    request: Option<Request>,
}

/// What is to be sent now.
#[derive(Debug, Default)]
pub struct Due {
    /// By their end.
    pub traces: Vec<Trace>,
    /// The requests of those traces that began after the start.
    pub ended: Vec<Request>,
    pub ticks_dropped: u64,
}

impl Outbox {
    pub fn new(simulation: Simulation, past: Duration) -> Self {
        let past = -((past.as_nanos() / TICK.as_nanos()) as i64)..0;
        Self { simulation, next: 0, past, waiting: BTreeMap::new(), made: 0 }
    }

    pub fn mesh(&self) -> &Mesh {
        self.simulation.mesh()
    }

    /// What has ended since the last time that this was asked, and some of the past.
    pub fn due(&mut self, now_ns: u64) -> Due {
        let now = self.simulation.tick_at(now_ns);
        let ticks_dropped = (now - LATE_TICKS_MAX - self.next).max(0);
        self.next += ticks_dropped;
        (self.next..=now).for_each(|tick| self.play(tick));
        self.next = self.next.max(now + 1);
        self.past.by_ref().take(PAST_TICKS as usize).collect::<Vec<_>>().into_iter().for_each(|tick| self.play(tick));
        let later = self.waiting.split_off(&(now_ns, 0));
        let ended = std::mem::replace(&mut self.waiting, later).into_values();
        let (traces, ended): (Vec<Trace>, Vec<Option<Request>>) =
            ended.map(|waiting| (waiting.trace, waiting.request)).unzip();
        let ended = ended.into_iter().flatten().collect();
        Due { traces, ended, ticks_dropped: ticks_dropped.cast_unsigned() }
    }

    /// Requests that began after the start and have not ended.
    pub fn begun(&self) -> impl Iterator<Item = &Request> {
        self.waiting.values().filter_map(|waiting| waiting.request.as_ref())
    }

    pub fn start_ns(&self) -> u64 {
        self.simulation.begin_ns(0)
    }

    fn play(&mut self, tick: i64) {
        for request in self.simulation.requests(tick) {
            let trace = Trace::of(self.simulation.mesh(), &request);
            let key = (trace.end_ns, self.made);
            self.waiting.insert(key, Waiting { trace, request: (tick >= 0).then_some(request) });
            self.made += 1;
        }
    }
}
