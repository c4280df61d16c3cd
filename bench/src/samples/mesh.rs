//! The metrics of a mesh: as many series as are asked for, the same each time, and their samples in time.
//!
//! Two thirds are buckets of Istio's histograms, as in real meshes; the rest are counters and gauges of Envoy's clusters and
//! of pods. Of the calls some are busy, most are slow, and those that fail stand still most of the time.

use super::chance::Chance;
use super::group::Group;
use super::labels::{self, Call, Label, Reporter};
use super::pod::{Pod, Workload};

/// How often each series is sampled.
pub const INTERVAL_MS: i64 = 15_000;
/// About how many series a pod has; a mesh has as many workloads as that gives, two pods each.
const POD_SERIES: usize = 640;
/// Clusters of a proxy: those that it calls, and others that it could call.
const CLUSTERS: usize = 8;
/// In a mesh of fewer a workload would call another twice.
const WORKLOADS_MIN: usize = 4;
/// Failures: code, flags, and which part of the requests.
const FAILURES: [(&str, &str, f64); 2] = [("503", "UF,URX", 0.001), ("404", "-", 0.01)];

/// Series that move together, with their place among all.
#[derive(Debug)]
struct Member {
    group: Group,
    first: usize,
    /// When it is scraped, within the interval; all of a pod at one time.
    offset_ms: i64,
}

/// A sample and the series it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub series: usize,
    pub time_ms: i64,
    pub value: f64,
}

/// See the module's text.
#[derive(Debug)]
pub struct Mesh {
    members: Vec<Member>,
    series: usize,
    start_ms: i64,
    steps: usize,
}

impl Mesh {
    /// A mesh of so many series, whose first samples are taken within an interval after `start_ms`. `named` is told the labels of
    /// each, in the order of their numbers.
    pub fn new(seed: u64, series: usize, start_ms: i64, mut named: impl FnMut(&[Label])) -> Self {
        let mut mesh = Self { members: Vec::new(), series: 0, start_ms, steps: 0 };
        let workloads = (series / (2 * POD_SERIES)).max(WORKLOADS_MIN);
        let mut chance = Chance::new(seed);
        for pod in (0..).map(Pod::of) {
            // Not on the edge of a window, where versions of Prometheus differ in which samples they see.
            let offset_ms = 1 + chance.below(INTERVAL_MS as usize - 1) as i64;
            let workload = Workload(pod.workload.0 % workloads);
            let pod = Pod { workload, ..pod };
            for (group, labels) in groups(pod, workloads, &mut chance) {
                for labels in labels.iter().take(series - mesh.series) {
                    named(labels);
                }
                let count = labels.len().min(series - mesh.series);
                mesh.add(group, count, offset_ms);
                if mesh.series == series {
                    return mesh;
                }
            }
        }
        mesh
    }

    fn add(&mut self, mut group: Group, count: usize, offset_ms: i64) {
        group.advance();
        // What is beyond the last series moves on unseen.
        self.members.push(Member { group, first: self.series, offset_ms });
        self.series += count;
    }

    /// The next sample of every series, pod by pod, as they would be scraped.
    pub fn step(&mut self, take: impl FnMut(Sample)) {
        self.at(self.start_ms + self.steps as i64 * INTERVAL_MS, take);
        self.members.iter_mut().for_each(|member| member.group.advance());
        self.steps += 1;
    }

    /// The values of every series as they are, as if scraped within an interval after `time_ms`.
    pub fn at(&self, time_ms: i64, mut take: impl FnMut(Sample)) {
        for member in &self.members {
            let seen = self.series - member.first;
            for (at, value) in member.group.values.iter().take(seen).enumerate() {
                take(Sample { series: member.first + at, time_ms: time_ms + member.offset_ms, value: *value });
            }
        }
    }
}

/// All that a pod's proxy and its kubelet tell.
fn groups(pod: Pod, workloads: usize, chance: &mut Chance) -> Vec<(Group, Vec<Vec<Label>>)> {
    let mut groups = vec![(Group::pod(child(chance)), labels::pod(pod))];
    let of = pod.workload;
    let out = of.calls(workloads).map(|to| (Reporter::Source, of, to));
    let into = of.called_by(workloads).map(|from| (Reporter::Destination, from, of));
    for (reporter, source, destination) in out.chain(into) {
        // Few edges are busy: a third power makes half of them slower than 1.3 requests a second.
        let per_second = 10.0 * chance.part().powi(3);
        let call = Call { reporter, source, destination, code: "200", flags: "-" };
        groups.push((Group::call(child(chance), per_second), call.series(pod)));
        let (code, flags, part) = FAILURES[chance.below(FAILURES.len())];
        if chance.below(3) == 0 {
            let call = Call { code, flags, ..call };
            groups.push((Group::call(child(chance), per_second * part), call.series(pod)));
        }
    }
    for at in 0..CLUSTERS.min(workloads) {
        let destination = Workload((of.0 + at) % workloads);
        let per_second = if at < 3 { 10.0 * chance.part().powi(3) } else { 0.0 };
        groups.push((Group::cluster(child(chance), per_second), labels::cluster(pod, destination)));
    }
    groups
}

fn child(chance: &mut Chance) -> Chance {
    Chance::new(chance.number())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    fn made(series: usize, steps: usize) -> (Vec<Vec<Label>>, Vec<Sample>) {
        let (mut labels, mut samples) = (Vec::new(), Vec::new());
        let mut mesh = Mesh::new(1, series, 0, |series| labels.push(series.to_vec()));
        (0..steps).for_each(|_| mesh.step(|sample| samples.push(sample)));
        (labels, samples)
    }

    #[test]
    fn there_are_as_many_series_as_are_asked_for_and_no_two_alike() {
        for count in [1, 100, 2_000, 10_000] {
            let (labels, samples) = made(count, 2);
            assert_eq!(labels.len(), count);
            assert_eq!(labels.iter().collect::<HashSet<_>>().len(), count);
            assert_eq!(samples.len(), 2 * count);
            assert!(samples.iter().enumerate().all(|(at, sample)| sample.series == at % count));
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_samples() {
        assert_eq!(made(3_000, 5), made(3_000, 5));
    }

    #[test]
    fn labels_are_sorted_and_none_is_empty() {
        for labels in made(5_000, 0).0 {
            assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{labels:?}");
            assert!(labels.iter().all(|(_, value)| !value.is_empty()), "{labels:?}");
        }
    }

    #[test]
    fn most_series_are_buckets_and_many_samples_stand_still() {
        let (labels, samples) = made(20_000, 40);
        let is_bucket = |labels: &&Vec<Label>| labels.iter().any(|(name, _)| *name == "le");
        let buckets = labels.iter().filter(is_bucket).count();
        assert!((0.6..0.9).contains(&(buckets as f64 / labels.len() as f64)), "{buckets}");
        let mut last: BTreeMap<usize, f64> = BTreeMap::new();
        let same = samples.iter().filter(|sample| last.insert(sample.series, sample.value) == Some(sample.value));
        let part = same.count() as f64 / samples.len() as f64;
        assert!((0.3..0.8).contains(&part), "{part}");
    }
}
