//! What a row says of a side: raw names, as the trace has them.

use std::cell::RefCell;
use std::sync::LazyLock;

use spanloom_store::ledger::{Side, SideKind};

use super::interned::{Interned, Interner, is_short};
use super::span::{Kind, Span, Text};
use super::trace::Trace;

/// The one object of a side.
pub(super) fn intern(side: Side) -> Interned<Side> {
    thread_local! {
        static SIDES: RefCell<Interner<Side>> = RefCell::default();
    }
    let is_short = is_short(side.texts());
    SIDES.with_borrow_mut(|sides| sides.intern(side, is_short))
}

/// The side that a span's own identity is; [`Trace::side`] remembers it.
pub(super) fn of(trace: &Trace<'_>, i: usize) -> Side {
    let span = trace.spans[i];
    let place = trace.places[i];
    let listener = listener_of(trace, i);
    let service = span.origin.service.as_ref();
    Side {
        cluster: place.cluster.cloned(),
        namespace: trace.namespace(i).cloned(),
        service: service.cloned(),
        workload: workload(span).or_else(|| workload(listener?)),
        revision: revision(span).or_else(|| revision(listener?)),
        kind: trace.is_gateways(i).then_some(SideKind::Gateway),
        ..Side::default()
    }
}

/// The listener's span above a proxy's upstream span, which itself says little of its proxy.
fn listener_of<'a>(trace: &Trace<'a>, i: usize) -> Option<&'a Span> {
    let is_upstream = trace.spans[i].is_proxy() && trace.spans[i].kind == Kind::Client && !trace.spans[i].has_node_id();
    trace.own_parent(i).filter(|_| is_upstream).map(|parent| trace.spans[parent])
}

/// The side on which a request arrived at a proxy; the app below it knows what the proxy does not say.
pub(super) fn of_entry(trace: &Trace<'_>, entry: usize, apps: &[usize]) -> Interned<Side> {
    let own = trace.side(entry);
    if apps.is_empty() || (own.workload.is_some() && own.revision.is_some()) {
        return own.clone();
    }
    let mut side = Side::clone(own);
    for app in apps.iter().map(|app| trace.spans[*app]) {
        side.workload = side.workload.or_else(|| workload(app));
        side.revision = side.revision.or_else(|| revision(app));
    }
    intern(side)
}

/// The side of which nothing is known.
pub(super) fn unknown() -> Interned<Side> {
    static UNKNOWN: LazyLock<Interned<Side>> = LazyLock::new(|| Interned::new(Side::default()));
    UNKNOWN.clone()
}

/// A side that was called by a host.
pub(super) fn called(side: Interned<Side>, host: Option<&Text>) -> Interned<Side> {
    if side.host.as_ref() == host {
        return side;
    }
    intern(Side { host: host.cloned(), ..Side::clone(&side) })
}

/// What is known of a side that only its host tells.
pub(super) fn of_host(host: &Text) -> Interned<Side> {
    intern(Side { host: Some(Text::clone(host)), ..Side::default() })
}

/// Who a waypoint says called, if nobody's span does.
pub(super) fn of_waypoint_source(span: &Span) -> Option<Interned<Side>> {
    let source = span.proxy.as_ref()?.source.as_ref()?;
    let service = source.service.clone().or_else(|| source.workload.clone())?;
    Some(intern(Side {
        cluster: source.cluster.clone(),
        namespace: source.namespace.clone(),
        service: Some(service),
        workload: source.workload.clone(),
        revision: source.revision.clone(),
        ..Side::default()
    }))
}

fn workload(span: &Span) -> Option<Text> {
    let of_pod = || span.proxy.as_ref()?.node.as_ref()?.workload.clone();
    span.origin.workload.clone().or_else(of_pod)
}

fn revision(span: &Span) -> Option<Text> {
    let of_proxy = span.proxy.as_ref().and_then(|proxy| proxy.revision.clone());
    of_proxy.or_else(|| span.origin.version.clone())
}
