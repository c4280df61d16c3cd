//! Requests as prost writes them, and what they come to.

use prost::Message as _;
use spanloom_store::series::{
    KnownSeries, Labels, MetricKind, NoneKnown, STALE, SampleValue, SeriesId, SeriesLimits, is_stale,
};

use super::*;
use oracle::{
    Count, Exemplar, Exemplar2, Histogram, Label, Metadata, Request, Sample, TimeSeries, TimeSeries2, WriteRequest,
};

/// The messages of both versions.
pub mod oracle;
/// Random requests against the oracle.
mod random;

const NOW_MS: i64 = 1_700_000_000_000;

fn block(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(message).unwrap()
}

fn decode_with(message: &[u8], version: Version, known: &dyn KnownSeries) -> Result<RemoteWrite, RemoteWriteError> {
    let bounds = Bounds { inflated_bytes_max: 1 << 20, decoded_bytes_max: 1 << 24, reserve: &mut |_| true };
    decode(&block(message), version, bounds, known, NOW_MS)
}

fn v1(timeseries: Vec<TimeSeries>) -> RemoteWrite {
    let request = WriteRequest { timeseries, ..WriteRequest::default() };
    decode_with(&request.encode_to_vec(), Version::V1, &NoneKnown).unwrap()
}

fn v2(symbols: &[&str], timeseries: Vec<TimeSeries2>) -> RemoteWrite {
    let request = Request { symbols: symbols.iter().map(|text| (*text).to_owned()).collect(), timeseries };
    decode_with(&request.encode_to_vec(), Version::V2, &NoneKnown).unwrap()
}

