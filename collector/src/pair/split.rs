//! Where the time of a request went: *app | source proxy | network | target proxy | app*.
//!
//! Durations are compared and never times of two hosts, so that clocks that differ cannot make a network fast or slow. A
//! call contains the next one on its way; should it claim to be shorter, the rest took no time.

use super::observation::LatencySplit;

/// How long a request took where it was seen, from the source to the target.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Durations {
    pub source_app_ns: Option<i64>,
    pub source_proxy_ns: Option<i64>,
    /// The proxy's last try: what is left of its time is the proxy's own, earlier tries with it.
    pub attempt_ns: Option<i64>,
    pub target_proxy_ns: Option<i64>,
    pub target_app_ns: Option<i64>,
}

/// The place of the attempt among the durations: what is above it is on the source's side.
const ATTEMPT: usize = 2;

/// The parts between each two neighbours, and the target app's own; nothing for a request that one observer saw.
pub(super) fn split(durations: Durations) -> LatencySplit {
    let mut parts = LatencySplit::default();
    let seen = [
        durations.source_app_ns,
        durations.source_proxy_ns,
        durations.attempt_ns,
        durations.target_proxy_ns,
        durations.target_app_ns,
    ];
    let mut seen = seen.into_iter().enumerate().filter_map(|(place, ns)| Some((place, ns?)));
    let Some((mut above, mut above_ns)) = seen.next() else { return parts };
    let mut is_compared = false;
    for (place, ns) in seen {
        let ns = ns.min(above_ns);
        let part = match (above, place) {
            (..=ATTEMPT, ATTEMPT..) if place > ATTEMPT => &mut parts.network_ns,
            (0, _) => &mut parts.source_app_ns,
            (..=ATTEMPT, _) => &mut parts.source_proxy_ns,
            _ => &mut parts.target_proxy_ns,
        };
        *part = Some(above_ns - ns);
        (above, above_ns, is_compared) = (place, ns, true);
    }
    parts.target_app_ns = durations.target_app_ns.filter(|_| is_compared).map(|_| above_ns);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(durations: [Option<i64>; 5], expected: [Option<i64>; 5]) {
        let [source_app_ns, source_proxy_ns, attempt_ns, target_proxy_ns, target_app_ns] = durations;
        let found = split(Durations { source_app_ns, source_proxy_ns, attempt_ns, target_proxy_ns, target_app_ns });
        let found =
            [found.source_app_ns, found.source_proxy_ns, found.network_ns, found.target_proxy_ns, found.target_app_ns];
        assert_eq!(found, expected, "{durations:?}");
    }

    #[test]
    fn the_parts_of_a_request_seen_everywhere_add_up_to_the_whole() {
        check([Some(100), Some(90), Some(80), Some(50), Some(40)], [Some(10), Some(10), Some(30), Some(10), Some(40)]);
    }

    #[test]
    fn a_proxy_with_one_span_per_hop_counts_to_the_network() {
        check([Some(100), Some(90), None, Some(50), Some(40)], [Some(10), None, Some(40), Some(10), Some(40)]);
    }

    #[test]
    fn two_observers_tell_what_is_between_them() {
        check([Some(100), None, None, None, Some(40)], [None, None, Some(60), None, Some(40)]);
        check([None, Some(90), None, Some(50), None], [None, None, Some(40), None, None]);
        check([None, None, None, Some(50), Some(40)], [None, None, None, Some(10), Some(40)]);
    }

    #[test]
    fn one_observer_tells_nothing() {
        check([Some(100), None, None, None, None], [None; 5]);
        check([None, None, None, None, Some(40)], [None; 5]);
    }

    #[test]
    fn a_call_that_claims_to_be_longer_than_its_caller_takes_all_of_its_time() {
        check([Some(100), Some(90), None, Some(95), Some(96)], [Some(10), None, Some(0), Some(0), Some(90)]);
    }
}
