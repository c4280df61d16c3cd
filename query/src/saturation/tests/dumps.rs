//! What real proxies say, as far as the corpora are there.

use std::path::PathBuf;

use super::*;

/// A sample of the text format: name, labels, value. None of comments and empty lines.
pub(super) fn sample(line: &str) -> Option<(Labels, f64)> {
    if line.starts_with('#') || line.trim().is_empty() {
        return None;
    }
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let (pairs, value) = match rest.strip_prefix('{') {
        Some(inside) => inside.rsplit_once('}')?,
        None => ("", rest),
    };
    let mut labels = vec![("__name__".to_owned(), name.to_owned())];
    let mut pairs = pairs.trim_end_matches(',');
    while let Some((label, behind)) = pairs.split_once("=\"") {
        let (value, next) = behind.split_once('"')?;
        labels.push((label.trim_start_matches([',', ' ']).to_owned(), value.to_owned()));
        pairs = next;
    }
    let value = value.split_whitespace().next()?.parse().ok()?;
    Some((Labels::new(labels), value))
}

/// A directory of the corpora. Where there is none the caller has nothing to do: it was said, or the test has failed.
fn corpora(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CORPORA").map(|path| PathBuf::from(path).join(name));
    let found = found.filter(|path| path.exists());
    if found.is_none() {
        let required = std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_some_and(|value| value == "1");
        assert!(!required, "SPANLOOM_CORPORA names no directory with {name}");
        println!("skipped: SPANLOOM_CORPORA names no directory with {name}");
    }
    found
}

/// The series of all files of a directory, as if they had said the same for some scrapes, and with what a scraper adds.
fn source(directory: &str, scraped: &[(&str, &str)]) -> Option<MemorySource> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(corpora("exposition")?.join(directory)).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let samples = text.lines().filter_map(sample).map(|(labels, value)| {
            let labels = scraped.iter().fold(labels, |labels, (name, value)| labels.with(*name, *value));
            series(labels, value, 0.0)
        });
        all.extend(samples);
    }
    Some(MemorySource { series: all })
}

fn value_of(signals: &[SaturationSignal], resource: &str) -> Option<f64> {
    signals.iter().find(|signal| signal.resource == resource).map(|signal| signal.points[0].1)
}

#[test]
fn a_line_of_the_text_format_is_read() {
    let (labels, value) = sample(r#"up{a="1|2",b=""} 3 1395066363000"#).unwrap();
    assert_eq!((labels.to_string().as_str(), value), (r#"{__name__="up", a="1|2"}"#, 3.0));
    assert_eq!(sample("up 1").map(|(labels, _)| labels.len()), Some(1));
    assert!(sample("# TYPE up gauge").is_none());
}

#[test]
fn a_mesh_of_envoys_tells_of_callers_and_of_itself() {
    let Some(source) = source("envoy-1.40-mesh", &[]) else { return };
    let web = ask(&source, &shop("web"), Range::Instant(END_MS));
    assert_eq!(value_of(&web, "connections to it"), Some(7.0), "the gateway holds seven");
    assert_eq!(value_of(&web, "requests that wait for a connection"), Some(0.0));
    assert_eq!(value_of(&web, "open circuit breaker of requests"), Some(0.0));
    assert!(value_of(&web, "memory of its proxies").is_some_and(|bytes| bytes > 1e6));
    let kv = ask(&source, &shop("kv"), Range::Instant(END_MS));
    assert_eq!(value_of(&kv, "connections of its proxy to its app"), Some(2.0));
    assert_eq!(value_of(&kv, "connections in use"), None, "its breakers do not track what remains");
    assert!(web.iter().chain(&kv).all(|signal| signal.unit != "1" || signal.points[0].1 <= 1.0));
}

#[test]
fn a_proxy_of_linkerd_tells_of_itself() {
    let scraped = [("namespace", "shop"), ("deployment", "web")];
    let Some(source) = source("linkerd", &scraped) else { return };
    let web = ask(&source, &shop("web"), Range::Instant(END_MS));
    assert_eq!(value_of(&web, "connections that its proxy accepted"), Some(13.0));
    assert_eq!(value_of(&web, "memory of its processes"), Some(15_806_464.0));
    assert!(web.iter().all(|signal| signal.level == Level::Ok), "{web:#?}");
}

#[test]
fn a_control_plane_of_istio_tells_of_its_runtime() {
    let scraped = [("namespace", "istio-system"), ("app", "istiod")];
    let Some(source) = source("istio", &scraped) else { return };
    let istiod = ServiceName { namespace: Some("istio-system".into()), service: "istiod".into() };
    let signals = ask(&source, &istiod, Range::Instant(END_MS));
    assert!(value_of(&signals, "goroutines").is_some_and(|count| count > 10.0), "{signals:#?}");
    assert!(value_of(&signals, "file descriptors of the limit, fullest process").is_some_and(|part| part < 0.8));
}
