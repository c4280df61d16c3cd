//! A request as the processes that took part in it tell of it.
//!
//! Per hop: the calling app's CLIENT, the listener's SERVER and the upstream CLIENT of the proxy beside it, the same two of
//! the proxy beside the target, the target app's SERVER. Who does not tell is left out, and what is below hangs on the next
//! one above, because headers are passed on all the same.

/// Spans of apps.
mod app;
/// Attributes.
mod attributes;
/// How outcomes are written.
pub(crate) mod codes;
/// Spans of proxies.
mod envoy;
/// Who sends spans.
mod process;

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, Status};

use crate::chance::Chance;
use crate::mesh::{Mesh, Role, Service, Verb};
use crate::request::{Attempt, Call, Interval, Outcome, Place, Request, Served};
use envoy::Way;
use process::Process;

pub(crate) use envoy::flags;

/// How many things there are of a kind.
const THINGS: u64 = 400;

/// All spans of one request.
#[derive(Debug, Clone)]
pub struct Trace {
    /// When the last of them ended, in nanoseconds since the epoch.
    pub end_ns: u64,
    spans: Vec<(Process, Span)>,
}

impl Trace {
    pub fn of(mesh: &Mesh, request: &Request) -> Self {
        let mut writer = Writer::new(mesh, request);
        writer.call(request.gateway, &request.call, None);
        Self { end_ns: request.end_ns(), spans: writer.spans }
    }

    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().map(|(_, span)| span)
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Traces as exporters send them: together what one process tells.
    pub fn resource_spans(mesh: &Mesh, traces: impl IntoIterator<Item = Self>) -> Vec<ResourceSpans> {
        let mut by_process: BTreeMap<Process, Vec<Span>> = BTreeMap::new();
        for (process, span) in traces.into_iter().flat_map(|trace| trace.spans) {
            by_process.entry(process).or_default().push(span);
        }
        by_process.into_iter().map(|(process, spans)| process.tell(mesh, spans)).collect()
    }
}

/// An id of a span that is written.
type Id = [u8; 8];

/// A span that has no id yet.
struct Draft {
    process: Process,
    parent: Option<Id>,
    kind: SpanKind,
    time: Interval,
    told: Told,
}

/// What a span says of what happened.
struct Told {
    name: String,
    /// Whether its status is ERROR.
    is_error: bool,
    attributes: Vec<KeyValue>,
}

/// Writes the spans of one request.
struct Writer<'r> {
    mesh: &'r Mesh,
    request: &'r Request,
    ids: Chance,
    /// Envoy's, which every hop passes on.
    request_id: String,
    spans: Vec<(Process, Span)>,
}

impl<'r> Writer<'r> {
    fn new(mesh: &'r Mesh, request: &'r Request) -> Self {
        let mut ids = Chance::of(&[request.span_seed]);
        let request_id = uuid(&mut ids);
        Self { mesh, request, ids, request_id, spans: Vec::new() }
    }

    /// What a caller tells of a call, and all below.
    fn call(&mut self, source: Place, call: &'r Call, parent: Option<Id>) {
        let target = &self.mesh.services[call.target];
        let asking = Asking::new(target, call.operation, &mut self.ids);
        let tells = self.mesh.services[source.service].tells;
        let above = if tells.app { Some(self.asked(source, call, &asking, parent)) } else { parent };
        if tells.proxy && target.is_seen_by_proxies() {
            self.passed(source, call, &asking, above);
        } else {
            let reached = call.attempts.iter().filter_map(|attempt| attempt.served.as_ref());
            reached.for_each(|served| self.served(source, served, &asking, above));
        }
        call.taken.iter().for_each(|served| self.taken(served, &asking, above));
    }

    /// The calling app's span.
    fn asked(&mut self, source: Place, call: &Call, asking: &Asking<'_>, parent: Option<Id>) -> Id {
        let is_message = matches!(asking.service.role, Role::Queue { .. });
        let kind = if is_message { SpanKind::Producer } else { SpanKind::Client };
        let process = Process { place: source, is_proxy: false };
        self.write(Draft { process, parent, kind, time: call.asked, told: app::client(asking, call.outcome) })
    }

