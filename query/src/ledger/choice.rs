//! Whose numbers count, where several saw the same calls.
//!
//! Evidence is chosen first, then the observer within it; and for each number by itself, among those that have it. What is
//! not chosen is not lost: an answer shows every view, because where they disagree the disagreement is the diagnosis.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use spanloom_store::ledger::{Evidence, Exemplars, Histogram, Observer, Split, Weight};
use spanloom_store::schema::edges::EdgeValues;

/// The kinds of evidence, the one that is asked first in front: proxies count every call, spans only what was sampled.
const EVIDENCE: [Evidence; 3] = [Evidence::Metric, Evidence::Log, Evidence::Span];
/// The observers for requests, errors, latency and attempts. Those near the source saw what the caller got, also where
/// nothing reached the target; a ztunnel at the target comes last, for edges that nobody else saw.
const OBSERVERS: [Observer; 7] = [
    Observer::SourceProxy,
    Observer::Waypoint,
    Observer::SourceApp,
    Observer::ZtunnelSource,
    Observer::TargetProxy,
    Observer::TargetApp,
    Observer::ZtunnelTarget,
];
/// The observers that can know whether a connection was under mutual TLS: those where it ended, or who made it.
const MTLS_OBSERVERS: [Observer; 5] =
    [Observer::TargetProxy, Observer::TargetApp, Observer::Waypoint, Observer::ZtunnelTarget, Observer::ZtunnelSource];

/// Who saw it and how; ordered as they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub evidence: Evidence,
    pub observer: Observer,
}

impl View {
    fn rank(self) -> (usize, usize) {
        (place(&EVIDENCE, self.evidence), place(&OBSERVERS, self.observer))
    }
}

fn place<T: PartialEq>(order: &[T], item: T) -> usize {
    order.iter().position(|other| *other == item).unwrap_or(order.len())
}

impl Ord for View {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for View {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All views of the same calls, each added up over the range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Views(BTreeMap<View, EdgeValues>);

impl Views {
    /// The values of one view, to be added to.
    pub fn entry(&mut self, view: View) -> &mut EdgeValues {
        self.0.entry(view).or_default()
    }

    pub fn get(&self, view: View) -> Option<&EdgeValues> {
        self.0.get(&view)
    }

    /// In the order in which they are asked.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (View, &EdgeValues)> {
        self.0.iter().map(|(view, values)| (*view, values))
    }

    /// The view whose requests and errors count: errors say nothing where requests are not known.
    pub fn counting(&self) -> Option<(View, &EdgeValues)> {
        self.iter().find(|(_, values)| values.requests.is_some())
    }

    /// The view that the answer names: that of the requests, or where nobody counts them the first.
    pub fn leading(&self) -> Option<(View, &EdgeValues)> {
        self.counting().or_else(|| self.iter().next())
    }

    pub fn requests(&self) -> Option<Weight> {
        self.counting()?.1.requests
    }

    pub fn errors(&self) -> Option<Weight> {
        Some(self.counting()?.1.outcomes.errors())
    }

    pub fn attempts(&self) -> Option<Weight> {
        self.first(|values| values.attempts)
    }

    pub fn latency(&self) -> Option<&Histogram> {
        self.first(|values| Some(&values.latency).filter(|latency| !latency.is_empty()))
    }

    pub fn split(&self) -> Option<&Split> {
        self.first(|values| Some(&values.split).filter(|split| **split != Split::default()))
    }

    pub fn exemplars(&self) -> Option<&Exemplars> {
        self.first(|values| Some(&values.exemplars).filter(|exemplars| **exemplars != Exemplars::default()))
    }

    /// The part of the calls under mutual TLS, 0 to 1. Spans do not tell, so they are not asked.
    pub fn mtls(&self) -> Option<f64> {
        let told = EVIDENCE.into_iter().filter(|evidence| *evidence != Evidence::Span);
        told.flat_map(|evidence| MTLS_OBSERVERS.map(|observer| View { evidence, observer }))
            .find_map(|view| mtls_part(self.0.get(&view)?))
    }

    /// Whether anything was seen at all: where requests are not counted, that there was a connection.
    pub fn is_active(&self) -> bool {
        match self.requests() {
            Some(requests) => !requests.is_zero(),
            None => self.iter().any(|(_, values)| values.observed > 0),
        }
    }

