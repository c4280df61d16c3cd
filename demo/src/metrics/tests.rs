//! Pages say what truth and spans say.

/// Reads pages.
mod page;
/// Over HTTP.
mod scrape;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use page::{Read, Sample, read};

use super::proxy::Proxy;
use super::*;
use crate::mesh::{Mesh, Service};
use crate::request::Request;
use crate::simulation::Simulation;
use crate::spans::Trace;
use crate::truth::{Calls, Truth};

const START_NS: u64 = 1_800_000_000_000_000_000;
const TICKS_PER_SECOND: i64 = 4;

/// A mesh whose proxies have counted some ticks.
struct Run {
    simulation: Simulation,
    metrics: ProxyMetrics,
    begun: Vec<Request>,
}

impl Run {
    fn new(mesh: Mesh) -> Self {
        let metrics = ProxyMetrics::new(mesh.clone(), START_NS);
        Self { simulation: Simulation::new(mesh, 1, START_NS), metrics, begun: Vec::new() }
    }

    /// Goes on with these ticks, and gives all requests that have ended.
    fn play(&mut self, ticks: impl Iterator<Item = i64>) -> Vec<Request> {
        let mut all = Vec::new();
        for tick in ticks {
            self.begun.extend(self.simulation.requests(tick));
            all.extend(self.tell(self.simulation.begin_ns(tick + 1)));
        }
        all
    }

    fn seconds(&mut self, seconds: Range<i64>) -> Vec<Request> {
        self.play(seconds.start * TICKS_PER_SECOND..seconds.end * TICKS_PER_SECOND)
    }

    fn tell(&mut self, now_ns: u64) -> Vec<Request> {
        let ended: Vec<Request> = self.begun.extract_if(.., |request| request.end_ns() <= now_ns).collect();
        self.metrics.tell(now_ns, &ended, self.begun.iter());
        ended
    }

    /// Waits for what is under way.
    fn finish(&mut self) -> Vec<Request> {
        let end_ns = self.begun.iter().map(Request::end_ns).max().unwrap_or(START_NS);
        self.tell(end_ns)
    }

    fn mesh(&self) -> &Mesh {
        self.simulation.mesh()
    }

    /// The pages of proxies of a kind, each with its service.
    fn pages(&self, kinds: &[Proxy], format: Format) -> Vec<(usize, Read)> {
        let places: Vec<_> = self.metrics.board().places().filter(|(_, proxy)| kinds.contains(proxy)).collect();
        let page = |place| self.metrics.page(place, format).unwrap();
        places.into_iter().map(|(place, _)| (place.service, read(&page(place)))).collect()
    }

    fn samples(&self, kinds: &[Proxy], name: &str) -> Vec<(usize, Sample)> {
        let pages = self.pages(kinds, Format::Text).into_iter();
        let samples = pages.flat_map(|(service, page)| page.samples.into_iter().map(move |sample| (service, sample)));
        samples.filter(|(_, sample)| sample.name == name).collect()
    }

    fn sum(&self, name: &str, is_wanted: impl Fn(&Sample) -> bool) -> f64 {
        let all = [Proxy::Gateway, Proxy::Istio, Proxy::Linkerd];
        self.samples(&all, name).iter().filter(|(_, sample)| is_wanted(sample)).map(|(_, sample)| sample.value).sum()
    }

