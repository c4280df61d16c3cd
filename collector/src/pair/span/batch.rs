//! Rows of the table `spans` to what pairing reads of them.
//!
//! Columns are looked up once per batch and values once per row; strings are kept once per batch, and processes too, as
//! neighbouring rows mostly come from the same one. Attributes without a column lie in eight maps. Pairing asks for some
//! twenty keys and for any key of four prefixes, which are in all the maps: so each row's entries are gone over once
//! ([`Extras`]), and nothing is built of those that nobody asked for.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringViewArray, StructArray};
use arrow::datatypes::{Int32Type, Int64Type};
use spanloom_store::schema::promoted;
use spanloom_store::schema::spans::{Quirks, UnreadableRow, bucket_column};
use spanloom_store::{SpanId, TraceId};

use super::extras::Extras;
use super::{Kind, Link, Node, NodeKind, Origin, Peer, Protocols, Proxy, SourcePeer, Span, Text};
use crate::mesh::istio;
use crate::pair::{host, outcome, sampling};

/// Istio's name for a cluster that nobody named; as good as none.
const ISTIO_CLUSTER_UNNAMED: &str = "Kubernetes";

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
        let columns = Columns::new(batch)?;
        let mut shared = Shared::default();
        (0..batch.num_rows()).map(|row| columns.span(row, &mut shared)).collect()
    }
}

/// Strings and processes of one batch, each once.
#[derive(Default)]
struct Shared {
    texts: HashSet<Text>,
    last_origin: Arc<Origin>,
}

impl Shared {
    fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text = Text::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    fn optional(&mut self, text: Option<&str>) -> Option<Text> {
        text.filter(|text| !text.is_empty()).map(|text| self.text(text))
    }

    /// A part of an identity. Zipkin's clients and Istio's labels write what they do not know as "unknown".
    fn known(&mut self, text: Option<&str>) -> Option<Text> {
        self.optional(text.filter(|text| *text != "unknown"))
    }

    fn host(&mut self, host: Option<String>) -> Option<Text> {
        self.optional(host.as_deref())
    }

    fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        if *self.last_origin != origin {
            self.last_origin = Arc::new(origin);
        }
        Arc::clone(&self.last_origin)
    }
}

/// The columns of a batch, each with its type.
struct Columns<'a> {
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
    parent: &'a Int64Array,
    trace_state: &'a StringViewArray,
    name: &'a StringViewArray,
    kind: &'a Int32Array,
    start_ns: &'a Int64Array,
    duration_ns: &'a Int64Array,
    status_code: &'a Int32Array,
    quirks: &'a Int32Array,
    scope_name: &'a StringViewArray,
    resource_attrs: &'a MapArray,
    buckets: Vec<&'a MapArray>,
    links: Links<'a>,
    origin: OriginColumns<'a>,
    proxy: ProxyColumns<'a>,
    peer: PeerColumns<'a>,
    protocol: ProtocolColumns<'a>,
}

impl<'a> Columns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let buckets = (0..promoted::BUCKETS).map(|bucket| column(batch, bucket_column(bucket)));
        Ok(Self {
            trace_hi: ints(batch, "trace_hi")?,
            trace_lo: ints(batch, "trace_lo")?,
            span_id: ints(batch, "span_id")?,
            parent: ints(batch, "parent_span_id")?,
            trace_state: column(batch, "trace_state")?,
            name: column(batch, "name")?,
            kind: small_ints(batch, "kind")?,
            start_ns: ints(batch, "start_ns")?,
            duration_ns: ints(batch, "duration_ns")?,
            status_code: small_ints(batch, "status_code")?,
            quirks: small_ints(batch, "quirks")?,
            scope_name: column(batch, "scope_name")?,
            resource_attrs: column(batch, "resource_attrs")?,
            buckets: buckets.collect::<Result<_, _>>()?,
            links: Links::new(batch)?,
            origin: OriginColumns::new(batch)?,
            proxy: ProxyColumns::new(batch)?,
            peer: PeerColumns::new(batch)?,
            protocol: ProtocolColumns::new(batch)?,
        })
    }

    fn span(&self, row: usize, shared: &mut Shared) -> Result<Span, UnreadableRow> {
        let extras = Extras::of_row(&self.buckets, row);
        let kind = Kind::from_otlp(self.kind.value(row));
        let quirks = Quirks::from_bits(self.quirks.value(row));
        let start_ns = self.start_ns.value(row);
        let duration_ns = self.duration_ns.value(row).max(0);
        let proxy = self.proxy.of_row(row, &extras, text(self.scope_name, row), shared);
        let peer = self.peer.of_row(row, kind, &extras, shared);
        let parent = self.parent.is_valid(row).then(|| SpanId::from_int(self.parent.value(row)));
        let (http_status, grpc_status) = self.protocol.statuses(row, &extras);
        Ok(Span {
            trace_id: TraceId::from_halves(self.trace_hi.value(row), self.trace_lo.value(row)),
            span_id: SpanId::from_int(self.span_id.value(row)),
            parent,
            kind,
            start_ns,
            end_ns: start_ns.saturating_add(duration_ns),
            name: shared.optional(text(self.name, row)),
            status_code: self.status_code.value(row),
            is_shared: quirks.contains(Quirks::SHARED),
            is_timeless: quirks.contains(Quirks::START_ABSENT) && quirks.contains(Quirks::DURATION_ABSENT),
            origin: self.origin.of_row(row, &extras, self.resource_attrs, shared),
            weight: sampling::weight(text(self.trace_state, row).unwrap_or_default(), extras.sampling),
            protocols: self.protocol.of_row(row, &extras),
            http_status,
            grpc_status,
            proxy,
            peer,
            links: self.links.of_row(row),
        })
    }
}

