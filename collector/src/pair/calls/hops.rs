//! Rule (o): requests on their way through waypoints.

use super::{Calls, From};
use crate::pair::direction::is_side_call;
use crate::pair::span::Kind;
use crate::pair::trace::Trace;

/// The spans of one waypoint for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pair) struct Hop {
    pub top: usize,
    /// Upstream spans below the listener's.
    pub attempts: Vec<usize>,
    pub entries: Vec<usize>,
    pub from: From,
}

impl Hop {
    /// All spans of the waypoint.
    pub fn spans(&self) -> impl Iterator<Item = usize> {
        [self.top].into_iter().chain(self.attempts.iter().copied())
    }
}

impl Calls {
    pub(super) fn place_waypoint(&mut self, trace: &Trace<'_>, i: usize) {
        let above = trace.tree.stored_parent(i).filter(|parent| trace.waypoints[*parent]);
        let Some(above) = above else { return self.begin_hop(i, self.from(trace, i)) };
        let hop = self.hop_of[above];
        let is_aside = is_side_call(trace.spans[i], trace.spans[above], None);
        let is_upstream = trace.spans[i].kind == Kind::Client && !trace.spans[i].has_node_id();
        match hop {
            Some(hop) if is_aside && is_upstream => {
                // The request itself does not go there: its caller sent nothing to that side.
                let from = match self.hops[hop].from {
                    From::Caller(caller) => From::Other(caller),
                    from => from,
                };
                self.begin_hop(i, from);
            }
            Some(hop) => {
                self.carriers[i] = self.carriers[above];
                self.hop_of[i] = Some(hop);
                if is_upstream {
                    self.hops[hop].attempts.push(i);
                }
            }
            None => {}
        }
    }

    fn begin_hop(&mut self, top: usize, from: From) {
        let hop = self.hops.len();
        if let From::Caller(caller) = from {
            self.carriers[top] = Some(caller);
            self.hops_of[caller].push(hop);
        }
        self.hop_of[top] = Some(hop);
        self.hops.push(Hop { top, attempts: Vec::new(), entries: Vec::new(), from });
    }
}
