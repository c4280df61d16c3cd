//! Series as a mesh has them: counters of the buckets of a latency histogram, with resets, and one gauge for each.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use spanloom_query::promql::labels::{Labels, NAME};
use spanloom_query::promql::sample::Series;
use spanloom_query::promql::source::MemorySource;

const INTERVAL_MS: i64 = 15_000;
/// Samples before the first step, for its windows.
const LEAD_MS: i64 = 20 * 60 * 1000;
const BOUNDS: [&str; 5] = ["0.1", "0.5", "1", "5", "+Inf"];
const JOBS: usize = 20;

/// How many series there are, and when.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub series: usize,
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Shape {
    pub fn ending_now(series: usize, hours: i64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let end_ms = i64::try_from(now).unwrap_or_default() / INTERVAL_MS * INTERVAL_MS;
        Self { series, start_ms: end_ms - hours * 3_600_000 - LEAD_MS, end_ms }
    }

    /// The same series each time.
    pub fn source(&self) -> MemorySource {
        let counters = (0..self.series).map(|at| Arc::new(self.counter(at)));
        let limits = (0..self.series).map(|at| Arc::new(self.limit(at)));
        MemorySource { series: counters.chain(limits).collect() }
    }

    fn labels(at: usize, name: &str) -> Labels {
        let instance = at / BOUNDS.len();
        Labels::new([
            (NAME, name.to_owned()),
            ("instance", format!("10.0.{}.{}:15090", instance / 250, instance % 250)),
            ("job", format!("workload-{}", instance % JOBS)),
            ("le", BOUNDS[at % BOUNDS.len()].to_owned()),
        ])
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn counter(&self, at: usize) -> Series {
        let mut series = Series { labels: Self::labels(at, "http_requests_total"), ..Series::default() };
        let mut chance = at as u64 * 2_654_435_761 + 1;
        let mut value = 0.0;
        // Instances are not scraped at the same time, and none on the edge of a window, where Prometheus 2 sees other samples.
        let mut time_ms = self.start_ms + 1 + (at as i64 % (INTERVAL_MS - 1));
        while time_ms <= self.end_ms {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            value += (chance % 100 * (1 + at as u64 % 5)) as f64;
            if chance.is_multiple_of(5000) {
                value = 0.0;
            }
            series.floats.push(time_ms, value);
            time_ms += INTERVAL_MS;
        }
        series
    }

    /// A gauge that is seldom sampled.
    fn limit(&self, at: usize) -> Series {
        let mut series = Series { labels: Self::labels(at, "http_limits"), ..Series::default() };
        let mut time_ms = self.start_ms;
        while time_ms <= self.end_ms {
            series.floats.push(time_ms, 1000.0);
            time_ms += 16 * INTERVAL_MS;
        }
        series
    }
}
