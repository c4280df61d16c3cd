//! Rules held against small series, and against what real proxies say.

/// Dumps of real proxies.
mod dumps;

use std::sync::Arc;

use futures::FutureExt as _;

use super::*;
use crate::promql::labels::Labels;
use crate::promql::parse;
use crate::promql::sample::{Column, Series};
use crate::promql::source::MemorySource;

const END_MS: i64 = 1_000_000;
const SCRAPE_MS: i64 = 30_000;
const SCRAPES: i64 = 5;

fn shop(service: &str) -> ServiceName {
    ServiceName { namespace: Some("shop".into()), service: service.into() }
}

/// A series whose last value is `last` and which grew by `growth` per second.
fn series(labels: Labels, last: f64, growth: f64) -> Arc<Series> {
    let mut floats = Column::default();
    for before in (0..SCRAPES).rev() {
        let before_ms = before * SCRAPE_MS;
        floats.push(END_MS - before_ms, last - growth * before_ms as f64 / 1000.0);
    }
    Arc::new(Series { labels, floats, ..Series::default() })
}

fn ask(source: &MemorySource, service: &ServiceName, range: Range) -> Vec<SaturationSignal> {
    let engine = Engine::default();
    let answer = saturation(&engine, source, service, range).now_or_never();
    answer.expect("series in memory are there at once").unwrap()
}

