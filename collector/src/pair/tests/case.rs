//! The text form of a case: spans, one per line, then what pairing makes of them.
//!
//! ```text
//! == title
//! web1  -     client  web  0..100  http.method=GET
//! rev1  web1  server  rev  10..90
//! --
//! source_app  web -> rev  http  1x1  ok  100ms  web1
//! ```
//!
//! A span is `id parent kind service start..end word...`; times are milliseconds, `-` is none. A word is `key=value` (a span
//! attribute; whole numbers are numbers) or one of the abbreviations in [`Case::word`]. `settled=<ms>` on a line by itself
//! says what has waited long enough, `show graph` asks for the graph, too. Lines that begin with `#`, and those above the
//! first title, are comments.

use std::borrow::Cow;

use arrow::array::RecordBatch;
use spanloom_store::schema::spans::{Link, Quirks, Resource, Scope, Span as Row, SpansBuilder};
use spanloom_store::value::Value;
use spanloom_store::{SpanId, TraceId};

use crate::pair::{Kind, Span};

/// 2023-11-14 22:13:20, the start of a window.
pub const BASE_NS: i64 = 1_700_000_000_000_000_000;
pub const MS_NS: i64 = 1_000_000;
pub const TRACE: i64 = 0x7ace;

/// One case of a file.
#[derive(Debug, Default)]
pub struct Case {
    pub title: String,
    /// The lines above `--`, as they stand.
    pub text: Vec<String>,
    pub rows: Vec<RowParts>,
    /// The names of span ids, to print them.
    pub ids: Vec<String>,
    pub settled_before_ns: Option<i64>,
    pub shows_graph: bool,
    pub expected: Vec<String>,
}

/// A row of the table `spans`.
#[derive(Debug, Clone)]
pub struct RowParts {
    pub resource: Resource<'static>,
    pub scope: Scope<'static>,
    pub span: Row<'static>,
}

/// The cases of a file.
pub fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut in_expected = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("== ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
            in_expected = false;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match line.trim() {
            "--" => in_expected = true,
            "" => {}
            line if in_expected => case.expected.push(line.to_owned()),
            line => {
                case.text.push(line.to_owned());
                case.line(line);
            }
        }
    }
    cases
}

impl Case {
    fn line(&mut self, line: &str) {
        if line.starts_with('#') {
            return;
        }
        if line == "show graph" {
            self.shows_graph = true;
        } else if let Some(ms) = line.strip_prefix("settled=") {
            self.settled_before_ns = Some(BASE_NS + ms.parse::<i64>().unwrap() * MS_NS);
        } else {
            self.span(line);
        }
    }

    fn span(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [id, parent, kind, service, times, words @ ..] = &words[..] else {
            panic!("a span has five words: {line}")
        };
        let (start, end) = times.split_once("..").unwrap_or_else(|| panic!("start..end: {line}"));
        let ns = |ms: &str| BASE_NS + (ms.parse::<f64>().unwrap() * MS_NS as f64).round() as i64;
        let span_id = self.id(id);
        let parent_span_id = (*parent != "-").then(|| self.id(parent));
        let mut row = RowParts {
            resource: Resource::default(),
            scope: Scope::default(),
            span: Row {
                trace_id: TraceId::from_halves(0, TRACE),
                span_id,
                parent_span_id,
                trace_state: "".into(),
                flags: 0,
                name: "op".into(),
                kind: kind_of(kind).as_otlp(),
                start_ns: ns(start),
                end_ns: ns(end),
                attributes: Vec::new(),
                dropped_attributes_count: 0,
                events: Vec::new(),
                dropped_events_count: 0,
                links: Vec::new(),
                dropped_links_count: 0,
                status_code: 0,
                status_message: "".into(),
                quirks: Quirks::default(),
            },
        };
        if *service != "-" {
            row.resource("service.name", service);
        }
        words.iter().for_each(|word| self.word(&mut row, word));
        self.rows.push(row);
    }

