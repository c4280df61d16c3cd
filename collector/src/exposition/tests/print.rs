//! A printer of families in all formats, and families to print.

use proptest::prelude::*;
use prost::Message as _;
use spanloom_store::series::MetricKind;

use super::super::number::bound_text;
use super::super::protobuf::message::{
    Bucket, Counter, Gauge, Histogram, Kind, LabelPair, Metric, MetricFamily, Quantile, Summary,
};

/// A family as all formats can say it.
#[derive(Debug, Clone)]
pub struct Printed {
    pub name: String,
    pub help: String,
    pub metrics: Metrics,
}

#[derive(Debug, Clone)]
pub enum Metrics {
    Counters(Vec<(Labels, f64)>),
    Gauges(Vec<(Labels, f64)>),
    /// Bounds or quantiles with values; sum; count.
    Summaries(Vec<(Labels, Parts)>),
    Histograms(Vec<(Labels, Parts)>),
}

pub type Labels = Vec<(String, String)>;

#[derive(Debug, Clone)]
pub struct Parts {
    pub bounds: Vec<(f64, u64)>,
    pub sum: f64,
    pub count: u64,
}

impl Printed {
    pub fn kind(&self) -> MetricKind {
        match self.metrics {
            Metrics::Counters(_) => MetricKind::Counter,
            Metrics::Gauges(_) => MetricKind::Gauge,
            Metrics::Summaries(_) => MetricKind::Summary,
            Metrics::Histograms(_) => MetricKind::Histogram,
        }
    }

    /// All samples: suffix, labels with bounds, value.
    pub fn samples(&self) -> Vec<(&'static str, Labels, f64)> {
        match &self.metrics {
            Metrics::Counters(metrics) | Metrics::Gauges(metrics) => {
                metrics.iter().map(|(labels, value)| ("", labels.clone(), *value)).collect()
            }
            Metrics::Summaries(metrics) => parts(metrics, "", "quantile"),
            Metrics::Histograms(metrics) => parts(metrics, "_bucket", "le"),
        }
    }

    pub fn message(&self) -> MetricFamily {
        let kind = match self.metrics {
            Metrics::Counters(_) => Kind::Counter,
            Metrics::Gauges(_) => Kind::Gauge,
            Metrics::Summaries(_) => Kind::Summary,
            Metrics::Histograms(_) => Kind::Histogram,
        };
        MetricFamily {
            name: Some(self.name.clone()),
            help: Some(self.help.clone()),
            r#type: Some(kind as i32),
            metric: self.messages(),
            unit: None,
        }
    }

    fn messages(&self) -> Vec<Metric> {
        match &self.metrics {
            Metrics::Counters(metrics) => message(metrics, |value, metric| {
                metric.counter = Some(Counter { value: Some(*value), ..Counter::default() });
            }),
            Metrics::Gauges(metrics) => {
                message(metrics, |value, metric| metric.gauge = Some(Gauge { value: Some(*value) }))
            }
            Metrics::Summaries(metrics) => message(metrics, |parts, metric| {
                let quantile = parts
                    .bounds
                    .iter()
                    .map(|(quantile, value)| Quantile { quantile: Some(*quantile), value: Some(*value as f64) });
                metric.summary = Some(Summary {
                    sample_count: Some(parts.count),
                    sample_sum: Some(parts.sum),
                    quantile: quantile.collect(),
                    ..Summary::default()
                });
            }),
            Metrics::Histograms(metrics) => message(metrics, |parts, metric| {
                let bucket = parts.bounds.iter().map(|(bound, count)| Bucket {
                    upper_bound: Some(*bound),
                    cumulative_count: Some(*count),
                    ..Bucket::default()
                });
                metric.histogram = Some(Histogram {
                    sample_count: Some(parts.count),
                    sample_sum: Some(parts.sum),
                    bucket: bucket.collect(),
                    ..Histogram::default()
                });
            }),
        }
    }
}

