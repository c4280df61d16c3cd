use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, MapArray, RecordBatch, StringViewArray};
use foldhash::fast::RandomState;
use spanloom_store::schema::columns::map_entries;
use spanloom_store::schema::promoted::{self, ColumnType, Promoted};
use spanloom_store::schema::spans::bucket_column;

use super::{Comparison, Located, Side};
use crate::trace_metrics::keys::{ViewMemo, codes, ints, texts};
use crate::traceql::eval::{MissingColumn, places};
use crate::traceql::plan::metrics::{COMPARED_TEXTS, KIND_COLUMN, RESOURCE_MAP, STATUS_COLUMN};
use crate::traceql::tree::{Kind, Scope, Status};

/// Counts every value of every row.
///
/// # Errors
/// A column that the batch lacks.
pub(super) fn read(
    comparison: &mut Comparison,
    batch: &RecordBatch,
    located: &Located,
    sides: &[Side],
) -> Result<(), MissingColumn> {
    let mut reader = Reader { comparison, batch, located, sides };
    for (key, column) in COMPARED_TEXTS {
        reader.texts(Scope::Any, key, texts(batch, column)?);
    }
    reader.codes("status", codes(batch, STATUS_COLUMN)?, Status::name_of);
    reader.codes("kind", codes(batch, KIND_COLUMN)?, Kind::name_of);
    for (scope, list) in [(Scope::Resource, promoted::RESOURCE), (Scope::Span, promoted::SPAN)] {
        list.iter().try_for_each(|promoted| reader.promoted(scope, promoted))?;
    }
    reader.map(Scope::Resource, RESOURCE_MAP)?;
    (0..promoted::BUCKETS).try_for_each(|bucket| reader.map(Scope::Span, bucket_column(bucket)))
}

/// Where each row is counted: its place in the batch, its interval, its side.
fn rows<'a>(located: &'a Located, sides: &'a [Side]) -> impl Iterator<Item = (usize, u32, Side)> + 'a {
    let places = located.rows.iter().zip(&located.intervals).zip(sides);
    places.map(|((row, interval), side)| (*row as usize, *interval, *side))
}

struct Reader<'a> {
    comparison: &'a mut Comparison,
    batch: &'a RecordBatch,
    located: &'a Located,
    sides: &'a [Side],
}

impl<'a> Reader<'a> {
    fn promoted(&mut self, scope: Scope, promoted: &Promoted) -> Result<(), MissingColumn> {
        match promoted.column_type {
            ColumnType::String => self.texts(scope, promoted.key, texts(self.batch, promoted.column)?),
            ColumnType::Int => self.ints(scope, promoted.key, ints(self.batch, promoted.column)?),
        }
        Ok(())
    }

    fn texts(&mut self, scope: Scope, key: &str, texts: &StringViewArray) {
        if texts.null_count() == texts.len() {
            return;
        }
        let attribute = self.comparison.attribute(scope, key) as usize;
        let mut memo = ViewMemo::default();
        let rows = rows(self.located, self.sides);
        let attribute = &mut self.comparison.attributes[attribute];
        for (row, interval, side) in rows.filter(|(row, ..)| texts.is_valid(*row)) {
            let number = memo.number(texts.views()[row], || attribute.number(texts.value(row)));
            attribute.count(number, interval, side);
        }
    }

    fn ints(&mut self, scope: Scope, key: &str, ints: &Int64Array) {
        if ints.null_count() == ints.len() {
            return;
        }
        let mut last: Option<(i64, u32)> = None;
        let attribute = self.comparison.attribute(scope, key) as usize;
        let rows = rows(self.located, self.sides);
        let attribute = &mut self.comparison.attributes[attribute];
        for (row, interval, side) in rows.filter(|(row, ..)| ints.is_valid(*row)) {
            let int = ints.value(row);
            let number = match last {
                Some((known, number)) if known == int => number,
                _ => attribute.number(&int.to_string()),
            };
            last = Some((int, number));
            attribute.count(number, interval, side);
        }
    }

    fn codes(&mut self, key: &str, codes: &Int32Array, word: impl Fn(i32) -> &'static str) {
        let attribute = self.comparison.attribute(Scope::Any, key) as usize;
        let rows = rows(self.located, self.sides);
        let attribute = &mut self.comparison.attributes[attribute];
        let mut last: Option<(i32, u32)> = None;
        for (row, interval, side) in rows {
            let code = codes.value(row);
            let number = match last {
                Some((known, number)) if known == code => number,
                _ => attribute.number(word(code)),
            };
            last = Some((code, number));
            attribute.count(number, interval, side);
        }
    }

    /// Rows that follow each other often have the same map, above all of resources: it is looked up once.
    fn map(&mut self, scope: Scope, column: &'static str) -> Result<(), MissingColumn> {
        let map = self.batch.column_by_name(column).and_then(|map| map.as_map_opt()).ok_or(MissingColumn(column))?;
        if map.null_count() == map.len() {
            return Ok(());
        }
        let mut keys = HashMap::default();
        let mut last: Option<usize> = None;
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for (row, interval, side) in rows(self.located, self.sides).filter(|(row, ..)| map.is_valid(*row)) {
            if !last.is_some_and(|last| are_equal(map, last, row)) {
                counted.clear();
                self.look_up(scope, map, row, &mut keys, &mut counted);
                last = Some(row);
            }
            for (attribute, number) in &counted {
                self.comparison.attributes[*attribute as usize].count(*number, interval, side);
            }
        }
        Ok(())
    }

    /// Attribute and number of every entry of a row, but for those that the row has in a column.
    fn look_up<'b>(
        &mut self,
        scope: Scope,
        map: &'b MapArray,
        row: usize,
        keys: &mut Keys<'b>,
        counted: &mut Vec<(u32, u32)>,
    ) where
        'a: 'b,
    {
        for (key, value) in map_entries(map, row) {
            let key = keys.entry(key).or_insert_with(|| {
                let promoted = places(scope, key).promoted;
                let column = promoted.and_then(|promoted| self.batch.column_by_name(promoted.column));
                Key { attribute: self.comparison.attribute(scope, key), column }
            });
            if key.column.is_none_or(|column| column.is_null(row)) {
                let attribute = &mut self.comparison.attributes[key.attribute as usize];
                counted.push((key.attribute, attribute.number(value)));
            }
        }
    }
}

/// What is known of the keys of one batch.
type Keys<'a> = HashMap<&'a str, Key<'a>, RandomState>;

struct Key<'a> {
    attribute: u32,
    /// The column in which it stands as well, of most rows.
    column: Option<&'a ArrayRef>,
}

/// Whether two rows of a map have the same entries in the same order.
fn are_equal(map: &MapArray, a: usize, b: usize) -> bool {
    map.value_length(a) == map.value_length(b) && map_entries(map, a).eq(map_entries(map, b))
}
