//! Metric families and the series that one process has of them.

use std::collections::BTreeMap;

use super::labels::Labels;

/// What a family is, for the whole mesh.
#[derive(Debug, PartialEq)]
pub struct Described {
    /// Of a counter with its `_total`, where the proxy writes one; Envoy's own counters have none.
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Counter,
    Gauge,
    /// With its upper bounds, ascending and without the infinite one.
    Histogram(&'static [f64]),
}

pub const fn counter(name: &'static str, help: &'static str) -> Described {
    Described { name, kind: Kind::Counter, help }
}

pub const fn gauge(name: &'static str, help: &'static str) -> Described {
    Described { name, kind: Kind::Gauge, help }
}

pub const fn histogram(name: &'static str, bounds: &'static [f64], help: &'static str) -> Described {
    Described { name, kind: Kind::Histogram(bounds), help }
}

/// A trace in which a value was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    pub trace_id: [u8; 16],
    pub value: f64,
    /// Since the epoch.
    pub time_ns: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Histogram(Histogram),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// By bucket, each without those below it; the last one is that without an upper bound.
    pub counts: Vec<u64>,
    pub sum: f64,
    /// By bucket the youngest.
    pub exemplars: Vec<Option<Exemplar>>,
}

#[derive(Debug)]
pub struct Family {
    pub described: &'static Described,
    pub series: BTreeMap<Labels, Value>,
}

/// What one process exposes. It has as many series as there are sets of labels, which the mesh bounds: pairs of services,
/// revisions and ways in which a call can end.
#[derive(Debug, Default)]
pub struct Page {
    families: BTreeMap<&'static str, Family>,
}

impl Page {
    /// In the order of their names.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values()
    }

    pub fn has(&self, name: &str) -> bool {
        self.families.contains_key(name)
    }

    pub fn series_len(&self) -> usize {
        self.families().map(|family| family.series.len()).sum()
    }

    /// Adds to a counter; by 0 it is there from then on.
    pub fn count(&mut self, described: &'static Described, labels: Labels, by: f64) {
        if let Value::Number(number) = self.value(described, labels) {
            *number += by;
        }
    }

    /// Sets a gauge, or a counter that somebody else adds up.
    pub fn set(&mut self, described: &'static Described, labels: Labels, to: f64) {
        if let Value::Number(number) = self.value(described, labels) {
            *number = to;
        }
    }

    pub fn observe(&mut self, described: &'static Described, labels: Labels, measured: Exemplar) {
        let Kind::Histogram(bounds) = described.kind else { return };
        if let Value::Histogram(histogram) = self.value(described, labels) {
            let bucket = bounds.partition_point(|bound| *bound < measured.value);
            histogram.counts[bucket] += 1;
            histogram.sum += measured.value;
            histogram.exemplars[bucket] = Some(measured);
        }
    }

    fn value(&mut self, described: &'static Described, labels: Labels) -> &mut Value {
        let new = || Family { described, series: BTreeMap::new() };
        let family = self.families.entry(described.name).or_insert_with(new);
        family.series.entry(labels).or_insert_with(|| Value::zero(described.kind))
    }
}

impl Value {
    fn zero(kind: Kind) -> Self {
        match kind {
            Kind::Counter | Kind::Gauge => Self::Number(0.0),
            Kind::Histogram(bounds) => {
                let buckets = bounds.len() + 1;
                Self::Histogram(Histogram { counts: vec![0; buckets], sum: 0.0, exemplars: vec![None; buckets] })
            }
        }
    }
}
