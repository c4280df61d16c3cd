//! What a process says of itself: an app beside Istio's proxy, whose page holds the app's metrics too, or Linkerd's proxy.
//!
//! Source: Prometheus' "Writing client libraries", process metrics.

use super::family::{Described, Page, counter, gauge};
use super::labels::Labels;

static CPU: Described = counter("process_cpu_seconds_total", "CPU that was used, in seconds");
static RESIDENT: Described = gauge("process_resident_memory_bytes", "Memory that is resident");
static VIRTUAL: Described = gauge("process_virtual_memory_bytes", "Memory that is mapped");
static OPEN_FDS: Described = gauge("process_open_fds", "File descriptors that are open");
static MAX_FDS: Described = gauge("process_max_fds", "File descriptors that may be open");
static START_TIME: Described = gauge("process_start_time_seconds", "When the process started, since the epoch");

const FDS: usize = 24;
const FDS_MAX: f64 = 1_048_576.0;
const VIRTUAL_PART: f64 = 6.0;
/// Of an app in its own time, the part in which it computes.
const APP_CPU_PART: f64 = 0.35;
const APP_BYTES: f64 = 96e6;
const APP_CALL_BYTES: f64 = 1.5e6;
/// What Linkerd's proxy needs for one request.
const LINKERD_CPU_S: f64 = 0.000_2;
const LINKERD_BYTES: f64 = 6.5e6;
const LINKERD_CALL_BYTES: f64 = 65_536.0;

/// What a process has done and is doing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub cpu_s: f64,
    pub start_ns: u64,
    pub connections: usize,
    /// Requests that it has in hand.
    pub active: usize,
}

/// CPU of an app that worked so long by itself.
pub fn app_cpu_s(own_ns: u64) -> f64 {
    own_ns as f64 / 1e9 * APP_CPU_PART
}

/// CPU of Linkerd's proxy for a request on its way in or out.
pub fn linkerd_cpu_s() -> f64 {
    LINKERD_CPU_S
}

pub fn app(page: &mut Page, usage: Usage) {
    tell(page, usage, APP_BYTES + APP_CALL_BYTES * usage.active as f64);
}

pub fn linkerd(page: &mut Page, usage: Usage) {
    tell(page, usage, LINKERD_BYTES + LINKERD_CALL_BYTES * (usage.active + usage.connections) as f64);
}

fn tell(page: &mut Page, usage: Usage, resident_bytes: f64) {
    for (described, to) in [
        (&CPU, usage.cpu_s),
        (&RESIDENT, resident_bytes),
        (&VIRTUAL, resident_bytes * VIRTUAL_PART),
        (&OPEN_FDS, (FDS + usage.connections) as f64),
        (&MAX_FDS, FDS_MAX),
        (&START_TIME, usage.start_ns as f64 / 1e9),
    ] {
        page.set(described, Labels::none(), to);
    }
}