    /// The spans of the caller's proxy: the request, and each try.
    fn passed(&mut self, source: Place, call: &'r Call, asking: &Asking<'_>, parent: Option<Id>) {
        let process = Process { place: source, is_proxy: true };
        let reached = call.attempts.iter().rev().find_map(|attempt| attempt.served.as_ref());
        let way = Way::out(self.mesh, asking, reached);
        let listener = envoy::Listener {
            mesh: self.mesh,
            process,
            peer: process,
            way: &way,
            asking,
            outcome: call.outcome,
            flags: envoy::flags(call),
            request_id: &self.request_id,
        };
        let told = listener.tell();
        let above = self.write(Draft { process, parent, kind: SpanKind::Server, time: call.passed, told });
        for (number, attempt) in call.attempts.iter().enumerate() {
            let is_last = number + 1 == call.attempts.len();
            let told = envoy::upstream(&way, asking, attempt, number, is_last);
            let time = attempt.sent;
            let sent = self.write(Draft { process, parent: Some(above), kind: SpanKind::Client, time, told });
            if let Some(served) = &attempt.served {
                self.served(source, served, asking, Some(sent));
            }
        }
    }

    /// What the target tells of a call, and all that it did for it.
    fn served(&mut self, source: Place, served: &'r Served, asking: &Asking<'_>, parent: Option<Id>) {
        let tells = self.mesh.services[served.place.service].tells;
        let mut above = parent;
        if tells.proxy {
            above = Some(self.entered(source, served, asking, above));
        }
        if tells.app {
            let process = Process { place: served.place, is_proxy: false };
            let told = app::server(asking, served.outcome);
            above =
                Some(self.write(Draft { process, parent: above, kind: SpanKind::Server, time: served.worked, told }));
        }
        served.calls.iter().for_each(|call| self.call(served.place, call, above));
    }

    /// The spans of the target's proxy.
    fn entered(&mut self, source: Place, served: &Served, asking: &Asking<'_>, parent: Option<Id>) -> Id {
        let process = Process { place: served.place, is_proxy: true };
        let way = Way::into(self.mesh, served.place);
        let is_cut = served.outcome == Outcome::Cancelled;
        let listener = envoy::Listener {
            mesh: self.mesh,
            process,
            peer: Process { place: source, is_proxy: true },
            way: &way,
            asking,
            outcome: served.outcome,
            flags: if is_cut { "DC" } else { "-" },
            request_id: &self.request_id,
        };
        let told = listener.tell();
        let above = self.write(Draft { process, parent, kind: SpanKind::Server, time: served.entered, told });
        let attempt = Attempt { sent: served.handed, outcome: served.outcome, served: None };
        let told = envoy::upstream(&way, asking, &attempt, 0, true);
        self.write(Draft { process, parent: Some(above), kind: SpanKind::Client, time: served.handed, told })
    }

    /// What a consumer tells, and all that it did with the message.
    fn taken(&mut self, served: &'r Served, queue: &Asking<'_>, parent: Option<Id>) {
        let process = Process { place: served.place, is_proxy: false };
        let group = &self.mesh.services[served.place.service].name;
        let told = app::consumer(queue, group, served.outcome);
        let id = self.write(Draft { process, parent, kind: SpanKind::Consumer, time: served.worked, told });
        served.calls.iter().for_each(|call| self.call(served.place, call, Some(id)));
    }

    fn write(&mut self, draft: Draft) -> Id {
        let id = self.ids.next().max(1).to_be_bytes();
        let Told { name, is_error, attributes } = draft.told;
        let span = Span {
            trace_id: self.request.trace_id.to_vec(),
            span_id: id.to_vec(),
            parent_span_id: draft.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
            name,
            kind: draft.kind as i32,
            start_time_unix_nano: self.request.begin_ns + draft.time.start,
            end_time_unix_nano: self.request.begin_ns + draft.time.end,
            attributes,
            status: is_error.then(|| Status { code: StatusCode::Error as i32, ..Status::default() }),
            ..Span::default()
        };
        self.spans.push((draft.process, span));
        id
    }
}

/// Whom a call is for, and for what.
struct Asking<'m> {
    service: &'m Service,
    verb: &'m Verb,
    /// The URL's path; empty where there is none.
    path: String,
}

impl<'m> Asking<'m> {
    fn new(service: &'m Service, operation: usize, ids: &mut Chance) -> Self {
        let verb = &service.operations[operation].verb;
        let path = match verb {
            Verb::Http { route, .. } => filled(route, ids),
            Verb::Grpc { service, method } => format!("/{service}/{method}"),
            Verb::Query { .. } | Verb::Message => String::new(),
        };
        Self { service, verb, path }
    }

    fn is_grpc(&self) -> bool {
        matches!(self.verb, Verb::Grpc { .. })
    }
}

/// A route with things in the place of its names.
fn filled(route: &str, ids: &mut Chance) -> String {
    let Some((before, rest)) = route.split_once('{') else { return route.to_owned() };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    format!("{before}{}{after}", 1 + ids.below(THINGS))
}

/// As Envoy writes request ids.
fn uuid(ids: &mut Chance) -> String {
    let hex = format!("{:016x}{:016x}", ids.next(), ids.next());
    format!("{}-{}-9{}-9{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