    fn word(&mut self, row: &mut RowParts, word: &str) {
        match word.split_once('=') {
            None if word == "proxy" => row.attribute("component", "proxy"),
            None if word == "shared" => row.span.quirks = row.span.quirks.with(Quirks::SHARED),
            None if word == "timeless" => {
                row.span.quirks = row.span.quirks.with(Quirks::START_ABSENT).with(Quirks::DURATION_ABSENT);
            }
            None if word == "error" => row.span.status_code = 2,
            // Istio's node id: `sidecar:web.shop`.
            Some(("node", id)) => {
                let (node_type, pod) = id.split_once(':').unwrap();
                let (name, namespace) = pod.split_once('.').unwrap();
                let id =
                    format!("{node_type}~10.0.0.1~{name}-6f89b6c557-sg2bc.{namespace}~{namespace}.svc.cluster.local");
                row.attribute("node_id", &id);
            }
            // A cluster of Istio's: `out:reviews.shop`, `in`, `vip:reviews.shop`; any other name as it is.
            Some(("up", cluster)) => row.attribute("upstream_cluster", &cluster_name(cluster)),
            Some(("flags", flags)) => row.attribute("response_flags", flags),
            Some(("code", code)) => row.attribute("http.status_code", code),
            Some(("ns", namespace)) => row.resource("k8s.namespace.name", namespace),
            Some(("cluster", name)) => row.resource("k8s.cluster.name", name),
            Some(("svcns", namespace)) => row.resource("service.namespace", namespace),
            Some(("version", version)) => row.resource("service.version", version),
            Some(("deployment", name)) => row.resource("k8s.deployment.name", name),
            Some(("sdk", name)) => row.resource("telemetry.sdk.name", name),
            Some(("scope", name)) => row.scope.name = name.to_owned().into(),
            Some(("state", state)) => row.span.trace_state = state.to_owned().into(),
            Some(("name", name)) => row.span.name = name.to_owned().into(),
            Some(("link", id)) => {
                let (trace_id, span_id) = match id.split_once(':') {
                    Some((trace, id)) => (trace.parse().unwrap(), self.id(id)),
                    None => (row.span.trace_id, self.id(id)),
                };
                row.span.links.push(Link {
                    trace_id,
                    span_id,
                    trace_state: "".into(),
                    attributes: Vec::new(),
                    dropped_attributes_count: 0,
                    flags: 0,
                });
            }
            Some((key, value)) => row.attribute(key, value),
            None => panic!("unknown word {word:?}"),
        }
    }

    /// Ids are numbered in order of appearance.
    fn id(&mut self, name: &str) -> SpanId {
        let place = self.ids.iter().position(|known| known == name).unwrap_or_else(|| {
            self.ids.push(name.to_owned());
            self.ids.len() - 1
        });
        SpanId::from_int(place as i64 + 1)
    }

    pub fn name_of(&self, id: SpanId) -> &str {
        &self.ids[id.as_int() as usize - 1]
    }
}

impl RowParts {
    fn attribute(&mut self, key: &str, value: &str) {
        let number = value.parse().map(Value::Int);
        let value = number.unwrap_or_else(|_| Value::String(Cow::Owned(value.to_owned())));
        self.span.attributes.push((Cow::Owned(key.to_owned()), value));
    }

    fn resource(&mut self, key: &str, value: &str) {
        self.resource.attributes.push((Cow::Owned(key.to_owned()), Value::String(Cow::Owned(value.to_owned()))));
    }
}

fn cluster_name(text: &str) -> String {
    let host = |name: &str| format!("{name}.svc.cluster.local");
    match text.split_once(':') {
        Some(("out", name)) => format!("outbound|80||{}", host(name)),
        Some(("host", name)) => format!("outbound|443||{name}"),
        Some(("vip", name)) => format!("inbound-vip|80|http|{}", host(name)),
        None if text == "in" => "inbound|8080||".to_owned(),
        _ => text.to_owned(),
    }
}

fn kind_of(word: &str) -> Kind {
    match word {
        "none" => Kind::Unspecified,
        "internal" => Kind::Internal,
        "server" => Kind::Server,
        "client" => Kind::Client,
        "producer" => Kind::Producer,
        "consumer" => Kind::Consumer,
        other => panic!("unknown kind {other:?}"),
    }
}

/// Rows as one request stores them.
pub fn batch(rows: &[RowParts]) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    rows.iter().for_each(|row| {
        builder.append(&row.resource, &row.scope, &row.span);
    });
    builder.finish()
}

/// Rows as pairing reads them, from requests of `size` spans each.
pub fn spans(rows: &[RowParts], size: usize) -> Vec<Span> {
    rows.chunks(size.max(1)).flat_map(|rows| Span::from_batch(&batch(rows)).unwrap()).collect()
}
