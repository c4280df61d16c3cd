//! Hosts by which targets were reached, as far as only the finished pairing knows: what an app asked for through its proxy,
//! and cluster names in no mesh's dialect.

use super::hints;
use super::names::Statements;
use super::requests::Requests;
use super::span::Text;
use super::target::{Calling, Target};

/// The host of each call, with the entries that it reached.
pub(super) fn learned<'a>(calling: &Calling<'_, 'a>, requests: &Requests) -> Vec<(&'a Text, usize)> {
    let mut learned = Vec::new();
    for request in &requests.clients {
        let host = hints::called_host(calling.trace.spans[request.observer]);
        let through_proxy = request.units().next().is_some();
        if let (Some(host), [target], true) = (host, &request.targets[..], through_proxy) {
            learned.extend(last(target).map(|entry| (host, entry)));
        }
    }
    for (unit, request) in calling.calls.units.all.iter().zip(&requests.units) {
        let Some(lead) = unit.lead() else { continue };
        let cluster = calling.trace.spans[lead].upstream_cluster();
        let plain = cluster.filter(|cluster| cluster.direction().is_none());
        if let (Some(host), [target]) = (plain.and_then(|cluster| cluster.host()), &request.targets[..]) {
            learned.extend(last(target).map(|entry| (host, entry)));
        }
    }
    learned
}

/// A queue is no host's alias.
fn last(target: &Target) -> Option<usize> {
    target.entries.last().copied().filter(|_| target.side.inferred.is_none())
}

/// Adds what was learned to the trace's statements.
pub(super) fn note(statements: &mut Statements, calling: &Calling<'_, '_>, requests: &Requests) {
    for (host, entry) in learned(calling, requests) {
        statements.note_attempt(host, calling.trace.spans[entry], calling.trace.places[entry]);
    }
}
