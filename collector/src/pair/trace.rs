//! A trace, made ready for the request rules: each span with its parent, its identity and, if it is a proxy's, its way.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;

use foldhash::fast::RandomState;
use spanloom_store::identity::{Identity, Node};
use spanloom_store::ledger::{Side, Weight};

use super::cluster::{self, Direction};
use super::direction::directions;
use super::fold::Folded;
use super::identities::{Identities, Known, Who};
use super::interned::Interned;
use super::names::{self, Place, Statements};
use super::span::{Kind, NodeKind, Span, Text};
use super::tree::Tree;
use super::weights::weights;
use super::{hints, side};

/// Everything that is known of a trace before its requests are.
#[derive(Debug)]
pub(super) struct Trace<'a> {
    pub spans: Vec<&'a Span>,
    pub tree: Tree,
    pub places: Vec<Place<'a>>,
    pub weights: Vec<Weight>,
    /// Spans of waypoints: rule (o).
    pub waypoints: Vec<bool>,
    pub statements: Statements,
    directory: Rc<Known>,
    identities: Identities,
    /// Identities with a router's proxy: rule (j).
    gateways: HashSet<Who, RandomState>,
    /// By span; see [`side::of`].
    sides: Vec<OnceCell<Interned<Side>>>,
    /// Rule (b); `None` for app spans, waypoints and proxy spans of which nothing tells.
    pub directions: Vec<Option<Direction>>,
}

