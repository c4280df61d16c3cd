//! Batches are the same after a way through bytes, and nothing else is taken for one.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::series::batch::BatchSeries;
use crate::series::id::SeriesId;
use crate::series::labels::Labels;
use crate::series::sample::{
    BatchSample, BucketSpan, Exemplar, MetricKind, MetricMetadata, NativeHistogram, ResetHint, STALE, SampleValue,
};

const BYTES_MAX: usize = 1 << 20;

/// Equal as text means equal bit for bit: a NaN is shown with its bits.
fn shown(batch: &SampleBatch) -> String {
    let samples: Vec<_> = batch.samples.iter().map(|sample| (sample, sample_bits(&sample.value))).collect();
    let exemplars: Vec<_> = batch.exemplars.iter().map(|exemplar| (exemplar, exemplar.value.to_bits())).collect();
    format!("{:?} {samples:?} {exemplars:?} {:?}", batch.series, batch.metadata)
}

fn sample_bits(value: &SampleValue) -> Vec<u64> {
    let histogram = match value {
        SampleValue::Float(value) => return vec![value.to_bits()],
        SampleValue::Histogram(histogram) => histogram,
    };
    let single = [histogram.zero_threshold, histogram.zero_count, histogram.count, histogram.sum];
    let lists = [&*histogram.positive, &histogram.negative, &histogram.custom_bounds].concat();
    single.into_iter().chain(lists).map(f64::to_bits).collect()
}

fn check_round_trip(batch: &SampleBatch) -> Vec<u8> {
    let bytes = encode(batch);
    let decoded = decode(&bytes, BYTES_MAX).unwrap();
    assert_eq!(shown(&decoded), shown(batch));
    bytes
}

/// A body without compression.
fn check_refused(body: &[u8], expected: &str) {
    let bytes = [&[VERSION, 0], body].concat();
    assert_eq!(decode(&bytes, BYTES_MAX).unwrap_err().to_string(), expected, "{body:?}");
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied())
}

/// One of everything.
fn small_batch() -> SampleBatch {
    let up = labels(&[("__name__", "up"), ("job", "up")]);
    let histogram = NativeHistogram {
        hint: ResetHint::NotReset,
        schema: -53,
        zero_threshold: 0.5,
        zero_count: 1.0,
        count: 4.0,
        sum: 2.5,
        positive_spans: vec![BucketSpan { offset: -1, length: 2 }],
        positive: vec![2.0, 0.25],
        negative_spans: Vec::new(),
        negative: Vec::new(),
        custom_bounds: Arc::from([1.0]),
    };
    let mut batch = SampleBatch {
        series: vec![
            BatchSeries { id: SeriesId { metric: 1, labels: -2 }, labels: Some(up) },
            BatchSeries { id: SeriesId { metric: 3, labels: 4 }, labels: None },
        ],
        ..SampleBatch::default()
    };
    batch.float(0, 1000, STALE);
    batch.histogram(1, 1001, histogram);
    batch.samples[1].start_ms = 1;
    batch.exemplars.push(Exemplar { series: 1, time_ms: 999, value: 1.5, labels: labels(&[("trace_id", "up")]) });
    batch.metadata.push(MetricMetadata {
        family: "up".into(),
        kind: MetricKind::Gauge,
        help: "Is it?".into(),
        unit: "".into(),
    });
    batch
}

