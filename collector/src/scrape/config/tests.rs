//! What people paste is read, and what is wrong is named.

use super::*;
use crate::scrape::config::discovery::{DnsType, Role, Scheme};

fn parse(yaml: &str) -> Result<ScrapeConfig, String> {
    let config: ScrapeConfig = serde_saphyr::from_str(yaml).map_err(|error| error.without_snippet().to_string())?;
    config.validate().map(|()| config)
}

fn check_refused(yaml: &str, parts: &[&str]) {
    let problem = parse(yaml).map(|_| ()).unwrap_err();
    assert!(parts.iter().all(|part| problem.contains(part)), "{problem}");
}

/// A job with more keys.
fn check_job_refused(keys: &str, parts: &[&str]) {
    check_refused(&format!("scrape_configs:\n  - job_name: j\n    {}\n", keys.replace('\n', "\n    ")), parts);
}

/// In the form in which Prometheus' documentation and users have it, with everything that is supported.
const EVERYTHING: &str = r#"
global:
  scrape_interval: 15s
  scrape_timeout: 5s
  sample_limit: 1000
jobs: [istio-sidecars, linkerd-proxy]
scrape_configs:
  - job_name: prometheus
    honor_labels: true
    honor_timestamps: false
    track_timestamps_staleness: true
    scrape_interval: 1m30s
    scrape_timeout: 20s
    metrics_path: /my_path
    scheme: https
    enable_compression: false
    scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0, PrometheusText0.0.4]
    fallback_scrape_protocol: PrometheusText0.0.4
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
    follow_redirects: true
    enable_http2: false
    proxy_url: http://proxy:3128
    params:
      module: [a, b]
    basic_auth:
      username: admin
      password: 1234
    tls_config:
      ca_file: ca.pem
      cert_file: cert.pem
      key_file: key.pem
      insecure_skip_verify: false
      min_version: TLS12
    body_size_limit: 10MB
    sample_limit: 100
    label_limit: 35
    label_name_length_limit: 210
    label_value_length_limit: 210
    target_limit: 35
    keep_dropped_targets: 7
    static_configs:
      - targets: ['localhost:9090', "localhost:9191"]
        labels: {my: label, number: 5}
    file_sd_configs:
      - files: [foo/*.slow.json, single/file.yml]
        refresh_interval: 10m
      - files: [bar/*.yaml]
    http_sd_configs:
      - url: https://sd.example/targets
        refresh_interval: 30s
        authorization: {type: Token, credentials: abc}
    dns_sd_configs:
      - refresh_interval: 15s
        names: [first.dns.address.domain.com]
      - names: [first.dns.address.domain.com]
        type: A
        port: 9100
    consul_sd_configs:
      - server: localhost:1234
        token: mysecret
        path_prefix: /consul
        services: [nginx, cache]
        tags: [canary, v1]
        node_meta: {rack: "123"}
        allow_stale: true
        scheme: https
        datacenter: dc1
        tag_separator: ','
    kubernetes_sd_configs:
      - role: endpoints
        api_server: https://localhost:1234
        namespaces: {own_namespace: true, names: [default]}
        selectors:
          - {role: endpoints, label: 'foo in (bar,baz)', field: metadata.name=x}
          - {role: pod, label: a=b}
        attach_metadata: {node: true}
        bearer_token_file: /var/run/token
    relabel_configs:
      - source_labels: [job, __meta_dns_name]
        regex: (.*)some-[regex]
        target_label: job
        replacement: foo-${1}
      - source_labels: [abc]
        target_label: cde
      - {regex: abc, action: labeldrop}
      - {source_labels: [__meta_x], modulus: 8, target_label: __tmp_hash, action: hashmod}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: expensive_metric.*, action: drop}
"#;

#[test]
fn everything_that_is_supported_is_read() {
    let config = parse(EVERYTHING).unwrap();
    let job = &config.scrape_configs[0];
    assert_eq!(job.interval(&config.global), "1m30s".parse().unwrap());
    assert_eq!((job.scheme, job.path(), job.sample_limit), (Scheme::Https, "/my_path", Some(100)));
    assert_eq!(job.basic_auth.as_ref().unwrap().password.as_ref().unwrap().reveal(), "1234");
    assert_eq!(job.static_configs[0].labels["number"], "5");
    assert_eq!((job.dns_sd_configs[0].record, job.dns_sd_configs[1].record), (DnsType::Srv, DnsType::A));
    assert_eq!(job.kubernetes_sd_configs[0].role, Role::Endpoints);
    assert_eq!(job.body_size_limit.unwrap().as_u64(), 10_000_000);
    assert_eq!(config.expanded().len(), 3);
}

#[test]
fn secrets_are_not_printed() {
    let config = parse(EVERYTHING).unwrap();
    let printed = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
    for secret in ["1234,", "\"1234\"", "mysecret", "abc\"}"] {
        assert!(!printed.replace("localhost:1234", "").contains(secret), "{secret}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    check_refused("jobs: []\nscrape_confgis: []\n", &["scrape_confgis", "line 2"]);
    check_job_refused("scrape_intervall: 1s", &["scrape_intervall", "line 3"]);
    check_job_refused("static_configs:\n  - target: [a]", &["target", "line 4"]);
    check_job_refused("tls_config: {server_name: x}", &["server_name"]);
    check_job_refused("relabel_configs: [{sourcelabels: [a]}]", &["sourcelabels"]);
    check_job_refused("ec2_sd_configs: []", &["ec2_sd_configs"]);
    check_job_refused("oauth2: {}", &["oauth2"]);
    check_refused("jobs: [istio]", &["istio"]);
}

#[test]
fn values_that_cannot_be_are_named_by_their_key() {
    check_refused("scrape_configs: [{scrape_interval: 1s}]", &["job_name is missing"]);
    check_refused("scrape_configs: [{job_name: a}, {job_name: a}]", &["two jobs", "\"a\""]);
    check_refused("jobs: [envoy]\nscrape_configs: [{job_name: envoy}]", &["two jobs", "\"envoy\""]);
    check_refused("global: {scrape_interval: 0s}", &["scrape.global.scrape_interval"]);
    check_job_refused("scrape_interval: 5s\nscrape_timeout: 6s", &["job \"j\"", "scrape_timeout is 6s", "5s"]);
    check_job_refused("scrape_interval: 5 seconds", &["5 seconds", "line 3"]);
    check_job_refused("relabel_configs: [{action: keep, regex: '['}]", &["relabel_configs[0].regex"]);
    check_job_refused("metric_relabel_configs: [{}]", &["metric_relabel_configs[0].target_label"]);
    check_job_refused("static_configs: [{targets: ['http://a']}]", &["static_configs: targets", "http://a"]);
    check_job_refused("file_sd_configs: [{files: [a/*/b.json]}]", &["file_sd_configs: files", "a/*/b.json"]);
    check_job_refused("file_sd_configs: [{files: [a.txt]}]", &["a.txt"]);
    check_job_refused("http_sd_configs: [{url: 'ftp://a'}]", &["http_sd_configs: url", "ftp://a"]);
    check_job_refused("dns_sd_configs: [{names: [a], type: A}]", &["dns_sd_configs: port"]);
    check_job_refused("dns_sd_configs: [{names: [a], type: TXT}]", &["TXT"]);
    check_job_refused("scrape_protocols: [PrometheusProto, PrometheusProto]", &["scrape_protocols", "twice"]);
    check_job_refused("kubernetes_sd_configs: [{role: pods}]", &["pods"]);
    check_job_refused("kubernetes_sd_configs: [{role: pod, selectors: [{role: node}]}]", &["selectors selects node"]);
}

#[test]
fn keys_that_exclude_each_other_are_named() {
    check_job_refused("bearer_token: a\nbearer_token_file: b", &["bearer_token is set and bearer_token_file too"]);
    check_job_refused("bearer_token: a\nauthorization: {credentials: b}", &["authorization is set"]);
    check_job_refused("basic_auth: {username: a}\nauthorization: {credentials: b}", &["basic_auth is set"]);
    check_job_refused("basic_auth: {password: a, password_file: b}", &["basic_auth.password is set"]);
    check_job_refused("authorization: {type: Basic, credentials: b}", &["authorization.type is basic"]);
    check_job_refused("tls_config: {cert_file: a}", &["tls_config.cert is set"]);
    check_job_refused("tls_config: {ca: a, ca_file: b}", &["tls_config.ca is set"]);
}

#[test]
fn a_timeout_that_is_not_set_is_no_longer_than_the_interval() {
    let config = parse("scrape_configs: [{job_name: a, scrape_interval: 5s}, {job_name: b}]").unwrap();
    let timeouts = config.scrape_configs.iter().map(|job| job.timeout(&config.global).to_string());
    assert_eq!(timeouts.collect::<Vec<_>>(), ["5s", "10s"]);
}
