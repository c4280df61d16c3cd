//! Who calls whom: one pass over the tree, parents first.
//!
//! A *caller* is a span that sends a request: an outbound proxy span, an app CLIENT, a PRODUCER. What lies below it, is of
//! its own identity and serves nobody takes part in the sending; so a span below of another identity, or a SERVER, is where
//! the request arrived: an *entry*. A waypoint lets requests through and is neither.

mod clients;
mod hops;
mod units;

use super::span::Kind;
use super::trace::Trace;
use super::tree::Parent;

pub(super) use clients::Clients;
pub(super) use hops::Hop;
pub(super) use units::{Unit, Units};

/// The calls of a trace.
#[derive(Debug)]
pub(super) struct Calls {
    /// By span: the caller in whose sending it takes part.
    carriers: Vec<Option<usize>>,
    /// By span: the entry of the request that it serves as a proxy.
    arrivals: Vec<Option<usize>>,
    /// By span: the waypoint hop that it belongs to.
    hop_of: Vec<Option<usize>>,
    /// By entry: who sent it.
    pub caller_of: Vec<Option<usize>>,
    /// By caller: what arrived.
    pub entries_of: Vec<Vec<usize>>,
    /// By entry: the apps right below it, if it is a proxy's.
    pub apps_of: Vec<Vec<usize>>,
    /// By caller: its requests' ways through waypoints.
    pub hops_of: Vec<Vec<usize>>,
    /// By caller: an app's call right below by another identity. It shows who got the request although no span of getting
    /// it is stored.
    pub heard_of: Vec<Option<usize>>,
    /// Sorted by span.
    pub entries: Vec<Entry>,
    pub hops: Vec<Hop>,
    pub units: Units,
    pub clients: Clients,
}

/// A span with which a request arrived at an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub span: usize,
    pub from: From,
    pub hop: Option<usize>,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Caller(usize),
    /// A stored span of another identity that sends nothing: the request is seen from the target alone.
    Other(usize),
    /// It begins here.
    Nobody,
    Missing,
}

impl Calls {
    pub fn of(trace: &Trace<'_>) -> Self {
        let len = trace.len();
        let mut calls = Self {
            carriers: vec![None; len],
            arrivals: vec![None; len],
            hop_of: vec![None; len],
            caller_of: vec![None; len],
            entries_of: vec![Vec::new(); len],
            apps_of: vec![Vec::new(); len],
            hops_of: vec![Vec::new(); len],
            heard_of: vec![None; len],
            entries: Vec::new(),
            hops: Vec::new(),
            units: Units::of(trace),
            clients: Clients::of(trace),
        };
        trace.tree.order.iter().for_each(|i| calls.place(trace, *i));
        calls.entries.sort_unstable_by_key(|entry| entry.span);
        calls.entries_of.iter_mut().for_each(|entries| entries.sort_unstable());
        calls
    }

    fn place(&mut self, trace: &Trace<'_>, i: usize) {
        if trace.waypoints[i] {
            return self.place_waypoint(trace, i);
        }
        if trace.is_outbound(i) {
            return self.place_outbound(trace, i);
        }
        if trace.is_inbound(i) {
            return self.place_inbound(trace, i);
        }
        match trace.spans[i].kind {
            Kind::Client | Kind::Producer => self.hear(trace, i),
            Kind::Server => self.place_server(trace, i),
            Kind::Consumer => self.place_consumer(trace, i),
            Kind::Internal | Kind::Unspecified => self.place_work(trace, i),
        }
    }

    /// An outbound span of a proxy that others call, such as a gateway's, is where their request arrived, too.
    fn place_outbound(&mut self, trace: &Trace<'_>, i: usize) {
        let is_door = match trace.spans[i].kind {
            Kind::Server => true,
            Kind::Client => trace.is_gateway(i),
            Kind::Internal | Kind::Unspecified | Kind::Producer | Kind::Consumer => false,
        };
        let is_called = trace.tree.stored_parent(i).is_some() && trace.own_parent(i).is_none();
        if is_door && is_called {
            self.enter(trace, i);
        }
    }

