use arrow::array::RecordBatch;
use proptest::prelude::*;
use spanloom_store::schema::spans::{
    Link as StoredLink, Quirks, Resource, Scope, Span as Row, SpansBuilder, UnreadableRow,
};
use spanloom_store::value::Value;

use super::*;

type Words<'a> = &'a [(&'static str, &'static str)];

/// Whole numbers are stored as numbers, as most senders do.
fn attributes(words: Words<'_>) -> Vec<(std::borrow::Cow<'static, str>, Value<'static>)> {
    let value = |text: &'static str| text.parse().map_or(Value::String(text.into()), Value::Int);
    words.iter().map(|(key, text)| ((*key).into(), value(text))).collect()
}

fn row(kind: Kind) -> Row<'static> {
    Row {
        trace_id: TraceId::from_halves(1, 2),
        span_id: SpanId::from_int(3),
        parent_span_id: None,
        trace_state: "".into(),
        flags: 0,
        name: "".into(),
        kind: kind.as_otlp(),
        start_ns: 10,
        end_ns: 30,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    }
}

fn batch(resource: Words<'_>, span: &Row<'_>) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    let resource = Resource { attributes: attributes(resource), ..Resource::default() };
    builder.append(&resource, &Scope::default(), span);
    builder.finish()
}

fn read(kind: Kind, resource: Words<'_>, words: Words<'_>) -> Span {
    let span = Row { attributes: attributes(words), ..row(kind) };
    Span::from_batch(&batch(resource, &span)).unwrap().remove(0)
}

fn text(text: &str) -> Option<Text> {
    Some(text.into())
}