/// The body of [`small_batch`]. It lies in logs: it must never change.
const SMALL_BODY: &[&[u8]] = &[
    &[6],
    b"\x08__name__\x02up\x03job\x08trace_id\x06Is it?\x00",
    &[2],
    &[1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 1, 2, 1],
    &[3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0],
    &[2],
    &[0, 0xd0, 0x0f, 0, 2, 0, 0, 0, 0, 0, 0xf0, 0x7f],
    &[0, 2, 3, 0xcf, 0x0f],
    &[2, 0x69, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    &[0, 0, 0, 0, 0, 0, 0x10, 0x40, 0, 0, 0, 0, 0, 0, 4, 0x40],
    &[1, 1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0xd0, 0x3f, 0, 0],
    &[1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    &[1, 1, 0xce, 0x0f, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 2, 3, 1],
    &[1, 1, 1, 4, 5],
];

#[test]
fn bytes_of_version_1_stay_as_they_are() {
    let golden = [&[1, 0], &*SMALL_BODY.concat()].concat();
    assert_eq!(encode(&small_batch()), golden);
    assert_eq!(shown(&decode(&golden, BYTES_MAX).unwrap()), shown(&small_batch()));
}

/// A frame of RFC 8878 written by hand: magic, a single segment with its size in two bytes less 256, one raw block that
/// is the last. Frames that compressors make differ from version to version; reading them must not.
#[test]
fn compressed_bytes_of_version_1_stay_readable() {
    let mut body = SMALL_BODY.concat();
    let help = "a".repeat(255);
    let at = body.windows(7).position(|bytes| bytes == b"\x06Is it?").unwrap();
    body.splice(at..at + 7, [&[0xff, 1], help.as_bytes()].concat());
    let length = body.len() as u16;
    let mut bytes = vec![1, 1, length as u8 & 0x7f | 0x80, (length >> 7) as u8, 0x28, 0xb5, 0x2f, 0xfd, 0x60];
    bytes.extend_from_slice(&(length - 256).to_le_bytes());
    bytes.extend_from_slice(&(u32::from(length) << 3 | 1).to_le_bytes()[..3]);
    bytes.extend_from_slice(&body);
    let mut expected = small_batch();
    expected.metadata[0].help = help.into();
    assert_eq!(shown(&decode(&bytes, BYTES_MAX).unwrap()), shown(&expected));
}

#[test]
fn an_empty_batch_is_a_batch() {
    assert_eq!(check_round_trip(&SampleBatch::default()), [1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_sample_of_a_durable_series_takes_less_than_28_bytes() {
    let mut batch = SampleBatch::default();
    for n in 0..1000_i64 {
        let id =
            SeriesId { metric: n.wrapping_mul(0x1234_5678_9abc_def1), labels: n.wrapping_mul(0x3ade_68b1_0f0f_0f0f) };
        batch.series.push(BatchSeries { id, labels: None });
        batch.float(n as u32, 1_700_000_000_000, (n as f64).sqrt());
    }
    let bytes = check_round_trip(&batch).len();
    assert!(bytes <= 28 * 1000 + 32, "{bytes}");
}

#[test]
fn labels_that_series_share_are_written_once_and_compressed() {
    let mut batch = SampleBatch::default();
    for n in 0..1000 {
        let pod = format!("reviews-{n}");
        let all = labels(&[("__name__", "istio_requests_total"), ("namespace", "bookinfo"), ("pod", pod.as_str())]);
        batch.series.push(BatchSeries { id: SeriesId::of(&all), labels: Some(all) });
    }
    let bytes = check_round_trip(&batch);
    assert_eq!(bytes[1], ZSTD);
    assert!(bytes.len() < 30 * 1000, "{}", bytes.len());
}

#[test]
fn a_body_may_have_as_many_bytes_as_it_may_and_no_more() {
    let mut batch = small_batch();
    for help in ["short".to_owned(), "a".repeat(1000)] {
        batch.metadata[0].help = help.as_str().into();
        let bytes = encode(&batch);
        let mut body = Vec::new();
        write::body(&batch, &mut body);
        assert_eq!(bytes[1] == ZSTD, help.len() > 100);
        assert_eq!(decode(&bytes, body.len()).as_ref().map(shown), Ok(shown(&batch)));
        let too_large = DecodeError::TooLarge { bytes: body.len() as u64, max: body.len() - 1 };
        assert_eq!(decode(&bytes, body.len() - 1).unwrap_err(), too_large);
    }
}

#[test]
fn a_part_of_a_batch_is_none() {
    let mut batch = small_batch();
    for help in ["short".to_owned(), "a".repeat(1000)] {
        batch.metadata[0].help = help.as_str().into();
        let bytes = encode(&batch);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end], BYTES_MAX).is_err(), "{end} of {}", bytes.len());
        }
        assert!(decode(&[&*bytes, &[0]].concat(), BYTES_MAX).is_err());
    }
}

#[test]
fn other_versions_and_flags_are_refused() {
    assert_eq!(decode(&[2, 0, 0, 0, 0, 0, 0], BYTES_MAX), Err(DecodeError::Version(2)));
    assert_eq!(decode(&[1, 2, 0, 0, 0, 0, 0], BYTES_MAX), Err(DecodeError::Flags(2)));
}

#[test]
fn a_length_that_is_claimed_takes_no_memory() {
    let frame = zstd::bulk::compress(&[0; 5], 1).unwrap();
    let claimed = |length: u64| {
        let mut bytes = vec![1, 1];
        write::varint(&mut bytes, length);
        decode(&[&bytes, &frame[..]].concat(), usize::MAX)
    };
    assert_eq!(claimed(5), Ok(SampleBatch::default()));
    for length in [4, 6, u64::MAX] {
        assert!(matches!(claimed(length), Err(DecodeError::Zstd(_))), "{length}");
    }
}

#[test]
fn numbers_without_bytes_for_them_are_refused() {
    const MANY: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];
    check_refused(&MANY, "a batch of samples ends within its texts at byte 5");
    check_refused(&[&[0], &MANY[..]].concat(), "a batch of samples ends within its series at byte 6");
    check_refused(&[&[0, 0], &MANY[..]].concat(), "a batch of samples ends within its samples at byte 7");
    check_refused(&[&[0, 0, 0], &MANY[..]].concat(), "a batch of samples ends within its exemplars at byte 8");
    check_refused(&[&[0, 0, 0, 0], &MANY[..]].concat(), "a batch of samples ends within its metadata at byte 9");
    check_refused(&[&[1], &MANY[..]].concat(), "a batch of samples ends within a text at byte 6");
}

