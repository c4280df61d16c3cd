//! Requests of remote write 1.0, as Prometheus' queue sends them: 2,000 samples, each with all labels of its series.
//!
//! Source: "Prometheus Remote-Write 1.0 specification". Written by hand, because the labels of a series are encoded once
//! and copied from then on: a hundred thousand series have thousands of samples.

use anyhow::Result;
use prost::encoding::{encode_varint, encoded_len_varint};

use super::labels::Label;
use super::mesh::{Mesh, Sample};

/// `max_samples_per_send` of Prometheus' queue.
const REQUEST_SAMPLES: usize = 2_000;
/// Samples that are encoded before they are sent, if a step has not more.
const CHUNK_SAMPLES: usize = 400_000;

/// Fields that are messages or texts: number and wire type 2.
const fn bytes_field(number: u8) -> u8 {
    number << 3 | 2
}

/// Field 1, eight bytes.
const VALUE: u8 = 1 << 3 | 1;
/// Field 2, a varint.
const TIMESTAMP: u8 = 2 << 3;

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Request {
    pub body: Vec<u8>,
    pub samples: usize,
}

/// The samples of a mesh as requests, a chunk at a time.
pub struct Requests {
    mesh: Mesh,
    /// The labels of each series as fields of a `TimeSeries`.
    labels: Vec<Box<[u8]>>,
    steps_left: usize,
    /// One more sample of each series as it is, before all steps, at this time.
    first_ms: Option<i64>,
    shards: usize,
}

impl Requests {
    /// Nothing yet of `series` series. A series is always of the same shard, so that its samples stay in order.
    pub fn new(seed: u64, series: usize, start_ms: i64, shards: usize) -> Self {
        let mut labels = Vec::with_capacity(series);
        let mesh = Mesh::new(seed, series, start_ms, |series| labels.push(encoded(series)));
        Self { mesh, labels, steps_left: 0, first_ms: None, shards }
    }

    /// So many more samples of each series are to be sent.
    pub fn plan(&mut self, steps: usize) {
        self.steps_left += steps;
    }

    /// Before these a sample of each series as it is now is to be sent, as if taken within an interval after `time_ms`.
    pub fn plan_first(&mut self, time_ms: i64) {
        self.first_ms = Some(time_ms);
    }

    /// The requests of the next steps by shard; `None` at the end. All of a chunk is to be sent before the next: no shard may
    /// get far ahead.
    ///
    /// # Errors
    /// When a request is longer than a block of Snappy can be.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<Vec<Request>>>> {
        let mut shards = Shards::new(self.shards);
        let Self { mesh, labels, .. } = self;
        if let Some(time_ms) = self.first_ms.take() {
            mesh.at(time_ms, |sample| shards.push(&labels[sample.series], sample));
            return shards.finish().map(Some);
        }
        let steps = (CHUNK_SAMPLES / labels.len().max(1)).max(1).min(self.steps_left);
        self.steps_left -= steps;
        for _ in 0..steps {
            mesh.step(|sample| shards.push(&labels[sample.series], sample));
        }
        if steps == 0 { Ok(None) } else { shards.finish().map(Some) }
    }
}

/// All shards of a queue.
struct Shards {
    shards: Vec<Shard>,
    failure: Option<snap::Error>,
}

impl Shards {
    fn new(count: usize) -> Self {
        Self { shards: (0..count).map(|_| Shard::default()).collect(), failure: None }
    }

    fn push(&mut self, labels: &[u8], sample: Sample) {
        // Neighbours of one metric go different ways, as by the hash that a queue goes by.
        let at = sample.series % self.shards.len();
        if let Err(error) = self.shards[at].push(labels, sample) {
            self.failure = Some(error);
        }
    }

    fn finish(self) -> Result<Vec<Vec<Request>>> {
        if let Some(error) = self.failure {
            return Err(error.into());
        }
        self.shards.into_iter().map(|shard| Ok(shard.finish()?)).collect()
    }
}

/// A shard of a queue.
#[derive(Default)]
struct Shard {
    message: Vec<u8>,
    samples: usize,
    requests: Vec<Request>,
}