#[test]
fn ids_times_and_links_are_read() {
    let link = StoredLink {
        trace_id: TraceId::from_halves(7, 8),
        span_id: SpanId::from_int(9),
        trace_state: "".into(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        flags: 0,
    };
    let stored = Row {
        parent_span_id: Some(SpanId::from_int(4)),
        name: "GET /".into(),
        links: vec![link],
        status_code: 2,
        quirks: Quirks::SHARED,
        ..row(Kind::Consumer)
    };
    let span = Span::from_batch(&batch(&[], &stored)).unwrap().remove(0);
    assert_eq!((span.trace_id, span.span_id), (TraceId::from_halves(1, 2), SpanId::from_int(3)));
    assert_eq!((span.parent, span.kind), (Some(SpanId::from_int(4)), Kind::Consumer));
    assert_eq!((span.start_ns, span.end_ns, span.status_code), (10, 30, 2));
    assert_eq!((span.name.as_deref(), span.is_shared, span.is_timeless), (Some("GET /"), true, false));
    assert_eq!(*span.links, [Link { trace_id: TraceId::from_halves(7, 8), span_id: SpanId::from_int(9) }]);
}

#[test]
fn the_resource_says_who_sent_a_span() {
    let resource = [
        ("service.name", "web"),
        ("service.namespace", "team"),
        ("service.version", "v7"),
        ("k8s.cluster.name", "eu"),
        ("k8s.namespace.name", "shop"),
        ("k8s.statefulset.name", "web-set"),
    ];
    let span = read(Kind::Server, &resource, &[("istio.cluster_id", "other")]);
    let expected = Origin {
        service: text("web"),
        cluster: text("eu"),
        k8s_namespace: text("shop"),
        service_namespace: text("team"),
        workload: text("web-set"),
        version: text("v7"),
    };
    assert_eq!(*span.origin, expected);
    assert_eq!(read(Kind::Server, &[], &[("istio.cluster_id", "c1")]).origin.cluster, text("c1"));
    assert_eq!(read(Kind::Server, &[], &[("istio.cluster_id", "Kubernetes")]).origin.cluster, None);
    let deployed = [("k8s.deployment.name", "web-d"), ("k8s.job.name", "web-j")];
    assert_eq!(read(Kind::Server, &deployed, &[]).origin.workload, text("web-d"));
}

#[test]
fn a_proxy_s_words_are_read_only_of_a_proxy() {
    let words = [
        ("node_id", "waypoint~10.0.0.1~wp-0.shop~shop.svc.cluster.local"),
        ("istio.namespace", "shop"),
        ("istio.canonical_revision", "v2"),
        ("upstream_cluster.name", "outbound|80||web"),
        ("response_flags", "UF,URX"),
        ("istio.source_workload", "web-v1"),
        ("istio.source_namespace", "unknown"),
    ];
    let span = read(Kind::Server, &[], &words);
    let proxy = Proxy::clone(span.proxy.as_ref().unwrap());
    let source = SourcePeer { workload: text("web-v1"), ..SourcePeer::default() };
    let expected = Proxy {
        node: Some(Node { kind: NodeKind::Waypoint, namespace: text("shop"), workload: text("wp") }),
        istio_namespace: text("shop"),
        revision: text("v2"),
        upstream_cluster: Some(Cluster::new("outbound|80||web".into()).into()),
        response_flags: text("UF,URX"),
        source: Some(Box::new(source)),
    };
    assert_eq!(proxy, expected);
    assert_eq!(read(Kind::Server, &[], &words[1..]).proxy, None);
}

#[test]
fn a_caller_says_whom_it_calls_and_a_server_does_not() {
    let words = [
        ("peer.service", "Pay"),
        ("server.address", "PAY.shop:80"),
        ("net.peer.name", "old"),
        ("http.url", "http://URL.host/x"),
        ("db.system", "mysql"),
        ("db.name", "orders"),
        ("messaging.system", "kafka"),
        ("messaging.destination", "topic"),
    ];
    let expected = Peer {
        service: text("Pay"),
        address: text("pay.shop"),
        url_host: text("url.host"),
        database_system: text("mysql"),
        database_name: text("orders"),
        messaging_system: text("kafka"),
        destination: text("topic"),
    };
    assert_eq!(read(Kind::Client, &[], &words).peer.as_deref(), Some(&expected));
    let server = Peer { url_host: text("url.host"), ..Peer::default() };
    assert_eq!(read(Kind::Server, &[], &words).peer.as_deref(), Some(&server));
}

#[test]
fn protocols_are_told_by_any_key_of_theirs() {
    let check = |words: Words<'_>, expected: Protocols| {
        assert_eq!(read(Kind::Client, &[], words).protocols, expected, "{words:?}");
    };
    check(&[], Protocols::default());
    check(&[("thread.id", "1")], Protocols::default());
    check(&[("http.path", "/")], Protocols::HTTP);
    check(&[("url.scheme", "https")], Protocols::HTTP);
    check(&[("http.protocol", "HTTP/1.1")], Protocols::HTTP);
    check(&[("http.status_code", "200")], Protocols::HTTP);
    check(&[("rpc.system", "grpc")], Protocols::GRPC);
    check(&[("rpc.system.name", "grpc")], Protocols::GRPC);
    check(&[("rpc.system", "aws-api")], Protocols::default());
    check(&[("grpc.path", "/a.B/C")], Protocols::GRPC);
    check(&[("grpc.status_code", "0")], Protocols::GRPC);
    check(&[("db.statement", "select")], Protocols::DATABASE);
    check(&[("db.system", "mysql")], Protocols::DATABASE);
    check(&[("messaging.operation", "publish")], Protocols::MESSAGING);
    check(&[("kafka.topic", "orders")], Protocols::MESSAGING);
    check(&[("rabbit.queue", "")], Protocols::default());
    check(&[("http.method", "GET"), ("db.system", "es")], Protocols::HTTP.with(Protocols::DATABASE));
    let content_type = [("http.request.header.content-type", "[\"application/grpc+proto\"]")];
    check(&content_type, Protocols::HTTP.with(Protocols::GRPC));
}

