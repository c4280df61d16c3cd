//! The fourth golden signal: how full a service is, and what has to wait or is turned away because of it.
//!
//! Latency, traffic and errors come from the ledger. Saturation is in no span: it comes from whatever series proxies,
//! runtimes and the kubelet's cAdvisor send, by a table of rules.
//!
//! ```text
//! rule (what, unit, PromQL with @metrics) + service -> selectors of each mesh -> PromQL -> engine -> points -> level
//! ```
//!
//! A rule whose series nobody sends yields nothing. So the answer for a service without any is empty, which is not
//! "ok": the caller says what could be scraped. The PromQL of each signal is part of it, so that it can be looked at
//! elsewhere.

/// How bad a value is.
mod level;
/// What is looked at.
mod rules;
/// Which series are about a service.
mod selector;
/// Rules to PromQL.
mod template;

#[cfg(test)]
mod tests;

use crate::promql::engine::{Engine, QueryFailure, Range, Value};
use crate::promql::source::SeriesSource;

pub(crate) use level::Level;
pub(crate) use rules::{Kind, RULES, Rule};
pub(crate) use selector::ServiceName;

/// The least time over which counters are looked at: four scrapes of 30 s, so that one may fail.
const RATE_WINDOW_MS_MIN: i64 = 120_000;

/// What one rule says of one service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SaturationSignal {
    pub kind: Kind,
    /// What is full, in words.
    pub resource: &'static str,
    /// UCUM, as OpenTelemetry writes units: `1` of a ratio, `{request}/s`, `By`.
    pub unit: &'static str,
    /// The metric whose name tells most of where it comes from.
    pub metric: &'static str,
    /// What was asked, in PromQL.
    pub query: String,
    /// Milliseconds since the epoch and the value, ascending; only where there is one.
    pub points: Vec<(i64, f64)>,
    /// Of the worst point.
    pub level: Level,
}

/// Everything that is known of how full a service is, in the order of [`RULES`]. `range` should be that of the picture
/// it stands beside.
///
/// # Errors
/// As [`Engine::query`]; one rule that cannot be answered fails them all, because it would for the same reason.
pub(crate) async fn saturation(
    engine: &Engine,
    source: &dyn SeriesSource,
    service: &ServiceName,
    range: Range,
) -> Result<Vec<SaturationSignal>, QueryFailure> {
    let window_ms = rate_window_ms(range);
    let mut signals = Vec::new();
    for rule in RULES {
        let query = template::filled(rule, service, window_ms);
        let answer = engine.query(source, &query, range).await?;
        let points = points(answer.value);
        if points.is_empty() {
            continue;
        }
        let worst = points.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        let level = rule.levels.of(worst);
        let Rule { kind, resource, unit, metric, .. } = *rule;
        signals.push(SaturationSignal { kind, resource, unit, metric, query, points, level });
    }
    Ok(signals)
}

/// No gap is left between the steps of a range.
fn rate_window_ms(range: Range) -> i64 {
    match range {
        Range::Instant(_) => RATE_WINDOW_MS_MIN,
        Range::Steps { step_ms, .. } => step_ms.max(RATE_WINDOW_MS_MIN),
    }
}

/// The points of an expression that yields one series at the most. What is no number is no point.
fn points(value: Value) -> Vec<(i64, f64)> {
    use crate::promql::sample::Sample;
    let all: Vec<(i64, f64)> = match value {
        Value::Matrix(series) => {
            series.into_iter().flat_map(|series| series.floats.times_ms.into_iter().zip(series.floats.values)).collect()
        }
        Value::Vector(samples) => samples
            .into_iter()
            .filter_map(|(_, time_ms, sample)| match sample {
                Sample::Float(value) => Some((time_ms, value)),
                Sample::Histogram(_) => None,
            })
            .collect(),
        Value::Scalar { time_ms, value } => vec![(time_ms, value)],
        Value::String { .. } => Vec::new(),
    };
    all.into_iter().filter(|(_, value)| value.is_finite()).collect()
}
