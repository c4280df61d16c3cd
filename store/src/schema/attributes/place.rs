//! One place where attributes stand: resources, spans, instrumentation scopes, events or links of a batch.

use super::cells::Cells;
use super::map::Map;

/// See the module. If the maps have a key, that is the attribute; else if its promoted column has a value, that is it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub cells: Cells<'a>,
    /// Those that have entries; a key is in one of them.
    pub maps: Vec<Map<'a>>,
    /// The names of the types of values in all of the maps; strings have none.
    pub types: Map<'a>,
}

impl<'a> Place<'a> {
    /// A place whose attributes stand in those maps, and in promoted columns if it has such.
    pub fn new(cells: Cells<'a>, mut maps: Vec<Map<'a>>, types: Map<'a>) -> Self {
        maps.retain(|map| !map.is_empty());
        Self { cells, maps, types }
    }

    /// The string under a key of a row; `None` if there is none, or something else.
    ///
    /// # Panics
    /// When the text is not UTF-8, which those of Arrow's string arrays are.
    pub fn string(&self, row: usize, key: &[u8]) -> Option<&'a str> {
        let Some(original) = self.maps.iter().find_map(|map| map.find(row, key)) else {
            return self.cells.text(row, key);
        };
        let is_string = self.types.find(row, key).is_none();
        is_string.then(|| str::from_utf8(original).expect("a string array holds UTF-8"))
    }

    /// Whether two rows are known to have the same maps, because these are one in memory.
    pub fn has_same_maps(&self, a: usize, b: usize) -> bool {
        self.maps.iter().chain([&self.types]).all(|map| map.entries(a) == map.entries(b))
    }

    /// Whether two rows have the same attributes, those of the maps in the same order.
    pub fn is_same(&self, a: usize, b: usize) -> bool {
        let mut maps = self.maps.iter().chain([&self.types]);
        self.cells.is_same(a, b) && maps.all(|map| map.is_same(a, b))
    }
}
