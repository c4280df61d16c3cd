//! Series that move together: those of one call as one proxy reports it, of one cluster of a proxy, and of one pod.

use super::chance::Chance;

/// Upper bounds of the buckets of Istio's histograms, but for +Inf, as its proxies expose them.
pub const BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10000.0,
    30000.0,
    60000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];
/// Buckets, sum and count.
pub const HISTOGRAM: usize = BOUNDS.len() + 3;
/// A counter, and histograms of duration and of the bytes of request and response.
pub const CALL: usize = 1 + 3 * HISTOGRAM;
pub const CLUSTER: usize = 16;
pub const POD: usize = 9;

const INTERVAL_S: f64 = 15.0;
const PAGE_BYTES: f64 = 4096.0;

/// What moves.
#[derive(Debug, Clone)]
enum Kind {
    Call { per_second: f64, duration_ms: f64, request_bytes: f64, response_bytes: f64 },
    Cluster { per_second: f64 },
    Pod,
}

/// The values of a group, in the order in which its series stand.
#[derive(Debug, Clone)]
pub struct Group {
    kind: Kind,
    chance: Chance,
    pub values: Vec<f64>,
}

impl Group {
    /// A call: as many requests as `per_second` says. Counters begin where a proxy has them that runs for a while.
    pub fn call(mut chance: Chance, per_second: f64) -> Self {
        let kind = Kind::Call {
            per_second,
            duration_ms: 2.0 + 60.0 * chance.part().powi(3),
            request_bytes: 300.0 + (chance.below(1500)) as f64,
            response_bytes: 200.0 + (chance.below(20_000)) as f64,
        };
        let mut group = Self { kind, chance, values: vec![0.0; CALL] };
        let past = group.chance.below(2000);
        (0..past.min((per_second * 1000.0) as usize)).for_each(|_| group.request());
        group
    }

    pub fn cluster(mut chance: Chance, per_second: f64) -> Self {
        let mut values = vec![0.0; CLUSTER];
        values[..4].fill((chance.below(50_000) as f64 * per_second).round());
        values[10..].copy_from_slice(&[2.0, 2.0, 1024.0, 1024.0, 3.0, 0.0]);
        Self { kind: Kind::Cluster { per_second }, chance, values }
    }

    pub fn pod(mut chance: Chance) -> Self {
        let pages = |chance: &mut Chance, least: usize| (least + chance.below(least)) as f64 * PAGE_BYTES;
        let allocated = pages(&mut chance, 2500);
        let uptime_s = chance.below(1_000_000) as f64;
        let cpu_s = uptime_s * 0.02;
        let working_set = pages(&mut chance, 20_000);
        let values =
            vec![allocated, allocated + 6e6, uptime_s * 0.01, uptime_s, 1.0, 0.004, 1500.0, working_set, cpu_s];
        Self { kind: Kind::Pod, chance, values }
    }

    /// Goes on to the next sample.
    pub fn advance(&mut self) {
        match self.kind {
            Kind::Call { per_second, .. } => {
                let requests = self.chance.arrivals(per_second * INTERVAL_S);
                (0..requests).for_each(|_| self.request());
            }
            Kind::Cluster { per_second } => self.advance_cluster(per_second),
            Kind::Pod => self.advance_pod(),
        }
    }

    fn request(&mut self) {
        let Kind::Call { duration_ms, request_bytes, response_bytes, .. } = self.kind else { return };
        self.values[0] += 1.0;
        let spread = (0.6 * self.chance.normal()).exp();
        // Envoy's histograms hold whole milliseconds, and Istio's sizes are whole bytes.
        let measured = [
            (duration_ms * spread).round(),
            request_bytes + self.chance.below(64) as f64,
            response_bytes + self.chance.below(64) as f64,
        ];
        for (measured, parts) in measured.into_iter().zip(self.values[1..].chunks_mut(HISTOGRAM)) {
            let below = BOUNDS.partition_point(|bound| *bound < measured);
            parts[below..=BOUNDS.len()].iter_mut().for_each(|bucket| *bucket += 1.0);
            parts[HISTOGRAM - 2] += measured;
            parts[HISTOGRAM - 1] += 1.0;
        }
    }

    /// The order is that of [`super::labels::CLUSTER_METRICS`].
    fn advance_cluster(&mut self, per_second: f64) {
        let requests = self.chance.arrivals(per_second * INTERVAL_S) as f64;
        let connections = self.chance.arrivals(requests * 0.01) as f64;
        let (active, pending) = (self.chance.arrivals(per_second * 0.05) as f64, self.chance.arrivals(0.02) as f64);
        let is_retried = self.chance.below(200) == 0;
        let bytes = requests * (400.0 + self.chance.below(100) as f64);
        let values = &mut self.values;
        values[0] += requests;
        values[1] += requests;
        values[2] += connections;
        values[3] += f64::from(u8::from(is_retried));
        values[4] += bytes;
        values[5] += bytes * 7.0;
        values[6] = (values[6] + connections - self.chance.arrivals(connections) as f64).max(1.0);
        values[7] = active;
        values[8] = pending;
        values[9] += f64::from(u8::from(is_retried));
    }

    /// The order is that of [`super::labels::POD_METRICS`].
    fn advance_pod(&mut self) {
        let walk = |chance: &mut Chance, step: f64| (step * chance.normal()).round() * PAGE_BYTES;
        self.values[0] = (self.values[0] + walk(&mut self.chance, 4.0)).max(PAGE_BYTES);
        self.values[2] += self.chance.arrivals(0.2) as f64;
        self.values[3] += INTERVAL_S;
        self.values[5] = 0.003 + self.chance.part() * 0.002;
        self.values[7] = (self.values[7] + walk(&mut self.chance, 20.0)).max(PAGE_BYTES);
        // In whole microseconds.
        self.values[8] = (self.values[8] * 1e6 + 2e5 + self.chance.below(200_000) as f64).round() / 1e6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advanced(mut group: Group, steps: usize) -> Vec<Vec<f64>> {
        (0..steps)
            .map(|_| {
                group.advance();
                group.values.clone()
            })
            .collect()
    }

    #[test]
    fn a_histogram_agrees_with_its_counter_in_every_sample() {
        for values in advanced(Group::call(Chance::new(3), 2.0), 50) {
            for parts in values[1..].chunks(HISTOGRAM) {
                assert!(parts[..=BOUNDS.len()].is_sorted(), "{parts:?}");
                assert_eq!(parts[BOUNDS.len()], values[0], "+Inf has all");
                assert_eq!(parts[HISTOGRAM - 1], values[0]);
            }
        }
    }

    #[test]
    fn counters_never_fall() {
        let counters = |group: &str, steps: Vec<Vec<f64>>, at: &[usize]| {
            for (before, after) in steps.iter().zip(&steps[1..]) {
                at.iter().for_each(|at| assert!(before[*at] <= after[*at], "{group} {at}"));
            }
        };
        counters("call", advanced(Group::call(Chance::new(4), 5.0), 100), &(0..CALL).collect::<Vec<_>>());
        counters("cluster", advanced(Group::cluster(Chance::new(4), 5.0), 100), &[0, 1, 2, 3, 4, 5, 9]);
        counters("pod", advanced(Group::pod(Chance::new(4)), 100), &[2, 3, 8]);
    }

    #[test]
    fn a_call_without_requests_stands_still() {
        let steps = advanced(Group::call(Chance::new(5), 0.0), 10);
        assert!(steps.iter().all(|values| *values == steps[0]));
    }
}
