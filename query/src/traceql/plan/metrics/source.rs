use spanloom_store::schema::promoted::ColumnType;

use crate::traceql::Invalid;
use crate::traceql::eval::{Compiled, places};
use crate::traceql::tree::{Attribute, Field, Intrinsic, Scope};

/// Where the values of a field stand.
///
/// What a column holds by itself is read from it alone, so that no map is decoded. An attribute with a column is read
/// from its column, coerced, as filters compare it: `docs/traceql.md`, "promoted attributes".
#[derive(Debug)]
pub(crate) enum Source {
    /// Null is nil.
    Text(&'static str),
    /// Null is the empty text, as of names.
    TextOrEmpty(&'static str),
    /// 64 bits; null is nil.
    Int(&'static str),
    StatusCode,
    Kind,
    /// Anything else, row by row.
    Compiled(Compiled),
}

/// The columns of the two closed sets of words.
pub(crate) const STATUS_COLUMN: &str = "status_code";
pub(crate) const KIND_COLUMN: &str = "kind";

impl Source {
    /// # Errors
    /// Where the field asks for what is not supported.
    pub fn new(field: &Field) -> Result<Self, Invalid> {
        let column = match field {
            Field::Attribute(attribute) => Self::of_attribute(attribute),
            Field::Intrinsic(_, intrinsic) => Self::of_intrinsic(*intrinsic),
            _ => None,
        };
        column.map_or_else(|| Compiled::new(field).map(Self::Compiled), Ok)
    }

    fn of_attribute(attribute: &Attribute) -> Option<Self> {
        if attribute.of_parent || !matches!(attribute.scope, Scope::Span | Scope::Resource) {
            return None;
        }
        let promoted = places(attribute.scope, &attribute.name).promoted?;
        Some(match promoted.column_type {
            ColumnType::String => Self::Text(promoted.column),
            ColumnType::Int => Self::Int(promoted.column),
        })
    }

    fn of_intrinsic(intrinsic: Intrinsic) -> Option<Self> {
        Some(match intrinsic {
            Intrinsic::Name => Self::TextOrEmpty("name"),
            Intrinsic::StatusMessage => Self::TextOrEmpty("status_message"),
            Intrinsic::InstrumentationName => Self::TextOrEmpty("scope_name"),
            Intrinsic::InstrumentationVersion => Self::TextOrEmpty("scope_version"),
            Intrinsic::Status => Self::StatusCode,
            Intrinsic::Kind => Self::Kind,
            Intrinsic::Duration => Self::Int("duration_ns"),
            _ => return None,
        })
    }

    pub fn columns(&self) -> Vec<&'static str> {
        match self {
            Self::Text(column) | Self::TextOrEmpty(column) | Self::Int(column) => vec![column],
            Self::StatusCode => vec![STATUS_COLUMN],
            Self::Kind => vec![KIND_COLUMN],
            Self::Compiled(compiled) => compiled.columns.clone(),
        }
    }
}
