//! Series out of spans, over files of the lake and hot rows.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use bytesize::ByteSize;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use spanloom_store::TenantId;
use tokio::sync::mpsc;
use url::form_urlencoded::byte_serialize;

use super::harness::{Harness, MINUTE_NS, NOW_NS, SECOND_NS, Sample, sample};
use crate::Config;
use crate::trace_metrics::{Evaluation, MetricSeries, MetricsAsked};

/// A whole minute.
const START_NS: i64 = NOW_NS / MINUTE_NS * MINUTE_NS;

/// Two traces; the first is in the lake, and came again since.
async fn harness() -> Harness {
    let harness = Harness::new().await;
    let first = [
        sample(1, 1, Some("cart"), START_NS + 10 * SECOND_NS),
        sample(1, 2, Some("db"), START_NS + 20 * SECOND_NS).child_of(1).failed().lasting(20_000_000),
    ];
    harness.append(&first).await;
    harness.flush().await;
    harness.append(&first).await;
    harness.append(&[sample(2, 3, Some("cart"), START_NS + 70 * SECOND_NS)]).await;
    harness
}

/// The answer as lines, sorted: labels, then the samples of each minute from the start on, `-` where there is none.
async fn check(harness: &Harness, query: &str, expected: &[&str]) {
    let text: String = byte_serialize(query.as_bytes()).collect();
    let (start, end) = (START_NS / SECOND_NS, START_NS / SECOND_NS + 120);
    let path = format!("/tempo/api/metrics/query_range?q={text}&start={start}&end={end}&step=60");
    let reply = harness.get(&path).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
    let answer = reply.json();
    let mut lines: Vec<String> =
        answer["series"].as_array().unwrap().iter().map(|series| line(series, start)).collect();
    lines.sort();
    assert_eq!(lines, expected, "{query}");
    assert_eq!(answer["status"], "COMPLETE", "{query}");
}

fn line(series: &serde_json::Value, start_s: i64) -> String {
    let mut line = String::new();
    for label in series["labels"].as_array().into_iter().flatten() {
        let value = &label["value"];
        let value = value["stringValue"].as_str().map_or_else(|| value["doubleValue"].to_string(), str::to_owned);
        line += &format!("{}={value} ", label["key"].as_str().unwrap());
    }
    let samples: BTreeMap<i64, f64> = series["samples"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|sample| (sample["timestampMs"].as_str().unwrap().parse().unwrap(), sample["value"].as_f64().unwrap()))
        .collect();
    let at = |minute: i64| samples.get(&((start_s + 60 * minute) * 1000)).map_or("-".to_owned(), f64::to_string);
    line + &(0..3).map(at).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn spans_are_counted_once_wherever_they_lie() {
    let harness = harness().await;
    check(&harness, "{ } | count_over_time()", &["__name__=count_over_time 0 2 1"]).await;
    let by_service = ["resource.service.name=cart 0 1 1", "resource.service.name=db 0 1 0"];
    check(&harness, "{ } | count_over_time() by (resource.service.name)", &by_service).await;
    check(&harness, "{ status = error } | sum_over_time(duration)", &["__name__=sum_over_time - 0.02 -"]).await;
    check(&harness, "{ name = \"none\" } | max_over_time(duration)", &[]).await;
}

/// What a trace as a whole knows is counted like the rest.
#[tokio::test]
async fn structure_and_places_in_a_trace_are_known() {
    let harness = harness().await;
    let one = |line| [line];
    check(&harness, "{ nestedSetParent < 0 } | count_over_time()", &one("__name__=count_over_time 0 1 1")).await;
    check(&harness, "{ nestedSetLeft > 1 } | count_over_time()", &one("__name__=count_over_time 0 1 0")).await;
    check(&harness, "{ } >> { status = error } | count_over_time()", &one("__name__=count_over_time 0 1 0")).await;
    check(&harness, "{ } | count() > 1 | count_over_time()", &one("__name__=count_over_time 0 2 0")).await;
    check(&harness, "{ } | count_over_time() by (rootServiceName)", &one("rootServiceName=cart 0 2 1")).await;
}

#[tokio::test]
async fn series_are_calculated_with_and_chosen_from() {
    let harness = harness().await;
    let ratio = "({ status = error } | count_over_time()) / ({ } | count_over_time()) * 100";
    check(&harness, ratio, &["- 50 0"]).await;
    let top = "{ } | count_over_time() by (resource.service.name) > 0 | topk(1)";
    check(&harness, top, &["resource.service.name=cart - 1 1"]).await;
}

fn asked(text: &str, minutes: i64) -> MetricsAsked {
    MetricsAsked {
        text: text.to_owned(),
        start_ns: START_NS,
        end_ns: START_NS + minutes * MINUTE_NS,
        step_ns: Some(MINUTE_NS),
        exemplars_max: 0,
        evaluation: Evaluation::Range,
    }
}

/// Values by labels and minute; zeros are as good as nothing.
type Points = BTreeMap<(String, i64), f64>;

fn points<'a>(series: impl IntoIterator<Item = &'a MetricSeries>) -> Points {
    let mut points = Points::new();
    for series in series {
        for point in series.points.iter().filter(|point| point.value != 0.0) {
            let known = points.insert((format!("{:?}", series.labels), point.time_ms), point.value);
            assert_eq!(known, None, "{:?} is told twice", series.labels);
        }
    }
    points
}

