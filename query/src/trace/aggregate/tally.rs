//! Times by key, one of each trace that has any.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::answer::{OtherPathTime, PathTime};

/// What a key takes besides its text: its place in the map and its list of times.
const KEY_BYTES: usize = 256;
/// A list that grows has room for as much again.
const TIME_BYTES: usize = 2 * size_of::<i64>();

pub(super) struct Tally<K> {
    times_ns: BTreeMap<K, Vec<i64>>,
    keys_max: usize,
    /// Time of keys that came when there were `keys_max` already.
    untold_ns: i128,
    held_bytes: usize,
    /// Length of a key's texts.
    text_bytes: fn(&K) -> usize,
}

/// What came of it.
pub(super) struct Tallied<K> {
    /// The most time first.
    pub listed: Vec<(K, PathTime)>,
    /// Keys that were told apart.
    pub key_count: usize,
    /// The time of all keys that are not listed.
    pub other: OtherPathTime,
}

impl<K: Ord> Tally<K> {
    pub fn new(keys_max: usize, text_bytes: fn(&K) -> usize) -> Self {
        Self { times_ns: BTreeMap::new(), keys_max, untold_ns: 0, held_bytes: 0, text_bytes }
    }

    /// Adds the time of one trace.
    pub fn add(&mut self, key: K, time_ns: i64) {
        if let Some(times_ns) = self.times_ns.get_mut(&key) {
            times_ns.push(time_ns);
            self.held_bytes += TIME_BYTES;
        } else if self.times_ns.len() < self.keys_max {
            self.held_bytes += KEY_BYTES + TIME_BYTES + (self.text_bytes)(&key);
            self.times_ns.insert(key, vec![time_ns]);
        } else {
            self.untold_ns += i128::from(time_ns);
        }
    }

    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// The `listed_max` keys with most time; shares are of `whole_ns`.
    pub fn finish(self, listed_max: usize, whole_ns: i128) -> Tallied<K> {
        let key_count = self.times_ns.len();
        let keys = self.times_ns.into_iter().map(|(key, times_ns)| (total_ns(&times_ns), key, times_ns));
        let mut keys: Vec<(i128, K, Vec<i64>)> = keys.collect();
        // A stable sort: among equals the order is that of the keys.
        keys.sort_by_key(|(total_ns, ..)| Reverse(*total_ns));
        let unlisted = keys.split_off(listed_max.min(keys.len()));
        let other_ns = unlisted.iter().fold(self.untold_ns, |sum, (total_ns, ..)| sum + total_ns);
        let listed = keys.into_iter().map(|(_, key, times_ns)| (key, path_time(times_ns, whole_ns)));
        let other = OtherPathTime { total_ns: clamped(other_ns), share: share(other_ns, whole_ns) };
        Tallied { listed: listed.collect(), key_count, other }
    }
}

/// What is said of the times of some traces; shares are of `whole_ns`.
pub(super) fn path_time(mut times_ns: Vec<i64>, whole_ns: i128) -> PathTime {
    let Some(mean_ns) = mean_ns(&times_ns) else { return PathTime::default() };
    times_ns.sort_unstable();
    let total_ns = total_ns(&times_ns);
    PathTime {
        trace_count: times_ns.len(),
        total_ns: clamped(total_ns),
        share: share(total_ns, whole_ns),
        mean_ns,
        p50_ns: percentile(&times_ns, 50),
        p95_ns: percentile(&times_ns, 95),
        max_ns: times_ns[times_ns.len() - 1],
    }
}

/// None where there are no times.
fn mean_ns(times_ns: &[i64]) -> Option<i64> {
    Some(clamped(total_ns(times_ns).checked_div(times_ns.len() as i128)?))
}

fn total_ns(times_ns: &[i64]) -> i128 {
    times_ns.iter().copied().map(i128::from).sum()
}

/// The least of the sorted times, of which there is one, that so many percent are not above.
fn percentile(sorted_ns: &[i64], percent: usize) -> i64 {
    let rank = (sorted_ns.len() * percent).div_ceil(100);
    sorted_ns[rank.max(1) - 1]
}

fn share(part_ns: i128, whole_ns: i128) -> f64 {
    if whole_ns == 0 { 0.0 } else { part_ns as f64 / whole_ns as f64 }
}

/// Durations are what senders say, so their sum may be more than can be said.
pub(super) fn clamped(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}