#[test]
fn a_code_is_read_from_any_of_its_spellings() {
    let check = |words: Words<'_>, http, grpc| {
        let span = read(Kind::Client, &[], words);
        assert_eq!((span.http_status, span.grpc_status), (http, grpc), "{words:?}");
    };
    check(&[("http.status_code", "404")], Some(404), None);
    check(&[("http.response.status_code", "503"), ("http.status_code", "404")], Some(503), None);
    check(&[("rpc.grpc.status_code", "14")], None, Some(14));
    check(&[("grpc.status_code", "4")], None, Some(4));
    check(&[("grpc.status_code", "UNAVAILABLE")], None, Some(14));
    check(&[("rpc.response.status_code", "NOT_FOUND")], None, Some(5));
    let envoy = Row { attributes: vec![("http.status_code".into(), Value::String("503".into()))], ..row(Kind::Client) };
    assert_eq!(Span::from_batch(&batch(&[], &envoy)).unwrap()[0].http_status, Some(503));
}

/// Millions of them are held in open windows.
#[test]
fn a_span_is_small() {
    assert!(size_of::<Span>() <= 96, "{} bytes", size_of::<Span>());
    let words = [("component", "proxy"), ("upstream_cluster", "inbound|80||"), ("peer.service", "web")];
    let span = Row { attributes: attributes(&words), ..row(Kind::Client) };
    let mut builder = SpansBuilder::new();
    (0..2).for_each(|_| _ = builder.append(&Resource::default(), &Scope::default(), &span));
    let coded = builder.finish_coded();
    let mut reader = SpanReader::default();
    // What a proxy says, and what is said of the other side, is shared: by the spans of a batch and by those of others.
    let spans = [reader.read(&coded).unwrap(), reader.read(&coded.to_batch().into()).unwrap()].concat();
    for span in &spans {
        assert!(Arc::ptr_eq(&span.facts, &spans[0].facts));
        assert!(span.memory_bytes() <= size_of::<Span>() + size_of::<Facts>() / spans.len());
    }
}

/// However rows are coded, and whichever spans stand beside them, they are read as each of them alone.
#[test]
fn spans_beside_each_other_are_read_as_each_alone() {
    let choices: [&[(&str, &str)]; 7] = [
        &[],
        &[("component", "proxy"), ("upstream_cluster", "outbound|80||web.shop.svc.cluster.local"), ("zone", "a")],
        &[("component", "proxy"), ("upstream_cluster.name", "outbound|80||web.shop.svc.cluster.local"), ("zone", "b")],
        &[("node_id", "sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local"), ("istio.source_workload", "cart")],
        &[("http.url", "http://web.shop:80/a"), ("peer.service", "web"), ("db.name", "orders")],
        &[
            ("url.full", "http://other:80/a"),
            ("server.address", "Other:80"),
            ("kafka.topic", "t"),
            ("component", "java"),
        ],
        &[("http.url", "/a"), ("response_flags", "UF"), ("node_id", ""), ("grpc.status_code", "5")],
    ];
    let resources = [("service.name", "web"), ("k8s.deployment.name", "web"), ("telemetry.sdk.name", "envoy")];
    let (mut builder, mut other_builder) = (SpansBuilder::new(), SpansBuilder::new());
    let mut reader = SpanReader::default();
    let (mut alone, mut read_since, mut in_turn) = (Vec::new(), 0, Vec::new());
    for n in 0..200_usize {
        let words = choices[n * n / 3 % choices.len()];
        let kind = if n % 3 == 0 { Kind::Client } else { Kind::Server };
        let span = Row { attributes: attributes(words), ..row(kind) };
        let resource = &resources[..n / 7 % 4];
        alone.push(read(kind, resource, words));
        let resource = Resource { attributes: attributes(resource), ..Resource::default() };
        builder.append(&resource, &Scope::default(), &span);
        other_builder.append(&resource, &Scope::default(), &span);
        // What one builder knows of requests before is not what the other one knows.
        read_since += 1;
        if read_since == 1 + n % 23 {
            read_since = 0;
            std::mem::swap(&mut builder, &mut other_builder);
            let spans =
                [builder.finish_coded(), other_builder.finish_coded()].map(|batch| reader.read(&batch).unwrap());
            assert_eq!(spans[0], spans[1]);
            in_turn.extend(spans.into_iter().next().unwrap());
        }
    }
    let rest = reader.read(&builder.finish_coded()).unwrap();
    assert_eq!([in_turn, rest].concat(), alone);
}

