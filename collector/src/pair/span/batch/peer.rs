//! What a caller says of the other side.

use arrow::array::{RecordBatch, StringViewArray};
use spanloom_store::schema::spans::UnreadableRow;

use super::column::{column, text};
use super::shared::Shared;
use crate::pair::host;
use crate::pair::span::extras::Extras;
use crate::pair::span::{Kind, Peer, Text};

pub(super) struct PeerColumns<'a> {
    service: &'a StringViewArray,
    server_address: &'a StringViewArray,
    net_peer_name: &'a StringViewArray,
    url_full: &'a StringViewArray,
    http_url: &'a StringViewArray,
    db_system_name: &'a StringViewArray,
    db_system: &'a StringViewArray,
    db_namespace: &'a StringViewArray,
    messaging_system: &'a StringViewArray,
    destination: &'a StringViewArray,
}

impl<'a> PeerColumns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            service: column(batch, "peer_service")?,
            server_address: column(batch, "server_address")?,
            net_peer_name: column(batch, "net_peer_name")?,
            url_full: column(batch, "url_full")?,
            http_url: column(batch, "http_url")?,
            db_system_name: column(batch, "db_system_name")?,
            db_system: column(batch, "db_system")?,
            db_namespace: column(batch, "db_namespace")?,
            messaging_system: column(batch, "messaging_system")?,
            destination: column(batch, "messaging_destination_name")?,
        })
    }

    /// Only who calls, or takes from a queue, has another side to name: on a SERVER these words mean the server itself.
    /// The URL is that of the request in any kind of span; a proxy passes it on.
    pub(super) fn of_row(&self, row: usize, kind: Kind, extras: &Extras<'_>, shared: &mut Shared) -> Option<Box<Peer>> {
        let url = text(self.url_full, row).or_else(|| text(self.http_url, row));
        let url_host = shared.host(url.and_then(host::of_url));
        let peer = match kind {
            Kind::Client | Kind::Producer | Kind::Consumer => self.names(row, url_host, extras, shared),
            Kind::Server | Kind::Internal | Kind::Unspecified => Peer { url_host, ..Peer::default() },
        };
        (peer != Peer::default()).then(|| Box::new(peer))
    }

    fn names(&self, row: usize, url_host: Option<Text>, extras: &Extras<'_>, shared: &mut Shared) -> Peer {
        let address = text(self.server_address, row).or_else(|| text(self.net_peer_name, row));
        let database = text(self.db_system_name, row).or_else(|| text(self.db_system, row));
        let messaging = text(self.messaging_system, row).or(extras.messaging_system);
        Peer {
            service: shared.optional(text(self.service, row)),
            address: shared.host(address.and_then(host::of_authority)),
            url_host,
            database_system: shared.optional(database),
            database_name: shared.optional(text(self.db_namespace, row).or(extras.database_name)),
            messaging_system: shared.optional(messaging),
            destination: shared.optional(text(self.destination, row).or(extras.destination)),
        }
    }
}