/// Who listens is told the same, piece by piece.
#[tokio::test]
async fn slices_add_up_to_the_answer() {
    let harness = Harness::new().await;
    let samples: Vec<Sample> = (0..200)
        .map(|i| {
            sample(i, i + 1, Some(["a", "b"][i as usize % 2]), START_NS + i64::try_from(i).unwrap() * 47 * SECOND_NS)
        })
        .collect();
    harness.append(&samples[..100]).await;
    harness.flush().await;
    harness.append(&samples[100..]).await;
    for (text, slices) in [("{ } | rate() by (resource.service.name)", 5), ("{ } >> { } | rate()", 1)] {
        let (listener, mut told) = mpsc::unbounded_channel();
        let answer = harness.query.trace_metrics(&TenantId::default(), asked(text, 150), Some(listener)).await.unwrap();
        let mut pieces = Vec::new();
        while let Some(piece) = told.recv().await {
            pieces.push(piece);
        }
        assert!(pieces.len() >= slices, "{text}: {} pieces", pieces.len());
        let together = points(pieces.iter().flat_map(|piece| &piece.series));
        assert_eq!(together, points(&answer.value.series), "{text}");
        let whole = harness.query.trace_metrics(&TenantId::default(), asked(text, 150), None).await.unwrap();
        assert_eq!(points(&whole.value.series), together, "{text}");
    }
}

/// Trace, service and second of spans, and whether they are flushed when they have come.
type SentBatch = (Vec<(u64, usize, i64)>, bool);

/// Spans in any order, some twice, in any flush, against a count by hand.
#[test]
fn counts_are_those_of_the_distinct_spans() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let span = (0..40_u64, 0..3_usize, 0..9_000_i64);
    let batches = prop::collection::vec((prop::collection::vec(span, 0..30), any::<bool>()), 1..6);
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() });
    let check = |batches: Vec<SentBatch>| {
        runtime.block_on(check_batches(batches));
        Ok(())
    };
    runner.run(&batches, check).unwrap();
}

async fn check_batches(batches: Vec<SentBatch>) {
    let harness = Harness::new().await;
    let services = ["a", "b", "c"];
    let mut distinct = BTreeMap::new();
    for (spans, is_flushed) in batches {
        let at = |seconds: i64| START_NS + seconds * SECOND_NS + 1;
        let samples: Vec<Sample> =
            spans.iter().map(|(id, service, s)| sample(*id, id + 1, Some(services[*service]), at(*s))).collect();
        harness.append(&samples).await;
        distinct.extend(spans.iter().map(|(id, service, s)| ((*id, *service, *s), (services[*service], at(*s)))));
        if is_flushed {
            harness.flush().await;
        }
    }
    let mut expected = Points::new();
    for (service, start_ns) in distinct.into_values() {
        let minute = (start_ns - 1).div_euclid(MINUTE_NS) + 1;
        let labels = vec![("resource.service.name".to_owned(), spanloom_store::value::Value::String(service.into()))];
        *expected.entry((format!("{labels:?}"), minute * 60_000)).or_default() += 1.0;
    }
    let text = "{ } | count_over_time() by (resource.service.name)";
    let answer = harness.query.trace_metrics(&TenantId::default(), asked(text, 150), None).await.unwrap();
    assert_eq!(points(&answer.value.series), expected);
}

