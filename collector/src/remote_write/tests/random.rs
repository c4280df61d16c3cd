//! Random requests, whole and broken: whatever prost reads, the walker reads the same.

use proptest::collection::vec;
use proptest::prelude::*;
use spanloom_store::series::{BatchSample, Exemplar as StoredExemplar};

use super::super::histogram;
use super::super::wire::Problem;
use super::*;
use crate::sample_time::start_ms;

/// The naive reading of a request: message by message, with an allocation for everything.
#[derive(Default)]
struct Model {
    out: RemoteWrite,
}

type ModelLabels = Result<Vec<(String, String)>, &'static str>;
/// Labels, time and value.
type ModelExemplar = (ModelLabels, i64, f64);

struct ModelSeries {
    labels: ModelLabels,
    samples: Vec<Sample>,
    histograms: Vec<Histogram>,
    exemplars: Vec<ModelExemplar>,
    created: i64,
}

impl Model {
    fn refuse(&mut self, reason: &'static str, count: usize) {
        self.out.refused.add(reason, count as u64, String::new);
    }

    fn series(&mut self, series: ModelSeries) {
        let count = series.samples.len() + series.histograms.len() + series.exemplars.len();
        if count == 0 {
            return;
        }
        let labels = match series.labels {
            Ok(labels) => labels,
            Err(reason) => return self.refuse(reason, count),
        };
        let mut borrowed: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let place = match self.out.batch.series(&NoneKnown, &mut borrowed, &mut Vec::new()) {
            Ok(place) => place,
            Err(why) => return self.refuse(why.reason(), count),
        };
        let kept = self.out.written;
        for sample in series.samples {
            let start = if sample.start_timestamp == 0 { series.created } else { sample.start_timestamp };
            self.out.written.samples +=
                u64::from(self.sample(place, sample.timestamp, start, SampleValue::Float(sample.value)));
        }
        for proto in series.histograms {
            let start = if proto.start_timestamp == 0 { series.created } else { proto.start_timestamp };
            match histogram::read(&proto.encode_to_vec(), 0).unwrap().1 {
                Ok(value) => {
                    let value = SampleValue::Histogram(value.into());
                    self.out.written.histograms += u64::from(self.sample(place, proto.timestamp, start, value));
                }
                Err(_) => self.refuse("histogram", 1),
            }
        }
        for exemplar in series.exemplars {
            self.exemplar(place, exemplar);
        }
        if self.out.written == kept {
            self.out.batch.series.pop();
        }
    }

    fn sample(&mut self, series: u32, time_ms: i64, start: i64, value: SampleValue) -> bool {
        if let Err(why) = TimeBound::new(NOW_MS).check(time_ms) {
            self.refuse(why.reason(), 1);
            return false;
        }
        self.out.batch.samples.push(BatchSample { series, time_ms, start_ms: start_ms(start, time_ms), value });
        true
    }

