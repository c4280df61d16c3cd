//! Metrics in the store: series are found and their samples read, wherever they lie.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config as ProptestConfig, TestRunner};
use spanloom_store::series::*;
use spanloom_store::*;

use crate::fixture::*;

const NOW_MS: i64 = NOW_NS / 1_000_000;
const ALL_MS: std::ops::RangeInclusive<i64> = i64::MIN / 2_000_000..=i64::MAX / 2_000_000;

/// What a series says: labels and (time, value).
type Said = BTreeMap<String, Vec<(i64, u64)>>;

fn labels<'a>(metric: &'a str, instance: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("instance", instance), ("__name__", metric), ("job", "mesh")]
}

/// A batch as a receiver makes it, by what the store's index knows.
fn batch(fixture: &Fixture, samples: &[(&str, &str, i64, f64)]) -> SampleBatch {
    let index = fixture.store().series_index(&TenantId::default());
    let mut batch = SampleBatch::default();
    for (metric, instance, time_ms, value) in samples {
        let series = batch.series(&*index, &mut labels(metric, instance), &mut Vec::new()).unwrap();
        batch.float(series, *time_ms, *value);
    }
    batch
}

async fn append(fixture: &Fixture, batch: SampleBatch) {
    let append = Append {
        tenant: TenantId::default(),
        kind: KIND_SAMPLES,
        encoding: 1,
        received_ns: fixture.clock.now_ns(),
        payload: Bytes::from(encode(&batch)),
        rows: Rows::from_samples(batch),
    };
    fixture.store().append(append).await.unwrap();
}

async fn send(fixture: &Fixture, samples: &[(&str, &str, i64, f64)]) {
    append(fixture, batch(fixture, samples)).await;
}

fn equal(name: &str, value: &str) -> Matcher {
    Matcher::equal(name, value)
}

async fn said(fixture: &Fixture, matchers: &[Matcher], times_ms: std::ops::RangeInclusive<i64>) -> Said {
    let (store, tenant) = (fixture.store(), TenantId::default());
    let view = store.view(&tenant);
    let series = store.select_series(&tenant, &view, matchers, times_ms.clone(), 1000).await.unwrap();
    let ids: Vec<SeriesId> = series.iter().map(|(id, _)| *id).collect();
    let question = SampleQuestion { ids: &ids, times_ms, samples_max: 100_000 };
    let samples = store.read_samples(&view, &question).await.unwrap();
    let named: BTreeMap<SeriesId, Labels> = series.into_iter().collect();
    let points =
        |points: Points<f64>| points.times_ms.into_iter().zip(points.values.iter().map(|v| v.to_bits())).collect();
    samples.into_iter().map(|series| (named[&series.id].to_string(), points(series.floats))).collect()
}

fn expected(samples: &[(&str, &str, i64, f64)]) -> Said {
    let mut expected = Said::new();
    for (metric, instance, time_ms, value) in samples {
        let labels = Labels::new(labels(metric, instance)).to_string();
        expected.entry(labels).or_default().push((*time_ms, value.to_bits()));
    }
    expected
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_there_at_once_after_a_flush_and_after_a_crash() {
    let mut fixture = Fixture::new().await;
    let samples = [("up", "a", NOW_MS, 1.0), ("up", "b", NOW_MS, STALE), ("down", "a", NOW_MS + 1, f64::NAN)];
    send(&fixture, &samples).await;
    let check = async |fixture: &Fixture, when: &str| {
        assert_eq!(said(fixture, &[equal("job", "mesh")], ALL_MS).await, expected(&samples), "{when}");
        let up = said(fixture, &[equal("__name__", "up"), equal("instance", "b")], ALL_MS).await;
        assert_eq!(up, expected(&samples[1..2]), "{when}");
    };
    check(&fixture, "hot").await;
    check(&fixture.crashed().await, "replayed").await;
    fixture.store().flush().await.unwrap();
    check(&fixture, "flushed").await;
    check(&fixture.crashed().await, "flushed and crashed").await;
    fixture.close().await;
    fixture.open().await.unwrap();
    check(&fixture, "opened again").await;
}

/// Once labels lie in the lake the log does without them.
#[tokio::test(flavor = "multi_thread")]
async fn labels_are_logged_until_they_are_durable() {
    let fixture = Fixture::new().await;
    let first = batch(&fixture, &[("up", "a", NOW_MS, 1.0)]);
    assert!(first.series[0].labels.is_some());
    append(&fixture, first).await;
    assert!(batch(&fixture, &[("up", "a", NOW_MS, 1.0)]).series[0].labels.is_some(), "they are in the log only");
    fixture.store().flush().await.unwrap();
    let second = batch(&fixture, &[("up", "a", NOW_MS + 15_000, 2.0), ("up", "new", NOW_MS, 3.0)]);
    let has_labels: Vec<bool> = second.series.iter().map(|series| series.labels.is_some()).collect();
    assert_eq!(has_labels, [false, true]);
    append(&fixture, second).await;
    let all = [("up", "a", NOW_MS, 1.0), ("up", "a", NOW_MS + 15_000, 2.0), ("up", "new", NOW_MS, 3.0)];
    let crashed = fixture.crashed().await;
    assert_eq!(said(&crashed, &[equal("__name__", "up")], ALL_MS).await, expected(&all));
    crashed.store().flush().await.unwrap();
    assert_eq!(said(&crashed, &[equal("__name__", "up")], ALL_MS).await, expected(&all));
    assert_eq!(crashed.metric("spanloom_series_orphans_total"), 0);
}

/// Its labels may be nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_known_while_it_has_samples_that_are_not_flushed() {
    let fixture = Fixture::new().await;
    let samples = [("up", "a", NOW_MS - 2_283_000, 1.0)];
    send(&fixture, &samples).await;
    fixture.clock.advance(Duration::from_hours(9));
    fixture.store().retain().await.unwrap();
    assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&samples));
    fixture.store().flush().await.unwrap();
    assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&samples));
    assert_eq!(fixture.metric("spanloom_series_orphans_total"), 0);
}