/// What rows have in common is never taken for more than it is: whatever input they differ in, in one request, or in the next one.
#[test]
fn rows_that_differ_in_anything_are_told_apart() {
    let keys = [
        "service.name",
        "service.namespace",
        "service.version",
        "k8s.cluster.name",
        "k8s.namespace.name",
        "k8s.deployment.name",
        "k8s.job.name",
        "telemetry.sdk.name",
        "component",
        "node_id",
        "upstream_cluster",
        "upstream_cluster.name",
        "response_flags",
        "istio.canonical_revision",
        "istio.namespace",
        "istio.cluster_id",
        "istio.source_workload",
        "istio.source_canonical_service",
        "peer.service",
        "server.address",
        "net.peer.name",
        "db.system.name",
        "db.system",
        "db.namespace",
        "db.name",
        "db.operation.name",
        "messaging.system",
        "messaging.destination.name",
        "messaging.destination",
        "kafka.topic",
        "rpc.system",
        "http.request.method",
        "http.response.status_code",
        "http.status_code",
        "http.route",
        "url.path",
        "url.full",
        "http.url",
        "rpc.grpc.status_code",
        "grpc.status_code",
        "sampling.probability",
        "SampleRate",
    ];
    let values = |key: &str| match key {
        "component" => ["proxy", "other"],
        "telemetry.sdk.name" => ["envoy", "other"],
        "node_id" => ["router~10.0.0.1~a-1.x~x.svc.cluster.local", "waypoint~10.0.0.1~b-1.y~y.svc.cluster.local"],
        "url.full" | "http.url" => ["http://a/x", "http://b/x"],
        "sampling.probability" => ["0.5", "0.25"],
        "upstream_cluster" | "upstream_cluster.name" => ["outbound|80||a.x.svc.cluster.local", "inbound|80||"],
        "rpc.system" => ["grpc", "other"],
        "http.response.status_code"
        | "http.status_code"
        | "rpc.grpc.status_code"
        | "grpc.status_code"
        | "SampleRate" => ["7", "5"],
        _ => ["a", "b"],
    };
    // A proxy's CLIENT, for which each of them says something.
    let proxy = ("node_id", "sidecar~10.0.0.1~c-1.z~z.svc.cluster.local");
    type Change = Box<dyn Fn(&mut Resource<'static>, &mut Scope<'static>, &mut Row<'static>)>;
    let mut inputs: Vec<(&str, Vec<Change>)> = Vec::new();
    for key in keys {
        let change = |value: &'static str| -> Change {
            let of_resource = key.starts_with("k8s.") || key.starts_with("service.") || key.starts_with("telemetry.");
            Box::new(move |resource, _, span| {
                let to = if of_resource { &mut resource.attributes } else { &mut span.attributes };
                to.retain(|(known, _)| known != key);
                to.extend(attributes(&[(key, value)]));
            })
        };
        inputs.push((key, values(key).map(change).into()));
    }
    inputs.push(("scope", vec![Box::new(|_, scope, _| scope.name = "envoy".into())]));
    inputs.push(("trace state", vec![Box::new(|_, _, span| span.trace_state = "ot=th:8".into())]));
    inputs.push(("status", vec![Box::new(|_, _, span| span.status_code = 2)]));
    inputs.push(("kind", vec![Box::new(|_, _, span| span.kind = Kind::Server.as_otlp())]));
    inputs.push(("quirks", vec![Box::new(|_, _, span| span.quirks = Quirks::SHARED)]));
    for is_proxy in [true, false] {
        for (input, changes) in &inputs {
            let mut rows = vec![(Resource::default(), Scope::default(), row(Kind::Client))];
            rows[0].2.attributes.extend(attributes(&[proxy][..usize::from(is_proxy)]));
            for change in changes {
                let (mut resource, mut scope, mut span) = rows[0].clone();
                change(&mut resource, &mut scope, &mut span);
                rows.push((resource, scope, span));
            }
            let alone: Vec<Span> = rows
                .iter()
                .map(|(resource, scope, span)| {
                    let mut builder = SpansBuilder::new();
                    builder.append(resource, scope, span);
                    Span::from_batch(&builder.finish()).unwrap().remove(0)
                })
                .collect();
            let mut builder = SpansBuilder::new();
            let mut reader = SpanReader::default();
            let mut known_rows = Vec::new();
            // The first request lacks the input, and later ones have it in some order.
            let orders = [vec![0], (0..rows.len()).collect(), (0..rows.len()).rev().collect()];
            // Until all that it has is worth being shared by what comes next.
            let last = std::iter::repeat_n(orders[2].clone(), 50);
            for order in orders.iter().cloned().chain(last) {
                let place = |i: &usize| &rows[*i];
                for (resource, scope, span) in order.iter().map(place) {
                    builder.append(resource, scope, span);
                }
                let expected: Vec<Span> = order.iter().map(|i| alone[*i].clone()).collect();
                assert_eq!(reader.read(&builder.finish_coded()).unwrap(), expected, "{input}, {is_proxy}");
                known_rows.push(reader.known_rows());
            }
            let [.., before, last] = known_rows[..] else { panic!("there were requests") };
            assert!(last > 0 && before == last, "{input}: {known_rows:?}");
        }
    }
}

