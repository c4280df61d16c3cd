//! Attributes that have a column of their own in `spans`: the one list of them, each group with its reason.
//!
//! A promoted column holds the value coerced to the column's type. Where type or text differs (Envoy sends
//! `http.status_code` as a string) the original also stays in its map and wins when the span is read back, so a column
//! never loses anything. Order here is the order of the columns in the table.

use std::collections::HashMap;
use std::sync::LazyLock;

use arrow::datatypes::DataType;
use foldhash::fast::RandomState;

/// The type of a promoted column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    String,
    Int,
}

impl ColumnType {
    pub const fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::Utf8View,
            Self::Int => DataType::Int64,
        }
    }
}

/// An attribute key with a column of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promoted {
    pub key: &'static str,
    pub column: &'static str,
    pub column_type: ColumnType,
}

const fn string(key: &'static str, column: &'static str) -> Promoted {
    Promoted { key, column, column_type: ColumnType::String }
}

const fn int(key: &'static str, column: &'static str) -> Promoted {
    Promoted { key, column, column_type: ColumnType::Int }
}

/// Promoted resource attributes.
pub const RESOURCE: &[Promoted] = &[
    // Who: every search, signal and graph groups by these (design: "identity").
    string("service.name", "service_name"),
    string("service.namespace", "service_namespace"),
    string("service.version", "service_version"),
    string("service.instance.id", "service_instance_id"),
    // Where: the namespace decides a mesh identity; cluster, workload, pod and node are what an operator drills into.
    string("k8s.cluster.name", "k8s_cluster_name"),
    string("k8s.namespace.name", "k8s_namespace_name"),
    string("k8s.deployment.name", "k8s_deployment_name"),
    string("k8s.pod.name", "k8s_pod_name"),
    string("k8s.node.name", "k8s_node_name"),
    string("host.name", "host_name"),
    string("deployment.environment.name", "deployment_environment_name"),
    // How: tells an SDK's spans from a proxy's.
    string("telemetry.sdk.name", "telemetry_sdk_name"),
    string("telemetry.sdk.language", "telemetry_sdk_language"),
];

/// Promoted span attributes.
pub const SPAN: &[Promoted] = &[
    // HTTP, stable semantic conventions: search and golden signals by route, method, status.
    string("http.request.method", "http_request_method"),
    int("http.response.status_code", "http_response_status_code"),
    string("http.route", "http_route"),
    string("url.full", "url_full"),
    string("url.path", "url_path"),
    string("user_agent.original", "user_agent_original"),
    // HTTP as Envoy, Istio and older SDKs still spell it. URL and user agent are also wide: left in a map they would make
    // every other key of their bucket dear to read (storage lab, table 1).
    string("http.method", "http_method"),
    int("http.status_code", "http_status_code"),
    string("http.url", "http_url"),
    string("http.protocol", "http_protocol"),
    string("user_agent", "user_agent"),
    // RPC, both spellings: Envoy writes `grpc.status_code`, SDKs `rpc.grpc.status_code`.
    string("rpc.system", "rpc_system"),
    string("rpc.service", "rpc_service"),
    string("rpc.method", "rpc_method"),
    int("rpc.grpc.status_code", "rpc_grpc_status_code"),
    int("grpc.status_code", "grpc_status_code"),
    // Databases and queues: inferred nodes of the graph; the query text is wide and often unique.
    string("db.system.name", "db_system_name"),
    string("db.system", "db_system"),
    string("db.namespace", "db_namespace"),
    string("db.operation.name", "db_operation_name"),
    string("db.collection.name", "db_collection_name"),
    string("db.query.text", "db_query_text"),
    string("messaging.system", "messaging_system"),
    string("messaging.destination.name", "messaging_destination_name"),
    // The other side of a call, as apps name it.
    string("server.address", "server_address"),
    int("server.port", "server_port"),
    string("net.peer.name", "net_peer_name"),
    string("peer.service", "peer_service"),
    string("network.peer.address", "network_peer_address"),
    string("error.type", "error_type"),
    // Envoy: what pairing reads of every proxy span (design §5), and what an operator asks first (flags, sizes, retries).
    string("component", "component"),
    string("node_id", "node_id"),
    string("upstream_cluster", "upstream_cluster"),
    string("upstream_cluster.name", "upstream_cluster_name"),
    string("upstream_address", "upstream_address"),
    string("downstream_cluster", "downstream_cluster"),
    string("peer.address", "peer_address"),
    string("response_flags", "response_flags"),
    int("request_size", "request_size"),
    int("response_size", "response_size"),
    int("retry.count", "retry_count"),
    // Unique per request: alone in a column, for the reason given for URLs.
    string("guid:x-request-id", "guid_x_request_id"),
    // Istio's own identity words.
    string("istio.canonical_service", "istio_canonical_service"),
    string("istio.canonical_revision", "istio_canonical_revision"),
    string("istio.namespace", "istio_namespace"),
];

/// Where the promoted attributes of a list are, by key.
pub(super) type Places = HashMap<&'static str, usize, RandomState>;

/// The places of resource attributes in [`RESOURCE`].
pub(super) static RESOURCE_PLACES: LazyLock<Places> = LazyLock::new(|| places(RESOURCE));
/// The places of span attributes in [`SPAN`].
pub(super) static SPAN_PLACES: LazyLock<Places> = LazyLock::new(|| places(SPAN));

fn places(promoted: &[Promoted]) -> Places {
    promoted.iter().enumerate().map(|(place, promoted)| (promoted.key, place)).collect()
}

/// Number of maps over which the other span attributes are spread.
pub const BUCKETS: usize = 8;

/// The map that holds a span attribute without a column: `attrs_<n>`.
///
/// CRC-32 (IEEE, as in zlib and gzip) of the key's bytes modulo [`BUCKETS`]. Part of the table format: a reader in any
/// language finds the map of a key by it.
pub fn bucket(key: &str) -> usize {
    crc32fast::hash(key.as_bytes()) as usize % BUCKETS
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_column_is_its_key_in_snake_case_and_names_are_unique() {
        let mut columns = HashSet::new();
        for promoted in RESOURCE.iter().chain(SPAN) {
            let snake: String = promoted.key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            assert_eq!(promoted.column, snake);
            assert!(columns.insert(promoted.column), "{} twice", promoted.column);
        }
        assert!((40..=60).contains(&columns.len()), "{} promoted columns", columns.len());
    }

    #[test]
    fn the_bucket_of_a_key_never_changes() {
        let buckets = ["a", "k1", "http.request.header.x", "thread.id"].map(bucket);
        assert_eq!(buckets, [3, 1, 1, 6]);
        assert_eq!(bucket(""), 0);
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926, "the check value of CRC-32/ISO-HDLC");
    }
}
