use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringViewArray,
};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use foldhash::fast::RandomState;
use spanloom_store::schema::columns;
use spanloom_store::{SpanId, TraceId};
use thiserror::Error;

use super::{Compiled, Node, Part, Place, Val};

/// Texts of which it is remembered whether they match a pattern.
const KNOWN_TEXTS_MAX: usize = 4096;

/// A batch that was read without a column that the question needs, or with another type: a mistake of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column {0:?} is missing or has another type")]
pub(crate) struct MissingColumn(pub &'static str);

/// A compiled field on the columns of one batch.
pub(crate) struct Bound<'a> {
    node: &'a Node,
    columns: Vec<Column<'a>>,
}

enum Column<'a> {
    Text(&'a StringViewArray),
    Int(&'a Int64Array),
    SmallInt(&'a Int32Array),
    Map(&'a MapArray),
    List(&'a ListArray),
}

impl<'a> Column<'a> {
    fn of(array: &'a ArrayRef) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8View => array.as_string_view_opt().map(Self::Text),
            DataType::Int64 => array.as_primitive_opt::<Int64Type>().map(Self::Int),
            DataType::Int32 => array.as_primitive_opt::<Int32Type>().map(Self::SmallInt),
            DataType::Map(..) => array.as_map_opt().map(Self::Map),
            DataType::List(_) => array.as_list_opt::<i32>().map(Self::List),
            _ => None,
        }
    }

    fn text(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Text(texts) => texts.is_valid(row).then(|| texts.value(row)),
            _ => None,
        }
    }

    fn int(&self, row: usize) -> Option<i64> {
        match self {
            Self::Int(ints) => ints.is_valid(row).then(|| ints.value(row)),
            Self::SmallInt(ints) => ints.is_valid(row).then(|| i64::from(ints.value(row))),
            _ => None,
        }
    }

    fn code(&self, row: usize) -> i32 {
        self.int(row).and_then(|code| i32::try_from(code).ok()).unwrap_or_default()
    }
}

impl<'a> Bound<'a> {
    pub fn to_batch(compiled: &'a Compiled, batch: &'a RecordBatch) -> Result<Self, MissingColumn> {
        let columns = compiled
            .columns
            .iter()
            .map(|name| batch.column_by_name(name).and_then(Column::of).ok_or(MissingColumn(name)));
        Ok(Self { node: &compiled.node, columns: columns.collect::<Result<_, _>>()? })
    }

    /// Arrays in the order of [`Compiled::columns`].
    pub fn to_arrays(compiled: &'a Compiled, arrays: &'a [ArrayRef]) -> Result<Self, MissingColumn> {
        let columns =
            compiled.columns.iter().zip(arrays).map(|(name, array)| Column::of(array).ok_or(MissingColumn(name)));
        Ok(Self { node: &compiled.node, columns: columns.collect::<Result<_, _>>()? })
    }

    pub fn value(&self, row: usize) -> Val<'a> {
        self.node(self.node, row)
    }

    /// Whether a condition is true of each of the first rows.
    pub fn truths(&self, rows: usize) -> BooleanArray {
        let Node::Matches { operand, regex, negated } = self.node else {
            return (0..rows).map(|row| Some(self.value(row).is_true())).collect();
        };
        // Looking a text up costs a tenth of matching it.
        let mut known: HashMap<&str, bool, RandomState> = HashMap::default();
        let truth = |row| match self.node(operand, row) {
            Val::Text(Cow::Borrowed(text)) => {
                if known.len() >= KNOWN_TEXTS_MAX {
                    known.clear();
                }
                *known.entry(text).or_insert_with(|| regex.is_match(text) != *negated)
            }
            value => value.matches(regex, *negated),
        };
        (0..rows).map(truth).map(Some).collect()
    }

    fn node(&self, node: &'a Node, row: usize) -> Val<'a> {
        let columns = &self.columns;
        match node {
            Node::Literal(value) => value.clone(),
            Node::Text(column) => Val::Text(columns[*column].text(row).unwrap_or_default().into()),
            Node::OptionalText(column) => columns[*column].text(row).map_or(Val::Nil, |text| Val::Text(text.into())),
            Node::Int(column) => columns[*column].int(row).map_or(Val::Nil, Val::Int),
            Node::Status(column) => Val::Status(columns[*column].code(row)),
            Node::Kind(column) => Val::Kind(columns[*column].code(row)),
            Node::SpanId(column) => Val::Text(match columns[*column].int(row) {
                Some(id) => Cow::Owned(SpanId::from_int(id).to_string()),
                None => Cow::Borrowed(""),
            }),
            Node::TraceId { hi, lo } => match (columns[*hi].int(row), columns[*lo].int(row)) {
                (Some(hi), Some(lo)) => Val::Text(TraceId::from_halves(hi, lo).to_string().into()),
                _ => Val::Nil,
            },
            Node::Attribute { key, places } => {
                places.iter().find_map(|place| self.attribute(place, key, row)).unwrap_or(Val::Nil)
            }
            Node::Elements { list, start, part } => self.elements(*list, *start, part, row),
            Node::Not(operand) => self.node(operand, row).not(),
            Node::Minus(operand) => self.node(operand, row).negate(),
            Node::And(left, right) => Val::Bool(self.node(left, row).is_true() && self.node(right, row).is_true()),
            Node::Or(left, right) => Val::Bool(self.node(left, row).is_true() || self.node(right, row).is_true()),
            Node::Compare(op, left, right) => Val::Bool(self.node(left, row).compare(*op, &self.node(right, row))),
            Node::Matches { operand, regex, negated } => Val::Bool(self.node(operand, row).matches(regex, *negated)),
            Node::Arithmetic(op, left, right) => self.node(left, row).arithmetic(*op, &self.node(right, row)),
            Node::Exists(exists, operand) => Val::Bool(self.node(operand, row).exists() == *exists),
        }
    }

    /// The attribute at one place; `None` if it does not stand there.
    fn attribute(&self, place: &Place, key: &str, row: usize) -> Option<Val<'a>> {
        match *place {
            Place::Text(column) => self.columns[column].text(row).map(|text| Val::Text(text.into())),
            Place::Typed { column, types } => match &self.columns[types] {
                Column::Map(types) => self.columns[column].text(row).map(|text| typed(types, key, text, row)),
                _ => None,
            },
            Place::Int(column) => self.columns[column].int(row).map(Val::Int),
            Place::Map { values, types } => match (&self.columns[values], &self.columns[types]) {
                (Column::Map(values), Column::Map(types)) => attribute_in(values, types, key, row),
                _ => None,
            },
            Place::Other { values } => match &self.columns[values] {
                Column::Map(values) => {
                    columns::map_entries(values, row).any(|(found, _)| found == key).then_some(Val::Nil)
                }
                _ => None,
            },
        }
    }

    fn elements(&self, list: usize, start: usize, part: &Part, row: usize) -> Val<'a> {
        let Column::List(list) = self.columns[list] else { return Val::Nil };
        let start_ns = self.columns[start].int(row).unwrap_or_default();
        let found = match list.is_null(row) {
            true => None,
            false => elements_of(list, part, row, start_ns),
        };
        Val::Each(found.unwrap_or_default())
    }
}

