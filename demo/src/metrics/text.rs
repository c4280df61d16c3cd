//! Pages as text: Prometheus' format 0.0.4, and OpenMetrics 1.0 with exemplars for who asks for it.

use std::fmt::Write as _;

use super::family::{Described, Exemplar, Family, Histogram, Kind, Page, Value};
use super::labels::Labels;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4.
    Text,
    OpenMetrics,
}

impl Format {
    /// What an `Accept` header prefers; between equals OpenMetrics, as it says more.
    pub fn accepted(accept: &str) -> Self {
        let quality = |wanted: &str| {
            let ranges = accept.split(',').map(|range| range.split(';').map(str::trim));
            let named = ranges.filter_map(|mut range| (range.next()? == wanted).then(|| quality(range)));
            named.fold(0.0, f64::max)
        };
        let open_metrics = quality("application/openmetrics-text");
        if open_metrics > 0.0 && open_metrics >= quality("text/plain") { Self::OpenMetrics } else { Self::Text }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    pub fn write(self, page: &Page) -> String {
        let mut text = String::new();
        page.families().for_each(|family| self.write_family(&mut text, page, family));
        if self == Self::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }

    fn write_family(self, text: &mut String, page: &Page, family: &Family) {
        let (name, kind) = self.head(page, family.described);
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", family.described.help);
        for (labels, value) in &family.series {
            match value {
                Value::Number(number) => write_sample(text, family.described.name, labels.as_str(), *number),
                Value::Histogram(histogram) => self.write_histogram(text, family.described, labels, histogram),
            }
        }
    }

    /// Name and type of a family. OpenMetrics takes a counter without `_total` for no counter, and leaves it out of the
    /// family's name, which is another family's already where Envoy has both `upstream_rq` and `upstream_rq_total`.
    fn head(self, page: &Page, described: &Described) -> (&'static str, &'static str) {
        let plain = described.name.strip_suffix("_total").filter(|plain| !page.has(plain));
        match (described.kind, self, plain) {
            (Kind::Counter, Self::OpenMetrics, Some(plain)) => (plain, "counter"),
            (Kind::Counter, Self::OpenMetrics, None) => (described.name, "unknown"),
            (Kind::Counter, Self::Text, _) => (described.name, "counter"),
            (Kind::Gauge, _, _) => (described.name, "gauge"),
            (Kind::Histogram(_), _, _) => (described.name, "histogram"),
        }
    }

    fn write_histogram(self, text: &mut String, described: &Described, labels: &Labels, histogram: &Histogram) {
        let Kind::Histogram(bounds) = described.kind else { return };
        let mut sum = 0;
        for (number, count) in histogram.counts.iter().enumerate() {
            sum += count;
            let le = bounds.get(number).map_or_else(|| "+Inf".to_owned(), |bound| self.bound(*bound));
            let exemplar = histogram.exemplars[number].filter(|_| self == Self::OpenMetrics).map(exemplar);
            let labels = labels.clone().and("le", &le);
            let (name, exemplar) = (described.name, exemplar.unwrap_or_default());
            let _ = writeln!(text, "{name}_bucket{{{}}} {sum}{exemplar}", labels.as_str());
        }
        write_sample(text, &format!("{}_sum", described.name), labels.as_str(), histogram.sum);
        write_sample(text, &format!("{}_count", described.name), labels.as_str(), sum as f64);
    }

    /// OpenMetrics writes whole bounds with a point.
    fn bound(self, bound: f64) -> String {
        match self {
            Self::Text => bound.to_string(),
            Self::OpenMetrics => format!("{bound:?}"),
        }
    }
}

/// Of the parameters of a media range; 1 unless they say something else.
fn quality<'a>(mut parameters: impl Iterator<Item = &'a str>) -> f64 {
    parameters.find_map(|parameter| parameter.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0)
}

fn write_sample(text: &mut String, name: &str, labels: &str, value: f64) {
    let _ = match labels {
        "" => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{labels}}} {value}"),
    };
}

fn exemplar(exemplar: Exemplar) -> String {
    let Exemplar { trace_id, value, time_ns } = exemplar;
    format!(" # {{trace_id=\"{}\"}} {value} {:.3}", hex::encode(trace_id), time_ns as f64 / 1e9)
}
