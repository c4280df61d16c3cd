//! What a caller says of the other side.

use std::sync::Arc;

use spanloom_store::CodedBatch;
use spanloom_store::schema::spans::UnreadableRow;

use super::known::Known;
use super::shared::Shared;
use crate::pair::host;
use crate::pair::span::extras::Extras;
use crate::pair::span::{Kind, Peer, Text};

pub(super) struct PeerColumns<'a> {
    service: Known<'a, Option<Text>>,
    server_address: Known<'a, Option<Text>>,
    net_peer_name: Known<'a, Option<Text>>,
    url_full: Known<'a, Option<Text>>,
    http_url: Known<'a, Option<Text>>,
    db_system_name: Known<'a, Option<Text>>,
    db_system: Known<'a, Option<Text>>,
    db_namespace: Known<'a, Option<Text>>,
    messaging_system: Known<'a, Option<Text>>,
    destination: Known<'a, Option<Text>>,
}

impl<'a> PeerColumns<'a> {
    pub(super) fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            service: Known::new(batch, "peer_service")?,
            server_address: Known::new(batch, "server_address")?,
            net_peer_name: Known::new(batch, "net_peer_name")?,
            url_full: Known::new(batch, "url_full")?,
            http_url: Known::new(batch, "http_url")?,
            db_system_name: Known::new(batch, "db_system_name")?,
            db_system: Known::new(batch, "db_system")?,
            db_namespace: Known::new(batch, "db_namespace")?,
            messaging_system: Known::new(batch, "messaging_system")?,
            destination: Known::new(batch, "messaging_destination_name")?,
        })
    }

    /// Only who calls, or takes from a queue, has another side to name: on a SERVER these words mean the server itself.
    /// The URL is that of the request in any kind of span; a proxy passes it on.
    pub(super) fn of_row(
        &mut self,
        row: usize,
        kind: Kind,
        url_host: Option<Text>,
        extras: &Extras<'_>,
        shared: &mut Shared,
    ) -> Option<Arc<Peer>> {
        let peer = match kind {
            Kind::Client | Kind::Producer | Kind::Consumer => self.names(row, url_host, extras, shared),
            Kind::Unspecified | Kind::Internal | Kind::Server => Peer { url_host, ..Peer::default() },
        };
        (peer != Peer::default()).then(|| shared.peer(peer))
    }

    /// The host of the request's URL.
    pub(super) fn url_host(&mut self, row: usize, shared: &mut Shared) -> Option<Text> {
        let url = if self.url_full.is_valid(row) { &mut self.url_full } else { &mut self.http_url };
        url.host(row, shared, host::of_url)
    }

    fn names(&mut self, row: usize, url_host: Option<Text>, extras: &Extras<'_>, shared: &mut Shared) -> Peer {
        let is_stable = self.server_address.is_valid(row);
        let address = if is_stable { &mut self.server_address } else { &mut self.net_peer_name };
        let is_stable = self.db_system_name.is_valid(row);
        let database = if is_stable { &mut self.db_system_name } else { &mut self.db_system };
        Peer {
            service: self.service.optional(row, shared),
            address: address.host(row, shared, host::of_authority),
            url_host,
            database_system: database.optional(row, shared),
            database_name: or_else(&mut self.db_namespace, row, extras.database_name, shared),
            messaging_system: or_else(&mut self.messaging_system, row, extras.messaging_system, shared),
            destination: or_else(&mut self.destination, row, extras.destination, shared),
        }
    }
}

/// What a column says; where it is null what the maps say.
fn or_else(column: &mut Known<'_, Option<Text>>, row: usize, extra: Option<&str>, shared: &mut Shared) -> Option<Text> {
    if column.is_valid(row) { column.optional(row, shared) } else { shared.optional(extra) }
}
