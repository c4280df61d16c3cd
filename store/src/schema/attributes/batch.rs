//! The columns of a batch of spans that a tally reads.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray as _, ListArray, RecordBatch, StringViewArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int64Type;

use super::cells::Cells;
use super::map::Map;
use super::place::Place;
use super::text::Text;
use crate::schema::promoted::{self, Promoted};
use crate::schema::spans::{UnreadableRow, bucket_column};
use crate::time::bucket_start_ns;

/// See the module.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    starts_ns: &'a [i64],
    names: &'a StringViewArray,
    pub resource: Place<'a>,
    pub span: Place<'a>,
    pub instrumentation: Place<'a>,
    pub events: Elements<'a>,
    pub links: Elements<'a>,
}

/// A column of lists whose elements have attributes.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    offsets: &'a [i32],
    nulls: Option<&'a NullBuffer>,
    pub place: Place<'a>,
}

impl Elements<'_> {
    /// The elements of a row, which are rows of the place.
    pub fn of(&self, row: usize) -> Range<usize> {
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        if start < end && self.nulls.is_none_or(|nulls| nulls.is_valid(row)) { start..end } else { 0..0 }
    }
}

impl<'a> Columns<'a> {
    /// # Errors
    /// When a column is missing or has another type.
    pub fn of(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let mut finder = Finder { batch, next: 0 };
        // In the order of the schema.
        let names = finder.find("name", |column| column.as_string_view_opt())?;
        let starts = finder.find("start_ns", |column| column.as_primitive_opt::<Int64Type>())?;
        let resource_cells = finder.cells(promoted::RESOURCE)?;
        let span_cells = finder.cells(promoted::SPAN)?;
        let span_maps = (0..promoted::BUCKETS).map(|n| finder.map(bucket_column(n))).collect::<Result<_, _>>()?;
        let span = Place::new(span_cells, span_maps, finder.map("attr_types")?);
        let (events, links) = (finder.elements("events")?, finder.elements("links")?);
        let resource_map = finder.map("resource_attrs")?;
        let resource = Place::new(resource_cells, vec![resource_map], finder.map("resource_attr_types")?);
        let scope_map = finder.map("scope_attrs")?;
        let instrumentation = Place::new(Cells::default(), vec![scope_map], finder.map("scope_attr_types")?);
        Ok(Self { starts_ns: starts.values(), names, resource, span, instrumentation, events, links })
    }

    pub fn rows(&self) -> usize {
        self.starts_ns.len()
    }

    /// The start of the 5 minutes in which a span started.
    pub fn bucket_ns(&self, row: usize) -> i64 {
        bucket_start_ns(self.starts_ns[row])
    }

    /// The name of a span; `None` if it is empty.
    pub fn name(&self, row: usize) -> Option<Text<'a>> {
        let name = Text::of_row(self.names, row);
        (self.names.is_valid(row) && name != Text::of(b"")).then_some(name)
    }

    /// The rows from `start` on that are alike in all that is counted once for them together: 5 minutes, resource, scope.
    pub fn alike(&self, start: usize) -> Range<usize> {
        let bucket_ns = self.bucket_ns(start);
        let mut end = start + 1;
        while end < self.rows()
            && self.bucket_ns(end) == bucket_ns
            && self.resource.is_same(end - 1, end)
            && self.instrumentation.is_same(end - 1, end)
        {
            end += 1;
        }
        start..end
    }
}

/// Finds columns by name: each is looked for first behind the one before, so that those of a batch with our schema are
/// found at once.
struct Finder<'a> {
    batch: &'a RecordBatch,
    next: usize,
}

impl<'a> Finder<'a> {
    fn column(&mut self, name: &'static str) -> Option<&'a ArrayRef> {
        let fields = self.batch.schema_ref().fields();
        let mut places = (self.next..fields.len()).chain(0..self.next.min(fields.len()));
        let at = places.find(|at| fields[*at].name() == name)?;
        self.next = at + 1;
        Some(self.batch.column(at))
    }

    fn find<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a ArrayRef) -> Option<T>,
    ) -> Result<T, UnreadableRow> {
        self.column(name).and_then(read).ok_or(UnreadableRow::Column(name))
    }

    fn map(&mut self, name: &'static str) -> Result<Map<'a>, UnreadableRow> {
        self.find(name, |column| Map::of(column.as_map_opt()?))
    }

    fn cells(&mut self, promoted: &'static [Promoted]) -> Result<Cells<'a>, UnreadableRow> {
        let mut cells = Cells::new(promoted, self.batch.num_rows());
        for promoted in promoted {
            self.find(promoted.column, |column| cells.push(column))?;
        }
        Ok(cells)
    }

    fn elements(&mut self, name: &'static str) -> Result<Elements<'a>, UnreadableRow> {
        self.find(name, |column| {
            let list: &ListArray = column.as_list_opt()?;
            let elements = list.values().as_struct_opt()?;
            let place = Place::new(Cells::default(), vec![child(elements, "attrs")?], child(elements, "attr_types")?);
            Some(Elements { offsets: list.value_offsets(), nulls: list.nulls(), place })
        })
    }
}

fn child<'a>(elements: &'a StructArray, name: &str) -> Option<Map<'a>> {
    Map::of(elements.column_by_name(name)?.as_map_opt()?)
}
