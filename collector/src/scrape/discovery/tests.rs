//! Files and servers that list targets, for real.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::scrape::config::JobConfig;
use crate::scrape::testing::{serve, wait_found as wait};

/// Runs the discoverers of a job but for its listed targets, of which there are none.
fn start(job: &str) -> watch::Receiver<Found> {
    let job: JobConfig = serde_saphyr::from_str(job).unwrap();
    let discoverer = Discoverer::of_job(&job).remove(1);
    tokio::spawn(discoverer.run);
    discoverer.found
}

fn addresses(found: &Found) -> Vec<&str> {
    found.groups.values().flat_map(|group| &group.targets).map(|target| target.get("__address__")).collect()
}

#[test]
fn listed_targets_are_there_at_once() {
    let job: JobConfig =
        serde_saphyr::from_str("static_configs: [{targets: [a, b], labels: {x: y}}, {targets: [c]}]").unwrap();
    let found = Discoverer::of_job(&job).remove(0).found.borrow().clone();
    assert_eq!(addresses(&found), ["a", "b", "c"]);
    assert_eq!(found.groups["0"].labels.get("x"), "y");
}

/// A directory with files, and the job that reads those of a pattern.
fn files(pattern: &str, files: &[(&str, &str)]) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let job = format!("file_sd_configs: [{{files: ['{}/{pattern}']}}]", directory.path().display());
    (directory, job)
}

#[tokio::test]
async fn files_are_json_or_yaml_and_may_be_many() {
    let (directory, job) = files(
        "t*.json",
        &[
            ("t1.json", r#"[{"targets": ["a", "b"], "labels": {"x": "y"}}]"#),
            ("t2.json", r#"[{"targets": ["c"]}, {"targets": ["d"]}]"#),
            ("other.json", r#"[{"targets": ["z"]}]"#),
        ],
    );
    let found = wait(&start(&job), |found| found.groups.len() == 3).await;
    assert_eq!(addresses(&found), ["a", "b", "c", "d"]);
    let path = directory.path().join("t1.json").display().to_string();
    let group = &found.groups[&format!("{path}:0")];
    assert_eq!((group.labels.get("x"), group.labels.get("__meta_filepath")), ("y", path.as_str()));
    let (_directory, job) = files("t.yml", &[("t.yml", "- targets: [a]\n  labels:\n    number: 5\n")]);
    let found = wait(&start(&job), |found| found.groups.len() == 1).await;
    assert_eq!(found.groups.values().next().unwrap().labels.get("number"), "5");
}

#[tokio::test]
async fn a_file_that_changes_is_read_again_and_one_that_breaks_keeps_its_targets() {
    let (directory, job) = files("*.yml", &[("t.yml", "[{targets: [a]}, {targets: [b]}]")]);
    let found = start(&job);
    wait(&found, |found| addresses(found) == ["a", "b"]).await;
    let path = directory.path().join("t.yml");
    std::fs::write(&path, "[{target: [c]}]").unwrap();
    let broken = wait(&found, |found| !found.problems.is_empty()).await;
    assert_eq!(addresses(&broken), ["a", "b"]);
    let problem = broken.problems.values().next().unwrap();
    assert!(problem.contains("t.yml") && problem.contains("target"), "{problem}");
    std::fs::write(&path, "[{targets: [changed]}]").unwrap();
    wait(&found, |found| addresses(found) == ["changed"] && found.problems.is_empty()).await;
    std::fs::write(directory.path().join("more.yml"), "[{targets: [more]}]").unwrap();
    wait(&found, |found| addresses(found) == ["more", "changed"]).await;
    std::fs::remove_file(&path).unwrap();
    wait(&found, |found| addresses(found) == ["more"]).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_a_problem_until_it_is() {
    let (directory, job) = files("t.yaml", &[]);
    let found = start(&job);
    let missing = wait(&found, |found| !found.problems.is_empty()).await;
    assert!(missing.problems.values().next().unwrap().contains("t.yaml"));
    std::fs::write(directory.path().join("t.yaml"), "[{targets: [a]}]").unwrap();
    wait(&found, |found| addresses(found) == ["a"] && found.problems.is_empty()).await;
}

/// What a server answers, which a test changes: status, content type and body.
type Answer = Arc<Mutex<(u16, &'static str, String)>>;

async fn server(answer: Answer, heard: Arc<Mutex<HeaderMap>>) -> std::net::SocketAddr {
    let list = move |headers: HeaderMap| async move {
        *heard.lock() = headers;
        let (status, content_type, body) = answer.lock().clone();
        (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    serve(Router::new().route("/list", get(list))).await
}

#[tokio::test]
async fn a_server_lists_targets_and_bad_answers_change_nothing() {
    let good = (200, "application/json; charset=utf-8", r#"[{"targets": ["a"], "labels": {"x": "y"}}]"#.to_owned());
    let (answer, heard) = (Answer::new(Mutex::new(good.clone())), Arc::<Mutex<HeaderMap>>::default());
    let url = format!("http://{}/list", server(answer.clone(), heard.clone()).await);
    let found = start(&format!("http_sd_configs: [{{url: '{url}', refresh_interval: 100ms}}]"));
    let first = wait(&found, |found| !found.groups.is_empty()).await;
    let group = &first.groups[&format!("{url}:0")];
    assert_eq!((group.labels.get("x"), group.labels.get("__meta_url")), ("y", url.as_str()));
    assert_eq!(heard.lock()["x-prometheus-refresh-interval-seconds"], "0.1");
    for (bad, part) in [
        ((500, "application/json", "[]".to_owned()), "500"),
        ((200, "text/html", "[]".to_owned()), "text/html"),
        ((200, "application/json; charset=latin1", "[]".to_owned()), "latin1"),
        ((200, "application/json", "[{\"target\": []}]".to_owned()), "target"),
        ((200, "application/json", "[".to_owned()), "EOF"),
    ] {
        *answer.lock() = bad;
        let broken = wait(&found, |found| found.problems.values().any(|problem| problem.contains(part))).await;
        assert_eq!(addresses(&broken), ["a"], "{part}");
    }
    *answer.lock() = (200, "application/json", "[]".to_owned());
    wait(&found, |found| found.groups.is_empty() && found.problems.is_empty()).await;
}

#[test]
fn what_is_the_same_wakes_nobody() {
    let (groups, mut found) = Groups::new();
    let group = Group { source: "s".to_owned(), ..Group::default() };
    groups.set("s", Some(group.clone()));
    groups.replace(vec![group.clone()]);
    let held = found.borrow_and_update().groups["s"].clone();
    groups.replace(vec![group.clone()]);
    groups.set("s", Some(group));
    groups.set("none", None);
    groups.healed("s");
    assert!(!found.has_changed().unwrap());
    assert!(Arc::ptr_eq(&held, &found.borrow().groups["s"]));
}

#[test]
fn more_targets_than_the_bound_are_refused_as_a_whole() {
    let (groups, found) = Groups::new();
    let targets = vec![LabelSet::default(); TARGETS_MAX + 1];
    groups.replace(vec![Group { source: "s".to_owned(), targets, ..Group::default() }]);
    assert!(found.borrow().groups.is_empty());
    assert!(found.borrow().problems[""].contains("100001 targets"));
}
