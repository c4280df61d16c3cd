//! A write of series as Prometheus' remote write 1.0 has it: `WriteRequest` in protobuf, in a snappy block.

use crate::promql::sample::Series;

/// A field of wire type 2: bytes behind their length.
fn bytes(field: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(field << 3 | 2);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn label(name: &str, value: &str) -> Vec<u8> {
    let mut label = Vec::new();
    bytes(1, name.as_bytes(), &mut label);
    bytes(2, value.as_bytes(), &mut label);
    label
}

fn sample(time_ms: i64, value: f64) -> Vec<u8> {
    let mut sample = vec![1 << 3 | 1];
    sample.extend_from_slice(&value.to_le_bytes());
    sample.push(2 << 3);
    varint(time_ms as u64, &mut sample);
    sample
}

/// The floats of one series as a whole request.
pub fn request(series: &Series) -> Vec<u8> {
    let mut message = Vec::new();
    series.labels.iter().for_each(|held| bytes(1, &label(&held.name, &held.value), &mut message));
    let points = series.floats.times_ms.iter().zip(&series.floats.values);
    points.for_each(|(time_ms, value)| bytes(2, &sample(*time_ms, *value), &mut message));
    let mut request = Vec::new();
    bytes(1, &message, &mut request);
    uncompressed(&request)
}

/// A snappy block of literals: each of at most 60 bytes needs one byte for its length.
fn uncompressed(content: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    varint(content.len() as u64, &mut block);
    for literal in content.chunks(60) {
        block.push((literal.len() as u8 - 1) << 2);
        block.extend_from_slice(literal);
    }
    block
}
