//! Names of Envoy's stats, as its admin interface writes them for Prometheus.

use crate::metrics::family::{Described, counter, gauge, histogram};
use crate::metrics::istio::ENVOY_BOUNDS;

pub static CX_TOTAL: Described = counter("envoy_cluster_upstream_cx_total", "Connections that were opened");
pub static CX_DESTROY: Described = counter("envoy_cluster_upstream_cx_destroy", "Connections that were closed");
pub static CX_OVERFLOW: Described =
    counter("envoy_cluster_upstream_cx_overflow", "How often the limit of connections was reached");
pub static CX_CONNECT_FAIL: Described = counter("envoy_cluster_upstream_cx_connect_fail", "Connections that failed");
pub static CX_ACTIVE: Described = gauge("envoy_cluster_upstream_cx_active", "Connections");
pub static RQ_TOTAL: Described = counter("envoy_cluster_upstream_rq_total", "Tries of requests");
pub static RQ_COMPLETED: Described = counter("envoy_cluster_upstream_rq_completed", "Requests that were answered");
pub static RQ: Described = counter("envoy_cluster_upstream_rq", "Answers by class of their status");
pub static RQ_XX: Described = counter("envoy_cluster_upstream_rq_xx", "Answers by class of their status");
pub static RQ_TIMEOUT: Described = counter("envoy_cluster_upstream_rq_timeout", "Requests that took too long");
pub static RQ_CANCELLED: Described = counter("envoy_cluster_upstream_rq_cancelled", "Requests whose caller left");
pub static RQ_PENDING_TOTAL: Described =
    counter("envoy_cluster_upstream_rq_pending_total", "Requests that asked for a connection");
pub static RQ_PENDING_OVERFLOW: Described = counter(
    "envoy_cluster_upstream_rq_pending_overflow",
    "Requests that were refused because too many waited for a connection",
);
pub static RQ_PENDING_FAILURE_EJECT: Described =
    counter("envoy_cluster_upstream_rq_pending_failure_eject", "Requests that failed because a connection did");
pub static RQ_RETRY: Described = counter("envoy_cluster_upstream_rq_retry", "Retries");
pub static RQ_RETRY_SUCCESS: Described =
    counter("envoy_cluster_upstream_rq_retry_success", "Requests that a retry helped");
pub static RQ_RETRY_OVERFLOW: Described =
    counter("envoy_cluster_upstream_rq_retry_overflow", "Retries that the circuit breaker did not allow");
pub static RQ_RETRY_LIMIT_EXCEEDED: Described =
    counter("envoy_cluster_upstream_rq_retry_limit_exceeded", "Requests that failed with their last retry");
pub static RQ_RETRY_BACKOFF_EXPONENTIAL: Described =
    counter("envoy_cluster_upstream_rq_retry_backoff_exponential", "Retries after a pause that grows");
pub static RQ_ACTIVE: Described = gauge("envoy_cluster_upstream_rq_active", "Requests that are under way");
pub static RQ_PENDING_ACTIVE: Described =
    gauge("envoy_cluster_upstream_rq_pending_active", "Requests that wait for a connection");
pub static RQ_TIME: Described =
    histogram("envoy_cluster_upstream_rq_time", ENVOY_BOUNDS, "Time of requests upstream, in ms");
pub static CX_OPEN: Described =
    gauge("envoy_cluster_circuit_breakers_default_cx_open", "1 while the circuit breaker is open");
pub static CX_POOL_OPEN: Described =
    gauge("envoy_cluster_circuit_breakers_default_cx_pool_open", "1 while the circuit breaker is open");
pub static RQ_OPEN: Described =
    gauge("envoy_cluster_circuit_breakers_default_rq_open", "1 while the circuit breaker is open");
pub static RQ_PENDING_OPEN: Described =
    gauge("envoy_cluster_circuit_breakers_default_rq_pending_open", "1 while the circuit breaker is open");
pub static RQ_RETRY_OPEN: Described =
    gauge("envoy_cluster_circuit_breakers_default_rq_retry_open", "1 while the circuit breaker is open");
pub static REMAINING_CX: Described =
    gauge("envoy_cluster_circuit_breakers_default_remaining_cx", "Connections until the circuit breaker opens");
pub static REMAINING_CX_POOLS: Described = gauge(
    "envoy_cluster_circuit_breakers_default_remaining_cx_pools",
    "Connection pools until the circuit breaker opens",
);
pub static REMAINING_RQ: Described =
    gauge("envoy_cluster_circuit_breakers_default_remaining_rq", "Requests until the circuit breaker opens");
pub static REMAINING_PENDING: Described = gauge(
    "envoy_cluster_circuit_breakers_default_remaining_pending",
    "Waiting requests until the circuit breaker opens",
);
pub static REMAINING_RETRIES: Described =
    gauge("envoy_cluster_circuit_breakers_default_remaining_retries", "Retries until the circuit breaker opens");
pub static EJECTIONS_ACTIVE: Described =
    gauge("envoy_cluster_outlier_detection_ejections_active", "Hosts that are left alone");
pub static EJECTIONS_ENFORCED: Described =
    counter("envoy_cluster_outlier_detection_ejections_enforced_total", "Ejections of hosts");
pub static MEMBERSHIP_HEALTHY: Described = gauge("envoy_cluster_membership_healthy", "Hosts that are healthy");
pub static MEMBERSHIP_TOTAL: Described = gauge("envoy_cluster_membership_total", "Hosts");
pub static HEALTHY_PANIC: Described =
    counter("envoy_cluster_lb_healthy_panic", "Choices among all hosts because too few were healthy");
pub static DOWNSTREAM_RQ_TOTAL: Described = counter("envoy_http_downstream_rq_total", "Requests that came in");
pub static DOWNSTREAM_RQ_COMPLETED: Described =
    counter("envoy_http_downstream_rq_completed", "Requests that were answered");
pub static DOWNSTREAM_RQ_XX: Described = counter("envoy_http_downstream_rq_xx", "Answers by class of their status");
pub static DOWNSTREAM_RQ_TIME: Described =
    histogram("envoy_http_downstream_rq_time", ENVOY_BOUNDS, "Time of requests, in ms");
pub static DOWNSTREAM_RQ_ACTIVE: Described = gauge("envoy_http_downstream_rq_active", "Requests that are under way");
pub static DOWNSTREAM_CX_ACTIVE: Described = gauge("envoy_http_downstream_cx_active", "Connections");
pub static DOWNSTREAM_CX_TOTAL: Described = counter("envoy_http_downstream_cx_total", "Connections that were opened");
pub static SERVER_LIVE: Described = gauge("envoy_server_live", "1 while the proxy takes requests");
pub static SERVER_UPTIME: Described = gauge("envoy_server_uptime", "Seconds since the start");
pub static SERVER_CONCURRENCY: Described = gauge("envoy_server_concurrency", "Worker threads");
pub static SERVER_CONNECTIONS: Described =
    gauge("envoy_server_total_connections", "Connections of all listeners and clusters");
pub static SERVER_MEMORY_ALLOCATED: Described = gauge("envoy_server_memory_allocated", "Bytes in use");
pub static SERVER_MEMORY_HEAP: Described = gauge("envoy_server_memory_heap_size", "Bytes that are reserved");
pub static SERVER_MEMORY_PHYSICAL: Described =
    gauge("envoy_server_memory_physical_size", "Bytes that the system counts");
