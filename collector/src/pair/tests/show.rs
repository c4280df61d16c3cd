//! Observations as text.

use std::collections::BTreeMap;

use spanloom_store::identity::{Directory, Identity, Node};
use spanloom_store::ledger::{Observer, Reason, Side, SideKind};

use super::case::{BASE_NS, MS_NS};
use crate::pair::{LatencySplit, Observation, Observations};

/// `observer  source -> target  protocol  requests x tries  outcome  latency  span`, with what is not always there behind.
pub fn row(row: &Observation, span: &str) -> String {
    let (source, target) = match row.reason {
        Some(Reason::NoTarget) => (side(&row.source), "?".to_owned()),
        Some(_) => ("?".to_owned(), side(&row.target)),
        None => (side(&row.source), side(&row.target)),
    };
    let mut text = format!(
        "{}  {source} -> {target}  {}  {}x{}  {}  {}ms  {span}",
        row.observer,
        row.protocol,
        row.weight.as_f64(),
        row.attempts,
        row.outcome,
        ms(row.latency_ns),
    );
    if let Some(reason) = row.reason {
        text += &format!("  {reason}");
    }
    let flags: Vec<&str> = row.flags().collect();
    if !flags.is_empty() {
        text += &format!("  flags={}", flags.join(","));
    }
    if row.split != LatencySplit::default() {
        text += &format!("  split={}", split(row.split));
    }
    let window_s = (row.window_ns() - BASE_NS) / 1_000_000_000;
    if window_s != 0 {
        text += &format!("  @{window_s}s");
    }
    text
}

fn split(split: LatencySplit) -> String {
    let parts =
        [split.source_app_ns, split.source_proxy_ns, split.network_ns, split.target_proxy_ns, split.target_app_ns];
    parts.map(|part| part.map_or("-".to_owned(), ms)).join("|")
}

fn ms(ns: i64) -> String {
    (ns as f64 / MS_NS as f64).to_string()
}

/// `cluster:name@namespace/revision%workload<host>`, or what was inferred. A host in the cluster's domain is shown without
/// it.
fn side(side: &Side) -> String {
    if let Some(inferred) = &side.inferred {
        let named = side.host.as_ref().filter(|host| !inferred.ends_with(host.to_lowercase().as_str()));
        return format!("{inferred}{}", part("<", &named.cloned(), ">"));
    }
    let name = match (&side.service, &side.host) {
        (Some(service), _) => service.as_ref(),
        (None, Some(_)) => "",
        (None, None) => "unnamed",
    };
    let mut text = format!("{}{name}", part("", &side.cluster, ":"));
    text += &part("@", &side.namespace, "");
    text += &part("/", &side.revision, "");
    text += &part("%", &side.workload, "");
    text += &part("<", &side.host, ">").replace(".svc.cluster.local", "");
    if side.kind == Some(SideKind::Gateway) {
        text += "(gateway)";
    }
    text
}

fn part(before: &str, part: &Option<std::sync::Arc<str>>, after: &str) -> String {
    part.as_ref().map_or(String::new(), |part| format!("{before}{part}{after}"))
}

/// The graph as a reader draws it: per edge the numbers of the first observer that has them, per node what began there.
pub fn graph(found: &Observations) -> Vec<String> {
    let directory = Directory::of_keys(found.statements.iter().map(|statement| &*statement.key));
    let mut edges: BTreeMap<(String, String, String), BTreeMap<usize, Sum>> = BTreeMap::new();
    for row in &found.rows {
        let (source, target) = ends(&directory, row);
        let by_observer = edges.entry((source, target, row.protocol.to_string())).or_default();
        by_observer.entry(rank(row.observer)).or_default().add(row);
    }
    let first = |by_observer: BTreeMap<usize, Sum>| by_observer.into_values().next().unwrap_or_default();
    edges
        .into_iter()
        .map(|((source, target, protocol), seen)| format!("graph  {source} -> {target}  {protocol}  {}", first(seen)))
        .collect()
}

#[derive(Default)]
struct Sum {
    requests: f64,
    attempts: f64,
    errors: f64,
}

impl Sum {
    fn add(&mut self, row: &Observation) {
        let weight = row.weight.as_f64();
        self.requests += weight;
        self.attempts += weight * f64::from(row.attempts);
        self.errors += if row.outcome.is_error() { weight } else { 0.0 };
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.requests, self.attempts / self.requests)?;
        if self.errors > 0.0 { write!(f, "  {} failed", self.errors) } else { Ok(()) }
    }
}

/// The order in which a reader asks observers for requests, errors and latency.
fn rank(observer: Observer) -> usize {
    const ORDER: [Observer; 5] =
        [Observer::SourceProxy, Observer::Waypoint, Observer::SourceApp, Observer::TargetProxy, Observer::TargetApp];
    ORDER.iter().position(|known| *known == observer).expect("spans have no other observers")
}

fn ends(directory: &Directory, row: &Observation) -> (String, String) {
    let node = |side| name(&directory.resolve(side));
    match row.reason {
        None => (node(&row.source), node(&row.target)),
        Some(Reason::NoTarget) => (node(&row.source), "(no target)".to_owned()),
        Some(reason) => (format!("({reason})"), node(&row.target)),
    }
}

pub fn name(node: &Node) -> String {
    match node {
        Node::Inferred { id, .. } => id.to_string(),
        Node::Service(Identity { cluster, namespace, service }) => {
            let service = service.as_deref().unwrap_or("unnamed");
            format!("{}{}{service}", part("", cluster, ":"), part("", namespace, "/"))
        }
    }
}

pub fn unpaired(found: &Observations) -> Vec<String> {
    let mut lines: Vec<String> =
        found.unpaired.iter().map(|(reason, count)| format!("unpaired  {reason} {count}")).collect();
    if found.waiting > 0 {
        lines.push(format!("waiting  {}", found.waiting));
    }
    lines
}
