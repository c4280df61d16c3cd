//! The columns of a batch of spans that a tally reads.

use std::ops::Range;

use arrow::array::{Array, AsArray as _, Int64Array, ListArray, MapArray, StringViewArray, StructArray};

use super::cells::Cells;
use super::map::Map;
use super::place::Place;
use super::text::Text;
use crate::coded::{Coded, CodedBatch, Places};
use crate::schema::promoted::{self, Promoted};
use crate::schema::spans::{UnreadableRow, bucket_column};
use crate::time::bucket_start_ns;

/// See the module.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    rows: usize,
    starts_ns: Coded<'a, Int64Array>,
    names: Coded<'a, StringViewArray>,
    pub resource: Place<'a>,
    pub span: Place<'a>,
    pub instrumentation: Place<'a>,
    pub events: Elements<'a>,
    pub links: Elements<'a>,
}

/// A column of lists whose elements have attributes.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    lists: Coded<'a, ListArray>,
    pub place: Place<'a>,
}

impl Elements<'_> {
    /// The elements of a row, which are rows of the place.
    pub fn of(&self, row: usize) -> Range<usize> {
        let (lists, at) = (self.lists.values, self.lists.places.of(row));
        let offsets = lists.value_offsets();
        if lists.is_valid(at) { offsets[at] as usize..offsets[at + 1] as usize } else { 0..0 }
    }
}

impl<'a> Columns<'a> {
    /// # Errors
    /// When a column is missing or has another type.
    pub fn of(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        let mut finder = Finder { batch, next: 0 };
        // In the order of the schema.
        let names = finder.find("name", Coded::typed)?;
        let starts_ns = finder.find("start_ns", Coded::typed)?;
        let resource_cells = finder.cells(promoted::RESOURCE)?;
        let span_cells = finder.cells(promoted::SPAN)?;
        let span_maps = (0..promoted::BUCKETS).map(|n| finder.map(bucket_column(n))).collect::<Result<_, _>>()?;
        let span = Place::new(span_cells, span_maps, finder.map("attr_types")?);
        let (events, links) = (finder.elements("events")?, finder.elements("links")?);
        let resource_map = finder.map("resource_attrs")?;
        let resource = Place::new(resource_cells, vec![resource_map], finder.map("resource_attr_types")?);
        let scope_map = finder.map("scope_attrs")?;
        let instrumentation = Place::new(Cells::default(), vec![scope_map], finder.map("scope_attr_types")?);
        Ok(Self { rows: batch.num_rows(), starts_ns, names, resource, span, instrumentation, events, links })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The start of the 5 minutes in which a span started.
    pub fn bucket_ns(&self, row: usize) -> i64 {
        bucket_start_ns(self.starts_ns.value(row))
    }

    /// Where names are, and how many of them there are.
    pub fn names(&self) -> (Places<'a>, usize) {
        (self.names.places, self.names.values.len())
    }

    /// The name at a place; `None` if it is empty.
    pub fn name_at(&self, place: usize) -> Option<Text<'a>> {
        let name = Text::of_row(self.names.values, place);
        (self.names.values.is_valid(place) && name != Text::of(b"")).then_some(name)
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
    batch: &'a CodedBatch,
    next: usize,
}

impl<'a> Finder<'a> {
    fn column(&mut self, name: &'static str) -> Option<Coded<'a, dyn Array>> {
        let fields = self.batch.schema().fields();
        let mut places = (self.next..fields.len()).chain(0..self.next.min(fields.len()));
        let at = places.find(|at| fields[*at].name() == name)?;
        self.next = at + 1;
        Some(self.batch.columns()[at].coded())
    }

    fn find<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Coded<'a, dyn Array>) -> Option<T>,
    ) -> Result<T, UnreadableRow> {
        self.column(name).and_then(read).ok_or(UnreadableRow::Column(name))
    }

    fn map(&mut self, name: &'static str) -> Result<Map<'a>, UnreadableRow> {
        self.find(name, |column| Map::of(column.typed()?))
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
            let lists: Coded<'a, ListArray> = column.typed()?;
            let elements = lists.values.values().as_struct_opt()?;
            let place = Place::new(Cells::default(), vec![child(elements, "attrs")?], child(elements, "attr_types")?);
            Some(Elements { lists, place })
        })
    }
}

fn child<'a>(elements: &'a StructArray, name: &str) -> Option<Map<'a>> {
    let values: &MapArray = elements.column_by_name(name)?.as_map_opt()?;
    Map::of(Coded { places: Places::Each, values })
}