impl<'a> Trace<'a> {
    pub fn of(folded: &Folded<'a>) -> Self {
        let spans = folded.spans.clone();
        let tree = Tree::of(&spans);
        let places = names::places(&spans, &tree);
        let mut trace = Self {
            weights: weights(&spans, &tree),
            waypoints: waypoints(&spans, &tree),
            spans,
            tree,
            places,
            statements: Statements::default(),
            directory: Rc::default(),
            identities: Identities::default(),
            gateways: HashSet::default(),
            sides: Vec::new(),
            directions: Vec::new(),
        };
        trace.note_statements();
        trace.settle_identities();
        trace.sides = vec![OnceCell::new(); trace.len()];
        trace.gateways = (0..trace.len()).filter(|i| trace.is_gateway(*i)).map(|i| trace.who(i)).collect();
        trace
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The stored parent, if it is of the same identity and no waypoint.
    pub fn own_parent(&self, i: usize) -> Option<usize> {
        self.tree.stored_parent(i).filter(|parent| self.is_same(*parent, i))
    }

    /// Whether two spans are of one identity. A waypoint is nobody's.
    pub fn is_same(&self, a: usize, b: usize) -> bool {
        self.who(a) == self.who(b) && !self.waypoints[a] && !self.waypoints[b]
    }

    pub fn is_inbound(&self, i: usize) -> bool {
        self.directions[i] == Some(Direction::Inbound)
    }

    pub fn is_outbound(&self, i: usize) -> bool {
        self.directions[i] == Some(Direction::Outbound)
    }

    pub fn is_app(&self, i: usize) -> bool {
        !self.spans[i].is_proxy()
    }

    pub fn is_app_client(&self, i: usize) -> bool {
        self.is_app(i) && self.spans[i].kind == Kind::Client
    }

    pub fn is_producer(&self, i: usize) -> bool {
        self.is_app(i) && self.spans[i].kind == Kind::Producer
    }

    /// Who a span is: equal numbers are one identity.
    pub fn who(&self, i: usize) -> Who {
        self.identities.who[i]
    }

    /// The namespace of a span's own identity, as rows say it.
    pub fn namespace(&self, i: usize) -> Option<&Text> {
        self.identities.namespaces[i].as_ref()
    }

    /// Whether a span's identity is a gateway.
    pub fn is_gateways(&self, i: usize) -> bool {
        self.gateways.contains(&self.who(i))
    }

    /// The side that a span's own identity is.
    pub fn side(&self, i: usize) -> &Interned<Side> {
        self.sides[i].get_or_init(|| side::intern(side::of(self, i)))
    }

    pub fn is_gateway(&self, i: usize) -> bool {
        self.spans[i].node_kind() == Some(NodeKind::Router)
    }

    /// An app SERVER directly below an inbound proxy span: that proxy's identity. What a proxy asks beside the request (a
    /// side call) is outbound.
    pub fn is_proxied_app(&self, i: usize) -> bool {
        let is_app_server = self.is_app(i) && self.spans[i].kind == Kind::Server;
        is_app_server && self.tree.stored_parent(i).is_some_and(|parent| self.is_inbound(parent))
    }

    /// The node that a side is, as far as this trace tells.
    pub fn node(&self, side: &Side) -> Node {
        self.directory.directory.resolve(side)
    }

    /// The node of a span's own identity.
    pub fn own_node(&self, i: usize) -> Node {
        Node::Service(Identity::clone(&self.identities.known[self.who(i)]))
    }

    /// What can be said before anybody's identity is known: by names, and by where spans stand.
    fn note_statements(&mut self) {
        for i in 0..self.len() {
            if !self.waypoints[i] {
                self.statements.note_span(self.spans[i], self.places[i]);
            }
            self.note_hosts(i);
        }
    }

    /// The host by which `i` calls, and the targets right below that it reached.
    fn note_hosts(&mut self, i: usize) {
        let Some(host) = hints::called_host(self.spans[i]) else { return };
        let service = cluster::service(host).filter(|_| self.spans[i].is_proxy());
        if let Some(service) = service {
            self.statements.note_host(host, service, self.spans[i], self.places[i]);
        }
        for child in self.tree.children(i) {
            if !self.is_surely_target(i, *child) {
                continue;
            }
            let (target, place) = (self.spans[*child], self.places[*child]);
            self.statements.note_attempt(host, target, place);
            if let Some((namespace, _)) = service {
                self.statements.note_called(host, namespace, target, place);
            }
        }
    }

    /// Whether a child is the target of a call before it is known who is who: below an app that may be its own proxy.
    fn is_surely_target(&self, caller: usize, child: usize) -> bool {
        let (caller, target) = (self.spans[caller], self.spans[child]);
        let is_inbound = || target.upstream_cluster().and_then(|c| c.direction()) == Some(Direction::Inbound);
        let is_other = || target.origin.service != caller.origin.service && (!target.is_proxy() || is_inbound());
        target.kind == Kind::Server && !self.waypoints[child] && (caller.is_proxy() || is_other())
    }

    /// Directions need identities, and an app's identity may be that of the proxy above it, if that one is inbound. Each
    /// round learns such aliases or is the last; names are few, so that rounds are.
    fn settle_identities(&mut self) {
        const ROUNDS_MAX: usize = 4;
        let mut is_noted = vec![false; self.len()];
        for _ in 0..ROUNDS_MAX {
            self.directory = self.statements.directory();
            self.identities = Identities::of(&self.spans, &self.places, &self.directory);
            self.directions = directions(self);
            if !self.note_proxied(&mut is_noted) {
                return;
            }
        }
    }

    /// Whether anything new was learnt.
    fn note_proxied(&mut self, is_noted: &mut [bool]) -> bool {
        let mut is_new = false;
        for (i, is_noted) in is_noted.iter_mut().enumerate() {
            let proxy = self.tree.stored_parent(i).filter(|_| self.is_proxied_app(i));
            let Some(proxy) = proxy.filter(|_| !*is_noted) else { continue };
            *is_noted = true;
            is_new |= !self.is_same(i, proxy);
            self.statements.note_proxied(self.spans[i], self.places[i], self.spans[proxy], self.places[proxy]);
        }
        is_new
    }
}

/// Rule (o): a waypoint says so itself, or its listener's span does for the upstream spans below it.
fn waypoints(spans: &[&Span], tree: &Tree) -> Vec<bool> {
    let mut waypoints = vec![false; spans.len()];
    for i in &tree.order {
        let span = spans[*i];
        let says_so = span.node_kind() == Some(NodeKind::Waypoint)
            || span.upstream_cluster().is_some_and(|cluster| cluster.is_waypoint());
        let is_upstream = span.is_proxy() && span.kind == Kind::Client && !span.has_node_id();
        let inherits = || is_upstream && tree.stored_parent(*i).is_some_and(|parent| waypoints[parent]);
        waypoints[*i] = says_so || inherits();
    }
    waypoints
}