    fn exemplar(&mut self, series: u32, (labels, time_ms, value): ModelExemplar) {
        if labels.is_err() || time_ms == 0 {
            return self.refuse("exemplar", 1);
        }
        if let Err(why) = TimeBound::new(NOW_MS).check(time_ms) {
            return self.refuse(why.reason(), 1);
        }
        let labels = labels.unwrap_or_default();
        if labels.iter().any(|(name, _)| name.is_empty()) {
            return self.refuse("exemplar", 1);
        }
        let labels = Labels::new(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.out.batch.exemplars.push(StoredExemplar { series, time_ms, value, labels });
        self.out.written.exemplars += 1;
    }
}

fn letters(labels: &[Label]) -> Vec<(String, String)> {
    labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect()
}

fn model_v1(request: WriteRequest) -> RemoteWrite {
    let mut model = Model::default();
    for mut series in request.timeseries {
        // 1.0 has no start; field 3 of its samples is another message's, field 17 of its histograms is taken.
        let exemplars = series.exemplars.iter().map(|e| (Ok(letters(&e.labels)), e.timestamp, e.value)).collect();
        model.series(ModelSeries {
            labels: Ok(letters(&series.labels)),
            samples: std::mem::take(&mut series.samples),
            histograms: std::mem::take(&mut series.histograms),
            exemplars,
            created: 0,
        });
    }
    model.out
}

fn model_v2(request: Request) -> RemoteWrite {
    let symbol = |at: u32| request.symbols.get(at as usize).cloned().ok_or("symbols");
    let resolve = |refs: &[u32]| -> ModelLabels {
        if !refs.len().is_multiple_of(2) {
            return Err("symbols");
        }
        refs.chunks(2).map(|pair| Ok((symbol(pair[0])?, symbol(pair[1])?))).collect()
    };
    let mut model = Model::default();
    for series in &request.timeseries {
        model.series(ModelSeries {
            labels: resolve(&series.labels_refs),
            samples: series.samples.clone(),
            histograms: series.histograms.clone(),
            exemplars: series.exemplars.iter().map(|e| (resolve(&e.labels_refs), e.timestamp, e.value)).collect(),
            created: series.created_timestamp,
        });
    }
    model.out
}

/// The order of fields within a series is lost in the oracle, so that samples, histograms and exemplars are compared
/// apart; so are numbers that are none, by their bits.
fn parts(got: &RemoteWrite) -> [String; 5] {
    let bits = |value: f64| format!("{:016x}", value.to_bits());
    let series = |place: u32| format!("{:?}", got.batch.series[place as usize]);
    let (mut floats, mut histograms) = (String::new(), String::new());
    for sample in &got.batch.samples {
        let head = format!("{} {} {}", series(sample.series), sample.time_ms, sample.start_ms);
        match &sample.value {
            SampleValue::Float(value) => floats += &format!("{head} {}\n", bits(*value)),
            SampleValue::Histogram(value) => histograms += &format!("{head} {value:?}\n"),
        }
    }
    let mut exemplars = String::new();
    for exemplar in &got.batch.exemplars {
        let StoredExemplar { time_ms, value, labels, .. } = exemplar;
        exemplars += &format!("{} {time_ms} {} {labels}\n", series(exemplar.series), bits(*value));
    }
    let counts = format!("{:?} {:?}", got.written, got.refused.by_reason);
    [floats, histograms, exemplars, counts, format!("{:?}", got.batch.series)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-c]{1,2}", 1 => "[a-cé]{0,3}", 2 => Just("__name__".to_owned())]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..20_i64, 1 => Just(NOW_MS), 1 => any::<i64>()]
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let sample = (any::<f64>(), time(), prop_oneof![Just(0_i64), 0..9_i64]);
    vec(sample.prop_map(|(value, timestamp, start_timestamp)| Sample { value, timestamp, start_timestamp }), 0..3)
}

/// A whole or a floating-point histogram whose buckets stand next to one another; half of them do not add up.
fn histogram() -> impl Strategy<Value = Histogram> {
    let counts = vec(0..50_u64, 0..5);
    (counts, -5..9_i32, any::<bool>(), 0..2_u64, time(), -20..20_i32).prop_map(
        |(counts, schema, is_float, wrong, timestamp, offset)| {
            let total = counts.iter().sum::<u64>() + wrong;
            let length = counts.len() as u32;
            let mut last = 0;
            let deltas = counts.iter().map(|count| {
                let delta = count.cast_signed() - last;
                last = count.cast_signed();
                delta
            });
            let deltas: Vec<i64> = deltas.collect();
            Histogram {
                count: Some(if is_float { Count::Float(total as f64) } else { Count::Int(total) }),
                schema,
                timestamp,
                positive_spans: vec![oracle::Span { offset, length }],
                positive_deltas: if is_float { vec![] } else { deltas },
                positive_counts: if is_float { counts.iter().map(|count| *count as f64).collect() } else { vec![] },
                ..Histogram::default()
            }
        },
    )
}

fn label() -> impl Strategy<Value = Label> {
    (text(), text()).prop_map(|(name, value)| Label { name, value })
}

fn write_request() -> impl Strategy<Value = WriteRequest> {
    let exemplar = (vec(label(), 0..3), any::<f64>(), time()).prop_map(|(labels, value, timestamp)| Exemplar {
        labels,
        value,
        timestamp,
    });
    let series = (vec(label(), 0..4), samples(), vec(exemplar, 0..2), vec(histogram(), 0..2))
        .prop_map(|(labels, samples, exemplars, histograms)| TimeSeries { labels, samples, exemplars, histograms });
    vec(series, 0..4).prop_map(|timeseries| WriteRequest { timeseries, metadata: vec![] })
}

fn request() -> impl Strategy<Value = Request> {
    let refs = || vec(0..8_u32, 0..7);
    let exemplar = (refs(), any::<f64>(), time()).prop_map(|(labels_refs, value, timestamp)| Exemplar2 {
        labels_refs,
        value,
        timestamp,
    });
    let series = (refs(), samples(), vec(exemplar, 0..2), vec(histogram(), 0..2), 0..9_i64).prop_map(
        |(labels_refs, samples, exemplars, histograms, created_timestamp)| TimeSeries2 {
            labels_refs,
            samples,
            histograms,
            exemplars,
            metadata: None,
            created_timestamp,
        },
    );
    (vec(text(), 4..8), vec(series, 0..4)).prop_map(|(symbols, timeseries)| Request { symbols, timeseries })
}

/// Flips bytes of a message: it is then another message or none.
fn broken(mut bytes: Vec<u8>, flips: &[(usize, u8)]) -> Vec<u8> {
    let length = bytes.len();
    for (at, byte) in flips.iter().filter(|_| length > 0) {
        bytes[at % length] = *byte;
    }
    bytes
}

/// Groups are read by prost and by nobody else.
fn is_group(error: &RemoteWriteError) -> bool {
    matches!(error, RemoteWriteError::Malformed(malformed) if malformed.problem == Problem::Group)
}

fn check(bytes: &[u8], version: Version, expected: Option<RemoteWrite>) {
    let got = decode_with(bytes, version, &NoneKnown);
    match (expected, got) {
        (Some(expected), Ok(got)) => assert_eq!(parts(&got), parts(&expected)),
        (Some(_), Err(error)) => assert!(is_group(&error), "{error}"),
        // What is not read of a refused series is not checked, and neither is UTF-8 of what is not kept.
        (None, _) => {}
    }
}

proptest! {
    #[test]
    fn requests_of_1_0_read_as_prost_reads_them(request in write_request(), flips in vec(any::<(usize, u8)>(), 0..3)) {
        let bytes = broken(request.encode_to_vec(), &flips);
        check(&bytes, Version::V1, WriteRequest::decode(&bytes[..]).ok().map(model_v1));
    }

    #[test]
    fn requests_of_2_0_read_as_prost_reads_them(request in request(), flips in vec(any::<(usize, u8)>(), 0..3)) {
        let bytes = broken(request.encode_to_vec(), &flips);
        check(&bytes, Version::V2, Request::decode(&bytes[..]).ok().map(model_v2));
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        for version in [Version::V1, Version::V2] {
            let _ = decode_with(&bytes, version, &NoneKnown);
            let bounds = Bounds { inflated_bytes_max: 1 << 16, decoded_bytes_max: 1 << 16, reserve: &mut |_| true };
            let _ = decode(&bytes, version, bounds, &NoneKnown, NOW_MS);
        }
    }

    #[test]
    fn a_request_that_is_cut_is_never_more(request in write_request(), at: prop::sample::Index) {
        let bytes = request.encode_to_vec();
        let whole = decode_with(&bytes, Version::V1, &NoneKnown).unwrap();
        let cut = &bytes[..at.index(bytes.len() + 1)];
        if let Ok(part) = decode_with(cut, Version::V1, &NoneKnown) {
            prop_assert!(part.written.samples <= whole.written.samples);
        }
    }
}
