//! App CLIENTs and how they are nested: a library's span around another library's span, of one and the same call.

use crate::pair::span::Kind;
use crate::pair::trace::Trace;

/// App CLIENTs nested in one another in one identity are a group. What lies between may be any work of that identity, but
/// no SERVER and no CONSUMER: there another request begins.
#[derive(Debug)]
pub(in crate::pair) struct Clients {
    /// By span: the nearest app CLIENT above.
    pub nearest: Vec<Option<usize>>,
    /// By app CLIENT: the outermost of its group.
    pub outermost: Vec<usize>,
    /// By app CLIENT: whether another one is nested in it.
    pub has_inner: Vec<bool>,
    /// The app CLIENTs by group: (outermost, client), sorted.
    pub by_group: Vec<(usize, usize)>,
}

impl Clients {
    pub fn of(trace: &Trace<'_>) -> Self {
        let len = trace.len();
        let mut clients = Self {
            nearest: vec![None; len],
            outermost: (0..len).collect(),
            has_inner: vec![false; len],
            by_group: Vec::new(),
        };
        trace.tree.order.iter().for_each(|i| clients.place(trace, *i));
        clients.by_group.sort_unstable();
        clients
    }

    fn place(&mut self, trace: &Trace<'_>, i: usize) {
        let begins_anew = match trace.spans[i].kind {
            Kind::Server => !trace.is_outbound(i),
            Kind::Consumer => true,
            Kind::Client | Kind::Producer | Kind::Internal | Kind::Unspecified => false,
        };
        let parent = trace.own_parent(i).filter(|_| !begins_anew);
        self.nearest[i] =
            parent.and_then(|parent| if trace.is_app_client(parent) { Some(parent) } else { self.nearest[parent] });
        if !trace.is_app_client(i) {
            return;
        }
        if let Some(outer) = self.nearest[i] {
            self.outermost[i] = self.outermost[outer];
            self.has_inner[outer] = true;
        }
        self.by_group.push((self.outermost[i], i));
    }
}