struct OriginColumns<'a> {
    service: &'a StringViewArray,
    service_namespace: &'a StringViewArray,
    version: &'a StringViewArray,
    cluster: &'a StringViewArray,
    namespace: &'a StringViewArray,
    deployment: &'a StringViewArray,
}

impl<'a> OriginColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            service: column(batch, "service_name")?,
            service_namespace: column(batch, "service_namespace")?,
            version: column(batch, "service_version")?,
            cluster: column(batch, "k8s_cluster_name")?,
            namespace: column(batch, "k8s_namespace_name")?,
            deployment: column(batch, "k8s_deployment_name")?,
        })
    }

    fn of_row(&self, row: usize, extras: &Extras<'_>, resource_attrs: &MapArray, shared: &mut Shared) -> Arc<Origin> {
        let istio_cluster = extras.istio_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED);
        let workload = text(self.deployment, row).or_else(|| super::extras::workload(resource_attrs, row));
        let origin = Origin {
            service: shared.known(text(self.service, row)),
            cluster: shared.known(text(self.cluster, row).or(istio_cluster)),
            k8s_namespace: shared.known(text(self.namespace, row)),
            service_namespace: shared.known(text(self.service_namespace, row)),
            workload: shared.known(workload),
            version: shared.known(text(self.version, row)),
        };
        shared.origin(origin)
    }
}

struct ProxyColumns<'a> {
    component: &'a StringViewArray,
    sdk: &'a StringViewArray,
    node_id: &'a StringViewArray,
    upstream_cluster: &'a StringViewArray,
    upstream_cluster_name: &'a StringViewArray,
    response_flags: &'a StringViewArray,
    namespace: &'a StringViewArray,
    revision: &'a StringViewArray,
}

impl<'a> ProxyColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            component: column(batch, "component")?,
            sdk: column(batch, "telemetry_sdk_name")?,
            node_id: column(batch, "node_id")?,
            upstream_cluster: column(batch, "upstream_cluster")?,
            upstream_cluster_name: column(batch, "upstream_cluster_name")?,
            response_flags: column(batch, "response_flags")?,
            namespace: column(batch, "istio_namespace")?,
            revision: column(batch, "istio_canonical_revision")?,
        })
    }

    /// Rule (a).
    fn of_row(&self, row: usize, extras: &Extras<'_>, scope: Option<&str>, shared: &mut Shared) -> Option<Box<Proxy>> {
        let node_id = text(self.node_id, row).filter(|id| !id.is_empty());
        let is_proxy = text(self.component, row) == Some("proxy")
            || text(self.sdk, row) == Some("envoy")
            || scope == Some("envoy")
            || node_id.is_some();
        if !is_proxy {
            return None;
        }
        let cluster = text(self.upstream_cluster, row).or_else(|| text(self.upstream_cluster_name, row));
        Some(Box::new(Proxy {
            node: node_id.map(|id| node(id, shared)),
            istio_namespace: shared.known(text(self.namespace, row)),
            revision: shared.known(text(self.revision, row)),
            upstream_cluster: shared.optional(cluster),
            response_flags: shared.optional(text(self.response_flags, row)),
            source: source_peer(extras, shared).map(Box::new),
        }))
    }
}

fn node(id: &str, shared: &mut Shared) -> Node {
    let Some(id) = istio::node_id(id) else {
        return Node { kind: NodeKind::Other, namespace: None, pod: None };
    };
    let kind = match id.node_type {
        "router" => NodeKind::Router,
        "waypoint" => NodeKind::Waypoint,
        "sidecar" => NodeKind::Sidecar,
        _ => NodeKind::Other,
    };
    Node { kind, namespace: Some(shared.text(id.namespace)), pod: shared.optional(Some(id.pod)) }
}

fn source_peer(extras: &Extras<'_>, shared: &mut Shared) -> Option<SourcePeer> {
    let source = SourcePeer {
        cluster: shared.known(extras.source_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED)),
        namespace: shared.known(extras.source_namespace),
        service: shared.known(extras.source_service),
        workload: shared.known(extras.source_workload),
        revision: shared.known(extras.source_revision),
    };
    (source != SourcePeer::default()).then_some(source)
}

