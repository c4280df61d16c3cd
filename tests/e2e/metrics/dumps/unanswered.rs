//! Questions whose metrics are on the recorded pages and which have no data all the same, each with its reason. The list is
//! exact: what is not on it has data, and what is on it has none.

use super::dashboards::Question;

/// Questions that have no data.
pub struct Unanswered {
    /// How the name of the dashboard begins.
    dashboard: &'static str,
    /// All of this is in the question.
    parts: &'static [&'static str],
    /// Why there is none.
    pub reason: &'static str,
}

impl Unanswered {
    pub fn is(&self, question: &Question) -> bool {
        let text = question.to_string();
        question.dashboard.starts_with(self.dashboard) && self.parts.iter().all(|part| text.contains(part))
    }
}

const fn unanswered(dashboard: &'static str, parts: &'static [&'static str], reason: &'static str) -> Unanswered {
    Unanswered { dashboard, parts, reason }
}

const FAILED: &[&str] = &["tcp_close_total", r#"direction="outbound""#, r#"errno!="""#];
const NOTHING_FAILED: &str = "no connection of this pod to another failed";
const NO_SUCH_TARGETS: &str = "the pod called only a deployment";
const ALL_BY_TLS: &str = "all calls to this target were by TLS";

pub const UNANSWERED: [Unanswered; 25] = [
    unanswered(
        "istio-mesh",
        &["istio_request_duration_milliseconds_bucket"],
        "this metric was recorded at a destination only, and sources are asked for; those of Mixer count seconds",
    ),
    unanswered(
        "istio-workload",
        &[r#"reporter="source""#, r#"connection_security_policy="mutual_tls""#],
        "a source never knows the policy: it says unknown",
    ),
    unanswered(
        "istio-workload",
        &[r#"destination_workload=~"productpage-v1""#, r#"connection_security_policy="mutual_tls""#],
        "requests to this workload came without TLS",
    ),
    unanswered(
        "istio-workload",
        &[r#"destination_principal=~"spiffe.*""#, r#"reporter="source""#],
        "requests of this workload went without TLS",
    ),
    unanswered("ztunnel", &["process_open_fds"], "the page is an excerpt, and this is not in it"),
    unanswered("authority", &[r#"direction="outbound""#], "the pod called another authority"),
    unanswered("authority", &[r#"tls!="true""#], "all calls of this authority came by TLS"),
    unanswered("daemonset", &[r#"dst_daemonset=""#], NO_SUCH_TARGETS),
    unanswered("daemonset", &["$outbound"], NO_SUCH_TARGETS),
    unanswered("daemonset", FAILED, NOTHING_FAILED),
    unanswered("statefulset", &[r#"dst_statefulset=""#], NO_SUCH_TARGETS),
    unanswered("statefulset", &["$outbound"], NO_SUCH_TARGETS),
    unanswered("statefulset", FAILED, NOTHING_FAILED),
    unanswered("job", &[r#"dst_k8s_job=""#], NO_SUCH_TARGETS),
    unanswered("job", &["$outbound"], NO_SUCH_TARGETS),
    unanswered("job", FAILED, NOTHING_FAILED),
    unanswered("deployment", &["dst_deployment=", r#"tls!="true""#], ALL_BY_TLS),
    unanswered("deployment", FAILED, NOTHING_FAILED),
    unanswered("pod", &["dst_pod=", r#"tls!="true""#], ALL_BY_TLS),
    unanswered("pod", FAILED, NOTHING_FAILED),
    unanswered("service", &[r#"tls!="true""#], ALL_BY_TLS),
    unanswered("route", &["route_request_total", r#"tls="true""#], "counts by route say nothing of TLS"),
    unanswered("route", &["$rt_route"], "the pod's services have no routes with names"),
    unanswered("multicluster", &["dst_target_cluster"], "the pod called into no other cluster"),
    unanswered("health", &[r#"job="linkerd-controller""#], "no page of the control plane's own processes was recorded"),
];
