use spanloom_store::schema::promoted::{self, ColumnType, Promoted};
use spanloom_store::schema::spans::bucket_column;

use super::{Node, Part, Place, Val};
use crate::traceql::Invalid;
use crate::traceql::check::anchored;
use crate::traceql::tree::{Attribute, Comparison, Field, FieldOp, Intrinsic, Literal, Scope, Static, UnaryOp};

/// Columns that are not in the table: they are computed once all spans of a trace are there.
pub(crate) mod computed {
    pub const TRACE_DURATION: &str = "trace_duration_ns";
    pub const ROOT_NAME: &str = "root_name";
    pub const ROOT_SERVICE: &str = "root_service_name";
    pub const CHILD_COUNT: &str = "child_count";
    pub const NESTED_LEFT: &str = "nested_set_left";
    pub const NESTED_RIGHT: &str = "nested_set_right";
    pub const NESTED_PARENT: &str = "nested_set_parent";
    pub const ALL: [&str; 7] =
        [TRACE_DURATION, ROOT_NAME, ROOT_SERVICE, CHILD_COUNT, NESTED_LEFT, NESTED_RIGHT, NESTED_PARENT];
}

pub(crate) fn is_computed(column: &str) -> bool {
    computed::ALL.contains(&column)
}

/// A field ready to be asked, and the columns that it reads.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(super) node: Node,
    pub columns: Vec<&'static str>,
}

impl Compiled {
    /// # Errors
    /// Where the field asks for what is not supported yet.
    pub fn new(field: &Field) -> Result<Self, Invalid> {
        let mut compiler = Compiler { columns: Vec::new() };
        let node = compiler.node(field, Original::First)?;
        Ok(Self { node, columns: compiler.columns })
    }
}

/// Whether the value as it came wins over the one that was coerced to a promoted column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Original {
    First,
    /// Integers are taken from their column, so that Envoy's `"503"` is a number like everybody's 503.
    AfterInts,
}

/// The promoted column of an attribute, its map and the map of its types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub promoted: Option<&'static Promoted>,
    pub values: &'static str,
    pub types: &'static str,
}

/// Where an attribute of the span or its resource stands.
pub(crate) fn places(scope: Scope, name: &str) -> Places {
    let find = |list: &'static [Promoted]| list.iter().find(|promoted| promoted.key == name);
    match scope {
        Scope::Resource => {
            Places { promoted: find(promoted::RESOURCE), values: "resource_attrs", types: "resource_attr_types" }
        }
        Scope::Instrumentation => Places { promoted: None, values: "scope_attrs", types: "scope_attr_types" },
        _ => {
            let values = bucket_column(promoted::bucket(name));
            Places { promoted: find(promoted::SPAN), values, types: "attr_types" }
        }
    }
}

struct Compiler {
    columns: Vec<&'static str>,
}

impl Compiler {
    fn column(&mut self, name: &'static str) -> usize {
        if let Some(known) = self.columns.iter().position(|column| *column == name) {
            return known;
        }
        self.columns.push(name);
        self.columns.len() - 1
    }

    fn node(&mut self, field: &Field, original: Original) -> Result<Node, Invalid> {
        Ok(match field {
            Field::Literal(literal) => Node::Literal(value(&literal.value)),
            Field::Attribute(attribute) => self.attribute(attribute, original)?,
            Field::Intrinsic(at, Intrinsic::Parent) => return Err(Invalid::not_yet(at.0, "the parent of a span")),
            Field::Intrinsic(_, intrinsic) => self.intrinsic(*intrinsic),
            Field::Unary(_, UnaryOp::Not, operand) => Node::Not(self.boxed(operand, original)?),
            Field::Unary(_, UnaryOp::Minus, operand) => Node::Minus(self.boxed(operand, Original::AfterInts)?),
            Field::Exists(_, exists, operand) => Node::Exists(*exists, self.boxed(operand, original)?),
            Field::Binary(_, op, left, right) => self.binary(*op, left, right)?,
        })
    }

    fn boxed(&mut self, field: &Field, original: Original) -> Result<Box<Node>, Invalid> {
        self.node(field, original).map(Box::new)
    }

    fn binary(&mut self, op: FieldOp, left: &Field, right: &Field) -> Result<Node, Invalid> {
        // A text asks for the text that came; anything else takes the number.
        let is_text = |field: &Field| matches!(field, Field::Literal(Literal { value: Static::String(_), .. }));
        let original = if is_text(left) || is_text(right) { Original::First } else { Original::AfterInts };
        match op {
            FieldOp::Compare(op @ (Comparison::Matches | Comparison::NotMatches)) => self.regex(op, left, right),
            FieldOp::Compare(op) => Ok(Node::Compare(op, self.boxed(left, original)?, self.boxed(right, original)?)),
            FieldOp::And => Ok(Node::And(self.boxed(left, original)?, self.boxed(right, original)?)),
            FieldOp::Or => Ok(Node::Or(self.boxed(left, original)?, self.boxed(right, original)?)),
            FieldOp::Arithmetic(op) => {
                let original = Original::AfterInts;
                Ok(Node::Arithmetic(op, self.boxed(left, original)?, self.boxed(right, original)?))
            }
        }
    }