    fn service(&self, is_it: impl Fn(&Service) -> bool) -> String {
        let found: Vec<String> = self.mesh().services.iter().filter(|s| is_it(s)).map(Service::id).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

const ENVOYS: [Proxy; 2] = [Proxy::Gateway, Proxy::Istio];

/// Requests, tries and errors by edge as pages of those who call have them.
fn edges(run: &Run) -> BTreeMap<(String, String), Calls> {
    let mut edges: BTreeMap<(String, String), Calls> = BTreeMap::new();
    let mut add = |source: usize, target: String, calls: Calls| {
        *edges.entry((run.mesh().services[source].id(), target)).or_default() += calls;
    };
    let by_host = |host: &str| run.service(|service| service.host() == host);
    for (source, sample) in run.samples(&ENVOYS, "istio_requests_total") {
        if sample.label("reporter") == "source" {
            let requests = sample.value as u64;
            let errors = if is_error(&sample) { requests } else { 0 };
            add(source, by_host(sample.label("destination_service")), Calls { requests, errors, attempts: 0 });
        }
    }
    for (source, sample) in run.samples(&ENVOYS, "envoy_cluster_upstream_rq_total") {
        let cluster = format!("{}{}", sample.label("cluster_name"), sample.label("envoy_cluster_name"));
        if cluster.starts_with("outbound|") {
            let host = cluster.rsplit('|').next().unwrap();
            add(source, by_host(host), Calls { attempts: sample.value as u64, ..Calls::default() });
        }
    }
    for (source, sample) in run.samples(&[Proxy::Linkerd], "response_total") {
        if sample.label("direction") == "outbound" {
            let (host, _) = sample.label("authority").rsplit_once(':').unwrap();
            let requests = sample.value as u64;
            let errors = if sample.label("classification") == "failure" { requests } else { 0 };
            add(source, by_host(host), Calls { requests, errors, attempts: requests });
        }
    }
    edges
}

/// As the graph calls it.
fn is_error(sample: &Sample) -> bool {
    let grpc = ["2", "4", "12", "13", "14", "15"].contains(&sample.label("grpc_response_status"));
    let code: u16 = sample.label("response_code").parse().unwrap();
    code == 0 || code >= 500 || grpc
}

fn check_edges(mesh: Mesh, ticks: impl Iterator<Item = i64>) {
    let mut run = Run::new(mesh);
    let mut truth = Truth::default();
    let mut requests = run.play(ticks);
    requests.extend(run.finish());
    requests.iter().for_each(|request| truth.add(run.mesh(), request));
    let is_of_requests = |id: &String| {
        let service = run.mesh().services.iter().find(|service| service.id() == *id).unwrap();
        service.is_seen_by_proxies()
    };
    let is_counted = |((source, target), _): &(_, _)| is_of_requests(source) && is_of_requests(target);
    let expected: BTreeMap<_, _> = truth.edges.into_iter().filter(is_counted).collect();
    let counted: BTreeMap<_, _> = edges(&run).into_iter().filter(|(_, calls)| calls.attempts > 0).collect();
    assert!(expected.len() > 15, "{}", expected.len());
    assert_eq!(counted, expected);
}

/// While all is well, while the database is slow, while payments fail.
#[test]
fn who_called_whom_how_often_is_on_the_pages_of_the_callers() {
    check_edges(Mesh::shop(), (0..60).chain(300..360).chain(800..880));
}

#[test]
fn a_generated_mesh_is_on_its_pages() {
    check_edges(Mesh::generated(5, 60), (0..20).chain(240..250));
}

/// Of what proxies of Istio tell, both sides have one count per SERVER span.
#[test]
fn proxies_count_what_they_make_spans_of() {
    let mut run = Run::new(Mesh::shop());
    let mut requests = run.seconds(70..90);
    requests.extend(run.finish());
    let traces: Vec<Trace> = requests.iter().map(|request| Trace::of(run.mesh(), request)).collect();
    let spans = traces.iter().flat_map(Trace::spans).filter(|span| span.kind == SpanKind::Server as i32);
    let of_proxies = spans.filter(|span| span.attributes.iter().any(|attribute| attribute.key == "node_id"));
    assert_eq!(run.sum("istio_requests_total", |_| true), of_proxies.count() as f64);
    assert_eq!(run.sum("envoy_http_downstream_rq_total", |_| true), requests.len() as f64);
}

/// All labels that Istio has, whoever tells, and no revision of what was not reached by it.
#[test]
fn istio_has_all_its_labels() {
    let mut run = Run::new(Mesh::shop());
    run.seconds(0..10);
    for (_, sample) in run.samples(&ENVOYS, "istio_requests_total") {
        assert_eq!(sample.labels.len(), 25, "{:?}", sample.labels);
    }
    let security = |reporter: &str, source: &str| -> BTreeSet<String> {
        let samples = run.samples(&ENVOYS, "istio_requests_total").into_iter().map(|(_, sample)| sample);
        let of = samples.filter(|s| s.label("reporter") == reporter && s.label("source_app") == source);
        of.map(|sample| sample.label("connection_security_policy").to_owned()).collect()
    };
    assert_eq!(security("source", "web"), ["unknown".to_owned()].into());
    assert_eq!(security("destination", "web"), ["mutual_tls".to_owned()].into());
    // From behind Linkerd, whose certificates Istio does not know.
    assert_eq!(security("destination", "unknown"), ["none".to_owned()].into());
}

fn check_page(page: &Read, format: Format) {
    let names: BTreeSet<&String> = page.types.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), page.types.len(), "a family has one type");
    let mut sums: BTreeMap<(String, BTreeMap<String, String>), Vec<f64>> = BTreeMap::new();
    for sample in &page.samples {
        let family = |(name, kind): &&(String, String)| match sample.name.strip_prefix(name.as_str()) {
            Some("") => kind != "histogram",
            Some("_total") => kind == "counter" && format == Format::OpenMetrics,
            Some("_bucket" | "_sum" | "_count") => kind == "histogram",
            _ => false,
        };
        assert_eq!(page.types.iter().filter(family).count(), 1, "{}", sample.name);
        assert!(sample.value >= 0.0, "{sample:?}");
        let mut labels = sample.labels.clone();
        if let (Some(name), Some(_)) = (sample.name.strip_suffix("_bucket"), labels.remove("le")) {
            sums.entry((name.to_owned(), labels)).or_default().push(sample.value);
        }
    }
    let counts = page.samples.iter().filter_map(|sample| Some((sample.name.strip_suffix("_count")?, sample)));
    for (name, sample) in counts {
        let buckets = &sums[&(name.to_owned(), sample.labels.clone())];
        assert!(buckets.is_sorted(), "{name}: {buckets:?}");
        assert_eq!(buckets.last(), Some(&sample.value), "{name}");
    }
}