/// Spans with attributes of few and of many values, in columns and in maps, some of another type than the column's, and without.
fn varied(i: u64) -> Sample {
    let start_ns = START_NS + i64::try_from(i * 37 % 600).unwrap() * SECOND_NS + 1;
    let mut sample = sample(i / 5, i + 1, Some(["a", "b", "c"][i as usize % 3]), start_ns);
    let text = |text: String| spanloom_store::value::Value::String(text.into());
    let int = |int: u64| spanloom_store::value::Value::Int(int as i64);
    let (few, many) = (i * 7 % 5, i * 31 % 1500);
    let attributes = [
        ("http.status_code", if i.is_multiple_of(4) { text(format!("{}", 200 + few)) } else { int(200 + few) }),
        ("http.response.status_code", if few == 0 { text("none".to_owned()) } else { int(few) }),
        ("http.url", text(format!("/{many}"))),
        ("few", text(format!("{few}"))),
        ("many", int(many)),
        ("peer.service", text(format!("{}", i / 500))),
    ];
    let kept = attributes.into_iter().enumerate().filter(|(at, _)| (i + *at as u64) % 6 > 1);
    sample.span.attributes = kept.map(|(_, (key, value))| (key.into(), value)).collect();
    sample.span.name = format!("name {few}").into();
    if i.is_multiple_of(10) { sample.failed() } else { sample }
}

/// What came again as a whole counts once, whichever copy is read first.
#[tokio::test]
async fn comparisons_count_resends_once() {
    let harness = Harness::new().await;
    let samples: Vec<Sample> = (0..3000).map(varied).collect();
    harness.append(&samples).await;
    let text = "{ } | compare({ status = error })";
    let first = harness.query.trace_metrics(&TenantId::default(), asked(text, 11), None).await.unwrap();
    harness.flush().await;
    for _ in 0..2 {
        harness.append(&samples).await;
        let again = harness.query.trace_metrics(&TenantId::default(), asked(text, 11), None).await.unwrap();
        assert_eq!(points(&again.value.series), points(&first.value.series));
        harness.flush().await;
    }
}

/// What is kept of earlier answers says the same as reading, whatever came since, and only what is new is read.
#[tokio::test]
async fn comparisons_keep_what_they_counted() {
    let harness = Harness::new().await;
    let fresh = Harness::with(Config { count_cache_bytes_max: ByteSize::b(0), ..Config::default() }).await;
    let samples: Vec<Sample> = (0..6000).map(varied).collect();
    let tenant = TenantId::default();
    let answer = async |harness: &Harness, text: &str, first: i64, minutes: i64| {
        let asked = MetricsAsked { start_ns: START_NS + first * MINUTE_NS, ..asked(text, minutes) };
        let found = harness.query.trace_metrics(&tenant, asked, None).await.unwrap().value;
        assert_eq!(found.partial, None, "{text}");
        (points(&found.series), found.inspected.spans)
    };
    let text = "{ } | compare({ status = error }, 1000)";
    for harness in [&harness, &fresh] {
        harness.append(&samples[..4000]).await;
        harness.flush().await;
    }
    let (first, spans) = answer(&harness, text, 0, 11).await;
    assert_eq!(spans, 4000);
    assert_eq!(answer(&harness, text, 0, 11).await, (first, 0));
    let mut spans_of_minutes = Vec::new();
    for (start, minutes) in [(1, 11), (2, 8), (-3, 5), (0, 11)] {
        let (found, spans) = answer(&harness, text, start, minutes).await;
        let (expected, all) = answer(&fresh, text, start, minutes).await;
        assert_eq!((found, spans), (expected, 0), "from {start} to {minutes}");
        spans_of_minutes.push(all);
    }
    assert!(spans_of_minutes.iter().all(|spans| *spans > 300), "{spans_of_minutes:?}");
    // Others do not share it: another selection, another condition, another step, another tenant.
    for other in ["{ } | compare({ status = ok }, 1000)", "{ true } | compare({ kind = server }, 1000)"] {
        assert_eq!(answer(&harness, other, 0, 11).await, answer(&fresh, other, 0, 11).await, "{other}");
    }
    for step_ns in [20 * SECOND_NS, 2 * MINUTE_NS, 120 * MINUTE_NS] {
        let mut answers = Vec::new();
        for harness in [&harness, &fresh, &harness] {
            let asked = MetricsAsked { step_ns: Some(step_ns), ..asked(text, 11) };
            answers.push(points(&harness.query.trace_metrics(&tenant, asked, None).await.unwrap().value.series));
        }
        assert!(answers[0].len() > 50 && answers.iter().all(|answer| *answer == answers[1]), "steps of {step_ns} ns");
    }
    let other: TenantId = "other".parse().unwrap();
    harness.append_to(&other, &samples[..100]).await;
    harness.flush().await;
    let of_other = harness.query.trace_metrics(&other, asked(text, 11), None).await.unwrap().value;
    assert_eq!(of_other.inspected.spans, 100);

    // Minutes of which spans come are read again: while they are hot each time, then once.
    let (late, rest) = samples[4000..].split_at(1);
    for harness in [&harness, &fresh] {
        harness.append(late).await;
    }
    let (expected, _) = answer(&fresh, text, 0, 11).await;
    let of_minute = answer(&harness, text, 0, 11).await;
    assert_eq!(of_minute.0, expected);
    assert!((1..1000).contains(&of_minute.1), "{} spans were read", of_minute.1);
    assert_eq!(answer(&harness, text, 0, 11).await, of_minute);
    for harness in [&harness, &fresh] {
        harness.flush().await;
    }
    assert_eq!(answer(&harness, text, 0, 11).await, of_minute);
    assert_eq!(answer(&harness, text, 0, 11).await, (of_minute.0, 0));
    for part in rest.chunks(500) {
        for harness in [&harness, &fresh] {
            harness.append(part).await;
        }
        for (start, minutes) in [(0, 11), (3, 6)] {
            let expected = answer(&fresh, text, start, minutes).await.0;
            assert_eq!(answer(&harness, text, start, minutes).await.0, expected, "from {start} to {minutes}");
        }
        for harness in [&harness, &fresh] {
            harness.flush().await;
        }
    }
}

