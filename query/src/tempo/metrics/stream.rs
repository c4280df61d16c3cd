//! Metrics as a stream of messages.
//!
//! Clients put the messages of a range together, series by series and point by point; of an instant they show the last one.

use std::collections::{HashMap, HashSet};

use futures::{Stream, StreamExt as _, stream};
use prost::Message as _;
use spanloom_store::TenantId;

use super::super::message::{
    Exemplar, InstantSeries, PartialStatus, QueryInstantResponse, QueryRangeResponse, SearchMetrics, TimeSeries,
};
use super::super::pieces::{MESSAGE_BYTES_MAX, pieces};
use super::super::pursuit::{Pursuit, Told};
use super::super::search::metrics;
use super::answer::{instant, time_series};
use crate::error::QueryError;
use crate::query::Query;
use crate::trace_metrics::{MetricsAsked, MetricsFound};

/// Starts a query over a range, of which at most `series_max` series are sent, or all for 0; it ends when the stream is
/// dropped.
pub(crate) fn range_messages(
    query: Query,
    tenant: TenantId,
    asked: MetricsAsked,
    series_max: usize,
) -> impl Stream<Item = Result<QueryRangeResponse, QueryError>> + Send + 'static {
    let pursuit = Pursuit::start(|listener| async move {
        query.trace_metrics(&tenant, asked, Some(listener)).await.map(|answer| answer.value)
    });
    let sent = Sent { series_max, ..Sent::default() };
    let told = stream::unfold((pursuit, sent), async |(mut pursuit, mut sent)| {
        let messages = match pursuit.next().await? {
            Ok(told) => sent.messages(told).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        Some((stream::iter(messages), (pursuit, sent)))
    });
    told.flatten()
}

/// Starts a query at an instant; it ends when the stream is dropped.
pub(crate) fn instant_messages(
    query: Query,
    tenant: TenantId,
    asked: MetricsAsked,
) -> impl Stream<Item = Result<QueryInstantResponse, QueryError>> + Send + 'static {
    stream::once(async move { Ok(fitting(instant(query.trace_metrics(&tenant, asked, None).await?.value))) })
}

/// An answer that is one message: series that do not fit into it are left out, and it says so.
fn fitting(answer: QueryInstantResponse) -> QueryInstantResponse {
    let series_count = answer.series.len();
    let first = pieces(answer.series, MESSAGE_BYTES_MAX, InstantSeries::encoded_len).into_iter().next();
    let series = first.unwrap_or_default();
    if series.len() == series_count {
        return QueryInstantResponse { series, ..answer };
    }
    let message = format!("only the first {} of {series_count} series fit into a message", series.len());
    QueryInstantResponse { series, status: PartialStatus::Partial.into(), message, ..answer }
}

/// What was sent already: the same point is not sent twice, whether a step told of it or the end.
#[derive(Default)]
struct Sent {
    /// By encoded labels: the samples by time, as bits.
    samples: HashMap<Vec<u8>, HashMap<i64, u64>>,
    /// Encoded, with the labels of their series.
    exemplars: HashSet<(Vec<u8>, Vec<u8>)>,
    /// 0 for no bound.
    series_max: usize,
    series_left_out: bool,
}

impl Sent {
    fn messages(&mut self, told: Told<MetricsFound, MetricsFound>) -> Vec<QueryRangeResponse> {
        match told {
            Told::Step(found) => {
                let metrics = metrics(found.inspected, 1);
                self.responses(found, metrics)
            }
            Told::End(found) => {
                let metrics = metrics(found.inspected, u32::from(found.partial.is_some()));
                self.responses(found, metrics)
            }
        }
    }

    fn responses(&mut self, found: MetricsFound, metrics: SearchMetrics) -> Vec<QueryRangeResponse> {
        let series = found.series.into_iter().filter_map(|series| self.unsent(time_series(series))).collect();
        let partial = found.partial.or_else(|| self.series_left_out.then(|| self.left_out()));
        let pieces = pieces(series, MESSAGE_BYTES_MAX, TimeSeries::encoded_len);
        let response = |series| QueryRangeResponse {
            series,
            metrics: Some(metrics.clone()),
            status: PartialStatus::of(partial.as_ref()).into(),
            message: partial.clone().unwrap_or_default(),
        };
        pieces.into_iter().map(response).collect()
    }

    fn left_out(&self) -> String {
        format!("there are more series than {}, the others are left out", self.series_max)
    }

    /// What of a series was not sent yet.
    fn unsent(&mut self, mut series: TimeSeries) -> Option<TimeSeries> {
        let labels = self.admitted(&series)?;
        let samples = self.samples.entry(labels.clone()).or_default();
        series.samples.retain(|sample| {
            let bits = sample.value.to_bits();
            samples.insert(sample.timestamp_ms, bits) != Some(bits)
        });
        series.exemplars.retain(|exemplar: &Exemplar| {
            let exemplar = (labels.clone(), exemplar.encode_to_vec());
            self.exemplars.insert(exemplar)
        });
        (!series.samples.is_empty() || !series.exemplars.is_empty()).then_some(series)
    }

