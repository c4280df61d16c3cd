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
        Self::beside(field, Beside::Nothing)
    }

    /// A field of which only numbers count.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn number(field: &Field) -> Result<Self, Invalid> {
        Self::beside(field, Beside::Field)
    }

    fn beside(field: &Field, beside: Beside) -> Result<Self, Invalid> {
        let mut compiler = Compiler { columns: Vec::new() };
        let node = compiler.node(field, beside)?;
        Ok(Self { node, columns: compiler.columns })
    }
}

/// What an attribute stands beside: it says whether the value as it came counts, or the one that was coerced to the type of
/// a promoted column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// Nothing that has a type: the value as it came.
    Nothing,
    /// A text, which a column of texts answers.
    Text,
    /// A number, which a column of integers answers: so Envoy's `"503"` is a number like everybody's 503.
    Number,
    /// An operand of arithmetic or of an aggregate, or another field: a column of integers comes before the value as it came.
    Field,
}

impl Beside {
    fn of(other: &Field) -> Self {
        match other {
            Field::Literal(Literal { value: Static::String(_), .. }) => Self::Text,
            Field::Literal(Literal { value: Static::Int(_) | Static::Float(_) | Static::DurationNs(_), .. }) => {
                Self::Number
            }
            _ => Self::Field,
        }
    }
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

    fn node(&mut self, field: &Field, beside: Beside) -> Result<Node, Invalid> {
        Ok(match field {
            Field::Literal(literal) => Node::Literal(value(&literal.value)),
            Field::Attribute(attribute) => self.attribute(attribute, beside)?,
            Field::Intrinsic(at, Intrinsic::Parent) => return Err(Invalid::not_yet(at.0, "the parent of a span")),
            Field::Intrinsic(_, intrinsic) => self.intrinsic(*intrinsic),
            Field::Unary(_, UnaryOp::Not, operand) => Node::Not(self.boxed(operand, Beside::Nothing)?),
            Field::Unary(_, UnaryOp::Minus, operand) => Node::Minus(self.boxed(operand, Beside::Field)?),
            Field::Exists(_, exists, operand) => Node::Exists(*exists, self.boxed(operand, Beside::Nothing)?),
            Field::Binary(_, op, left, right) => self.binary(*op, left, right)?,
        })
    }

    fn boxed(&mut self, field: &Field, beside: Beside) -> Result<Box<Node>, Invalid> {
        self.node(field, beside).map(Box::new)
    }

    fn binary(&mut self, op: FieldOp, left: &Field, right: &Field) -> Result<Node, Invalid> {
        let (for_left, for_right) = match op {
            FieldOp::Compare(op @ (Comparison::Matches | Comparison::NotMatches)) => {
                return self.regex(op, left, right);
            }
            FieldOp::Compare(_) => (Beside::of(right), Beside::of(left)),
            FieldOp::And | FieldOp::Or => (Beside::Nothing, Beside::Nothing),
            FieldOp::Arithmetic(_) => (Beside::Field, Beside::Field),
        };
        let (left, right) = (self.boxed(left, for_left)?, self.boxed(right, for_right)?);
        Ok(match op {
            FieldOp::Compare(op) => Node::Compare(op, left, right),
            FieldOp::And => Node::And(left, right),
            FieldOp::Or => Node::Or(left, right),
            FieldOp::Arithmetic(op) => Node::Arithmetic(op, left, right),
        })
    }

    fn regex(&mut self, op: Comparison, left: &Field, right: &Field) -> Result<Node, Invalid> {
        let Field::Literal(Literal { value: Static::String(pattern), .. }) = right else {
            return Err(Invalid::new(right.at().0, "expected a string with a regular expression"));
        };
        let regex = anchored(pattern).map_err(|why| Invalid::new(right.at().0, why))?;
        let operand = self.boxed(left, Beside::Text)?;
        Ok(Node::Matches { operand, regex, negated: op == Comparison::NotMatches })
    }

    fn attribute(&mut self, attribute: &Attribute, beside: Beside) -> Result<Node, Invalid> {
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
            self.add_places(places(*scope, &key), beside, &mut found);
        }
        Ok(Node::Attribute { key, places: found })
    }

    fn add_places(&mut self, places: Places, beside: Beside, found: &mut Vec<Place>) {
        if let Some(Promoted { column, column_type: ColumnType::String, .. }) = places.promoted {
            let column = self.column(column);
            // The column has every value's stored text, so that only its type may be missing; the map need not be read.
            return found.push(match beside {
                Beside::Text => Place::Text(column),
                _ => Place::Typed { column, types: self.column(places.types) },
            });
        }
        let (values, types) = (self.column(places.values), self.column(places.types));
        let map = Place::Map { values, types };
        let Some(promoted) = places.promoted else { return found.push(map) };
        let column = self.column(promoted.column);
        match beside {
            Beside::Number => found.extend([Place::Int(column), Place::Other { values }]),
            Beside::Field => found.extend([Place::Int(column), map]),
            Beside::Nothing | Beside::Text => found.extend([map, Place::Int(column)]),
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
