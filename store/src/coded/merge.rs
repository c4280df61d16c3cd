//! Several batches as one: codes one after the other, values each once.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use foldhash::fast::RandomState;

use super::dictionary::Dictionary;
use super::{CodedBatch, Codes, Column, Values, ints};

/// Values that the codes of a batch can tell apart.
const VALUES_MAX: usize = 1 << u16::BITS;
/// Buffers of texts that a column has before they become one.
const BUFFERS_MAX: usize = 32;

/// The values of one column in several batches.
#[derive(Debug)]
pub(crate) struct Union {
    pub values: Values,
    /// By batch: the new code of each old one; `None` where they are the same.
    codes: Vec<Option<Arc<[u32]>>>,
}

/// The values, and by array the new code of each.
type Joined = (ArrayRef, Vec<Arc<[u32]>>);

impl Union {
    /// `None` where a column has a value for each row. Maps are put together also where only some parts have one for each row:
    /// to write out the others row by row could take any multiple of what they take.
    pub fn of(parts: &[&Column]) -> Option<Self> {
        let is_each = |part: &&Column| matches!(part, Column::Each(_));
        let are_maps = matches!(parts.first()?.values().data_type(), DataType::Map(..));
        if parts.iter().any(is_each) && (!are_maps || parts.iter().all(is_each)) {
            return None;
        }
        let arrays: Vec<&ArrayRef> = parts.iter().map(|part| part.values()).collect();
        let first = *arrays.first()?;
        if arrays.iter().all(|array| Arc::ptr_eq(array, first)) {
            let bytes = parts.iter().map(|part| part.values_bytes()).max().unwrap_or_default();
            let values = Values { array: Arc::clone(first), bytes };
            return Some(Self { values, codes: vec![None; parts.len()] });
        }
        let (distinct, places) = distinct(&arrays);
        let (array, codes) = match first.data_type() {
            DataType::Utf8View => texts(&distinct, &used(parts, &distinct, &places))?,
            DataType::Int64 | DataType::Int32 => ints::union(&distinct)?,
            _ => others(&distinct, &used(parts, &distinct, &places))?,
        };
        let codes = places.into_iter().map(|place| Some(Arc::clone(&codes[place]))).collect();
        Some(Self { values: Values::own(array), codes })
    }

    /// The codes of all rows of parts that have so many rows each, one part after the other.
    ///
    /// # Panics
    /// When there are more values than such codes can tell apart.
    pub fn codes<C: TryFrom<u32, Error: Debug> + Copy>(&self, parts: &[&Column], rows: &[usize]) -> Vec<C> {
        let mut codes = Vec::with_capacity(rows.iter().sum());
        let code = |code: u32| C::try_from(code).expect("the codes can tell the values apart");
        let all: Vec<C> = (0..self.values.array.len() as u32).map(code).collect();
        for ((part, rows), new) in parts.iter().zip(rows).zip(&self.codes) {
            let new = |old: usize| all[new.as_ref().map_or(old, |new| new[old] as usize)];
            match part {
                Column::Coded(Codes::U8(old), _) => codes.extend(old.iter().map(|old| new(usize::from(*old)))),
                Column::Coded(Codes::U16(old), _) => codes.extend(old.iter().map(|old| new(usize::from(*old)))),
                Column::One(_) => codes.extend(std::iter::repeat_n(new(0), *rows)),
                Column::Each(_) => codes.extend((0..*rows).map(new)),
            }
        }
        codes
    }
}

impl Column {
    /// What codes point at; where each row has a value, all of them.
    fn values(&self) -> &ArrayRef {
        match self {
            Self::One(array) | Self::Each(array) => array,
            Self::Coded(_, values) => &values.array,
        }
    }

    /// What it is charged with for its values.
    fn values_bytes(&self) -> usize {
        if let Self::Coded(_, values) = self { values.bytes } else { 0 }
    }
}

/// Each array once, and for each the place of its own.
fn distinct<'a>(arrays: &[&'a ArrayRef]) -> (Vec<&'a ArrayRef>, Vec<usize>) {
    let mut known: HashMap<*const (), usize, RandomState> = HashMap::default();
    let mut distinct = Vec::new();
    let place = |array: &&'a ArrayRef| {
        *known.entry(Arc::as_ptr(array).cast()).or_insert_with(|| {
            distinct.push(*array);
            distinct.len() - 1
        })
    };
    let places = arrays.iter().map(place).collect();
    (distinct, places)
}

