//! Requests of remote write 1.0, as Prometheus sends them. Source: "Prometheus Remote-Write 1.0 specification".

use prost::Message as _;

use crate::harness::Endpoints;
use crate::otlp::Outcome;

pub const MEDIA: &str = "application/x-protobuf";

#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    /// In milliseconds.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// A series with one sample. `labels` are sorted by name.
pub fn series(name: &str, labels: &[(&str, &str)], time_ms: i64, value: f64) -> TimeSeries {
    let all = [("__name__", name)].into_iter().chain(labels.iter().copied());
    let label = |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
    TimeSeries { labels: all.map(label).collect(), samples: vec![Sample { value, timestamp: time_ms }] }
}

/// A message as the block of Snappy that goes over the wire.
pub fn body(request: &WriteRequest) -> Vec<u8> {
    compressed(&request.encode_to_vec())
}

pub fn compressed(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(message).expect("compress in memory")
}

/// Sends one request, once.
pub async fn send(http: &reqwest::Client, to: &Endpoints, request: &WriteRequest) -> Outcome {
    post(http, to, MEDIA, "snappy", body(request)).await
}

/// Posts a body, whatever it holds.
pub async fn post(http: &reqwest::Client, to: &Endpoints, media: &str, encoding: &str, body: Vec<u8>) -> Outcome {
    let request = http.post(format!("http://{}/api/v1/write", to.otlp_http));
    let request = request.header("content-type", media).header("content-encoding", encoding);
    let request = request.header("x-prometheus-remote-write-version", "0.1.0");
    let Ok(answer) = request.body(body).send().await else { return Outcome::Lost };
    match answer.status().as_u16() {
        204 => Outcome::Acknowledged,
        429 | 502 | 503 | 504 => Outcome::Later,
        status => Outcome::Refused(status.into(), answer.text().await.unwrap_or_default()),
    }
}
