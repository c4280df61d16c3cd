//! Prometheus remote write: a request's body to a batch of samples.
//!
//! Source: "Prometheus Remote-Write 1.0 specification" and "Prometheus Remote-Write 2.0 specification"
//! (prometheus.io/docs/specs/prw).
//!
//! ```text
//! body -> snappy block, bounded -> walk over the message -> SampleBatch
//! ```
//!
//! No object stands for a message: labels are slices of the inflated body, and a sample of a series that is known costs
//! no allocation of its own.
//!
//! # What is refused
//! A request that is no message of its version is refused as a whole. Otherwise what is bad is refused alone and the
//! rest is kept:
//!
//! | what | refused | reason |
//! | --- | --- | --- |
//! | labels that [`LabelsRefused`](spanloom_store::series::LabelsRefused) names | the series | its reason |
//! | labels that are no UTF-8 | the series | `utf8` |
//! | references beyond the symbols, or an odd number of them | the series | `symbols` |
//! | a time more than an hour ahead, or beyond what tables hold | the sample | `future`, `time` |
//! | a native histogram that contradicts itself | the histogram | `histogram` |
//! | an exemplar without a time, or whose labels are none | the exemplar | `exemplar` |
//!
//! The answer is 204 when nothing was refused and 400 otherwise, with a text that counts and names the first: a sender
//! does not send the same again after 400, and the headers of 2.0 tell it how much was written.
//!
//! Unsorted labels are sorted and empty ones go. Samples of a series stay in their order, equal times and all; what is
//! read decides between them.

use spanloom_store::series::{KnownSeries, SampleBatch};
use thiserror::Error;

use crate::refused_samples::RefusedSamples;
use crate::sample_time::TimeBound;

/// Native histograms.
mod histogram;
/// The receiver.
mod http;
/// What a request has come to so far.
mod intake;
/// Labels, in letters and as references.
mod labels;
/// What headers say of a body.
mod media;
/// Memory that decoding may take.
mod memory;
/// Types, help and units of families.
mod metadata;
/// A series with its samples.
mod series;
/// Decompression with a bound.
mod snappy;
/// Protobuf on the wire.
pub(crate) mod wire;

pub use http::router;
pub use media::{UnsupportedMedia, Version, version};
pub use memory::Bounds;
pub use wire::Malformed;

use intake::Intake;
use labels::Dialect;
use memory::Budget;
use metadata::Families;
use series::SeriesReader;
use wire::Message;

/// Why a request was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RemoteWriteError {
    /// 400.
    #[error("the body is no snappy block: {0}")]
    Snappy(String),
    /// 400.
    #[error("the message is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// 413.
    #[error("the request takes {bytes} bytes without compression, the most is {bytes_max}")]
    InflatedTooLarge { bytes: u64, bytes_max: u64 },
    /// 413.
    #[error("the decoded request takes more than {bytes_max} bytes of memory")]
    DecodedTooLarge { bytes_max: u64 },
    /// 503: all requests together hold what they may.
    #[error("there is no memory left for the request")]
    NoMemory,
}

/// How much was taken: the numbers of the response headers of 2.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub samples: u64,
    pub histograms: u64,
    pub exemplars: u64,
}

impl Written {
    /// The headers that 2.0 requires of every answer to a request that was decoded.
    pub const fn headers(self) -> [(&'static str, u64); 3] {
        [
            ("x-prometheus-remote-write-samples-written", self.samples),
            ("x-prometheus-remote-write-histograms-written", self.histograms),
            ("x-prometheus-remote-write-exemplars-written", self.exemplars),
        ]
    }
}

/// What a request came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteWrite {
    pub batch: SampleBatch,
    pub written: Written,
    pub refused: RefusedSamples,
}

impl RemoteWrite {
    /// The text of a 400 when something was refused; `None` when all was taken, which is a 204.
    pub fn refusal(&self) -> Option<String> {
        let Written { samples, histograms, exemplars } = self.written;
        let (refused, written) = (self.refused.count(), samples + histograms + exemplars);
        (refused > 0).then(|| {
            format!("{refused} refused, {written} written, do not send them again; {}", self.refused.message())
        })
    }
}

/// Decodes a request. `body` is as it was received, one snappy block; `received_ms` bounds how far ahead samples may
/// lie.
///
/// A pure function of its arguments but for what it asks `known` and reserves through `bounds`.
///
/// # Errors
/// See [`RemoteWriteError`]; then nothing of the request was taken.
pub fn decode(
    body: &[u8],
    version: Version,
    bounds: Bounds<'_>,
    known: &dyn KnownSeries,
    received_ms: i64,
) -> Result<RemoteWrite, RemoteWriteError> {
    let inflated_bytes_max = bounds.inflated_bytes_max;
    let mut budget = Budget::new(bounds);
    let inflated = snappy::inflate(body, inflated_bytes_max, &mut budget)?;
    let mut intake = Intake::new(known, TimeBound::new(received_ms), budget);
    match version {
        Version::V1 => write_request(&inflated, &mut intake)?,
        Version::V2 => request(&inflated, &mut intake)?,
    }
    Ok(intake.finish())
}

/// `prometheus.WriteRequest`.
fn write_request(bytes: &[u8], intake: &mut Intake<'_, '_>) -> Result<(), RemoteWriteError> {
    let mut series = SeriesReader::new(Dialect::Letters);
    let mut message = Message::new("WriteRequest", bytes);
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => series.read(field.bytes()?, intake, None)?,
            3 => metadata::of_family(field.bytes()?, intake)?,
            _ => {}
        }
    }
    Ok(())
}

/// `io.prometheus.write.v2.Request`. Symbols may stand behind the series that name them.
fn request(bytes: &[u8], intake: &mut Intake<'_, '_>) -> Result<(), RemoteWriteError> {
    let symbols = symbols(bytes, intake)?;
    let mut series = SeriesReader::new(Dialect::Symbols(&symbols));
    let mut families = Families::new(&symbols);
    let mut message = Message::new("Request", bytes);
    while let Some(field) = message.next_field()? {
        if field.number == 5 {
            series.read(field.bytes()?, intake, Some(&mut families))?;
        }
    }
    Ok(())
}

/// The symbols of a request; `None` for one that is no UTF-8, so that only who names it is refused.
fn symbols<'a>(bytes: &'a [u8], intake: &mut Intake<'_, '_>) -> Result<Vec<Option<&'a str>>, RemoteWriteError> {
    let mut symbols = Vec::new();
    let mut message = Message::new("Request", bytes);
    while let Some(field) = message.next_field()? {
        if field.number == 4 {
            intake.budget.take(size_of::<Option<&str>>())?;
            symbols.push(str::from_utf8(field.bytes()?).ok());
        }
    }
    Ok(symbols)
}

#[cfg(test)]
mod tests;