fn attribute_in<'a>(values: &'a MapArray, types: &'a MapArray, key: &str, row: usize) -> Option<Val<'a>> {
    let (found, text) = columns::map_entries(values, row).find(|(found, _)| *found == key)?;
    Some(typed(types, found, text, row))
}

/// A text that does not fit its type compares with nothing; reading the span names it.
fn typed<'a>(types: &'a MapArray, key: &str, text: &'a str, row: usize) -> Val<'a> {
    columns::typed(types, row, key, text).map_or(Val::Opaque, Val::from)
}

/// `None` if the list is not one of ours.
fn elements_of<'a>(list: &'a ListArray, part: &Part, row: usize, start_ns: i64) -> Option<Vec<Val<'a>>> {
    let elements = list.values().as_struct_opt()?;
    let child = |name: &str| elements.column_by_name(name);
    let ints = |name: &str| child(name).and_then(|ints| ints.as_primitive_opt::<Int64Type>());
    let offsets = list.value_offsets();
    let range = offsets[row] as usize..offsets[row + 1] as usize;
    Some(match part {
        Part::Attribute(key) => {
            let (values, types) = (child("attrs")?.as_map_opt()?, child("attr_types")?.as_map_opt()?);
            range.filter_map(|i| attribute_in(values, types, key, i)).collect()
        }
        Part::EventName => {
            let names = child("name")?.as_string_opt::<i32>()?;
            range.map(|i| Val::Text(if names.is_valid(i) { names.value(i) } else { "" }.into())).collect()
        }
        Part::TimeSinceStart => {
            let times = ints("time_ns")?;
            range.map(|i| times.value(i).checked_sub(start_ns).map_or(Val::Nil, Val::Int)).collect()
        }
        Part::LinkTraceId => {
            let (hi, lo) = (ints("trace_hi")?, ints("trace_lo")?);
            range.map(|i| Val::Text(TraceId::from_halves(hi.value(i), lo.value(i)).to_string().into())).collect()
        }
        Part::LinkSpanId => {
            let ids = ints("span_id")?;
            range.map(|i| Val::Text(SpanId::from_int(ids.value(i)).to_string().into())).collect()
        }
    })
}
