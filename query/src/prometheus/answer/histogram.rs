//! Native histograms: `{"count":"4","sum":"5.5","buckets":[[rule,"lower","upper","count"],…]}`.
//!
//! Source: "Native histograms" in the documentation of Prometheus' HTTP API.

use super::json::{Object, array};
use super::number::quoted_value;
use crate::promql::histogram::{Bucket, Histogram};

/// Empty buckets are left out, and so is the list when there are no others.
pub(super) fn write(out: &mut Vec<u8>, histogram: &Histogram) {
    let mut object = Object::open(out);
    quoted_value(object.field("count"), histogram.count);
    quoted_value(object.field("sum"), histogram.sum);
    let mut buckets = histogram.buckets().filter(|bucket| bucket.count != 0.0).peekable();
    if buckets.peek().is_some() {
        array(object.field("buckets"), buckets, bucket);
    }
    object.close();
}

fn bucket(out: &mut Vec<u8>, bucket: Bucket) {
    out.push(b'[');
    out.push(b'0' + bucket.boundary_rule());
    for number in [bucket.lower, bucket.upper, bucket.count] {
        out.push(b',');
        quoted_value(out, number);
    }
    out.push(b']');
}
