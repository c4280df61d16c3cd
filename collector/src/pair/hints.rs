//! The last part of rule (e): what a caller says of the other side, for calls of which no target span came.
//!
//! A proxy's `peer.address` is never read: on most of its spans that is the caller.

use spanloom_store::ledger::{Side, SideKind};

use super::host;
use super::span::{Kind, Peer, Span, Text};

/// The target that the app spans of one call tell, the outermost first. Each word is looked for in all of them before the
/// next weaker one is: the outer span of a client library knows that it asks a database, the inner one just a host.
///
/// What kind of node is inferred is told by the database and messaging attributes even where `peer.service` names it;
/// `peer.service` then still decides if it is the name of a known identity.
pub(super) fn target(callers: &[&Span]) -> Option<Side> {
    let peers: Vec<&Peer> = callers.iter().filter_map(|span| span.peer.as_deref()).collect();
    let find = |word: fn(&Peer) -> Option<&Text>| peers.iter().find_map(|peer| word(peer));
    let service = find(|peer| peer.service.as_ref());
    if let Some(database) = peers.iter().find(|peer| peer.database_system.is_some() || peer.database_name.is_some()) {
        return Some(self::database(database, service));
    }
    if let Some(queue) = queue_of(&peers) {
        return Some(Side { host: service.cloned(), ..queue });
    }
    let host = service.or_else(|| find(|peer| peer.address.as_ref())).or_else(|| find(|peer| peer.url_host.as_ref()));
    host.map(external)
}

/// `database:<system>/<server.address, else database name>`.
fn database(peer: &Peer, service: Option<&Text>) -> Side {
    let place = peer.address.as_ref().or(peer.database_name.as_ref());
    let host = service.or(peer.address.as_ref()).cloned();
    inferred(SideKind::Database, "database", peer.database_system.as_ref(), place, host)
}

fn queue_of(peers: &[&Peer]) -> Option<Side> {
    let queue = peers.iter().find(|peer| peer.messaging_system.is_some() || peer.destination.is_some())?;
    Some(self::queue(queue.messaging_system.as_ref(), queue.destination.as_ref()))
}

/// `queue:<system>/<destination>`.
pub(super) fn queue(system: Option<&Text>, destination: Option<&Text>) -> Side {
    inferred(SideKind::Queue, "queue", system, destination, None)
}

/// `external:<host>`: what a host is that nobody knows.
pub(super) fn external(host: &Text) -> Side {
    inferred(SideKind::External, "external", None, Some(host), Some(Text::clone(host)))
}

fn inferred(kind: SideKind, word: &str, system: Option<&Text>, name: Option<&Text>, host: Option<Text>) -> Side {
    let parts: Vec<&str> = [system, name].into_iter().flatten().map(AsRef::as_ref).collect();
    let id = format!("{word}:{}", parts.join("/")).to_lowercase();
    Side { host, kind: Some(kind), inferred: Some(id.into()), ..Side::default() }
}

/// The host by which a span calls, if it can be somebody's name: an outbound cluster's, the one for which a waypoint stands
/// in, or what an app asks for.
pub(super) fn called_host(span: &Span) -> Option<&Text> {
    match (span.is_proxy(), span.kind) {
        (true, _) => span.upstream_cluster()?.called(),
        (false, Kind::Client) => {
            let peer = span.peer.as_deref()?;
            peer.address.as_ref().or(peer.url_host.as_ref()).filter(|host| host::is_name(host))
        }
        (false, _) => None,
    }
}
