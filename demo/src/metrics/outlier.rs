//! Outlier detection as Envoy does it: who fails some times in a row is left alone for a while.

/// Failures in a row, as a rule for an outside provider would say it.
const CONSECUTIVE_MAX: u32 = 3;
/// Envoy's base time, which grows with every ejection of a host.
const BASE_NS: u64 = 30_000_000_000;
/// Envoy's bound of that growth.
const EJECTION_NS_MAX: u64 = 300_000_000_000;

/// The hosts of one cluster. At most half of them are ejected at a time.
#[derive(Debug, Clone)]
pub struct Outlier {
    hosts: Vec<Host>,
    /// Since the start.
    pub ejections: u64,
}

#[derive(Debug, Clone, Default)]
struct Host {
    failures: u32,
    /// Since the epoch; 0 while it is in.
    until_ns: u64,
    times: u64,
}

impl Outlier {
    pub fn new(hosts: usize) -> Self {
        Self { hosts: vec![Host::default(); hosts.max(1)], ejections: 0 }
    }

    pub fn active(&self) -> usize {
        self.hosts.iter().filter(|host| host.until_ns > 0).count()
    }

    /// A try at a host has ended; any number stands for a host.
    pub fn tried(&mut self, number: u64, has_failed: bool, now_ns: u64) {
        let has_room = (self.active() + 1) * 2 <= self.hosts.len();
        let number = (number % self.hosts.len() as u64) as usize;
        let host = &mut self.hosts[number];
        host.failures = if has_failed { host.failures.saturating_add(1) } else { 0 };
        if host.failures >= CONSECUTIVE_MAX && host.until_ns == 0 && has_room {
            host.times += 1;
            host.failures = 0;
            host.until_ns = now_ns + (BASE_NS * host.times).min(EJECTION_NS_MAX);
            self.ejections += 1;
        }
    }

    /// Lets those in again whose time is over.
    pub fn settle(&mut self, now_ns: u64) {
        self.hosts.iter_mut().filter(|host| host.until_ns <= now_ns).for_each(|host| host.until_ns = 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_eject_a_host_for_a_while_but_never_the_last_half() {
        let mut outlier = Outlier::new(2);
        for number in [0, 0, 1, 0, 1, 1] {
            outlier.tried(number, true, 1);
        }
        assert_eq!((outlier.active(), outlier.ejections), (1, 1));
        outlier.settle(BASE_NS);
        assert_eq!(outlier.active(), 1);
        outlier.settle(BASE_NS + 1);
        assert_eq!(outlier.active(), 0);
    }

    #[test]
    fn a_success_between_failures_starts_the_row_anew() {
        let mut outlier = Outlier::new(2);
        for has_failed in [true, true, false, true, true] {
            outlier.tried(0, has_failed, 1);
        }
        assert_eq!(outlier.active(), 0);
    }
}
