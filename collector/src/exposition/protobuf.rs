//! `io.prometheus.client.MetricFamily`, each behind its length. Source: prometheus/client_model 0.6, `metrics.proto`,
//! and what Prometheus' reader makes of it.
//!
//! A family is walked where it lies, and one metric at a time is decoded: small messages that grow large in memory (an
//! empty metric is two bytes) cannot add up.

/// What a family says, and its metrics.
pub mod family;
/// Messages of a metric.
pub mod message;
/// Native histograms.
mod native;
/// The series of a metric.
pub mod points;
/// Fields of a message, where they lie.
mod wire;

use spanloom_store::series::MetricMetadata;

use self::family::Family;
pub use self::points::Named;
use super::entry::{Scraped, Source};
use super::error::{PageError, Place, Problem};
use super::out::{Out, Stop};

/// How large the message of one metric may be: in memory it is up to a hundred times that.
pub const METRIC_BYTES_MAX: usize = 1 << 20;

pub fn read(page: &[u8], out: &mut Out<'_>) -> Result<(), Stop> {
    let (mut left, mut number) = (page, 0);
    let mut key = String::new();
    while !left.is_empty() {
        number += 1;
        let byte = page.len() - left.len();
        let failed =
            |problem: Problem, name: &str| PageError::new(problem, Place::Family { family: number, byte }, name);
        let message = wire::delimited(&mut left).map_err(|problem| failed(problem, ""))?;
        let family = Family::read(message).map_err(|problem| failed(problem, ""))?;
        read_family(&family, &mut key, out, &|problem| failed(problem, family.name).into())?;
    }
    Ok(())
}

fn read_family(
    family: &Family<'_>,
    key: &mut String,
    out: &mut Out<'_>,
    failed: &dyn Fn(Problem) -> Stop,
) -> Result<(), Stop> {
    out.metadata(Some(metadata(family)))?;
    for metric in family.metrics() {
        let metric = metric.map_err(failed)?;
        let time_ms = metric.timestamp_ms.filter(|time_ms| *time_ms != 0);
        let mut stopped = None;
        let read = points::each(family.kind, &metric, &mut |point| {
            let named = Named { name: family.name, suffix: point.suffix, labels: &metric.label, bound: point.bound };
            key.clear();
            named.write_key(key);
            let (value, start_ms, exemplars, form) = (point.value, point.start_ms, point.exemplars, point.form);
            let source = Source::Metric(named);
            if stopped.is_none() {
                stopped = out.sample(Scraped { key, value, time_ms, start_ms, exemplars, form, source }).err();
            }
        });
        stopped.map_or(Ok(()), Err)?;
        read.map_err(failed)?;
    }
    Ok(())
}

fn metadata(family: &Family<'_>) -> MetricMetadata {
    MetricMetadata {
        family: family.name.into(),
        kind: family.kind.metric_kind(),
        help: family.help.into(),
        unit: family.unit.into(),
    }
}