    fn regex(&mut self, op: Comparison, left: &Field, right: &Field) -> Result<Node, Invalid> {
        let Field::Literal(Literal { value: Static::String(pattern), .. }) = right else {
            return Err(Invalid::new(right.at().0, "expected a string with a regular expression"));
        };
        let regex = anchored(pattern).map_err(|why| Invalid::new(right.at().0, why))?;
        let operand = self.boxed(left, Original::First)?;
        Ok(Node::Matches { operand, regex, negated: op == Comparison::NotMatches })
    }

    fn attribute(&mut self, attribute: &Attribute, original: Original) -> Result<Node, Invalid> {
        let key = attribute.name.clone();
        if attribute.of_parent {
            return Err(Invalid::not_yet(attribute.at.0, "attributes of a span's parent"));
        }
        let part = Part::Attribute(key.clone());
        match attribute.scope {
            Scope::Event => return Ok(self.elements("events", part)),
            Scope::Link => return Ok(self.elements("links", part)),
            _ => {}
        }
        let scopes = match &attribute.scope {
            Scope::Any => &[Scope::Span, Scope::Resource][..],
            one => std::slice::from_ref(one),
        };
        let mut found = Vec::new();
        for scope in scopes {
            self.add_places(places(*scope, &key), original, &mut found);
        }
        Ok(Node::Attribute { key, places: found })
    }

    fn add_places(&mut self, places: Places, original: Original, found: &mut Vec<Place>) {
        let map = Place::Map { values: self.column(places.values), types: self.column(places.types) };
        let Some(promoted) = places.promoted else { return found.push(map) };
        let column = self.column(promoted.column);
        match promoted.column_type {
            ColumnType::Int if original == Original::AfterInts => found.extend([Place::Int(column), map]),
            ColumnType::Int => found.extend([map, Place::Int(column)]),
            ColumnType::String => found.extend([map, Place::Text(column)]),
        }
    }

    fn elements(&mut self, list: &'static str, part: Part) -> Node {
        Node::Elements { list: self.column(list), start: self.column("start_ns"), part }
    }

    fn intrinsic(&mut self, intrinsic: Intrinsic) -> Node {
        match intrinsic {
            Intrinsic::Name => Node::Text(self.column("name")),
            Intrinsic::StatusMessage => Node::Text(self.column("status_message")),
            Intrinsic::InstrumentationName => Node::Text(self.column("scope_name")),
            Intrinsic::InstrumentationVersion => Node::Text(self.column("scope_version")),
            Intrinsic::Status => Node::Status(self.column("status_code")),
            Intrinsic::Kind => Node::Kind(self.column("kind")),
            Intrinsic::Duration => Node::Int(self.column("duration_ns")),
            Intrinsic::SpanId => Node::SpanId(self.column("span_id")),
            Intrinsic::ParentId => Node::SpanId(self.column("parent_span_id")),
            Intrinsic::TraceId => Node::TraceId { hi: self.column("trace_hi"), lo: self.column("trace_lo") },
            Intrinsic::TraceDuration => Node::Int(self.column(computed::TRACE_DURATION)),
            Intrinsic::RootName => Node::OptionalText(self.column(computed::ROOT_NAME)),
            Intrinsic::RootService => Node::OptionalText(self.column(computed::ROOT_SERVICE)),
            Intrinsic::ChildCount => Node::Int(self.column(computed::CHILD_COUNT)),
            Intrinsic::NestedSetLeft => Node::Int(self.column(computed::NESTED_LEFT)),
            Intrinsic::NestedSetRight => Node::Int(self.column(computed::NESTED_RIGHT)),
            Intrinsic::NestedSetParent => Node::Int(self.column(computed::NESTED_PARENT)),
            Intrinsic::EventName => self.elements("events", Part::EventName),
            Intrinsic::EventTimeSinceStart => self.elements("events", Part::TimeSinceStart),
            Intrinsic::LinkTraceId => self.elements("links", Part::LinkTraceId),
            Intrinsic::LinkSpanId => self.elements("links", Part::LinkSpanId),
            Intrinsic::Parent => Node::Literal(Val::Nil),
        }
    }
}

/// A value of the text as a value of a span.
fn value(value: &Static) -> Val<'static> {
    match value {
        Static::String(text) => Val::Text(text.clone().into()),
        Static::Int(number) | Static::DurationNs(number) => Val::Int(*number),
        Static::Float(number) => Val::Float(*number),
        Static::Bool(truth) => Val::Bool(*truth),
        Static::Status(status) => Val::Status(status.code()),
        Static::Kind(kind) => Val::Kind(kind.code()),
    }
}
