use spanloom_store::schema::spans::{Event, Link};
use spanloom_store::value::Value;
use spanloom_store::{SpanId, TraceId};

use super::super::harness::{Harness, MINUTE_NS, NOW_NS, Sample, sample};

fn text(value: &'static str) -> Value<'static> {
    Value::String(value.into())
}

impl Sample {
    pub fn with(mut self, key: &'static str, value: Value<'static>) -> Self {
        self.span.attributes.push((key.into(), value));
        self
    }

    pub fn of_resource(mut self, key: &'static str, value: Value<'static>) -> Self {
        self.resource.attributes.push((key.into(), value));
        self
    }

    pub fn named(mut self, name: &'static str) -> Self {
        self.span.name = name.into();
        self
    }

    pub fn of_kind(mut self, kind: i32) -> Self {
        self.span.kind = kind;
        self
    }
}

/// Five spans in two traces; the page of cases says what they have.
pub fn samples() -> Vec<Sample> {
    let start_ns = NOW_NS - 10 * MINUTE_NS;
    let root = sample(1, 1, Some("shop"), start_ns)
        .named("GET /")
        .lasting(2_000_000_000)
        .with("http.method", text("GET"))
        .with("http.status_code", Value::Int(200))
        .of_resource("team", text("red"))
        .of_resource("replicas", Value::Int(3))
        .of_resource("both", text("resource"));
    let client = sample(1, 2, Some("shop"), start_ns + 1_000_000)
        .child_of(1)
        .named("call cart")
        .of_kind(3)
        .lasting(1_500_000_000)
        .with("str", text("abc"))
        .with("int", Value::Int(7))
        .with("float", Value::Double(1.5))
        .with("yes", Value::Bool(true))
        .with("no", Value::Bool(false))
        .with("letters", Value::Array(vec![text("a"), text("b")]))
        .with("numbers", Value::Array(vec![Value::Int(1), Value::Double(2.5)]))
        .with("none", Value::Array(Vec::new()))
        .with("map", Value::Map(vec![("k".into(), Value::Int(1))]))
        .with("bytes", Value::Bytes(vec![1, 2].into()))
        .with("empty", text(""))
        .with("unset", Value::Empty)
        .with("both", text("span"))
        .with("a b", Value::Int(1))
        .of_resource("both", text("resource"));
    let mut server = sample(1, 3, Some("cart"), start_ns + 2_000_000)
        .child_of(2)
        .named("cart")
        .failed()
        .lasting(1_000_000_000)
        .with("http.status_code", text("503"))
        .with("int", text("7"))
        .of_resource("team", text("blue"));
    server.span.status_message = "boom".into();
    server.scope.version = "1.2".into();
    server.scope.attributes = vec![("lib".into(), text("x"))];
    server.span.events = vec![
        event(
            "exception",
            start_ns + 3_000_000,
            vec![("exception.type".into(), text("Oops")), ("n".into(), Value::Int(1))],
        ),
        event("retry", start_ns + 500_000_000, vec![("n".into(), Value::Int(2))]),
    ];
    server.span.links = vec![Link {
        trace_id: TraceId::from_halves(0, 0xab),
        span_id: SpanId::from_int(0xcd),
        trace_state: "".into(),
        attributes: vec![("why".into(), text("follows"))],
        dropped_attributes_count: 0,
        flags: 0,
    }];
    // A trace without services, whose only root came without a name.
    let bare = sample(2, 4, None, start_ns + MINUTE_NS).named("").of_kind(0).with("int", Value::Int(-3));
    let orphan = sample(2, 5, None, start_ns + MINUTE_NS + 1).child_of(99).of_kind(5).with("float", Value::Double(7.0));
    vec![root, client, server, bare, orphan]
}

fn event(name: &'static str, time_ns: i64, attributes: spanloom_store::value::Attributes<'static>) -> Event<'static> {
    Event { time_ns, name: name.into(), attributes, dropped_attributes_count: 0 }
}

/// The world, a part of each trace in the lake, the rest hot.
pub async fn harness() -> Harness {
    let harness = Harness::new().await;
    let samples = samples();
    harness.append(&[samples[0].clone(), samples[2].clone(), samples[3].clone()]).await;
    harness.flush().await;
    harness.append(&[samples[1].clone(), samples[4].clone()]).await;
    harness
}
