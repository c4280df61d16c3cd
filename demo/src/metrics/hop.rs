//! A request as the proxies on its way see it.

use crate::mesh::ServiceId;
use crate::request::{Call, Place, Request, Served};

/// What happened at one pod.
#[derive(Debug, Clone, Copy)]
pub enum Hop<'r> {
    /// A call that left it, with its tries.
    Out { source: Place, call: &'r Call },
    /// A try that reached it.
    In { source: Place, served: &'r Served },
    /// A message that it took from a queue, which no proxy knows for one.
    Took { served: &'r Served },
}

/// Everything of a request, callers before those they call.
pub fn hops(request: &Request) -> Vec<Hop<'_>> {
    let mut hops = Vec::new();
    walk(request.gateway, &request.call, &mut hops);
    hops
}

fn walk<'r>(source: Place, call: &'r Call, hops: &mut Vec<Hop<'r>>) {
    hops.push(Hop::Out { source, call });
    for served in call.attempts.iter().filter_map(|attempt| attempt.served.as_ref()) {
        hops.push(Hop::In { source, served });
        served.calls.iter().for_each(|call| walk(served.place, call, hops));
    }
    for served in &call.taken {
        hops.push(Hop::Took { served });
        served.calls.iter().for_each(|call| walk(served.place, call, hops));
    }
}

impl Hop<'_> {
    pub fn place(&self) -> Place {
        match self {
            Self::Out { source, .. } => *source,
            Self::In { served, .. } | Self::Took { served } => served.place,
        }
    }
}

impl Call {
    /// Where the last try went that reached anybody.
    pub fn reached(&self) -> Option<Place> {
        self.attempts.iter().rev().find_map(|attempt| attempt.served.as_ref()).map(|served| served.place)
    }
}

impl Served {
    /// The time in which it waited for nobody.
    pub fn own_ns(&self) -> u64 {
        let mut asked: Vec<(u64, u64)> = self.calls.iter().map(|call| (call.asked.start, call.asked.end)).collect();
        asked.sort_unstable();
        let mut waited = 0;
        let mut until = 0;
        for (start, end) in asked {
            waited += end.saturating_sub(start.max(until));
            until = until.max(end);
        }
        (self.worked.end - self.worked.start).saturating_sub(waited)
    }
}

/// Services that a service may call, each once.
pub fn targets(service: &crate::mesh::Service) -> Vec<ServiceId> {
    let calls = service.operations.iter().flat_map(|operation| operation.steps.iter().flatten());
    let mut targets: Vec<ServiceId> = calls.map(|call| call.target.service).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}
