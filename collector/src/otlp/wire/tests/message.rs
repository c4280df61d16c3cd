//! Messages as no exporter writes them: any fields in any order, repeated, unknown, as groups; now and then a broken one.
//! A tape of bytes decides, and what it does not say is the least there is.

use prost::encoding::encode_varint;

use crate::otlp::arbitrary::NOW_NS;

/// The messages below a request.
#[derive(Clone, Copy)]
pub enum Kind {
    Request,
    ResourceSpans,
    Resource,
    EntityRef,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    Status,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
}

#[derive(Clone, Copy)]
enum Type {
    Message(Kind),
    Text,
    /// An id of so many bytes.
    Id(usize),
    Varint,
    Time,
    Fixed64,
    Fixed32,
}

use Kind as K;
use Type::{Fixed32, Fixed64, Id, Message, Text, Time, Varint};

/// The fields of a message by number.
const fn fields(kind: Kind) -> &'static [(u64, Type)] {
    match kind {
        K::Request => &[(1, Message(K::ResourceSpans))],
        K::ResourceSpans => &[(1, Message(K::Resource)), (2, Message(K::ScopeSpans)), (3, Text)],
        K::Resource => &[(1, Message(K::KeyValue)), (2, Varint), (3, Message(K::EntityRef))],
        K::EntityRef => &[(1, Text), (2, Text), (3, Text), (4, Text)],
        K::ScopeSpans => &[(1, Message(K::Scope)), (2, Message(K::Span)), (3, Text)],
        K::Scope => &[(1, Text), (2, Text), (3, Message(K::KeyValue)), (4, Varint)],
        K::Span => &[
            (1, Id(16)),
            (2, Id(8)),
            (3, Text),
            (4, Id(8)),
            (5, Text),
            (6, Varint),
            (7, Time),
            (8, Time),
            (9, Message(K::KeyValue)),
            (10, Varint),
            (11, Message(K::Event)),
            (12, Varint),
            (13, Message(K::Link)),
            (14, Varint),
            (15, Message(K::Status)),
            (16, Fixed32),
        ],
        K::Event => &[(1, Fixed64), (2, Text), (3, Message(K::KeyValue)), (4, Varint)],
        K::Link => &[(1, Id(16)), (2, Id(8)), (3, Text), (4, Message(K::KeyValue)), (5, Varint), (6, Fixed32)],
        K::Status => &[(2, Text), (3, Varint)],
        K::KeyValue => &[(1, Text), (2, Message(K::AnyValue)), (3, Varint)],
        K::AnyValue => &[
            (1, Text),
            (2, Varint),
            (3, Varint),
            (4, Fixed64),
            (5, Message(K::ArrayValue)),
            (6, Message(K::KeyValueList)),
            (7, Id(4)),
            (8, Varint),
        ],
        K::ArrayValue => &[(1, Message(K::AnyValue))],
        K::KeyValueList => &[(1, Message(K::KeyValue))],
    }
}

/// The bytes that decide.
pub struct Tape<'t>(pub std::slice::Iter<'t, u8>);

impl Tape<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }
}

const FIELDS_MAX: usize = 6;
/// Numbers that no message has.
const UNKNOWN: [u64; 3] = [20, 100, (1 << 29) - 1];
const TEXTS: [&str; 5] = ["", "service.name", "telemetry.sdk.name", "http.status_code", "größer"];
const NUMBERS: [u64; 6] = [0, 1, 200, 1 << 31, 1 << 63, u64::MAX];

/// Appends the fields of a message.
pub fn message(tape: &mut Tape<'_>, kind: Kind, out: &mut Vec<u8>) {
    if matches!(kind, K::Span) && tape.byte() < 200 {
        for (number, of) in [(1, Id(16)), (2, Id(8)), (7, Time)] {
            field(tape, number, of, out);
        }
    }
    let known = fields(kind);
    let fields_min = usize::from(matches!(kind, K::Request | K::ResourceSpans | K::ScopeSpans));
    for _ in 0..fields_min + tape.below(FIELDS_MAX) {
        match tape.byte() {
            0..220 => {
                let (number, of) = known[tape.below(known.len())];
                field(tape, number, of, out);
            }
            220..255 => unknown(tape, out),
            255 => broken(tape, known[0].0, out),
        }
    }
}

fn field(tape: &mut Tape<'_>, number: u64, of: Type, out: &mut Vec<u8>) {
    match of {
        Message(kind) => {
            let mut inner = Vec::new();
            message(tape, kind, &mut inner);
            delimited(number, &inner, out);
        }
        Text => delimited(number, TEXTS[tape.below(TEXTS.len())].as_bytes(), out),
        Id(bytes) => {
            let fill = tape.byte();
            let bytes = if fill > 240 { tape.below(20) } else { bytes };
            delimited(number, &vec![fill.saturating_add(1); bytes], out);
        }
        Varint => {
            key(number, 0, out);
            encode_varint(NUMBERS[tape.below(NUMBERS.len())], out);
        }
        Time => {
            let near =
                (NOW_NS as u64).wrapping_add_signed(i64::from(tape.byte()) * 1_000_000_000_000 - 200_000_000_000_000);
            fixed64(number, near, out);
        }
        Fixed64 => fixed64(number, f64::from(tape.byte()).sqrt().to_bits(), out),
        Fixed32 => {
            key(number, 5, out);
            out.extend_from_slice(&[tape.byte(); 4]);
        }
    }
}

fn unknown(tape: &mut Tape<'_>, out: &mut Vec<u8>) {
    let number = UNKNOWN[tape.below(UNKNOWN.len())];
    match tape.below(5) {
        0 => field(tape, number, Varint, out),
        1 => fixed64(number, 1, out),
        2 => delimited(number, b"\xff is no text", out),
        3 => field(tape, number, Fixed32, out),
        _ => {
            key(number, 3, out);
            message(tape, Kind::Status, out);
            key(number, 4, out);
        }
    }
}

fn broken(tape: &mut Tape<'_>, known: u64, out: &mut Vec<u8>) {
    match tape.below(8) {
        0 => key(known, 3, out),
        1 => key(known, 4, out),
        2 => fixed64(known, 7, out),
        3 => key(known, 7, out),
        4 => key(UNKNOWN[0], 4, out),
        5 => delimited(known, b"\xff", out),
        6 => encode_varint(2, out),
        _ => encode_varint(1 << 35 | 8, out),
    }
}

fn key(number: u64, wire_type: u64, out: &mut Vec<u8>) {
    encode_varint(number << 3 | wire_type, out);
}

fn fixed64(number: u64, value: u64, out: &mut Vec<u8>) {
    key(number, 1, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a field of text, bytes or a message.
pub fn delimited(number: u64, value: &[u8], out: &mut Vec<u8>) {
    key(number, 2, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}
