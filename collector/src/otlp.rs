//! OTLP traces: two encodings of one request, and the way from it to rows.

pub mod json;
pub mod measure;
pub mod rows;

#[cfg(test)]
pub(crate) mod arbitrary;