/// Requests that never come again do not drive out what comes again and again.
#[test]
fn one_off_requests_leave_the_others_known() {
    let mut builders: Vec<SpansBuilder> = (0..2).map(|_| SpansBuilder::new()).collect();
    let mut reader = SpanReader::default();
    let mut read = |builder: &mut SpansBuilder| {
        builder.append(
            &Resource::default(),
            &Scope::default(),
            &Row { attributes: attributes(&[("component", "proxy")]), ..row(Kind::Client) },
        );
        let before = reader.known_rows();
        reader.read(&builder.finish_coded()).unwrap();
        reader.known_rows() > before
    };
    for _ in 0..3 {
        builders.iter_mut().for_each(|builder| _ = read(builder));
    }
    for _ in 0..100 {
        read(&mut SpansBuilder::new());
        assert!(builders.iter_mut().all(|builder| !read(builder)));
    }
}

fn without(batch: &RecordBatch, name: &str) -> RecordBatch {
    let kept = (0..batch.num_columns()).filter(|i| batch.schema().field(*i).name() != name);
    batch.project(&kept.collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_missing_column_is_named() {
    let batch = batch(&[], &row(Kind::Server));
    for column in Span::COLUMNS {
        assert_eq!(Span::from_batch(&without(&batch, column)), Err(UnreadableRow::Column(column)), "{column}");
    }
}

proptest! {
    /// No other column is looked at: a reader of files may leave them out.
    #[test]
    fn other_columns_are_not_read(key in "[a-z]{1,3}", server in any::<bool>()) {
        let kind = if server { Kind::Server } else { Kind::Client };
        let span = Row { attributes: vec![(key.into(), Value::Bool(true))], ..row(kind) };
        let whole = batch(&[("service.name", "web")], &span);
        let columns: Vec<usize> = Span::COLUMNS.iter().map(|name| whole.schema().index_of(name).unwrap()).collect();
        prop_assert_eq!(Span::from_batch(&whole.project(&columns).unwrap()), Span::from_batch(&whole));
    }
}
