//! What happened in one request: who did what from when to when, and how it ended. Spans and truth are both made of this.
//!
//! Times are nanoseconds since the request came in at the gateway, by one clock.

mod cut;
mod play;

use crate::mesh::ServiceId;
pub(crate) use play::Player;

/// From and to, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interval {
    pub start: u64,
    pub end: u64,
}

/// One request from outside, with everything that it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub trace_id: [u8; 16],
    /// From which the ids of its spans are drawn.
    pub span_seed: u64,
    /// When it came in, in nanoseconds since the epoch.
    pub begin_ns: u64,
    /// The gateway's pod.
    pub gateway: Place,
    pub call: Call,
}

/// A pod of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub service: ServiceId,
    pub revision: usize,
    pub pod: u64,
}

/// One logical call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub target: ServiceId,
    pub operation: usize,
    /// As the calling app sees it.
    pub asked: Interval,
    /// As the listener of the caller's proxy sees it; the same as `asked` where there is none.
    pub passed: Interval,
    pub outcome: Outcome,
    /// Tries in order, at least one.
    pub attempts: Vec<Attempt>,
    /// Why the caller's proxy ended it.
    pub ending: Ending,
    /// Who took the message, if it is one. That happens after the call.
    pub taken: Vec<Served>,
}

/// One try of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub sent: Interval,
    pub outcome: Outcome,
    /// `None` if it reached nobody, or somebody who tells nothing.
    pub served: Option<Served>,
}

/// A try as its target saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    pub place: Place,
    pub operation: usize,
    /// As the listener of its proxy saw it.
    pub entered: Interval,
    /// As its proxy saw the app.
    pub handed: Interval,
    /// As the app saw it.
    pub worked: Interval,
    pub outcome: Outcome,
    pub calls: Vec<Call>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Done,
    /// What was asked for is not there.
    Refused,
    /// The service itself failed.
    Failed,
    /// The service says that somebody it needs failed.
    Unavailable,
    /// There was no connection.
    Unreachable,
    /// Whoever asked waited long enough.
    TimedOut,
    /// Whoever asked has gone.
    Cancelled,
}

impl Outcome {
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Done | Self::Refused)
    }

    /// Whether another try may go better.
    fn is_retriable(self) -> bool {
        matches!(self, Self::Unavailable | Self::Unreachable)
    }
}

/// Why a proxy ended a call as it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// It passed on what it got.
    #[default]
    Plain,
    /// Envoy's URX: no try was left.
    TriesUsedUp,
    /// Envoy's UT.
    TimedOut,
    /// Envoy's DC.
    Left,
}

impl Request {
    /// When the last of it had ended, in nanoseconds since the epoch; that is later than its own end where messages were
    /// taken after it.
    pub fn end_ns(&self) -> u64 {
        self.begin_ns + self.call.last_ns()
    }
}

impl Call {
    fn last_ns(&self) -> u64 {
        let below = self.attempts.iter().filter_map(|attempt| attempt.served.as_ref()).chain(&self.taken);
        below.map(Served::last_ns).fold(self.asked.end, u64::max)
    }
}

impl Served {
    fn last_ns(&self) -> u64 {
        self.calls.iter().map(Call::last_ns).fold(self.entered.end, u64::max)
    }
}
