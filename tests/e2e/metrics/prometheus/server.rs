//! A Prometheus that runs while a test does, on a free port of loopback. `SPANLOOM_PROMETHEUS` names one, else that of
//! `tests/setup.sh` is used, or that in `PATH`; `SPANLOOM_REQUIRE_CLIENTS=1` makes its absence a failure.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::api::Api;
use super::super::page;
use crate::harness::eventually;

/// What it has failed to write, or thrown away.
const LOSSES: [&str; 3] = [
    "prometheus_remote_storage_samples_failed_total",
    "prometheus_remote_storage_samples_dropped_total",
    "prometheus_remote_storage_samples_retried_total",
];
/// The newest sample that was written, in seconds.
const SENT: &str = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds";

pub struct Prometheus {
    child: Child,
    address: String,
    log: PathBuf,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, if there is one: that which is named, that of the clients, or that of the system.
fn program(clients: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("SPANLOOM_PROMETHEUS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_system = std::env::split_paths(&path).map(|directory| directory.join("prometheus"));
    let found =
        [clients.join("prometheus/usr/bin/prometheus")].into_iter().chain(of_system).find(|file| file.is_file());
    named.or(found)
}

/// Where its samples are, below the directory of a test.
const STORAGE: &str = "prometheus";

/// Puts samples, as OpenMetrics text, into the storage of a Prometheus that is not started yet. Returns false where there is
/// no program: that was said.
///
/// # Panics
/// When it refuses them.
pub fn load(clients: &Path, directory: &Path, samples: &str) -> bool {
    let Some(program) = required(clients) else { return false };
    let file = directory.join("samples.txt");
    std::fs::write(&file, samples).expect("write samples");
    let mut command = Command::new(program.with_file_name("promtool"));
    command.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&file).arg(directory.join(STORAGE));
    let output = command.output().expect("run promtool");
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
    true
}

/// The program; `None` where there is none: that was said, or the test has failed.
fn required(clients: &Path) -> Option<PathBuf> {
    let found = program(clients);
    if found.is_none() {
        let is_required = std::env::var_os("SPANLOOM_REQUIRE_CLIENTS").is_some_and(|value| value == "1");
        assert!(!is_required, "there is no Prometheus; tests/setup.sh installs one");
        eprintln!("skipped: there is no Prometheus; tests/setup.sh installs one");
    }
    found
}

impl Prometheus {
    /// Starts one with this configuration and waits until it answers; `None` where there is no program: that was said.
    pub async fn start(clients: &Path, directory: &Path, config: &str) -> Option<Self> {
        let program = required(clients)?;
        let (file, log) = (directory.join("prometheus.yml"), directory.join("prometheus.log"));
        std::fs::write(&file, config).expect("write a configuration");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let address = free.to_string();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join(STORAGE).display()))
            .arg(format!("--web.listen-address={address}"))
            // Some tests have samples of long ago.
            .args(["--storage.tsdb.retention.time=100y", "--log.level=warn"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("make a log"))
            .spawn()
            .expect("start Prometheus");
        let prometheus = Self { child, address, log };
        eventually("Prometheus is ready", async || {
            prometheus.api().text("/-/ready").await.filter(|text| text.contains("is Ready"))
        })
        .await;
        Some(prometheus)
    }

    pub fn api(&self) -> Api {
        Api::at(&self.address)
    }

    /// Waits until what was scraped before this time has been written.
    ///
    /// # Panics
    /// When something was not.
    pub async fn await_shipped(&self, time_ms: i64) {
        let api = self.api();
        eventually("Prometheus has written everything", async || {
            let own = page::series(&api.text("/metrics").await?);
            let of = |name: &str| -> f64 {
                own.iter().filter(|(labels, _)| labels["__name__"] == name).map(|(_, value)| value).sum()
            };
            for loss in LOSSES {
                assert_eq!(of(loss), 0.0, "{loss}: {}", std::fs::read_to_string(&self.log).unwrap_or_default());
            }
            (of(SENT) * 1_000.0 >= time_ms as f64).then_some(())
        })
        .await;
    }
}