#[test]
fn pages_are_well_formed_and_their_exemplars_are_traces() {
    let mut run = Run::new(Mesh::shop());
    let mut requests = run.seconds(60..66);
    requests.extend(run.finish());
    let traces: BTreeSet<String> = requests.iter().map(|request| hex::encode(request.trace_id)).collect();
    for format in [Format::Text, Format::OpenMetrics] {
        let pages = run.pages(&[Proxy::Gateway, Proxy::Istio, Proxy::Linkerd], format);
        assert!(pages.len() > 20);
        pages.iter().for_each(|(_, page)| check_page(page, format));
        let samples: Vec<Sample> = pages.into_iter().flat_map(|(_, page)| page.samples).collect();
        let exemplars: BTreeSet<&String> = samples.iter().filter_map(|sample| sample.trace_id.as_ref()).collect();
        assert_eq!(exemplars.is_empty(), format == Format::Text);
        assert!(exemplars.into_iter().all(|trace_id| traces.contains(trace_id)));
    }
}

/// What Envoy calls a counter is none for OpenMetrics unless it ends so.
#[test]
fn formats_differ_where_they_must() {
    let run = Run::new(Mesh::shop());
    let place = run.mesh().proxied().find(|(_, proxy)| *proxy == Proxy::Istio).unwrap().0;
    let check = |format: Format, lines: [&str; 2], end: &str| {
        let page = run.metrics.page(place, format).unwrap();
        assert!(lines.iter().all(|line| page.contains(&format!("\n# TYPE {line}\n"))), "{page}");
        assert!(page.ends_with(end));
    };
    let text = ["envoy_cluster_upstream_cx_total counter", "envoy_cluster_upstream_cx_overflow counter"];
    check(Format::Text, text, "\n");
    let open_metrics = ["envoy_cluster_upstream_cx counter", "envoy_cluster_upstream_cx_overflow unknown"];
    check(Format::OpenMetrics, open_metrics, "\n# EOF\n");
}

