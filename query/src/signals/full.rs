//! Saturation: how full what the service runs on is, step by step.

use super::Question;
use super::answer::SaturationSeries;
use crate::error::QueryError;
use crate::promql::engine::{Engine, QueryFailure, Range};
use crate::promql::source::SeriesSource;
use crate::saturation::{SaturationSignal, ServiceName, saturation};

const MS_PER_S: i64 = 1000;

/// What stored metrics say of the service; nothing of a node without a name.
///
/// # Errors
/// As a PromQL query.
pub(super) async fn saturation_of(
    metrics: &dyn SeriesSource,
    question: &Question,
) -> Result<Vec<SaturationSeries>, QueryError> {
    let (Some(name), Some(first_s)) = (&question.name, question.times().first().copied()) else {
        return Ok(Vec::new());
    };
    let service =
        ServiceName { namespace: question.namespace.as_deref().map(Into::into), service: name.as_str().into() };
    let (step_ms, steps) = (question.step_s() * MS_PER_S, question.step_count() as i64);
    // A step says what is so at its end.
    let start_ms = first_s * MS_PER_S + step_ms;
    let range = Range::Steps { start_ms, end_ms: start_ms + (steps - 1) * step_ms, step_ms };
    let signals = saturation(&Engine::default(), metrics, &service, range).await.map_err(failed)?;
    Ok(signals.into_iter().map(|signal| series(signal, start_ms, step_ms, question.step_count())).collect())
}

fn series(signal: SaturationSignal, start_ms: i64, step_ms: i64, steps: usize) -> SaturationSeries {
    let mut values = vec![None; steps];
    for (time_ms, value) in &signal.points {
        let step = usize::try_from((time_ms - start_ms) / step_ms).ok();
        if let Some(at) = step.and_then(|step| values.get_mut(step)) {
            *at = Some(*value);
        }
    }
    SaturationSeries {
        name: signal.resource.to_owned(),
        kind: signal.kind.as_str(),
        unit: signal.unit,
        level: signal.level.as_str(),
        metric: signal.metric,
        query: signal.query,
        values,
    }
}

fn failed(failure: QueryFailure) -> QueryError {
    match failure {
        QueryFailure::TooManySamples => QueryError::Memory(failure.to_string()),
        _ => QueryError::Internal(format!("failed to ask for saturation: {failure}")),
    }
}
