//! OTLP: two encodings of one request, and the way from it to rows of spans or to samples.

mod budget;
pub mod checks;
pub mod decoded;
pub mod json;
pub mod metrics;
pub mod rows;
pub mod wire;

#[cfg(test)]
pub(crate) mod arbitrary;
