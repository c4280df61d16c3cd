//! Rows of the table `spans` to what pairing reads of them.
//!
//! Columns are looked up once per batch, and what is made of texts is made once for each text. What a row says beside ids
//! and times is mostly what another one has said, and is found by where its values lie among those of the columns
//! ([`facts`]). Attributes without a column lie in eight maps. Pairing asks for some twenty keys and for any key of four
//! prefixes, which are in all the maps: so a map that rows share is looked through once to see whether it says anything, and
//! nothing is built of what nobody asked for.

mod column;
mod facts;
mod known;
mod links;
mod origin;
mod peer;
mod protocol;
mod proxy;
mod shared;

use arrow::array::{Int64Array, RecordBatch};
use spanloom_store::coded::Coded;
use spanloom_store::schema::spans::UnreadableRow;
use spanloom_store::{CodedBatch, SpanId, TraceId};

use super::{Span, Text};
use column::column;
use facts::{FactsColumns, KnownFacts};
use known::Known;
use links::Links;
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
pub struct SpanReader {
    shared: Shared,
    known: KnownFacts,
}

impl SpanReader {
    /// How many rows it remembers.
    #[cfg(test)]
    pub fn known_rows(&self) -> usize {
        self.known.rows()
    }

    /// As [`Span::from_batch`] does.
    ///
    /// # Errors
    /// When a column is missing or has another type.
    pub fn read(&mut self, batch: &CodedBatch) -> Result<Vec<Span>, UnreadableRow> {
        self.shared.bound();
        let mut columns = Columns::new(batch, &mut self.known)?;
        let mut spans: Vec<Span> = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let span = columns.span(row, spans.last(), self);
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
    name: Known<'a, Option<Text>>,
    start_ns: Coded<'a, Int64Array>,
    duration_ns: Coded<'a, Int64Array>,
    links: Links<'a>,
    facts: FactsColumns<'a>,
}

impl<'a> Columns<'a> {
    fn new(batch: &'a CodedBatch, known: &mut KnownFacts) -> Result<Self, UnreadableRow> {
        Ok(Self {
            trace_hi: column(batch, "trace_hi")?,
            trace_lo: column(batch, "trace_lo")?,
            span_id: column(batch, "span_id")?,
            parent: column(batch, "parent_span_id")?,
            name: Known::new(batch, "name")?,
            start_ns: column(batch, "start_ns")?,
            duration_ns: column(batch, "duration_ns")?,
            links: Links::new(batch)?,
            facts: FactsColumns::new(batch, known)?,
        })
    }

    /// `before`: the span of the row before.
    fn span(&mut self, row: usize, before: Option<&Span>, reader: &mut SpanReader) -> Span {
        let SpanReader { shared, known } = reader;
        let start_ns = self.start_ns.value(row);
        let duration_ns = self.duration_ns.value(row).max(0);
        Span {
            start_ns,
            trace_id: TraceId::from_halves(self.trace_hi.value(row), self.trace_lo.value(row)),
            span_id: SpanId::from_int(self.span_id.value(row)),
            end_ns: start_ns.saturating_add(duration_ns),
            parent: self.parent.number(row).map(SpanId::from_int),
            name: self.name.optional(row, shared),
            facts: self.facts.of_row(row, before, known, shared),
            links: self.links.of_row(row),
        }
    }
}
