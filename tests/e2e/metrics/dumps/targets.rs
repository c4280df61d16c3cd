//! The targets that show the recorded pages, with the labels that Prometheus' configuration of their mesh gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use super::super::page;
use super::super::page_server::{PageServer, Shown};
use super::growth::{Age, Dialect, page_at};

/// A target: its job, the file of its page, and its labels.
pub struct Target {
    pub job: &'static str,
    pub file: &'static str,
    pub labels: &'static [(&'static str, &'static str)],
}

const fn target(job: &'static str, file: &'static str, labels: &'static [(&'static str, &'static str)]) -> Target {
    Target { job, file, labels }
}

const LINKERD: &str = "linkerd/linkerd2-proxy-4191.txt";

/// The page of Linkerd's proxy is that of one pod. It stands for a pod of each kind of workload, since there is a dashboard
/// for each.
pub const TARGETS: [Target; 19] = [
    target(
        "istio-sidecars",
        "istio/istio-merged-15020.txt",
        &[("namespace", "default"), ("pod", "reviews-v1-7f99cc4496-n6xqn"), ("app", "reviews"), ("version", "v1")],
    ),
    target(
        "istio-mesh",
        "istio/mixer-era-mesh-1.1.txt",
        &[("namespace", "istio-system"), ("pod", "istio-telemetry-6d6f8c8d5b-wm8xv")],
    ),
    target(
        "istiod",
        "istio/istiod-15014.txt",
        &[("namespace", "istio-system"), ("pod", "istiod-774777b79-zqjgh"), ("app", "istiod")],
    ),
    target(
        "ztunnel",
        "istio/ztunnel-15020-excerpt.txt",
        &[("namespace", "istio-system"), ("pod", "ztunnel-dzc5q"), ("app", "ztunnel")],
    ),
    target(
        "linkerd-proxy",
        LINKERD,
        &[
            ("namespace", "linkerd"),
            ("pod", "linkerd-controller-7bc49fd77f-lwt8q"),
            ("deployment", "linkerd-controller"),
            ("control_plane_ns", "linkerd"),
            ("control_plane_component", "controller"),
        ],
    ),
    target(
        "linkerd-proxy",
        LINKERD,
        &[
            ("namespace", "linkerd"),
            ("pod", "linkerd-prometheus-84df7f64c-bb6l4"),
            ("deployment", "linkerd-prometheus"),
            ("control_plane_ns", "linkerd"),
            ("control_plane_component", "prometheus"),
            ("extension", "viz"),
        ],
    ),
    target(
        "linkerd-proxy",
        LINKERD,
        &[
            ("namespace", "emojivoto"),
            ("pod", "node-agent-x2x7k"),
            ("daemonset", "node-agent"),
            ("control_plane_ns", "linkerd"),
        ],
    ),
    target(
        "linkerd-proxy",
        LINKERD,
        &[("namespace", "emojivoto"), ("pod", "votes-0"), ("statefulset", "votes"), ("control_plane_ns", "linkerd")],
    ),
    target(
        "linkerd-proxy",
        LINKERD,
        &[("namespace", "emojivoto"), ("pod", "count-7d2hs"), ("k8s_job", "count"), ("control_plane_ns", "linkerd")],
    ),
    target("envoy", "envoy-1.40-mesh/gateway.prom", &[("pod", "gateway")]),
    target("envoy", "envoy-1.40-mesh/web.prom", &[("pod", "web")]),
    target("envoy", "envoy-1.40-mesh/pricing.prom", &[("pod", "pricing")]),
    target("envoy", "envoy-1.40-mesh/kv.prom", &[("pod", "kv")]),
    target("envoy", "envoy/envoy-1.28-excerpt.txt", &[("pod", "limited")]),
    target("envoy", "envoy/envoy-ssl-metrics.txt", &[("pod", "foo")]),
    target("ingress-nginx", "ingress-nginx/ingress-nginx-10254.txt", &[("namespace", "ingress-nginx")]),
    target("apps", "prometheus-parser/alltypes.237mfs.prom.txt", &[("pod", "large")]),
    target("apps", "prometheus-parser/alltypes.5mfs.om.txt", &[("pod", "small")]),
    target("apps", "prometheus-parser/1histogram.om.txt", &[("pod", "histogram")]),
];

