//! What a family says, and its metrics one by one.

use prost::Message as _;
use spanloom_store::series::MetricKind;

use super::METRIC_BYTES_MAX;
use super::message::{Kind, Metric};
use super::wire::{Field, fields};
use crate::exposition::error::Problem;

/// The number of the field that holds a metric.
const METRIC: u64 = 4;

/// A `MetricFamily` where it lies. Its metrics are not read yet.
#[derive(Debug)]
pub struct Family<'a> {
    pub name: &'a str,
    pub help: &'a str,
    pub unit: &'a str,
    /// A counter when the family does not say.
    pub kind: Kind,
    message: &'a [u8],
}

impl<'a> Family<'a> {
    /// # Errors
    /// When the message is none, or the family has no name.
    pub fn read(message: &'a [u8]) -> Result<Self, Problem> {
        let mut family = Self { name: "", help: "", unit: "", kind: Kind::Counter, message };
        for field in fields(message) {
            match field? {
                (1, Field::Bytes(name)) => family.name = text(name)?,
                (2, Field::Bytes(help)) => family.help = text(help)?,
                (3, Field::Varint(kind)) => family.kind = kind_of(kind)?,
                (5, Field::Bytes(unit)) => family.unit = text(unit)?,
                _ => {}
            }
        }
        if family.name.is_empty() { Err(Problem::Expected("the name of a family")) } else { Ok(family) }
    }

    /// Its metrics, each decoded when it is asked for.
    pub fn metrics(&self) -> impl Iterator<Item = Result<Metric, Problem>> + use<'a> {
        fields(self.message).filter_map(|field| match field {
            Ok((METRIC, Field::Bytes(message))) => Some(metric(message)),
            Ok(_) => None,
            Err(problem) => Some(Err(problem)),
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)
}

fn kind_of(number: u64) -> Result<Kind, Problem> {
    let kind = i32::try_from(number).ok().and_then(|number| Kind::try_from(number).ok());
    kind.ok_or_else(|| Problem::Kind(number.to_string()))
}

fn metric(message: &[u8]) -> Result<Metric, Problem> {
    if message.len() > METRIC_BYTES_MAX {
        return Err(Problem::MetricTooLarge { bytes: message.len(), max: METRIC_BYTES_MAX });
    }
    Metric::decode(message).map_err(|error| Problem::Wire(error.to_string()))
}

impl Kind {
    pub fn metric_kind(self) -> MetricKind {
        match self {
            Self::Counter => MetricKind::Counter,
            Self::Gauge => MetricKind::Gauge,
            Self::Summary => MetricKind::Summary,
            Self::Untyped => MetricKind::Unknown,
            Self::Histogram => MetricKind::Histogram,
            Self::GaugeHistogram => MetricKind::GaugeHistogram,
        }
    }
}