/// A line of the exposition format and how much the value grows per second; what is expected of one metric.
fn check(lines: &[(&str, f64)], service: &ServiceName, metric: &str, expected: &[(f64, Level)]) {
    let series = lines.iter().map(|(line, growth)| {
        let (labels, value) = dumps::sample(line).unwrap();
        series(labels, value, *growth)
    });
    let source = MemorySource { series: series.collect() };
    let signals = ask(&source, service, Range::Instant(END_MS));
    let of_metric = signals.iter().filter(|signal| signal.metric == metric);
    let found: Vec<(f64, Level)> = of_metric.map(|signal| (rounded(signal.points[0].1), signal.level)).collect();
    assert_eq!(found, expected, "{signals:#?}");
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

const CART: &str = r#"cluster_name="outbound|80||cart.shop.svc.cluster.local",app="web",namespace="shop""#;

fn of_cart(metric: &str, value: f64) -> String {
    format!("{metric}{{{CART}}} {value}")
}

#[test]
fn every_rule_is_promql_that_yields_one_series() {
    for rule in RULES {
        for service in [shop(r#"ca"rt.*"#), ServiceName { namespace: None, service: "cart".into() }] {
            let query = template::filled(rule, &service, 120_000);
            parse(&query, &crate::promql::ParseOptions::default()).unwrap_or_else(|error| panic!("{query}: {error}"));
            assert!(query.starts_with("sum(") || query.starts_with("max("), "{query}");
            assert!(query.contains(rule.metric) && !query.contains('@'), "{query}");
        }
    }
}

#[test]
fn a_template_names_every_selector_once() {
    let rule = RULES.iter().find(|rule| rule.metric == "container_memory_working_set_bytes").unwrap();
    let query = template::filled(rule, &shop("cart"), 120_000);
    let selector =
        r#"{namespace="shop",pod=~"cart-([a-z0-9]{6,10}-)?[a-z0-9]{5}|cart-[0-9]+",container!="",container!="POD"}"#;
    let expected = format!(
        "max((container_memory_working_set_bytes{selector}) / ((container_spec_memory_limit_bytes{selector}) > 0))"
    );
    assert_eq!(query, expected);
}

#[test]
fn a_metric_keeps_its_own_matchers_and_a_counter_is_looked_at_over_the_window() {
    let filled = |expression: &'static str| {
        let rule = Rule { whose: selector::Whose::Containers, expression, ..RULES[0] };
        template::filled(&rule, &ServiceName { namespace: None, service: "a".into() }, 90_000)
    };
    let selector = r#"pod=~"a-([a-z0-9]{6,10}-)?[a-z0-9]{5}|a-[0-9]+",container!="",container!="POD""#;
    assert_eq!(filled(r#"sum(@x{y="z"} + 1)"#), format!(r#"sum((x{{y="z",{selector}}}) + 1)"#));
    assert_eq!(filled("sum(@rate:x)"), format!("sum((rate(x{{{selector}}}[90000ms])))"));
}

#[test]
fn nobody_s_series_are_nobody_s_signals() {
    let source = MemorySource { series: vec![series(Labels::new([("__name__", "up")]), 1.0, 0.0)] };
    assert_eq!(ask(&source, &shop("cart"), Range::Instant(END_MS)), []);
}

#[test]
fn an_open_breaker_is_critical_for_whom_it_protects() {
    let metric = "envoy_cluster_circuit_breakers_default_rq_pending_open";
    let high = "envoy_cluster_circuit_breakers_high_rq_pending_open";
    let open = |default: f64, high_open: f64, expected: (f64, Level)| {
        let lines = [(&*of_cart(metric, default), 0.0), (&*of_cart(high, high_open), 0.0)];
        check(&lines, &shop("cart"), metric, &[expected]);
    };
    open(0.0, 0.0, (0.0, Level::Ok));
    open(1.0, 0.0, (1.0, Level::Critical));
    open(0.0, 1.0, (1.0, Level::Critical));
    check(&[(&of_cart(metric, 0.0), 0.0)], &shop("cart"), metric, &[(0.0, Level::Ok)]);
}

#[test]
fn the_fullest_pool_counts_and_what_is_not_tracked_does_not() {
    let metric = "envoy_cluster_upstream_cx_active";
    let remaining = "envoy_cluster_circuit_breakers_default_remaining_cx";
    let active = of_cart(metric, 90.0);
    check(
        &[(&active, 0.0), (&of_cart(remaining, 10.0), 0.0)],
        &shop("cart"),
        metric,
        &[(0.9, Level::Warning), (90.0, Level::Ok)],
    );
    check(&[(&active, 0.0), (&of_cart(remaining, 0.0), 0.0)], &shop("cart"), metric, &[(90.0, Level::Ok)]);
    check(&[(&active, 0.0)], &shop("web"), metric, &[]);
}

#[test]
fn refused_requests_are_critical() {
    let metric = "envoy_cluster_upstream_rq_pending_overflow";
    check(&[(&of_cart(metric, 500.0), 0.5)], &shop("cart"), metric, &[(0.5, Level::Critical)]);
    check(&[(&of_cart(metric, 500.0), 0.0)], &shop("cart"), metric, &[(0.0, Level::Ok)]);
}

#[test]
fn retries_are_a_part_of_all_attempts() {
    let (retry, total) = ("envoy_cluster_upstream_rq_retry", "envoy_cluster_upstream_rq_total");
    let lines = [(&*of_cart(retry, 100.0), 0.2), (&*of_cart(total, 900.0), 1.0)];
    check(&lines, &shop("cart"), retry, &[(0.2, Level::Warning)]);
    check(&[(&of_cart(retry, 100.0), 0.0), (&of_cart(total, 900.0), 0.0)], &shop("cart"), retry, &[]);
}

#[test]
fn ejected_instances_are_a_part_of_all() {
    let metric = "envoy_cluster_outlier_detection_ejections_active";
    let lines = [(&*of_cart(metric, 2.0), 0.0), (&*of_cart("envoy_cluster_membership_total", 3.0), 0.0)];
    check(&lines, &shop("cart"), metric, &[(0.666667, Level::Critical)]);
}

/// A series that two selectors find is one series.
#[test]
fn what_is_found_twice_counts_once() {
    let line = r#"process_resident_memory_bytes{app="cart",service="cart",job="shop/cart",namespace="shop"} 1000"#;
    check(&[(line, 0.0)], &shop("cart"), "process_resident_memory_bytes", &[(1000.0, Level::Ok)]);
}

#[test]
fn linkerd_tells_of_endpoints_that_are_not_available() {
    let endpoints = |state: &str, count: u32| {
        let backend = r#"backend_name="cart",backend_namespace="shop",deployment="web",namespace="shop""#;
        format!(r#"outbound_http_balancer_endpoints{{endpoint_state="{state}",{backend}}} {count}"#)
    };
    let lines = [(&*endpoints("pending", 1), 0.0), (&*endpoints("ready", 3), 0.0)];
    check(&lines, &shop("cart"), "outbound_http_balancer_endpoints", &[(0.25, Level::Warning)]);
    check(&lines, &shop("web"), "outbound_http_balancer_endpoints", &[]);
}

#[test]
fn a_container_at_its_limit_is_critical_whatever_the_others_do() {
    let labels = |pod: &str| format!(r#"{{namespace="shop",pod="{pod}",container="app"}}"#);
    let memory = |pod: &str, bytes: u32| format!("container_memory_working_set_bytes{} {bytes}", labels(pod));
    let limit = |pod: &str| format!("container_spec_memory_limit_bytes{} 1000", labels(pod));
    let lines = [memory("cart-0", 100), memory("cart-1", 960), limit("cart-0"), limit("cart-1")];
    let lines: Vec<(&str, f64)> = lines.iter().map(|line| (&**line, 0.0)).collect();
    let metric = "container_memory_working_set_bytes";
    check(&lines, &shop("cart"), metric, &[(0.96, Level::Critical), (1060.0, Level::Ok)]);
    let cpu = format!("container_cpu_usage_seconds_total{} 600", labels("cart-0"));
    let quota = format!("container_spec_cpu_quota{} 50000", labels("cart-0"));
    let period = format!("container_spec_cpu_period{} 100000", labels("cart-0"));
    let lines = [(&*cpu, 0.45), (&*quota, 0.0), (&*period, 0.0)];
    check(&lines, &shop("cart"), "container_cpu_usage_seconds_total", &[(0.9, Level::Warning), (0.45, Level::Ok)]);
}

#[test]
fn the_worst_step_of_a_range_tells_the_level() {
    let labels = Labels::new([("__name__", "process_open_fds"), ("app", "cart"), ("namespace", "shop")]);
    let limit = labels.with("__name__", "process_max_fds");
    let source = MemorySource { series: vec![series(labels, 10.0, -0.8), series(limit, 100.0, 0.0)] };
    let start_ms = END_MS - (SCRAPES - 1) * SCRAPE_MS;
    let range = Range::Steps { start_ms, end_ms: END_MS, step_ms: SCRAPE_MS };
    let signals = ask(&source, &shop("cart"), range);
    let found: Vec<f64> = signals[0].points.iter().map(|(_, value)| rounded(*value)).collect();
    assert_eq!(found, [1.06, 0.82, 0.58, 0.34, 0.1]);
    assert_eq!((signals.len(), signals[0].level, signals[0].kind), (1, Level::Critical, Kind::FileDescriptors));
}
