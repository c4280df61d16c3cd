use axum::http::StatusCode;
use serde_json::json;

use super::harness::{HOUR_NS, Harness, NOW_NS, sample};

/// Overwrites the middle of a file, past the magic bytes and before the footer.
fn damage(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 4;
    bytes[4..middle].fill(0xff);
    std::fs::write(path, bytes).unwrap();
}

async fn harness_with_two_files() -> Harness {
    let harness = Harness::new().await;
    let spans: Vec<_> = (1..500).map(|i| sample(i, i, Some("a"), NOW_NS + i as i64)).collect();
    harness.append(&spans).await;
    harness.append(&[sample(1_000, 1_000, Some("b"), NOW_NS - 3 * HOUR_NS)]).await;
    harness.flush().await;
    assert_eq!(harness.lake_files("spans").len(), 2);
    harness
}

#[tokio::test]
async fn an_undecodable_file_fails_the_query_and_is_named() {
    let harness = harness_with_two_files().await;
    let damaged = harness.lake_files("spans").pop().unwrap();
    damage(&damaged);
    let reply = harness.sql("select * from spans").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", reply.text());
    let name = damaged.file_name().unwrap().to_str().unwrap();
    assert!(reply.text().contains(name), "{} does not name {name}", reply.text());
    let old = format!("select count(*) from spans where start_ns < {} and kind = 2", NOW_NS - HOUR_NS);
    assert_eq!(harness.rows(&old).await, json!([[1]]), "the other file is served");
}

#[tokio::test]
async fn a_file_that_was_cut_off_or_removed_is_named() {
    let harness = harness_with_two_files().await;
    let files = harness.lake_files("spans");
    let bytes = std::fs::read(&files[0]).unwrap();
    std::fs::write(&files[0], &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(&files[1]).unwrap();
    for file in files {
        let hour = file.parent().unwrap().file_name().unwrap().to_str().unwrap().strip_prefix("hour=").unwrap();
        let reply = harness.sql(&format!("select name from spans where hour = '{hour}'")).await;
        let name = file.file_name().unwrap().to_str().unwrap();
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", reply.text());
        assert!(reply.text().contains(name), "{} does not name {name}", reply.text());
    }
}
