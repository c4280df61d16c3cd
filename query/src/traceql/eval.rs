//! Values of fields, row by row, on the columns that hold them.
//!
//! What no column has as such is computed here: attributes in maps, whose type stands beside them, arithmetic, events and
//! links. A field is compiled once ([`Compiled`]), bound to the columns of a batch ([`Bound`]) and then asked row by row.

/// Columns of a batch.
mod bound;
/// Fields to nodes.
mod compile;
/// Entries of maps without which a condition is not true.
mod entries;
/// A compiled condition as a function of DataFusion.
mod function;
/// What values are to one another.
mod value;

use regex::Regex;

use super::tree::{Arithmetic, Comparison};

pub(crate) use bound::{Bound, MissingColumn};
pub(crate) use compile::{Compiled, computed, is_computed, places};
pub(crate) use entries::Entries;
pub(crate) use function::{condition, entries_of};
pub(crate) use value::Val;

/// A field whose columns are known. Columns are numbers in [`Compiled::columns`].
#[derive(Debug)]
enum Node {
    Literal(Val<'static>),
    /// An intrinsic that OTLP always has: null is empty.
    Text(usize),
    /// A text that may be missing.
    OptionalText(usize),
    Int(usize),
    Status(usize),
    Kind(usize),
    /// The id as hexadecimal digits; null is empty.
    SpanId(usize),
    TraceId {
        hi: usize,
        lo: usize,
    },
    Attribute {
        key: String,
        places: Vec<Place>,
    },
    /// Something of each event or link; the column of starts is for events' times.
    Elements {
        list: usize,
        start: usize,
        part: Part,
    },
    Not(Box<Node>),
    Minus(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Matches {
        operand: Box<Node>,
        regex: Regex,
        negated: bool,
    },
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Exists(bool, Box<Node>),
}

/// Where an attribute may stand. The first place that has it counts.
#[derive(Debug, Clone, Copy)]
enum Place {
    Text(usize),
    /// A column of texts, and the map that has the types of those that came as something else.
    Typed {
        column: usize,
        types: usize,
    },
    Int(usize),
    Map {
        values: usize,
        types: usize,
    },
    /// A map in which the attribute stands as something that its column could not hold.
    Other {
        values: usize,
    },
}

/// A part of an event or a link.
#[derive(Debug, Clone)]
enum Part {
    Attribute(String),
    EventName,
    TimeSinceStart,
    LinkTraceId,
    LinkSpanId,
}
