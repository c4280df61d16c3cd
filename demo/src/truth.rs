//! Who called whom how often, as it really was. Not made from spans.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::mesh::{Mesh, ServiceId};
use crate::request::{Call, Request, Served};

/// Calls of one edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Logical calls.
    pub requests: u64,
    /// Tries of them.
    pub attempts: u64,
    /// Requests that failed for good, as their caller saw it.
    pub errors: u64,
}

/// Calls by source and target, each as [`crate::mesh::Service::id`] names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    pub edges: BTreeMap<(String, String), Calls>,
    /// Requests that came in at the gateway.
    pub entered: u64,
}

impl AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.attempts += other.attempts;
        self.errors += other.errors;
    }
}

impl Truth {
    pub fn add(&mut self, mesh: &Mesh, request: &Request) {
        self.entered += 1;
        self.add_call(mesh, request.gateway.service, &request.call);
    }

    fn add_call(&mut self, mesh: &Mesh, source: ServiceId, call: &Call) {
        let attempts = call.attempts.len() as u64;
        let calls = Calls { requests: 1, attempts, errors: u64::from(call.outcome.is_error()) };
        *self.edge(mesh, source, call.target) += calls;
        for served in call.attempts.iter().filter_map(|attempt| attempt.served.as_ref()) {
            self.add_served(mesh, served);
        }
        for taken in &call.taken {
            let calls = Calls { requests: 1, attempts: 1, errors: u64::from(taken.outcome.is_error()) };
            *self.edge(mesh, call.target, taken.place.service) += calls;
            self.add_served(mesh, taken);
        }
    }

    fn add_served(&mut self, mesh: &Mesh, served: &Served) {
        served.calls.iter().for_each(|call| self.add_call(mesh, served.place.service, call));
    }

    fn edge(&mut self, mesh: &Mesh, source: ServiceId, target: ServiceId) -> &mut Calls {
        let id = |service: ServiceId| mesh.services[service].id();
        self.edges.entry((id(source), id(target))).or_default()
    }
}
