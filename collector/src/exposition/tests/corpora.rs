//! Public pages, which must be read whole. They are not part of the project: `SPANLOOM_CORPORA` says where they are,
//! and `SPANLOOM_REQUIRE_CORPORA=1` makes their absence a failure.

use std::fs;
use std::path::PathBuf;

use super::*;

fn corpora() -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CORPORA").map(|path| PathBuf::from(path).join("exposition"));
    let found = found.filter(|path| path.is_dir());
    if found.is_none() {
        let is_required = std::env::var("SPANLOOM_REQUIRE_CORPORA").is_ok_and(|value| value == "1");
        assert!(!is_required, "SPANLOOM_CORPORA names no directory with exposition");
        println!("skipped: SPANLOOM_CORPORA names no directory with exposition");
    }
    found
}

/// Files of a folder whose names end so.
fn pages(folder: &str, suffix: &str) -> Vec<(String, String)> {
    let Some(path) = corpora().map(|path| path.join(folder)) else { return Vec::new() };
    let files = fs::read_dir(&path).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.to_string_lossy().ends_with(suffix));
    let pages: Vec<_> = files.map(|file| (file.display().to_string(), fs::read_to_string(&file).unwrap())).collect();
    assert!(!pages.is_empty(), "no {suffix} in {}", path.display());
    pages
}

/// All samples of a page are read: as many as it has lines that are neither empty nor comments, and that are not left
/// out.
fn check(format: Format, pages: &[(String, String)], is_left_out: impl Fn(&str) -> bool) {
    for (name, page) in pages {
        let lines = page.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let expected = lines.filter(|line| !is_left_out(line)).count();
        let (said, ended) = read(format, page.as_bytes());
        assert_eq!(ended, Ok(()), "{name}");
        assert_eq!(said.iter().filter(|line| !line.starts_with('#')).count(), expected, "{name}");
        let types = page.lines().filter(|line| line.starts_with("# TYPE ")).count();
        assert!(said.iter().filter(|line| line.starts_with('#')).count() >= types, "{name}");
        assert!(expected > 0, "{name}");
    }
}

#[test]
fn pages_of_meshes_are_read_whole() {
    for (folder, suffix) in [
        ("istio", ".txt"),
        ("linkerd", ".txt"),
        ("envoy", ".txt"),
        ("envoy-1.40-mesh", ".prom"),
        ("ingress-nginx", ".txt"),
        ("prometheus-parser", ".prom.txt"),
    ] {
        check(Format::Text, &pages(folder, suffix), |_| false);
    }
}

#[test]
fn pages_of_openmetrics_are_read_whole_without_created() {
    check(Format::OpenMetrics, &pages("prometheus-parser", ".om.txt"), |line| {
        line.split(['{', ' ']).next().unwrap().ends_with("_created")
    });
}

#[test]
fn all_samples_with_created_beside_them_have_a_start() {
    for (name, page) in pages("prometheus-parser", "5mfs.om.txt") {
        let (said, _) = read(Format::OpenMetrics, page.as_bytes());
        let without: Vec<_> =
            said.iter().filter(|line| !line.starts_with('#') && !line.contains(" ^17268398130")).collect();
        assert_eq!(without, ["{go_build_info checksum=\"\" path=\"\" version=\"\"} 1"], "{name}");
    }
}

/// Series that Envoy's own tests of Istio's filter expect, among placeholders.
#[test]
fn istio_labels_are_read_from_a_page_of_a_sidecar() {
    for (name, page) in pages("istio", "istio-merged-15020.txt") {
        let (said, _) = read(Format::Text, page.as_bytes());
        let requests: Vec<_> = said.iter().filter(|line| line.starts_with("{istio_requests_total ")).collect();
        assert!(!requests.is_empty(), "{name}");
        assert!(
            requests.iter().all(|line| line.contains(" reporter=\"") && line.contains(" response_code=\"")),
            "{name}"
        );
    }
}