struct PeerColumns<'a> {
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
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
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
    fn of_row(&self, row: usize, kind: Kind, extras: &Extras<'_>, shared: &mut Shared) -> Option<Box<Peer>> {
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

struct ProtocolColumns<'a> {
    http: [&'a dyn Array; 8],
    database: [&'a dyn Array; 6],
    messaging: [&'a dyn Array; 2],
    rpc_system: &'a StringViewArray,
    grpc_status_code: &'a Int64Array,
    rpc_grpc_status_code: &'a Int64Array,
    http_status: &'a Int64Array,
    http_status_old: &'a Int64Array,
}

impl<'a> ProtocolColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            http: any(
                batch,
                [
                    "http_request_method",
                    "http_response_status_code",
                    "http_route",
                    "url_full",
                    "url_path",
                    "http_method",
                    "http_url",
                    "http_protocol",
                ],
            )?,
            database: any(
                batch,
                [
                    "db_system_name",
                    "db_system",
                    "db_namespace",
                    "db_operation_name",
                    "db_collection_name",
                    "db_query_text",
                ],
            )?,
            messaging: any(batch, ["messaging_system", "messaging_destination_name"])?,
            rpc_system: column(batch, "rpc_system")?,
            grpc_status_code: ints(batch, "grpc_status_code")?,
            rpc_grpc_status_code: ints(batch, "rpc_grpc_status_code")?,
            http_status: ints(batch, "http_response_status_code")?,
            http_status_old: ints(batch, "http_status_code")?,
        })
    }

    fn of_row(&self, row: usize, extras: &Extras<'_>) -> Protocols {
        let has = |columns: &[&dyn Array]| columns.iter().any(|column| column.is_valid(row));
        let is_grpc = self.grpc_status_code.is_valid(row)
            || self.rpc_grpc_status_code.is_valid(row)
            || text(self.rpc_system, row).is_some_and(super::extras::is_grpc);
        let hints = [
            (is_grpc, Protocols::GRPC),
            (has(&self.http) || self.http_status_old.is_valid(row), Protocols::HTTP),
            (has(&self.database), Protocols::DATABASE),
            (has(&self.messaging), Protocols::MESSAGING),
        ];
        hints.into_iter().filter(|(is_so, _)| *is_so).fold(extras.protocols, |sum, (_, hint)| sum.with(hint))
    }

    fn statuses(&self, row: usize, extras: &Extras<'_>) -> (Option<i64>, Option<i64>) {
        let http = int(self.http_status, row).or_else(|| int(self.http_status_old, row));
        let grpc = int(self.rpc_grpc_status_code, row).or_else(|| int(self.grpc_status_code, row));
        (http, grpc.or_else(|| extras.grpc_status.and_then(outcome::grpc_code)))
    }
}

struct Links<'a> {
    list: &'a ListArray,
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
}

impl<'a> Links<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let list: &ListArray = column(batch, "links")?;
        let elements = list.values().as_struct_opt().ok_or(UnreadableRow::Column("links"))?;
        let child = |name| link_column(elements, name);
        Ok(Self { list, trace_hi: child("trace_hi")?, trace_lo: child("trace_lo")?, span_id: child("span_id")? })
    }

    fn of_row(&self, row: usize) -> Vec<Link> {
        if self.list.is_null(row) {
            return Vec::new();
        }
        let offsets = self.list.value_offsets();
        (offsets[row] as usize..offsets[row + 1] as usize)
            .map(|i| Link {
                trace_id: TraceId::from_halves(self.trace_hi.value(i), self.trace_lo.value(i)),
                span_id: SpanId::from_int(self.span_id.value(i)),
            })
            .collect()
    }
}

fn link_column<'a>(elements: &'a StructArray, name: &str) -> Result<&'a Int64Array, UnreadableRow> {
    let child = elements.column_by_name(name).and_then(|child| child.as_primitive_opt::<Int64Type>());
    child.ok_or(UnreadableRow::Column("links"))
}

fn any<'a, const N: usize>(
    batch: &'a RecordBatch,
    names: [&'static str; N],
) -> Result<[&'a dyn Array; N], UnreadableRow> {
    let mut columns: [&'a dyn Array; N] = [batch.column(0); N];
    for (place, name) in columns.iter_mut().zip(names) {
        *place = batch.column_by_name(name).ok_or(UnreadableRow::Column(name))?;
    }
    Ok(columns)
}

fn ints<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int64Array, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or(UnreadableRow::Column(name))
}

fn small_ints<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int32Array, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int32Type>()).ok_or(UnreadableRow::Column(name))
}

fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a A, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(name))
}

fn text(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

fn int(column: &Int64Array, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}