    /// The encoded labels of a series that may be sent.
    fn admitted(&mut self, series: &TimeSeries) -> Option<Vec<u8>> {
        let labels = TimeSeries { labels: series.labels.clone(), ..TimeSeries::default() }.encode_to_vec();
        let is_full = self.series_max > 0 && self.samples.len() >= self.series_max;
        if is_full && !self.samples.contains_key(&labels) {
            self.series_left_out = true;
            return None;
        }
        Some(labels)
    }
}

#[cfg(test)]
mod tests {
    use spanloom_store::value::Value;

    use super::*;
    use crate::trace_metrics::{MetricPoint, MetricSeries, SpanExemplar};

    fn series(name: &'static str, points: &[(i64, f64)], exemplars: &[i64]) -> MetricSeries {
        let label = |name: &'static str| vec![("name".to_owned(), Value::String(name.into()))];
        let exemplar = |time_ms: &i64| SpanExemplar { labels: label("span"), value: 1.0, time_ms: *time_ms };
        MetricSeries {
            labels: label(name),
            points: points.iter().map(|(time_ms, value)| MetricPoint { time_ms: *time_ms, value: *value }).collect(),
            exemplars: exemplars.iter().map(exemplar).collect(),
        }
    }

    fn found(series: Vec<MetricSeries>) -> MetricsFound {
        MetricsFound { series, ..MetricsFound::default() }
    }

    /// Times by series of the one message.
    fn times(messages: Vec<QueryRangeResponse>) -> Vec<Vec<i64>> {
        let [message] = <[_; 1]>::try_from(messages).unwrap();
        message.series.iter().map(|series| series.samples.iter().map(|sample| sample.timestamp_ms).collect()).collect()
    }

    #[test]
    fn the_end_adds_what_no_step_told_of() {
        let mut sent = Sent::default();
        let step = sent.messages(Told::Step(found(vec![series("a", &[(2, 1.0)], &[7])])));
        assert_eq!(times(step), [[2]]);
        let whole = vec![series("a", &[(1, 1.0), (2, 1.0)], &[7]), series("b", &[(2, 1.0)], &[])];
        let end = sent.messages(Told::End(found(whole)));
        assert!(end[0].series.iter().all(|series| series.exemplars.is_empty()));
        assert_eq!(times(end), [[1], [2]]);
    }

    #[test]
    fn the_end_corrects_a_point_and_is_silent_about_the_rest() {
        let mut sent = Sent::default();
        sent.messages(Told::Step(found(vec![series("a", &[(1, 1.0), (2, 1.0)], &[])])));
        assert_eq!(times(sent.messages(Told::End(found(vec![series("a", &[(1, 1.0), (2, 3.0)], &[])])))), [[2]]);
        assert!(times(sent.messages(Told::End(found(vec![series("a", &[(2, 3.0)], &[])])))).is_empty());
    }

    #[test]
    fn only_the_end_has_completed_every_job() {
        let jobs = |messages: Vec<QueryRangeResponse>| {
            let metrics = messages[0].metrics.clone().unwrap();
            (metrics.completed_jobs, metrics.total_jobs)
        };
        assert_eq!(jobs(Sent::default().messages(Told::Step(MetricsFound::default()))), (0, 1));
        assert_eq!(jobs(Sent::default().messages(Told::End(MetricsFound::default()))), (0, 0));
    }

    #[test]
    fn series_beyond_the_bound_are_left_out_and_that_is_said() {
        let mut sent = Sent { series_max: 1, ..Sent::default() };
        let all = vec![series("a", &[(1, 1.0)], &[]), series("b", &[(1, 1.0)], &[])];
        let messages = sent.messages(Told::End(found(all)));
        assert_eq!(messages[0].status, i32::from(PartialStatus::Partial));
        assert!(messages[0].message.contains("more series than 1"), "{}", messages[0].message);
        assert_eq!(times(messages), [[1]]);
    }

    #[test]
    fn many_series_are_many_messages() {
        let points: Vec<(i64, f64)> = (0..1_000).map(|time_ms| (time_ms, 1.0)).collect();
        let name = |i: usize| &*format!("series {i}").leak();
        let all = (0..200).map(|i| series(name(i), &points, &[])).collect();
        let messages = Sent::default().messages(Told::End(found(all)));
        assert!(messages.len() > 1, "{} messages", messages.len());
        assert!(messages.iter().all(|message| message.encoded_len() < 2 * MESSAGE_BYTES_MAX));
        assert_eq!(messages.iter().map(|message| message.series.len()).sum::<usize>(), 200);
    }

    #[test]
    fn an_instant_is_one_message() {
        let label = |i: usize| vec![("name".to_owned(), Value::String(format!("{i}").repeat(300).into()))];
        let point = MetricPoint { time_ms: 1, value: 1.0 };
        let all = (0..10_000)
            .map(|i| MetricSeries { labels: label(i), points: vec![point], exemplars: Vec::new() })
            .collect();
        let answer = fitting(instant(found(all)));
        assert!(answer.encoded_len() < 2 * MESSAGE_BYTES_MAX && answer.series.len() > 100);
        assert_eq!(answer.status, i32::from(PartialStatus::Partial));
        assert!(answer.message.contains("of 10000 series"), "{}", answer.message);
    }
}
