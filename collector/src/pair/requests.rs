//! Rule (c): which calls are one request.
//!
//! A request that an app's CLIENT and the proxy beside it both sent is one request with two observers. CLIENTs nested in one
//! another are one request of the outermost, whose tries the innermost are, as long as all reach one target; a library
//! that asks several servers for one answer makes several requests.

use std::collections::BTreeMap;

use spanloom_store::identity::Node;

use super::protocol::Spoken;
use super::target::{Calling, Target};

/// All requests of a trace that have a caller.
#[derive(Debug)]
pub(super) struct Requests {
    /// By unit.
    pub units: Vec<UnitRequest>,
    pub clients: Vec<ClientRequest>,
}

/// A request as an outbound proxy sent it.
#[derive(Debug)]
pub(super) struct UnitRequest {
    pub targets: Vec<Target>,
    pub spoken: Spoken,
    /// The app's view of this one request.
    pub client: Option<usize>,
}

/// A request as an app sent it.
#[derive(Debug)]
pub(super) struct ClientRequest {
    /// The CLIENT whose time and outcome are the request's.
    pub observer: usize,
    pub legs: Vec<Leg>,
    pub targets: Vec<Target>,
    pub spoken: Spoken,
}

/// An innermost CLIENT with what lies right below it.
#[derive(Debug)]
pub(super) struct Leg {
    pub client: usize,
    pub units: Vec<usize>,
    targets: Vec<Target>,
    /// Whether nothing but the CLIENT's own words tell its target.
    is_hinted: bool,
}

impl ClientRequest {
    pub fn units(&self) -> impl Iterator<Item = usize> {
        self.legs.iter().flat_map(|leg| leg.units.iter().copied())
    }
}

impl Requests {
    pub fn of(calling: &Calling<'_, '_>) -> Self {
        let units = calling.calls.units.all.iter().map(|unit| UnitRequest {
            targets: calling.of_unit(unit),
            spoken: spoken(calling, unit.callers()),
            client: None,
        });
        let mut requests = Self { units: units.collect(), clients: Vec::new() };
        let units_of = units_by_client(calling);
        for group in calling.calls.clients.by_group.chunk_by(|a, b| a.0 == b.0) {
            let clients: Vec<usize> = group.iter().map(|(_, client)| *client).collect();
            requests.add_group(calling, &clients, &units_of);
        }
        requests
    }

    fn add_group(&mut self, calling: &Calling<'_, '_>, clients: &[usize], units_of: &[Vec<usize>]) {
        let is_leg = |client: &&usize| !calling.calls.clients.has_inner[**client] || sends(calling, **client, units_of);
        let legs: Vec<Leg> =
            clients.iter().filter(is_leg).map(|client| self.leg(calling, *client, units_of[*client].clone())).collect();
        let mut nodes = legs.iter().flat_map(|leg| &leg.targets).map(|target| &target.node);
        let first = nodes.next();
        if nodes.all(|node| Some(node) == first) {
            return self.add(calling, clients, legs);
        }
        legs.into_iter().for_each(|leg| self.add(calling, &[leg.client], vec![leg]));
    }

    fn leg(&self, calling: &Calling<'_, '_>, client: usize, units: Vec<usize>) -> Leg {
        let own = calling.of_client(client);
        let mut targets = merged(own.iter().chain(units.iter().flat_map(|unit| &self.units[*unit].targets)));
        let is_hinted = targets.is_empty();
        if is_hinted {
            targets.extend(calling.hinted(&[client]));
        }
        Leg { client, units, targets, is_hinted }
    }

    /// Adds one request, sent by `clients`, the outermost first.
    fn add(&mut self, calling: &Calling<'_, '_>, clients: &[usize], legs: Vec<Leg>) {
        let Some(observer) = clients.first().copied() else { return };
        let spoken = clients.iter().map(|client| spoken(calling, [*client]));
        let request =
            ClientRequest { observer, targets: targets(calling, clients, &legs), spoken: Spoken::default(), legs };
        let spoken =
            request.units().map(|unit| self.units[unit].spoken).chain(spoken).fold(Spoken::default(), Spoken::and);
        let is_one = request.units().count() == 1;
        for unit in request.units() {
            let unit = &mut self.units[unit];
            unit.spoken = spoken;
            unit.client = is_one.then_some(self.clients.len());
            if unit.targets.is_empty() {
                let told = request.targets.iter().map(|target| Target { entries: Vec::new(), ..target.clone() });
                unit.targets = told.collect();
            }
        }
        self.clients.push(ClientRequest { spoken, ..request });
    }
}

/// Whether a CLIENT with another one nested in it also sends by itself.
fn sends(calling: &Calling<'_, '_>, client: usize, units_of: &[Vec<usize>]) -> bool {
    !units_of[client].is_empty()
        || !calling.calls.entries_of[client].is_empty()
        || !calling.calls.hops_of[client].is_empty()
}

/// The targets of all legs. If nothing but the app's own words tell them, all its spans are asked together.
fn targets(calling: &Calling<'_, '_>, clients: &[usize], legs: &[Leg]) -> Vec<Target> {
    if legs.iter().all(|leg| leg.is_hinted) {
        return calling.hinted(clients).into_iter().collect();
    }
    merged(legs.iter().flat_map(|leg| &leg.targets))
}

/// Targets, each once; what its spans say goes before what a configuration says.
fn merged<'m>(targets: impl IntoIterator<Item = &'m Target>) -> Vec<Target> {
    let mut targets = targets.into_iter();
    let Some(first) = targets.next() else { return Vec::new() };
    let mut merged = vec![first.clone()];
    let mut places: BTreeMap<&Node, usize> = BTreeMap::new();
    for target in targets {
        if places.is_empty() {
            places.insert(&first.node, 0);
        }
        let place = *places.entry(&target.node).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(known) => {
                if target.is_paired() {
                    known.side = target.side.clone();
                }
                known.entries.extend_from_slice(&target.entries);
            }
            None => merged.push(target.clone()),
        }
    }
    merged
}

/// What the spans of callers and all that got their requests say of the protocol.
fn spoken(calling: &Calling<'_, '_>, callers: impl IntoIterator<Item = usize>) -> Spoken {
    let calls = calling.calls;
    callers.into_iter().fold(Spoken::default(), |spoken, caller| {
        let entries = calls.entries_of[caller].iter().copied();
        let apps = calls.entries_of[caller].iter().flat_map(|entry| calls.apps_of[*entry].iter().copied());
        let hops = calls.hops_of[caller].iter().flat_map(|hop| calls.hops[*hop].spans());
        let spans = [caller].into_iter().chain(entries).chain(apps).chain(hops);
        spoken.and(Spoken::of(calling.trace, spans))
    })
}

/// The units right below each app CLIENT. What a proxy asks on the side is not the app's request.
fn units_by_client(calling: &Calling<'_, '_>) -> Vec<Vec<usize>> {
    let mut units_of = vec![Vec::new(); calling.trace.len()];
    for (number, unit) in calling.calls.units.all.iter().enumerate() {
        let client = unit.lead().and_then(|lead| calling.calls.clients.nearest[lead]);
        if let Some(client) = client.filter(|_| !unit.is_aside) {
            units_of[client].push(number);
        }
    }
    units_of
}
