//! Types, help and units of metric families: 1.0 lists them by name, 2.0 repeats them with every series.

use std::collections::HashMap;

use spanloom_store::series::{MetricKind, MetricMetadata};

use super::RemoteWriteError;
use super::intake::Intake;
use super::labels::symbol;
use super::wire::{Malformed, Message};

/// Source: `prometheus.MetricMetadata.MetricType` and `io.prometheus.write.v2.Metadata.MetricType`, which are alike.
const fn kind(number: u32) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}

/// `prometheus.MetricMetadata`. One without a name, or that is no UTF-8, is left out: no sample is lost with it.
pub fn of_family(bytes: &[u8], intake: &mut Intake<'_, '_>) -> Result<(), RemoteWriteError> {
    let (mut number, mut family, mut help, mut unit) = (0, &b""[..], &b""[..], &b""[..]);
    let mut message = Message::new("MetricMetadata", bytes);
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => number = field.uint32()?,
            2 => family = field.bytes()?,
            4 => help = field.bytes()?,
            5 => unit = field.bytes()?,
            _ => {}
        }
    }
    let texts = (str::from_utf8(family), str::from_utf8(help), str::from_utf8(unit));
    let (Ok(family), Ok(help), Ok(unit)) = texts else { return Ok(()) };
    if family.is_empty() {
        return Ok(());
    }
    intake.metadata(MetricMetadata { family: family.into(), kind: kind(number), help: help.into(), unit: unit.into() })
}

/// `io.prometheus.write.v2.Metadata`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeriesMetadata {
    kind: MetricKind,
    help: u32,
    unit: u32,
}

impl SeriesMetadata {
    /// Reads one more part of it: parts of one message are merged.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut message = Message::new("Metadata", bytes);
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => self.kind = kind(field.uint32()?),
                3 => self.help = field.uint32()?,
                4 => self.unit = field.uint32()?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the series of a request have said of their families, so that it is taken once.
pub struct Families<'s, 'a> {
    symbols: &'s [Option<&'a str>],
    said: HashMap<&'a str, SeriesMetadata>,
}

impl<'s, 'a> Families<'s, 'a> {
    pub fn new(symbols: &'s [Option<&'a str>]) -> Self {
        Self { symbols, said: HashMap::new() }
    }

    /// Takes what a series says, unless one said the same before. What says nothing is left out, and so is a text that
    /// is not there.
    pub fn add(
        &mut self,
        metric: &'a str,
        metadata: SeriesMetadata,
        intake: &mut Intake<'_, '_>,
    ) -> Result<(), RemoteWriteError> {
        let text = |reference| symbol(self.symbols, reference).unwrap_or_default();
        let (help, unit) = (text(metadata.help), text(metadata.unit));
        let says_nothing = metadata.kind == MetricKind::Unknown && help.is_empty() && unit.is_empty();
        let family = family(metric, metadata.kind);
        if says_nothing || self.said.get(family) == Some(&metadata) {
            return Ok(());
        }
        intake.budget.take(2 * size_of::<(&str, SeriesMetadata)>())?;
        self.said.insert(family, metadata);
        let kind = metadata.kind;
        intake.metadata(MetricMetadata { family: family.into(), kind, help: help.into(), unit: unit.into() })
    }
}

/// The family of a series: of a histogram or a summary its name without the ending of the part.
fn family(metric: &str, kind: MetricKind) -> &str {
    let endings: &[&str] = match kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram => &["_bucket", "_sum", "_count"],
        MetricKind::Summary => &["_sum", "_count"],
        _ => &[],
    };
    endings.iter().find_map(|ending| metric.strip_suffix(ending)).filter(|family| !family.is_empty()).unwrap_or(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_histogram_belong_to_its_family() {
        for (metric, kind, expected) in [
            ("latency_bucket", MetricKind::Histogram, "latency"),
            ("latency_sum", MetricKind::Summary, "latency"),
            ("latency_bucket", MetricKind::Summary, "latency_bucket"),
            ("latency", MetricKind::Histogram, "latency"),
            ("requests_total", MetricKind::Counter, "requests_total"),
            ("items_count", MetricKind::Gauge, "items_count"),
            ("_count", MetricKind::Histogram, "_count"),
        ] {
            assert_eq!(family(metric, kind), expected);
        }
    }
}
