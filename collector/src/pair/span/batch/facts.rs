//! What spans have in common: made once for all rows that have the same in the columns that tell.
//!
//! A row is looked up by where its values lie among those of each column. Requests that follow each other mostly share
//! these, so that what was made of a row is found again for a row of a later request.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array as _, ArrayRef, Int32Array, StringViewArray};
use foldhash::fast::RandomState;
use spanloom_store::CodedBatch;
use spanloom_store::coded::{Coded, Places};
use spanloom_store::ledger::Weight;
use spanloom_store::schema::promoted;
use spanloom_store::schema::spans::{Quirks, UnreadableRow, bucket_column};

use super::column::column;
use super::origin::OriginColumns;
use super::peer::PeerColumns;
use super::protocol::{NUMBERS, ProtocolColumns};
use super::proxy::ProxyColumns;
use super::shared::Shared;
use crate::pair::sampling;
use crate::pair::span::extras::{Extras, Maps};
use crate::pair::span::{Facts, Kind, Span, Text};

/// Columns of few texts or maps, all of whose values tell something. The maps of attributes come behind them.
const COLUMNS: [&str; 25] = [
    "service_name",
    "service_namespace",
    "service_version",
    "k8s_cluster_name",
    "k8s_namespace_name",
    "k8s_deployment_name",
    "resource_attrs",
    "scope_name",
    "telemetry_sdk_name",
    "component",
    "node_id",
    "upstream_cluster",
    "upstream_cluster_name",
    "response_flags",
    "istio_canonical_revision",
    "istio_namespace",
    "peer_service",
    "server_address",
    "net_peer_name",
    "db_system_name",
    "db_system",
    "db_namespace",
    "messaging_system",
    "messaging_destination_name",
    "rpc_system",
];
const PLACES: usize = COLUMNS.len() + promoted::BUCKETS;

/// Rows that are remembered of one set of values.
const ROWS_MAX: usize = 20_000;
/// Values that take more are not remembered, for they would be held as long as what is made of them.
const VALUES_BYTES_MAX: usize = 4 << 20;

/// So many sets of values are remembered: those of each builder that requests are decoded with, and some that come once.
static KNOWN_MAX: LazyLock<usize> = LazyLock::new(|| 3 + std::thread::available_parallelism().map_or(1, usize::from));

/// All that facts are made of. Where there is a text or a map, its place in the column and one; else 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    places: [u16; PLACES],
    kind: i32,
    status_code: i32,
    quirks: i32,
    /// Of which columns there is a value; see [`ProtocolColumns::hints`].
    hints: u32,
    numbers: [i64; NUMBERS],
    /// What the trace state says.
    weight: Option<Weight>,
    /// Where the host of the URL lies, which the facts hold there.
    url_host: usize,
}

/// Facts by key, and the values of the columns in which the key's places are.
#[derive(Debug)]
struct Known {
    /// By place in the key.
    values: Vec<Option<ArrayRef>>,
    facts: HashMap<Key, Arc<Facts>, RandomState>,
}

/// What requests before had; what was asked for twice comes first.
#[derive(Debug, Default)]
pub struct KnownFacts(Vec<Known>);

impl KnownFacts {
    /// Where what is known of these columns is; `None` if it is too much to be remembered. What came once makes room for
    /// what comes next.
    fn take(&mut self, columns: &[KeyColumn<'_>]) -> Option<usize> {
        let is_same = |known: &Known, column: &KeyColumn<'_>| {
            known.values[column.at].as_ref().is_none_or(|values| Arc::ptr_eq(values, column.values))
        };
        let has_all = |known: &Known| columns.iter().all(|column| is_same(known, column));
        let bytes = columns.iter().map(|column| column.values.get_array_memory_size()).sum::<usize>();
        if bytes > VALUES_BYTES_MAX {
            return None;
        }
        let at = match self.0.iter().position(has_all) {
            Some(at) => {
                self.0[..=at].rotate_right(1);
                0
            }
            None => {
                self.0.truncate(*KNOWN_MAX - 1);
                self.0.push(Known { values: vec![None; PLACES], facts: HashMap::default() });
                self.0.len() - 1
            }
        };
        let known = &mut self.0[at];
        if known.facts.len() > ROWS_MAX {
            known.facts.clear();
        }
        for column in columns {
            known.values[column.at].get_or_insert_with(|| Arc::clone(column.values));
        }
        Some(at)
    }

    /// How many rows are remembered.
    #[cfg(test)]
    pub fn rows(&self) -> usize {
        self.0.iter().map(|known| known.facts.len()).sum()
    }
}

/// A column of a key that has values.
struct KeyColumn<'a> {
    at: usize,
    places: Places<'a>,
    values: &'a ArrayRef,
}

/// The columns that tell.
pub(super) struct FactsColumns<'a> {
    /// With where what is known of them is; `None` where rows have texts of their own.
    key: Option<(Vec<KeyColumn<'a>>, usize)>,
    /// Those that tell something of some row.
    buckets: Vec<Bucket<'a>>,
    kind: Coded<'a, Int32Array>,
    status_code: Coded<'a, Int32Array>,
    quirks: Coded<'a, Int32Array>,
    trace_state: Coded<'a, StringViewArray>,
    scope_name: Coded<'a, StringViewArray>,
    origin: OriginColumns<'a>,
    proxy: ProxyColumns<'a>,
    peer: PeerColumns<'a>,
    protocol: ProtocolColumns<'a>,
}