/// In later hours a series is known though its first row in `series` is of an earlier one.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_goes_on_over_hours_and_crashes() {
    let mut fixture = Fixture::new().await;
    let mut all = Vec::new();
    for quarter in 0..20 {
        let sample = ("up", "a", NOW_MS + quarter * 900_000, quarter as f64);
        all.push(sample);
        send(&fixture, &[sample]).await;
        if quarter % 3 == 1 {
            fixture.store().flush().await.unwrap();
        }
        fixture.clock.advance(Duration::from_mins(15));
        fixture.store().retain().await.unwrap();
        if quarter % 5 == 4 {
            fixture = fixture.crashed().await;
        }
        assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&all), "quarter {quarter}");
    }
    assert_eq!(fixture.metric("spanloom_series_orphans_total"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_sends_any_more_is_forgotten_and_found_in_the_lake() {
    let fixture = Fixture::new().await;
    let old = [("old", "a", NOW_MS, 1.0)];
    send(&fixture, &old).await;
    fixture.store().flush().await.unwrap();
    fixture.clock.advance(Duration::from_hours(5));
    fixture.store().retain().await.unwrap();
    let index = fixture.store().series_index(&TenantId::default());
    assert!(index.is_empty(), "{} series are kept", index.len());
    assert_eq!(said(&fixture, &[equal("__name__", "old")], ALL_MS).await, expected(&old));
    assert_eq!(
        said(&fixture, &[Matcher::new(MatchOp::Regex, "__name__", "o.*").unwrap()], ALL_MS).await,
        expected(&old)
    );
    let (store, tenant) = (fixture.store(), TenantId::default());
    let view = store.view(&tenant);
    let names = store.label_names(&tenant, &view, &[], ALL_MS).await.unwrap();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["__name__", "instance", "job"]);
    let values = store.label_values(&tenant, &view, "instance", &[equal("job", "mesh")], ALL_MS).await.unwrap();
    assert_eq!(values.iter().map(|value| &**value).collect::<Vec<_>>(), ["a"]);
    assert!(store.label_values(&tenant, &view, "instance", &[equal("job", "x")], ALL_MS).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_found_beside_what_goes_on() {
    let fixture = Fixture::new().await;
    let first = [("up", "a", NOW_MS, 1.0), ("up", "b", NOW_MS, 2.0)];
    let later = [("up", "b", NOW_MS + 5 * 3_600_000, 3.0), ("up", "c", NOW_MS + 5 * 3_600_000, 4.0)];
    send(&fixture, &first).await;
    fixture.store().flush().await.unwrap();
    fixture.clock.advance(Duration::from_hours(5));
    fixture.store().retain().await.unwrap();
    send(&fixture, &later).await;
    fixture.store().flush().await.unwrap();
    for _ in 0..2 {
        let all = [first, later].concat();
        assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&all));
        assert_eq!(
            said(&fixture, &[equal("job", "mesh"), equal("instance", "a")], ALL_MS).await,
            expected(&first[..1])
        );
        let (store, tenant) = (fixture.store(), TenantId::default());
        let view = store.view(&tenant);
        let values = store.label_values(&tenant, &view, "instance", &[equal("__name__", "up")], ALL_MS).await.unwrap();
        assert_eq!(values.iter().map(|value| &**value).collect::<Vec<_>>(), ["a", "b", "c"]);
        let found = store.select_series(&tenant, &view, &[equal("job", "mesh")], ALL_MS, 3).await.unwrap();
        assert!(found.is_sorted_by(|a, b| a.0 < b.0));
        let refused = store.select_series(&tenant, &view, &[equal("job", "mesh")], ALL_MS, 2).await.unwrap_err();
        assert!(matches!(refused, ReadError::TooManySeries { max: 2 }), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_that_comes_late_or_twice_is_in_its_place() {
    let fixture = Fixture::new().await;
    let at = |seconds: i64, value| ("up", "a", NOW_MS + seconds * 1000, value);
    send(&fixture, &[at(30, 3.0), at(10, 1.0)]).await;
    fixture.store().flush().await.unwrap();
    send(&fixture, &[at(20, 2.0), at(30, 33.0)]).await;
    send(&fixture, &[at(20, 22.0), at(-86_400, 0.0)]).await;
    let all = [at(-86_400, 0.0), at(10, 1.0), at(20, 2.0), at(30, 3.0)];
    assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&all));
    fixture.store().flush().await.unwrap();
    assert_eq!(said(&fixture, &[equal("__name__", "up")], ALL_MS).await, expected(&all));
    let range = NOW_MS + 10_001..=NOW_MS + 20_000;
    assert_eq!(said(&fixture, &[equal("__name__", "up")], range).await, expected(&[at(20, 2.0)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn histograms_starts_exemplars_and_metadata_are_kept() {
    let fixture = Fixture::new().await;
    let mut sent = batch(&fixture, &[("requests", "a", NOW_MS, 5.0)]);
    sent.samples[0].start_ms = NOW_MS - 60_000;
    let histogram = NativeHistogram {
        schema: 2,
        count: 3.0,
        sum: 1.5,
        positive_spans: vec![BucketSpan { offset: -1, length: 2 }],
        positive: vec![1.0, 2.0],
        ..NativeHistogram::default()
    };
    let index = fixture.store().series_index(&TenantId::default());
    let series = sent.series(&*index, &mut labels("latency", "a"), &mut Vec::new()).unwrap();
    sent.histogram(series, NOW_MS, histogram.clone());
    let trace = Labels::new([("trace_id", "0000000000000000000000000000000b"), ("why", "slow")]);
    sent.exemplars.push(Exemplar { series, time_ms: NOW_MS, value: 0.7, labels: trace.clone() });
    let metadata = MetricMetadata {
        family: "latency".into(),
        kind: MetricKind::Histogram,
        help: "How long".into(),
        unit: "".into(),
    };
    sent.metadata.push(metadata.clone());
    append(&fixture, sent).await;
    let check = async |fixture: &Fixture, when: &str| {
        let (store, tenant) = (fixture.store(), TenantId::default());
        let view = store.view(&tenant);
        let found = store.select_series(&tenant, &view, &[equal("job", "mesh")], ALL_MS, 10).await.unwrap();
        let ids: Vec<SeriesId> = found.iter().map(|(id, _)| *id).collect();
        let question = SampleQuestion { ids: &ids, times_ms: ALL_MS, samples_max: 1000 };
        let read = store.read_samples(&view, &question).await.unwrap();
        let (native, floats): (Vec<_>, Vec<_>) = read.into_iter().partition(|s| s.floats.times_ms.is_empty());
        assert_eq!(native[0].histograms.values, [Arc::new(histogram.clone())], "{when}");
        assert_eq!(floats[0].floats.starts_ms, [NOW_MS - 60_000], "{when}");
        let exemplars = store.read_exemplars(&view, &question).await.unwrap();
        assert_eq!(exemplars.iter().map(|e| (e.value, e.labels.clone())).collect::<Vec<_>>(), [(0.7, trace.clone())]);
        assert_eq!(store.series_index(&tenant).metadata(), std::slice::from_ref(&metadata), "{when}");
    };
    check(&fixture, "hot").await;
    check(&fixture.crashed().await, "replayed").await;
    fixture.store().flush().await.unwrap();
    check(&fixture, "flushed").await;
    check(&fixture.crashed().await, "opened again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_as_many_active_series_as_it_may() {
    let fixture = Fixture::with(|config| config.metrics.series_max = 2).await;
    send(&fixture, &[("up", "a", NOW_MS, 1.0), ("up", "b", NOW_MS, 1.0)]).await;
    let index = fixture.store().series_index(&TenantId::default());
    let refused = SampleBatch::default().series(&*index, &mut labels("up", "c"), &mut Vec::new()).unwrap_err();
    assert!(matches!(refused, LabelsRefused::TooManySeries { max: 2, .. }), "{refused}");
    send(&fixture, &[("up", "a", NOW_MS + 1, 2.0)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_its_bounds() {
    let fixture = Fixture::new().await;
    send(&fixture, &[("up", "a", NOW_MS, 1.0), ("up", "b", NOW_MS, 1.0), ("up", "b", NOW_MS + 1, 1.0)]).await;
    let (store, tenant) = (fixture.store(), TenantId::default());
    let view = store.view(&tenant);
    let up = [equal("__name__", "up")];
    let refused = store.select_series(&tenant, &view, &up, ALL_MS, 1).await.unwrap_err();
    assert!(matches!(refused, ReadError::TooManySeries { max: 1 }), "{refused}");
    let found = store.select_series(&tenant, &view, &up, ALL_MS, 2).await.unwrap();
    let ids: Vec<SeriesId> = found.iter().map(|(id, _)| *id).collect();
    let question = SampleQuestion { ids: &ids, times_ms: ALL_MS, samples_max: 2 };
    let refused = store.read_samples(&view, &question).await.unwrap_err();
    assert!(matches!(refused, ReadError::TooManySamples { max: 2 }), "{refused}");
}

/// What happens to a store, in any order.
#[derive(Debug, Clone)]
enum Step {
    /// (metric, instance, seconds from now, value)
    Send(Vec<(u8, u8, i16, u8)>),
    Flush,
    Crash,
    Retain,
    Advance(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let samples = prop::collection::vec((0..3_u8, 0..4_u8, -10_000..3_000_i16, any::<u8>()), 1..12);
    let step = prop_oneof![
        6 => samples.prop_map(Step::Send),
        2 => Just(Step::Flush),
        1 => Just(Step::Crash),
        1 => Just(Step::Retain),
        2 => (1..90_u8).prop_map(Step::Advance),
    ];
    prop::collection::vec(step, 1..16)
}

#[test]
fn whatever_happens_each_sample_is_there_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let run = |steps: Vec<Step>| {
        runtime.block_on(check_steps(steps));
        Ok(())
    };
    runner.run(&steps(), run).unwrap();
}

async fn check_steps(steps: Vec<Step>) {
    let mut fixture = Fixture::new().await;
    let mut model: BTreeMap<(String, String), BTreeMap<i64, f64>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Send(samples) => {
                let now_ms = fixture.clock.now_ns() / 1_000_000;
                let named: Vec<_> = samples
                    .iter()
                    .map(|(m, i, s, v)| {
                        (format!("m{m}"), format!("i{i}"), now_ms + i64::from(*s) * 1000, f64::from(*v))
                    })
                    .collect();
                let sent: Vec<_> = named.iter().map(|(m, i, t, v)| (m.as_str(), i.as_str(), *t, *v)).collect();
                send(&fixture, &sent).await;
                for (metric, instance, time_ms, value) in named {
                    model.entry((metric, instance)).or_default().entry(time_ms).or_insert(value);
                }
            }
            Step::Flush => fixture.store().flush().await.unwrap(),
            Step::Crash => fixture = fixture.crashed().await,
            Step::Retain => fixture.store().retain().await.unwrap(),
            Step::Advance(minutes) => fixture.clock.advance(Duration::from_mins(u64::from(minutes))),
        }
    }
    for metric in ["m0", "m1", "m2"] {
        let samples: Vec<_> = model
            .iter()
            .filter(|((of, _), _)| of == metric)
            .flat_map(|((m, i), points)| points.iter().map(move |(t, v)| (m.as_str(), i.as_str(), *t, *v)))
            .collect();
        assert_eq!(said(&fixture, &[equal("__name__", metric)], ALL_MS).await, expected(&samples));
    }
    let everything: usize = model.values().map(BTreeMap::len).sum();
    let all = said(&fixture, &[Matcher::new(MatchOp::Regex, "instance", "i[0-9]+").unwrap()], ALL_MS).await;
    assert_eq!(all.values().map(Vec::len).sum::<usize>(), everything);
    assert_eq!(fixture.metric("spanloom_series_orphans_total"), 0);
}