fn labels(pairs: &[(&str, &str)]) -> Vec<Label> {
    pairs.iter().map(|(name, value)| Label { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
}

fn sample(timestamp: i64, value: f64) -> Sample {
    Sample { value, timestamp, start_timestamp: 0 }
}

fn series(pairs: &[(&str, &str)], samples: &[Sample]) -> TimeSeries {
    TimeSeries { labels: labels(pairs), samples: samples.to_vec(), ..TimeSeries::default() }
}

/// Series, times and values of the floats of a batch.
fn floats(batch: &SampleBatch) -> Vec<(String, i64, f64)> {
    let name = |series: u32| format!("{}", batch.series[series as usize].labels.as_ref().unwrap());
    let float = |value: &SampleValue| match value {
        SampleValue::Float(value) => *value,
        SampleValue::Histogram(_) => panic!("a histogram"),
    };
    batch.samples.iter().map(|sample| (name(sample.series), sample.time_ms, float(&sample.value))).collect()
}

/// A bad series between two good ones: it alone is refused.
fn check_refused(bad: TimeSeries, reason: &str, count: u64) {
    let good = || series(&[("__name__", "up")], &[sample(1, 1.0)]);
    let got = v1(vec![good(), bad, good()]);
    assert_eq!(got.refused.by_reason.clone().into_iter().collect::<Vec<_>>(), [(reason, count)], "{:?}", got.refused);
    assert_eq!(got.batch.samples.len(), 2);
    assert_eq!(got.written.samples, 2);
    let text = got.refusal().unwrap();
    assert!(text.starts_with(&format!("{count} refused, 2 written")), "{text}");
}

#[test]
fn samples_come_in_with_their_series() {
    let got = v1(vec![
        series(&[("__name__", "up"), ("job", "a")], &[sample(1, 1.0), sample(2, 0.0)]),
        series(&[("zone", "b"), ("__name__", "up"), ("empty", "")], &[sample(3, 2.5)]),
    ]);
    assert_eq!(
        floats(&got.batch),
        [
            ("{__name__=\"up\", job=\"a\"}".to_owned(), 1, 1.0),
            ("{__name__=\"up\", job=\"a\"}".to_owned(), 2, 0.0),
            ("{__name__=\"up\", zone=\"b\"}".to_owned(), 3, 2.5),
        ]
    );
    assert_eq!(got.written, Written { samples: 3, ..Written::default() });
    assert_eq!(got.refusal(), None);
}

#[test]
fn equal_and_descending_times_stay_as_they_are() {
    let got = v1(vec![series(&[("__name__", "up")], &[sample(5, 1.0), sample(5, 2.0), sample(4, 3.0)])]);
    let times: Vec<i64> = got.batch.samples.iter().map(|sample| sample.time_ms).collect();
    assert_eq!(times, [5, 5, 4]);
}

#[test]
fn the_staleness_marker_keeps_its_bits() {
    let got = v1(vec![series(&[("__name__", "up")], &[sample(1, STALE), sample(2, f64::NAN)])]);
    let stale: Vec<bool> = floats(&got.batch).iter().map(|(_, _, value)| is_stale(*value)).collect();
    assert_eq!(stale, [true, false]);
}

#[test]
fn labels_that_are_none_refuse_their_series() {
    check_refused(series(&[("job", "a")], &[sample(1, 1.0), sample(2, 1.0)]), "no_name", 2);
    check_refused(series(&[("__name__", "up"), ("a", "1"), ("a", "2")], &[sample(1, 1.0)]), "label_repeated", 1);
    check_refused(series(&[("__name__", "up"), ("", "1")], &[sample(1, 1.0)]), "label_name", 1);
}

#[test]
fn times_that_cannot_be_refuse_their_sample() {
    let at = |time_ms| series(&[("__name__", "up")], &[sample(time_ms, 1.0)]);
    check_refused(at(NOW_MS + 3_600_001), "future", 1);
    check_refused(at(i64::MIN), "time", 1);
    let got = v1(vec![series(&[("__name__", "up")], &[sample(i64::MAX, 1.0), sample(NOW_MS + 3_600_000, 2.0)])]);
    assert_eq!((got.refused.count(), got.written.samples), (1, 1));
}

#[test]
fn a_series_of_which_nothing_is_kept_is_none() {
    let got = v1(vec![series(&[("__name__", "up")], &[sample(i64::MAX, 1.0)]), series(&[("__name__", "down")], &[])]);
    assert_eq!(got.batch, SampleBatch::default());
}

#[test]
fn labels_that_are_no_utf8_refuse_their_series() {
    let good = series(&[("__name__", "up"), ("job", "abc")], &[sample(1, 1.0)]);
    let request = WriteRequest { timeseries: vec![good.clone(), good], ..WriteRequest::default() };
    let mut bytes = request.encode_to_vec();
    let at = bytes.windows(3).position(|window| window == b"abc").unwrap();
    bytes[at] = 0xff;
    let got = decode_with(&bytes, Version::V1, &NoneKnown).unwrap();
    assert_eq!((got.refused.by_reason["utf8"], got.written.samples), (1, 1));
}

#[test]
fn exemplars_lead_to_traces() {
    let exemplar = |timestamp| Exemplar { labels: labels(&[("trace_id", "ab")]), value: 0.5, timestamp };
    let mut with = series(&[("__name__", "up")], &[]);
    with.exemplars = vec![exemplar(7), exemplar(0)];
    let got = v1(vec![with]);
    assert_eq!(got.batch.exemplars[0].labels, Labels::new([("trace_id", "ab")]));
    assert_eq!((got.written.exemplars, got.refused.by_reason["exemplar"]), (1, 1));
}

#[test]
fn metadata_of_families_are_taken() {
    let metadata = oracle::MetricMetadata {
        r#type: 1,
        metric_family_name: "requests_total".to_owned(),
        help: "All.".to_owned(),
        unit: String::new(),
    };
    let request = WriteRequest { metadata: vec![metadata], ..WriteRequest::default() };
    let got = decode_with(&request.encode_to_vec(), Version::V1, &NoneKnown).unwrap();
    let [family] = &got.batch.metadata[..] else { panic!("{got:?}") };
    assert_eq!((&*family.family, family.kind, &*family.help), ("requests_total", MetricKind::Counter, "All."));
}

const SYMBOLS: [&str; 6] = ["", "__name__", "latency_count", "job", "a", "How long."];

fn series2(labels_refs: &[u32]) -> TimeSeries2 {
    TimeSeries2 { labels_refs: labels_refs.to_vec(), samples: vec![sample(9, 1.0)], ..TimeSeries2::default() }
}

#[test]
fn references_are_labels() {
    let got = v2(&SYMBOLS, vec![series2(&[1, 2, 3, 4])]);
    assert_eq!(floats(&got.batch), [("{__name__=\"latency_count\", job=\"a\"}".to_owned(), 9, 1.0)]);
}

#[test]
fn references_beyond_the_symbols_refuse_their_series() {
    for bad in [&[1, 6][..], &[1, 2, 3], &[1, 2, u32::MAX, 4]] {
        let got = v2(&SYMBOLS, vec![series2(&[1, 2]), series2(bad)]);
        assert_eq!((got.refused.by_reason["symbols"], got.written.samples), (1, 1), "{bad:?}");
    }
}

#[test]
fn symbols_may_stand_behind_their_series() {
    let series_first = Request { symbols: vec![], timeseries: vec![series2(&[1, 2])] }.encode_to_vec();
    let symbols = SYMBOLS.iter().map(|text| (*text).to_owned()).collect();
    let bytes = [series_first, Request { symbols, timeseries: vec![] }.encode_to_vec()].concat();
    assert_eq!(decode_with(&bytes, Version::V2, &NoneKnown).unwrap().written.samples, 1);
}

#[test]
fn a_sample_has_its_own_start_or_that_of_its_series() {
    let own = Sample { start_timestamp: 5, ..sample(9, 1.0) };
    let late = Sample { start_timestamp: 10, ..sample(9, 1.0) };
    let mut with = series2(&[1, 2]);
    with.samples = vec![own, sample(9, 1.0), late];
    with.created_timestamp = 3;
    let starts: Vec<i64> = v2(&SYMBOLS, vec![with]).batch.samples.iter().map(|sample| sample.start_ms).collect();
    assert_eq!(starts, [5, 3, 0]);
}

#[test]
fn what_series_say_of_their_family_is_taken_once() {
    let mut with = series2(&[1, 2]);
    with.metadata = Some(Metadata { r#type: 3, help_ref: 5, unit_ref: 0 });
    let got = v2(&SYMBOLS, vec![with.clone(), with, series2(&[1, 4])]);
    let [family] = &got.batch.metadata[..] else { panic!("{got:?}") };
    assert_eq!((&*family.family, family.kind, &*family.help), ("latency", MetricKind::Histogram, "How long."));
}

#[test]
fn exemplars_have_references_too() {
    let exemplar = |labels_refs: &[u32]| Exemplar2 { labels_refs: labels_refs.to_vec(), value: 1.0, timestamp: 4 };
    let mut with = series2(&[1, 2]);
    with.exemplars = vec![exemplar(&[3, 4]), exemplar(&[3])];
    let got = v2(&SYMBOLS, vec![with]);
    assert_eq!(got.written, Written { samples: 1, histograms: 0, exemplars: 1 });
    assert_eq!(got.batch.exemplars[0].labels, Labels::new([("job", "a")]));
    assert_eq!(got.refused.by_reason["exemplar"], 1);
}

#[test]
fn headers_name_what_was_written() {
    let written = Written { samples: 1, histograms: 2, exemplars: 3 };
    assert_eq!(written.headers().map(|(_, count)| count), [1, 2, 3]);
}

/// One message read as the other is empty: field numbers do not meet.
#[test]
fn the_wrong_version_reads_as_nothing() {
    let one = WriteRequest { timeseries: vec![series(&[("__name__", "up")], &[sample(1, 1.0)])], metadata: vec![] };
    let got = decode_with(&one.encode_to_vec(), Version::V2, &NoneKnown).unwrap();
    assert_eq!(got, RemoteWrite::default());
}

/// Knows the series `up` and takes no other.
struct OnlyUp;

impl KnownSeries for OnlyUp {
    fn is_durable(&self, id: SeriesId) -> bool {
        id == SeriesId::of(&Labels::new([("__name__", "up")]))
    }

    fn admit(&self, id: SeriesId) -> Result<(), usize> {
        if self.is_durable(id) { Ok(()) } else { Err(1) }
    }

    fn limits(&self) -> SeriesLimits {
        SeriesLimits { labels_max: 2, label_name_bytes_max: 8, label_value_bytes_max: 8 }
    }
}

#[test]
fn known_series_come_without_labels_and_others_may_be_too_many() {
    let timeseries =
        vec![series(&[("__name__", "up")], &[sample(1, 1.0)]), series(&[("__name__", "down")], &[sample(1, 1.0)])];
    let request = WriteRequest { timeseries, ..WriteRequest::default() };
    let got = decode_with(&request.encode_to_vec(), Version::V1, &OnlyUp).unwrap();
    assert_eq!((got.batch.series.len(), &got.batch.series[0].labels), (1, &None));
    assert_eq!(got.refused.by_reason["series"], 1);
}

#[test]
fn labels_of_exemplars_have_limits() {
    let mut with = series(&[("__name__", "up")], &[]);
    for name in ["trace_id", "too_long_a_name", ""] {
        with.exemplars.push(Exemplar { labels: labels(&[(name, "ab")]), value: 0.5, timestamp: 1 });
    }
    let request = WriteRequest { timeseries: vec![with], ..WriteRequest::default() };
    let got = decode_with(&request.encode_to_vec(), Version::V1, &OnlyUp).unwrap();
    assert_eq!((got.written.exemplars, got.refused.by_reason["exemplar"]), (1, 2));
}

/// Two bytes on the wire are a histogram of some hundred.
#[test]
fn memory_ends_where_the_bound_is() {
    let mut many = series(&[("__name__", "up")], &[]);
    many.histograms = vec![Histogram { count: Some(Count::Int(0)), ..Histogram::default() }; 100_000];
    let body = block(&WriteRequest { timeseries: vec![many], ..WriteRequest::default() }.encode_to_vec());
    let mut reserved = 0;
    let mut reserve = |bytes| {
        reserved += bytes;
        true
    };
    let bounds = Bounds { inflated_bytes_max: 1 << 20, decoded_bytes_max: 1 << 20, reserve: &mut reserve };
    let refused = decode(&body, Version::V1, bounds, &NoneKnown, NOW_MS);
    assert_eq!(refused, Err(RemoteWriteError::DecodedTooLarge { bytes_max: 1 << 20 }));
    assert!(reserved <= 2 << 20, "{reserved}");
}