impl Shard {
    fn push(&mut self, labels: &[u8], sample: Sample) -> Result<(), snap::Error> {
        append(&mut self.message, labels, sample);
        self.samples += 1;
        if self.samples == REQUEST_SAMPLES { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), snap::Error> {
        let body = snap::raw::Encoder::new().compress_vec(&self.message)?;
        self.requests.push(Request { body, samples: std::mem::take(&mut self.samples) });
        self.message.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Request>, snap::Error> {
        if self.samples > 0 {
            self.close()?;
        }
        Ok(self.requests)
    }
}

/// `TimeSeries.labels`.
fn encoded(labels: &[Label]) -> Box<[u8]> {
    let mut out = Vec::new();
    for (name, value) in labels {
        let length = text_length(name) + text_length(value);
        out.push(bytes_field(1));
        encode_varint(length as u64, &mut out);
        for (number, text) in [(1, *name), (2, value)] {
            out.push(bytes_field(number));
            encode_varint(text.len() as u64, &mut out);
            out.extend_from_slice(text.as_bytes());
        }
    }
    out.into_boxed_slice()
}

fn text_length(text: &str) -> usize {
    1 + encoded_len_varint(text.len() as u64) + text.len()
}

/// `WriteRequest.timeseries` with one sample.
fn append(message: &mut Vec<u8>, labels: &[u8], sample: Sample) {
    let timestamp = sample.time_ms.cast_unsigned();
    let length = 1 + size_of::<f64>() + 1 + encoded_len_varint(timestamp);
    message.push(bytes_field(1));
    encode_varint((labels.len() + 2 + length) as u64, message);
    message.extend_from_slice(labels);
    // No sample is longer than a byte can tell.
    message.extend_from_slice(&[bytes_field(2), length as u8, VALUE]);
    message.extend_from_slice(&sample.value.to_le_bytes());
    message.push(TIMESTAMP);
    encode_varint(timestamp, message);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    /// The messages by the library that makes them from their definition.
    #[derive(Clone, PartialEq, prost::Message)]
    struct WriteRequest {
        #[prost(message, repeated, tag = "1")]
        timeseries: Vec<TimeSeries>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct TimeSeries {
        #[prost(message, repeated, tag = "1")]
        labels: Vec<Pair>,
        #[prost(message, repeated, tag = "2")]
        samples: Vec<Point>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Pair {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(string, tag = "2")]
        value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Point {
        #[prost(double, tag = "1")]
        value: f64,
        #[prost(int64, tag = "2")]
        timestamp: i64,
    }

    const START_MS: i64 = 1_700_000_000_000;

    fn decoded(request: &Request) -> Vec<TimeSeries> {
        let message = snap::raw::Decoder::new().decompress_vec(&request.body).unwrap();
        let series = WriteRequest::decode(message.as_slice()).unwrap().timeseries;
        assert_eq!(series.len(), request.samples);
        series
    }

    /// Labels, time, and the bits of the value.
    type SentSample = (Vec<(String, String)>, i64, u64);

    /// All samples of `shards` shards, sorted.
    fn sent(series: usize, steps: usize, shards: usize) -> Vec<SentSample> {
        let mut requests = Requests::new(1, series, START_MS, shards);
        requests.plan(steps);
        let mut sent = Vec::new();
        while let Some(chunk) = requests.next_chunk().unwrap() {
            for one in chunk.iter().flatten().flat_map(decoded) {
                let labels = one.labels.into_iter().map(|label| (label.name, label.value)).collect();
                sent.push((labels, one.samples[0].timestamp, one.samples[0].value.to_bits()));
            }
        }
        sent.sort();
        sent
    }

    #[test]
    fn requests_hold_every_sample_with_its_labels() {
        let mut expected = Vec::new();
        let mut labels = Vec::new();
        let mut mesh = Mesh::new(1, 3_000, START_MS, |series| {
            labels.push(series.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>());
        });
        for _ in 0..3 {
            mesh.step(|sample| {
                expected.push((labels[sample.series].clone(), sample.time_ms, sample.value.to_bits()));
            });
        }
        expected.sort();
        assert_eq!(sent(3_000, 3, 1), expected);
        assert_eq!(sent(3_000, 3, 4), expected);
    }

    #[test]
    fn first_samples_come_first_and_are_of_their_time() {
        let mut requests = Requests::new(1, 100, START_MS, 3);
        requests.plan(1);
        requests.plan_first(7);
        let times = |chunk: Vec<Vec<Request>>| -> Vec<i64> {
            chunk.iter().flatten().flat_map(decoded).map(|series| series.samples[0].timestamp).collect()
        };
        let first = times(requests.next_chunk().unwrap().unwrap());
        assert_eq!(first.len(), 100);
        assert!(first.iter().all(|time_ms| (7..15_007).contains(time_ms)), "{first:?}");
        assert!(times(requests.next_chunk().unwrap().unwrap()).iter().all(|time_ms| *time_ms >= START_MS));
        assert!(requests.next_chunk().unwrap().is_none());
    }

    #[test]
    fn the_last_chunk_is_short_and_nothing_follows() {
        let mut requests = Requests::new(1, 200_000, START_MS, 2);
        requests.plan(3);
        let samples = |chunk: Vec<Vec<Request>>| chunk.iter().flatten().map(|request| request.samples).sum::<usize>();
        let mut counts = Vec::new();
        while let Some(chunk) = requests.next_chunk().unwrap() {
            counts.push(samples(chunk));
        }
        assert_eq!(counts, [400_000, 200_000]);
    }
}