/// A column of maps of attributes.
struct Bucket<'a> {
    /// Among the places of a key.
    at: usize,
    maps: Maps<'a>,
    /// `None` where each row has a map of its own.
    values: Option<&'a ArrayRef>,
}

impl<'a> FactsColumns<'a> {
    pub(super) fn new(batch: &'a CodedBatch, known: &mut KnownFacts) -> Result<Self, UnreadableRow> {
        let mut buckets = Vec::new();
        for bucket in 0..promoted::BUCKETS {
            let name = bucket_column(bucket);
            let maps: Coded<'a, _> = column(batch, name)?;
            if maps.is_blank() {
                continue;
            }
            let mut maps = Maps::new(maps, batch.num_rows());
            if (0..batch.num_rows()).any(|row| !maps.says_nothing(row)) {
                buckets.push(Bucket { at: COLUMNS.len() + bucket, maps, values: batch.shared_values(name) });
            }
        }
        let key = key_columns(batch, &buckets).and_then(|key| known.take(&key).map(|at| (key, at)));
        Ok(Self {
            key,
            buckets,
            kind: column(batch, "kind")?,
            status_code: column(batch, "status_code")?,
            quirks: column(batch, "quirks")?,
            trace_state: column(batch, "trace_state")?,
            scope_name: column(batch, "scope_name")?,
            origin: OriginColumns::new(batch)?,
            proxy: ProxyColumns::new(batch)?,
            peer: PeerColumns::new(batch)?,
            protocol: ProtocolColumns::new(batch)?,
        })
    }

    /// `before`: the span of the row before.
    pub(super) fn of_row(
        &mut self,
        row: usize,
        before: Option<&Span>,
        known: &mut KnownFacts,
        shared: &mut Shared,
    ) -> Arc<Facts> {
        let url_host = self.peer.url_host(row, shared);
        let Some((key, at)) = self.key_of(row, url_host.as_ref()) else {
            let facts = self.read(row, url_host, before, shared);
            return shared.facts(facts);
        };
        if let Some(facts) = known.0[at].facts.get(&key) {
            return Arc::clone(facts);
        }
        let facts = self.read(row, url_host, before, shared);
        let facts = shared.facts(facts);
        known.0[at].facts.insert(key, Arc::clone(&facts));
        facts
    }

    fn key_of(&mut self, row: usize, url_host: Option<&Text>) -> Option<(Key, usize)> {
        let (columns, known_at) = self.key.as_ref()?;
        let mut places = [0; PLACES];
        for KeyColumn { at, places: of, .. } in columns {
            places[*at] = u16::try_from(of.of(row) + 1).ok()?;
        }
        for bucket in &mut self.buckets {
            if bucket.maps.says_nothing(row) {
                places[bucket.at] = 0;
            } else if bucket.values.is_none() {
                return None;
            }
        }
        let key = Key {
            places,
            kind: self.kind.value(row),
            status_code: self.status_code.value(row),
            quirks: self.quirks.value(row),
            hints: self.protocol.hints(row),
            numbers: self.protocol.numbers(row),
            weight: self.trace_state.text(row).and_then(sampling::of_trace_state),
            url_host: url_host.map_or(0, |host| host.as_ptr().addr()),
        };
        Some((key, *known_at))
    }

    fn read(&mut self, row: usize, url_host: Option<Text>, before: Option<&Span>, shared: &mut Shared) -> Facts {
        let mut extras = Extras::default();
        self.buckets.iter_mut().for_each(|bucket| bucket.maps.note(row, &mut extras));
        let kind = Kind::from_otlp(self.kind.value(row));
        let quirks = Quirks::from_bits(self.quirks.value(row));
        let (http_status, grpc_status) = self.protocol.statuses(row, &extras);
        Facts {
            kind,
            origin: self.origin.of_row(row, before.map(|span| &span.origin), &extras, shared),
            status_code: self.status_code.value(row),
            is_shared: quirks.contains(Quirks::SHARED),
            is_timeless: quirks.contains(Quirks::START_ABSENT) && quirks.contains(Quirks::DURATION_ABSENT),
            weight: sampling::weight(self.trace_state.text(row).unwrap_or_default(), extras.sampling),
            protocols: self.protocol.of_row(row, &extras),
            http_status,
            grpc_status,
            proxy: self.proxy.of_row(row, &extras, self.scope_name.text(row), shared),
            peer: self.peer.of_row(row, kind, url_host, &extras, shared),
        }
    }
}

/// The columns of a key; `None` where a row of one has a text of its own.
fn key_columns<'a>(batch: &'a CodedBatch, buckets: &[Bucket<'a>]) -> Option<Vec<KeyColumn<'a>>> {
    let mut columns = Vec::new();
    for (at, name) in COLUMNS.into_iter().enumerate() {
        let column = batch.coded(name)?;
        if !column.is_blank() {
            columns.push(KeyColumn { at, places: column.places, values: batch.shared_values(name)? });
        }
    }
    let of_bucket =
        |bucket: &Bucket<'a>| Some(KeyColumn { at: bucket.at, places: bucket.maps.places(), values: bucket.values? });
    columns.extend(buckets.iter().filter_map(of_bucket));
    Some(columns)
}
