//! What the operating system knows about this process, read from `/proc` at each scrape. Where there is no `/proc` there
//! are no such metrics.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Ticks of a second in `/proc/<pid>/stat`: USER_HZ, which is 100 on every architecture that we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Lets this process open as many files and connections as it is allowed to: many systems begin with a limit of 1,024 and leave it to
/// the process to raise it.
pub fn raise_open_files_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "failed to raise the limit of open files");
    }
}

/// Adds the process' metrics, `spanloom_process_…`.
pub fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(Process));
}

#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        if let Some(seconds) = cpu_seconds() {
            let metric = ConstCounter::new(seconds);
            let name = "spanloom_process_cpu";
            let help = "CPU time of all threads, user and system";
            metric.encode(encoder.encode_descriptor(name, help, Some(&Unit::Seconds), metric.metric_type())?)?;
        }
        if let Some(bytes) = status_number("VmRSS:") {
            let name = "spanloom_process_resident_memory";
            gauge(&mut encoder, name, "Memory that the process holds", Some(&Unit::Bytes), bytes * 1024)?;
        }
        if let Some(threads) = status_number("Threads:") {
            gauge(&mut encoder, "spanloom_process_threads", "Threads of the process", None, threads)?;
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauge(&mut encoder, "spanloom_process_open_fds", "Open file descriptors", None, files.count() as i64)?;
        }
        Ok(())
    }
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, unit: Option<&Unit>, value: i64) -> fmt::Result {
    let metric = ConstGauge::new(value);
    metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
}

/// User and system time: fields 14 and 15 of `/proc/self/stat`. The name before them may hold spaces and parentheses.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// The number of a line of `/proc/self/status`, in the unit that stands there.
fn status_number(name: &str) -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_threads_and_files() {
        let mut registry = Registry::default();
        register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::prometheus_text::encode(&mut text, &registry).unwrap();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
            line.unwrap_or_else(|| panic!("{name} is not in {text}")).parse::<f64>().unwrap()
        };
        assert!(value("spanloom_process_cpu_seconds_total") >= 0.0);
        assert!(value("spanloom_process_resident_memory_bytes") > 1e6);
        assert!(value("spanloom_process_threads") >= 1.0);
        assert!(value("spanloom_process_open_fds") >= 3.0);
    }
}