#[test]
fn what_no_writer_writes_is_refused() {
    const ID: [u8; 16] = [0; 16];
    let series = |rest: &[u8]| [b"\x02\x01a\x01b\x01".as_slice(), &ID, rest].concat();
    check_refused(&[0x80, 0], "its texts of a batch of samples is wrong at byte 2");
    check_refused(&[1, 1, 0xff, 0, 0, 0, 0], "a text of a batch of samples is wrong at byte 3");
    check_refused(&series(&[2, 0, 2]), "the value of a label of a batch of samples is wrong at byte 25");
    check_refused(&series(&[3, 1, 0, 0, 0]), "the order of labels of a batch of samples is wrong at byte 27");
    check_refused(&series(&[3, 0, 0, 0, 0]), "the order of labels of a batch of samples is wrong at byte 27");
    let sample = |head: &[u8]| [&series(&[0, 1]), head, &[0; 20]].concat();
    check_refused(&sample(&[2, 0]), "the series of a sample of a batch of samples is wrong at byte 26");
    check_refused(&sample(&[1, 0]), "the series of a sample of a batch of samples is wrong at byte 26");
    check_refused(&sample(&[0, 0, 4]), "the tag of a sample of a batch of samples is wrong at byte 27");
    check_refused(&sample(&[0, 0, 2, 0]), "the start of a sample of a batch of samples is wrong at byte 28");
    check_refused(&[0, 0, 0, 0, 0, 7], "1 bytes stand behind a batch of samples");
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (0..1_u64 << 54).prop_map(|whole| whole as f64),
        Just(STALE),
        Just(-0.0),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "\\PC{0,20}"]
}

fn any_labels() -> impl Strategy<Value = Labels> {
    prop::collection::vec((any_text(), any_text()), 0..6).prop_map(Labels::new)
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), 1_700_000_000_000..1_700_000_100_000_i64, Just(0)]
}

prop_compose! {
    fn any_spans()(spans in prop::collection::vec((any::<i32>(), any::<u32>()), 0..3)) -> Vec<BucketSpan> {
        spans.into_iter().map(|(offset, length)| BucketSpan { offset, length }).collect()
    }
}

prop_compose! {
    fn any_histogram()(
        hint in prop::sample::select(vec![ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge]),
        schema in any::<i32>(),
        single in prop::array::uniform4(any_float()),
        positive_spans in any_spans(),
        negative_spans in any_spans(),
        lists in prop::array::uniform3(prop::collection::vec(any_float(), 0..4)),
    ) -> NativeHistogram {
        let [zero_threshold, zero_count, count, sum] = single;
        let [positive, negative, bounds] = lists;
        NativeHistogram {
            hint, schema, zero_threshold, zero_count, count, sum,
            positive_spans, positive, negative_spans, negative, custom_bounds: bounds.into(),
        }
    }
}

fn any_value() -> impl Strategy<Value = SampleValue> {
    prop_oneof![
        any_float().prop_map(SampleValue::Float),
        any_histogram().prop_map(|histogram| SampleValue::Histogram(Arc::new(histogram))),
    ]
}

prop_compose! {
    fn any_batch()(count in 1..5_u32)(
        series in prop::collection::vec((any::<(i64, i64)>(), prop::option::of(any_labels())), count as usize),
        samples in prop::collection::vec((0..count, any_time(), any_time(), any_value()), 0..8),
        exemplars in prop::collection::vec((0..count, any_time(), any_float(), any_labels()), 0..4),
        metadata in prop::collection::vec(
            (prop::array::uniform3(any_text()), prop::sample::select(&MetricKind::ALL)),
            0..4,
        ),
    ) -> SampleBatch {
        SampleBatch {
            series: series
                .into_iter()
                .map(|((metric, hash), labels)| BatchSeries { id: SeriesId { metric, labels: hash }, labels })
                .collect(),
            samples: samples
                .into_iter()
                .map(|(series, time_ms, start_ms, value)| BatchSample { series, time_ms, start_ms, value })
                .collect(),
            exemplars: exemplars
                .into_iter()
                .map(|(series, time_ms, value, labels)| Exemplar { series, time_ms, value, labels })
                .collect(),
            metadata: metadata
                .into_iter()
                .map(|([family, help, unit], kind)| MetricMetadata {
                    family: family.into(), kind, help: help.into(), unit: unit.into(),
                })
                .collect(),
        }
    }
}

proptest! {
    #[test]
    fn a_batch_is_the_same_after_its_way(batch in any_batch()) {
        check_round_trip(&batch);
    }

    #[test]
    fn a_part_of_any_batch_is_none(batch in any_batch(), part in any::<prop::sample::Index>()) {
        let bytes = encode(&batch);
        prop_assert!(decode(&bytes[..part.index(bytes.len())], BYTES_MAX).is_err());
    }

    /// Whatever is read as a batch is written as one that is read as the same.
    #[test]
    fn no_bytes_harm(flags in 0..3_u8, body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(batch) = decode(&[&[VERSION, flags], &*body].concat(), BYTES_MAX) {
            check_round_trip(&batch);
        }
    }

    #[test]
    fn no_change_of_a_batch_harms(batch in any_batch(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = Vec::new();
        write::body(&batch, &mut body);
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(batch) = decode(&[&[VERSION, 0], &*body].concat(), BYTES_MAX) {
            check_round_trip(&batch);
        }
    }
}
