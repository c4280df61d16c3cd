//! Queries as large as they may be, and one that asks for everything, are answered through the API: on threads of the
//! server, with their stack.

use axum::http::StatusCode;

use super::super::harness::{Harness, MINUTE_NS, NOW_NS, Sample, sample};
use super::{ask, escaped, span_ids};

/// Two traces of a root and a child, of which one failed; one of them hot.
async fn harness() -> Harness {
    let root = |id: u64| sample(id, 1, Some("shop"), NOW_NS - id as i64 * MINUTE_NS);
    let child = |id: u64| sample(id, 2, Some("cart"), NOW_NS - id as i64 * MINUTE_NS + 1).child_of(1);
    let harness = Harness::new().await;
    harness.append(&[root(1), child(1)]).await;
    harness.flush().await;
    harness.append(&[root(2), child(2).failed()]).await;
    harness
}

async fn check(cases: &[(String, &[i64])]) {
    let harness = harness().await;
    for (query, expected) in cases {
        assert_eq!(span_ids(&harness, query).await, *expected, "{}", query.chars().take(80).collect::<String>());
    }
}

#[tokio::test]
async fn long_chains_are_answered() {
    let chain = |first: &str, rest: &str, count| format!("{{ {first}{} }}", rest.repeat(count));
    check(&[
        (chain("status = error", " || .a = 1", 249), &[2]),
        (chain("status = error", " && .a != 1 || status = error", 124), &[2]),
        (chain("status = error", " && !(.a = 1)", 160), &[2]),
        (chain("duration > 0", " + 1", 498), &[1, 1, 2, 2]),
        (chain("status = error || .a = 1", " + 1", 496), &[2]),
        (format!("{{ {}status = error{} }}", "!(".repeat(30), ")".repeat(30)), &[2]),
        (format!("{{ status = error }}{}", " || { .a = 1 }".repeat(249)), &[2]),
        (format!("{{ }}{}", " | { status = error }".repeat(249)), &[2]),
        (format!("{{ status = error }}{}", " !>> { status = error }".repeat(249)), &[2]),
        (format!("{{ status = error }} | select(.a{})", ", .a".repeat(498)), &[2]),
    ])
    .await;
}

#[tokio::test]
async fn large_regular_expressions_are_answered() {
    let words = (0..1_000).map(|i| format!("w{i}")).collect::<Vec<_>>().join("|");
    check(&[
        (format!("{{ resource.service.name =~ \"shop|{words}\" }}"), &[1, 1]),
        (format!("{{ name =~ \"span 2|{words}|.\" }}"), &[2, 2]),
        (format!("{{ .a =~ \"{words}\" || status = error }}"), &[2]),
        (format!("{{ status = error{} }}", r" || .a =~ `\w{20}`".repeat(5)), &[2]),
        (format!("{{ status = error{} }}", r" || name =~ `\w{20}`".repeat(5)), &[2]),
    ])
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_the_server_goes_on() {
    let harness = harness().await;
    let refused = [
        (format!("{{ .a = 1{} }}", " || .a = 1".repeat(3_000)), "operators"),
        (format!("{}{{ }}{}", "(".repeat(9_000), ")".repeat(9_000)), "nests"),
        (r"{ name =~ `\w{1000}` }".to_owned(), "size limit"),
        (r"{ name =~ `((a{100}){100}){100}` }".to_owned(), "size limit"),
    ];
    for (query, expected) in refused {
        let reply = ask(&harness, &query, "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{expected}");
        assert!(reply.text().contains(expected), "{}", reply.text());
    }
    assert_eq!(span_ids(&harness, "{ status = error }").await, [2]);
}

#[tokio::test]
async fn a_query_of_everything_gives_no_more_than_was_asked() {
    let trace = |id: u64| {
        let start_ns = NOW_NS - id as i64 * 1_000_000;
        (1..=20).map(move |i| match i {
            1 => sample(id, i, Some("shop"), start_ns),
            _ => sample(id, i, Some("shop"), start_ns + i as i64).child_of(1),
        })
    };
    let samples: Vec<Sample> = (1..=200).flat_map(trace).collect();
    let harness = Harness::new().await;
    harness.append(&samples[..2_000]).await;
    harness.flush().await;
    harness.append(&samples[2_000..]).await;
    for query in ["{ }", "{ true } || { }", "{ } >> { } || { }", "{ name =~ `.*` }", "{ } | by(name) | coalesce()"] {
        let reply = harness.get(&format!("/api/v1/traces?limit=7&spss=3&q={}", escaped(query))).await;
        assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
        let answer = reply.json();
        let traces = answer["traces"].as_array().unwrap();
        assert_eq!(traces.len(), 7, "{query}");
        for trace in traces {
            assert_eq!((&trace["matched"], trace["spans"].as_array().unwrap().len()), (&20.into(), 3), "{query}");
        }
    }
}
