//! What is looked at, and from when on it is bad.
//!
//! Sources of names and meanings: Envoy's "Cluster manager statistics", "Circuit breaker statistics" and "Listener
//! statistics", Linkerd's "Proxy metrics", the Prometheus client libraries' process and Go collectors, cAdvisor's and
//! kube-state-metrics' lists of metrics. Istio renames a label (`cluster_name`) and no metric; Consul's proxies are
//! Envoy with more labels. Both send most of these only where their stats filter lets them.
//!
//! Every expression yields one series at the most; see [`super::template`] for `@`.

use super::level::Level::{Critical, Warning};
use super::level::Levels::{self, Any, From, Shown};
use super::selector::Whose::{self, CallsTo, Containers, Itself};

/// What may be full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    CircuitBreaker,
    ConnectionPool,
    PendingRequests,
    Retries,
    OutlierEjection,
    Overload,
    Cpu,
    Memory,
    FileDescriptors,
    Runtime,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CircuitBreaker => "circuit_breaker",
            Self::ConnectionPool => "connection_pool",
            Self::PendingRequests => "pending_requests",
            Self::Retries => "retries",
            Self::OutlierEjection => "outlier_ejection",
            Self::Overload => "overload",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::FileDescriptors => "file_descriptors",
            Self::Runtime => "runtime",
        }
    }
}

/// One thing to look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rule {
    pub kind: Kind,
    /// What is full, in words.
    pub resource: &'static str,
    pub unit: &'static str,
    pub metric: &'static str,
    pub whose: Whose,
    pub expression: &'static str,
    pub levels: Levels,
}

/// A gauge that is 1 while a breaker is open, of either priority; whichever caller has it open. `or` looks at labels
/// and not at names, so the default one is left out where it is closed and another can tell.
macro_rules! breaker {
    ($what:literal, $resource:literal, $level:expr) => {
        Rule {
            kind: Kind::CircuitBreaker,
            resource: $resource,
            unit: "1",
            metric: concat!("envoy_cluster_circuit_breakers_default_", $what, "_open"),
            whose: CallsTo,
            expression: concat!(
                "max(@envoy_cluster_circuit_breakers_default_",
                $what,
                "_open > 0 or @envoy_cluster_circuit_breakers_high_",
                $what,
                "_open or @envoy_cluster_circuit_breakers_default_",
                $what,
                "_open)"
            ),
            levels: Any($level),
        }
    };
}

/// How much of what a breaker allows is in use. Envoy tells what remains only with `track_remaining`, and older ones
/// say 0 without it: so what seems full is left to the gauge of the open breaker, which is always right.
macro_rules! in_use {
    ($kind:expr, $resource:literal, $active:literal, $remaining:literal) => {
        Rule {
            kind: $kind,
            resource: $resource,
            unit: "1",
            metric: $active,
            whose: CallsTo,
            expression: concat!("max(@", $active, " / (@", $active, " + @", $remaining, ") < 1)"),
            levels: From { warning: 0.8, critical: 0.95 },
        }
    };
}

/// How often per second something happened that is so bad.
macro_rules! happened {
    ($kind:expr, $resource:literal, $unit:literal, $whose:expr, $metric:literal, $levels:expr) => {
        Rule {
            kind: $kind,
            resource: $resource,
            unit: $unit,
            metric: $metric,
            whose: $whose,
            expression: concat!("sum(@rate:", $metric, ")"),
            levels: $levels,
        }
    };
}

/// A gauge added up over whoever tells it.
macro_rules! how_many {
    ($kind:expr, $resource:literal, $unit:literal, $whose:expr, $metric:literal, $expression:expr) => {
        Rule {
            kind: $kind,
            resource: $resource,
            unit: $unit,
            metric: $metric,
            whose: $whose,
            expression: $expression,
            levels: Shown,
        }
    };
}

/// A part of a whole.
macro_rules! part {
    ($kind:expr, $resource:literal, $whose:expr, $metric:literal, $expression:expr, $warning:expr, $critical:expr) => {
        Rule {
            kind: $kind,
            resource: $resource,
            unit: "1",
            metric: $metric,
            whose: $whose,
            expression: $expression,
            levels: From { warning: $warning, critical: $critical },
        }
    };
}