/// Where the page of a target is.
fn path(at: usize) -> String {
    format!("/{at}/{}", TARGETS[at].file)
}

/// The recorded pages, by the file they are in.
pub struct Recorded(BTreeMap<&'static str, String>);

impl Recorded {
    /// # Panics
    /// When a page is not there, or when there is one that no target shows.
    pub fn read(corpora: &Path) -> Self {
        let text = |file| std::fs::read_to_string(corpora.join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
        let recorded: BTreeMap<_, _> = TARGETS.iter().map(|target| (target.file, text(target.file))).collect();
        let shown: BTreeSet<String> = recorded.keys().map(|file| (*file).to_owned()).collect();
        assert_eq!(shown, files(corpora), "a page is shown by no target");
        Self(recorded)
    }

    /// Every name of a metric on one of the pages.
    pub fn names(&self) -> BTreeSet<String> {
        let lines = self.0.values().flat_map(|page| page.lines().filter_map(page::Line::read));
        lines.map(|line| line.name().to_owned()).collect()
    }

    /// Shows all pages as they were recorded, at the first time, and once they have grown at the second.
    pub async fn show(&self, times_ms: [i64; 2]) -> Pages {
        let page = |(at, target): (usize, &Target), age, time_ms| {
            (path(at), page_at(&self.0[target.file], dialect(target.file), age, time_ms))
        };
        let all = |age, time_ms| -> BTreeMap<String, String> {
            TARGETS.iter().enumerate().map(|target| page(target, age, time_ms)).collect()
        };
        let [recorded, grown] = [all(Age::Recorded, times_ms[0]), all(Age::Grown, times_ms[1])];
        let have_grown = Arc::new(AtomicBool::new(false));
        let is_grown = Arc::clone(&have_grown);
        let server = PageServer::start(move |path| {
            let pages = if is_grown.load(Ordering::Relaxed) { &grown } else { &recorded };
            Some(Shown { media: dialect(path).media(), text: pages.get(path)?.clone() })
        });
        Pages { server: server.await, have_grown }
    }
}

/// The pages of all targets on a server.
pub struct Pages {
    server: PageServer,
    have_grown: Arc<AtomicBool>,
}

impl Pages {
    /// What is asked for from now on has grown.
    pub fn grow(&self) {
        self.have_grown.store(true, Ordering::Relaxed);
    }

    /// What `scrape` of ours and a Prometheus are configured with, as JSON, which is YAML.
    pub fn scrape_configs(&self) -> String {
        let jobs: BTreeSet<&str> = TARGETS.iter().map(|target| target.job).collect();
        let configs: Vec<Json> = jobs.into_iter().map(|job| scrape_config(job, self.server.address())).collect();
        json!({ "scrape_configs": configs }).to_string()
    }
}

fn dialect(path: &str) -> Dialect {
    if path.ends_with(".om.txt") { Dialect::OpenMetrics } else { Dialect::Text }
}

/// Every recorded page in a text format.
fn files(corpora: &Path) -> BTreeSet<String> {
    let entries = |path: &Path| std::fs::read_dir(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let directories = entries(corpora).map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let files = directories.flat_map(|directory| entries(&directory).map(|entry| entry.expect("an entry").path()));
    let pages =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "txt" || extension == "prom"));
    let name = |path: PathBuf| path.strip_prefix(corpora).expect("it is in there").display().to_string();
    pages.map(name).collect()
}

fn scrape_config(job: &str, address: &str) -> Json {
    let targets = TARGETS.iter().enumerate().filter(|(_, target)| target.job == job);
    let groups: Vec<Json> =
        targets.map(|(at, target)| json!({ "targets": [address], "labels": labels(at, target) })).collect();
    json!({ "job_name": job, "scrape_interval": "2s", "scrape_timeout": "2s", "static_configs": groups })
}

/// The instance is not the address, so that it is the same wherever the pages are.
fn labels(at: usize, target: &Target) -> BTreeMap<&'static str, String> {
    let given = target.labels.iter().map(|(name, value)| (*name, (*value).to_owned()));
    given.chain([("instance", format!("10.1.0.{at}:15020")), ("__metrics_path__", path(at))]).collect()
}
