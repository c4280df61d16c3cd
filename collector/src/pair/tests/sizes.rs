//! Traces of ten thousand spans, in the shapes that would hurt: every stage must stay a loop. A stage that compared spans
//! with each other would take minutes here.

use std::sync::Arc;

use spanloom_store::ledger::Observer;
use spanloom_store::{SpanId, TraceId};

use super::case::{BASE_NS, MS_NS, TRACE};
use crate::pair::{Cluster, Facts, Kind, Observations, Origin, Peer, Proxy, Span, Unpaired, observations};

const SPANS: i64 = 10_000;

fn span(id: i64, parent: Option<i64>, kind: Kind, service: &str) -> Span {
    Span {
        start_ns: BASE_NS + id * MS_NS,
        trace_id: TraceId::from_halves(0, TRACE),
        span_id: SpanId::from_int(id + 1),
        end_ns: BASE_NS + 2 * SPANS * MS_NS - id * MS_NS,
        parent: parent.map(|parent| SpanId::from_int(parent + 1)),
        name: None,
        facts: Arc::new(Facts {
            kind,
            origin: Arc::new(Origin { service: Some(service.into()), ..Origin::default() }),
            ..Facts::default()
        }),
        links: Box::default(),
    }
}

fn proxied(mut span: Span, cluster: &str) -> Span {
    Arc::make_mut(&mut span.facts).proxy =
        Some(Arc::new(Proxy { upstream_cluster: Some(Cluster::new(cluster.into()).into()), ..Proxy::default() }));
    span
}

fn count(found: &Observations, observer: Observer) -> usize {
    found.rows.iter().filter(|row| row.observer == observer).count()
}

#[test]
fn a_chain_of_calls() {
    let kind = |id: i64| if id % 2 == 0 { Kind::Client } else { Kind::Server };
    let chain: Vec<Span> = (0..SPANS)
        .map(|id| span(id, (id > 0).then(|| id - 1), kind(id), &format!("s{}", (id + 1) / 2 % 100)))
        .collect();
    let found = observations(&chain, i64::MAX);
    assert_eq!(count(&found, Observer::SourceApp), 5_000);
    assert_eq!(count(&found, Observer::TargetApp), 5_000);
    assert!(found.rows.iter().all(|row| row.reason.is_none() && row.attempts == 1));
}

#[test]
fn one_call_that_arrives_everywhere() {
    let mut wide = vec![span(0, None, Kind::Client, "web")];
    wide.extend((1..SPANS).map(|id| span(id, Some(0), Kind::Server, &format!("target-{id}"))));
    let found = observations(&wide, i64::MAX);
    assert_eq!(count(&found, Observer::SourceApp), 9_999);
    assert_eq!(count(&found, Observer::TargetApp), 9_999);
}

#[test]
fn one_call_with_ten_thousand_tries() {
    let mut tries = vec![proxied(span(0, None, Kind::Server, "web"), "outbound|80||api.shop.svc.cluster.local")];
    tries.extend(
        (1..SPANS / 2)
            .map(|id| proxied(span(id, Some(0), Kind::Client, "web"), "outbound|80||api.shop.svc.cluster.local")),
    );
    tries.extend((SPANS / 2..SPANS - 1).map(|id| span(id, Some(id - SPANS / 2 + 1), Kind::Server, "api")));
    let found = observations(&tries, i64::MAX);
    let request = found.rows.iter().find(|row| row.observer == Observer::SourceProxy).unwrap();
    assert_eq!(request.attempts, 4_999);
    assert_eq!(count(&found, Observer::SourceProxy), 1);
    assert_eq!(count(&found, Observer::TargetApp), 4_999);
}

#[test]
fn clients_in_clients_and_work_in_work() {
    let nested: Vec<Span> = (0..SPANS)
        .map(|id| {
            let kind = if id % 2 == 0 { Kind::Client } else { Kind::Internal };
            let mut span = span(id, (id > 0).then(|| id - 1), kind, "web");
            Arc::make_mut(&mut span.facts).peer =
                Some(Arc::new(Peer { address: Some("api.example.com".into()), ..Peer::default() }));
            span
        })
        .collect();
    let found = observations(&nested, i64::MAX);
    assert_eq!(found.rows.len(), 1);
    assert_eq!(found.rows[0].span_id, SpanId::from_int(1));
    assert_eq!(found.rows[0].attempts, 1);
}

#[test]
fn a_client_around_clients_of_many_hosts_each_through_its_proxy() {
    let mut spans = vec![span(0, None, Kind::Client, "web")];
    for id in (1..SPANS - 2).step_by(3) {
        let cluster = format!("outbound|80||s{id}.shop.svc.cluster.local");
        spans.push(span(id, Some(0), Kind::Client, "web"));
        spans.push(proxied(span(id + 1, Some(id), Kind::Server, "web"), &cluster));
        spans.push(span(id + 2, Some(id + 1), Kind::Server, &format!("s{id}")));
    }
    let found = observations(&spans, i64::MAX);
    let calls = spans.len() / 3;
    assert_eq!(count(&found, Observer::SourceApp), calls);
    assert_eq!(count(&found, Observer::SourceProxy), calls);
    assert_eq!(count(&found, Observer::TargetApp), calls);
}

#[test]
fn one_id_for_all() {
    let mut same: Vec<Span> = (0..SPANS).map(|id| span(id, Some(0), Kind::Server, &format!("s{id}"))).collect();
    same.iter_mut().for_each(|span| span.span_id = SpanId::from_int(1));
    let found = observations(&same, i64::MAX);
    assert_eq!(found.operations.len(), 10_000);
    assert_eq!(found.unpaired, [(Unpaired::Circle, 1), (Unpaired::ParentMissing, 1)].into());
}

#[test]
fn one_circle_of_all() {
    let circle: Vec<Span> =
        (0..SPANS).map(|id| span(id, Some((id + SPANS - 1) % SPANS), Kind::Server, &format!("s{}", id % 7))).collect();
    let found = observations(&circle, i64::MAX);
    assert_eq!(found.unpaired[&Unpaired::Circle], 1);
    assert_eq!(count(&found, Observer::TargetApp), 10_000);
}

#[test]
fn ten_thousand_parents_that_are_not_stored() {
    let lost: Vec<Span> = (0..SPANS).map(|id| span(id, Some(id + SPANS), Kind::Server, "web")).collect();
    let found = observations(&lost, i64::MAX);
    assert_eq!(found.unpaired, [(Unpaired::ParentMissing, 10_000)].into());
    assert_eq!(found.rows.len(), 10_000);
}