    fn first<'a, T>(&'a self, number: impl Fn(&'a EdgeValues) -> Option<T>) -> Option<T> {
        self.0.values().find_map(number)
    }
}

/// Of the requests, or where they are not counted of the connections.
fn mtls_part(values: &EdgeValues) -> Option<f64> {
    let mtls = values.mtls?.as_f64();
    let all = values.requests.or(values.connections).filter(|all| !all.is_zero())?.as_f64();
    Some((mtls / all).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(requests: Option<f64>) -> EdgeValues {
        EdgeValues { requests: requests.map(Weight::new), observed: 1, ..EdgeValues::default() }
    }

    fn views(seen: impl IntoIterator<Item = (Evidence, Observer, EdgeValues)>) -> Views {
        let mut views = Views::default();
        for (evidence, observer, values) in seen {
            views.entry(View { evidence, observer }).merge(&values);
        }
        views
    }

    fn check(seen: &[(Evidence, Observer, Option<f64>)], expected: Option<(Evidence, Observer)>) {
        let views = views(seen.iter().map(|(evidence, observer, requests)| (*evidence, *observer, values(*requests))));
        assert_eq!(views.counting().map(|(view, _)| (view.evidence, view.observer)), expected, "{seen:?}");
    }

    #[test]
    fn evidence_is_chosen_first_then_the_observer() {
        use Evidence::{Log, Metric, Span};
        use Observer::*;
        check(&[], None);
        check(&[(Span, SourceProxy, Some(1.0)), (Log, TargetProxy, Some(2.0))], Some((Log, TargetProxy)));
        check(&[(Log, SourceProxy, Some(1.0)), (Metric, TargetProxy, Some(2.0))], Some((Metric, TargetProxy)));
        let mut order: Vec<_> = OBSERVERS.iter().map(|observer| (Span, *observer, Some(1.0))).collect();
        assert_eq!(OBSERVERS.len(), Observer::ALL.len(), "every observer has its place");
        while let Some((evidence, observer, _)) = order.first().copied() {
            order.reverse();
            check(&order, Some((evidence, observer)));
            order.reverse();
            order.remove(0);
        }
    }

    #[test]
    fn who_does_not_have_a_number_is_not_asked_for_it() {
        use Evidence::{Metric, Span};
        use Observer::*;
        check(&[(Metric, SourceProxy, None), (Metric, TargetProxy, Some(2.0))], Some((Metric, TargetProxy)));
        check(&[(Metric, ZtunnelSource, None), (Span, TargetApp, Some(2.0))], Some((Span, TargetApp)));
        let mut slow = values(None);
        slow.latency.record(5, Weight::ONE);
        slow.attempts = Some(Weight::new(3.0));
        let views = views([(Metric, SourceProxy, values(Some(1.0))), (Span, TargetApp, slow)]);
        assert_eq!(views.latency().and_then(Histogram::max_ns), Some(5));
        assert_eq!(views.attempts(), Some(Weight::new(3.0)));
        assert_eq!(views.requests(), Some(Weight::ONE));
    }

    #[test]
    fn mutual_tls_is_known_where_connections_end_and_never_from_spans() {
        use Evidence::{Log, Metric, Span};
        use Observer::*;
        let secure = |requests: Option<f64>, connections: Option<f64>, mtls: f64| EdgeValues {
            connections: connections.map(Weight::new),
            mtls: Some(Weight::new(mtls)),
            ..values(requests)
        };
        let part = |seen: Vec<_>| views(seen).mtls();
        assert_eq!(part(vec![(Span, TargetProxy, secure(Some(4.0), None, 4.0))]), None);
        assert_eq!(part(vec![(Metric, SourceProxy, secure(Some(4.0), None, 4.0))]), None);
        assert_eq!(part(vec![(Metric, TargetProxy, secure(Some(4.0), None, 3.0))]), Some(0.75));
        assert_eq!(part(vec![(Metric, ZtunnelSource, secure(None, Some(8.0), 2.0))]), Some(0.25));
        assert_eq!(part(vec![(Log, Waypoint, secure(Some(0.0), None, 0.0))]), None, "nothing of nothing");
        let both = vec![
            (Log, TargetProxy, secure(Some(2.0), None, 0.0)),
            (Metric, ZtunnelTarget, secure(Some(2.0), None, 2.0)),
        ];
        assert_eq!(part(both), Some(1.0), "metrics are asked before logs");
    }

    #[test]
    fn an_edge_of_connections_only_is_active_though_its_requests_are_not_known() {
        let tcp = views([(Evidence::Metric, Observer::ZtunnelTarget, values(None))]);
        assert!(tcp.is_active());
        assert_eq!((tcp.requests(), tcp.errors()), (None, None));
        assert_eq!(tcp.leading().map(|(view, _)| view.observer), Some(Observer::ZtunnelTarget));
        assert!(!views([(Evidence::Span, Observer::SourceApp, values(Some(0.0)))]).is_active());
    }
}
