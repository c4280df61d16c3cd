//! How long a query took and how much it read.

use super::json::Object;
use crate::prometheus::store::Timings;

/// `,"stats":{…}`. Of the times of Prometheus those are told that are known here; they are seconds.
pub(super) fn write(out: &mut Vec<u8>, timings: Timings, samples_read: u64, samples_peak: usize) {
    let (queued, evaluated) = (timings.queued, timings.evaluated);
    out.extend_from_slice(br#","stats":"#);
    let mut stats = Object::open(out);
    let mut times = Object::open(stats.field("timings"));
    times.raw("evalTotalTime", evaluated.as_secs_f64());
    times.raw("execQueueTime", queued.as_secs_f64());
    times.raw("execTotalTime", (queued + evaluated).as_secs_f64());
    times.close();
    let mut samples = Object::open(stats.field("samples"));
    samples.raw("totalQueryableSamples", samples_read);
    samples.raw("peakSamples", samples_peak);
    samples.close();
    stats.close();
}