/// All rules, in the order in which signals are told.
pub(crate) const RULES: &[Rule] = &[
    // Envoy, Istio and Consul: a request above these limits is refused at once, but above those of connections it
    // waits.
    breaker!("rq", "open circuit breaker of requests", Critical),
    breaker!("rq_pending", "open circuit breaker of pending requests", Critical),
    breaker!("cx", "open circuit breaker of connections", Warning),
    breaker!("cx_pool", "open circuit breaker of connection pools", Warning),
    breaker!("rq_retry", "open circuit breaker of retries", Warning),
    in_use!(
        Kind::ConnectionPool,
        "connections in use",
        "envoy_cluster_upstream_cx_active",
        "envoy_cluster_circuit_breakers_default_remaining_cx"
    ),
    in_use!(
        Kind::PendingRequests,
        "places for pending requests in use",
        "envoy_cluster_upstream_rq_pending_active",
        "envoy_cluster_circuit_breakers_default_remaining_pending"
    ),
    in_use!(
        Kind::PendingRequests,
        "places for requests in use",
        "envoy_cluster_upstream_rq_active",
        "envoy_cluster_circuit_breakers_default_remaining_rq"
    ),
    how_many!(
        Kind::ConnectionPool,
        "connections to it",
        "{connection}",
        CallsTo,
        "envoy_cluster_upstream_cx_active",
        "sum(@envoy_cluster_upstream_cx_active)"
    ),
    how_many!(
        Kind::ConnectionPool,
        "connections of its proxy to its app",
        "{connection}",
        Itself,
        "envoy_cluster_upstream_cx_active",
        concat!(
            r#"sum(@envoy_cluster_upstream_cx_active{cluster_name=~"inbound[|].*"} or "#,
            r#"@envoy_cluster_upstream_cx_active{envoy_cluster_name=~"inbound[|].*|local_app"})"#
        )
    ),
    how_many!(
        Kind::PendingRequests,
        "requests that wait for a connection",
        "{request}",
        CallsTo,
        "envoy_cluster_upstream_rq_pending_active",
        "sum(@envoy_cluster_upstream_rq_pending_active)"
    ),
    how_many!(
        Kind::PendingRequests,
        "requests that its proxy holds for its app",
        "{request}",
        Itself,
        "envoy_cluster_upstream_rq_pending_active",
        concat!(
            r#"sum(@envoy_cluster_upstream_rq_pending_active{cluster_name=~"inbound[|].*"} or "#,
            r#"@envoy_cluster_upstream_rq_pending_active{envoy_cluster_name=~"inbound[|].*|local_app"})"#
        )
    ),
    happened!(
        Kind::ConnectionPool,
        "connections beyond the limit",
        "{connection}/s",
        CallsTo,
        "envoy_cluster_upstream_cx_overflow",
        Any(Warning)
    ),
    happened!(
        Kind::ConnectionPool,
        "connection pools beyond the limit",
        "{pool}/s",
        CallsTo,
        "envoy_cluster_upstream_cx_pool_overflow",
        Any(Warning)
    ),
    happened!(
        Kind::PendingRequests,
        "requests refused because too many waited",
        "{request}/s",
        CallsTo,
        "envoy_cluster_upstream_rq_pending_overflow",
        Any(Critical)
    ),
    part!(
        Kind::Retries,
        "retries of all attempts",
        CallsTo,
        "envoy_cluster_upstream_rq_retry",
        "sum(@rate:envoy_cluster_upstream_rq_retry) / (sum(@rate:envoy_cluster_upstream_rq_total) > 0)",
        0.1,
        0.3
    ),
    happened!(
        Kind::Retries,
        "retries beyond the budget",
        "{retry}/s",
        CallsTo,
        "envoy_cluster_upstream_rq_retry_overflow",
        Any(Warning)
    ),
    happened!(
        Kind::Retries,
        "requests that failed after their last retry",
        "{request}/s",
        CallsTo,
        "envoy_cluster_upstream_rq_retry_limit_exceeded",
        Any(Warning)
    ),
    part!(
        Kind::OutlierEjection,
        "ejected instances of all",
        CallsTo,
        "envoy_cluster_outlier_detection_ejections_active",
        "max(@envoy_cluster_outlier_detection_ejections_active / (@envoy_cluster_membership_total > 0))",
        0.01,
        0.5
    ),
    happened!(
        Kind::Overload,
        "connections its proxy refused",
        "{connection}/s",
        Itself,
        "envoy_listener_downstream_cx_overflow",
        Any(Critical)
    ),
    happened!(
        Kind::Overload,
        "requests its overloaded proxy refused",
        "{request}/s",
        Itself,
        "envoy_http_rq_overload_local_reply",
        Any(Critical)
    ),
    // Linkerd. An endpoint is pending while it is connected to, and while its circuit breaker is open.
    part!(
        Kind::CircuitBreaker,
        "unavailable endpoints of all",
        CallsTo,
        "outbound_http_balancer_endpoints",
        concat!(
            r#"sum(@outbound_http_balancer_endpoints{endpoint_state="pending"}) / "#,
            "(sum(@outbound_http_balancer_endpoints) > 0)"
        ),
        0.2,
        0.8
    ),
    Rule {
        kind: Kind::CircuitBreaker,
        resource: "load balancers that fail fast",
        unit: "{balancer}",
        metric: "outbound_http_balancer_in_failfast",
        whose: CallsTo,
        expression: "sum(@outbound_http_balancer_in_failfast)",
        levels: Any(Critical),
    },
    how_many!(
        Kind::PendingRequests,
        "requests that wait for an endpoint",
        "{request}",
        CallsTo,
        "outbound_http_balancer_queue_length",
        "sum(@outbound_http_balancer_queue_length)"
    ),
    happened!(
        Kind::Retries,
        "HTTP retries beyond the budget",
        "{retry}/s",
        CallsTo,
        "outbound_http_route_retry_overflow_total",
        Any(Warning)
    ),
    happened!(
        Kind::Retries,
        "gRPC retries beyond the budget",
        "{retry}/s",
        CallsTo,
        "outbound_grpc_route_retry_overflow_total",
        Any(Warning)
    ),
    how_many!(
        Kind::ConnectionPool,
        "connections that its proxy accepted",
        "{connection}",
        Itself,
        "tcp_open_connections",
        r#"sum(@tcp_open_connections{direction="inbound",peer="src"})"#
    ),
    // Containers, as the node sees them: the worst one counts, because a limit is one container's.
    part!(
        Kind::Cpu,
        "CPU of the limit, fullest container",
        Containers,
        "container_cpu_usage_seconds_total",
        concat!(
            "max(sum by (pod, container) (@rate:container_cpu_usage_seconds_total) / ",
            "(sum by (pod, container) (@container_spec_cpu_quota / @container_spec_cpu_period) > 0))"
        ),
        0.8,
        0.95
    ),
    part!(
        Kind::Cpu,
        "CPU of the limit in its pod's specification, fullest container",
        Containers,
        "container_cpu_usage_seconds_total",
        concat!(
            "max(sum by (pod, container) (@rate:container_cpu_usage_seconds_total) / ",
            r#"(max by (pod, container) (@kube_pod_container_resource_limits{resource="cpu"}) > 0))"#
        ),
        0.8,
        0.95
    ),
    part!(
        Kind::Cpu,
        "periods in which CPU was withheld, worst container",
        Containers,
        "container_cpu_cfs_throttled_periods_total",
        "max(@rate:container_cpu_cfs_throttled_periods_total / (@rate:container_cpu_cfs_periods_total > 0))",
        0.25,
        0.5
    ),
    how_many!(
        Kind::Cpu,
        "CPU of its containers",
        "{cpu}",
        Containers,
        "container_cpu_usage_seconds_total",
        "sum(@rate:container_cpu_usage_seconds_total)"
    ),
    part!(
        Kind::Memory,
        "memory of the limit, fullest container",
        Containers,
        "container_memory_working_set_bytes",
        "max(@container_memory_working_set_bytes / (@container_spec_memory_limit_bytes > 0))",
        0.8,
        0.95
    ),
    how_many!(
        Kind::Memory,
        "memory of its containers",
        "By",
        Containers,
        "container_memory_working_set_bytes",
        "sum(@container_memory_working_set_bytes)"
    ),
    // Processes, as they see themselves.
    how_many!(
        Kind::Cpu,
        "CPU of its processes",
        "{cpu}",
        Itself,
        "process_cpu_seconds_total",
        "sum(@rate:process_cpu_seconds_total)"
    ),
    how_many!(
        Kind::Memory,
        "memory of its processes",
        "By",
        Itself,
        "process_resident_memory_bytes",
        "sum(@process_resident_memory_bytes)"
    ),
    how_many!(
        Kind::Memory,
        "memory of its proxies",
        "By",
        Itself,
        "envoy_server_memory_physical_size",
        "sum(@envoy_server_memory_physical_size)"
    ),
    part!(
        Kind::FileDescriptors,
        "file descriptors of the limit, fullest process",
        Itself,
        "process_open_fds",
        "max(@process_open_fds / (@process_max_fds > 0))",
        0.8,
        0.95
    ),
    part!(
        Kind::Runtime,
        "CPU of the Go garbage collector, worst process",
        Itself,
        "go_memstats_gc_cpu_fraction",
        "max(@go_memstats_gc_cpu_fraction)",
        0.1,
        0.25
    ),
    how_many!(Kind::Runtime, "goroutines", "{goroutine}", Itself, "go_goroutines", "sum(@go_goroutines)"),
];
