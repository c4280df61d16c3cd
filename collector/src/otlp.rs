//! OTLP: two encodings of one request, and the way from it to rows of spans or to samples.

pub mod json;
pub mod measure;
pub mod metrics;
pub mod rows;

#[cfg(test)]
pub(crate) mod arbitrary;