fn message<T>(metrics: &[(Labels, T)], set: impl Fn(&T, &mut Metric)) -> Vec<Metric> {
    let one = |(labels, value): &(Labels, T)| {
        let label =
            labels.iter().map(|(name, value)| LabelPair { name: Some(name.clone()), value: Some(value.clone()) });
        let mut metric = Metric { label: label.collect(), ..Metric::default() };
        set(value, &mut metric);
        metric
    };
    metrics.iter().map(one).collect()
}

fn parts(metrics: &[(Labels, Parts)], suffix: &'static str, bound: &str) -> Vec<(&'static str, Labels, f64)> {
    let mut samples = Vec::new();
    for (labels, parts) in metrics {
        for (at, value) in &parts.bounds {
            let bound = (bound.to_owned(), bound_text(*at));
            samples.push((suffix, [labels.clone(), vec![bound]].concat(), *value as f64));
        }
        samples.push(("_sum", labels.clone(), parts.sum));
        samples.push(("_count", labels.clone(), parts.count as f64));
    }
    samples
}

pub fn text(families: &[Printed]) -> String {
    families
        .iter()
        .map(|family| family_text(family, "", &|help| help.replace('\\', r"\\").replace('\n', r"\n")))
        .collect()
}

pub fn open_metrics(families: &[Printed]) -> String {
    families.iter().map(|family| family_text(family, "_total", &escaped)).chain(["# EOF\n".to_owned()]).collect()
}

pub fn protobuf(families: &[Printed]) -> Vec<u8> {
    families.iter().flat_map(|family| family.message().encode_length_delimited_to_vec()).collect()
}

fn family_text(family: &Printed, counter_suffix: &str, escaped_help: &dyn Fn(&str) -> String) -> String {
    let name = quoted(&family.name);
    let mut text = format!("# HELP {name} {}\n# TYPE {name} {}\n", escaped_help(&family.help), family.kind().name());
    for (suffix, labels, value) in family.samples() {
        let suffix = if family.kind() == MetricKind::Counter { counter_suffix } else { suffix };
        text += &format!("{{{}", quoted(&(family.name.clone() + suffix)));
        labels.iter().for_each(|(name, value)| text += &format!(",{}=\"{}\"", quoted(name), escaped(value)));
        text += &format!("}} {}\n", value_text(value));
    }
    text
}

/// Rust's words of floats are Go's too, in any case.
fn value_text(value: f64) -> String {
    format!("{value:e}")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", escaped(name))
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

pub fn families() -> impl Strategy<Value = Vec<Printed>> {
    let name = || prop_oneof!["[a-z_:][a-z0-9_:]{0,8}", ".{1,6}"];
    let label = (
        prop_oneof!["[a-z_][a-z0-9_]{0,6}", ".{1,4}"],
        prop_oneof!["[ -~]{0,8}", "[\\x00-\\x7fé\\n\"\\\\{}#,= ]{0,8}"],
    );
    let labels = move || prop::collection::vec(label.clone(), 0..4);
    let value = prop_oneof![
        any::<f64>().prop_map(super::super::number::never_stale),
        (0_u64..1 << 50).prop_map(|value| value as f64)
    ];
    let floats = prop::collection::vec((labels(), value), 0..4);
    let bounds = prop::collection::vec((prop_oneof![-10.0..10.0, Just(1.0), Just(1e7)], 0_u64..1000), 0..4);
    let parts = (bounds, -1e3..1e3, 0_u64..1000).prop_map(|(bounds, sum, count)| Parts { bounds, sum, count });
    let many = prop::collection::vec((labels(), parts), 0..3);
    let metrics = prop_oneof![
        floats.clone().prop_map(Metrics::Counters),
        floats.prop_map(Metrics::Gauges),
        many.clone().prop_map(Metrics::Summaries),
        many.prop_map(|mut metrics| {
            for (_, parts) in &mut metrics {
                parts.bounds.push((f64::INFINITY, parts.count));
            }
            Metrics::Histograms(metrics)
        }),
    ];
    let family = (name(), "[^\\r]{0,10}", metrics).prop_map(|(name, help, metrics)| Printed { name, help, metrics });
    prop::collection::vec(family, 0..5)
}
