//! Whose numbers count in an hour of an edge.
//!
//! The same choice as in the graph ([`crate::ledger::Views`]): evidence first, then the observer, each number among
//! those who have it. It is made once for the whole hour, so that a counter does not jump between observers; where
//! another one wins in a later hour the counter starts anew anyway.

use std::collections::BTreeMap;

use spanloom_store::ledger::{Histogram, Observer, Weight};
use spanloom_store::schema::edges::EdgeValues;

use crate::ledger::{View, Views};

/// Who sees requests where they arrive.
const SERVER_OBSERVERS: [Observer; 3] = [Observer::TargetProxy, Observer::TargetApp, Observer::ZtunnelTarget];
/// Who sees them where they are made.
const CLIENT_OBSERVERS: [Observer; 3] = [Observer::SourceProxy, Observer::SourceApp, Observer::ZtunnelSource];

/// What counts of one window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// None where nobody counted any.
    pub requests: Option<Weight>,
    /// None where the requests are.
    pub failed: Option<Weight>,
    pub server_latency: Histogram,
    pub client_latency: Histogram,
}

/// What counts of the windows of one edge in one hour.
///
/// Latency at the server is that of the first view from there; where nobody looked from there it is that of the graph,
/// whoever saw it, because an edge without it has no average in Grafana. Latency at the client is known by those there,
/// or not at all.
pub(crate) fn chosen(windows: &BTreeMap<i64, Views>) -> impl Iterator<Item = (i64, Numbers)> {
    let counting = first(windows, |_, values| values.requests.is_some());
    let timing = first(windows, |_, values| has_latency(values));
    let of = |observers: [Observer; 3]| {
        first(windows, move |view, values| observers.contains(&view.observer) && has_latency(values))
    };
    let (server, client) = (of(SERVER_OBSERVERS).or(timing), of(CLIENT_OBSERVERS));
    windows.iter().map(move |(window, views)| {
        let get = |view: Option<View>| view.and_then(|view| views.get(view));
        let latency = |view| get(view).map(|values| values.latency.clone()).unwrap_or_default();
        let counted = get(counting).filter(|values| values.requests.is_some());
        let numbers = Numbers {
            requests: counted.and_then(|values| values.requests),
            failed: counted.map(|values| values.outcomes.errors()),
            server_latency: latency(server),
            client_latency: latency(client),
        };
        (*window, numbers)
    })
}

/// The view that is asked first, of all that in some window have what is looked for.
fn first(windows: &BTreeMap<i64, Views>, has: impl Fn(View, &EdgeValues) -> bool) -> Option<View> {
    let all = windows.values().flat_map(Views::iter);
    all.filter(|(view, values)| has(*view, values)).map(|(view, _)| view).min()
}

fn has_latency(values: &EdgeValues) -> bool {
    !values.latency.is_empty()
}

#[cfg(test)]
mod tests {
    use spanloom_store::ledger::{Evidence, Outcome};

    use super::*;

    /// A window, who saw it, how many requests, how long each took.
    type Seen = (i64, Evidence, Observer, Option<f64>, i64);

    fn windows(seen: &[Seen]) -> BTreeMap<i64, Views> {
        let mut windows: BTreeMap<i64, Views> = BTreeMap::new();
        for (window, evidence, observer, requests, duration_ns) in seen {
            let requests = requests.map(Weight::new);
            let mut values = EdgeValues { requests, observed: 1, ..EdgeValues::default() };
            values.outcomes.record(Outcome::Http5xx, Weight::ONE);
            if *duration_ns > 0 {
                values.latency.record(*duration_ns, Weight::ONE);
            }
            let view = View { evidence: *evidence, observer: *observer };
            windows.entry(*window).or_default().entry(view).merge(&values);
        }
        windows
    }

    /// A window, its requests, the longest at the server and at the client.
    type Found = (i64, Option<f64>, Option<i64>, Option<i64>);

    fn check(seen: &[Seen], expected: &[Found]) {
        let windows = windows(seen);
        let found: Vec<_> = chosen(&windows)
            .map(|(window, numbers)| {
                assert_eq!(numbers.requests.is_some(), numbers.failed.is_some());
                let requests = numbers.requests.map(Weight::as_f64);
                (window, requests, numbers.server_latency.max_ns(), numbers.client_latency.max_ns())
            })
            .collect();
        assert_eq!(found, expected, "{seen:?}");
    }

    use Evidence::{Metric, Span};
    use Observer::{SourceApp, SourceProxy, TargetApp, TargetProxy, Waypoint, ZtunnelTarget};

    #[test]
    fn one_view_counts_in_all_windows_of_the_hour() {
        let seen = [(0, Span, SourceApp, Some(5.0), 0), (10, Metric, TargetApp, Some(3.0), 0)];
        check(&seen, &[(0, None, None, None), (10, Some(3.0), None, None)]);
    }

    #[test]
    fn each_end_tells_its_own_latency() {
        let seen = [(0, Span, SourceProxy, Some(1.0), 9), (0, Span, TargetProxy, Some(2.0), 5)];
        check(&seen, &[(0, Some(1.0), Some(5), Some(9))]);
    }

    #[test]
    fn where_nobody_looked_from_the_server_the_graph_s_latency_stands_in() {
        check(&[(0, Span, SourceApp, Some(1.0), 9)], &[(0, Some(1.0), Some(9), Some(9))]);
        check(&[(0, Span, Waypoint, Some(1.0), 7)], &[(0, Some(1.0), Some(7), None)]);
        check(&[(0, Span, TargetApp, Some(1.0), 5)], &[(0, Some(1.0), Some(5), None)]);
    }

    #[test]
    fn connections_that_nobody_counted_requests_of_have_none() {
        check(&[(0, Metric, ZtunnelTarget, None, 0)], &[(0, None, None, None)]);
    }

    /// Over one window it is what the graph says.
    #[test]
    fn the_choice_is_that_of_the_graph() {
        let seen = [
            (0, Span, TargetApp, Some(1.0), 5),
            (0, Metric, TargetProxy, Some(4.0), 0),
            (0, Metric, SourceProxy, None, 0),
            (0, Span, Waypoint, Some(2.0), 6),
        ];
        let windows = windows(&seen);
        let (_, numbers) = chosen(&windows).next().unwrap();
        assert_eq!((numbers.requests, numbers.failed), (windows[&0].requests(), windows[&0].errors()));
        let graph = windows[&0].latency().and_then(Histogram::max_ns);
        assert_eq!((graph, numbers.server_latency.max_ns()), (Some(6), Some(5)));
    }
}
