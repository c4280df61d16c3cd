//! Pages by the way that a Prometheus takes.

use std::collections::{BTreeMap, BTreeSet};

use super::page::read;
use super::{Format, Mesh, MetricsEndpoint, Run};

/// The scrape configuration as its reader sees it.
#[derive(serde::Deserialize)]
struct Scrape {
    scrape_configs: Vec<Job>,
}

#[derive(serde::Deserialize)]
struct Job {
    job_name: String,
    scrape_interval: String,
    static_configs: Vec<Targets>,
}

#[derive(serde::Deserialize)]
struct Targets {
    targets: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[tokio::test]
async fn every_pod_can_be_scraped_as_the_configuration_says() {
    let mut run = Run::new(Mesh::shop());
    run.seconds(0..2);
    let endpoint = MetricsEndpoint::bind("127.0.0.1:0".parse().unwrap(), run.metrics.clone()).await.unwrap();
    let scrape: Scrape = serde_saphyr::from_str(&endpoint.scrape_configs()).unwrap();
    let stranger = format!("http://{}/shop/nobody/metrics", endpoint.address());
    tokio::spawn(endpoint.run());
    let mut instances = BTreeSet::new();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for job in &scrape.scrape_configs {
        assert_eq!(job.scrape_interval, "15s");
        for Targets { targets, labels } in &job.static_configs {
            let url = format!("http://{}{}", targets[0], labels["__metrics_path__"]);
            let answer = http.get(&url).header("accept", "application/openmetrics-text").send().await.unwrap();
            assert_eq!(answer.status(), 200, "{url}");
            let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert_eq!(content_type, Format::OpenMetrics.content_type());
            let page = read(&answer.text().await.unwrap());
            assert!(page.samples.len() > 5, "{url}");
            assert!(labels.contains_key("namespace") && labels["pod"].starts_with(&labels["app"]));
            assert!(instances.insert((job.job_name.clone(), labels["instance"].clone())), "{labels:?}");
        }
    }
    assert_eq!(instances.len(), run.mesh().proxied().count());
    assert_eq!(http.get(stranger).send().await.unwrap().status(), 404);
}