/// By array which of its values have rows: one that is shared may have many more.
fn used(parts: &[&Column], distinct: &[&ArrayRef], places: &[usize]) -> Vec<Vec<bool>> {
    let mut used: Vec<Vec<bool>> = distinct.iter().map(|array| vec![false; array.len()]).collect();
    for (part, place) in parts.iter().zip(places) {
        let used = &mut used[*place];
        match part {
            Column::Coded(Codes::U8(codes), _) => codes.iter().for_each(|code| used[usize::from(*code)] = true),
            Column::Coded(Codes::U16(codes), _) => codes.iter().for_each(|code| used[usize::from(*code)] = true),
            Column::One(_) => used[0] = true,
            Column::Each(_) => used.fill(true),
        }
    }
    used
}

fn texts(arrays: &[&ArrayRef], used: &[Vec<bool>]) -> Option<Joined> {
    let mut dictionary = Dictionary::default();
    let mut codes = Vec::with_capacity(arrays.len());
    for (array, used) in arrays.iter().zip(used) {
        let texts = array.as_string_view_opt()?;
        let new = (0..texts.len()).map(|old| match used[old] && texts.is_valid(old) {
            true => dictionary.number(texts.value(old).as_bytes(), usize::MAX).map(|new| new as u32),
            false => Some(0),
        });
        codes.push(new.collect::<Option<_>>()?);
    }
    Some((dictionary.array(0..dictionary.len()), codes))
}

/// All values that have rows, whether they are equal or not.
fn others(arrays: &[&ArrayRef], used: &[Vec<bool>]) -> Option<Joined> {
    let (mut values, mut codes, mut next) = (Vec::with_capacity(arrays.len()), Vec::with_capacity(arrays.len()), 0);
    for (array, used) in arrays.iter().zip(used) {
        let kept: UInt32Array = (0..array.len() as u32).filter(|at| used[*at as usize]).collect::<Vec<u32>>().into();
        let new = used.iter().map(|is_used| {
            let new = next;
            next += u32::from(*is_used);
            new
        });
        codes.push(new.collect());
        values.push(take(array, &kept, None).ok()?);
    }
    Some((concat(&values.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>()).ok()?, codes))
}

impl CodedBatch {
    /// The rows of batches of one schema, one after the other.
    ///
    /// # Errors
    /// When they do not fit together, or are too much for one array.
    pub(crate) fn concat(batches: &[Self]) -> Result<Self, ArrowError> {
        let schema = batches.first().map(|batch| Arc::clone(batch.schema()));
        let schema = schema.ok_or_else(|| ArrowError::InvalidArgumentError("no batches to put together".to_owned()))?;
        let rows: Vec<usize> = batches.iter().map(Self::num_rows).collect();
        let column = |at: usize| {
            let parts: Vec<&Column> = batches.iter().map(|batch| &batch.columns()[at]).collect();
            joined(&parts, &rows)
        };
        let columns = (0..schema.fields().len()).map(column).collect::<Result<_, _>>()?;
        Ok(Self::new(schema, rows.iter().sum(), columns))
    }
}

fn joined(parts: &[&Column], rows: &[usize]) -> Result<Column, ArrowError> {
    if let Some(one) = same(parts) {
        return Ok(one.clone());
    }
    if let Some(union) = Union::of(parts).filter(|union| union.values.array.len() <= VALUES_MAX) {
        let codes = Codes::new(&union.codes(parts, rows), union.values.array.len());
        return Ok(Column::Coded(codes, union.values));
    }
    let arrays: Vec<ArrayRef> =
        parts.iter().zip(rows).map(|(part, rows)| part.array(0..*rows)).collect::<Result<_, _>>()?;
    let joined = concat(&arrays.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>())?;
    Ok(Column::Each(compact(joined)))
}

/// The column of all parts, if all their rows have one value.
pub(super) fn same<'a>(parts: &[&'a Column]) -> Option<&'a Column> {
    let Some((Column::One(first), rest)) = parts.split_first() else { return None };
    let is_same = |other: &&Column| match other {
        Column::One(other) => Arc::ptr_eq(first, other) || first == other,
        Column::Each(_) | Column::Coded(..) => false,
    };
    rest.iter().all(is_same).then_some(parts[0])
}

/// Concatenated views share the buffers of all their parts, which is right until these are many: then the column gets one
/// of its own.
fn compact(column: ArrayRef) -> ArrayRef {
    match column.as_string_view_opt() {
        Some(views) if views.data_buffers().len() > BUFFERS_MAX => Arc::new(views.gc()),
        _ => column,
    }
}
