//! Rows of the table `spans` to what pairing reads of them.
//!
//! Columns are looked up once per batch and values once per row; strings are kept once per batch, and processes too, as
//! neighbouring rows mostly come from the same one. Attributes without a column lie in eight maps. Pairing asks for some
//! twenty keys and for any key of four prefixes, which are in all the maps: so each row's entries are gone over once
//! ([`Extras`]), and nothing is built of those that nobody asked for.

mod column;
mod known;
mod links;
mod origin;
mod peer;
mod protocol;
mod proxy;
mod shared;

use arrow::array::{Int32Array, Int64Array, MapArray, RecordBatch, StringViewArray};
use spanloom_store::coded::Coded;
use spanloom_store::schema::promoted;
use spanloom_store::schema::spans::{Quirks, UnreadableRow, bucket_column};
use spanloom_store::{CodedBatch, SpanId, TraceId};

use super::extras::{Extras, Maps};
use super::{Kind, Span, Text};
use crate::pair::sampling;
use column::column;
use known::Known;
use links::Links;
use origin::OriginColumns;
use peer::PeerColumns;
use protocol::ProtocolColumns;
use proxy::ProxyColumns;
use shared::Shared;

impl Span {
    /// The columns of `spans` that [`Span::from_batch`] reads.
    pub const COLUMNS: &[&str] = &[
        "trace_hi",
        "trace_lo",
        "span_id",
        "parent_span_id",
        "trace_state",
        "name",
        "kind",
        "start_ns",
        "duration_ns",
        "status_code",
        "quirks",
        "service_name",
        "service_namespace",
        "service_version",
        "k8s_cluster_name",
        "k8s_namespace_name",
        "k8s_deployment_name",
        "telemetry_sdk_name",
        "http_request_method",
        "http_response_status_code",
        "http_route",
        "url_full",
        "url_path",
        "http_method",
        "http_status_code",
        "http_url",
        "http_protocol",
        "rpc_system",
        "rpc_grpc_status_code",
        "grpc_status_code",
        "db_system_name",
        "db_system",
        "db_namespace",
        "db_operation_name",
        "db_collection_name",
        "db_query_text",
        "messaging_system",
        "messaging_destination_name",
        "server_address",
        "net_peer_name",
        "peer_service",
        "component",
        "node_id",
        "upstream_cluster",
        "upstream_cluster_name",
        "response_flags",
        "istio_canonical_revision",
        "istio_namespace",
        "attrs_0",
        "attrs_1",
        "attrs_2",
        "attrs_3",
        "attrs_4",
        "attrs_5",
        "attrs_6",
        "attrs_7",
        "links",
        "resource_attrs",
        "scope_name",
    ];

    /// The spans of a batch of the table `spans`, which may have more columns than [`Span::COLUMNS`].
    ///
    /// # Errors
    /// When a column is missing or has another type.
    pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Self>, UnreadableRow> {
        SpanReader::default().read(&batch.clone().into())
    }
}

/// Reads batches whose spans share what is equal, over all of them.
#[derive(Debug, Default)]
pub struct SpanReader(Shared);

impl SpanReader {
    /// As [`Span::from_batch`] does.
    ///
    /// # Errors
    /// When a column is missing or has another type.
    pub fn read(&mut self, batch: &CodedBatch) -> Result<Vec<Span>, UnreadableRow> {
        self.0.bound();
        let mut columns = Columns::new(batch)?;
        let mut spans: Vec<Span> = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let span = columns.span(row, spans.last(), &mut self.0);
            spans.push(span);
        }
        Ok(spans)
    }
}

/// The columns of a batch, each with its type.
struct Columns<'a> {
    trace_hi: Coded<'a, Int64Array>,
    trace_lo: Coded<'a, Int64Array>,
    span_id: Coded<'a, Int64Array>,
    parent: Coded<'a, Int64Array>,
    trace_state: Coded<'a, StringViewArray>,
    name: Known<'a, Option<Text>>,
    kind: Coded<'a, Int32Array>,
    start_ns: Coded<'a, Int64Array>,
    duration_ns: Coded<'a, Int64Array>,
    status_code: Coded<'a, Int32Array>,
    quirks: Coded<'a, Int32Array>,
    scope_name: Coded<'a, StringViewArray>,
    /// Those that have entries.
    buckets: Vec<Maps<'a>>,
    links: Links<'a>,
    origin: OriginColumns<'a>,
    proxy: ProxyColumns<'a>,
    peer: PeerColumns<'a>,
    protocol: ProtocolColumns<'a>,
}

impl<'a> Columns<'a> {
    fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        let buckets = (0..promoted::BUCKETS).map(|bucket| column(batch, bucket_column(bucket)));
        let mut buckets: Vec<Coded<'a, MapArray>> = buckets.collect::<Result<_, _>>()?;
        buckets.retain(|bucket| !bucket.is_blank());
        let buckets = buckets.into_iter().map(|bucket| Maps::new(bucket, batch.num_rows())).collect();
        Ok(Self {
            trace_hi: column(batch, "trace_hi")?,
            trace_lo: column(batch, "trace_lo")?,
            span_id: column(batch, "span_id")?,
            parent: column(batch, "parent_span_id")?,
            trace_state: column(batch, "trace_state")?,
            name: Known::new(batch, "name")?,
            kind: column(batch, "kind")?,
            start_ns: column(batch, "start_ns")?,
            duration_ns: column(batch, "duration_ns")?,
            status_code: column(batch, "status_code")?,
            quirks: column(batch, "quirks")?,
            scope_name: column(batch, "scope_name")?,
            buckets,
            links: Links::new(batch)?,
            origin: OriginColumns::new(batch)?,
            proxy: ProxyColumns::new(batch)?,
            peer: PeerColumns::new(batch)?,
            protocol: ProtocolColumns::new(batch)?,
        })
    }

    /// `before`: the span of the row before.
    fn span(&mut self, row: usize, before: Option<&Span>, shared: &mut Shared) -> Span {
        let extras = Extras::of_row(&mut self.buckets, row);
        let kind = Kind::from_otlp(self.kind.value(row));
        let quirks = Quirks::from_bits(self.quirks.value(row));
        let start_ns = self.start_ns.value(row);
        let duration_ns = self.duration_ns.value(row).max(0);
        let proxy = self.proxy.of_row(row, &extras, self.scope_name.text(row), shared);
        let peer = self.peer.of_row(row, kind, &extras, shared);
        let parent = self.parent.number(row).map(SpanId::from_int);
        let (http_status, grpc_status) = self.protocol.statuses(row, &extras);
        Span {
            trace_id: TraceId::from_halves(self.trace_hi.value(row), self.trace_lo.value(row)),
            span_id: SpanId::from_int(self.span_id.value(row)),
            parent,
            kind,
            start_ns,
            end_ns: start_ns.saturating_add(duration_ns),
            name: self.name.optional(row, shared),
            status_code: self.status_code.value(row),
            is_shared: quirks.contains(Quirks::SHARED),
            is_timeless: quirks.contains(Quirks::START_ABSENT) && quirks.contains(Quirks::DURATION_ABSENT),
            origin: self.origin.of_row(row, before.map(|span| &span.origin), &extras, shared),
            weight: sampling::weight(self.trace_state.text(row).unwrap_or_default(), extras.sampling),
            protocols: self.protocol.of_row(row, &extras),
            http_status,
            grpc_status,
            proxy,
            peer,
            links: self.links.of_row(row),
        }
    }
}
