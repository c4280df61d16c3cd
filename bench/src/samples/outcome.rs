//! What was measured, beside what it should be.

use serde::Serialize;

use super::asking::Asked;
use super::disk::DiskUse;
use super::ingest::IngestCost;
use super::server::Program;

const SAMPLE_BYTES_MAX: f64 = 2.0;
/// Of a server with a million active series.
const MILLION_BYTES_MAX: f64 = (2_u64 << 30) as f64;
/// Of what Prometheus holds.
const RESIDENT_RATIO_MAX: f64 = 0.5;

/// One server with one number of series.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    pub program: Program,
    /// Of one sample of each series, which the server did not know.
    pub first: IngestCost,
    /// Of all others.
    pub ingest: IngestCost,
    pub disk: DiskUse,
    /// At rest.
    pub bytes_per_sample: f64,
    /// With all that lies in the directory.
    pub bytes_per_sample_in_directory: f64,
    pub questions: Vec<Asked>,
    /// The most that was resident while questions were asked.
    pub resident_bytes_asking: u64,
}

/// All servers with one number of series.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub series: usize,
    pub hours: f64,
    /// Spanloom, and Prometheus where there is one.
    pub measured: Vec<Measured>,
    pub targets: Vec<Target>,
}

/// A server with many series and few samples.
#[derive(Debug, Clone, Serialize)]
pub struct Active {
    pub program: Program,
    pub series: usize,
    /// After one sample of each series, and after two.
    pub stages: Vec<IngestCost>,
}

/// All that was measured.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    pub seed: u64,
    pub flush_minutes: f64,
    pub comparisons: Vec<Comparison>,
    pub active: Vec<Active>,
    pub active_targets: Vec<Target>,
}

/// A bar: `measured` is not to exceed `bound`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    pub name: String,
    pub measured: f64,
    pub bound: f64,
    pub is_met: bool,
}

impl Target {
    fn new(name: impl Into<String>, measured: f64, bound: f64) -> Self {
        Self { name: name.into(), measured, bound, is_met: measured <= bound }
    }
}

/// The bars of a comparison: those beside Prometheus where there is one.
pub fn targets(measured: &[Measured]) -> Vec<Target> {
    let of = |program| measured.iter().find(|one| one.program == program);
    let Some(ours) = of(Program::Spanloom) else { return Vec::new() };
    let mut targets = vec![Target::new("bytes per sample at rest", ours.bytes_per_sample, SAMPLE_BYTES_MAX)];
    let Some(theirs) = of(Program::Prometheus) else { return targets };
    let ratio = |of: fn(&Measured) -> f64| of(ours) / of(theirs);
    targets.extend([
        Target::new("CPU of ingest, of Prometheus'", ratio(|one| one.ingest.cpu_us_per_sample), 1.0),
        Target::new(
            "peak of resident memory, of Prometheus'",
            ratio(|one| one.ingest.resident_bytes_peak as f64),
            RESIDENT_RATIO_MAX,
        ),
        Target::new(
            "resident memory after, of Prometheus'",
            ratio(|one| one.ingest.resident_bytes_after as f64),
            RESIDENT_RATIO_MAX,
        ),
    ]);
    for (ours, theirs) in ours.questions.iter().zip(&theirs.questions) {
        targets.push(Target::new(format!("p50 of {}, of Prometheus'", ours.name), ours.p50_ms / theirs.p50_ms, 1.0));
    }
    targets
}

/// The bar of many active series.
pub fn active_targets(active: &[Active]) -> Vec<Target> {
    let ours = active.iter().filter(|active| active.program == Program::Spanloom);
    let peaks = ours.flat_map(|active| active.stages.iter().map(|stage| stage.resident_bytes_peak));
    let peak = peaks.max().map(|bytes| bytes as f64);
    peak.map(|peak| Target::new("resident memory of active series", peak, MILLION_BYTES_MAX)).into_iter().collect()
}

/// The questions to which two servers gave different answers, with what these come to.
pub fn disagreements(measured: &[Measured]) -> Vec<String> {
    let [ours, theirs] = measured else { return Vec::new() };
    let pairs = ours.questions.iter().zip(&theirs.questions);
    let differing = pairs.filter(|(ours, theirs)| !ours.answer.agrees(&theirs.answer));
    differing.map(|(ours, theirs)| format!("{}: {:?} and {:?}", ours.name, ours.answer, theirs.answer)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asking::Digest;

    fn measured(program: Program, cpu_s: f64, series: usize) -> Measured {
        let ingest = IngestCost {
            samples: 1_000_000,
            wire_bytes: 1,
            sending_s: 1.0,
            cpu_s,
            cpu_us_per_sample: cpu_s,
            samples_per_cpu_s: 1e6 / cpu_s,
            resident_bytes_peak: (cpu_s * 100.0) as u64,
            resident_bytes_after: 100,
            deferred: 0,
        };
        let disk = DiskUse { at_rest_bytes: 1, files: 1, names_bytes: 1, directory_bytes: 1 };
        let answer = Digest { series, points: series, sum: 1.0 };
        let asked = Asked { name: "rate", p50_ms: cpu_s, max_ms: 2.0, cpu_ms: 1.0, times: 7, answer };
        Measured {
            program,
            first: ingest,
            ingest,
            disk,
            bytes_per_sample: 1.0,
            bytes_per_sample_in_directory: 2.0,
            questions: vec![asked],
            resident_bytes_asking: 1,
        }
    }

    #[test]
    fn what_is_beyond_a_bar_misses_it() {
        let both = [measured(Program::Spanloom, 2.0, 1), measured(Program::Prometheus, 3.0, 1)];
        let is_met: Vec<bool> = targets(&both).iter().map(|target| target.is_met).collect();
        assert_eq!(is_met, [true, true, false, false, true]);
    }

    #[test]
    fn without_prometheus_only_bars_of_our_own_are_left() {
        assert_eq!(targets(&[measured(Program::Spanloom, 1.0, 1)]).len(), 1);
    }

    #[test]
    fn different_answers_are_told() {
        let pair = |series| [measured(Program::Spanloom, 1.0, 1), measured(Program::Prometheus, 1.0, series)];
        assert!(disagreements(&pair(1)).is_empty());
        assert_eq!(disagreements(&pair(2)).len(), 1);
    }
}
