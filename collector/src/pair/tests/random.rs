//! Properties that hold for every trace, however odd.

use std::collections::BTreeMap;

use proptest::prelude::*;
use spanloom_store::ledger::{Observer, Reason, Side};

use super::case::{self, BASE_NS, Case, MS_NS};
use crate::pair::{Observations, Span, observations};

const SERVICES: [&str; 6] = ["web", "web.shop", "reviews", "reviews.shop", "gw", "-"];
const KINDS: [&str; 6] = ["server", "client", "internal", "none", "producer", "consumer"];
const PROXIES: [&str; 9] = [
    "",
    "",
    "",
    "proxy",
    "proxy up=in",
    "proxy up=out:reviews.shop",
    "node=sidecar:web.shop up=out:reviews.shop",
    "node=router:gw.edge up=out:web.shop",
    "node=waypoint:wp.shop up=vip:reviews.shop",
];
const WORDS: [&str; 9] = [
    "",
    "http.status_code=200",
    "http.status_code=503 flags=UH",
    "server.address=reviews",
    "messaging.system=kafka messaging.destination.name=orders",
    "ns=shop",
    "state=ot=th:8",
    "shared",
    "db.system=redis",
];

/// A span as a line of a case. Any span may claim any other as its parent, itself, or one that is not stored.
fn line() -> impl Strategy<Value = String> {
    let id = 0..24_u32;
    let parent = prop_oneof![1 => Just("-".to_owned()), 6 => (0..26_u32).prop_map(|id| format!("s{id}"))];
    let pick = |words: &'static [&'static str]| prop::sample::select(words);
    let words = (pick(&PROXIES), pick(&WORDS), pick(&WORDS));
    (id, parent, pick(&KINDS), pick(&SERVICES), 0..20_000_i64, 0..900_i64, words).prop_map(
        |(id, parent, kind, service, start, duration, (proxy, a, b))| {
            format!("s{id} {parent} {kind} {service} {start}..{} {proxy} {a} {b}", start + duration)
        },
    )
}

/// A tree as instrumentation makes it: each span's parent is an earlier one.
pub fn tree() -> impl Strategy<Value = Vec<String>> {
    let pick = |words: &'static [&'static str]| prop::sample::select(words);
    let span = (any::<prop::sample::Index>(), pick(&KINDS), pick(&SERVICES), pick(&PROXIES), pick(&WORDS));
    prop::collection::vec(span, 1..24).prop_map(|spans| {
        let line = |(i, (parent, kind, service, proxy, words)): (usize, (prop::sample::Index, _, _, _, _))| {
            let parent = if i == 0 { "-".to_owned() } else { format!("s{}", parent.index(i)) };
            format!("s{i} {parent} {kind} {service} {}..{} {proxy} {words}", i * 700, 20_000 - i)
        };
        spans.into_iter().enumerate().map(line).collect()
    })
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![prop::collection::vec(line(), 0..32), tree()]
}

fn case(lines: &[String]) -> Case {
    let text = format!("== random\n{}", lines.join("\n"));
    case::parse(&text).remove(0)
}

fn pair(case: &Case) -> (Vec<Span>, Observations) {
    let spans = case::spans(&case.rows, usize::MAX);
    let found = observations(&spans, i64::MAX);
    (spans, found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_do_not_depend_on_order_resends_or_batches(lines in lines(), order in any::<u64>(), size in 1..8_usize) {
        let case = case(&lines);
        let (_, found) = pair(&case);
        let mut rows = case.rows.clone();
        rows.extend(case.rows.iter().skip(1).step_by(3).cloned());
        rows.sort_by_key(|row| (row.span.span_id.as_int() as u64 ^ order).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        prop_assert_eq!(observations(&case::spans(&rows, size), i64::MAX), found);
    }

    #[test]
    fn the_stream_sees_what_the_closing_pass_sees_but_for_what_waits(lines in lines(), settled in 0..21_000_i64) {
        let case = case(&lines);
        let (spans, closed) = pair(&case);
        let stream = observations(&spans, BASE_NS + settled * MS_NS);
        prop_assert!(is_part(&stream.rows, &closed.rows));
        prop_assert_eq!(closed.waiting, 0);
        prop_assert!(stream.waiting > 0 || stream.rows == closed.rows);
        prop_assert_eq!(&stream.operations, &closed.operations);
        prop_assert_eq!(&stream.statements, &closed.statements);
    }

    #[test]
    fn every_span_is_one_operation(lines in lines()) {
        let (spans, found) = pair(&case(&lines));
        let mut keys: Vec<_> =
            spans.iter().map(|span| (span.start_ns, span.span_id, span.kind, span.origin.service.clone())).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(found.operations.len(), keys.len());
    }

    #[test]
    fn rows_say_what_their_reason_allows(lines in lines()) {
        let (spans, found) = pair(&case(&lines));
        for row in &found.rows {
            match row.reason {
                Some(Reason::NoTarget) => prop_assert_eq!(&*row.target, &Side::default()),
                Some(_) => prop_assert_eq!(&*row.source, &Side::default()),
                None => {}
            }
            let seen = spans.iter().filter(|span| span.span_id == row.span_id);
            let is_proxy = matches!(row.observer, Observer::SourceProxy | Observer::TargetProxy | Observer::Waypoint);
            prop_assert!(seen.into_iter().any(|span| span.is_proxy() == is_proxy && span.end_ns == row.end_ns));
            prop_assert!(row.latency_ns >= 0);
            let parts: i64 = row.split.parts().map(|(_, ns)| ns).sum();
            prop_assert!(parts <= row.latency_ns.max(spans.iter().map(Span::duration_ns).max().unwrap_or_default()));
        }
    }

    /// A span is seen as the arrival of one request at most; a message that nobody's span sent is two.
    #[test]
    fn no_arrival_is_counted_twice(lines in tree()) {
        let (_, found) = pair(&case(&lines));
        let mut arrivals: BTreeMap<_, u32> = BTreeMap::new();
        for row in &found.rows {
            let is_door = matches!(row.reason, Some(Reason::Root | Reason::RootOutbound | Reason::ParentMissing));
            let is_queue = row.source.inferred.is_some() || row.target.inferred.is_some();
            if matches!(row.observer, Observer::TargetProxy | Observer::TargetApp) && !is_door && !is_queue {
                *arrivals.entry(row.span_id).or_default() += 1;
            }
        }
        prop_assert!(arrivals.values().all(|count| *count == 1), "{:?}", arrivals);
    }
}

/// Whether sorted rows are among other sorted rows.
fn is_part<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|row| whole.any(|other| other == row))
}
