//! A span on a line:
//!
//! ```text
//! 1/3 < 2 service="cart" name="get" kind=server status=error at=2ms for=1s span.n=5 event("retry" at=3ms n=2) link(1/5)
//! ```
//!
//! Trace, span and parent, then what it has, in any order. Without more a span is named `span <id>`, is a server's, starts
//! `at` as many seconds after the world begins as its trace's number says and lasts 10 ms; an event is at the span's start.
//! Values: `"text"`, `7`, `1.5`, `true`, `[1, "a"]`, `{k=1}`, `0x0102` (bytes), `empty`.

use spanloom_store::schema::spans::{Event, Link};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{SpanId, TraceId};

use super::super::super::harness::{MINUTE_NS, NOW_NS, SECOND_NS, Sample, sample};
use crate::traceql::duration_ns;
use crate::traceql::tree::{Kind, Status};

/// When the world begins.
const START_NS: i64 = NOW_NS - 10 * MINUTE_NS;

/// # Panics
/// When the line is none of a span.
pub fn read(line: &str) -> Sample {
    let mut line = Line { rest: line, whole: line };
    let trace = line.id();
    line.expect("/");
    let start_ns = START_NS + trace as i64 * SECOND_NS;
    let id = line.id();
    let mut read = sample(trace, id, None, start_ns);
    if line.take("<") {
        read.span.parent_span_id = Some(SpanId::from_int(line.id() as i64));
    }
    let mut duration_ns = 10_000_000;
    while !line.is_at_end() {
        match line.key().as_str() {
            "at" => read.span.start_ns = start_ns + line.duration(),
            "for" => duration_ns = line.duration(),
            "event" => read.span.events.push(line.event()),
            "link" => read.span.links.push(line.link()),
            key => line.property(&mut read, key),
        }
    }
    read.span.end_ns = read.span.start_ns + duration_ns;
    let start_ns = read.span.start_ns;
    read.span.events.iter_mut().for_each(|event| event.time_ns += start_ns);
    read
}

/// What is left of a line.
struct Line<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl<'a> Line<'a> {
    fn wrong(&self, expected: &str) -> ! {
        panic!("expected {expected} at {:?} in {:?}", self.rest, self.whole)
    }

    fn is_at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty()
    }

    fn take(&mut self, symbol: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, symbol: &str) {
        if !self.take(symbol) {
            self.wrong(symbol);
        }
    }

    fn word(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let text = self.rest.trim_start();
        let (word, rest) = text.split_at(text.find(|c| !is_wanted(c)).unwrap_or(text.len()));
        self.rest = rest;
        word
    }

    fn id(&mut self) -> u64 {
        let digits = self.word(|c| c.is_ascii_digit());
        digits.parse().unwrap_or_else(|_| self.wrong("an id"))
    }

    /// A name with `=` or `(` behind it; its part behind the scope may be quoted.
    fn key(&mut self) -> String {
        let mut key = self.word(|c| !c.is_whitespace() && !"=(\"".contains(c)).to_owned();
        if self.rest.starts_with('"') {
            key.push_str(&self.text());
        }
        if !self.take("=") && !self.take("(") {
            self.wrong("`=` or `(`");
        }
        key
    }

    fn text(&mut self) -> String {
        self.expect("\"");
        let Some((text, rest)) = self.rest.split_once('"') else { self.wrong("the end of a text") };
        self.rest = rest;
        text.to_owned()
    }

    fn duration(&mut self) -> i64 {
        let sign = if self.take("-") { -1 } else { 1 };
        let text = self.word(|c| c.is_alphanumeric() || c == '.');
        sign * duration_ns(text).unwrap_or_else(|| self.wrong("a duration"))
    }

    fn property(&mut self, read: &mut Sample, key: &str) {
        let (scope, name) = key.split_once('.').unwrap_or((key, ""));
        let name = name.to_owned().into();
        match scope {
            "service" => read.resource.attributes.push(("service.name".into(), self.value())),
            "name" => read.span.name = self.text().into(),
            "kind" => read.span.kind = self.kind(),
            "status" => read.span.status_code = self.status(),
            "message" => read.span.status_message = self.text().into(),
            "scope" => read.scope.name = self.text().into(),
            "version" => read.scope.version = self.text().into(),
            "span" => read.span.attributes.push((name, self.value())),
            "resource" => read.resource.attributes.push((name, self.value())),
            "instrumentation" => read.scope.attributes.push((name, self.value())),
            _ => self.wrong("a property of a span before"),
        }
    }

    fn kind(&mut self) -> i32 {
        let word = self.word(char::is_alphabetic);
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word);
        kind.unwrap_or_else(|| self.wrong("a kind")).code()
    }

    fn status(&mut self) -> i32 {
        let word = self.word(char::is_alphabetic);
        let status = Status::ALL.into_iter().find(|status| status.name() == word);
        status.unwrap_or_else(|| self.wrong("a status")).code()
    }

    fn value(&mut self) -> Value<'static> {
        if self.rest.trim_start().starts_with('"') {
            return Value::String(self.text().into());
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                items.push(self.value());
                self.take(",");
            }
            return Value::Array(items);
        }
        if self.take("{") {
            return Value::Map(self.attributes("}"));
        }
        self.plain_value()
    }

    fn plain_value(&mut self) -> Value<'static> {
        let word = self.word(|c| c.is_alphanumeric() || "+-.".contains(c));
        if let Some(hex) = word.strip_prefix("0x") {
            let digits: Vec<u8> = hex.chars().filter_map(|c| Some(c.to_digit(16)? as u8)).collect();
            return Value::Bytes(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect());
        }
        match word {
            "empty" => Value::Empty,
            "true" | "false" => Value::Bool(word == "true"),
            _ => match (word.parse(), word.parse()) {
                (Ok(whole), _) => Value::Int(whole),
                (_, Ok(number)) => Value::Double(number),
                _ => self.wrong("a value before"),
            },
        }
    }

    fn attributes(&mut self, end: &str) -> Attributes<'static> {
        let mut attributes = Attributes::new();
        while !self.take(end) {
            let key = self.key();
            attributes.push((key.into(), self.value()));
            self.take(",");
        }
        attributes
    }

    /// Behind its opening parenthesis; its time is that since the span's start.
    fn event(&mut self) -> Event<'static> {
        let name = self.text().into();
        let time_ns = if self.take("at=") { self.duration() } else { 0 };
        Event { time_ns, name, attributes: self.attributes(")"), dropped_attributes_count: 0 }
    }

    fn link(&mut self) -> Link<'static> {
        let trace = self.id();
        self.expect("/");
        let span_id = SpanId::from_int(self.id() as i64);
        Link {
            trace_id: TraceId::from_halves(1, trace as i64),
            span_id,
            trace_state: "".into(),
            attributes: self.attributes(")"),
            dropped_attributes_count: 0,
            flags: 0,
        }
    }
}