#[test]
fn who_asks_for_open_metrics_gets_it() {
    let check = |accept: &str, expected: Format| assert_eq!(Format::accepted(accept), expected, "{accept}");
    check("", Format::Text);
    check("*/*", Format::Text);
    check("text/plain;version=0.0.4", Format::Text);
    check("application/openmetrics-text; version=1.0.0", Format::OpenMetrics);
    check(
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
        Format::OpenMetrics,
    );
    check("application/openmetrics-text;q=0.3,text/plain;q=0.7", Format::Text);
    check("application/openmetrics-text;q=0", Format::Text);
}

/// Three cycles with all that goes wrong in each; the second one has seen nearly everything.
#[test]
fn series_do_not_grow_with_time() {
    let mut run = Run::new(Mesh::shop());
    let cycle = run.mesh().cycle.as_secs() as i64 * TICKS_PER_SECOND;
    let mut series = |number: i64| {
        let ticks = number * cycle..(number + 1) * cycle;
        run.play(ticks.filter(|tick| tick % 4 == 0));
        run.metrics.series_len()
    };
    let (first, second, third) = (series(0), series(1), series(2));
    assert!(first > 1_000, "{first}");
    assert!((third - second) * 50 < second, "{first}, {second}, {third}");
}

fn full_pools(run: &Run, cluster: &str) -> f64 {
    run.sum("envoy_cluster_circuit_breakers_default_cx_open", |sample| sample.label("cluster_name").contains(cluster))
}

/// The demo's own seed: nothing is full before the database is slow, and then its pools are.
#[test]
fn pools_fill_while_the_database_is_slow() {
    let mut run = Run::new(Mesh::shop());
    let mut full = 0.0;
    for scrape in 0..11 {
        run.seconds(scrape * 5..scrape * 5 + 5);
        full += full_pools(&run, "|");
    }
    assert_eq!(full, 0.0);
    run.seconds(55..90);
    assert!(full_pools(&run, "inventory-db.shop") > 0.0);
    let overflows = |run: &Run| run.sum("envoy_cluster_upstream_cx_overflow", |_| true);
    let before = overflows(&run);
    run.seconds(90..120);
    assert!(overflows(&run) > before);
    run.seconds(120..160);
    assert_eq!(full_pools(&run, "inventory-db.shop"), 0.0, "it heals");
}

#[test]
fn a_failing_provider_is_tried_again_and_ejected_for_a_while() {
    let mut run = Run::new(Mesh::shop());
    let of = |run: &Run, name: &str, cluster: &str| run.sum(name, |s| s.label("cluster_name").contains(cluster));
    let ejected = |run: &Run| of(run, "envoy_cluster_outlier_detection_ejections_active", "api.payhub.example");
    run.seconds(190..199);
    assert_eq!(ejected(&run), 0.0);
    run.seconds(199..240);
    assert!(ejected(&run) > 0.0);
    assert!(of(&run, "envoy_cluster_upstream_rq_retry", "payment.payments") > 10.0);
    assert!(of(&run, "envoy_cluster_upstream_rq_retry_limit_exceeded", "payment.payments") > 0.0);
    run.seconds(240..300);
    assert_eq!(ejected(&run), 0.0);
}

#[test]
fn connections_to_databases_are_opened_closed_and_carry_bytes() {
    let mut run = Run::new(Mesh::shop());
    run.seconds(55..150);
    for source in ["inventory", "orders", "cart"] {
        let sum = |name: &str| run.sum(name, |sample| sample.label("source_app") == source);
        let (opened, closed) = (sum("istio_tcp_connections_opened_total"), sum("istio_tcp_connections_closed_total"));
        assert!(opened > 0.0 && closed <= opened, "{source}: {opened}, {closed}");
        assert!(sum("istio_tcp_sent_bytes_total") > 0.0 && sum("istio_tcp_received_bytes_total") > 0.0, "{source}");
    }
    assert!(run.sum("tcp_read_bytes_total", |s| s.label("dst_service") == "users-db") > 0.0);
}