/// What was left out of a long time because it was rare in it is there in a short one, however often the long one was asked.
#[tokio::test]
async fn comparisons_of_a_short_time_are_not_cut_out_of_long_ones() {
    let harness = Harness::new().await;
    let fresh = Harness::with(Config { count_cache_bytes_max: ByteSize::b(0), ..Config::default() }).await;
    let with_id = |i: u64| {
        let mut sample = varied(i);
        sample.span.attributes.push(("request".into(), spanloom_store::value::Value::Int(i as i64)));
        sample
    };
    let samples: Vec<Sample> = (0..8000).map(with_id).collect();
    let tenant = TenantId::default();
    let answer = async |harness: &Harness, minutes: i64| {
        let text = "{ } | compare({ status = error }, 1000)";
        let found = harness.query.trace_metrics(&tenant, asked(text, minutes), None).await.unwrap().value;
        let is_cut = found.series.iter().any(|series| format!("{:?}", series.labels).contains("__too_many_values__"));
        (points(&found.series), found.inspected.spans, is_cut)
    };
    for harness in [&harness, &fresh] {
        harness.append(&samples).await;
        harness.flush().await;
    }
    let (long, spans, is_cut) = answer(&harness, 11).await;
    assert!(is_cut && spans == 8000, "{spans} spans");
    let (again, spans, _) = answer(&harness, 11).await;
    assert_eq!((again, spans), (long, 0));
    let exact = answer(&fresh, 1).await;
    assert!(!exact.2 && exact.1 > 500, "{} spans", exact.1);
    assert_eq!(answer(&harness, 1).await, exact);
    assert_eq!(answer(&harness, 1).await, (exact.0, 0, false));
}

/// What is counted by codes is what is counted of whole traces, value by value.
#[tokio::test]
async fn comparisons_count_the_same_by_codes() {
    let harness = Harness::new().await;
    let samples: Vec<Sample> = (0..24_000).map(varied).collect();
    let (first, rest) = samples.split_at(21_000);
    harness.append(first).await;
    harness.flush().await;
    for hot in [&rest[..1], rest] {
        harness.append(hot).await;
        for (condition, selection) in [
            ("true", "status = error"),
            (r#"resource.service.name = "b""#, r#"span.http.url = "/31" || span.few = "3""#),
            (r#"span.few = "2" && name =~ ".*2""#, "kind = server"),
        ] {
            let mut found = Vec::new();
            for spans in [format!("{{ {condition} }}"), format!("{{ {condition} }} && {{ {condition} }}")] {
                let text = format!("{spans} | compare({{ {selection} }}, 1000)");
                let answer = harness.query.trace_metrics(&TenantId::default(), asked(&text, 11), None).await.unwrap();
                assert_eq!(answer.value.partial, None, "{text}");
                found.push(points(&answer.value.series));
            }
            assert!(found[0].len() > 50, "{condition}: {} points", found[0].len());
            assert_eq!(found[0], found[1], "{condition}, {selection}");
        }
    }
}
