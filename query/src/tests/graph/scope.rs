//! A part of a graph.

use axum::http::StatusCode;
use serde_json::json;

use super::{graph, ids, item};
use crate::tests::harness::Harness;

/// a -> b -> c -> d -> e in three namespaces, f -> b, and a short cut from a to c.
async fn chain() -> Harness {
    let harness = Harness::new().await;
    harness.show_lines(&[
        "x/a x/b http source_app span requests=1",
        "x/a y/c http source_app span requests=1",
        "x/b y/c http source_app span requests=2 http_5xx=2",
        "y/c z/d http source_app span requests=3",
        "z/d z/e http source_app span requests=4",
        "z/f x/b http source_app span requests=5",
        "- y/c http target_app span parent_missing requests=7",
    ]);
    harness
}

#[tokio::test]
async fn a_namespace_comes_with_its_neighbours() {
    let harness = chain().await;
    let y = graph(&harness, "namespace=y").await;
    assert_eq!(ids(&y, "nodes"), ["x/a", "x/b", "y/c", "z/d"]);
    assert_eq!(
        ids(&y, "edges"),
        ["x/a->y/c:http", "x/b->y/c:http", "y/c->z/d:http"],
        "and not what they do among themselves"
    );
    assert_eq!(ids(&graph(&harness, "namespace=none").await, "nodes"), Vec::<String>::new());
    assert_eq!(ids(&graph(&harness, "by=namespace&namespace=y").await, "nodes"), ["x", "y", "z"]);
}

#[tokio::test]
async fn a_focus_reaches_as_far_as_asked_in_both_directions() {
    let harness = chain().await;
    let nodes = async |params: &str| ids(&graph(&harness, params).await, "nodes").join(" ");
    assert_eq!(nodes("focus=y/c").await, "x/a x/b y/c z/d");
    assert_eq!(nodes("focus=x/b&depth=1").await, "x/a x/b y/c z/f");
    assert_eq!(nodes("focus=z/e&depth=2").await, "y/c z/d z/e");
    assert_eq!(nodes("focus=z/e&depth=16").await, "x/a x/b y/c z/d z/e z/f");
    assert_eq!(nodes("focus=z/f&depth=2").await, "x/b y/c z/f", "its fellow caller x/a is not reached");
    assert_eq!(ids(&graph(&harness, "focus=y/c").await, "edges").len(), 4, "with all edges between them");
}

#[tokio::test]
async fn what_is_left_out_changes_no_number_and_no_role() {
    let harness = chain().await;
    let (whole, part) = (graph(&harness, "").await, graph(&harness, "focus=z/e").await);
    assert_eq!(item(&part, "nodes", "z/d"), item(&whole, "nodes", "z/d"));
    assert_eq!(part["entry_points"], json!([]), "z/d is called, though by nobody who is shown");
    assert_eq!(part["unpaired"], json!({ "parent_missing": 7 }));
    assert_eq!(graph(&harness, "focus=x/b").await["entry_points"], json!(["x/a", "z/f"]));
}

#[tokio::test]
async fn a_circle_is_shown_whole_or_not() {
    let harness = Harness::new().await;
    harness.show_lines(&[
        "a b http source_app span requests=1",
        "b c http source_app span requests=1",
        "c d http source_app span requests=1",
        "d a http source_app span requests=1",
    ]);
    assert_eq!(graph(&harness, "focus=a&depth=1").await["cycles"], json!([]));
    assert_eq!(graph(&harness, "focus=a&depth=2").await["cycles"], json!([["a", "b", "c", "d"]]));
}

#[tokio::test]
async fn a_focus_that_is_not_there_is_answered_with_names_like_it() {
    let harness = chain().await;
    let reply = harness.get("/api/v1/graph?focus=y/d").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("there is no node \"y/d\" in this range; near it: "), "{message}");
    assert!(message.contains("y/c") && message.contains("z/d"), "{message}");
    let empty = Harness::new().await.get("/api/v1/graph?focus=y/d").await;
    assert_eq!(empty.json()["error"]["message"], "there is no node \"y/d\" in this range");
}