    /// The listener's span is where the request came in; the span below it hands the request to the app.
    fn place_inbound(&mut self, trace: &Trace<'_>, i: usize) {
        if trace.spans[i].kind == Kind::Server {
            self.arrivals[i] = Some(i);
            return self.enter_unless_nested(trace, i);
        }
        self.arrivals[i] = trace.tree.stored_parent(i).and_then(|parent| self.arrivals[parent]);
    }

    fn place_server(&mut self, trace: &Trace<'_>, i: usize) {
        if !trace.is_proxied_app(i) {
            return self.enter_unless_nested(trace, i);
        }
        match trace.tree.stored_parent(i).and_then(|parent| self.arrivals[parent]) {
            Some(entry) => self.apps_of[entry].push(i),
            // The listener's span is lost, and with it where the request came from.
            None => self.push(Entry { span: i, from: From::Missing, hop: None }),
        }
    }

    /// A SERVER below its own identity is a request only if that identity sent it: rule (l).
    fn enter_unless_nested(&mut self, trace: &Trace<'_>, i: usize) {
        let is_nested = trace.own_parent(i).is_some_and(|parent| self.carrier(trace, parent).is_none());
        if !is_nested {
            self.enter(trace, i);
        }
    }

    /// Taking a message and working on it are one thing, though often two spans. A message may come back to who sent it.
    fn place_consumer(&mut self, trace: &Trace<'_>, i: usize) {
        let is_message = |caller: usize| trace.spans[caller].kind == Kind::Producer;
        let is_nested = trace.own_parent(i).is_some_and(|parent| {
            trace.spans[parent].kind == Kind::Consumer && !self.carrier(trace, parent).is_some_and(is_message)
        });
        if !is_nested {
            self.enter(trace, i);
        }
    }

    /// Other kinds are an identity's own work, or where a request arrived that another identity sent.
    fn place_work(&mut self, trace: &Trace<'_>, i: usize) {
        match trace.own_parent(i) {
            Some(parent) => self.carriers[i] = self.carrier(trace, parent),
            None if trace.tree.stored_parent(i).is_some() => self.enter(trace, i),
            None => {}
        }
    }

    fn enter(&mut self, trace: &Trace<'_>, i: usize) {
        // Messages do not go through waypoints.
        let is_message = trace.spans[i].kind == Kind::Consumer;
        let hop = trace.tree.stored_parent(i).filter(|_| !is_message).and_then(|parent| self.hop_of[parent]);
        self.push(Entry { span: i, from: self.from(trace, i), hop });
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        if let From::Caller(caller) = entry.from {
            self.caller_of[entry.span] = Some(caller);
            self.entries_of[caller].push(entry.span);
        }
        if let Some(hop) = entry.hop {
            self.hops[hop].entries.push(entry.span);
        }
    }

    fn hear(&mut self, trace: &Trace<'_>, i: usize) {
        if let (true, None, From::Caller(caller)) = (trace.is_app(i), trace.own_parent(i), self.from(trace, i)) {
            self.heard_of[caller].get_or_insert(i);
        }
    }

    fn from(&self, trace: &Trace<'_>, i: usize) -> From {
        match trace.tree.parent(i) {
            Parent::Root => From::Nobody,
            Parent::Missing(_) | Parent::Circle => From::Missing,
            Parent::Of(parent) => match (self.carrier(trace, parent), self.hop_of[parent]) {
                (Some(caller), _) => From::Caller(caller),
                (None, Some(hop)) => self.hops[hop].from,
                (None, None) => From::Other(parent),
            },
        }
    }

    /// The caller that sends what lies below `i`: itself, or the one that it is part of.
    fn carrier(&self, trace: &Trace<'_>, i: usize) -> Option<usize> {
        let is_app_caller = || trace.is_app(i) && matches!(trace.spans[i].kind, Kind::Client | Kind::Producer);
        if trace.is_outbound(i) || is_app_caller() { Some(i) } else { self.carriers[i] }
    }
}
